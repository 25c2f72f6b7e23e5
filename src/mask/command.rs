//! Passwords among the arguments of commands that take them without a telling name.

use std::ops::Range;

use super::finder::COMMANDS;
use super::kind::Kind;
use super::scan::Scan;
use super::value;

/// Longest command that is looked at, in bytes.
const MOST: usize = 2048;

/// Looks at the arguments of the command whose name stands at `name`.
pub(super) fn secrets(scan: &mut Scan<'_>, text: &[u8], name: Range<usize>) {
    let before = name.start.checked_sub(1).and_then(|at| text.get(at));
    if before.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')) {
        return;
    }
    let command = text[name.clone()].to_ascii_lowercase();
    let end = (name.end + MOST).min(text.len());
    let mut flag: Option<&[u8]> = None;
    for word in words(&text[name.end..end]) {
        let range = name.end + word.start..name.end + word.end;
        let word = &text[range.clone()];
        // Another command, which is looked at from there.
        if COMMANDS.iter().any(|name| word.eq_ignore_ascii_case(name.trim_ascii_end().as_bytes())) {
            return;
        }
        let before = flag.take();
        if let Some(before) = before.filter(|_| !word.starts_with(b"-") || word.len() == 1) {
            value_of(scan, text, range, &command, before);
        } else if word.starts_with(b"-") {
            match glued(&command, word) {
                Some(skip) => found(scan, text, range.start + skip..range.end),
                None => flag = Some(word),
            }
        }
    }
}

/// Length of the flag before a password that is written to it: `-psecret` of mysql, `-usr:pw` of curl.
fn glued(command: &[u8], word: &[u8]) -> Option<usize> {
    let short = word.len() > 3 && !word.starts_with(b"--");
    match command {
        b"mysql" | b"mariadb" | b"sshpass" if short && word[1] == b'p' => Some(2),
        b"curl" if short && word[1] == b'u' => {
            word.iter().position(|byte| *byte == b':').map(|colon| colon + 1)
        }
        b"sqlcmd" if short && word[1] == b'P' => Some(2),
        _ => None,
    }
}

fn value_of(scan: &mut Scan<'_>, text: &[u8], range: Range<usize>, command: &[u8], flag: &[u8]) {
    let pair = || memchr::memchr(b':', &text[range.clone()]).map(|colon| range.start + colon + 1..range.end);
    let password = match (command, flag) {
        (b"curl" | b"wget", b"-u" | b"--user" | b"-U" | b"--proxy-user") | (b"http ", b"-a" | b"--auth") => {
            pair()
        }
        (b"sshpass" | b"docker login", b"-p")
        | (b"redis-cli", b"-a")
        | (b"ldapsearch", b"-w")
        | (b"sqlcmd", b"-P") => Some(range),
        _ => None,
    };
    if let Some(password) = password {
        found(scan, text, password);
    }
}

fn found(scan: &mut Scan<'_>, text: &[u8], range: Range<usize>) {
    if range.len() >= 3 && !value::is_stand_in(&text[range.clone()]) {
        scan.secret(text, range, &Kind::secret("password"));
    }
}

/// The words of a command up to its end, without their quotes.
fn words(text: &[u8]) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut at = 0;
    while at < text.len() && words.len() < 64 {
        match text[at] {
            b'\n' | b';' | b'|' | b'&' | b')' | b'`' => break,
            b'\\' if text.get(at + 1) == Some(&b'\n') => at += 2,
            byte if byte.is_ascii_whitespace() => at += 1,
            quote @ (b'"' | b'\'') => {
                let len =
                    text[at + 1..].iter().position(|byte| *byte == quote).unwrap_or(text.len() - at - 1);
                words.push(at + 1..at + 1 + len);
                at += len + 2;
            }
            _ => {
                let ends = |byte: &u8| {
                    byte.is_ascii_whitespace()
                        || matches!(byte, b'"' | b'\'' | b';' | b'|' | b'&' | b'`' | b')')
                };
                let len = text[at..].iter().position(ends).unwrap_or(text.len() - at).max(1);
                words.push(at..at + len);
                at += len;
            }
        }
    }
    words
}
