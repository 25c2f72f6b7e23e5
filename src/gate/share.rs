//! Shares: how many samples decide one, by its value or by its interval.

use crate::metrics::{Interval, Metric, Unit, further_samples, mean_interval};

use super::bar::{Bar, Op};
use super::judge::Ruled;
use super::status::Status;

impl Bar {
    /// A share with too few samples to show it.
    pub(super) fn rule_few(&self, metric: &Metric, holds: bool) -> Ruled {
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
    pub(super) fn rule_bound(&self, metric: &Metric) -> Ruled {
        let share = metric.value.unwrap_or_default();
        match self.bound(share, metric.samples) {
            Some(true) => (Status::Pass, None, String::new()),
            Some(false) => (Status::Fail, None, "the whole interval misses the bar".to_owned()),
            None => {
                let decided = |hits: u64, samples: u64| {
                    let share = if metric.is_mean() { share } else { hits as f64 / samples as f64 };
                    self.bound(share, samples).is_some()
                };
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
    fn bound(&self, share: f64, samples: u64) -> Option<bool> {
        let interval = mean_interval(share, samples, self.confidence?)?;
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
    pub(super) fn resolution(&self) -> u64 {
        let tolerated = match self.op {
            Op::AtLeast | Op::Above => 1.0 - self.value,
            Op::AtMost | Op::Below => self.value,
            Op::Equal | Op::NoWorse => return 1,
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
    pub(super) fn least_samples(&self) -> Option<u64> {
        if self.metric.unit != Unit::Share {
            return Some(1);
        }
        if self.confidence.is_none() {
            return Some(self.resolution());
        }
        // From one perfect sample on; a bar that even perfect samples do not decide was refused when it was read.
        let perfect = if self.op.wants_more() { 1.0 } else { 0.0 };
        further_samples(0, 1, |_, samples| self.bound(perfect, samples) == Some(true)).map(|more| more + 1)
    }
}
