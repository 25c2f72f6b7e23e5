//! Rollouts of `{timestamp, type, payload}` lines, from September 2025 on.

use std::borrow::Cow;

use super::context::{self, Environment};
use super::finished;
use super::head::{Head, payload_type};
use super::inherit::Meta;
use super::json::Object;
use super::prompt::{self, Part};
use super::reader::Reader;
use super::twins::Origin;
use super::{Context, StepKind, shell, tool};
use crate::action::{Action, Dialect, ToolName};

/// Types of lines.
const KINDS: &[&str] = &[
    "response_item",
    "event_msg",
    "turn_context",
    "session_meta",
    "compacted",
    "world_state",
    "token_usage_record",
    "inter_agent_communication",
    "inter_agent_communication_metadata",
    "dynamic_tools_updated",
    "security_risk_score",
    "realtime_item",
];

/// Types of conversation items; in bare rollouts they are the lines.
pub(super) const ITEMS: &[&str] = &[
    "message",
    "function_call",
    "function_call_output",
    "reasoning",
    "custom_tool_call",
    "custom_tool_call_output",
    "local_shell_call",
    "local_shell_call_output",
    "tool_search_call",
    "tool_search_output",
    "web_search_call",
    "image_generation_call",
    "agent_message",
    "additional_tools",
    "compaction",
    "compaction_summary",
    "compaction_trigger",
    "context_compaction",
    "configuration_update",
    "ghost_snapshot",
    "item_reference",
    "other",
];

/// Items that no ruling needs.
const PASSED_ITEMS: &[&str] = &[
    "reasoning",
    "additional_tools",
    "agent_message",
    "compaction",
    "compaction_summary",
    "compaction_trigger",
    "context_compaction",
    "configuration_update",
    "ghost_snapshot",
    "item_reference",
    "other",
];

/// Events that no ruling needs: they repeat what items tell, or concern the display.
const PASSED_EVENTS: &[&str] = &[
    "agent_reasoning",
    "agent_reasoning_raw_content",
    "agent_reasoning_section_break",
    "agent_message_delta",
    "agent_reasoning_delta",
    "background_event",
    "collab_agent_interaction_begin",
    "collab_agent_interaction_end",
    "collab_agent_spawn_begin",
    "collab_close_begin",
    "collab_close_end",
    "collab_resume_begin",
    "collab_resume_end",
    "collab_waiting_begin",
    "collab_waiting_end",
    "deprecation_notice",
    "entered_review_mode",
    "error",
    "exec_command_begin",
    "exec_command_output_delta",
    "exited_review_mode",
    "image_generation_begin",
    "image_generation_end",
    "item_started",
    "mcp_startup_complete",
    "mcp_startup_update",
    "mcp_tool_call_begin",
    "model_reroute",
    "model_verification",
    "patch_apply_begin",
    "patch_apply_updated",
    "plan_delta",
    "plan_update",
    "session_configured",
    "shutdown_complete",
    "skills_update_available",
    "stream_error",
    "terminal_interaction",
    "thread_goal_updated",
    "thread_name_updated",
    "thread_settings_applied",
    "turn_diff",
    "turn_moderation_metadata",
    "undo_completed",
    "undo_started",
    "warning",
    "web_search_begin",
];

/// Whether lines of this type are known.
pub(super) fn knows(kind: &str) -> bool {
    KINDS.contains(&kind)
}

/// Reads a line; `None` when it is not JSON.
pub(super) fn line<'t>(reader: &mut Reader<'t>, head: &Head<'t>, line: &'t str, at: usize) -> Option<()> {
    reader.inheritance.line(head.ordinal, reader.out.steps.len());
    let passed = match head.kind {
        "response_item" => payload_type(line, at).is_some_and(|kind| PASSED_ITEMS.contains(&kind)),
        "event_msg" => match payload_type(line, at) {
            Some("token_count") => {
                remember_usage(reader, line, at);
                true
            }
            Some(kind) => PASSED_EVENTS.contains(&kind),
            None => false,
        },
        "token_usage_record" | "compacted" | "session_meta" | "turn_context" => false,
        _ => true,
    };
    if passed && !reader.hides_call(&line[at..]) {
        return Some(());
    }
    if head.kind == "turn_context" && line[at..] == *reader.last_context {
        return Some(());
    }
    let mut fields = std::mem::take(&mut reader.fields);
    let read = fields.fill(line, at);
    reader.fields = fields;
    read?;
    let kind = reader.fields.word("type");
    match head.kind {
        "response_item" => item(reader, kind),
        "event_msg" => event(reader, kind),
        "turn_context" => turn_context(reader, &line[at..]),
        "session_meta" => session_meta(reader),
        "compacted" => compacted(reader),
        "token_usage_record" => {
            if let Some(usage) = reader.fields.get("thread_token_usage") {
                reader.usage = usage;
            }
        }
        _ => {}
    }
    Some(())
}

/// Keeps the counts of a `token_count` event for the end; only the last ones are decoded.
fn remember_usage<'t>(reader: &mut Reader<'t>, line: &'t str, at: usize) {
    const TOTAL: &str = r#"{"type":"token_count","info":{"total_token_usage":"#;
    if line.get(at..).is_some_and(|payload| payload.starts_with(TOTAL)) {
        let start = at + TOTAL.len();
        if let Some(end) = super::json::skip_value(line.as_bytes(), start) {
            reader.usage = &line[start..end];
        }
    } else if let Some(payload) = Object::parse_at(line, at) {
        let usage = payload.object("info").and_then(|info| info.get("total_token_usage"));
        reader.usage = usage.unwrap_or(reader.usage);
    }
}

fn session_meta(reader: &mut Reader<'_>) {
    let steps = reader.out.steps.len();
    match reader.inheritance.session(&reader.fields, reader.at, steps) {
        Meta::Own => reader.out.session = context::session(&reader.fields),
        Meta::Foreign if reader.out.tally.second_session == 0 => {
            reader.out.tally.second_session = reader.line;
        }
        _ => {}
    }
}

fn turn_context<'t>(reader: &mut Reader<'t>, payload: &'t str) {
    reader.last_context = payload;
    let context = context::context(&reader.fields);
    reader.inheritance.turn(&context.turn, reader.at, reader.out.steps.len());
    reader.out.contexts.push(context);
}

/// Adds a summary of the history. The items that replace the history are copies and are not looked at.
fn compacted(reader: &mut Reader<'_>) {
    // The summary itself stands before it, as if the agent had said it.
    let summary = reader.fields.text_or_empty("message");
    let last = reader.out.steps.last().map(|step| &step.kind);
    if matches!(last, Some(StepKind::Message(text)) if !summary.is_empty() && summary.ends_with(text.as_ref()))
    {
        reader.out.steps.pop();
        reader.said.truncate(reader.out.steps.len());
    }
    reader.compactions.0 += 1;
    if reader.compactions.0 > reader.compactions.1 {
        reader.push(StepKind::Compacted);
    }
}

/// Reads a conversation item whose fields are at hand.
pub(super) fn item(reader: &mut Reader<'_>, kind: &str) {
    match kind {
        "message" => message(reader),
        "function_call" => function_call(reader),
        "custom_tool_call" => custom_call(reader),
        "function_call_output" | "custom_tool_call_output" | "local_shell_call_output" => {
            if let Some(output) = reader.fields.get("output") {
                let id = reader.fields.text_or_empty("call_id");
                reader.answer(&id, output);
            }
        }
        "tool_search_output" => {
            if let Some(tools) = reader.fields.get("tools") {
                let id = reader.fields.text_or_empty("call_id");
                reader.answer(&id, tools);
            }
        }
        "local_shell_call" => {
            let action = reader.fields.get("action").unwrap_or("null");
            hosted_call(reader, "local_shell", action, shell::local_shell(action));
        }
        "web_search_call" => web_search(reader),
        "tool_search_call" => {
            let arguments = reader.fields.get("arguments").unwrap_or("{}");
            builtin(reader, "tool_search", arguments);
        }
        "image_generation_call" => builtin(reader, "image_generation", ""),
        _ if PASSED_ITEMS.contains(&kind) => {}
        _ => reader.out.tally.count_unknown("response_item", kind),
    }
}

fn message(reader: &mut Reader<'_>) {
    let Some(content) = reader.fields.get("content") else { return };
    match reader.fields.word("role") {
        "assistant" => reader.message(Origin::Response, prompt::joined(content)),
        "user" => user_message(reader, content),
        _ => {}
    }
}

fn user_message<'t>(reader: &mut Reader<'t>, content: &'t str) {
    let mut asked = Vec::new();
    for text in prompt::texts(content) {
        match prompt::part(text) {
            Part::Asked(text) => asked.push(text),
            Part::Skill(name) => {
                reader.push(StepKind::SkillInjected(name));
            }
            Part::Environment(text) => environment(reader, &text),
            Part::Continuation(text) => {
                reader.push(StepKind::Continued(text));
            }
            Part::Injected => {}
        }
    }
    reader.prompt(Origin::Response, prompt::join(asked.into_iter()));
}

/// Takes settings from an `<environment_context>` message: the shell always, the rest in bare rollouts, which
/// have them nowhere else.
fn environment(reader: &mut Reader<'_>, text: &str) {
    let environment = Environment::parse(text);
    reader.dialect = match environment.shell.as_str() {
        "powershell" | "pwsh" => Dialect::PowerShell,
        "cmd" => Dialect::Cmd,
        _ => Dialect::Posix,
    };
    if reader.out.format != super::Format::BareRollout {
        return;
    }
    if reader.out.session.cwd.is_empty() {
        reader.out.session.cwd = Cow::Owned(environment.cwd.clone());
    }
    reader.out.contexts.push(Context {
        cwd: environment.cwd.into(),
        approval_policy: environment.approval_policy.into(),
        network: environment.network || environment.sandbox_mode == "danger-full-access",
        sandbox_mode: environment.sandbox_mode.into(),
        ..Context::default()
    });
}

fn function_call(reader: &mut Reader<'_>) {
    let fields = &reader.fields;
    let tool = ToolName { namespace: fields.text_or_empty("namespace"), name: fields.text_or_empty("name") };
    let id = call_id(fields);
    // Arguments are a string that holds JSON; some third-party writers put the JSON itself.
    let raw = fields.get("arguments").unwrap_or("\"\"");
    let arguments = super::json::string(raw).unwrap_or(Cow::Borrowed(raw));
    let action = if tool.namespace.is_empty() && tool.name == "exec_command" {
        let heeded = super::shell::heeded(&arguments, &reader.out.session.cli_version);
        tool::function(tool.clone(), &heeded, reader.dialect)
    } else {
        tool::function(tool.clone(), &arguments, reader.dialect)
    };
    reader.call(id, tool, action, arguments);
}

fn custom_call(reader: &mut Reader<'_>) {
    let fields = &reader.fields;
    let tool = ToolName { namespace: fields.text_or_empty("namespace"), name: fields.text_or_empty("name") };
    let (id, input) = (call_id(fields), fields.text_or_empty("input"));
    let action = tool::custom(tool.clone(), &input);
    reader.call(id, tool, action, input);
}

fn call_id<'t>(fields: &Object<'t>) -> Cow<'t, str> {
    fields.text("call_id").or_else(|| fields.text("id")).unwrap_or_default()
}

/// Adds a call of a tool that has an item type of its own.
fn hosted_call<'t>(
    reader: &mut Reader<'t>,
    name: &'static str,
    arguments: &'t str,
    action: Result<Action<'t>, serde_json::Error>,
) -> usize {
    let tool = ToolName { namespace: "".into(), name: name.into() };
    let action =
        action.unwrap_or_else(|error| Action::Malformed { tool: tool.clone(), error: error.to_string() });
    reader.call(call_id(&reader.fields), tool, action, Cow::Borrowed(arguments))
}

fn builtin<'t>(reader: &mut Reader<'t>, name: &'static str, arguments: &'t str) {
    let tool = ToolName { namespace: "".into(), name: name.into() };
    hosted_call(reader, name, arguments, Ok(Action::Builtin(tool)));
}

fn web_search(reader: &mut Reader<'_>) {
    let action = reader.fields.get("action").unwrap_or("{}");
    finished::web_search(reader, Origin::Response, call_id(&reader.fields), action);
}

/// Reads an event whose fields are at hand.
fn event(reader: &mut Reader<'_>, kind: &str) {
    match kind {
        "user_message" => {
            let kind = reader.fields.word("kind");
            if kind.is_empty() || kind == "plain" {
                let text = reader.fields.text_or_empty("message");
                reader.prompt(Origin::Event, text);
            }
        }
        "agent_message" => {
            let text = reader.fields.text_or_empty("message");
            reader.message(Origin::Event, text);
        }
        "task_started" | "turn_started" => {
            let turn = reader.fields.text_or_empty("turn_id");
            reader.inheritance.turn(&turn, reader.at, reader.out.steps.len());
        }
        "turn_aborted" => {
            let reason = reader.fields.text_or_empty("reason");
            reader.abort(reason);
        }
        "task_complete" | "turn_complete" => {
            let failed = reader.fields.get("error").is_some_and(|error| error != "null");
            reader.push(StepKind::Ended { failed });
        }
        "thread_rolled_back" => {
            let turns = reader.fields.integer("num_turns").unwrap_or(0);
            reader.roll_back(usize::try_from(turns).unwrap_or(0));
        }
        "context_compacted" => {
            reader.compactions.1 += 1;
            if reader.compactions.1 > reader.compactions.0 {
                reader.push(StepKind::Compacted);
            }
        }
        "token_count" => {
            let usage = reader.fields.object("info").and_then(|info| info.get("total_token_usage"));
            reader.usage = usage.unwrap_or(reader.usage);
        }
        _ if finished::event(reader, kind) => {}
        _ if PASSED_EVENTS.contains(&kind) => {}
        _ => reader.out.tally.count_unknown("event_msg", kind),
    }
}
