use std::borrow::Cow;

use super::{ApprovalPolicy, Approvals, Step};
use crate::action::{Additional, Permissions, Shell};
use crate::boundary::features::{Feature, Features};
use crate::decision::{Phase, Rule};

/// What a command asks for, before Codex looks at the command itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// To run outside the sandbox.
    pub escalated: bool,
    /// What else it says about permissions.
    pub permissions: Permissions,
}

impl Request {
    /// The request of a call.
    pub fn of(shell: &Shell<'_>) -> Self {
        Self { escalated: shell.escalated, permissions: shell.permissions }
    }

    /// It wants other than plain permissions.
    fn overrides(self) -> bool {
        self.escalated || self.permissions.additional != Additional::None
    }
}

/// Refuses a request that Codex 0.169 does not consider, in its order: a justification of nothing, an escalation that
/// nobody can be asked about, more permissions where that feature is off or the policy is not `on-request`, and
/// permissions that contradict each other. Comes after PreToolUse hooks and before everything else; a command that
/// is a patch is refused too.
pub fn judge_request(request: Request, approvals: &Approvals, features: &Features) -> Option<Step> {
    let reject =
        |reason: Cow<'static, str>, rule: Rule| Some(Step::Reject { reason, rule, phase: Phase::Approval });
    let arguments = || Rule::built_in("arguments of exec_command");
    if request.permissions.unstated {
        let reason = "`justification` requires an explicit `sandbox_permissions`; use `sandbox_permissions: \
                      \"require_escalated\"` for unsandboxed execution, or omit `justification`.";
        return reject(reason.into(), arguments());
    }
    if !request.overrides() {
        return None;
    }
    if !approvals.policy.asks_about_sandbox() {
        let policy = approvals.policy.in_refusals();
        let reason = format!(
            "approval policy is {policy}; reject command — you cannot ask for escalated permissions if the approval \
             policy is {policy}"
        );
        return reject(reason.into(), approvals.rule.clone());
    }
    let additional = request.permissions.additional;
    if additional == Additional::None {
        return None;
    }
    if let Some(off) = features.off(Feature::AdditionalPermissions) {
        let reason = "additional permissions are disabled; enable `features.exec_permission_approvals` before using \
                      `with_additional_permissions`";
        return reject(reason.into(), off);
    }
    if request.escalated {
        let reason =
            "`additional_permissions` requires `sandbox_permissions` set to `with_additional_permissions`";
        return reject(reason.into(), arguments());
    }
    if approvals.policy != ApprovalPolicy::OnRequest {
        let policy = approvals.policy.in_refusals();
        let reason = format!(
            "approval policy is {policy}; reject command — you cannot request additional permissions unless the \
             approval policy is OnRequest"
        );
        return reject(reason.into(), approvals.rule.clone());
    }
    match additional {
        Additional::Missing => reject(
            "missing `additional_permissions`; provide at least one of `network` or `file_system` when using \
             `with_additional_permissions`"
                .into(),
            arguments(),
        ),
        Additional::Empty => reject(
            "`additional_permissions` must include at least one requested permission in `network` or `file_system`"
                .into(),
            arguments(),
        ),
        Additional::None | Additional::Stated => None,
    }
}
