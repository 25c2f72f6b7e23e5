use std::sync::Arc;

use crate::source::{ContentHash, ObjectId};

/// One edited path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) kind: NodeKind,
    /// `false` once a command may have changed it after the edit.
    pub(super) certain: bool,
}

/// What an edit left at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NodeKind {
    File {
        data: Data,
        executable: bool,
    },
    Link(Box<[u8]>),
    /// `fresh` hides what the tree below has at this path.
    Folder {
        fresh: bool,
    },
    Removed,
}

/// The bytes of an edited file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Data {
    Bytes(Arc<[u8]>),
    /// Moved or copied from a file of the tree below.
    Blob(ObjectId),
    Unknown,
}

impl Node {
    pub(super) fn new(kind: NodeKind) -> Self {
        Self { kind, certain: true }
    }

    /// Kind and flags, for a state's identity.
    pub(super) fn label(&self) -> String {
        let kind = match &self.kind {
            NodeKind::File { executable: true, .. } => "program",
            NodeKind::File { .. } => "file",
            NodeKind::Link(_) => "link",
            NodeKind::Folder { fresh: true } => "fresh folder",
            NodeKind::Folder { fresh: false } => "folder",
            NodeKind::Removed => "removed",
        };
        format!("{kind}{}", if self.certain { "" } else { "?" })
    }

    /// Identity of the content.
    pub(super) fn identity(&self) -> Vec<u8> {
        match &self.kind {
            NodeKind::File { data: Data::Bytes(bytes), .. } => {
                ContentHash::of(bytes).to_string().into_bytes()
            }
            NodeKind::File { data: Data::Blob(id), .. } => id.as_bytes().to_vec(),
            NodeKind::File { data: Data::Unknown, .. } => b"unknown".to_vec(),
            NodeKind::Link(target) => target.to_vec(),
            NodeKind::Folder { .. } | NodeKind::Removed => Vec::new(),
        }
    }
}
