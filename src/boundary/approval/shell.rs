use super::{ApprovalPolicy, Approvals, Granular, Step};
use crate::boundary::rules::{Invocation, RuleDecision, RuleVerdict};
use crate::boundary::sandbox::{Confinement, Sandbox};
use crate::decision::{Phase, Rule};

/// A command with what is known of it before anybody is asked.
#[derive(Clone, Copy, Debug)]
pub struct ShellCall<'a> {
    /// The command as it would be started.
    pub invocation: Invocation<'a>,
    /// The model asks to run it outside the sandbox.
    pub escalated: bool,
    /// The model asks for more permissions inside the sandbox.
    pub additional: bool,
    /// The model's reason for that.
    pub justification: Option<&'a str>,
    /// What the rules say.
    pub rules: &'a RuleDecision<'a>,
    /// A part that no rule matches removes files with `rm -f` or the like; see [`RuleDecision::unmatched`].
    pub forced_rm: bool,
}

/// What Codex 0.169 does with a command, by approval policy, rules and sandbox.
///
/// In this order, after [`judge_request`](super::judge_request): a `forbidden` rule refuses, a `prompt` rule asks or is
/// refused, a forced rm asks or is refused, rules that allow every part let it run outside the sandbox, an escalation
/// or a wish for more permissions asks, `untrusted` asks, and all else runs in the sandbox.
pub fn judge_shell(call: &ShellCall<'_>, approvals: &Approvals, sandbox: &Sandbox) -> Step {
    let rules = call.rules;
    let shown = rules.shown();
    match (rules.verdict, shown) {
        (Some(RuleVerdict::Forbidden), Some(rule)) => {
            let reason = rules.refusal(&call.invocation).into();
            Step::Reject { reason, rule, phase: Phase::Rules }
        }
        (Some(RuleVerdict::Prompt), Some(rule)) => prompted(call, approvals, rule),
        _ if call.forced_rm => forced_rm(call, approvals, None),
        (_, Some(rule)) if rules.all_allowed => {
            Step::Run { confinement: outside(sandbox), rule, phase: Phase::Rules }
        }
        _ => unruled(call, approvals, sandbox),
    }
}

/// A rule says that somebody is asked.
fn prompted(call: &ShellCall<'_>, approvals: &Approvals, rule: Rule) -> Step {
    let refuse = |reason: &'static str| Step::Reject {
        reason: reason.into(),
        rule: rule.clone(),
        phase: Phase::Rules,
    };
    match approvals.policy {
        ApprovalPolicy::Never if call.forced_rm => forced_rm(call, approvals, None),
        ApprovalPolicy::Never => refuse("approval required by policy, but AskForApproval is set to Never"),
        ApprovalPolicy::Granular(Granular { rules: false, .. }) => {
            refuse("approval required by policy rule, but AskForApproval::Granular.rules is false")
        }
        _ => Step::Ask {
            reason: Some(call.rules.request(&call.invocation)),
            accepted: accepted(call),
            rule,
            phase: Phase::Rules,
        },
    }
}

/// The command removes files by force; asked even where a granular policy refuses other requests.
fn forced_rm(call: &ShellCall<'_>, approvals: &Approvals, reason: Option<String>) -> Step {
    let rule = Rule::built_in("rm -f style commands need an approval");
    if approvals.policy == ApprovalPolicy::Never {
        let line = call.invocation.line();
        let reason =
            format!("`{line}` rejected: rm -f style commands are not permitted. Use a safer approach");
        return Step::Reject { reason: reason.into(), rule, phase: Phase::Rules };
    }
    let reason = reason.or_else(|| call.justification.map(str::to_owned));
    Step::Ask { reason, accepted: accepted(call), rule, phase: Phase::Rules }
}

/// No rule decides.
fn unruled(call: &ShellCall<'_>, approvals: &Approvals, sandbox: &Sandbox) -> Step {
    let untrusted = approvals.policy == ApprovalPolicy::Untrusted;
    let asks = call.escalated || call.additional;
    if untrusted || (asks && !sandbox.is_unrestricted()) {
        let rule = if asks {
            let what = if call.escalated { "escalation" } else { "more permissions" };
            Rule { text: format!("{what} under {}", approvals.rule.text).into(), ..approvals.rule.clone() }
        } else {
            approvals.rule.clone()
        };
        let reason = call.justification.map(str::to_owned);
        return Step::Ask { reason, accepted: accepted(call), rule, phase: Phase::Approval };
    }
    Step::Run { confinement: Confinement::Sandboxed, rule: approvals.rule.clone(), phase: Phase::Approval }
}

/// Where an approved command runs. Escalations leave the sandbox; what rules, forced rm and `untrusted` ask about stays in
/// it, see [`ApprovalPolicy::retries_commands`].
fn accepted(call: &ShellCall<'_>) -> Confinement {
    if call.escalated { Confinement::Escalated } else { Confinement::Sandboxed }
}

/// Outside the sandbox, where that is left without an escalation.
fn outside(sandbox: &Sandbox) -> Confinement {
    if sandbox.has_denials() { Confinement::Sandboxed } else { Confinement::Escalated }
}
