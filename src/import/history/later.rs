//! Commits that came after a session, and whether one of them holds what the agent changed.

use std::collections::{BTreeSet, HashSet};

use super::descent::Descent;
use super::followed::{Change, Followed};
use super::{ChangedLines, FileLines, Graph, MAX_COMMITS};
use crate::patch::{fixed_lines, repairs_named, speaks_of_fix};
use crate::source::{ObjectId, Repository};

/// How long after a session commits are looked at, in seconds (90 days).
const WINDOW: i64 = 90 * 86_400;
/// Clocks of committers differ: commits this much before a session began still count, in seconds.
const SLACK: i64 = 600;
/// Least share of the agent's lines that a commit must hold to be proposed as the merge.
pub(in crate::import) const THRESHOLD: f64 = 0.6;
/// What is said of a repair that blame alone tells of.
pub(in crate::import) const BLAMED: &str = "blame";
/// Most files of one commit that are looked at; a larger one is an import of its own.
const MAX_FILES: usize = 5_000;
/// Names that default branches go by, best first.
const DEFAULTS: [&str; 4] = ["main", "master", "trunk", "develop"];

/// The branches of a clone.
#[derive(Debug, Default)]
pub(in crate::import) struct Branches {
    /// Name of the default branch.
    pub(in crate::import) default: String,
    tips: Vec<(String, ObjectId)>,
    default_tips: Vec<ObjectId>,
}

impl Branches {
    /// Local branches, and those of remotes.
    pub(in crate::import) fn of(repository: &Repository) -> Self {
        let mut tips: Vec<(String, ObjectId)> = Vec::new();
        for (name, id) in repository.names() {
            let local = name.strip_prefix("refs/heads/");
            let remote = name.strip_prefix("refs/remotes/").and_then(|name| name.split_once('/'));
            if let Some(short) = local.or(remote.map(|(_, short)| short)).filter(|short| *short != "HEAD") {
                tips.push((short.to_owned(), id));
            }
        }
        tips.sort();
        tips.dedup();
        let known = |name: &&str| tips.iter().any(|(tip, _)| tip == name);
        let default = DEFAULTS.into_iter().find(known).unwrap_or("main").to_owned();
        let default_tips = tips.iter().filter(|(name, _)| *name == default).map(|(_, id)| *id).collect();
        Self { default, tips, default_tips }
    }
}

/// A commit that came later.
struct Commit {
    id: ObjectId,
    time: i64,
    /// It leads to the default branch.
    on_default: bool,
    /// What it does to the followed files, against its first parent.
    changes: Vec<Change>,
    /// The commits that its message says it repairs, by the digits that it has of their ids.
    repairs: Vec<(String, &'static str)>,
    /// Its message speaks of a fix.
    is_fix: bool,
}

/// All later commits of a clone, read once for all of its sessions.
pub(in crate::import) struct Later<'g> {
    graph: &'g Graph,
    followed: Followed<'g>,
    commits: Vec<Commit>,
}

/// What is asked of later commits: lines of a session by the numbers of their files, and where it began.
struct Question<'q> {
    lines: Vec<(usize, &'q FileLines)>,
    total: u32,
    start: ObjectId,
    start_tree: Option<ObjectId>,
}

impl Question<'_> {
    /// The lines of the file of this number.
    fn of(&self, path: usize) -> Option<&FileLines> {
        let at = self.lines.binary_search_by_key(&path, |(number, _)| *number).ok()?;
        self.lines.get(at).map(|(_, lines)| *lines)
    }

    /// How many lines these changes can hold at most.
    fn most(&self, changes: &[Change]) -> u32 {
        changes.iter().filter_map(|change| Some(self.of(change.path)?.total())).sum()
    }

    fn is_enough(&self, held: u32) -> bool {
        f64::from(held) >= THRESHOLD * f64::from(self.total)
    }
}

/// A commit that holds an agent's patch.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::import) struct Merged {
    /// The commit.
    pub(in crate::import) commit: ObjectId,
    /// Lines of the agent that it holds, and all of the agent's.
    pub(in crate::import) lines: (u32, u32),
    /// It leads to the default branch.
    pub(in crate::import) on_default: bool,
    /// Lines count that commands wrote: those of patches alone were not found.
    pub(in crate::import) with_commands: bool,
    /// Commits that say they revert or fix it, with the word that says so.
    pub(in crate::import) repaired: Vec<(ObjectId, &'static str)>,
}

impl Merged {
    /// Share of the agent's lines that it holds, from 0 to 1.
    pub(in crate::import) fn similarity(&self) -> f64 {
        f64::from(self.lines.0) / f64::from(self.lines.1.max(1))
    }
}

impl<'g> Later<'g> {
    /// Reads the commits since a moment, in seconds since 1970, that change one of these files.
    pub(in crate::import) fn read(
        graph: &'g Graph,
        branches: &Branches,
        since: i64,
        files: &BTreeSet<&str>,
    ) -> Self {
        let followed = Followed::new(graph, files);
        let on_default = reach(graph, branches.default_tips.iter().copied(), since);
        let all = reach(graph, branches.tips.iter().map(|(_, id)| *id), since);
        let mut commits: Vec<Commit> = all
            .into_iter()
            .filter_map(|id| {
                let head = graph.head(id)?;
                let old = match head.parents.first() {
                    // Without its parent (the clone is cut off there) the changes of a commit cannot be told.
                    Some(parent) => Some(graph.head(*parent)?.tree),
                    None => None,
                };
                let changes =
                    followed.changes(old, head.tree).filter(|changes| changes.len() <= MAX_FILES)?;
                let found = graph.git().find_commit(graph.object(id)).ok()?;
                let message = String::from_utf8_lossy(found.message_bytes());
                let (repairs, is_fix) = (repairs_named(&message), speaks_of_fix(&message));
                let on_default = on_default.contains(&id);
                Some(Commit { id, time: head.time, on_default, changes, repairs, is_fix })
            })
            .collect();
        // In the order of time; a commit comes before those that build on it even when clocks say otherwise.
        commits.sort_by_key(|commit| (commit.time, commit.id));
        Self { graph, followed, commits }
    }

    /// The commit that holds most of the agent's lines, the first of these; `None` when none holds enough.
    ///
    /// `start` is the commit that the session began at, `since` the moment. A commit holds a line that it adds or
    /// removes itself in the same file, or, where it builds on `start`, that has been so since. Commits that a person
    /// denied (their ids, or how these begin) are passed over; those that would have been enough are told.
    pub(in crate::import) fn merged(
        &self,
        lines: &ChangedLines,
        start: ObjectId,
        since: i64,
        denied: &[String],
    ) -> (Option<Merged>, Vec<ObjectId>) {
        let mut passed = Vec::new();
        let total = lines.total();
        if total == 0 {
            return (None, passed);
        }
        let numbered = lines.files().filter_map(|(path, lines)| Some((self.followed.number(path)?, lines)));
        let start_tree = self.graph.head(start).map(|head| head.tree);
        let question = Question { lines: numbered.collect(), total, start, start_tree };
        let in_time = |commit: &&Commit| (since - SLACK..=since + WINDOW).contains(&commit.time);
        let touches = |commit: &&Commit| question.most(&commit.changes) > 0;
        let mut best: Option<(bool, u32, &Commit)> = None;
        let mut since_start = Descent::of(self.graph, start);
        for commit in self.commits.iter().filter(in_time).filter(touches) {
            let Some(held) = self.held(&question, &mut since_start, commit) else { continue };
            let id = commit.id.to_string();
            if denied.iter().any(|denied| id.starts_with(denied.as_str())) {
                passed.push(commit.id);
            } else if best.is_none_or(|(main, most, _)| (commit.on_default, held) > (main, most)) {
                best = Some((commit.on_default, held, commit));
            }
            // Nothing holds more, and of those that hold as much the first is taken.
            if denied.is_empty() && best.is_some_and(|(main, most, _)| main && most == total) {
                break;
            }
        }
        let best = best.map(|(on_default, held, commit)| Merged {
            commit: commit.id,
            lines: (held, total),
            on_default,
            with_commands: false,
            repaired: self.repaired(commit),
        });
        (best, passed)
    }

    /// The same for lines of which commands wrote some. New files that no later commit has were for the session alone, and
    /// are left out.
    pub(in crate::import) fn merged_with_commands(
        &self,
        lines: &ChangedLines,
        start: ObjectId,
        since: i64,
        denied: &[String],
    ) -> (Option<Merged>, Vec<ObjectId>) {
        let changes = |path: usize| move |commit: &Commit| commit.changes.iter().any(|one| one.path == path);
        let is_kept = |path: &str| {
            self.followed.number(path).is_some_and(|path| self.commits.iter().any(changes(path)))
        };
        let (merged, passed) = self.merged(&lines.without_scratch(is_kept), start, since, denied);
        (merged.map(|merged| Merged { with_commands: true, ..merged }), passed)
    }

    /// Lines that a commit holds, when they are enough; what builds on the start of the session is told by
    /// `since_start`. Contents are compared only where they may hold enough.
    fn held(&self, question: &Question<'_>, since_start: &mut Descent<'_>, commit: &Commit) -> Option<u32> {
        let head = self.graph.head(commit.id)?;
        let all = || self.followed.changes(question.start_tree, head.tree).unwrap_or_default();
        let since = (head.parents.first() != Some(&question.start)).then(all).unwrap_or_default();
        let most = question.most(&commit.changes).max(question.most(&since));
        if !question.is_enough(most)
            || commit.id == question.start
            || self.graph.leads_to(commit.id, question.start)
        {
            return None;
        }
        let alone = self.shared(question, &commit.changes);
        let held = if alone < question.total && !since.is_empty() && since_start.includes(commit.id) {
            alone.max(self.shared(question, &since))
        } else {
            alone
        };
        Some(held).filter(|held| question.is_enough(*held))
    }

    /// How many of the lines these changes hold; none when a content is missing.
    fn shared(&self, question: &Question<'_>, changes: &[Change]) -> u32 {
        let asked = changes.iter().filter_map(|change| Some((change, question.of(change.path)?)));
        let each = asked.map(|(change, lines)| Some(lines.shared(self.followed.lines(change)?.as_ref())));
        each.sum::<Option<u32>>().unwrap_or(0)
    }

    /// Later commits that revert or fix this one: by its id in their message, or by lines of it that they change.
    fn repaired(&self, merged: &Commit) -> Vec<(ObjectId, &'static str)> {
        let id = merged.id.to_string();
        let mut since_merged = Descent::of(self.graph, merged.id);
        let later = self.commits.iter().filter(|commit| commit.time >= merged.time && commit.id != merged.id);
        later
            .filter_map(|commit| {
                let named = commit.repairs.iter().find(|(digits, _)| id.starts_with(digits));
                let says = named.map(|(_, word)| *word).or_else(|| {
                    let touched = |change: &Change| merged.changes.iter().any(|one| one.path == change.path);
                    let shares = || commit.changes.iter().any(touched);
                    let fixes = || fixed_lines(self.graph.git(), merged.id, commit.id) > 0;
                    (commit.is_fix && shares() && since_merged.includes(commit.id) && fixes())
                        .then_some(BLAMED)
                });
                Some((commit.id, says?))
            })
            .collect()
    }
}

/// Commits that lead to one of the tips and are not older than `since`.
fn reach(graph: &Graph, tips: impl Iterator<Item = ObjectId>, since: i64) -> HashSet<ObjectId> {
    let floor = since - SLACK;
    let mut found = HashSet::new();
    let mut left: Vec<ObjectId> = tips.collect();
    while let Some(id) = left.pop() {
        let Some(head) = graph.head(id).filter(|head| head.time >= floor) else { continue };
        if found.len() < MAX_COMMITS && found.insert(id) {
            left.extend(&head.parents);
        }
    }
    found
}
