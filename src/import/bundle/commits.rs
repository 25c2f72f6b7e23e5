//! The commits of a bundle: as they are, or written anew without what names people.

use std::collections::{BTreeMap, BTreeSet};

use super::super::history::{Graph, NOBODYS_MAIL, nobodys_commit};
use crate::source::ObjectId;

/// Longest line of a message that is kept, in bytes.
const MAX_LINE: usize = 1000;
/// Most lines of a message that are kept.
const MAX_LINES: usize = 50;
/// Fewest digits of an id that a message names.
const LEAST_ID: usize = 7;

/// What may be written of commits.
pub(in crate::import) struct CommitRules<'r> {
    /// Nothing is written of who made them.
    pub(in crate::import) masked: bool,
    /// Whether a text must not be written as it is.
    pub(in crate::import) is_secret: &'r dyn Fn(&str) -> bool,
    /// A message as it may be written; the names of its author and committer are given, too.
    pub(in crate::import) message: &'r dyn Fn(&str, &[String]) -> String,
}

/// Commits by the ids that people know them by, and what is packed for each.
pub(super) struct Commits {
    packed: BTreeMap<ObjectId, ObjectId>,
    rewritten: bool,
}

impl Commits {
    /// Commits that are packed as they are.
    fn plain(ids: &BTreeSet<ObjectId>) -> Self {
        Self { packed: ids.iter().map(|id| (*id, *id)).collect(), rewritten: false }
    }

    /// These commits; written anew where the rules ask for it, where `anew`, or where a secret stands in one.
    ///
    /// # Errors
    /// A commit cannot be read or written.
    pub(super) fn of(
        graph: &Graph,
        ids: &BTreeSet<ObjectId>,
        rules: &CommitRules<'_>,
        anew: bool,
    ) -> Result<Self, git2::Error> {
        let holds_secret = |id: &ObjectId| {
            let commit = graph.git().find_commit(graph.object(*id));
            let texts = |commit: git2::Commit<'_>| {
                let text = |bytes: &[u8]| (rules.is_secret)(&String::from_utf8_lossy(bytes));
                text(commit.raw_header_bytes()) || text(commit.message_raw_bytes())
            };
            commit.is_ok_and(texts)
        };
        if !rules.masked && !anew && !ids.iter().any(holds_secret) {
            return Ok(Self::plain(ids));
        }
        let mut packed = BTreeMap::new();
        for id in parents_first(graph, ids) {
            let object = rewrite(graph, id, &packed, rules)?;
            packed.insert(id, object);
        }
        Ok(Self { packed, rewritten: true })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = ObjectId> {
        self.packed.keys().copied()
    }

    pub(super) fn len(&self) -> usize {
        self.packed.len()
    }

    pub(super) fn contains(&self, id: ObjectId) -> bool {
        self.packed.contains_key(&id)
    }

    /// What is packed for a commit.
    pub(super) fn packed(&self, id: ObjectId) -> ObjectId {
        self.packed.get(&id).copied().unwrap_or(id)
    }

    pub(super) fn are_rewritten(&self) -> bool {
        self.rewritten
    }

    /// Commits for which others are packed, with those.
    pub(super) fn changed(&self) -> impl Iterator<Item = (ObjectId, ObjectId)> {
        self.packed.iter().filter(|(id, packed)| id != packed).map(|(id, packed)| (*id, *packed))
    }
}

/// Commits in an order in which each comes after its parents.
fn parents_first(graph: &Graph, ids: &BTreeSet<ObjectId>) -> Vec<ObjectId> {
    let mut order = Vec::with_capacity(ids.len());
    let mut seen = BTreeSet::new();
    for id in ids {
        let mut left = vec![(*id, false)];
        while let Some((id, done)) = left.pop() {
            if done {
                order.push(id);
            } else if ids.contains(&id) && seen.insert(id) {
                left.push((id, true));
                let parents = graph.head(id).map(|head| head.parents.clone()).unwrap_or_default();
                left.extend(parents.into_iter().map(|parent| (parent, false)));
            }
        }
    }
    order
}

/// Writes a commit with the same tree and times, without its author, its signature and most of its message. Parents
/// that are not packed are left out, so that history ends there for every reader.
fn rewrite(
    graph: &Graph,
    id: ObjectId,
    packed: &BTreeMap<ObjectId, ObjectId>,
    rules: &CommitRules<'_>,
) -> Result<ObjectId, git2::Error> {
    let commit = graph.git().find_commit(graph.object(id))?;
    let parents = commit.parent_ids().filter_map(|parent| packed.get(&graph.original(parent)).copied());
    let parents: Vec<ObjectId> = parents.collect();
    let people = [commit.author(), commit.committer()];
    let people = people.iter().filter(|who| who.email_bytes() != NOBODYS_MAIL.as_bytes()).map(|who| {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        format!("{} <{}>", text(who.name_bytes()), text(who.email_bytes()))
    });
    let message = telling(&String::from_utf8_lossy(commit.message_raw_bytes()));
    let message = (rules.message)(&message, &people.collect::<Vec<_>>());
    let times = (commit.author().when().seconds(), commit.time().seconds());
    nobodys_commit(graph.git(), commit.tree_id(), &parents, times, &message)
}

/// What is asked of messages: the first line, and lines that name a commit. The rest says who and why.
fn telling(message: &str) -> String {
    let names_commit = |line: &str| {
        line.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
            (LEAST_ID..=40).contains(&word.len())
                && word.bytes().all(|byte| byte.is_ascii_hexdigit())
                && word.bytes().any(|byte| byte.is_ascii_digit())
        })
    };
    let mut lines = message.trim_start().lines();
    let first = lines.next().unwrap_or_default();
    let named = lines.filter(|line| names_commit(line));
    let mut kept = String::new();
    for line in std::iter::once(first).chain(named).take(MAX_LINES) {
        let end = line.floor_char_boundary(MAX_LINE);
        kept.push_str(line[..end].trim_end());
        kept.push('\n');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_keep_what_names_commits() {
        for (message, want) in [
            ("Add x\n", "Add x\n"),
            ("", "\n"),
            (
                "Revert \"x\"\n\nThis reverts commit 4f1c2d3e4f1c.\nIt broke.\nFixes: 4f1c2d3 (\"x\")\n\nSigned-off-by: A <a@b>\n",
                "Revert \"x\"\nThis reverts commit 4f1c2d3e4f1c.\nFixes: 4f1c2d3 (\"x\")\n",
            ),
            ("\n\nx\ndeadbeef facade\n", "x\n"),
        ] {
            assert_eq!(telling(message), want);
        }
    }
}
