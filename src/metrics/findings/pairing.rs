use std::borrow::Cow;

use super::path::{path_difference, plain_path};
use crate::decision::Decision;
use crate::metrics::matching::match_up;
use crate::replay::Replay;

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
pub(in crate::metrics) fn match_findings(replay: &Replay, decision: &Decision) -> (Option<u32>, u32) {
    if decision.outcome.is_none() && decision.findings.is_empty() {
        return (None, 0);
    }
    let judged = judged_findings(replay, decision);
    let confirmed = judged.iter().flatten().filter(|at| decision.findings[**at].confirmed).count();
    (Some(replay.findings.len() as u32), confirmed as u32)
}

/// For each reported finding the number of the judged one that it is, if there is one. Each is used once: a finding that
/// is reported twice is confirmed once. As many are matched as can be, and of these ways the one with the nearest paths,
/// then lines, then texts; in what order they stand does not matter.
pub fn judged_findings(replay: &Replay, decision: &Decision) -> Vec<Option<usize>> {
    let mut judged = vec![None; replay.findings.len()];
    if replay.findings.is_empty() || decision.findings.is_empty() {
        return judged;
    }
    let reported =
        in_order(replay.findings.iter().map(|one| Located::of(&one.path, one.line, &one.summary, false)));
    let known = in_order(
        decision.findings.iter().map(|one| Located::of(&one.path, one.line, &one.summary, one.confirmed)),
    );
    let costs: Vec<Vec<_>> = reported
        .iter()
        .map(|(_, reported)| known.iter().map(|(_, known)| reported.cost_of(known)).collect())
        .collect();
    for (row, column) in
        match_up(reported.len(), known.len(), |row, column| costs[row][column]).into_iter().enumerate()
    {
        judged[reported[row].0] = column.map(|column| known[column].0);
    }
    judged
}

/// Findings with their numbers, sorted by what they say, so that equal ways to match them do not depend on their order.
fn in_order<'f>(findings: impl Iterator<Item = Located<'f>>) -> Vec<(usize, Located<'f>)> {
    let mut found: Vec<_> = findings.enumerate().collect();
    found.sort_by(|(_, a), (_, b)| a.cmp(b));
    found.truncate(MAX_MATCHED);
    found
}

/// What a finding is told by. Of two that are alike but for that, the refuted one comes first: it is not a reported one's
/// luck which of them it is matched with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Located<'f> {
    path: String,
    line: Option<u32>,
    summary: Cow<'f, str>,
    confirmed: bool,
}

impl<'f> Located<'f> {
    fn of(path: &str, line: Option<u32>, summary: &'f str, confirmed: bool) -> Self {
        let (path, at) = plain_path(path);
        let summary = summary.trim();
        let plain = !summary.bytes().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii());
        let summary = if plain { Cow::Borrowed(summary) } else { Cow::Owned(summary.to_lowercase()) };
        Self { path, line: line.or(at), summary, confirmed }
    }

    /// How far apart two findings are: by path, then lines, then thousandths of difference of their texts; `None`: not
    /// the same finding.
    fn cost_of(&self, other: &Self) -> Option<u64> {
        let path = path_difference(&self.path, &other.path)?;
        let lines = match (self.line, other.line) {
            (Some(a), Some(b)) => Some(a.abs_diff(b)),
            _ => None,
        };
        if lines.is_some_and(|lines| lines > MAX_DISTANCE) {
            return None;
        }
        let similarity = strsim::sorensen_dice(&self.summary, &other.summary);
        if lines.is_none() && similarity < MIN_SIMILARITY {
            return None;
        }
        #[expect(clippy::cast_sign_loss, reason = "similarity lies between 0 and 1")]
        let text = ((1.0 - similarity) * 1000.0).round() as u64;
        // Sums of what weighs less stay below what weighs more for up to MAX_MATCHED findings of a task.
        let lines = u64::from(lines.unwrap_or(MAX_DISTANCE + 1));
        Some((path * 10_000 + lines) * 1_000_000 + text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::HumanFinding;
    use crate::metrics::fixture::{decided, replay};
    use crate::replay::AgentFinding;

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

    fn matched(reports: &[AgentFinding], judged: &[HumanFinding]) -> Vec<Option<usize>> {
        let agent = Replay { findings: reports.to_vec(), ..replay("t", vec![]) };
        judged_findings(&agent, &Decision { findings: judged.to_vec(), ..decided("block") })
    }

    /// Lines 10 and 14 against 12 and 18: 14 is nearer to 12 by text, but only 14 can be 18, so 10 is 12.
    #[test]
    fn no_finding_takes_the_only_partner_of_another() {
        let reports = [reported("a", Some(10), "x"), reported("a", Some(14), "twelve")];
        let known = [judged("a", Some(12), "twelve", true), judged("a", Some(18), "y", true)];
        assert_eq!(matched(&reports, &known), [Some(0), Some(1)]);
    }

    /// The same finding twice is confirmed once: the nearer one, or the one whose text is alike.
    #[test]
    fn a_finding_reported_twice_counts_once() {
        let known = [judged("a", Some(12), "drops a column", true)];
        let twice = [reported("a", Some(12), "drops a column"), reported("a", Some(12), "drops a column")];
        assert_eq!(matched(&twice, &known).iter().flatten().count(), 1);
        let near = [reported("a", Some(14), "drops a column"), reported("a", Some(12), "x")];
        assert_eq!(matched(&near, &known), [None, Some(0)]);
        let alike = [reported("a", Some(12), "x"), reported("a", Some(12), "Drops a column")];
        assert_eq!(matched(&alike, &known), [None, Some(0)]);
    }

    #[test]
    fn paths_as_agents_write_them() {
        for (path, line, same) in [
            ("./src/a.rs", Some(12), true),
            ("src//a.rs", Some(12), true),
            ("src/./a.rs", Some(12), true),
            ("/src/a.rs", Some(12), true),
            ("`src/a.rs`", Some(12), true),
            ("src\\a.rs", Some(12), true),
            ("Src/A.rs", Some(12), true),
            ("a/src/a.rs", Some(12), true),
            ("b/src/a.rs", Some(12), true),
            ("/home/ana/app/src/a.rs", Some(12), true),
            ("C:\\app\\src\\a.rs", Some(12), true),
            ("src/a.rs:12", None, true),
            ("src/a.rs:12:7", None, true),
            ("src/a.rs:12-20", None, true),
            ("src/a.rs#L12", None, true),
            ("src/a.rs#L12-L20", None, true),
            ("src/a.rs:40", None, false),
            ("src/a.rs:40", Some(12), true),
            ("lib/src/a.rs", Some(12), false),
            ("xsrc/a.rs", Some(12), false),
            ("a.rs", Some(12), false),
            ("src/a.rs.bak", Some(12), false),
            ("", Some(12), false),
            (":", Some(12), false),
        ] {
            let known = [judged("src/a.rs", Some(12), "drops a column", true)];
            assert_eq!(matched(&[reported(path, line, "")], &known) == [Some(0)], same, "{path} {line:?}");
        }
        // Of two files that end alike the one whose path is the same is taken.
        let known = [judged("b/src/a.rs", Some(12), "", true), judged("src/a.rs", Some(12), "", false)];
        assert_eq!(matched(&[reported("src/a.rs", Some(12), "")], &known), [Some(1)]);
    }

    /// Five lines are near, six are not; without a line the texts must be alike.
    #[test]
    fn nearness_by_hand() {
        let known = |line| [judged("a", line, "drops a column", true)];
        for (line, text, at, same) in [
            (Some(10), "", Some(15), true),
            (Some(20), "", Some(15), true),
            (Some(9), "drops a column", Some(15), false),
            (Some(1), "drops a column", None, true),
            (None, "drops the column", Some(15), true),
            (None, "leaks a key", Some(15), false),
            (None, "", None, false),
        ] {
            assert_eq!(
                matched(&[reported("a", line, text)], &known(at)) == [Some(0)],
                same,
                "{line:?} {text}"
            );
        }
    }

    proptest::proptest! {
        /// In what order findings stand on either side does not change how many are confirmed.
        #[test]
        fn order_does_not_matter(
            lines in proptest::collection::vec((0..3_usize, 0..12_u32, 0..3_usize), 0..6),
            known in proptest::collection::vec((0..3_usize, 0..12_u32, 0..3_usize, proptest::bool::ANY), 0..6),
            turn in 0..6_usize,
        ) {
            const PATHS: [&str; 3] = ["a.rs", "./a.rs", "b/a.rs"];
            const TEXTS: [&str; 3] = ["drops a column", "drops the column", "leaks a key"];
            let line = |line: u32| (line > 0).then_some(line);
            let mut reports: Vec<_> =
                lines.iter().map(|(path, at, text)| reported(PATHS[*path], line(*at), TEXTS[*text])).collect();
            let mut people: Vec<_> =
                known.iter().map(|(path, at, text, good)| judged(PATHS[*path], line(*at), TEXTS[*text], *good)).collect();
            let count = |reports: &[AgentFinding], people: &[HumanFinding]| {
                let found = matched(reports, people);
                let confirmed = found.iter().flatten().filter(|at| people[**at].confirmed).count();
                (found.iter().flatten().count(), confirmed)
            };
            let straight = count(&reports, &people);
            reports.reverse();
            people.reverse();
            let (r, p) = (turn % reports.len().max(1), turn % people.len().max(1));
            reports.rotate_left(r);
            people.rotate_left(p);
            proptest::prop_assert_eq!(count(&reports, &people), straight);
        }

        #[test]
        fn odd_paths_never_panic(path in "(?s).{0,40}", line in proptest::option::of(0..u32::MAX)) {
            let _ = matched(&[reported(&path, line, &path)], &[judged(&path, line, "x", true)]);
        }
    }
}
