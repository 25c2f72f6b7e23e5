//! A repository as git's library reads it, without any configuration of it.

use git2::{Delta, DiffOptions};

use super::change::{FileChange, Side, find_renames};
use crate::source::ObjectId;
use crate::source::snapshot::Snapshot;

/// Most files of one commit that are compared.
const MAX_FILES: usize = 5_000;

/// The objects of a snapshot's repository. Nothing is written to it.
pub(super) struct Store {
    repo: git2::Repository,
    snapshot: Snapshot,
}

impl Store {
    /// Opens the objects that a snapshot is of.
    pub(super) fn of(snapshot: &Snapshot) -> Result<Self, git2::Error> {
        let odb = git2::Odb::new()?;
        let folder = snapshot.objects().to_str();
        odb.add_disk_alternate(folder.ok_or_else(|| git2::Error::from_str("the path is not UTF-8"))?)?;
        Ok(Self { repo: git2::Repository::from_odb(odb)?, snapshot: snapshot.clone() })
    }

    pub(super) fn git(&self) -> &git2::Repository {
        &self.repo
    }

    /// The commit of a full or short id.
    pub(super) fn commit(&self, id: &str) -> Option<ObjectId> {
        self.repo.find_commit(self.snapshot.stored(id)?).ok().map(|commit| commit.id())
    }

    /// The id that people know a commit by.
    pub(super) fn id_of(&self, commit: ObjectId) -> String {
        self.snapshot.original(commit).to_string()
    }

    pub(super) fn parents(&self, commit: ObjectId) -> Vec<ObjectId> {
        parents(&self.repo, commit)
    }

    /// What was done to files between two commits, in the order of paths; `None` where that is too much or not there.
    pub(super) fn changes(&self, old: Option<ObjectId>, new: ObjectId) -> Option<Vec<FileChange>> {
        let diff = diff(&self.repo, old, new)?;
        if diff.deltas().len() > MAX_FILES {
            return None;
        }
        let tree = |id: ObjectId| self.repo.find_commit(id).map(|commit| commit.tree_id()).ok();
        let (old_tree, new_tree) = (old.and_then(tree), tree(new));
        let mut changes: Vec<FileChange> = diff
            .deltas()
            .map(|delta| {
                let file = if delta.status() == Delta::Deleted { delta.old_file() } else { delta.new_file() };
                let tree = if delta.status() == Delta::Deleted { old_tree } else { new_tree };
                let path = file.path_bytes().unwrap_or_default();
                let path = tree.map_or_else(|| path.to_vec(), |tree| self.snapshot.mask_path(tree, path));
                FileChange {
                    path: String::from_utf8_lossy(&path).into_owned(),
                    renamed_from: None,
                    before: self.side(&delta.old_file()),
                    after: self.side(&delta.new_file()),
                }
            })
            .collect();
        find_renames(&mut changes);
        Some(changes)
    }

    fn side(&self, file: &git2::DiffFile<'_>) -> Side {
        if file.id().is_zero() {
            return Side::None;
        }
        match self.repo.find_blob(file.id()) {
            Ok(blob) => {
                let masked = self.snapshot.mask(file.id(), blob.content().into());
                Side::of(self.snapshot.unmask(&masked))
            }
            Err(_) => Side::Unknown,
        }
    }
}

pub(super) fn parents(repo: &git2::Repository, commit: ObjectId) -> Vec<ObjectId> {
    repo.find_commit(commit).map(|commit| commit.parent_ids().collect()).unwrap_or_default()
}

/// The difference between two commits; `None` stands for no files.
pub(super) fn diff(repo: &git2::Repository, old: Option<ObjectId>, new: ObjectId) -> Option<git2::Diff<'_>> {
    let tree = |id: ObjectId| repo.find_commit(id).and_then(|commit| commit.tree());
    let old = match old {
        Some(id) => Some(tree(id).ok()?),
        None => None,
    };
    let new = tree(new).ok()?;
    let mut options = DiffOptions::new();
    options.ignore_submodules(true).context_lines(0).skip_binary_check(true);
    repo.diff_tree_to_tree(old.as_ref(), Some(&new), Some(&mut options)).ok()
}
