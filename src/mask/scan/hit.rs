//! What a scan found, and how finds in one writing become finds in the writing around it.

use std::ops::Range;

use super::{Purpose, Scan};
use crate::mask::carrier::Carrier;
use crate::mask::kind::Kind;
use crate::mask::mark;
use crate::mask::view::View;

/// Something that was found: where, and what stands there afterwards.
#[derive(Debug)]
pub(in crate::mask) struct Hit {
    pub(in crate::mask) range: Range<usize>,
    pub(in crate::mask) kind: Kind,
    /// Empty when only looking.
    pub(in crate::mask) mark: Vec<u8>,
    /// How many things it stands for: base64 may carry several.
    pub(in crate::mask) count: u64,
}

impl Scan<'_> {
    /// Turns places of hits in a view into places in its parent.
    pub(in crate::mask) fn lift(&mut self, from: usize, view: &View) {
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
            if masks && pieces.len() > 1 && pieces.iter().all(|(_, outer)| outer.len() >= mark::LEAST_SECRET)
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

    /// Sorts hits and joins those that overlap: the outer one stays.
    pub(super) fn settle(&mut self, text: &[u8]) {
        self.settle_from(0, text);
    }

    pub(super) fn settle_from(&mut self, from: usize, text: &[u8]) {
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

/// The hits of base64 whose text holds hits: one for each of its lines, so that what stands between lines stays.
pub(super) fn carried(carrier: &Carrier, hits: &[Hit]) -> Vec<Hit> {
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
pub(in crate::mask) fn apply(text: &[u8], hits: &[Hit]) -> Vec<u8> {
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
