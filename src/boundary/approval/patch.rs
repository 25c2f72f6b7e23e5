use super::{ApprovalPolicy, Approvals, Step};
use crate::boundary::sandbox::{Confinement, PatchTarget, Sandbox, patch_refusal};
use crate::decision::Phase;

/// One file of a patch, as the sandbox judges it.
#[derive(Clone, Copy, Debug)]
pub struct PatchCall<'a> {
    /// The file as the patch names it, joined with the working folder.
    pub path: &'a str,
    /// The patch updates the file; otherwise it adds or deletes it.
    pub updates: bool,
    /// What the sandbox says.
    pub target: PatchTarget<'a>,
}

/// What Codex 0.169 does with a patch: one file that cannot be read fails it, one outside makes the whole patch need
/// an approval, and `untrusted` asks about every patch. `None` for a patch without files.
pub fn judge_patch(files: &[PatchCall<'_>], approvals: &Approvals, sandbox: &Sandbox) -> Option<Step> {
    let first = files.first()?;
    for file in files {
        if let PatchTarget::Unreadable(rule) = file.target {
            let what = if file.updates { "Failed to read file to update" } else { "Failed to read" };
            let path = file.path;
            let reason =
                format!("apply_patch verification failed: {what} {path}: Permission denied (os error 13)");
            return Some(Step::Reject { reason: reason.into(), rule: rule.clone(), phase: Phase::Sandbox });
        }
    }
    let outside = files.iter().find_map(|file| match file.target {
        PatchTarget::Outside(rule) => Some(rule.clone()),
        _ => None,
    });
    let asks = approvals.policy == ApprovalPolicy::Untrusted;
    Some(match outside {
        Some(rule) if !approvals.policy.asks_about_sandbox() => {
            Step::Reject { reason: patch_refusal(sandbox).into(), rule, phase: Phase::Sandbox }
        }
        Some(rule) => {
            Step::Ask { reason: None, accepted: Confinement::Escalated, rule, phase: Phase::Approval }
        }
        None if asks => Step::Ask {
            reason: None,
            accepted: Confinement::Sandboxed,
            rule: approvals.rule.clone(),
            phase: Phase::Approval,
        },
        None => {
            let (PatchTarget::Inside(rule) | PatchTarget::Outside(rule) | PatchTarget::Unreadable(rule)) =
                first.target;
            Step::Run { confinement: Confinement::Sandboxed, rule: rule.clone(), phase: Phase::Sandbox }
        }
    })
}
