//! Small replays for tests.

use std::cmp::Ordering;

use crate::action::Access;
use crate::decision::{Decision, HumanVerdict, Phase, Rule, Ruling, Scope, Verdict};
use crate::replay::{EffectRow, Human, Inputs, Replay, ReplayStep, StepKind};
use crate::suite::{Extract, Role, RoleOutput};
use crate::transcript::{Recorded, Usage};

use super::{Pairs, TaskPair};

pub(crate) fn effect(access: Access, scope: Scope) -> EffectRow {
    EffectRow { access, target: "target".into(), scope, rule: None }
}

/// A step; `ruling` is a verdict and, where it matters, a phase.
pub(crate) fn step(kind: StepKind, ruling: &str, scope: Scope, effects: Vec<EffectRow>) -> ReplayStep {
    let (verdict, phase) = ruling.split_once(' ').unwrap_or((ruling, "sandbox"));
    let verdict = match verdict {
        "allow" => Verdict::Allow,
        "ask" => Verdict::Ask,
        "deny" => Verdict::Deny,
        _ => Verdict::Undetermined,
    };
    let phase = match phase {
        "routing" => Phase::Routing,
        "hook" => Phase::Hook,
        "rules" => Phase::Rules,
        "approval" => Phase::Approval,
        _ => Phase::Sandbox,
    };
    ReplayStep {
        id: "call".into(),
        kind,
        label: "a step".into(),
        depth: 0,
        ruling: Ruling { verdict, phase, reason: "because".into(), rule: Rule::built_in("rule") },
        unsandboxed: false,
        scope,
        effects,
        opaque: None,
        human: None,
        hooks: Vec::new(),
        recorded: Recorded::Ran,
        after_divergence: false,
    }
}

/// A shell step without effects.
pub(crate) fn shell(ruling: &str, scope: Scope) -> ReplayStep {
    step(StepKind::Shell, ruling, scope, Vec::new())
}

pub(crate) fn human(mut step: ReplayStep, verdict: HumanVerdict, latency: Option<f64>) -> ReplayStep {
    step.human = Some(Human { verdict, latency });
    step
}

pub(crate) fn after(mut step: ReplayStep) -> ReplayStep {
    step.after_divergence = true;
    step
}

/// A finished replay of these steps; call ids are `call-1`, `call-2`, …
pub(crate) fn replay(task: &str, mut steps: Vec<ReplayStep>) -> Replay {
    for (i, step) in steps.iter_mut().enumerate() {
        step.id = format!("call-{}", i + 1);
    }
    Replay {
        task: task.into(),
        repeat: 1,
        stage: "read-only".into(),
        inputs: Inputs::default(),
        outcome: None,
        findings: Vec::new(),
        finished: true,
        usage: Usage::default(),
        skills: Vec::new(),
        patch: None,
        steps,
        notes: Vec::new(),
    }
}

pub(crate) fn decided(outcome: &str) -> Decision {
    Decision { outcome: Some(outcome.into()), ..Decision::default() }
}

/// A role that approves or blocks.
pub(crate) fn role() -> Role {
    let outcome = Some(Extract::JsonPointer("/decision".into()));
    Role {
        name: "reviewer".into(),
        outcomes: vec!["approve".into(), "block".into()],
        output: RoleOutput { outcome, findings: None },
        ..Role::default()
    }
}

/// Tasks that moved in a row, each so many times.
pub(crate) fn pairs(moves: &[(&str, Option<Ordering>, usize)]) -> Pairs {
    let mut pairs = Pairs::default();
    for (name, moved, times) in moves {
        for time in 0..*times {
            pairs.add(&format!("task-{time}"), &TaskPair::moving(name, *moved));
        }
    }
    pairs
}
