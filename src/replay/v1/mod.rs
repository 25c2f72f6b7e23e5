//! The on-disk form of a replay, version 1. Kept apart from the types in memory so that these may change freely.

mod step;
mod write;

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use step::{EffectV1, HookV1, RuleV1, StepV1};
pub use write::append_step;

use super::{AgentFinding, Inputs, Patch, Replay, ReplayStep};
use crate::finding::{Finding, Severity};
use crate::source::Place;
use crate::transcript::Usage;

/// A replay as written in baselines and `report.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayV1<'a> {
    /// Which of several recorded sessions of the task, from 1.
    pub repeat: u32,
    /// Stage whose mode was in force.
    #[serde(borrow)]
    pub stage: Cow<'a, str>,
    /// Hashes of the inputs by name.
    pub inputs: Cow<'a, Inputs>,
    /// The agent's outcome.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Cow<'a, str>>,
    /// The session ended in a message of the agent.
    pub finished: bool,
    /// Tokens spent.
    pub usage: UsageV1,
    /// The agent's findings.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<AgentFindingV1<'a>>,
    /// Skills of the plugin that the session used; never in baselines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<String>,
    /// What the session made of the files of its snapshot; never in baselines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patch: Option<Cow<'a, Patch>>,
    /// What was odd about the recording; never in baselines.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<NoteV1<'a>>,
    /// Steps in order.
    #[serde(borrow)]
    pub steps: Vec<StepV1<'a>>,
}

/// Tokens spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UsageV1 {
    /// Input tokens, cached ones included.
    pub input: u64,
    /// Cached input tokens.
    pub cached: u64,
    /// Output tokens, reasoning included.
    pub output: u64,
    /// Reasoning tokens.
    pub reasoning: u64,
}

/// A finding that the agent reported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentFindingV1<'a> {
    /// File it is about.
    #[serde(borrow)]
    pub path: Cow<'a, str>,
    /// Line in that file, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// What it says.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub summary: Cow<'a, str>,
}

/// A problem of an input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteV1<'a> {
    /// Stable short name of the kind of problem.
    #[serde(borrow)]
    pub code: Cow<'a, str>,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    #[serde(borrow)]
    pub message: Cow<'a, str>,
    /// What to do.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub help: Cow<'a, str>,
    /// File it is in.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Cow<'a, str>>,
    /// Line, from 1.
    #[serde(default, skip_serializing_if = "is_zero_line")]
    pub line: u32,
    /// Column, from 1.
    #[serde(default, skip_serializing_if = "is_zero_line")]
    pub column: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero_line(line: &u32) -> bool {
    *line == 0
}

impl From<Usage> for UsageV1 {
    fn from(usage: Usage) -> Self {
        let Usage { input, cached, output, reasoning } = usage;
        Self { input, cached, output, reasoning }
    }
}

impl From<UsageV1> for Usage {
    fn from(usage: UsageV1) -> Self {
        let UsageV1 { input, cached, output, reasoning } = usage;
        Self { input, cached, output, reasoning }
    }
}

impl<'a> From<&'a AgentFinding> for AgentFindingV1<'a> {
    fn from(finding: &'a AgentFinding) -> Self {
        let AgentFinding { path, line, summary } = finding;
        Self { path: Cow::Borrowed(path), line: *line, summary: Cow::Borrowed(summary) }
    }
}

impl From<AgentFindingV1<'_>> for AgentFinding {
    fn from(finding: AgentFindingV1<'_>) -> Self {
        let AgentFindingV1 { path, line, summary } = finding;
        Self { path: path.into_owned(), line, summary: summary.into_owned() }
    }
}

impl<'a> From<&'a Finding> for NoteV1<'a> {
    fn from(finding: &'a Finding) -> Self {
        let place = finding.place.as_ref();
        Self {
            code: Cow::Borrowed(&finding.code),
            severity: finding.severity,
            message: Cow::Borrowed(&finding.message),
            help: Cow::Borrowed(&finding.help),
            file: place.map(|place| Cow::Borrowed(&*place.file)),
            line: place.map_or(0, |place| place.line),
            column: place.map_or(0, |place| place.column),
        }
    }
}

impl NoteV1<'_> {
    /// The same with text of its own.
    pub fn into_owned(self) -> NoteV1<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        NoteV1 {
            code: own(self.code),
            severity: self.severity,
            message: own(self.message),
            help: own(self.help),
            file: self.file.map(own),
            line: self.line,
            column: self.column,
        }
    }
}

impl std::fmt::Display for NoteV1<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Finding::from(self.clone()).fmt(f)
    }
}

impl From<NoteV1<'_>> for Finding {
    fn from(note: NoteV1<'_>) -> Self {
        let (line, column) = (note.line, note.column);
        Self {
            code: Cow::Owned(note.code.into_owned()),
            severity: note.severity,
            message: note.message.into_owned(),
            help: note.help.into_owned(),
            place: note.file.map(|file| Place { file: file.as_ref().into(), line, column }),
        }
    }
}

impl<'a> From<&'a Replay> for ReplayV1<'a> {
    fn from(replay: &'a Replay) -> Self {
        Self {
            repeat: replay.repeat,
            stage: Cow::Borrowed(&replay.stage),
            inputs: Cow::Borrowed(&replay.inputs),
            outcome: replay.outcome.as_deref().map(Cow::Borrowed),
            finished: replay.finished,
            usage: replay.usage.into(),
            findings: replay.findings.iter().map(AgentFindingV1::from).collect(),
            skills: replay.skills.clone(),
            patch: replay.patch.as_deref().map(Cow::Borrowed),
            notes: replay.notes.iter().map(NoteV1::from).collect(),
            steps: replay.steps.iter().map(StepV1::from).collect(),
        }
    }
}

impl ReplayV1<'_> {
    /// The replay in memory; the task's name stands outside of the replay on disk.
    pub fn into_replay(self, task: &str) -> Replay {
        Replay {
            task: task.to_owned(),
            repeat: self.repeat,
            stage: self.stage.into_owned(),
            inputs: self.inputs.into_owned(),
            outcome: self.outcome.map(Cow::into_owned),
            findings: self.findings.into_iter().map(AgentFinding::from).collect(),
            finished: self.finished,
            usage: self.usage.into(),
            skills: self.skills,
            patch: self.patch.map(|patch| Box::new(patch.into_owned())),
            steps: self.steps.into_iter().map(ReplayStep::from).collect(),
            notes: self.notes.into_iter().map(Finding::from).collect(),
        }
    }
}
