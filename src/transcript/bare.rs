//! Rollouts from before September 2025: items with nothing around them, one a line; older still, one JSON document
//! `{"session":{…},"items":[…]}`.

use super::head::Head;
use super::json::{Object, elements};
use super::reader::Reader;
use super::{context, rollout};

/// Whether a line without payload is one of a bare rollout.
pub(super) fn knows(head: &Head<'_>) -> bool {
    if head.kind.is_empty() {
        return head.record_type || (head.id && !head.at.is_empty());
    }
    rollout::ITEMS.contains(&head.kind)
}

/// Reads a line; `None` when it is not JSON.
pub(super) fn line<'t>(reader: &mut Reader<'t>, head: &Head<'t>, line: &'t str) -> Option<()> {
    reader.fields.fill(line, 0)?;
    if head.record_type {
        return Some(());
    }
    if head.kind.is_empty() {
        if reader.out.session.id.is_empty() {
            reader.out.session = context::session(&reader.fields);
        } else {
            reader.out.tally.second_session = reader.line;
        }
        return Some(());
    }
    rollout::item(reader, head.kind);
    Some(())
}

/// A recording that is one JSON document.
pub(super) struct Document<'t> {
    text: &'t str,
    session: Object<'t>,
    items: &'t str,
}

/// The document that the bytes are, if they are one.
pub(super) fn document(bytes: &[u8]) -> Option<Document<'_>> {
    let start = bytes.trim_ascii_start();
    let after_brace = start.strip_prefix(b"{")?.trim_ascii_start();
    if !after_brace.starts_with(b"\"session\"") && !after_brace.starts_with(b"\"items\"") {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let object = Object::parse(text)?;
    Some(Document { text, session: object.object("session")?, items: object.get("items")? })
}

/// Reads a document.
pub(super) fn read_document<'t>(reader: &mut Reader<'t>, document: &Document<'t>) {
    reader.out.session = context::session(&document.session);
    reader.recognise();
    let (mut line, mut seen) = (1, 0);
    for item in elements(document.items) {
        let at = item.as_ptr() as usize - document.text.as_ptr() as usize;
        line += memchr::memchr_iter(b'\n', &document.text.as_bytes()[seen..at]).count() as u32;
        (reader.line, seen) = (line, at);
        if reader.fields.fill(item, 0).is_none() {
            continue;
        }
        let kind = reader.fields.word("type");
        if rollout::ITEMS.contains(&kind) {
            reader.recognise();
            rollout::item(reader, kind);
        } else {
            reader.out.tally.lines += 1;
            reader.out.tally.count_unknown(kind, "");
        }
    }
}
