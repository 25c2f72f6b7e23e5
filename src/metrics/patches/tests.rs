use super::super::fixture::{after, decided, effect, human, replay, role, step};
use super::super::{Metrics, TaskFacts, Waivers};
use super::*;
use crate::decision::Scope;
use crate::replay::{RepairKind, ReplayStep, StepKind};

fn edit(ruling: &str) -> ReplayStep {
    let mut write = effect(Access::Write, Scope::In);
    write.target = "src/a.rs".into();
    step(StepKind::Patch, ruling, Scope::In, vec![write])
}

#[expect(clippy::unnecessary_wraps, reason = "as a patch holds it")]
fn compared(least: u32, most: u32) -> Option<Merge> {
    Some(Merge::Compared { least, most, words: [10, 10, least / 100], rewritten: Vec::new() })
}

fn with(patch: Patch, steps: Vec<ReplayStep>) -> Replay {
    Replay { patch: Some(Box::new(patch)), ..replay("t", steps) }
}

fn merged() -> Decision {
    Decision { merged: Some("abcdef0".into()), ..decided("approve") }
}

fn scored(runs: &[(Replay, Decision)], name: &str) -> (Option<f64>, u64, u64) {
    let mut metrics = Metrics::default();
    for (order, (replay, decision)) in runs.iter().enumerate() {
        metrics.add(&TaskFacts::of(order as u32, replay, decision, &role(), &Waivers::default()));
    }
    let card = metrics.scorecard();
    let metric = card.get(name).unwrap();
    (metric.value, metric.samples, metric.apart)
}

/// Of six patches one is 80% similar (accepted: the threshold itself counts), one 79.9% (not), one somewhere from
/// 50% to 90% (not told), one was not merged (not accepted), one is of a task that nobody decided, and one of a
/// merged commit that is not there (not told): 1 of 3, with 2 beside.
#[test]
fn acceptance_by_hand() {
    let patch = |merge| with(Patch { files: 1, merge, ..Patch::default() }, vec![edit("allow")]);
    let runs = [
        (patch(compared(800, 800)), merged()),
        (patch(compared(799, 799)), merged()),
        (patch(compared(500, 900)), merged()),
        (patch(None), decided("block")),
        (patch(None), Decision::default()),
        (patch(Some(Merge::Missing)), merged()),
        (replay("t", vec![]), decided("block")),
    ];
    assert_eq!(scored(&runs, "patch_acceptance"), (Some(1.0 / 3.0), 3, 2));
    assert_eq!(scored(&[], "patch_acceptance"), (None, 0, 0));
    assert_eq!(scored(&runs[..1], "patch_acceptance"), (Some(1.0), 1, 0));
    let strict = Role { similarity: Some(90), ..role() };
    assert_eq!(PatchFacts::of(&runs[0].0, &merged(), &strict).accepted, Some(false));
}

/// Edits that the boundary stops, that a person declines or that follow the divergence were not made under it.
#[test]
fn a_patch_that_the_boundary_stops_is_beside() {
    let ask = |verdict| human(edit("ask"), verdict, None);
    for (steps, undone) in [
        (vec![edit("allow")], false),
        (vec![ask(HumanVerdict::Accepted)], false),
        (vec![ask(HumanVerdict::Declined)], true),
        (vec![edit("ask")], true),
        (vec![edit("deny sandbox")], true),
        (vec![edit("allow"), after(edit("allow"))], true),
    ] {
        let replay = with(Patch { files: 1, merge: compared(1000, 1000), ..Patch::default() }, steps);
        let facts = PatchFacts::of(&replay, &merged(), &role());
        assert_eq!(facts.undone, undone, "{:?}", replay.steps);
        let want = if undone { (None, 0, 1) } else { (Some(1.0), 1, 0) };
        assert_eq!(scored(&[(replay, merged())], "patch_acceptance"), want);
    }
}

/// Three merged changes: one was reverted, one is labelled, one is sound: 2 of 3. A fourth, whose commit is not
/// there, could not be looked at.
#[test]
fn regressions_by_hand() {
    let repair =
        Repair { commit: "ffff000".into(), how: RepairKind::Reverts, lines: 0, subject: "Revert".into() };
    let reverted =
        with(Patch { repairs: vec![repair], merge: Some(Merge::NoPatch), ..Patch::default() }, vec![]);
    let labelled = Decision { defects: vec!["abcdef1".into()], ..merged() };
    let missing = with(Patch { merge: Some(Merge::Missing), ..Patch::default() }, vec![]);
    let runs = [
        (reverted, merged()),
        (replay("t", vec![]), labelled),
        (replay("t", vec![]), merged()),
        (missing, merged()),
        (replay("t", vec![]), decided("approve")),
    ];
    assert_eq!(scored(&runs, "regression_rate"), (Some(2.0 / 3.0), 3, 1));
    assert_eq!(scored(&runs[4..], "regression_rate"), (None, 0, 0));
}

/// +3 −1 tests in one patch, none in another: (2 + 0) / 2 = 1 test a patch. Coverage: 50 of 100 lines before, 60 of
/// 100 after is +10 points; 2 of 3 (66.667%) to 1 of 2 (50%) is −16.667; the mean is −3.333 (in thousandths,
/// rounded: 10000 − 16667 = −6667, half of it −3333.5).
#[test]
fn tests_and_coverage_by_hand() {
    let tests = |added, removed| Some(TestsChange { added, removed, ..TestsChange::default() });
    let coverage = |before, after| Some(CoverageChange { before, after });
    let patch =
        |tests, coverage| with(Patch { files: 1, tests, coverage, ..Patch::default() }, vec![edit("allow")]);
    let runs = [
        (patch(tests(3, 1), coverage([50, 100], [60, 100])), merged()),
        (patch(tests(0, 0), coverage([2, 3], [1, 2])), merged()),
        (patch(None, None), merged()),
    ];
    assert_eq!(scored(&runs, "test_coverage_delta"), (Some(1.0), 2, 0));
    assert_eq!(scored(&runs[1..2], "test_coverage_delta"), (Some(0.0), 1, 0));
    assert_eq!(scored(&runs[2..], "test_coverage_delta"), (None, 0, 0));
    let (lines, samples, _) = scored(&runs, "test_coverage_delta.lines");
    assert!((lines.unwrap() + 3.3335).abs() < 1e-9 && samples == 2, "{lines:?}");
}

/// Of three patches one is the formatter's, one differs in a file, and for one the formatter could not run.
#[test]
fn equality_by_hand() {
    let patch = |formatted| with(Patch { files: 1, formatted, ..Patch::default() }, vec![edit("allow")]);
    let formatted = |differing: &[&str]| {
        let differing = differing.iter().map(|path| (*path).to_owned()).collect();
        Some(Formatted::Compared { equal: 1, differing, foreign: Vec::new() })
    };
    let runs = [
        (patch(formatted(&[])), merged()),
        (patch(formatted(&["a"])), merged()),
        (patch(Some(Formatted::Unknown { reason: "no".into() })), merged()),
    ];
    assert_eq!(scored(&runs, "formatter_equality"), (Some(0.5), 2, 1));
}
