//! review_yield and context_efficiency: what came of findings, and what results cost.

mod pairing;
mod path;

pub use pairing::judged_findings;
pub(super) use pairing::match_findings;

use super::metric::{Metric, Tally};
use super::{TaskFacts, Unit};

#[derive(Clone, Debug, Default)]
pub(super) struct Findings {
    review: Tally,
    tokens: u64,
    results: u64,
    /// Results of sessions without token counts.
    not_weighed: u64,
}

impl Findings {
    pub(super) fn add(&mut self, facts: &TaskFacts) {
        let run = &facts.run;
        if let Some(reported) = facts.reported.filter(|reported| *reported > 0) {
            self.review.total += u64::from(reported);
            self.review.hits += u64::from(facts.confirmed);
            let good = facts.confirmed == reported;
            let note = format!("{} of {reported} reported findings confirmed", facts.confirmed);
            self.review.evidence.push(run.evidence(good, None, note));
        }
        let results = u64::from(facts.confirmed) + u64::from(facts.merged);
        // What nobody has judged can have no result, and what has no count cannot be weighed.
        if facts.is_judged() && facts.tokens > 0 {
            self.tokens = self.tokens.saturating_add(facts.tokens);
            self.results += results;
        } else {
            self.not_weighed += results;
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.review.merge(other.review);
        self.tokens = self.tokens.saturating_add(other.tokens);
        self.results += other.results;
        self.not_weighed += other.not_weighed;
    }

    pub(super) fn review_yield(&self) -> Metric {
        self.review.metric("review_yield", Unit::Share, "no finding was reported in a decided task")
    }

    pub(super) fn context_efficiency(&self) -> Metric {
        let mut tokens = Tally { total: self.results, ..Tally::default() }.metric(
            "context_efficiency",
            Unit::Tokens,
            "nothing was confirmed or merged",
        );
        tokens.value = (self.results > 0).then(|| self.tokens as f64 / self.results as f64);
        if self.results == 0 && self.not_weighed > 0 {
            tokens.no_data = Some("the recordings hold no token counts".into());
        } else if self.not_weighed > 0 {
            let left = self.not_weighed;
            tokens.detail = Some(format!("{left} results of sessions without token counts are left out"));
        }
        tokens
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{decided, replay};
    use super::*;
    use crate::decision::Decision;
    use crate::replay::Replay;

    fn session(order: u32, tokens: u64, confirmed: u32, decision: &Decision) -> TaskFacts {
        let usage = crate::transcript::Usage { input: tokens, cached: tokens / 2, ..Default::default() };
        let replay = Replay { usage, ..replay("t", vec![]) };
        let role = super::super::fixture::role();
        let waivers = super::super::Waivers::default();
        TaskFacts { confirmed, ..TaskFacts::of(order, &replay, decision, &role, &waivers) }
    }

    /// 1,000 tokens for two findings, 500 for none and 900 for a merged change: 2,400 ÷ 3 = 800. Cached input counts in
    /// full; what nobody has decided about, and results without a count, do not.
    #[test]
    fn context_efficiency_by_hand() {
        let merged = Decision { merged: Some("abcdef0".into()), ..Decision::default() };
        let of = |sessions: &[TaskFacts]| {
            let mut findings = Findings::default();
            for facts in sessions {
                findings.add(facts);
            }
            findings.context_efficiency()
        };
        let all = [
            session(0, 1000, 2, &decided("block")),
            session(1, 500, 0, &decided("block")),
            session(2, 900, 0, &merged),
            session(3, 700, 0, &Decision::default()),
            session(4, 0, 1, &decided("block")),
        ];
        let metric = of(&all);
        assert_eq!((metric.value, metric.samples, metric.no_data), (Some(800.0), 3, None));
        assert_eq!(metric.detail.as_deref(), Some("1 results of sessions without token counts are left out"));
        let one = of(&all[2..3]);
        assert_eq!((one.value, one.samples, one.detail), (Some(900.0), 1, None));
        for (sessions, why) in [
            (&all[..0], "nothing was confirmed or merged"),
            (&all[1..2], "nothing was confirmed or merged"),
            (&all[3..4], "nothing was confirmed or merged"),
            (&all[4..], "the recordings hold no token counts"),
        ] {
            let metric = of(sessions);
            assert_eq!((metric.value, metric.no_data.as_deref()), (None, Some(why)));
        }
    }
}
