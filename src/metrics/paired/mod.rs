//! The present run against the accepted baselines, task by task.
//!
//! Two numbers side by side say little: a drop from 20 to 18 of 20 may be chance, and an unchanged total may hide as many
//! tasks that got worse as got better. The tasks are the same in both, so each is compared with itself, and the sign
//! test says whether those that moved moved one way. One task is one vote, however many sessions, prompts or calls it
//! has, since those of one task are alike.

mod row;
mod side;

use std::cmp::Ordering;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use row::{ROWS, Row, RowRole};
pub use side::Side;

use row::Score;

use super::sign::{holm, sign_test};
use super::{Metrics, TaskFacts};

/// A difference is called one when chance alone would make it less often than this.
pub const LEVEL: f64 = 0.05;
/// Tasks named for each side of a comparison.
const MAX_TASKS: usize = 20;

/// How one task moved, in the order of [`ROWS`]: `Greater` is better. `None`: there is nothing to compare.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskPair([Option<Ordering>; ROWS.len()]);

impl TaskPair {
    /// Compares the replays of one task by session; a session that only one of them has is left out.
    pub fn of(before: &[Side<'_>], now: &[Side<'_>]) -> Self {
        let mut sums: [Option<[Score; 2]>; ROWS.len()] = [None; ROWS.len()];
        for now in now {
            let same = |side: &&Side<'_>| side.replay.repeat == now.replay.repeat;
            let Some(before) = before.iter().find(same) else { continue };
            let [before, now] = side::scores(before, now);
            for (sum, pair) in sums.iter_mut().zip(before.into_iter().zip(now)) {
                let (Some(before), Some(now)) = pair else { continue };
                *sum =
                    Some(sum.map_or([before, now], |[first, second]| [first.and(before), second.and(now)]));
            }
        }
        let mut pair = Self::default();
        for ((moved, sum), row) in pair.0.iter_mut().zip(sums).zip(ROWS) {
            *moved = sum.map(|[before, now]| before.moved_to(now, row.better));
        }
        pair
    }

    /// A task whose replays are as they were accepted.
    pub fn same(replays: &[Side<'_>]) -> Self {
        let mut pair = Self::default();
        for scores in replays.iter().map(side::scores_of) {
            for (moved, score) in pair.0.iter_mut().zip(scores) {
                *moved = moved.or(score.map(|_| Ordering::Equal));
            }
        }
        pair
    }

    /// A task that moved in one row.
    #[cfg(test)]
    pub(crate) fn moving(name: &str, moved: Option<Ordering>) -> Self {
        let mut pair = Self::default();
        let at = ROWS.iter().position(|row| row.name == name);
        pair.0[at.unwrap()] = moved;
        pair
    }

    /// How the task moved by the row of this name.
    pub fn moved(&self, name: &str) -> Option<Ordering> {
        let at = ROWS.iter().position(|row| row.name == name)?;
        self.0[at]
    }
}

/// A run against the accepted baselines, while tasks are added.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    tasks: u64,
    other_stage: u64,
    counts: [Count; ROWS.len()],
    /// Metrics of the tasks that changed, as they were accepted and as they are.
    before: Metrics,
    now: Metrics,
}

#[derive(Clone, Debug, Default)]
struct Count {
    same: u64,
    better: u64,
    worse: u64,
    better_tasks: Vec<Arc<str>>,
    worse_tasks: Vec<Arc<str>>,
}

impl Pairs {
    /// Adds a task; tasks are added in suite order.
    pub fn add(&mut self, task: &str, pair: &TaskPair) {
        self.tasks += 1;
        for (count, moved) in self.counts.iter_mut().zip(pair.0) {
            let (number, tasks) = match moved {
                None => continue,
                Some(Ordering::Equal) => {
                    count.same += 1;
                    continue;
                }
                Some(Ordering::Greater) => (&mut count.better, &mut count.better_tasks),
                Some(Ordering::Less) => (&mut count.worse, &mut count.worse_tasks),
            };
            *number += 1;
            if tasks.len() < MAX_TASKS {
                tasks.push(task.into());
            }
        }
    }

    /// Adds the facts of a task that changed.
    pub fn add_facts(&mut self, before: &[TaskFacts], now: &[TaskFacts]) {
        for facts in before {
            self.before.add(facts);
        }
        for facts in now {
            self.now.add(facts);
        }
    }

    /// Notes a task whose baseline was accepted at another stage, and so cannot be compared.
    pub fn leave_out(&mut self) {
        self.other_stage += 1;
    }

    /// Tasks that were compared.
    pub fn tasks(&self) -> u64 {
        self.tasks
    }

    /// Tasks whose baseline was accepted at another stage.
    pub fn other_stage(&self) -> u64 {
        self.other_stage
    }

    /// What was found, in the order of [`ROWS`].
    pub fn comparisons(&self) -> Vec<Comparison> {
        let mut found: Vec<_> =
            ROWS.iter().zip(&self.counts).map(|(row, count)| Comparison::of(row, count)).collect();
        // A test in which no task moved cannot claim anything, so it is not among those that are corrected.
        let together = |one: &Comparison| one.row.role != RowRole::Part && one.changed() > 0;
        let p: Vec<f64> = found.iter().filter(|one| together(one)).map(|one| one.p).collect();
        for (one, adjusted) in found.iter_mut().filter(|one| together(one)).zip(holm(&p)) {
            one.adjusted = adjusted;
        }
        for one in &mut found {
            one.turn = one.turn_at(one.adjusted, LEVEL);
        }
        found
    }

    /// A metric as it would be with the changed tasks as they were accepted: hits, samples and what lies apart. For
    /// metrics that add up over calls or task runs.
    pub fn as_accepted(&self, name: &str, hits: u64, samples: u64, apart: u64) -> Option<(u64, u64, u64)> {
        let (before, now) = (self.before.scorecard(), self.now.scorecard());
        let (before, now) = (before.get(name)?, now.get(name)?);
        let with = |all: u64, now: u64, before: u64| all.checked_sub(now)?.checked_add(before);
        Some((
            with(hits, now.hits, before.hits)?,
            with(samples, now.samples, before.samples)?,
            with(apart, now.apart, before.apart)?,
        ))
    }
}

/// What the tasks that moved say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Turn {
    /// No task moved.
    Same,
    /// Some did, but not so one-sidedly that chance is ruled out.
    Unclear,
    /// For the better.
    Better,
    /// For the worse.
    Worse,
}

/// One row compared over all tasks that both sides have.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// What is compared.
    pub row: &'static Row,
    /// Tasks that both sides measure.
    pub pairs: u64,
    /// Tasks that got better.
    pub better: u64,
    /// Tasks that got worse.
    pub worse: u64,
    /// The p value of the exact sign test, two-sided.
    pub p: f64,
    /// The same after Holm's correction for the rows that are tested together.
    pub adjusted: f64,
    /// What follows at [`LEVEL`].
    pub turn: Turn,
    /// The first tasks that got better.
    pub better_tasks: Vec<Arc<str>>,
    /// The first tasks that got worse.
    pub worse_tasks: Vec<Arc<str>>,
}

impl Comparison {
    fn of(row: &'static Row, count: &Count) -> Self {
        let p = sign_test(count.worse, count.better);
        Self {
            row,
            pairs: count.same + count.better + count.worse,
            better: count.better,
            worse: count.worse,
            p,
            adjusted: p,
            turn: Turn::Same,
            better_tasks: count.better_tasks.clone(),
            worse_tasks: count.worse_tasks.clone(),
        }
    }

    /// Tasks that moved.
    pub fn changed(&self) -> u64 {
        self.better + self.worse
    }

    /// What a p value says at a level.
    pub fn turn_at(&self, p: f64, level: f64) -> Turn {
        match (self.changed(), self.worse.cmp(&self.better)) {
            (0, _) => Turn::Same,
            (_, Ordering::Greater) if p <= level => Turn::Worse,
            (_, Ordering::Less) if p <= level => Turn::Better,
            _ => Turn::Unclear,
        }
    }

    /// It is a regression: quality got worse, and not by chance.
    pub fn regressed(&self) -> bool {
        self.turn == Turn::Worse && self.row.role == RowRole::Quality
    }

    /// How many more tasks would show at a level that it got worse, if as many of them move and in the same way; `None`
    /// when none would.
    pub fn further_tasks(&self, level: f64) -> Option<u64> {
        /// More tasks than that move in no suite.
        const MOST: u64 = 10_000;
        let moved = self.changed();
        if self.worse <= self.better {
            return None;
        }
        let worse = |moved_then: u64| (self.worse * moved_then + moved / 2) / moved;
        let shows = |then: &u64| sign_test(worse(*then), then - worse(*then)) <= level;
        let then = (moved..=MOST).find(shows)?;
        Some(((then - moved) * self.pairs).div_ceil(moved))
    }
}

#[cfg(test)]
mod tests;
