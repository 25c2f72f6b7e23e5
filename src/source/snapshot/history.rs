//! Which commits led to one, and what was named when it was made.

use std::collections::HashSet;

use super::ObjectId;
use super::bundle::full_id;
use super::objects::Objects;

/// Most commits that are looked at.
const MAX_COMMITS: usize = 1_000_000;

/// What led to a commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// When it was committed, in seconds since 1970.
    pub time: i64,
    /// Branches and remote branches that it builds on, and tags of commits that are not younger, by full name with the
    /// objects they point to; sorted.
    pub refs: Vec<(String, ObjectId)>,
    /// Commits whose parents are not in the repository; sorted.
    pub shallow: Vec<ObjectId>,
}

/// Parents and time of a commit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CommitHead {
    parents: Vec<ObjectId>,
    /// Seconds since 1970.
    time: i64,
}

impl CommitHead {
    pub(super) fn parents(&self) -> &[ObjectId] {
        &self.parents
    }

    /// Reads the head of a commit object. A time that makes no sense is 0, as git has it.
    pub(super) fn parse(data: &[u8]) -> Option<Self> {
        let mut parents = Vec::new();
        let mut time = None;
        for line in data.split(|byte| *byte == b'\n').take_while(|line| !line.is_empty()) {
            if let Some(id) = line.strip_prefix(b"parent ") {
                parents.push(full_id(id)?);
            } else if let Some(who) = line.strip_prefix(b"committer ") {
                let seconds = who.rsplit(|byte| *byte == b' ').nth(1);
                let seconds = seconds.and_then(|text| std::str::from_utf8(text).ok()?.parse::<u32>().ok());
                time = Some(seconds.map_or(0, i64::from));
            }
        }
        Some(Self { parents, time: time? })
    }
}

impl History {
    pub(super) fn of(objects: &Objects, commit: ObjectId) -> Self {
        let mut walk = Walk { objects, seen: HashSet::new(), shallow: Vec::new() };
        walk.from(commit);
        let time = objects.commit_head(commit).map_or(0, |head| head.time);
        let older = walk.seen.clone();
        let mut refs = Vec::new();
        for (name, id) in objects.refs().iter() {
            if !git2::Reference::is_valid_name(name) {
                continue;
            }
            let Some(target) = objects.peel(id) else { continue };
            let was_there = if name.starts_with("refs/tags/") {
                objects.commit_head(target).is_some_and(|head| head.time <= time)
            } else {
                ["refs/heads/", "refs/remotes/"].iter().any(|kind| name.starts_with(kind))
                    && older.contains(&target)
            };
            if was_there {
                walk.from(target);
                refs.push((name.to_owned(), id));
            }
        }
        refs.sort();
        refs.dedup_by(|a, b| a.0 == b.0);
        walk.shallow.sort();
        Self { time, refs, shallow: walk.shallow }
    }
}

impl Objects {
    /// Every commit that leads to one, and to those that its history names.
    pub(super) fn reached(&self, commit: ObjectId, history: &History) -> Vec<ObjectId> {
        let mut walk = Walk { objects: self, seen: HashSet::new(), shallow: Vec::new() };
        let named = history.refs.iter().filter_map(|(_, id)| self.peel(*id));
        for tip in std::iter::once(commit).chain(named) {
            walk.from(tip);
        }
        let mut reached: Vec<_> =
            walk.seen.into_iter().filter(|id| self.commit_head(*id).is_some()).collect();
        reached.sort();
        reached
    }
}

struct Walk<'w> {
    objects: &'w Objects,
    seen: HashSet<ObjectId>,
    shallow: Vec<ObjectId>,
}

impl Walk<'_> {
    /// Visits every commit that leads to this one.
    fn from(&mut self, tip: ObjectId) {
        let mut left = vec![tip];
        while let Some(id) = left.pop() {
            if self.seen.len() == MAX_COMMITS || !self.seen.insert(id) {
                continue;
            }
            let Some(head) = self.objects.commit_head(id) else { continue };
            if head.parents.iter().all(|parent| self.objects.commit_head(*parent).is_some()) {
                left.extend(&head.parents);
            } else {
                self.shallow.push(id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_commits() {
        let id = "4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e";
        let text = format!(
            "tree {id}\nparent {id}\nparent {id}\nauthor A <a@b> 1 +0000\ncommitter A B <a@b> 99 +0100\n\nparent x\n"
        );
        let head = CommitHead::parse(text.as_bytes()).unwrap();
        assert_eq!((head.parents.len(), head.time), (2, 99));
        for (bad, want) in [
            ("tree x\n\n", None),
            ("parent 4f1c\ncommitter A <a@b> 1 +0\n\n", None),
            ("committer A <a@b> -5 +0\n\n", Some(0)),
            ("committer\u{20}\n\n", Some(0)),
        ] {
            assert_eq!(CommitHead::parse(bad.as_bytes()).map(|head| head.time), want, "{bad:?}");
        }
    }
}
