//! Tasks that earlier imports made, found by the thread that they were made of.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use rayon::prelude::*;

/// Fewest digits by which a person may name a commit.
const LEAST_ID: usize = 7;

/// What people said of the commits that came after a session, with ids as they are written, in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::import) struct Said {
    /// The merged commit.
    pub(in crate::import) merged: Option<String>,
    /// Commits that repaired it.
    pub(in crate::import) defects: Vec<String>,
    /// Commits that were not the merged one.
    pub(in crate::import) denied: Vec<String>,
}

/// The tasks of a suite.
#[derive(Clone, Debug, Default)]
pub(in crate::import) struct Known {
    by_thread: HashMap<String, String>,
    /// By thread.
    said: HashMap<String, Said>,
    /// All names in lower case, broken tasks included.
    names: BTreeSet<String>,
}

impl Known {
    /// Looks through the tasks folder. A task is known by its `[import]` even when other parts of it are broken.
    pub(in crate::import) fn read(folder: &Path) -> Self {
        let mut known = Self::default();
        let mut names: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().collect();
        names.sort_by_key(std::fs::DirEntry::file_name);
        let tasks: Vec<(String, Option<(String, Said)>)> = names
            .par_iter()
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok().filter(|name| !name.starts_with('.'))?;
                Some((name, thread_of(&entry.path().join("task.toml"))))
            })
            .collect();
        for (name, thread) in tasks {
            known.names.insert(name.to_ascii_lowercase());
            if let Some((thread, said)) = thread
                && !known.by_thread.contains_key(&thread)
            {
                known.said.insert(thread.clone(), said);
                known.by_thread.insert(thread, name);
            }
        }
        known
    }

    /// The task of a thread.
    pub(in crate::import) fn of(&self, thread: &str) -> Option<&str> {
        self.by_thread.get(thread).map(String::as_str)
    }

    /// What people said of a thread.
    pub(in crate::import) fn said(&self, thread: &str) -> Said {
        self.said.get(thread).cloned().unwrap_or_default()
    }

    /// Is there anything of this name, whatever its case?
    pub(in crate::import) fn is_taken(&self, name: &str) -> bool {
        self.names.contains(&name.to_ascii_lowercase())
    }

    /// Takes a name for a new task.
    pub(in crate::import) fn take(&mut self, name: &str) {
        self.names.insert(name.to_ascii_lowercase());
    }
}

/// The thread of a task, and what people said of it.
fn thread_of(path: &Path) -> Option<(String, Said)> {
    let meta = std::fs::symlink_metadata(path).ok()?;
    if !meta.is_file() || meta.len() > 16 << 20 {
        return None;
    }
    let table: toml::Table = std::fs::read_to_string(path).ok()?.parse().ok()?;
    let thread = table.get("import")?.get("thread")?.as_str()?.to_owned();
    let decision = |key: &str| table.get("decision")?.get(key);
    let id =
        |value: &toml::Value| Some(value.as_str()?.to_ascii_lowercase()).filter(|id| id.len() >= LEAST_ID);
    let ids = |key: &str| {
        let list = decision(key).and_then(toml::Value::as_array);
        list.into_iter().flatten().filter_map(id).collect()
    };
    let merged = decision("merged").and_then(id);
    Some((thread, Said { merged, defects: ids("defects"), denied: ids("not_merged") }))
}
