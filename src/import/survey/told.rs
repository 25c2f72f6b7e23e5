//! What a recording tells of the task that becomes of it, kept from the one time that its steps are read.

use std::collections::HashSet;

use crate::action::Action;
use crate::decision::{HumanVerdict, ProposedApproval};
use crate::transcript::{Call, Recorded, StepKind, Transcript};

/// Longest prompt that is written, in bytes.
const MAX_PROMPT: usize = 1 << 20;
/// How alike two prompts are that ask the same, from 0 to 1.
const SAME_PROMPT: f64 = 0.9;
/// Longest prompts that are compared letter by letter, in characters.
const MAX_COMPARED: usize = 2_000;

/// What one recording tells.
#[derive(Clone, Debug, Default)]
pub(in crate::import) struct Told {
    /// The first prompt, as recorded.
    pub(in crate::import) prompt: String,
    /// The agent's last message.
    pub(in crate::import) last_message: Option<String>,
    /// Why it seems that a turn was begun anew.
    pub(in crate::import) restarted: Option<String>,
    /// Calls that a person seems to have declined.
    pub(in crate::import) declined: Vec<ProposedApproval>,
}

impl Told {
    pub(super) fn of(transcript: &Transcript<'_>) -> Self {
        let mut told = Self {
            prompt: first_prompt(transcript),
            last_message: last_message(transcript),
            restarted: restarted(transcript),
            declined: Vec::new(),
        };
        let mut seen = HashSet::new();
        for step in &transcript.steps {
            if let StepKind::Call(call) = &step.kind
                && let Some(evidence) = declined(call)
                && seen.insert(call.id.as_ref())
            {
                let verdict = HumanVerdict::Declined;
                let call = call.id.to_string();
                told.declined.push(ProposedApproval { call, verdict, evidence: Some(evidence) });
            }
        }
        told
    }
}

/// The first words of the person, without what Codex itself puts around them; empty when the recording has none.
fn first_prompt(transcript: &Transcript<'_>) -> String {
    let own = transcript.steps.get(transcript.inherited as usize..).unwrap_or_default();
    let prompts = own.iter().chain(&transcript.steps).filter_map(|step| match &step.kind {
        StepKind::Prompt(text) => Some(text.trim()),
        _ => None,
    });
    let text = prompts.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    text[..text.floor_char_boundary(MAX_PROMPT)].to_owned()
}

fn last_message(transcript: &Transcript<'_>) -> Option<String> {
    transcript.steps.iter().rev().find_map(|step| match &step.kind {
        StepKind::Message(text) => Some(text.to_string()),
        _ => None,
    })
}

/// A turn that was interrupted, and the same asked again.
fn restarted(transcript: &Transcript<'_>) -> Option<String> {
    let own = transcript.steps.get(transcript.inherited as usize..).unwrap_or_default();
    let mut asked: Vec<&str> = Vec::new();
    let mut interrupted: Option<u32> = None;
    for step in own {
        match &step.kind {
            StepKind::Aborted(_) => interrupted = Some(step.line),
            StepKind::Prompt(text) => {
                if let Some(line) = interrupted.take()
                    && asked.iter().any(|before| is_same(before, text))
                {
                    return Some(format!(
                        "the turn was interrupted at line {line} and the same was asked again"
                    ));
                }
                asked.push(text);
            }
            _ => {}
        }
    }
    None
}

fn is_same(a: &str, b: &str) -> bool {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let (a, b) = (words(a), words(b));
    if a == b {
        return !a.is_empty();
    }
    let long = a.chars().count().max(b.chars().count());
    (20..=MAX_COMPARED).contains(&long) && strsim::normalized_levenshtein(&a, &b) >= SAME_PROMPT
}

/// Why a person seems to have declined a call. Refusals by guardians, rules and hooks are not a person's.
fn declined(call: &Call<'_>) -> Option<String> {
    if call.guardian.as_ref().is_some_and(|guardian| guardian.status != "approved") {
        return None;
    }
    let recorded = call.recorded();
    if recorded == Recorded::Aborted && !matches!(call.action, Action::Code(_)) {
        // Codex 0.169 says the same of a prompt that was cancelled and of a command that was stopped early.
        let text = call.output?.text();
        return text.starts_with("aborted by user").then(|| "its output says `aborted by user`".to_owned());
    }
    if recorded != Recorded::Declined {
        return None;
    }
    let error = call.item.as_ref().and_then(|item| item.error.clone()).unwrap_or_default();
    let output = call.output.map(|output| output.text()).unwrap_or_default();
    let start = |text: &str| text[..text.floor_char_boundary(200)].to_owned();
    let said = [start(&error), start(&output)];
    for words in ["rejected by user", "user rejected", "user cancelled"] {
        if said.iter().any(|text| text.contains(words)) {
            return Some(format!("its output says `{words}`"));
        }
    }
    call.item.as_ref().filter(|item| item.status == "declined")?;
    Some("Codex noted it as declined".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_that_ask_the_same() {
        assert!(is_same("Fix  the login\n", "fix the login"));
        assert!(is_same("please fix the login redirect now", "please fix the login redirect now!"));
        for (a, b) in [("", ""), ("yes", "no"), ("fix the login", "fix the logout page of the shop")] {
            assert!(!is_same(a, b), "{a} {b}");
        }
    }
}
