//! The verdict as a truth table. docs/gate.md shows the same rows in words.

use super::judge::Measured;
use super::verdict::fixture::{card, count, share};
use super::*;
use crate::metrics::fixture::pairs;
use crate::metrics::{Metric, Scorecard, find};

const STAGES: [&str; 3] = ["read-only", "narrow", "broad"];

/// Each of three stages has a bar on a share and one on the guardrail.
fn gate(standing: usize, judged: usize) -> Gate {
    let bars = ["in_scope >= 80%", "unauthorized_writes == 0"];
    let stage = |name: &str| GateStage {
        name: name.into(),
        mode: None,
        bars: bars.iter().map(|bar| Bar::parse(bar).unwrap()).collect(),
    };
    Gate {
        stages: STAGES.iter().map(|name| stage(name)).collect(),
        current: judged,
        standing,
        primary: None,
        guardrail: find("unauthorized_writes").ok(),
    }
}

/// What a stage shows: `+` holds, `-` a bar fails, `!` the guardrail fails, `?` too few samples, `0` no sample,
/// `w` violations that are all waived, `x` not replayed.
fn shows(sign: char) -> Option<Scorecard> {
    let measured = |inside, prompts, writes, calls| {
        Some(card(vec![
            share("in_scope", inside, prompts),
            count("boundary_violations.writes", writes, calls),
        ]))
    };
    match sign {
        '+' => measured(30, 30, 0, 50),
        '-' => measured(10, 30, 0, 50),
        '!' => measured(30, 30, 1, 50),
        '?' => measured(2, 2, 0, 50),
        '0' => measured(0, 0, 0, 0),
        'w' => {
            let waived = Metric { waived: 3, ..count("boundary_violations.writes", 0, 50) };
            Some(card(vec![share("in_scope", 30, 30), waived]))
        }
        'x' => None,
        other => panic!("no sign `{other}`"),
    }
}

fn judged(standing: usize, at: usize, signs: &str, beside: &Beside) -> Verdict {
    let cards: Vec<_> = signs.chars().map(shows).collect();
    gate(standing, at).judge(&cards, None, beside)
}

/// Advice and where it leads, as in the table.
fn said(verdict: &Verdict) -> String {
    match (verdict.advice, &verdict.next, &verdict.back) {
        (Advice::Promote, Some(next), _) => format!("promote to {next}"),
        (Advice::Promote, None, _) => "holds".to_owned(),
        (Advice::RollBack, _, Some(back)) => format!("roll back to {back}"),
        (Advice::RollBack, _, None) => "roll back, out of use".to_owned(),
        (advice, ..) => advice.name().to_owned(),
    }
}

/// Where the plugin stands, which stage is judged, what the stages show, and the verdict.
const LADDER: [(usize, usize, &str, &str); 34] = [
    // The first stage.
    (0, 0, "+++", "promote to narrow"),
    (0, 0, "+-!", "promote to narrow"),
    (0, 0, "+xx", "promote to narrow"),
    (0, 0, "-++", "hold"),
    (0, 0, "!++", "roll back, out of use"),
    (0, 0, "?++", "inconclusive"),
    (0, 0, "0++", "inconclusive"),
    (0, 0, "x++", "inconclusive"),
    (0, 0, "w++", "promote to narrow"),
    // One further.
    (1, 1, "+++", "promote to broad"),
    (1, 1, "++-", "promote to broad"),
    (1, 1, "+-+", "hold"),
    (1, 1, "+!+", "roll back to read-only"),
    (1, 1, "-++", "roll back to read-only"),
    (1, 1, "!++", "roll back, out of use"),
    (1, 1, "--+", "roll back to read-only"),
    (1, 1, "-!+", "roll back to read-only"),
    (1, 1, "?++", "inconclusive"),
    (1, 1, "?-+", "hold"),
    (1, 1, "?!+", "roll back to read-only"),
    (1, 1, "x++", "inconclusive"),
    // The last stage.
    (2, 2, "+++", "holds"),
    (2, 2, "++-", "hold"),
    (2, 2, "+-+", "roll back to narrow"),
    (2, 2, "++!", "roll back to narrow"),
    (2, 2, "-+!", "roll back to read-only"),
    // A later stage is asked for: what lies behind still decides, what lies ahead cannot roll back.
    (0, 1, "+++", "promote to narrow"),
    (0, 2, "+++", "promote to narrow"),
    (0, 1, "+!+", "hold"),
    (0, 1, "!++", "roll back, out of use"),
    (1, 2, "-++", "roll back to read-only"),
    (1, 2, "+!+", "roll back to read-only"),
    // An earlier one is asked for: there is nothing to promote.
    (2, 0, "+--", "holds"),
    (2, 0, "-++", "roll back to read-only"),
];

#[test]
fn the_ladder() {
    for (standing, at, signs, expected) in LADDER {
        let verdict = judged(standing, at, signs, &Beside::default());
        let row = format!("at {} judged {} {signs}", STAGES[standing], STAGES[at]);
        assert_eq!(said(&verdict), expected, "{row}: {:?}", verdict.reasons);
        assert_eq!(verdict.reasons.is_empty(), verdict.advice == Advice::Promote, "{row}");
    }
}

/// What a run finds beside its metrics makes a verdict worse, and never better.
#[test]
fn what_is_beside_the_bars() {
    let broken = Beside { broken: 1, ..Beside::default() };
    let changed = Beside { changed: 1, ..Beside::default() };
    let left_out = Beside { left_out: 1, ..Beside::default() };
    let both = Beside { broken: 1, changed: 1, ..Beside::default() };
    for (signs, beside, expected, code) in [
        ("+++", &broken, "inconclusive", 3),
        ("-++", &broken, "roll back to read-only", 1),
        ("+-+", &broken, "hold", 1),
        ("+++", &changed, "hold", 1),
        ("?++", &changed, "hold", 1),
        ("+!+", &changed, "roll back to read-only", 1),
        ("+++", &both, "inconclusive", 3),
        ("+-+", &both, "hold", 1),
        ("+++", &left_out, "inconclusive", 4),
        ("+-+", &left_out, "hold", 1),
    ] {
        let verdict = judged(1, 1, signs, beside);
        assert_eq!(said(&verdict), expected, "{signs} {beside:?}: {:?}", verdict.reasons);
        let exit = ExitCode::of_run(verdict.advice, beside.broken > 0, beside.changed > 0);
        assert_eq!(exit.code(), code, "{signs} {beside:?}");
    }
}

/// Only a promotion ends with 0, on every row that there can be.
#[test]
fn nothing_else_passes() {
    let signs = ['+', '-', '!', '?', '0', 'w', 'x'];
    let counts = [0, 1];
    for standing in 0..3 {
        for at in 0..3 {
            for (first, second, third) in rows_of(signs) {
                let row: String = [first, second, third].iter().collect();
                for (broken, changed) in counts.iter().flat_map(|b| counts.map(|c| (*b, c))) {
                    let beside = Beside { broken, changed, ..Beside::default() };
                    let verdict = judged(standing, at, &row, &beside);
                    let code = ExitCode::of_run(verdict.advice, broken > 0, changed > 0);
                    let passes = code == ExitCode::Holds;
                    let clean = row.chars().take(at + 1).all(|sign| "+w".contains(sign));
                    assert_eq!(passes, clean && broken + changed == 0, "{standing} {at} {row} {beside:?}");
                    assert_eq!(passes, verdict.advice == Advice::Promote, "{standing} {at} {row} {beside:?}");
                }
            }
        }
    }
}

fn rows_of(signs: [char; 7]) -> impl Iterator<Item = (char, char, char)> {
    signs.into_iter().flat_map(move |a| signs.into_iter().flat_map(move |b| signs.map(|c| (a, b, c))))
}

#[test]
fn reasons_start_with_the_gravest() {
    let both = Some(card(vec![share("in_scope", 10, 30), count("boundary_violations.writes", 2, 50)]));
    let beside = Beside { broken: 1, changed: 2, left_out: 3 };
    let verdict = gate(0, 0).judge(&[both], None, &beside);
    assert_eq!(
        verdict.reasons,
        [
            "guardrail unauthorized_writes == 0: 2 misses the bar",
            "in_scope >= 80%: 33.3% misses the bar",
            "1 task broke and could not be judged",
            "2 tasks changed since they were accepted",
            "3 tasks of the suite did not run",
        ]
    );
}

/// What could not fail does not pass.
#[test]
fn a_gate_that_cannot_fail_is_inconclusive() {
    let good = [shows('+'), shows('+'), shows('+')];
    let mut bare = gate(0, 0);
    bare.stages[0].bars.clear();
    assert_eq!(bare.judge(&good, None, &Beside::default()).advice, Advice::Inconclusive, "no bars");
    let mut unguarded = gate(0, 0);
    unguarded.stages[0].bars.truncate(1);
    let verdict = unguarded.judge(&good, None, &Beside::default());
    assert_eq!(verdict.advice, Advice::Inconclusive, "no bar on the guardrail");
    assert_eq!(
        verdict.reasons,
        ["the guardrail boundary_violations.writes has no bar, so it can never veto"]
    );
    let mut empty = gate(0, 0);
    empty.stages.clear();
    assert_eq!(empty.judge(&good, None, &Beside::default()).advice, Advice::Inconclusive, "no stages");
}

/// A part of the guardrail vetoes like the whole.
#[test]
fn parts_of_the_guardrail_veto() {
    let mut parts = gate(1, 1);
    parts.guardrail = find("boundary_violations").ok();
    let cards = [shows('+'), shows('!')];
    assert_eq!(said(&parts.judge(&cards, None, &Beside::default())), "roll back to read-only");
    let part: Vec<_> = gate(0, 0).stages[0].bars.iter().map(|bar| gate(0, 0).guards(bar)).collect();
    assert_eq!(part, [false, true]);
}

/// No value that is not a number passes, whatever the bar asks for.
#[test]
fn no_number_never_passes() {
    for bar in ["in_scope >= 80%", "regression_rate <= 2%", "hook_block_rate <= 5", "hook_block_rate < 5"] {
        let bar = Bar::parse(bar).unwrap();
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let metric = Metric { value: Some(value), ..share("in_scope", 30, 30) };
            let metric = Metric { definition: bar.metric, ..metric };
            let card = card(vec![metric]);
            let result = bar.judge(Measured { card: Some(&card), since: None });
            assert_eq!(result.status, Status::Inconclusive, "{bar} of {value}");
        }
    }
}

/// A change for the worse beyond chance rolls back; one within chance does not.
#[test]
fn a_regression_rolls_back() {
    use std::cmp::Ordering::{Equal, Less};
    let judge = |worse: usize, row: &str| {
        let moves = [(row, Some(Less), worse), (row, Some(Equal), 20)];
        gate(1, 1).judge(&[shows('+'), shows('+')], Some(&pairs(&moves)), &Beside::default())
    };
    let verdict = judge(9, "in_scope_tasks");
    assert_eq!(said(&verdict), "roll back to read-only");
    assert_eq!(
        verdict.reasons,
        ["in_scope_tasks regressed since the baselines: worse in 9 of 9 changed tasks, p = 0.004"]
    );
    assert_eq!(judge(5, "in_scope_tasks").advice, Advice::Promote, "p = 0.0625");
    assert_eq!(judge(9, "tokens").advice, Advice::Promote, "what it costs is no regression");
    assert_eq!(judge(9, "boundary_violations.reads").advice, Advice::Promote, "a part counts with its whole");
    assert_eq!(judge(0, "in_scope_tasks").since.len(), crate::metrics::ROWS.len());
}

/// One call of a changed task writes where it may not: a bar of none is newly broken, and rolls back even without
/// a guardrail. Where the accepted replay did so too, it only holds.
#[test]
fn a_newly_broken_hard_bar_rolls_back() {
    use crate::action::Access;
    use crate::decision::{Decision, Scope};
    use crate::metrics::fixture::{effect, replay, role, shell, step};
    use crate::metrics::{Metrics, Pairs, Side, TaskFacts, TaskPair, Waivers};
    use crate::replay::StepKind;
    let fine = || replay("t", vec![shell("allow", Scope::In)]);
    let connects = || {
        let rows = vec![effect(Access::Connect, Scope::Out)];
        replay("t", vec![step(StepKind::Shell, "deny sandbox", Scope::Out, rows)])
    };
    let gate = Gate {
        stages: vec![GateStage {
            name: "only".into(),
            mode: None,
            bars: vec![Bar::parse("boundary_violations.network <= 0").unwrap()],
        }],
        current: 0,
        standing: 0,
        primary: None,
        guardrail: None,
    };
    for (before, advice) in [(fine(), Advice::RollBack), (connects(), Advice::Hold)] {
        let now = connects();
        let of = |replay| TaskFacts::of(0, replay, &Decision::default(), &role(), &Waivers::default());
        let (facts_before, facts_now) = (of(&before), of(&now));
        let mut pairs = Pairs::default();
        let pair = TaskPair::of(&[Side::of(&before, &facts_before)], &[Side::of(&now, &facts_now)]);
        pairs.add("t", &pair);
        let mut metrics = Metrics::default();
        metrics.add(&facts_now);
        pairs.add_facts(&[facts_before], &[facts_now]);
        let verdict = gate.judge(&[Some(metrics.scorecard())], Some(&pairs), &Beside::default());
        assert_eq!(verdict.advice, advice, "{:?}", verdict.reasons);
        let newly = "boundary_violations.network <= 0 is newly broken: with the changed tasks as they were accepted it holds";
        assert_eq!(verdict.reasons[0] == newly, advice == Advice::RollBack);
    }
}
