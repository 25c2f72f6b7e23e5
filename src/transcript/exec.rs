//! The event log that `codex exec --json` prints.
//!
//! Items have ids of their own (`item_3`), no arguments beyond the command line, and no record of calls that were
//! refused. An item is told when it starts, when it changes and when it is completed; the last word counts.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::json::{Object, elements};
use super::reader::Reader;
use super::shell::{command_of_line, plain};
use super::twins::Origin;
use super::{Item, Output, StepKind, tool};
use crate::action::{Action, McpCall, Spawn, ToolName};

const EVENTS: &[&str] = &[
    "thread.started",
    "turn.started",
    "turn.completed",
    "turn.failed",
    "item.started",
    "item.updated",
    "item.completed",
    "error",
];

/// Whether lines of this type are known.
pub(super) fn knows(kind: &str) -> bool {
    EVENTS.contains(&kind)
}

/// Reads a line; `None` when it is not JSON.
pub(super) fn line<'t>(reader: &mut Reader<'t>, kind: &str, line: &'t str) -> Option<()> {
    reader.fields.fill(line, 0)?;
    match kind {
        "thread.started" => {
            let id = reader.fields.text_or_empty("thread_id");
            if reader.out.session.id.is_empty() {
                reader.out.session.id = id;
            } else if reader.out.session.id != id && reader.out.tally.second_session == 0 {
                reader.out.tally.second_session = reader.line;
            }
        }
        "turn.completed" => {
            reader.usage = reader.fields.get("usage").unwrap_or(reader.usage);
            reader.push(StepKind::Ended { failed: false });
        }
        "turn.failed" => {
            let error = reader.fields.object("error").unwrap_or_default();
            reader.abort(error.text_or_empty("message"));
        }
        "item.started" | "item.updated" | "item.completed" => {
            let item = reader.fields.get("item")?;
            reader.fields.fill(item, 0)?;
            item_event(reader, kind == "item.completed");
        }
        _ => {}
    }
    Some(())
}

fn item_event(reader: &mut Reader<'_>, completed: bool) {
    match reader.fields.word("type") {
        "agent_message" if completed => {
            let text = reader.fields.text_or_empty("text");
            reader.message(Origin::Event, text);
        }
        "agent_message" | "reasoning" | "todo_list" | "error" => {}
        "command_execution" => command(reader, completed),
        "file_change" => file_change(reader, completed),
        "mcp_tool_call" => mcp(reader, completed),
        "collab_tool_call" => collab(reader, completed),
        "web_search" => web_search(reader, completed),
        kind => reader.out.tally.count_unknown("item", kind),
    }
}

/// The step of the item at hand; the first record of an item makes it a call.
fn step<'t>(
    reader: &mut Reader<'t>,
    name: &'static str,
    arguments: Cow<'t, str>,
    action: impl FnOnce(&Object<'t>) -> Action<'t>,
) -> usize {
    let id = reader.fields.text_or_empty("id");
    if let Some(step) = reader.find(&id) {
        // Ids start again in every run; a finished item of the same id is another one.
        let call = reader.call_at(step);
        let open =
            call.is_some_and(|call| call.item.as_ref().is_none_or(|item| item.status == "in_progress"));
        if open && !id.is_empty() {
            return step;
        }
    }
    let action = action(&reader.fields);
    reader.call(id, ToolName { namespace: "".into(), name: name.into() }, action, arguments)
}

fn finish<'t>(reader: &mut Reader<'t>, step: usize, item: Item<'t>, output: Option<&'t str>) {
    let line = reader.line;
    if let Some(call) = reader.call_at(step) {
        if item.status != "in_progress" {
            call.output = output.map(Output::captured);
            call.answered.get_or_insert(line);
        }
        call.item = Some(item);
    }
}

/// What an item says of itself; searches of the web have no status.
fn item<'t>(fields: &Object<'t>, completed: bool) -> Item<'t> {
    let status = if completed { "completed" } else { "in_progress" };
    Item {
        status: fields.text("status").unwrap_or(Cow::Borrowed(status)),
        exit_code: fields.integer("exit_code"),
        error: fields.object("error").and_then(|error| error.text("message")),
        ..Item::default()
    }
}

fn command(reader: &mut Reader<'_>, completed: bool) {
    let line = reader.fields.text_or_empty("command");
    let (note, output) = (item(&reader.fields, completed), reader.fields.get("aggregated_output"));
    let step =
        step(reader, "exec_command", line.clone(), |_| Action::Shell(plain(command_of_line(line), None)));
    finish(reader, step, note, output);
}

/// The log names the changed files without their content.
fn file_change(reader: &mut Reader<'_>, completed: bool) {
    let changes = reader.fields.get("changes").unwrap_or("[]");
    let note = item(&reader.fields, completed);
    let step = step(reader, "apply_patch", Cow::Borrowed(changes), |_| {
        let mut text = String::from("*** Begin Patch\n");
        for change in elements(changes).filter_map(Object::parse) {
            let path = change.text_or_empty("path");
            let verb = match change.word("kind") {
                "add" => "Add",
                "delete" => "Delete",
                _ => "Update",
            };
            let _ = writeln!(text, "*** {verb} File: {path}");
        }
        Action::Patch(Cow::Owned(text + "*** End Patch"))
    });
    finish(reader, step, note, None);
}

fn mcp(reader: &mut Reader<'_>, completed: bool) {
    let (note, result) = (item(&reader.fields, completed), reader.fields.get("result"));
    let arguments = Cow::Borrowed(reader.fields.get("arguments").unwrap_or("{}"));
    let step = step(reader, "mcp_tool_call", arguments.clone(), |fields| {
        let (server, name) = (fields.text_or_empty("server"), fields.text_or_empty("tool"));
        if server == "codex" {
            return Action::Builtin(ToolName { namespace: server, name });
        }
        Action::Mcp(McpCall { server, tool: name, arguments })
    });
    finish(reader, step, note, result);
}

fn collab(reader: &mut Reader<'_>, completed: bool) {
    let fields = &reader.fields;
    let note = item(fields, completed);
    let thread = fields.get("receiver_thread_ids");
    let thread = thread.and_then(|list| elements(list).find_map(super::json::string));
    let prompt = fields.text_or_empty("prompt");
    let spawns = fields.word("tool") == "spawn_agent";
    let name = fields.text_or_empty("tool");
    let step = step(reader, "collab_tool_call", prompt.clone(), |_| {
        if spawns {
            return Action::Spawn(Spawn { role: None, prompt });
        }
        Action::Builtin(ToolName { namespace: "".into(), name })
    });
    finish(reader, step, note, None);
    if let Some(call) = reader.call_at(step).filter(|_| spawns) {
        call.child_thread = thread.or(call.child_thread.take());
    }
}

fn web_search(reader: &mut Reader<'_>, completed: bool) {
    let (note, action) = (item(&reader.fields, completed), reader.fields.get("action").unwrap_or("{}"));
    let query = reader.fields.text_or_empty("query");
    let step = step(reader, "web_search", Cow::Borrowed(action), |_| match tool::web_search(action) {
        Ok(Action::WebSearch(text)) if !text.is_empty() => Action::WebSearch(text),
        _ => Action::WebSearch(query),
    });
    finish(reader, step, note, None);
}
