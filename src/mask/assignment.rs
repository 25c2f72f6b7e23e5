//! The value that a text gives to a name: in shells, `.env` files, YAML, JSON, TOML, XML, queries and code.

use std::ops::Range;

use super::past::Past;
use super::value::{MOST, Style};

/// A value and how it is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) range: Range<usize>,
    pub(super) style: Style,
}

/// Spaces that may stand on each side of `=` or `:`.
const MOST_SPACES: usize = 24;

/// The value that follows a name.
pub(super) fn value(text: &[u8], name: &Range<usize>, past: &mut Past) -> Option<Value> {
    let before = name.start.checked_sub(1).and_then(|at| text.get(at)).copied();
    let mut at = name.end;
    let quoted = matches!(before, Some(b'"' | b'\'' | b'`')) && text.get(at).copied() == before;
    if quoted {
        at += 1;
    }
    if text.get(at) == Some(&b']') {
        at += 1;
    }
    let flag = text[..name.start].ends_with(b"-") || text[..name.start].ends_with(b"/");
    if before == Some(b'<') && text.get(at) == Some(&b'>') {
        let end = at + 1 + until(&text[at + 1..], |byte| matches!(byte, b'<' | b'\n'));
        return some(at + 1..end, Style::Quoted);
    }
    let spaced = skip_spaces(text, at);
    let operator = operator(&text[spaced..]);
    if operator == 0 {
        return unsigned(text, name, spaced, (quoted, flag), past);
    }
    let sign = &text[spaced..spaced + operator];
    let after = spaced + operator;
    let tight = spaced == at && skip_spaces(text, after) == after;
    let start = typed(text, skip_spaces(text, after));
    let upper = !text[name.clone()].iter().any(u8::is_ascii_lowercase);
    let env = sign == b"="
        && tight
        && (upper || flag || is_line_start(text, name.start) || matches!(before, Some(b'?' | b'&' | b';')));
    let style = if env || (upper && sign == b":") { Style::Env } else { Style::Bare };
    written(text, start, style, past)
}

/// Values without a sign before them: after flags, as arguments, and as prose tells them.
fn unsigned(
    text: &[u8],
    name: &Range<usize>,
    spaced: usize,
    (quoted, flag): (bool, bool),
    past: &mut Past,
) -> Option<Value> {
    let at = name.end;
    let rest = &text[spaced..];
    // As an argument beside its name; after `:` the name is itself a value.
    let before = &text[..name.start - usize::from(quoted)];
    let argument = before[before.len().saturating_sub(40)..].trim_ascii_end().last();
    if quoted && rest.starts_with(b",") && matches!(argument, Some(b'(' | b'[' | b',')) {
        let start = skip_spaces(text, spaced + 1);
        return matches!(text.get(start), Some(b'"' | b'\'' | b'`'))
            .then(|| written(text, start, Style::Bare, past))?;
    }
    // `<add key="password" value="…"/>`, `<meta name="token" content="…">`
    for attribute in [b"value=".as_slice(), b"content="] {
        if quoted && spaced > at + 1 && rest.starts_with(attribute) {
            return written(text, spaced + attribute.len(), Style::Bare, past);
        }
    }
    if rest.starts_with(b"(") && matches!(rest.get(1), Some(b'"' | b'\'' | b'`')) {
        return written(text, spaced + 1, Style::Bare, past);
    }
    // `to pass 'x'`: no name.
    if text[name.clone()].eq_ignore_ascii_case(b"pass") && !flag {
        return None;
    }
    if spaced > at && flag && !rest.starts_with(b"-") {
        return written(text, spaced, Style::Env, past);
    }
    for told in [b"is ".as_slice(), b"was ", b"to ", b"of ", b"identified by ", b"by "] {
        if spaced > at && rest.len() > told.len() && rest[..told.len()].eq_ignore_ascii_case(told) {
            return written(text, skip_spaces(text, spaced + told.len()), Style::Bare, past);
        }
    }
    // `machine host login name password value`, `PASSWORD 'value'` of SQL.
    let sql = matches!(rest.first(), Some(b'\''));
    let line = text[..at].iter().rev().take(200).take_while(|byte| **byte != b'\n').count();
    let netrc = memchr::memmem::find(&text[at - line..at], b"login ").is_some();
    (spaced > at && (sql || netrc)).then(|| written(text, spaced, Style::Env, past))?
}

/// A value in quotes, or up to the next thing that ends one.
fn written(text: &[u8], start: usize, style: Style, past: &mut Past) -> Option<Value> {
    let start = start + prefix(&text[start.min(text.len())..]);
    let quote = *text.get(start)?;
    if matches!(quote, b'"' | b'\'' | b'`') {
        let triple = text[start..].starts_with(&[quote; 3]);
        let from = start + if triple { 3 } else { 1 };
        let end = from + until(text.get(from..)?, |byte| byte == quote || byte == b'\n');
        return some(from..end, Style::Quoted);
    }
    let run = if style == Style::Env { &mut past.env } else { &mut past.bare };
    let end = run.end(text, start, MOST + 1, |byte| ends_bare(byte, style));
    let mut range = start..end;
    while range.end > range.start && matches!(text[range.end - 1], b'.' | b',' | b':' | b'\\') {
        range.end -= 1;
    }
    some(range, style)
}

fn some(range: Range<usize>, style: Style) -> Option<Value> {
    (!range.is_empty()).then_some(Value { range, style })
}

fn ends_bare(byte: u8, style: Style) -> bool {
    byte <= b' '
        || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | b'|' | b'&' | b';' | b',' | b'}' | 0x7f)
        || (style == Style::Bare && matches!(byte, b')' | b']'))
}

/// Length of what may stand before the quotes of a text: `b`, `f`, `r"`, `String::from(`, `new X(`.
fn prefix(text: &[u8]) -> usize {
    let letters = text
        .iter()
        .take(24)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b':' | b'&' | b'.' | b' '))
        .count();
    match text.get(letters) {
        Some(b'"' | b'\'') if letters <= 2 && !text[..letters].contains(&b' ') => letters,
        Some(b'(') if matches!(text.get(letters + 1), Some(b'"' | b'\'' | b'`')) => letters + 1,
        Some(b'$') if letters == 0 && text.get(1) == Some(&b'\'') => 1,
        _ => 0,
    }
}

/// Past a type, as in `password: string = "…"`.
fn typed(text: &[u8], start: usize) -> usize {
    let rest = &text[start..];
    let name = until(rest, |byte| !(byte.is_ascii_alphanumeric() || b"_&<>[]'?:.|".contains(&byte))).min(40);
    let after = skip_spaces(text, start + name);
    let assigns = text.get(after) == Some(&b'=') && text.get(after + 1) == Some(&b' ');
    if name > 0 && after > start + name && assigns { skip_spaces(text, after + 1) } else { start }
}

/// Length of the sign that gives a value.
fn operator(text: &[u8]) -> usize {
    for sign in
        [b"===".as_slice(), b"!==", b"||=", b"??=", b":=", b"=>", b"?=", b"+=", b"==", b"!=", b"=", b":"]
    {
        if text.starts_with(sign) {
            return sign.len();
        }
    }
    0
}

fn skip_spaces(text: &[u8], at: usize) -> usize {
    at + text
        .get(at..)
        .unwrap_or_default()
        .iter()
        .take(MOST_SPACES)
        .take_while(|b| matches!(b, b' ' | b'\t'))
        .count()
}

fn until(text: &[u8], ends: impl Fn(u8) -> bool) -> usize {
    let text = &text[..text.len().min(MOST + 1)];
    text.iter().position(|byte| ends(*byte)).unwrap_or(text.len())
}

/// Whether only a patch's prefix, spaces and words such as `export` stand before a name on its line.
fn is_line_start(text: &[u8], at: usize) -> bool {
    let line = text[..at].iter().rev().take(64).take_while(|byte| **byte != b'\n').count();
    let before = text[at - line..at].trim_ascii();
    let words = [
        b"".as_slice(),
        b"export",
        b"+",
        b"-",
        b"set",
        b"env",
        b"+export",
        b"-export",
        b"declare -x",
        b"ENV",
        b"ARG",
    ];
    words.contains(&before)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(text: &str, name: &str) -> Option<(String, Style)> {
        let at = text.find(name).unwrap();
        value(text.as_bytes(), &(at..at + name.len()), &mut Past::of(text.as_bytes()))
            .map(|value| (text[value.range].to_owned(), value.style))
    }

    #[test]
    fn values_of_names() {
        for (text, name, want, style) in [
            ("export DB_PASSWORD=abc1 x", "DB_PASSWORD", "abc1", Style::Env),
            ("password: abc1", "password", "abc1", Style::Bare),
            ("\"password\": \"a'b\", ", "password", "a'b", Style::Quoted),
            ("password: string = \"abc\"", "password", "abc", Style::Quoted),
            ("let token: &str = \"abc\";", "token", "abc", Style::Quoted),
            ("os.environ[\"TOKEN\"] = 'abc'", "TOKEN", "abc", Style::Quoted),
            ("--password abc", "password", "abc", Style::Env),
            ("--password=abc", "password", "abc", Style::Env),
            ("<password>a b</password>", "password", "a b", Style::Quoted),
            ("?token=abc&x=1", "token", "abc", Style::Env),
            ("setenv(\"TOKEN\", \"abc\")", "TOKEN", "abc", Style::Quoted),
            ("the password is abc1.", "password", "abc1", Style::Bare),
            ("login me password abc", "password", "abc", Style::Env),
            ("secret := []byte(\"abc\")", "secret", "[", Style::Bare),
            ("token = String::from(\"abc\")", "token", "abc", Style::Quoted),
            ("token=b'abc'", "token", "abc", Style::Quoted),
        ] {
            let found = given(text, name);
            if want == "[" {
                assert!(found.is_some());
                continue;
            }
            assert_eq!(found, Some((want.to_owned(), style)), "{text}");
        }
        assert_eq!(given("the password field", "password"), None);
        assert_eq!(given("token, other", "token"), None);
    }
}
