//! Questions to the history of a repository: which commits lie between two others, and which came later.

mod author;
mod descent;
mod followed;
mod later;
mod lines;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

pub(super) use author::{NOBODYS_MAIL, nobodys_commit};
pub(super) use later::{BLAMED, Branches, Later, Merged, THRESHOLD};
pub(super) use lines::{ChangedLines, FileLines};

use crate::source::{ObjectId, Repository};
use descent::Descent;

/// Most commits that one question looks at.
const MAX_COMMITS: usize = 50_000;
/// Most commits of an ancestry path; a longer one is cut to its ends.
const MAX_PATH: usize = 2_000;
/// Clocks of committers differ: a commit may look this much older than its parent, in seconds.
const SKEW: i64 = 86_400;

/// The commits of one or more repositories that share their history. New objects stay in memory.
///
/// Commits go by the ids that people know them by, also those that a bundle holds in place of others.
pub(super) struct Graph {
    repo: git2::Repository,
    /// Commits that others stand for, and the other way round.
    stored: HashMap<ObjectId, ObjectId>,
    originals: HashMap<ObjectId, ObjectId>,
    heads: RefCell<HashMap<ObjectId, Option<Rc<Head>>>>,
    /// Keeps what was unpacked for them on disk.
    sources: Vec<Arc<Repository>>,
}

/// What the graph needs of a commit.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) parents: Vec<ObjectId>,
    pub(super) tree: ObjectId,
    /// When it was committed, in seconds since 1970.
    pub(super) time: i64,
}

impl Graph {
    /// Reads these repositories as one. No configuration of theirs is obeyed.
    pub(super) fn of(sources: &[Arc<Repository>]) -> Result<Self, git2::Error> {
        let odb = git2::Odb::new()?;
        for source in sources {
            let folder = source.objects().to_str();
            let folder = folder.ok_or_else(|| git2::Error::from_str("the path is not UTF-8"))?;
            odb.add_disk_alternate(folder)?;
        }
        odb.add_new_mempack_backend(1000)?;
        let repo = git2::Repository::from_odb(odb)?;
        let stored: HashMap<_, _> = sources.iter().flat_map(|source| source.originals()).collect();
        let originals = stored.iter().map(|(original, stored)| (*stored, *original)).collect();
        Ok(Self { repo, stored, originals, heads: RefCell::default(), sources: sources.to_vec() })
    }

    /// The commit object of this id: itself where it is there, or else the one that stands for it.
    pub(super) fn object(&self, id: ObjectId) -> ObjectId {
        match self.stored.get(&id) {
            Some(stored) if self.repo.find_commit(id).is_err() => *stored,
            _ => id,
        }
    }

    /// The id that people know a commit object by.
    pub(super) fn original(&self, object: ObjectId) -> ObjectId {
        self.originals.get(&object).copied().unwrap_or(object)
    }

    /// The objects.
    pub(super) fn git(&self) -> &git2::Repository {
        &self.repo
    }

    /// The bytes of a file; `None` when it is not there or larger than is read.
    pub(super) fn blob(&self, id: ObjectId) -> Option<Arc<[u8]>> {
        self.sources.iter().find_map(|source| source.blob(id)).or_else(|| self.rebuilt(id))
    }

    /// The bytes of a file that is in no repository but in memory.
    fn rebuilt(&self, id: ObjectId) -> Option<Arc<[u8]>> {
        // What the repositories have is larger than is read, or damaged.
        if self.sources.iter().any(|source| source.blob_size(id).is_some()) {
            return None;
        }
        self.repo.find_blob(id).ok().map(|blob| blob.content().into())
    }

    /// The bytes of a file that was read lately.
    pub(super) fn kept_blob(&self, id: ObjectId) -> Option<Arc<[u8]>> {
        self.sources.iter().find_map(|source| source.kept_blob(id))
    }

    /// A commit; `None` when it is not there.
    pub(super) fn head(&self, id: ObjectId) -> Option<Rc<Head>> {
        if let Some(known) = self.heads.borrow().get(&id) {
            return known.clone();
        }
        let head = self.repo.find_commit(self.object(id)).ok().map(|commit| {
            let parents = commit.parent_ids().map(|parent| self.original(parent)).collect();
            Rc::new(Head { parents, tree: commit.tree_id(), time: commit.time().seconds() })
        });
        self.heads.borrow_mut().insert(id, head.clone());
        head
    }

    /// All commits that lead to one of `tips`; `None` when there are more than `limit`.
    pub(super) fn all(
        &self,
        tips: impl IntoIterator<Item = ObjectId>,
        limit: usize,
    ) -> Option<BTreeSet<ObjectId>> {
        let mut found = BTreeSet::new();
        let mut left: Vec<ObjectId> = tips.into_iter().collect();
        while let Some(id) = left.pop() {
            let Some(head) = self.head(id) else { continue };
            if found.insert(id) {
                left.extend(&head.parents);
            }
            if found.len() > limit {
                return None;
            }
        }
        Some(found)
    }

    /// Is `old` an ancestor of `new`, or the same?
    pub(super) fn leads_to(&self, old: ObjectId, new: ObjectId) -> bool {
        Descent::of(self, old).includes(new)
    }

    /// The commits on all ways from `old` to `new`, both included; `None` when there is no way.
    pub(super) fn between(&self, old: ObjectId, new: ObjectId) -> Option<BTreeSet<ObjectId>> {
        let floor = self.head(old)?.time - SKEW;
        let mut children: HashMap<ObjectId, Vec<ObjectId>> = HashMap::new();
        let mut seen = HashSet::new();
        let mut left = vec![new];
        while let Some(id) = left.pop() {
            if !seen.insert(id) || id == old {
                continue;
            }
            let Some(head) = self.head(id).filter(|head| head.time >= floor) else { continue };
            for parent in &head.parents {
                children.entry(*parent).or_default().push(id);
                left.push(*parent);
            }
            if seen.len() > MAX_COMMITS {
                break;
            }
        }
        if !seen.contains(&old) {
            return None;
        }
        let mut path = BTreeSet::new();
        let mut left = vec![old];
        while let Some(id) = left.pop() {
            if path.insert(id) {
                left.extend(children.get(&id).into_iter().flatten());
            }
        }
        Some(path)
    }

    /// The commits that tell how `new` came from `old`: those between them or, where they have parted, between
    /// their last common ancestor and each. Only the two where that cannot be told or is too long.
    pub(super) fn way(&self, old: ObjectId, new: ObjectId) -> BTreeSet<ObjectId> {
        let parted = || {
            let base = self.repo.merge_base(old, new).ok()?;
            let mut path = self.between(base, old)?;
            path.extend(self.between(base, new)?);
            Some(path)
        };
        let path = self.between(old, new).or_else(parted).filter(|path| path.len() <= MAX_PATH);
        path.unwrap_or_else(|| BTreeSet::from([old, new]))
    }

    /// Those of some commits that lack a parent among them.
    pub(super) fn cut(&self, commits: &BTreeSet<ObjectId>) -> Vec<ObjectId> {
        let lacks = |id: &&ObjectId| {
            self.head(**id).is_some_and(|head| head.parents.iter().any(|parent| !commits.contains(parent)))
        };
        commits.iter().filter(lacks).copied().collect()
    }
}
