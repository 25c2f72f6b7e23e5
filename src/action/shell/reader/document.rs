//! Texts that a script gives to a command as its input.

use super::super::script::{RedirectKind, Simple};

/// The here-document or here-string that a command gets, where the shell leaves it as it is.
pub(super) fn fed_text<'t>(simple: &Simple<'t>) -> Option<&'t str> {
    let last = simple.redirects.iter().rfind(|redirect| {
        matches!(redirect.kind, RedirectKind::HereDocument | RedirectKind::HereString | RedirectKind::Read)
    })?;
    let plain = |text: &&str| !text.contains(['$', '`', '\\']);
    match last.kind {
        RedirectKind::HereDocument => Some(last.target).filter(plain),
        RedirectKind::HereString => {
            let quoted = ['\'', '"'].into_iter().find_map(|quote| {
                let inner = last.target.strip_prefix(quote)?.strip_suffix(quote)?;
                (!inner.contains(quote)).then_some(inner)
            });
            quoted.or(Some(last.target).filter(|text| !text.contains(['\'', '"', '*', '~']))).filter(plain)
        }
        _ => None,
    }
}
