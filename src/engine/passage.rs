//! One call on its way through the phases, in Codex's order: routing, PreToolUse hooks, rules and approval policy,
//! PermissionRequest hooks, sandbox, PostToolUse hooks.

use std::borrow::Cow;

use super::attempt::Attempt;
use super::hooks::{Asked, Permission, PostTool, PreTool};
use super::judge::{Judge, Note, allow};
use super::moment::Moment;
use super::own;
use super::policy::{self, Policy};
use super::result;
use super::retry::{self, Retry};
use super::routing::{MALFORMED, UNKNOWN_ROLE};
use super::sandbox;
use super::touch::Site;
use crate::action::{Action, Command};
use crate::boundary::hooks::HookEvent;
use crate::boundary::mcp::Exposure;
use crate::boundary::sandbox::{Bounds, Confinement};
use crate::decision::{Phase, Rule, Ruling, Verdict};
use crate::plugin::ApprovalMode;
use crate::replay::HookRow;
use crate::transcript::Call;

/// The rule behind what somebody has accepted before.
pub(super) const FOR_SESSION: &str = "accepted for the session";

/// A call on its way through the phases.
pub(super) struct Passage<'j, 'm> {
    pub(super) judge: Judge<'j>,
    pub(super) moment: &'m Moment<'m>,
    pub(super) bounds: &'m Bounds<'j>,
    pub(super) hooks: Vec<HookRow>,
    pub(super) notes: Vec<Note>,
    pub(super) unsandboxed: bool,
    /// What PreToolUse hooks made of the call, with its arguments as JSON.
    pub(super) rewritten: Option<(Action<'static>, String)>,
    pub(super) otherwise: bool,
}

impl Passage<'_, '_> {
    pub(super) fn pass(&mut self, attempt: &Attempt<'_>) -> Ruling {
        let unrouted = self.routing(attempt.action);
        // Hooks of some tools see arguments before Codex finds that it cannot read them.
        let seen = unrouted.as_ref().is_none_or(|ruling| match attempt.action {
            Action::Malformed { .. } => ruling.rule.text == MALFORMED,
            Action::Builtin(tool) => ruling.rule.text == MALFORMED && !own::is_of_resources(tool),
            Action::Spawn(_) => ruling.rule.text == UNKNOWN_ROLE,
            Action::Shell(shell) => self.login_refused(shell).is_some_and(|rule| ruling.rule == *rule),
            _ => false,
        });
        if let Some(ruling) = unrouted.clone().filter(|_| !seen) {
            return self.end(ruling);
        }
        let asked = self.asked(attempt.action);
        if own::names_unknown_server(asked.action, asked.arguments, &self.judge.boundary.mcp) {
            return self.decide(attempt);
        }
        let pre = self.judge.hooks.pre_tool_use(self.judge.boundary, asked, self.moment);
        self.hooks.extend(pre.rows);
        match pre.verdict {
            PreTool::Pass => match unrouted {
                Some(ruling) => self.end(ruling),
                None => self.decide(attempt),
            },
            PreTool::Stop(ruling) => self.end(ruling),
            PreTool::Rewrite { action, arguments } => {
                self.note(Phase::Hook, None, || format!("a hook rewrote the call to `{}`", action.label()));
                let attempt = Attempt::of(&action, self.moment.site);
                self.rewritten = Some((action.clone(), arguments));
                self.decide(&attempt)
            }
        }
    }

    /// Everything after the PreToolUse hooks, on the input and among the files that they left.
    fn decide(&mut self, attempt: &Attempt<'_>) -> Ruling {
        let Some(files) = self.judge.memory.laid(self.moment.site.files, attempt) else {
            return self.decide_among(attempt);
        };
        let site = Site { files: Some(&files), ..self.moment.site };
        let moment = Moment { site, untouched: self.moment.site.files, ..*self.moment };
        let attempt = match self.moment.call.filter(|call| call.action == *attempt.action) {
            Some(call) => Attempt::read(call, site),
            None => Attempt::of(attempt.action, site),
        };
        let mut passage = Passage {
            judge: self.judge,
            moment: &moment,
            bounds: self.bounds,
            hooks: std::mem::take(&mut self.hooks),
            notes: std::mem::take(&mut self.notes),
            unsandboxed: self.unsandboxed,
            rewritten: self.rewritten.take(),
            otherwise: self.otherwise,
        };
        let ruling = passage.decide_among(&attempt);
        let Passage { hooks, notes, unsandboxed, rewritten, .. } = passage;
        (self.hooks, self.notes, self.unsandboxed, self.rewritten) = (hooks, notes, unsandboxed, rewritten);
        ruling
    }

    fn decide_among(&mut self, attempt: &Attempt<'_>) -> Ruling {
        let boundary = self.judge.boundary;
        let amended = self.judge.grants().rules();
        let rules = amended.as_deref().unwrap_or(&boundary.rules);
        match policy::decide(boundary, rules, self.bounds, attempt, self.moment) {
            Policy::Stop(ruling) => self.end(ruling),
            Policy::Run { confinement, ruling } => {
                self.note(ruling.phase, Some(&ruling.rule), || ruling.reason.to_string());
                let Some(confinement) = confinement else { return ruling };
                if let Some(nowhere) = self.nowhere(attempt) {
                    return self.end(nowhere);
                }
                self.unsandboxed = confinement == Confinement::Escalated;
                let ruling =
                    sandbox::ruling(boundary, self.bounds, attempt, self.moment, confinement, ruling);
                match retry::of(boundary, self.bounds, attempt, self.moment, confinement, &ruling, false) {
                    Retry::Ask(ask) => self.ask(attempt, ask, None, Some(Confinement::Escalated)),
                    Retry::None | Retry::Outside => self.end(ruling),
                }
            }
            Policy::Ask { ruling, unless_allowed, accepted } => {
                self.ask(attempt, ruling, unless_allowed, accepted)
            }
        }
    }

    /// The ruling on a command whose working folder is not there.
    fn nowhere(&self, attempt: &Attempt<'_>) -> Option<Ruling> {
        let starts = matches!(attempt.action, Action::Shell(_)) && attempt.direct_patch().is_none();
        (starts && self.moment.lacks_folder()).then(|| Ruling {
            verdict: Verdict::Deny,
            phase: Phase::Approval,
            reason: "the working folder is not there, so that nothing is started".into(),
            rule: Rule::built_in("commands start in a folder that is there"),
        })
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
        // A patch that a command holds is asked about as a patch (conformance: hooks/permission-on-patch-in-shell).
        let held = attempt.direct_patch().map(|embedded| Action::Patch(Cow::Borrowed(&*embedded.text)));
        let asked = self.asked(held.as_ref().unwrap_or(attempt.action));
        // Hooks have no say in permissions that the model asks for by themselves (conformance: hooks/on-request-permissions).
        if matches!(attempt.action, Action::Builtin(_)) {
            return self.end(ask);
        }
        let answer = self.judge.hooks.permission_request(self.judge.boundary, asked, self.moment);
        self.hooks.extend(answer.rows);
        let lasts = self.lasts(attempt.action);
        let ruling = match answer.verdict {
            Permission::Silent if lasts && self.judge.grants().covers(attempt, self.moment) => {
                let reason = "somebody accepted it for the session before";
                let allowed = allow(Phase::Approval, reason, FOR_SESSION);
                accepted.map_or(allowed.clone(), |confinement| self.approved(attempt, confinement, allowed))
            }
            Permission::Silent if otherwise.is_none() => {
                self.judge.grants().add(attempt, self.moment, &self.judge.boundary.rules);
                ask
            }
            Permission::Silent => otherwise.unwrap_or(ask),
            Permission::Stop(ruling) => ruling,
            Permission::Allow(ruling) => match accepted {
                Some(confinement) => self.approved(attempt, confinement, ruling),
                None => ruling,
            },
        };
        self.end(ruling)
    }

    /// Can somebody accept it for the session? Of tools only those whose approval mode is `auto` (Codex 0.169,
    /// conformance: approval/for-session-by-mode).
    fn lasts(&self, action: &Action<'_>) -> bool {
        let Action::Mcp(call) = action else { return true };
        match self.judge.boundary.mcp.tool(&call.server, &call.tool) {
            Exposure::Exposed(policy) => policy.mode == ApprovalMode::Auto,
            Exposure::Hidden(_) => false,
        }
    }

    /// What becomes of a call that a hook approves, or a person before: what fails in the sandbox may run again outside.
    fn approved(&mut self, attempt: &Attempt<'_>, confinement: Confinement, allowed: Ruling) -> Ruling {
        let (boundary, bounds, moment) = (self.judge.boundary, self.bounds, self.moment);
        if let Some(nowhere) = self.nowhere(attempt) {
            return nowhere;
        }
        // No shell is started for a patch that a command holds.
        let held = matches!(attempt.action, Action::Shell(_)) && attempt.direct_patch().is_some();
        self.unsandboxed = confinement == Confinement::Escalated && !held;
        let ruling = sandbox::ruling(boundary, bounds, attempt, moment, confinement, allowed.clone());
        match retry::of(boundary, bounds, attempt, moment, confinement, &ruling, true) {
            Retry::Outside => {
                self.unsandboxed = true;
                let why = || format!("it fails in the sandbox and runs again outside: {}", ruling.reason);
                self.note(Phase::Sandbox, Some(&ruling.rule), why);
                sandbox::ruling(boundary, bounds, attempt, moment, Confinement::Escalated, allowed)
            }
            Retry::None | Retry::Ask(_) => ruling,
        }
    }

    /// The call as hooks are told of it, with the arguments that PreToolUse hooks left.
    fn asked<'a>(&'a self, action: &'a Action<'a>) -> Asked<'a> {
        let recorded = self.moment.call.map_or("{}", |call| &*call.arguments);
        let arguments = self.rewritten.as_ref().map_or(recorded, |(_, arguments)| arguments);
        Asked { action, arguments, id: self.moment.call.map_or("", |call| &call.id) }
    }

    /// The result that PostToolUse hooks are told of, if any is; the error says why it is not known.
    pub(super) fn result(&self, attempt: &Attempt<'_>, ruling: &Ruling) -> Option<Result<(), &'static str>> {
        let call = self.moment.call?;
        if !self.judge.boundary.hooks.any(HookEvent::PostToolUse) {
            return None;
        }
        let Some(files) = self.judge.memory.laid(self.moment.site.files, attempt) else {
            return result::of(self.judge.boundary, attempt, call, ruling, self.moment);
        };
        let site = Site { files: Some(&files), ..self.moment.site };
        let moment = Moment { site, untouched: self.moment.site.files, ..*self.moment };
        result::of(self.judge.boundary, &Attempt::read(call, site), call, ruling, &moment)
    }

    /// PostToolUse hooks, where the call gives this result.
    pub(super) fn afterwards(&mut self, attempt: &Attempt<'_>, result: Option<Result<(), &'static str>>) {
        let Some(call) = self.moment.call else { return };
        let changed = self.rewritten.as_ref().filter(|(action, _)| action != attempt.action);
        self.otherwise = changed.is_some_and(|(action, _)| !ran_as(call, action));
        if !self.judge.boundary.hooks.any(HookEvent::PostToolUse) {
            return;
        }
        let Some(known) = result else { return };
        let known =
            if self.otherwise { Err("what the rewritten call would give is not known") } else { known };
        let asked = match (self.moment.terminal.filter(|_| call.exit_code().is_some()), &self.rewritten) {
            (Some(started), _) => {
                Asked { action: &started.action, arguments: &started.arguments, id: &started.id }
            }
            (None, Some((action, _))) => self.asked(action),
            (None, None) => self.asked(attempt.action),
        };
        let answer = self.judge.hooks.post_tool_use(self.judge.boundary, asked, call, known, self.moment);
        self.hooks.extend(answer.rows);
        if let PostTool::Replace(text) = answer.verdict {
            self.otherwise |= call.output.is_none_or(|output| output.text() != text);
            let text = crate::action::short_label(&text).into_owned();
            self.note(Phase::Hook, None, || format!("the model reads this in place of the result: {text}"));
        }
    }

    pub(super) fn note(&mut self, phase: Phase, rule: Option<&Rule>, text: impl FnOnce() -> String) {
        if self.judge.explain {
            self.notes.push(Note { phase, text: text(), rule: rule.cloned() });
        }
    }

    fn end(&mut self, ruling: Ruling) -> Ruling {
        let text = || format!("{}: {}", ruling.verdict, ruling.reason);
        self.note(ruling.phase, Some(&ruling.rule), text);
        ruling
    }
}

/// Does the recording show that the call ran as this action?
fn ran_as(call: &Call<'_>, action: &Action<'_>) -> bool {
    let ran = call.item.as_ref().and_then(|item| item.ran.as_deref());
    match (action, &call.action) {
        (Action::Shell(shell), _) => {
            ran.is_some_and(|ran| matches!(&shell.command, Command::Script { text, .. } if text == ran))
        }
        (Action::Mcp(made), Action::Mcp(asked)) => {
            let value = serde_json::from_str::<serde_json::Value>;
            value(&made.arguments).ok() == value(ran.unwrap_or(&asked.arguments)).ok()
        }
        _ => false,
    }
}
