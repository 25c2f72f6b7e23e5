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
