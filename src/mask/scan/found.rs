//! What becomes of a find: it is learned, masked or told, unless it is a mark already or allowed.

use std::ops::Range;

use super::{FILL, Hit, Purpose, Scan};
use crate::mask::judged::Verdict;
use crate::mask::kind::Kind;
use crate::mask::mark;

impl Scan<'_> {
    /// A secret was found.
    pub(in crate::mask) fn secret(&mut self, text: &[u8], range: Range<usize>, kind: &Kind) {
        let range = whole(text, range);
        let value = &text[range.clone()];
        if value.is_empty() || self.is_marked(value) || self.rules.allows(value, kind) {
            return;
        }
        self.verdict = Verdict::Found;
        let mark = match &mut self.purpose {
            Purpose::Learn(memory) => return memory.secret(value),
            Purpose::Mask => self.marks.secret(value),
            Purpose::Watch => Vec::new(),
        };
        self.hits.push(Hit { range, kind: kind.clone(), mark, count: 1 });
    }

    /// A line of a private key. Short ones have no room for a mark.
    pub(super) fn block(&mut self, text: &[u8], range: Range<usize>) {
        let kind = Kind::secret("private-key");
        if range.len() >= mark::LEAST_SECRET {
            return self.secret(text, range, &kind);
        }
        if text[range.clone()].iter().all(|byte| *byte == FILL) {
            return;
        }
        self.verdict = Verdict::Found;
        if matches!(self.purpose, Purpose::Learn(_)) {
            return;
        }
        let mark = vec![FILL; if matches!(self.purpose, Purpose::Mask) { range.len() } else { 0 }];
        self.hits.push(Hit { range, kind, mark, count: 0 });
    }

    /// The name of a person was found where only such names stand: it is known from now on.
    pub(super) fn person_name(&mut self, text: &[u8], range: Range<usize>, kind: &Kind) {
        let value = &text[range.clone()];
        if !self.is_marked(value)
            && !self.rules.allows(value, kind)
            && let Purpose::Learn(memory) = &mut self.purpose
        {
            memory.name(value);
        }
        self.name(text, range, kind);
    }

    pub(super) fn name(&mut self, text: &[u8], range: Range<usize>, kind: &Kind) {
        self.put_name(text, range, kind, 1);
    }

    /// A further part of something that was counted.
    pub(super) fn part(&mut self, text: &[u8], range: Range<usize>, kind: &Kind) {
        self.put_name(text, range, kind, 0);
    }

    fn put_name(&mut self, text: &[u8], range: Range<usize>, kind: &Kind, count: u64) {
        let range = whole(text, range);
        let value = &text[range.clone()];
        if value.is_empty() || self.is_marked(value) || self.rules.allows(value, kind) {
            return;
        }
        self.verdict = Verdict::Found;
        let mark = match &mut self.purpose {
            Purpose::Learn(_) => return,
            Purpose::Mask => self.marks.name(value),
            Purpose::Watch => Vec::new(),
        };
        self.hits.push(Hit { range, kind: kind.clone(), mark, count });
    }

    /// Whether a value is nothing but marks and signs between them.
    fn is_marked(&self, value: &[u8]) -> bool {
        let mut any = false;
        value.split(|byte| !byte.is_ascii_alphanumeric()).filter(|part| !part.is_empty()).all(|part| {
            any = true;
            self.is_mark(part) || part.iter().all(|byte| *byte == FILL)
        }) && any
    }

    /// Whether a word is a mark, or several without anything between them, as lines and colours leave them.
    fn is_mark(&self, word: &[u8]) -> bool {
        if self.marks.is_secret(word) || self.marks.is_name(word) {
            return true;
        }
        if word.len() < 2 * mark::LEAST_SECRET || word[0] != b'M' {
            return false;
        }
        let next = memchr::memchr_iter(b'M', word).skip(1).find(|at| self.marks.is_secret(&word[..*at]));
        next.is_some_and(|at| self.is_mark(&word[at..]))
    }
}

/// A range that neither begins inside an escape nor ends in one.
fn whole(text: &[u8], mut range: Range<usize>) -> Range<usize> {
    let slashes = |at: usize| text[..at].iter().rev().take_while(|byte| **byte == b'\\').count();
    if range.start < range.end
        && slashes(range.start) % 2 == 1
        && b"nrtbfux\"'\\/`$e".contains(&text[range.start])
    {
        range.start += 1;
    }
    range.start = (range.start + rest_of_control(text, range.start)).min(range.end);
    if range.start < range.end && slashes(range.end) % 2 == 1 {
        range.end -= 1;
    }
    range
}

/// Bytes from a place to the end of the terminal control that the place is in; 0 when it is in none.
fn rest_of_control(text: &[u8], at: usize) -> usize {
    let before = text[..at].iter().rev().take(16).take_while(|byte| (0x20..0x40).contains(*byte)).count();
    let Some(opening) = text[..at - before].strip_suffix(b"[") else { return 0 };
    let starts = [b"\x1b".as_slice(), b"001b", b"001B", b"x1b", b"x1B", b"\\e", b"033"];
    if !starts.iter().any(|start| opening.ends_with(start)) {
        return 0;
    }
    let more = text[at..].iter().take(16).take_while(|byte| (0x20..0x40).contains(*byte)).count();
    (more + 1).min(text.len() - at)
}
