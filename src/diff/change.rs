use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Cause, State, TaskDiff};
use crate::decision::{Rule, Shift};
use crate::replay::{ReplayStep, StepKind};
use crate::source::ContentHash;

/// One difference between a baseline and a replay.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Short name for accepting it; the same as long as the difference is the same.
    pub id: ChangeId,
    /// Which session of the task, from 1.
    pub repeat: u32,
    /// The step; `None` for a difference of the replay as a whole.
    pub step: Option<StepRef>,
    /// What kind of difference it is.
    pub kind: ChangeKind,
    /// What was accepted; empty when there was nothing.
    pub before: String,
    /// What is now; empty when there is nothing.
    pub after: String,
    /// Does it let more or less through? `Same` where that is not the question.
    pub shift: Shift,
    /// The rule that decided before, for rulings.
    pub rule_before: Option<Rule>,
    /// The rule that decides now, for rulings.
    pub rule_after: Option<Rule>,
    /// Inputs that can have caused it, all that come into question.
    pub causes: Vec<Cause>,
}

/// Twelve hex digits that name a change inside its task.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct ChangeId(String);

impl ChangeId {
    /// The id of a difference: it depends on all that a person accepts with it.
    pub(super) fn of(
        task: &str,
        repeat: u32,
        step: Option<&StepRef>,
        kind: ChangeKind,
        text: [&str; 2],
    ) -> Self {
        let repeat = repeat.to_string();
        let (id, label) = step.map_or(("", ""), |step| (&*step.id, &*step.label));
        let parts =
            [("task", task), ("repeat", &repeat), ("id", id), ("label", label), ("kind", kind.name())];
        let parts = parts.into_iter().chain([("before", text[0]), ("after", text[1])]);
        let hash = ContentHash::of_parts(parts.map(|(name, text)| (name, text.as_bytes())));
        Self(hash.to_string()[..12].to_owned())
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for ChangeId {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for ChangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The step that a change is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRef {
    /// Number in its replay, from 1: the new one, or the baseline for a step that is gone.
    pub number: u32,
    /// Id in that replay.
    pub id: String,
    /// Kind of step.
    pub kind: StepKind,
    /// The action in short.
    pub label: String,
}

impl StepRef {
    pub(super) fn of(index: usize, step: &ReplayStep) -> Self {
        Self { number: index as u32 + 1, id: step.id.clone(), kind: step.kind, label: step.label.clone() }
    }
}

/// Kinds of changes, the weightiest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// The verdict is another one.
    Ruling,
    /// A call runs outside the sandbox, or no longer does.
    Sandbox,
    /// Its effects lie otherwise to the declared scope.
    Scope,
    /// A hook ran otherwise (passed, blocked, failed, not run).
    Hooks,
    /// It touches other things.
    Effects,
    /// A person answered otherwise.
    Human,
    /// The agent came to another outcome.
    Outcome,
    /// The session ended otherwise.
    Finished,
    /// The agent reported other findings.
    Findings,
    /// A step is new.
    StepAdded,
    /// A step is gone.
    StepGone,
    /// A step does something else.
    StepChanged,
    /// A step stands elsewhere.
    StepMoved,
    /// The recording shows something else to have become of the call.
    Recorded,
    /// The session diverges from the boundary at another step.
    Fidelity,
    /// A recorded session of the task is new.
    RepeatAdded,
    /// A recorded session of the task is gone.
    RepeatGone,
    /// Tokens spent differ by more than a twentieth.
    Tokens,
    /// The same verdict from another phase or rule.
    RuledElsewhere,
}

impl ChangeKind {
    /// Kebab-case name, as in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ruling => "ruling",
            Self::Sandbox => "sandbox",
            Self::Scope => "scope",
            Self::Hooks => "hooks",
            Self::Effects => "effects",
            Self::Human => "human",
            Self::Outcome => "outcome",
            Self::Finished => "finished",
            Self::Findings => "findings",
            Self::StepAdded => "step-added",
            Self::StepGone => "step-gone",
            Self::StepChanged => "step-changed",
            Self::StepMoved => "step-moved",
            Self::Recorded => "recorded",
            Self::Fidelity => "fidelity",
            Self::RepeatAdded => "repeat-added",
            Self::RepeatGone => "repeat-gone",
            Self::Tokens => "tokens",
            Self::RuledElsewhere => "ruled-elsewhere",
        }
    }

    /// A note: it tells where an answer comes from now, not that the answer is another one.
    pub fn is_note(self) -> bool {
        matches!(self, Self::RuledElsewhere | Self::Tokens | Self::StepMoved)
    }
}

/// Changes of many tasks, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tasks as they were accepted.
    pub same: u32,
    /// Tasks with changes.
    pub changed: u32,
    /// Tasks that nobody has accepted yet.
    pub no_baseline: u32,
    /// Changes by kind.
    pub kinds: BTreeMap<ChangeKind, u32>,
    /// Changes that let more through.
    pub widened: u32,
    /// Changes that let less through.
    pub narrowed: u32,
    /// Changes from or to undetermined.
    pub unclear: u32,
    /// Changes by cause; one with several counts for each.
    pub causes: BTreeMap<Cause, u32>,
}

impl Tally {
    /// Counts one task.
    pub fn add(&mut self, diff: &TaskDiff) {
        match diff.state {
            State::NoBaseline => self.no_baseline += 1,
            State::Same => self.same += 1,
            State::Changed => self.changed += 1,
        }
        for change in &diff.changes {
            *self.kinds.entry(change.kind).or_default() += 1;
            match change.shift {
                Shift::Same => {}
                Shift::Widened => self.widened += 1,
                Shift::Narrowed => self.narrowed += 1,
                Shift::Unclear => self.unclear += 1,
            }
            for cause in &change.causes {
                *self.causes.entry(*cause).or_default() += 1;
            }
        }
    }

    /// Adds what was counted in `other`.
    pub fn merge(&mut self, other: Self) {
        self.same += other.same;
        self.changed += other.changed;
        self.no_baseline += other.no_baseline;
        self.widened += other.widened;
        self.narrowed += other.narrowed;
        self.unclear += other.unclear;
        for (kind, count) in other.kinds {
            *self.kinds.entry(kind).or_default() += count;
        }
        for (cause, count) in other.causes {
            *self.causes.entry(cause).or_default() += count;
        }
    }

    /// All changes.
    pub fn changes(&self) -> u32 {
        self.kinds.values().sum()
    }
}
