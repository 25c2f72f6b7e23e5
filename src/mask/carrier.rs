//! Base64 that carries text: found, decoded, and written back.

use std::ops::Range;
use std::sync::LazyLock;

use data_encoding::{Encoding, Specification};

/// Shortest run that is decoded, in letters.
const LEAST: usize = 16;
/// Shortest line of base64 that may go on in the next one.
const LEAST_LINE: usize = 56;
/// Decoded bytes that tell text from anything else.
const PROBE: usize = 48;

static STANDARD: LazyLock<Option<Encoding>> = LazyLock::new(|| encoding("+/"));
static URL: LazyLock<Option<Encoding>> = LazyLock::new(|| encoding("-_"));

fn encoding(last: &str) -> Option<Encoding> {
    let mut specification = Specification::new();
    specification.symbols.push_str("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
    specification.symbols.push_str(last);
    specification.check_trailing_bits = false;
    specification.encoding().ok()
}

/// A run of base64 that holds text.
#[derive(Debug)]
pub(super) struct Carrier {
    /// Where it stands, padding and line breaks included.
    pub(super) range: Range<usize>,
    /// What it holds.
    pub(super) text: Vec<u8>,
    /// Places of line breaks, from the start of the run.
    breaks: Vec<usize>,
    url: bool,
    padded: bool,
}

impl Carrier {
    /// Where its lines stand.
    pub(super) fn lines(&self) -> impl Iterator<Item = Range<usize>> {
        let starts = std::iter::once(0).chain(self.breaks.iter().map(|at| at + 1));
        let ends = self.breaks.iter().copied().chain(std::iter::once(self.range.len()));
        starts.zip(ends).map(|(start, end)| self.range.start + start..self.range.start + end)
    }

    /// The carrier with another text in it, of the same shape.
    pub(super) fn write(&self, text: &[u8]) -> Option<Vec<u8>> {
        let encoding = if self.url { URL.as_ref() } else { STANDARD.as_ref() }?;
        let mut letters = encoding.encode(text).into_bytes();
        while self.padded && letters.len() % 4 != 0 {
            letters.push(b'=');
        }
        for at in &self.breaks {
            if *at < letters.len() {
                letters.insert(*at, b'\n');
            }
        }
        Some(letters)
    }
}

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        if byte.is_ascii_alphanumeric() {
            table[at] = 1;
        } else if matches!(byte, b'+' | b'/' | b'-' | b'_') {
            table[at] = 2;
        }
        at += 1;
    }
    table
}

/// 1: letter or digit, 2: one of the four signs, 0: neither.
static CLASSES: [u8; 256] = classes();

fn is_letter(byte: u8) -> bool {
    CLASSES[usize::from(byte)] != 0
}

/// The next run of letters of base64 that is long enough, from a place on.
pub(super) fn next_run(text: &[u8], from: usize) -> Option<Range<usize>> {
    let mut at = from;
    // Looking at every 16th byte first skips what cannot hold a run.
    loop {
        let probe = at + LEAST - 1;
        if probe >= text.len() {
            return None;
        }
        if let Some(back) = text[at..=probe].iter().rposition(|byte| !is_letter(*byte)) {
            at += back + 1;
            continue;
        }
        let end = probe + text[probe..].iter().take_while(|byte| is_letter(**byte)).count();
        return Some(at..end);
    }
}

/// The text that a run carries, if it carries any.
pub(super) fn read(text: &[u8], run: Range<usize>) -> Option<Carrier> {
    let mut starts = [run.start; 4];
    let mut count = 1;
    for (index, byte) in text[run.clone()].iter().enumerate().take(200) {
        if CLASSES[usize::from(*byte)] == 2 && count < starts.len() {
            starts[count] = run.start + index + 1;
            count += 1;
        }
    }
    starts[..count].iter().find_map(|start| read_at(text, *start..run.end))
}

fn read_at(text: &[u8], run: Range<usize>) -> Option<Carrier> {
    if run.len() < LEAST {
        return None;
    }
    let probe = &text[run.start..run.start + run.len().min(PROBE / 3 * 4) / 4 * 4];
    let url = probe.iter().any(|byte| matches!(byte, b'-' | b'_'));
    if !carries_text(probe, url) {
        return None;
    }
    let (end, breaks) = lines(text, &run);
    let mut letters: Vec<u8> = text[run.start..end].iter().copied().filter(|byte| *byte != b'\n').collect();
    let url = letters.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let encoding = if url { URL.as_ref() } else { STANDARD.as_ref() }?;
    let mut end = end;
    if letters.len() % 4 == 1 {
        letters.pop();
        end -= 1;
    }
    let pads = text[end..].iter().take(2).take_while(|byte| **byte == b'=').count();
    let padded = pads > 0 && (letters.len() + pads).is_multiple_of(4);
    let text = encoding.decode(&letters).ok()?;
    let range = run.start..end + if padded { pads } else { 0 };
    Some(Carrier { range, text, breaks, url, padded })
}

/// The end of a run that is wrapped into lines of one length, and where its line breaks are.
fn lines(text: &[u8], run: &Range<usize>) -> (usize, Vec<usize>) {
    let (width, mut end, mut breaks) = (run.len(), run.end, Vec::new());
    if width < LEAST_LINE {
        return (end, breaks);
    }
    while text.get(end) == Some(&b'\n') {
        let len = text[end + 1..].iter().take(width + 1).take_while(|byte| is_letter(**byte)).count();
        if len == 0 || len > width {
            break;
        }
        breaks.push(end - run.start);
        end += 1 + len;
        if len < width {
            break;
        }
    }
    (end, breaks)
}

/// What six bits a letter stands for; 64 for none. `-` and `_` stand for what `+` and `/` do.
const fn values() -> [u8; 256] {
    let mut table = [64; 256];
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut value = 0;
    while value < 64 {
        table[letters[value as usize] as usize] = value;
        value += 1;
    }
    table[b'-' as usize] = 62;
    table[b'_' as usize] = 63;
    table
}

static VALUES: [u8; 256] = values();

/// Whether letters hold what looks like text of some script. Most runs of letters are words and paths: they are given up
/// at their first few bytes.
fn carries_text(letters: &[u8], url: bool) -> bool {
    let len = letters.len() / 4 * 3;
    let (mut wide, mut other) = (0, 0);
    for four in letters.chunks_exact(4) {
        let mut bits = 0u32;
        for letter in four {
            let value = VALUES[usize::from(*letter)];
            if value > 63 || (url && matches!(letter, b'+' | b'/')) {
                return false;
            }
            bits = bits << 6 | u32::from(value);
        }
        for byte in [(bits >> 16) as u8, (bits >> 8) as u8, bits as u8] {
            match byte {
                b' '..=b'~' | b'\n' | b'\t' | b'\r' => {}
                0 => wide += 1,
                _ => other += 1,
            }
        }
        if other * 10 > len {
            return false;
        }
    }
    wide == 0 || (wide + other) * 10 <= len || wide * 3 > len
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carried(text: &str) -> Option<String> {
        let run = next_run(text.as_bytes(), 0)?;
        read(text.as_bytes(), run).map(|carrier| String::from_utf8_lossy(&carrier.text).into_owned())
    }

    #[test]
    fn text_is_found_in_base64_and_nothing_in_noise() {
        assert_eq!(carried("x: dXNlcjpwYXNzd29yZDEyMzQ= y").as_deref(), Some("user:password1234"));
        assert_eq!(carried("/dXNlcjpwYXNzd29yZDEyMzQ").as_deref(), Some("user:password1234"));
        assert_eq!(carried("src/components/button/index"), None);
        assert_eq!(carried("4f9669bfacce4fdeb2a6d9f733194f45"), None);
        assert_eq!(carried("short"), None);
    }

    #[test]
    fn a_tenth_of_other_bytes_is_still_text() {
        let holds = |bytes: &[u8]| carries_text(data_encoding::BASE64.encode(bytes).as_bytes(), false);
        let mut text = *b"plain words of thirty bytes ok";
        assert!(holds(&text));
        text[3] = 0xC3;
        text[9] = 7;
        text[20] = 0xFF;
        assert!(holds(&text));
        text[21] = 0xFF;
        assert!(!holds(&text));
        let wide: Vec<u8> = text[..12].iter().flat_map(|byte| [b'a' + byte % 20, 0]).collect();
        assert!(holds(&wide));
        assert!(!holds(&[0; 30].map(|byte| byte + 1)));
        assert!(carries_text(b"Pz8-Pz8_", true) && !carries_text(b"Pz8-Pz8/", true));
    }

    #[test]
    fn writing_back_keeps_the_shape() {
        let body = "A text that is long enough to be wrapped into several lines by tools that print base64.";
        let letters = data_encoding::BASE64.encode(body.as_bytes());
        let wrapped: Vec<&str> =
            letters.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let wrapped = wrapped.join("\n");
        let text = format!("begin {wrapped} end");
        let run = next_run(text.as_bytes(), 0).unwrap();
        let carrier = read(text.as_bytes(), run).unwrap();
        assert_eq!(carrier.text, body.as_bytes());
        assert_eq!(text[carrier.range.clone()], wrapped);
        assert_eq!(carrier.write(&carrier.text).unwrap(), wrapped.as_bytes());
    }
}
