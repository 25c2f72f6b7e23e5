use std::borrow::Cow;

use super::digest::Digest;
use super::junit::Cases;
use super::sarif::Results;
use super::v1::{
    ChangeV1, DecisionV1, OutlookStepV1, OutlookV1, RunV1, SuiteV1, TaskStatus, TaskV1, ViolationV1,
};
use super::{approvals, calls, html, tasks};
use crate::decision::Decision;
use crate::diff::{State, TaskDiff};
use crate::finding::Finding;
use crate::metrics::TaskFacts;
use crate::replay::v1::{NoteV1, ReplayV1, RuleV1, append_step};
use crate::replay::{Replay, ReplayStep, json};

/// All that a report needs to know about one task, borrowed while the task is at hand.
#[derive(Clone, Copy, Debug)]
pub struct TaskReport<'r> {
    /// What is judged.
    pub suite: &'r SuiteV1,
    /// Name of the task.
    pub task: &'r str,
    /// Its words for grouping.
    pub labels: &'r [String],
    /// What people decided; `None` when that could not be read.
    pub decision: Option<&'r Decision>,
    /// Its replays under the current stage; none for a task that broke.
    pub replays: &'r [Replay],
    /// The facts of these replays, in the same order.
    pub facts: &'r [TaskFacts],
    /// Its replays under other stages.
    pub outlook: &'r [&'r Replay],
    /// What changed since its baseline.
    pub diff: &'r TaskDiff,
    /// Why it broke, and what else is wrong with it.
    pub findings: &'r [Finding],
}

/// The part of one task in each file, ready to be appended.
#[derive(Clone, Debug, Default)]
pub struct RenderedTask {
    pub(super) json: Vec<u8>,
    pub(super) tasks: Vec<u8>,
    pub(super) calls: Vec<u8>,
    pub(super) approvals: Vec<u8>,
    pub(super) html: Vec<u8>,
    /// It needs a look: it broke, changed, or attempts something outside of policy.
    pub(super) grave: bool,
    pub(super) junit: Cases,
    pub(super) sarif: Results,
    pub(super) digest: Digest,
}

/// Renders one task. Pure, so that worker threads do it and the writer only appends.
pub fn rows(report: &TaskReport<'_>) -> RenderedTask {
    let mut task = TaskV1::from(report);
    let mut rendered = tables(&task);
    rendered.junit = Cases::of(&report.suite.name, &task);
    rendered.sarif = Results::of(&report.suite.path, &task);
    rendered.grave = grave(&task);
    let row = html::row(&task);
    rendered.json = task_json(&mut task);
    rendered.html = html::block(&row, &rendered.json);
    rendered.digest = Digest::of(report);
    rendered
}

/// The rows of a task in the CSV files.
pub(super) fn tables(task: &TaskV1<'_>) -> RenderedTask {
    let steps: usize = task.runs.iter().map(|run| run.replay.steps.len()).sum();
    let mut rendered =
        RenderedTask { calls: Vec::with_capacity(256 + steps * 300), ..RenderedTask::default() };
    tasks::rows(&mut rendered.tasks, task);
    calls::rows(&mut rendered.calls, task);
    approvals::rows(&mut rendered.approvals, task);
    rendered
}

/// Does a reader need to look at this task?
pub(super) fn grave(task: &TaskV1<'_>) -> bool {
    let outside = |run: &RunV1<'_>| run.violations.iter().any(|violation| !violation.kinds.is_empty());
    task.status == TaskStatus::Broken || task.baseline == State::Changed || task.runs.iter().any(outside)
}

/// The data blocks of a task in `index.html`.
pub(super) fn blocks(task: &TaskV1<'_>) -> Vec<u8> {
    html::block(&html::row(task), &task_line(task))
}

/// A task as one line of JSON. Steps are taken out of it and written by hand, for speed; they are the last key of
/// their replay, which is the last of its run.
fn task_json(task: &mut TaskV1<'_>) -> Vec<u8> {
    let runs = std::mem::take(&mut task.runs);
    let outlook = std::mem::take(&mut task.outlook);
    let steps: usize = runs.iter().map(|run| run.replay.steps.len()).sum();
    let mut out = Vec::with_capacity(2048 + steps * 512);
    append(&mut out, task);
    out.pop();
    for (at, mut run) in runs.into_iter().enumerate() {
        out.extend_from_slice(if at == 0 { b",\"runs\":[" } else { b"," });
        let steps = std::mem::take(&mut run.replay.steps);
        append(&mut out, &run);
        debug_assert!(out.ends_with(b"\"steps\":[]}}"));
        out.truncate(out.len().saturating_sub(3));
        for (at, step) in steps.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            append_step(&mut out, step);
        }
        out.extend_from_slice(b"]}}");
        task.runs.push(run);
    }
    if !task.runs.is_empty() {
        out.push(b']');
    }
    if !outlook.is_empty() {
        out.extend_from_slice(b",\"outlook\":");
        append(&mut out, &outlook);
    }
    out.push(b'}');
    out
}

/// A task as one line of JSON, to be read again.
pub(super) fn task_line(task: &TaskV1<'_>) -> Vec<u8> {
    task_json(&mut task.clone())
}

fn append<T: serde::Serialize>(out: &mut Vec<u8>, value: &T) {
    let start = out.len();
    if json::append(out, value).is_err() {
        // Only a map with keys that are not text can fail, and a task has none; the file must stay JSON anyway.
        out.truncate(start);
        out.extend_from_slice(b"null");
    }
}

impl<'r> From<&TaskReport<'r>> for TaskV1<'r> {
    fn from(report: &TaskReport<'r>) -> Self {
        let decision = report.decision.filter(|decision| **decision != Decision::default());
        let facts = report.facts.iter().map(Some).chain(std::iter::repeat(None));
        let outlook = report.outlook.iter().map(|other| {
            let current = report.replays.iter().find(|replay| replay.repeat == other.repeat);
            OutlookV1::of(current, other)
        });
        Self {
            name: Cow::Borrowed(report.task),
            status: if report.replays.is_empty() { TaskStatus::Broken } else { TaskStatus::Ok },
            labels: report.labels.iter().map(|label| Cow::Borrowed(label.as_str())).collect(),
            decision: decision.map(DecisionV1::from),
            baseline: report.diff.state,
            changes: report.diff.changes.iter().map(ChangeV1::from).collect(),
            notes: report.findings.iter().map(NoteV1::from).collect(),
            runs: report.replays.iter().zip(facts).map(|(replay, facts)| RunV1::of(replay, facts)).collect(),
            outlook: outlook.collect(),
        }
    }
}

impl<'r> RunV1<'r> {
    fn of(replay: &'r Replay, facts: Option<&TaskFacts>) -> Self {
        let violations = facts.map_or(&[][..], |facts| &facts.violations);
        Self {
            agreement: facts.map_or(super::v1::AgreementV1::Undecided, |facts| facts.agreement.into()),
            completed: facts.and_then(|facts| facts.completed),
            reported: facts.and_then(|facts| facts.reported),
            confirmed: facts.map_or(0, |facts| facts.confirmed),
            violations: violations
                .iter()
                .map(|violation| ViolationV1 {
                    step: violation.step.number,
                    kinds: violation.kinds.iter().collect(),
                    waived: violation.waived.iter().collect(),
                })
                .collect(),
            replay: ReplayV1::from(replay),
        }
    }
}

impl<'r> OutlookV1<'r> {
    /// Steps that `other` rules otherwise than `current`; all of them when there is nothing to compare.
    fn of(current: Option<&Replay>, other: &'r Replay) -> Self {
        let same = |index: usize, step: &ReplayStep| {
            let now = current.and_then(|replay| replay.steps.get(index));
            now.is_some_and(|now| {
                now.id == step.id && now.ruling.verdict == step.ruling.verdict && now.scope == step.scope
            })
        };
        let steps = other.steps.iter().enumerate().filter(|(index, step)| !same(*index, step));
        Self {
            stage: Cow::Borrowed(&other.stage),
            repeat: other.repeat,
            steps: steps
                .map(|(index, step)| OutlookStepV1 {
                    step: index as u32 + 1,
                    verdict: step.ruling.verdict,
                    phase: step.ruling.phase,
                    scope: step.scope,
                    reason: Cow::Borrowed(&step.ruling.reason),
                    rule: RuleV1::from(&step.ruling.rule),
                })
                .collect(),
        }
    }
}
