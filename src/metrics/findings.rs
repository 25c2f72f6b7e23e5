//! review_yield and context_efficiency: what came of findings, and what results cost.

use crate::decision::{Decision, HumanFinding};
use crate::replay::{AgentFinding, Replay};

use super::metric::{Metric, Tally, note_no_data};
use super::{TaskFacts, Unit};

/// Lines between a reported and a judged finding that are still the same finding.
const MAX_DISTANCE: u32 = 5;
/// Similarity of two summaries (Sørensen–Dice over letter pairs) above which they say the same, where a line is missing.
const MIN_SIMILARITY: f64 = 0.4;
/// Findings of one task that are matched; the rest counts as not confirmed.
const MAX_MATCHED: usize = 500;

/// How many findings the agent reported (`None` when nobody has decided about the task), and how many of them a
/// person confirmed.
///
/// A reported finding is a judged one when both name the same file and lines at most [`MAX_DISTANCE`] apart, or,
/// where one of them has no line, similar texts.
pub(super) fn match_findings(replay: &Replay, decision: &Decision) -> (Option<u32>, u32) {
    if decision.outcome.is_none() && decision.findings.is_empty() {
        return (None, 0);
    }
    let judged = judged_findings(replay, decision);
    let confirmed = judged.iter().flatten().filter(|at| decision.findings[**at].confirmed).count();
    (Some(replay.findings.len() as u32), confirmed as u32)
}

/// For each reported finding the number of the judged one that it is, if there is one. Each is used once; the closest
/// pairs go first.
pub fn judged_findings(replay: &Replay, decision: &Decision) -> Vec<Option<usize>> {
    let mut pairs: Vec<(u32, u32, usize, usize)> = Vec::new();
    for (i, reported) in replay.findings.iter().take(MAX_MATCHED).enumerate() {
        for (j, judged) in decision.findings.iter().take(MAX_MATCHED).enumerate() {
            if let Some((distance, difference)) = closeness(reported, judged) {
                pairs.push((distance, difference, i, j));
            }
        }
    }
    pairs.sort_unstable();
    let mut judged = vec![None; replay.findings.len()];
    let mut used = vec![false; decision.findings.len()];
    for (_, _, i, j) in pairs {
        if judged[i].is_none() && !used[j] {
            judged[i] = Some(j);
            used[j] = true;
        }
    }
    judged
}

/// Lines between two findings and thousandths of difference of their texts; `None`: not the same finding.
fn closeness(reported: &AgentFinding, judged: &HumanFinding) -> Option<(u32, u32)> {
    if plain_path(&reported.path) != plain_path(&judged.path) {
        return None;
    }
    let lower = |text: &str| text.trim().to_lowercase();
    let similarity = strsim::sorensen_dice(&lower(&reported.summary), &lower(&judged.summary));
    #[expect(clippy::cast_sign_loss, reason = "similarity lies between 0 and 1")]
    let difference = ((1.0 - similarity) * 1000.0).round() as u32;
    match (reported.line, judged.line) {
        (Some(a), Some(b)) => (a.abs_diff(b) <= MAX_DISTANCE).then_some((a.abs_diff(b), difference)),
        _ => (similarity >= MIN_SIMILARITY).then_some((MAX_DISTANCE + 1, difference)),
    }
}

/// A path without the ways in which agents decorate it: `./`, a leading `/`, and `a/` or `b/` stay as they are.
fn plain_path(path: &str) -> &str {
    let path = path.trim();
    path.strip_prefix("./").unwrap_or(path).trim_start_matches('/')
}

#[derive(Clone, Debug, Default)]
pub(super) struct Findings {
    review: Tally,
    tokens: u64,
    results: u64,
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
        self.tokens = self.tokens.saturating_add(facts.tokens);
        self.results += u64::from(facts.confirmed) + u64::from(facts.merged);
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.review.merge(other.review);
        self.tokens = self.tokens.saturating_add(other.tokens);
        self.results += other.results;
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
        let known = self.results > 0 && self.tokens > 0;
        tokens.value = known.then(|| self.tokens as f64 / self.results as f64);
        note_no_data(&mut tokens, "the recordings hold no token counts");
        tokens
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{decided, replay};
    use super::*;

    fn reported(path: &str, line: Option<u32>, summary: &str) -> AgentFinding {
        AgentFinding { path: path.into(), line, summary: summary.into() }
    }

    fn judged(path: &str, line: Option<u32>, summary: &str, confirmed: bool) -> HumanFinding {
        HumanFinding { path: path.into(), line, summary: summary.into(), confirmed, by: None, note: None }
    }

    #[test]
    fn findings_are_matched_one_to_one() {
        let agent = Replay {
            findings: vec![
                reported("a.sql", Some(12), "drops a column"),
                reported("./a.sql", Some(14), "another one near it"),
                reported("a.sql", Some(40), "far away"),
                reported("b.rs", None, "Unwraps user input"),
                reported("b.rs", None, "nothing like it"),
            ],
            ..replay("t", vec![])
        };
        let person = Decision {
            findings: vec![
                judged("a.sql", Some(13), "drops a column still read", true),
                judged("a.sql", Some(46), "six lines away", true),
                judged("b.rs", Some(3), "unwraps the user's input", true),
            ],
            ..decided("block")
        };
        // Lines 12 and 14 are both one line from 13, which is used once; 40 is 6 lines from 46; the text of the
        // fourth is like the third judged one.
        assert_eq!(match_findings(&agent, &person), (Some(5), 2));
        let refuted =
            Decision { findings: vec![judged("a.sql", Some(12), "x", false)], ..decided("approve") };
        assert_eq!(match_findings(&agent, &refuted), (Some(5), 0));
        assert_eq!(match_findings(&agent, &Decision::default()), (None, 0));
    }
}
