//! Lays out the files of a commit over what is there.

use std::collections::HashMap;
use std::io::{self, BufRead as _, Write as _};

use crate::source::folder::{Folder, Stamp, finish};
use crate::source::snapshot::{Kind, ObjectId, Snapshot, TreeEntry, TreeNode};

/// Folders that may lie in each other: each is kept open meanwhile.
const MAX_DEPTH: usize = 128;
/// Most files, and most bytes of them.
const MAX_FILES: usize = 500_000;
const MAX_BYTES: u64 = 8 << 30;
/// Bytes that are compared at a time.
const BUFFER: usize = 64 << 10;

/// One entry of the commit, and where it was put.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) path: Vec<u8>,
    pub(super) kind: Kind,
    pub(super) id: ObjectId,
    /// `None` when its bytes are not in the repository.
    pub(super) stamp: Option<Stamp>,
}

/// The laying out of one commit.
pub(super) struct Laying<'l> {
    snapshot: &'l Snapshot,
    /// When files are said to have been changed, in seconds since 1970.
    pub(super) time: i64,
    user: Option<u32>,
    before: HashMap<Vec<u8>, (ObjectId, Stamp)>,
    settled: (i64, u32),
    pub(super) laid: HashMap<Vec<u8>, (ObjectId, Stamp)>,
    pub(super) placed: Vec<Placed>,
    bytes: u64,
}

impl<'l> Laying<'l> {
    pub(super) fn new(
        snapshot: &'l Snapshot,
        time: i64,
        user: Option<u32>,
        before: HashMap<Vec<u8>, (ObjectId, Stamp)>,
        settled: (i64, u32),
    ) -> Self {
        let (laid, placed) = (HashMap::new(), Vec::new());
        Self { snapshot, time, user, before, settled, laid, placed, bytes: 0 }
    }

    /// All files of the commit; what else lies there goes, but for `.git` at the top.
    pub(super) fn files(&mut self, folder: &Folder) -> io::Result<()> {
        let top = self.snapshot.top_folder().clone();
        self.folder(folder, &top, &mut Vec::new(), 0)
    }

    fn folder(
        &mut self,
        folder: &Folder,
        tree: &TreeNode,
        path: &mut Vec<u8>,
        depth: usize,
    ) -> io::Result<()> {
        if depth == MAX_DEPTH {
            return Err(io::Error::other("its folders lie too deep"));
        }
        self.own(folder)?;
        for name in folder.names()? {
            let git = depth == 0 && name == b".git";
            if !git && tree.get(&name).is_none() {
                folder.remove(&name)?;
            }
        }
        for entry in tree.entries() {
            let parent = path.len();
            if parent > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(&entry.name);
            if entry.kind == Kind::Folder {
                let inner = inner_folder(folder, &entry.name)?;
                if let Some(tree) = self.snapshot.inner_folder(entry) {
                    self.folder(&inner, &tree, path, depth + 1)?;
                }
            } else {
                let stamp = self.entry(folder, entry, path)?;
                let path = path.clone();
                self.placed.push(Placed { path, kind: entry.kind, id: entry.id, stamp });
                if self.placed.len() > MAX_FILES || self.bytes > MAX_BYTES {
                    return Err(io::Error::other("its files are too many or too large"));
                }
            }
            path.truncate(parent);
        }
        Ok(())
    }

    fn entry(&mut self, folder: &Folder, entry: &TreeEntry, path: &mut Vec<u8>) -> io::Result<Option<Stamp>> {
        match entry.kind {
            Kind::Submodule => {
                let inner = inner_folder(folder, &entry.name)?;
                self.folder(&inner, &TreeNode::default(), path, 1)?;
                inner.own_stamp().map(Some)
            }
            Kind::Link => self.link(folder, entry),
            _ => self.file(folder, entry, path),
        }
    }

    /// Gives a folder its permissions and its owner.
    pub(super) fn own(&self, folder: &Folder) -> io::Result<()> {
        let stamp = folder.own_stamp()?;
        if stamp.mode & 0o7777 != 0o755 {
            folder.set_mode(0o755)?;
        }
        match self.user {
            Some(user) if stamp.user != user => folder.give(user),
            _ => Ok(()),
        }
    }

    fn link(&mut self, folder: &Folder, entry: &TreeEntry) -> io::Result<Option<Stamp>> {
        let there = folder.stamp(&entry.name)?;
        let target = self.snapshot.target_of(entry);
        if let (Some(stamp), Some(target)) = (there, target)
            && stamp.is_link()
            && self.user.is_none_or(|user| stamp.user == user)
            && folder.read_link(&entry.name)? == **target
        {
            return Ok(there);
        }
        if there.is_some() {
            folder.remove(&entry.name)?;
        }
        let Some(target) = target else { return Ok(None) };
        folder.link(&entry.name, target, self.time)?;
        if let Some(user) = self.user {
            folder.give_name(&entry.name, user)?;
        }
        folder.stamp(&entry.name)
    }

    fn file(&mut self, folder: &Folder, entry: &TreeEntry, path: &[u8]) -> io::Result<Option<Stamp>> {
        let mode = if entry.kind == Kind::Executable { 0o755 } else { 0o644 };
        let snapshot = self.snapshot;
        let source = || Ok(snapshot.large_blob(entry.id).map(|(_, bytes)| io::Cursor::new(bytes)));
        let id = snapshot.id_of_content(entry.id);
        if let Some(stamp) = self.unchanged(folder, &entry.name, path, (id, mode), source)? {
            return Ok(Some(stamp));
        }
        let Some((id, bytes)) = snapshot.large_blob(entry.id) else { return Ok(None) };
        self.bytes += bytes.len() as u64;
        let stamp = self.write(folder, &entry.name, mode, Some(self.time), |file| file.write_all(&bytes))?;
        self.laid.insert(path.to_owned(), (id, stamp));
        Ok(Some(stamp))
    }

    /// Is what an earlier call laid out still the same? If not, it is removed.
    pub(super) fn unchanged<S: io::Read>(
        &mut self,
        folder: &Folder,
        name: &[u8],
        path: &[u8],
        (id, mode): (ObjectId, u32),
        source: impl FnOnce() -> io::Result<Option<S>>,
    ) -> io::Result<Option<Stamp>> {
        let Some(there) = folder.stamp(name)? else { return Ok(None) };
        let mut same = self.before.get(path) == Some(&(id, there)) && there.mode & 0o7777 == mode;
        // What was changed about when it was laid out could have been changed again in the same moment.
        if same && there.ctime >= self.settled {
            same = source()?.map_or(Ok(false), |source| equal(source, folder.file(name)?))?;
        }
        if same {
            self.laid.insert(path.to_owned(), (id, there));
            return Ok(Some(there));
        }
        folder.remove(name)?;
        Ok(None)
    }

    /// A file of ours with these bytes.
    pub(super) fn known(&mut self, folder: &Folder, name: &[u8], path: &str, bytes: &[u8]) -> io::Result<()> {
        let id = ObjectId::hash_object(git2::ObjectType::Blob, bytes).map_err(io::Error::other)?;
        if self.unchanged(folder, name, path.as_bytes(), (id, 0o644), || Ok(Some(bytes)))?.is_some() {
            return Ok(());
        }
        // Git takes files that are as old as its index for changed ones, until it has read them.
        let stamp = self.write(folder, name, 0o644, None, |file| file.write_all(bytes))?;
        self.laid.insert(path.as_bytes().to_owned(), (id, stamp));
        Ok(())
    }

    /// Writes a new file, changed at this time, or now.
    pub(super) fn write(
        &self,
        folder: &Folder,
        name: &[u8],
        mode: u32,
        time: Option<i64>,
        fill: impl FnOnce(&mut std::fs::File) -> io::Result<()>,
    ) -> io::Result<Stamp> {
        let mut file = folder.create(name)?;
        fill(&mut file)?;
        finish(&file, mode, time, self.user)
    }
}

/// A folder of this name, whatever was there.
pub(super) fn inner_folder(folder: &Folder, name: &[u8]) -> io::Result<Folder> {
    if let Ok(inner) = folder.folder(name) {
        return Ok(inner);
    }
    folder.remove(name)?;
    folder.make_folder(name, 0o755)
}

/// Do both give the same bytes?
fn equal(one: impl io::Read, other: impl io::Read) -> io::Result<bool> {
    let mut one = io::BufReader::with_capacity(BUFFER, one);
    let mut other = io::BufReader::with_capacity(BUFFER, other);
    loop {
        let (a, b) = (one.fill_buf()?, other.fill_buf()?);
        let length = a.len().min(b.len());
        if a[..length] != b[..length] || a.is_empty() != b.is_empty() {
            return Ok(false);
        }
        if length == 0 {
            return Ok(true);
        }
        one.consume(length);
        other.consume(length);
    }
}
