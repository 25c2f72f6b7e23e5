use crate::decision::{Approval, HumanFinding, HumanVerdict, Lasting, Witness};
use crate::suite::{AgentFinding, Kept, ProposedPart, TaskEdit};

use super::answer::Answer;
use super::question::{Given, Subject};
use super::verdict::Said;

/// What became of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It is written.
    Written,
    /// It was there already.
    Same,
    /// Something else was decided before, and stays.
    Clash(Clash),
}

/// An answer against an earlier decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// What was decided before.
    pub before: String,
    /// What the sheet says.
    pub now: String,
}

/// Writes an answer into a `task.toml`. An earlier decision that says otherwise stays, unless `replace` gives a reason
/// for the other one, which is kept as a note. What an import proposed about it is settled and goes.
pub fn apply(edit: &mut TaskEdit, answer: &Answer<'_>, replace: Option<&str>) -> Applied {
    let earlier = answer.question.given.as_ref().filter(|given| given.verdict != answer.said.word());
    let note = match (earlier, replace) {
        (Some(given), None) => return clash(answer, &given.verdict),
        (Some(given), Some(reason)) => {
            let replaced = format!("replaces `{}`{}: {reason}", given.verdict, by(given));
            Some(answer.note.as_ref().map_or_else(|| replaced.clone(), |note| format!("{note}; {replaced}")))
        }
        (None, _) => answer.note.clone(),
    };
    let new = Decided { edit, who: &answer.who, note, replaces: earlier.is_some() };
    let kept = match (&answer.question.subject, &answer.said) {
        (Subject::Outcome, Said::Outcome(outcome)) => new.outcome(outcome),
        (Subject::Approval { call }, Said::Verdict(verdict)) => new.approval(call, *verdict),
        (Subject::Finding { reported, judged }, Said::Yes(confirmed)) => {
            new.finding(judged.as_ref(), reported, *confirmed)
        }
        (Subject::Merged { commit, defects }, Said::Yes(merged)) => new.merged(commit, defects, *merged),
        (Subject::Restarted, Said::Yes(restarted)) => new.restarted(*restarted),
        // The vocabulary of a kind gives no other answers.
        _ => Kept::Same,
    };
    match kept {
        Kept::Written => Applied::Written,
        Kept::Same => Applied::Same,
        Kept::Other(before) => clash(answer, &before),
    }
}

fn clash(answer: &Answer<'_>, before: &str) -> Applied {
    let by = answer.question.given.as_ref().map(by).unwrap_or_default();
    Applied::Clash(Clash {
        before: format!("{before}{by}"),
        now: format!("{} by {}", answer.said.word(), answer.who),
    })
}

/// ` by ana`
fn by(given: &Given) -> String {
    if given.by.is_empty() { String::new() } else { format!(" by {}", given.by) }
}

/// A decision on its way into a file.
struct Decided<'d> {
    edit: &'d mut TaskEdit,
    who: &'d str,
    note: Option<String>,
    /// It takes the place of an earlier one that says otherwise.
    replaces: bool,
}

impl Decided<'_> {
    fn outcome(self, outcome: &str) -> Kept {
        let (who, note) = (Some(self.who), self.note.as_deref());
        let kept = if self.replaces {
            self.edit.replace_outcome(outcome, who, note);
            Kept::Written
        } else {
            self.edit.decide(outcome, who, note)
        };
        settled(self.edit, ProposedPart::Outcome, kept)
    }

    fn approval(self, call: &str, verdict: HumanVerdict) -> Kept {
        let approval = Approval {
            call: call.to_owned(),
            verdict,
            lasting: Lasting::Once,
            by: Some(self.who.to_owned()),
            source: Witness::Person,
            note: self.note,
            asked_at: None,
            decided_at: None,
            line: 0,
            column: 0,
        };
        let kept = if self.replaces {
            self.edit.replace_verdict(&approval);
            Kept::Written
        } else {
            self.edit.add_approval(&approval)
        };
        if !matches!(kept, Kept::Other(_)) {
            self.edit.remove_proposed_approval(call);
        }
        kept
    }

    /// `judged` is what a person wrote of the finding before, perhaps of a line nearby.
    fn finding(self, judged: Option<&HumanFinding>, reported: &AgentFinding, confirmed: bool) -> Kept {
        if judged.is_some() && !self.replaces {
            return Kept::Same;
        }
        let new = HumanFinding {
            path: judged.map_or(&reported.path, |judged| &judged.path).clone(),
            line: judged.map_or(reported.line, |judged| judged.line),
            summary: judged.map_or(&reported.summary, |judged| &judged.summary).clone(),
            confirmed,
            by: Some(self.who.to_owned()),
            note: self.note,
        };
        if self.replaces {
            self.edit.replace_finding(&new);
            return Kept::Written;
        }
        self.edit.add_finding(&new)
    }

    fn merged(self, commit: &str, defects: &[String], merged: bool) -> Kept {
        let kept = if merged {
            self.edit.set_merged(commit, defects)
        } else {
            self.edit.add_not_merged(commit);
            Kept::Written
        };
        settled(self.edit, ProposedPart::Merged, kept)
    }

    fn restarted(self, restarted: bool) -> Kept {
        self.edit.set_restarted(restarted);
        settled(self.edit, ProposedPart::Restarted, Kept::Written)
    }
}

/// What was proposed is settled once the answer stands.
fn settled(edit: &mut TaskEdit, part: ProposedPart, kept: Kept) -> Kept {
    if !matches!(kept, Kept::Other(_)) {
        edit.remove_proposed(part);
    }
    kept
}
