use time::OffsetDateTime;
use time::macros::format_description;
use toml_edit::{Item, Table, TableLike, value};

use super::TaskEdit;
use super::table::{append, each, list_of_tables, open, set, set_text, set_texts, text};
use crate::decision::{Approval, HumanFinding, HumanVerdict, Lasting, Witness};

/// What became of a decision that was to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is new and written.
    Written,
    /// The file says the same already.
    Same,
    /// The file says something else, which stays: this.
    Other(String),
}

impl TaskEdit {
    fn decision(&self) -> Option<&dyn TableLike> {
        self.document.get("decision").and_then(Item::as_table_like)
    }

    /// Sets the outcome where nobody has decided it yet.
    pub fn decide(&mut self, outcome: &str, by: Option<&str>, note: Option<&str>) -> Kept {
        match self.decision().and_then(|table| text(table, "outcome")) {
            Some(old) if old.eq_ignore_ascii_case(outcome) => Kept::Same,
            Some(old) => Kept::Other(old.to_owned()),
            None => {
                self.replace_outcome(outcome, by, note);
                Kept::Written
            }
        }
    }

    /// Sets the outcome, whatever was decided before.
    pub fn replace_outcome(&mut self, outcome: &str, by: Option<&str>, note: Option<&str>) {
        let table = open(self.document.as_table_mut(), "decision");
        set(table, "outcome", value(outcome));
        set_text(table, "by", by);
        set_text(table, "note", note);
    }

    /// Sets the merged commit and those that repaired it, where the file does not say.
    pub fn set_merged(&mut self, merged: &str, defects: &[String]) -> Kept {
        match self.decision().and_then(|table| text(table, "merged")) {
            Some(old) if old.eq_ignore_ascii_case(merged) => Kept::Same,
            Some(old) => Kept::Other(old.to_owned()),
            None => {
                let table = open(self.document.as_table_mut(), "decision");
                set(table, "merged", value(merged));
                set_texts(table, "defects", defects);
                Kept::Written
            }
        }
    }

    /// Says of a commit that was proposed that it is not the merged one.
    pub fn add_not_merged(&mut self, commit: &str) {
        let decided = self.decision().and_then(|table| table.get("not_merged")).and_then(Item::as_array);
        let known = decided.into_iter().flatten().filter_map(|known| known.as_str());
        let mut all: Vec<String> = known.map(str::to_owned).collect();
        if !all.iter().any(|known| known.eq_ignore_ascii_case(commit)) {
            all.push(commit.to_owned());
            set_texts(open(self.document.as_table_mut(), "decision"), "not_merged", &all);
        }
    }

    /// Says whether the agent had to be restarted by hand.
    pub fn set_restarted(&mut self, restarted: bool) {
        set(open(self.document.as_table_mut(), "decision"), "restarted", value(restarted));
    }

    /// Adds the answer to a prompt. An answer that is there stays; times that it lacks are filled in.
    pub fn add_approval(&mut self, approval: &Approval) -> Kept {
        let said = |table: &dyn TableLike| text(table, "verdict").map(str::to_owned);
        let found = self.decision().and_then(|decision| {
            let mut entries = each(decision, "approval").into_iter();
            entries.find(|entry| text(*entry, "call") == Some(&approval.call)).map(said)
        });
        match found {
            None => {
                let table = open(self.document.as_table_mut(), "decision");
                append(table, "approval", approval_entry(approval));
                Kept::Written
            }
            Some(Some(old)) if agree(&old, approval.verdict) => self.fill_times(approval),
            Some(old) => Kept::Other(old.unwrap_or_default()),
        }
    }

    /// Gives the times of a prompt to the entry of its call, if it has none.
    fn fill_times(&mut self, approval: &Approval) -> Kept {
        let list = self.document.get_mut("decision").and_then(|decision| decision.get_mut("approval"));
        let Some(Item::ArrayOfTables(list)) = list else { return Kept::Same };
        let entry = list.iter_mut().find(|entry| text(*entry, "call") == Some(&approval.call));
        let Some(entry) = entry.filter(|entry| !entry.contains_key("asked_at")) else { return Kept::Same };
        if approval.asked_at.is_none() || entry.contains_key("decided_at") {
            return Kept::Same;
        }
        set_times(entry, approval);
        Kept::Written
    }

    /// Replaces the answer to a prompt.
    pub fn replace_approval(&mut self, approval: &Approval) {
        let table = open(self.document.as_table_mut(), "decision");
        super::table::retain(table, "approval", |entry| text(entry, "call") != Some(&approval.call));
        append(table, "approval", approval_entry(approval));
    }

    /// Replaces what was answered to a prompt, and by whom; its times stay.
    pub fn replace_verdict(&mut self, approval: &Approval) {
        let table = open(self.document.as_table_mut(), "decision");
        let list = list_of_tables(table, "approval");
        let at = list.iter().position(|entry| text(entry, "call") == Some(&approval.call));
        match at.and_then(|at| list.get_mut(at)) {
            None => list.push(approval_entry(approval)),
            Some(entry) => {
                set(entry, "verdict", value(approval.verdict.name()));
                set_text(entry, "by", approval.by.as_deref());
                let source = (approval.source != Witness::Person).then(|| approval.source.name());
                set_text(entry, "source", source);
                set_text(entry, "note", approval.note.as_deref());
            }
        }
    }

    /// Replaces what was said of a finding of the same place and words.
    pub fn replace_finding(&mut self, finding: &HumanFinding) {
        let table = open(self.document.as_table_mut(), "decision");
        let list = list_of_tables(table, "finding");
        let at = list.iter().position(|entry| same_finding(entry, finding));
        match at.and_then(|at| list.get_mut(at)) {
            None => list.push(finding_entry(finding)),
            Some(entry) => {
                set(entry, "confirmed", value(finding.confirmed));
                set_text(entry, "by", finding.by.as_deref());
                set_text(entry, "note", finding.note.as_deref());
            }
        }
    }

    /// Adds a finding that a person judged; one of the same place and words that is there stays.
    pub fn add_finding(&mut self, finding: &HumanFinding) -> Kept {
        let confirmed = |entry: &dyn TableLike| entry.get("confirmed").and_then(Item::as_bool);
        let found = self.decision().and_then(|decision| {
            each(decision, "finding").into_iter().find(|entry| same_finding(*entry, finding)).map(confirmed)
        });
        match found {
            None => {
                let table = open(self.document.as_table_mut(), "decision");
                append(table, "finding", finding_entry(finding));
                Kept::Written
            }
            Some(old) if old == Some(finding.confirmed) => Kept::Same,
            Some(old) => Kept::Other(old.map_or_else(String::new, |old| format!("confirmed = {old}"))),
        }
    }
}

fn same_finding(entry: &dyn TableLike, finding: &HumanFinding) -> bool {
    text(entry, "path") == Some(&finding.path)
        && entry.get("line").and_then(Item::as_integer) == finding.line.map(i64::from)
        && text(entry, "summary").unwrap_or_default() == finding.summary
}

/// A person who wrote `reworked` does not contradict a log, which knows only that the call was let run.
fn agree(old: &str, new: HumanVerdict) -> bool {
    old == new.name() || old == HumanVerdict::Reworked.name() && new == HumanVerdict::Accepted
}

fn approval_entry(approval: &Approval) -> Table {
    let mut table = Table::new();
    table.insert("call", value(&approval.call));
    table.insert("verdict", value(approval.verdict.name()));
    if approval.lasting != Lasting::Once {
        table.insert("for", value(approval.lasting.name()));
    }
    if let Lasting::Rule(prefix) = &approval.lasting
        && !prefix.is_empty()
    {
        table.insert("prefix", value(prefix.iter().collect::<toml_edit::Array>()));
    }
    set_times(&mut table, approval);
    set_text(&mut table, "by", approval.by.as_deref());
    let source = (approval.source != Witness::Person).then(|| approval.source.name());
    set_text(&mut table, "source", source);
    set_text(&mut table, "note", approval.note.as_deref());
    table
}

fn set_times(table: &mut Table, approval: &Approval) {
    let asked = approval.asked_at.and_then(written);
    let decided = approval.decided_at.and_then(written);
    set_text(table, "asked_at", asked.as_deref());
    set_text(table, "decided_at", decided.as_deref());
}

/// A time in UTC, to the millisecond.
fn written(time: OffsetDateTime) -> Option<String> {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    time.to_offset(time::UtcOffset::UTC).format(format).ok()
}

fn finding_entry(finding: &HumanFinding) -> Table {
    let mut table = Table::new();
    table.insert("path", value(&finding.path));
    if let Some(line) = finding.line {
        table.insert("line", value(i64::from(line)));
    }
    if !finding.summary.is_empty() {
        table.insert("summary", value(&finding.summary));
    }
    table.insert("confirmed", value(finding.confirmed));
    set_text(&mut table, "by", finding.by.as_deref());
    set_text(&mut table, "note", finding.note.as_deref());
    table
}
