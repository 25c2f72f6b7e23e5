//! Values that stand under sensitive names.

use std::ops::Range;

use super::Scan;
use crate::mask::kind::Kind;
use crate::mask::name::{self, Weight};
use crate::mask::past::Past;
use crate::mask::value::{self, Style};
use crate::mask::{assignment, url};

/// Longest value of a header, in bytes.
const MOST_HEADER: usize = 4096;

impl Scan<'_> {
    /// The name around a stem and its value. Gives the end of the name.
    pub(super) fn named(&mut self, text: &[u8], at: usize, past: &mut Past) -> usize {
        let range = name::around(text, at);
        let signs = || name::signs_address(text, &range).then_some(Weight::Key);
        // It is the folder that a shell is in as often as a password.
        let is_pwd = text[range.clone()] == *b"pwd";
        let pwd = || is_pwd.then_some(Weight::Password);
        let Some(weight) = name::weigh(&text[range.clone()]).or_else(signs).or_else(pwd) else {
            return self.phrased(text, &range, past);
        };
        if let Some(value) = assignment::value(text, &range, past) {
            if is_pwd && memchr::memchr3(b'/', b'\\', b'$', &text[value.range.clone()]).is_some() {
                return range.end;
            }
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
    pub(in crate::mask) fn assigned(
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
}

/// The end of the line that a place is in, or a place far enough on.
fn line_end(text: &[u8], at: usize) -> usize {
    let line = &text[at..text.len().min(at + MOST_HEADER)];
    memchr::memchr2(b'\n', b'\r', line).map_or(at + line.len(), |len| at + len)
}
