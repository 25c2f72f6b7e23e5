use std::borrow::Cow;
use std::sync::Arc;

use super::ObjectId;

/// What a look-up found, after every symlink on the way was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The path without links, `.` and `..`, relative to the root; for a missing entry the path it would have.
    pub path: Vec<u8>,
    /// What lies there.
    pub entry: Entry,
    /// At least one symlink was followed.
    pub through_link: bool,
    /// `false` where a command of the session may have changed what lies there.
    pub certain: bool,
}

impl Found {
    /// The resolved path for messages; bytes that are not UTF-8 are replaced.
    pub fn display(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.path)
    }
}

/// One entry of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A file.
    File(FileEntry),
    /// A folder.
    Folder,
    /// A symlink; only look-ups that do not follow the last link answer this.
    Link {
        /// The target as stored.
        target: Vec<u8>,
    },
    /// A submodule: a folder whose content is not in this repository.
    Submodule,
    /// Nothing, or a path below a file.
    Missing,
    /// A symlink or `..` leads out of the tree.
    Leaves {
        /// Where to: an absolute path, or one that starts with `..` relative to the root.
        target: Vec<u8>,
    },
    /// More symlinks than a kernel follows.
    Loop,
    /// The content is not available: below a submodule, or an object that the repository lacks.
    Unknown,
}

impl Entry {
    /// Is there something: a file, folder, link or submodule.
    pub fn exists(&self) -> bool {
        matches!(self, Self::File(_) | Self::Folder | Self::Link { .. } | Self::Submodule)
    }
}

/// A file of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// May be executed.
    pub executable: bool,
    /// The blob that holds the content; `None` for a file that the session wrote.
    pub blob: Option<ObjectId>,
}

/// The bytes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The bytes.
    Known(Arc<[u8]>),
    /// There is a file, but its bytes cannot be known: a command may have changed it, the object is not in the
    /// repository, or it is larger than is read.
    Unknown,
    /// No file lies there.
    NoFile,
}

impl Content {
    /// The bytes, where they are known.
    pub fn known(self) -> Option<Arc<[u8]>> {
        match self {
            Self::Known(bytes) => Some(bytes),
            Self::Unknown | Self::NoFile => None,
        }
    }
}
