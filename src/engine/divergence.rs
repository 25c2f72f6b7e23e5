use crate::decision::{Phase, Verdict};
use crate::replay::ReplayStep;

/// Marks the steps that follow the first one which the boundary treats otherwise than the recording did: it stops
/// what ran, or lets run what was stopped. From there on the agent would have seen another answer, so the recorded
/// steps are counterfactual. A call whose fate is unknown on either side does not diverge.
///
/// A command that the sandbox stops in its tracks does run, and fails: that is no other answer than the recording's.
pub(super) fn mark(steps: &mut [ReplayStep], signs: &[Sign]) {
    let mut diverged = false;
    for (step, sign) in steps.iter_mut().zip(signs) {
        step.after_divergence = diverged;
        diverged |= sign.otherwise || diverges(step, sign.failed);
    }
}

/// What tells besides the ruling whether a step diverges.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sign {
    /// The recording shows it to have failed.
    pub(super) failed: bool,
    /// A hook rewrites the call, or replaces its result, in another way than the recording shows.
    pub(super) otherwise: bool,
}

fn diverges(step: &ReplayStep, failed: bool) -> bool {
    if step.ruling.phase == Phase::Sandbox && step.ruling.verdict == Verdict::Deny && failed {
        return false;
    }
    matches!((step.runs(), step.ran()), (Some(runs), Some(ran)) if runs != ran)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{HumanVerdict, Rule, Ruling, Scope};
    use crate::replay::{Human, StepKind};
    use crate::transcript::Recorded;

    fn step(verdict: Verdict, human: Option<HumanVerdict>, recorded: Recorded) -> ReplayStep {
        ReplayStep {
            id: "c".into(),
            kind: StepKind::Shell,
            label: String::new(),
            depth: 0,
            ruling: Ruling { verdict, phase: Phase::Sandbox, reason: "".into(), rule: Rule::built_in("") },
            unsandboxed: false,
            scope: Scope::In,
            effects: Vec::new(),
            opaque: None,
            human: human.map(|verdict| Human { verdict, latency: None }),
            hooks: Vec::new(),
            recorded,
            after_divergence: false,
        }
    }

    #[test]
    fn a_command_that_fails_in_the_sandbox_is_no_divergence() {
        let mut steps = [step(Verdict::Deny, None, Recorded::Ran), step(Verdict::Allow, None, Recorded::Ran)];
        mark(&mut steps, &[Sign { failed: true, ..Sign::default() }, Sign::default()]);
        assert!(!steps[1].after_divergence);
    }

    #[test]
    fn another_answer_diverges() {
        let mut steps =
            [step(Verdict::Allow, None, Recorded::Ran), step(Verdict::Allow, None, Recorded::Ran)];
        mark(&mut steps, &[Sign { otherwise: true, ..Sign::default() }, Sign::default()]);
        assert!(!steps[0].after_divergence && steps[1].after_divergence);
    }

    #[test]
    fn only_a_different_fate_diverges() {
        use HumanVerdict::{Accepted, Declined};
        use Verdict::{Allow, Ask, Deny, Undetermined};
        for (verdict, human, recorded, expected) in [
            (Allow, None, Recorded::Ran, false),
            (Deny, None, Recorded::Ran, true),
            (Deny, None, Recorded::SandboxDenied, false),
            (Allow, None, Recorded::HookBlocked, true),
            (Ask, Some(Accepted), Recorded::Ran, false),
            (Ask, Some(Declined), Recorded::Declined, false),
            (Ask, Some(Declined), Recorded::Ran, true),
            (Ask, Some(HumanVerdict::Reworked), Recorded::Declined, false),
            (Ask, None, Recorded::Ran, false),
            (Undetermined, None, Recorded::Ran, false),
            (Deny, None, Recorded::Unknown, false),
        ] {
            let mut steps = [step(verdict, human, recorded), step(Allow, None, Recorded::Ran)];
            mark(&mut steps, &[Sign::default(); 2]);
            assert!(!steps[0].after_divergence);
            assert_eq!(steps[1].after_divergence, expected, "{verdict} {human:?} {recorded:?}");
        }
    }
}
