//! The agent's patch beside the commit that people merged.

use std::collections::HashSet;

use super::change::FileChange;
use super::git::Store;
use super::similarity::{self, Shared, permille};
use crate::replay::{MAX_NAMED, Merge};
use crate::source::ObjectId;

/// Most commits between the snapshot and the merged commit that are taken for one change.
const MAX_BETWEEN: usize = 200;
/// The similarity of a file that was merged as it is, in thousandths; others are named.
const WHOLE: u32 = 1000;

/// Compares the patch of a session that began at `start` with what `merged` brought.
///
/// That is the difference to its first parent. A change may also have come in as several commits: where the merged one
/// builds on `start` by first parents, the difference to that is tried too, and the better answer holds.
pub(super) fn compare(git: &Store, start: ObjectId, merged: ObjectId, ours: &[FileChange]) -> Merge {
    if ours.is_empty() {
        return Merge::NoPatch;
    }
    let parent = git.parents(merged).first().copied();
    let mut olds = vec![parent];
    if parent != Some(start) && leads_by_first_parents(git, start, merged) {
        olds.push(Some(start));
    }
    let answers = olds.into_iter().filter_map(|old| Some(judge(ours, &git.changes(old, merged)?)));
    answers.max_by_key(Merge::least).unwrap_or(Merge::Missing)
}

impl Merge {
    fn least(&self) -> u32 {
        if let Self::Compared { least, .. } = self { *least } else { 0 }
    }
}

fn leads_by_first_parents(git: &Store, start: ObjectId, merged: ObjectId) -> bool {
    let mut at = merged;
    for _ in 0..MAX_BETWEEN {
        match git.parents(at).first() {
            Some(parent) if *parent == start => return true,
            Some(parent) => at = *parent,
            None => return false,
        }
    }
    false
}

fn judge(ours: &[FileChange], theirs: &[FileChange]) -> Merge {
    let known: Vec<FileChange> = ours.iter().filter(|change| !change.is_unknown()).cloned().collect();
    let unknown: HashSet<&str> =
        ours.iter().filter(|change| change.is_unknown()).map(|change| change.path.as_str()).collect();
    let (hidden, seen): (Vec<_>, Vec<_>) =
        theirs.iter().cloned().partition(|change| unknown.contains(change.path.as_str()));
    let shared = similarity::compare(&known, &seen);
    let doubt = doubt(&shared, &known, unknown.len(), &hidden);
    let (both, all) = (shared.ours.1 + shared.theirs.1, shared.ours.0 + shared.theirs.0);
    let least = permille(both, all + doubt).unwrap_or(0);
    let most = permille(both + doubt, all + doubt).unwrap_or(0);
    let word = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    let rewritten = shared
        .files
        .iter()
        .filter_map(|(path, (all, kept))| Some((path.clone(), permille(*kept, *all)?)))
        .filter(|(_, similarity)| *similarity < WHOLE);
    Merge::Compared {
        least,
        most,
        words: [word(shared.ours.0), word(shared.theirs.0), word(shared.ours.1)],
        rewritten: rewritten.take(MAX_NAMED).collect(),
    }
}

/// Words that files of ours may hold which are not known: what the merged commit has of each, on both sides; for one
/// that it does not change, as many as our other files have on average.
fn doubt(shared: &Shared, known: &[FileChange], unknown: usize, hidden: &[FileChange]) -> u64 {
    let merged = similarity::compare(hidden, &[]).ours.0;
    let average = shared.ours.0 / (known.len().max(1) as u64);
    let alone = unknown.saturating_sub(hidden.len()) as u64;
    2 * merged + alone * average.max(u64::from(alone > 0))
}
