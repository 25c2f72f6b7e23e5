//! The one way our JSON files are written: compact values, and no character that a viewer would obey.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::Formatter;

/// Appends `value` as one line of JSON, without a newline.
///
/// Direction marks, line separators and C1 controls are written as `\u` escapes, so that a code review shows
/// what is there.
pub fn append<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> serde_json::Result<()> {
    append_lines(out, value, 0)
}

/// As [`append`], with what lies less than `depth` deep on lines of its own, so that versions can be compared.
pub fn append_lines<T: Serialize + ?Sized>(
    out: &mut Vec<u8>,
    value: &T,
    depth: usize,
) -> serde_json::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(out, Lines { depth, at: 0, empty: true }))
}

/// Appends the inside of a JSON string, without its quotes.
pub(super) fn append_inner(out: &mut Vec<u8>, text: &str) {
    if is_plain(text.as_bytes()) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend_from_slice(&[b'\\', c as u8]),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            '\u{8}' => out.extend_from_slice(b"\\b"),
            '\u{c}' => out.extend_from_slice(b"\\f"),
            _ if c < ' ' || is_hidden(c) => _ = escaped(out, c),
            _ => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// A character as JSON escapes it: one unit of UTF-16, or two.
fn escaped(out: &mut (impl Write + ?Sized), c: char) -> io::Result<()> {
    c.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(out, "\\u{unit:04x}"))
}

/// Controls that JSON leaves alone, direction marks, invisible spaces and hyphens, line separators, and the tags in
/// which text can be written that nobody sees.
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Nothing in this text needs an escape. All hidden characters are DEL or start with one of six bytes.
fn is_plain(bytes: &[u8]) -> bool {
    let special =
        |b: u8| (b < 0x20) | matches!(b, b'"' | b'\\' | 0x7F | 0xC2 | 0xD8 | 0xE1 | 0xE2 | 0xEF | 0xF3);
    // Without an early end the compiler compares many bytes at once.
    !bytes.iter().fold(false, |found, byte| found | special(*byte))
}

struct Lines {
    depth: usize,
    at: usize,
    empty: bool,
}

impl Lines {
    fn begin<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.at += 1;
        self.empty = true;
        out.write_all(bracket)
    }

    fn next<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.empty = false;
        out.write_all(if first { b"" } else { b"," })?;
        self.line(out)
    }

    fn end<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        let lines = !self.empty && self.at <= self.depth;
        self.at -= 1;
        self.empty = false;
        if lines {
            self.line_at(out)?;
        }
        out.write_all(bracket)
    }

    fn line<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        if self.at <= self.depth { self.line_at(out) } else { Ok(()) }
    }

    fn line_at<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        write!(out, "\n{:1$}", "", 2 * self.at)
    }
}

impl Formatter for Lines {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        let bytes = text.as_bytes();
        if is_plain(bytes) {
            return out.write_all(bytes);
        }
        let mut done = 0;
        for (at, hidden) in text.char_indices().filter(|(_, c)| is_hidden(*c)) {
            out.write_all(&bytes[done..at])?;
            escaped(out, hidden)?;
            done = at + hidden.len_utf8();
        }
        out.write_all(&bytes[done..])
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(if self.at <= self.depth { b": " } else { b":" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_as_deep_as_asked() {
        let value = serde_json::json!({ "a": ["x", { "b": [] }], "c": {} });
        let mut out = Vec::new();
        append_lines(&mut out, &value, 2).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\n  \"a\": [\n    \"x\",\n    {\"b\":[]}\n  ],\n  \"c\": {}\n}"
        );
    }

    #[test]
    fn hidden_characters_are_escaped_and_read_back() {
        for (text, json) in [
            ("plain", r#""plain""#),
            ("größe – €", "\"größe – €\""),
            ("a\u{202e}b", r#""a\u202eb""#),
            ("\u{85}\u{7f}", r#""\u0085\u007f""#),
            ("\u{1b}[31m\u{2028}", r#""\u001b[31m\u2028""#),
            ("ﬀ\u{feff}", "\"ﬀ\\ufeff\""),
            ("\"\\\n\r\t\u{8}\u{c}/", r#""\"\\\n\r\t\b\f/""#),
        ] {
            let (mut out, mut inner) = (Vec::new(), Vec::new());
            append(&mut out, text).unwrap();
            append_inner(&mut inner, text);
            assert_eq!(String::from_utf8(out.clone()).unwrap(), json);
            assert_eq!(format!("\"{}\"", String::from_utf8(inner).unwrap()), json);
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
    }
}
