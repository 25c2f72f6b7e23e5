//! Tasks that earlier imports made, found by the thread that they were made of.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use rayon::prelude::*;

/// The tasks of a suite.
#[derive(Clone, Debug, Default)]
pub(in crate::import) struct Known {
    by_thread: HashMap<String, String>,
    /// All names in lower case, broken tasks included.
    names: BTreeSet<String>,
}

impl Known {
    /// Looks through the tasks folder. A task is known by its `[import]` even when other parts of it are broken.
    pub(in crate::import) fn read(folder: &Path) -> Self {
        let mut known = Self::default();
        let mut names: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().collect();
        names.sort_by_key(std::fs::DirEntry::file_name);
        let tasks: Vec<(String, Option<String>)> = names
            .par_iter()
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok().filter(|name| !name.starts_with('.'))?;
                Some((name, thread_of(&entry.path().join("task.toml"))))
            })
            .collect();
        for (name, thread) in tasks {
            known.names.insert(name.to_ascii_lowercase());
            if let Some(thread) = thread {
                known.by_thread.entry(thread).or_insert(name);
            }
        }
        known
    }

    /// The task of a thread.
    pub(in crate::import) fn of(&self, thread: &str) -> Option<&str> {
        self.by_thread.get(thread).map(String::as_str)
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

fn thread_of(path: &Path) -> Option<String> {
    let meta = std::fs::symlink_metadata(path).ok()?;
    if !meta.is_file() || meta.len() > 16 << 20 {
        return None;
    }
    let table: toml::Table = std::fs::read_to_string(path).ok()?.parse().ok()?;
    Some(table.get("import")?.get("thread")?.as_str()?.to_owned())
}
