//! Which files of a folder a program opens.

use std::collections::{BTreeSet, HashMap};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, WatchDescriptor};

/// Most folders that are watched.
const MAX_FOLDERS: usize = 4_000;

/// Watches every folder below one, but not what else is mounted there: those folders are shared with other programs, and
/// hold nothing of the task. Looks for a file's presence alone are not seen.
pub(in crate::engine) struct Opens {
    inotify: Inotify,
    folders: HashMap<WatchDescriptor, PathBuf>,
}

impl Opens {
    /// Starts to watch; `None` when the system gives no watches, or not enough.
    pub(in crate::engine) fn below(top: &Path) -> Option<Self> {
        let own = std::fs::metadata(top).ok()?.dev();
        let mut folders = vec![PathBuf::new()];
        let mut next = 0;
        // All are listed before the first is watched: listing opens them.
        while let Some(folder) = folders.get(next).cloned() {
            next += 1;
            for entry in std::fs::read_dir(top.join(&folder)).ok()?.flatten() {
                if entry.metadata().is_ok_and(|meta| meta.is_dir() && meta.dev() == own) {
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

    /// What was opened since, by path from the top; `None` when that is not known.
    pub(in crate::engine) fn paths(self) -> Option<Vec<String>> {
        let mut opened = BTreeSet::new();
        loop {
            match self.inotify.read_events() {
                Ok(events) => {
                    for event in events {
                        let folder = self.folders.get(&event.wd)?;
                        let path = event.name.map_or_else(|| folder.clone(), |name| folder.join(name));
                        opened.insert(path.into_os_string().into_string().ok()?);
                    }
                }
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return Some(opened.into_iter().collect()),
                Err(_) => return None,
            }
        }
    }
}
