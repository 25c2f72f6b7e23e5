//! JSON text taken apart without decoding it: most of a recording is never looked at twice.
//!
//! Values stay slices of the recording. Strings are decoded when asked for, and only if they hold escapes.
//! Nothing here recurses, so depth needs no limit. A key may occur twice (Codex writes `id` twice in some
//! lines); [`Object::get`] gives the last one, as most readers do.

use std::borrow::Cow;

use memchr::memchr;

/// Position after the JSON value that starts at `at`; `None` when it does not end.
pub(super) fn skip_value(text: &[u8], at: usize) -> Option<usize> {
    match text.get(at)? {
        b'"' => skip_string(text, at),
        b'{' | b'[' => skip_container(text, at),
        _ => {
            let rest = &text[at..];
            let end = rest.iter().position(|b| matches!(b, b',' | b'}' | b']') || b.is_ascii_whitespace());
            let end = end.unwrap_or(rest.len());
            (end > 0).then_some(at + end)
        }
    }
}

fn skip_string(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    // Names, types and ids are short: a plain loop is done with them before a search has begun.
    for byte in text.get(at..)?.iter().take(12) {
        match byte {
            b'"' => return Some(at + 1),
            b'\\' => break,
            _ => at += 1,
        }
    }
    // Texts hold many escaped newlines and few quotes: look for quotes, then whether they are escaped.
    loop {
        at += memchr(b'"', text.get(at..)?)?;
        let escapes = text[start + 1..at].iter().rev().take_while(|byte| **byte == b'\\').count();
        at += 1;
        if escapes % 2 == 0 {
            return Some(at);
        }
    }
}

fn skip_container(text: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = start;
    loop {
        match text.get(at)? {
            b'"' => {
                at = skip_string(text, at)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

fn skip_space(text: &[u8], mut at: usize) -> usize {
    while text.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// Walks the fields of one object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'t> {
    text: &'t str,
    at: usize,
    first: bool,
}

/// What [`Cursor::key`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key<'t> {
    /// A field of this name, still escaped; its value comes next.
    Field(&'t str),
    /// The end of the object.
    End,
    /// Not JSON.
    Broken,
}

impl<'t> Cursor<'t> {
    /// Stands before the first field of the object that `text` starts with at `at`.
    pub(super) fn new(text: &'t str, at: usize) -> Option<Self> {
        let at = skip_space(text.as_bytes(), at);
        (text.as_bytes().get(at) == Some(&b'{')).then_some(Self { text, at: at + 1, first: true })
    }

    /// Where the cursor stands.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Moves to the value of the next field.
    pub(super) fn key(&mut self) -> Key<'t> {
        self.next_key().unwrap_or(Key::Broken)
    }

    #[inline]
    fn next_key(&mut self) -> Option<Key<'t>> {
        let bytes = self.text.as_bytes();
        // Codex writes no spaces between tokens; others may.
        if !self.first && bytes.get(self.at..)?.starts_with(b",\"") {
            return self.name(self.at + 1);
        }
        let mut at = skip_space(bytes, self.at);
        match bytes.get(at)? {
            b'}' => {
                self.at = at + 1;
                return Some(Key::End);
            }
            b',' if !self.first => at = skip_space(bytes, at + 1),
            b'"' if self.first => {}
            _ => return None,
        }
        self.name(at)
    }

    /// Reads the name that starts at `at`, and the colon.
    #[inline]
    fn name(&mut self, at: usize) -> Option<Key<'t>> {
        let bytes = self.text.as_bytes();
        if bytes.get(at) != Some(&b'"') {
            return None;
        }
        let end = skip_string(bytes, at)?;
        let name = &self.text[at + 1..end - 1];
        let at = skip_space(bytes, end);
        if bytes.get(at) != Some(&b':') {
            return None;
        }
        self.first = false;
        self.at = skip_space(bytes, at + 1);
        Some(Key::Field(name))
    }

    /// The value that the cursor stands before, as JSON text; moves behind it.
    pub(super) fn value(&mut self) -> Option<&'t str> {
        let end = skip_value(self.text.as_bytes(), self.at)?;
        let value = self.text.get(self.at..end)?;
        self.at = end;
        Some(value)
    }
}

/// The fields of one object, in order, undecoded.
#[derive(Clone, Debug, Default)]
pub(super) struct Object<'t> {
    fields: Vec<(&'t str, &'t str)>,
}

impl<'t> Object<'t> {
    /// The object that `text` is; `None` when it is none.
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        Self::parse_at(text, 0)
    }

    /// The object that starts at `at`.
    pub(super) fn parse_at(text: &'t str, at: usize) -> Option<Self> {
        let mut object = Self::default();
        object.fill(text, at)?;
        Some(object)
    }

    /// Replaces the content by the object that starts at `at`; returns the position behind it.
    pub(super) fn fill(&mut self, text: &'t str, at: usize) -> Option<usize> {
        self.fields.clear();
        let mut cursor = Cursor::new(text, at)?;
        loop {
            match cursor.key() {
                Key::Field(name) => self.fields.push((name, cursor.value()?)),
                Key::End => return Some(cursor.at()),
                Key::Broken => return None,
            }
        }
    }

    /// JSON text of the last field of this name; `None` when it is missing or `null`.
    pub(super) fn get(&self, name: &str) -> Option<&'t str> {
        let (_, value) = self.fields.iter().rev().find(|(key, _)| *key == name)?;
        (*value != "null").then_some(*value)
    }

    /// Decoded text of a string field.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'t, str>> {
        string(self.get(name)?)
    }

    /// Decoded text of a string field; empty when there is none.
    pub(super) fn text_or_empty(&self, name: &str) -> Cow<'t, str> {
        self.text(name).unwrap_or_default()
    }

    /// A string field that is expected to hold no escapes (a type, a status); empty when there is none.
    pub(super) fn word(&self, name: &str) -> &'t str {
        self.get(name).and_then(word).unwrap_or_default()
    }

    /// An object field.
    pub(super) fn object(&self, name: &str) -> Option<Object<'t>> {
        Object::parse(self.get(name)?)
    }

    /// An integer field.
    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        self.get(name)?.parse().ok()
    }

    /// All fields, in order.
    pub(super) fn fields(&self) -> &[(&'t str, &'t str)] {
        &self.fields
    }
}

/// Text between the quotes of a JSON string, undecoded.
pub(super) fn word(raw: &str) -> Option<&str> {
    raw.strip_prefix('"')?.strip_suffix('"')
}

/// Decodes a JSON string. Text with escapes that mean nothing is given as written.
pub(super) fn string(raw: &str) -> Option<Cow<'_, str>> {
    let inner = word(raw)?;
    match memchr(b'\\', inner.as_bytes()) {
        None => Some(Cow::Borrowed(inner)),
        Some(escape) => Some(unescape(inner, escape).map_or(Cow::Borrowed(inner), Cow::Owned)),
    }
}

/// Resolves escapes, the first of which is at `escape`.
fn unescape(text: &str, mut escape: usize) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    loop {
        out.push_str(&text[at..escape]);
        let code = *text.as_bytes().get(escape + 1)?;
        at = escape + 2;
        match code {
            b'n' => out.push('\n'),
            b'"' | b'\\' | b'/' => out.push(code as char),
            b't' => out.push('\t'),
            b'r' => out.push('\r'),
            b'b' => out.push('\u{8}'),
            b'f' => out.push('\u{c}'),
            b'u' => {
                let high = unit(text, at)?;
                at += 4;
                if let Some(c) = char::from_u32(high) {
                    out.push(c);
                } else {
                    let low = text.get(at..)?.strip_prefix("\\u").and_then(|_| unit(text, at + 2))?;
                    out.push(char::decode_utf16([high as u16, low as u16]).next()?.ok()?);
                    at += 6;
                }
            }
            _ => return None,
        }
        let Some(next) = memchr(b'\\', &text.as_bytes()[at..]) else {
            out.push_str(&text[at..]);
            return Some(out);
        };
        escape = at + next;
    }
}

/// The four hexadecimal digits at `at`.
fn unit(text: &str, at: usize) -> Option<u32> {
    let digits = text.get(at..at + 4)?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

/// The elements of a JSON array, as JSON texts; what follows a fault is left out.
pub(super) fn elements(raw: &str) -> impl Iterator<Item = &str> {
    let bytes = raw.as_bytes();
    let mut at = if raw.starts_with('[') { 1 } else { raw.len() };
    std::iter::from_fn(move || {
        at = skip_space(bytes, at);
        if bytes.get(at) == Some(&b',') {
            at = skip_space(bytes, at + 1);
        }
        if bytes.get(at).is_none_or(|b| *b == b']') {
            return None;
        }
        let end = skip_value(bytes, at)?;
        let value = raw.get(at..end)?;
        at = end;
        Some(value)
    })
}

/// Whether the text is one JSON value and nothing else.
pub(super) fn is_valid(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_are_found_whatever_their_values_hold() {
        let text = r#" { "a" : "x\"}{" , "b":{"c":["]",1]},"d":-1.5e3, "e":null,"a":"last"} "#;
        let object = Object::parse(text).unwrap();
        assert_eq!(object.text("a").unwrap(), "last");
        assert_eq!(object.fields()[0], ("a", r#""x\"}{""#));
        assert_eq!(object.get("b"), Some(r#"{"c":["]",1]}"#));
        assert_eq!(object.get("d"), Some("-1.5e3"));
        assert_eq!(object.get("e"), None);
        assert_eq!(object.get("zz"), None);
    }

    #[test]
    fn cut_objects_are_no_objects() {
        let text = r#"{"a":"x\"}{","b":{"c":["]",1]},"d":1}"#;
        for end in 0..text.len() {
            assert!(Object::parse(&text[..end]).is_none(), "{}", &text[..end]);
        }
        for broken in ["{,}", r#"{"a" 1}"#, r#"{"a":1 "b":2}"#, r"{a:1}", "[1]", "1", ""] {
            assert!(Object::parse(broken).is_none(), "{broken}");
        }
    }

    #[test]
    fn escapes_are_resolved_or_left_as_they_are() {
        for (raw, want) in [
            (r#""a\"b\\c\/\n\t\r\b\f""#, "a\"b\\c/\n\t\r\u{8}\u{c}"),
            (r#""\u00e9\ud83d\ude00""#, "é😀"),
            (r#""é\né""#, "é\né"),
            (r#""\ud83d""#, r"\ud83d"),
            (r#""\ud83d\u0041""#, r"\ud83d\u0041"),
            (r#""\u+041""#, r"\u+041"),
            (r#""\x""#, r"\x"),
        ] {
            assert_eq!(string(raw).unwrap(), want, "{raw}");
        }
        assert_eq!(string("1"), None);
    }

    #[test]
    fn arrays_are_split() {
        assert_eq!(
            elements(r#"[1, "a,]", {"b":[2]} ]"#).collect::<Vec<_>>(),
            ["1", "\"a,]\"", r#"{"b":[2]}"#]
        );
        assert_eq!(elements("[]").count(), 0);
        assert_eq!(elements("{}").count(), 0);
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            ".*".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::Array),
                prop::collection::vec(("[a-e]", inner), 0..6)
                    .prop_map(|fields| serde_json::Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn agrees_with_serde(value in prop::collection::vec(("[a-e]", json()), 0..6)) {
            let value = serde_json::Value::Object(value.into_iter().collect());
            let text = value.to_string();
            let object = Object::parse(&text).unwrap();
            for (key, field) in value.as_object().unwrap() {
                let found = object.get(key);
                if field.is_null() {
                    prop_assert_eq!(found, None);
                } else {
                    let found: serde_json::Value = serde_json::from_str(found.unwrap()).unwrap();
                    prop_assert_eq!(&found, field);
                    if let Some(text) = field.as_str() {
                        prop_assert_eq!(object.text(key).unwrap(), text);
                    }
                }
            }
        }

        #[test]
        fn never_panics(text in ".*", at in 0usize..8) {
            let _ = Object::parse(&text);
            let _ = skip_value(text.as_bytes(), at);
            let _ = elements(&text).count();
        }
    }
}
