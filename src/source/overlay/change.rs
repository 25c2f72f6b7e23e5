use super::{Node, NodeKind, Overlay};
use crate::source::snapshot::{Content, Entry, Files};

/// One file that differs from the tree below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedFile {
    /// Its path.
    pub path: Vec<u8>,
    /// Its bytes in the tree below; for a symlink its target.
    pub before: Content,
    /// Its bytes now; for a symlink its target.
    pub after: Content,
}

/// Most files that the removal of folders adds to the changes.
const MAX_REMOVED: usize = 100_000;

impl Overlay {
    /// The session's patch: every file that was added, changed or removed by an edit, in the order of paths.
    ///
    /// What commands may have changed beside the edits is told by [`Overlay::doubts`].
    pub fn diff(&self) -> Vec<ChangedFile> {
        self.changes(|_, node| self.certain(node))
    }

    /// The session's patch as far as it was ever known: a file that commands may have changed after an edit is told as
    /// the edit left it, and one that a command wrote for certain as not known.
    pub fn last_known_diff(&self) -> Vec<ChangedFile> {
        let mut changed = self.changes(|path, node| match &node.kind {
            _ if self.rewritten.contains(path) => Content::Unknown,
            NodeKind::Link(target) => Content::Known(target.to_vec().into()),
            _ => self.node_bytes(node),
        });
        for path in self.rewritten.iter().filter(|path| !self.nodes.contains_key(*path)) {
            let before = link_content(&self.base, path);
            changed.push(ChangedFile { path: path.clone(), before, after: Content::Unknown });
        }
        changed.sort_by(|a, b| a.path.cmp(&b.path));
        changed
    }

    fn changes(&self, after: impl Fn(&[u8], &Node) -> Content) -> Vec<ChangedFile> {
        let mut changed = Vec::new();
        for (path, node) in &self.nodes {
            match &node.kind {
                NodeKind::Removed | NodeKind::Folder { fresh: true } => self.removed(path, &mut changed),
                NodeKind::Folder { fresh: false } => {}
                NodeKind::File { .. } | NodeKind::Link(_) => {
                    if self.base.lookup_link(path).entry == Entry::Folder {
                        self.removed(path, &mut changed);
                    }
                    let after = self.nodes.get(path).map_or(Content::NoFile, |node| after(path, node));
                    self.push(path, after, &mut changed);
                }
            }
        }
        changed.sort_by(|a, b| a.path.cmp(&b.path));
        changed.dedup_by(|a, b| a.path == b.path);
        changed
    }

    fn certain(&self, node: &Node) -> Content {
        match &node.kind {
            _ if !node.certain => Content::Unknown,
            NodeKind::Link(target) => Content::Known(target.to_vec().into()),
            _ => self.read_node(node),
        }
    }

    fn push(&self, path: &[u8], after: Content, changed: &mut Vec<ChangedFile>) {
        let before = link_content(&self.base, path);
        if before != after || after == Content::Unknown {
            changed.push(ChangedFile { path: path.to_vec(), before, after });
        }
    }

    /// Files of the tree below, at or under `path`, that are not there any more.
    fn removed(&self, path: &[u8], changed: &mut Vec<ChangedFile>) {
        let mut open = vec![path.to_vec()];
        while let Some(path) = open.pop() {
            let was = self.base.lookup_link(&path);
            // A path that is reached through a link now was another one then.
            if was.path != path || changed.len() >= MAX_REMOVED {
                continue;
            }
            if was.entry == Entry::Folder {
                let names = self.base.list(&path).unwrap_or_default();
                open.extend(names.iter().map(|name| [&path, &b"/"[..], name].concat()));
            } else if was.entry.exists() && !self.lookup_link(&path).entry.exists() {
                self.push_removed(path, changed);
            }
        }
    }

    fn push_removed(&self, path: Vec<u8>, changed: &mut Vec<ChangedFile>) {
        let before = link_content(&self.base, &path);
        changed.push(ChangedFile { path, before, after: Content::NoFile });
    }
}

/// The content of a path as git sees it: a link's is its target.
fn link_content(files: &impl Files, path: &[u8]) -> Content {
    let found = files.lookup_link(path);
    if found.path != path {
        return Content::NoFile;
    }
    match found.entry {
        Entry::Link { target } => Content::Known(target.into()),
        Entry::File(_) => files.read(path),
        Entry::Unknown => Content::Unknown,
        _ => Content::NoFile,
    }
}
