use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::status::Status;
use super::verdict::{Gate, StageVerdict};

/// What to do with the plugin.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Advice {
    /// Every bar of the judged stage and of those before holds: it may go on to the next stage.
    Promote,
    /// A bar cannot be told: it stays, until there is more to judge.
    Inconclusive,
    /// A bar of the stage fails, or something changed that nobody has accepted: it stays.
    Hold,
    /// The guardrail fails, a bar of an earlier stage does, or the plugin does worse than what was accepted: it goes
    /// back.
    RollBack,
}

impl Advice {
    /// Name as in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Promote => "promote",
            Self::Inconclusive => "inconclusive",
            Self::Hold => "hold",
            Self::RollBack => "roll-back",
        }
    }
}

/// What a run found beside its metrics. None of it can make a verdict better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// Tasks that could not be judged.
    pub broken: usize,
    /// Tasks of the suite that did not run.
    pub left_out: usize,
    /// Tasks that changed since they were accepted.
    pub changed: usize,
}

/// A verdict without its stages.
pub(super) struct Advised {
    pub(super) advice: Advice,
    /// The gravest first.
    pub(super) reasons: Vec<String>,
    /// For [`Advice::RollBack`]: index of the stage that it leads to; `None`: out of use.
    pub(super) back: Option<usize>,
}

/// Why it is not simply a promotion. The gravest kind decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    /// A bar is inconclusive, or some of what decides was not judged.
    Open,
    /// Something changed that nobody has accepted.
    Changed,
    /// Tasks broke: what they did is in no number, and hides what else there may be.
    Broken,
    /// A bar fails where the plugin stands, or where it would go.
    Fails,
    /// What held before does not.
    Regressed,
}

struct Reason {
    weight: Weight,
    text: String,
    back: Option<usize>,
}

impl Reason {
    fn new(weight: Weight, text: impl Into<String>) -> Self {
        Self { weight, text: text.into(), back: None }
    }
}

impl Gate {
    /// `regressions` say in what the plugin does worse than what was accepted.
    pub(super) fn advise(&self, stages: &[StageVerdict], regressions: &[String], beside: &Beside) -> Advised {
        let mut reasons = Vec::new();
        for at in 0..=self.current {
            match stages.get(at) {
                Some(stage) => self.stage_reasons(at, stage, &mut reasons),
                None => reasons.push(Reason::new(Weight::Open, "there is no such stage")),
            }
        }
        if let Some(guardrail) = self.guardrail.filter(|_| !self.is_guarded()) {
            let text = format!("the guardrail {} has no bar, so it can never veto", guardrail.name);
            reasons.push(Reason::new(Weight::Open, text));
        }
        for text in regressions {
            reasons.push(Reason {
                weight: Weight::Regressed,
                text: text.clone(),
                back: self.standing.checked_sub(1),
            });
        }
        let counted = [
            (
                beside.broken,
                Weight::Broken,
                ["task broke and could not be judged", "tasks broke and could not be judged"],
            ),
            (
                beside.changed,
                Weight::Changed,
                ["task changed since it was accepted", "tasks changed since they were accepted"],
            ),
            (
                beside.left_out,
                Weight::Open,
                ["task of the suite did not run", "tasks of the suite did not run"],
            ),
        ];
        for (count, weight, [one, many]) in counted.into_iter().filter(|(count, ..)| *count > 0) {
            reasons.push(Reason::new(weight, format!("{count} {}", if count == 1 { one } else { many })));
        }
        // A stable sort keeps the order of stages and bars.
        reasons.sort_by_key(|reason| Reverse(reason.weight));
        let advice = match reasons.first().map(|reason| reason.weight) {
            None => Advice::Promote,
            Some(Weight::Open | Weight::Broken) => Advice::Inconclusive,
            Some(Weight::Changed | Weight::Fails) => Advice::Hold,
            Some(Weight::Regressed) => Advice::RollBack,
        };
        let back = reasons.iter().filter(|reason| reason.weight == Weight::Regressed);
        let back = back.map(|reason| reason.back).min().flatten();
        Advised { advice, reasons: reasons.into_iter().map(|reason| reason.text).collect(), back }
    }

    fn stage_reasons(&self, at: usize, stage: &StageVerdict, reasons: &mut Vec<Reason>) {
        let of = if at == self.current { String::new() } else { format!(" (stage {})", stage.name) };
        if stage.bars.is_empty() {
            reasons.push(Reason::new(Weight::Open, format!("the stage {} has no bars", stage.name)));
        }
        for result in &stage.bars {
            let text = format!("{}{of}: {}", result.bar, result.reason);
            let guards = self.guards(&result.bar);
            reasons.push(match result.status {
                Status::Pass => continue,
                Status::Inconclusive => Reason::new(Weight::Open, text),
                Status::Fail if guards => {
                    let weight = if at <= self.standing { Weight::Regressed } else { Weight::Fails };
                    Reason { weight, text: format!("guardrail {text}"), back: at.checked_sub(1) }
                }
                Status::Fail if at < self.standing => {
                    Reason { weight: Weight::Regressed, text, back: Some(at) }
                }
                Status::Fail => Reason::new(Weight::Fails, text),
            });
        }
    }
}
