//! The role's output contract: reading the agent's outcome and findings from its last message.

use std::borrow::Cow;

use regex::{Captures, Regex, RegexBuilder};
use serde_json::Value;

use super::fields::{Fields, Problems, Text};

/// Compiled size of a pattern in bytes that is still accepted.
const MAX_PATTERN: usize = 1 << 20;
/// Findings read from one message; more are a runaway message, and reported as such.
const MAX_FINDINGS: usize = 1000;

/// Where outcome and findings stand in the agent's last message.
#[derive(Clone, Debug, Default)]
pub struct RoleOutput {
    /// The outcome; `None` when the role decides nothing.
    pub outcome: Option<Extract>,
    /// The findings; `None` when the role reports none.
    pub findings: Option<Extract>,
}

/// One way of reading a part of a message.
#[derive(Clone, Debug)]
pub enum Extract {
    /// By pattern. The outcome is the first capture (or the whole match) of the last match; findings are all
    /// matches, with the named groups `path`, `line` and `summary` or else the first three groups.
    Regex(Regex),
    /// By JSON pointer into the last JSON value of the message.
    JsonPointer(String),
}

/// What was read from an agent's last message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentOutput {
    /// The outcome, as the agent wrote it.
    pub outcome: Option<String>,
    /// The findings, in order.
    pub findings: Vec<AgentFinding>,
    /// What in the message breaks the contract, as lowercase fragments.
    pub problems: Vec<String>,
}

/// A finding that the agent reported.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct AgentFinding {
    /// File in the snapshot, as the agent wrote it.
    pub path: String,
    /// Line in that file, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// What it says.
    #[serde(default)]
    pub summary: String,
}

impl RoleOutput {
    /// Reads outcome and findings from the agent's last message.
    pub fn read(&self, last_message: &str) -> AgentOutput {
        let mut output = AgentOutput::default();
        let wants_json = [&self.outcome, &self.findings]
            .into_iter()
            .any(|part| matches!(part, Some(Extract::JsonPointer(_))));
        let json = wants_json.then(|| last_json(last_message)).flatten();
        if wants_json && json.is_none() {
            output.problems.push("the last message holds no JSON value".to_owned());
        }
        match &self.outcome {
            Some(Extract::Regex(pattern)) => output.outcome = last_capture(pattern, last_message),
            Some(Extract::JsonPointer(pointer)) => {
                output.outcome = json.as_ref().and_then(|value| plain(value.pointer(pointer)?));
            }
            None => {}
        }
        if self.outcome.is_some() && output.outcome.is_none() {
            output.problems.push("the last message states no outcome".to_owned());
        }
        match &self.findings {
            Some(Extract::Regex(pattern)) => {
                let found = pattern.captures_iter(last_message).map(|captures| captured_finding(&captures));
                output.findings.extend(found.take(MAX_FINDINGS + 1));
            }
            Some(Extract::JsonPointer(pointer)) => {
                read_findings(json.as_ref().and_then(|value| value.pointer(pointer)), &mut output);
            }
            None => {}
        }
        if output.findings.len() > MAX_FINDINGS {
            output.findings.truncate(MAX_FINDINGS);
            output.problems.push(format!("more than {MAX_FINDINGS} findings, the rest is left out"));
        }
        output
    }
}

fn last_capture(pattern: &Regex, text: &str) -> Option<String> {
    let captures = pattern.captures_iter(text).last()?;
    let found = captures.iter().skip(1).flatten().next().or_else(|| captures.get(0))?;
    Some(found.as_str().trim().to_owned()).filter(|outcome| !outcome.is_empty())
}

fn captured_finding(captures: &Captures<'_>) -> AgentFinding {
    let part = |name: &str, number: usize| {
        let found = captures.name(name).or_else(|| captures.get(number));
        found.map_or_else(String::new, |found| found.as_str().trim().to_owned())
    };
    let named = captures.name("path").is_some();
    AgentFinding {
        path: if named || captures.len() > 1 { part("path", 1) } else { String::new() },
        line: first_line(&part("line", if named { usize::MAX } else { 2 })),
        summary: part("summary", if named { usize::MAX } else { 3 }),
    }
}

/// The line that a finding names; of a range such as `12-20`, `L12` or `12:7` the first.
fn first_line(text: &str) -> Option<u32> {
    let text = text.trim();
    let text = text.strip_prefix(['L', 'l']).unwrap_or(text);
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let range = matches!(text[digits..].chars().next(), None | Some('-' | '–' | ':' | ',' | ' '));
    text[..digits].parse().ok().filter(|_| range)
}

/// Reads a JSON list of findings: objects with `path` (or `file`), `line` and `summary` (or `message`, `title`),
/// or plain texts.
fn read_findings(list: Option<&Value>, output: &mut AgentOutput) {
    let list = match list {
        Some(Value::Array(list)) => list,
        Some(Value::Null) | None => {
            output.problems.push("the last message holds no list of findings".to_owned());
            return;
        }
        Some(_) => {
            output.problems.push("the findings in the last message are not a list".to_owned());
            return;
        }
    };
    for (i, item) in list.iter().take(MAX_FINDINGS + 1).enumerate() {
        let text = |keys: &[&str]| keys.iter().find_map(|key| plain(item.get(*key)?));
        let finding = match item {
            Value::String(summary) => AgentFinding { summary: summary.clone(), ..AgentFinding::default() },
            Value::Object(_) => AgentFinding {
                path: text(&["path", "file"]).unwrap_or_default(),
                line: text(&["line"]).and_then(|line| first_line(&line)),
                summary: text(&["summary", "message", "title"]).unwrap_or_default(),
            },
            _ => {
                output.problems.push(format!("finding {} is neither an object nor a text", i + 1));
                continue;
            }
        };
        output.findings.push(finding);
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// The last JSON value of a message: the whole text, or the last fenced block that is JSON, or the last object
/// or list that stands in the text.
fn last_json(message: &str) -> Option<Value> {
    let whole = message.trim();
    if let Some(value) = container(whole) {
        return Some(value);
    }
    fenced_blocks(whole).into_iter().rev().find_map(container).or_else(|| last_inline(whole))
}

fn container(text: &str) -> Option<Value> {
    let text = text.trim();
    if !text.starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str(text).ok()
}

/// Contents of Markdown code fences, in order; the language is not looked at, since agents leave it out.
fn fenced_blocks(text: &str) -> Vec<&str> {
    let mut blocks = Vec::new();
    let mut open: Option<usize> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with("```") {
            match open.take() {
                Some(start) => blocks.push(&text[start..at]),
                None => open = Some(at + line.len()),
            }
        }
        at += line.len();
    }
    blocks
}

/// The last object (or else list) in running text that is valid JSON. Values are outermost: scanning forward, each
/// valid one is skipped as a whole. The work is bounded, as every `{` of a hostile text could start one.
fn last_inline(text: &str) -> Option<Value> {
    const MAX_WORK: usize = 2 << 20;
    let mut found = None;
    let (mut at, mut work) = (0, 0);
    while let Some(start) = text[at..].find(['{', '[']).map(|offset| at + offset) {
        let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
        match values.next() {
            Some(Ok(value)) => {
                at = start + values.byte_offset().max(1);
                if value.is_object() || found.is_none() {
                    found = Some(value);
                }
            }
            Some(Err(error)) => {
                at = start + 1;
                work += read_before(&text[start..], &error);
            }
            None => break,
        }
        if work > MAX_WORK {
            return None;
        }
    }
    found
}

/// Bytes that the parser read before it gave up.
fn read_before(text: &str, error: &serde_json::Error) -> usize {
    let line_start = match error.line() {
        0 | 1 => 0,
        line => memchr::memchr_iter(b'\n', text.as_bytes())
            .nth(line - 2)
            .map_or(text.len(), |newline| newline + 1),
    };
    line_start + error.column() + 1
}

pub(super) const KEYS: &[&str] = &["outcome", "findings"];
pub(super) const EXTRACT_KEYS: &[&str] = &["regex", "json_pointer"];

/// Reads `[role.output]`.
pub(super) fn read_output(role: &Fields<'_, '_>, problems: &mut Problems<'_>) -> RoleOutput {
    let Some(fields) = role.table("output", "[role.output]", KEYS, problems) else {
        return RoleOutput::default();
    };
    RoleOutput {
        outcome: read_extract(&fields, "outcome", problems),
        findings: read_extract(&fields, "findings", problems),
    }
}

fn read_extract(fields: &Fields<'_, '_>, key: &'static str, problems: &mut Problems<'_>) -> Option<Extract> {
    let fields = fields.table(key, "[role.output]", EXTRACT_KEYS, problems)?;
    match (fields.text("regex", problems), pointer(&fields, problems)) {
        (Some(regex), None) => read_regex(&regex, problems).map(Extract::Regex),
        (None, Some(pointer)) => Some(Extract::JsonPointer(pointer.into_owned())),
        (Some(both), Some(_)) => {
            let message = format!("`{key}` has both `regex` and `json_pointer`");
            problems.error(&both.span, "two-ways", message, "keep one of them");
            None
        }
        (None, None) => {
            if EXTRACT_KEYS.iter().all(|key| fields.get(key).is_none()) {
                let message = format!("`{key}` in [role.output] has neither `regex` nor `json_pointer`");
                problems.error(&fields.span.clone(), "missing-key", message, "");
            }
            None
        }
    }
}

/// A JSON pointer (RFC 6901); the empty one means the whole value.
fn pointer<'d>(fields: &Fields<'d, '_>, problems: &mut Problems<'_>) -> Option<Cow<'d, str>> {
    let value = fields.get("json_pointer")?;
    if value.get_ref().as_str() == Some("") {
        return Some(Cow::Borrowed(""));
    }
    let text = fields.text("json_pointer", problems)?;
    if !text.value.starts_with('/') {
        let message = format!("the JSON pointer `{}` does not start with `/`", text.value);
        problems.error(&text.span, "bad-pointer", message, format!("write `/{}`", text.value));
        return None;
    }
    Some(Cow::Borrowed(text.value))
}

fn read_regex(text: &Text<'_>, problems: &mut Problems<'_>) -> Option<Regex> {
    match RegexBuilder::new(text.value).size_limit(MAX_PATTERN).build() {
        Ok(regex) => Some(regex),
        Err(error) => {
            // The last line of the multi-line message says what is wrong; the rest draws the pattern.
            let shown = error.to_string();
            let why = shown.lines().last().unwrap_or_default().trim_start_matches("error: ");
            problems.error(&text.span, "bad-pattern", format!("the pattern cannot be used: {why}"), "");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(outcome: &str, findings: &str) -> RoleOutput {
        RoleOutput {
            outcome: Some(Extract::JsonPointer(outcome.into())),
            findings: Some(Extract::JsonPointer(findings.into())),
        }
    }

    #[test]
    fn outcome_by_pattern_is_the_last_match() {
        let output = RoleOutput {
            outcome: Some(Extract::Regex(Regex::new(r"(?m)^Decision: (\w+)").unwrap())),
            findings: Some(Extract::Regex(Regex::new(r"(?m)^- (\S+):(\d+): (.*)$").unwrap())),
        };
        let read =
            output.read("Decision: approve\nno, wait\n- a.rs:3: off by one\n- b.rs:x: y\nDecision: block\n");
        assert_eq!(read.outcome.as_deref(), Some("block"));
        let finding = AgentFinding { path: "a.rs".into(), line: Some(3), summary: "off by one".into() };
        assert_eq!(read.findings, [finding]);
        assert_eq!(output.read("nothing").problems, ["the last message states no outcome"]);
    }

    #[test]
    fn named_groups_may_stand_in_any_order() {
        let pattern = Regex::new(r"(?m)^(?<summary>[^@]+) @ (?<path>\S+?)(?::(?<line>\d+))?$").unwrap();
        let output = RoleOutput { outcome: None, findings: Some(Extract::Regex(pattern)) };
        let read = output.read("leaks a key @ src/a.rs:12\nno test @ b.rs");
        assert_eq!(
            read.findings[0],
            AgentFinding { path: "src/a.rs".into(), line: Some(12), summary: "leaks a key".into() }
        );
        assert_eq!(
            read.findings[1],
            AgentFinding { path: "b.rs".into(), line: None, summary: "no test".into() }
        );
    }

    #[test]
    fn a_range_of_lines_is_told_by_its_first() {
        for (text, line) in [
            ("12", Some(12)),
            (" 12 ", Some(12)),
            ("12-20", Some(12)),
            ("12–20", Some(12)),
            ("L12-L20", Some(12)),
            ("12:7", Some(12)),
            ("12, 14", Some(12)),
            ("12.5", None),
            ("-12", None),
            ("", None),
            ("L", None),
            ("about 12", None),
            ("99999999999", None),
        ] {
            assert_eq!(first_line(text), line, "{text}");
        }
    }

    #[test]
    fn json_is_found_wherever_it_stands() {
        let role = json("/decision", "/findings");
        let value =
            r#"{"decision": "block", "findings": [{"file": "a", "line": 2, "message": "m"}, "plain"]}"#;
        for message in [
            value.to_owned(),
            format!("Here you are:\n```json\n{value}\n```\nBye."),
            format!("```\n{{\"decision\": \"approve\"}}\n```\nthen\n```json\n{value}\n```"),
            format!("I looked at {{x}} and [1]. Result: {value} Done."),
            format!("{} {value}", "fn f() { g(); }\n".repeat(1000)),
        ] {
            let read = role.read(&message);
            assert_eq!(read.outcome.as_deref(), Some("block"), "{message}");
            assert_eq!(read.findings.len(), 2, "{message}");
            assert_eq!(read.findings[0].line, Some(2));
            assert_eq!(read.findings[1].summary, "plain");
            assert!(read.problems.is_empty(), "{:?}", read.problems);
        }
    }

    #[test]
    fn broken_contracts_are_named() {
        let role = json("/decision", "/findings");
        assert_eq!(role.read("no json").problems.len(), 3);
        let read = role.read(r#"{"decision": {}, "findings": [3]}"#);
        assert_eq!(read.outcome, None);
        assert_eq!(
            read.problems,
            ["the last message states no outcome", "finding 1 is neither an object nor a text"]
        );
    }

    #[test]
    fn hostile_messages_end_soon() {
        let role = json("/decision", "/findings");
        let started = std::time::Instant::now();
        assert_eq!(role.read(&"[".repeat(1 << 20)).outcome, None);
        assert_eq!(role.read(&"{\"a\":".repeat(1 << 18)).outcome, None);
        assert!(started.elapsed().as_secs() < 20);
    }

    proptest::proptest! {
        #[test]
        fn any_message_can_be_read(message in "(?s).{0,200}") {
            json("/decision", "/findings").read(&message);
        }
    }
}
