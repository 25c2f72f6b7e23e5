//! The objects of a bundle, in the order that they are packed in.

use std::collections::{BTreeMap, HashSet};

use git2::ObjectType;

use super::super::history::Graph;
use super::{Commits, Stored};
use crate::source::ObjectId;

/// Folders below each other that are entered.
const MAX_DEPTH: usize = 256;

/// All objects of a bundle. Those of one path follow each other, newer ones first, so that each is like the one before it.
pub(super) struct Objects(Vec<(ObjectId, String)>);

impl Objects {
    /// The objects of some commits, and all that is stored already.
    pub(super) fn collect(
        graph: &Graph,
        commits: &Commits,
        refs: &BTreeMap<String, ObjectId>,
        stored: Option<&Stored>,
    ) -> Result<Self, String> {
        let mut walk = Walk { graph, seen: HashSet::new(), trees: Vec::new(), blobs: Vec::new() };
        let mut objects: Vec<(ObjectId, String)> = Vec::new();
        // Newest first, as git has it.
        let mut ordered: Vec<_> =
            commits.iter().map(|id| (graph.head(id).map_or(0, |head| head.time), id)).collect();
        ordered.sort_by(|a, b| b.cmp(a));
        for (_, id) in ordered {
            let head = graph.head(id).ok_or_else(|| format!("the commit {id} is not there"))?;
            let packed = commits.packed(id);
            walk.seen.insert(packed);
            objects.push((packed, String::new()));
            walk.tree(head.tree, "", 0)?;
        }
        let Walk { mut seen, mut trees, mut blobs, .. } = walk;
        // In the order in which they were met, where the path is the same.
        trees.sort_by(|a, b| a.1.cmp(&b.1));
        blobs.sort_by(|a, b| a.1.cmp(&b.1));
        objects.extend(trees);
        objects.extend(blobs);
        // Tags, and whatever else somebody put into the bundle.
        let rest = stored.map(|stored| stored.objects(commits.are_rewritten()));
        let rest = rest.into_iter().flatten().chain(refs.values());
        objects.extend(rest.filter(|id| seen.insert(**id)).map(|id| (*id, String::new())));
        Ok(Self(objects))
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = ObjectId> {
        self.0.iter().map(|(id, _)| *id)
    }

    /// Ids with paths; commits and the like have none, nor has the top folder.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (ObjectId, &str)> {
        self.0.iter().map(|(id, path)| (*id, path.as_str()))
    }
}

struct Walk<'w> {
    graph: &'w Graph,
    seen: HashSet<ObjectId>,
    trees: Vec<(ObjectId, String)>,
    blobs: Vec<(ObjectId, String)>,
}

impl Walk<'_> {
    fn tree(&mut self, id: ObjectId, path: &str, depth: usize) -> Result<(), String> {
        if !self.seen.insert(id) {
            return Ok(());
        }
        if depth > MAX_DEPTH {
            return Err(format!("the folders of {path} lie too deep"));
        }
        let missing = |error: git2::Error| format!("the folder `{path}` cannot be read: {}", error.message());
        let tree = self.graph.git().find_tree(id).map_err(missing)?;
        self.trees.push((id, path.to_owned()));
        for entry in &tree {
            let name = String::from_utf8_lossy(entry.name_bytes());
            let path = if path.is_empty() { name.into_owned() } else { format!("{path}/{name}") };
            match entry.kind() {
                Some(ObjectType::Tree) => self.tree(entry.id(), &path, depth + 1)?,
                Some(ObjectType::Blob) if self.seen.insert(entry.id()) => self.blobs.push((entry.id(), path)),
                // A submodule's commit lies in another repository.
                _ => {}
            }
        }
        Ok(())
    }
}
