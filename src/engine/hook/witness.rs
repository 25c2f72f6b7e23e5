//! Which files of a checkout a hook opens, for when some of them may not be what they were.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, WatchDescriptor};

use crate::source::{Entry, Files, Overlay};

/// Most folders that are watched.
const MAX_FOLDERS: usize = 4_000;

/// Watches single files.
pub(super) struct Opens(Inotify);

impl Opens {
    /// Starts to watch; `None` when the system gives no watches.
    pub(super) fn of(files: &[PathBuf]) -> Option<Self> {
        let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC).ok()?;
        for file in files {
            inotify.add_watch(file, AddWatchFlags::IN_OPEN).ok()?;
        }
        Some(Self(inotify))
    }

    /// Was one of them opened?
    pub(super) fn any(&self) -> bool {
        loop {
            match self.0.read_events() {
                Ok(events) => return !events.is_empty(),
                Err(Errno::EINTR) => {}
                Err(errno) => return errno != Errno::EAGAIN,
            }
        }
    }
}

/// Watches every folder of a checkout. Looks for a file's presence alone are not seen.
pub(super) struct Witness {
    inotify: Inotify,
    folders: HashMap<WatchDescriptor, PathBuf>,
}

impl Witness {
    /// Starts to watch; `None` when the system gives no watches, or not enough.
    pub(super) fn of(top: &Path) -> Option<Self> {
        let mut folders = vec![PathBuf::new()];
        let mut next = 0;
        // All are listed before the first is watched: listing opens them.
        while let Some(folder) = folders.get(next).cloned() {
            next += 1;
            for entry in std::fs::read_dir(top.join(&folder)).ok()?.flatten() {
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    folders.push(folder.join(entry.file_name()));
                }
            }
            if folders.len() > MAX_FOLDERS {
                return None;
            }
        }
        let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC).ok()?;
        let watched = folders.into_iter().map(|folder| {
            let descriptor = inotify.add_watch(&top.join(&folder), AddWatchFlags::IN_OPEN).ok()?;
            Some((descriptor, folder))
        });
        let folders = watched.collect::<Option<_>>()?;
        Some(Self { inotify, folders })
    }

    /// Did it open a file or list a folder that a command of the session may have changed?
    pub(super) fn saw_doubtful(&self, files: &Overlay) -> bool {
        loop {
            match self.inotify.read_events() {
                Ok(events) => {
                    let doubtful = events.iter().any(|event| {
                        let Some(folder) = self.folders.get(&event.wd) else { return true };
                        let path =
                            event.name.as_ref().map_or_else(|| folder.clone(), |name| folder.join(name));
                        let found = files.lookup_link(path.as_os_str().as_encoded_bytes());
                        !found.certain || hides_doubt(&found.entry, &found.path, files)
                    });
                    if doubtful {
                        return true;
                    }
                }
                Err(Errno::EINTR) => {}
                Err(errno) => return errno != Errno::EAGAIN,
            }
        }
    }
}

/// Is this a folder in which something may have come or gone?
fn hides_doubt(entry: &Entry, path: &[u8], files: &Overlay) -> bool {
    let parent = |doubt: &[u8]| doubt[..memchr::memrchr(b'/', doubt).unwrap_or(0)].to_vec();
    *entry == Entry::Folder && files.doubts().any(|doubt| parent(doubt) == path)
}
