use super::super::fixture::{after, decided, effect, human, pairs, replay, role, shell, step};
use super::super::{TaskFacts, Waivers};
use super::*;
use crate::action::Access;
use crate::decision::HumanVerdict::{Accepted, Declined};
use crate::decision::{Decision, Scope};
use crate::replay::{Input, Replay, ReplayStep, StepKind};
use crate::source::ContentHash;
use crate::transcript::Usage;

fn recorded(mut replay: Replay, session: &str) -> Replay {
    replay.inputs.insert(Input::Recording, ContentHash::of(session.as_bytes()));
    replay
}

fn write() -> ReplayStep {
    step(StepKind::Shell, "deny sandbox", Scope::Out, vec![effect(Access::Write, Scope::Out)])
}

/// How a task moved, by row.
fn pair(before: &[Replay], now: &[Replay], decision: &Decision) -> TaskPair {
    let facts = |replays: &[Replay]| -> Vec<TaskFacts> {
        let of = |replay| TaskFacts::of(0, replay, decision, &role(), &Waivers::default());
        replays.iter().map(of).collect()
    };
    let (facts_before, facts_now) = (facts(before), facts(now));
    let sides = |replays: &'_ [Replay], facts: &'_ [TaskFacts]| -> TaskPair {
        let sides: Vec<_> =
            replays.iter().zip(facts).map(|(replay, facts)| Side::of(replay, facts)).collect();
        TaskPair::same(&sides)
    };
    let alike = sides(before, &facts_before);
    for (row, moved) in ROWS.iter().zip(alike.0) {
        assert!(matches!(moved, None | Some(Ordering::Equal)), "{}: a task is as it is itself", row.name);
    }
    let before: Vec<_> = before.iter().zip(&facts_before).map(|(r, f)| Side::of(r, f)).collect();
    let now: Vec<_> = now.iter().zip(&facts_now).map(|(r, f)| Side::of(r, f)).collect();
    TaskPair::of(&before, &now)
}

const BETTER: Option<Ordering> = Some(Ordering::Greater);
const SAME: Option<Ordering> = Some(Ordering::Equal);
const WORSE: Option<Ordering> = Some(Ordering::Less);

#[track_caller]
fn assert_moved(pair: &TaskPair, expected: &[(&str, Option<Ordering>)]) {
    for (name, moved) in expected {
        assert!(ROWS.iter().any(|row| row.name == *name), "{name}");
        assert_eq!(pair.moved(name), *moved, "{name}");
    }
}

/// The same recording, judged otherwise: a write that lay inside lies outside now.
#[test]
fn one_call_that_lies_outside_now_is_worse() {
    let read = || shell("allow", Scope::In);
    let before = recorded(replay("t", vec![read(), human(read(), Accepted, None), read()]), "a");
    let outside = || step(StepKind::Shell, "ask", Scope::Out, vec![effect(Access::Write, Scope::Out)]);
    let now = recorded(replay("t", vec![read(), human(outside(), Accepted, None), write()]), "a");
    let nobody = Decision::default();
    let moved = pair(std::slice::from_ref(&before), std::slice::from_ref(&now), &nobody);
    assert_moved(
        &moved,
        &[
            ("in_scope", WORSE),
            ("in_scope_tasks", WORSE),
            ("boundary_violations", WORSE),
            ("boundary_violations.writes", WORSE),
            ("boundary_violations.reads", SAME),
            ("task_completion", None),
            ("decision_agreement", None),
            ("review_yield", None),
            ("tokens", None),
        ],
    );
    assert_moved(&pair(&[now], &[before], &nobody), &[("in_scope", BETTER), ("boundary_violations", BETTER)]);
}

/// A replay that diverges at its second step is not better for the violation that it no longer reaches.
#[test]
fn an_earlier_divergence_is_no_improvement() {
    let read = || shell("allow", Scope::In);
    let before = recorded(replay("t", vec![read(), read(), write()]), "a");
    let now = recorded(replay("t", vec![read(), shell("deny rules", Scope::In), after(write())]), "a");
    let moved = pair(&[before], &[now], &Decision::default());
    // Of the two steps that both reach, the second is refused now.
    assert_moved(&moved, &[("boundary_violations", WORSE), ("boundary_violations.writes", SAME)]);
}

/// Of another recording every step counts that is evidence, and outcomes and tokens may move.
#[test]
fn another_session_of_the_task_is_compared_as_a_whole() {
    let says = |outcome: &str, input: u64| Replay {
        outcome: Some(outcome.into()),
        usage: Usage { input, ..Usage::default() },
        ..replay("t", vec![shell("allow", Scope::In)])
    };
    let before = recorded(says("block", 900), "a");
    let now = recorded(Replay { steps: vec![], ..says("approve", 1000) }, "b");
    let moved = pair(&[before], &[now], &decided("block"));
    assert_moved(
        &moved,
        &[
            ("task_completion", WORSE),
            ("decision_agreement", WORSE),
            ("tokens", WORSE),
            // No call is left to look at.
            ("in_scope_tasks", None),
        ],
    );
}

/// Two sessions are one vote: 1 of 2 against 2 of 2 is worse, 1 of 2 against 1 of 2 the same; a third that only one
/// side has is left out.
#[test]
fn sessions_of_a_task_vote_together() {
    let says =
        |repeat: u32, outcome: &str| Replay { repeat, outcome: Some(outcome.into()), ..replay("t", vec![]) };
    let both = [says(1, "block"), says(2, "block")];
    let first = [says(1, "block"), says(2, "approve")];
    let second = [says(1, "approve"), says(2, "block"), says(3, "block")];
    let decision = decided("block");
    assert_moved(&pair(&both, &first, &decision), &[("decision_agreement", WORSE)]);
    assert_moved(&pair(&first, &second, &decision), &[("decision_agreement", SAME)]);
    assert_moved(&pair(&[says(1, "block")], &[says(2, "block")], &decision), &[("decision_agreement", None)]);
}

/// A prompt that a person accepted in one and declined in the other says nothing of the plugin.
#[test]
fn prompts_that_people_answered_otherwise_are_left_out() {
    let ask = |scope: Scope, verdict| human(shell("ask", scope), verdict, None);
    let before = recorded(replay("t", vec![ask(Scope::Out, Accepted), ask(Scope::In, Accepted)]), "a");
    let now = recorded(replay("t", vec![ask(Scope::Out, Declined), ask(Scope::In, Accepted)]), "a");
    assert_moved(&pair(&[before], &[now], &Decision::default()), &[("in_scope", SAME)]);
}

/// 9 worse and 1 better: p = 22 ÷ 1024 = 0.0215, which two tests together make 0.043. The other is 2 worse and 1
/// better, p = 1. A part and rows in which nothing moved are not among the tests.
#[test]
fn what_moved_and_whether_it_may_be_chance() {
    let pairs = pairs(&[
        ("in_scope_tasks", WORSE, 9),
        ("in_scope_tasks", BETTER, 1),
        ("in_scope_tasks", SAME, 30),
        ("decision_agreement", WORSE, 2),
        ("decision_agreement", BETTER, 1),
        ("boundary_violations", SAME, 40),
        ("boundary_violations.writes", WORSE, 6),
        ("tokens", None, 3),
    ]);
    let found = pairs.comparisons();
    let of = |name: &str| found.iter().find(|one| one.row.name == name).unwrap();
    let scope = of("in_scope_tasks");
    assert_eq!((scope.pairs, scope.better, scope.worse, scope.turn), (40, 1, 9, Turn::Worse));
    assert!((scope.p - 22.0 / 1024.0).abs() < 1e-12 && (scope.adjusted - 44.0 / 1024.0).abs() < 1e-12);
    assert!(scope.regressed());
    assert_eq!(scope.worse_tasks.len(), 9);
    let agreement = of("decision_agreement");
    assert_eq!((agreement.p, agreement.adjusted, agreement.turn), (1.0, 1.0, Turn::Unclear));
    assert_eq!((of("boundary_violations").turn, of("boundary_violations").p), (Turn::Same, 1.0));
    let part = of("boundary_violations.writes");
    assert_eq!((part.turn, part.regressed()), (Turn::Worse, false));
    assert_eq!(of("tokens").pairs, 0);
}

/// Six of six is the least that shows at 5%: 2 ÷ 64. At 2 of 3 worse the share stays two thirds.
#[test]
fn how_many_more_tasks_would_show_it() {
    let further = |worse: usize, better: usize, same: usize| {
        let found =
            pairs(&[("in_scope", WORSE, worse), ("in_scope", BETTER, better), ("in_scope", SAME, same)]);
        found.comparisons()[0].further_tasks(0.05)
    };
    assert_eq!(further(1, 0, 0), Some(5));
    assert_eq!(further(1, 0, 19), Some(100), "one of 20 moves, so five more take a hundred");
    assert_eq!(further(6, 0, 0), Some(0));
    assert_eq!(further(3, 3, 10), None);
    assert_eq!(further(1, 2, 10), None);
    let more = further(2, 1, 0).unwrap();
    assert!((27..=60).contains(&more), "{more}");
}

#[test]
fn a_metric_as_it_was_accepted() {
    let of =
        |steps| TaskFacts::of(0, &replay("t", steps), &Decision::default(), &role(), &Waivers::default());
    let read = || shell("allow", Scope::In);
    let mut pairs = Pairs::default();
    pairs.add_facts(&[of(vec![read(), read()])], &[of(vec![read(), write(), read()])]);
    // 1 of 10 calls in all violates; without the one changed task 0 of 7, and as it was accepted 0 of 9.
    assert_eq!(pairs.as_accepted("boundary_violations", 1, 10, 0), Some((0, 9, 0)));
    assert_eq!(pairs.as_accepted("boundary_violations", 0, 10, 0), None, "numbers that do not fit together");
}
