//! Object access of one repository, shared by all threads.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use git2::{ObjectType, Odb};

use super::history::{CommitHead, History};
use super::original::Originals;
use super::refs::{Names, Refs};
use super::tree::{TreeEntry, TreeNode};
use super::{ObjectId, SnapshotError};
use crate::source::Scratch;

/// Largest tree, commit or tag object, and largest blob, that is read, in bytes.
const MAX_TREE: usize = 64 << 20;
const MAX_BLOB: usize = 64 << 20;
/// Largest blob that is copied, in bytes.
const MAX_COPIED: usize = 1 << 30;
/// Longest symlink target that a kernel accepts, in bytes.
const MAX_TARGET: usize = 4096;
/// Folders kept for later commits; the map is emptied when it is full.
const MAX_CACHED: usize = 20_000;
/// Files kept for who asks for them again: the longest, and all together, in bytes; emptied when they are more.
const MAX_KEPT: usize = 256 << 10;
const MAX_KEPT_ALL: usize = 24 << 20;

/// The objects of one repository.
pub(super) struct Objects {
    odb: Odb<'static>,
    /// The repository, for messages.
    pub(super) path: PathBuf,
    trees: Mutex<HashMap<ObjectId, Arc<TreeNode>>>,
    commits: Mutex<HashMap<ObjectId, Option<Arc<CommitHead>>>>,
    blobs: Mutex<Blobs>,
    names: Names,
    refs: OnceLock<Refs>,
    originals: OnceLock<Originals>,
    /// The folder of object files.
    pub(super) folder: PathBuf,
    /// The unpacked bundle, removed with the last user.
    _scratch: Option<Scratch>,
}

impl std::fmt::Debug for Objects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Objects").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Objects {
    /// Opens an object folder (`.git/objects`), with its packs and alternates.
    pub(super) fn open(
        path: &Path,
        objects: &Path,
        names: Names,
        scratch: Option<Scratch>,
    ) -> Result<Self, SnapshotError> {
        let not_one = || SnapshotError::NotARepository { path: path.to_owned() };
        let odb = Odb::new().map_err(|_| not_one())?;
        odb.add_disk_alternate(objects.to_str().ok_or_else(not_one)?).map_err(|_| not_one())?;
        Ok(Self {
            odb,
            path: path.to_owned(),
            trees: Mutex::default(),
            commits: Mutex::default(),
            blobs: Mutex::default(),
            names,
            refs: OnceLock::new(),
            originals: OnceLock::new(),
            folder: objects.to_owned(),
            _scratch: scratch,
        })
    }

    /// Branches and tags.
    pub(super) fn refs(&self) -> &Refs {
        self.refs.get_or_init(|| self.names.read())
    }

    /// Commits that stand for others; only bundles have such.
    pub(super) fn originals(&self) -> &Originals {
        self.originals.get_or_init(|| match &self.names {
            Names::Bundle(_) => Originals::of(self.refs()),
            Names::Repository(_) => Originals::default(),
        })
    }

    /// Parents and time of a commit; `None` when it cannot be read.
    pub(super) fn commit_head(&self, id: ObjectId) -> Option<Arc<CommitHead>> {
        let mut commits = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        let read = || {
            let object = self.read(id, ObjectType::Commit, MAX_TREE).ok()?;
            CommitHead::parse(object.data()).map(Arc::new)
        };
        commits.entry(id).or_insert_with(read).clone()
    }

    /// The bytes of a blob that is to be copied, up to a gigabyte.
    pub(super) fn large_blob(&self, id: ObjectId) -> Option<git2::OdbObject<'_>> {
        self.read(id, ObjectType::Blob, MAX_COPIED).ok()
    }

    fn damaged(&self, id: ObjectId, reason: impl Into<String>) -> SnapshotError {
        SnapshotError::Object { path: self.path.clone(), object: id.to_string(), reason: reason.into() }
    }

    /// Type and size in bytes; `None` if there is no such object.
    pub(super) fn header(&self, id: ObjectId) -> Option<(ObjectType, usize)> {
        self.odb.read_header(id).ok().map(|(size, kind)| (kind, size))
    }

    /// Writes a pack of everything that a commit and its history reach, with its index, into a folder.
    pub(super) fn pack(&self, commit: ObjectId, history: &History, folder: &Path) -> Result<(), git2::Error> {
        // Another handle on the same files: a repository takes its own.
        let odb = Odb::new()?;
        odb.add_disk_alternate(self.folder.to_str().unwrap_or_default())?;
        let repo = git2::Repository::from_odb(odb)?;
        let mut pack = repo.packbuilder()?;
        if history.shallow.is_empty() {
            let mut walk = repo.revwalk()?;
            walk.push(commit)?;
            history.refs.iter().filter_map(|(_, id)| self.peel(*id)).try_for_each(|id| walk.push(id))?;
            pack.insert_walk(&mut walk)?;
        } else {
            // A walk would miss the parents.
            self.reached(commit, history).into_iter().try_for_each(|id| pack.insert_commit(id))?;
        }
        for (_, id) in &history.refs {
            let mut id = *id;
            while self.header(id).is_some_and(|(kind, _)| kind == ObjectType::Tag) {
                pack.insert_object(id, None)?;
                let tag = self.read(id, ObjectType::Tag, MAX_TREE).ok();
                let Some(inner) = tag.and_then(|tag| header_id(tag.data(), b"object ")) else { break };
                id = inner;
            }
        }
        pack.write(folder, 0o444)
    }

    /// The full id of the one object that starts with these digits.
    pub(super) fn by_prefix(&self, digits: &str) -> Option<ObjectId> {
        if digits.len() < 4 || digits.len() > 40 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let short = ObjectId::from_str(digits).ok()?;
        self.odb.exists_prefix(short, digits.len()).ok()
    }

    fn read(&self, id: ObjectId, want: ObjectType, limit: usize) -> Result<git2::OdbObject<'_>, String> {
        let (size, kind) = self.odb.read_header(id).map_err(|error| error.message().to_owned())?;
        if kind != want {
            return Err(format!("is a {kind}, not a {want}"));
        }
        if size > limit {
            return Err(format!("is larger than {limit} bytes"));
        }
        self.odb.read(id).map_err(|error| error.message().to_owned())
    }

    /// The commit that this id names, through annotated tags.
    pub(super) fn peel(&self, mut id: ObjectId) -> Option<ObjectId> {
        for _ in 0..8 {
            match self.header(id)? {
                (ObjectType::Commit, _) => return Some(id),
                (ObjectType::Tag, _) => {
                    let tag = self.read(id, ObjectType::Tag, MAX_TREE).ok()?;
                    id = header_id(tag.data(), b"object ")?;
                }
                _ => return None,
            }
        }
        None
    }

    /// The tree of a commit.
    pub(super) fn tree_of(&self, commit: ObjectId) -> Result<ObjectId, SnapshotError> {
        let object =
            self.read(commit, ObjectType::Commit, MAX_TREE).map_err(|reason| self.damaged(commit, reason))?;
        header_id(object.data(), b"tree ").ok_or_else(|| self.damaged(commit, "is a damaged commit"))
    }

    /// The parsed folder of a tree object.
    pub(super) fn tree(&self, id: ObjectId) -> Result<Arc<TreeNode>, SnapshotError> {
        if let Some(tree) = self.lock().get(&id) {
            return Ok(tree.clone());
        }
        let object = self.read(id, ObjectType::Tree, MAX_TREE).map_err(|reason| self.damaged(id, reason))?;
        let tree = TreeNode::parse(object.data()).ok_or_else(|| self.damaged(id, "is a damaged tree"))?;
        let tree = Arc::new(tree);
        let mut trees = self.lock();
        if trees.len() >= MAX_CACHED {
            trees.clear();
        }
        Ok(trees.entry(id).or_insert(tree).clone())
    }

    /// A tree object as it is written; `None` when it cannot be read.
    pub(super) fn tree_bytes(&self, id: ObjectId) -> Option<Vec<u8>> {
        Some(self.read(id, ObjectType::Tree, MAX_TREE).ok()?.data().to_vec())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<ObjectId, Arc<TreeNode>>> {
        self.trees.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The folder behind an entry; `None` when its object cannot be read.
    pub(super) fn folder<'e>(&self, entry: &'e TreeEntry) -> Option<&'e Arc<TreeNode>> {
        entry.folder.get_or_init(|| self.tree(entry.id).ok()).as_ref()
    }

    /// The target of a symlink; `None` when its object cannot be read or is no possible target.
    pub(super) fn target<'e>(&self, entry: &'e TreeEntry) -> Option<&'e Arc<[u8]>> {
        let load = || {
            let object = self.read(entry.id, ObjectType::Blob, MAX_TARGET).ok()?;
            let target = object.data();
            (!target.is_empty() && memchr::memchr(0, target).is_none()).then(|| target.into())
        };
        entry.target.get_or_init(load).as_ref()
    }

    /// The bytes of a blob; `None` when it is missing, damaged or larger than is read.
    pub(super) fn blob(&self, id: ObjectId) -> Option<Arc<[u8]>> {
        if let Some(bytes) = self.kept_blob(id) {
            return Some(bytes);
        }
        let bytes: Arc<[u8]> = self.read(id, ObjectType::Blob, MAX_BLOB).ok()?.data().into();
        self.kept().keep(id, &bytes);
        Some(bytes)
    }

    /// The bytes of a blob that was read lately.
    pub(super) fn kept_blob(&self, id: ObjectId) -> Option<Arc<[u8]>> {
        self.kept().by_id.get(&id).cloned()
    }

    /// Size of a blob in bytes; `None` when there is none of this id.
    pub(super) fn blob_size(&self, id: ObjectId) -> Option<usize> {
        if let Some(bytes) = self.kept().by_id.get(&id) {
            return Some(bytes.len());
        }
        self.header(id).filter(|(kind, _)| *kind == ObjectType::Blob).map(|(_, size)| size)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Blobs> {
        self.blobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Files that were read lately: sessions of one repository ask for the same ones.
#[derive(Default)]
struct Blobs {
    by_id: HashMap<ObjectId, Arc<[u8]>>,
    bytes: usize,
}

impl Blobs {
    fn keep(&mut self, id: ObjectId, bytes: &Arc<[u8]>) {
        if bytes.len() > MAX_KEPT {
            return;
        }
        if self.bytes + bytes.len() > MAX_KEPT_ALL {
            *self = Self::default();
        }
        if self.by_id.insert(id, bytes.clone()).is_none() {
            self.bytes += bytes.len();
        }
    }
}

/// The id on the first line of a commit or tag.
fn header_id(data: &[u8], key: &[u8]) -> Option<ObjectId> {
    super::bundle::full_id(data.strip_prefix(key)?.get(..40)?)
}
