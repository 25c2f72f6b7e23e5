//! Commits that came after a session, and whether one of them holds what the agent changed.

use std::collections::{BTreeSet, HashMap, HashSet};

use git2::{Delta, DiffOptions};

use super::descent::Descent;
use super::{ChangedLines, FileLines, Graph, MAX_COMMITS};
use crate::patch::{fixed_lines, says_repair};
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
    /// Files that it changes against its first parent.
    paths: HashSet<String>,
    message: String,
}

/// All later commits of a clone, read once for all of its sessions.
pub(in crate::import) struct Later<'g> {
    graph: &'g Graph,
    commits: Vec<Commit>,
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
        let on_default = reach(graph, branches.default_tips.iter().copied(), since);
        let all = reach(graph, branches.tips.iter().map(|(_, id)| *id), since);
        let mut commits: Vec<Commit> = all
            .into_iter()
            .filter_map(|id| {
                let head = graph.head(id)?;
                let paths = changed_paths(graph, id, files)?;
                let found = graph.git().find_commit(graph.object(id)).ok()?;
                let message = String::from_utf8_lossy(found.message_bytes()).into_owned();
                Some(Commit { id, time: head.time, on_default: on_default.contains(&id), paths, message })
            })
            .collect();
        // In the order of time; a commit comes before those that build on it even when clocks say otherwise.
        commits.sort_by_key(|commit| (commit.time, commit.id));
        Self { graph, commits }
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
        let paths: HashSet<&str> = lines.paths().collect();
        let in_time = |commit: &&Commit| (since - SLACK..=since + WINDOW).contains(&commit.time);
        let touches = |commit: &&Commit| commit.paths.iter().any(|path| paths.contains(path.as_str()));
        let mut best: Option<(bool, u32, &Commit)> = None;
        let mut since_start = Descent::of(self.graph, start);
        for commit in self.commits.iter().filter(in_time).filter(touches) {
            if commit.id == start || self.graph.leads_to(commit.id, start) {
                continue;
            }
            let held = self.held(lines, &paths, (start, &mut since_start), commit.id);
            let enough = f64::from(held) >= THRESHOLD * f64::from(total);
            let id = commit.id.to_string();
            if enough && denied.iter().any(|denied| id.starts_with(denied.as_str())) {
                passed.push(commit.id);
            } else if enough && best.is_none_or(|(main, most, _)| (commit.on_default, held) > (main, most)) {
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
            repaired: self.repaired(commit),
        });
        (best, passed)
    }

    /// Lines that a commit holds; what builds on the start of the session is told by `since_start`.
    fn held(
        &self,
        lines: &ChangedLines,
        paths: &HashSet<&str>,
        (start, since_start): (ObjectId, &mut Descent<'_>),
        commit: ObjectId,
    ) -> u32 {
        let own = self.graph.head(commit).and_then(|head| head.parents.first().copied());
        let alone = difference(self.graph, own, commit, paths).map_or(0, |change| lines.found_in(&change));
        if alone == lines.total() || own == Some(start) || !since_start.includes(commit) {
            return alone;
        }
        let since = difference(self.graph, Some(start), commit, paths);
        alone.max(since.map_or(0, |change| lines.found_in(&change)))
    }

    /// Later commits that revert or fix this one: by its id in their message, or by lines of it that they change.
    fn repaired(&self, merged: &Commit) -> Vec<(ObjectId, &'static str)> {
        let id = merged.id.to_string();
        let mut since_merged = Descent::of(self.graph, merged.id);
        let later = self.commits.iter().filter(|commit| commit.time >= merged.time && commit.id != merged.id);
        later
            .filter_map(|commit| {
                let message = &commit.message;
                let says = says_repair(message, &id).or_else(|| {
                    let shares = commit.paths.iter().any(|path| merged.paths.contains(path));
                    let fixes = || fixed_lines(self.graph.git(), merged.id, commit.id, message) > 0;
                    (shares && since_merged.includes(commit.id) && fixes()).then_some(BLAMED)
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

fn trees(
    graph: &Graph,
    old: Option<ObjectId>,
    new: ObjectId,
) -> Option<(Option<git2::Tree<'_>>, git2::Tree<'_>)> {
    let tree = |id: ObjectId| graph.git().find_tree(graph.head(id)?.tree).ok();
    // Without its parent (the clone is cut off there) the changes of a commit cannot be told.
    let old = match old {
        Some(old) => Some(tree(old)?),
        None => None,
    };
    Some((old, tree(new)?))
}

/// Those of some files that a commit changes against its first parent; `None` when these are very many.
fn changed_paths(graph: &Graph, id: ObjectId, files: &BTreeSet<&str>) -> Option<HashSet<String>> {
    let parents = &graph.head(id)?.parents;
    let (old, new) = trees(graph, parents.first().copied(), id)?;
    let mut options = only(files);
    let diff = graph.git().diff_tree_to_tree(old.as_ref(), Some(&new), Some(&mut options)).ok()?;
    if diff.deltas().len() > MAX_FILES {
        return None;
    }
    let names =
        diff.deltas().flat_map(|delta| [delta.old_file().path_bytes(), delta.new_file().path_bytes()]);
    Some(names.flatten().map(|path| String::from_utf8_lossy(path).into_owned()).collect())
}

/// Compares these files alone, byte for byte and without context.
fn only(files: &BTreeSet<&str>) -> DiffOptions {
    let mut options = DiffOptions::new();
    options.disable_pathspec_match(true).context_lines(0).max_size(8 << 20);
    for path in files {
        options.pathspec(path);
    }
    options
}

/// What changed in some files between two commits.
fn difference(
    graph: &Graph,
    old: Option<ObjectId>,
    new: ObjectId,
    paths: &HashSet<&str>,
) -> Option<ChangedLines> {
    let (old, new) = trees(graph, old, new)?;
    let mut options = only(&paths.iter().copied().collect());
    let diff = graph.git().diff_tree_to_tree(old.as_ref(), Some(&new), Some(&mut options)).ok()?;
    let mut files: HashMap<String, FileLines> = HashMap::new();
    let path_of = |delta: &git2::DiffDelta<'_>| {
        let file = if delta.status() == Delta::Deleted { delta.old_file() } else { delta.new_file() };
        file.path_bytes().map(|path| String::from_utf8_lossy(path).into_owned()).unwrap_or_default()
    };
    let mut on_file = |delta: git2::DiffDelta<'_>, _: f32| {
        files.entry(path_of(&delta)).or_default().deleted = delta.status() == Delta::Deleted;
        true
    };
    let mut found: Vec<(String, char, String)> = Vec::new();
    let mut on_line =
        |delta: git2::DiffDelta<'_>, _: Option<git2::DiffHunk<'_>>, line: git2::DiffLine<'_>| {
            let text = String::from_utf8_lossy(line.content()).into_owned();
            found.push((path_of(&delta), line.origin(), text));
            true
        };
    diff.foreach(&mut on_file, None, None, Some(&mut on_line)).ok()?;
    let mut change = ChangedLines::default();
    for (path, lines) in files {
        *change.file(&path) = lines;
    }
    for (path, origin, text) in found {
        match origin {
            '+' => change.file(&path).add(&text),
            '-' => change.file(&path).remove(&text),
            _ => {}
        }
    }
    Some(change)
}
