//! What people may have decided, by the evidence that a recording and a repository hold. A person confirms it.

use std::collections::HashSet;

use super::super::history::{BLAMED, Merged, THRESHOLD};
use super::super::survey::Told;
use crate::decision::{Proposal, ProposedApproval};
use crate::suite::Role;

/// What a recording itself suggests.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::import) struct Signs {
    outcome: Option<String>,
    restarted: Option<String>,
    approvals: Vec<ProposedApproval>,
}

impl Signs {
    /// Puts together what the recordings of a thread tell, the main one first.
    pub(in crate::import) fn read<'t>(recordings: impl IntoIterator<Item = &'t Told>, role: &Role) -> Self {
        let mut signs = Self::default();
        let mut seen = HashSet::new();
        for (at, told) in recordings.into_iter().enumerate() {
            if at == 0 {
                signs.outcome = told.last_message.as_deref().and_then(|message| outcome(message, role));
                signs.restarted.clone_from(&told.restarted);
            }
            let new = told.declined.iter().filter(|declined| seen.insert(declined.call.as_str()));
            signs.approvals.extend(new.cloned());
        }
        signs
    }
}

/// The proposal for a task. `lines` is whether the agent changed any.
pub(in crate::import) fn propose(signs: &Signs, merged: Option<&Merged>) -> Proposal {
    let mut proposal = Proposal { approvals: signs.approvals.clone(), ..Proposal::default() };
    let mut evidence = Vec::new();
    if let Some(outcome) = &signs.outcome {
        proposal.outcome = Some(outcome.clone());
        evidence.push(format!("outcome: the agent's last message says `{outcome}`"));
    }
    if let Some(why) = &signs.restarted {
        proposal.restarted = true;
        evidence.push(format!("restarted: {why}"));
    }
    if let Some(merged) = merged {
        let (held, all) = merged.lines;
        let place =
            if merged.on_default { "on the default branch" } else { "on another branch than the default" };
        proposal.merged = Some(merged.commit.to_string());
        proposal.similarity = Some(merged.similarity());
        let how = if merged.with_commands { ", with what its commands wrote" } else { "" };
        evidence.push(format!(
            "merged: {} {place} holds {held} of the {all} lines that the agent changed{how} (at least {:.0}% are asked for)",
            short(&merged.commit.to_string()),
            THRESHOLD * 100.0,
        ));
        for (commit, says) in &merged.repaired {
            let commit = commit.to_string();
            evidence.push(match *says {
                BLAMED => format!("defects: {} calls itself a fix and changes lines of it", short(&commit)),
                says => format!("defects: the message of {} says that it {says} it", short(&commit)),
            });
            proposal.defects.push(commit);
        }
    }
    proposal.evidence = evidence;
    proposal
}

fn short(id: &str) -> &str {
    &id[..id.len().min(12)]
}

/// The outcome that the agent states, in the role's own word.
fn outcome(message: &str, role: &Role) -> Option<String> {
    role.outcome(&role.output.read(message).outcome?).map(str::to_owned)
}
