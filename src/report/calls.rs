//! `calls.csv`: one row for each step of each session under the current stage.

use std::fmt::Write as _;

use super::csv::Rows;
use super::v1::{RunV1, TaskV1};
use crate::metrics::ViolationKind;
use crate::replay::v1::StepV1;

/// The columns.
pub(super) const COLUMNS: &[&str] = &[
    "task",
    "repeat",
    "step",
    "id",
    "kind",
    "depth",
    "label",
    "verdict",
    "phase",
    "reason",
    "rule",
    "rule_file",
    "rule_line",
    "scope",
    "unsandboxed",
    "effects",
    "opaque",
    "human",
    "latency_seconds",
    "hooks",
    "recorded",
    "after_divergence",
    "violations",
    "waived",
];

pub(super) fn rows(out: &mut Vec<u8>, task: &TaskV1<'_>) {
    let mut rows = Rows::new(out);
    let mut scratch = String::new();
    for run in &task.runs {
        let mut violations = run.violations.iter().peekable();
        for (number, step) in (1_u32..).zip(&run.replay.steps) {
            let found = violations.next_if(|violation| violation.step <= number);
            let found = found.filter(|violation| violation.step == number);
            row(&mut rows, (task, run), number, step, &mut scratch);
            let none: &[ViolationKind] = &[];
            let (kinds, waived) = found.map_or((none, none), |found| (&found.kinds, &found.waived));
            rows.word(&names(kinds)).word(&names(waived)).end();
        }
    }
}

fn names(kinds: &[ViolationKind]) -> String {
    kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(" ")
}

fn row(
    rows: &mut Rows<'_>,
    (task, run): (&TaskV1<'_>, &RunV1<'_>),
    number: u32,
    step: &StepV1<'_>,
    scratch: &mut String,
) {
    rows.text(&task.name).number(run.replay.repeat).number(number).text(&step.id).word(step.kind.name());
    rows.number(step.depth).text(&step.label).word(step.verdict.name()).word(step.phase.name());
    rows.text(&step.reason).text(&step.rule.text).text(step.rule.file.as_deref().unwrap_or(""));
    if step.rule.line > 0 {
        rows.number(step.rule.line)
    } else {
        rows.word("")
    };
    rows.word(step.scope.name()).flag(step.unsandboxed);
    effects(scratch, step);
    rows.text(scratch).text(step.opaque.as_deref().unwrap_or(""));
    rows.word(step.human.map_or("", |human| human.name()));
    scratch.clear();
    if let Some(latency) = step.latency {
        let _ = write!(scratch, "{latency}");
    }
    rows.text(scratch);
    scratch.clear();
    for hook in &step.hooks {
        let between = if scratch.is_empty() { "" } else { "; " };
        let _ = write!(scratch, "{between}{} {}: {}", hook.event, hook.rule.text, hook.outcome);
    }
    rows.text(scratch).word(step.recorded.name()).flag(step.after_divergence);
}

/// Effects in one cell: `read src/lib.rs; write /etc/hosts (out)`.
pub(super) fn effects(text: &mut String, step: &StepV1<'_>) {
    text.clear();
    for effect in &step.effects {
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.push_str(effect.access.name());
        text.push(' ');
        text.push_str(&effect.target);
        if effect.scope != crate::decision::Scope::In {
            let _ = write!(text, " ({})", effect.scope);
        }
    }
}
