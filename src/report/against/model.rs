use std::collections::BTreeMap;

use serde::Serialize;

use crate::diff::{Cause, ChangeKind};
use crate::gate::{Advice, Status};
use crate::metrics::{Better, Unit, ViolationKind};
use crate::replay::Input;
use crate::report::v1::{PairedV1, TaskChangesV1};

/// Two reports side by side. Written as JSON by `report --against`.
#[derive(Clone, Debug, Serialize)]
pub struct Against {
    /// Format of what is written: 1.
    pub format: u32,
    /// The old report.
    pub old: Stand,
    /// The new report.
    pub new: Stand,
    /// Inputs of which the two have other hashes.
    pub inputs: Vec<Input>,
    /// Which tasks they have.
    pub tasks: Tasks,
    /// In what the new one fell behind, as lowercase fragments; empty when it did not.
    pub regressions: Vec<String>,
    /// The metrics of the stages where the plugin stands.
    pub metrics: Vec<MetricChange>,
    /// Bars that say something else, and those that one side alone has.
    pub bars: Vec<BarChange>,
    /// The tasks that both judged, one by one.
    pub paired: PairedV1,
    /// Attempts outside of policy that are new.
    pub new_violations: Attempts,
    /// Attempts outside of policy that are gone.
    pub gone_violations: Attempts,
    /// What changed in tasks that both judged.
    pub changes: Changes,
}

/// What a report says as a whole.
#[derive(Clone, Debug, Serialize)]
pub struct Stand {
    /// Name of the suite.
    pub suite: String,
    /// Where the plugin stands.
    pub stage: String,
    /// What the gate said.
    pub advice: Advice,
    /// The stage that a promotion leads to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Why, the main reason.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Exit code of the run.
    pub exit_code: u8,
}

/// Which tasks two reports have.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Tasks {
    /// Judged by both.
    pub both: u64,
    /// In the new report alone.
    pub only_new: u64,
    /// In the old report alone.
    pub only_old: u64,
    /// In both, but one of them could not judge it.
    pub broken: u64,
    /// Judged by both, with other decisions of people.
    pub decided_otherwise: u64,
}

/// A metric in both reports.
#[derive(Clone, Debug, Serialize)]
pub struct MetricChange {
    /// Name.
    pub name: String,
    /// What it is counted in.
    pub unit: Unit,
    /// Which way is better.
    pub better: Better,
    /// The old number.
    pub old: Option<Number>,
    /// The new number.
    pub new: Option<Number>,
    /// New less old.
    pub change: Option<f64>,
    /// Where it moved.
    pub direction: Direction,
}

/// A measured number.
#[derive(Clone, Debug, Serialize)]
pub struct Number {
    /// The number, in the metric's unit.
    pub value: f64,
    /// As people read it.
    pub shown: String,
    /// Number of samples.
    pub samples: u64,
}

/// Where a number moved; says nothing of chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Nowhere.
    Same,
    /// For the better.
    Better,
    /// For the worse.
    Worse,
    /// Neither way is better.
    Moved,
    /// One side has no data, or both.
    Unknown,
}

impl Direction {
    /// Lower-case name, as in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Moved => "moved",
            Self::Unknown => "unknown",
        }
    }
}

/// A bar that says something else; `None`: that side does not have it.
#[derive(Clone, Debug, Serialize)]
pub struct BarChange {
    /// The stage.
    pub stage: String,
    /// The bar.
    pub bar: String,
    /// What it said.
    pub old: Option<Status>,
    /// What it says.
    pub new: Option<Status>,
}

/// Attempts outside of policy that one report alone has; waived ones are not among them.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Attempts {
    /// How many.
    pub total: u64,
    /// The first ones.
    pub first: Vec<Attempt>,
}

/// One attempt.
#[derive(Clone, Debug, Serialize)]
pub struct Attempt {
    /// The task.
    pub task: String,
    /// Which session, from 1.
    pub repeat: u32,
    /// Number of the step, from 1.
    pub step: u32,
    /// The action in short.
    pub label: String,
    /// What it reaches for.
    pub kind: ViolationKind,
}

/// What changed in tasks that both judged.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Changes {
    /// Tasks in which something changed.
    pub tasks: u32,
    /// Tasks in which a ruling changed.
    pub rulings: u32,
    /// Changes that let more through.
    pub widened: u32,
    /// Changes that let less through.
    pub narrowed: u32,
    /// Changes by kind.
    pub kinds: BTreeMap<ChangeKind, u32>,
    /// Changes by cause; one with several counts for each.
    pub causes: BTreeMap<Cause, u32>,
    /// The first tasks with their changes.
    pub first: Vec<TaskChangesV1<'static>>,
}
