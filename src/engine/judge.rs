//! A judge: one stage's boundary, asked about calls, prompts and what happens in the life of a session.

use std::borrow::Cow;
use std::sync::MutexGuard;

use super::attempt::Attempt;
use super::explain;
use super::grants::Grants;
use super::hooks::{Answer, EventHooks};
use super::lifecycle::Happening;
use super::memory::{Memory, lock};
use super::moment::Moment;
use super::passage::Passage;
use super::policy;
use super::sandbox;
use super::touch::Site;
use crate::boundary::Boundary;
use crate::boundary::approval::{ApprovalPolicy, Reviewer};
use crate::boundary::sandbox::{Bounds, Workspace};
use crate::decision::{Phase, Rule, Ruling, Scope, Verdict};
use crate::replay::{EffectRow, HookRow};
use crate::transcript::Guardian;

/// What a judge says about a call.
#[derive(Clone, Debug)]
pub(super) struct Judgement {
    pub(super) ruling: Ruling,
    pub(super) unsandboxed: bool,
    pub(super) scope: Scope,
    pub(super) effects: Vec<EffectRow>,
    pub(super) opaque: Option<Cow<'static, str>>,
    pub(super) hooks: Vec<HookRow>,
    /// A hook gives the model another answer than the recording shows.
    pub(super) otherwise: bool,
    pub(super) notes: Vec<Note>,
}

/// What one phase found, for explaining a ruling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The phase.
    pub phase: Phase,
    /// What it found, as a lowercase fragment.
    pub text: String,
    /// The rule that it went by.
    pub rule: Option<Rule>,
}

/// Judges calls under one boundary.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judge<'b> {
    pub(super) boundary: &'b Boundary,
    pub(super) hooks: &'b EventHooks,
    /// The model that the role of a sub-agent sets.
    pub(super) model: Option<&'b str>,
    /// What stays from call to call.
    pub(super) memory: &'b Memory,
    /// Keep notes of every phase.
    pub(super) explain: bool,
}

impl<'b> Judge<'b> {
    /// The judge of a sub-agent that was started through these roles.
    pub(super) fn of_agent(self, roles: &[&str]) -> Self {
        let agents = &self.boundary.agents;
        let boundary = agents.boundary(roles).unwrap_or(self.boundary);
        Self { boundary, model: agents.model(roles), ..self }
    }

    /// What a review that a person asked for is left of the boundary: nobody can be asked (Codex 0.169: `/review` under
    /// `on-request` refuses what needs an approval).
    pub(super) fn in_review(&self) -> Boundary {
        let mut boundary = self.boundary.clone();
        boundary.approvals.policy = ApprovalPolicy::Never;
        boundary.approvals.rule = Rule::built_in("approval policy of reviews");
        boundary
    }

    /// The sandbox in one workspace, for [`Judge::call`].
    pub(super) fn bounds(&self, site: Site<'_>, roots: &[&str]) -> Bounds<'b> {
        let home = Some(site.locale.workspace.home());
        let workspace = Workspace { home, ..Workspace::new(roots) };
        let bounds = self.boundary.sandbox.bounds_among(&workspace, &|path| site.follow(path));
        bounds.among(|folder, hidden| site.below(folder).any(hidden))
    }

    /// Judges a call. `bounds` are those of its workspace.
    pub(super) fn call(&self, attempt: &Attempt<'_>, bounds: &Bounds<'_>, moment: &Moment<'_>) -> Judgement {
        // A guardian answers in place of people, and says what it said in the recording.
        let accepted = match self.boundary.approvals.reviewer {
            Reviewer::AutoReview => {
                moment.call.and_then(|call| call.guardian.as_ref()).is_some_and(Guardian::approved)
            }
            Reviewer::User => moment.accepted,
        };
        let moment = &Moment { memory: Some(self.memory), accepted, ..*moment };
        let mut passage = Passage {
            judge: *self,
            moment,
            bounds,
            hooks: Vec::new(),
            notes: Vec::new(),
            unsandboxed: false,
            rewritten: None,
            otherwise: false,
        };
        let ruling = passage.pass(attempt);
        let result = passage.result(attempt, &ruling);
        let runs = match ruling.verdict {
            Verdict::Allow => ruling.rule.text != policy::UNFIT,
            Verdict::Undetermined => true,
            Verdict::Ask => accepted,
            Verdict::Deny => false,
        };
        self.memory.happened(moment, attempt, runs);
        passage.afterwards(attempt, result);
        let Passage { hooks, notes, unsandboxed, otherwise, .. } = passage;
        let (scope, effects) = sandbox::scope(self.boundary, bounds, attempt, moment);
        let opaque = attempt.opaque.as_ref().map(explain::opaque);
        Judgement { ruling, unsandboxed, scope, effects, opaque, hooks, otherwise, notes }
    }

    /// Judges a prompt of the user: only UserPromptSubmit hooks have a say.
    pub(super) fn prompt(&self, text: &str, moment: &Moment<'_>) -> Judgement {
        let moment = Moment { memory: Some(self.memory), ..*moment };
        Self::by_hooks_alone(self.hooks.user_prompt(self.boundary, text, &moment))
    }

    /// Judges something in the life of a session: only its own hooks have a say.
    pub(super) fn happening(&self, happening: &Happening<'_>, moment: &Moment<'_>) -> Judgement {
        let moment = Moment { memory: Some(self.memory), ..*moment };
        Self::by_hooks_alone(self.hooks.happening(self.boundary, happening, &moment))
    }

    pub(super) fn grants(&self) -> MutexGuard<'b, Grants> {
        lock(&self.memory.grants)
    }

    fn by_hooks_alone(answer: Answer<Option<Ruling>>) -> Judgement {
        Judgement {
            ruling: answer.verdict.unwrap_or_else(|| allow(Phase::Hook, "no hook objects", "no hook")),
            unsandboxed: false,
            scope: Scope::In,
            effects: Vec::new(),
            opaque: None,
            hooks: answer.rows,
            otherwise: false,
            notes: Vec::new(),
        }
    }
}

/// A ruling that lets an action run, by a default of Codex.
pub(super) fn allow(phase: Phase, reason: &'static str, rule: &'static str) -> Ruling {
    Ruling { verdict: Verdict::Allow, phase, reason: reason.into(), rule: Rule::built_in(rule) }
}
