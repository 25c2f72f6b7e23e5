//! Hooks that are MCP tools. Servers are not started: what a tool would answer is known where the suite states it, where
//! the recording holds the answer to the very same call, and where Codex does not reach the tool at all.

use std::borrow::Cow;
use std::cell::OnceCell;

use serde_json::Value;

use super::EventHooks;
use super::payload::body;
use crate::action::Action;
use crate::boundary::Boundary;
use crate::boundary::mcp::Exposure;
use crate::engine::cell::ProcessOutcome;
use crate::engine::hook::{Moment as Told, Occasion, mcp_tool};
use crate::engine::moment::Moment;
use crate::plugin::ToolResult;
use crate::plugin::config::Value as Template;
use crate::transcript::{Call, Recorded, StepKind, Transcript};

/// The answers of MCP servers that a task's recordings hold, found when the first hook asks for one.
#[derive(Debug, Default)]
pub(in crate::engine) struct Answers(OnceCell<Vec<Answered>>);

/// A call and what came back.
#[derive(Debug)]
struct Answered {
    server: String,
    tool: String,
    arguments: Value,
    result: ToolResult,
}

impl Answers {
    /// The answer to a call; the error says why there is none.
    fn to(
        &self,
        transcripts: &[Transcript<'_>],
        server: &str,
        tool: &str,
        arguments: &Value,
    ) -> Result<&ToolResult, &'static str> {
        let all = self.0.get_or_init(|| answered(transcripts));
        let mut same = all.iter().filter(|one| {
            one.server == server && one.tool == tool && same_arguments(&one.arguments, arguments)
        });
        let first =
            same.next().ok_or("an MCP tool answers for this hook, and no such call of it is recorded")?;
        if same.any(|other| other.result != first.result) {
            return Err("an MCP tool answers for this hook, and gave different answers in the recording");
        }
        Ok(&first.result)
    }
}

/// Numbers are the same whichever way they are written.
fn same_arguments(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same_arguments(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, one)| other.get(key).is_some_and(|other| same_arguments(one, other)))
        }
        _ => one == other,
    }
}

fn answered(transcripts: &[Transcript<'_>]) -> Vec<Answered> {
    let steps = transcripts.iter().flat_map(|transcript| &transcript.steps);
    let calls = steps.filter_map(|step| match &step.kind {
        StepKind::Call(call) => Some(call),
        _ => None,
    });
    calls.filter_map(|call| of_call(call)).collect()
}

fn of_call(call: &Call<'_>) -> Option<Answered> {
    let Action::Mcp(made) = &call.action else { return None };
    if call.recorded() != Recorded::Ran {
        return None;
    }
    let item = call.item.as_ref();
    let arguments = item.and_then(|item| item.ran.as_deref()).unwrap_or(&made.arguments);
    let result = match item.and_then(|item| item.result) {
        Some(result) => given(result)?,
        None => ToolResult { text: body(&call.output?.text()).to_owned(), is_error: false },
    };
    Some(Answered {
        server: made.server.to_string(),
        tool: made.tool.to_string(),
        arguments: serde_json::from_str(arguments).ok()?,
        result,
    })
}

/// What a server gave, as JSON.
fn given(result: &str) -> Option<ToolResult> {
    let result: Value = serde_json::from_str(result).ok()?;
    let texts: Vec<&str> =
        result["content"].as_array()?.iter().filter_map(|part| part["text"].as_str()).collect();
    Some(ToolResult { text: texts.join("\n"), is_error: result["isError"] == true })
}

impl EventHooks {
    /// What comes of calling the tool; the error says why that is not known.
    pub(super) fn of_tool(
        &self,
        (server, tool, template): (&str, &str, &Template),
        occasion: &Occasion<'_>,
        told: &Told<'_>,
        boundary: &Boundary,
        moment: &Moment<'_>,
    ) -> Result<ProcessOutcome, Cow<'static, str>> {
        let input: Value =
            serde_json::from_slice(&occasion.stdin(told)).map_err(|error| Cow::Owned(error.to_string()))?;
        let arguments = match mcp_tool::filled(template, &input) {
            Ok(arguments) => arguments,
            Err(problem) => return Ok(mcp_tool::failed(&problem)),
        };
        if boundary.mcp.server(server).is_none() {
            return Ok(mcp_tool::failed(&format!("unknown MCP server '{server}'")));
        }
        if let Exposure::Hidden(rule) = boundary.mcp.tool(server, tool) {
            let reason = format!("tool '{tool}' is disabled for MCP server '{server}': {}", rule.text);
            return Ok(mcp_tool::failed(&reason));
        }
        if let Some(stated) = self.stated.result(server, tool) {
            return Ok(mcp_tool::outcome(stated));
        }
        let known = moment.answers.to(moment.transcripts, server, tool, &arguments);
        known.map(mcp_tool::outcome).map_err(Cow::Borrowed)
    }
}
