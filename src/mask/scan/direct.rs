//! A text as it stands: every trigger in it, the rules of the user and what is known already.

use std::ops::Range;

use super::Scan;
use crate::mask::finder::{FINDER, Trigger};
use crate::mask::kind::Kind;
use crate::mask::memory::Known;
use crate::mask::past::Past;
use crate::mask::tokens::{FORMATS, MIDDLES};
use crate::mask::{command, pem, token, url};

impl Scan<'_> {
    /// Looks at a text as it stands.
    pub(super) fn direct(&mut self, text: &[u8]) {
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
}
