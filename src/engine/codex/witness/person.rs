//! The person who is asked: gives the answers that people gave in the recording.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::super::does::Does;
use crate::decision::{Approval, HumanVerdict, Lasting};
use crate::transcript::{Recorded, StepKind, Transcript};

/// Recorded answers, and what came of asking for them.
#[derive(Debug, Default)]
pub(super) struct Person {
    /// Recorded verdicts by call id.
    verdicts: HashMap<String, HumanVerdict>,
    /// Answers that hold for longer, by call id.
    lasting: HashMap<String, Lasting>,
    /// Calls with which the recorded turn was aborted.
    aborted: HashSet<String>,
    /// Recorded verdicts by what was asked, for sessions whose calls are new.
    precedents: Vec<(Does, HumanVerdict)>,
    /// A rule was added while accepting.
    added_rule: bool,
    /// Prompts that the recording has no verdict on, as labels.
    unanswered: Vec<String>,
    /// What was decided by precedents.
    decided: Vec<(String, HumanVerdict)>,
}

impl Person {
    pub(super) fn new(approvals: &[Approval], transcripts: &[Transcript<'_>]) -> Self {
        let verdicts = approvals.iter().map(|given| (given.call.clone(), given.verdict)).collect();
        let lasting = approvals.iter().filter(|given| given.lasting != Lasting::Once);
        let lasting = lasting.map(|given| (given.call.clone(), given.lasting.clone())).collect();
        let mut person = Self { verdicts, lasting, ..Self::default() };
        let steps = transcripts.iter().flat_map(|transcript| &transcript.steps);
        for step in steps {
            let StepKind::Call(call) = &step.kind else { continue };
            if call.recorded() == Recorded::Aborted {
                person.aborted.insert(call.id.to_string());
            }
            if let Some(script) = &call.parent {
                person.answer_like(&call.id, script);
            }
        }
        person
    }

    /// A verdict on a script holds for the calls in it, and so does its end.
    fn answer_like(&mut self, call: &str, script: &str) {
        if self.aborted.contains(script) {
            self.aborted.insert(call.to_owned());
        }
        if self.verdicts.contains_key(call) {
            return;
        }
        if let Some(verdict) = self.verdicts.get(script).copied() {
            self.verdicts.insert(call.to_owned(), verdict);
            let lasting = self.lasting.get(script).cloned();
            self.lasting.extend(lasting.map(|lasting| (call.to_owned(), lasting)));
        }
    }

    /// For new sessions: answers are those that were given to the same in the recording.
    pub(super) fn by_precedents(approvals: &[Approval], transcripts: &[Transcript<'_>]) -> Self {
        let mut person = Self::default();
        for step in transcripts.iter().flat_map(|transcript| &transcript.steps) {
            let StepKind::Call(call) = &step.kind else { continue };
            let verdict = approvals.iter().find(|given| *given.call == *call.id).map(|given| given.verdict);
            person.precedents.extend(verdict.map(|verdict| (Does::of(&call.action), verdict)));
        }
        person
    }

    /// What was decided by precedents.
    pub(super) fn decided(&self) -> &[(String, HumanVerdict)] {
        &self.decided
    }

    /// Prompts that the recording has no verdict on.
    pub(super) fn unanswered(&self) -> &[String] {
        &self.unanswered
    }

    /// Was a rule added while accepting?
    pub(super) fn added_rule(&self) -> bool {
        self.added_rule
    }

    /// Does the answer about this call hold for the session?
    pub(super) fn holds_for_session(&self, call: &str) -> bool {
        self.lasting.get(call) == Some(&Lasting::Session)
    }

    /// May it run? What the recording has no verdict on may not.
    pub(super) fn decide(&mut self, call: &str, does: &Does, label: &str) -> bool {
        // A patch is told by nothing but that it is one.
        let precedent = self.precedents.iter().find(|(asked, _)| asked == does && *asked != Does::Patch);
        if let Some((_, verdict)) = precedent {
            self.decided.push((call.to_owned(), *verdict));
            return verdict.let_run();
        }
        if let Some(verdict) = self.verdicts.get(call) {
            return verdict.let_run();
        }
        self.unanswered.push(format!("{call}: {label}"));
        false
    }

    /// The click of somebody who lets a command or a patch run, or does not.
    pub(super) fn click(&mut self, call: &str, runs: bool, params: &Value) -> Value {
        if runs { self.acceptance(call, params) } else { self.refusal(call).into() }
    }

    fn acceptance(&mut self, call: &str, params: &Value) -> Value {
        match self.lasting.get(call) {
            Some(Lasting::Session) => json!("acceptForSession"),
            Some(Lasting::Rule(prefix)) if params["command"].is_string() => {
                let proposed = &params["proposedExecpolicyAmendment"];
                let words = if prefix.is_empty() { proposed.clone() } else { json!(prefix) };
                if !words.is_array() {
                    return json!("accept");
                }
                self.added_rule = true;
                json!({"acceptWithExecpolicyAmendment": {"execpolicy_amendment": words}})
            }
            _ => json!("accept"),
        }
    }

    /// With `cancel` the turn ends, as it did when the person said no in a recording whose turn ended there.
    fn refusal(&self, call: &str) -> &'static str {
        let declined = self.verdicts.get(call) == Some(&HumanVerdict::Declined);
        if declined && self.aborted.contains(call) { "cancel" } else { "decline" }
    }
}
