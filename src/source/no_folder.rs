//! Systems without Unix folders: none can be used safely while others change it.

use std::convert::Infallible;
use std::io;
use std::path::Path;

/// An open folder; there is none on this system.
#[derive(Debug)]
pub struct Folder(Infallible);

impl Folder {
    /// Says that there is none on this system.
    pub fn open(_path: &Path) -> io::Result<Self> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }

    /// The folder of this name.
    pub fn folder(&self, _name: &[u8]) -> io::Result<Self> {
        match self.0 {}
    }

    /// The folder at a path below this one.
    pub fn below(&self, _path: &Path) -> io::Result<Self> {
        match self.0 {}
    }

    /// All names, in no order.
    pub fn names(&self) -> io::Result<Vec<Vec<u8>>> {
        match self.0 {}
    }

    /// Reads a file of at most so many bytes.
    pub fn read(&self, _name: &[u8], _most: u64) -> io::Result<Vec<u8>> {
        match self.0 {}
    }

    /// Removes whatever lies under a name.
    pub fn remove(&self, _name: &[u8]) -> io::Result<()> {
        match self.0 {}
    }
}
