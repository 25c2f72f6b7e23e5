//! Blocks of private keys, whole or cut, with any prefix on their lines.

use std::ops::Range;

/// Longest block that is looked at, in bytes.
const MOST: usize = 32 * 1024;
/// Shortest run of letters of base64 that counts on a line with other text.
const LEAST: usize = 16;

/// The pieces of the body of the private key whose `-----BEGIN` starts at `start`.
pub(super) fn body(text: &[u8], start: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let Some(after) = head(text, start) else { return pieces };
    let added = start.checked_sub(1).and_then(|at| text.get(at)) == Some(&b'+');
    let region = &text[after..text.len().min(after + MOST)];
    // What follows another beginning is looked at from there.
    let region = &region[..memchr::memmem::find(region, b"-----BEGIN ").unwrap_or(region.len())];
    let end = memchr::memmem::find(region, b"-----END").unwrap_or(region.len());
    let whole = end < region.len();
    let mut misses = 0;
    let mut at = 0;
    while at < end {
        let len = line(&region[at..end]);
        let found = pieces.len();
        if !is_header(&region[at..at + len]) {
            tokens(&region[at..at + len], after + at, added, whole, &mut pieces);
        }
        // A block without an end stops where lines of another kind begin.
        if !whole && len > 1 {
            misses = if pieces.len() > found || is_header(&region[at..at + len]) { 0 } else { misses + 1 };
            if misses > 1 {
                break;
            }
        }
        at += len + 1;
        at += usize::from(region.get(at - 1) == Some(&b'\\'));
    }
    pieces
}

/// The end of the line `-----BEGIN … PRIVATE KEY-----`.
fn head(text: &[u8], start: usize) -> Option<usize> {
    let rest = text.get(start..)?.strip_prefix(b"-----BEGIN ")?;
    let close = memchr::memmem::find(&rest[..rest.len().min(60)], b"-----")?;
    let name = &rest[..close];
    let private = name.ends_with(b"PRIVATE KEY") || name.ends_with(b"PRIVATE KEY BLOCK");
    private.then_some(start + 11 + close + 5)
}

/// Length of a line that a newline, an escaped one, or the end of the text ends.
fn line(text: &[u8]) -> usize {
    text.iter().position(|byte| matches!(byte, b'\n' | b'\\' | b'"' | b'\'')).unwrap_or(text.len())
}

/// `Proc-Type: 4,ENCRYPTED`.
fn is_header(line: &[u8]) -> bool {
    memchr::memmem::find(line, b": ").is_some_and(|at| {
        line[..at].iter().all(|b| b.is_ascii_alphabetic() || matches!(b, b'-' | b'+' | b' '))
    })
}

fn tokens(line: &[u8], offset: usize, added: bool, whole: bool, pieces: &mut Vec<Range<usize>>) {
    let is_body = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let mut at = usize::from(added && line.first() == Some(&b'+'));
    while at < line.len() {
        let len = line[at..].iter().take_while(|byte| is_body(byte)).count();
        let number = line[at..at + len].iter().all(u8::is_ascii_digit) && len < 8;
        if len >= LEAST || (whole && len >= 1 && !number) {
            pieces.push(offset + at..offset + at + len);
        }
        at += len.max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(prefix: &str, end: bool) -> String {
        let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
        let kind = "PRIVATE KEY";
        let mut text =
            format!("{prefix}-----BEGIN {kind}-----\n{prefix}{body}\n{prefix}{body}\n{prefix}Ab9=\n");
        if end {
            text = text + prefix + "-----END " + kind + "-----\n";
        }
        text + "after\nthat\n"
    }

    #[test]
    fn every_line_of_the_body_is_found_whatever_stands_before_it() {
        for prefix in ["", "+", " ", "-", "    ", "12: "] {
            let text = block(prefix, true);
            let pieces = body(text.as_bytes(), text.find("-----BEGIN").unwrap());
            let found: Vec<_> = pieces.iter().map(|range| &text[range.clone()]).collect();
            assert_eq!(found.len(), 3, "{prefix:?} {found:?}");
            assert_eq!(found[2], "Ab9=");
        }
    }

    #[test]
    fn a_cut_block_ends_with_other_lines() {
        let text = block("", false);
        let pieces = body(text.as_bytes(), 0);
        assert_eq!(pieces.len(), 2);
        assert!(body(b"-----BEGIN PUBLIC KEY-----\nMIIEvQIBADANBgkqhkiG9w0\n", 0).is_empty());
    }
}
