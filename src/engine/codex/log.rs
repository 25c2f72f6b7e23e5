//! What Codex logs about calls, in the JSON form of OpenTelemetry: the one place where it tells of fast denials by the
//! sandbox, and of calls inside scripts that were refused.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

/// What was logged about the calls of a task.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    /// Calls that the sandbox stopped.
    denied: HashSet<String>,
    /// Results by call id.
    results: HashMap<String, Result>,
    /// Call ids of results, in order.
    order: Vec<String>,
}

/// What became of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Result {
    pub(super) tool: String,
    pub(super) arguments: String,
    pub(super) output: String,
    /// Time from its start to its end, in milliseconds.
    pub(super) duration: Option<u64>,
}

impl Log {
    /// Takes in one export.
    pub(super) fn add(&mut self, export: &Value) {
        let lists = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
        for resource in lists(export, "resourceLogs") {
            for scope in lists(&resource, "scopeLogs") {
                for record in lists(&scope, "logRecords") {
                    self.record(&attributes(&record));
                }
            }
        }
    }

    fn record(&mut self, about: &HashMap<String, String>) {
        let get = |key: &str| about.get(key).cloned().unwrap_or_default();
        let call = get("call_id");
        match get("event.name").as_str() {
            "codex.sandbox_outcome" if get("outcome") == "denied" => drop(self.denied.insert(call)),
            "codex.tool_result" => {
                let result = Result {
                    tool: get("tool_name"),
                    arguments: get("arguments"),
                    output: get("output"),
                    duration: get("duration_ms").parse().ok(),
                };
                self.order.push(call.clone());
                self.results.insert(call, result);
            }
            _ => {}
        }
    }

    /// Did the sandbox stop this call?
    pub(super) fn denied(&self, call: &str) -> bool {
        self.denied.contains(call)
    }

    /// What was logged of the end of this call.
    pub(super) fn result(&self, call: &str) -> Option<&Result> {
        self.results.get(call)
    }

    /// Has the end of this call been logged?
    pub(super) fn ended(&self, call: &str) -> bool {
        self.results.contains_key(call)
    }

    /// Results in the order of their logging.
    pub(super) fn results(&self) -> impl Iterator<Item = (&str, &Result)> {
        self.order.iter().filter_map(|call| Some((call.as_str(), self.results.get(call)?)))
    }
}

fn attributes(record: &Value) -> HashMap<String, String> {
    let list = record["attributes"].as_array().map_or(&[][..], Vec::as_slice);
    let pairs = list.iter().filter_map(|pair| {
        let value = pair["value"].as_object()?.values().next()?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Some((pair["key"].as_str()?.to_owned(), text))
    });
    pairs.collect()
}
