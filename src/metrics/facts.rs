use std::sync::Arc;

use crate::decision::{Decision, HumanVerdict, Scope, Verdict};
use crate::replay::{Replay, ReplayStep};
use crate::suite::Role;

use super::evidence::Evidence;
use super::findings::match_findings;
use super::hooks::blocked_by_hook;
use super::outcome::{Agreement, agreement, completed, succeeded};
use super::patches::PatchFacts;
use super::triggers::TriggerFacts;
use super::violation::{Kinds, is_unclear, violations};
use super::waivers::Waivers;

/// Steps kept per task and list as evidence; the rest is counted.
const MAX_STEPS: usize = 25;
/// Longest note of a step, in characters.
const MAX_NOTE: usize = 120;

/// What metrics need to know about one replay, so that the replay itself need not be kept.
#[derive(Clone, Debug)]
pub struct TaskFacts {
    /// The replay that these are facts of.
    pub run: Run,
    /// Steps before divergence and in all.
    pub steps: (u32, u32),
    /// Calls: steps that are not a user's prompt.
    pub calls: u32,
    /// Calls after divergence.
    pub calls_after: u32,
    /// Calls whose effects do not all lie inside: outside or undetermined.
    pub not_inside: Steps,
    /// Calls whose ruling or effects cannot be known.
    pub undetermined: Steps,
    /// Approval prompts: calls that the boundary asks about, or that a person was asked about.
    pub prompts: Vec<PromptFact>,
    /// Attempts outside of policy.
    pub violations: Vec<ViolationFact>,
    /// Commands and prompts that hooks blocked, before divergence.
    pub hook_blocks: Steps,
    /// As `hook_blocks`, after divergence.
    pub hook_blocks_after: u32,
    /// How the outcome relates to what a person decided.
    pub agreement: Agreement,
    /// Did the run end in accepted output without a manual restart? `None` when nobody has decided.
    pub completed: Option<bool>,
    /// How it ended, as far as that is known.
    pub end: End,
    /// Findings that the agent reported; `None` when nobody has decided about the task.
    pub reported: Option<u32>,
    /// Reported findings that a person confirmed.
    pub confirmed: u32,
    /// The change was merged.
    pub merged: bool,
    /// The patch and what became of it.
    pub patch: PatchFacts,
    /// Skills that were used, and those that the task calls for.
    pub triggers: TriggerFacts,
    /// Tokens spent, input and output.
    pub tokens: u64,
    /// Numbers of the waivers that covered a violation.
    pub waivers_used: Vec<u32>,
}

/// How a session of a task ended, for telling whether all of them end alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// In accepted output, without a manual restart.
    Success,
    /// Otherwise.
    Failure,
    /// Nobody has decided; the agent states this outcome of the role's vocabulary. `None`: none of it.
    Outcome(Option<Arc<str>>),
    /// Nobody has decided, and the role does not say how an outcome is read.
    Unknown,
}

/// Names a replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Number of the task in the suite, from 0.
    pub order: u32,
    /// The task.
    pub task: Arc<str>,
    /// Which of the task's recordings, from 1.
    pub repeat: u32,
}

/// A step as evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRef {
    /// Number, from 1.
    pub number: u32,
    /// Id.
    pub id: Arc<str>,
    /// What it is, in short.
    pub note: Arc<str>,
}

/// Some steps, all of them counted and the first ones named.
#[derive(Clone, Debug, Default)]
pub struct Steps {
    /// How many.
    pub count: u32,
    /// The first ones.
    pub first: Vec<StepRef>,
}

/// An approval prompt.
#[derive(Clone, Debug)]
pub struct PromptFact {
    /// The call.
    pub step: StepRef,
    /// The boundary asks about it.
    pub asks: bool,
    /// The boundary lets it run without asking.
    pub allowed: bool,
    /// What a person answered.
    pub verdict: Option<HumanVerdict>,
    /// Milliseconds from question to answer.
    pub latency: Option<u64>,
    /// Where the call's effects lie.
    pub scope: Scope,
    /// It follows the divergence.
    pub after: bool,
}

/// An attempt outside of policy.
#[derive(Clone, Debug)]
pub struct ViolationFact {
    /// The call.
    pub step: StepRef,
    /// Kinds that gate.
    pub kinds: Kinds,
    /// Kinds that are waived.
    pub waived: Kinds,
    /// It is no evidence: it follows the divergence, or whether it is one cannot be told.
    pub after: bool,
}

impl Run {
    pub(super) fn evidence(&self, good: bool, step: Option<&StepRef>, note: impl Into<Arc<str>>) -> Evidence {
        Evidence {
            good,
            order: self.order,
            task: self.task.clone(),
            repeat: self.repeat,
            step: step.map(|step| step.number),
            id: step.map_or_else(|| "".into(), |step| step.id.clone()),
            note: note.into(),
        }
    }
}

impl End {
    fn of(completed: Option<bool>, replay: &Replay, role: &Role) -> Self {
        match completed {
            Some(true) => Self::Success,
            Some(false) => Self::Failure,
            None if role.output.outcome.is_none() => Self::Unknown,
            None => {
                let stated = replay.outcome.as_deref().and_then(|outcome| role.outcome(outcome));
                Self::Outcome(stated.map(Arc::from))
            }
        }
    }
}

impl StepRef {
    fn of(index: usize, step: &ReplayStep) -> Self {
        let note = match step.label.char_indices().nth(MAX_NOTE) {
            Some((end, _)) => format!("{}…", &step.label[..end]).into(),
            None => step.label.as_str().into(),
        };
        Self { number: index as u32 + 1, id: step.id.as_str().into(), note }
    }
}

impl Steps {
    fn add(&mut self, index: usize, step: &ReplayStep) {
        self.count += 1;
        if self.first.len() < MAX_STEPS {
            self.first.push(StepRef::of(index, step));
        }
    }
}

impl TaskFacts {
    /// The facts of a replay. `order` is the number of its task in the suite.
    pub fn of(order: u32, replay: &Replay, decision: &Decision, role: &Role, waivers: &Waivers<'_>) -> Self {
        let fidelity = replay.fidelity();
        let agreement = agreement(replay, decision, role);
        let completed = completed(replay, decision, role, agreement);
        let (reported, confirmed) = match_findings(replay, decision);
        let mut facts = Self {
            run: Run { order, task: replay.task.as_str().into(), repeat: replay.repeat },
            steps: (fidelity.before, fidelity.steps),
            calls: 0,
            calls_after: 0,
            not_inside: Steps::default(),
            undetermined: Steps::default(),
            prompts: Vec::new(),
            violations: Vec::new(),
            hook_blocks: Steps::default(),
            hook_blocks_after: 0,
            end: End::of(completed, replay, role),
            completed,
            agreement,
            reported,
            confirmed,
            merged: decision.merged.is_some(),
            patch: PatchFacts::of(replay, decision, role),
            triggers: TriggerFacts::default(),
            tokens: replay.usage.input.saturating_add(replay.usage.output),
            waivers_used: Vec::new(),
        };
        for (index, step) in replay.steps.iter().enumerate() {
            facts.add_step(index, step, waivers);
        }
        facts.ask_criteria(replay, role);
        facts
    }

    /// A completed run must also be what the role asks for.
    fn ask_criteria(&mut self, replay: &Replay, role: &Role) {
        if self.completed == Some(true) {
            self.completed = succeeded(self, role);
            self.end = End::of(self.completed, replay, role);
        }
    }

    /// Did a person say anything of what came of it?
    pub(super) fn is_judged(&self) -> bool {
        self.reported.is_some() || self.merged
    }

    /// The same with the skills that the task calls for.
    #[must_use]
    pub fn with_skills(mut self, replay: &Replay, role: &Role, wanted: Option<&[String]>) -> Self {
        self.triggers = TriggerFacts::of(replay, wanted);
        self.ask_criteria(replay, role);
        self
    }

    fn add_step(&mut self, index: usize, step: &ReplayStep, waivers: &Waivers<'_>) {
        let after = step.after_divergence;
        if blocked_by_hook(step) {
            if after {
                self.hook_blocks_after += 1;
            } else {
                self.hook_blocks.add(index, step);
            }
        }
        if !step.kind.is_call() {
            return;
        }
        if after {
            self.calls_after += 1;
        } else {
            self.calls += 1;
            if step.scope != Scope::In {
                self.not_inside.add(index, step);
            }
            if step.ruling.verdict == Verdict::Undetermined || step.scope == Scope::Undetermined {
                self.undetermined.add(index, step);
            }
        }
        if step.asks() || step.human.is_some() {
            self.prompts.push(PromptFact {
                step: StepRef::of(index, step),
                asks: step.asks(),
                allowed: step.ruling.verdict == Verdict::Allow,
                verdict: step.human.map(|human| human.verdict),
                latency: step.human.and_then(|human| human.latency).and_then(milliseconds),
                scope: step.scope,
                after,
            });
        }
        let found = violations(step);
        if !found.is_empty() {
            self.add_violation(index, step, found, waivers);
        }
    }

    fn add_violation(&mut self, index: usize, step: &ReplayStep, found: Kinds, waivers: &Waivers<'_>) {
        let at = StepRef::of(index, step);
        let (mut kinds, mut waived) = (Kinds::default(), Kinds::default());
        for kind in found.iter() {
            if let Some(waiver) = waivers.covering(&self.run.task, at.number, &step.id, kind) {
                waived.insert(kind);
                self.waivers_used.push(waiver);
            } else {
                kinds.insert(kind);
            }
        }
        let after = step.after_divergence || is_unclear(step);
        self.violations.push(ViolationFact { step: at, kinds, waived, after });
    }
}

/// Whole milliseconds, so that sums and orders never depend on rounding; a time that runs backwards is none.
#[expect(clippy::cast_sign_loss, reason = "negative values are refused before")]
fn milliseconds(seconds: f64) -> Option<u64> {
    (seconds.is_finite() && seconds >= 0.0).then(|| (seconds * 1000.0).round() as u64)
}
