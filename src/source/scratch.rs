use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, PoisonError};
use std::time::{Duration, SystemTime};

/// How the folders are named, and the file in each that its owner keeps locked.
const PREFIX: &str = "plugin-eval-";
const LOCK: &str = ".lock";
const FRESH: &str = ".lock-new";
/// A folder without a lock may be one that is just being made; after this time it is a leftover.
const YOUNG: Duration = Duration::from_mins(10);

/// Folders of this process, for [`Scratch::remove_all`]; `None` once they are removed, and no more are made.
static LIVE: Mutex<Option<BTreeSet<PathBuf>>> = Mutex::new(Some(BTreeSet::new()));
/// How often, and after which time, it is looked whether something has written to a folder that is being removed.
const ROUNDS: u32 = 50;
const PAUSE: Duration = Duration::from_millis(4);
/// How often in a row nothing must be there.
const CALM: u32 = 3;

/// A private temporary folder outside every input, removed on drop. What a killed run left behind is removed by the
/// next one.
#[derive(Debug)]
pub struct Scratch {
    folder: tempfile::TempDir,
    _lock: File,
}

impl Scratch {
    /// A new folder below the system's temporary folder.
    pub fn new() -> io::Result<Self> {
        static SWEPT: Once = Once::new();
        SWEPT.call_once(|| sweep(&std::env::temp_dir()));
        Self::new_in(&std::env::temp_dir())
    }

    fn new_in(parent: &Path) -> io::Result<Self> {
        // Nothing is made behind the back of a removal.
        let mut live = LIVE.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(live) = &mut *live else { return Err(io::ErrorKind::Interrupted.into()) };
        let mut builder = tempfile::Builder::new();
        let folder = set_mode(builder.prefix(PREFIX)).tempdir_in(parent)?;
        // It is locked before it has its name: another run that sweeps never sees it without its owner.
        let fresh = folder.path().join(FRESH);
        let lock = File::create_new(&fresh)?;
        // A filesystem without locks only loses the sweeping.
        let _ = lock.try_lock();
        std::fs::rename(fresh, folder.path().join(LOCK))?;
        live.insert(folder.path().to_owned());
        Ok(Self { folder, _lock: lock })
    }

    /// Removes every folder of this process, for an end that runs no destructors. No others are made from then on.
    pub fn remove_all() {
        let live = LIVE.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
        // Something may be writing still, and make a folder again that is gone; what stays is swept by the next run.
        let mut calm = 0;
        for _ in 0..ROUNDS {
            for folder in &live {
                let _ = std::fs::remove_dir_all(folder);
            }
            std::thread::sleep(PAUSE);
            calm = if live.iter().any(|folder| folder.exists()) { 0 } else { calm + 1 };
            if calm == CALM {
                break;
            }
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some(live) = &mut *LIVE.lock().unwrap_or_else(PoisonError::into_inner) {
            live.remove(self.folder.path());
        }
    }
}

/// Others may pass through but see no names: a confined program under another user id must reach its checkout.
#[cfg(unix)]
fn set_mode<'b, 'p, 's>(builder: &'b mut tempfile::Builder<'p, 's>) -> &'b mut tempfile::Builder<'p, 's> {
    use std::os::unix::fs::PermissionsExt as _;
    builder.permissions(std::fs::Permissions::from_mode(0o711))
}

#[cfg(not(unix))]
fn set_mode<'b, 'p, 's>(builder: &'b mut tempfile::Builder<'p, 's>) -> &'b mut tempfile::Builder<'p, 's> {
    builder
}

/// Removes folders whose owner is gone. Problems are passed over: another run may be sweeping too.
fn sweep(parent: &Path) {
    let Ok(entries) = std::fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        if ours && entry.file_type().is_ok_and(|kind| kind.is_dir()) && is_leftover(&entry.path()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn is_leftover(folder: &Path) -> bool {
    let age = |path: &Path| SystemTime::now().duration_since(path.metadata().ok()?.modified().ok()?).ok();
    match File::open(folder.join(LOCK)) {
        Ok(lock) => match lock.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
        },
        Err(_) => age(folder).is_some_and(|age| age > YOUNG),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_are_swept_and_live_folders_stay() {
        let parent = tempfile::tempdir().unwrap();
        let live = Scratch::new_in(parent.path()).unwrap();
        let left = parent.path().join("plugin-eval-left");
        std::fs::create_dir(&left).unwrap();
        std::fs::write(left.join(LOCK), "").unwrap();
        let young = parent.path().join("plugin-eval-young");
        std::fs::create_dir(&young).unwrap();
        let other = parent.path().join("other");
        std::fs::create_dir(&other).unwrap();
        sweep(parent.path());
        assert!(live.path().is_dir() && young.is_dir() && other.is_dir());
        assert!(!left.exists());
        let path = live.path().to_owned();
        drop(live);
        assert!(!path.exists());
    }
}
