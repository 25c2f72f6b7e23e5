//! The edits of a session, laid over the tree that it started from.

mod change;
mod edit;
mod node;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

pub use change::ChangedFile;
pub use edit::EditError;
use node::{Data, Node, NodeKind};

use super::ContentHash;
use super::snapshot::{
    Child, Content, Entry, FileEntry, Files, Found, Layer, Snapshot, TreeNode, Walked, resolve,
};

/// A tree with edits on top. The tree below never changes; clones share it.
///
/// What a command may have changed is marked with [`Overlay::doubt`]: look-ups there say that they are not certain,
/// until an edit states the content again.
#[derive(Clone, Debug)]
pub struct Overlay {
    base: Snapshot,
    mount: Option<Box<[u8]>>,
    /// Edits by path, without links in any folder of it.
    nodes: BTreeMap<Vec<u8>, Node>,
    /// Paths which, with all below them, may have been changed by commands.
    doubts: Vec<Vec<u8>>,
    /// Files that commands wrote for certain since they were last known.
    rewritten: BTreeSet<Vec<u8>>,
}

/// Folders that a walk enters below each other.
const MAX_DEPTH: usize = 256;

/// A folder of an overlay: the one below, if any.
pub(crate) type BaseFolder = Option<Arc<TreeNode>>;

impl Overlay {
    /// The tree of a snapshot, without edits.
    pub fn new(base: Snapshot) -> Self {
        Self { base, mount: None, nodes: BTreeMap::new(), doubts: Vec::new(), rewritten: BTreeSet::new() }
    }

    /// The same, knowing where the session saw the top of the tree (an absolute path with `/` between names), so
    /// that absolute paths and links into the tree are followed instead of leaving it.
    #[must_use]
    pub fn mounted_at(mut self, top: &str) -> Self {
        let top = top.trim_end_matches('/');
        self.mount = (top.starts_with('/') && top.len() > 1).then(|| top.as_bytes().into());
        self
    }

    /// The tree below.
    pub fn base(&self) -> &Snapshot {
        &self.base
    }

    /// Are there no edits and no doubts?
    pub fn is_untouched(&self) -> bool {
        self.nodes.is_empty() && self.doubts.is_empty()
    }

    /// Are there files that were edited or written by a command, and may have changed since?
    pub fn has_edits_in_doubt(&self) -> bool {
        !self.rewritten.is_empty() || self.nodes.values().any(|node| !node.certain)
    }

    /// Is every file known: has no command changed files in a way that cannot be told?
    pub fn is_certain(&self) -> bool {
        self.doubts.is_empty()
    }

    /// Paths which, with all below them, commands may have changed.
    pub fn doubts(&self) -> impl Iterator<Item = &[u8]> {
        self.doubts.iter().map(Vec::as_slice)
    }

    /// Identity of all files as they are now: equal for equal trees with equal edits.
    pub fn state(&self) -> ContentHash {
        let mut parts: Vec<(String, Vec<u8>)> = vec![("tree".into(), self.base.tree().as_bytes().to_vec())];
        if let Some(masked) = self.base.masked_as() {
            parts.push(("masked".into(), masked.to_string().into_bytes()));
        }
        for (path, node) in &self.nodes {
            parts.push((node.label(), path.clone()));
            parts.push(("content".into(), node.identity()));
        }
        parts.extend(self.doubts.iter().map(|path| ("doubt".into(), path.clone())));
        ContentHash::of_parts(parts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())))
    }

    /// All files, links and submodules as they are now, in the order of their paths; `Err` when there are more than
    /// `limit`, or folders lie too deep.
    pub fn walk(&self, limit: usize) -> Result<Vec<Walked>, String> {
        let mut walked = Vec::new();
        self.walk_folder(&self.top(), &[], 0, limit, &mut walked)?;
        walked.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(walked)
    }

    fn walk_folder(
        &self,
        folder: &BaseFolder,
        path: &[u8],
        depth: usize,
        limit: usize,
        walked: &mut Vec<Walked>,
    ) -> Result<(), String> {
        if depth > MAX_DEPTH {
            return Err("its folders lie too deep".into());
        }
        for name in self.names_in(folder, path) {
            let path = [&prefix_of(path), name.as_slice()].concat();
            let child = self.child(folder, &name, &path);
            match (child.entry, child.folder) {
                (Entry::Folder, Some(inner)) => self.walk_folder(&inner, &path, depth + 1, limit, walked)?,
                _ if walked.len() >= limit => return Err(format!("it has more than {limit} files")),
                (entry, _) => walked.push(Walked { path, entry }),
            }
        }
        Ok(())
    }

    fn in_doubt(&self, path: &[u8]) -> bool {
        self.doubts.iter().any(|doubt| is_at_or_below(path, doubt))
    }

    /// Edits below a folder, in the order of their paths.
    fn nodes_below(&self, folder: &[u8]) -> impl Iterator<Item = (&Vec<u8>, &Node)> {
        let prefix = prefix_of(folder);
        let from = self.nodes.range::<[u8], _>((Bound::Included(prefix.as_slice()), Bound::Unbounded));
        from.take_while(move |(path, _)| path.starts_with(&prefix))
    }

    /// Names in a folder that has this path without links.
    fn names(&self, folder: &[u8]) -> Vec<Vec<u8>> {
        self.names_in(&self.base_folder(folder), folder)
    }

    fn names_in(&self, base: &BaseFolder, folder: &[u8]) -> Vec<Vec<u8>> {
        let skip = prefix_of(folder).len();
        let mut names: Vec<Vec<u8>> = Vec::new();
        if let Some(base) = base {
            names.extend(base.entries().iter().map(|entry| entry.name.to_vec()));
        }
        for (path, node) in self.nodes_below(folder) {
            let name = &path[skip..];
            if memchr::memchr(b'/', name).is_some() {
                continue;
            }
            match (names.binary_search_by(|known| known.as_slice().cmp(name)), &node.kind) {
                (Ok(at), NodeKind::Removed) => drop(names.remove(at)),
                (Err(at), kind) if !matches!(kind, NodeKind::Removed) => names.insert(at, name.to_vec()),
                _ => {}
            }
        }
        names
    }

    /// The folder of the tree below that shows through at this path.
    fn base_folder(&self, path: &[u8]) -> BaseFolder {
        let mut folder = self.top();
        for end in folder_ends(path) {
            let start = memchr::memrchr(b'/', &path[..end]).map_or(0, |slash| slash + 1);
            folder = self.child(&folder, &path[start..end], &path[..end]).folder?;
        }
        folder
    }

    /// The bytes that a file had when they were last known; the path must hold no links.
    pub(crate) fn last_known(&self, path: &[u8]) -> Content {
        match self.nodes.get(path) {
            Some(node) => self.node_bytes(node),
            None => self.base.read(path),
        }
    }

    /// The bytes of a file in doubt as they were last known; not known for one that a command wrote for certain.
    pub fn last_told(&self, path: impl AsRef<[u8]>) -> Content {
        let found = self.lookup(path);
        match found.entry {
            Entry::File(_) if !self.rewritten.contains(&found.path) => self.last_known(&found.path),
            _ => Content::Unknown,
        }
    }

    fn read_node(&self, node: &Node) -> Content {
        if node.certain { self.node_bytes(node) } else { Content::Unknown }
    }

    fn node_bytes(&self, node: &Node) -> Content {
        match &node.kind {
            NodeKind::File { data: Data::Bytes(bytes), .. } => Content::Known(bytes.clone()),
            NodeKind::File { data: Data::Blob(id), .. } => {
                self.base.blob(*id).map_or(Content::Unknown, Content::Known)
            }
            NodeKind::File { data: Data::Unknown, .. } => Content::Unknown,
            _ => Content::NoFile,
        }
    }
}

impl Layer for Overlay {
    type Folder = BaseFolder;

    fn top(&self) -> BaseFolder {
        Some(self.base.top_folder().clone())
    }

    fn child(&self, folder: &BaseFolder, name: &[u8], path: &[u8]) -> Child<BaseFolder> {
        let below = || match folder {
            Some(folder) => self.base.child_of(folder, name),
            None => (Entry::Missing, None),
        };
        let Some(node) = self.nodes.get(path) else {
            let (entry, folder) = below();
            return Child { entry, folder: folder.map(Some), certain: !self.in_doubt(path) };
        };
        let certain = node.certain;
        match &node.kind {
            NodeKind::Removed => Child { entry: Entry::Missing, folder: None, certain },
            NodeKind::Link(target) => {
                Child { entry: Entry::Link { target: target.to_vec() }, folder: None, certain }
            }
            NodeKind::Folder { fresh } => {
                let folder = if *fresh { None } else { below().1 };
                Child { entry: Entry::Folder, folder: Some(folder), certain }
            }
            NodeKind::File { executable, data } => {
                let blob = if let Data::Blob(id) = data { Some(*id) } else { None };
                let entry = Entry::File(FileEntry { executable: *executable, blob });
                Child { entry, folder: None, certain }
            }
        }
    }

    fn mount(&self) -> Option<&[u8]> {
        self.mount.as_deref()
    }
}

impl Files for Overlay {
    fn lookup(&self, path: impl AsRef<[u8]>) -> Found {
        resolve(self, path.as_ref(), true)
    }

    fn lookup_link(&self, path: impl AsRef<[u8]>) -> Found {
        resolve(self, path.as_ref(), false)
    }

    fn read(&self, path: impl AsRef<[u8]>) -> Content {
        let found = self.lookup(path);
        if !found.certain {
            return Content::Unknown;
        }
        match (&found.entry, self.nodes.get(&found.path)) {
            (Entry::File(_), Some(node)) => self.read_node(node),
            (Entry::File(FileEntry { blob: Some(id), .. }), None) => {
                self.base.blob(*id).map_or(Content::Unknown, Content::Known)
            }
            (Entry::Unknown, _) => Content::Unknown,
            _ => Content::NoFile,
        }
    }

    fn list(&self, path: impl AsRef<[u8]>) -> Option<Vec<Vec<u8>>> {
        let found = self.lookup(path);
        (found.entry == Entry::Folder).then(|| self.names(&found.path))
    }
}

/// Is `path` the path `top` or below it? The empty path is the top of the tree.
fn is_at_or_below(path: &[u8], top: &[u8]) -> bool {
    top.is_empty() || path.strip_prefix(top).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// What the paths below a folder start with.
fn prefix_of(folder: &[u8]) -> Vec<u8> {
    if folder.is_empty() { Vec::new() } else { [folder, b"/"].concat() }
}

/// Where each component of a tidy path ends.
fn folder_ends(path: &[u8]) -> impl Iterator<Item = usize> {
    let slashes = memchr::memchr_iter(b'/', path);
    slashes.chain((!path.is_empty()).then_some(path.len()))
}

#[cfg(test)]
mod tests;
