//! Who is asked before a command or patch runs: approval policies, reviewers, and the tables by which Codex decides
//! to run, ask or refuse.

mod patch;
mod permissions;
mod policy;
mod shell;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use super::sandbox::Confinement;
use crate::decision::{Phase, Rule};

pub use patch::{PatchCall, judge_patch};
pub use permissions::{Request, judge_request};
pub use policy::{ApprovalPolicy, Approvals, Client, Granular, Reviewer};
pub use shell::{ShellCall, judge_shell};

/// What Codex does with a call once hooks have let it pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It runs without asking.
    Run {
        /// Where it runs.
        confinement: Confinement,
        /// The rule that lets it.
        rule: Rule,
        /// The phase of that rule.
        phase: Phase,
    },
    /// A PermissionRequest hook, a person or a guardian is asked.
    Ask {
        /// What the request says, if anything.
        reason: Option<String>,
        /// Where it runs when accepted.
        accepted: Confinement,
        /// The rule that makes Codex ask.
        rule: Rule,
        /// The phase of that rule.
        phase: Phase,
    },
    /// It does not run; nobody is asked.
    Reject {
        /// Codex's words to the model.
        reason: Cow<'static, str>,
        /// The rule that refuses.
        rule: Rule,
        /// The phase of that rule.
        phase: Phase,
    },
}
