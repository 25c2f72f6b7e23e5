use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Component, Path, PathBuf};

/// How temporary files are named until they replace the real one.
const PREFIX: &str = ".plugin-eval-";
const SUFFIX: &str = ".partial";
/// Bytes that are written at once. Reports grow by some 10 KB a task, which would go past a smaller buffer.
const BUFFER: usize = 256 << 10;

/// A folder that a run writes its results to. Files appear whole or not at all.
#[derive(Debug, Clone)]
pub struct OutputFolder {
    /// Without symlinks.
    top: PathBuf,
}

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The operating system said no.
    #[error("{}: cannot be written: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The name is absolute or holds `..`.
    #[error("{}: is no path inside the output folder", path.display())]
    NotInside {
        /// The name asked for.
        path: PathBuf,
    },
    /// A symlink on the way leads out of the folder.
    #[error("{}: leads out of the output folder through a symlink, to {}", path.display(), target.display())]
    Leaves {
        /// The path in the folder.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
}

impl OutputFolder {
    /// Opens the folder, makes it if it is missing, and removes what a killed run left half written in it.
    pub fn open(path: &Path) -> Result<Self, WriteError> {
        let io = |source| WriteError::Io { path: path.to_owned(), source };
        fs::create_dir_all(path).map_err(io)?;
        let folder = Self { top: path.canonicalize().map_err(io)? };
        remove_leftovers(&folder.top, 0);
        Ok(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.top
    }

    /// A file without a name, for what is put together later; it is gone with its handle.
    pub fn scratch(&self) -> Result<File, WriteError> {
        tempfile::tempfile_in(&self.top).map_err(|source| WriteError::Io { path: self.top.clone(), source })
    }

    /// Replaces a file in one step; folders on the way are made.
    pub fn write(&self, name: impl AsRef<Path>, bytes: &[u8]) -> Result<(), WriteError> {
        let path = self.top.join(name.as_ref());
        let mut file = self.create(name)?;
        file.write_all(bytes).map_err(|source| WriteError::Io { path, source })?;
        file.commit()
    }

    /// Starts to write a file that replaces the one of this name with [`AtomicFile::commit`].
    pub fn create(&self, name: impl AsRef<Path>) -> Result<AtomicFile, WriteError> {
        let target = self.target(name.as_ref())?;
        let io = |source| WriteError::Io { path: target.clone(), source };
        let parent = target.parent().unwrap_or(&self.top);
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX).suffix(SUFFIX);
        set_mode(&mut builder);
        let file = builder.tempfile_in(parent).map_err(io)?;
        // The lock tells a later run that this file still has a writer.
        let _ = file.as_file().try_lock();
        Ok(AtomicFile { file: BufWriter::with_capacity(BUFFER, file), target })
    }

    /// Removes a file; one that is not there is fine.
    pub fn remove(&self, name: impl AsRef<Path>) -> Result<(), WriteError> {
        let path = self.target(name.as_ref())?;
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(WriteError::Io { path, source }),
            _ => Ok(()),
        }
    }

    /// The path of a name, its parent folders made and checked to lie inside.
    fn target(&self, name: &Path) -> Result<PathBuf, WriteError> {
        let plain = name.components().all(|part| matches!(part, Component::Normal(_)));
        let (Some(file), true) = (name.file_name(), plain) else {
            return Err(WriteError::NotInside { path: name.to_owned() });
        };
        let mut folder = self.top.clone();
        for part in name.parent().unwrap_or(Path::new("")).components() {
            folder.push(part);
            let io = |source| WriteError::Io { path: folder.clone(), source };
            match fs::create_dir(&folder) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(io(error)),
                _ => {}
            }
            let real = folder.canonicalize().map_err(io)?;
            if !real.starts_with(&self.top) {
                return Err(WriteError::Leaves { path: folder, target: real });
            }
            folder = real;
        }
        // A symlink in the place of the file itself is replaced, never written through.
        Ok(folder.join(file))
    }
}

/// A file that is being written beside the one that it will replace. Dropped without
/// [`commit`](AtomicFile::commit) it goes away and the old file stays.
#[derive(Debug)]
pub struct AtomicFile {
    file: BufWriter<tempfile::NamedTempFile>,
    target: PathBuf,
}

impl AtomicFile {
    /// Puts the file in its place.
    pub fn commit(self) -> Result<(), WriteError> {
        let target = self.target;
        let io = |source| WriteError::Io { path: target.clone(), source };
        let file = self.file.into_inner().map_err(|error| io(error.into_error()))?;
        file.persist(&target).map_err(|error| io(error.error))?;
        Ok(())
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Results are ordinary files for everybody whom the umask lets read them.
#[cfg(unix)]
fn set_mode(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt as _;
    builder.permissions(fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn set_mode(_builder: &mut tempfile::Builder<'_, '_>) {}

fn remove_leftovers(folder: &Path, depth: usize) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        let name = entry.file_name();
        let ours = name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX));
        if kind.is_dir() && depth < 4 {
            remove_leftovers(&entry.path(), depth + 1);
        } else if ours && kind.is_file() && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok())
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn files_appear_whole_or_not_at_all() {
        let top = tempfile::tempdir().unwrap();
        let out = OutputFolder::open(&top.path().join("reports/a")).unwrap();
        out.write("gate.md", b"one").unwrap();
        let mut file = out.create("gate.md").unwrap();
        file.write_all(b"two, half").unwrap();
        file.flush().unwrap();
        assert_eq!(fs::read(out.path().join("gate.md")).unwrap(), b"one");
        drop(file);
        assert_eq!(names(out.path()), ["gate.md"]);
        out.write("sub/deep/x.csv", b"two").unwrap();
        assert_eq!(fs::read(out.path().join("sub/deep/x.csv")).unwrap(), b"two");
        out.remove("gate.md").unwrap();
        out.remove("gate.md").unwrap();
        assert_eq!(names(out.path()), ["sub"]);
    }

    #[test]
    fn names_cannot_lead_out() {
        let top = tempfile::tempdir().unwrap();
        let out = OutputFolder::open(top.path()).unwrap();
        for name in ["../x", "/etc/x", "a/../../x", "", ".", "a/.."] {
            assert!(matches!(out.write(name, b""), Err(WriteError::NotInside { .. })), "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn symlinks_are_replaced_or_refused_but_never_followed_out() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let elsewhere = tempfile::tempdir().unwrap();
        let victim = elsewhere.path().join("victim");
        fs::write(&victim, "safe").unwrap();
        let top = tempfile::tempdir().unwrap();
        let out = OutputFolder::open(top.path()).unwrap();
        symlink(&victim, out.path().join("gate.md")).unwrap();
        symlink(elsewhere.path(), out.path().join("sub")).unwrap();
        out.write("gate.md", b"mine").unwrap();
        let error = out.write("sub/victim", b"mine").unwrap_err().to_string();
        assert!(error.contains("leads out of the output folder"), "{error}");
        assert_eq!(fs::read(&victim).unwrap(), b"safe");
        let written = fs::symlink_metadata(out.path().join("gate.md")).unwrap();
        assert!(written.is_file() && written.permissions().mode() & 0o600 == 0o600);
    }

    #[test]
    fn leftovers_of_a_killed_run_go_and_live_ones_stay() {
        let top = tempfile::tempdir().unwrap();
        let out = OutputFolder::open(top.path()).unwrap();
        fs::create_dir(out.path().join("sub")).unwrap();
        fs::write(out.path().join("sub/.plugin-eval-abc.partial"), "half").unwrap();
        fs::write(out.path().join(".plugin-eval-notes"), "mine").unwrap();
        let live = out.create("live.csv").unwrap();
        OutputFolder::open(top.path()).unwrap();
        assert!(names(&out.path().join("sub")).is_empty());
        assert_eq!(names(out.path()).len(), 3);
        live.commit().unwrap();
        assert_eq!(names(out.path()), [".plugin-eval-notes", "live.csv", "sub"]);
    }
}
