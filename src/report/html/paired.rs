use maud::{Markup, html};

use super::lists::task_link;
use super::shown;
use crate::metrics::Turn;
use crate::report::paired::{compared, moved, told, wider};
use crate::report::v1::{ComparisonV1, PairedV1, SummaryV1};

/// Tasks named in a row.
const MAX_TASKS: usize = 10;

/// The run against the accepted baselines, task by task.
pub(super) fn paired(summary: &SummaryV1) -> Markup {
    html! {
        @if let Some(paired) = &summary.paired {
            h2 id="baselines" { "Compared with the baselines" }
            p { (compared(paired)) }
            @if moved(paired).next().is_some() { (table(paired)) }
            @if let Some(hint) = wider(summary) { p { (hint) } }
        }
    }
}

fn table(paired: &PairedV1) -> Markup {
    html! {
        div.scroll {
            table.stack {
                thead { tr { th { "by task" } th { "it says" } th.number { "tasks" } th.number { "better" } th.number { "worse" } } }
                tbody { @for row in &paired.rows { (one(row)) } }
            }
        }
        p.dim { "Exact sign test, two-sided, corrected for all rows in which a task moved (Holm)." }
    }
}

fn one(row: &ComparisonV1) -> Markup {
    let tone = match row.turn {
        Turn::Better => "pass",
        Turn::Worse => "fail",
        Turn::Unclear | Turn::Same => "inconclusive",
    };
    html! {
        tr {
            td { code { (shown(&row.metric)) } }
            td {
                @if row.turn == Turn::Same { (told(row)) } @else { span.chip.(tone) { (told(row)) } }
                (tasks("worse", &row.worse_tasks, row.worse))
                (tasks("better", &row.better_tasks, row.better))
            }
            td.number { (row.tasks) }
            td.number { (row.better) }
            td.number { (row.worse) }
        }
    }
}

fn tasks(what: &str, named: &[String], total: u64) -> Markup {
    let some: Vec<_> = named.iter().take(MAX_TASKS).collect();
    let more = total.saturating_sub(some.len() as u64);
    html! {
        @if !some.is_empty() {
            div {
                span.dim { (what) ": " }
                @for task in &some { (task_link(task, 1, None)) " " }
                @if more > 0 { span.dim { "and " (more) " more" } }
            }
        }
    }
}
