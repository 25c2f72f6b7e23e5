//! Finds the object folder behind a path that a person wrote: a work tree, a `.git` folder, a bare repository.

use std::path::{Path, PathBuf};

use super::SnapshotError;

/// Where the parts of a repository lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Location {
    /// The folder with `objects` and shared refs.
    pub(super) common: PathBuf,
    /// The folder with `HEAD`; the same except in linked work trees.
    pub(super) git: PathBuf,
}

/// Largest `.git` file, `commondir` file or config that is read, in bytes.
const MAX_FILE: u64 = 1 << 20;
/// Object folders that are looked at, of those that borrow from each other.
const MAX_ALTERNATES: usize = 32;

impl Location {
    /// Finds the repository at `path`.
    pub(super) fn find(path: &Path) -> Result<Self, SnapshotError> {
        let not_one = || SnapshotError::NotARepository { path: path.to_owned() };
        let dot_git = path.join(".git");
        let git = match std::fs::metadata(&dot_git) {
            Ok(meta) if meta.is_dir() => dot_git,
            Ok(_) => {
                let text = small_text(&dot_git).ok_or_else(not_one)?;
                path.join(text.strip_prefix("gitdir:").ok_or_else(not_one)?.trim())
            }
            Err(_) => path.to_owned(),
        };
        let common = match small_text(&git.join("commondir")) {
            Some(text) => git.join(text.trim()),
            None => git.clone(),
        };
        let location = Self { common, git };
        if !location.objects().is_dir() || !location.git.join("HEAD").is_file() {
            return Err(not_one());
        }
        if holds_pipes(location.objects()) {
            return Err(not_one());
        }
        location.check_format(path)?;
        Ok(location)
    }

    /// The object folder.
    pub(super) fn objects(&self) -> PathBuf {
        self.common.join("objects")
    }

    fn check_format(&self, path: &Path) -> Result<(), SnapshotError> {
        let config = small_text(&self.common.join("config")).unwrap_or_default();
        let format = config.lines().find_map(|line| {
            let (key, value) = line.split_once('=')?;
            key.trim().eq_ignore_ascii_case("objectformat").then(|| value.trim().to_ascii_lowercase())
        });
        match format {
            Some(format) if format != "sha1" => {
                Err(SnapshotError::ObjectFormat { path: path.to_owned(), format })
            }
            _ => Ok(()),
        }
    }
}

/// A small text file; `None` if it is not there, not small or not text.
pub(super) fn small_text(path: &Path) -> Option<String> {
    text_up_to(path, MAX_FILE)
}

/// A text file of at most so many bytes; `None` if it is not there, longer, not text or no plain file.
pub(super) fn text_up_to(path: &Path, most: u64) -> Option<String> {
    let meta = std::fs::metadata(path).ok()?;
    if !meta.is_file() || meta.len() > most {
        return None;
    }
    std::fs::read_to_string(path).ok()
}

/// Would reading these object files wait for ever? Pipes and devices lie in no repository that git made.
///
/// The folders that `info/alternates` names are looked at, too.
fn holds_pipes(objects: PathBuf) -> bool {
    let is_odd = |path: &Path| std::fs::metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_dir());
    let mut folders = vec![objects];
    let mut at = 0;
    while let Some(folder) = folders.get(at).cloned() {
        at += 1;
        for part in ["info", "pack"] {
            let entries = std::fs::read_dir(folder.join(part)).into_iter().flatten().flatten();
            if entries.into_iter().any(|entry| is_odd(&entry.path())) {
                return true;
            }
        }
        let named = small_text(&folder.join("info/alternates")).unwrap_or_default();
        let named = named.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let further: Vec<PathBuf> = named.map(|line| folder.join(line)).collect();
        folders.extend(further.into_iter().take(MAX_ALTERNATES.saturating_sub(folders.len())));
    }
    false
}
