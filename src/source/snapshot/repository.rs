use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::bundle::{self, Header, full_id};
use super::location::Location;
use super::objects::Objects;
use super::refs::{Names, Refs};
use super::tree::raw_entries;
use super::{ObjectId, Snapshot, SnapshotError, pack};
use crate::source::Scratch;

/// Largest bundle header that is read, in bytes.
const MAX_HEADER: u64 = 32 << 20;

/// All repositories of a run, each opened once and shared by threads.
#[derive(Debug, Default)]
pub struct Repositories {
    open: Mutex<HashMap<PathBuf, Slot>>,
}

type Slot = Arc<OnceLock<Result<Arc<Repository>, Arc<SnapshotError>>>>;

impl Repositories {
    /// The repository or bundle at `path`. A path that failed once fails again with the same error.
    pub fn open(&self, path: &Path) -> Result<Arc<Repository>, Arc<SnapshotError>> {
        let slot = {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            open.entry(path.to_owned()).or_default().clone()
        };
        // Outside the lock: unpacking one large bundle must not hold up the others.
        slot.get_or_init(|| Repository::open(path).map(Arc::new).map_err(Arc::new)).clone()
    }
}

/// A git bundle, a bare or a normal repository, opened to read only.
///
/// Its configuration is not obeyed and its owner does not matter: object files are read directly.
#[derive(Debug)]
pub struct Repository {
    objects: Arc<Objects>,
}

impl Repository {
    /// Opens the repository or bundle at `path`. The pack of a bundle is unpacked into a temporary folder, which
    /// goes away with the last [`Snapshot`] of it.
    pub fn open(path: &Path) -> Result<Self, SnapshotError> {
        let io = |source| SnapshotError::Io { path: path.to_owned(), source };
        if std::fs::metadata(path).map_err(io)?.is_dir() {
            let location = Location::find(path)?;
            let folder = location.objects();
            let objects = Objects::open(path, &folder, Names::Repository(location), None)?;
            return Ok(Self { objects: Arc::new(objects) });
        }
        let mut file = File::open(path).map_err(io)?;
        let mut start = Vec::new();
        file.by_ref().take(16).read_to_end(&mut start).map_err(io)?;
        if !bundle::is_bundle(&start) && !start.starts_with(b"# v") {
            return Err(SnapshotError::NotARepository { path: path.to_owned() });
        }
        file.rewind().map_err(io)?;
        let header = Self::header(path, &file)?;
        file.seek(SeekFrom::Start(header.pack_at as u64)).map_err(io)?;
        let scratch = Scratch::new().map_err(io)?;
        let bad = |reason| SnapshotError::Bundle { path: path.to_owned(), reason };
        pack::unpack(file, scratch.path()).map_err(bad)?;
        let folder = scratch.path().to_owned();
        let objects = Objects::open(path, &folder, Names::Bundle(header), Some(scratch))?;
        Ok(Self { objects: Arc::new(objects) })
    }

    fn header(path: &Path, file: &File) -> Result<Header, SnapshotError> {
        let io = |source| SnapshotError::Io { path: path.to_owned(), source };
        let bad = |reason| SnapshotError::Bundle { path: path.to_owned(), reason };
        // Headers are short as a rule; a long one is read in growing steps.
        let mut bytes = Vec::new();
        let mut step = 64 << 10;
        let header = loop {
            let read = file.take(step).read_to_end(&mut bytes).map_err(io)?;
            match Header::parse(&bytes) {
                Err(_) if read as u64 == step && (bytes.len() as u64) < MAX_HEADER => step *= 2,
                parsed => break parsed.map_err(bad)?,
            }
        };
        match &header.object_format {
            Some(format) if format != "sha1" => {
                return Err(SnapshotError::ObjectFormat { path: path.to_owned(), format: format.clone() });
            }
            _ => {}
        }
        if let Some(first) = header.prerequisites.first() {
            return Err(bad(format!(
                "needs {} that {} not in it ({first}); make it again with `git bundle create <file> --all`",
                if header.prerequisites.len() == 1 { "a commit" } else { "commits" },
                if header.prerequisites.len() == 1 { "is" } else { "are" },
            )));
        }
        Ok(header)
    }

    fn refs(&self) -> &Refs {
        self.objects.refs()
    }

    /// Where it is, as it was named.
    pub fn path(&self) -> &Path {
        &self.objects.path
    }

    /// The folder of its object files, in git's own layout. It lives as long as the repository.
    pub fn objects(&self) -> &Path {
        &self.objects.folder
    }

    /// Full names of branches, tags and other refs, with the objects that they point to.
    pub fn names(&self) -> impl Iterator<Item = (&str, ObjectId)> {
        self.refs().iter()
    }

    /// Is there a commit of this id, or one that stands for it?
    pub fn has_commit(&self, id: ObjectId) -> bool {
        let stored = self.objects.originals().stored(id);
        matches!(self.objects.header(stored), Some((git2::ObjectType::Commit, _)))
    }

    /// The first parent of a commit, both by the ids that people know them by.
    pub fn first_parent(&self, id: ObjectId) -> Option<ObjectId> {
        let originals = self.objects.originals();
        let head = self.objects.commit_head(originals.stored(id))?;
        head.parents().first().map(|parent| originals.original(*parent))
    }

    /// Commits that others stand for, with those.
    pub fn originals(&self) -> impl Iterator<Item = (ObjectId, ObjectId)> {
        self.objects.originals().iter()
    }

    /// Size of a blob in bytes; `None` when there is none of this id.
    pub fn blob_size(&self, id: ObjectId) -> Option<usize> {
        self.objects.blob_size(id)
    }

    /// The bytes of a blob; `None` when it is not there or larger than is read (64 MiB).
    pub fn blob(&self, id: ObjectId) -> Option<Arc<[u8]>> {
        self.objects.blob(id)
    }

    /// The entries of a tree with the places of their names in its object; `None` when it cannot be read.
    pub(crate) fn names_in(&self, tree: ObjectId) -> Option<Vec<(usize, Vec<u8>)>> {
        let bytes = self.objects.tree_bytes(tree)?;
        let mut at = 0;
        let entries = raw_entries(&bytes).map(|(_, name, _)| {
            // The mode ends in a space, and behind the name are a zero and the id.
            let start = at + memchr::memchr(b' ', &bytes[at..]).map_or(0, |space| space + 1);
            at = start + name.len() + 21;
            (start, name.to_vec())
        });
        Some(entries.collect())
    }

    /// The bytes of a blob that was read lately.
    pub(crate) fn kept_blob(&self, id: ObjectId) -> Option<Arc<[u8]>> {
        self.objects.kept_blob(id)
    }

    /// The tree of a commit. `commit` must be its full id: 40 hex digits, so that a task means the same for ever.
    pub fn snapshot(&self, commit: &str) -> Result<Snapshot, SnapshotError> {
        let path = || self.objects.path.clone();
        let Some(id) = full_id(commit.as_bytes()) else {
            let full = self.resolve(commit)?;
            return Err(SnapshotError::NotFullId {
                path: path(),
                commit: commit.to_owned(),
                full: Some(full.to_string()),
            });
        };
        let stored = self.objects.originals().stored(id);
        match self.objects.header(stored) {
            Some((git2::ObjectType::Commit, _)) => {
                let tree = self.objects.tree_of(stored)?;
                Ok(Snapshot::new(self.objects.clone(), stored, tree, self.objects.tree(tree)?))
            }
            Some(_) => Err(SnapshotError::NotFullId {
                path: path(),
                commit: commit.to_owned(),
                full: self.objects.peel(id).map(|commit| commit.to_string()),
            }),
            None => Err(self.no_commit(commit)),
        }
    }

    /// The commit that a full or short id, a branch or a tag stands for now, by the id that people know it by.
    pub fn resolve(&self, name: &str) -> Result<ObjectId, SnapshotError> {
        let originals = self.objects.originals();
        let by_id = || originals.by_prefix(name).or_else(|| self.objects.by_prefix(name));
        let found = self.refs().find(name).or_else(by_id).and_then(|id| self.objects.peel(id));
        found.map(|id| originals.original(id)).ok_or_else(|| self.no_commit(name))
    }

    fn no_commit(&self, commit: &str) -> SnapshotError {
        let mut candidates = Vec::new();
        if commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            // A mistyped id most often agrees in its first digits.
            let originals = self.objects.originals();
            let by_prefix = |digits| originals.by_prefix(digits).or_else(|| self.objects.by_prefix(digits));
            let near = (7..commit.len().min(40))
                .rev()
                .find_map(|len| self.objects.peel(by_prefix(&commit[..len])?))
                .map(|id| originals.original(id));
            let tips = self.refs().ids().filter_map(|id| self.objects.peel(id));
            let tips = tips.map(|id| originals.original(id));
            let close = tips.filter(|id| strsim::hamming(&id.to_string(), commit).is_ok_and(|n| n <= 4));
            candidates.extend(near.into_iter().chain(close.take(2)).map(|id| id.to_string()));
            candidates.dedup();
        } else {
            candidates = self.refs().similar(commit);
        }
        SnapshotError::NoCommit {
            path: self.objects.path.clone(),
            commit: commit.escape_debug().to_string(),
            candidates,
        }
    }
}
