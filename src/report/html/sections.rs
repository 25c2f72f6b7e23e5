use maud::{Markup, html};

use super::{plot, shown};
use crate::gate::{Advice, Op, Status};
use crate::metrics::Unit;
use crate::report::escape::short;
use crate::report::markdown::{
    MAX_NOTE, bar_counts, decides, interval, needed, plural, rung, sentence, share,
};
use crate::report::v1::{BarV1, StageV1, SuiteV1, SummaryV1};

pub(super) fn verdict(suite: &SuiteV1, summary: &SummaryV1) -> Markup {
    let (what, why) = sentence(suite, summary);
    let tone = match summary.advice {
        Advice::Promote => "pass",
        Advice::Inconclusive => "inconclusive",
        Advice::Hold | Advice::RollBack => "fail",
    };
    let counts = &summary.counts;
    html! {
        section.verdict.(tone) {
            h1 { (shown(&what)) }
            p { (shown(&why)) }
            @if summary.reasons.len() > 1 {
                ul { @for reason in summary.reasons.iter().skip(1) { li { (shown(reason)) } } }
            }
            p.dim {
                (plural(counts.tasks - counts.broken.min(counts.tasks), "task", "tasks")) ", "
                (plural(counts.runs, "recorded session", "recorded sessions")) ", "
                (plural(counts.steps, "step", "steps")) ". Still valid evidence (before divergence): "
                (share(counts.before_divergence, counts.steps)) ". Exit code " (summary.exit_code) "."
            }
            @for note in &summary.notes {
                p { span.chip.(if note.severity.name() == "error" { "fail" } else { "inconclusive" }) { (note.severity.name()) } " " (shown(&short(&note.to_string(), MAX_NOTE))) }
            }
        }
    }
}

pub(super) fn ladder(suite: &SuiteV1, summary: &SummaryV1) -> Markup {
    let here = |stage: &StageV1| stage.name == suite.standing();
    html! {
        h2 { "Stages" }
        ol.ladder {
            @for (at, stage) in summary.stages.iter().enumerate() {
                li.here[here(stage)] aria-current=[here(stage).then_some("step")] {
                    span.name { (at + 1) ". " (shown(&stage.name)) }
                    span.dim { (shown(stage.mode.as_deref().unwrap_or("as configured"))) }
                    p {
                        span.chip.(stage.status.name()) { (stage.status.name()) }
                        " " (bar_counts(stage))
                    }
                    span.dim { (rung(suite, summary, at)) }
                }
            }
        }
    }
}

pub(super) fn bars(suite: &SuiteV1, summary: &SummaryV1) -> Markup {
    html! {
        h2 id="bars" { "Bars" }
        @for (at, stage) in summary.stages.iter().enumerate() {
            h3 {
                (shown(&stage.name))
                @if !decides(suite, summary, at) { span.dim { " (does not decide the exit code)" } }
            }
            div.scroll {
                table.stack {
                    thead { tr { th { "bar" } th { "status" } th.number { "value" } th { "interval" } th.number { "samples" } th { "needed" } } }
                    tbody { @for bar in &stage.bars { (row(stage, bar)) } }
                }
            }
        }
    }
}

fn row(stage: &StageV1, bar: &BarV1) -> Markup {
    let metric = stage.metric(&bar.metric);
    let status = match bar.status {
        Status::Pass => "✓ pass",
        Status::Fail => "✗ fail",
        Status::Inconclusive => "? inconclusive",
    };
    let plotted = metric.filter(|metric| metric.unit == Unit::Share).and_then(|metric| metric.value);
    html! {
        tr {
            td { code { (shown(&bar.text)) } }
            td { span.chip.(bar.status.name()) { (status) } }
            td.number data-name="value" { (shown(metric.map_or("not replayed", |metric| metric.shown.as_str()))) }
            td {
                @if let Some(value) = plotted { (plot::share(value, bar.interval, limit(bar), bar.status)) }
                span.dim { (interval(bar)) }
            }
            td.number data-name="samples" { (metric.map_or(0, |metric| metric.samples)) }
            td { (shown(&needed(bar))) }
        }
    }
}

fn limit(bar: &BarV1) -> Option<(Op, f64)> {
    let op = Op::named(bar.op.as_deref()?)?;
    Some((op, bar.limit?))
}
