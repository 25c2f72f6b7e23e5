use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::finding::closest;

use super::fields::{Fields, Problems};
use super::name::name_problem;

/// The repositories of a suite by name: bundles and repositories in its `repos` folder, and those that
/// `[repos]` names.
#[derive(Clone, Debug, Default)]
pub struct Repos {
    by_name: BTreeMap<String, PathBuf>,
}

impl Repos {
    /// The git bundle or repository of this name.
    pub fn get(&self, name: &str) -> Option<&Path> {
        self.by_name.get(name).map(PathBuf::as_path)
    }

    /// Names and paths, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.by_name.iter().map(|(name, path)| (name.as_str(), path.as_path()))
    }

    pub(super) fn help(&self, given: &str) -> String {
        match closest(given, self.by_name.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None if self.by_name.is_empty() => format!("put it into the suite as repos/{given}.bundle"),
            None => {
                let known: Vec<_> = self.by_name.keys().map(String::as_str).collect();
                format!("known repositories: {}", known.join(", "))
            }
        }
    }
}

/// Reads the `repos` folder and `[repos]`.
///
/// In the folder, `app.bundle` and the repositories `app` and `app.git` are called `app`.
pub(super) fn read_repos(
    top: &Fields<'_, '_>,
    suite: &Path,
    folder: &Path,
    problems: &mut Problems<'_>,
) -> Repos {
    let mut by_name = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let file_name = entry.file_name();
        let Some(name) = file_name.to_str() else { continue };
        let path = entry.path();
        let name = match name.strip_suffix(".bundle") {
            Some(name) => name,
            None if path.is_dir() => name.strip_suffix(".git").unwrap_or(name),
            None => continue,
        };
        if name_problem(name).is_none() {
            by_name.insert(name.to_owned(), path);
        }
    }
    for (name, path) in top.entries("repos", problems) {
        if let Some(why) = name_problem(name.value) {
            problems.error(&name.span, "bad-name", format!("the repository name `{}` {why}", name.value), "");
        }
        let full = suite.join(path.value);
        if !full.exists() {
            let message = format!("there is no repository at `{}`", path.value);
            problems.error(&path.span, "missing-file", message, "paths start at the suite folder");
        }
        by_name.insert(name.value.to_owned(), full);
    }
    Repos { by_name }
}
