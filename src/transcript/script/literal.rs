//! Values of JavaScript expressions that are literals.

use std::collections::HashMap;

use serde_json::Value;
use tree_sitter::Node;

use super::names::children;

/// Deeper expressions are not read.
const MAX_DEPTH: u32 = 48;
/// Expressions that are looked at in one script, at most.
const MAX_EXPRESSIONS: u32 = 20_000;
/// Longer strings are not made.
const MAX_TEXT: usize = 1 << 20;

/// Arguments that change nothing about what a command touches.
const IRRELEVANT: &[&str] =
    &["yield_time_ms", "max_output_tokens", "timeout_ms", "login", "tty", "justification", "prefix_rule"];

/// A value that was read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Read {
    pub value: Value,
    /// Nothing of it was left out.
    pub whole: bool,
}

/// Reads literals of one script.
pub(super) struct Evaluator<'e, 's> {
    text: &'s str,
    constants: &'e HashMap<&'s str, Node<'s>>,
    left: u32,
}

impl<'e, 's> Evaluator<'e, 's> {
    pub(super) fn new(text: &'s str, constants: &'e HashMap<&'s str, Node<'s>>) -> Self {
        Self { text, constants, left: MAX_EXPRESSIONS }
    }

    /// The value of an expression; of an object, the fields that can be read.
    pub(super) fn read(&mut self, node: Node<'_>) -> Option<Read> {
        if node.kind() == "object" {
            return self.object(node, 0);
        }
        Some(Read { value: self.value(node, 0)?, whole: true })
    }

    fn value(&mut self, node: Node<'_>, depth: u32) -> Option<Value> {
        self.left = self.left.checked_sub(1)?;
        if depth > MAX_DEPTH {
            return None;
        }
        let word = self.text.get(node.byte_range())?;
        match node.kind() {
            "string" => Some(Value::String(unescape(word.get(1..word.len().checked_sub(1)?)?)?)),
            "template_string" => self.template(node, depth, false),
            "number" => number(word).map(Value::Number),
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            "null" => Some(Value::Null),
            "object" => self.object(node, depth).filter(|read| read.whole).map(|read| read.value),
            "array" => children(node)
                .filter(|item| item.kind() != "comment")
                .map(|item| self.value(item, depth + 1))
                .collect::<Option<Vec<_>>>()
                .map(Value::Array),
            "parenthesized_expression" => self.value(node.named_child(0)?, depth + 1),
            "binary_expression" => self.sum(node, depth),
            "identifier" | "shorthand_property_identifier" => {
                let value = *self.constants.get(word)?;
                // Fields of an object may change after it is bound to a constant; plain values may not.
                self.value(value, depth + 1).filter(|value| !value.is_object() && !value.is_array())
            }
            "call_expression" => self.method(node, depth),
            _ => None,
        }
    }

    fn object(&mut self, node: Node<'_>, depth: u32) -> Option<Read> {
        let mut fields = serde_json::Map::new();
        let mut whole = true;
        for field in children(node) {
            let (key, value) = match field.kind() {
                "pair" => {
                    (self.key(field.child_by_field_name("key")?, depth), field.child_by_field_name("value"))
                }
                "shorthand_property_identifier" => {
                    (self.text.get(field.byte_range()).map(str::to_owned), Some(field))
                }
                "comment" => continue,
                // A spread or a method may set any field.
                _ => return None,
            };
            let key = key?;
            let is_undefined = value.is_some_and(|value| value.kind() == "undefined");
            match value.and_then(|value| self.value(value, depth + 1)) {
                Some(value) => drop(fields.insert(key, value)),
                None if is_undefined || IRRELEVANT.contains(&key.as_str()) => drop(fields.remove(&key)),
                None => whole = false,
            }
        }
        Some(Read { value: Value::Object(fields), whole })
    }

    fn key(&mut self, node: Node<'_>, depth: u32) -> Option<String> {
        match node.kind() {
            "property_identifier" | "number" => self.text.get(node.byte_range()).map(str::to_owned),
            "computed_property_name" => {
                self.value(node.named_child(0)?, depth + 1)?.as_str().map(str::to_owned)
            }
            _ => self.value(node, depth + 1)?.as_str().map(str::to_owned),
        }
    }

    /// `"a" + "b"`.
    fn sum(&mut self, node: Node<'_>, depth: u32) -> Option<Value> {
        let operator = node.child_by_field_name("operator")?;
        if operator.kind() != "+" {
            return None;
        }
        let left = self.value(node.child_by_field_name("left")?, depth + 1)?;
        let right = self.value(node.child_by_field_name("right")?, depth + 1)?;
        if !left.is_string() && !right.is_string() {
            return None;
        }
        bounded(plain(&left)? + &plain(&right)?).map(Value::String)
    }

    /// A template literal; with `raw`, its escapes are left as they are.
    fn template(&mut self, node: Node<'_>, depth: u32, raw: bool) -> Option<Value> {
        let piece = |from: usize, to: usize| {
            let text = self.text.get(from..to)?.replace("\r\n", "\n");
            if raw { Some(text) } else { unescape(&text) }
        };
        let mut pieces = Vec::new();
        let mut at = node.start_byte() + 1;
        for part in children(node).filter(|part| part.kind() == "template_substitution") {
            pieces.push((piece(at, part.start_byte())?, Some(part.named_child(0)?)));
            at = part.end_byte();
        }
        pieces.push((piece(at, node.end_byte().checked_sub(1)?)?, None));
        let mut text = String::new();
        for (piece, substitution) in pieces {
            text.push_str(&piece);
            if let Some(substitution) = substitution {
                text.push_str(&plain(&self.value(substitution, depth + 1)?)?);
            }
            if text.len() > MAX_TEXT {
                return None;
            }
        }
        Some(Value::String(text))
    }

    /// The calls that people write around long texts: ``String.raw`…` ``, `[…].join("\n")` and `"…".trim()`.
    fn method(&mut self, node: Node<'_>, depth: u32) -> Option<Value> {
        let function = node.child_by_field_name("function")?;
        let arguments = node.child_by_field_name("arguments")?;
        if arguments.kind() == "template_string" {
            let is_raw = self.text.get(function.byte_range()) == Some("String.raw");
            return if is_raw { self.template(arguments, depth, true) } else { None };
        }
        if function.kind() != "member_expression" {
            return None;
        }
        let object = function.child_by_field_name("object")?;
        match self.text.get(function.child_by_field_name("property")?.byte_range())? {
            "join" if object.kind() == "array" => {
                let Value::Array(items) = self.value(object, depth + 1)? else { return None };
                let items = items.iter().map(plain).collect::<Option<Vec<_>>>()?;
                let between = match arguments.named_child(0) {
                    Some(between) => self.value(between, depth + 1)?.as_str()?.to_owned(),
                    None => ",".to_owned(),
                };
                bounded(items.join(&between)).map(Value::String)
            }
            "trim" if arguments.named_child_count() == 0 => {
                Some(Value::String(self.value(object, depth + 1)?.as_str()?.trim().to_owned()))
            }
            _ => None,
        }
    }
}

/// The text that JavaScript makes of a value inside a string; only where that is beyond doubt.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_i64() => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// A number as JSON has it after a script made it; only where that is beyond doubt.
fn number(word: &str) -> Option<serde_json::Number> {
    let is_decimal = word.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    let value: f64 = word.parse().ok().filter(|_| is_decimal)?;
    // Rust writes numbers of this size as scripts do.
    let plain = value == 0.0 || (1e-6..1e21).contains(&value);
    let octal = word.len() > 1 && word.starts_with('0') && word.bytes().all(|byte| byte.is_ascii_digit());
    if !plain || octal {
        return None;
    }
    value.to_string().parse().ok()
}

fn bounded(text: String) -> Option<String> {
    (text.len() <= MAX_TEXT).then_some(text)
}

/// Resolves the escapes of a JavaScript string; `None` when one is malformed or half a surrogate pair.
fn unescape(text: &str) -> Option<String> {
    if !text.contains('\\') {
        return Some(text.to_owned());
    }
    let mut units: Vec<u16> = Vec::new();
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let unit = if c == '\\' { escape(&mut chars)? } else { Escape::Char(c) };
        if let Escape::Unit(unit) = unit {
            units.push(unit);
            continue;
        }
        out.push_str(&String::from_utf16(&std::mem::take(&mut units)).ok()?);
        if let Escape::Char(c) = unit {
            out.push(c);
        }
    }
    out.push_str(&String::from_utf16(&units).ok()?);
    Some(out)
}

enum Escape {
    Char(char),
    Unit(u16),
    Nothing,
}

fn escape(chars: &mut std::str::Chars<'_>) -> Option<Escape> {
    let hex = |chars: &mut std::str::Chars<'_>, digits: usize| {
        let text = chars.as_str().get(..digits)?;
        let value =
            text.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(text, 16).ok())??;
        chars.nth(digits - 1);
        Some(value)
    };
    Some(match chars.next()? {
        'n' => Escape::Char('\n'),
        't' => Escape::Char('\t'),
        'r' => Escape::Char('\r'),
        'b' => Escape::Char('\u{8}'),
        'f' => Escape::Char('\u{c}'),
        'v' => Escape::Char('\u{b}'),
        '0' if !chars.as_str().starts_with(|c: char| c.is_ascii_digit()) => Escape::Char('\0'),
        c if c.is_ascii_digit() => return None,
        'x' => Escape::Char(char::from_u32(hex(chars, 2)?)?),
        'u' if chars.as_str().starts_with('{') => {
            let (digits, rest) = chars.as_str()[1..].split_once('}')?;
            let value = u32::from_str_radix(digits, 16).ok()?;
            *chars = rest.chars();
            Escape::Char(char::from_u32(value)?)
        }
        'u' => Escape::Unit(u16::try_from(hex(chars, 4)?).ok()?),
        '\n' | '\u{2028}' | '\u{2029}' => Escape::Nothing,
        '\r' => {
            if let Some(rest) = chars.as_str().strip_prefix('\n') {
                *chars = rest.chars();
            }
            Escape::Nothing
        }
        c => Escape::Char(c),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved() {
        for (from, want) in [
            (r"a\nb\t\\\'\q", Some("a\nb\t\\'q")),
            (r"\x41\u0042\u{1F600}", Some("AB😀")),
            (r"\ud83d\ude00!", Some("😀!")),
            ("a\\\nb\\\r\nc", Some("abc")),
            (r"\0", Some("\0")),
            (r"\ud83d", None),
            (r"\x4", None),
            (r"\u{zz}", None),
            (r"\12", None),
        ] {
            assert_eq!(unescape(from).as_deref(), want, "{from}");
        }
    }
}
