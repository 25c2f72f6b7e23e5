use std::collections::HashMap;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::replay::{ReplayStep, StepKind};

/// How a step of the one replay stands to one of the other; numbers are indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pair {
    /// The same step, perhaps changed.
    Both(usize, usize),
    /// Only in the baseline.
    Gone(usize),
    /// Only in the new replay.
    Added(usize),
    /// Where a step of the baseline stood that stands elsewhere now.
    MovedFrom(usize, usize),
    /// Where it stands now.
    MovedTo(usize, usize),
}

/// Largest product of gone and added steps of one gap in which alike ones are looked for.
const MAX_GAP: usize = 4096;

/// Aligns steps. With `same_recording` call ids tell which is which; otherwise only what the steps do.
pub(super) fn align(before: &[ReplayStep], now: &[ReplayStep], same_recording: bool) -> Vec<Pair> {
    let plain = before.len() == now.len()
        && before.iter().zip(now).all(|(a, b)| a.id == b.id && a.kind == b.kind && a.label == b.label);
    if plain {
        return (0..now.len()).map(|i| Pair::Both(i, i)).collect();
    }
    let (old_keys, new_keys) = keys(before, now, same_recording);
    let matches = matches(&old_keys, &new_keys);
    let moves = Moves::find(&old_keys, &new_keys, &matches);
    let mut pairs = Vec::with_capacity(before.len().max(now.len()));
    let (mut i, mut j) = (0, 0);
    for (to_i, to_j) in matches.into_iter().chain([(before.len(), now.len())]) {
        gap(before, now, i..to_i, j..to_j, &moves, &mut pairs);
        if to_i < before.len() && to_j < now.len() {
            pairs.push(Pair::Both(to_i, to_j));
        }
        (i, j) = (to_i + 1, to_j + 1);
    }
    pairs
}

/// Steps as numbers: equal numbers do the same thing at the same depth.
fn keys(before: &[ReplayStep], now: &[ReplayStep], same_recording: bool) -> (Vec<u32>, Vec<u32>) {
    let mut known: HashMap<(StepKind, u8, String, &str), u32> = HashMap::new();
    let mut keys = Vec::with_capacity(before.len() + now.len());
    for step in before.iter().chain(now) {
        let next = known.len() as u32;
        let id = if same_recording { step.id.as_str() } else { "" };
        let key = (step.kind, step.depth, normalised(&step.label), id);
        keys.push(*known.entry(key).or_insert(next));
    }
    let new = keys.split_off(before.len());
    (keys, new)
}

/// A label without what differs from one recording to the next: blanks, and words that are ids, hashes or times.
fn normalised(label: &str) -> String {
    let mut text = String::with_capacity(label.len());
    for word in label.split_whitespace() {
        if !text.is_empty() {
            text.push(' ');
        }
        for part in word.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
            let (body, end) = match part.char_indices().next_back() {
                Some((at, c)) if !c.is_ascii_alphanumeric() => part.split_at(at),
                _ => (part, ""),
            };
            text.push_str(if is_volatile(body) { "#" } else { body });
            text.push_str(end);
        }
    }
    text
}

/// Hex of the length of a short commit or more.
fn is_volatile(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let enough = if digits > 0 { 7 } else { 12 };
    word.len() >= enough && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Equal steps in the same order, most of them: a longest common subsequence.
///
/// Steps that stand on one side only are left out before, so that two sessions with nothing in common are cheap.
fn matches(old: &[u32], new: &[u32]) -> Vec<(usize, usize)> {
    let kept = |keys: &[u32], others: &[u32]| -> (Vec<usize>, Vec<u32>) {
        let others: std::collections::HashSet<u32> = others.iter().copied().collect();
        keys.iter().copied().enumerate().filter(|(_, key)| others.contains(key)).unzip()
    };
    let (old_at, old_kept) = kept(old, new);
    let (new_at, new_kept) = kept(new, old);
    let mut found = Vec::with_capacity(old_kept.len());
    for op in capture_diff_slices(Algorithm::Myers, &old_kept, &new_kept) {
        if let DiffOp::Equal { old_index, new_index, len } = op {
            found.extend((0..len).map(|k| (old_at[old_index + k], new_at[new_index + k])));
        }
    }
    found
}

/// Steps that do the same but stand elsewhere, by their index on the other side.
struct Moves {
    old: Vec<Option<usize>>,
    new: Vec<Option<usize>>,
}

impl Moves {
    fn find(old: &[u32], new: &[u32], matches: &[(usize, usize)]) -> Self {
        let (mut old_free, mut new_free) = (vec![true; old.len()], vec![true; new.len()]);
        for (i, j) in matches {
            (old_free[*i], new_free[*j]) = (false, false);
        }
        let mut free: HashMap<u32, Vec<usize>> = HashMap::new();
        for j in (0..new.len()).rev().filter(|j| new_free[*j]) {
            free.entry(new[j]).or_default().push(j);
        }
        let mut moves = Self { old: vec![None; old.len()], new: vec![None; new.len()] };
        for i in (0..old.len()).filter(|i| old_free[*i]) {
            if let Some(j) = free.get_mut(&old[i]).and_then(Vec::pop) {
                (moves.old[i], moves.new[j]) = (Some(j), Some(i));
            }
        }
        moves
    }
}

/// Steps between two matches: pairs those with one id, then those that look alike; the rest is gone or added.
fn gap(
    before: &[ReplayStep],
    now: &[ReplayStep],
    old: Range<usize>,
    new: Range<usize>,
    moves: &Moves,
    pairs: &mut Vec<Pair>,
) {
    let small = old.len().saturating_mul(new.len()) <= MAX_GAP;
    let lone = |j: usize| moves.new[j].map_or(Pair::Added(j), |i| Pair::MovedTo(i, j));
    let mut next = new.start;
    for i in old {
        if let Some(j) = moves.old[i] {
            pairs.push(Pair::MovedFrom(i, j));
            continue;
        }
        let rest = || (next..new.end).filter(|j| small && moves.new[*j].is_none());
        let same_id = rest().find(|j| before[i].id == now[*j].id && before[i].kind == now[*j].kind);
        let found = same_id.or_else(|| rest().find(|j| likeness(&before[i], &now[*j]) >= ALIKE));
        match found {
            Some(j) => {
                pairs.extend((next..j).map(lone));
                pairs.push(Pair::Both(i, j));
                next = j + 1;
            }
            None => pairs.push(Pair::Gone(i)),
        }
    }
    pairs.extend((next..new.end).map(lone));
}

/// Share of words in common, in percent, from which two steps of a kind count as one that changed.
const ALIKE: usize = 50;

fn likeness(before: &ReplayStep, now: &ReplayStep) -> usize {
    if before.kind != now.kind || before.depth != now.depth {
        return 0;
    }
    let words = |label: &str| -> Vec<String> {
        let mut words: Vec<_> = label.split_whitespace().take(64).map(str::to_owned).collect();
        words.sort_unstable();
        words
    };
    let (old, new) = (words(&before.label), words(&now.label));
    let (mut i, mut j, mut common) = (0, 0, 0);
    while i < old.len() && j < new.len() {
        match old[i].cmp(&new[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => (i, j, common) = (i + 1, j + 1, common + 1),
        }
    }
    200 * common / (old.len() + new.len()).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_hashes_and_times_do_not_count() {
        for (label, key) in [
            ("git  show 4f1c22ab", "git show #"),
            ("sed -n 1,200p src/lib.rs", "sed -n 1,200p src/lib.rs"),
            ("cat /tmp/0f8b2c1d-77aa-4bcd-9e10-aabbccddeeff/x", "cat /tmp/#-77aa-4bcd-9e10-#/x"),
            ("echo defaced 123456", "echo defaced 123456"),
            ("date -d @1764000000", "date -d @#"),
            ("é1234567", "é#"),
        ] {
            assert_eq!(normalised(label), key);
        }
    }
}
