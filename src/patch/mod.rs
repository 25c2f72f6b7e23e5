//! What sessions made of the files of their snapshots, and what became of it.
//!
//! The agent's patch is what its recorded edits leave of the snapshot ([`Overlay::last_known_diff`]). It is held against
//! the commit that people merged ([`merge`]), against what came after that ([`repair`]), against what the role's
//! formatter prints ([`format`]), and its tests are counted ([`cases`], [`coverage`]).

mod cases;
mod change;
mod coverage;
mod format;
mod git;
mod language;
mod merge;
mod repair;
mod similarity;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) use repair::{fixed_lines, repairs_named, speaks_of_fix};

use crate::decision::Decision;
use crate::engine::{HookSettings, TaskReplays};
use crate::finding::Finding;
use crate::replay::{Formatted, MAX_NAMED, Merge, Patch, Repair};
use crate::source::snapshot::Snapshot;
use crate::source::{ObjectId, Overlay, Place};
use crate::suite::{Suite, Task};

use change::FileChange;
use git::Store;
use repair::{Annals, Repairs};

/// Tells what became of the patches of a suite. Shared by threads; what tasks have in common is read once.
#[derive(Debug)]
pub struct Patches {
    formatter: Option<format::Runner>,
    /// By folder of object files.
    annals: Mutex<HashMap<PathBuf, Arc<Annals>>>,
    repairs: Mutex<HashMap<(PathBuf, ObjectId), Arc<Repairs>>>,
}

impl Patches {
    /// For the tasks of a suite. `settings` tells whether programs may run here, and how.
    pub fn new(suite: &Suite, settings: &HookSettings) -> Self {
        let formatter = suite.role.formatter.clone();
        Self {
            formatter: formatter.map(|formatter| format::Runner::new(formatter, settings)),
            annals: Mutex::default(),
            repairs: Mutex::default(),
        }
    }

    /// Writes into replays what became of the patches of their sessions. Replays that were read back have that already.
    pub fn judge(&self, task: &Task, replays: &mut TaskReplays) {
        for (stages, tree) in replays.repeats.iter_mut().zip(&replays.trees) {
            let patch = tree.as_ref().and_then(|tree| self.of(task, tree)).map(Box::new);
            let notes = patch.as_deref().map_or_else(Vec::new, |patch| notes(task, patch));
            for replay in stages {
                replay.patch.clone_from(&patch);
                replay.notes.extend_from_slice(&notes);
            }
        }
    }

    /// What a session made of the files, which it left as they are in `tree`; `None` where it made nothing and nothing
    /// was merged.
    pub fn of(&self, task: &Task, tree: &Overlay) -> Option<Patch> {
        let changes = change::of_session(tree);
        if changes.is_empty() && task.decision.merged.is_none() {
            return None;
        }
        let (added, removed) =
            changes.iter().map(FileChange::lines).fold((0, 0), |sum: (u32, u32), lines| {
                (sum.0.saturating_add(lines.0), sum.1.saturating_add(lines.1))
            });
        let (merge, repairs) = self.merged(&task.decision, tree.base(), &changes);
        let unknown = changes.iter().filter(|change| change.is_unknown());
        Some(Patch {
            files: u32::try_from(changes.len()).unwrap_or(u32::MAX),
            added,
            removed,
            unknown: unknown.map(|change| change.path.clone()).take(MAX_NAMED).collect(),
            merge,
            repairs,
            tests: cases::change(&changes),
            coverage: task.coverage.as_ref().and_then(|reports| coverage::change(reports, tree.base())),
            formatted: self.formatter.as_ref().and_then(|formatter| formatter.compare(tree.base(), &changes)),
        })
    }

    fn merged(
        &self,
        decision: &Decision,
        base: &Snapshot,
        changes: &[FileChange],
    ) -> (Option<Merge>, Vec<Repair>) {
        let Some(merged) = &decision.merged else { return (None, Vec::new()) };
        let Ok(git) = Store::of(base) else { return (Some(Merge::Missing), Vec::new()) };
        let Some(id) = git.commit(merged) else { return (Some(Merge::Missing), Vec::new()) };
        let merge = merge::compare(&git, base.commit(), id, changes);
        (
            Some(merge),
            repair::all(
                &git,
                self.repairs(base, id).get(|| self.annals(base).repairs(&git, base, id)),
                &decision.defects,
            ),
        )
    }

    fn annals(&self, base: &Snapshot) -> Arc<Annals> {
        let mut annals = self.annals.lock().unwrap_or_else(PoisonError::into_inner);
        annals.entry(base.objects().to_owned()).or_default().clone()
    }

    fn repairs(&self, base: &Snapshot, merged: ObjectId) -> Arc<Repairs> {
        let mut repairs = self.repairs.lock().unwrap_or_else(PoisonError::into_inner);
        repairs.entry((base.objects().to_owned(), merged)).or_default().clone()
    }
}

/// What could not be told of a patch, and why.
fn notes(task: &Task, patch: &Patch) -> Vec<Finding> {
    let mut notes = Vec::new();
    let mut note = |code: &'static str, message: String, help: &str| {
        notes.push(Finding::warning(code, message).at(Place::file(task.file.clone())).help(help.to_owned()));
    };
    if patch.merge == Some(Merge::Missing) {
        let commit = task.decision.merged.as_deref().unwrap_or_default();
        let message = format!("the merged commit {commit} is not in the repository");
        note(
            "no-merged-commit",
            message,
            "put the commit into the bundle, with `git bundle create <file> --all`",
        );
    }
    if let Some(Formatted::Unknown { reason }) = &patch.formatted {
        note("not-formatted", format!("the patch was not held against the formatter: {reason}"), "");
    }
    if task.coverage.is_some() && patch.coverage.is_none() {
        let help = "reports must be lcov files and name files of the snapshot";
        note("no-coverage", "the coverage reports tell nothing about the snapshot".to_owned(), help);
    }
    notes
}

#[cfg(test)]
mod tests;
