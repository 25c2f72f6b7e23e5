//! Systems without Unix folders: there is no working copy.

use std::convert::Infallible;
use std::io;
use std::path::Path;

use super::Snapshot;

/// Whose a working copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The user id that files belong to.
    pub user: u32,
    /// The user id that programs which use the copy see there.
    pub seen: u32,
}

/// Where a working copy has its history from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store<'s> {
    /// Copies of the repository's packs.
    Copied,
    /// The repository itself, at this path.
    Borrowed(&'s str),
}

/// A working copy; there is none on this system.
#[derive(Debug)]
pub struct WorkCopy(Infallible);

impl WorkCopy {
    /// Says that there is none on this system.
    pub fn new(_folder: &Path, _owner: Option<Owner>) -> io::Result<Self> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }

    /// Makes the folder hold the commit and nothing else.
    pub fn put(&mut self, _snapshot: &Snapshot, _branch: Option<&str>, _store: Store<'_>) -> io::Result<()> {
        match self.0 {}
    }

    /// Removes everything from the folder.
    pub fn clear(&mut self) -> io::Result<()> {
        match self.0 {}
    }
}
