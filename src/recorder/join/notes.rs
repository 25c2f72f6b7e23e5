//! From what hooks saw to answers: which call a prompt was about, and what became of it.

use std::collections::{HashMap, HashSet};

use super::super::note::{Kind, Note};
use super::super::timeline::{Millis, Timeline};
use super::names::{Names, Nested};
use super::outcome::{self, Asked};
use super::{Found, Untold, Why};
use crate::decision::{HumanVerdict, Lasting, Witness};
use crate::transcript::Recorded;

/// How much later than it happened an event may be noted: hooks run beside Codex.
const LATE: i64 = 1_000_000;
/// By how much the two clocks may differ between two events before the wall clock counts as set, in microseconds.
const JUMP: i64 = 2_000_000;
/// How many notes before and after a prompt are looked at.
const NEAR: usize = 2000;
/// Calls that begin within this time, in microseconds, are begun at once, and no person answers within it.
const AT_ONCE: i64 = 100_000;

/// A prompt, and the notes of the call that it is about.
struct Pair<'n> {
    asked: &'n Note,
    /// Codex's id of the call.
    call: &'n str,
}

pub(super) fn join<'n>(
    notes: &'n [Note],
    names: &mut Names<'n, '_>,
    timeline: &Timeline,
) -> (Vec<Found<'n>>, Vec<Untold>) {
    let results: HashMap<&str, &Note> = notes
        .iter()
        .filter(|note| note.event == "PostToolUse")
        .map(|note| (note.call.as_str(), note))
        .collect();
    let nested: Vec<_> = notes.iter().filter(|note| note.event == "PreToolUse").map(nested).collect();
    names.place(&nested);
    let (pairs, mut untold) = pair(notes, &results, timeline);
    let stopped = stopped_together(&pairs, names);
    let mut found = Vec::new();
    let mut patched = HashSet::new();
    for Pair { asked: note, call: id } in pairs {
        let why = |why| Untold { call: Some(id.to_owned()), why };
        let Some(call) = names.get(id) else {
            untold.push(why(Why::NotRecorded));
            continue;
        };
        if timeline.is_guarded(&note.turn) {
            untold.push(why(Why::Guardian));
            continue;
        }
        let files = outcome::patched_files(call);
        let again = !files.is_empty() && files.iter().all(|file| patched.contains(file));
        let result = results.get(id).map(|result| result.at / 1000);
        let times = timeline.of(id);
        let asked = Asked { at: note.at / 1000, result, others: note.others, patched: again };
        let script = call.parent.as_deref().and_then(|parent| names.get(parent));
        let outcome = if stopped.contains(id) {
            Err(Why::Stopped)
        } else {
            outcome::of(call, script, &times, asked, timeline.is_alone(&times))
        };
        match outcome {
            Err(reason) => untold.push(why(reason)),
            Ok((verdict, decided)) => {
                if verdict == HumanVerdict::Accepted {
                    patched.extend(files);
                }
                let decided =
                    decided.or_else(|| next_event(notes, note, id).filter(|_| call.parent.is_some()));
                let jumped = jumped(notes, note, decided);
                found.push(Found {
                    call: &call.id,
                    verdict,
                    lasting: Lasting::Once,
                    asked: Some(asked.at).filter(|_| !jumped),
                    decided: decided.filter(|_| !jumped),
                    jumped,
                    source: Witness::Recorder,
                });
            }
        }
    }
    (found, untold)
}

fn nested(note: &Note) -> Nested<'_> {
    Nested { id: &note.call, kind: Kind::of_tool(&note.tool), at: note.at / 1000, note: Some(note) }
}

/// Finds the call of each prompt: Codex 0.169 does not name it. It is one of the same turn whose tool was reached, but
/// which has no result yet.
fn pair<'n>(
    notes: &'n [Note],
    results: &HashMap<&str, &Note>,
    timeline: &Timeline,
) -> (Vec<Pair<'n>>, Vec<Untold>) {
    let (mut pairs, mut untold, mut taken) = (Vec::new(), Vec::new(), HashSet::new());
    let mut doubts: Vec<(usize, Vec<&str>)> = Vec::new();
    for asked in notes.iter().filter(|note| note.event == "PermissionRequest") {
        if !asked.call.is_empty() {
            pairs.push(Pair { asked, call: &asked.call });
            continue;
        }
        let open = |note: &&Note| {
            let done = results.get(note.call.as_str()).is_some_and(|result| result.at < asked.at);
            let answered = timeline.of(&note.call).answered.is_some_and(|at| at < asked.at / 1000);
            note.event == "PreToolUse"
                && note.turn == asked.turn
                && note.at <= asked.at + LATE
                && !(done || answered || taken.contains(note.call.as_str()))
        };
        let open: Vec<&Note> = around(notes, asked).iter().filter(open).collect();
        let candidates = candidates(asked, open);
        let Some(first) = candidates.first() else {
            untold.push(Untold { call: None, why: Why::NoCall });
            continue;
        };
        if candidates.len() > 1 {
            doubts.push((pairs.len(), candidates.iter().map(|note| note.call.as_str()).collect()));
        }
        taken.insert(first.call.as_str());
        pairs.push(Pair { asked, call: &first.call });
    }
    // Of equal calls made at once each has its prompt, or nobody can tell which had one.
    let unsure: HashSet<usize> = doubts
        .into_iter()
        .filter(|(_, calls)| calls.iter().any(|call| !taken.contains(call)))
        .map(|(at, _)| at)
        .collect();
    let mut sure = Vec::with_capacity(pairs.len());
    for (at, pair) in pairs.into_iter().enumerate() {
        if unsure.contains(&at) {
            untold.push(Untold { call: Some(pair.call.to_owned()), why: Why::Equal });
        } else {
            sure.push(pair);
        }
    }
    (sure, untold)
}

/// Notes near another one; a log may hold any number of them.
fn around<'n>(notes: &'n [Note], note: &Note) -> &'n [Note] {
    let at = notes.partition_point(|other| other.at < note.at);
    &notes[at.saturating_sub(NEAR)..notes.len().min(at.saturating_add(NEAR))]
}

/// Calls that a prompt may be about, those first that were reached first.
fn candidates<'n>(asked: &Note, open: Vec<&'n Note>) -> Vec<&'n Note> {
    let like = |note: &Note| note.tool == asked.tool && note.input == asked.input;
    // A command that applies a patch is asked for as a patch.
    let applies = |note: &Note| !note.patch.is_empty() && note.patch == asked.input;
    let fits: [&dyn Fn(&Note) -> bool; 2] = [&like, &applies];
    for fits in fits {
        // What was noted before the prompt comes first; the two hooks run at nearly the same time.
        for late in [0, LATE] {
            let open = open.iter().copied().filter(|note| note.at <= asked.at + late);
            let same: Vec<_> = open.filter(|note| fits(note)).collect();
            if !same.is_empty() {
                return same;
            }
        }
    }
    // A hook that rewrites a call changes what is asked for; then there must be but one.
    let near = |note: &&Note| note.tool == asked.tool && note.at <= asked.at + AT_ONCE;
    let kind: Vec<_> = open.into_iter().filter(near).collect();
    if kind.len() == 1 { kind } else { Vec::new() }
}

/// Calls that ended with their turn while several were asked for: stopping it answered none of them.
fn stopped_together<'n>(pairs: &[Pair<'n>], names: &Names<'_, '_>) -> HashSet<&'n str> {
    let mut turns: HashMap<&str, Vec<&str>> = HashMap::new();
    for Pair { asked, call } in pairs {
        let ended = |found: &crate::transcript::Call<'_>| {
            found.recorded() == Recorded::Aborted && found.item.is_none()
        };
        if names.get(call).is_some_and(ended) {
            turns.entry(&asked.turn).or_default().push(*call);
        }
    }
    turns.into_values().filter(|calls| calls.len() > 1).flatten().collect()
}

/// When the thread went on after a prompt for a call of a script: one that waits for its calls one by one goes on when
/// the prompt is answered. Where calls were begun at once, this tells nothing.
fn next_event(notes: &[Note], asked: &Note, call: &str) -> Option<Millis> {
    let notes = around(notes, asked);
    let begun = |note: &&Note| note.event == "PreToolUse" && note.turn == asked.turn;
    let own = notes.iter().filter(begun).find(|note| note.call == call)?;
    let beside = |note: &Note| note.call != call && (note.at - own.at).abs() < AT_ONCE;
    if notes.iter().filter(begun).any(beside) {
        return None;
    }
    let at = notes.iter().position(|note| std::ptr::eq(note, asked))?;
    let goes_on = |note: &&Note| ["PreToolUse", "Stop", "SubagentStop"].contains(&note.event.as_str());
    let next = notes[at + 1..].iter().filter(|note| note.turn == asked.turn).find(goes_on)?;
    (next.at - asked.at >= AT_ONCE).then_some(next.at / 1000)
}

/// Was the wall clock set between a prompt and what followed?
fn jumped(notes: &[Note], asked: &Note, decided: Option<Millis>) -> bool {
    if decided.is_some_and(|decided| decided < asked.at / 1000) {
        return true;
    }
    let later = around(notes, asked)
        .iter()
        .filter(|note| note.up > asked.up && asked.up > 0)
        .min_by_key(|note| note.up);
    later.is_some_and(|later| ((later.at - asked.at) - (later.up - asked.up)).abs() > JUMP)
}
