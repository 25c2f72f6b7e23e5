//! What was gone over in a text, so that no part of it is gone over again for each name that stands in it.
//!
//! `token=token=token=…` has a value at each name, which is the rest of the text: looked at each by itself, a line of some
//! megabytes would take hours.

use std::ops::Range;

/// Values up to this long are always judged, in bytes.
const SHORT: usize = 512;
/// How many times the bytes of a text may be judged in longer values.
const MOST_WORK: usize = 8;

/// What was gone over in one text, from its start on.
#[derive(Debug)]
pub(super) struct Past {
    /// Values as shells write them.
    pub(super) env: Run,
    /// Values without quotes elsewhere.
    pub(super) bare: Run,
    /// Letters of web tokens.
    pub(super) web: Run,
    /// Cookies: where the first pair begins, and where the last one does.
    pub(super) cookies: Range<usize>,
    /// Bytes of long values that may still be judged.
    work: usize,
}

impl Past {
    /// Nothing was looked at yet.
    pub(super) fn of(text: &[u8]) -> Self {
        let work = text.len().saturating_mul(MOST_WORK).saturating_add(1 << 16);
        Self { env: Run::default(), bare: Run::default(), web: Run::default(), cookies: 0..0, work }
    }

    /// Whether a value of this length may be judged, which costs time.
    pub(super) fn may_judge(&mut self, len: usize) -> bool {
        if len <= SHORT {
            return true;
        }
        let left = self.work.checked_sub(len);
        self.work = left.unwrap_or(0);
        left.is_some()
    }
}

/// The bytes that were last found to belong together.
#[derive(Debug, Default)]
pub(super) struct Run {
    seen: Range<usize>,
}

impl Run {
    /// Where a run that goes on from `start` ends: at a byte that ends it, at the end of the text, or after `most` bytes.
    pub(super) fn end(&mut self, text: &[u8], start: usize, most: usize, ends: impl Fn(u8) -> bool) -> usize {
        let limit = text.len().min(start.saturating_add(most));
        if !self.seen.contains(&start) {
            self.seen = start..start;
        }
        let rest = text.get(self.seen.end..limit).unwrap_or_default();
        self.seen.end += rest.iter().position(|byte| ends(*byte)).unwrap_or(rest.len());
        self.seen.end.min(limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_where_it_would_if_it_were_gone_over_anew() {
        let text = b"ab=cd=efghijklmnop qr=s";
        let ends = |byte: u8| byte == b' ';
        let mut run = Run::default();
        for start in [0, 3, 6, 7, 19, 22, 23, 2, 18] {
            for most in [2, 4, 30, 0] {
                let fresh = Run::default().end(text, start, most, ends);
                assert_eq!(run.end(text, start, most, ends), fresh, "{start} {most}");
            }
        }
        assert_eq!(run.end(text, 6, 100, ends), 18);
    }

    #[test]
    fn long_values_use_up_what_may_be_judged() {
        let mut past = Past::of(&[b'x'; 1000]);
        assert!((0..100_000).all(|_| past.may_judge(SHORT)));
        let judged = (0..100_000).take_while(|_| past.may_judge(4096)).count();
        assert_eq!(judged, ((1 << 16) + 8000) / 4096);
        assert!(!past.may_judge(SHORT + 1) && past.may_judge(SHORT));
    }
}
