//! The bundle of a suite that holds the snapshots of its tasks.
//!
//! It holds the commits that tasks start from with one generation of parents, the commits that were merged and what
//! lies between them, each with its whole tree; a short history is packed whole, elsewhere it is cut off.
//!
//! Commits are written anew, without what names people and without parents that are not packed: `git clone` takes the
//! bundle. The new ids are nobody's business: refs name each commit by the id that it had. Unmasked imports keep ids;
//! then `git bundle verify` accepts the bundle, and the commits at the cut are listed beside it in `<name>.shallow`,
//! which is git's own format of `.git/shallow`.

mod blobs;
mod commits;
mod delta;
mod objects;
mod pack;
mod stored;
mod wanted;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

pub(super) use blobs::{BlobHit, BlobProblem, BlobRules, Blobs, What};
pub(super) use commits::CommitRules;
pub(super) use stored::Stored;
pub(super) use wanted::Pin;

use commits::Commits;
use objects::Objects;

use super::history::{Branches, Graph};
use crate::source::snapshot::ORIGINALS;
use crate::source::{ObjectId, OutputFolder, Repository, WriteError};

/// Histories of up to this many commits are packed whole.
const WHOLE: usize = 64;
/// Namespace of the refs that name what tasks start from, and what was merged.
const SNAPSHOTS: &str = "refs/snapshots/";
const MERGED: &str = "refs/merged/";

/// Why a bundle was not written.
#[derive(Debug, thiserror::Error)]
pub(super) enum BundleError {
    /// An object cannot be read, or the pack not built.
    #[error("the bundle {name} cannot be packed: {reason}")]
    Pack {
        /// The bundle.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// What becomes of a bundle.
#[derive(Debug, Default)]
pub(super) struct Packed {
    /// Bytes of the new bundle; `None` when the one that is there says the same.
    pub(super) size: Option<u64>,
    /// Commits in it.
    pub(super) commits: usize,
    /// Histories are cut off at this many commits.
    pub(super) cut: usize,
}

/// A bundle that is being filled from one clone.
pub(super) struct Bundle<'b> {
    pub(super) name: &'b str,
    pub(super) graph: &'b Graph,
    pub(super) branches: &'b Branches,
    /// What is there already.
    pub(super) stored: Option<&'b Stored>,
    /// The whole history is asked for.
    pub(super) full: bool,
    pub(super) rules: CommitRules<'b>,
}

impl Bundle<'_> {
    /// Writes the bundle so that it holds these pins beside all that it held, and checks that it can be read.
    /// Nothing is written without a folder, or where nothing would change.
    pub(super) fn write(
        &self,
        pins: &[Pin],
        blobs: &mut Blobs<'_>,
        folder: Option<&OutputFolder>,
    ) -> Result<Packed, BundleError> {
        let ids = self.commits(pins, blobs);
        let anew = self.stored.is_some_and(Stored::is_rewritten);
        let commits = Commits::of(self.graph, &ids, &self.rules, anew);
        let commits = commits.map_err(|error| self.failed(error.message()))?;
        let refs = self.refs(pins, &commits);
        let objects = Objects::collect(self.graph, &commits, &refs, self.stored);
        let objects = objects.map_err(|reason| self.failed(reason))?;
        let mut shallow = self.graph.cut(&ids);
        let mut packed = Packed { size: None, commits: commits.len(), cut: shallow.len() };
        if commits.are_rewritten() {
            shallow.clear();
        }
        let list = shallow.iter().fold(String::new(), |list, id| list + &id.to_string() + "\n");
        let file = format!("{}.bundle", self.name);
        let beside = format!("{}.shallow", self.name);
        let same = self.stored.is_some_and(|stored| stored.holds(&refs, &objects));
        if !same {
            let bytes = pack::bundle(self.graph, &refs, &objects).map_err(|error| self.failed(error))?;
            packed.size = Some(bytes.len() as u64);
            self.check(&bytes, pins)?;
            if let Some(folder) = folder {
                folder.write(&file, &bytes)?;
            }
        }
        if let Some(folder) = folder {
            write_list(folder, &beside, &list)?;
        }
        Ok(packed)
    }

    fn failed(&self, reason: impl Into<String>) -> BundleError {
        BundleError::Pack { name: self.name.to_owned(), reason: reason.into() }
    }

    /// The commits to pack: those that are there, those that are needed and, where that is few and clean, all.
    fn commits(&self, pins: &[Pin], blobs: &mut Blobs<'_>) -> BTreeSet<ObjectId> {
        let mut commits: BTreeSet<ObjectId> = self.stored.map(Stored::commits).cloned().unwrap_or_default();
        for pin in pins {
            commits.extend(wanted::commits(self.graph, pin, blobs));
        }
        let limit = if self.full { usize::MAX } else { WHOLE };
        let whole = self.graph.all(commits.iter().copied(), limit);
        match whole {
            Some(whole) if whole.iter().all(|id| blobs.are_fine(self.graph, *id)) => whole,
            _ => commits,
        }
    }

    /// The refs of the bundle: those that are there, one for each pin, and a branch at the newest of them.
    fn refs(&self, pins: &[Pin], commits: &Commits) -> BTreeMap<String, ObjectId> {
        let mut refs = self.stored.map(|stored| stored.refs().clone()).unwrap_or_default();
        if commits.are_rewritten() {
            refs.retain(|name, id| {
                // A tag tells who made it; what it names is named without.
                let commit = self.graph.git().find_object(*id, None).and_then(|found| found.peel_to_commit());
                if let Ok(commit) = commit {
                    *id = commits.packed(self.graph.original(commit.id()));
                }
                !name.starts_with(ORIGINALS) && !(self.rules.is_secret)(name)
            });
            refs.extend(commits.changed().map(|(id, packed)| (format!("{ORIGINALS}{id}"), packed)));
        }
        let is_ours = refs.keys().all(|name| !name.starts_with("refs/heads/"))
            || refs.keys().any(|name| name.starts_with(SNAPSHOTS));
        for pin in pins {
            refs.insert(format!("{SNAPSHOTS}{}", pin.commit), commits.packed(pin.commit));
            for later in pin.merged.iter().chain(&pin.defects).filter(|id| commits.contains(**id)) {
                refs.insert(format!("{MERGED}{later}"), commits.packed(*later));
            }
        }
        if is_ours {
            let pinned =
                refs.iter().filter(|(name, _)| name.starts_with(SNAPSHOTS) || name.starts_with(MERGED));
            let time = |id: ObjectId| self.graph.head(id).map_or(0, |head| head.time);
            let newest = pinned.map(|(_, id)| (time(*id), *id)).max();
            if let Some((_, id)) = newest {
                let branch = self.stored.and_then(Stored::branch).unwrap_or(&self.branches.default);
                refs.insert(format!("refs/heads/{branch}"), id);
                refs.insert("HEAD".to_owned(), id);
            }
        }
        refs
    }

    /// Reads the bundle back as a run will.
    fn check(&self, bytes: &[u8], pins: &[Pin]) -> Result<(), BundleError> {
        let bad = |reason: String| self.failed(reason);
        let scratch = crate::source::Scratch::new().map_err(|error| bad(error.to_string()))?;
        let path = scratch.path().join("check.bundle");
        std::fs::write(&path, bytes).map_err(|error| bad(error.to_string()))?;
        let repository = Repository::open(&path).map_err(|error| bad(error.to_string()))?;
        for pin in pins {
            repository.snapshot(&pin.commit.to_string()).map_err(|error| bad(error.to_string()))?;
        }
        Ok(())
    }
}

/// Writes a list where it is not there already; an empty one is no file.
fn write_list(folder: &OutputFolder, name: &str, list: &str) -> Result<(), WriteError> {
    let path = folder.path().join(name);
    let there = std::fs::read_to_string(&path);
    match (list.is_empty(), there) {
        (true, Err(_)) => Ok(()),
        (true, Ok(_)) => folder.remove(name),
        (false, Ok(there)) if there == list => Ok(()),
        (false, _) => folder.write(name, list.as_bytes()),
    }
}

/// A free name for the bundle of a clone, or the name of the bundle that holds commits of it already.
pub(super) fn name_for(
    wanted: &str,
    clone: &Repository,
    folder: &Path,
    taken: &dyn Fn(&str) -> bool,
) -> (String, Option<Arc<Repository>>) {
    // A rebuilt commit is in no clone, but the one below it is.
    let is_of_clone = |stored: &Repository| {
        Stored::read(stored).is_ok_and(|stored| stored.commits().iter().any(|id| clone.has_commit(*id)))
    };
    let base = clean_name(wanted);
    for number in 1..1000 {
        let name = if number == 1 { base.clone() } else { format!("{base}-{number}") };
        let path = folder.join(format!("{name}.bundle"));
        if path.is_file() {
            let Ok(stored) = Repository::open(&path) else { continue };
            if is_of_clone(&stored) {
                return (name, Some(Arc::new(stored)));
            }
        } else if !taken(&name) {
            return (name, None);
        }
    }
    (format!("{base}-repo"), None)
}

/// A name of letters, digits, `.`, `_` and `-`, in lower case.
pub(super) fn clean_name(wanted: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let name: String = wanted.chars().map(|c| if plain(c) { c.to_ascii_lowercase() } else { '-' }).collect();
    let name: String = name.trim_matches(['.', '-', '_']).chars().take(60).collect();
    let name = name.trim_end_matches('.');
    if name.is_empty() { "repo".to_owned() } else { name.to_owned() }
}
