//! What Codex notes about a call beside its answer: finished items (`item_completed`) and the older `*_end` events.
//!
//! Items of calls that a code-mode script made have ids of their own (`exec-<uuid>`) and no link to the script but
//! their position. They are joined to the script's literal calls by kind and content; what joins none is itself
//! evidence of a call and becomes one.

mod agent;
mod command;
mod mcp;
mod patch;
mod web;

use std::borrow::Cow;

use super::prompt;
use super::reader::Reader;
use super::twins::Origin;
use super::{Item, Output};
use crate::action::{Action, ToolName};
pub(super) use web::web_search;

/// Kinds of finished items that no ruling needs.
const PASSED: &[&str] = &[
    "Reasoning",
    "Plan",
    "ContextCompaction",
    "EnteredReviewMode",
    "ExitedReviewMode",
    "HookPrompt",
    "ImageGeneration",
    "Sleep",
    "SubAgentActivity",
    "Error",
    "TodoList",
    "DynamicToolCall",
];

/// Reads an event that tells of a finished call; `false` when it is of another kind.
pub(super) fn event(reader: &mut Reader<'_>, kind: &str) -> bool {
    match kind {
        "item_completed" => item_completed(reader),
        "exec_command_end" => command::command(reader, "call_id"),
        "patch_apply_end" => patch::patch(reader, "call_id"),
        "mcp_tool_call_end" => mcp::mcp_end(reader),
        "web_search_end" => {
            let id = reader.fields.text_or_empty("call_id");
            let action = reader.fields.get("action").unwrap_or("{}");
            web_search(reader, Origin::Event, id, action);
        }
        "view_image_tool_call" => {
            let id = reader.fields.text_or_empty("call_id");
            let path = reader.fields.text_or_empty("path");
            web::viewed_image(reader, id, path);
        }
        "guardian_assessment" => agent::guardian(reader),
        "collab_agent_spawn_end" => {
            let id = reader.fields.text_or_empty("call_id");
            let thread = reader.fields.text("new_thread_id");
            let action = agent::spawned(&reader.fields);
            agent::child(reader, id, thread, action);
        }
        "sub_agent_activity" => {
            let id = reader.fields.text_or_empty("event_id");
            let thread = reader.fields.text("agent_thread_id");
            if let Some(call) = reader.find(&id).and_then(|step| reader.call_at(step))
                && matches!(call.action, Action::Spawn(_))
                && call.child_thread.is_none()
            {
                call.child_thread = thread;
            }
        }
        _ => return false,
    }
    true
}

fn item_completed(reader: &mut Reader<'_>) {
    let Some(item) = reader.fields.get("item") else { return };
    if reader.fields.fill(item, 0).is_none() {
        return reader.broken();
    }
    let kind = reader.fields.word("type");
    match kind {
        "CommandExecution" => command::command(reader, "id"),
        "FileChange" => patch::patch(reader, "id"),
        "McpToolCall" => mcp::mcp_item(reader),
        "CollabAgentToolCall" => agent::collab(reader),
        "UserMessage" => {
            let content = reader.fields.get("content").unwrap_or("[]");
            let text = prompt::joined(content);
            reader.prompt(Origin::Item, text);
        }
        "AgentMessage" => {
            let content = reader.fields.get("content").unwrap_or("[]");
            let text = prompt::joined(content);
            reader.message(Origin::Item, text);
        }
        "WebSearch" => {
            let id = reader.fields.text_or_empty("id");
            let action = reader.fields.get("action").unwrap_or("{}");
            web_search(reader, Origin::Item, id, action);
        }
        "ImageView" => {
            let id = reader.fields.text_or_empty("id");
            let path = reader.fields.text_or_empty("path");
            web::viewed_image(reader, id, path);
        }
        _ if PASSED.contains(&kind) => {}
        _ => reader.out.tally.count_unknown("event_msg/item_completed", kind),
    }
}

/// The step that an item is about: the call of its id, or a literal call of a script that `fits`.
/// `None` when there is none, but the item is to be a call of its own; `Err` when it is to be left out.
fn target(
    reader: &mut Reader<'_>,
    id: &str,
    fits: impl Fn(&Action<'_>) -> bool,
) -> Result<Option<usize>, Dropped> {
    if let Some(step) = reader.find(id) {
        return Ok(Some(step));
    }
    if reader.was_dropped(id) {
        return Err(Dropped);
    }
    Ok(reader.take_open(fits))
}

/// The item belongs to a turn that was rolled back.
struct Dropped;

/// Adds the call that an item alone gives evidence of.
fn evidence<'t>(
    reader: &mut Reader<'t>,
    id: Cow<'t, str>,
    name: &'static str,
    action: Action<'t>,
    arguments: Cow<'t, str>,
) -> usize {
    let tool = ToolName { namespace: "".into(), name: name.into() };
    let parent = reader.code.and_then(|code| Some(reader.call_at(code)?.id.clone()));
    match parent {
        Some(parent) => reader.nested(parent, id, tool, action, arguments),
        None => reader.call(id, tool, action, arguments),
    }
}

fn note<'t>(reader: &mut Reader<'t>, step: usize, item: Item<'t>, captured: Option<&'t str>) {
    let Some(call) = reader.call_at(step) else { return };
    if call.output.is_none() && call.parent.is_some() {
        call.output = captured.map(Output::captured);
    }
    call.item = Some(item);
}
