//! Confidence intervals of shares, and how many more samples a bound would take.

use serde::{Deserialize, Serialize};

/// How sure an interval is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
pub enum Confidence {
    /// 90%, two-sided.
    #[serde(rename = "90")]
    P90,
    /// 95%, two-sided: what every share carries.
    #[serde(rename = "95")]
    P95,
    /// 99%, two-sided.
    #[serde(rename = "99")]
    P99,
}

impl Confidence {
    /// All levels, as written after `@`.
    pub const ALL: [(&'static str, Self); 3] = [("90", Self::P90), ("95", Self::P95), ("99", Self::P99)];

    /// The quantile of the normal distribution that belongs to the level.
    pub fn z(self) -> f64 {
        match self {
            Self::P90 => 1.644_853_626_951_472_2,
            Self::P95 => 1.959_963_984_540_054,
            Self::P99 => 2.575_829_303_548_900_4,
        }
    }

    /// The level in percent.
    pub fn percent(self) -> u32 {
        match self {
            Self::P90 => 90,
            Self::P95 => 95,
            Self::P99 => 99,
        }
    }
}

/// The range in which a share lies with a given confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Interval {
    /// Lower bound, from 0 to 1.
    pub low: f64,
    /// Upper bound, from 0 to 1.
    pub high: f64,
}

/// The Wilson score interval of `hits` out of `total`; `None` without samples.
///
/// Wilson's interval stays inside 0 and 1 and is honest for the small samples and shares near 100% that gates see,
/// where the usual ± interval collapses to a point (Wilson 1927).
pub fn wilson(hits: u64, total: u64, confidence: Confidence) -> Option<Interval> {
    mean_interval(hits.min(total) as f64 / total.max(1) as f64, total, confidence)
}

/// The score interval of the mean of `total` independent samples that each lie between 0 and 1; `None` without samples.
///
/// No such sample varies more than one that is always 0 or 1: with mean m its variance is at most m (1 − m) (Bhatia and
/// Davis 2000). So the score interval for shares holds for such a mean too, if anything it is too wide. It is the
/// interval of [`wilson`] where all samples are 0 or 1, does not collapse when all are the same, and needs no drawing
/// of random numbers.
pub fn mean_interval(mean: f64, total: u64, confidence: Confidence) -> Option<Interval> {
    if total == 0 {
        return None;
    }
    let n = total as f64;
    let p = mean.clamp(0.0, 1.0);
    let z2 = confidence.z().powi(2);
    let center = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = confidence.z() / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    // At the ends the formula gives 0 and 1 exactly; rounding must not say otherwise.
    let low = if p <= 0.0 { 0.0 } else { (center - half).max(0.0) };
    let high = if p >= 1.0 { 1.0 } else { (center + half).min(1.0) };
    Some(Interval { low, high })
}

/// More samples than this are not worth naming.
pub const MAX_NEEDED: u64 = 1_000_000;

/// The number of further samples after which `decided(hits, total)` holds, if the share stays what it is; `None`: not
/// within [`MAX_NEEDED`].
///
/// Intervals get narrower with samples, so the number is found by halving. Hits are whole, and rounding them makes
/// the bounds waver a little: the number is exact for a perfect share and a close estimate otherwise.
pub fn further_samples(hits: u64, total: u64, decided: impl Fn(u64, u64) -> bool) -> Option<u64> {
    let after = |more: u64| {
        let n = u128::from(total) + u128::from(more);
        let total = u128::from(total.max(1));
        let expected = (u128::from(hits) * n + total / 2) / total;
        (u64::try_from(expected).unwrap_or(u64::MAX), u64::try_from(n).unwrap_or(u64::MAX))
    };
    let holds = |more: u64| {
        let (hits, total) = after(more);
        decided(hits, total)
    };
    if total == 0 || !holds(MAX_NEEDED) {
        return None;
    }
    let (mut low, mut high) = (0, MAX_NEEDED);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 5e-5
    }

    /// Newcombe (1998), table I, method 3 (score without continuity correction), 95%.
    #[test]
    fn published_values() {
        for (hits, total, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let found = wilson(hits, total, Confidence::P95).unwrap();
            assert!(close(found.low, low) && close(found.high, high), "{hits}/{total}: {found:?}");
        }
    }

    /// Of 10, as usual tables of the score interval have them.
    #[test]
    fn shares_of_ten() {
        for (hits, low, high) in
            [(0, 0.0, 0.2775), (1, 0.0179, 0.4042), (5, 0.2366, 0.7634), (10, 0.7225, 1.0)]
        {
            let found = wilson(hits, 10, Confidence::P95).unwrap();
            assert!(close(found.low, low) && close(found.high, high), "{hits}: {found:?}");
            let mean = mean_interval(hits as f64 / 10.0, 10, Confidence::P95).unwrap();
            assert_eq!(mean, found, "a mean of zeros and ones is a share");
        }
        let none = wilson(0, 10, Confidence::P90).unwrap();
        // z² ÷ (n + z²) = 2.705543 ÷ 12.705543 at 90%, 6.634897 ÷ 16.634897 at 99%.
        assert!((none.high - 0.212_942).abs() < 1e-6, "{none:?}");
        assert!((wilson(0, 10, Confidence::P99).unwrap().high - 0.398_854).abs() < 1e-6);
    }

    /// How often the interval of a mean holds the truth, summed over all that can happen: 20 tasks of three sessions that
    /// each succeed with chance p. A task's estimate of pass^2 is 0, 0, 1/3 or 1 for 0 to 3 successes; the truth is p².
    #[test]
    fn the_interval_of_a_mean_holds_what_it_claims() {
        const TASKS: usize = 20;
        for step in 1..20 {
            let p = f64::from(step) / 20.0;
            let q = 1.0 - p;
            // Chances of thirds: 0, 1 or 3 of them.
            let one = [(0, q * q * q + 3.0 * p * q * q), (1, 3.0 * p * p * q), (3, p * p * p)];
            let mut sums = vec![0.0; 3 * TASKS + 1];
            sums[0] = 1.0;
            for _ in 0..TASKS {
                let mut next = vec![0.0; sums.len()];
                for (thirds, chance) in sums.iter().enumerate() {
                    for (more, of) in one {
                        if thirds + more < next.len() {
                            next[thirds + more] += chance * of;
                        }
                    }
                }
                sums = next;
            }
            let holds = |thirds: usize| {
                let mean = thirds as f64 / (3 * TASKS) as f64;
                let interval = mean_interval(mean, TASKS as u64, Confidence::P95).unwrap();
                interval.low <= p * p && p * p <= interval.high
            };
            let covered: f64 = sums.iter().enumerate().filter(|(at, _)| holds(*at)).map(|(_, c)| c).sum();
            assert!(covered >= 0.94, "p = {p}: {covered}");
        }
    }

    /// With z² = 3.841459: at n = 1 and p = 1 the lower bound is 1 / (1 + z²) = 0.206549; at p = 0 the upper bound is
    /// z² / (1 + z²) = 0.793451. At p = 1 in general it is n / (n + z²).
    #[test]
    fn ends_and_single_samples() {
        assert_eq!(wilson(0, 0, Confidence::P95), None);
        let one = wilson(1, 1, Confidence::P95).unwrap();
        assert!((one.low - 0.206_549).abs() < 1e-6 && (one.high - 1.0).abs() < f64::EPSILON, "{one:?}");
        let none = wilson(0, 1, Confidence::P95).unwrap();
        assert!(none.low.abs() < f64::EPSILON && (none.high - 0.793_451).abs() < 1e-6, "{none:?}");
        let all = wilson(30, 30, Confidence::P95).unwrap();
        assert!((all.low - 30.0 / 33.841_459).abs() < 1e-6, "{all:?}");
    }

    /// n / (n + z²) >= 0.95 needs n >= 19 z² = 72.99, so 73 in all.
    #[test]
    fn needed_samples_at_a_perfect_share() {
        let reached = |hits, total| wilson(hits, total, Confidence::P95).is_some_and(|i| i.low >= 0.95);
        assert_eq!(further_samples(30, 30, reached), Some(43));
        assert_eq!(further_samples(72, 72, reached), Some(1));
        assert_eq!(further_samples(73, 73, reached), Some(0));
        assert_eq!(
            further_samples(19, 20, reached),
            None,
            "a share of exactly 95% never gets its bound there"
        );
        assert_eq!(further_samples(0, 0, reached), None);
    }

    proptest::proptest! {
        /// What is said to be needed is enough, and one less is not.
        #[test]
        fn needed_samples_are_enough(total in 1_u64..200, part in 0_u64..200, least in 0.5_f64..0.99) {
            let hits = part % (total + 1);
            let decided = |hits, total| {
                let interval = wilson(hits, total, Confidence::P95).unwrap();
                interval.low >= least || interval.high < least
            };
            let after = |more: u64| {
                let n = total + more;
                decided((hits * n + total / 2) / total, n)
            };
            if let Some(more) = further_samples(hits, total, decided) {
                proptest::prop_assert!(after(more));
                proptest::prop_assert!(more == 0 || !after(more - 1));
            }
        }

        #[test]
        fn the_interval_holds_the_share(total in 1_u64..100_000, part in 0_u64..100_000) {
            let hits = part % (total + 1);
            let share = hits as f64 / total as f64;
            let narrow = wilson(hits, total, Confidence::P90).unwrap();
            let wide = wilson(hits, total, Confidence::P99).unwrap();
            proptest::prop_assert!(0.0 <= wide.low && wide.low <= narrow.low && narrow.low <= share);
            proptest::prop_assert!(share <= narrow.high && narrow.high <= wide.high && wide.high <= 1.0);
        }
    }
}
