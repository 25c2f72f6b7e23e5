//! One call through one stage's boundary, phase by phase, in Codex's order:
//! routing, PreToolUse hooks, rules and approval policy, PermissionRequest hooks, sandbox.

use std::borrow::Cow;

use super::attempt::Attempt;
use super::explain;
use super::hooks::{EventHooks, Permission, PreTool};
use super::moment::Moment;
use super::policy::{self, Policy};
use super::sandbox;
use crate::action::{Action, ToolName};
use crate::boundary::Boundary;
use crate::boundary::mcp::Exposure;
use crate::boundary::sandbox::{Bounds, Confinement, Workspace};
use crate::boundary::tools::Caller;
use crate::decision::{Phase, Rule, Ruling, Scope, Verdict};
use crate::replay::{EffectRow, HookRow};
use crate::transcript::Recorded;

/// What a judge says about a call.
#[derive(Clone, Debug)]
pub(super) struct Judgement {
    pub(super) ruling: Ruling,
    pub(super) unsandboxed: bool,
    pub(super) scope: Scope,
    pub(super) effects: Vec<EffectRow>,
    pub(super) opaque: Option<Cow<'static, str>>,
    pub(super) hooks: Vec<HookRow>,
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
    /// Keep notes of every phase.
    pub(super) explain: bool,
}

impl<'b> Judge<'b> {
    /// The sandbox in one workspace, for [`Judge::call`].
    pub(super) fn bounds(&self, workspace: &super::Workspace) -> Bounds<'b> {
        let roots = [workspace.root()];
        self.boundary.sandbox.bounds(&Workspace { home: Some(workspace.home()), ..Workspace::new(&roots) })
    }

    /// Judges a call. `bounds` are those of its workspace.
    pub(super) fn call(&self, attempt: &Attempt<'_>, bounds: &Bounds<'_>, moment: &Moment<'_>) -> Judgement {
        let mut passage = Passage {
            judge: *self,
            moment,
            bounds,
            hooks: Vec::new(),
            notes: Vec::new(),
            unsandboxed: false,
        };
        let ruling = passage.pass(attempt);
        if moment.recorded == Recorded::Ran && matches!(ruling.verdict, Verdict::Allow | Verdict::Ask) {
            passage.hooks.extend(self.hooks.post_tool_use(self.boundary, attempt.action, moment));
        }
        let Passage { hooks, notes, unsandboxed, .. } = passage;
        let (scope, effects) = sandbox::scope(self.boundary, bounds, attempt, moment);
        let opaque = attempt.opaque.as_ref().map(explain::opaque);
        Judgement { ruling, unsandboxed, scope, effects, opaque, hooks, notes }
    }

    /// Judges a prompt of the user: only UserPromptSubmit hooks have a say.
    pub(super) fn prompt(&self, text: &str, moment: &Moment<'_>) -> Judgement {
        let outcome = self.hooks.user_prompt(self.boundary, text, moment);
        Judgement {
            ruling: outcome.verdict.unwrap_or_else(|| allow(Phase::Hook, "no hook objects", "no hook")),
            unsandboxed: false,
            scope: Scope::In,
            effects: Vec::new(),
            opaque: None,
            hooks: outcome.rows,
            notes: Vec::new(),
        }
    }
}

/// A ruling that lets an action run, by a default of Codex.
pub(super) fn allow(phase: Phase, reason: &'static str, rule: &'static str) -> Ruling {
    Ruling { verdict: Verdict::Allow, phase, reason: reason.into(), rule: Rule::built_in(rule) }
}

/// A call on its way through the phases.
struct Passage<'j, 'm> {
    judge: Judge<'j>,
    moment: &'m Moment<'m>,
    bounds: &'m Bounds<'j>,
    hooks: Vec<HookRow>,
    notes: Vec<Note>,
    unsandboxed: bool,
}

impl Passage<'_, '_> {
    fn pass(&mut self, attempt: &Attempt<'_>) -> Ruling {
        if let Some(ruling) = self.routing(attempt.action) {
            return self.end(ruling);
        }
        let pre = self.judge.hooks.pre_tool_use(self.judge.boundary, attempt.action, self.moment);
        self.hooks.extend(pre.rows);
        match pre.verdict {
            PreTool::Pass => self.decide(attempt),
            PreTool::Stop(ruling) => self.end(ruling),
            PreTool::Rewrite(action) => {
                self.note(Phase::Hook, None, || format!("a hook rewrote the call to `{}`", action.label()));
                let rewritten = Attempt::of(&action, self.moment.site);
                self.decide(&rewritten)
            }
        }
    }

    /// Everything after the PreToolUse hooks, on the input that they left.
    fn decide(&mut self, attempt: &Attempt<'_>) -> Ruling {
        let boundary = self.judge.boundary;
        match policy::decide(boundary, self.bounds, attempt, self.moment) {
            Policy::Stop(ruling) => self.end(ruling),
            Policy::Run { confinement, ruling } => {
                self.note(ruling.phase, Some(&ruling.rule), || ruling.reason.to_string());
                let Some(confinement) = confinement else { return ruling };
                self.unsandboxed = confinement == Confinement::Escalated;
                let ruling =
                    sandbox::ruling(boundary, self.bounds, attempt, self.moment, confinement, ruling);
                self.end(ruling)
            }
            Policy::Ask { ruling, unless_allowed, accepted } => {
                self.ask(attempt, ruling, unless_allowed, accepted)
            }
        }
    }

    /// PermissionRequest hooks answer before anybody is asked.
    fn ask(
        &mut self,
        attempt: &Attempt<'_>,
        ask: Ruling,
        otherwise: Option<Ruling>,
        accepted: Option<Confinement>,
    ) -> Ruling {
        self.note(ask.phase, Some(&ask.rule), || ask.reason.to_string());
        let answer = self.judge.hooks.permission_request(self.judge.boundary, attempt.action, self.moment);
        self.hooks.extend(answer.rows);
        let ruling = match answer.verdict {
            Permission::Silent => otherwise.unwrap_or(ask),
            Permission::Stop(ruling) => ruling,
            Permission::Allow(ruling) => {
                self.unsandboxed = accepted == Some(Confinement::Escalated);
                match accepted {
                    Some(confinement) => {
                        let boundary = self.judge.boundary;
                        sandbox::ruling(boundary, self.bounds, attempt, self.moment, confinement, ruling)
                    }
                    None => ruling,
                }
            }
        };
        self.end(ruling)
    }

    fn note(&mut self, phase: Phase, rule: Option<&Rule>, text: impl FnOnce() -> String) {
        if self.judge.explain {
            self.notes.push(Note { phase, text: text(), rule: rule.cloned() });
        }
    }

    fn end(&mut self, ruling: Ruling) -> Ruling {
        let text = || format!("{}: {}", ruling.verdict, ruling.reason);
        self.note(ruling.phase, Some(&ruling.rule), text);
        ruling
    }

    /// The tool of a call that Codex does not offer under the name that the model used. Calls that a script of code
    /// mode makes have names of their own.
    fn unrouted(&self, action: &Action<'_>) -> Option<(ToolName<'_>, Rule)> {
        let call = self.moment.call.filter(|call| call.parent.is_none())?;
        let boundary = self.judge.boundary;
        let caller = Caller {
            cli_version: &self.moment.session.cli_version,
            model: self.moment.context.map_or("", |context| &context.model),
            servers: boundary.mcp.any_exposed(),
        };
        let rule = match action {
            Action::Mcp(mcp) => boundary.tools.refuses_name(&call.tool, mcp, &caller),
            _ => boundary.tools.refuses(&call.tool, &caller),
        };
        Some((call.tool.clone(), rule?))
    }

    /// Codex answers `unsupported call` or a parse error before anything else looks at the call.
    fn routing(&mut self, action: &Action<'_>) -> Option<Ruling> {
        let deny = |reason: String, rule| {
            Some(Ruling { verdict: Verdict::Deny, phase: Phase::Routing, reason: reason.into(), rule })
        };
        if let Some((tool, rule)) = self.unrouted(action) {
            return deny(format!("there is no tool `{tool}`"), rule);
        }
        match action {
            Action::Unknown(tool) => {
                deny(format!("there is no tool `{tool}`"), Rule::built_in("unsupported call"))
            }
            Action::Malformed { tool, error } => deny(
                format!("the arguments of `{tool}` cannot be read: {error}"),
                Rule::built_in("argument schema"),
            ),
            Action::Mcp(call) => match self.judge.boundary.mcp.tool(&call.server, &call.tool) {
                Exposure::Hidden(rule) => {
                    deny(format!("the tool `{}` of `{}` is not exposed", call.tool, call.server), rule)
                }
                Exposure::Exposed(policy) => {
                    self.note(Phase::Routing, Some(&policy.rule), || "the tool is exposed".to_owned());
                    None
                }
            },
            _ => {
                self.note(Phase::Routing, None, || "a tool of Codex's own".to_owned());
                None
            }
        }
    }
}
