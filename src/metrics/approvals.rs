//! in_scope, approval_precision, approval_overrides, unanswered_prompts and escalation_latency: what became of prompts.

use crate::decision::{HumanVerdict, Scope};

use super::metric::{Metric, Tally};
use super::{TaskFacts, Unit};

#[derive(Clone, Debug, Default)]
pub(super) struct Approvals {
    in_scope: Tally,
    precision: Tally,
    overrides: Tally,
    unanswered: Tally,
    latencies: Vec<u64>,
    latencies_after: u64,
    timed: Tally,
}

impl Approvals {
    pub(super) fn add(&mut self, facts: &TaskFacts) {
        for prompt in &facts.prompts {
            let (run, step) = (&facts.run, &prompt.step);
            let evidence = |good: bool| run.evidence(good, Some(step), step.note.clone());
            let answered = prompt.verdict.is_some();
            let accepted = prompt.verdict.is_some_and(HumanVerdict::let_run);
            let declined = answered && !accepted;
            if prompt.after {
                self.in_scope.apart += u64::from(accepted);
                self.precision.apart += u64::from(prompt.asks && answered);
                self.overrides.apart += u64::from(declined && prompt.allowed);
                self.unanswered.apart += u64::from(prompt.asks && !answered);
                self.latencies_after += u64::from(prompt.latency.is_some());
                continue;
            }
            if accepted {
                let inside = prompt.scope == Scope::In;
                self.in_scope.sample(inside, evidence(inside));
            }
            if answered {
                self.overrides.total += 1;
                if declined && prompt.allowed {
                    self.overrides.hit(evidence(false));
                }
            }
            if prompt.asks {
                if answered {
                    let plain = prompt.verdict == Some(HumanVerdict::Accepted);
                    self.precision.sample(plain, evidence(plain));
                }
                self.unanswered.total += 1;
                if !answered {
                    self.unanswered.hit(evidence(false));
                }
            }
            if let Some(latency) = prompt.latency {
                self.latencies.push(latency);
                let note = format!("answered after {} s: {}", latency.div_ceil(1000), step.note);
                self.timed.hit(run.evidence(false, Some(step), note));
            }
        }
    }

    pub(super) fn merge(&mut self, mut other: Self) {
        self.in_scope.merge(other.in_scope);
        self.precision.merge(other.precision);
        self.overrides.merge(other.overrides);
        self.unanswered.merge(other.unanswered);
        self.latencies.append(&mut other.latencies);
        self.latencies_after += other.latencies_after;
        self.timed.merge(other.timed);
    }

    pub(super) fn in_scope(&self) -> Metric {
        self.in_scope.metric("in_scope", Unit::Share, "no prompt was accepted")
    }

    pub(super) fn metrics(&self, list: &mut Vec<Metric>) {
        let none = "no prompt of the replays has a recorded answer";
        list.push(self.precision.metric("approval_precision", Unit::Share, none));
        list.push(self.overrides.metric("approval_overrides", Unit::Count, "no prompt was answered"));
        list.push(self.unanswered.metric(
            "unanswered_prompts",
            Unit::Count,
            "the boundary asks about nothing",
        ));
    }

    pub(super) fn latency_metrics(&self, list: &mut Vec<Metric>) {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        for (name, percent) in
            [("escalation_latency.p50", 50), ("escalation_latency.p95", 95), ("escalation_latency.max", 100)]
        {
            let mut tally = self.timed.clone();
            tally.total = sorted.len() as u64;
            tally.apart = self.latencies_after;
            let mut metric = tally.metric(name, Unit::Seconds, "no prompt has both its times");
            metric.value = percentile(&sorted, percent).map(|ms| ms as f64 / 1000.0);
            list.push(metric);
        }
    }
}

/// The smallest value that at least `percent` of the values do not exceed (nearest rank).
fn percentile(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ranks: ceil(0.5 × 20) = 10, ceil(0.95 × 20) = 19, and 20.
    #[test]
    fn percentiles_by_nearest_rank() {
        let twenty: Vec<u64> = (1..=20).collect();
        assert_eq!([50, 95, 100].map(|p| percentile(&twenty, p)), [Some(10), Some(19), Some(20)]);
        assert_eq!([50, 95, 100].map(|p| percentile(&[7], p)), [Some(7); 3]);
        assert_eq!(percentile(&[1, 2, 3], 50), Some(2));
        // Two: ranks ceil(1) = 1 and ceil(1.9) = 2. Three: ceil(2.85) = 3. Four: ceil(2) = 2 and ceil(3.8) = 4.
        assert_eq!([50, 95, 100].map(|p| percentile(&[1, 2], p)), [Some(1), Some(2), Some(2)]);
        assert_eq!([50, 95, 100].map(|p| percentile(&[1, 2, 3], p)), [Some(2), Some(3), Some(3)]);
        assert_eq!([50, 95, 100].map(|p| percentile(&[1, 2, 3, 4], p)), [Some(2), Some(4), Some(4)]);
        // 21 and 100: ceil(10.5) = 11 and ceil(19.95) = 20; 50 and 95.
        let many = |most: u64| (1..=most).collect::<Vec<_>>();
        assert_eq!([50, 95].map(|p| percentile(&many(21), p)), [Some(11), Some(20)]);
        assert_eq!([50, 95].map(|p| percentile(&many(100), p)), [Some(50), Some(95)]);
        assert_eq!(percentile(&[], 50), None);
    }
}
