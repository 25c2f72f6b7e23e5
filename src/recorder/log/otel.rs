//! Codex's OpenTelemetry logs, as collectors write them: OTLP in JSON.
//!
//! Codex 0.169 tells with `codex.tool_decision` who decided what for which call, and with `codex.tool_result` how long
//! all of a call took, so that the time when the tool was reached is known. It never tells when a person was asked.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Answer, Verdict};
use crate::decision::Witness;
use crate::recorder::timeline::{Millis, millis};

const DECISION: &str = "codex.tool_decision";
const RESULT: &str = "codex.tool_result";
const PREFIX: &str = "codex.";
/// Exports in one JSON list, and lists in lists.
const MAX_DEPTH: u32 = 2;

/// Decisions, and when the tools of calls were reached.
#[derive(Debug, Default)]
pub(super) struct Telemetry {
    decisions: Vec<(Key, Answer)>,
    reached: HashMap<Key, Millis>,
}

/// Thread and call.
type Key = (String, String);

#[derive(Deserialize)]
struct RawExport<'l> {
    #[serde(borrow, default, rename = "resourceLogs", alias = "resource_logs")]
    resources: Vec<RawResource<'l>>,
}

#[derive(Deserialize)]
struct RawResource<'l> {
    #[serde(
        borrow,
        default,
        rename = "scopeLogs",
        alias = "scope_logs",
        alias = "instrumentationLibraryLogs",
        alias = "instrumentation_library_logs"
    )]
    scopes: Vec<RawScope<'l>>,
}

#[derive(Deserialize)]
struct RawScope<'l> {
    #[serde(borrow, default, rename = "logRecords", alias = "log_records", alias = "logs")]
    records: Vec<RawRecord<'l>>,
}

#[derive(Deserialize)]
struct RawRecord<'l> {
    #[serde(default, rename = "timeUnixNano", alias = "time_unix_nano")]
    time: Value,
    #[serde(default, rename = "observedTimeUnixNano", alias = "observed_time_unix_nano")]
    observed: Value,
    #[serde(borrow, default, rename = "eventName", alias = "event_name")]
    name: Cow<'l, str>,
    #[serde(default)]
    attributes: Value,
}

impl RawRecord<'_> {
    fn attribute(&self, name: &str) -> Cow<'_, str> {
        let value = match &self.attributes {
            // Attributes are a list of keys and values; some writers make an object of it.
            Value::Array(list) => list.iter().find(|entry| entry["key"] == name).map(|entry| &entry["value"]),
            other => other.get(name),
        };
        value.map_or(Cow::Borrowed(""), plain)
    }

    fn millis(&self) -> Option<Millis> {
        let nanos = |value: &Value| plain(value).parse::<i64>().ok().filter(|nanos| *nanos > 0);
        // Codex leaves the first time at zero.
        let time = nanos(&self.time).or_else(|| nanos(&self.observed)).map(|nanos| nanos / 1_000_000);
        let written = || OffsetDateTime::parse(&self.attribute("event.timestamp"), &Rfc3339).ok().map(millis);
        time.or_else(written)
    }

    fn read(&self, telemetry: &mut Telemetry) -> bool {
        let stated = self.attribute("event.name");
        let name = if stated.is_empty() { self.name.as_ref() } else { stated.as_ref() };
        let key = || {
            let (thread, call) = (self.attribute("conversation.id"), self.attribute("call_id"));
            (!thread.is_empty() && !call.is_empty()).then(|| (thread.into_owned(), call.into_owned()))
        };
        match name {
            DECISION => {
                let decision = verdict(&self.attribute("decision"), &self.attribute("source"));
                if let (Some(key), Some(verdict)) = (key(), decision) {
                    let answer = Answer {
                        call: Some(key.1.clone()),
                        tool: None,
                        kind: Answer::kind_of_tool(
                            &self.attribute("tool_namespace"),
                            &self.attribute("tool_name"),
                        ),
                        verdict,
                        asked: None,
                        decided: self.millis(),
                        source: Witness::Otel,
                    };
                    telemetry.decisions.push((key, answer));
                }
            }
            RESULT => {
                let took = self.attribute("duration_ms").parse::<i64>().ok().filter(|took| *took >= 0);
                if let (Some(key), Some(end), Some(took)) = (key(), self.millis(), took) {
                    telemetry.reached.insert(key, end.saturating_sub(took));
                }
            }
            _ => {}
        }
        name.starts_with(PREFIX)
    }
}

/// A value of any of the ways in which OTLP writes them in JSON.
fn plain(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Number(number) => Cow::Owned(number.to_string()),
        Value::Bool(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
        Value::Object(fields) if fields.len() == 1 => {
            let inner = fields.values().next().filter(|inner| !inner.is_object());
            inner.map_or(Cow::Borrowed(""), plain)
        }
        _ => Cow::Borrowed(""),
    }
}

/// What Codex 0.169 calls decisions and those who take them; `approved_execpolicy_amendment` is how earlier versions name
/// what now is `approved_with_amendment`. A word that is not known here tells nothing.
fn verdict(decision: &str, source: &str) -> Option<Verdict> {
    let by_person = match source.to_ascii_lowercase().as_str() {
        "user" => true,
        "" => return None,
        _ => false,
    };
    let verdict = match decision {
        // The second is the answer that an MCP tool may always run.
        "approved_for_session" | "approved_mcp_policy_amendment" => Verdict::AcceptedForSession,
        "approved_with_amendment" | "approved_execpolicy_amendment" => Verdict::AcceptedWithRule(Vec::new()),
        _ if decision.starts_with("approved") => Verdict::Accepted,
        "denied" | "denied_with_network_policy_deny" | "abort" => Verdict::Declined,
        _ => return None,
    };
    Some(if by_person { verdict } else { Verdict::NotByPerson })
}

impl Telemetry {
    /// How many events are held in memory.
    pub(super) fn kept(&self) -> usize {
        self.decisions.len() + self.reached.len()
    }

    /// Reads one export, or a list of them; how many records are Codex's, `None` when it is not OTLP.
    pub(super) fn read(&mut self, text: &str) -> Option<u64> {
        self.read_at(text, 0)
    }

    fn read_at(&mut self, text: &str, depth: u32) -> Option<u64> {
        if text.starts_with('[') {
            let list: Vec<&RawValue> = serde_json::from_str(text).ok().filter(|_| depth < MAX_DEPTH)?;
            return Some(list.iter().filter_map(|part| self.read_at(part.get(), depth + 1)).sum());
        }
        let export: RawExport<'_> = serde_json::from_str(text).ok()?;
        let scopes = export.resources.iter().flat_map(|resource| &resource.scopes);
        let records = scopes.flat_map(|scope| &scope.records);
        Some(records.filter(|record| record.read(self)).count() as u64)
    }

    /// Hands over what was decided.
    pub(super) fn finish(self, answers: &mut HashMap<String, Vec<Answer>>) {
        for (key, mut answer) in self.decisions {
            answer.asked = self.reached.get(&key).copied();
            answers.entry(key.0).or_default().push(answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::recorder::note::Kind;

    fn attribute(key: &str, value: &Value) -> Value {
        json!({"key": key, "value": value})
    }

    fn record(name: &str, more: &[(&str, &str)]) -> Value {
        let pairs = [("event.name", name), ("conversation.id", "t"), ("call_id", "c")];
        let all = pairs.iter().chain(more);
        let list: Vec<_> = all.map(|(key, value)| attribute(key, &json!({"stringValue": value}))).collect();
        json!({"timeUnixNano": "0", "observedTimeUnixNano": "1795368683871582983", "attributes": list})
    }

    fn export(records: &[Value]) -> Value {
        json!({"resourceLogs": [{"resource": {}, "scopeLogs": [{"scope": {}, "logRecords": records}]}]})
    }

    fn read(text: &str) -> (Option<u64>, Vec<Answer>) {
        let (mut telemetry, mut answers) = (Telemetry::default(), HashMap::new());
        let count = telemetry.read(text);
        telemetry.finish(&mut answers);
        (count, answers.remove("t").unwrap_or_default())
    }

    fn decided(decision: &str, source: &str) -> Value {
        record(DECISION, &[("decision", decision), ("source", source), ("tool_name", "exec_command")])
    }

    #[test]
    fn decisions_have_who_when_and_since_when() {
        let mut result = record(RESULT, &[("duration_ms", "631")]);
        result["observedTimeUnixNano"] = json!("1795368684183891370");
        let (count, answers) = read(&export(&[decided("approved", "User"), result, json!({})]).to_string());
        assert_eq!(count, Some(2));
        let answer = &answers[0];
        assert_eq!((answer.call.as_deref(), &answer.verdict), (Some("c"), &Verdict::Accepted));
        assert_eq!((answer.asked, answer.decided), (Some(1_795_368_683_552), Some(1_795_368_683_871)));
    }

    #[test]
    fn words_of_codex_are_known() {
        use Verdict::{Accepted, AcceptedForSession, AcceptedWithRule, Declined, NotByPerson};
        for (decision, source, wanted) in [
            ("approved", "User", Some(Accepted)),
            ("approved_execpolicy_amendment", "user", Some(AcceptedWithRule(Vec::new()))),
            ("approved_with_amendment", "User", Some(AcceptedWithRule(Vec::new()))),
            ("approved_for_session", "User", Some(AcceptedForSession)),
            ("approved_mcp_policy_amendment", "User", Some(AcceptedForSession)),
            ("approved_with_network_policy_allow", "User", Some(Accepted)),
            ("denied_with_network_policy_deny", "User", Some(Declined)),
            ("denied", "User", Some(Declined)),
            ("abort", "User", Some(Declined)),
            ("approved", "Config", Some(NotByPerson)),
            ("denied", "Config", Some(NotByPerson)),
            ("approved", "AutomatedReviewer", Some(NotByPerson)),
            ("denied", "AutomatedReviewer", Some(NotByPerson)),
            ("denied", "", None),
            ("whatever", "User", None),
        ] {
            let answers = read(&export(&[decided(decision, source)]).to_string()).1;
            assert_eq!(answers.first().map(|answer| answer.verdict.clone()), wanted, "{decision} {source}");
        }
    }

    /// A record with all that Codex 0.169 writes into one.
    fn as_written(call: (&str, &str, &str), decision: &str, source: &str) -> Value {
        let (namespace, tool, id) = call;
        let list = [
            ("event.name", DECISION),
            ("event.timestamp", "2026-11-23T09:00:00.250Z"),
            ("conversation.id", "t"),
            ("app.version", "0.169.0"),
            ("originator", "lab"),
            ("terminal.type", "xterm"),
            ("model", "gpt-5.5"),
            ("slug", "gpt-5.5"),
            ("tool_name", tool),
            ("tool_namespace", namespace),
            ("call_id", id),
            ("decision", decision),
            ("source", source),
        ];
        let attributes: Vec<_> =
            list.iter().map(|(key, value)| attribute(key, &json!({"stringValue": value}))).collect();
        json!({"timeUnixNano": "0", "observedTimeUnixNano": "1795424400250000000", "severityNumber": 9,
            "severityText": "INFO", "attributes": attributes, "flags": 0})
    }

    /// What Codex 0.169 was seen to log for each answer that a client can give.
    #[test]
    fn answers_are_read_as_codex_logs_them() {
        use Verdict::{Accepted, AcceptedForSession, AcceptedWithRule, Declined, NotByPerson};
        let shell = |id| ("functions", "exec_command", id);
        let patch = |id| ("functions", "apply_patch", id);
        let mcp = |id| ("mcp__tracker", "close", id);
        let rows = [
            (shell("accept"), "approved", "User", Kind::Shell, Accepted),
            (shell("accept for session"), "approved_for_session", "User", Kind::Shell, AcceptedForSession),
            (
                shell("accept with rule"),
                "approved_with_amendment",
                "User",
                Kind::Shell,
                AcceptedWithRule(vec![]),
            ),
            (shell("by that rule"), "approved", "Config", Kind::Shell, NotByPerson),
            (shell("decline"), "denied", "User", Kind::Shell, Declined),
            (patch("accept"), "approved", "User", Kind::Patch, Accepted),
            (patch("accept for session"), "approved_for_session", "User", Kind::Patch, AcceptedForSession),
            (patch("decline"), "denied", "User", Kind::Patch, Declined),
            (mcp("accept"), "approved", "User", Kind::Mcp, Accepted),
            (mcp("persist session"), "approved_for_session", "User", Kind::Mcp, AcceptedForSession),
            (mcp("persist always"), "approved_mcp_policy_amendment", "User", Kind::Mcp, AcceptedForSession),
            (mcp("decline"), "denied", "User", Kind::Mcp, Declined),
            (mcp("cancel"), "abort", "User", Kind::Mcp, Declined),
            (shell("hook allows"), "approved", "Config", Kind::Shell, NotByPerson),
            (mcp("hook denies"), "denied", "Config", Kind::Mcp, NotByPerson),
            (patch("guardian allows"), "approved", "AutomatedReviewer", Kind::Patch, NotByPerson),
            (mcp("guardian denies"), "denied", "AutomatedReviewer", Kind::Mcp, NotByPerson),
            (shell("exec-656afd8a"), "approved_for_session", "User", Kind::Shell, AcceptedForSession),
        ];
        for (call, decision, source, kind, wanted) in rows {
            let (count, answers) = read(&export(&[as_written(call, decision, source)]).to_string());
            assert_eq!(count, Some(1), "{call:?}");
            let answer = &answers[0];
            let told = (answer.call.as_deref(), answer.kind, &answer.verdict, answer.decided);
            assert_eq!(told, (Some(call.2), kind, &wanted, Some(1_795_424_400_250)), "{call:?}");
        }
    }

    #[test]
    fn every_writer_of_otlp_is_read() {
        let one = export(&[decided("denied", "User")]);
        let wanted = read(&one.to_string()).1;
        assert_eq!(wanted.len(), 1);
        assert_eq!(read(&json!([one, one]).to_string()).0, Some(2));
        let text = one.to_string();
        let snake = text.replace("resourceLogs", "resource_logs").replace("scopeLogs", "scope_logs");
        let snake = snake.replace("logRecords", "log_records").replace("stringValue", "string_value");
        assert_eq!(read(&snake).1, wanted);
        let old = text.replace("scopeLogs", "instrumentationLibraryLogs");
        assert_eq!(read(&old).1, wanted);
        let number = text.replace("\"1795368683871582983\"", "1795368683871582983");
        assert_eq!(read(&number).1, wanted);
        let mut flat = one.clone();
        let record = &mut flat["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0];
        *record = json!({"timeUnixNano": 1_795_368_683_871_582_983_i64, "eventName": DECISION, "attributes":
            {"conversation.id": "t", "tool_name": "exec_command", "call_id": {"stringValue": "c"}, "decision": "denied", "source": "User"}});
        assert_eq!(read(&flat.to_string()).1, wanted);
    }

    #[test]
    fn wrong_types_tell_nothing() {
        for text in [
            "{",
            "7",
            "{\"resourceLogs\":7}",
            "[[[[{\"resourceLogs\":[]}]]]]",
            "{\"resourceLogs\":[{\"scopeLogs\":[7]}]}",
        ] {
            assert!(read(text).1.is_empty(), "{text}");
        }
        let mut wrong = decided("denied", "User");
        wrong["observedTimeUnixNano"] = json!({"a": []});
        wrong["timeUnixNano"] = json!("99999999999999999999999999");
        assert_eq!(read(&export(&[wrong]).to_string()).1[0].decided, None);
    }
}
