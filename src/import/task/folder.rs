//! Writing a task folder so that a killed import leaves the old task or the new one, never half of one.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::source::WriteError;

/// How folders are named that are not tasks yet, or not any more; names with a dot in front are passed over.
const NEW: &str = ".import-new-";
const OLD: &str = ".import-old-";
/// Folders below each other that are carried over.
const MAX_DEPTH: usize = 16;

/// What became of a task folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Changed {
    /// It was not there before.
    New,
    /// Some files are other ones now.
    Updated,
    /// Every byte is as it was; nothing was written.
    Unchanged,
}

/// The folder of all tasks.
#[derive(Clone, Debug)]
pub(in crate::import) struct TaskFolders {
    top: PathBuf,
}

/// New content of files by name; `None` for a file that goes.
pub(in crate::import) type FileSet<'b> = BTreeMap<String, Option<Cow<'b, [u8]>>>;

impl TaskFolders {
    /// Opens it, and puts right what a killed import left. To be called under the lock.
    pub(in crate::import) fn open(top: &Path) -> Result<Self, WriteError> {
        let io = |source| WriteError::Io { path: top.to_owned(), source };
        fs::create_dir_all(top).map_err(io)?;
        let folders = Self { top: top.to_owned() };
        for entry in fs::read_dir(top).map_err(io)?.flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if let Some(task) = name.strip_prefix(OLD).filter(|_| is_folder) {
                // Killed between taking the old task away and putting the new one there.
                if folders.top.join(task).exists()
                    || fs::rename(entry.path(), folders.top.join(task)).is_err()
                {
                    let _ = fs::remove_dir_all(entry.path());
                }
            } else if name.starts_with(NEW) && is_folder {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        Ok(folders)
    }

    /// The folder as it is, for looking alone.
    pub(in crate::import) fn read_only(top: &Path) -> Self {
        Self { top: top.to_owned() }
    }

    /// The bytes of a file of a task; `None` when it is not there or no plain file.
    pub(in crate::import) fn read(&self, task: &str, file: &str) -> Option<Vec<u8>> {
        let path = self.top.join(task).join(file);
        fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file)?;
        fs::read(path).ok()
    }

    /// Names of the plain files of a task.
    pub(in crate::import) fn files(&self, task: &str) -> Vec<String> {
        let entries = fs::read_dir(self.top.join(task)).into_iter().flatten().flatten();
        let plain = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
        let mut names: Vec<String> = plain.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    /// What writing these files would do.
    pub(in crate::import) fn compare(&self, task: &str, files: &FileSet<'_>) -> Changed {
        if !self.top.join(task).exists() {
            return Changed::New;
        }
        let same = |(name, bytes): (&String, &Option<Cow<'_, [u8]>>)| {
            self.read(task, name).as_deref() == bytes.as_deref()
        };
        if files.iter().all(same) { Changed::Unchanged } else { Changed::Updated }
    }

    /// Writes the files of a task; all others in its folder stay. The whole folder is made anew beside the old one and
    /// takes its place in one step.
    pub(in crate::import) fn write(&self, task: &str, files: &FileSet<'_>) -> Result<Changed, WriteError> {
        let changed = self.compare(task, files);
        if changed == Changed::Unchanged {
            return Ok(changed);
        }
        let target = self.top.join(task);
        let io = |source| WriteError::Io { path: target.clone(), source };
        if fs::symlink_metadata(&target).is_ok_and(|meta| !meta.is_dir()) {
            return Err(io(io::Error::other("is not a folder")));
        }
        let new = self.top.join(format!("{NEW}{task}"));
        let _ = fs::remove_dir_all(&new);
        let made = self
            .make(&new, &target, task, files, changed)
            .and_then(|()| self.swap(&new, &target, task, changed));
        if let Err(error) = made {
            let _ = fs::remove_dir_all(&new);
            return Err(io(error));
        }
        Ok(changed)
    }

    fn make(
        &self,
        new: &Path,
        old: &Path,
        task: &str,
        files: &FileSet<'_>,
        changed: Changed,
    ) -> io::Result<()> {
        fs::create_dir(new)?;
        if changed == Changed::Updated {
            // What says the same is carried over too, so that it keeps its time.
            let same = |name: &str| match files.get(name) {
                Some(Some(bytes)) => self.read(task, name).as_deref() == Some(bytes),
                Some(None) => false,
                None => true,
            };
            carry(old, new, &same, 0)?;
        }
        for (name, bytes) in files {
            let path = new.join(name);
            if let Some(bytes) = bytes
                && !path.exists()
            {
                let mut file = File::create_new(path)?;
                file.write_all(bytes)?;
            }
        }
        Ok(())
    }

    fn swap(&self, new: &Path, target: &Path, task: &str, changed: Changed) -> io::Result<()> {
        if changed == Changed::New {
            return fs::rename(new, target);
        }
        if exchange(new, target).is_ok() {
            return fs::remove_dir_all(new);
        }
        let old = self.top.join(format!("{OLD}{task}"));
        let _ = fs::remove_dir_all(&old);
        fs::rename(target, &old)?;
        if let Err(error) = fs::rename(new, target) {
            fs::rename(&old, target)?;
            return Err(error);
        }
        fs::remove_dir_all(&old)
    }
}

/// Carries over what `wanted` names at the top, and everything below folders: as the same file where the filesystem
/// can, else as a copy.
fn carry(old: &Path, new: &Path, wanted: &dyn Fn(&str) -> bool, depth: usize) -> io::Result<()> {
    if depth > MAX_DEPTH {
        return Err(io::Error::other("its folders lie too deep"));
    }
    for entry in fs::read_dir(old)? {
        let entry = entry?;
        let name = entry.file_name();
        if depth == 0 && name.to_str().is_some_and(|name| !wanted(name)) {
            continue;
        }
        let (from, to) = (entry.path(), new.join(&name));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            fs::create_dir(&to)?;
            carry(&from, &to, wanted, depth + 1)?;
        } else if kind.is_symlink() {
            link(&fs::read_link(&from)?, &to)?;
        } else if kind.is_file() && fs::hard_link(&from, &to).is_err() {
            fs::copy(&from, &to)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn link(target: &Path, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, place)
}

#[cfg(not(unix))]
fn link(target: &Path, place: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(target, place)
}

/// Swaps two folders in one step, where the system can.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn exchange(a: &Path, b: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE).map_err(Into::into)
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn exchange(_a: &Path, _b: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(files: &[(&str, Option<&str>)]) -> FileSet<'static> {
        files
            .iter()
            .map(|(name, text)| ((*name).to_owned(), text.map(|text| Cow::Owned(text.as_bytes().to_vec()))))
            .collect()
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_task_is_made_updated_and_left_alone() {
        let top = tempfile::tempdir().unwrap();
        let tasks = TaskFolders::open(&top.path().join("tasks")).unwrap();
        let files = set(&[("task.toml", Some("a")), ("prompt.md", Some("p"))]);
        assert_eq!(tasks.write("t", &files).unwrap(), Changed::New);
        assert_eq!(tasks.write("t", &files).unwrap(), Changed::Unchanged);
        let folder = top.path().join("tasks/t");
        fs::create_dir(folder.join("notes")).unwrap();
        fs::write(folder.join("notes/mine.md"), "mine").unwrap();
        let before = fs::metadata(folder.join("prompt.md")).unwrap().modified().unwrap();
        let files = set(&[("task.toml", Some("b")), ("prompt.md", Some("p")), ("session.jsonl", None)]);
        assert_eq!(tasks.write("t", &files).unwrap(), Changed::Updated);
        assert_eq!(fs::read_to_string(folder.join("task.toml")).unwrap(), "b");
        assert_eq!(fs::read_to_string(folder.join("notes/mine.md")).unwrap(), "mine");
        assert_eq!(fs::metadata(folder.join("prompt.md")).unwrap().modified().unwrap(), before);
        assert_eq!(names(&top.path().join("tasks")), ["t"]);
        let files = set(&[("prompt.md", None)]);
        assert_eq!(tasks.write("t", &files).unwrap(), Changed::Updated);
        assert_eq!(names(&folder), ["notes", "task.toml"]);
    }

    /// Every state that a kill can leave is put right by the next import.
    #[test]
    fn what_a_killed_import_left_is_put_right() {
        let top = tempfile::tempdir().unwrap();
        let make = |name: &str, text: &str| {
            fs::create_dir(top.path().join(name)).unwrap();
            fs::write(top.path().join(name).join("task.toml"), text).unwrap();
        };
        make(".import-new-a", "half");
        make("b", "new");
        make(".import-old-b", "old");
        make(".import-old-c", "old");
        fs::write(top.path().join(".import-new-file"), "mine").unwrap();
        TaskFolders::open(top.path()).unwrap();
        assert_eq!(names(top.path()), [".import-new-file", "b", "c"]);
        assert_eq!(fs::read_to_string(top.path().join("b/task.toml")).unwrap(), "new");
        assert_eq!(fs::read_to_string(top.path().join("c/task.toml")).unwrap(), "old");
    }
}
