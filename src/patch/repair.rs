//! Later commits that took a merged change back or repaired it.
//!
//! A commit repairs when a person lists it among the task's defects, when its message says that it reverts or fixes the
//! merged commit by id, or when its first line speaks of a fix and it changes lines that `git blame` gives to the merged
//! commit (the method known as SZZ; lines that only change their blanks, or that say nothing, do not count).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{LazyLock, OnceLock};

use regex::Regex;

use super::git::{Store, diff, parents};
use crate::replay::{MAX_NAMED, Repair, RepairKind};
use crate::source::ObjectId;
use crate::source::snapshot::Snapshot;

/// Most commits that are read of one repository.
const MAX_COMMITS: usize = 50_000;
/// Most fixes whose lines are blamed for one merged commit, the first ones.
const MAX_BLAMED: usize = 200;
/// Most files of one fix; a larger one is no repair of a single change.
const MAX_FILES: usize = 100;
/// Longest first line of a message that is told, in characters.
const MAX_SUBJECT: usize = 100;

/// The commits of a repository that branches and tags lead to, in the order of their times.
#[derive(Debug, Default)]
pub(super) struct Annals(OnceLock<Chronicle>);

#[derive(Debug, Default)]
struct Chronicle {
    entries: Vec<Entry>,
    children: HashMap<ObjectId, Vec<ObjectId>>,
}

#[derive(Debug)]
struct Entry {
    id: ObjectId,
    time: i64,
    message: String,
}

/// Commits that repaired one merged commit.
#[derive(Debug, Default)]
pub(super) struct Repairs(OnceLock<Vec<Repair>>);

impl Annals {
    fn read(&self, git: &Store, snapshot: &Snapshot) -> &Chronicle {
        self.0.get_or_init(|| {
            let mut seen = HashSet::new();
            let mut left = snapshot.tips();
            let mut entries = Vec::new();
            let mut children: HashMap<ObjectId, Vec<ObjectId>> = HashMap::new();
            while let Some(id) = left.pop() {
                if seen.len() == MAX_COMMITS || !seen.insert(id) {
                    continue;
                }
                let Ok(commit) = git.git().find_commit(id) else { continue };
                for parent in commit.parent_ids() {
                    children.entry(parent).or_default().push(id);
                    left.push(parent);
                }
                let message = String::from_utf8_lossy(commit.message_bytes()).into_owned();
                entries.push(Entry { id, time: commit.time().seconds(), message });
            }
            entries.sort_by_key(|entry| (entry.time, entry.id));
            Chronicle { entries, children }
        })
    }

    /// Commits that repaired `merged`, each with how that is known.
    pub(super) fn repairs(&self, git: &Store, snapshot: &Snapshot, merged: ObjectId) -> Vec<Repair> {
        let own = OwnCommits::of(git.git(), merged);
        let id = git.id_of(merged);
        let mut blamed = 0;
        let mut repairs = Vec::new();
        let chronicle = self.read(git, snapshot);
        let later = chronicle.after(merged);
        for entry in &chronicle.entries {
            let says = says_repair(&entry.message, &id);
            let fix = says.is_none() && speaks_of_fix(&entry.message);
            let is_later = later.contains(&entry.id) && !own.0.contains(&entry.id);
            if !is_later || (says.is_none() && !fix) {
                continue;
            }
            let (how, lines) = match says {
                Some("reverts") => (RepairKind::Reverts, 0),
                Some(_) => (RepairKind::Names, 0),
                None if blamed == MAX_BLAMED => continue,
                None => {
                    let lines = own.lines_changed_by(git.git(), merged, entry.id);
                    blamed += usize::from(lines.is_some());
                    match lines {
                        Some(lines) if lines > 0 => (RepairKind::Fixes, lines),
                        _ => continue,
                    }
                }
            };
            let subject = entry.message.lines().next().unwrap_or_default();
            let subject = subject.chars().take(MAX_SUBJECT).collect();
            repairs.push(Repair { commit: git.id_of(entry.id), how, lines, subject });
        }
        repairs
    }
}

impl Chronicle {
    /// The commits that build on one.
    fn after(&self, commit: ObjectId) -> HashSet<ObjectId> {
        let mut after = HashSet::new();
        let mut left = vec![commit];
        while let Some(id) = left.pop() {
            for child in self.children.get(&id).into_iter().flatten() {
                if after.insert(*child) {
                    left.push(*child);
                }
            }
        }
        after
    }
}

impl Repairs {
    /// What was found, once.
    pub(super) fn get(&self, find: impl FnOnce() -> Vec<Repair>) -> &[Repair] {
        self.0.get_or_init(find)
    }
}

/// What people list and what was found, each commit once; what people say comes first.
pub(super) fn all(git: &Store, found: &[Repair], defects: &[String]) -> Vec<Repair> {
    let mut all: BTreeMap<String, Repair> =
        found.iter().map(|repair| (repair.commit.clone(), repair.clone())).collect();
    for defect in defects {
        let id = git.commit(defect).map_or_else(|| defect.clone(), |id| git.id_of(id));
        let known = all.entry(id.clone()).or_insert_with(|| Repair {
            commit: id,
            how: RepairKind::Labelled,
            lines: 0,
            subject: String::new(),
        });
        known.how = RepairKind::Labelled;
    }
    all.into_values().take(MAX_NAMED).collect()
}

/// The commits that a merge brought: itself and, for one with several parents, those that only it leads to.
struct OwnCommits(HashSet<ObjectId>);

impl OwnCommits {
    fn of(repo: &git2::Repository, merged: ObjectId) -> Self {
        let mut own = HashSet::from([merged]);
        let parents = parents(repo, merged);
        if let [first, others @ ..] = parents.as_slice()
            && !others.is_empty()
            && let Ok(mut walk) = repo.revwalk()
        {
            let pushed = others.iter().try_for_each(|id| walk.push(*id)).and_then(|()| walk.hide(*first));
            if pushed.is_ok() {
                own.extend(walk.flatten().take(MAX_COMMITS));
            }
        }
        Self(own)
    }

    /// How many lines of these commits a later one removes or changes; `None` when they have no file in common.
    fn lines_changed_by(&self, repo: &git2::Repository, merged: ObjectId, fix: ObjectId) -> Option<u32> {
        let before = *parents(repo, fix).first()?;
        let ours: HashSet<String> = paths(&diff(repo, parents(repo, merged).first().copied(), merged)?);
        let diff = diff(repo, Some(before), fix)?;
        if diff.deltas().len() > MAX_FILES || paths(&diff).is_disjoint(&ours) {
            return None;
        }
        let mut found = 0;
        for (path, lines) in removed_lines(&diff)? {
            if ours.contains(&path) {
                found += self.blamed(repo, merged, before, &path, &lines);
            }
        }
        Some(found)
    }

    /// How many of these lines of a file come from these commits, as the file was at `at`.
    fn blamed(
        &self,
        repo: &git2::Repository,
        merged: ObjectId,
        at: ObjectId,
        path: &str,
        lines: &[usize],
    ) -> u32 {
        let mut options = git2::BlameOptions::new();
        let oldest = parents(repo, merged).first().copied();
        options.newest_commit(at).ignore_whitespace(true);
        if let Some(oldest) = oldest {
            options.oldest_commit(oldest);
        }
        let Ok(blame) = repo.blame_file(std::path::Path::new(path), Some(&mut options)) else {
            return 0;
        };
        let own = |line: &&usize| {
            blame.get_line(**line).is_some_and(|hunk| self.0.contains(&hunk.final_commit_id()))
        };
        u32::try_from(lines.iter().filter(own).count()).unwrap_or(u32::MAX)
    }
}

/// How many lines of a merged commit a later one changes.
pub(crate) fn fixed_lines(repo: &git2::Repository, merged: ObjectId, later: ObjectId) -> u32 {
    OwnCommits::of(repo, merged).lines_changed_by(repo, merged, later).unwrap_or(0)
}

/// Paths that a difference touches, before and after.
fn paths(diff: &git2::Diff<'_>) -> HashSet<String> {
    let both = diff.deltas().flat_map(|delta| {
        [delta.old_file().path_bytes(), delta.new_file().path_bytes()].map(|path| path.map(<[u8]>::to_vec))
    });
    both.flatten().map(|path| String::from_utf8_lossy(&path).into_owned()).collect()
}

/// Lines that say something and are gone or changed in more than their blanks, by file and number in the old file.
fn removed_lines(diff: &git2::Diff<'_>) -> Option<Vec<(String, Vec<usize>)>> {
    let mut removed: BTreeMap<String, Vec<(usize, String)>> = BTreeMap::new();
    let mut added: HashSet<(String, String)> = HashSet::new();
    let key = |bytes: &[u8]| String::from_utf8_lossy(bytes).split_whitespace().collect::<String>();
    diff.foreach(
        &mut |_, _| true,
        None,
        None,
        Some(&mut |delta, _, line| {
            let path = delta.old_file().path_bytes().map(|path| String::from_utf8_lossy(path).into_owned());
            let Some(path) = path else { return true };
            let key = key(line.content());
            match (line.origin(), line.old_lineno()) {
                ('-', Some(number)) if key.chars().any(char::is_alphanumeric) => {
                    removed.entry(path).or_default().push((number as usize, key));
                }
                ('+', _) => _ = added.insert((path, key)),
                _ => {}
            }
            true
        }),
    )
    .ok()?;
    let real = |(path, lines): (String, Vec<(usize, String)>)| {
        let kept = lines.into_iter().filter(|(_, key)| !added.contains(&(path.clone(), key.clone())));
        let numbers: Vec<usize> = kept.map(|(number, _)| number).collect();
        (path, numbers)
    };
    Some(removed.into_iter().map(real).collect())
}

/// Does the first line of a message say that something is repaired?
pub(crate) fn speaks_of_fix(message: &str) -> bool {
    static FIX: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let words = "fix(es|ed|ing)?|bug(s|fix|fixes)?|hot-?fix|repair(s|ed|ing)?|regression|regressed|defect|broke|broken";
        Regex::new(&format!(r"(?i)\b({words})\b")).ok()
    });
    let subject = message.lines().next().unwrap_or_default();
    FIX.as_ref().is_some_and(|fix| fix.is_match(subject))
}

/// `reverts` or `fixes`, when a message says so of the commit with this id.
fn says_repair(message: &str, id: &str) -> Option<&'static str> {
    repairs_named(message).into_iter().find(|(digits, _)| id.starts_with(digits)).map(|(_, kind)| kind)
}

/// The commits that a message says it repairs, by 7 to 40 digits of their ids, each with `reverts` or `fixes`.
pub(crate) fn repairs_named(message: &str) -> Vec<(String, &'static str)> {
    let lower = message.to_ascii_lowercase();
    let named = |text: &str| {
        let word = text.trim_start_matches([' ', ':', '#']);
        let digits = word.bytes().take_while(u8::is_ascii_hexdigit).count();
        (digits >= 7).then(|| word[..digits.min(40)].to_owned())
    };
    let mut found = Vec::new();
    for (word, kind) in [
        ("this reverts commit", "reverts"),
        ("reverts", "reverts"),
        ("revert", "reverts"),
        ("fixes", "fixes"),
        ("fixes commit", "fixes"),
        ("fix for", "fixes"),
        ("fixup of", "fixes"),
        ("regression from", "fixes"),
        ("introduced in", "fixes"),
        ("introduced by", "fixes"),
        ("broken by", "fixes"),
    ] {
        let ends = lower.match_indices(word).map(|(at, _)| at + word.len());
        found.extend(ends.filter_map(|end| Some((named(&lower[end..])?, kind))));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_that_name_the_commit() {
        let id = "4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e";
        for (message, want) in [
            (format!("Revert \"x\"\n\nThis reverts commit {id}."), Some("reverts")),
            ("This reverts commit 4F1C2D3E4f.".to_owned(), Some("reverts")),
            ("Fixes: 4f1c2d3 (\"add x\")".to_owned(), Some("fixes")),
            ("Repair it\n\nfixes 4f1c2d3e4f1c".to_owned(), Some("fixes")),
            ("regression from 4f1c2d3".to_owned(), Some("fixes")),
            ("fixes #41234567".to_owned(), None),
            ("Fixes: 4f1c2d".to_owned(), None),
            (format!("Mentions {id}"), None),
            ("This reverts commit 0000000000.".to_owned(), None),
        ] {
            assert_eq!(says_repair(&message, id), want, "{message}");
        }
    }
}
