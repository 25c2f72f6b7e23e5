//! The index of a working copy whose status is clean.

use std::io;
use std::path::Path;

use git2::{Index, IndexEntry, IndexTime};

use super::Owner;
use super::files::Placed;
use crate::source::Stamp;
use crate::source::snapshot::Kind;

/// Flag of an entry that git leaves alone when it is not there.
const SKIP_WORKTREE: u16 = 1 << 14;
/// Flag of an entry that has such flags.
const EXTENDED: u16 = 1 << 14;

/// The bytes of an index of these entries. `scratch` is a folder of this process alone.
pub(super) fn bytes(placed: &[Placed], owner: Option<Owner>, scratch: &Path) -> io::Result<Vec<u8>> {
    let path = scratch.join("index");
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut index = Index::open(&path).map_err(io::Error::other)?;
    for placed in placed {
        // A path that git refuses is none of its own checkouts either.
        let _ = index.add(&entry(placed, owner));
    }
    index.write().map_err(io::Error::other)?;
    std::fs::read(&path)
}

fn entry(placed: &Placed, owner: Option<Owner>) -> IndexEntry {
    let mode = match placed.kind {
        Kind::Executable => 0o100_755,
        Kind::Link => 0o120_000,
        Kind::Submodule => 0o160_000,
        Kind::File | Kind::Folder => 0o100_644,
    };
    let none = (placed.stamp.is_none(), EXTENDED, SKIP_WORKTREE);
    let (flags, flags_extended) = if none.0 { (none.1, none.2) } else { (0, 0) };
    let stamp = placed.stamp;
    let of = |get: fn(&Stamp) -> u64| stamp.as_ref().map_or(0, get);
    let time = |get: fn(&Stamp) -> (i64, u32)| {
        let (seconds, nanoseconds) = stamp.as_ref().map_or((0, 0), get);
        IndexTime::new(i32::try_from(seconds).unwrap_or(0), nanoseconds)
    };
    let user = owner.map_or_else(|| of(|stamp| u64::from(stamp.user)) as u32, |owner| owner.seen);
    let group = owner.map_or_else(|| of(|stamp| u64::from(stamp.group)) as u32, |owner| owner.seen);
    // Git keeps the lower halves of what is longer.
    IndexEntry {
        ctime: time(|stamp| stamp.ctime),
        mtime: time(|stamp| stamp.mtime),
        dev: of(|stamp| stamp.device) as u32,
        ino: of(|stamp| stamp.inode) as u32,
        mode,
        uid: user,
        gid: group,
        file_size: of(|stamp| stamp.size) as u32,
        id: placed.id,
        flags,
        flags_extended,
        path: placed.path.clone(),
    }
}
