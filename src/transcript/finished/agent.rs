//! Sub-agents that were started, and what guardians thought of calls.

use std::borrow::Cow;

use super::command::file_path;
use super::{Dropped, evidence, target};
use crate::action::{Action, Spawn};
use crate::transcript::json::{Object, elements, string, word};
use crate::transcript::reader::Reader;
use crate::transcript::shell::{command_of, command_of_line, essence, plain};
use crate::transcript::{Guardian, Item};

pub(super) fn collab(reader: &mut Reader<'_>) {
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
pub(super) fn spawned<'t>(fields: &Object<'t>) -> Action<'t> {
    let role = fields.text("new_agent_role").filter(|role| !role.is_empty());
    Action::Spawn(Spawn { role, prompt: fields.text_or_empty("prompt") })
}

pub(super) fn child<'t>(
    reader: &mut Reader<'t>,
    id: Cow<'t, str>,
    thread: Option<Cow<'t, str>>,
    action: Action<'t>,
) {
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
pub(super) fn guardian(reader: &mut Reader<'_>) {
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
        Some(line) => command_of_line(line),
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
