//! What a bundle of the suite holds already.

use std::collections::{BTreeMap, BTreeSet};

use git2::ObjectType;

use super::SNAPSHOTS;
use super::objects::Objects;
use crate::source::{ObjectId, Repository};

/// A bundle on disk.
pub(in crate::import) struct Stored {
    refs: BTreeMap<String, ObjectId>,
    /// By the ids that people know them by.
    commits: BTreeSet<ObjectId>,
    objects: BTreeSet<ObjectId>,
    /// Files and folders.
    content: BTreeSet<ObjectId>,
    /// Commits stand for others.
    rewritten: bool,
}

impl Stored {
    /// Lists what is in it.
    pub(in crate::import) fn read(repository: &Repository) -> Result<Self, git2::Error> {
        let odb = git2::Odb::new()?;
        odb.add_disk_alternate(repository.objects().to_str().unwrap_or_default())?;
        let mut objects = BTreeSet::new();
        odb.foreach(|id| {
            objects.insert(*id);
            true
        })?;
        let originals: BTreeMap<ObjectId, ObjectId> =
            repository.originals().map(|(original, stored)| (stored, original)).collect();
        let (mut commits, mut content) = (BTreeSet::new(), BTreeSet::new());
        for id in &objects {
            match odb.read_header(*id).map(|(_, kind)| kind) {
                Ok(ObjectType::Commit) => _ = commits.insert(originals.get(id).copied().unwrap_or(*id)),
                Ok(ObjectType::Tree | ObjectType::Blob) => _ = content.insert(*id),
                _ => {}
            }
        }
        let refs = repository.names().map(|(name, id)| (name.to_owned(), id)).collect();
        Ok(Self { refs, commits, objects, content, rewritten: !originals.is_empty() })
    }

    pub(super) fn refs(&self) -> &BTreeMap<String, ObjectId> {
        &self.refs
    }

    pub(super) fn commits(&self) -> &BTreeSet<ObjectId> {
        &self.commits
    }

    /// All objects; only files and folders where commits are written anew.
    pub(super) fn objects(&self, anew: bool) -> &BTreeSet<ObjectId> {
        if anew { &self.content } else { &self.objects }
    }

    /// Whether commits in it stand for others.
    pub(super) fn is_rewritten(&self) -> bool {
        self.rewritten
    }

    /// The branch of a bundle that an import wrote.
    pub(super) fn branch(&self) -> Option<&str> {
        let ours = self.refs.keys().any(|name| name.starts_with(SNAPSHOTS));
        let branch = self.refs.keys().find_map(|name| name.strip_prefix("refs/heads/"));
        branch.filter(|_| ours)
    }

    /// Would a bundle of these refs and objects say the same?
    pub(super) fn holds(&self, refs: &BTreeMap<String, ObjectId>, objects: &Objects) -> bool {
        self.refs == *refs && objects.ids().all(|id| self.objects.contains(&id))
    }
}
