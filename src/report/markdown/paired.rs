use std::fmt::Write as _;

use crate::report::escape::{code, prose};
use crate::report::paired::{compared, moved, told, wider};
use crate::report::v1::{ComparisonV1, SummaryV1};

/// Tasks named in a row.
const MAX_TASKS: usize = 5;

/// The run against the accepted baselines, by metrics.
pub(super) fn paired(page: &mut String, summary: &SummaryV1) {
    let Some(paired) = &summary.paired else { return };
    let _ = writeln!(page, "\n{}", compared(paired));
    if moved(paired).next().is_none() {
        return;
    }
    page.push_str(
        "\n| compared by task | tasks | better | worse | it says | worse in |\n|---|---|---|---|---|---|\n",
    );
    for row in &paired.rows {
        let ComparisonV1 { tasks, better, worse, .. } = row;
        let _ = writeln!(
            page,
            "| {} | {tasks} | {better} | {worse} | {} | {} |",
            prose(&row.metric),
            told(row),
            worse_in(row)
        );
    }
    if let Some(hint) = wider(summary) {
        let _ = writeln!(page, "\n{hint}");
    }
}

fn worse_in(row: &ComparisonV1) -> String {
    let mut named: Vec<_> = row.worse_tasks.iter().take(MAX_TASKS).map(|task| code(task)).collect();
    let more = row.worse.saturating_sub(named.len() as u64);
    if more > 0 {
        named.push(format!("{more} more"));
    }
    named.join(", ")
}
