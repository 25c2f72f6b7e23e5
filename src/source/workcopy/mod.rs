//! A throw-away git working copy of a snapshot, for programs that may do with it what they like.

mod files;
mod git;
mod index;
mod store;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{Folder, ObjectId, Scratch, Snapshot, Stamp};
use files::Laying;
pub use store::Store;

/// How coarse a filesystem's clock may be.
const CLOCK: Duration = Duration::from_millis(20);

/// Whose a working copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The user id that files belong to.
    pub user: u32,
    /// The user id that programs which use the copy see there, in a user namespace of theirs.
    pub seen: u32,
}

/// A folder that holds the files of a commit and a `.git` with the history that led to it, whose status is clean.
///
/// Nothing of the snapshot is obeyed: it has no hooks, and no filters or configuration take effect. The folder may be
/// changed by hostile programs between one use and the next, and even meanwhile.
#[derive(Debug)]
pub struct WorkCopy {
    folder: Folder,
    owner: Option<Owner>,
    scratch: Option<Scratch>,
    /// What was laid out, by path, with the object that it holds; packs have none.
    laid: HashMap<Vec<u8>, (ObjectId, Stamp)>,
    /// What was changed before this time, in seconds and nanoseconds, was changed before the last use.
    settled: (i64, u32),
}

impl WorkCopy {
    /// Takes over an existing folder. Without an owner, files belong to this process's user.
    pub fn new(folder: &Path, owner: Option<Owner>) -> io::Result<Self> {
        let folder = Folder::open(folder)?;
        Ok(Self { folder, owner, scratch: None, laid: HashMap::new(), settled: (0, 0) })
    }

    /// Makes the folder hold the commit and nothing else. What an earlier call put there and nobody changed since
    /// stays, so that going back to the same commit is cheap.
    ///
    /// `HEAD` is on the branch if there is one, else it is the commit. Tags, and branches that the commit builds on,
    /// are as they were when it was made.
    pub fn put(&mut self, snapshot: &Snapshot, branch: Option<&str>, store: Store<'_>) -> io::Result<()> {
        let history = snapshot.history();
        let laid = std::mem::take(&mut self.laid);
        let own = rustix::process::geteuid().as_raw();
        let user = self.owner.map(|owner| owner.user).filter(|user| *user != own);
        let mut laying = Laying::new(snapshot, history.time, user, laid, self.settled);
        laying.files(&self.folder)?;
        let scratch = match &self.scratch {
            Some(scratch) => scratch,
            None => self.scratch.insert(Scratch::new()?),
        };
        let index = index::bytes(&laying.placed, self.owner, scratch.path())?;
        let git = git::Git { snapshot, history: &history, branch, store, index: &index, scratch };
        git.lay(&mut laying, &self.folder)?;
        self.laid = laying.laid;
        let now = SystemTime::now().checked_sub(CLOCK).and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        self.settled = now.map_or((0, 0), |now| (now.as_secs().cast_signed(), now.subsec_nanos()));
        Ok(())
    }

    /// Removes everything from the folder.
    pub fn clear(&mut self) -> io::Result<()> {
        self.laid.clear();
        self.folder.names()?.iter().try_for_each(|name| self.folder.remove(name))
    }
}
