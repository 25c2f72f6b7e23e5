use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decision::Shift;
use crate::diff::{Cause, Change, ChangeKind, State, TaskDiff};
use crate::replay::StepKind;
use crate::replay::v1::RuleV1;

/// The changes of one task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskChangesV1<'a> {
    /// The task.
    #[serde(borrow)]
    pub task: Cow<'a, str>,
    /// How it stands to its baseline.
    pub state: State,
    /// The changes; the first ones, where they are many.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<ChangeV1<'a>>,
    /// How many there are.
    pub total: u32,
}

/// One difference between a baseline and a replay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeV1<'a> {
    /// Short name for accepting it.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// What kind of difference it is.
    pub kind: ChangeKind,
    /// Which session of the task, from 1.
    pub repeat: u32,
    /// The step; absent for a difference of the replay as a whole.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub step: Option<ChangedStepV1<'a>>,
    /// What was accepted.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub before: Cow<'a, str>,
    /// What is now.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub after: Cow<'a, str>,
    /// Does it let more or less through?
    pub shift: Shift,
    /// The rule that decided before, for rulings.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub rule_before: Option<RuleV1<'a>>,
    /// The rule that decides now, for rulings.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub rule_after: Option<RuleV1<'a>>,
    /// Inputs that can have caused it.
    pub causes: Vec<Cause>,
}

/// The step that a change is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedStepV1<'a> {
    /// Number, from 1; in the baseline for a step that is gone.
    pub number: u32,
    /// Id.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// Kind of step.
    pub kind: StepKind,
    /// The action in short.
    #[serde(borrow)]
    pub label: Cow<'a, str>,
}

impl<'a> From<&'a Change> for ChangeV1<'a> {
    fn from(change: &'a Change) -> Self {
        Self {
            id: Cow::Borrowed(change.id.as_str()),
            kind: change.kind,
            repeat: change.repeat,
            step: change.step.as_ref().map(|step| ChangedStepV1 {
                number: step.number,
                id: Cow::Borrowed(&step.id),
                kind: step.kind,
                label: Cow::Borrowed(&step.label),
            }),
            before: Cow::Borrowed(&change.before),
            after: Cow::Borrowed(&change.after),
            shift: change.shift,
            rule_before: change.rule_before.as_ref().map(RuleV1::from),
            rule_after: change.rule_after.as_ref().map(RuleV1::from),
            causes: change.causes.clone(),
        }
    }
}

impl<'a> TaskChangesV1<'a> {
    /// The changes of a task, no more than `most` of them; the weightiest kinds come before notes.
    pub fn of(diff: &'a TaskDiff, most: usize) -> Self {
        let (notes, weighty): (Vec<_>, Vec<_>) =
            diff.changes.iter().partition(|change| change.kind.is_note());
        let first = weighty.into_iter().chain(notes).take(most);
        Self {
            task: Cow::Borrowed(&diff.task),
            state: diff.state,
            changes: first.map(ChangeV1::from).collect(),
            total: diff.changes.len() as u32,
        }
    }

    /// The same with text of its own.
    pub fn into_owned(self) -> TaskChangesV1<'static> {
        TaskChangesV1 {
            task: Cow::Owned(self.task.into_owned()),
            state: self.state,
            changes: self.changes.into_iter().map(ChangeV1::into_owned).collect(),
            total: self.total,
        }
    }
}

impl ChangeV1<'_> {
    fn into_owned(self) -> ChangeV1<'static> {
        let text = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        ChangeV1 {
            id: text(self.id),
            kind: self.kind,
            repeat: self.repeat,
            step: self.step.map(|step| ChangedStepV1 {
                number: step.number,
                id: text(step.id),
                kind: step.kind,
                label: text(step.label),
            }),
            before: text(self.before),
            after: text(self.after),
            shift: self.shift,
            rule_before: self.rule_before.map(RuleV1::into_owned),
            rule_after: self.rule_after.map(RuleV1::into_owned),
            causes: self.causes,
        }
    }
}
