use crate::decision::Verdict;
use crate::plugin::{Annotations, ApprovalMode};

/// Does a call need approval?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Approval {
    /// No: it runs.
    NotNeeded,
    /// Yes.
    Needed,
    /// It depends on annotations that were not recorded.
    Unknown,
}

/// Does a call of a tool with these annotations need approval in this mode? Codex 0.169: without annotations a tool counts
/// as destructive, and a read-only one never asks in `auto` or `writes`, however open its world.
pub fn needs_approval(mode: ApprovalMode, annotations: &Annotations) -> bool {
    let read_only = annotations.read_only == Some(true);
    match mode {
        ApprovalMode::Approve => false,
        ApprovalMode::Prompt => true,
        ApprovalMode::Writes => !read_only,
        ApprovalMode::Auto => {
            let harmless = annotations.destructive == Some(false) && annotations.open_world == Some(false);
            !read_only && !harmless
        }
    }
}

impl Approval {
    /// The same for annotations that may be unknown.
    pub fn of(mode: ApprovalMode, annotations: Option<&Annotations>) -> Self {
        let needed = match (annotations, mode) {
            (Some(annotations), _) => needs_approval(mode, annotations),
            (None, ApprovalMode::Approve) => false,
            (None, ApprovalMode::Prompt) => true,
            (None, _) => return Self::Unknown,
        };
        if needed { Self::Needed } else { Self::NotNeeded }
    }

    /// What Codex 0.169 does with the call before any PermissionRequest hook is asked. `never` is the approval policy
    /// `never`; `full_access` is a session without sandbox, in which `never` lets even mode `prompt` run.
    pub fn verdict(self, never: bool, full_access: bool) -> Verdict {
        match (self, never) {
            (Self::NotNeeded, _) => Verdict::Allow,
            (_, true) if full_access => Verdict::Allow,
            (Self::Needed, true) => Verdict::Deny,
            (Self::Needed, false) => Verdict::Ask,
            (Self::Unknown, _) => Verdict::Undetermined,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hints(read_only: Option<bool>, destructive: Option<bool>, open_world: Option<bool>) -> Annotations {
        Annotations { read_only, destructive, open_world }
    }

    #[test]
    fn approval_matrix() {
        use ApprovalMode::{Approve, Auto, Prompt, Writes};
        const YES: Option<bool> = Some(true);
        const NO: Option<bool> = Some(false);
        let read_only = hints(YES, None, None);
        let read_only_open = hints(YES, None, YES);
        let safe = hints(NO, NO, NO);
        let destructive = hints(NO, YES, None);
        let none = hints(None, None, None);
        let not_destructive = hints(None, NO, None);
        for (name, annotations, auto, writes) in [
            ("read-only", read_only, false, false),
            ("read-only, open world", read_only_open, false, false),
            ("safe", safe, false, true),
            ("destructive", destructive, true, true),
            ("no annotations", none, true, true),
            ("only destructiveHint false", not_destructive, true, true),
        ] {
            assert_eq!(needs_approval(Auto, &annotations), auto, "auto, {name}");
            assert_eq!(needs_approval(Writes, &annotations), writes, "writes, {name}");
            assert!(needs_approval(Prompt, &annotations), "prompt, {name}");
            assert!(!needs_approval(Approve, &annotations), "approve, {name}");
        }
    }

    #[test]
    fn unknown_annotations_leave_only_prompt_and_approve_known() {
        for (mode, approval) in [
            (ApprovalMode::Auto, Approval::Unknown),
            (ApprovalMode::Writes, Approval::Unknown),
            (ApprovalMode::Prompt, Approval::Needed),
            (ApprovalMode::Approve, Approval::NotNeeded),
        ] {
            assert_eq!(Approval::of(mode, None), approval, "{}", mode.name());
        }
    }

    #[test]
    fn verdicts_by_policy_and_sandbox() {
        use Verdict::{Allow, Ask, Deny, Undetermined};
        for (approval, asks, never, never_unsandboxed) in [
            (Approval::NotNeeded, Allow, Allow, Allow),
            (Approval::Needed, Ask, Deny, Allow),
            (Approval::Unknown, Undetermined, Undetermined, Allow),
        ] {
            assert_eq!(approval.verdict(false, false), asks, "{approval:?}");
            assert_eq!(approval.verdict(false, true), asks, "{approval:?}");
            assert_eq!(approval.verdict(true, false), never, "{approval:?}");
            assert_eq!(approval.verdict(true, true), never_unsandboxed, "{approval:?}");
        }
    }
}
