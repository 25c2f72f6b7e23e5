//! Reading `[decision]` of a task.

use std::collections::HashMap;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use toml::de::DeValue;

use crate::decision::{Approval, Decision, HumanFinding, HumanVerdict, Lasting, Witness};
use crate::finding::closest;

use super::Role;
use super::fields::{Fields, Problems, Text};

pub(super) const KEYS: &[&str] =
    &["outcome", "by", "note", "restarted", "merged", "not_merged", "defects", "finding", "approval"];
pub(super) const FINDING_KEYS: &[&str] = &["path", "line", "summary", "confirmed", "by", "note"];
pub(super) const APPROVAL_KEYS: &[&str] =
    &["call", "verdict", "for", "prefix", "asked_at", "decided_at", "by", "source", "note"];
const LASTINGS: [&str; 3] = ["once", "session", "rule"];
const VERDICTS: [HumanVerdict; 3] = [HumanVerdict::Accepted, HumanVerdict::Reworked, HumanVerdict::Declined];

/// Reads `[decision]`; a task that nobody has decided yet has none.
pub(super) fn read_decision(top: &Fields<'_, '_>, role: &Role, problems: &mut Problems<'_>) -> Decision {
    let Some(fields) = top.table("decision", "[decision]", KEYS, problems) else {
        return Decision::default();
    };
    Decision {
        outcome: read_outcome(&fields, role, problems),
        by: fields.owned("by", problems),
        note: fields.owned("note", problems),
        restarted: fields.flag("restarted", problems).unwrap_or(false),
        merged: fields.text("merged", problems).and_then(|text| commit(&text, problems)),
        not_merged: fields
            .texts("not_merged", problems)
            .iter()
            .filter_map(|text| commit(text, problems))
            .collect(),
        defects: read_defects(&fields, problems),
        findings: read_findings(&fields, problems),
        approvals: read_approvals(&fields, problems),
    }
}

/// A full or shortened commit id.
pub(super) fn commit(text: &Text<'_>, problems: &mut Problems<'_>) -> Option<String> {
    let id = text.value;
    if (7..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(id.to_ascii_lowercase());
    }
    let message = format!("`{id}` is not a commit id");
    let help = "write the full id that `git rev-parse` prints; branches and tags move";
    problems.error(&text.span, "bad-commit", message, help);
    None
}

pub(super) fn read_outcome(
    fields: &Fields<'_, '_>,
    role: &Role,
    problems: &mut Problems<'_>,
) -> Option<String> {
    let text = fields.text("outcome", problems)?;
    if let Some(known) = role.outcome(text.value) {
        return Some(known.to_owned());
    }
    let message = format!("the outcome `{}` is not in the role's vocabulary", text.value);
    let help = match closest(text.value, role.outcomes.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known outcomes: {}", role.outcomes.join(", ")),
    };
    problems.error(&text.span, "unknown-outcome", message, help);
    None
}

fn read_defects(fields: &Fields<'_, '_>, problems: &mut Problems<'_>) -> Vec<String> {
    let defects = fields.texts("defects", problems);
    if let Some(first) = defects.first().filter(|_| fields.get("merged").is_none()) {
        let message = "there are defects, but nothing was merged";
        problems.error(
            &first.span,
            "defects-without-merge",
            message,
            "add `merged`, the commit that they repaired",
        );
    }
    defects.iter().filter_map(|text| commit(text, problems)).collect()
}

fn read_findings(decision: &Fields<'_, '_>, problems: &mut Problems<'_>) -> Vec<HumanFinding> {
    let tables = decision.tables("finding", "[[decision.finding]]", FINDING_KEYS, problems);
    let read = |fields: &Fields<'_, '_>, problems: &mut Problems<'_>| {
        let path = fields.required_text("path", problems);
        let line = fields.number("line", 1, u32::MAX, problems);
        let summary = fields.owned("summary", problems).unwrap_or_default();
        if fields.get("confirmed").is_none() {
            fields.missing("confirmed", problems);
        }
        let confirmed = fields.flag("confirmed", problems);
        let (by, note) = (fields.owned("by", problems), fields.owned("note", problems));
        Some(HumanFinding { path: path?.value.to_owned(), line, summary, confirmed: confirmed?, by, note })
    };
    tables.iter().filter_map(|fields| read(fields, problems)).collect()
}

fn read_approvals(decision: &Fields<'_, '_>, problems: &mut Problems<'_>) -> Vec<Approval> {
    let tables = decision.tables("approval", "[[decision.approval]]", APPROVAL_KEYS, problems);
    let mut lines: HashMap<&str, u32> = HashMap::with_capacity(tables.len());
    let mut approvals = Vec::with_capacity(tables.len());
    for fields in &tables {
        let line = problems.place(&fields.span).line;
        let call = fields.required_text("call", problems);
        if let Some(call) = &call
            && let Some(first) = lines.insert(call.value, line)
        {
            let message = format!("two approvals for the call `{}`", call.value);
            let help = format!("the other one is at line {first}; keep what the person answered");
            problems.error(&call.span, "two-approvals", message, help);
        }
        let verdict = read_verdict(fields, problems);
        let lasting = read_lasting(fields, verdict, problems);
        let by = fields.owned("by", problems);
        let source = read_witness(fields, problems);
        let note = fields.owned("note", problems);
        let asked_at = read_time(fields, "asked_at", problems);
        let decided_at = read_time(fields, "decided_at", problems);
        check_order(fields, asked_at, decided_at, problems);
        if let (Some(call), Some(verdict)) = (call, verdict) {
            let place = problems.place(&call.span);
            let (line, column) = (place.line, place.column);
            approvals.push(Approval {
                call: call.value.to_owned(),
                verdict,
                lasting,
                by,
                source,
                note,
                asked_at,
                decided_at,
                line,
                column,
            });
        }
    }
    approvals
}

/// For how long an answer holds; without `for`, for its own call.
fn read_lasting(
    fields: &Fields<'_, '_>,
    verdict: Option<HumanVerdict>,
    problems: &mut Problems<'_>,
) -> Lasting {
    let prefix = fields.texts("prefix", problems);
    let text = fields.text("for", problems);
    let lasting = match text.as_ref().map(|text| text.value) {
        None | Some("once") => Lasting::Once,
        Some("session") => Lasting::Session,
        Some("rule") => Lasting::Rule(prefix.iter().map(|word| word.value.to_owned()).collect()),
        Some(other) => {
            let help = match closest(other, LASTINGS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known words: {}", LASTINGS.join(", ")),
            };
            let message = format!("an answer does not hold for `{other}`");
            if let Some(text) = &text {
                problems.error(&text.span, "unknown-for", message, help);
            }
            Lasting::Once
        }
    };
    if let Some(first) = prefix.first().filter(|_| !matches!(lasting, Lasting::Rule(_))) {
        let message = "there is a `prefix`, but the answer added no rule";
        problems.error(&first.span, "prefix-without-rule", message, "add `for = \"rule\"`");
    }
    if let Some(text) = text.filter(|_| lasting != Lasting::Once && verdict == Some(HumanVerdict::Declined)) {
        let message = "the call was declined, so that the answer holds for nothing else";
        problems.error(&text.span, "lasting-decline", message, "remove `for`");
        return Lasting::Once;
    }
    lasting
}

/// Without `source`, a person wrote the answer down.
fn read_witness(fields: &Fields<'_, '_>, problems: &mut Problems<'_>) -> Witness {
    let Some(text) = fields.text("source", problems) else { return Witness::default() };
    let found = Witness::ALL.into_iter().find(|witness| witness.name() == text.value);
    if found.is_none() {
        let help = match closest(text.value, Witness::ALL.map(Witness::name)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known sources: {}", Witness::ALL.map(Witness::name).join(", ")),
        };
        problems.error(&text.span, "unknown-source", format!("unknown source `{}`", text.value), help);
    }
    found.unwrap_or_default()
}

pub(super) fn read_verdict(fields: &Fields<'_, '_>, problems: &mut Problems<'_>) -> Option<HumanVerdict> {
    let text = fields.required_text("verdict", problems)?;
    let found = VERDICTS.into_iter().find(|verdict| verdict.name() == text.value);
    if found.is_none() {
        let help = match closest(text.value, VERDICTS.map(HumanVerdict::name)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known verdicts: {}", VERDICTS.map(HumanVerdict::name).join(", ")),
        };
        problems.error(&text.span, "unknown-verdict", format!("unknown verdict `{}`", text.value), help);
    }
    found
}

fn read_time(
    fields: &Fields<'_, '_>,
    key: &'static str,
    problems: &mut Problems<'_>,
) -> Option<OffsetDateTime> {
    let value = fields.get(key)?;
    let time = match value.get_ref() {
        DeValue::String(text) => OffsetDateTime::parse(text, &Rfc3339).ok(),
        DeValue::Datetime(time) => OffsetDateTime::parse(&time.to_string(), &Rfc3339).ok(),
        _ => None,
    };
    if time.is_none() {
        let message = format!("`{key}` is not a time with an offset (RFC 3339)");
        problems.error(&value.span(), "bad-time", message, "write it as \"2026-05-12T09:14:03Z\"");
    }
    time
}

fn check_order(
    fields: &Fields<'_, '_>,
    asked_at: Option<OffsetDateTime>,
    decided_at: Option<OffsetDateTime>,
    problems: &mut Problems<'_>,
) {
    let (Some(asked), Some(decided)) = (asked_at, decided_at) else { return };
    if decided < asked {
        let span = fields.get("decided_at").map_or(fields.span.clone(), toml::Spanned::span);
        let message = "the prompt was answered before it was asked";
        problems.error(&span, "answered-before-asked", message, "check `asked_at` and `decided_at`");
    }
}
