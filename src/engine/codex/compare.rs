//! What the CLI ruled beside what was predicted: the CLI's rulings take the place of those that differ.

use std::borrow::Cow;
use std::collections::HashMap;

use super::ruling::{Observed, Seen};
use super::server::Performance;
use crate::action::Access;
use crate::decision::{Phase, Rule, Ruling, Verdict};
use crate::finding::Finding;
use crate::replay::{ReplayStep, StepKind};
use crate::transcript::{self, Call, Transcript};

/// How far two engines agree.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Agreement {
    /// Steps on which both rule and agree.
    pub agreed: u32,
    /// Steps on which they differ.
    pub differences: Vec<Difference>,
    /// Steps that the native engine calls undetermined and the CLI rules on, with the reason.
    pub undetermined: Vec<Unclear>,
    /// Steps that the CLI did not get to or does not tell of, with the reason.
    pub unseen: Vec<Unclear>,
}

/// A step on which two engines differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Id of the step.
    pub step: String,
    /// The action in short.
    pub label: String,
    /// What the native engine says.
    pub native: String,
    /// What the CLI did.
    pub codex: String,
}

/// A step that cannot be compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Unclear {
    /// Id of the step.
    pub step: String,
    /// The action in short.
    pub label: String,
    /// Why.
    pub reason: String,
}

impl Agreement {
    pub(super) fn add(&mut self, other: Self) {
        self.agreed += other.agreed;
        self.differences.extend(other.differences);
        self.undetermined.extend(other.undetermined);
        self.unseen.extend(other.unseen);
    }

    /// Steps that were compared.
    pub fn compared(&self) -> usize {
        self.agreed as usize + self.differences.len()
    }

    /// Share of the compared steps on which both agree; `None` when none was.
    pub fn rate(&self) -> Option<f64> {
        let all = self.compared();
        (all > 0).then(|| f64::from(self.agreed) / all as f64)
    }
}

/// What came of a comparison.
pub(super) struct Told {
    pub(super) agreement: Agreement,
    pub(super) notes: Vec<Finding>,
}

/// Compares every step with what the CLI did, and puts the CLI's ruling in place where it differs.
pub(super) fn compare(
    steps: &mut [ReplayStep],
    performance: &Performance,
    transcripts: &[Transcript<'_>],
) -> Told {
    let made = calls(transcripts);
    let mut agreement = Agreement::default();
    for step in steps.iter_mut() {
        let observed = if step.kind == StepKind::Prompt {
            prompt(step, performance)
        } else {
            of_call(step, performance, &made)
        };
        match observed {
            Ok(observed) => settle(step, &observed, &mut agreement),
            Err(reason) => {
                agreement.unseen.push(Unclear {
                    step: step.id.clone(),
                    label: step.label.clone(),
                    reason: reason.clone(),
                });
                if step.ruling.verdict != Verdict::Undetermined {
                    let reason = format!("the Codex CLI does not tell: {reason}");
                    step.ruling = Ruling {
                        verdict: Verdict::Undetermined,
                        reason: reason.into(),
                        ..step.ruling.clone()
                    };
                }
            }
        }
    }
    Told { agreement, notes: notes(performance) }
}

/// Calls of the recording that the CLI made, by id.
fn calls<'c>(transcripts: &'c [Transcript<'c>]) -> HashMap<&'c str, &'c Call<'c>> {
    let steps = transcripts.iter().flat_map(|transcript| &transcript.steps);
    let calls = steps.filter_map(|step| match &step.kind {
        transcript::StepKind::Call(call) => Some((&*call.id, &**call)),
        _ => None,
    });
    calls.collect()
}

fn of_call(
    step: &ReplayStep,
    performance: &Performance,
    made: &HashMap<&str, &Call<'_>>,
) -> Result<Observed, String> {
    if step.kind == StepKind::Search {
        return Err("a web search is made by the provider".to_owned());
    }
    let Some(call) = made.get(step.id.as_str()) else {
        return Err(if performance.unplayed.contains(&step.id) {
            "it never asked the model for this call".to_owned()
        } else {
            "it did not get to this call".to_owned()
        });
    };
    let seen = Seen {
        call,
        question: performance.witness.question(&step.id),
        denied: performance.log.denied(&step.id),
        ended: performance.witness.ended(&step.id),
    };
    let observed = seen.observed().ok_or("the turn ended before the call did")?;
    Ok(with_effects(observed, step, &seen))
}

/// A command can go on after the sandbox refused it something, and a missing network looks like any other failure.
/// Where the predicted refusal fits what was seen, it is taken to have happened.
fn with_effects(observed: Observed, step: &ReplayStep, seen: &Seen<'_>) -> Observed {
    let predicted = step.ruling.verdict == Verdict::Deny && step.ruling.phase == Phase::Sandbox;
    if observed.verdict != Verdict::Allow || !predicted {
        return observed;
    }
    let connects = step
        .effects
        .iter()
        .any(|effect| effect.access == Access::Connect && effect.scope == crate::decision::Scope::Out);
    if seen.speaks_of_refusal() || (connects && seen.lacked_network()) {
        let said = "the system refused a part of it".to_owned();
        return Observed { verdict: Verdict::Deny, phase: Some(Phase::Sandbox), said };
    }
    observed
}

/// A prompt is blocked by a hook or goes to the model.
fn prompt(step: &ReplayStep, performance: &Performance) -> Result<Observed, String> {
    let number: usize = step.id.strip_prefix("prompt-").and_then(|number| number.parse().ok()).unwrap_or(1);
    let Some(turn) = performance.turns.get(number - 1) else {
        return Err("it did not get to this prompt".to_owned());
    };
    Ok(match turn {
        Some(reason) => Observed { verdict: Verdict::Deny, phase: Some(Phase::Hook), said: reason.clone() },
        None => Observed { verdict: Verdict::Allow, phase: None, said: "the model was asked".to_owned() },
    })
}

fn settle(step: &mut ReplayStep, observed: &Observed, agreement: &mut Agreement) {
    let predicted = &step.ruling;
    let same_phase =
        observed.phase.is_none_or(|phase| phase == predicted.phase) || observed.verdict != Verdict::Deny;
    if predicted.verdict == observed.verdict && same_phase {
        agreement.agreed += 1;
        return;
    }
    if predicted.verdict == Verdict::Undetermined {
        let reason = predicted.reason.to_string();
        agreement.undetermined.push(Unclear { step: step.id.clone(), label: step.label.clone(), reason });
    } else {
        agreement.differences.push(Difference {
            step: step.id.clone(),
            label: step.label.clone(),
            native: format!("{} ({}): {}", predicted.verdict, predicted.phase, predicted.reason),
            codex: match observed.phase {
                Some(phase) => format!("{} ({phase}): {}", observed.verdict, observed.said),
                None => format!("{}: {}", observed.verdict, observed.said),
            },
        });
    }
    let reason: Cow<'static, str> = format!("so did the Codex CLI: {}", observed.said).into();
    step.ruling = Ruling {
        verdict: observed.verdict,
        phase: observed.phase.unwrap_or(predicted.phase),
        reason,
        rule: Rule::built_in("answer of the Codex CLI"),
    };
}

/// What was odd about the performance.
fn notes(performance: &Performance) -> Vec<Finding> {
    let mut notes = Vec::new();
    let mut note = |code: &'static str, text: String| notes.push(Finding::note(code, text));
    for call in &performance.unplayed {
        note("never-asked", format!("the Codex CLI never asked for the recorded call {call}"));
    }
    if performance.beyond > 0 {
        note(
            "beyond-recording",
            format!("the Codex CLI asked the model {} times more than was recorded", performance.beyond),
        );
    }
    for tool in &performance.missing {
        note("no-result", format!("the recording has no result of a call of {tool}"));
    }
    for prompt in performance.witness.unanswered() {
        note("unanswered", format!("nobody's answer is recorded, so it was declined: {prompt}"));
    }
    notes
}
