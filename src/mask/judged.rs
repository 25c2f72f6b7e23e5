//! What one look at a document told, so that lines without a find are looked at once.
//!
//! The look learns, too; what it learns is known only at its end. So a line in which nothing was found must still be
//! searched for values that others showed. This is a search over its bytes, unless some layer of it
//! [hides](Verdict::Hidden) letters.

use super::form::Form;

/// What was found in a part of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing.
    Nothing,
    /// Nothing, but a layer of it shows letters that its bytes do not show: base64, `\u0061`, colours between letters.
    Hidden,
    /// Something to mask.
    Found,
}

impl Verdict {
    /// A layer shows what its text does not.
    pub(super) fn hide(&mut self) {
        if *self == Self::Nothing {
            *self = Self::Hidden;
        }
    }
}

/// A document and what a look at each of its parts told.
#[derive(Clone, Debug)]
pub struct Judged<'t> {
    document: &'t [u8],
    form: Form,
    verdicts: Vec<Verdict>,
}

impl<'t> Judged<'t> {
    pub(super) fn of(document: &'t [u8], judge: impl FnMut(&'t [u8]) -> Verdict) -> Self {
        let form = Form::of(document);
        Self { document, form, verdicts: form.parts(document).map(judge).collect() }
    }

    /// The document, as it was judged.
    pub fn document(&self) -> &'t [u8] {
        self.document
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = (&'t [u8], Verdict)> {
        self.form.parts(self.document).zip(self.verdicts.iter().copied())
    }
}

/// The lines of a document in which nothing was found, with all that is known.
#[derive(Clone, Debug, Default)]
pub struct Untouched<'t> {
    document: &'t [u8],
    form: Option<Form>,
    /// For each part of the document whether it is one; all that follow are none.
    is_one: Vec<bool>,
}

impl<'t> Untouched<'t> {
    pub(super) fn of(judged: &Judged<'t>) -> Self {
        let is_one = Vec::with_capacity(judged.verdicts.len());
        Self { document: judged.document, form: Some(judged.form), is_one }
    }

    /// Says of the next part whether it is one.
    pub(super) fn keep(&mut self, is_one: bool) {
        self.is_one.push(is_one);
    }

    /// Goes through them beside the parts of a text that was made of the document.
    pub(super) fn beside(&self, form: Form) -> impl FnMut(&[u8]) -> bool {
        let document = if self.form == Some(form) { self.document } else { b"" };
        let mut parts = form.parts(document).zip(&self.is_one);
        move |piece| parts.next().is_some_and(|(part, is_one)| *is_one && part == piece)
    }
}
