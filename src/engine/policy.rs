//! Rules, approval policy, and the checks before the sandbox, for every kind of action.

use std::borrow::Cow;

use serde::de::IgnoredAny;

use super::attempt::Attempt;
use super::judge::allow;
use super::moment::Moment;
use super::own;
use super::verification::{self, Verified};
use crate::action::patch::{self, ChangeKind, Patch, PatchError};
use crate::action::shell::{EmbeddedPatch, has_forced_rm};
use crate::action::{Action, Additional, McpCall, Shell, Stdin, ToolName, is_current};
use crate::boundary::Boundary;
use crate::boundary::Feature;
use crate::boundary::approval::{
    ApprovalPolicy, PatchCall, Request, ShellCall, Step, judge_patch, judge_request, judge_shell,
};
use crate::boundary::mcp::Exposure;
use crate::boundary::rules::{ExecPolicy, Invocation};
use crate::boundary::sandbox::{Bounds, Confinement, Kind, PatchTarget};
use crate::decision::{Phase, Rule, Ruling, Verdict};
use crate::source::snapshot::{Entry, Files};

/// The rule by which a patch that does not fit changes nothing.
pub(super) const UNFIT: &str = "patches are verified before anything else";

/// What rules, approval policy and the checks before the sandbox say.
#[derive(Clone, Debug)]
pub(super) enum Policy {
    /// It runs. `None` for what has no sandbox phase (MCP servers and tools of Codex's own).
    Run { confinement: Option<Confinement>, ruling: Ruling },
    /// Somebody is asked, after the PermissionRequest hooks. Where nobody can be asked, `unless_allowed` is what
    /// happens if no hook allows it.
    Ask { ruling: Ruling, unless_allowed: Option<Ruling>, accepted: Option<Confinement> },
    /// It does not run, or that cannot be known.
    Stop(Ruling),
}

/// Asks policy about an action, under the rules in force.
pub(super) fn decide(
    boundary: &Boundary,
    rules: &ExecPolicy,
    bounds: &Bounds<'_>,
    attempt: &Attempt<'_>,
    moment: &Moment<'_>,
) -> Policy {
    if let Action::Shell(shell) = attempt.action
        && let Some(refused) =
            judge_request(Request::of(shell), &boundary.approvals, boundary.tools.features())
    {
        return of_step(refused);
    }
    match attempt.action {
        Action::Shell(_) if attempt.reading.bare_patch => Policy::Stop(ruling(
            Verdict::Deny,
            Phase::Routing,
            "the command is a patch, but does not call apply_patch".into(),
            Rule::built_in("patch interception"),
        )),
        Action::Shell(shell) => match attempt.direct_patch() {
            Some(embedded) => apply_patch(boundary, bounds, embedded, moment),
            None => command(boundary, rules, shell, moment),
        },
        Action::Patch(_) => match attempt.direct_patch() {
            Some(embedded) => apply_patch(boundary, bounds, embedded, moment),
            None => free(),
        },
        Action::Mcp(call) => mcp(boundary, call),
        Action::Builtin(tool) if is_request_permissions(tool) => request_permissions(boundary, moment),
        Action::Stdin(stdin) if moment.escalated_terminal => terminal(boundary, stdin),
        // Codex 0.169 knows no such process (conformance: hooks/own-tools-unread).
        Action::Stdin(_) if moment.terminal.is_none() && is_current(&moment.session.cli_version) => free(),
        Action::Stdin(_) | Action::ViewImage(_) => Policy::Run {
            confinement: Some(Confinement::Sandboxed),
            ruling: allow(Phase::Approval, "no approval is needed", "no approval for this tool"),
        },
        _ => free(),
    }
}

/// Tools that nobody is asked about and no sandbox holds.
fn free() -> Policy {
    Policy::Run {
        confinement: None,
        ruling: allow(Phase::Approval, "no approval is needed", "no approval for this tool"),
    }
}

/// Typing into a terminal outside the sandbox is asked about; an empty text only waits for output (Codex 0.169).
fn terminal(boundary: &Boundary, stdin: &Stdin<'_>) -> Policy {
    if stdin.chars.is_empty() || !asks_about_terminals(boundary) {
        let reason = "text is typed into a running terminal";
        let ruling = allow(Phase::Approval, reason, "write_stdin has no rules");
        return Policy::Run { confinement: Some(Confinement::Escalated), ruling };
    }
    let reason = "the terminal runs outside the sandbox".into();
    let ruling = ruling(Verdict::Ask, Phase::Approval, reason, boundary.approvals.rule.clone());
    Policy::Ask { ruling, unless_allowed: None, accepted: Some(Confinement::Escalated) }
}

fn asks_about_terminals(boundary: &Boundary) -> bool {
    boundary.approvals.policy.asks_about_sandbox() && boundary.tools.features().has(Feature::TerminalApproval)
}

/// The tool `request_permissions`: somebody is asked, or the model is told that nothing is granted.
fn request_permissions(boundary: &Boundary, moment: &Moment<'_>) -> Policy {
    let approvals = &boundary.approvals;
    let of = |verdict, reason: &'static str| {
        ruling(verdict, Phase::Approval, reason.into(), approvals.rule.clone())
    };
    let tool = ToolName { namespace: "".into(), name: "request_permissions".into() };
    if moment.call.is_some_and(|call| own::fails(&tool, call, moment)) {
        return free();
    }
    if approvals.policy.asks_about_permissions() {
        let ask = of(Verdict::Ask, "the model asks for more permissions");
        return Policy::Ask { ruling: ask, unless_allowed: None, accepted: None };
    }
    let reason = of(Verdict::Allow, "nobody is asked for more permissions, so none are granted");
    Policy::Run { confinement: None, ruling: reason }
}

pub(super) fn is_request_permissions(tool: &ToolName<'_>) -> bool {
    tool.namespace.is_empty() && tool.name == "request_permissions"
}

fn command(boundary: &Boundary, rules: &ExecPolicy, shell: &Shell<'_>, moment: &Moment<'_>) -> Policy {
    let cwd = moment.site.locale.absolute(".");
    let invocation = Invocation::new(&shell.command, &cwd).launched(&shell.launch);
    let rules = rules.decide(&invocation);
    let forced_rm = rules.any_unmatched(&shell.command, has_forced_rm);
    let call = ShellCall {
        invocation,
        escalated: shell.escalated,
        additional: shell.permissions.additional == Additional::Stated,
        justification: shell.justification.as_deref(),
        rules: &rules,
        forced_rm,
    };
    of_step(judge_shell(&call, &boundary.approvals, &boundary.sandbox))
}

fn apply_patch(
    boundary: &Boundary,
    bounds: &Bounds<'_>,
    embedded: &EmbeddedPatch<'_>,
    moment: &Moment<'_>,
) -> Policy {
    // A link to such a file is none that may be read either (conformance: patch/denied-read-through-a-link).
    let unreadable = |path: &str| {
        let led = moment.site.follow(path);
        let is =
            |path: &str| matches!(bounds.patch(path, kind(path, moment), true), PatchTarget::Unreadable(_));
        is(path) || (led.link.is_some() && is(&led.path))
    };
    let refused = |error: PatchError| {
        let reason = format!("the patch cannot be read: {error}").into();
        Policy::Stop(ruling(Verdict::Deny, Phase::Routing, reason, Rule::built_in("patch grammar")))
    };
    match verification::verify(embedded, moment, &unreadable) {
        Err(error) => return refused(error),
        Ok(Verified::Repeats(path)) => return refused(PatchError::Repeated { path }),
        Ok(Verified::Fails(path)) => {
            let reason = format!("the patch does not fit {path}, and changes nothing").into();
            let rule = Rule::built_in(UNFIT);
            let ruling = ruling(Verdict::Allow, Phase::Approval, reason, rule);
            return Policy::Run { confinement: None, ruling };
        }
        Ok(Verified::Fits) => {}
    }
    let parsed = match patch::parse(&embedded.text) {
        Ok(parsed) => parsed,
        Err(error) => return refused(error),
    };
    let targets = targets(&parsed, embedded, moment);
    let files: Vec<_> = targets
        .iter()
        .map(|target| {
            let led = moment.site.follow(&target.path);
            let read = if target.reads && unreadable(&led.path) { &led.path } else { &target.path };
            PatchCall {
                path: &target.path,
                updates: target.updates,
                target: bounds.patch(read, target.kind, target.reads),
            }
        })
        .collect();
    match judge_patch(&files, &boundary.approvals, &boundary.sandbox) {
        Some(step) => of_step(step),
        None => Policy::Stop(ruling(
            Verdict::Deny,
            Phase::Routing,
            "the patch changes no file".into(),
            Rule::built_in("patch grammar"),
        )),
    }
}

/// A file of a patch.
struct PatchFile {
    path: String,
    kind: Kind,
    updates: bool,
    reads: bool,
}

fn targets(patch: &Patch<'_>, embedded: &EmbeddedPatch<'_>, moment: &Moment<'_>) -> Vec<PatchFile> {
    let mut files = Vec::with_capacity(patch.files.len());
    for change in &patch.files {
        let (updates, reads) = match &change.kind {
            ChangeKind::Add { .. } => (false, false),
            ChangeKind::Delete => (false, true),
            ChangeKind::Update { .. } => (true, true),
        };
        let mut add = |path: &str, reads| {
            let path = verification::absolute(embedded, path, moment);
            files.push(PatchFile { kind: kind(&path, moment), path, updates, reads });
        };
        add(&change.path, reads);
        if let ChangeKind::Update { moved_to: Some(place), .. } = &change.kind {
            add(place, false);
        }
    }
    files
}

fn kind(path: &str, moment: &Moment<'_>) -> Kind {
    match moment.site.files.map(|files| files.lookup(path.as_bytes()).entry) {
        Some(Entry::File(_)) => Kind::File,
        Some(Entry::Folder | Entry::Submodule) => Kind::Folder,
        _ => Kind::Missing,
    }
}

/// The approval matrix of MCP tools. Under `never` a PermissionRequest hook is still asked (Codex 0.169).
fn mcp(boundary: &Boundary, call: &McpCall<'_>) -> Policy {
    let policy = match boundary.mcp.tool(&call.server, &call.tool) {
        Exposure::Exposed(policy) => policy,
        Exposure::Hidden(rule) => {
            return Policy::Stop(ruling(
                Verdict::Deny,
                Phase::Routing,
                "the tool is not exposed".into(),
                rule,
            ));
        }
    };
    let never = boundary.approvals.policy == ApprovalPolicy::Never;
    if is_no_json(&call.arguments) {
        let reason = "the arguments are no JSON, so that nothing is called";
        return Policy::Run { confinement: None, ruling: allow(Phase::Approval, reason, "argument schema") };
    }
    let verdict = policy.approval().verdict(never, boundary.sandbox.is_unrestricted());
    let of = |reason: &'static str| ruling(verdict, Phase::Approval, reason.into(), policy.rule.clone());
    match verdict {
        Verdict::Allow if !may_be_arguments(&call.arguments) => Policy::Stop(ruling(
            Verdict::Deny,
            Phase::Routing,
            "the arguments are no JSON object".into(),
            Rule::built_in("argument schema"),
        )),
        Verdict::Allow => Policy::Run { confinement: None, ruling: of("the tool needs no approval") },
        Verdict::Ask => {
            Policy::Ask { ruling: of("the tool needs approval"), unless_allowed: None, accepted: None }
        }
        Verdict::Deny => {
            let deny = of("the tool needs approval, but approval policy is never");
            let ask = Ruling { verdict: Verdict::Ask, ..deny.clone() };
            Policy::Ask { ruling: ask, unless_allowed: Some(deny), accepted: None }
        }
        Verdict::Undetermined => {
            Policy::Stop(of("whether the tool needs approval depends on hints that were not recorded"))
        }
    }
}

/// Codex 0.169 reads arguments after the PreToolUse hooks and before approvals; it tells the model where it cannot
/// (conformance: mcp/broken-arguments). Without any text there are no arguments.
pub(super) fn is_no_json(arguments: &str) -> bool {
    !arguments.trim().is_empty() && serde_json::from_str::<IgnoredAny>(arguments).is_err()
}

/// Codex 0.169 hands objects to MCP servers, and refuses any other JSON (conformance: mcp/arguments).
fn may_be_arguments(arguments: &str) -> bool {
    let first = arguments.trim_start().chars().next();
    first.is_none_or(|first| first == '{')
}

fn of_step(step: Step) -> Policy {
    match step {
        Step::Run { confinement, rule, phase } => {
            let reason = match confinement {
                Confinement::Sandboxed => "runs in the sandbox without asking",
                Confinement::Escalated => "runs outside the sandbox without asking",
            };
            Policy::Run {
                confinement: Some(confinement),
                ruling: ruling(Verdict::Allow, phase, reason.into(), rule),
            }
        }
        Step::Ask { reason, accepted, rule, phase } => Policy::Ask {
            ruling: ruling(
                Verdict::Ask,
                phase,
                reason.map_or("an approval is needed".into(), Cow::Owned),
                rule,
            ),
            unless_allowed: None,
            accepted: Some(accepted),
        },
        Step::Reject { reason, rule, phase } => Policy::Stop(ruling(Verdict::Deny, phase, reason, rule)),
    }
}

fn ruling(verdict: Verdict, phase: Phase, reason: Cow<'static, str>, rule: Rule) -> Ruling {
    Ruling { verdict, phase, reason, rule }
}
