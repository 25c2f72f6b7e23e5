//! Passwords and tokens in the authority of addresses, in cookies and in `Authorization` headers.

use std::ops::Range;

use super::name::Weight;
use super::past::Past;
use super::value::{self, Style};

/// The password, or the token in its place, of the address whose `://` ends at `after`.
pub(super) fn userinfo(text: &[u8], after: usize) -> Option<Range<usize>> {
    let ends = |byte: &u8| {
        byte.is_ascii_whitespace()
            || matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>' | b'`' | b'\\' | b',' | b')')
    };
    let len = text[after..].iter().take(512).position(ends).unwrap_or(text.len().min(after + 512) - after);
    let authority = &text[after..after + len];
    let at = match memchr::memrchr(b'@', authority) {
        Some(at) => at,
        // A password may hold a slash or a question mark, though it should not.
        None => loose_userinfo(&text[after..])?,
    };
    let authority = &text[after..after + at];
    match memchr::memchr(b':', authority) {
        Some(colon) => {
            let (user, password) = (&authority[..colon], &authority[colon + 1..]);
            let range = after + colon + 1..after + at;
            let same = password == user || password.len() < 3;
            let odd = !value::is_stand_in(password) && !user.contains(&b' ');
            (odd && !same && password != b"x-oauth-basic").then_some(range)
        }
        None => value::is_secret(authority, Weight::Key, Style::Env).then_some(after..after + at),
    }
}

/// Place of the `@` of `user:pass/word@host`.
fn loose_userinfo(text: &[u8]) -> Option<usize> {
    let ends =
        |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`' | b'\\');
    let len = text.iter().take(200).position(ends).unwrap_or(text.len().min(200));
    let whole = &text[..len];
    let colon = memchr::memchr(b':', whole)?;
    let user = colon <= 32
        && colon > 0
        && whole[..colon].iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    let port = whole[colon + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let after_port = whole.get(colon + 1 + port);
    if !user || (port > 0 && matches!(after_port, None | Some(b'/' | b'?' | b'#'))) {
        return None;
    }
    memchr::memchr(b'@', whole).filter(|at| *at > colon + 3)
}

/// The token after the scheme of an `Authorization` header or of `Bearer …`.
pub(super) fn credentials(text: &[u8], value: Range<usize>) -> Option<Range<usize>> {
    let mut range = value;
    let mut basic = false;
    for _ in 0..2 {
        let word = text[range.clone()].iter().take_while(|byte| **byte != b' ').count();
        let scheme = &text[range.start..range.start + word];
        let known = ["bearer", "basic", "token", "bot", "apikey", "digest", "negotiate", "key"];
        if !known.iter().any(|known| scheme.eq_ignore_ascii_case(known.as_bytes())) || word == range.len() {
            break;
        }
        basic = scheme.eq_ignore_ascii_case(b"basic");
        range.start += word;
        range.start += text[range.clone()].iter().take_while(|byte| **byte == b' ').count();
    }
    let len = text[range.clone()]
        .iter()
        .take_while(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\'' | b',' | b'`' | b'\\'))
        .count();
    range.end = range.start + len;
    let token = &text[range.clone()];
    (token.len() >= 8
        && !value::is_stand_in(token)
        && super::token::distinct(token) >= 5
        && (!token.iter().all(u8::is_ascii_alphabetic) || (basic && is_pair(token))))
    .then_some(range)
}

/// A user and a password in base64.
fn is_pair(token: &[u8]) -> bool {
    data_encoding::BASE64
        .decode(token)
        .is_ok_and(|pair| pair.contains(&b':') && pair.iter().all(u8::is_ascii_graphic))
}

/// The values of the pairs of a cookie that look like secrets.
pub(super) fn cookies(text: &[u8], value: Range<usize>, past: &mut Past) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = value.start;
    let mut last = at;
    while at < value.end {
        last = at;
        let end = memchr::memchr(b';', &text[at..value.end]).map_or(value.end, |len| at + len);
        if let Some(sign) = memchr::memchr(b'=', &text[at..end]) {
            let mut pair = at + sign + 1..end;
            while pair.end > pair.start && text[pair.end - 1] == b' ' {
                pair.end -= 1;
            }
            let name = text[at..at + sign].trim_ascii();
            let about = ["path", "domain", "expires", "max-age", "samesite", "priority"];
            let about = about.iter().any(|word| name.eq_ignore_ascii_case(word.as_bytes()));
            if !about
                && past.may_judge(pair.len())
                && value::is_secret(&text[pair.clone()], Weight::Secret, Style::Quoted)
            {
                found.push(pair);
            }
        }
        at = end + 1;
        // The pairs from here on were looked at for an earlier name; the last of them may have been cut.
        if (past.cookies.start + 1..past.cookies.end).contains(&at) {
            at = past.cookies.end;
        }
    }
    let from = if past.cookies.contains(&value.start) { past.cookies.start } else { value.start };
    past.cookies = from..last.max(from);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_of_addresses() {
        for (text, want) in [
            ("postgres://app:s3cr3t@db/x", Some("s3cr3t")),
            ("https://user:pa:ss@h.com", Some("pa:ss")),
            ("redis://:longpass9@h:6379", Some("longpass9")),
            ("https://u:p/w0rd@host/x", Some("p/w0rd")),
            ("https://host:8080/a@b", None),
            ("https://user:${PASS}@h", None),
            ("https://user:password@h", None),
            ("https://h.com/a:b@c", None),
            ("https://0a1b2c3d4e5f6a7b8c9d@h.com", Some("0a1b2c3d4e5f6a7b8c9d")),
        ] {
            let after = text.find("://").unwrap() + 3;
            assert_eq!(userinfo(text.as_bytes(), after).map(|range| &text[range]), want, "{text}");
        }
    }

    #[test]
    fn cookies_are_taken_pair_by_pair() {
        let text = b"sid=8f7e6d5c4b3a2910; theme=dark; Path=/; t=1";
        let mut past = Past::of(text);
        assert_eq!(cookies(text, 0..text.len(), &mut past), vec![4..20]);
        let text = b"Bearer abc.def-123 x";
        assert_eq!(credentials(text, 0..text.len()), Some(7..18));
        assert_eq!(credentials(b"Bearer $TOKEN1234", 0..17), None);
    }
}
