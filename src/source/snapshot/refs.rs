//! Branch and tag names, for good errors and for commands that help to write a task.

use std::collections::HashSet;
use std::path::Path;

use super::ObjectId;
use super::bundle::{Header, full_id};
use super::location::{Location, small_text, text_up_to};

/// Most refs that are looked at, and how deep their folders go.
const MAX_REFS: usize = 500_000;
const MAX_DEPTH: usize = 16;
/// Largest `packed-refs` that is read, in bytes.
const MAX_PACKED: u64 = 128 << 20;

/// Where names come from.
#[derive(Debug)]
pub(super) enum Names {
    /// A bundle's header.
    Bundle(Header),
    /// A repository's files.
    Repository(Location),
}

impl Names {
    /// Reads them all.
    pub(super) fn read(&self) -> Refs {
        match self {
            Self::Bundle(header) => Refs::of_bundle(&header.refs),
            Self::Repository(location) => Refs::of_repository(location),
        }
    }
}

/// Names with the objects that they point to.
#[derive(Clone, Debug, Default)]
pub(super) struct Refs(Vec<(String, ObjectId)>);

impl Refs {
    /// The refs of a bundle's header; names that are not UTF-8 are left out.
    pub(super) fn of_bundle(refs: &[(Vec<u8>, ObjectId)]) -> Self {
        Self(
            refs.iter().filter_map(|(name, id)| Some((String::from_utf8(name.clone()).ok()?, *id))).collect(),
        )
    }

    /// The refs of a repository: loose files first, then `packed-refs`, then `HEAD`.
    pub(super) fn of_repository(location: &Location) -> Self {
        let mut refs = Vec::new();
        loose(&location.common.join("refs"), "refs", 0, &mut refs);
        let known: HashSet<String> = refs.iter().map(|(name, _)| name.clone()).collect();
        let packed = text_up_to(&location.common.join("packed-refs"), MAX_PACKED);
        for line in packed.unwrap_or_default().lines() {
            if let Some((id, name)) = line.split_once(' ')
                && let Some(id) = full_id(id.as_bytes())
                && refs.len() < MAX_REFS
                && !known.contains(name)
            {
                refs.push((name.to_owned(), id));
            }
        }
        if let Some(head) = small_text(&location.git.join("HEAD")) {
            let head = head.trim();
            let id = match head.strip_prefix("ref: ") {
                Some(target) => refs.iter().find(|(name, _)| name == target).map(|(_, id)| *id),
                None => full_id(head.as_bytes()),
            };
            refs.extend(id.map(|id| ("HEAD".to_owned(), id)));
        }
        Self(refs)
    }

    /// What a name stands for, in git's order: as written, `refs/…`, tags, heads, remotes.
    pub(super) fn find(&self, name: &str) -> Option<ObjectId> {
        ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"].iter().find_map(|prefix| {
            let found = |known: &str| known.strip_prefix(prefix) == Some(name);
            self.0.iter().find(|(known, _)| found(known)).map(|(_, id)| *id)
        })
    }

    /// Up to three short names that look like `name`, best first.
    pub(super) fn similar(&self, name: &str) -> Vec<String> {
        let mut scored: Vec<(f64, &str)> = self
            .0
            .iter()
            .map(|(known, _)| {
                let short = ["refs/heads/", "refs/tags/", "refs/remotes/"]
                    .iter()
                    .find_map(|prefix| known.strip_prefix(prefix))
                    .unwrap_or(known);
                (strsim::jaro_winkler(short, name), short)
            })
            .filter(|(score, _)| *score > 0.8)
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        scored.dedup_by(|a, b| a.1 == b.1);
        scored.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
    }

    /// All full names with the objects that they point to.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, ObjectId)> {
        self.0.iter().map(|(name, id)| (name.as_str(), *id))
    }

    /// All objects that names point to.
    pub(super) fn ids(&self) -> impl Iterator<Item = ObjectId> {
        self.0.iter().map(|(_, id)| *id)
    }
}

fn loose(folder: &Path, prefix: &str, depth: usize, refs: &mut Vec<(String, ObjectId)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let name = format!("{prefix}/{name}");
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && depth < MAX_DEPTH {
            loose(&entry.path(), &name, depth + 1, refs);
        } else if refs.len() < MAX_REFS
            && let Some(id) = small_text(&entry.path()).and_then(|text| full_id(text.trim().as_bytes()))
        {
            refs.push((name, id));
        }
    }
}
