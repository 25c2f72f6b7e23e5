use std::fmt::Write as _;

use crate::report::escape::prose;
use crate::report::v1::{MetricV1, SuiteV1, SummaryV1};

/// The metrics of the current stage, and those without data.
pub(super) fn metrics(page: &mut String, suite: &SuiteV1, summary: &SummaryV1) {
    let Some(stage) = summary.stages.iter().find(|stage| stage.name == suite.stage) else { return };
    let _ = writeln!(page, "\n## Metrics under {}\n", prose(&stage.name));
    let heads = "| metric | value | 95% interval | samples | waived | after divergence |";
    let _ = writeln!(page, "{heads}\n|---|---|---|---|---|---|");
    for metric in stage.metrics.iter().filter(|metric| metric.value.is_some()) {
        row(page, metric);
    }
    let none = stage.metrics.iter().filter(|metric| metric.value.is_none());
    let none = none.map(|metric| {
        let why = metric.no_data.as_deref().unwrap_or("nothing was measured");
        format!("{} ({})", prose(&metric.name), prose(why))
    });
    let none: Vec<_> = none.collect();
    if !none.is_empty() {
        let _ = writeln!(page, "\nNo data: {}.", none.join(", "));
    }
    page.push_str("\nEvery step is in [calls.csv](calls.csv), every session in [tasks.csv](tasks.csv).\n");
}

fn row(page: &mut String, metric: &MetricV1) {
    let interval = metric.interval.map_or_else(String::new, |interval| {
        format!("{:.1}%–{:.1}%", interval.low * 100.0, interval.high * 100.0)
    });
    let beside = |count: u64| if count > 0 { count.to_string() } else { String::new() };
    let detail = metric.detail.as_deref().map_or_else(String::new, |detail| format!(" ({})", prose(detail)));
    let _ = writeln!(
        page,
        "| {}{detail} | {} | {interval} | {} | {} | {} |",
        prose(&metric.name),
        prose(&metric.shown),
        metric.samples,
        beside(metric.waived),
        beside(metric.apart),
    );
}
