use super::divergence::Sign;
use super::judge::Judgement;
use super::thread::StepRef;
use crate::decision::Verdict;
use crate::replay::{Human, ReplayStep, StepKind};
use crate::transcript::{Call, Recorded};

/// A step with what every judge says about it.
pub(super) struct Judged<'w, 't> {
    pub(super) step: StepRef,
    pub(super) id: String,
    pub(super) kind: StepKind,
    pub(super) label: String,
    /// What was asked for: the prompt, the command, the patch, or the arguments as JSON.
    pub(super) asked: &'w str,
    pub(super) human: Option<Human>,
    /// The person's answer is one about the script that made the call.
    pub(super) by_script: bool,
    pub(super) recorded: Recorded,
    /// The recording shows it to have failed.
    pub(super) failed: bool,
    pub(super) call: Option<&'w Call<'t>>,
    /// One for each judge, in their order.
    pub(super) judgements: Vec<Judgement>,
}

impl Judged<'_, '_> {
    /// What tells besides the ruling whether the step diverges under the judge of this index.
    pub(super) fn sign(&self, judge: usize) -> Sign {
        Sign { failed: self.failed, otherwise: self.judgements[judge].otherwise }
    }

    /// The step of a replay under every judge, in their order. Takes the judgements out.
    pub(super) fn replay_steps(&mut self) -> impl Iterator<Item = ReplayStep> {
        let judgements = std::mem::take(&mut self.judgements);
        judgements.into_iter().map(|judgement| ReplayStep {
            id: self.id.clone(),
            kind: self.kind,
            label: self.label.clone(),
            depth: self.step.depth,
            // Codex asks about single calls of a script, so nobody answered for those that need no approval.
            human: self.human.filter(|_| !self.by_script || judgement.ruling.verdict == Verdict::Ask),
            ruling: judgement.ruling,
            unsandboxed: judgement.unsandboxed,
            scope: judgement.scope,
            effects: judgement.effects,
            opaque: judgement.opaque,
            hooks: judgement.hooks,
            recorded: self.recorded,
            after_divergence: false,
        })
    }
}
