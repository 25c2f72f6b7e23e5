//! patch_acceptance, formatter_equality, test_coverage_delta and regression_rate: what became of patches.

use std::fmt::Write as _;

use crate::action::Access;
use crate::decision::{Decision, HumanVerdict, Verdict};
use crate::replay::{CoverageChange, Formatted, Merge, Patch, Repair, Replay, TestsChange};
use crate::suite::Role;
use crate::transcript::Recorded;

use super::metric::{Metric, Tally};
use super::{TaskFacts, Unit};

/// Files named in the note of a sample.
const NAMED: usize = 3;

/// What metrics need to know about the patch of one replay.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct PatchFacts {
    /// Was it merged without a substantial rewrite? `None` where that is not decided or not known.
    pub accepted: Option<bool>,
    /// There is a patch and a decision about it, but which it is cannot be told.
    pub unclear: bool,
    /// The patch is not one under this boundary: an edit of it follows the divergence, or is stopped.
    pub undone: bool,
    /// How it compares, for the evidence.
    pub note: String,
    /// Is it what the role's formatter makes of the files?
    pub formatted: Option<(bool, String)>,
    /// The formatter could not tell.
    pub unformatted: bool,
    /// What it does to tests.
    pub tests: Option<TestsChange>,
    /// What it does to coverage.
    pub coverage: Option<CoverageChange>,
    /// For a merged change: what repaired it, or nothing.
    pub merged: Option<Option<String>>,
    /// The merged commit is not in the repository, so nobody could look for repairs.
    pub commit_missing: bool,
}

impl PatchFacts {
    pub(super) fn of(replay: &Replay, decision: &Decision, role: &Role) -> Self {
        let mut facts = Self::default();
        let patch = replay.patch.as_deref();
        facts.merge(patch, decision);
        let Some(patch) = patch.filter(|patch| patch.files > 0) else { return facts };
        facts.undone = !stands(replay);
        facts.accept(patch, decision, role);
        facts.format(patch);
        facts.tests.clone_from(&patch.tests);
        facts.coverage = patch.coverage;
        facts
    }

    fn merge(&mut self, patch: Option<&Patch>, decision: &Decision) {
        if decision.merged.is_none() {
            return;
        }
        self.commit_missing = patch.is_some_and(|patch| patch.merge == Some(Merge::Missing));
        let found = patch.and_then(|patch| patch.repairs.first()).map(repaired_by);
        let labelled = || decision.defects.first().map(|commit| format!("{} is labelled", short(commit)));
        let repaired = found.or_else(labelled);
        if repaired.is_some() || !self.commit_missing {
            self.merged = Some(repaired);
        }
    }

    fn accept(&mut self, patch: &Patch, decision: &Decision, role: &Role) {
        let outcome = decision.outcome.as_deref().and_then(|outcome| role.rank(outcome));
        match &patch.merge {
            Some(Merge::Compared { least, most, words, rewritten }) => {
                let wanted = role.least_similarity();
                self.note = similarity_note(*least, *most, *words, rewritten);
                match (*least >= wanted, *most >= wanted) {
                    (true, _) => self.accepted = Some(true),
                    (false, false) => self.accepted = Some(false),
                    (false, true) => self.unclear = true,
                }
            }
            Some(Merge::Missing) => self.unclear = true,
            Some(Merge::NoPatch) => {}
            None if outcome.is_some_and(|rank| rank > 0) => {
                self.accepted = Some(false);
                "not merged".clone_into(&mut self.note);
            }
            // Let through, and nobody says what was merged.
            None => self.unclear = outcome == Some(0),
        }
    }

    fn format(&mut self, patch: &Patch) {
        self.unformatted = matches!(patch.formatted, Some(Formatted::Unknown { .. }));
        if let Some(Formatted::Compared { equal, differing, foreign }) = &patch.formatted {
            let good = differing.is_empty() && foreign.is_empty();
            let mut note = format!("{equal} files as the formatter prints them");
            for (what, files) in [("differing", differing), ("not the formatter's", foreign)] {
                if !files.is_empty() {
                    let _ = write!(note, ", {what}: {}", names(files.iter().map(String::as_str)));
                }
            }
            self.formatted = Some((good, note));
        }
    }
}

fn repaired_by(repair: &Repair) -> String {
    let lines = if repair.lines > 0 { format!(" ({} lines)", repair.lines) } else { String::new() };
    let subject = if repair.subject.is_empty() { String::new() } else { format!(": {}", repair.subject) };
    format!("{} {}{lines}{subject}", short(&repair.commit), repair.how.name())
}

fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}

fn similarity_note(least: u32, most: u32, words: [u32; 3], rewritten: &[(String, u32)]) -> String {
    let percent = |permille: u32| permille / 10;
    let mut note = if least == most {
        format!("{}% similar", percent(least))
    } else {
        format!("{}% to {}% similar", percent(least), percent(most))
    };
    let _ = write!(note, ", {} of {} words kept", words[2], words[0]);
    if !rewritten.is_empty() {
        let files = rewritten.iter().map(|(path, permille)| format!("{path} {}%", percent(*permille)));
        let files: Vec<String> = files.collect();
        let _ = write!(note, ": {}", names(files.iter().map(String::as_str)));
    }
    note
}

/// The first names, and how many more.
fn names<'n>(all: impl ExactSizeIterator<Item = &'n str>) -> String {
    let more = all.len().saturating_sub(NAMED);
    let first = all.take(NAMED).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{first} and {more} more") } else { first }
}

/// Would every edit of the session have been made under the boundary as well? Those after the divergence are no
/// evidence, and those that the boundary stops were not made.
fn stands(replay: &Replay) -> bool {
    replay.steps.iter().filter(|step| step.recorded == Recorded::Ran).all(|step| {
        let edits = step
            .effects
            .iter()
            .any(|effect| effect.access == Access::Write && !effect.target.starts_with(['/', '~']));
        let accepted = step.human.is_some_and(|human| human.verdict != HumanVerdict::Declined);
        let made = match step.ruling.verdict {
            Verdict::Allow => true,
            Verdict::Ask => accepted,
            Verdict::Deny | Verdict::Undetermined => false,
        };
        !edits || (made && !step.after_divergence)
    })
}

/// The metrics of patches.
#[derive(Clone, Debug, Default)]
pub(super) struct Patches {
    acceptance: Tally,
    equality: Tally,
    regression: Tally,
    tests: Mean,
    /// In thousandths of a percentage point.
    coverage: Mean,
}

/// The mean of whole numbers, so that any order gives the same.
#[derive(Clone, Debug, Default)]
struct Mean {
    sum: i64,
    tally: Tally,
}

impl Mean {
    fn merge(&mut self, other: Self) {
        self.sum += other.sum;
        self.tally.merge(other.tally);
    }

    fn metric(&self, name: &'static str, unit: Unit, scale: f64, none: &'static str) -> Metric {
        let mut metric = self.tally.metric(name, unit, none);
        let samples = self.tally.total;
        metric.value = (samples > 0).then(|| self.sum as f64 / scale / samples as f64);
        metric.hits = 0;
        metric
    }
}

impl Patches {
    pub(super) fn add(&mut self, facts: &TaskFacts) {
        let (run, patch) = (&facts.run, &facts.patch);
        match &patch.merged {
            Some(repaired) => {
                self.regression.total += 1;
                if let Some(by) = repaired {
                    self.regression.hit(run.evidence(false, None, by.as_str()));
                }
            }
            None => self.regression.apart += u64::from(patch.commit_missing),
        }
        self.equality.apart += u64::from(patch.unformatted);
        if patch.undone {
            self.acceptance.apart += u64::from(patch.accepted.is_some() || patch.unclear);
            self.equality.apart += u64::from(patch.formatted.is_some());
            self.tests.tally.apart += u64::from(patch.tests.is_some());
            self.coverage.tally.apart += u64::from(patch.coverage.is_some());
            return;
        }
        match patch.accepted {
            Some(good) => self.acceptance.sample(good, run.evidence(good, None, patch.note.as_str())),
            None => self.acceptance.apart += u64::from(patch.unclear),
        }
        if let Some((good, note)) = &patch.formatted {
            self.equality.sample(*good, run.evidence(*good, None, note.as_str()));
        }
        if let Some(tests) = &patch.tests {
            let delta = i64::from(tests.added) - i64::from(tests.removed);
            let note = format!(
                "{} tests added, {} removed, {} that check nothing, {:+} assertions",
                tests.added, tests.removed, tests.hollow, tests.assertions
            );
            self.tests.sum += delta;
            self.tests.tally.total += 1;
            self.tests.tally.evidence.push(run.evidence(delta > 0, None, note));
        }
        if let Some(coverage) = &patch.coverage {
            let delta = thousandths(coverage.after) - thousandths(coverage.before);
            let [before, after] =
                [coverage.before, coverage.after].map(|[ran, all]| format!("{ran} of {all}"));
            self.coverage.sum += delta;
            self.coverage.tally.total += 1;
            let note = format!("{before} lines ran before, {after} afterwards");
            self.coverage.tally.evidence.push(run.evidence(delta >= 0, None, note));
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.acceptance.merge(other.acceptance);
        self.equality.merge(other.equality);
        self.regression.merge(other.regression);
        self.tests.merge(other.tests);
        self.coverage.merge(other.coverage);
    }

    pub(super) fn regression_rate(&self) -> Metric {
        self.regression.metric("regression_rate", Unit::Share, "no change was merged")
    }

    pub(super) fn metrics(&self, list: &mut Vec<Metric>) {
        let none = "no patch that people decided about";
        list.push(self.acceptance.metric("patch_acceptance", Unit::Share, none));
        let none = "no patch was held against the role's formatter";
        list.push(self.equality.metric("formatter_equality", Unit::Share, none));
        list.push(self.tests.metric(
            "test_coverage_delta",
            Unit::PerTask,
            1.0,
            "no patch changes code of a known language",
        ));
        let none = "no task has coverage reports";
        list.push(self.coverage.metric("test_coverage_delta.lines", Unit::Points, 1000.0, none));
    }
}

/// A share of lines in thousandths of a percent, rounded.
fn thousandths([ran, all]: [u64; 2]) -> i64 {
    let scaled = (u128::from(ran) * 100_000 + u128::from(all) / 2).checked_div(u128::from(all));
    i64::try_from(scaled.unwrap_or(0)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
