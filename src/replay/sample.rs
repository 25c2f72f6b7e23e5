//! Small replays for tests.

use proptest::prelude::*;

use super::{AgentFinding, EffectRow, HookRow, Human, Input, Inputs, Replay, ReplayStep, StepKind};
use crate::action::Access;
use crate::decision::{HumanVerdict, Phase, Rule, Ruling, Scope, Verdict};
use crate::source::{ContentHash, Place};
use crate::transcript::{Recorded, Usage};

/// An allowed shell command.
pub(crate) fn step(id: &str, label: &str) -> ReplayStep {
    ReplayStep {
        id: id.to_owned(),
        kind: StepKind::Shell,
        label: label.to_owned(),
        depth: 0,
        ruling: Ruling {
            verdict: Verdict::Allow,
            phase: Phase::Sandbox,
            reason: "reads inside the workspace".into(),
            rule: rule("codex/config.toml", 3, "sandbox_mode"),
        },
        unsandboxed: false,
        scope: Scope::In,
        effects: Vec::new(),
        opaque: None,
        human: None,
        hooks: Vec::new(),
        recorded: Recorded::Ran,
        after_divergence: false,
    }
}

/// A rule at a place.
pub(crate) fn rule(file: &str, line: u32, text: &str) -> Rule {
    Rule::at(Place { file: file.into(), line, column: 1 }, text.to_owned())
}

/// An MCP call with this ruling.
pub(crate) fn call(id: &str, tool: &str, verdict: Verdict, phase: Phase, rule: Rule) -> ReplayStep {
    let reason = format!("`{}` says so", rule.text).into();
    let effects =
        vec![EffectRow { access: Access::Call, target: tool.to_owned(), scope: Scope::In, rule: None }];
    ReplayStep {
        kind: StepKind::Mcp,
        ruling: Ruling { verdict, phase, reason, rule },
        effects,
        ..step(id, tool)
    }
}

/// A replay of these steps whose inputs all have version 1.
pub(crate) fn replay(task: &str, steps: Vec<ReplayStep>) -> Replay {
    Replay {
        task: task.to_owned(),
        repeat: 1,
        stage: "read-only".to_owned(),
        inputs: INPUTS.iter().map(|input| (*input, version(1))).collect(),
        outcome: Some("block".to_owned()),
        findings: vec![AgentFinding {
            path: "migrations/0042.sql".to_owned(),
            line: Some(12),
            summary: "drops a column".to_owned(),
        }],
        finished: true,
        usage: Usage { input: 1200, cached: 800, output: 300, reasoning: 100 },
        skills: Vec::new(),
        patch: None,
        steps,
        notes: Vec::new(),
    }
}

/// All inputs.
pub(crate) const INPUTS: [Input; 10] = [
    Input::Plugin,
    Input::Config,
    Input::Rules,
    Input::Hook,
    Input::Requirements,
    Input::Stage,
    Input::Recording,
    Input::Decision,
    Input::Snapshot,
    Input::Engine,
];

/// The hash of an input in its nth version.
pub(crate) fn version(n: u32) -> ContentHash {
    ContentHash::of(&n.to_le_bytes())
}

/// Text that readers, terminals and spreadsheets stumble over.
pub(crate) const HOSTILE: &[&str] = &[
    "",
    "=HYPERLINK(\"http://x\";\"y\")",
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "a\u{1b}[31mred\u{1b}[0m\u{1b}]0;title\u{7}",
    "<img src=x onerror=alert(1)>",
    "a|b`c`\\|d",
    "first\nsecond\r\nthird",
    "abc\u{202e}fed\u{2066}x\u{200b}\u{feff}",
    "\u{9b}31m\u{0}\u{7f}",
    "seen\u{e0075}\u{e006e}\u{ad}\u{180e}unseen",
    "](javascript:alert(1)) ![x](http://y) # *b* _i_ ~s~",
    "größe – 日本語",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => proptest::sample::select(vec!["git status", "git log -3", "cat a", "rm -rf b", "git show 4f1c22ab9d01"])
            .prop_map(str::to_owned),
        1 => proptest::sample::select(HOSTILE).prop_map(|text| (*text).to_owned()),
    ]
}

fn any_rule() -> impl Strategy<Value = Rule> {
    proptest::sample::select(vec![
        Rule::built_in("default"),
        rule("codex/config.toml", 3, "enabled_tools"),
        rule("codex/rules/default.rules", 1, "prefix_rule"),
        rule("plugin/hooks/hooks.json", 4, "guard"),
    ])
}

/// Steps with every field at play and ids that are often the same.
pub(crate) fn any_step() -> impl Strategy<Value = ReplayStep> {
    use proptest::sample::select;
    let ruling = (
        select(vec![Verdict::Allow, Verdict::Ask, Verdict::Deny, Verdict::Undetermined]),
        select(vec![Phase::Routing, Phase::Hook, Phase::Rules, Phase::Approval, Phase::Sandbox]),
        any_rule(),
    );
    let human = proptest::option::of(select(vec![HumanVerdict::Accepted, HumanVerdict::Declined]));
    let scope = select(vec![Scope::In, Scope::Undetermined, Scope::Out]);
    let recorded = select(vec![Recorded::Ran, Recorded::HookBlocked, Recorded::Unknown]);
    let flags = (any::<bool>(), any::<bool>(), 0..2_u8, select(vec![StepKind::Shell, StepKind::Prompt]));
    (
        select(vec!["c1", "c2", "c3", "", "prompt-1"]),
        text(),
        ruling,
        scope,
        human,
        recorded,
        flags,
        any_rule(),
    )
        .prop_map(|(id, label, (verdict, phase, rule), scope, human, recorded, flags, other)| {
            let mut step = step(id, &label);
            step.ruling = Ruling { verdict, phase, reason: "".into(), rule };
            step.scope = scope;
            step.human = human.map(|verdict| Human { verdict, latency: Some(2.5) });
            step.recorded = recorded;
            (step.unsandboxed, step.after_divergence, step.depth, step.kind) = flags;
            if step.unsandboxed {
                step.opaque = Some("runs a program that is not known".into());
                let hook = |outcome: &'static str| HookRow {
                    event: "PreToolUse".into(),
                    rule: other.clone(),
                    outcome: outcome.into(),
                    detail: "/tmp/x".into(),
                };
                step.hooks = vec![hook("passed")];
                step.effects = vec![EffectRow {
                    access: Access::Write,
                    target: label.clone(),
                    scope,
                    rule: Some(other.clone()),
                }];
            }
            step
        })
}

/// Replays with random steps and input versions.
pub(crate) fn any_replay() -> impl Strategy<Value = Replay> {
    let inputs = proptest::collection::vec(1..3_u32, INPUTS.len());
    let head = (any::<bool>(), proptest::option::of(text()), 0..100_000_u64, inputs);
    (proptest::collection::vec(any_step(), 0..12), head).prop_map(
        |(steps, (finished, outcome, tokens, inputs))| {
            let mut replay = replay("task", steps);
            replay.finished = finished;
            replay.outcome = outcome;
            replay.usage.input = tokens;
            replay.inputs = INPUTS.iter().copied().zip(inputs.into_iter().map(version)).collect::<Inputs>();
            replay
        },
    )
}
