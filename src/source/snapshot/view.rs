use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::masked::Unmask;
use super::objects::Objects;
use super::resolve::{Child, Layer, resolve};
use super::tree::{Kind, TreeEntry, TreeNode, raw_entries};
use super::{Content, Entry, FileEntry, Found, Glob, GlobMatches, MaskedBlobs, ObjectId, SnapshotError};
use crate::source::ContentHash;

/// Folders that a walk enters below each other.
const MAX_DEPTH: usize = 256;

/// Files and folders of a task at one moment: those of its commit, or with the session's edits on top.
///
/// Paths are bytes, relative to the top, with `/` between names. Look-ups follow symlinks in every component, as a
/// kernel does, and answer [`Entry::Leaves`] when one leads out of the tree.
pub trait Files {
    /// What lies at `path`, following the last component too.
    fn lookup(&self, path: impl AsRef<[u8]>) -> Found;

    /// What lies at `path`, with a symlink at its end not followed: what `rm`, `mv` and `ln` act on.
    fn lookup_link(&self, path: impl AsRef<[u8]>) -> Found;

    /// The bytes of the file at `path`.
    fn read(&self, path: impl AsRef<[u8]>) -> Content;

    /// Names in the folder at `path`, sorted by bytes; `None` if there is no such folder.
    fn list(&self, path: impl AsRef<[u8]>) -> Option<Vec<Vec<u8>>>;

    /// Paths that a shell would give for a pattern; no more than `limit`.
    fn glob(&self, pattern: &Glob, limit: usize) -> GlobMatches
    where
        Self: Sized,
    {
        pattern.expand(self, limit)
    }
}

/// The tree of one commit. Cheap to clone and to share.
#[derive(Clone, Debug)]
pub struct Snapshot {
    objects: Arc<Objects>,
    commit: ObjectId,
    tree: ObjectId,
    top: Arc<TreeNode>,
    masked: Option<Arc<Masked>>,
}

/// What is masked in the files of a snapshot.
#[derive(Debug)]
struct Masked {
    blobs: Arc<MaskedBlobs>,
    hash: ContentHash,
    unmask: OnceLock<Option<Unmask>>,
    /// Folders with masked names, by their trees.
    folders: Mutex<HashMap<ObjectId, Arc<TreeNode>>>,
}

/// One file, link or submodule that [`Snapshot::walk`] meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walked {
    /// Path from the top.
    pub path: Vec<u8>,
    /// What it is; folders are not told.
    pub entry: Entry,
}

impl Snapshot {
    pub(super) fn new(objects: Arc<Objects>, commit: ObjectId, tree: ObjectId, top: Arc<TreeNode>) -> Self {
        Self { objects, commit, tree, top, masked: None }
    }

    /// The same tree, with its files as a masked recording has them.
    #[must_use]
    pub fn masked(self, masked: Option<Arc<MaskedBlobs>>) -> Self {
        let masked = masked.filter(|masked| !masked.is_empty());
        let masked = masked.map(|blobs| {
            let hash = blobs.hash();
            Arc::new(Masked { blobs, hash, unmask: OnceLock::new(), folders: Mutex::default() })
        });
        let mut this = Self { masked, ..self };
        if let Some(top) = this.masked_folder(this.tree) {
            this.top = top;
        }
        this
    }

    /// The folder of a tree in which names are masked, without entries where it cannot be read; `None` for all others.
    fn masked_folder(&self, tree: ObjectId) -> Option<Arc<TreeNode>> {
        let masked = self.masked.as_ref().filter(|masked| masked.blobs.holds_tree(tree))?;
        let mut folders = masked.folders.lock().unwrap_or_else(PoisonError::into_inner);
        let read = || TreeNode::parse(&masked.blobs.apply_tree(tree, &self.objects.tree_bytes(tree)?)?);
        Some(folders.entry(tree).or_insert_with(|| Arc::new(read().unwrap_or_default())).clone())
    }

    /// A path of this tree, or of another one of its repository, as the recording has it.
    pub(crate) fn mask_path(&self, tree: ObjectId, path: &[u8]) -> Vec<u8> {
        let mut shown = Vec::with_capacity(path.len());
        let mut tree = Some(tree);
        for name in path.split(|byte| *byte == b'/') {
            let node = tree.and_then(|tree| self.objects.tree(tree).ok());
            let masked = tree.and_then(|tree| self.masked_name(tree, name));
            if !shown.is_empty() {
                shown.push(b'/');
            }
            shown.extend_from_slice(masked.as_deref().unwrap_or(name));
            let entry = node.as_ref().and_then(|node| node.get(name));
            tree = entry.filter(|entry| entry.kind == Kind::Folder).map(|entry| entry.id);
        }
        shown
    }

    /// What stands for a name in a folder, where that is another one.
    fn masked_name(&self, tree: ObjectId, name: &[u8]) -> Option<Vec<u8>> {
        let masked = self.masked.as_ref().filter(|masked| masked.blobs.holds_tree(tree))?;
        let bytes = self.objects.tree_bytes(tree)?;
        let other = masked.blobs.apply_tree(tree, &bytes)?;
        let mut both = raw_entries(&bytes).zip(raw_entries(&other));
        both.find(|((_, old, _), _)| *old == name).map(|(_, (_, new, _))| new.to_vec())
    }

    /// A file of its repository as the recording has it.
    pub(crate) fn mask(&self, blob: ObjectId, bytes: Arc<[u8]>) -> Arc<[u8]> {
        match &self.masked {
            Some(masked) => masked.blobs.shared(blob, bytes),
            None => bytes,
        }
    }

    /// A text with what its files hold in place of what is masked, for counting words. Equal texts stay equal.
    pub(crate) fn unmask(&self, bytes: &Arc<[u8]>) -> Arc<[u8]> {
        let unmask = self.masked.as_ref().and_then(|masked| {
            masked.unmask.get_or_init(|| Unmask::of(&masked.blobs, |id| self.objects.blob(id))).as_ref()
        });
        unmask.map_or_else(|| bytes.clone(), |unmask| unmask.apply(bytes).into())
    }

    /// Identity of what is masked in its files, if anything is.
    pub fn masked_as(&self) -> Option<ContentHash> {
        self.masked.as_ref().map(|masked| masked.hash)
    }

    /// The commit, as its repository holds it.
    pub fn commit(&self) -> ObjectId {
        self.commit
    }

    /// The id that people know a commit of its repository by: in a bundle, others may stand for theirs.
    pub fn original(&self, commit: ObjectId) -> ObjectId {
        self.objects.originals().original(commit)
    }

    /// The commit of a full or short id that people know it by, as the repository holds it.
    pub fn stored(&self, id: &str) -> Option<ObjectId> {
        let originals = self.objects.originals();
        let found = originals.by_prefix(id).or_else(|| match super::bundle::full_id(id.as_bytes()) {
            Some(id) => Some(id),
            None => self.objects.by_prefix(id),
        })?;
        matches!(self.objects.header(found), Some((git2::ObjectType::Commit, _))).then_some(found)
    }

    /// The folder of object files that holds it and its history, in git's own layout. It lives as long as the snapshot.
    pub fn objects(&self) -> &std::path::Path {
        &self.objects.folder
    }

    /// The commits that the branches and tags of its repository stand for; sorted.
    pub fn tips(&self) -> Vec<ObjectId> {
        let tips = self.objects.refs().ids().filter_map(|id| self.objects.peel(id));
        let tips: std::collections::BTreeSet<ObjectId> = tips.collect();
        tips.into_iter().collect()
    }

    /// What led to the commit.
    pub fn history(&self) -> super::History {
        super::History::of(&self.objects, self.commit)
    }

    /// Writes a pack of all that a history holds, with its index, into a folder.
    pub(crate) fn pack(&self, history: &super::History, folder: &std::path::Path) -> Result<(), git2::Error> {
        self.objects.pack(self.commit, history, folder)
    }

    /// The bytes of a file that is to be copied, up to a gigabyte, with an id for them.
    pub(crate) fn large_blob(&self, id: ObjectId) -> Option<(ObjectId, Cow<'_, [u8]>)> {
        let blob = self.objects.large_blob(id)?;
        match self.masked.as_ref().and_then(|masked| masked.blobs.apply(id, blob.data())) {
            Some(bytes) => {
                Some((ObjectId::hash_object(git2::ObjectType::Blob, &bytes).ok()?, Cow::Owned(bytes)))
            }
            None => Some((id, Cow::Owned(blob.data().to_vec()))),
        }
    }

    /// The id of a file's bytes as the recording has them.
    pub(crate) fn id_of_content(&self, id: ObjectId) -> ObjectId {
        let is_masked = self.masked.as_ref().is_some_and(|masked| masked.blobs.holds(id));
        if is_masked { self.large_blob(id).map_or(id, |(id, _)| id) } else { id }
    }

    /// The target of a link of this tree.
    pub(crate) fn target_of<'e>(&self, entry: &'e TreeEntry) -> Option<&'e Arc<[u8]>> {
        self.objects.target(entry)
    }

    /// The folder behind an entry of this tree.
    pub(crate) fn inner_folder(&self, entry: &TreeEntry) -> Option<Arc<TreeNode>> {
        self.folder_of(entry)
    }

    /// The id of its tree: equal trees hold equal files.
    pub fn tree(&self) -> ObjectId {
        self.tree
    }

    /// The bytes of a blob; `None` when it is not in the repository or larger than is read (64 MiB).
    pub fn blob(&self, id: ObjectId) -> Option<Arc<[u8]>> {
        self.objects.blob(id).map(|bytes| self.mask(id, bytes))
    }

    /// Size of a blob in bytes.
    pub fn blob_size(&self, id: ObjectId) -> Option<usize> {
        self.objects.header(id).map(|(_, size)| size)
    }

    /// All files, links and submodules in the order of their paths; `Err` when there are more than `limit`, or a
    /// folder cannot be read or lies too deep.
    pub fn walk(&self, limit: usize) -> Result<Vec<Walked>, SnapshotError> {
        let mut walked = Vec::new();
        self.walk_folder(&self.top, &mut Vec::new(), 0, limit, &mut walked)?;
        Ok(walked)
    }

    fn walk_folder(
        &self,
        folder: &TreeNode,
        path: &mut Vec<u8>,
        depth: usize,
        limit: usize,
        walked: &mut Vec<Walked>,
    ) -> Result<(), SnapshotError> {
        let too = |what: &str, id: ObjectId| SnapshotError::Object {
            path: self.objects.path.clone(),
            object: id.to_string(),
            reason: what.to_owned(),
        };
        for entry in folder.entries() {
            let parent = path.len();
            if parent > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(&entry.name);
            if entry.kind == Kind::Folder {
                if depth == MAX_DEPTH {
                    return Err(too("its folders lie too deep", entry.id));
                }
                let inner = match self.masked_folder(entry.id) {
                    Some(masked) => masked,
                    None => self.objects.tree(entry.id)?,
                };
                self.walk_folder(&inner, path, depth + 1, limit, walked)?;
            } else if walked.len() == limit {
                return Err(too("the tree has too many files", self.tree));
            } else {
                walked.push(Walked { path: path.clone(), entry: self.entry(entry) });
            }
            path.truncate(parent);
        }
        Ok(())
    }

    fn entry(&self, entry: &TreeEntry) -> Entry {
        match entry.kind {
            Kind::File => Entry::File(FileEntry { executable: false, blob: Some(entry.id) }),
            Kind::Executable => Entry::File(FileEntry { executable: true, blob: Some(entry.id) }),
            Kind::Folder => Entry::Folder,
            Kind::Submodule => Entry::Submodule,
            Kind::Link => match self.objects.target(entry) {
                Some(target) => Entry::Link { target: target.to_vec() },
                None => Entry::Unknown,
            },
        }
    }

    /// The folder at a path without links; `None` if there is none.
    pub(crate) fn folder_at(&self, path: &[u8]) -> Option<Arc<TreeNode>> {
        let mut folder = self.top.clone();
        for name in path.split(|byte| *byte == b'/').filter(|name| !name.is_empty()) {
            folder = self.folder_of(folder.get(name)?)?;
        }
        Some(folder)
    }

    fn folder_of(&self, entry: &TreeEntry) -> Option<Arc<TreeNode>> {
        if entry.kind != Kind::Folder {
            return None;
        }
        self.masked_folder(entry.id).or_else(|| self.objects.folder(entry).cloned())
    }

    /// The top folder.
    pub(crate) fn top_folder(&self) -> &Arc<TreeNode> {
        &self.top
    }

    /// The entry `name` of a folder of this tree, with the folder behind it.
    pub(crate) fn child_of(&self, folder: &TreeNode, name: &[u8]) -> (Entry, Option<Arc<TreeNode>>) {
        match folder.get(name) {
            None => (Entry::Missing, None),
            Some(entry) => (self.entry(entry), self.folder_of(entry)),
        }
    }
}

impl Layer for Snapshot {
    type Folder = Arc<TreeNode>;

    fn top(&self) -> Self::Folder {
        self.top.clone()
    }

    fn child(&self, folder: &Self::Folder, name: &[u8], _path: &[u8]) -> Child<Self::Folder> {
        let (entry, folder) = self.child_of(folder, name);
        Child { entry, folder, certain: true }
    }
}

impl Files for Snapshot {
    fn lookup(&self, path: impl AsRef<[u8]>) -> Found {
        resolve(self, path.as_ref(), true)
    }

    fn lookup_link(&self, path: impl AsRef<[u8]>) -> Found {
        resolve(self, path.as_ref(), false)
    }

    fn read(&self, path: impl AsRef<[u8]>) -> Content {
        match self.lookup(path).entry {
            Entry::File(FileEntry { blob: Some(id), .. }) => {
                self.blob(id).map_or(Content::Unknown, Content::Known)
            }
            Entry::Unknown => Content::Unknown,
            _ => Content::NoFile,
        }
    }

    fn list(&self, path: impl AsRef<[u8]>) -> Option<Vec<Vec<u8>>> {
        let found = self.lookup(path);
        if found.entry != Entry::Folder {
            return None;
        }
        let folder = self.folder_at(&found.path)?;
        Some(folder.entries().iter().map(|entry| entry.name.to_vec()).collect())
    }
}
