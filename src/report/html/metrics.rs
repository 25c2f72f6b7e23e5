use maud::{Markup, html};

use super::{plot, shown};
use crate::gate::Status;
use crate::metrics::Unit;
use crate::report::v1::{EvidenceV1, MetricV1, StageV1, SuiteV1, SummaryV1};

/// The role card: the metric that decides and the one that vetoes.
pub(super) fn tiles(suite: &SuiteV1, summary: &SummaryV1) -> Markup {
    let stage = summary.stages.iter().find(|stage| stage.name == suite.stage);
    let find = |name: &Option<String>| stage.and_then(|stage| stage.metric(&catalogued(name.as_deref()?)));
    let tiles = [("decides", find(&suite.primary)), ("vetoes", find(&suite.guardrail))];
    html! {
        div.tiles {
            @for (part, metric) in tiles.into_iter().filter_map(|(part, metric)| Some((part, metric?))) {
                div.tile {
                    span.dim { (part) ": " } code { (shown(&metric.name)) }
                    b { (shown(&metric.shown)) }
                    span.dim { (spread(metric)) }
                }
            }
        }
    }
}

/// The name in the catalogue of a metric that a suite may call by another one.
fn catalogued(name: &str) -> String {
    crate::metrics::find(name).map_or_else(|_| name.to_owned(), |definition| definition.name.to_owned())
}

fn spread(metric: &MetricV1) -> String {
    let samples = format!("{} × {}", metric.samples, metric.sample);
    match (metric.interval, &metric.no_data) {
        (Some(interval), _) => {
            format!("{:.1}%–{:.1}% (95%), {samples}", interval.low * 100.0, interval.high * 100.0)
        }
        (None, Some(why)) => why.clone(),
        _ => samples,
    }
}

/// All metrics of the current stage, with their evidence, then those of the others.
pub(super) fn tables(suite: &SuiteV1, summary: &SummaryV1) -> Markup {
    let (here, others): (Vec<_>, Vec<_>) = summary.stages.iter().partition(|stage| stage.name == suite.stage);
    html! {
        h2 id="metrics" { "Metrics" }
        @for stage in here { (table(suite, stage)) }
        @for stage in others {
            @if !stage.metrics.is_empty() {
                details { summary { "under " (shown(&stage.name)) } (table(suite, stage)) }
            }
        }
    }
}

fn table(suite: &SuiteV1, stage: &StageV1) -> Markup {
    let (measured, none): (Vec<_>, Vec<_>) = stage.metrics.iter().partition(|metric| metric.value.is_some());
    html! {
        div.scroll {
            table.stack {
                thead { tr { th { "metric" } th.number { "value" } th { "95% interval" } th.number { "samples" } th.number { "waived" } th.number { "after divergence" } } }
                tbody { @for metric in measured { (row(suite, metric)) } }
            }
        }
        @if !none.is_empty() {
            h3 { "No data" }
            ul {
                @for metric in none {
                    li { code { (shown(&metric.name)) } ": " (shown(metric.no_data.as_deref().unwrap_or("nothing was measured"))) }
                }
            }
        }
    }
}

fn row(suite: &SuiteV1, metric: &MetricV1) -> Markup {
    let plotted = metric.value.filter(|_| metric.unit == Unit::Share);
    let beside = |count: u64| if count > 0 { count.to_string() } else { String::new() };
    let is = |name: &Option<String>| name.as_deref().is_some_and(|name| catalogued(name) == metric.name);
    html! {
        tr {
            td {
                code { (shown(&metric.name)) }
                @if is(&suite.primary) { " " span.chip { "decides" } }
                @if is(&suite.guardrail) { " " span.chip { "vetoes" } }
                div.dim { (shown(&metric.meaning)) }
                @if let Some(detail) = &metric.detail { div.dim { (shown(detail)) } }
                (evidence(metric))
            }
            td.number data-name="value" { (shown(&metric.shown)) }
            td {
                @if let (Some(value), Some(interval)) = (plotted, metric.interval) {
                    (plot::share(value, Some(interval), None, Status::Inconclusive))
                }
            }
            td.number data-name="samples" { (metric.samples) }
            td.number data-name="waived" { (beside(metric.waived)) }
            td.number data-name="after divergence" { (beside(metric.apart)) }
        }
    }
}

fn evidence(metric: &MetricV1) -> Markup {
    let shown_count = metric.evidence.len() as u64;
    html! {
        @if !metric.evidence.is_empty() {
            details {
                summary { "evidence: " (metric.evidence_total) }
                ul.plain { @for one in &metric.evidence { li { (sample(one)) } } }
                @if metric.evidence_total > shown_count {
                    p.dim { "and " (metric.evidence_total - shown_count) " more, see calls.csv" }
                }
            }
        }
    }
}

fn sample(one: &EvidenceV1) -> Markup {
    html! {
        span.chip.(if one.good { "pass" } else { "fail" }) { (if one.good { "for" } else { "against" }) } " "
        (super::lists::task_link(&one.task, one.repeat, one.step)) " " span.code { (shown(&one.note)) }
    }
}
