//! Whether a token of a known format stands at a place.

use std::ops::Range;

use super::past::Past;
use super::tokens::{Format, Letters, Middle, Trust};

/// A token, and its rest on the next line.
pub(super) type Pieces = (Range<usize>, Option<Range<usize>>);

/// Most letters of a part of a web token that are looked at.
const MOST_PART: usize = 16 * 1024;
/// Letters of a web token that are always looked into.
const LEAST_HEADER: usize = 256;
/// Fewest letters after the beginning that give a cut token away.
const LEAST_CUT: usize = 6;

/// The token of this format whose beginning stands at `head`.
///
/// A token that the end of the text or an ellipsis cuts short is one, too; so is one that a line break splits.
pub(super) fn starting(text: &[u8], head: Range<usize>, format: &Format) -> Option<Pieces> {
    if !is_boundary(text, head.start) {
        return None;
    }
    let body = format.letters.run(&text[head.end..], format.most + 1);
    let mut body = text.get(head.end..head.end + body)?;
    while let [rest @ .., b'.' | b'-' | b'_'] = body {
        body = rest;
    }
    let end = head.end + body.len();
    if body.len() > format.most && format.trust == Trust::Loose {
        return None;
    }
    if body.len() > format.most {
        // Longer than any: something else, unless the beginning leaves no doubt.
        return (format.most >= 60).then_some((head.start..end, None));
    }
    if body.len() >= format.least {
        let random = match format.trust {
            Trust::Firm => !is_dull(body),
            Trust::Loose => is_random(body, format.letters),
        };
        return (random && !is_sample(body)).then_some((head.start..end, None));
    }
    if format.trust == Trust::Loose || is_dull(body) || is_sample(body) {
        return None;
    }
    cut(text, head.start, end, body.len(), format)
}

/// A token that stops too early.
fn cut(text: &[u8], start: usize, end: usize, found: usize, format: &Format) -> Option<Pieces> {
    let rest = &text[end..];
    if let Some(next) = next_line(rest) {
        let more = format.letters.run(&rest[next..], format.most + 1);
        let whole = found + more;
        if found >= 2 && more >= 2 && whole >= format.least && whole <= format.most {
            return Some((start..end, Some(end + next..end + next + more)));
        }
    }
    let ends = rest.is_empty() || rest.starts_with("…".as_bytes()) || rest.starts_with(b"...");
    let ends = ends || rest.trim_ascii().is_empty() || rest.starts_with("\n…".as_bytes());
    (ends && found >= LEAST_CUT && has_digit_and_letter(&text[start..end])).then_some((start..end, None))
}

/// Bytes up to the text of the next line, past a patch's prefix and an indent.
fn next_line(rest: &[u8]) -> Option<usize> {
    let mut at = match rest {
        [b'\r' | b'\\', b'\n', ..] => 2,
        [b'\n', ..] => 1,
        _ => return None,
    };
    if matches!(rest.get(at), Some(b'+' | b'-' | b'>')) {
        at += 1;
    }
    at += rest[at..].iter().take(16).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    Some(at)
}

/// The token whose middle stands at `anchor`.
pub(super) fn around(text: &[u8], anchor: Range<usize>, middle: &Middle) -> Option<Range<usize>> {
    let (letters, least, most) = middle.before;
    let before =
        text[..anchor.start].iter().rev().take(most + 1).take_while(|byte| letters.has(**byte)).count();
    let (letters, fewest, longest) = middle.after;
    let after = letters.run(&text[anchor.end..], longest + 1);
    let fits = (least..=most).contains(&before) && (fewest..=longest).contains(&after);
    let token = anchor.start.checked_sub(before)?..anchor.end + after;
    // `https://api.telegram.org/bot<token>/…`
    let begins = is_boundary(text, token.start) || text[..token.start].ends_with(b"/bot");
    let fits = fits && begins && !is_sample(&text[token.clone()]);
    (fits && has_digit_and_letter(&text[token.clone()])).then_some(token)
}

/// A signed web token: three parts of base64 that begin as JSON does. Gives each part.
pub(super) fn jwt(text: &[u8], start: usize, past: &mut Past) -> Option<Vec<Range<usize>>> {
    if !is_boundary(text, start) {
        return None;
    }
    let mut parts = Vec::new();
    let mut at = start;
    while parts.len() < 5 {
        let len = past.web.end(text, at, MOST_PART, |byte| !Letters::Url.has(byte)) - at;
        if len == 0 {
            break;
        }
        parts.push(at..at + len);
        at += len;
        if text.get(at) != Some(&b'.') {
            break;
        }
        at += 1;
    }
    let first = parts.first()?;
    let head = if past.may_judge(first.len()) { first.len() } else { LEAST_HEADER };
    let header = &text[first.start..first.start + head / 4 * 4];
    let header = data_encoding::BASE64URL_NOPAD.decode(header).ok()?;
    let names = [b"\"alg\"".as_slice(), b"\"typ\"", b"\"enc\"", b"\"kid\"", b"\"cty\""];
    let says = names.iter().any(|name| memchr::memmem::find(&header, name).is_some());
    (says && first.len() >= 16 && (parts.len() > 1 || at >= text.len())).then_some(parts)
}

/// Whether a token may start here: no letter or digit before it, except as part of an escape.
pub(super) fn is_boundary(text: &[u8], start: usize) -> bool {
    match start.checked_sub(1).and_then(|before| text.get(before)) {
        Some(before) => !before.is_ascii_alphanumeric() && *before != b'_',
        None => true,
    }
}

/// Whether a text is what manuals write for a token.
pub(super) fn is_sample(body: &[u8]) -> bool {
    let mut lower = [0u8; 64];
    let len = body.len().min(lower.len());
    lower[..len].copy_from_slice(&body[..len]);
    lower.make_ascii_lowercase();
    let lower = &lower[..len];
    let counted = [b"00000000".as_slice(), b"123456789012"];
    super::value::has_stand_in(lower)
        || counted.iter().any(|part| memchr::memmem::find(lower, part).is_some())
}

/// Whether a text has so few different bytes, or is so plainly made of words, that it is no secret.
pub(super) fn is_dull(body: &[u8]) -> bool {
    if distinct(body) < 5.min(body.len()) {
        return true;
    }
    // `hf_transfer_enable`, `npm_config_registry`: words.
    let digits = body.iter().filter(|byte| byte.is_ascii_digit()).count();
    let upper = body.iter().filter(|byte| byte.is_ascii_uppercase()).count();
    let lower = body.iter().filter(|byte| byte.is_ascii_lowercase()).count();
    digits == 0 && (upper == 0 || lower == 0) && body.iter().any(|byte| b"_-./".contains(byte))
}

/// Whether a text of these letters looks random.
pub(super) fn is_random(body: &[u8], letters: Letters) -> bool {
    let least = if letters == Letters::Hex { 6 } else { 9 };
    has_digit_and_letter(body) && distinct(body) >= least && !is_wordy(body)
}

/// Whether a text is words, numbers and versions between separators.
pub(super) fn is_wordy(body: &[u8]) -> bool {
    body.split(|byte| !byte.is_ascii_alphanumeric()).all(|part| {
        let letters = part.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let digits = part.len() - letters;
        let tail = part[letters..].iter().all(u8::is_ascii_digit);
        let word = part[..letters].iter().skip(1).all(u8::is_ascii_lowercase)
            || part[..letters].iter().all(u8::is_ascii_uppercase);
        tail && word && letters <= 14 && digits <= 4
    })
}

pub(super) fn has_digit_and_letter(body: &[u8]) -> bool {
    body.iter().any(u8::is_ascii_digit) && body.iter().any(u8::is_ascii_alphabetic)
}

pub(super) fn distinct(body: &[u8]) -> usize {
    let mut seen = [false; 256];
    for byte in body.iter().take(256) {
        seen[usize::from(*byte)] = true;
    }
    seen.iter().filter(|seen| **seen).count()
}
