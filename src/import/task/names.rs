//! Names of files and folders that a masked recording has otherwise than its repository.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::masking::ThreadMask;
use crate::source::snapshot::{Kind, MaskedPlace, TreeNode, masked_places};
use crate::source::{ObjectId, Repository, Snapshot};

/// Most names that are looked at; folders of files that the session changed come first.
const MAX_NAMES: usize = 20_000;
/// Folders below each other that are entered.
const MAX_DEPTH: usize = 64;

/// The names in the folders of some trees.
#[derive(Default)]
pub(super) struct Names {
    /// By their trees.
    folders: BTreeMap<ObjectId, Arc<TreeNode>>,
    count: usize,
}

impl Names {
    /// The names in these trees. `paths` are the files that count most.
    pub(super) fn of(trees: &[Snapshot], paths: &BTreeSet<String>) -> Self {
        let mut names = Self::default();
        for tree in trees {
            names.add(tree.tree(), tree.top_folder());
            for path in paths {
                let mut folder = tree.top_folder().clone();
                for name in path.split('/').take(MAX_DEPTH) {
                    let Some(entry) = folder.get(name.as_bytes()).filter(|entry| entry.kind == Kind::Folder)
                    else {
                        break;
                    };
                    let Some(inner) = tree.inner_folder(entry) else { break };
                    names.add(entry.id, &inner);
                    folder = inner;
                }
            }
        }
        let mut seen = BTreeSet::new();
        for tree in trees {
            if seen.insert(tree.tree()) {
                names.below(tree, tree.top_folder(), 0, &mut seen);
            }
        }
        names
    }

    fn add(&mut self, id: ObjectId, folder: &Arc<TreeNode>) {
        if self.count < MAX_NAMES && !self.folders.contains_key(&id) {
            self.count += folder.entries().len();
            self.folders.insert(id, folder.clone());
        }
    }

    fn below(&mut self, tree: &Snapshot, folder: &TreeNode, depth: usize, seen: &mut BTreeSet<ObjectId>) {
        for entry in folder.entries().iter().filter(|entry| entry.kind == Kind::Folder) {
            if self.count >= MAX_NAMES || depth > MAX_DEPTH || !seen.insert(entry.id) {
                continue;
            }
            if let Some(inner) = tree.inner_folder(entry) {
                self.add(entry.id, &inner);
                self.below(tree, &inner, depth + 1, seen);
            }
        }
    }

    /// The places in tree objects where the recording has other names.
    pub(super) fn masked(
        &self,
        repository: &Repository,
        mask: &ThreadMask<'_>,
    ) -> Vec<(ObjectId, Vec<MaskedPlace>)> {
        let mut text = String::new();
        let mut all: BTreeSet<&str> = BTreeSet::new();
        for entry in self.folders.values().flat_map(|folder| folder.entries()) {
            if let Ok(name) = std::str::from_utf8(&entry.name)
                && !name.contains('\n')
                && all.insert(name)
            {
                text.push_str(name);
                text.push('\n');
            }
        }
        let Some(masked) = mask.file(&text) else { return Vec::new() };
        if masked.lines().count() != text.lines().count() {
            return Vec::new();
        }
        let other: BTreeMap<&str, &str> = text
            .lines()
            .zip(masked.lines())
            .filter(|(name, mark)| name != mark && !mark.is_empty() && !mark.contains(['/', '\0']))
            .collect();
        let has = |folder: &&Arc<TreeNode>| {
            let name = |name: &[u8]| std::str::from_utf8(name).is_ok_and(|name| other.contains_key(name));
            folder.entries().iter().any(|entry| name(&entry.name))
        };
        let changed = self.folders.iter().filter(|(_, folder)| has(folder));
        changed.filter_map(|(id, _)| Some((*id, places(&repository.names_in(*id)?, &other)))).collect()
    }
}

/// Places in a tree object of the names that have another one.
fn places(names: &[(usize, Vec<u8>)], other: &BTreeMap<&str, &str>) -> Vec<MaskedPlace> {
    let mut all = Vec::new();
    for (at, name) in names {
        let Ok(name) = std::str::from_utf8(name) else { continue };
        let Some(mark) = other.get(name) else { continue };
        let places = masked_places(name, mark).unwrap_or_default();
        all.extend(places.into_iter().map(|place| MaskedPlace { at: at + place.at, ..place }));
    }
    all
}
