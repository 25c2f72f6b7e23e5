use serde::{Deserialize, Serialize};

use crate::metrics::{Interval, Metric, Scorecard, Unit, further_samples};

use super::bar::{Bar, Op};

/// What a bar says.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It holds.
    Pass,
    /// It cannot be told.
    Inconclusive,
    /// It does not hold.
    Fail,
}

impl Status {
    /// Lower-case name, as in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
        }
    }
}

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

/// A status, the samples that are needed, and why.
type Ruled = (Status, Option<u64>, String);

impl Bar {
    /// Judges the bar.
    ///
    /// - No samples: inconclusive. "No data" never passes.
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
    /// A plain bar that passes is a statement about the recorded tasks; the interval beside it says how much it tells
    /// about others. For a statement about others, use a level.
    pub fn judge(&self, card: Option<&Scorecard>) -> BarResult {
        let metric = card.and_then(|card| card.get(self.metric.name)).cloned();
        let (status, needed, reason) = match &metric {
            None => (Status::Inconclusive, None, "the stage was not replayed".to_owned()),
            Some(metric) => self.rule(metric),
        };
        let interval = metric.as_ref().and_then(|metric| match self.confidence {
            Some(confidence) => metric.interval_at(confidence),
            None => metric.interval,
        });
        BarResult { bar: self.clone(), status, metric, interval, needed, reason }
    }

    fn rule(&self, metric: &Metric) -> Ruled {
        let Some(value) = metric.value else {
            let why = metric.no_data.as_deref().unwrap_or("nothing was measured");
            return (Status::Inconclusive, self.least_samples(), format!("no data: {why}"));
        };
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

    /// A share with too few samples to show it.
    fn rule_few(&self, metric: &Metric, holds: bool) -> Ruled {
        let beyond = |interval: Interval| {
            if self.op.wants_more() { interval.high < self.value } else { interval.low > self.value }
        };
        if !holds && metric.interval.is_some_and(beyond) {
            let reason = "even the better end of the 95% interval misses the bar".to_owned();
            return (Status::Fail, None, reason);
        }
        let least = self.resolution();
        let reason = format!("a share of {} takes at least {least} samples", self.metric.show(self.value));
        (Status::Inconclusive, Some(least - metric.samples), reason)
    }

    /// A share whose bound must meet the bar.
    fn rule_bound(&self, metric: &Metric) -> Ruled {
        match self.bound(metric.hits, metric.samples) {
            Some(true) => (Status::Pass, None, String::new()),
            Some(false) => (Status::Fail, None, "the whole interval misses the bar".to_owned()),
            None => {
                let decided = |hits, samples| self.bound(hits, samples).is_some();
                let needed = further_samples(metric.hits, metric.samples, decided);
                let reason = match needed {
                    Some(_) => "the interval lies across the bar",
                    None => "the share lies so close to the bar that more samples do not decide it",
                };
                (Status::Inconclusive, needed, reason.to_owned())
            }
        }
    }

    /// Does the whole interval meet the bar (`true`) or miss it (`false`)?
    fn bound(&self, hits: u64, samples: u64) -> Option<bool> {
        let interval = crate::metrics::wilson(hits, samples, self.confidence?)?;
        let (worse, better) =
            if self.op.wants_more() { (interval.low, interval.high) } else { (interval.high, interval.low) };
        if self.op.holds(worse, self.value) {
            Some(true)
        } else if self.op.holds(better, self.value) {
            None
        } else {
            Some(false)
        }
    }

    /// Samples below which a plain share bar is not decided by its value.
    fn resolution(&self) -> u64 {
        let tolerated = match self.op {
            Op::AtLeast | Op::Above => 1.0 - self.value,
            Op::AtMost | Op::Below => self.value,
            Op::Equal => return 1,
        };
        if tolerated < 1e-9 {
            return 1;
        }
        // 1 / 0.05 is a little more than 20 in binary; that is no reason to ask for 21.
        #[expect(clippy::cast_sign_loss, reason = "a tolerated share is positive")]
        let least = (1.0 / tolerated - 1e-6).ceil() as u64;
        least.max(1)
    }

    /// Samples that a bar without any needs at best.
    fn least_samples(&self) -> Option<u64> {
        if self.metric.unit != Unit::Share {
            return Some(1);
        }
        if self.confidence.is_none() {
            return Some(self.resolution());
        }
        // From one perfect sample on; a bar that even perfect samples do not decide was refused when it was read.
        let perfect = |samples| if self.op.wants_more() { samples } else { 0 };
        further_samples(perfect(1), 1, |_, samples| self.bound(perfect(samples), samples) == Some(true))
            .map(|more| more + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::verdict::fixture::{card, count, seconds, share};
    use super::*;

    fn judged(bar: &str, metric: Metric) -> (Status, Option<u64>) {
        let result = Bar::parse(bar).unwrap().judge(Some(&card(vec![metric])));
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

    #[test]
    fn a_stage_that_was_not_replayed_is_inconclusive() {
        let result = Bar::parse("in_scope >= 95%").unwrap().judge(None);
        assert_eq!((result.status, result.needed), (Status::Inconclusive, None));
        assert_eq!(result.reason, "the stage was not replayed");
    }

    /// Shares and bars that are the same number must compare as equal, whatever the binary rounding.
    #[test]
    fn rounding_never_decides() {
        for tenth in 1..1000_u64 {
            let bar = Bar::parse(&format!("in_scope >= {}.{}%", tenth / 10, tenth % 10)).unwrap();
            let result = bar.judge(Some(&card(vec![share("in_scope", tenth, 1000)])));
            assert_eq!(result.status, Status::Pass, "{}", bar.text);
        }
    }
}
