//! The exact sign test, and what to make of several tests at once.

/// The p value of the exact sign test, two-sided: how often chance alone would divide the tasks that moved at least as
/// unevenly as they are, if each were as likely to get better as worse.
///
/// For yes and no per task this is the exact test of McNemar. It is not the mid-p value: it never claims more than it
/// shows. Computed with products alone, so that it is the same everywhere.
pub fn sign_test(worse: u64, better: u64) -> f64 {
    let (fewer, moved) = (worse.min(better), worse + better);
    (2.0 * lower_tail(fewer, moved)).min(1.0)
}

/// The chance of at most `most` heads in `tosses` of a fair coin, for `most` no more than half of them.
fn lower_tail(most: u64, tosses: u64) -> f64 {
    let mut term = 1.0_f64;
    // Halving as soon as the binomial coefficient grows keeps the product within range for any number of tosses.
    let mut halvings = tosses;
    for drawn in 1..=most {
        term *= (tosses - most + drawn) as f64 / drawn as f64;
        while term > 1.0 && halvings > 0 {
            term *= 0.5;
            halvings -= 1;
        }
    }
    term *= 0.5_f64.powi(i32::try_from(halvings).unwrap_or(i32::MAX));
    let mut sum = term;
    for heads in (1..=most).rev() {
        term *= heads as f64 / (tosses - heads + 1) as f64;
        sum += term;
        if term < sum * 1e-18 {
            break;
        }
    }
    sum
}

/// p values after Holm's correction, in the order given: one at most `level` stays so however many tests were made,
/// with at most that chance of any false claim among them.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut adjusted = vec![1.0; p.len()];
    let mut least = 0.0_f64;
    for (rank, at) in order.into_iter().enumerate() {
        least = least.max(p[at] * (p.len() - rank) as f64).min(1.0);
        adjusted[at] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2 × (1 + 11 + 55) ÷ 2^11, the exact McNemar test of 9 against 2 that the R package exact2x2 gives as 0.06543.
    #[test]
    fn published_and_hand_computed_p_values() {
        for (worse, better, p) in [
            (0, 0, 1.0),
            (1, 0, 1.0),
            (2, 1, 1.0),
            (5, 5, 1.0),
            (9, 2, 134.0 / 2048.0),
            (2, 9, 134.0 / 2048.0),
            (6, 0, 2.0 / 64.0),
            (5, 0, 2.0 / 32.0),
            (9, 1, 22.0 / 1024.0),
            (10, 1, 24.0 / 2048.0),
            (8, 2, 112.0 / 1024.0),
        ] {
            assert!(
                (sign_test(worse, better) - p).abs() < 1e-12,
                "{worse} {better}: {}",
                sign_test(worse, better)
            );
        }
    }

    /// The critical values of the sign test in the usual tables: the largest smaller number that is significant at 5%,
    /// and at 1%, two-sided.
    #[test]
    fn critical_values_of_the_published_tables() {
        for (moved, at5, at1) in [
            (6, Some(0), None),
            (8, Some(0), Some(0)),
            (10, Some(1), Some(0)),
            (12, Some(2), Some(1)),
            (15, Some(3), Some(2)),
            (20, Some(5), Some(3)),
            (25, Some(7), Some(5)),
            (30, Some(9), Some(7)),
            (40, Some(13), Some(11)),
            (50, Some(17), Some(15)),
            (100, Some(39), Some(36)),
        ] {
            let largest =
                |level: f64| (0..=moved / 2).rev().find(|few| sign_test(*few, moved - few) <= level);
            assert_eq!((largest(0.05), largest(0.01)), (at5, at1), "{moved}");
        }
    }

    /// The normal curve says 2 × Φ(−2) = 0.0455 for 2 standard deviations, which are 100 of 10,000 tosses.
    #[test]
    fn large_numbers_stay_numbers() {
        let p = sign_test(4900, 5100);
        assert!((p - 0.0455).abs() < 1.5e-3, "{p}");
        assert!(sign_test(100_000, 0) < f64::MIN_POSITIVE);
        assert!((sign_test(500_000, 500_000) - 1.0).abs() < f64::EPSILON);
    }

    /// Holm (1979): of 0.01, 0.04, 0.03, 0.005 the smallest is taken times 4, the next times 3, 2 and 1, none below
    /// the one before.
    #[test]
    fn holm_by_hand() {
        let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12);
        assert!(close(&holm(&[0.01, 0.04, 0.03, 0.005]), &[0.03, 0.06, 0.06, 0.02]));
        assert!(close(&holm(&[0.6, 0.5]), &[1.0, 1.0]));
        assert_eq!(holm(&[]), Vec::<f64>::new());
        assert!(close(&holm(&[0.02]), &[0.02]));
    }

    proptest::proptest! {
        /// Against the sum of whole binomial coefficients.
        #[test]
        fn sums_of_coefficients(worse in 0_u64..60, better in 0_u64..60) {
            let (few, n) = (worse.min(better), worse + better);
            let mut coefficient = 1_u128;
            let mut sum = 0_u128;
            for k in 0..=few {
                sum += coefficient;
                coefficient = coefficient * u128::from(n - k) / u128::from(k + 1);
            }
            let exact = (2.0 * sum as f64 / 2.0_f64.powi(n as i32)).min(1.0);
            proptest::prop_assert!((sign_test(worse, better) - exact).abs() < 1e-12);
        }
    }
}
