//! From a raw word, quotes and all, to the arguments that a program would get.

use std::borrow::Cow;

use super::brace;
use super::expansion::general;
use super::vars::Scopes;

/// Stands in an argument's text for a part that is not known.
pub(super) const UNKNOWN: char = '\0';
/// Most arguments that one word may become.
pub(super) const MAX_ALTERNATIVES: usize = 64;

/// What stands for a file or folder that `mktemp` makes.
pub(super) const TEMPORARY: &str = "/tmp/tmp.XXXXXXXXXX";

/// One argument.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Arg<'t> {
    /// Its text, unquoted; [`UNKNOWN`] stands for parts that are not known. In a glob, quoted special characters
    /// carry a backslash.
    pub(super) text: Cow<'t, str>,
    /// The shell matches it against file names.
    pub(super) glob: bool,
    /// It may become several arguments, or none.
    pub(super) splits: bool,
}

impl<'t> Arg<'t> {
    /// A plain argument.
    pub(super) fn plain(text: impl Into<Cow<'t, str>>) -> Self {
        Self { text: text.into(), glob: false, splits: false }
    }

    /// A part of it is not known.
    pub(super) fn is_unknown(&self) -> bool {
        self.text.contains(UNKNOWN)
    }

    /// The argument from byte `start` on.
    pub(super) fn tail(&self, start: usize) -> Self {
        let text = match &self.text {
            Cow::Borrowed(text) => Cow::Borrowed(text.get(start..).unwrap_or_default()),
            Cow::Owned(text) => Cow::Owned(text.get(start..).unwrap_or_default().to_owned()),
        };
        Self { text, ..self.clone_form() }
    }

    fn clone_form(&self) -> Self {
        Self { text: Cow::Borrowed(""), glob: self.glob, splits: self.splits }
    }
}

/// Adds the arguments that `raw` becomes to `into`.
pub(super) fn expand<'t>(raw: &'t str, scopes: &Scopes<'t>, into: &mut Vec<Arg<'t>>) {
    if let Some(text) = simple(raw) {
        into.push(Arg::plain(text));
        return;
    }
    if raw.contains('{') && brace::has_list(raw) {
        match brace::expand(raw, MAX_ALTERNATIVES) {
            Some(words) => {
                for word in words {
                    for arg in general(&word, scopes) {
                        into.push(Arg {
                            text: Cow::Owned(arg.text.into_owned()),
                            glob: arg.glob,
                            splits: arg.splits,
                        });
                    }
                }
            }
            None => into.push(Arg { text: Cow::Owned(UNKNOWN.to_string()), glob: false, splits: true }),
        }
        return;
    }
    into.extend(general(raw, scopes));
}

/// The text of a word that needs no work: unquoted and harmless, or one quoted string.
fn simple(raw: &str) -> Option<&str> {
    let special = |b: u8| {
        matches!(b, b'\'' | b'"' | b'\\' | b'$' | b'`' | b'*' | b'?' | b'[' | b'{' | b'~' | b'\0' | b'(')
    };
    let bytes = raw.as_bytes();
    if !bytes.iter().copied().any(special) {
        return Some(raw);
    }
    let quote = *bytes.first()?;
    let inner = raw.get(1..raw.len().checked_sub(1)?)?;
    if bytes.last() != Some(&quote) || inner.starts_with('~') {
        return None;
    }
    let clean = match quote {
        b'\'' => !inner.bytes().any(|b| matches!(b, b'\'' | b'\0')),
        b'"' => !inner.bytes().any(|b| matches!(b, b'"' | b'\\' | b'$' | b'`' | b'\0')),
        _ => false,
    };
    clean.then_some(inner)
}
