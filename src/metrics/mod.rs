//! Metrics: numbers with their samples, an interval where they are shares, and the evidence behind them.
//!
//! [`CATALOGUE`] lists all metrics with their meaning. A run turns each replay into small [`TaskFacts`] and adds these
//! up in [`Metrics`], in any order and on any number of threads; [`Metrics::scorecard`] gives the numbers. A metric
//! without samples is "no data" and says why; it is never zero and never passes a bar.
//!
//! Steps after a replay's divergence are not counted: the agent would have seen other answers. How many there were is
//! in [`Metric::apart`], and `fidelity` says how much of the recordings is left.

mod approvals;
mod calls;
mod catalogue;
mod evidence;
mod facts;
mod findings;
#[cfg(test)]
pub(crate) mod fixture;
mod hooks;
mod interval;
mod matching;
mod metric;
mod outcome;
mod paired;
mod repeats;
mod sign;
mod patches;
mod triggers;
mod violation;
mod waivers;

use std::collections::BTreeSet;

pub use catalogue::{ALIASES, Better, CATALOGUE, Definition, Unit, find};
pub use evidence::{Evidence, MAX_EVIDENCE};
pub use facts::{End, PromptFact, Run, StepRef, Steps, TaskFacts, ViolationFact};
pub use findings::judged_findings;
pub use interval::{Confidence, Interval, MAX_NEEDED, further_samples, mean_interval, wilson};
pub use metric::Metric;
pub use outcome::Agreement;
pub use paired::{Comparison, LEVEL, Pairs, ROWS, Row, RowRole, Side, TaskPair, Turn};
pub use patches::PatchFacts;
pub use sign::{holm, sign_test};
pub use triggers::TriggerFacts;
pub use violation::{Kinds, ViolationKind, violations};
pub use waivers::Waivers;
pub(crate) use waivers::unknown_kinds;

use crate::suite::Suite;
use metric::{Tally, note_no_data};

/// Metrics while the facts of replays are added up.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    runs: u64,
    approvals: approvals::Approvals,
    calls: calls::Calls,
    hooks: hooks::Hooks,
    outcomes: outcome::Outcomes,
    findings: findings::Findings,
    repeats: repeats::Repeats,
    patches: patches::Patches,
    triggers: triggers::Triggers,
    waivers_used: BTreeSet<u32>,
}

impl Metrics {
    /// Nothing added yet, for the tasks of this suite.
    pub fn new(suite: &Suite) -> Self {
        Self { repeats: repeats::Repeats::new(suite.pass_k), ..Self::default() }
    }

    /// Adds the facts of one replay.
    pub fn add(&mut self, facts: &TaskFacts) {
        self.runs += 1;
        self.approvals.add(facts);
        self.calls.add(facts);
        self.hooks.add(facts);
        self.outcomes.add(facts);
        self.findings.add(facts);
        self.repeats.add(facts);
        self.patches.add(facts);
        self.triggers.add(facts);
        self.waivers_used.extend(&facts.waivers_used);
    }

    /// Adds what was added to `other`.
    pub fn merge(&mut self, other: Self) {
        self.runs += other.runs;
        self.approvals.merge(other.approvals);
        self.calls.merge(other.calls);
        self.hooks.merge(other.hooks);
        self.outcomes.merge(other.outcomes);
        self.findings.merge(other.findings);
        self.repeats.merge(other.repeats);
        self.patches.merge(other.patches);
        self.triggers.merge(other.triggers);
        self.waivers_used.extend(other.waivers_used);
    }

    /// Numbers of the waivers that covered a violation.
    pub fn waivers_used(&self) -> &BTreeSet<u32> {
        &self.waivers_used
    }

    /// All metrics, in the order of the catalogue.
    pub fn scorecard(&self) -> Scorecard {
        let mut list = Vec::with_capacity(CATALOGUE.len() + 1);
        list.push(self.approvals.in_scope());
        self.calls.metrics(&mut list);
        self.approvals.metrics(&mut list);
        self.hooks.metrics(&mut list);
        self.approvals.latency_metrics(&mut list);
        self.outcomes.metrics(&mut list);
        list.push(self.calls.fidelity());
        list.push(self.findings.review_yield());
        list.push(self.patches.regression_rate());
        list.push(self.findings.context_efficiency());
        self.patches.metrics(&mut list);
        self.triggers.metrics(&mut list);
        self.repeats.metrics(&mut list);
        for definition in CATALOGUE {
            if list.iter().all(|metric| metric.definition != definition) {
                list.push(Tally::default().metric(definition.name, definition.unit, definition.no_data));
            }
        }
        list.sort_by_key(|metric| CATALOGUE.iter().position(|definition| definition == metric.definition));
        for metric in &mut list {
            note_no_data(metric, "no data");
        }
        Scorecard { runs: self.runs, metrics: list }
    }
}

/// All metrics of one stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scorecard {
    /// Number of replays.
    pub runs: u64,
    /// The metrics, in the order of the catalogue.
    pub metrics: Vec<Metric>,
}

impl Scorecard {
    /// A metric by name or alias.
    pub fn get(&self, name: &str) -> Option<&Metric> {
        let definition = find(name).ok()?;
        self.metrics.iter().find(|metric| metric.definition == definition)
    }
}

#[cfg(test)]
mod tests;
