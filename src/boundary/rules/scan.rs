//! A look at the text of a rules file before Starlark's compiler recurses into it.

/// Deepest nesting of brackets.
const MAX_NESTING: usize = 200;
/// Most operators and opening brackets in one statement; a chain of them nests as deep.
const MAX_OPERATORS: usize = 1_500;

/// Where the text nests too deep for a recursive compiler, and how.
pub(super) fn too_complex(text: &str) -> Option<(usize, &'static str)> {
    let bytes = text.as_bytes();
    let (mut at, mut depth, mut operators) = (0, 0_usize, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at += 1;
        match byte {
            b'#' => at += bytes[at..].iter().take_while(|&&byte| byte != b'\n').count(),
            b'"' | b'\'' => at = string_end(bytes, start),
            b'\n' if depth == 0 => operators = 0,
            b'(' | b'[' | b'{' => {
                depth += 1;
                operators += 1;
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'0'..=b'9' => {
                at += bytes[at..]
                    .iter()
                    .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
                    .count();
                if repeats(bytes, start, at) {
                    return Some((start, "a value is repeated more than 100000 times"));
                }
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                at += bytes[at..]
                    .iter()
                    .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
                    .count();
                let word = &bytes[start..at];
                operators +=
                    usize::from([&b"not"[..], b"and", b"or", b"if", b"lambda", b"for"].contains(&word));
            }
            b'+' | b'-' | b'*' | b'/' | b'%' | b'.' | b'<' | b'>' | b'=' | b'!' | b'|' | b'&' | b'^'
            | b'~' => operators += 1,
            _ => {}
        }
        if depth > MAX_NESTING {
            return Some((start, "brackets are nested more than 200 deep"));
        }
        if operators > MAX_OPERATORS {
            return Some((start, "a statement has more than 1500 operators"));
        }
    }
    None
}

/// Whether a text may compute values, beside calling the functions of rules with literals. Only such a text can need
/// much memory or time.
pub(super) fn can_grow(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at += 1;
        match byte {
            b'#' => at += bytes[at..].iter().take_while(|&&byte| byte != b'\n').count(),
            b'"' | b'\'' => at = string_end(bytes, start),
            b'*' | b'%' | b'+' | b'.' | b'|' | b'/' | b'<' => return true,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                let rest = &bytes[at..];
                at += rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
                if computes(&bytes[start..at], &bytes[at..]) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

/// Whether a word that is followed by `rest` starts a computation.
fn computes(word: &[u8], rest: &[u8]) -> bool {
    let next = rest.iter().find(|byte| !byte.is_ascii_whitespace());
    let own = matches!(word, b"prefix_rule" | b"host_executable" | b"network_rule");
    let formatted = matches!(word, b"f" | b"fr" | b"rf") && matches!(rest.first(), Some(b'"' | b'\''));
    (next == Some(&b'(') && !own) || formatted || matches!(word, b"for" | b"def" | b"lambda")
}

/// Whether the number between these offsets is a large factor: Starlark makes repeated values at once, however large.
fn repeats(bytes: &[u8], start: usize, end: usize) -> bool {
    let blank = |byte: &&u8| matches!(**byte, b' ' | b'\t' | b'\\' | b'\n' | b'\r' | b'(' | b')');
    let before = bytes[..start].iter().rev().find(|byte| !blank(byte));
    let after = bytes[end..].iter().find(|byte| !blank(byte));
    let times = before == Some(&b'*') || after == Some(&b'*');
    let digits = std::str::from_utf8(&bytes[start..end]).unwrap_or_default().replace('_', "");
    times && digits.parse::<u64>().map_or(digits.len() > 4, |number| number > 100_000)
}

/// The offset after the string that starts at `start`.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let quote = bytes[start];
    let triple = bytes[start..].starts_with(&[quote; 3]);
    let mut at = start + if triple { 3 } else { 1 };
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'\n' if !triple => return at,
            _ if byte == quote && !triple => return at + 1,
            _ if byte == quote && bytes[at..].starts_with(&[quote; 3]) => return at + 3,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_texts_that_compute_can_grow() {
        for (text, grows) in [
            ("prefix_rule(pattern=[\"git\", [\"push\", \"*.+\"]], decision='prompt') # 1 + 1", false),
            ("RULES = [\"a\", True, 3, -1]\nhost_executable ( name = \"git\", paths = [] )", false),
            ("\"\"\"\n* for (\n\"\"\"", false),
            ("x = \"a\" * 9", true),
            ("x = \"%s\" % y", true),
            ("x = [1] + [2]", true),
            ("x = \"a\".join([])", true),
            ("x = list(range(3))", true),
            ("x = f\"{y}{y}\"", true),
            ("def f():\n  pass", true),
            ("[prefix_rule([a]) for a in [\"x\"]]", true),
        ] {
            assert_eq!(can_grow(text), grows, "{text}");
        }
    }

    #[test]
    fn strings_and_comments_do_not_nest() {
        for text in [
            format!("x = \"{}\"", "[".repeat(9_000)),
            format!("x = \"\"\"\n{}\"\"\"", "[\n".repeat(9_000)),
            format!("x = 1 # {}\n", "[".repeat(9_000)),
            format!("x = '\\'{}'", "-".repeat(9_000)),
            "x = [1, 2]\n".repeat(3_000),
            "prefix_rule([\"git\", \"--no-pager\"], decision=\"prompt\")\n".repeat(3_000),
        ] {
            assert_eq!(too_complex(&text), None, "{}", &text[..20]);
        }
        assert_eq!(too_complex(&"(".repeat(300)).map(|(at, _)| at), Some(200));
        assert!(too_complex(&"not ".repeat(5_000)).is_some());
        for (text, refused) in [
            ("x = [1] * 3", false),
            ("x = 2000000000", false),
            ("x = [1] * 2000000000", true),
            ("x = 0x7fffffff * 'a'", true),
            ("x = ['a'] * (2000000000)", true),
        ] {
            assert_eq!(too_complex(text).is_some(), refused, "{text}");
        }
        assert_eq!(too_complex("'\\"), None);
    }
}
