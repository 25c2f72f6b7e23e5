use proptest::prelude::*;

use super::*;
use crate::baseline::{Baseline, trim};
use crate::decision::{Phase, Shift, Verdict};
use crate::replay::{Input, Replay, sample};

fn diff(before: &Replay, now: &Replay) -> Vec<Change> {
    task(&Baseline::of(&before.task, vec![before.clone()], None), std::slice::from_ref(now)).changes
}

/// One line for each change: number, kind, texts, shift and causes.
fn lines(changes: &[Change]) -> String {
    let line = |change: &Change| {
        let step = change.step.as_ref().map_or_else(|| "-".to_owned(), |step| step.number.to_string());
        let causes: Vec<_> = change.causes.iter().map(|cause| cause.name()).collect();
        let (kind, shift) = (change.kind.name(), change.shift);
        format!("{step} {kind}: {} -> {} {shift:?} by {}\n", change.before, change.after, causes.join(", "))
    };
    changes.iter().map(line).collect()
}

fn tracker(verdict: Verdict, phase: Phase, line: u32) -> Replay {
    let rule = sample::rule("codex/config.toml", line, "enabled_tools");
    sample::replay(
        "t",
        vec![
            sample::step("c1", "git status"),
            sample::call("c2", "tracker/close", verdict, phase, rule),
            sample::step("c3", "git log -3"),
        ],
    )
}

#[test]
fn a_tool_taken_off_the_list_is_the_one_change() {
    let before = tracker(Verdict::Ask, Phase::Approval, 4);
    let mut now = tracker(Verdict::Deny, Phase::Routing, 4);
    now.inputs.insert(Input::Config, sample::version(2));
    now.inputs.insert(Input::Hook, sample::version(2));
    // The edit moved other rules by a line, which is no change.
    for step in &mut now.steps {
        step.ruling.rule.place.as_mut().unwrap().line -= 1;
    }
    insta::assert_snapshot!(lines(&diff(&before, &now)), @"2 ruling: ask (approval) -> deny (routing) Narrowed by config");
}

#[test]
fn rulings_move_in_directions() {
    for (from, to, shift) in [
        (Verdict::Deny, Verdict::Allow, Shift::Widened),
        (Verdict::Allow, Verdict::Ask, Shift::Narrowed),
        (Verdict::Undetermined, Verdict::Allow, Shift::Unclear),
    ] {
        let changes = diff(&tracker(from, Phase::Approval, 1), &tracker(to, Phase::Approval, 1));
        assert_eq!((changes.len(), changes[0].shift), (1, shift), "{from} {to}");
        assert_eq!(changes[0].causes, [Cause::Tool], "no input changed");
        assert_eq!(changes[0].rule_before, changes[0].rule_after);
    }
    let changes = diff(&tracker(Verdict::Deny, Phase::Rules, 1), &tracker(Verdict::Deny, Phase::Hook, 1));
    assert_eq!((changes.len(), changes[0].kind), (1, ChangeKind::RuledElsewhere));
}

#[test]
fn causes_follow_the_rule_that_decided() {
    use Cause as C;
    use Input as I;
    let by = |file: &str, phase, changed: &[Input]| {
        let mut before = tracker(Verdict::Ask, phase, 1);
        let mut now = tracker(Verdict::Deny, phase, 1);
        for replay in [&mut before, &mut now] {
            replay.steps[1].ruling.rule = sample::rule(file, 1, "x");
        }
        now.inputs.extend(changed.iter().map(|input| (*input, sample::version(2))));
        diff(&before, &now)[0].causes.clone()
    };
    for (file, phase, changed, causes) in [
        ("codex/rules/default.rules", Phase::Rules, &[I::Config, I::Rules][..], &[C::Rules][..]),
        ("codex/config.toml", Phase::Routing, &[I::Config, I::Rules, I::Recording], &[C::Config]),
        ("plugin/hooks/hooks.json", Phase::Hook, &[I::Config, I::Hook], &[C::Hook]),
        ("codex/config.toml", Phase::Hook, &[I::Rules, I::Hook], &[C::Hook]),
        ("plugin/.mcp.json", Phase::Approval, &[I::Plugin, I::Snapshot], &[C::Plugin]),
        ("codex/requirements.toml", Phase::Approval, &[I::Requirements, I::Config], &[C::Requirements]),
        ("suite.toml", Phase::Sandbox, &[I::Stage, I::Config], &[C::Stage]),
        ("codex/config.toml", Phase::Sandbox, &[I::Snapshot, I::Stage], &[C::Stage, C::Snapshot]),
        ("codex/config.toml", Phase::Sandbox, &[I::Decision], &[C::Decision]),
        ("codex/config.toml", Phase::Routing, &[I::Config, I::Engine], &[C::Config, C::Engine]),
    ] {
        assert_eq!(by(file, phase, changed), causes, "{file} {phase} {changed:?}");
    }
}

#[test]
fn a_session_recorded_again_is_compared_by_what_it_does() {
    let step = sample::step;
    let before = sample::replay(
        "t",
        vec![
            step("a1", "git status"),
            step("a2", "git show 4f1c22ab9"),
            step("a3", "cat src/lib.rs"),
            step("a4", "make test"),
        ],
    );
    let mut now = sample::replay(
        "t",
        vec![
            step("b1", "git status"),
            step("b2", "git show 9d0be7712"),
            step("b3", "rm -r out"),
            step("b4", "cat src/main.rs"),
        ],
    );
    now.inputs.insert(Input::Recording, sample::version(2));
    insta::assert_snapshot!(lines(&diff(&before, &now)), @"
    2 step-changed: git show 4f1c22ab9 -> git show 9d0be7712 Same by recording
    3 step-added:  -> allow (sandbox) Same by recording
    4 step-changed: cat src/lib.rs -> cat src/main.rs Same by recording
    4 step-gone: allow (sandbox) ->  Same by recording
    ");
}

#[test]
fn every_field_of_a_step_is_compared() {
    use crate::action::Access;
    use crate::decision::{HumanVerdict, Scope};
    use crate::replay::{EffectRow, HookRow, Human};
    use crate::transcript::Recorded;
    let before = tracker(Verdict::Ask, Phase::Approval, 1);
    let mut now = before.clone();
    now.inputs.extend(
        [Input::Decision, Input::Recording, Input::Stage, Input::Hook].map(|i| (i, sample::version(2))),
    );
    let hook = |outcome: &'static str| HookRow {
        event: "PreToolUse".into(),
        rule: sample::rule("plugin/hooks/hooks.json", 4, "guard"),
        outcome: outcome.into(),
        detail: "from /tmp/a1b2c3".into(),
    };
    let first = &mut now.steps[0];
    first.hooks = vec![hook("failed")];
    first.unsandboxed = true;
    first.scope = Scope::Out;
    first.opaque = Some("runs a program that is not known".into());
    first.effects =
        vec![EffectRow { access: Access::Write, target: "/etc/hosts".into(), scope: Scope::Out, rule: None }];
    now.steps[1].human = Some(Human { verdict: HumanVerdict::Declined, latency: None });
    now.steps[1].recorded = Recorded::Declined;
    now.steps[2].after_divergence = true;
    now.outcome = None;
    now.finished = false;
    now.findings.clear();
    now.usage.input *= 2;
    insta::assert_snapshot!(lines(&diff(&before, &now)), @"
    - outcome: block -> none Same by stage, recording
    - finished: finished -> cut off Same by recording
    - findings: migrations/0042.sql:12 drops a column ->  Same by stage, recording
    - fidelity: does not diverge -> diverges at step 2 of 3: tracker/close Same by hook, stage, recording, decision
    - tokens: 1500 -> 2700 Same by recording
    1 sandbox: sandboxed -> unsandboxed Widened by hook, stage
    1 scope: in -> out Same by stage, recording
    1 effects: all known -> write /etc/hosts (out); opaque: runs a program that is not known Same by recording
    1 hooks:  -> PreToolUse guard failed Same by hook, recording
    2 recorded: ran -> declined Same by recording
    2 human: none -> declined Same by recording, decision
    ");
    now.steps[0].hooks[0].detail = "from /tmp/other".into();
    let baseline = Baseline::of("t", vec![now.clone()], None);
    assert_eq!(task(&baseline, &[now]).state, State::Same, "hook output is no change");
}

#[test]
fn moved_steps_and_repeats() {
    let step = sample::step;
    let before = sample::replay("t", vec![step("1", "a"), step("2", "b"), step("3", "c"), step("4", "d")]);
    let mut now = sample::replay("t", vec![step("2", "b"), step("3", "c"), step("4", "d"), step("1", "a")]);
    insta::assert_snapshot!(lines(&diff(&before, &now)), @"4 step-moved: step 1 -> step 4 Same by tool");
    now.repeat = 2;
    insta::assert_snapshot!(lines(&diff(&before, &now)), @"
    - repeat-added:  -> 4 steps Same by recording
    - repeat-gone: 4 steps ->  Same by recording
    ");
}

#[test]
fn duplicates_in_one_recording_are_told_apart_by_id() {
    let step = |id| sample::step(id, "git status");
    let before = sample::replay("t", vec![step("1"), step("2"), step("3")]);
    let mut now = sample::replay("t", vec![step("1"), step("3")]);
    now.steps[1].unsandboxed = true;
    insta::assert_snapshot!(lines(&diff(&before, &now)), @"
    2 step-gone: allow (sandbox) ->  Same by tool
    2 sandbox: sandboxed -> unsandboxed Widened by tool
    ");
}

#[test]
fn ids_name_the_difference() {
    let before = tracker(Verdict::Ask, Phase::Approval, 1);
    let now = tracker(Verdict::Deny, Phase::Approval, 1);
    let [first, again] = [diff(&before, &now), diff(&before, &now)];
    assert_eq!(first[0].id, again[0].id);
    assert_eq!(first[0].id.as_str().len(), 12);
    assert_ne!(first[0].id, diff(&before, &tracker(Verdict::Allow, Phase::Approval, 1))[0].id);
}

#[test]
fn accepting_one_change_leaves_the_others() {
    let before = tracker(Verdict::Ask, Phase::Approval, 1);
    let mut now = tracker(Verdict::Deny, Phase::Routing, 1);
    now.inputs.insert(Input::Config, sample::version(2));
    now.steps[0].unsandboxed = true;
    now.outcome = Some("approve".into());
    for kind in [ChangeKind::Ruling, ChangeKind::Sandbox, ChangeKind::Outcome] {
        let merged = accept(&before, &now, |change| change.kind == kind);
        let rest = diff(&merged, &now);
        assert_eq!(rest.len(), 2);
        assert!(rest.iter().all(|change| change.kind != kind && !change.causes.contains(&Cause::Tool)));
    }
}

/// Two long sessions with nothing, or with everything in another order, in common.
#[test]
fn long_sessions_are_compared_in_time() {
    let session = |from: u32, n: u32, by: u32| {
        let steps =
            (0..n).map(|i| sample::step(&format!("{from}-{i}"), &format!("cmd {}", from + i * by % n)));
        sample::replay("t", steps.collect())
    };
    let mut other = session(100_000, 5_000, 1);
    other.inputs.insert(Input::Recording, sample::version(2));
    assert_eq!(diff(&session(0, 5_000, 1), &other).len(), 10_000);
    let mut mixed = session(0, 5_000, 1237);
    mixed.inputs.insert(Input::Recording, sample::version(2));
    assert!(diff(&session(0, 5_000, 1), &mixed).iter().all(|change| change.kind == ChangeKind::StepMoved));
}

fn trimmed(mut replay: Replay) -> Replay {
    trim(&mut replay);
    replay
}

proptest! {
    #[test]
    fn a_replay_is_as_it_was_accepted(replay in sample::any_replay()) {
        prop_assert_eq!(diff(&replay, &replay), vec![]);
    }

    #[test]
    fn the_way_back_mirrors_the_way_there(a in sample::any_replay(), b in sample::any_replay()) {
        let (there, back) = (diff(&a, &b), diff(&b, &a));
        let count = |changes: &[Change], kind| changes.iter().filter(|change| change.kind == kind).count();
        let [added, gone] = [ChangeKind::StepAdded, ChangeKind::StepGone].map(|kind| count(&there, kind));
        prop_assert_eq!(a.steps.len() + added, b.steps.len() + gone);
        let [added, gone] = [ChangeKind::StepAdded, ChangeKind::StepGone].map(|kind| count(&back, kind));
        prop_assert_eq!(b.steps.len() + added, a.steps.len() + gone);
        prop_assert!(there.iter().chain(&back).all(|change| !change.causes.is_empty()));
        for kind in [ChangeKind::Outcome, ChangeKind::Finished, ChangeKind::Findings, ChangeKind::Tokens] {
            prop_assert_eq!(count(&there, kind), count(&back, kind));
        }
    }

    #[test]
    fn accepting_all_gives_the_new_and_none_the_old(a in sample::any_replay(), b in sample::any_replay()) {
        let changed = !diff(&a, &b).is_empty();
        let (a, b) = (trimmed(a), trimmed(b));
        prop_assert_eq!(&accept(&a, &b, |_| true), &b);
        if changed {
            prop_assert_eq!(&accept(&a, &b, |_| false), &a);
        }
    }

    #[test]
    fn accepting_some_never_adds_changes_of_rulings(a in sample::any_replay(), b in sample::any_replay(), bits: u64) {
        let rulings = |changes: &[Change]| changes.iter().filter(|change| change.kind == ChangeKind::Ruling).count();
        let all = diff(&a, &b);
        let taken = |change: &Change| all.iter().position(|one| one == change).is_some_and(|at| bits >> (at % 64) & 1 == 1);
        let merged = accept(&a, &b, taken);
        let steps = merged.steps.len();
        prop_assert!(steps <= a.steps.len() + b.steps.len());
        if all.iter().all(|change| !matches!(change.kind, ChangeKind::StepAdded | ChangeKind::StepGone | ChangeKind::StepMoved | ChangeKind::StepChanged)) {
            prop_assert!(rulings(&diff(&merged, &b)) <= rulings(&all));
        }
    }

    #[test]
    fn order_does_not_depend_on_threads(pairs in proptest::collection::vec((sample::any_replay(), sample::any_replay()), 1..6)) {
        use rayon::prelude::*;
        let one: Vec<_> = pairs.iter().map(|(a, b)| diff(a, b)).collect();
        let many: Vec<_> = pairs.par_iter().map(|(a, b)| diff(a, b)).collect();
        prop_assert_eq!(one, many);
    }
}
