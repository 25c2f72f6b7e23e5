//! A text seen without one layer of its writing: escapes, percent-encoding, terminal colours.
//!
//! A view is made of the bytes of another text, its parent, and knows where each of them came from, so that what is
//! found in the view can be replaced in the parent.

use memchr::{memchr, memchr2, memmem};

/// The bytes of a layer and where they came from.
#[derive(Debug, Default)]
pub(super) struct View {
    pub(super) bytes: Vec<u8>,
    /// Where the offset between view and parent changes: (place in the view, place in the parent).
    steps: Vec<(u32, u32)>,
    /// Whether bytes of the parent were left out between those of the view.
    pub(super) gaps: bool,
    /// Whether letters stand here that are written in another way in the parent, or that meet only here: a value may
    /// be found that a search over the parent does not find.
    pub(super) telling: bool,
}

/// Whether a byte may be part of what is searched for in the text as it is written, whatever its layers.
pub(super) fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

impl View {
    fn clear(&mut self) {
        self.bytes.clear();
        self.steps.clear();
        self.gaps = false;
        self.telling = false;
    }

    /// From here on, bytes of the view come from `parent` and what follows it.
    fn step(&mut self, parent: usize) {
        self.steps.push((self.bytes.len() as u32, parent as u32));
    }

    fn copy(&mut self, text: &[u8], from: usize, to: usize) {
        if from < to {
            self.step(from);
            self.bytes.extend_from_slice(&text[from..to]);
        }
    }

    /// Where a byte of the view starts in the parent.
    pub(super) fn start(&self, at: usize) -> usize {
        let index = self.steps.partition_point(|step| step.0 as usize <= at);
        match index.checked_sub(1).and_then(|index| self.steps.get(index)) {
            Some(step) => step.1 as usize + (at - step.0 as usize),
            None => at,
        }
    }

    /// Pieces of the parent that a range of the view covers, each with its range in the view.
    pub(super) fn pieces(
        &self,
        from: usize,
        to: usize,
    ) -> Vec<(std::ops::Range<usize>, std::ops::Range<usize>)> {
        if !self.gaps {
            return vec![(from..to, self.start(from)..self.start(to))];
        }
        let mut pieces = Vec::new();
        let mut at = from;
        while at < to {
            let index = self.steps.partition_point(|step| step.0 as usize <= at);
            let end = self.steps.get(index).map_or(to, |step| (step.0 as usize).min(to));
            let start = self.start(at);
            pieces.push((at..end, start..start + (end - at)));
            at = end;
        }
        pieces
    }

    /// The text with one layer of backslash escapes removed, as JSON, JavaScript, C and shells with `$'…'` write
    /// them. `None` when it has none. What is no escape is left as it stands.
    pub(super) fn unescape(&mut self, text: &[u8]) -> Option<()> {
        let mut at = memchr(b'\\', text)?;
        self.clear();
        let mut from = 0;
        let mut found = false;
        loop {
            let (bytes, used) = escape(&text[at..]);
            if used > 0 {
                found = true;
                self.copy(text, from, at);
                self.step(at);
                self.telling |= bytes.as_slice().iter().any(|byte| is_plain(*byte));
                self.bytes.extend_from_slice(bytes.as_slice());
                from = at + used;
                at = from;
            } else {
                at += 1;
            }
            match memchr(b'\\', text.get(at..)?) {
                Some(next) => at += next,
                None => break,
            }
        }
        self.copy(text, from, text.len());
        self.step(text.len());
        found.then_some(())
    }

    /// The text with percent-encoded ASCII decoded; `None` when it has none.
    pub(super) fn percent(&mut self, text: &[u8]) -> Option<()> {
        let mut at = next_percent(text, 0)?.0;
        self.clear();
        let mut from = 0;
        while let Some((start, byte)) = next_percent(text, at) {
            self.copy(text, from, start);
            self.step(start);
            self.telling |= is_plain(byte);
            self.bytes.push(byte);
            from = start + 3;
            at = from;
        }
        self.copy(text, from, text.len());
        self.step(text.len());
        Some(())
    }

    /// The text without terminal colours and without the zero bytes of UTF-16; `None` when it has neither.
    pub(super) fn plain(&mut self, text: &[u8]) -> Option<()> {
        let mut at = memchr2(0x1b, 0, text)?;
        self.clear();
        self.gaps = true;
        self.telling = true;
        let mut from = 0;
        loop {
            self.copy(text, from, at);
            from = at + control(&text[at..]);
            match memchr2(0x1b, 0, &text[from..]) {
                Some(next) => at = from + next,
                None => break,
            }
        }
        self.copy(text, from, text.len());
        self.step(text.len());
        Some(())
    }

    /// A difference or patch without the signs before the lines that it removes: before one, a word is not where it
    /// would be. `None` for other texts.
    pub(super) fn removed(&mut self, text: &[u8]) -> Option<()> {
        let first = memmem::find(text, b"\n-")?;
        if !text.starts_with(b"@@") && memmem::find(text, b"\n@@").is_none() {
            return None;
        }
        self.clear();
        self.telling = true;
        self.bytes.extend_from_slice(text);
        self.bytes[first + 1] = b' ';
        for at in memmem::find_iter(&text[first + 2..], b"\n-") {
            self.bytes[first + at + 3] = b' ';
        }
        Some(())
    }
}

/// Length of a control sequence of a terminal, or of a zero byte.
fn control(text: &[u8]) -> usize {
    match text.get(1) {
        Some(b'[') if text[0] == 0x1b => {
            let body = text.iter().skip(2).take(32).take_while(|byte| (0x20..0x40).contains(*byte)).count();
            (2 + body + usize::from(text.len() > 2 + body)).min(text.len())
        }
        _ => 1,
    }
}

fn next_percent(text: &[u8], mut at: usize) -> Option<(usize, u8)> {
    loop {
        at += memchr(b'%', text.get(at..)?)?;
        let pair = text.get(at + 1..at + 3)?;
        if let (Some(high), Some(low)) = (hex(pair[0]), hex(pair[1])) {
            let byte = (high * 16 + low) as u8;
            if (0x20..0x7f).contains(&byte) || byte == b'\n' {
                return Some((at, byte));
            }
        }
        at += 1;
    }
}

fn hex(byte: u8) -> Option<u32> {
    char::from(byte).to_digit(16)
}

/// Up to four bytes that an escape stands for.
struct Few {
    bytes: [u8; 4],
    len: usize,
}

impl Few {
    fn one(byte: u8) -> Self {
        Self { bytes: [byte, 0, 0, 0], len: 1 }
    }

    fn char(c: char) -> Self {
        let mut bytes = [0; 4];
        let len = c.encode_utf8(&mut bytes).len();
        Self { bytes, len }
    }

    fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// What the escape at the start of a text stands for, and its length; length 0 when it is none.
fn escape(text: &[u8]) -> (Few, usize) {
    let none = (Few::one(0), 0);
    match text.get(1) {
        Some(byte @ (b'"' | b'\\' | b'/' | b'\'' | b'`' | b'$')) => (Few::one(*byte), 2),
        Some(b'n') => (Few::one(b'\n'), 2),
        Some(b'r') => (Few::one(b'\r'), 2),
        Some(b't') => (Few::one(b'\t'), 2),
        Some(b'b') => (Few::one(8), 2),
        Some(b'f') => (Few::one(12), 2),
        Some(b'e') => (Few::one(0x1b), 2),
        Some(b'x') => match text.get(2..4).and_then(number) {
            Some(code) if code < 0x80 => (Few::one(code as u8), 4),
            _ => none,
        },
        Some(b'u') => unicode(text).map_or(none, |(c, used)| (Few::char(c), used)),
        _ => none,
    }
}

fn unicode(text: &[u8]) -> Option<(char, usize)> {
    let first = number(text.get(2..6)?)?;
    if let Some(c) = char::from_u32(first) {
        return Some((c, 6));
    }
    let low = text.get(6..12).filter(|rest| rest.starts_with(b"\\u")).and_then(|rest| number(&rest[2..]))?;
    if !(0xD800..0xDC00).contains(&first) || !(0xDC00..0xE000).contains(&low) {
        return None;
    }
    char::from_u32(0x10000 + ((first - 0xD800) << 10) + (low - 0xDC00)).map(|c| (c, 12))
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |sum, digit| Some(sum * 16 + hex(*digit)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unescaped(text: &str) -> String {
        let mut view = View::default();
        match view.unescape(text.as_bytes()) {
            Some(()) => String::from_utf8_lossy(&view.bytes).into_owned(),
            None => "-".into(),
        }
    }

    #[test]
    fn one_layer_of_escapes_is_removed() {
        assert_eq!(unescaped(r#"a\nb\"c\\\"d"#), "a\nb\"c\\\"d");
        assert_eq!(unescaped(r"\u0067hp\u00e9\ud83d\ude00\ud83dx"), "ghpé😀\\ud83dx");
        assert_eq!(unescaped(r"C:\Projects\q"), "-");
        assert_eq!(unescaped("plain"), "-");
        assert_eq!(unescaped("x\\"), "-");
        assert_eq!(unescaped(r"x\\"), "x\\");
    }

    #[test]
    fn places_lead_back_to_the_parent() {
        let text = br"ab\ncd\u0041ef";
        let mut view = View::default();
        view.unescape(text).unwrap();
        assert_eq!(view.bytes, b"ab\ncdAef");
        let back: Vec<usize> = (0..=view.bytes.len()).map(|at| view.start(at)).collect();
        assert_eq!(back, [0, 1, 2, 4, 5, 6, 12, 13, 14]);
    }

    #[test]
    fn colours_and_zeros_are_left_out_piece_by_piece() {
        let mut view = View::default();
        view.plain(b"a\x1b[1;31mbc\x1b[0md").unwrap();
        assert_eq!(view.bytes, b"abcd");
        assert_eq!(view.pieces(0, 4), [(0..1, 0..1), (1..3, 8..10), (3..4, 14..15)]);
        view.plain(b"g\0h\0").unwrap();
        assert_eq!(view.bytes, b"gh");
        assert!(view.plain(b"none").is_none());
        view.plain(b"x\x1b").unwrap();
        assert_eq!(view.bytes, b"x");
    }

    #[test]
    fn percent_signs_are_decoded() {
        let mut view = View::default();
        view.percent(b"100% a%3Db%zz").unwrap();
        assert_eq!(view.bytes, b"100% a=b%zz");
        assert_eq!(view.pieces(6, 7), [(6..7, 6..9)]);
        assert!(view.percent(b"100%").is_none());
    }
}
