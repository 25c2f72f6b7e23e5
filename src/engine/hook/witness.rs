//! Which files a hook opens of those that matter for whether its answer holds.

use std::path::PathBuf;

use nix::errno::Errno;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

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
