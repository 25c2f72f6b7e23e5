//! Untrusted text on its way to a terminal, a Markdown page or a spreadsheet.
//!
//! Labels, paths, reasons and hook output come from recordings. Nothing in them may move a cursor, close a table,
//! become a link or start a formula. Reports show hidden characters as escapes such as `\u{1b}`.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::guard::{guarded, unguarded};
use crate::replay::json::is_hidden;

/// Text on one line with nothing hidden in it: controls, line breaks and direction marks become visible escapes.
/// Fit for a terminal and the ground of all the others.
pub fn line(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c.is_control() || is_hidden(c))
}

/// As [`line`], but line breaks and tabs stay.
pub fn block(text: &str) -> Cow<'_, str> {
    escaped(text, |c| !matches!(c, '\n' | '\t') && (c.is_control() || is_hidden(c)))
}

fn escaped(text: &str, hide: impl Fn(char) -> bool) -> Cow<'_, str> {
    // Plain text has none of these bytes: they are controls or the first bytes of hidden characters.
    let suspect = |byte: u8| (byte < 0x20) | matches!(byte, 0x7F | 0xC2 | 0xD8 | 0xE1 | 0xE2 | 0xEF | 0xF3);
    if !text.bytes().fold(false, |found, byte| found | suspect(byte)) || !text.chars().any(&hide) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            _ if !hide(c) => shown.push(c),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            _ => _ = write!(shown, "\\u{{{:x}}}", u32::from(c)),
        }
    }
    Cow::Owned(shown)
}

/// The first `most` characters, and how many are left out.
pub fn short(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some((end, _)) => {
            let more = text[end..].chars().count();
            Cow::Owned(format!("{}… ({more} more)", &text[..end]))
        }
    }
}

/// A Markdown code span, for anything untrusted: no link, mention, markup or image is read inside of one. Not for
/// tables, where a `|` would end the cell.
pub fn code(text: &str) -> String {
    let text = line(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let edge = |c: Option<char>| matches!(c, None | Some('`' | ' '));
    let pad = if edge(text.chars().next()) || edge(text.chars().next_back()) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Words of a suite's author in Markdown text or a table cell: shown as they are, never as markup.
pub fn prose(text: &str) -> String {
    let text = line(text);
    let mut shown = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let next = rest.clone().next().unwrap_or(' ');
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            // Inside of a word it marks nothing, and metrics are full of it.
            '_' if before.is_alphanumeric() && next.is_alphanumeric() => shown.push(c),
            ':' if next != '/' => shown.push(c),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '@' | ':' => {
                shown.push('\\');
                shown.push(c);
            }
            _ => shown.push(c),
        }
        before = c;
    }
    shown
}

/// A spreadsheet cell on one line; see [`guarded`]. [`from_cell`] takes the guards away again.
pub fn cell(text: &str) -> Cow<'_, str> {
    match line(text) {
        Cow::Borrowed(text) => guarded(text),
        Cow::Owned(text) => Cow::Owned(guarded(&text).into_owned()),
    }
}

/// The text of a cell that [`cell`] made, hidden characters still as escapes.
pub fn from_cell(cell: &str) -> String {
    unguarded(cell)
}

/// A path as part of an address: all bytes but letters, digits, `-`, `_`, `.`, `~` and `/` as percent codes.
pub fn address(path: &str) -> String {
    let mut address = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                address.push(char::from(byte));
            }
            _ => _ = write!(address, "%{byte:02X}"),
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::sample::HOSTILE;

    #[test]
    fn nothing_hidden_stays() {
        for text in HOSTILE {
            assert!(!line(text).chars().any(|c| c.is_control() || is_hidden(c)), "{text:?}");
            assert!(!block(text).chars().any(|c| c != '\n' && c != '\t' && c.is_control()), "{text:?}");
        }
        assert_eq!(line("a\u{1b}[31m\nb\u{202e}c"), "a\\u{1b}[31m\\nb\\u{202e}c");
        assert_eq!(block("a\n\tb\r"), "a\n\tb\\r");
        assert_eq!(line("a\u{e0041}b\u{ad}\u{180e}c"), "a\\u{e0041}b\\u{ad}\\u{180e}c");
        assert!(matches!(line("größe – 日本語 €"), Cow::Borrowed(_)));
    }

    #[test]
    fn code_spans_hold_any_text() {
        for (text, span) in [
            ("ls -l", "`ls -l`"),
            ("a`b", "``a`b``"),
            ("`x``", "``` `x`` ```"),
            ("", "`  `"),
            (" x", "`  x `"),
            ("<b>@who</b>", "`<b>@who</b>`"),
            ("a\nb", "`a\\nb`"),
        ] {
            assert_eq!(code(text), span);
        }
        for text in HOSTILE {
            let span = code(text);
            let fence = span.len() - span.trim_start_matches('`').len();
            let inside = &span[fence..span.len() - fence];
            assert!(!inside.contains(&"`".repeat(fence)) && !span.contains('\n'), "{span}");
        }
    }

    #[test]
    fn prose_is_never_markup() {
        assert_eq!(prose("a|b <i> [x](http://y) @who"), "a\\|b &lt;i> \\[x\\](http\\://y) \\@who");
        assert_eq!(prose("in_scope: _x_ 1 # 2"), "in_scope: \\_x\\_ 1 \\# 2");
        assert_eq!(prose("back\\|slash"), "back\\\\\\|slash");
    }

    #[test]
    fn formulas_are_guarded_and_read_back() {
        for (text, shown) in [
            ("=1+1", "'=1+1"),
            (" =1", "' =1"),
            ("-x", "'-x"),
            ("'=1", "''=1"),
            ("'tis", "''tis"),
            ("＝1", "'＝1"),
            ("\t=1", "\\t=1"),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            assert_eq!(cell(text), shown);
            assert_eq!(from_cell(&cell(text)), line(text));
        }
    }
}
