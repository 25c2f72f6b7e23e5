//! Words of commands as Codex's rules see them.
//!
//! Codex 0.169 reads a script with the same grammar and takes only words that are literal as they stand: no escapes,
//! patterns, braces, tildes, variables or substitutions; text in quotes as written, quotes removed. The tests of
//! `words` and `forced_rm` hold the answers that the real CLI gave.

use std::borrow::Cow;

use tree_sitter::Node;

use super::grammar::{children, source};

/// Characters that keep an unquoted word from being literal.
const SPECIAL: [char; 12] = ['*', '?', '[', ']', '{', '}', '~', '\\', '^', '#', '$', '`'];

/// The text of a word, or `None` if it is not literal.
pub(super) fn word<'t>(node: Node<'_>, text: &'t str) -> Option<Cow<'t, str>> {
    let raw = source(node, text);
    match node.kind() {
        "word" | "number" => bare(node, raw).map(Cow::Borrowed),
        "raw_string" => raw.strip_prefix('\'')?.strip_suffix('\'').map(Cow::Borrowed),
        "string" => quoted(node, raw).map(Cow::Borrowed),
        "concatenation" => {
            let mut joined = String::with_capacity(raw.len());
            let mut cursor = node.walk();
            for part in node.children(&mut cursor) {
                // A bare `$` is a part without a name of its own.
                if !part.is_named() || part.kind() == "concatenation" {
                    return None;
                }
                joined.push_str(&word(part, text)?);
            }
            (!joined.is_empty()).then_some(Cow::Owned(joined))
        }
        _ => None,
    }
}

fn bare<'t>(node: Node<'_>, raw: &'t str) -> Option<&'t str> {
    let literal = node.named_child_count() == 0 && !raw.contains(SPECIAL) && !raw.starts_with('=');
    literal.then_some(raw)
}

/// The inside of a string in double quotes without expansions and escapes that the shell would undo.
fn quoted<'t>(node: Node<'_>, raw: &'t str) -> Option<&'t str> {
    if children(node).any(|part| part.kind() != "string_content") {
        return None;
    }
    inside(raw)
}

/// The inside of `"…"`, unless it holds an escape that the shell would undo.
pub(super) fn inside(raw: &str) -> Option<&str> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    let mut bytes = inner.bytes();
    while let Some(b) = bytes.next() {
        match b {
            b'\\' if matches!(bytes.next(), None | Some(b'$' | b'`' | b'"' | b'\\' | b'\n')) => return None,
            b'$' | b'`' => return None,
            _ => {}
        }
    }
    Some(inner)
}

/// The text of a word of a plain script, as [`word`] gives it for the word's node.
pub(super) fn plain_word(raw: &str) -> Option<Cow<'_, str>> {
    if !raw.contains(['\'', '"']) {
        return (!raw.contains(SPECIAL) && !raw.starts_with('=')).then_some(Cow::Borrowed(raw));
    }
    let mut pieces = pieces(raw);
    let (first, bare) = pieces.next()?;
    let first = piece(first, bare)?;
    if pieces.rest.is_empty() {
        return Some(Cow::Borrowed(first));
    }
    let mut joined = first.to_owned();
    for (text, bare) in pieces {
        joined.push_str(piece(text, bare)?);
    }
    (!joined.is_empty()).then_some(Cow::Owned(joined))
}

/// The literal text of a piece of a word: quoted, or bare.
fn piece(text: &str, bare: bool) -> Option<&str> {
    if bare {
        return (!text.contains(SPECIAL)).then_some(text);
    }
    if text.starts_with('"') { inside(text) } else { text.strip_prefix('\'')?.strip_suffix('\'') }
}

/// Pieces of a raw word: quoted texts with their quotes, and what stands between them.
struct Pieces<'t> {
    rest: &'t str,
}

fn pieces(raw: &str) -> Pieces<'_> {
    Pieces { rest: raw }
}

impl<'t> Iterator for Pieces<'t> {
    type Item = (&'t str, bool);

    fn next(&mut self) -> Option<Self::Item> {
        let quote = *self.rest.as_bytes().first()?;
        let (length, bare) = match quote {
            b'\'' => (
                memchr::memchr(b'\'', self.rest.as_bytes().get(1..)?).map_or(self.rest.len(), |at| at + 2),
                false,
            ),
            b'"' => (end_of_string(self.rest), false),
            _ => (self.rest.find(['\'', '"']).unwrap_or(self.rest.len()), true),
        };
        let (piece, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some((piece, bare))
    }
}

/// The length of the string in double quotes that `text` begins with.
fn end_of_string(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while let Some(b) = bytes.get(at) {
        match b {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}
