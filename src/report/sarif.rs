//! `results.sarif`: attempts outside of policy and problems of the plugin and its suite, as SARIF 2.1.0 for code
//! scanning.
//!
//! GitHub stores 5,000 results of a run and refuses more than 25,000. The file holds [`MOST`], errors before warnings,
//! notes and what a waiver covers, each in suite order; how many were left out stands in it as a notification. A result lies at the rule that decided, in a file of the suite, since
//! that is what is changed to let the call through or to stop it; where Codex's own default decided, at the task.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};

use super::escape::{address, line, short};
use super::v1::{RunV1, SuiteV1, SummaryV1, TaskV1, ViolationV1};
use crate::finding::Severity;
use crate::metrics::ViolationKind;
use crate::replay::json;
use crate::replay::v1::{NoteV1, StepV1};
use crate::source::ContentHash;

/// Results in the file.
pub(super) const MOST: u64 = 5_000;

/// Longest message, in characters.
const MAX_TEXT: usize = 500;

/// One result, as written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'r> {
    rule_id: Cow<'r, str>,
    level: &'static str,
    message: Text,
    locations: [Location<'r>; 1],
    partial_fingerprints: Fingerprint,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression>,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'r> {
    physical_location: Physical,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<Logical<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Artifact {
    uri: String,
    uri_base_id: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    #[serde(skip_serializing_if = "is_zero")]
    start_column: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical<'r> {
    fully_qualified_name: String,
    name: Cow<'r, str>,
    kind: &'static str,
}

#[derive(Serialize)]
struct Fingerprint {
    #[serde(rename = "pluginEval/v1")]
    hash: String,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    justification: &'static str,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(column: &u32) -> bool {
    *column == 0
}

/// The results of one task, each on a line, and how many there are.
#[derive(Clone, Debug, Default)]
pub(super) struct Results {
    /// Errors that nothing excuses.
    pub(super) errors: Vec<u8>,
    /// Warnings, notes, and what a waiver covers.
    pub(super) others: Vec<u8>,
    pub(super) count: u64,
    /// Kinds of problems among them, each of which is a rule.
    pub(super) codes: BTreeSet<String>,
}

/// Kinds of problems that a file declares; there are fewer.
const MAX_CODES: usize = 1_000;

impl Results {
    /// Attempts of a task, or why it broke. `path` is the suite's folder, as reports call it.
    pub(super) fn of(path: &str, task: &TaskV1<'_>) -> Self {
        let mut results = Self::default();
        for run in &task.runs {
            for violation in &run.violations {
                results.violation(path, task, run, violation);
            }
        }
        for note in &task.notes {
            results.note(path, note, Some(&task.name));
        }
        results
    }

    fn note(&mut self, path: &str, note: &NoteV1<'_>, task: Option<&str>) {
        self.codes.insert(note.code.to_string());
        self.push(&of_note(path, note, task));
    }

    /// Adds the kinds and the number of another list, without its results.
    pub(super) fn count(&mut self, more: &Self) {
        self.count += more.count;
        for code in &more.codes {
            if self.codes.len() < MAX_CODES && !self.codes.contains(code) {
                self.codes.insert(code.clone());
            }
        }
    }

    fn violation(&mut self, path: &str, task: &TaskV1<'_>, run: &RunV1<'_>, violation: &ViolationV1) {
        let at = (violation.step as usize).checked_sub(1);
        let Some(step) = at.and_then(|at| run.replay.steps.get(at)) else { return };
        let kinds = violation.kinds.iter().map(|kind| (*kind, false));
        for (kind, waived) in kinds.chain(violation.waived.iter().map(|kind| (*kind, true))) {
            self.push(&of_violation(path, task, run, (violation.step, step), (kind, waived)));
        }
    }

    fn push(&mut self, result: &SarifResult<'_>) {
        self.count += 1;
        if self.count > MOST {
            return;
        }
        let grave = result.level == "error" && result.suppressions.is_empty();
        let lines = if grave { &mut self.errors } else { &mut self.others };
        let start = lines.len();
        match json::append(lines, result) {
            Ok(()) => lines.push(b'\n'),
            Err(_) => lines.truncate(start),
        }
    }
}

fn of_violation<'r>(
    path: &str,
    task: &'r TaskV1<'_>,
    run: &RunV1<'_>,
    (number, step): (u32, &StepV1<'_>),
    (kind, waived): (ViolationKind, bool),
) -> SarifResult<'r> {
    let level = if step.after_divergence { "note" } else { "error" };
    let mut text = format!(
        "{} step {number}: {} in {}: {}",
        task.name,
        step.verdict,
        step.phase,
        short(&step.label, MAX_TEXT)
    );
    if !step.reason.is_empty() {
        let _ = write!(text, " ({})", short(&step.reason, MAX_TEXT));
    }
    let physical = match &step.rule.file {
        Some(file) => place(path, file, step.rule.line, step.rule.column),
        None => place(path, &format!("tasks/{}/task.toml", task.name), 1, 0),
    };
    let name = format!("{}/{}/{}", task.name, run.replay.repeat, step.id);
    let hash = ContentHash::of_parts([
        ("task", task.name.as_bytes()),
        ("repeat", run.replay.repeat.to_string().as_bytes()),
        ("step", step.id.as_bytes()),
        ("kind", kind.name().as_bytes()),
    ]);
    let suppression = Suppression { kind: "external", justification: "a waiver of the suite covers it" };
    SarifResult {
        rule_id: Cow::Owned(rule_id(kind)),
        level,
        message: Text { text: line(&text).into_owned() },
        locations: [Location {
            physical_location: physical,
            logical_locations: vec![Logical {
                fully_qualified_name: line(&name).into_owned(),
                name: line(&task.name),
                kind: "member",
            }],
        }],
        partial_fingerprints: Fingerprint { hash: hash.to_string() },
        suppressions: if waived { vec![suppression] } else { Vec::new() },
    }
}

fn of_note<'r>(path: &str, note: &'r NoteV1<'_>, task: Option<&str>) -> SarifResult<'r> {
    // A message must say something.
    let mut text = if note.message.is_empty() { note.code.to_string() } else { note.message.to_string() };
    if !note.help.is_empty() {
        let _ = write!(text, " ({})", note.help);
    }
    let physical = match (&note.file, task) {
        (Some(file), _) => place(path, file, note.line, note.column),
        (None, Some(task)) => place(path, &format!("tasks/{task}/task.toml"), 1, 0),
        (None, None) => place(path, "suite.toml", 1, 0),
    };
    let uri = physical.artifact_location.uri.clone();
    let parts =
        [("code", note.code.as_bytes()), ("file", uri.as_bytes()), ("message", note.message.as_bytes())];
    SarifResult {
        rule_id: Cow::Owned(format!("suite/{}", line(&note.code))),
        level: match note.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        },
        message: Text { text: line(&short(&text, MAX_TEXT)).into_owned() },
        locations: [Location { physical_location: physical, logical_locations: Vec::new() }],
        partial_fingerprints: Fingerprint { hash: ContentHash::of_parts(parts).to_string() },
        suppressions: Vec::new(),
    }
}

fn rule_id(kind: ViolationKind) -> String {
    format!("boundary/{}", kind.name())
}

/// A place in the repository. A file that would lie outside of the suite is replaced by the suite itself.
fn place(path: &str, file: &str, start_line: u32, start_column: u32) -> Physical {
    let outside = file.starts_with('/') || file.contains(':') || file.split('/').any(|part| part == "..");
    let (file, start_line) = if outside { ("suite.toml", 1) } else { (file, start_line) };
    let region = (start_line > 0).then_some(Region { start_line, start_column });
    let uri = address(&format!("{path}/{file}"));
    Physical { artifact_location: Artifact { uri, uri_base_id: "%SRCROOT%" }, region }
}

/// The file up to the results.
/// `tasks` holds the kinds of the problems of all tasks.
pub(super) fn head(suite: &SuiteV1, summary: &SummaryV1, tasks: &Results) -> String {
    let mut rules: Vec<Value> = ViolationKind::ALL.into_iter().map(violation_rule).collect();
    let own = summary.notes.iter().map(|note| note.code.as_ref());
    let codes: BTreeSet<&str> = tasks.codes.iter().map(String::as_str).chain(own).collect();
    rules.extend(codes.into_iter().map(|code| {
        let text = format!("problem of the suite or its plugin: {code}");
        json!({"id": format!("suite/{}", line(code)), "shortDescription": {"text": line(&text)}})
    }));
    let driver = json!({
        "name": "plugin-eval",
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules,
    });
    format!(
        "{{\n\"version\": \"2.1.0\",\n\"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n\"runs\": [{{\n\"tool\": {{\"driver\": {driver}}},\n\"automationDetails\": {},\n\"columnKind\": \"unicodeCodePoints\",\n\"results\": [",
        json!({"id": format!("plugin-eval/{}/", line(&suite.name))}),
    )
}

fn violation_rule(kind: ViolationKind) -> Value {
    let text = format!("a call attempted something outside of the plugin's boundary: {}", kind.name());
    let help = "Change the plugin so that it no longer attempts this, widen the configuration that is named, or add a \
                waiver with a reason and an expiry date to suite.toml.";
    json!({
        "id": rule_id(kind),
        "shortDescription": {"text": text},
        "help": {"text": help},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["security", "codex-plugin"], "precision": "high", "security-severity": "7.0"},
    })
}

/// Problems of the run as a whole; results like those of the tasks.
pub(super) fn of_run(suite: &SuiteV1, summary: &SummaryV1) -> Results {
    let mut results = Results::default();
    for note in &summary.notes {
        results.note(&suite.path, note, None);
    }
    results
}

/// The file after the results. `omitted` results are counted, not listed.
pub(super) fn tail(summary: &SummaryV1, omitted: u64) -> String {
    let notifications = if omitted > 0 {
        let text = format!("{omitted} more results were left out; calls.csv has every call");
        json!([{"level": "warning", "message": {"text": text}}])
    } else {
        json!([])
    };
    let invocation = json!({
        "executionSuccessful": summary.counts.broken == 0,
        "exitCode": summary.exit_code,
        "toolExecutionNotifications": notifications,
    });
    format!("\n],\n\"invocations\": [{invocation}]\n}}]\n}}\n")
}
