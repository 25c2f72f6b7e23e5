//! A folder whose files outlive the cell: what one program leaves there, the next one finds.

use serde::{Deserialize, Serialize};

/// Files of a folder, in order, as far as they are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub(super) entries: Vec<Entry>,
    /// There was more than is kept, or something that cannot be.
    pub cut: bool,
}

/// A file, folder or link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Path in the folder.
    pub(super) path: String,
    pub(super) what: What,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum What {
    Folder,
    /// The bytes, each as the character of its number, which JSON carries well.
    File {
        bytes: String,
        executable: bool,
    },
    Link(String),
    /// What lay there is gone. Only of a [`Layer`](super::Layer).
    Removed,
}

/// The folder of a job that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keep {
    /// Where the program finds it, absolute, in one of the job's writable folders.
    pub folder: String,
    /// What is in it at the start; nothing, and the folder is not there.
    pub before: Kept,
}

impl Kept {
    /// Nothing is in the folder.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && !self.cut
    }

    /// All of it as bytes, for telling states apart.
    pub fn identity(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl What {
    /// The bytes of a file.
    pub(super) fn bytes(&self) -> Option<Vec<u8>> {
        let Self::File { bytes, .. } = self else { return None };
        Some(bytes.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect())
    }

    /// A file of these bytes.
    pub(super) fn file(bytes: &[u8], executable: bool) -> Self {
        Self::File { bytes: bytes.iter().copied().map(char::from).collect(), executable }
    }
}

/// Most entries, bytes of all files, and depth that are kept.
#[cfg(target_os = "linux")]
pub(super) const MAX_ENTRIES: usize = 256;
#[cfg(target_os = "linux")]
pub(super) const MAX_BYTES: u64 = 256 << 10;
#[cfg(target_os = "linux")]
pub(super) const MAX_DEPTH: usize = 8;

#[cfg(target_os = "linux")]
pub(super) use disk::read;

#[cfg(target_os = "linux")]
mod disk {
    use std::fs::{self, OpenOptions, Permissions};
    use std::io::Read as _;
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _, symlink};
    use std::path::{Component, Path};

    use super::{Entry, Keep, Kept, MAX_BYTES, MAX_DEPTH, MAX_ENTRIES, What};

    impl Keep {
        /// Puts the files in place, for any user to change. Called before the program runs.
        pub(in crate::engine::cell) fn lay(&self) -> Result<(), String> {
            if self.before.entries.is_empty() {
                return Ok(());
            }
            let top = Path::new(&self.folder);
            let mut missing: Vec<&Path> = top.ancestors().take_while(|path| !path.exists()).collect();
            missing.reverse();
            for folder in missing {
                open_folder(folder).map_err(wrong(folder))?;
            }
            for entry in &self.before.entries {
                let path = Path::new(&entry.path);
                if !path.components().all(|part| matches!(part, Component::Normal(_))) {
                    return Err(format!("`{}` is no path of a kept file", entry.path));
                }
                let path = top.join(path);
                entry.lay(&path).map_err(wrong(&path))?;
            }
            Ok(())
        }

        /// What is in the folder now. Called when every process of the program is gone.
        pub(in crate::engine::cell) fn collect(&self) -> Kept {
            let mut kept = Kept { cut: self.before.cut, ..Kept::default() };
            let mut left = MAX_BYTES;
            collect(Path::new(&self.folder), "", 0, &mut left, &mut kept);
            kept
        }
    }

    fn wrong(path: &Path) -> impl Fn(std::io::Error) -> String + '_ {
        move |error| format!("{}: {error}", path.display())
    }

    impl Entry {
        fn lay(&self, path: &Path) -> std::io::Result<()> {
            match &self.what {
                What::Folder => open_folder(path),
                What::Link(target) => symlink(target, path),
                What::Removed => Ok(()),
                What::File { executable, .. } => {
                    let bytes = self.what.bytes().unwrap_or_default();
                    let mut options = OpenOptions::new();
                    let mut file = options.write(true).create_new(true).open(path)?;
                    std::io::Write::write_all(&mut file, &bytes)?;
                    file.set_permissions(Permissions::from_mode(if *executable { 0o777 } else { 0o666 }))
                }
            }
        }
    }

    fn open_folder(path: &Path) -> std::io::Result<()> {
        fs::create_dir(path)?;
        fs::set_permissions(path, Permissions::from_mode(0o777))
    }

    fn collect(folder: &Path, name: &str, depth: usize, left: &mut u64, kept: &mut Kept) {
        let Ok(entries) = fs::read_dir(folder) else {
            // At the top, most programs never make the folder.
            kept.cut |= depth > 0 || folder.exists();
            return;
        };
        let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
        names.sort_unstable();
        for own in names {
            let Some(own) = own.to_str().filter(|_| kept.entries.len() < MAX_ENTRIES) else {
                kept.cut = true;
                return;
            };
            let path = folder.join(own);
            let below = if name.is_empty() { own.to_owned() } else { format!("{name}/{own}") };
            let Some(what) = read(&path, left) else {
                kept.cut = true;
                continue;
            };
            let is_folder = what == What::Folder;
            kept.entries.push(Entry { path: below.clone(), what });
            if is_folder && depth + 1 < MAX_DEPTH {
                collect(&path, &below, depth + 1, left, kept);
            } else {
                kept.cut |= is_folder;
            }
        }
    }

    /// What lies at a path; `None` for what cannot be kept. Links are not followed.
    pub(in crate::engine::cell) fn read(path: &Path, left: &mut u64) -> Option<What> {
        let meta = path.symlink_metadata().ok()?;
        if meta.is_symlink() {
            return Some(What::Link(fs::read_link(path).ok()?.to_str()?.to_owned()));
        }
        if meta.is_dir() {
            return Some(What::Folder);
        }
        if !meta.is_file() || meta.len() > *left {
            return None;
        }
        let mut bytes = Vec::new();
        let file = OpenOptions::new().read(true).custom_flags(nix::libc::O_NOFOLLOW).open(path).ok()?;
        file.take(*left).read_to_end(&mut bytes).ok()?;
        *left -= bytes.len() as u64;
        let executable = meta.permissions().mode() & 0o100 != 0;
        Some(What::file(&bytes, executable))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn what_is_collected_can_be_laid_again() {
            let place = tempfile::tempdir().unwrap();
            let keep = |name: &str, before: Kept| Keep {
                folder: place.path().join(name).join("data").to_str().unwrap().to_owned(),
                before,
            };
            let first = keep("first", Kept::default());
            assert!(first.collect().is_empty());
            first.lay().unwrap();
            assert!(!Path::new(&first.folder).exists());
            fs::create_dir_all(Path::new(&first.folder).join("a/b")).unwrap();
            fs::write(Path::new(&first.folder).join("a/x"), b"\0\xff\n").unwrap();
            symlink("/etc/passwd", Path::new(&first.folder).join("link")).unwrap();
            let kept = first.collect();
            assert!(!kept.cut && kept.entries.len() == 4, "{kept:?}");
            let second = keep("second", kept.clone());
            second.lay().unwrap();
            assert_eq!(second.collect(), kept);
            assert_eq!(fs::read(Path::new(&second.folder).join("a/x")).unwrap(), b"\0\xff\n");
        }

        #[test]
        fn too_much_is_cut() {
            let place = tempfile::tempdir().unwrap();
            let keep = Keep { folder: place.path().to_str().unwrap().to_owned(), before: Kept::default() };
            fs::write(place.path().join("large"), vec![b'x'; MAX_BYTES as usize + 1]).unwrap();
            fs::write(place.path().join("small"), b"x").unwrap();
            let kept = keep.collect();
            assert!(kept.cut && kept.entries.len() == 1, "{kept:?}");
        }
    }
}
