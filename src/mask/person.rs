//! Names of people and users outside home paths: authors, listings of files, `id`, prompts of shells.

use std::ops::Range;

use super::home::is_shared;

/// Most words of a name beside an address.
const MOST_WORDS: usize = 4;

/// Words before a name and an address in angle brackets.
pub(super) const AUTHORS: &[&str] = &[
    "author:",
    "author: ",
    "commit:",
    "committer:",
    "tagger:",
    "signed-off-by:",
    "co-authored-by:",
    "reviewed-by:",
    "acked-by:",
    "tested-by:",
    "author ",
    "committer ",
    "tagger ",
];

/// Texts after which a user's name stands.
pub(super) const USERS: &[&str] = &["user=", "logname=", "username=", "sudo_user=", "uid=", "gid="];

/// The name before `<…@…>`, given the end of the word that says whose it is.
pub(super) fn author(text: &[u8], after: usize) -> Option<Range<usize>> {
    let rest = text.get(after..)?;
    let spaces = rest.iter().take(8).take_while(|byte| **byte == b' ').count();
    let end = rest.iter().take(120).position(|byte| matches!(byte, b'<' | b'\n' | b'"'))?;
    if rest[end] != b'<' || !rest[end..].iter().take(120).any(|byte| *byte == b'@') {
        return None;
    }
    let name = rest.get(spaces..end)?.trim_ascii_end();
    let range = after + spaces..after + spaces + name.len();
    let dull = name.is_empty()
        || name.contains(&b'[')
        || name.contains(&b'\\')
        || is_machine(name)
        || is_shared(name);
    (!dull).then_some(range)
}

/// Words of the name that stands before `<local@…>`, each with whether the address has it, too. A single word that the
/// address does not have may say anything: `Contact <ada@…>`.
pub(super) fn beside(text: &[u8], local: &Range<usize>) -> Vec<(Range<usize>, bool)> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut end = local.start;
    if !text[..end].ends_with(b" <") {
        return Vec::new();
    }
    end -= 2;
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"-'.".contains(byte);
    while found.len() < MOST_WORDS {
        let len = text[..end].iter().rev().take(40).take_while(|byte| is_name(byte)).count();
        let mut start = end - len;
        start += text[start..end].iter().take_while(|byte| b"-'.".contains(byte)).count();
        if !text[start..end].first().is_some_and(|first| first.is_ascii_uppercase() || !first.is_ascii()) {
            break;
        }
        found.push(start..end);
        if start != end - len || !text[..start].ends_with(b" ") {
            break;
        }
        end = start - 1;
    }
    let address = &text[local.clone()];
    let has = |word: &[u8]| {
        word.len() > 1
            && address.split(|byte| !byte.is_ascii_alphabetic()).any(|part| part.eq_ignore_ascii_case(word))
    };
    let words: Vec<_> = found.into_iter().map(|word| (word.clone(), has(&text[word]))).collect();
    let is_name = words.len() > 1 || words.iter().any(|(_, has)| *has);
    let machine = words.iter().any(|(word, _)| is_machine(&text[word.clone()]));
    if is_name && !machine { words } else { Vec::new() }
}

fn is_machine(name: &[u8]) -> bool {
    let words =
        ["bot", "codex", "claude", "github", "gitlab", "copilot", "renovate", "dependabot", "jenkins", "ci"];
    name.split(|byte| !byte.is_ascii_alphanumeric())
        .any(|part| words.iter().any(|word| part.eq_ignore_ascii_case(word.as_bytes())))
}

/// The user in `USER=ada`, `uid=1000(ada)`; `after` is the end of the `=`.
pub(super) fn user(text: &[u8], start: usize, after: usize) -> Option<Range<usize>> {
    let mut from = after;
    let before = start.checked_sub(1).and_then(|at| text.get(at));
    if before.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'-') {
        return None;
    }
    let id =
        text[start..after].eq_ignore_ascii_case(b"uid=") || text[start..after].eq_ignore_ascii_case(b"gid=");
    if id {
        from += text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if text.get(from) != Some(&b'(') {
            return None;
        }
        from += 1;
    } else if text[start..after].iter().any(u8::is_ascii_lowercase) {
        return None;
    }
    let range = word(text, from)?;
    let closes = if id {
        text.get(range.end) == Some(&b')')
    } else {
        !matches!(text.get(range.end), Some(b'(' | b'.' | b':'))
    };
    closes.then_some(range)
}

/// The owner and group of a line of `ls -l`, given a place in its mode.
pub(super) fn owner(text: &[u8], mode: usize) -> Option<(Range<usize>, Option<Range<usize>>)> {
    let start =
        mode - text[..mode].iter().rev().take(10).take_while(|byte| b"-dlcbpsrwxStT".contains(byte)).count();
    let shown = text.get(start..start + 10)?;
    let modes = b"-dlcbps".contains(&shown[0]) && shown[1..].iter().all(|byte| b"rwxsStT-".contains(byte));
    let mut at = start + 10;
    if !modes || shown[1..].iter().all(|byte| *byte == b'-') {
        return None;
    }
    if matches!(text.get(at), Some(b'.' | b'+' | b'@')) {
        at += 1;
    }
    at = spaces(text, at)?;
    let digits = text[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 {
        return None;
    }
    at = spaces(text, at + digits)?;
    let owner = word(text, at);
    let len = text[at..].iter().take(64).take_while(|byte| !byte.is_ascii_whitespace()).count();
    let group = spaces(text, at + len).and_then(|at| word(text, at));
    match (owner, group) {
        (Some(owner), group) => Some((owner, group)),
        (None, Some(group)) => Some((group, None)),
        (None, None) => None,
    }
}

/// The user of a shell's prompt or of `ssh`: `ada@host:~$`; `at` is the place of the `@`.
pub(super) fn prompt(text: &[u8], at: usize) -> Option<Range<usize>> {
    let len = text[..at]
        .iter()
        .rev()
        .take(65)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
        .count();
    let range = word(text, at - len).filter(|range| range.end == at)?;
    let host = text[at + 1..]
        .iter()
        .take(80)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
        .count();
    let after = &text[at + 1 + host..];
    let shell = after.starts_with(b":~")
        || after.starts_with(b" ~")
        || (after.starts_with(b":/") && !after.starts_with(b"://"));
    let command = super::mail::follows_remote_command(&text[..range.start]);
    (host > 0 && (shell || command)).then_some(range)
}

/// The user of `~ada/`.
pub(super) fn tilde(text: &[u8], at: usize) -> Option<Range<usize>> {
    let before = at.checked_sub(1).and_then(|before| text.get(before));
    if !matches!(before, None | Some(b' ' | b'"' | b'\'' | b'=' | b':' | b'\n' | b'(' | b'\t')) {
        return None;
    }
    word(text, at + 1).filter(|range| text.get(range.end) == Some(&b'/'))
}

fn spaces(text: &[u8], at: usize) -> Option<usize> {
    let len = text.get(at..)?.iter().take(24).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    (len > 0).then_some(at + len)
}

/// A user's name that is no shared one.
fn word(text: &[u8], at: usize) -> Option<Range<usize>> {
    let len = text
        .get(at..)?
        .iter()
        .take(65)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
        .count();
    let mut range = at..at + len;
    while range.end > range.start && matches!(text[range.end - 1], b'.' | b'-') {
        range.end -= 1;
    }
    let value = text.get(range.clone())?;
    let starts = value.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    (starts && value.len() > 1 && value.len() <= 64 && !is_shared(value)).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_where_tools_print_them() {
        let text = b"-rw-r--r--  1 ada staff 12 x";
        assert_eq!(owner(text, 1), Some((14..17, None)));
        assert_eq!(owner(b"drwxr-xr-x 2 root root 4096 .", 0), None);
        let text = b"uid=1000(ada) gid=1000(ada)";
        assert_eq!(user(text, 0, 4), Some(9..12));
        assert_eq!(user(b"USER=ada\n", 0, 5), Some(5..8));
        assert_eq!(user(b"user=ada\n", 0, 5), None);
        for (text, want) in [
            ("by Ada Byron <ada@", vec![("Byron", false), ("Ada", true)]),
            ("\"Ada <ada.b@", vec![("Ada", true)]),
            ("+Jos\u{e9} O'Neill <x@", vec![("O'Neill", false), ("Jos\u{e9}", false)]),
            ("Contact <ada@", vec![]),
            ("Vec<ada@", vec![]),
            ("to <ada@", vec![]),
            ("GitHub Actions <x@", vec![]),
            ("- Ada Byron <ada@", vec![("Byron", false), ("Ada", true)]),
        ] {
            let start = text.find('<').unwrap() + 1;
            let words = beside(text.as_bytes(), &(start..text.len() - 1));
            let words: Vec<_> = words.into_iter().map(|(word, has)| (&text[word], has)).collect();
            assert_eq!(words, want, "{text}");
        }
        let text = b"Author: Ada Byron <ada@corp.com>";
        assert_eq!(author(text, 7), Some(8..17));
        assert_eq!(author(b"Author: dependabot[bot] <x@y.com>", 7), None);
        assert_eq!(prompt(b"ada@box:~$ ls", 3), Some(0..3));
        assert_eq!(prompt(b"pkg@latest", 3), None);
        assert_eq!(tilde(b"cat ~ada/x", 4), Some(5..8));
    }
}
