//! A call of a scenario as the item that a model sends, and as the lines that a recording holds of it.

use serde_json::{Map, Value, json};

use super::scenario::{Call, OneCall, Person, Step};

/// A call with its id.
#[derive(Clone, Debug)]
pub(crate) struct NamedCall {
    /// Id, unique in the scenario.
    pub(crate) id: String,
    /// The call.
    pub(crate) call: Call,
}

/// Numbers the calls of a scenario as they come.
#[derive(Debug, Default)]
pub(crate) struct Numbering(u32);

impl Numbering {
    /// The calls of a step.
    pub(crate) fn calls(&mut self, step: &Step) -> Vec<NamedCall> {
        step.calls().iter().map(|call| self.call(call)).collect()
    }

    fn call(&mut self, call: &OneCall) -> NamedCall {
        let call = match call {
            OneCall::Command(run) => Call { run: Some(run.clone()), ..Call::default() },
            OneCall::Full(call) => Call::clone(call),
        };
        self.0 += 1;
        NamedCall { id: call.id.clone().unwrap_or_else(|| format!("c{}", self.0)), call }
    }
}

impl NamedCall {
    /// The item that the model sends.
    pub(crate) fn item(&self) -> Value {
        let Call { run, patch, js, mcp, tool, spawn, raw, with, escalate, .. } = &self.call;
        let mut given: Map<String, Value> = with.clone().into_iter().collect();
        if let Some(run) = run {
            given.insert("cmd".into(), json!(run));
            if *escalate {
                given.insert("sandbox_permissions".into(), json!("require_escalated"));
                given.entry("justification").or_insert_with(|| json!("it is needed"));
            }
            return self.function("", "exec_command", given);
        }
        if let Some(text) = patch.as_ref().or(js.as_ref()) {
            let name = if patch.is_some() { "apply_patch" } else { "exec" };
            return json!({"type": "custom_tool_call", "name": name, "call_id": self.id, "input": text});
        }
        if let Some(name) = mcp {
            let (server, tool) = name.split_once('/').unwrap_or((name, ""));
            return self.function(&format!("mcp__{server}"), tool, given);
        }
        if let Some(task) = spawn {
            given.insert("message".into(), json!(task));
            return self.function("multi_agent_v1", "spawn_agent", given);
        }
        if let Some(name) = tool {
            let (namespace, name) = name.rsplit_once('/').unwrap_or(("", name));
            return self.function(namespace, name, given);
        }
        let mut item = raw.clone().unwrap_or_else(|| json!({}));
        if let Some(item) = item.as_object_mut() {
            item.entry("call_id").or_insert_with(|| json!(self.id));
        }
        item
    }

    fn function(&self, namespace: &str, name: &str, given: Map<String, Value>) -> Value {
        let arguments = Value::Object(given).to_string();
        let mut item =
            json!({"type": "function_call", "name": name, "call_id": self.id, "arguments": arguments});
        if let (false, Some(item)) = (namespace.is_empty(), item.as_object_mut()) {
            item.insert("namespace".into(), json!(namespace));
        }
        item
    }

    /// What the model was answered in the recording: the call ran, unless the person declined it.
    pub(crate) fn output(&self, child: Option<&str>) -> Option<Value> {
        let Call { run, js, mcp, patch, spawn, output, exit, running, person, .. } = &self.call;
        let declined = *person == Some(Person::Declined);
        let text = |default: &str| output.clone().unwrap_or_else(|| default.to_owned());
        let custom = matches!(self.kind(), Some("custom_tool_call"));
        let told = if self.call.open {
            let after = if run.is_some() {
                "Wall time: 1.0 seconds\naborted by user"
            } else {
                "aborted by user after 1.0s"
            };
            json!(after)
        } else if let (Some(_), true) = (run, declined) {
            json!(r#"exec_command failed: CreateProcess { message: "Rejected(\"rejected by user\")" }"#)
        } else if run.is_some() {
            let state = match running {
                Some(number) => format!("Process running with session ID {number}"),
                None => format!("Process exited with code {exit}"),
            };
            json!(format!(
                "Chunk ID: a1b2c3\nWall time: 0.0100 seconds\n{state}\nOriginal token count: 1\nOutput:\n{}",
                text("ok\n")
            ))
        } else if mcp.is_some() {
            let said = if declined { "user rejected MCP tool call".to_owned() } else { text("ok") };
            json!([{"type": "input_text", "text": "Wall time: 0.0042 seconds\nOutput:"}, {"type": "input_text", "text": said}])
        } else if patch.is_some() && declined {
            json!("patch rejected by user")
        } else if patch.is_some() {
            json!(text(
                "Exit code: 0\nWall time: 0 seconds\nOutput:\nSuccess. Updated the following files:\n"
            ))
        } else if js.is_some() {
            json!([
                {"type": "input_text", "text": "Script completed\nWall time 0.1 seconds\nOutput:\n"},
                {"type": "input_text", "text": text("ok\n")},
            ])
        } else if spawn.is_some() {
            json!(json!({"agent_id": child, "nickname": "Ada"}).to_string())
        } else {
            json!(text("ok"))
        };
        let kind = if custom { "custom_tool_call_output" } else { "function_call_output" };
        self.kind()?;
        Some(json!({"type": kind, "call_id": self.id, "output": told}))
    }

    /// Type of the item, when it is one that is answered.
    fn kind(&self) -> Option<&'static str> {
        let Some(raw) = &self.call.raw else {
            let custom = self.call.patch.is_some() || self.call.js.is_some();
            return Some(if custom { "custom_tool_call" } else { "function_call" });
        };
        match raw.get("type").and_then(Value::as_str) {
            Some("function_call") => Some("function_call"),
            Some("custom_tool_call") => Some("custom_tool_call"),
            _ => None,
        }
    }
}
