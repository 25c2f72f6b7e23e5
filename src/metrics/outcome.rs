//! task_completion and decision_agreement: what became of whole task runs.

use crate::decision::Decision;
use crate::replay::Replay;
use crate::suite::{Role, Success};

use super::metric::{Metric, Tally};
use super::{TaskFacts, Unit};

/// How the agent's outcome relates to the person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Agreement {
    /// Nobody has decided about the task.
    Undecided,
    /// The role does not say how an outcome is read.
    NoContract,
    /// Both say the same.
    Same,
    /// The agent lets through what the person stopped.
    FalseApprove,
    /// The agent stops what the person let through.
    FalseBlock,
    /// The agent states no outcome of the role's vocabulary.
    NoOutcome,
}

/// Compares outcomes. The vocabulary is ordered from what lets most through to what stops most, so an outcome before
/// the person's is a false approval and one behind it a false block.
pub(super) fn agreement(replay: &Replay, decision: &Decision, role: &Role) -> Agreement {
    let Some(human) = decision.outcome.as_deref().and_then(|outcome| role.rank(outcome)) else {
        return Agreement::Undecided;
    };
    if role.output.outcome.is_none() {
        return Agreement::NoContract;
    }
    let agent = replay.outcome.as_deref().and_then(|outcome| role.outcome(outcome));
    match agent.and_then(|outcome| role.rank(outcome)) {
        None => Agreement::NoOutcome,
        Some(agent) if agent < human => Agreement::FalseApprove,
        Some(agent) if agent > human => Agreement::FalseBlock,
        Some(_) => Agreement::Same,
    }
}

/// Did the run end in accepted output with no manual restart?
///
/// A run that did not finish or was restarted did not, whatever was decided. Else a person must have decided: the
/// output is accepted when the person says the same as the agent; for a role that states no outcome, when the change
/// was merged or the person gave the outcome that lets most through. Without any decision it is not known.
pub(super) fn completed(
    replay: &Replay,
    decision: &Decision,
    role: &Role,
    agreement: Agreement,
) -> Option<bool> {
    if !replay.finished || decision.restarted {
        return Some(false);
    }
    match agreement {
        Agreement::Same => Some(true),
        Agreement::FalseApprove | Agreement::FalseBlock | Agreement::NoOutcome => Some(false),
        Agreement::NoContract => {
            let outcome = decision.outcome.as_deref();
            Some(decision.merged.is_some() || outcome.and_then(|outcome| role.rank(outcome)) == Some(0))
        }
        Agreement::Undecided => decision.merged.is_some().then_some(role.output.outcome.is_none()),
    }
}

/// Is an accepted run what the role asks for? `None` where one of its criteria is not known and none fails.
///
/// A criterion about patches holds for a run without one.
pub(super) fn succeeded(facts: &TaskFacts, role: &Role) -> Option<bool> {
    let criteria = role.success.iter().map(|criterion| {
        let patch = &facts.patch;
        match criterion {
            Success::Patch if patch.unclear => None,
            Success::Patch => Some(patch.accepted != Some(false)),
            Success::Formatter if patch.unformatted => None,
            Success::Formatter => Some(patch.formatted.as_ref().is_none_or(|(equal, _)| *equal)),
            Success::Tests => Some(patch.tests.as_ref().is_none_or(|tests| tests.added > 0)),
            Success::InScope => Some(facts.not_inside.count == 0),
            Success::Skills => Some(facts.triggers.called_for.iter().all(|(_, used)| *used)),
        }
    });
    let answers: Vec<Option<bool>> = criteria.collect();
    let fails = answers.contains(&Some(false));
    if fails { Some(false) } else { (!answers.contains(&None)).then_some(true) }
}

/// The two metrics of whole runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcomes {
    completion: Tally,
    agreement: Tally,
    false_approve: Tally,
    false_block: Tally,
    no_contract: bool,
}

impl Outcomes {
    pub(super) fn add(&mut self, facts: &TaskFacts) {
        let run = &facts.run;
        if let Some(completed) = facts.completed {
            let note = if completed { "accepted" } else { "not accepted, not finished or restarted" };
            self.completion.sample(completed, run.evidence(completed, None, note));
        }
        let note = match facts.agreement {
            Agreement::Undecided => return,
            Agreement::NoContract => {
                self.no_contract = true;
                return;
            }
            Agreement::Same => "same outcome",
            Agreement::FalseApprove => "false approve",
            Agreement::FalseBlock => "false block",
            Agreement::NoOutcome => "no outcome",
        };
        let same = facts.agreement == Agreement::Same;
        self.agreement.sample(same, run.evidence(same, None, note));
        for (tally, kind) in [
            (&mut self.false_approve, Agreement::FalseApprove),
            (&mut self.false_block, Agreement::FalseBlock),
        ] {
            tally.total += 1;
            if facts.agreement == kind {
                tally.hit(run.evidence(false, None, note));
            }
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.completion.merge(other.completion);
        self.agreement.merge(other.agreement);
        self.false_approve.merge(other.false_approve);
        self.false_block.merge(other.false_block);
        self.no_contract |= other.no_contract;
    }

    pub(super) fn metrics(&self, list: &mut Vec<Metric>) {
        list.push(self.completion.metric("task_completion", Unit::Share, "nobody has decided about a task"));
        let none = if self.no_contract {
            "the role does not say how an outcome is read"
        } else {
            "nobody has decided about a task"
        };
        list.push(self.agreement.metric("decision_agreement", Unit::Share, none));
        list.push(self.false_approve.metric("decision_agreement.false_approve", Unit::Count, none));
        list.push(self.false_block.metric("decision_agreement.false_block", Unit::Count, none));
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{decided, replay, role};
    use super::*;
    use crate::suite::RoleOutput;

    fn says(outcome: Option<&str>) -> Replay {
        Replay { outcome: outcome.map(str::to_owned), ..replay("t", vec![]) }
    }

    #[test]
    fn agreement_follows_the_order_of_the_vocabulary() {
        let role = Role { outcomes: ["approve", "comment", "block"].map(str::to_owned).to_vec(), ..role() };
        for (agent, human, expected) in [
            ("approve", "approve", Agreement::Same),
            ("Block", "block", Agreement::Same),
            ("approve", "block", Agreement::FalseApprove),
            ("approve", "comment", Agreement::FalseApprove),
            ("comment", "block", Agreement::FalseApprove),
            ("block", "comment", Agreement::FalseBlock),
            ("maybe", "comment", Agreement::NoOutcome),
        ] {
            assert_eq!(agreement(&says(Some(agent)), &decided(human), &role), expected, "{agent} {human}");
        }
        assert_eq!(agreement(&says(None), &decided("block"), &role), Agreement::NoOutcome);
        assert_eq!(agreement(&says(Some("block")), &Decision::default(), &role), Agreement::Undecided);
    }

    /// What a role asks for turns an accepted run into one that is not completed, or not known.
    #[test]
    fn roles_have_criteria_of_their_own() {
        let asks = |success: &[Success]| Role { success: success.to_vec(), ..role() };
        let of = |facts: &dyn Fn(&mut TaskFacts), success: &[Success]| {
            let replay = says(Some("approve"));
            let mut one =
                TaskFacts::of(0, &replay, &decided("approve"), &role(), &super::super::Waivers::default());
            facts(&mut one);
            succeeded(&one, &asks(success))
        };
        let all = &Success::ALL;
        assert_eq!(of(&|_| {}, &[]), Some(true));
        assert_eq!(of(&|_| {}, all), Some(true));
        assert_eq!(of(&|facts| facts.patch.accepted = Some(false), &[Success::Patch]), Some(false));
        assert_eq!(of(&|facts| facts.patch.accepted = Some(false), &[Success::Formatter]), Some(true));
        assert_eq!(of(&|facts| facts.patch.unclear = true, all), None);
        let wrong = |facts: &mut TaskFacts| {
            facts.patch.unclear = true;
            facts.patch.formatted = Some((false, String::new()));
        };
        assert_eq!(of(&wrong, all), Some(false));
        assert_eq!(of(&|facts| facts.patch.unformatted = true, &[Success::Formatter]), None);
        assert_eq!(of(&|facts| facts.not_inside.count = 1, &[Success::InScope]), Some(false));
        assert_eq!(
            of(&|facts| facts.triggers.called_for.push(("a".into(), false)), &[Success::Skills]),
            Some(false)
        );
        let untested = crate::replay::TestsChange::default();
        assert_eq!(of(&|facts| facts.patch.tests = Some(untested.clone()), &[Success::Tests]), Some(false));
    }

    #[test]
    fn completion_needs_a_finished_run_and_an_accepting_person() {
        let of = |replay: &Replay, decision: &Decision, role: &Role| {
            completed(replay, decision, role, agreement(replay, decision, role))
        };
        let block = says(Some("block"));
        assert_eq!(of(&block, &decided("block"), &role()), Some(true));
        assert_eq!(of(&block, &decided("approve"), &role()), Some(false));
        assert_eq!(of(&block, &Decision { restarted: true, ..decided("block") }, &role()), Some(false));
        assert_eq!(of(&Replay { finished: false, ..block.clone() }, &decided("block"), &role()), Some(false));
        assert_eq!(
            of(&Replay { finished: false, ..block.clone() }, &Decision::default(), &role()),
            Some(false)
        );
        assert_eq!(of(&block, &Decision::default(), &role()), None);

        let writer = Role { output: RoleOutput::default(), ..role() };
        let merged = Decision { merged: Some("abcdef0".into()), ..Decision::default() };
        assert_eq!(of(&says(None), &merged, &writer), Some(true));
        assert_eq!(of(&says(None), &decided("approve"), &writer), Some(true));
        assert_eq!(of(&says(None), &decided("block"), &writer), Some(false));
    }
}
