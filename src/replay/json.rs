//! The one way our JSON files are written: compact values, and no character that a viewer would obey.

use std::io::{self, Write};

use serde::Serialize;

/// Appends `value` as one line of JSON, without a newline.
///
/// Direction marks, line separators and C1 controls are written as `\u` escapes, so that a code review shows
/// what is there.
pub fn append<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> serde_json::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(out, Visible))
}

struct Visible;

impl serde_json::ser::Formatter for Visible {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        // All hidden characters are DEL or start with one of these four bytes: plain text passes at memchr speed.
        let bytes = text.as_bytes();
        let plain = memchr::memchr3(0xC2, 0xD8, 0xE2, bytes).is_none()
            && memchr::memchr2(0x7F, 0xEF, bytes).is_none();
        if plain {
            return out.write_all(bytes);
        }
        let mut done = 0;
        for (at, hidden) in text.char_indices().filter(|(_, c)| is_hidden(*c)) {
            out.write_all(&bytes[done..at])?;
            write!(out, "\\u{:04x}", u32::from(hidden))?;
            done = at + hidden.len_utf8();
        }
        out.write_all(&bytes[done..])
    }
}

/// Controls that JSON leaves alone, direction marks, invisible spaces and line separators.
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_escaped_and_read_back() {
        for (text, json) in [
            ("plain", r#""plain""#),
            ("größe – €", "\"größe – €\""),
            ("a\u{202e}b", r#""a\u202eb""#),
            ("\u{85}\u{7f}", r#""\u0085\u007f""#),
            ("\u{1b}[31m\u{2028}", r#""\u001b[31m\u2028""#),
            ("ﬀ\u{feff}", "\"ﬀ\\ufeff\""),
        ] {
            let mut out = Vec::new();
            append(&mut out, text).unwrap();
            assert_eq!(String::from_utf8(out.clone()).unwrap(), json);
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
    }
}
