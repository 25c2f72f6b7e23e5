//! JSON taken apart string by string. Nothing but the strings can change, so that it stays JSON, byte for byte.

use std::ops::Range;

use memchr::memchr;

use super::name::{self, Weight};
use super::past::Past;
use super::scan::Scan;
use super::value::Style;

/// Whether a text is a whole object or list of JSON.
pub(super) fn is_json(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let shaped = matches!((text.first(), text.last()), (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')));
    shaped && text.len() > 2 && serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok()
}

/// What the strings before one say about it.
#[derive(Default)]
struct Context {
    /// What the key of the present member promises.
    key: Option<Weight>,
    /// Whether the key of the present member is `name` or `key`.
    names: bool,
    /// What the value of the last member `name` promises about `value` beside it.
    named: Option<Weight>,
    /// What the string before, in a list, promises: `["--password", "…"]`.
    flag: Option<Weight>,
}

/// Looks at every string of a valid JSON text.
pub(super) fn walk(scan: &mut Scan<'_>, text: &[u8], depth: u8) {
    let mut context = Context::default();
    let mut at = 0;
    while let Some(quote) = next(text, at, &mut context) {
        let Some(end) = string_end(text, quote + 1) else { return };
        let inside = quote + 1..end;
        at = end + 1;
        let rest = &text[at..];
        let spaces = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let is_key = rest.get(spaces) == Some(&b':');
        string(scan, text, inside, is_key, &mut context, depth);
    }
}

/// The quote of the next string; braces on the way end what the strings before said.
fn next(text: &[u8], at: usize, context: &mut Context) -> Option<usize> {
    let quote = at + memchr(b'"', text.get(at..)?)?;
    for byte in &text[at..quote] {
        match byte {
            b'{' | b'}' => *context = Context::default(),
            b'[' | b']' => context.flag = None,
            _ => {}
        }
    }
    Some(quote)
}

/// Place of the quote that ends a string.
fn string_end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        at += memchr(b'"', text.get(at..)?)?;
        let escapes = text[start..at].iter().rev().take_while(|byte| **byte == b'\\').count();
        if escapes % 2 == 0 {
            return Some(at);
        }
        at += 1;
    }
}

fn string(
    scan: &mut Scan<'_>,
    text: &[u8],
    inside: Range<usize>,
    is_key: bool,
    context: &mut Context,
    depth: u8,
) {
    let raw = &text[inside.clone()];
    let from = scan.hits.len();
    if memchr(b'\\', raw).is_some() {
        let mut view = scan.take_view();
        if view.unescape(raw).is_some() {
            if view.telling {
                scan.verdict.hide();
            }
            let bytes = std::mem::take(&mut view.bytes);
            decoded(scan, &bytes, is_key, context, depth);
            view.bytes = bytes;
            scan.lift(from, &view);
        } else {
            decoded(scan, raw, is_key, context, depth);
        }
        scan.give_back(view);
    } else {
        decoded(scan, raw, is_key, context, depth);
    }
    for hit in &mut scan.hits[from..] {
        hit.range.start += inside.start;
        hit.range.end += inside.start;
    }
}

/// What a text promises that is short enough for a name.
fn weigh(text: &[u8]) -> Option<Weight> {
    if text.len() <= 80 { name::weigh(text) } else { None }
}

/// A string as it reads, with what is known about it.
fn decoded(scan: &mut Scan<'_>, text: &[u8], is_key: bool, context: &mut Context, depth: u8) {
    if is_key {
        context.key = weigh(text);
        context.names = matches!(text, b"name" | b"key" | b"Name" | b"Key" | b"header");
        if matches!(text, b"value" | b"Value") && context.named.is_some() {
            context.key = context.named.take();
        }
    } else {
        let weight = context.key.or(context.flag);
        if let Some(weight) = weight {
            scan.assigned(text, 0..text.len(), (weight, Style::Quoted), &mut Past::of(text));
        }
        if context.names {
            context.named = weigh(text);
            context.names = false;
        }
        context.flag = text.strip_prefix(b"-").and_then(|_| weigh(text));
    }
    // Keys of two words and most ids are done with sooner than a search has begun.
    if text.len() >= 4 {
        scan.layer(text, depth);
    }
}
