//! Finds what is to be masked in one text, through every layer of its writing.

mod direct;
mod found;
mod hit;
mod named;
mod people;

pub(super) use hit::{Hit, apply};

use super::carrier;
use super::json;
use super::judged::Verdict;
use super::mark::Marks;
use super::memory::{Lexicon, Memory};
use super::rules::Rules;
use super::view::View;

/// What stands for secrets that have no room for a mark.
pub(super) const FILL: u8 = b'X';
/// Layers of writing that are seen through: escapes, percent signs, base64, colours, in any order.
pub(super) const MOST_LAYERS: u8 = 8;
/// How many times the bytes of a text may be looked at, over all layers.
const MOST_WORK: usize = 24;

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
        self.through(text, depth - 1, View::removed);
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
                self.hits.extend(hit::carried(&found, &hits));
            }
        }
    }
}
