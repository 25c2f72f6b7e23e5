//! What the comparison with the baselines says, in words; shared by all pages.

use std::fmt::Write as _;

use super::markdown::plural;
use super::v1::{ComparisonV1, PairedV1, SummaryV1};
use crate::gate::shown_p;
use crate::metrics::Turn;

/// A row in a few words: `worse: 9 of 10 changed tasks, p = 0.021`.
pub(super) fn told(row: &ComparisonV1) -> String {
    let ComparisonV1 { better, worse, adjusted, .. } = *row;
    let changed = better + worse;
    match row.turn {
        Turn::Same => "no task moved".to_owned(),
        Turn::Unclear => {
            format!("no evidence of change: {worse} worse, {better} better, {}", shown_p(adjusted))
        }
        Turn::Better => format!("better: {better} of {changed} changed tasks, {}", shown_p(adjusted)),
        Turn::Worse => format!("worse: {worse} of {changed} changed tasks, {}", shown_p(adjusted)),
    }
}

/// Rows in which a task moved.
pub(super) fn moved(paired: &PairedV1) -> impl Iterator<Item = &ComparisonV1> {
    paired.rows.iter().filter(|row| row.turn != Turn::Same)
}

/// What keeps a wider boundary from looking like a better one.
pub(super) fn wider(summary: &SummaryV1) -> Option<&'static str> {
    let fewer = |row: &ComparisonV1| row.metric == "boundary_violations" && row.better > row.worse;
    let fewer = summary.paired.as_ref().is_some_and(|paired| paired.rows.iter().any(fewer));
    (fewer && summary.changes.widened > 0).then_some(
        "Rulings were widened: a boundary that refuses less is violated less. Look at what it lets through now.",
    )
}

/// What is compared, in a sentence.
pub(super) fn compared(paired: &PairedV1) -> String {
    let tasks = paired.rows.iter().map(|row| row.tasks).max().unwrap_or(0);
    let mut text = format!("{} compared one by one with what was accepted", plural(tasks, "task", "tasks"));
    if moved(paired).next().is_none() && tasks > 0 {
        text.push_str(": none is better or worse");
    }
    if paired.other_stage > 0 {
        let left = plural(paired.other_stage, "task was", "tasks were");
        let _ = write!(text, "; {left} accepted at another stage and left out");
    }
    text.push('.');
    text
}
