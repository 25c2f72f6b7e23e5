//! Files before and after a patch, the agent's or people's.

use std::collections::HashMap;
use std::sync::Arc;

use crate::source::{ChangedFile, Content, Overlay};

/// Longest file that is compared by its lines, in bytes.
const MAX_TEXT: usize = 2 << 20;
/// Least share of lines that two files have in common when one is the other under a new name, in percent; as git has it.
const SAME_FILE: usize = 50;
/// Most removed and added files that are looked at for new names.
const MAX_RENAMES: usize = 200;

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// There is no such file.
    None,
    /// Text.
    Text(String),
    /// Something else than text, or too long; its bytes.
    Binary(Arc<[u8]>),
    /// Not known.
    Unknown,
}

/// One file that a patch changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileChange {
    /// Its path afterwards; before, where it is gone.
    pub(super) path: String,
    /// Its path before, where that is another one.
    pub(super) renamed_from: Option<String>,
    pub(super) before: Side,
    pub(super) after: Side,
}

impl Side {
    pub(super) fn of(bytes: Arc<[u8]>) -> Self {
        let text = !bytes.iter().take(8000).any(|byte| *byte == 0) && bytes.len() <= MAX_TEXT;
        if text { Self::Text(String::from_utf8_lossy(&bytes).into_owned()) } else { Self::Binary(bytes) }
    }

    pub(super) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

impl FileChange {
    /// Is it not known what it made of the file?
    pub(super) fn is_unknown(&self) -> bool {
        self.after == Side::Unknown
    }

    /// Lines that are there afterwards and were not before, and those that are gone.
    pub(super) fn lines(&self) -> (u32, u32) {
        let count = |lines: Vec<&str>| u32::try_from(lines.len()).unwrap_or(u32::MAX);
        let (added, removed) = self.changed_lines(|line| line);
        (count(added), count(removed))
    }

    /// The lines that are added and those that are removed, in order, where lines of the same key are the same. A line
    /// that only moves is neither.
    pub(super) fn changed_lines<'t, K: Eq + std::hash::Hash>(
        &'t self,
        key: impl Fn(&'t str) -> K,
    ) -> (Vec<&'t str>, Vec<&'t str>) {
        let (before, after) = (self.before.text().unwrap_or_default(), self.after.text().unwrap_or_default());
        (missing_in(after, before, &key), missing_in(before, after, &key))
    }
}

/// The lines of a text that another one lacks; each line of the other stands for one.
fn missing_in<'t, K: Eq + std::hash::Hash>(
    text: &'t str,
    other: &'t str,
    key: &impl Fn(&'t str) -> K,
) -> Vec<&'t str> {
    let mut there: HashMap<K, u32> = HashMap::new();
    for line in other.lines() {
        *there.entry(key(line)).or_default() += 1;
    }
    let missing = |line: &&'t str| match there.get_mut(&key(line)) {
        Some(left) if *left > 0 => {
            *left -= 1;
            false
        }
        _ => true,
    };
    text.lines().filter(missing).collect()
}

/// The patch of a session. A file that a command wrote, that is not known and that the snapshot lacks is taken for
/// scratch and left out.
pub(super) fn of_session(tree: &Overlay) -> Vec<FileChange> {
    let side = |content: Content| match content {
        Content::Known(bytes) => Side::of(tree.base().unmask(&bytes)),
        Content::NoFile => Side::None,
        Content::Unknown => Side::Unknown,
    };
    let changed = |file: ChangedFile| {
        let scratch = file.before == Content::NoFile && file.after == Content::Unknown;
        let path = String::from_utf8_lossy(&file.path).into_owned();
        let hidden = path.split('/').any(|part| part == ".git");
        (!scratch && !hidden).then(|| FileChange {
            path,
            renamed_from: None,
            before: side(file.before),
            after: side(file.after),
        })
    };
    let mut changes: Vec<FileChange> = tree.last_known_diff().into_iter().filter_map(changed).collect();
    find_renames(&mut changes);
    changes
}

/// Joins a removed and an added file that are mostly the same.
pub(super) fn find_renames(changes: &mut Vec<FileChange>) {
    let gone: Vec<usize> = (0..changes.len()).filter(|at| changes[*at].after == Side::None).collect();
    let new: Vec<usize> = (0..changes.len()).filter(|at| changes[*at].before == Side::None).collect();
    if gone.is_empty() || new.is_empty() || gone.len().max(new.len()) > MAX_RENAMES {
        return;
    }
    let mut pairs: Vec<(usize, usize, usize)> = Vec::new();
    for old in &gone {
        for now in &new {
            let share = common_share(&changes[*old].before, &changes[*now].after);
            if share >= SAME_FILE {
                pairs.push((share, *old, *now));
            }
        }
    }
    // The likest first; among equals in the order of paths.
    pairs.sort_by_key(|(share, old, now)| (std::cmp::Reverse(*share), *old, *now));
    let mut done = vec![false; changes.len()];
    let mut remove = Vec::new();
    for (_, old, now) in pairs {
        if done[old] || done[now] {
            continue;
        }
        (done[old], done[now]) = (true, true);
        changes[now].before = std::mem::replace(&mut changes[old].before, Side::None);
        changes[now].renamed_from = Some(changes[old].path.clone());
        remove.push(old);
    }
    let mut at = 0;
    changes.retain(|_| {
        at += 1;
        !remove.contains(&(at - 1))
    });
}

/// Share of lines that two files have in common, in percent of the longer one.
fn common_share(one: &Side, two: &Side) -> usize {
    match (one, two) {
        (Side::Text(one), Side::Text(two)) => {
            let all = one.lines().count().max(two.lines().count());
            let missing = missing_in(one, two, &|line| line).len();
            (one.lines().count() - missing) * 100 / all.max(1)
        }
        (Side::Binary(one), Side::Binary(two)) if one == two => 100,
        _ => 0,
    }
}
