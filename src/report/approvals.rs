//! `approvals.csv`: the prompts that nobody has answered, for reviewers to fill in.
//!
//! A reviewer writes `accepted`, `reworked` or `declined` into `verdict`, a name into `by`, and anything into `note`.

use super::calls::effects;
use super::csv::Rows;
use super::v1::TaskV1;
use crate::decision::Verdict;

/// The columns; the last three are for reviewers.
pub(super) const COLUMNS: &[&str] = &[
    "task",
    "repeat",
    "call",
    "step",
    "kind",
    "label",
    "reason",
    "rule",
    "rule_file",
    "rule_line",
    "scope",
    "effects",
    "opaque",
    "recorded",
    "after_divergence",
    "verdict",
    "by",
    "note",
];

pub(super) fn rows(out: &mut Vec<u8>, task: &TaskV1<'_>) {
    let mut rows = Rows::new(out);
    let mut scratch = String::new();
    for run in &task.runs {
        for (number, step) in (1_u32..).zip(&run.replay.steps) {
            if step.verdict != Verdict::Ask || step.human.is_some() {
                continue;
            }
            rows.text(&task.name).number(run.replay.repeat).text(&step.id).number(number);
            rows.word(step.kind.name()).text(&step.label).text(&step.reason).text(&step.rule.text);
            rows.text(step.rule.file.as_deref().unwrap_or(""));
            if step.rule.line > 0 {
                rows.number(step.rule.line)
            } else {
                rows.word("")
            };
            effects(&mut scratch, step);
            rows.word(step.scope.name()).text(&scratch).text(step.opaque.as_deref().unwrap_or(""));
            rows.word(step.recorded.name()).flag(step.after_divergence).word("").word("").word("").end();
        }
    }
}
