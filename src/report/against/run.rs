use crate::decision::{Phase, Verdict};
use crate::metrics::{Agreement, Kinds, Side, StepRef, ViolationFact};
use crate::replay::Replay;
use crate::report::v1::{AgreementV1, RunV1, ViolationV1};

/// A recorded session as a report holds it, with what the comparison of tasks needs.
pub(super) struct Run {
    pub(super) replay: Replay,
    agreement: Agreement,
    completed: Option<bool>,
    pub(super) violations: Vec<ViolationFact>,
    reported: Option<u32>,
    confirmed: u32,
}

impl Run {
    pub(super) fn of(task: &str, run: RunV1<'_>) -> Self {
        let replay = run.replay.into_replay(task);
        let violations = run.violations.iter().map(|violation| fact(violation, &replay)).collect();
        Self {
            agreement: run.agreement.into(),
            completed: run.completed,
            violations,
            reported: run.reported,
            confirmed: run.confirmed,
            replay,
        }
    }

    pub(super) fn side(&self) -> Side<'_> {
        Side {
            replay: &self.replay,
            agreement: self.agreement,
            completed: self.completed,
            violations: &self.violations,
            reported: self.reported,
            confirmed: self.confirmed,
        }
    }
}

fn fact(violation: &ViolationV1, replay: &Replay) -> ViolationFact {
    let step = (violation.step as usize).checked_sub(1).and_then(|at| replay.steps.get(at));
    // As where facts are made: what follows the divergence, or may have been stopped before, is no evidence.
    let after = step.is_none_or(|step| {
        let ruling = &step.ruling;
        step.after_divergence || (ruling.verdict == Verdict::Undetermined && ruling.phase != Phase::Sandbox)
    });
    ViolationFact {
        step: StepRef {
            number: violation.step,
            id: step.map_or("", |step| &step.id).into(),
            note: step.map_or("", |step| &step.label).into(),
        },
        kinds: violation.kinds.iter().copied().collect::<Kinds>(),
        waived: violation.waived.iter().copied().collect(),
        after,
    }
}

impl From<AgreementV1> for Agreement {
    fn from(agreement: AgreementV1) -> Self {
        match agreement {
            AgreementV1::Undecided => Self::Undecided,
            AgreementV1::NoContract => Self::NoContract,
            AgreementV1::Same => Self::Same,
            AgreementV1::FalseApprove => Self::FalseApprove,
            AgreementV1::FalseBlock => Self::FalseBlock,
            AgreementV1::NoOutcome => Self::NoOutcome,
        }
    }
}
