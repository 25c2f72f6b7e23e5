use std::borrow::Cow;
use std::sync::Arc;

use super::form::Form;
use super::judged::{Judged, Untouched, Verdict};
use super::key::Key;
use super::mark::Marks;
use super::memory::{Lexicon, Memory};
use super::rules::Rules;
use super::scan::{FILL, Hit, Purpose, Scan, apply};
use super::tally::Tally;
use super::tripwire::Tripwire;

/// How often the outcome is looked at again.
const MOST_ROUNDS: usize = 6;

/// Learns what is to be masked: the first of two passes over all that is imported.
///
/// It is shared by threads; each thread fills a [`Memory`] of its own, and these are merged.
#[derive(Clone, Debug)]
pub struct Masker {
    marks: Marks,
    rules: Arc<Rules>,
}

impl Masker {
    /// Masks with the key of a suite and the user's own rules.
    pub fn new(key: &Key, rules: Rules) -> Self {
        Self { marks: Marks::keyed(key.bytes()), rules: Arc::new(rules) }
    }

    /// Keeps the secrets and names that a document (JSON, JSON lines or text) shows with their context.
    pub fn learn(&self, document: &[u8], memory: &mut Memory) {
        self.learn_as(Form::of(document), document, memory);
    }

    /// As [`Masker::learn`], for a piece of a larger file whose form is known.
    pub fn learn_as(&self, form: Form, document: &[u8], memory: &mut Memory) {
        let mut scan = Scan::new(&self.marks, &self.rules, None, Purpose::Learn(memory));
        for piece in form.parts(document) {
            scan.document(piece);
        }
    }

    /// As [`Masker::learn`], and keeps for each line whether anything was found in it.
    pub fn judge<'t>(&self, document: &'t [u8], memory: &mut Memory) -> Judged<'t> {
        let mut scan = Scan::new(&self.marks, &self.rules, None, Purpose::Learn(memory));
        Judged::of(document, |piece| {
            scan.document(piece);
            scan.verdict
        })
    }

    /// The second pass, with what all documents told.
    pub fn with(&self, memory: Memory) -> Mask {
        Mask {
            marks: self.marks.clone(),
            rules: self.rules.clone(),
            lexicon: Lexicon::new(memory).map(Arc::new),
        }
    }
}

/// Replaces secrets, mail addresses and names by marks: the second of two passes.
#[derive(Clone, Debug)]
pub struct Mask {
    marks: Marks,
    rules: Arc<Rules>,
    lexicon: Option<Arc<Lexicon>>,
}

impl Mask {
    /// Masks a document: JSON, JSON lines or text. JSON stays JSON; what holds nothing comes back as it was.
    pub fn document<'t>(&self, document: &'t [u8], tally: &mut Tally) -> Cow<'t, [u8]> {
        self.document_as(Form::of(document), document, tally)
    }

    /// As [`Mask::document`], for a piece of a larger file whose form is known.
    pub fn document_as<'t>(&self, form: Form, document: &'t [u8], tally: &mut Tally) -> Cow<'t, [u8]> {
        let mut scan = self.scan();
        let mut out: Option<Vec<u8>> = None;
        let mut at = 0;
        for piece in form.parts(document) {
            let end = at + piece.len();
            match part(&mut scan, piece, tally) {
                Cow::Borrowed(_) => {
                    if let Some(out) = &mut out {
                        out.extend_from_slice(piece);
                    }
                }
                Cow::Owned(masked) => {
                    out.get_or_insert_with(|| document[..at].to_vec()).extend_from_slice(&masked);
                }
            }
            at = end;
        }
        out.map_or(Cow::Borrowed(document), Cow::Owned)
    }

    /// Masks a document that was judged: the same bytes as [`Mask::document`] gives, with less work. What was judged must
    /// have been learned from.
    ///
    /// Also gives the lines that hold nothing, for [`Tripwire::scan_beside`].
    pub fn judged<'t>(&self, judged: &Judged<'t>, tally: &mut Tally) -> (Cow<'t, [u8]>, Untouched<'t>) {
        let mut scan = self.scan();
        let mut out: Option<Vec<u8>> = None;
        let mut untouched = Untouched::of(judged);
        let document = judged.document();
        let mut at = 0;
        for (piece, verdict) in judged.parts() {
            let may_hold = match (verdict, &self.lexicon) {
                (Verdict::Found, _) | (Verdict::Hidden, Some(_)) => true,
                (Verdict::Hidden | Verdict::Nothing, None) => false,
                (Verdict::Nothing, Some(lexicon)) => lexicon.may_stand_in(piece),
            };
            let masked = if may_hold { part(&mut scan, piece, tally) } else { Cow::Borrowed(piece) };
            match (masked, &mut out) {
                (Cow::Borrowed(_), None) => untouched.keep(true),
                (Cow::Borrowed(_), Some(out)) => {
                    out.extend_from_slice(piece);
                    untouched.keep(true);
                }
                (Cow::Owned(masked), out) => {
                    let out = out.get_or_insert_with(|| {
                        let mut out = Vec::with_capacity(document.len() + 64);
                        out.extend_from_slice(&document[..at]);
                        out
                    });
                    out.extend_from_slice(&masked);
                    untouched.keep(false);
                }
            }
            at += piece.len();
        }
        (out.map_or(Cow::Borrowed(document), Cow::Owned), untouched)
    }

    /// Masks one line of JSON, or any other text that is taken as one piece.
    pub fn line<'t>(&self, line: &'t [u8], tally: &mut Tally) -> Cow<'t, [u8]> {
        part(&mut self.scan(), line, tally)
    }

    fn scan(&self) -> Scan<'_> {
        Scan::new(&self.marks, &self.rules, self.lexicon.as_deref(), Purpose::Mask)
    }

    /// Masks a text: a prompt, a path, the value of a field.
    pub fn text<'t>(&self, text: &'t str, tally: &mut Tally) -> Cow<'t, str> {
        match self.line(text.as_bytes(), tally) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// What looks at everything before it is written.
    pub fn tripwire(&self) -> Tripwire {
        Tripwire::new(self.marks.clone(), self.rules.clone(), self.lexicon.clone())
    }
}

/// Masks one part. Where hits met, or cut a word in two, the outcome is looked at again, until nothing is found in it.
fn part<'t>(scan: &mut Scan<'_>, text: &'t [u8], tally: &mut Tally) -> Cow<'t, [u8]> {
    scan.document(text);
    if scan.hits.is_empty() {
        return Cow::Borrowed(text);
    }
    count(&scan.hits, tally);
    scan.unsettled |= scan.hits.iter().any(|hit| cuts_a_word(text, &hit.range));
    let mut out = apply(text, &scan.hits);
    for round in 0..MOST_ROUNDS {
        if !scan.unsettled {
            break;
        }
        scan.document(&out);
        if scan.hits.is_empty() {
            break;
        }
        if round >= MOST_ROUNDS / 2 {
            // Marks that cut one another for ever: nothing is left to find in a text of one letter.
            scan.hits.iter_mut().for_each(|hit| hit.mark = vec![FILL; hit.range.len()]);
        }
        out = apply(&out, &scan.hits);
        scan.unsettled = true;
    }
    Cow::Owned(out)
}

/// Does a word go on beside a hit? What is left of it may then read as another one: `<token>_PASSWORD=…` as a name.
fn cuts_a_word(text: &[u8], hit: &std::ops::Range<usize>) -> bool {
    let in_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    in_word(text.get(hit.end)) || in_word(hit.start.checked_sub(1).and_then(|before| text.get(before)))
}

fn count(hits: &[Hit], tally: &mut Tally) {
    for hit in hits.iter().filter(|hit| hit.count > 0) {
        tally.add(&hit.kind, hit.count);
    }
}
