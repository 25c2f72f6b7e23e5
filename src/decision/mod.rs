//! Decisions: what a boundary rules about an action, and what people decided about a task.

mod human;
mod ruling;

pub use human::{
    Approval, Decision, HumanFinding, HumanVerdict, Lasting, Proposal, ProposedApproval, Witness,
};
pub use ruling::{Phase, Rule, Ruling, Scope, Shift, Verdict};
