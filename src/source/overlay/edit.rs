use std::sync::Arc;

use super::{Data, Node, NodeKind, Overlay, folder_ends, is_at_or_below};
use crate::source::snapshot::{Entry, FileEntry, Files, Found};

/// Why an edit does not fit the tree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The path leads out of the tree.
    #[error("leads out of the repository, to {0}")]
    Leaves(String),
    /// There is no such file or folder.
    #[error("does not exist")]
    Missing,
    /// A folder lies where a file is needed.
    #[error("is a folder")]
    IsFolder,
    /// Something that is no folder lies on the way.
    #[error("lies below something that is not a folder")]
    NotAFolder,
    /// Something lies where the edit would create.
    #[error("exists already")]
    Exists,
    /// The place cannot be known: below a submodule, or too many symlinks.
    #[error("lies where the repository does not reach")]
    Unreachable,
    /// More files than one edit may move.
    #[error("holds too many files")]
    TooMany,
}

/// Most files that one rename or copy of a folder may move.
const MAX_MOVED: usize = 20_000;

impl Overlay {
    /// Writes a file, through symlinks that stay inside, and makes folders that are missing.
    pub fn write(&mut self, path: impl AsRef<[u8]>, bytes: impl Into<Arc<[u8]>>) -> Result<(), EditError> {
        self.put(path.as_ref(), Data::Bytes(bytes.into()))
    }

    /// Notes that a file was written whose bytes cannot be known.
    pub fn write_unknown(&mut self, path: impl AsRef<[u8]>) -> Result<(), EditError> {
        self.put(path.as_ref(), Data::Unknown)
    }

    fn put(&mut self, path: &[u8], data: Data) -> Result<(), EditError> {
        let found = self.lookup(path);
        let executable = match &found.entry {
            Entry::File(file) => file.executable,
            Entry::Missing => false,
            Entry::Folder | Entry::Submodule => return Err(EditError::IsFolder),
            _ => return Err(refusal(&found)),
        };
        self.place(found.path, NodeKind::File { data, executable })
    }

    /// Sets whether a file may be executed.
    pub fn set_executable(&mut self, path: impl AsRef<[u8]>, executable: bool) -> Result<(), EditError> {
        let found = self.lookup(path);
        let Entry::File(file) = &found.entry else { return Err(refusal(&found)) };
        let data = self.data_at(&found.path, file);
        self.place(found.path, NodeKind::File { data, executable })
    }

    /// Makes a folder and those above it; one that is there already stays.
    pub fn mkdir(&mut self, path: impl AsRef<[u8]>) -> Result<(), EditError> {
        let found = self.lookup(path);
        match &found.entry {
            Entry::Folder | Entry::Submodule => Ok(()),
            Entry::Missing => self.place(found.path, NodeKind::Folder { fresh: true }),
            Entry::File(_) => Err(EditError::Exists),
            _ => Err(refusal(&found)),
        }
    }

    /// Makes a symlink where nothing lies yet; its target is not looked at.
    pub fn symlink(&mut self, path: impl AsRef<[u8]>, target: &[u8]) -> Result<(), EditError> {
        let found = self.lookup_link(path);
        match &found.entry {
            Entry::Missing => self.place(found.path, NodeKind::Link(target.into())),
            entry if entry.exists() => Err(EditError::Exists),
            _ => Err(refusal(&found)),
        }
    }

    /// Removes a file, a symlink (not what it points to) or a folder with all below it.
    pub fn remove(&mut self, path: impl AsRef<[u8]>) -> Result<(), EditError> {
        let found = self.lookup_link(path);
        if found.path.is_empty() && found.entry == Entry::Folder {
            return Err(EditError::Exists);
        }
        if !found.entry.exists() {
            return Err(refusal(&found));
        }
        self.nodes.retain(|path, _| !is_at_or_below(path, &found.path));
        self.rewritten.retain(|path| !is_at_or_below(path, &found.path));
        self.nodes.insert(found.path, Node::new(NodeKind::Removed));
        Ok(())
    }

    /// Moves a file, a symlink or a folder; a file or link at `to` is replaced, as `mv -T` does.
    pub fn rename(&mut self, from: impl AsRef<[u8]>, to: impl AsRef<[u8]>) -> Result<(), EditError> {
        let from = from.as_ref();
        self.copy(from, to)?;
        self.remove(from)
    }

    /// Copies a file, a symlink as such or a folder; a file or link at `to` is replaced.
    pub fn copy(&mut self, from: impl AsRef<[u8]>, to: impl AsRef<[u8]>) -> Result<(), EditError> {
        let from = self.lookup_link(from);
        let to = self.lookup_link(to);
        if !from.entry.exists() {
            return Err(refusal(&from));
        }
        match &to.entry {
            Entry::Missing => {}
            Entry::File(_) | Entry::Link { .. } if from.entry != Entry::Folder => {}
            Entry::File(_) | Entry::Link { .. } => return Err(EditError::NotAFolder),
            Entry::Folder | Entry::Submodule => return Err(EditError::IsFolder),
            _ => return Err(refusal(&to)),
        }
        if is_at_or_below(&to.path, &from.path) {
            return Err(EditError::Exists);
        }
        let mut moved = Vec::new();
        self.collect(&from.path, &mut moved)?;
        for (path, kind) in moved {
            self.place([&to.path, &path[from.path.len()..]].concat(), kind)?;
        }
        Ok(())
    }

    /// Notes that a command may have changed what lies at `path` and below it: look-ups there are no longer
    /// certain. The empty path means the whole tree.
    pub fn doubt(&mut self, path: impl AsRef<[u8]>) {
        let found = self.lookup(path);
        if matches!(found.entry, Entry::Leaves { .. }) {
            return;
        }
        for (path, node) in &mut self.nodes {
            node.certain &= !is_at_or_below(path, &found.path);
        }
        if !self.in_doubt(&found.path) {
            self.doubts.retain(|doubt| !is_at_or_below(doubt, &found.path));
            self.doubts.push(found.path);
            self.doubts.sort();
        }
    }

    /// Notes that a command wrote the file at `path`: its bytes are no longer known, not even as they were before. A
    /// folder is only in doubt.
    pub fn rewritten(&mut self, path: impl AsRef<[u8]>) {
        let path = path.as_ref();
        let found = self.lookup(path);
        let file = matches!(found.entry, Entry::File(_) | Entry::Missing);
        self.doubt(path);
        if file && !found.path.is_empty() {
            self.rewritten.insert(found.path);
        }
    }

    /// Puts an edit at a path without links, after making the folders above it.
    fn place(&mut self, path: Vec<u8>, kind: NodeKind) -> Result<(), EditError> {
        let parent = &path[..memchr::memrchr(b'/', &path).unwrap_or(0)];
        let mut missing = Vec::new();
        for end in folder_ends(parent) {
            let found = self.lookup_link(&parent[..end]);
            match found.entry {
                Entry::Folder if found.certain => {}
                Entry::Folder => missing.push((end, false)),
                Entry::Missing => missing.push((end, true)),
                _ => return Err(EditError::NotAFolder),
            }
        }
        for (end, fresh) in missing {
            let kept = self
                .nodes
                .get(&parent[..end])
                .is_some_and(|node| node.kind == NodeKind::Folder { fresh: true });
            let folder = Node::new(NodeKind::Folder { fresh: fresh || kept });
            self.nodes.insert(parent[..end].to_vec(), folder);
        }
        if !matches!(kind, NodeKind::File { data: Data::Unknown, .. }) {
            self.rewritten.remove(&path);
        }
        self.nodes.insert(path, Node::new(kind));
        Ok(())
    }

    /// What lies at a path without links, and below it.
    fn collect(&self, path: &[u8], moved: &mut Vec<(Vec<u8>, NodeKind)>) -> Result<(), EditError> {
        if moved.len() >= MAX_MOVED || memchr::memchr_iter(b'/', path).count() > 256 {
            return Err(EditError::TooMany);
        }
        let found = self.lookup_link(path);
        let kind = match found.entry {
            Entry::File(file) if found.certain => {
                let data = self.data_at(path, &file);
                NodeKind::File { data, executable: file.executable }
            }
            Entry::File(file) => NodeKind::File { data: Data::Unknown, executable: file.executable },
            Entry::Link { target } => NodeKind::Link(target.into()),
            Entry::Folder => NodeKind::Folder { fresh: true },
            Entry::Submodule | Entry::Unknown => return Err(EditError::Unreachable),
            _ => return Ok(()),
        };
        let is_folder = matches!(kind, NodeKind::Folder { .. });
        moved.push((path.to_vec(), kind));
        if is_folder {
            for name in self.names(path) {
                self.collect(&[path, b"/", &name].concat(), moved)?;
            }
        }
        Ok(())
    }

    fn data_at(&self, path: &[u8], file: &FileEntry) -> Data {
        match (self.nodes.get(path), file.blob) {
            (Some(Node { kind: NodeKind::File { data, .. }, certain: true }), _) => data.clone(),
            (None, Some(id)) => Data::Blob(id),
            _ => Data::Unknown,
        }
    }
}

fn refusal(found: &Found) -> EditError {
    match &found.entry {
        Entry::Leaves { target } => EditError::Leaves(String::from_utf8_lossy(target).into_owned()),
        Entry::Missing => EditError::Missing,
        Entry::Folder => EditError::IsFolder,
        Entry::Unknown | Entry::Loop | Entry::Submodule => EditError::Unreachable,
        Entry::File(_) | Entry::Link { .. } => EditError::Exists,
    }
}
