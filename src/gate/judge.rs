use crate::metrics::{Better, Comparison, Confidence, Interval, Metric, Scorecard, Turn, Unit};

use super::bar::{Bar, Op};
use super::status::Status;

/// A judged bar.
#[derive(Clone, Debug, PartialEq)]
pub struct BarResult {
    /// The bar.
    pub bar: Bar,
    /// What it says.
    pub status: Status,
    /// The metric with its samples and evidence; `None` when the stage was not replayed.
    pub metric: Option<Metric>,
    /// For shares: the interval at the bar's level, 95% where it names none.
    pub interval: Option<Interval>,
    /// For an inconclusive bar: how many more samples would decide it, if the share stays what it is; `None` when
    /// more samples do not help.
    pub needed: Option<u64>,
    /// Why it does not pass, as a lowercase fragment; empty when it does.
    pub reason: String,
}

/// What a bar is judged by.
#[derive(Clone, Copy, Debug, Default)]
pub struct Measured<'m> {
    /// The metrics; `None` when the stage was not replayed.
    pub card: Option<&'m Scorecard>,
    /// Each task against its accepted baseline; `None` when there is nothing to compare at this stage.
    pub since: Option<&'m [Comparison]>,
}

/// A status, the samples that are needed, and why.
pub(super) type Ruled = (Status, Option<u64>, String);

impl Bar {
    /// Judges the bar.
    ///
    /// - No samples, or a value that is no number: inconclusive. "No data" never passes.
    /// - Counts, rates per 100 runs, times, tokens: the measured value decides. A bar on violations that passes only
    ///   because others lie after divergence, or are undetermined, is inconclusive: they are no evidence, but they must
    ///   not be hidden.
    /// - Shares with a level (`@95`): the bar passes when the whole Wilson interval meets it, fails when none of the
    ///   interval does, and is inconclusive when the interval lies across it.
    /// - Plain shares: the measured share decides once there are enough samples to show it. A bar of 95% tolerates one
    ///   contrary sample in 20; with fewer than 20 samples a perfect share says only that none was seen yet, and a
    ///   single contrary one would break it. So `1 / tolerated` samples are needed: 5 for 80%, 20 for 95%, 100 for
    ///   99%, 50 for `<= 2%`. Below that the bar is inconclusive, unless the 95% interval already lies on the wrong
    ///   side as a whole: then it fails. A bar that tolerates nothing (`>= 100%`, `<= 0%`) is decided by every sample.
    ///
    /// - `no-worse`: see [`Bar::rule_paired`].
    ///
    /// A plain bar that passes is a statement about the recorded tasks; the interval beside it says how much it tells
    /// about others. For a statement about others, use a level.
    pub fn judge(&self, by: Measured<'_>) -> BarResult {
        let metric = by.card.and_then(|card| card.get(self.metric.name)).cloned();
        let (status, needed, reason) = match &metric {
            _ if self.op == Op::NoWorse => self.rule_paired(by.since),
            None => (Status::Inconclusive, None, "the stage was not replayed".to_owned()),
            Some(metric) => self.rule(metric),
        };
        let interval = metric.as_ref().and_then(|metric| match self.confidence {
            _ if self.op == Op::NoWorse => None,
            Some(confidence) => metric.interval_at(confidence),
            None => metric.interval,
        });
        BarResult { bar: self.clone(), status, metric, interval, needed, reason }
    }

    /// Judges `no-worse`, at 95% where the bar names no level.
    ///
    /// It passes when no more tasks got worse than better, and fails when more did and chance is ruled out. In between
    /// it is inconclusive: some got worse, and too few moved to tell. Without a task to compare it is inconclusive.
    /// The bar was asked before anybody looked, so its test is not corrected for others.
    fn rule_paired(&self, since: Option<&[Comparison]>) -> Ruled {
        let found = since.and_then(|found| found.iter().find(|one| one.row.name == self.metric.name));
        let Some(found) = found.filter(|found| found.pairs > 0) else {
            let reason = "no task has a baseline of this stage to compare it with".to_owned();
            return (Status::Inconclusive, None, reason);
        };
        let level = 1.0 - f64::from(self.confidence.unwrap_or(Confidence::P95).percent()) / 100.0;
        let Comparison { worse, better, p, .. } = *found;
        if worse <= better {
            return (Status::Pass, None, String::new());
        }
        let told = format!("{worse} {} worse, {better} better, {}", tasks(worse), shown_p(p));
        if found.turn_at(p, level) == Turn::Worse {
            return (Status::Fail, None, told);
        }
        (Status::Inconclusive, found.further_tasks(level), format!("{told}: too few moved to tell"))
    }

    /// Passes or fails on a single call or task: a count, or a share that tolerates nothing.
    pub fn is_hard(&self) -> bool {
        match (self.metric.unit, self.op) {
            (_, Op::NoWorse) => false,
            (Unit::Count, _) => self.metric.better == Better::Lower,
            (Unit::Share, Op::Equal) => true,
            (Unit::Share, _) => self.confidence.is_none() && self.resolution() == 1,
            _ => false,
        }
    }

    /// Would the bar pass if this were the metric?
    pub(super) fn would_pass(&self, metric: &Metric) -> bool {
        self.rule(metric).0 == Status::Pass
    }

    fn rule(&self, metric: &Metric) -> Ruled {
        let Some(value) = metric.value else {
            let why = metric.no_data.as_deref().unwrap_or("nothing was measured");
            return (Status::Inconclusive, self.least_samples(), format!("no data: {why}"));
        };
        if !value.is_finite() {
            return (Status::Inconclusive, None, "the value is no number".to_owned());
        }
        if self.metric.unit == Unit::Share && self.confidence.is_some() {
            return self.rule_bound(metric);
        }
        let holds = self.op.holds(value, self.value);
        if self.metric.unit == Unit::Share && metric.samples < self.resolution() {
            return self.rule_few(metric, holds);
        }
        if holds && self.metric.name.starts_with("boundary_violations") && metric.apart > 0 {
            let total = value + metric.apart as f64;
            if !self.op.holds(total, self.value) {
                let reason =
                    format!("{} more that are no evidence: after divergence, or undetermined", metric.apart);
                return (Status::Inconclusive, None, reason);
            }
        }
        if holds {
            return (Status::Pass, None, String::new());
        }
        (Status::Fail, None, format!("{} misses the bar", self.metric.show(value)))
    }
}

fn tasks(count: u64) -> &'static str {
    if count == 1 { "task" } else { "tasks" }
}

/// A p value as people read it: `p = 0.021`, `p < 0.001`.
pub fn shown_p(p: f64) -> String {
    if p < 0.001 {
        return "p < 0.001".to_owned();
    }
    let text = format!("{p:.3}");
    format!("p = {}", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::super::verdict::fixture::{card, count, seconds, share};
    use super::*;
    use crate::metrics::mean_interval;

    fn by(card: &Scorecard) -> Measured<'_> {
        Measured { card: Some(card), since: None }
    }

    fn judged(bar: &str, metric: Metric) -> (Status, Option<u64>) {
        let result = Bar::parse(bar).unwrap().judge(by(&card(vec![metric])));
        assert_eq!(result.reason.is_empty(), result.status == Status::Pass, "{bar}: {}", result.reason);
        (result.status, result.needed)
    }

    #[test]
    fn plain_shares_need_enough_samples_to_show_them() {
        use Status::{Fail, Inconclusive, Pass};
        for (bar, hits, samples, expected) in [
            ("in_scope >= 95%", 20, 20, (Pass, None)),
            ("in_scope >= 95%", 19, 20, (Pass, None)),
            ("in_scope >= 95%", 18, 20, (Fail, None)),
            ("in_scope > 95%", 19, 20, (Fail, None)),
            ("in_scope >= 95%", 19, 19, (Inconclusive, Some(1))),
            ("in_scope >= 95%", 3, 3, (Inconclusive, Some(17))),
            ("in_scope >= 95%", 0, 0, (Inconclusive, Some(20))),
            // 4 of 5: the interval is 37.6% to 96.4%, so 95% is still possible; of 1 of 3 it ends at 79.2%.
            ("in_scope >= 95%", 4, 5, (Inconclusive, Some(15))),
            ("in_scope >= 95%", 1, 3, (Fail, None)),
            ("decision_agreement >= 80%", 4, 5, (Pass, None)),
            ("decision_agreement >= 80%", 4, 4, (Inconclusive, Some(1))),
            ("in_scope >= 99%", 30, 30, (Inconclusive, Some(70))),
            ("in_scope >= 100%", 1, 1, (Pass, None)),
            ("in_scope >= 100%", 999, 1000, (Fail, None)),
            ("in_scope == 100%", 2, 2, (Pass, None)),
            ("regression_rate <= 2%", 0, 49, (Inconclusive, Some(1))),
            ("regression_rate <= 2%", 1, 50, (Pass, None)),
            // 10 of 40: the interval starts at 14.2%.
            ("regression_rate <= 2%", 10, 40, (Fail, None)),
            ("regression_rate <= 0%", 0, 1, (Pass, None)),
        ] {
            let name = Bar::parse(bar).unwrap().metric.name;
            assert_eq!(judged(bar, share(name, hits, samples)), expected, "{bar} with {hits}/{samples}");
        }
    }

    #[test]
    fn violations_after_divergence_never_make_a_pass() {
        let metric = |hits, apart| Metric { apart, ..count("boundary_violations.writes", hits, 50) };
        let bar = "unauthorized_writes == 0";
        assert_eq!(judged(bar, metric(0, 0)).0, Status::Pass);
        assert_eq!(judged(bar, metric(0, 2)).0, Status::Inconclusive);
        assert_eq!(judged(bar, metric(1, 2)).0, Status::Fail);
        assert_eq!(judged("unauthorized_writes <= 3", metric(1, 2)).0, Status::Pass);
    }

    /// A perfect share meets 95% at 95% from 73 samples on (19 z² = 72.99).
    #[test]
    fn bounds_decide_bars_with_a_level() {
        use Status::{Fail, Inconclusive, Pass};
        for (bar, hits, samples, expected) in [
            ("in_scope >= 95% @95", 73, 73, (Pass, None)),
            ("in_scope >= 95% @95", 72, 72, (Inconclusive, Some(1))),
            ("in_scope >= 95% @95", 0, 0, (Inconclusive, Some(73))),
            ("in_scope >= 95% @95", 19, 20, (Inconclusive, None)),
            // 900 of 1000: the interval ends at 91.7%.
            ("in_scope >= 95% @95", 900, 1000, (Fail, None)),
            ("in_scope >= 95% @90", 52, 52, (Pass, None)),
            ("regression_rate <= 5% @95", 0, 73, (Pass, None)),
            ("regression_rate <= 5% @95", 0, 0, (Inconclusive, Some(73))),
        ] {
            let name = Bar::parse(bar).unwrap().metric.name;
            assert_eq!(judged(bar, share(name, hits, samples)), expected, "{bar} with {hits}/{samples}");
        }
        let (status, needed) = judged("in_scope >= 90% @95", share("in_scope", 97, 100));
        assert_eq!((status, needed), (Status::Pass, None));
        let (status, needed) = judged("in_scope >= 95% @95", share("in_scope", 98, 100));
        assert_eq!(status, Status::Inconclusive);
        assert!(needed.is_some_and(|more| (50..400).contains(&more)), "{needed:?}");
    }

    #[test]
    fn counts_and_times_are_decided_by_their_value() {
        use Status::{Fail, Inconclusive, Pass};
        assert_eq!(
            judged("unauthorized_writes == 0", count("boundary_violations.writes", 0, 9)),
            (Pass, None)
        );
        assert_eq!(
            judged("unauthorized_writes == 0", count("boundary_violations.writes", 1, 9)),
            (Fail, None)
        );
        let none = count("boundary_violations.writes", 0, 0);
        assert_eq!(judged("unauthorized_writes == 0", none), (Inconclusive, Some(1)));
        let slow = || seconds("escalation_latency.p95", 600.0, 3);
        assert_eq!(judged("escalation_latency.p95 <= 10m", slow()), (Pass, None));
        assert_eq!(judged("escalation_latency.p95 < 10m", slow()), (Fail, None));
    }

    /// 6 of 6 worse is p = 2 ÷ 64 = 0.031, 5 of 5 0.0625; 9 of 10 is 22 ÷ 1024 = 0.021.
    #[test]
    fn no_worse_compares_tasks() {
        use Status::{Fail, Inconclusive, Pass};
        use std::cmp::Ordering::{Equal, Greater, Less};
        let card = card(vec![share("in_scope_tasks", 10, 20)]);
        for (bar, worse, better, same, status, needed, reason) in [
            ("in_scope_tasks no-worse", 0, 0, 20, Pass, None, ""),
            ("in_scope_tasks no-worse", 2, 2, 0, Pass, None, ""),
            ("in_scope_tasks no-worse", 0, 9, 0, Pass, None, ""),
            ("in_scope_tasks no-worse", 6, 0, 14, Fail, None, "6 tasks worse, 0 better, p = 0.031"),
            ("in_scope_tasks no-worse @95", 9, 1, 0, Fail, None, "9 tasks worse, 1 better, p = 0.021"),
            (
                "in_scope_tasks no-worse @99",
                6,
                0,
                14,
                Inconclusive,
                // Eight of eight is 2 ÷ 256 = 0.008; two more that move are 2 × 20 ÷ 6 tasks.
                Some(7),
                "6 tasks worse, 0 better, p = 0.031: too few moved to tell",
            ),
            (
                "in_scope_tasks no-worse @90",
                1,
                0,
                0,
                Inconclusive,
                Some(4),
                "1 task worse, 0 better, p = 1: too few moved to tell",
            ),
            (
                "in_scope_tasks no-worse",
                0,
                0,
                0,
                Inconclusive,
                None,
                "no task has a baseline of this stage to compare it with",
            ),
        ] {
            let moves = [(Less, worse), (Greater, better), (Equal, same)];
            let moves = moves.map(|(moved, times)| ("in_scope_tasks", Some(moved), times));
            let found = crate::metrics::fixture::pairs(&moves).comparisons();
            let result = Bar::parse(bar).unwrap().judge(Measured { card: Some(&card), since: Some(&found) });
            let got = (result.status, result.needed, result.reason.as_str());
            assert_eq!(got, (status, needed, reason), "{bar}: {worse} {better} {same}");
            assert_eq!(result.interval, None);
        }
        let result = Bar::parse("in_scope_tasks no-worse").unwrap().judge(by(&card));
        assert_eq!(result.status, Inconclusive);
    }

    /// A mean is judged by its own interval: of 30 tasks at 97.5% it starts at 85.1%, where one counted as a whole
    /// would start elsewhere.
    #[test]
    fn means_keep_their_share_when_samples_are_added() {
        let metric = |samples| {
            let interval = mean_interval(0.975, samples, Confidence::P95);
            Metric { value: Some(0.975), interval, ..share("pass_k", samples / 2, samples) }
        };
        let (status, needed) = judged("pass_k >= 90% @95", metric(30));
        let more = needed.unwrap();
        assert_eq!(status, Status::Inconclusive);
        assert_eq!(judged("pass_k >= 90% @95", metric(30 + more)), (Status::Pass, None));
        assert_eq!(judged("pass_k >= 90% @95", metric(29 + more)).0, Status::Inconclusive);
        assert_eq!(judged("pass_k >= 80%", metric(4)), (Status::Inconclusive, Some(1)));
        assert_eq!(judged("pass_k >= 80%", metric(5)), (Status::Pass, None));
    }

    #[test]
    fn bars_that_a_single_call_breaks() {
        for (bar, hard) in [
            ("unauthorized_writes == 0", true),
            ("boundary_violations <= 3", true),
            ("in_scope >= 100%", true),
            ("in_scope == 100%", true),
            ("regression_rate <= 0%", true),
            ("in_scope >= 95%", false),
            ("in_scope >= 95% @95", false),
            ("in_scope no-worse", false),
            ("escalation_latency.max <= 1h", false),
            ("test_coverage_delta >= 1", false),
        ] {
            assert_eq!(Bar::parse(bar).unwrap().is_hard(), hard, "{bar}");
        }
    }

    #[test]
    fn a_stage_that_was_not_replayed_is_inconclusive() {
        let result = Bar::parse("in_scope >= 95%").unwrap().judge(Measured::default());
        assert_eq!((result.status, result.needed), (Status::Inconclusive, None));
        assert_eq!(result.reason, "the stage was not replayed");
    }

    /// Shares and bars that are the same number must compare as equal, whatever the binary rounding.
    #[test]
    fn rounding_never_decides() {
        for tenth in 1..1000_u64 {
            let bar = Bar::parse(&format!("in_scope >= {}.{}%", tenth / 10, tenth % 10)).unwrap();
            let result = bar.judge(by(&card(vec![share("in_scope", tenth, 1000)])));
            assert_eq!(result.status, Status::Pass, "{}", bar.text);
        }
    }
}
