use std::collections::{HashMap, VecDeque};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use git2::{Index, IndexEntry, IndexTime, ObjectType, Oid};

use super::snapshot::{Entry, FileEntry, Snapshot, Walked};
use super::{ContentHash, Overlay, Scratch};

/// Most files, and most bytes of them, that one checkout may hold.
const MAX_FILES: usize = 200_000;
const MAX_BYTES: u64 = 2 << 30;
/// Checkouts kept after their last use, for those that come next.
const KEPT: usize = 8;

/// Files of a snapshot, with edits, in a real folder, for programs that must see them. Removed with its last user.
#[derive(Debug)]
pub struct Checkout {
    folder: PathBuf,
    group: Option<u32>,
    alone: Mutex<()>,
}

impl Checkout {
    /// The folder.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// The group that may write to its files, by their modes.
    pub fn group(&self) -> Option<u32> {
        self.group
    }

    /// Waits until nobody else has asked to use it alone, and keeps it until the answer is dropped.
    pub fn alone(&self) -> MutexGuard<'_, ()> {
        lock(&self.alone)
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Makes checkouts, and hands the same one out for the same files. Shared by threads.
#[derive(Debug, Default)]
pub struct Checkouts {
    scratch: OnceLock<Scratch>,
    made: AtomicU64,
    known: Mutex<HashMap<ContentHash, Weak<Checkout>>>,
    kept: Mutex<VecDeque<Arc<Checkout>>>,
    group: Option<u32>,
}

impl Checkouts {
    /// Checkouts whose files the members of a group may write to, by their modes.
    pub fn of_group(group: Option<u32>) -> Self {
        Self { group, ..Self::default() }
    }

    /// The files as they are now, with this branch checked out. Files whose bytes are not known any more have the
    /// last that were known; those whose bytes never were are missing.
    pub fn get(&self, files: &Overlay, branch: &str) -> io::Result<Arc<Checkout>> {
        let state = files.state().to_string();
        let state = ContentHash::of_parts([("files", state.as_bytes()), ("branch", branch.as_bytes())]);
        if let Some(checkout) = lock(&self.known).get(&state).and_then(Weak::upgrade) {
            return Ok(checkout);
        }
        let scratch = if let Some(scratch) = self.scratch.get() {
            scratch
        } else {
            let scratch = Scratch::new()?;
            self.scratch.get_or_init(|| scratch)
        };
        let folder = scratch.path().join(self.made.fetch_add(1, Ordering::Relaxed).to_string());
        // Made before it is filled, so that a failure removes what is there.
        let checkout = Arc::new(Checkout { folder, group: self.group, alone: Mutex::default() });
        make_folder(checkout.path())?;
        self.fill(checkout.path(), files, branch)?;
        if let Some(group) = self.group {
            share(checkout.path(), group)?;
        }
        let mut known = lock(&self.known);
        if known.len() > 4 * KEPT {
            known.retain(|_, checkout| checkout.strong_count() > 0);
        }
        known.insert(state, Arc::downgrade(&checkout));
        drop(known);
        let mut kept = lock(&self.kept);
        kept.push_back(checkout.clone());
        let old = if kept.len() > KEPT { kept.pop_front() } else { None };
        drop(kept);
        drop(old);
        Ok(checkout)
    }

    fn fill(&self, folder: &Path, files: &Overlay, branch: &str) -> io::Result<()> {
        let walked = files.walk(MAX_FILES).map_err(io::Error::other)?;
        // Files that no edit touched are links to those of the plain snapshot, which nobody may write to either.
        let base = if files.is_untouched() {
            None
        } else {
            Some(self.get(&Overlay::new(files.base().clone()), branch)?)
        };
        let mut bytes = 0;
        let mut made = PathBuf::new();
        for Walked { path, entry } in walked {
            let path = os_path(&path);
            let target = folder.join(&path);
            let parent = target.parent().unwrap_or(folder);
            if parent != made {
                make_folders(folder, parent)?;
                parent.clone_into(&mut made);
            }
            let linked = base.as_ref().filter(|_| matches!(&entry, Entry::File(file) if file.blob.is_some()));
            if linked.is_some_and(|base| fs::hard_link(base.path().join(&path), &target).is_ok()) {
                continue;
            }
            bytes += write_entry(files, &path, &entry, &target)?;
            if bytes > MAX_BYTES {
                return Err(io::Error::other(format!("its files are larger than {MAX_BYTES} bytes")));
            }
        }
        git_folder(folder, &files.base().commit().to_string(), branch)?;
        index(folder, files.base())
    }
}

/// Writes one entry; gives its size.
fn write_entry(files: &Overlay, path: &Path, entry: &Entry, target: &Path) -> io::Result<u64> {
    match entry {
        Entry::Link { target: link } => make_link(&os_path(link), target).map(|()| 0),
        Entry::File(file) => {
            let path = path.as_os_str().as_encoded_bytes();
            let Some(bytes) = files.last_known(path).known() else { return Ok(0) };
            fs::write(target, &bytes)?;
            set_mode(target, if file.executable { 0o755 } else { 0o644 })?;
            Ok(bytes.len() as u64)
        }
        Entry::Submodule => make_folder(target).map(|()| 0),
        _ => Ok(0),
    }
}

/// Enough of a repository for programs to find its top and its commit; it has no objects.
fn git_folder(folder: &Path, commit: &str, branch: &str) -> io::Result<()> {
    for name in [".git", ".git/objects", ".git/refs", ".git/refs/heads"] {
        make_folder(&folder.join(name))?;
    }
    let config = "[core]\n\trepositoryformatversion = 0\n\tbare = false\n";
    let branch = format!("refs/heads/{branch}");
    let (head, refs) = if git2::Reference::is_valid_name(&branch) {
        (
            format!("ref: {branch}\n"),
            format!("# pack-refs with: peeled fully-peeled sorted \n{commit} {branch}\n"),
        )
    } else {
        (format!("{commit}\n"), String::new())
    };
    for (name, text) in [("HEAD", head), ("packed-refs", refs), ("config", config.to_owned())] {
        let path = folder.join(".git").join(name);
        fs::write(&path, text)?;
        set_mode(&path, 0o644)?;
    }
    Ok(())
}

/// The index of the commit, so that programs see what was edited since. It holds no times: git compares contents.
fn index(folder: &Path, base: &Snapshot) -> io::Result<()> {
    let path = folder.join(".git/index");
    let mut index = Index::open(&path).map_err(io::Error::other)?;
    for Walked { path, entry } in base.walk(MAX_FILES).map_err(io::Error::other)? {
        let (id, mode) = match &entry {
            Entry::File(FileEntry { executable, blob: Some(id) }) => {
                (*id, if *executable { 0o100_755 } else { 0o100_644 })
            }
            Entry::Link { target } => match Oid::hash_object(ObjectType::Blob, target) {
                Ok(id) => (id, 0o120_000),
                Err(_) => continue,
            },
            _ => continue,
        };
        let none = IndexTime::new(0, 0);
        let (ctime, mtime, dev, ino, uid, gid) = (none, none, 0, 0, 0, 0);
        let (file_size, flags, flags_extended) = (0, 0, 0);
        // A path that git refuses is none of its own checkouts either.
        let _ = index.add(&IndexEntry {
            ctime,
            mtime,
            dev,
            ino,
            mode,
            uid,
            gid,
            file_size,
            id,
            flags,
            flags_extended,
            path,
        });
    }
    index.write().map_err(io::Error::other)?;
    set_mode(&path, 0o644)
}

fn make_folders(top: &Path, folder: &Path) -> io::Result<()> {
    let mut path = top.to_owned();
    for name in folder.strip_prefix(top).unwrap_or(folder) {
        path.push(name);
        make_folder(&path)?;
    }
    Ok(())
}

/// Makes a folder that everybody may read, whatever the umask: programs may run under another user id.
fn make_folder(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(()) => set_mode(path, 0o755),
    }
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}

/// Lets a group write to all that is in a folder. Files that other checkouts have too are of the group already.
#[cfg(unix)]
fn share(path: &Path, group: u32) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, lchown};
    let meta = path.symlink_metadata()?;
    if meta.gid() != group {
        lchown(path, None, Some(group))?;
        if !meta.is_symlink() {
            let mode = meta.permissions().mode();
            set_mode(path, mode | ((mode & 0o700) >> 3))?;
        }
    }
    if meta.is_dir() {
        for entry in fs::read_dir(path)? {
            share(&entry?.path(), group)?;
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn share(_path: &Path, _group: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn make_link(target: &Path, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
fn make_link(target: &Path, path: &Path) -> io::Result<()> {
    fs::write(path, target.as_os_str().as_encoded_bytes())
}

#[cfg(unix)]
fn os_path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    std::ffi::OsStr::from_bytes(bytes).into()
}

#[cfg(not(unix))]
fn os_path(bytes: &[u8]) -> PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Repository;
    use crate::source::snapshot::fixture::{self, TREE};

    fn overlay() -> (tempfile::TempDir, Overlay) {
        let folder = tempfile::tempdir().unwrap();
        let commit = fixture::repository(folder.path(), TREE);
        let snapshot = Repository::open(folder.path()).unwrap().snapshot(&commit.to_string()).unwrap();
        (folder, Overlay::new(snapshot))
    }

    #[test]
    fn files_with_edits_lie_in_a_folder() {
        let (_folder, mut files) = overlay();
        let checkouts = Checkouts::default();
        let plain = checkouts.get(&files, "topic/x").unwrap();
        files.write("src/lib.rs", *b"new").unwrap();
        files.write("docs/x", *b"x").unwrap();
        files.remove("src/deep").unwrap();
        let edited = checkouts.get(&files, "topic/x").unwrap();
        let read = |checkout: &Checkout, path: &str| fs::read_to_string(checkout.path().join(path)).ok();
        assert_eq!(read(&plain, "src/lib.rs").as_deref(), Some("pub fn f() {}\n"));
        assert_eq!(read(&edited, "src/lib.rs").as_deref(), Some("new"));
        assert_eq!(read(&edited, "docs/x").as_deref(), Some("x"));
        assert_eq!(read(&edited, "links/folder/lib.rs").as_deref(), Some("new"));
        assert!(!edited.path().join("src/deep").exists() && plain.path().join("src/deep/a.rs").exists());
        assert!(edited.path().join("vendor/sub").is_dir());
        assert_eq!(read(&edited, ".git/HEAD").unwrap().trim(), "ref: refs/heads/topic/x");
        assert!(read(&edited, ".git/packed-refs").unwrap().contains(&files.base().commit().to_string()));
        assert!(Arc::ptr_eq(&edited, &checkouts.get(&files, "topic/x").unwrap()));
    }

    #[cfg(unix)]
    #[test]
    fn modes_do_not_depend_on_the_umask() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_folder, files) = overlay();
        let checkouts = Checkouts::default();
        let checkout = checkouts.get(&files, "topic/x").unwrap();
        let mode = |path: &str| checkout.path().join(path).metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!([mode("src"), mode("run.sh"), mode("README.md")], [0o755, 0o755, 0o644]);
    }

    #[test]
    fn old_checkouts_go() {
        let (_folder, mut files) = overlay();
        let checkouts = Checkouts::default();
        let first = checkouts.get(&files, "topic/x").unwrap().path().to_owned();
        for round in 0..3 * KEPT {
            files.write("round", round.to_string().into_bytes()).unwrap();
            checkouts.get(&files, "topic/x").unwrap();
        }
        assert!(fs::read_dir(first.parent().unwrap()).unwrap().count() <= KEPT + 3);
    }
}
