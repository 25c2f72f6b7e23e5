use super::digest::Digest;
use super::v1::{
    BarV1, ChangesV1, ComparisonV1, EvidenceV1, MetricV1, PairedV1, StageV1, SummaryV1, WaiverV1, Why,
};
use crate::finding::Finding;
use crate::gate::{BarResult, ExitCode, Op, StageVerdict, Verdict};
use crate::metrics::{Comparison, Confidence, Metric, RowRole, Scorecard, Unit};
use crate::replay::v1::NoteV1;
use crate::suite::Waiver;

/// What came out of a run, for the summary.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'o> {
    /// What the gate says.
    pub verdict: &'o Verdict,
    /// The metrics of each stage, in stage order; `None` for one that was not replayed.
    pub cards: &'o [Option<Scorecard>],
    /// Tasks whose baseline was accepted at another stage, and so is not compared by metrics.
    pub other_stage: u64,
    /// Exit code of the run.
    pub exit_code: ExitCode,
    /// Waivers that covered something.
    pub waivers: &'o [&'o Waiver],
    /// Baseline files that belong to no task.
    pub orphans: &'o [String],
    /// Problems of the run as a whole.
    pub notes: &'o [Finding],
}

impl Outcome<'_> {
    pub(super) fn summary(&self, digest: Digest) -> SummaryV1 {
        let tally = digest.tally;
        let foreign: Vec<_> = digest
            .foreign
            .iter()
            .map(|(said, tasks)| Finding::note("by-tool-class", format!("{tasks} tasks are {said}")))
            .collect();
        let noted_total = Why::ALL.into_iter().zip(digest.noted_total).filter(|(_, total)| *total > 0);
        SummaryV1 {
            advice: self.verdict.advice,
            reasons: self.verdict.reasons.clone(),
            next: self.verdict.next.clone(),
            back: self.verdict.back.clone(),
            exit_code: self.exit_code.code(),
            counts: digest.counts,
            stages: self
                .verdict
                .stages
                .iter()
                .enumerate()
                .map(|(at, stage)| StageV1::of(stage, self.cards.get(at).and_then(Option::as_ref)))
                .collect(),
            changes: ChangesV1 {
                same: tally.same,
                changed: tally.changed,
                no_baseline: tally.no_baseline,
                widened: tally.widened,
                narrowed: tally.narrowed,
                unclear: tally.unclear,
                kinds: tally.kinds,
                causes: tally.causes,
                first: digest.changed,
                orphans: self.orphans.to_vec(),
            },
            paired: self.paired(),
            noted: digest.noted.into_iter().flatten().collect(),
            noted_total: noted_total.collect(),
            broken: digest.broken,
            diverged: digest.diverged,
            inputs: digest.inputs.finish(),
            waivers: self.waivers.iter().map(|waiver| WaiverV1::from(*waiver)).collect(),
            notes: self
                .notes
                .iter()
                .chain(&foreign)
                .map(|finding| NoteV1::from(finding).into_owned())
                .collect(),
        }
    }
}

impl Outcome<'_> {
    fn paired(&self) -> Option<PairedV1> {
        let rows = paired_rows(&self.verdict.since);
        let any = !rows.is_empty() || self.other_stage > 0;
        any.then_some(PairedV1 { rows, other_stage: self.other_stage })
    }
}

/// What was compared. Parts of a metric are compared for bars alone.
pub(super) fn paired_rows(comparisons: &[Comparison]) -> Vec<ComparisonV1> {
    let rows = comparisons.iter().filter(|one| one.pairs > 0 && one.row.role != RowRole::Part);
    rows.map(ComparisonV1::from).collect()
}

impl From<&Comparison> for ComparisonV1 {
    fn from(found: &Comparison) -> Self {
        let names = |tasks: &[std::sync::Arc<str>]| tasks.iter().map(ToString::to_string).collect();
        Self {
            metric: found.row.name.to_owned(),
            tasks: found.pairs,
            better: found.better,
            worse: found.worse,
            p: found.p,
            adjusted: found.adjusted,
            turn: found.turn,
            better_tasks: names(&found.better_tasks),
            worse_tasks: names(&found.worse_tasks),
        }
    }
}

impl StageV1 {
    fn of(stage: &StageVerdict, card: Option<&Scorecard>) -> Self {
        Self {
            name: stage.name.clone(),
            mode: stage.mode.clone(),
            status: stage.status,
            bars: stage.bars.iter().map(BarV1::from).collect(),
            metrics: card.map_or_else(Vec::new, |card| card.metrics.iter().map(MetricV1::from).collect()),
        }
    }
}

impl From<&BarResult> for BarV1 {
    fn from(result: &BarResult) -> Self {
        let level = result.bar.confidence.unwrap_or(Confidence::P95);
        Self {
            text: result.bar.text.clone(),
            metric: result.bar.metric.name.to_owned(),
            op: Some(result.bar.op.symbol().to_owned()),
            limit: (result.bar.op != Op::NoWorse).then_some(result.bar.value),
            status: result.status,
            interval: result.interval,
            confidence: (result.bar.op == Op::NoWorse || result.bar.metric.unit == Unit::Share)
                .then(|| level.percent()),
            needed: result.needed,
            reason: result.reason.clone(),
        }
    }
}

impl From<&Metric> for MetricV1 {
    fn from(metric: &Metric) -> Self {
        let definition = metric.definition;
        Self {
            name: definition.name.to_owned(),
            unit: definition.unit,
            better: definition.better,
            meaning: definition.meaning.to_owned(),
            sample: definition.sample.to_owned(),
            value: metric.value,
            shown: metric.value.map_or_else(|| "no data".to_owned(), |value| definition.show(value)),
            hits: metric.hits,
            samples: metric.samples,
            interval: metric.interval,
            no_data: metric.no_data.as_deref().map(str::to_owned),
            detail: metric.detail.clone(),
            waived: metric.waived,
            apart: metric.apart,
            evidence: metric
                .evidence
                .iter()
                .map(|one| EvidenceV1 {
                    good: one.good,
                    task: one.task.to_string(),
                    repeat: one.repeat,
                    step: one.step,
                    note: one.note.to_string(),
                })
                .collect(),
            evidence_total: metric.evidence_total,
        }
    }
}

impl From<&Waiver> for WaiverV1 {
    fn from(waiver: &Waiver) -> Self {
        let what = &waiver.what;
        let parts = [
            what.step.map(|step| format!("step {step}")),
            what.call.as_ref().map(|call| format!("call {call}")),
            what.kind.as_ref().map(|(kind, _)| kind.clone()),
        ];
        Self {
            task: waiver.task.clone(),
            covers: parts.into_iter().flatten().collect::<Vec<_>>().join(", "),
            reason: waiver.reason.clone(),
            by: waiver.by.clone(),
            expires: waiver.expires.to_string(),
            place: waiver.place.to_string(),
        }
    }
}
