//! What Codex notes about a call beside its answer: finished items (`item_completed`) and the older `*_end` events.
//!
//! Items of calls that a code-mode script made have ids of their own (`exec-<uuid>`) and no link to the script but
//! their position. They are joined to the script's literal calls by kind and content; what joins none is itself
//! evidence of a call and becomes one.

use std::borrow::Cow;

use super::json::{Object, elements, string, word};
use super::prompt;
use super::reader::Reader;
use super::shell::{command_of, essence, plain};
use super::tool;
use super::twins::Origin;
use super::{Guardian, Item, Output, StepKind};
use crate::action::{Action, McpCall, Spawn, ToolName};

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
        "exec_command_end" => command(reader, "call_id"),
        "patch_apply_end" => patch(reader, "call_id"),
        "mcp_tool_call_end" => mcp_end(reader),
        "web_search_end" => {
            let id = reader.fields.text_or_empty("call_id");
            let action = reader.fields.get("action").unwrap_or("{}");
            web_search(reader, Origin::Event, id, action);
        }
        "view_image_tool_call" => {
            let id = reader.fields.text_or_empty("call_id");
            let path = reader.fields.text_or_empty("path");
            viewed_image(reader, id, path);
        }
        "guardian_assessment" => guardian(reader),
        "collab_agent_spawn_end" => {
            let id = reader.fields.text_or_empty("call_id");
            let thread = reader.fields.text("new_thread_id");
            let action = spawned(&reader.fields);
            child(reader, id, thread, action);
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
        "CommandExecution" => command(reader, "id"),
        "FileChange" => patch(reader, "id"),
        "McpToolCall" => mcp_item(reader),
        "CollabAgentToolCall" => collab(reader),
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
            viewed_image(reader, id, path);
        }
        _ if PASSED.contains(&kind) => {}
        _ => reader.out.tally.count_unknown("event_msg/item_completed", kind),
    }
}

/// The step that an item is about: the call of its id, or a literal call of the running script that `fits`.
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
    let Some(code) = reader.code else { return Ok(None) };
    let Some(parent) = reader.call_at(code).map(|call| call.id.clone()) else { return Ok(None) };
    for step in code + 1..reader.out.steps.len() {
        if let StepKind::Call(call) = &reader.out.steps[step].kind
            && call.parent.as_ref() == Some(&parent)
            && call.item.is_none()
            && fits(&call.action)
        {
            return Ok(Some(step));
        }
    }
    Ok(None)
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
        Some(parent) => reader.nested(&parent, id, tool, action, arguments),
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

fn command(reader: &mut Reader<'_>, id: &str) {
    let fields = &reader.fields;
    let id = fields.text_or_empty(id);
    let words: Vec<_> = elements(fields.get("command").unwrap_or("[]")).filter_map(string).collect();
    let command = command_of(words);
    let mut item = Item {
        status: fields.text_or_empty("status"),
        exit_code: fields.integer("exit_code"),
        ..Item::default()
    };
    let output = fields.get("aggregated_output");
    let by_person = matches!(fields.word("source"), "user_shell" | "userShell");
    let folder = fields.text("cwd").map(file_path);
    let text = essence(&command).into_owned();
    let fits =
        |action: &Action<'_>| matches!(action, Action::Shell(shell) if essence(&shell.command) == text);
    match target(reader, &id, fits) {
        Err(Dropped) => {}
        Ok(Some(step)) => {
            if let Some(Action::Shell(shell)) = reader.call_at(step).map(|call| &call.action)
                && essence(&shell.command) != text
            {
                item.ran = Some(Cow::Owned(text));
            }
            note(reader, step, item, output);
        }
        // `!command` of a person is not the agent's doing.
        Ok(None) if by_person => {}
        Ok(None) => {
            let action = Action::Shell(plain(command, folder));
            let step = evidence(reader, id, "exec_command", action, Cow::Owned(text));
            note(reader, step, item, output);
            if let Some(call) = reader.call_at(step) {
                call.output = output.map(Output::captured);
            }
        }
    }
}

/// The path of a `file://` address; other texts stay.
fn file_path(folder: Cow<'_, str>) -> Cow<'_, str> {
    let Some(rest) = folder.strip_prefix("file://") else { return folder };
    let mut bytes = Vec::with_capacity(rest.len());
    let mut at = 0;
    while let Some(byte) = rest.as_bytes().get(at) {
        let code = rest.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code.filter(|_| *byte == b'%') {
            Some(code) => bytes.push(code),
            None => bytes.push(*byte),
        }
        at += if *byte == b'%' && code.is_some() { 3 } else { 1 };
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

fn patch(reader: &mut Reader<'_>, id: &str) {
    let fields = &reader.fields;
    let id = fields.text_or_empty(id);
    let failed = fields.get("success") == Some("false");
    let status = fields.text("status").unwrap_or(if failed { "failed".into() } else { "completed".into() });
    let output = fields.get("stdout");
    let changes = fields.get("changes").unwrap_or("{}");
    let item = Item { status, ..Item::default() };
    match target(reader, &id, |action| matches!(action, Action::Patch(_))) {
        Err(Dropped) => {}
        Ok(Some(step)) => note(reader, step, item, output),
        Ok(None) => {
            let text = patch_text(changes);
            let step = evidence(reader, id, "apply_patch", Action::Patch(text.clone().into()), text.into());
            note(reader, step, item, output);
            if let Some(call) = reader.call_at(step) {
                call.output = output.map(Output::captured);
            }
        }
    }
}

/// Writes recorded changes in Codex's patch format.
fn patch_text(changes: &str) -> String {
    let mut text = String::from("*** Begin Patch\n");
    for (path, change) in Object::parse(changes).unwrap_or_default().fields() {
        let path = string(&format!("\"{path}\"")).unwrap_or_default().into_owned();
        let Some(change) = Object::parse(change) else { continue };
        match change.word("type") {
            "add" => {
                text.push_str(&format!("*** Add File: {path}\n"));
                for line in change.text_or_empty("content").lines() {
                    text.push_str(&format!("+{line}\n"));
                }
            }
            "delete" => text.push_str(&format!("*** Delete File: {path}\n")),
            _ => {
                text.push_str(&format!("*** Update File: {path}\n"));
                if let Some(target) = change.text("move_path") {
                    text.push_str(&format!("*** Move to: {target}\n"));
                }
                let diff = change.text_or_empty("unified_diff");
                for line in diff.lines().filter(|line| !line.starts_with("---") && !line.starts_with("+++")) {
                    let line = if line.starts_with("@@") { "@@" } else { line };
                    if !line.starts_with('\\') {
                        text.push_str(&format!("{line}\n"));
                    }
                }
            }
        }
    }
    text + "*** End Patch"
}

fn mcp_item(reader: &mut Reader<'_>) {
    let fields = &reader.fields;
    let id = fields.text_or_empty("id");
    let call = McpCall {
        server: fields.text_or_empty("server"),
        tool: fields.text_or_empty("tool"),
        arguments: Cow::Borrowed(fields.get("arguments").unwrap_or("{}")),
    };
    let error = fields.object("error").and_then(|error| error.text("message"));
    let item = Item {
        status: fields.text_or_empty("status"),
        never_ran: fields.object("duration").map(|duration| is_zero(&duration)),
        error,
        ..Item::default()
    };
    let result = fields.get("result");
    mcp(reader, id, call, item, result);
}

fn mcp_end(reader: &mut Reader<'_>) {
    let fields = &reader.fields;
    let id = fields.text_or_empty("call_id");
    let invocation = fields.object("invocation").unwrap_or_default();
    let call = McpCall {
        server: invocation.text_or_empty("server"),
        tool: invocation.text_or_empty("tool"),
        arguments: Cow::Borrowed(invocation.get("arguments").unwrap_or("{}")),
    };
    let result = fields.object("result").unwrap_or_default();
    let error = result.text("Err");
    let item = Item {
        status: if error.is_some() { "failed".into() } else { "completed".into() },
        never_ran: fields.object("duration").map(|duration| is_zero(&duration)),
        error,
        ..Item::default()
    };
    let result = result.get("Ok");
    mcp(reader, id, call, item, result);
}

/// Codex notes no time for calls that it refused.
fn is_zero(duration: &Object<'_>) -> bool {
    duration.integer("secs") == Some(0) && duration.integer("nanos") == Some(0)
}

fn mcp<'t>(
    reader: &mut Reader<'t>,
    id: Cow<'t, str>,
    call: McpCall<'t>,
    item: Item<'t>,
    result: Option<&'t str>,
) {
    // Codex itself answers the tools that list and read resources of servers, as a server called `codex`.
    if call.server == "codex" && reader.find(&id).is_some() {
        if let Some(step) = reader.find(&id) {
            note(reader, step, item, result);
        }
        return;
    }
    let fits = |action: &Action<'_>| matches!(action, Action::Mcp(known) if same_name(&known.server, &call.server) && same_name(&known.tool, &call.tool));
    match target(reader, &id, fits) {
        Err(Dropped) => {}
        Ok(Some(step)) => {
            if let Some(Action::Mcp(known)) = reader.call_at(step).map(|found| &mut found.action) {
                known.server = call.server;
                known.tool = call.tool;
            }
            note(reader, step, item, result);
        }
        Ok(None) => {
            let arguments = call.arguments.clone();
            let step = evidence(reader, id, "mcp_tool_call", Action::Mcp(call), arguments);
            note(reader, step, item, result);
            if let Some(call) = reader.call_at(step) {
                call.output = result.map(Output::captured);
            }
        }
    }
}

/// Whether two names are the same once all that no JavaScript name may hold is replaced.
fn same_name(one: &str, other: &str) -> bool {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    one.chars().map(plain).eq(other.chars().map(plain))
}

/// Adds a search of the web, unless another record told it.
pub(super) fn web_search<'t>(reader: &mut Reader<'t>, origin: Origin, id: Cow<'t, str>, action: &'t str) {
    let tool = ToolName { namespace: "".into(), name: "web_search".into() };
    let read = tool::web_search(action);
    let read =
        read.unwrap_or_else(|error| Action::Malformed { tool: tool.clone(), error: error.to_string() });
    let steps = &reader.out.steps;
    let twin = reader
        .searched
        .find(origin, |step| matches!(&steps[step].kind, StepKind::Call(call) if call.action == read));
    let step = twin.unwrap_or_else(|| {
        let step = reader.call(id, tool, read, Cow::Borrowed(action));
        reader.searched.add(origin, step);
        step
    });
    note(reader, step, Item { status: "completed".into(), ..Item::default() }, None);
}

fn viewed_image<'t>(reader: &mut Reader<'t>, id: Cow<'t, str>, path: Cow<'t, str>) {
    let fits =
        |action: &Action<'_>| matches!(action, Action::ViewImage(known) if path.ends_with(known.as_ref()));
    let step = match target(reader, &id, fits) {
        Err(Dropped) => return,
        Ok(Some(step)) => step,
        Ok(None) => evidence(reader, id, "view_image", Action::ViewImage(path.clone()), path),
    };
    note(reader, step, Item { status: "completed".into(), ..Item::default() }, None);
}

fn collab(reader: &mut Reader<'_>) {
    let fields = &reader.fields;
    let id = fields.text_or_empty("id");
    if fields.word("tool") != "spawn_agent" {
        return;
    }
    let thread = fields.get("receiver_thread_ids").and_then(|list| elements(list).find_map(string));
    let action = spawned(fields);
    child(reader, id, thread, action);
}

/// The start of a sub-agent as its event or item tells it.
fn spawned<'t>(fields: &Object<'t>) -> Action<'t> {
    let role = fields.text("new_agent_role").filter(|role| !role.is_empty());
    Action::Spawn(Spawn { role, prompt: fields.text_or_empty("prompt") })
}

fn child<'t>(reader: &mut Reader<'t>, id: Cow<'t, str>, thread: Option<Cow<'t, str>>, action: Action<'t>) {
    let status = reader.fields.text_or_empty("status");
    let fits = |action: &Action<'_>| matches!(action, Action::Spawn(_));
    let step = match target(reader, &id, fits) {
        Err(Dropped) => return,
        Ok(Some(step)) => step,
        Ok(None) => {
            let prompt = reader.fields.text_or_empty("prompt");
            evidence(reader, id, "spawn_agent", action, prompt)
        }
    };
    if let Some(call) = reader.call_at(step) {
        call.child_thread = thread.or(call.child_thread.take());
        call.item = Some(Item { status, ..Item::default() });
    }
}

/// Notes a guardian's assessment; the last one of a call stays.
fn guardian(reader: &mut Reader<'_>) {
    let fields = &reader.fields;
    let assessment = Guardian {
        status: fields.text_or_empty("status"),
        risk: fields.text_or_empty("risk_level"),
        rationale: fields.text_or_empty("rationale"),
    };
    let id = fields.text("target_item_id").unwrap_or_default();
    let action = fields.object("action").unwrap_or_default();
    let step = reader.find(&id).or_else(|| assessed(reader, id, &action));
    match step.and_then(|step| reader.call_at(step)) {
        Some(call) => call.guardian = Some(assessment),
        None => reader.out.tally.orphans += 1,
    }
}

/// The call that an assessment is about when no other record tells of it: that of a script, refused.
fn assessed<'t>(reader: &mut Reader<'t>, id: Cow<'t, str>, action: &Object<'t>) -> Option<usize> {
    reader.code?;
    let raw = action.get("command")?;
    let command = match string(raw) {
        Some(line) => super::shell::command_of_line(line),
        None => command_of(elements(raw).filter_map(string).collect()),
    };
    let text = essence(&command).into_owned();
    let fits =
        |action: &Action<'_>| matches!(action, Action::Shell(shell) if essence(&shell.command) == text);
    match target(reader, &id, fits) {
        Err(Dropped) => None,
        Ok(Some(step)) => Some(step),
        Ok(None) => {
            let folder = action.text("cwd").map(file_path);
            let arguments = Cow::Borrowed(word(raw).unwrap_or(raw));
            Some(evidence(reader, id, "exec_command", Action::Shell(plain(command, folder)), arguments))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_read_from_addresses() {
        for (from, want) in [("file:///w/a%20b", "/w/a b"), ("/w", "/w"), ("file:///w/%zz%", "/w/%zz%")] {
            assert_eq!(file_path(from.into()), want);
        }
    }

    #[test]
    fn changes_become_patches() {
        let changes = r#"{"/w/a":{"type":"add","content":"x\ny\n"},"/w/b":{"type":"delete","content":"z"},"/w/c":{"type":"update","unified_diff":"@@ -1,2 +1,2 @@\n a\n-b\n+c\n\\ No newline at end of file\n","move_path":"/w/d"}}"#;
        let want = "*** Begin Patch\n*** Add File: /w/a\n+x\n+y\n*** Delete File: /w/b\n*** Update File: /w/c\n*** Move to: /w/d\n@@\n a\n-b\n+c\n*** End Patch";
        assert_eq!(patch_text(changes), want);
    }

    #[test]
    fn names_are_compared_as_scripts_write_them() {
        assert!(same_name("issue-tracker", "issue_tracker"));
        assert!(!same_name("tracker", "trackers"));
    }
}
