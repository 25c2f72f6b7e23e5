use std::borrow::Cow;

use super::catalogue::{Definition, Unit, find};
use super::evidence::{Evidence, EvidenceList};
use super::facts::{Run, Steps};
use super::interval::{Confidence, Interval, mean_interval, wilson};

/// A number with what it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// What it is.
    pub definition: &'static Definition,
    /// The number, in the definition's unit; `None`: no data.
    pub value: Option<f64>,
    /// For shares: samples that speak for it. For counts: the count. Else 0.
    pub hits: u64,
    /// Number of samples.
    pub samples: u64,
    /// For shares: where the true share lies with 95% confidence.
    pub interval: Option<Interval>,
    /// Why there is no number.
    pub no_data: Option<Cow<'static, str>>,
    /// What must be known to read the number, such as the k of pass^k.
    pub detail: Option<String>,
    /// Violations that a waiver covers; they are not in the number.
    pub waived: u64,
    /// What was found after the divergence of a replay; it is not in the number.
    pub apart: u64,
    /// Samples behind the number, those against the plugin first, each part in suite order.
    pub evidence: Vec<Evidence>,
    /// How much evidence there was in all; `evidence` holds the first pieces.
    pub evidence_total: u64,
}

impl Metric {
    /// Name, as bars write it.
    pub fn name(&self) -> &'static str {
        self.definition.name
    }

    /// For shares: the interval at a level of confidence.
    pub fn interval_at(&self, confidence: Confidence) -> Option<Interval> {
        let share = self.value.filter(|_| self.definition.unit == Unit::Share);
        share.and_then(|share| mean_interval(share, self.samples, confidence))
    }

    /// The share is no count of hits but a mean of samples that lie between 0 and 1.
    pub fn is_mean(&self) -> bool {
        let counted = self.hits as f64 / self.samples as f64;
        self.value.is_some_and(|value| (value - counted).abs() > f64::EPSILON)
    }
}

/// Gives a metric without value its reason.
pub(super) fn note_no_data(metric: &mut Metric, why: &'static str) {
    if metric.value.is_some() {
        metric.no_data = None;
    } else if metric.no_data.is_none() {
        metric.no_data = Some(why.into());
    }
}

/// Hits and samples while they are counted. Counts are whole numbers, so that any order gives the same metric.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) hits: u64,
    pub(super) total: u64,
    pub(super) waived: u64,
    pub(super) apart: u64,
    pub(super) evidence: EvidenceList,
}

impl Tally {
    /// One sample that speaks for (`hit`) or against.
    pub(super) fn sample(&mut self, hit: bool, evidence: Evidence) {
        self.total += 1;
        self.hits += u64::from(hit);
        self.evidence.push(evidence);
    }

    /// One thing that is counted; the samples are counted elsewhere.
    pub(super) fn hit(&mut self, evidence: Evidence) {
        self.hits += 1;
        self.evidence.push(evidence);
    }

    /// All these steps are counted.
    pub(super) fn hits_of(&mut self, run: &Run, steps: &Steps) {
        self.hits += u64::from(steps.count);
        self.evidence_of(run, steps);
    }

    pub(super) fn evidence_of(&mut self, run: &Run, steps: &Steps) {
        for step in &steps.first {
            self.evidence.push(run.evidence(false, Some(step), step.note.clone()));
        }
        self.evidence.count_more(u64::from(steps.count) - steps.first.len() as u64);
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.hits += other.hits;
        self.total += other.total;
        self.waived += other.waived;
        self.apart += other.apart;
        self.evidence.merge(other.evidence);
    }

    /// The metric of this name; `none` says why there is no data when there are no samples. Units other than shares
    /// and counts get their value from the caller.
    pub(super) fn metric(&self, name: &'static str, unit: Unit, none: &'static str) -> Metric {
        #[expect(
            clippy::expect_used,
            reason = "a name in the code that the catalogue lacks is a bug that tests find"
        )]
        let definition = find(name).expect("every metric is in the catalogue");
        debug_assert_eq!(definition.unit, unit, "{name}");
        let known = self.total > 0;
        let value = match unit {
            _ if !known => None,
            Unit::Share => Some(self.hits as f64 / self.total as f64),
            Unit::Count => Some(self.hits as f64),
            Unit::PerHundred | Unit::Seconds | Unit::Tokens | Unit::PerTask | Unit::Points => None,
        };
        let (evidence, evidence_total) = self.evidence.finish();
        let interval =
            if unit == Unit::Share { wilson(self.hits, self.total, Confidence::P95) } else { None };
        Metric {
            definition,
            value,
            hits: self.hits,
            samples: self.total,
            interval,
            no_data: (!known).then_some(none.into()),
            detail: None,
            waived: self.waived,
            apart: self.apart,
            evidence,
            evidence_total,
        }
    }
}
