//! `tasks.csv`: one row for each recorded session, and one for each task that could not be judged.

use super::csv::Rows;
use super::v1::{RunV1, TaskV1};
use crate::decision::{Scope, Verdict};
use crate::replay::v1::StepV1;

/// The columns.
pub(super) const COLUMNS: &[&str] = &[
    "task",
    "repeat",
    "status",
    "outcome",
    "decided",
    "agreement",
    "finished",
    "completed",
    "calls",
    "allow",
    "ask",
    "deny",
    "undetermined",
    "in_scope",
    "scope_undetermined",
    "out_of_scope",
    "violations",
    "waived",
    "unanswered",
    "before_divergence",
    "steps",
    "tokens",
    "baseline",
    "changes",
    "problem",
];

pub(super) fn rows(out: &mut Vec<u8>, task: &TaskV1<'_>) {
    let mut rows = Rows::new(out);
    for run in &task.runs {
        row(&mut rows, task, run);
    }
    if task.runs.is_empty() {
        rows.text(&task.name).word("").word(task.status.name());
        for _ in 3..COLUMNS.len() - 3 {
            rows.word("");
        }
        end(&mut rows, task);
    }
}

fn row(rows: &mut Rows<'_>, task: &TaskV1<'_>, run: &RunV1<'_>) {
    let replay = &run.replay;
    let decided = task.decision.as_ref().and_then(|decision| decision.outcome.as_deref());
    rows.text(&task.name).number(replay.repeat).word(task.status.name());
    rows.text(replay.outcome.as_deref().unwrap_or("")).text(decided.unwrap_or("")).word(run.agreement.name());
    rows.flag(replay.finished);
    rows.word(run.completed.map_or("", |completed| if completed { "yes" } else { "no" }));
    let calls = || replay.steps.iter().filter(|step| step.kind.is_call());
    let count = |fits: &dyn Fn(&StepV1<'_>) -> bool| calls().filter(|step| fits(step)).count() as u64;
    rows.number(count(&|_| true));
    for verdict in [Verdict::Allow, Verdict::Ask, Verdict::Deny, Verdict::Undetermined] {
        rows.number(count(&|step| step.verdict == verdict));
    }
    for scope in [Scope::In, Scope::Undetermined, Scope::Out] {
        rows.number(count(&|step| step.scope == scope));
    }
    let violations = |waived: bool| {
        let kinds = |violation: &&super::v1::ViolationV1| {
            if waived { !violation.waived.is_empty() } else { !violation.kinds.is_empty() }
        };
        run.violations.iter().filter(kinds).count() as u64
    };
    rows.number(violations(false)).number(violations(true));
    rows.number(count(&|step| step.verdict == Verdict::Ask && step.human.is_none()));
    let before = replay.steps.iter().filter(|step| !step.after_divergence).count();
    rows.number(before as u64).number(replay.steps.len() as u64);
    rows.number(replay.usage.input.saturating_add(replay.usage.output));
    end(rows, task);
}

/// The last three columns, which are the task's.
fn end(rows: &mut Rows<'_>, task: &TaskV1<'_>) {
    rows.word(task.baseline.name()).number(task.changes.len() as u64);
    let problem = task.notes.first().map_or_else(String::new, ToString::to_string);
    rows.text(&problem).end();
}
