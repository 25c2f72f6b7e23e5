use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::TaskChangesV1;
use crate::decision::{HumanVerdict, Phase, Scope, Verdict};
use crate::diff::{Cause, ChangeKind};
use crate::gate::{Advice, Status};
use crate::metrics::{Better, Interval, Turn, Unit, ViolationKind};
use crate::replay::v1::{NoteV1, RuleV1};
use crate::replay::{Input, StepKind};
use crate::source::ContentHash;

/// What came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SummaryV1 {
    /// What to do with the plugin.
    pub advice: Advice,
    /// Why, the main reason first; empty for `promote`.
    pub reasons: Vec<String>,
    /// The stage that a promotion leads to; absent at the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The stage that a roll-back leads to; absent: out of use, or no roll-back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back: Option<String>,
    /// Exit code of the run.
    pub exit_code: u8,
    /// What was judged, in numbers.
    pub counts: CountsV1,
    /// The stages, in order.
    pub stages: Vec<StageV1>,
    /// What changed since the baselines were accepted.
    pub changes: ChangesV1,
    /// Each task against its accepted baseline; absent when there is nothing to compare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paired: Option<PairedV1>,
    /// Steps that a reader must know about: the first ones for each reason, in suite order.
    pub noted: Vec<NotedV1>,
    /// How many steps there are for each reason.
    pub noted_total: BTreeMap<Why, u64>,
    /// Tasks that could not be judged, the first ones.
    pub broken: Vec<BrokenV1>,
    /// Sessions that the boundary would have sent another way, the first ones.
    pub diverged: Vec<DivergedV1>,
    /// Accepted exceptions that covered something.
    pub waivers: Vec<WaiverV1>,
    /// Hashes of the inputs over all sessions: an input that is the same for all has its own hash, another one a hash of
    /// theirs in suite order.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<Input, ContentHash>,
    /// Problems of the run as a whole.
    #[serde(deserialize_with = "notes")]
    pub notes: Vec<NoteV1<'static>>,
}

/// What was judged, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountsV1 {
    /// Tasks of the run.
    pub tasks: u64,
    /// Tasks that could not be judged.
    pub broken: u64,
    /// Recorded sessions that were replayed.
    pub runs: u64,
    /// Steps in all.
    pub steps: u64,
    /// Steps up to the divergence of their session.
    pub before_divergence: u64,
    /// Sessions that diverge.
    pub diverged: u64,
    /// Attempts outside of policy that no waiver covers, after divergence included.
    pub violations: u64,
}

/// A judged stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StageV1 {
    /// Name.
    pub name: String,
    /// Sandbox mode or permission profile; absent: as the configuration says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// The worst status of its bars.
    pub status: Status,
    /// Its bars, in order.
    pub bars: Vec<BarV1>,
    /// Its metrics, in the order of the catalogue; none when it was not replayed.
    pub metrics: Vec<MetricV1>,
}

/// A judged bar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BarV1 {
    /// As written.
    pub text: String,
    /// Name of its metric, in this stage's list.
    pub metric: String,
    /// Its comparison: `>=`, `<=`, `>`, `<`, `==` or `no-worse`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub op: Option<String>,
    /// The value that it compares with, in the metric's unit; shares from 0 to 1, times in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    /// What it says.
    pub status: Status,
    /// For shares: the interval at the bar's level, 95% where it names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// Confidence of that interval in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<u32>,
    /// How many more samples would decide it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed: Option<u64>,
    /// Why it does not pass.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// A number with what it rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MetricV1 {
    /// Name.
    pub name: String,
    /// What the value is counted in.
    pub unit: Unit,
    /// Which way is better.
    pub better: Better,
    /// What it says.
    pub meaning: String,
    /// What one sample is.
    pub sample: String,
    /// The number; absent: no data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// The number as people read it, or `no data`.
    pub shown: String,
    /// For shares: samples that speak for it. For counts: the count. Else 0.
    pub hits: u64,
    /// Number of samples.
    pub samples: u64,
    /// For shares: the 95% interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// Why there is no number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_data: Option<String>,
    /// What must be known to read the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Violations that a waiver covers; they are not in the number.
    #[serde(default)]
    pub waived: u64,
    /// What was found after divergence; it is not in the number.
    #[serde(default)]
    pub apart: u64,
    /// The first samples, those against the plugin before those for it.
    pub evidence: Vec<EvidenceV1>,
    /// How many samples there are to list.
    pub evidence_total: u64,
}

/// One sample behind a metric.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceV1 {
    /// It speaks for the plugin.
    pub good: bool,
    /// The task.
    pub task: String,
    /// Which session, from 1.
    pub repeat: u32,
    /// Number of the step, from 1; absent: the session as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// What it is, in short.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// What changed since the baselines were accepted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangesV1 {
    /// Tasks as they were accepted.
    pub same: u32,
    /// Tasks with changes.
    pub changed: u32,
    /// Tasks that nobody has accepted yet.
    pub no_baseline: u32,
    /// Changes that let more through.
    pub widened: u32,
    /// Changes that let less through.
    pub narrowed: u32,
    /// Changes of a ruling from or to undetermined.
    pub unclear: u32,
    /// Changes by kind.
    pub kinds: BTreeMap<ChangeKind, u32>,
    /// Changes by cause; one with several counts for each.
    pub causes: BTreeMap<Cause, u32>,
    /// The first tasks with changes or without baseline.
    #[serde(deserialize_with = "changes")]
    pub first: Vec<TaskChangesV1<'static>>,
    /// Baseline files that belong to no task of the suite.
    pub orphans: Vec<String>,
}

/// The run against the accepted baselines, task by task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PairedV1 {
    /// What was compared.
    pub rows: Vec<ComparisonV1>,
    /// Tasks left out: their baseline was accepted at another stage.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub other_stage: u64,
}

/// One metric compared over all tasks that have a value on both sides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ComparisonV1 {
    /// Name of the metric, or `tokens`.
    pub metric: String,
    /// Tasks compared.
    pub tasks: u64,
    /// Tasks that got better.
    pub better: u64,
    /// Tasks that got worse.
    pub worse: u64,
    /// p value of the exact sign test, two-sided.
    pub p: f64,
    /// The same after Holm's correction for all rows in which a task moved.
    pub adjusted: f64,
    /// What follows at 5%.
    pub turn: Turn,
    /// The first tasks that got better.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub better_tasks: Vec<String>,
    /// The first tasks that got worse.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub worse_tasks: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Why a step is noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It attempts something outside of policy.
    Violation,
    /// It does so, and a waiver covers it.
    Waived,
    /// A person let it run though its effects do not all lie inside.
    AcceptedOutside,
    /// Its ruling or its effects cannot be known offline.
    Undetermined,
    /// The boundary asks about it and nobody has answered.
    Unanswered,
}

/// A step that a reader must know about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotedV1 {
    /// Why.
    pub why: Why,
    /// The task.
    pub task: String,
    /// Which session, from 1.
    pub repeat: u32,
    /// Number of the step, from 1.
    pub step: u32,
    /// Id of the step.
    pub id: String,
    /// Kind of step.
    pub kind: StepKind,
    /// The action in short.
    pub label: String,
    /// Kinds of violations, waived ones for [`Why::Waived`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<ViolationKind>,
    /// Verdict.
    pub verdict: Verdict,
    /// Phase that gave it.
    pub phase: Phase,
    /// Why, or why effects may be unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The rule that decided, or the entry that an effect lies outside of.
    #[serde(default, deserialize_with = "rule")]
    pub rule: RuleV1<'static>,
    /// Where its effects lie.
    pub scope: Scope,
    /// The recorded answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub human: Option<HumanVerdict>,
    /// It follows the divergence of its session.
    #[serde(default)]
    pub after_divergence: bool,
}

/// A task that could not be judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BrokenV1 {
    /// The task.
    pub task: String,
    /// What is wrong.
    #[serde(deserialize_with = "notes")]
    pub notes: Vec<NoteV1<'static>>,
}

/// A session that the boundary would have sent another way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DivergedV1 {
    /// The task.
    pub task: String,
    /// Which session, from 1.
    pub repeat: u32,
    /// Number of the step that diverges.
    pub step: u32,
    /// Steps in all.
    pub steps: u32,
    /// The action in short.
    pub label: String,
}

/// An accepted exception that covered something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaiverV1 {
    /// The task.
    pub task: String,
    /// What it covers, in short.
    pub covers: String,
    /// Why.
    pub reason: String,
    /// Who accepted it.
    pub by: String,
    /// Last day on which it holds.
    pub expires: String,
    /// Where it is written.
    pub place: String,
}

fn notes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<NoteV1<'static>>, D::Error> {
    let notes = Vec::<NoteV1<'de>>::deserialize(deserializer)?;
    Ok(notes.into_iter().map(NoteV1::into_owned).collect())
}

fn changes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<TaskChangesV1<'static>>, D::Error> {
    let tasks = Vec::<TaskChangesV1<'de>>::deserialize(deserializer)?;
    Ok(tasks.into_iter().map(TaskChangesV1::into_owned).collect())
}

fn rule<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RuleV1<'static>, D::Error> {
    RuleV1::<'de>::deserialize(deserializer).map(RuleV1::into_owned)
}

impl Why {
    /// All reasons, the gravest first.
    pub const ALL: [Self; 5] =
        [Self::Violation, Self::Waived, Self::AcceptedOutside, Self::Undetermined, Self::Unanswered];
}

impl StageV1 {
    /// A metric by name.
    pub fn metric(&self, name: &str) -> Option<&MetricV1> {
        self.metrics.iter().find(|metric| metric.name == name)
    }
}

impl SummaryV1 {
    /// The noted steps with this reason, and how many there are in all.
    pub fn noted(&self, why: Why) -> (impl Iterator<Item = &NotedV1>, u64) {
        let total = self.noted_total.get(&why).copied().unwrap_or(0);
        (self.noted.iter().filter(move |step| step.why == why), total)
    }
}
