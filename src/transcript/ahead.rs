//! What stands further down the recording about a script of code mode: how it ended, what it printed and what was
//! noted of its calls meanwhile.

use std::borrow::Cow;

use super::Output;
use super::head::{Head, payload_type};
use super::json::{Object, elements};
use super::reader::Reader;
use super::script::{End, Noted, Story};

/// Lines that are looked at for one script.
const MAX_LINES: usize = 4096;
/// Lines that are looked at for all scripts of a recording, beside one for each line that it has.
pub(super) const MAX_LINES_IN_ALL: usize = 200_000;

/// Lines that tell of a script.
pub(super) struct Ahead<'t> {
    end: End,
    /// What it answered, in parts should it have run on.
    answers: Vec<&'t str>,
    /// Payloads with what was noted of calls.
    items: Vec<(u32, &'t str)>,
}

impl<'t> Ahead<'t> {
    /// Looks for the end of the script that the call of this id runs, from the line after the present one on.
    pub(super) fn look(reader: &mut Reader<'t>, id: &str) -> Self {
        let mut ahead = Self { end: End::Cut, answers: Vec::new(), items: Vec::new() };
        let mut rest = reader.rest;
        let mut line_number = reader.line;
        // The name under which a script that runs on is waited for, and the call that waits.
        let (mut cell, mut waiter) = (None, Cow::Borrowed(id));
        for _ in 0..MAX_LINES {
            let Some(left) = reader.looks.checked_sub(1).filter(|_| !rest.is_empty()) else { break };
            reader.looks = left;
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = std::str::from_utf8(&rest[..end]).unwrap_or_default().trim_ascii();
            rest = rest.get(end + 1..).unwrap_or_default();
            line_number += 1;
            let Some((kind, payload)) = Head::of(line).and_then(|head| Some((head.kind, head.payload?)))
            else {
                continue;
            };
            let named = || Object::parse_at(line, payload).map(|fields| fields.word("type"));
            match (kind, payload_type(line, payload).or_else(named).unwrap_or_default()) {
                (
                    "event_msg",
                    "item_completed" | "exec_command_end" | "patch_apply_end" | "mcp_tool_call_end",
                ) => ahead.items.push((line_number, &line[payload..])),
                ("event_msg", "turn_aborted" | "thread_rolled_back") => break,
                ("response_item", "function_call") => {
                    if let Some(call) = cell.as_deref().and_then(|cell| waits_for(&line[payload..], cell)) {
                        waiter = call;
                    }
                }
                ("response_item", "custom_tool_call_output" | "function_call_output") => {
                    let Some(fields) = Object::parse_at(line, payload) else { continue };
                    let Some(output) =
                        fields.get("output").filter(|_| fields.text("call_id").as_deref() == Some(&waiter))
                    else {
                        continue;
                    };
                    let head = Output::answer(output).head()[0];
                    ahead.answers.push(output);
                    if head.starts_with("Script completed") {
                        ahead.end = End::Completed;
                    } else if head.starts_with("Script failed") {
                        ahead.end = End::Failed;
                    } else if let Some(running) = head.strip_prefix("Script running with cell ID ") {
                        let end = running.find(['\\', ' ']).unwrap_or(running.len());
                        cell = Some(Cow::Borrowed(&running[..end]));
                        continue;
                    }
                    break;
                }
                _ => {}
            }
        }
        ahead
    }

    /// Whether the script ran to its end.
    pub(super) fn is_completed(&self) -> bool {
        self.end == End::Completed
    }

    /// Reads all of it. Items that an earlier script explains, or calls of their own, are left out.
    pub(super) fn story(&self, known: impl Fn(u32, &str) -> bool) -> Story<'t> {
        let mut story =
            Story { end: self.end, printed: Some(Vec::new()), noted: Vec::new(), ids: Vec::new() };
        for (line, payload) in &self.items {
            let Some(fields) = Object::parse(payload) else { continue };
            let item = fields.object("item");
            let (id, noted) = match &item {
                Some(item) => (item.text_or_empty("id"), Noted::item(item)),
                None => (fields.text_or_empty("call_id"), Noted::event(fields.word("type"), &fields)),
            };
            if let Some(noted) = noted.filter(|_| !known(*line, &id)) {
                story.noted.push(noted);
                story.ids.push((*line, id.into_owned()));
            }
        }
        for answer in &self.answers {
            story.printed = story.printed.zip(pieces(answer)).map(|(mut all, more)| {
                all.extend(more);
                all
            });
        }
        story
    }
}

/// The id of a call that waits for this cell.
fn waits_for<'t>(payload: &'t str, cell: &str) -> Option<Cow<'t, str>> {
    let call = Object::parse(payload).filter(|call| call.word("name") == "wait")?;
    let arguments = call.text("arguments")?;
    let asked = Object::parse(&arguments)?.text("cell_id")?.into_owned();
    (asked == cell).then(|| call.text("call_id")).flatten()
}

/// The pieces of what a script printed, after the header; `None` when it is not told piece by piece, or cut short.
fn pieces(answer: &str) -> Option<Vec<Option<Cow<'_, str>>>> {
    if !answer.starts_with('[') {
        return None;
    }
    let mut pieces: Vec<_> = elements(answer).map(|part| Object::parse(part)?.text("text")).collect();
    let header = pieces.first()?.as_deref().is_some_and(|text| text.ends_with("Output:\n"));
    let cut =
        |text: &str| text.starts_with("Warning: truncated output") || text.contains("tokens truncated…");
    if !header || pieces.iter().flatten().any(|text| cut(text)) {
        return None;
    }
    pieces.remove(0);
    Some(pieces)
}
