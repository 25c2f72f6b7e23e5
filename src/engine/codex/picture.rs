//! What lies in a folder at one moment, so that it can be compared with what lies there later, and put back.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::source::{Folder, Stamp};

/// Most entries of a picture, most bytes of its files, and how deep folders may lie.
const MAX_ENTRIES: usize = 3000;
const MAX_BYTES: u64 = 64 << 20;
const MAX_DEPTH: usize = 64;

/// All that lies in a folder, by its path there.
#[derive(Clone, Debug, Default)]
pub(super) struct Picture {
    entries: BTreeMap<Vec<u8>, Entry>,
}

#[derive(Clone, Debug)]
enum Entry {
    Folder { mode: u32 },
    File { stamp: Stamp, bytes: Arc<[u8]> },
    Link(Vec<u8>),
}

impl Entry {
    /// Does the same lie there? When a file was changed last is part of it, for some commands do nothing else.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Folder { mode }, Self::Folder { mode: other }) => mode == other,
            (Self::Link(target), Self::Link(other)) => target == other,
            (Self::File { stamp, bytes }, Self::File { stamp: other, bytes: others }) => {
                stamp.mode == other.mode && stamp.mtime == other.mtime && bytes == others
            }
            _ => false,
        }
    }
}

impl Picture {
    /// Looks at a folder; names of `passed_over` at its top are none of it. What an earlier picture holds is not read
    /// again.
    ///
    /// Errors: there is more than a picture holds, or something that is no file, folder or link.
    pub(super) fn of(
        folder: &Folder,
        passed_over: &BTreeSet<Vec<u8>>,
        earlier: Option<&Self>,
    ) -> io::Result<Self> {
        let mut picture = Self::default();
        let mut left = MAX_BYTES;
        for name in folder.names()?.into_iter().filter(|name| !passed_over.contains(name)) {
            picture.look(folder, &name, name.clone(), (earlier, &mut left), 0)?;
        }
        Ok(picture)
    }

    fn look(
        &mut self,
        folder: &Folder,
        name: &[u8],
        path: Vec<u8>,
        (earlier, left): (Option<&Self>, &mut u64),
        depth: usize,
    ) -> io::Result<()> {
        if depth == MAX_DEPTH || self.entries.len() == MAX_ENTRIES {
            return Err(io::Error::other("there is too much in it"));
        }
        let Some(stamp) = folder.stamp(name)? else { return Ok(()) };
        if stamp.is_folder() {
            let inner = folder.folder(name)?;
            self.entries.insert(path.clone(), Entry::Folder { mode: stamp.mode & 0o7777 });
            for name in inner.names()? {
                let path = [&path[..], b"/", &name].concat();
                self.look(&inner, &name, path, (earlier, &mut *left), depth + 1)?;
            }
            return Ok(());
        }
        let entry = if stamp.is_link() {
            Entry::Link(folder.read_link(name)?)
        } else if stamp.is_file() {
            let known = earlier.and_then(|earlier| match earlier.entries.get(&path) {
                Some(Entry::File { stamp: then, bytes }) if *then == stamp => Some(bytes.clone()),
                _ => None,
            });
            let bytes = match known {
                Some(bytes) => bytes,
                None => folder.read(name, *left)?.into(),
            };
            *left = left.checked_sub(bytes.len() as u64).ok_or(io::ErrorKind::FileTooLarge)?;
            Entry::File { stamp, bytes }
        } else {
            return Err(io::Error::other("it holds what is no file"));
        };
        self.entries.insert(path, entry);
        Ok(())
    }

    /// Makes the folder hold this and nothing else, but for the names that are passed over; all of it belongs to the
    /// user, if one is named.
    pub(super) fn put_back(
        &self,
        folder: &Folder,
        passed_over: &BTreeSet<Vec<u8>>,
        user: Option<u32>,
    ) -> io::Result<()> {
        for name in folder.names()?.iter().filter(|name| !passed_over.contains(*name)) {
            folder.remove(name)?;
        }
        // A folder comes before what is in it.
        for (path, entry) in &self.entries {
            let (parent, name) = split(path);
            let parent = folder.below(Path::new(OsStr::from_bytes(parent)))?;
            match entry {
                Entry::Folder { .. } => drop(parent.make_folder(name, 0o700)?),
                Entry::Link(target) => parent.link(name, target, 0)?,
                Entry::File { stamp, bytes } => {
                    let mut file = parent.create(name)?;
                    file.write_all(bytes)?;
                    file.set_modified(time(stamp.mtime))?;
                    set_mode(&file, stamp.mode & 0o7777)?;
                }
            }
            if let Some(user) = user {
                parent.give_name(name, user)?;
            }
        }
        for (path, entry) in self.entries.iter().rev() {
            if let Entry::Folder { mode } = entry {
                folder.below(Path::new(OsStr::from_bytes(path)))?.set_mode(*mode)?;
            }
        }
        Ok(())
    }

    /// Paths under which something else lies in the later picture.
    pub(super) fn changes<'p>(&'p self, later: &'p Self) -> BTreeSet<&'p [u8]> {
        let same = |path: &[u8]| match (self.entries.get(path), later.entries.get(path)) {
            (Some(one), Some(other)) => one.is(other),
            _ => false,
        };
        let paths = self.entries.keys().chain(later.entries.keys());
        paths.map(Vec::as_slice).filter(|path| !same(path)).collect()
    }
}

fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => (b"", path),
    }
}

fn time((seconds, nanoseconds): (i64, u32)) -> SystemTime {
    UNIX_EPOCH + Duration::new(u64::try_from(seconds).unwrap_or(0), nanoseconds)
}

fn set_mode(file: &std::fs::File, mode: u32) -> io::Result<()> {
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn changes(before: &Picture, after: &Picture) -> Vec<String> {
        let paths = before.changes(after).into_iter();
        paths.map(|path| String::from_utf8_lossy(path).into_owned()).collect()
    }

    #[test]
    fn what_was_changed_is_seen_and_put_back() {
        let top = tempfile::tempdir().unwrap();
        let at = |path: &str| top.path().join(path);
        fs::create_dir_all(at("a/b")).unwrap();
        fs::create_dir(at("own")).unwrap();
        for file in ["a/b/x", "a-b", "same", "own/mine"] {
            fs::write(at(file), file).unwrap();
        }
        symlink("same", at("link")).unwrap();
        fs::set_permissions(at("a"), fs::Permissions::from_mode(0o555)).unwrap();
        let (folder, own) = (Folder::open(top.path()).unwrap(), BTreeSet::from([b"own".to_vec()]));
        let look = |earlier: Option<&Picture>| Picture::of(&folder, &own, earlier).unwrap();
        let before = look(None);
        assert!(changes(&before, &look(Some(&before))).is_empty());
        fs::set_permissions(at("a"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::remove_dir_all(at("a/b")).unwrap();
        fs::write(at("a-b"), "other").unwrap();
        fs::write(at("own/mine"), "other").unwrap();
        fs::write(at("new"), "").unwrap();
        fs::remove_file(at("link")).unwrap();
        symlink("a", at("link")).unwrap();
        let after = look(Some(&before));
        assert_eq!(changes(&before, &after), ["a", "a-b", "a/b", "a/b/x", "link", "new"]);
        before.put_back(&folder, &own, None).unwrap();
        assert!(changes(&before, &look(None)).is_empty());
        assert_eq!(fs::read_to_string(at("a/b/x")).unwrap(), "a/b/x");
        assert_eq!(fs::read_to_string(at("own/mine")).unwrap(), "other");
        // A file that was only touched is another.
        fs::File::open(at("same")).unwrap().set_modified(SystemTime::now()).unwrap();
        assert_eq!(changes(&before, &look(Some(&before))), ["same"]);
    }

    #[test]
    fn what_cannot_be_put_back_is_no_picture() {
        let top = tempfile::tempdir().unwrap();
        nix::unistd::mkfifo(&top.path().join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        let folder = Folder::open(top.path()).unwrap();
        assert!(Picture::of(&folder, &BTreeSet::new(), None).is_err());
        fs::remove_file(top.path().join("pipe")).unwrap();
        for number in 0..=MAX_ENTRIES {
            fs::create_dir(top.path().join(number.to_string())).unwrap();
        }
        assert!(Picture::of(&folder, &BTreeSet::new(), None).is_err());
    }
}
