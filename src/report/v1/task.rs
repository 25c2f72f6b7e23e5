use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ChangeV1;
use crate::decision::{Decision, Phase, Scope, Verdict};
use crate::diff::State;
use crate::metrics::{Agreement, ViolationKind};
use crate::replay::v1::{NoteV1, ReplayV1, RuleV1};

/// One task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskV1<'a> {
    /// Name.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// Could it be judged?
    pub status: TaskStatus,
    /// Free words for grouping.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Cow<'a, str>>,
    /// What people decided.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionV1<'a>>,
    /// How it stands to its baseline.
    pub baseline: State,
    /// What changed since.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<ChangeV1<'a>>,
    /// Why a broken task could not be judged, and what else is wrong with it.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<NoteV1<'a>>,
    /// Its recorded sessions under the current stage.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<RunV1<'a>>,
    /// What other stages rule otherwise.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub outlook: Vec<OutlookV1<'a>>,
}

/// Could a task be judged?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TaskStatus {
    /// Yes.
    Ok,
    /// No; its notes say why.
    Broken,
}

/// What people decided about a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionV1<'a> {
    /// Outcome in the role's vocabulary.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Cow<'a, str>>,
    /// Who decided.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Cow<'a, str>>,
    /// The agent had to be restarted by hand.
    #[serde(default)]
    pub restarted: bool,
    /// The commit that was merged.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub merged: Option<Cow<'a, str>>,
}

/// One recorded session of a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunV1<'a> {
    /// How its outcome relates to the person's.
    pub agreement: AgreementV1,
    /// Did it end in accepted output without a manual restart? Absent when nobody has decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<bool>,
    /// Findings that the agent reported; absent when nobody has decided about them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported: Option<u32>,
    /// Reported findings that a person confirmed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub confirmed: u32,
    /// Attempts outside of policy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<ViolationV1>,
    /// What the engine found out.
    #[serde(borrow)]
    pub replay: ReplayV1<'a>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// How an agent's outcome relates to a person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AgreementV1 {
    /// Nobody has decided about the task.
    Undecided,
    /// The role does not say how an outcome is read.
    NoContract,
    /// Both say the same.
    Same,
    /// The agent lets through what the person stopped.
    FalseApprove,
    /// The agent stops what the person let through.
    FalseBlock,
    /// The agent states no outcome of the role's vocabulary.
    NoOutcome,
}

/// An attempt outside of policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ViolationV1 {
    /// Number of the step, from 1.
    pub step: u32,
    /// Kinds that count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<ViolationKind>,
    /// Kinds that are waived.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waived: Vec<ViolationKind>,
}

/// What another stage rules otherwise about a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutlookV1<'a> {
    /// The stage.
    #[serde(borrow)]
    pub stage: Cow<'a, str>,
    /// Which session, from 1.
    pub repeat: u32,
    /// The steps that are ruled otherwise than under the current stage.
    #[serde(borrow)]
    pub steps: Vec<OutlookStepV1<'a>>,
}

/// A step under another stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutlookStepV1<'a> {
    /// Number of the step, from 1.
    pub step: u32,
    /// Verdict.
    pub verdict: Verdict,
    /// Phase that gave it.
    pub phase: Phase,
    /// Do its effects lie inside?
    pub scope: Scope,
    /// Why.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub reason: Cow<'a, str>,
    /// The rule that decided.
    #[serde(borrow, default)]
    pub rule: RuleV1<'a>,
}

impl TaskStatus {
    /// Lower-case name, as in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Broken => "broken",
        }
    }
}

impl AgreementV1 {
    /// Kebab-case name, as in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Undecided => "undecided",
            Self::NoContract => "no-contract",
            Self::Same => "same",
            Self::FalseApprove => "false-approve",
            Self::FalseBlock => "false-block",
            Self::NoOutcome => "no-outcome",
        }
    }
}

impl From<Agreement> for AgreementV1 {
    fn from(agreement: Agreement) -> Self {
        match agreement {
            Agreement::Undecided => Self::Undecided,
            Agreement::NoContract => Self::NoContract,
            Agreement::Same => Self::Same,
            Agreement::FalseApprove => Self::FalseApprove,
            Agreement::FalseBlock => Self::FalseBlock,
            Agreement::NoOutcome => Self::NoOutcome,
        }
    }
}

impl<'a> From<&'a Decision> for DecisionV1<'a> {
    fn from(decision: &'a Decision) -> Self {
        let text = |text: &'a Option<String>| text.as_deref().map(Cow::Borrowed);
        Self {
            outcome: text(&decision.outcome),
            by: text(&decision.by),
            restarted: decision.restarted,
            merged: text(&decision.merged),
        }
    }
}
