//! Finds what is to be masked in one text, through every layer of its writing.

use std::ops::Range;

use super::carrier::{self, Carrier};
use super::finder::{FINDER, Trigger};
use super::judged::Verdict;
use super::kind::Kind;
use super::mark::Marks;
use super::memory::{Known, Lexicon, Memory};
use super::name::{self, Weight};
use super::past::Past;
use super::rules::Rules;
use super::tokens::{FORMATS, MIDDLES};
use super::value::{self, Style};
use super::view::View;
use super::{assignment, command, home, json, mail, pem, person, token, url};

/// What stands for secrets that have no room for a mark.
pub(super) const FILL: u8 = b'X';
/// Layers of writing that are seen through: escapes, percent signs, base64, colours, in any order.
pub(super) const MOST_LAYERS: u8 = 8;
/// Longest value of a header, in bytes.
const MOST_HEADER: usize = 4096;
/// How many times the bytes of a text may be looked at, over all layers.
const MOST_WORK: usize = 24;

/// Something that was found: where, and what stands there afterwards.
#[derive(Debug)]
pub(super) struct Hit {
    pub(super) range: Range<usize>,
    pub(super) kind: Kind,
    /// Empty when only looking.
    pub(super) mark: Vec<u8>,
    /// How many things it stands for: base64 may carry several.
    pub(super) count: u64,
}

/// What is done with finds.
pub(super) enum Purpose<'m> {
    /// Keep the values.
    Learn(&'m mut Memory),
    /// Make marks.
    Mask,
    /// Only say where.
    Watch,
}

/// One pass over one text.
pub(super) struct Scan<'m> {
    pub(super) marks: &'m Marks,
    pub(super) rules: &'m Rules,
    pub(super) lexicon: Option<&'m Lexicon>,
    pub(super) purpose: Purpose<'m>,
    /// Whether people and their addresses are looked for, or secrets alone.
    pub(super) people: bool,
    pub(super) hits: Vec<Hit>,
    /// Hits met one another, or were put together from pieces: what came out is looked at again.
    pub(super) unsettled: bool,
    /// What was found so far, kept or not.
    pub(super) verdict: Verdict,
    spare: Vec<View>,
    work: usize,
}

impl<'m> Scan<'m> {
    pub(super) fn new(
        marks: &'m Marks,
        rules: &'m Rules,
        lexicon: Option<&'m Lexicon>,
        purpose: Purpose<'m>,
    ) -> Self {
        Self {
            marks,
            rules,
            lexicon,
            purpose,
            people: true,
            hits: Vec::new(),
            unsettled: false,
            verdict: Verdict::Nothing,
            spare: Vec::new(),
            work: 0,
        }
    }

    /// Looks at a document: JSON or text. Hits are in its bytes.
    pub(super) fn document(&mut self, text: &[u8]) {
        self.hits.clear();
        self.unsettled = false;
        self.verdict = Verdict::Nothing;
        self.work = text.len().saturating_mul(MOST_WORK).saturating_add(1 << 16);
        self.layer(text, MOST_LAYERS);
        self.settle(text);
    }

    /// Looks at a text that JSON may be inside of.
    pub(super) fn layer(&mut self, text: &[u8], depth: u8) {
        if json::is_json(text) {
            json::walk(self, text, depth);
        } else {
            self.text(text, depth);
        }
    }

    /// Looks at a text and all that is written inside it.
    pub(super) fn text(&mut self, text: &[u8], depth: u8) {
        let Some(left) = self.work.checked_sub(text.len()) else { return };
        self.work = left;
        self.direct(text);
        if depth == 0 {
            return;
        }
        self.carriers(text, depth - 1);
        self.through(text, depth - 1, View::unescape);
        self.through(text, depth - 1, View::percent);
        self.through(text, depth - 1, View::plain);
    }

    /// Looks at a text without one layer of its writing.
    pub(super) fn through(&mut self, text: &[u8], depth: u8, peel: fn(&mut View, &[u8]) -> Option<()>) {
        let mut view = self.take_view();
        if peel(&mut view, text).is_some() {
            if view.telling {
                self.verdict.hide();
            }
            let from = self.hits.len();
            let bytes = std::mem::take(&mut view.bytes);
            self.layer(&bytes, depth);
            view.bytes = bytes;
            self.lift(from, &view);
        }
        self.give_back(view);
    }

    /// A view to write into; its memory is used again.
    pub(super) fn take_view(&mut self) -> View {
        self.spare.pop().unwrap_or_default()
    }

    pub(super) fn give_back(&mut self, view: View) {
        self.spare.push(view);
    }

    /// Turns places of hits in a view into places in its parent.
    pub(super) fn lift(&mut self, from: usize, view: &View) {
        if !view.gaps {
            for hit in &mut self.hits[from..] {
                hit.range = view.start(hit.range.start)..view.start(hit.range.end);
            }
            return;
        }
        self.unsettled |= self.hits.len() > from;
        for hit in self.hits.split_off(from) {
            let pieces = view.pieces(hit.range.start, hit.range.end);
            let masks = !hit.mark.is_empty();
            if masks
                && pieces.len() > 1
                && pieces.iter().all(|(_, outer)| outer.len() >= super::mark::LEAST_SECRET)
            {
                // Each piece gets a mark of its own, which is known again where the pieces are apart.
                for (index, (inner, outer)) in pieces.into_iter().enumerate() {
                    let mark = self.marks.secret(&view.bytes[inner]);
                    let count = if index == 0 { hit.count } else { 0 };
                    self.hits.push(Hit { range: outer, kind: hit.kind.clone(), mark, count });
                }
                continue;
            }
            let last = pieces.len().saturating_sub(1);
            for (index, (inner, outer)) in pieces.into_iter().enumerate() {
                let begin = inner.start - hit.range.start;
                let end = if index == last { hit.mark.len() } else { inner.end - hit.range.start };
                let mark = hit.mark.get(begin..end).unwrap_or_default().to_vec();
                let count = if index == 0 { hit.count } else { 0 };
                self.hits.push(Hit { range: outer, kind: hit.kind.clone(), mark, count });
            }
        }
    }

    fn carriers(&mut self, text: &[u8], depth: u8) {
        let mut at = 0;
        while let Some(run) = carrier::next_run(text, at) {
            at = run.end;
            let Some(found) = carrier::read(text, run) else { continue };
            at = at.max(found.range.end);
            self.verdict.hide();
            let from = self.hits.len();
            self.layer(&found.text, depth);
            if self.hits.len() > from {
                self.settle_from(from, &found.text);
                let hits = self.hits.split_off(from);
                self.hits.extend(carried(&found, &hits));
            }
        }
    }

    /// Looks at a text as it stands.
    fn direct(&mut self, text: &[u8]) {
        let Some(finder) = FINDER.as_ref() else { return };
        let mut named = 0;
        let mut block = 0;
        let mut past = Past::of(text);
        for found in finder.automaton.find_overlapping_iter(text) {
            let range = found.range();
            match finder.triggers[found.pattern().as_usize()] {
                Trigger::Stem if range.start >= named => {
                    named = self.named(text, range.start, &mut past);
                }
                Trigger::Format(row, head) => self.format(text, range, usize::from(row), usize::from(head)),
                Trigger::Middle(row) => {
                    if let Some(row) = MIDDLES.get(usize::from(row))
                        && let Some(token) = token::around(text, range, row)
                    {
                        self.secret(text, token, &row.kind);
                    }
                }
                Trigger::Jwt if text[range.start..].starts_with(b"eyJ") => {
                    for part in token::jwt(text, range.start, &mut past).into_iter().flatten() {
                        self.secret(text, part, &Kind::secret("json-web-token"));
                    }
                }
                Trigger::Pem if range.start >= block => {
                    for piece in pem::body(text, range.start) {
                        block = piece.end;
                        self.block(text, piece);
                    }
                }
                Trigger::Address => {
                    if let Some(password) = url::userinfo(text, range.end) {
                        self.secret(text, password, &Kind::secret("url-password"));
                    }
                }
                Trigger::Command => command::secrets(self, text, range),
                Trigger::Stem | Trigger::Jwt | Trigger::Pem => {}
                person if self.people => self.person(text, range, person),
                _ => {}
            }
        }
        for (range, kind) in self.rules.find(text) {
            self.secret(text, range, &kind);
        }
        if let Some(lexicon) = self.lexicon {
            for (range, known) in lexicon.find(text) {
                match known {
                    Known::Secret => self.secret(text, range, &Kind::secret("known-secret")),
                    Known::Name if self.people => self.name(text, range, &Kind::person("user")),
                    Known::Name => {}
                }
            }
        }
    }

    fn format(&mut self, text: &[u8], range: Range<usize>, row: usize, head: usize) {
        let Some(format) = FORMATS.get(row) else { return };
        let exact = format.heads.get(head).is_some_and(|head| text[range.clone()] == *head.as_bytes());
        if exact && let Some(pieces) = token::starting(text, range, format) {
            for piece in std::iter::once(pieces.0).chain(pieces.1) {
                self.secret(text, piece, &format.kind);
            }
        }
    }

    fn person(&mut self, text: &[u8], range: Range<usize>, trigger: Trigger) {
        let home = Kind::person("home-path");
        match trigger {
            Trigger::At => {
                if let Some(address) = mail::around(text, range.start) {
                    self.address(text, address);
                } else if let Some(name) = person::prompt(text, range.start) {
                    self.person_name(text, name, &Kind::person("user"));
                }
            }
            Trigger::UnixHome if matches!(text[range.start + 1], b'h' | b'U') => {
                if let Some(name) = home::unix(text, range) {
                    self.person_name(text, name, &home);
                }
            }
            Trigger::WindowsHome => {
                if let Some(name) = home::windows(text, range) {
                    self.person_name(text, name, &home);
                }
            }
            Trigger::SlugHome => {
                if let Some(name) = home::slug(text, range) {
                    self.person_name(text, name, &home);
                }
            }
            Trigger::Tilde => {
                if let Some(name) = person::tilde(text, range.start) {
                    self.person_name(text, name, &home);
                }
            }
            Trigger::User => {
                if let Some(name) = person::user(text, range.start, range.end) {
                    self.person_name(text, name, &Kind::person("user"));
                }
            }
            Trigger::Author => {
                if let Some(name) = person::author(text, range.end) {
                    self.person_name(text, name, &Kind::person("author"));
                }
            }
            Trigger::Mode => {
                if let Some((owner, group)) = person::owner(text, range.start) {
                    for name in std::iter::once(owner).chain(group) {
                        self.person_name(text, name, &Kind::person("user"));
                    }
                }
            }
            _ => {}
        }
    }

    /// A mail address, with the name beside it.
    fn address(&mut self, text: &[u8], address: mail::Address) {
        let remote = address.labels.is_empty();
        let kind = if remote { Kind::person("user") } else { Kind::mail() };
        for (word, same) in person::beside(text, &address.local) {
            let author = Kind::person("author");
            // What the address does not have may be a word that stands elsewhere, too.
            if same {
                self.person_name(text, word, &author);
            } else {
                self.name(text, word, &author);
            }
        }
        self.name(text, address.local, &kind);
        for label in address.labels {
            self.part(text, label, &kind);
        }
    }

    /// The name around a stem and its value. Gives the end of the name.
    fn named(&mut self, text: &[u8], at: usize, past: &mut Past) -> usize {
        let range = name::around(text, at);
        let signs = || name::signs_address(text, &range).then_some(Weight::Key);
        let Some(weight) = name::weigh(&text[range.clone()]).or_else(signs) else {
            return self.phrased(text, &range, past);
        };
        if let Some(value) = assignment::value(text, &range, past) {
            self.assigned(text, value.range, (weight, value.style), past);
        } else if text[range.clone()].eq_ignore_ascii_case(b"bearer") && text.get(range.end) == Some(&b' ') {
            let end = line_end(text, range.end);
            self.assigned(text, range.start..end, (Weight::Header, Style::Bare), past);
        }
        range.end
    }

    /// Names of two words, as tools ask for them: `AWS Secret Access Key [None]: …`, `API key: …`.
    fn phrased(&mut self, text: &[u8], range: &Range<usize>, past: &mut Past) -> usize {
        let last = &text[range.clone()];
        let before = &text[..range.start];
        if !last.eq_ignore_ascii_case(b"key") || !before.ends_with(b" ") {
            return range.end;
        }
        let word = name::around(text, range.start - 2).start;
        let weight = name::weigh(&text[word..range.end]);
        let mut end = range.end;
        if text[end..].starts_with(b" [") {
            end += text[end..].iter().take(40).position(|byte| *byte == b']').map_or(0, |at| at + 1);
        }
        if weight == Some(Weight::Secret)
            && let Some(value) = assignment::value(text, &(word..end), past)
        {
            self.assigned(text, value.range, (Weight::Key, value.style), past);
        }
        range.end
    }

    /// A value that stands under a sensitive name.
    pub(super) fn assigned(
        &mut self,
        text: &[u8],
        range: Range<usize>,
        (weight, style): (Weight, Style),
        past: &mut Past,
    ) {
        match weight {
            Weight::Cookie => {
                let line = line_end(text, range.start);
                let quote = memchr::memchr2(b'"', b'\'', &text[range.start..line]);
                let line = quote.map_or(line, |len| range.start + len);
                let end = if style == Style::Quoted { range.end } else { line };
                for cookie in url::cookies(text, range.start..end, past) {
                    self.secret(text, cookie, &Kind::secret("cookie"));
                }
            }
            Weight::Header => {
                let end = if style == Style::Quoted { range.end } else { line_end(text, range.start) };
                if let Some(token) = url::credentials(text, range.start..end) {
                    self.secret(text, token, &Kind::secret("authorization"));
                }
            }
            _ if !past.may_judge(range.len()) => {}
            Weight::Secret | Weight::Key
                if url::credentials(text, range.clone()).is_some_and(|token| token.start > range.start) =>
            {
                if let Some(token) = url::credentials(text, range) {
                    self.secret(text, token, &Kind::secret("token"));
                }
            }
            _ if value::is_secret(&text[range.clone()], weight, style) => {
                let name = if weight == Weight::Password { "password" } else { "secret" };
                self.secret(text, range, &Kind::secret(name));
            }
            _ => {}
        }
    }

    /// A secret was found.
    pub(super) fn secret(&mut self, text: &[u8], range: Range<usize>, kind: &Kind) {
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
    fn block(&mut self, text: &[u8], range: Range<usize>) {
        let kind = Kind::secret("private-key");
        if range.len() >= super::mark::LEAST_SECRET {
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
    fn person_name(&mut self, text: &[u8], range: Range<usize>, kind: &Kind) {
        let value = &text[range.clone()];
        if !self.is_marked(value)
            && !self.rules.allows(value, kind)
            && let Purpose::Learn(memory) = &mut self.purpose
        {
            memory.name(value);
        }
        self.name(text, range, kind);
    }

    fn name(&mut self, text: &[u8], range: Range<usize>, kind: &Kind) {
        self.put_name(text, range, kind, 1);
    }

    /// A further part of something that was counted.
    fn part(&mut self, text: &[u8], range: Range<usize>, kind: &Kind) {
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
        if word.len() < 2 * super::mark::LEAST_SECRET || word[0] != b'M' {
            return false;
        }
        let next = memchr::memchr_iter(b'M', word).skip(1).find(|at| self.marks.is_secret(&word[..*at]));
        next.is_some_and(|at| self.is_mark(&word[at..]))
    }

    /// Sorts hits and joins those that overlap: the outer one stays.
    fn settle(&mut self, text: &[u8]) {
        self.settle_from(0, text);
    }

    fn settle_from(&mut self, from: usize, text: &[u8]) {
        let mut hits = self.hits.split_off(from);
        hits.sort_by(|a, b| a.range.start.cmp(&b.range.start).then(b.range.end.cmp(&a.range.end)));
        for hit in hits {
            match self.hits.get_mut(from..).and_then(<[Hit]>::last_mut) {
                Some(last) if hit.range.start < last.range.end => {
                    self.unsettled |= last.range != hit.range;
                    if hit.range.end > last.range.end {
                        last.range.end = hit.range.end;
                        if matches!(self.purpose, Purpose::Mask) {
                            last.mark = self.marks.secret(&text[last.range.clone()]);
                        }
                    }
                }
                _ => self.hits.push(hit),
            }
        }
    }
}

/// The end of the line that a place is in, or a place far enough on.
fn line_end(text: &[u8], at: usize) -> usize {
    let line = &text[at..text.len().min(at + MOST_HEADER)];
    memchr::memchr2(b'\n', b'\r', line).map_or(at + line.len(), |len| at + len)
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

/// The hits of base64 whose text holds hits: one for each of its lines, so that what stands between lines stays.
fn carried(carrier: &Carrier, hits: &[Hit]) -> Vec<Hit> {
    let Some(first) = hits.first() else { return Vec::new() };
    let count = hits.iter().map(|hit| hit.count).sum();
    let hit = |range, mark, count| Hit { range, kind: first.kind.clone(), mark, count };
    if hits.iter().all(|hit| hit.mark.is_empty()) {
        return vec![hit(carrier.range.clone(), Vec::new(), count)];
    }
    let Some(mark) = carrier.write(&apply(&carrier.text, hits)) else { return Vec::new() };
    let marks = mark.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).chain(std::iter::repeat(Vec::new()));
    let counts = std::iter::once(count).chain(std::iter::repeat(0));
    carrier.lines().zip(marks).zip(counts).map(|((range, mark), count)| hit(range, mark, count)).collect()
}

/// A text with its hits replaced. Hits are sorted and apart from each other.
pub(super) fn apply(text: &[u8], hits: &[Hit]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 16);
    let mut from = 0;
    for hit in hits {
        out.extend_from_slice(&text[from..hit.range.start]);
        out.extend_from_slice(&hit.mark);
        from = hit.range.end;
    }
    out.extend_from_slice(&text[from..]);
    out
}
