//! One call through one stage's boundary, phase by phase, in Codex's order:
//! routing, PreToolUse hooks, rules and approval policy, PermissionRequest hooks, sandbox.

use std::borrow::Cow;
use std::sync::{MutexGuard, PoisonError};

use super::attempt::Attempt;
use super::explain;
use super::grants::Grants;
use super::hooks::{Answer, Asked, EventHooks, Permission, PostTool, PreTool};
use super::lifecycle::Happening;
use super::memory::Memory;
use super::moment::Moment;
use super::own;
use super::policy::{self, Policy};
use super::result;
use super::retry::{self, Retry};
use super::sandbox;
use super::touch::Site;
use crate::action::{Action, Command, Shell, ToolName};
use crate::boundary::Boundary;
use crate::boundary::approval::{ApprovalPolicy, Reviewer};
use crate::boundary::hooks::HookEvent;
use crate::boundary::mcp::Exposure;
use crate::boundary::sandbox::{Bounds, Confinement, Workspace};
use crate::boundary::tools::Caller;
use crate::decision::{Phase, Rule, Ruling, Scope, Verdict};
use crate::plugin::ApprovalMode;
use crate::replay::{EffectRow, HookRow};
use crate::transcript::{Call, Guardian};

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
        let moment = &Moment { data: Some(&self.memory.data), accepted, ..*moment };
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
        passage.afterwards(attempt, &ruling);
        let Passage { hooks, notes, unsandboxed, otherwise, .. } = passage;
        let (scope, effects) = sandbox::scope(self.boundary, bounds, attempt, moment);
        let opaque = attempt.opaque.as_ref().map(explain::opaque);
        Judgement { ruling, unsandboxed, scope, effects, opaque, hooks, otherwise, notes }
    }

    /// Judges a prompt of the user: only UserPromptSubmit hooks have a say.
    pub(super) fn prompt(&self, text: &str, moment: &Moment<'_>) -> Judgement {
        let moment = Moment { data: Some(&self.memory.data), ..*moment };
        Self::by_hooks_alone(self.hooks.user_prompt(self.boundary, text, &moment))
    }

    /// Judges something in the life of a session: only its own hooks have a say.
    pub(super) fn happening(&self, happening: &Happening<'_>, moment: &Moment<'_>) -> Judgement {
        let moment = Moment { data: Some(&self.memory.data), ..*moment };
        Self::by_hooks_alone(self.hooks.happening(self.boundary, happening, &moment))
    }

    fn grants(&self) -> MutexGuard<'b, Grants> {
        self.memory.grants.lock().unwrap_or_else(PoisonError::into_inner)
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

/// The rule by which calls with arguments that cannot be read are refused.
const MALFORMED: &str = "argument schema";

/// The rule by which no sub-agent is started in a role that nobody declares.
const UNKNOWN_ROLE: &str = "unknown agent_type";

/// A call on its way through the phases.
struct Passage<'j, 'm> {
    judge: Judge<'j>,
    moment: &'m Moment<'m>,
    bounds: &'m Bounds<'j>,
    hooks: Vec<HookRow>,
    notes: Vec<Note>,
    unsandboxed: bool,
    /// What PreToolUse hooks made of the call, with its arguments as JSON.
    rewritten: Option<(Action<'static>, String)>,
    otherwise: bool,
}

impl<'j> Passage<'j, '_> {
    fn pass(&mut self, attempt: &Attempt<'_>) -> Ruling {
        let unrouted = self.routing(attempt.action);
        // Hooks of some tools see arguments before Codex finds that it cannot read them.
        let seen = unrouted.as_ref().is_none_or(|ruling| match attempt.action {
            Action::Malformed { .. } => ruling.rule.text == MALFORMED,
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

    /// Everything after the PreToolUse hooks, on the input that they left.
    fn decide(&mut self, attempt: &Attempt<'_>) -> Ruling {
        let boundary = self.judge.boundary;
        let amended = self.judge.grants().rules();
        let rules = amended.as_deref().unwrap_or(&boundary.rules);
        match policy::decide(boundary, rules, self.bounds, attempt, self.moment) {
            Policy::Stop(ruling) => self.end(ruling),
            Policy::Run { confinement, ruling } => {
                self.note(ruling.phase, Some(&ruling.rule), || ruling.reason.to_string());
                let Some(confinement) = confinement else { return ruling };
                if matches!(attempt.action, Action::Shell(_))
                    && attempt.direct_patch().is_none()
                    && self.moment.lacks_folder()
                {
                    return self.end(Ruling {
                        verdict: Verdict::Deny,
                        phase: Phase::Approval,
                        reason: "the working folder is not there, so that nothing is started".into(),
                        rule: Rule::built_in("commands start in a folder that is there"),
                    });
                }
                self.unsandboxed = confinement == Confinement::Escalated;
                let ruling =
                    sandbox::ruling(boundary, self.bounds, attempt, self.moment, confinement, ruling);
                match retry::of(boundary, self.bounds, attempt, self.moment, &ruling, false) {
                    Retry::Ask(ask) => self.ask(attempt, ask, None, Some(Confinement::Escalated)),
                    Retry::None | Retry::Outside => self.end(ruling),
                }
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
        // A patch that a command holds is asked about as a patch (conformance: hooks/permission-on-patch-in-shell).
        let held = attempt.direct_patch().map(|embedded| Action::Patch(Cow::Borrowed(&*embedded.text)));
        let asked = self.asked(held.as_ref().unwrap_or(attempt.action));
        let answer = self.judge.hooks.permission_request(self.judge.boundary, asked, self.moment);
        self.hooks.extend(answer.rows);
        let lasts = self.lasts(attempt.action);
        let ruling = match answer.verdict {
            Permission::Silent if lasts && self.judge.grants().covers(attempt, self.moment) => {
                let reason = "somebody accepted it for the session before";
                let allowed = allow(Phase::Approval, reason, "accepted for the session");
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
        // No shell is started for a patch that a command holds.
        let held = matches!(attempt.action, Action::Shell(_)) && attempt.direct_patch().is_some();
        self.unsandboxed = confinement == Confinement::Escalated && !held;
        let ruling = sandbox::ruling(boundary, bounds, attempt, moment, confinement, allowed.clone());
        match retry::of(boundary, bounds, attempt, moment, &ruling, true) {
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

    /// PostToolUse hooks, where the call gives a result.
    fn afterwards(&mut self, attempt: &Attempt<'_>, ruling: &Ruling) {
        let Some(call) = self.moment.call else { return };
        let changed = self.rewritten.as_ref().filter(|(action, _)| action != attempt.action);
        self.otherwise = changed.is_some_and(|(action, _)| !ran_as(call, action));
        if !self.judge.boundary.hooks.any(HookEvent::PostToolUse) {
            return;
        }
        let Some(known) = result::of(self.judge.boundary, attempt, call, ruling, self.moment) else { return };
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
        let call = self.moment.call?;
        // Of the names that scripts have for tools, those of Codex's own are the usual ones.
        if call.parent.is_some() && !matches!(action, Action::Builtin(_) | Action::Spawn(_)) {
            return None;
        }
        // These are no functions for scripts.
        if call.parent.is_some() && matches!(&*call.tool.name, "request_user_input" | "tool_search") {
            return Some((call.tool.clone(), Rule::built_in("tools of scripts")));
        }
        let boundary = self.judge.boundary;
        let caller = Caller {
            cli_version: &self.moment.session.cli_version,
            model: self
                .judge
                .model
                .unwrap_or_else(|| self.moment.context.map_or("", |context| &context.model)),
            servers: boundary.mcp.any_exposed(),
            depth: self.moment.depth,
        };
        let rule = match action {
            Action::Mcp(mcp) => boundary.tools.refuses_name(&call.tool, mcp, &caller),
            _ => boundary.tools.refuses(&call.tool, &caller),
        };
        Some((call.tool.clone(), rule?))
    }

    /// The rule that refuses a command for which the model asks for a login shell.
    fn login_refused(&self, shell: &Shell<'_>) -> Option<&'j Rule> {
        let asks = shell.launch.login == Some(true);
        let own = self.moment.call.is_some_and(|call| call.tool.name == "exec_command");
        self.judge.boundary.tools.refuses_login().filter(|_| asks && own)
    }

    /// Does a call of Codex's own tool name a role that there is not?
    fn unknown_role(&self, role: Option<&str>) -> bool {
        let role = role.map(str::trim).filter(|role| !role.is_empty());
        let own = self.moment.call.is_some_and(|call| call.tool.name == "spawn_agent");
        own && role.is_some_and(|role| !self.judge.boundary.agents.knows(role))
    }

    /// Is this a server of the plugin, in a turn for which the plugin is switched off?
    fn is_off(&self, server: &str) -> bool {
        let of_plugin = self.judge.boundary.mcp.server(server).is_some_and(|server| server.of_plugin);
        of_plugin && self.judge.hooks.is_off(self.moment)
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
            Action::Foreign(tool) => {
                let reason = format!("`{tool}` is a tool of another agent without a class");
                let rule = Rule::built_in("classes of other agents' tools");
                let verdict = Verdict::Undetermined;
                Some(Ruling { verdict, phase: Phase::Routing, reason: reason.into(), rule })
            }
            Action::Malformed { tool, error } => {
                deny(format!("the arguments of `{tool}` cannot be read: {error}"), Rule::built_in(MALFORMED))
            }
            Action::Shell(shell) if self.login_refused(shell).is_some() => {
                let rule = self.login_refused(shell)?.clone();
                deny("the configuration leaves no login shell".to_owned(), rule)
            }
            Action::Spawn(spawn) if self.unknown_role(spawn.role.as_deref()) => {
                let role = spawn.role.as_deref().unwrap_or_default().trim();
                deny(format!("the configuration has no role `{role}`"), Rule::built_in(UNKNOWN_ROLE))
            }
            Action::Mcp(call) if self.is_off(&call.server) => {
                let what = format!("the plugin is switched off for this turn, and with it `{}`", call.server);
                deny(what, Rule::built_in("plugins that are disabled for a turn"))
            }
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
