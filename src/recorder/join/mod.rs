//! Joining logs with a recording.

mod exact;
mod names;
mod notes;
mod outcome;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use time::OffsetDateTime;

use super::log::Logs;
use super::timeline::{Millis, Timeline};
use crate::decision::{Approval, HumanVerdict, Lasting, Witness};
use crate::transcript::{StepKind, Transcript};
use names::Names;

/// What logs tell of the prompts of one recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Joined {
    /// Prompts that a person answered, in the order of the calls.
    pub approvals: Vec<Approval>,
    /// Prompts that are no entry.
    pub untold: Vec<Untold>,
    /// Entries without times, for the clock was set between prompt and answer.
    pub jumps: usize,
}

/// A prompt that is no entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untold {
    /// The call, by Codex's id, where it is known.
    pub call: Option<String>,
    /// Why.
    pub why: Why,
}

/// Why a prompt is no entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Why {
    /// The log does not show which call it was about.
    NoCall,
    /// Equal calls were made at once, and not all of them were asked for.
    Equal,
    /// The recording does not have the call.
    NotRecorded,
    /// It was answered before a person could: by a hook, or by an earlier answer that held for the session.
    NotAsked,
    /// A hook answered it, or may have.
    OtherHook,
    /// A guardian answers the prompts of this turn.
    Guardian,
    /// A hook, a guardian or the configuration decided, as the log says.
    NotByPerson,
    /// The turn ended while several prompts were open, or while the call ran.
    Stopped,
    /// The recording ends before it was answered.
    NoAnswer,
    /// What the recording shows does not fit a prompt.
    Unclear,
    /// Two logs say the opposite.
    Conflict,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoCall => "the log does not show which call was asked for",
            Self::Equal => "equal calls were made at once, and not all were asked for",
            Self::NotRecorded => "the recording does not have the call",
            Self::NotAsked => "answered at once, by a hook or an earlier answer for the session",
            Self::OtherHook => "another hook answered, or may have",
            Self::Guardian => "a guardian answers the prompts of the turn",
            Self::NotByPerson => "decided by a hook, a guardian or the configuration",
            Self::Stopped => "the turn ended while several prompts were open, or while the call ran",
            Self::NoAnswer => "the recording ends before the answer",
            Self::Unclear => "what the recording shows fits no prompt",
            Self::Conflict => "two logs say the opposite",
        })
    }
}

/// A prompt with its answer.
#[derive(Clone, Debug, PartialEq)]
struct Found<'c> {
    /// The call, as the transcript names it.
    call: &'c str,
    verdict: HumanVerdict,
    lasting: Lasting,
    asked: Option<Millis>,
    decided: Option<Millis>,
    jumped: bool,
    source: Witness,
}

/// Prompts of a recording that a person answered. `recording` is what `transcript` was read from; it may be masked, for
/// calls are joined by their ids.
pub fn approvals(logs: &Logs, recording: &[u8], transcript: &Transcript<'_>) -> Joined {
    let thread = transcript.session.id.as_ref();
    let (notes, answers) = (logs.notes(thread), logs.answers(thread));
    if notes.is_empty() && answers.is_empty() {
        return Joined::default();
    }
    let timeline = Timeline::read(recording);
    // Owned here so that what is found can borrow from one place.
    let mut names = Names::new(transcript, &timeline);
    let (seen, mut untold) = notes::join(notes, &mut names, &timeline);
    let exact = exact::join(answers, &mut names, transcript, &timeline);
    untold.extend(exact.untold);
    let mut calls: BTreeMap<&str, Found<'_>> = BTreeMap::new();
    for found in exact.found.into_iter().chain(seen) {
        if exact.others.contains(found.call) {
            continue;
        }
        match calls.get_mut(found.call) {
            None => {
                calls.insert(found.call, found);
            }
            Some(known) if known.verdict == found.verdict => known.complete(&found),
            // The hooks' verdict is concluded from the recording; the other logs hold the answer itself.
            Some(known) if known.source != found.source && found.source == Witness::Recorder => {}
            Some(known) => {
                untold.push(Untold { call: Some(known.call.to_owned()), why: Why::Conflict });
                known.verdict = HumanVerdict::Reworked;
            }
        }
    }
    // An exact log that tells of a call leaves nothing untold about it.
    untold.retain(|untold| {
        let call = untold.call.as_deref().and_then(|call| names.get(call));
        untold.why == Why::Conflict || call.is_none_or(|call| !calls.contains_key(call.id.as_ref()))
    });
    let mut joined = Joined { untold, ..Joined::default() };
    for step in &transcript.steps {
        let StepKind::Call(call) = &step.kind else { continue };
        // No log knows of rework; the word marks what is in conflict here.
        if let Some(found) =
            calls.remove(call.id.as_ref()).filter(|found| found.verdict != HumanVerdict::Reworked)
        {
            joined.jumps += usize::from(found.jumped);
            joined.approvals.push(found.approval());
        }
    }
    joined
}

impl Found<'_> {
    /// Takes times that another log has.
    fn complete(&mut self, other: &Self) {
        if self.lasting == Lasting::Once {
            self.lasting = other.lasting.clone();
        }
        if self.asked.is_none() && self.decided.is_none() {
            (self.asked, self.decided) = (other.asked, other.decided);
        } else if let (None, Some(asked), Some(decided)) = (self.asked, other.asked, self.decided) {
            self.asked = Some(asked).filter(|asked| *asked <= decided);
        }
    }

    fn approval(self) -> Approval {
        let time =
            |at: Option<Millis>| OffsetDateTime::from_unix_timestamp_nanos(i128::from(at?) * 1_000_000).ok();
        Approval {
            call: self.call.to_owned(),
            verdict: self.verdict,
            lasting: self.lasting,
            by: None,
            source: self.source,
            note: None,
            asked_at: time(self.asked),
            decided_at: time(self.decided),
            line: 0,
            column: 0,
        }
    }
}
