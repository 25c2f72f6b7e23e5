//! The ways that a script may have gone, given what the recording tells, and the calls that are common to all.
//!
//! A call without an item was refused or stopped without a trace. Both are tried; a way that the recording
//! contradicts (another end, another number of printed pieces, other texts) is given up.

use std::borrow::Cow;
use std::rc::Rc;

use super::Nested;
use super::engine::{Ended, Means, run};
use super::noted::Noted;
use super::world::{Choice, Made, Stored, Traits, World};

/// Ways of one script that are tried.
const MAX_WAYS: usize = 48;

/// What the recording tells of a script as a whole.
#[derive(Debug, Default)]
pub(in crate::transcript) struct Story<'t> {
    pub end: End,
    /// The pieces that it printed, `None` for images; `None` when they are not told one by one.
    pub printed: Option<Vec<Option<Cow<'t, str>>>>,
    /// What was noted while it ran.
    pub noted: Vec<Noted>,
    /// The lines that note it, and the ids under which they do.
    pub ids: Vec<(u32, String)>,
}

impl Story<'_> {
    /// What a failed script threw.
    fn error(&self) -> Option<&str> {
        let last = self.printed.as_ref()?.last()?.as_deref()?;
        last.strip_prefix("Script error:\n").filter(|_| self.end == End::Failed)
    }
}

/// How a script ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::transcript) enum End {
    Completed,
    Failed,
    /// It was interrupted or terminated, or the recording ends before it did.
    #[default]
    Cut,
}

/// The calls that were certainly made, in order.
#[derive(Debug, Default)]
pub(super) struct Certain {
    pub calls: Vec<Nested>,
    /// There are no others.
    pub all: bool,
    /// The items that tell of them.
    pub items: Vec<Option<usize>>,
    /// What was stored in the end.
    pub stored: Stored,
}

/// A way that the recording does not contradict.
struct Way {
    ended: Ended,
    calls: Vec<Made>,
    explained: Vec<bool>,
    /// The recorded refusal names the call that was refused last on this way.
    named: bool,
    stored: Stored,
}

/// Evaluates a script in all ways it may have gone; `None` when the recording contradicts every one.
pub(super) fn certain(
    source: &str,
    story: &Story<'_>,
    noted: &Rc<Vec<Noted>>,
    traits: Traits,
    stored: &Stored,
    means: &mut Means,
) -> Option<Certain> {
    let mut ways: Vec<Way> = Vec::new();
    let mut open = vec![Vec::new()];
    let mut tried = 0;
    // Calls that stand before the first way that was not tried.
    let mut limit = usize::MAX;
    while let Some(choices) = open.pop() {
        tried += 1;
        let known = choices.len();
        let world = World::new(noted.clone(), traits, choices, stored.clone());
        let (ended, world) = run(source, world, means);
        for (nth, calls) in world.forks.iter().enumerate().skip(known) {
            for other in [Choice::Refused, Choice::Open] {
                if other == Choice::Open && story.end != End::Cut {
                    continue;
                }
                if tried + open.len() >= MAX_WAYS {
                    limit = limit.min(*calls);
                    continue;
                }
                let mut choices = world.choices[..nth].to_vec();
                choices.push(other);
                open.push(choices);
            }
        }
        if agrees(ended, &world, story) {
            let refused = world.refused.and_then(|at| world.calls.get(at));
            let named =
                refused.is_some_and(|call| story.error().is_some_and(|text| call.asked.is_named_by(text)));
            let explained = world.explained().to_vec();
            ways.push(Way { ended, calls: world.calls, explained, named, stored: world.stored });
        }
    }
    merge(ways, limit)
}

/// Whether a run went as the recording tells.
fn agrees(ended: Ended, world: &World, story: &Story<'_>) -> bool {
    let fits = match (ended, story.end) {
        (Ended::Stuck, _) => true,
        (Ended::Completed, end) => end == End::Completed,
        (Ended::Failed, end) => end == End::Failed,
        (Ended::Waiting, end) => end == End::Cut,
    };
    let Some(printed) = &story.printed else { return fits };
    let whole = matches!(ended, Ended::Completed | Ended::Failed);
    // What a failed script threw is the last piece.
    let count = printed.len() - usize::from(story.end == End::Failed && !printed.is_empty());
    // What a script printed before it was cut off may be lost.
    let enough = match story.end {
        End::Cut => true,
        _ if whole => world.prints.len() == count,
        _ => world.prints.len() <= count,
    };
    let same = world.prints.iter().zip(printed).all(|(one, other)| match (one, other) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    });
    fits && enough && same
}

/// What all ways have in common. An item that one way explains and another leaves over speaks for the first.
fn merge(mut ways: Vec<Way>, limit: usize) -> Option<Certain> {
    let explains = |way: &Way| way.explained.iter().filter(|explained| **explained).count();
    let covers = |one: &Way, other: &Way| {
        other.explained.iter().enumerate().all(|(at, is)| !is || one.explained.get(at) == Some(&true))
    };
    let best = ways.iter().position(|one| {
        ways.iter().all(|other| covers(one, other))
            && ways.iter().any(|other| explains(other) < explains(one))
    });
    if let Some(best) = best.map(|at| explains(&ways[at])) {
        ways.retain(|way| explains(way) == best || way.ended == Ended::Stuck);
    }
    if ways.iter().any(|way| way.named) {
        ways.retain(|way| way.named || way.ended == Ended::Stuck);
    }
    let first = ways.pop()?;
    let mut all = first.ended != Ended::Stuck && limit == usize::MAX;
    let mut common = first.calls.len().min(limit);
    let mut stored = first.stored;
    for way in &ways {
        let same = way.calls.iter().zip(&first.calls).take_while(|(one, other)| one.nested == other.nested);
        let same = same.count();
        all &= way.ended != Ended::Stuck && same == way.calls.len() && same == first.calls.len();
        common = common.min(same);
        stored.uncertain |= !stored.same(&way.stored);
    }
    stored.uncertain |= !all;
    let made = first.calls.into_iter().take(common);
    let (calls, items) = made.map(|made| (made.nested, made.item)).unzip();
    Some(Certain { calls, all, items, stored })
}
