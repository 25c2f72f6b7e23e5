//! `sed -i` as far as it only substitutes and deletes lines.

use regex::{Regex, RegexBuilder};

/// Largest compiled pattern, in bytes.
const MAX_PATTERN: usize = 1 << 20;

/// A `sed -i` whose commands are all known.
pub(super) struct Sed {
    commands: Vec<(Address, Verb)>,
    pub(super) files: Vec<String>,
}

/// The lines that a command is for.
enum Address {
    All,
    Line(usize),
    Lines(usize, usize),
    Last,
    Matching(Regex),
}

enum Verb {
    Delete,
    Substitute { pattern: Regex, with: String, all: bool },
}

impl Sed {
    /// Reads the arguments of a `sed`; `None` when there is anything that is not understood.
    pub(super) fn parse(words: &[&str]) -> Option<Self> {
        let (mut in_place, mut extended) = (false, false);
        let mut scripts: Vec<&str> = Vec::new();
        let mut rest: Vec<&str> = Vec::new();
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            match word {
                "-i" | "--in-place" => in_place = true,
                "-E" | "-r" | "--regexp-extended" => extended = true,
                "-Ei" | "-iE" | "-ri" | "-ir" => (in_place, extended) = (true, true),
                "-e" => scripts.push(words.next()?),
                "" if in_place && rest.is_empty() && scripts.is_empty() => {}
                option if option.starts_with('-') => return None,
                word => rest.push(word),
            }
        }
        let mut files = rest.as_slice();
        if scripts.is_empty() {
            let (first, others) = files.split_first()?;
            scripts.push(first);
            files = others;
        }
        let plain = |file: &&str| !file.contains(['*', '?', '[', '$', '~', '\u{fffd}']);
        if !in_place || files.is_empty() || !files.iter().all(plain) {
            return None;
        }
        let mut commands = Vec::new();
        for script in scripts {
            read(script, extended, &mut commands)?;
        }
        Some(Self { commands, files: files.iter().map(|file| (*file).to_owned()).collect() })
    }

    /// The text afterwards.
    pub(super) fn apply(&self, text: &str) -> String {
        let count = text.lines().count();
        let mut out = String::with_capacity(text.len());
        'lines: for (number, line) in text.split_inclusive('\n').enumerate() {
            let (body, end) = line.strip_suffix('\n').map_or((line, ""), |body| (body, "\n"));
            let mut body = body.to_owned();
            for (address, verb) in &self.commands {
                let number = number + 1;
                let meant = match address {
                    Address::All => true,
                    Address::Line(line) => number == *line,
                    Address::Lines(from, to) => (*from..=*to).contains(&number),
                    Address::Last => number == count,
                    Address::Matching(pattern) => pattern.is_match(&body),
                };
                match verb {
                    _ if !meant => {}
                    Verb::Delete => continue 'lines,
                    Verb::Substitute { pattern, with, all } => {
                        let limit = usize::from(!all);
                        body = pattern.replacen(&body, limit, with.as_str()).into_owned();
                    }
                }
            }
            out.push_str(&body);
            out.push_str(end);
        }
        out
    }
}

/// Reads commands that stand one after the other.
fn read(script: &str, extended: bool, commands: &mut Vec<(Address, Verb)>) -> Option<()> {
    let mut rest = script.trim();
    while !rest.is_empty() {
        let (address, after) = address(rest, extended)?;
        let (verb, after) = match after.strip_prefix('d') {
            Some(after) => (Verb::Delete, after),
            None => substitute(after.strip_prefix('s')?, extended)?,
        };
        commands.push((address, verb));
        rest = after.trim_start();
        if !rest.is_empty() {
            rest = rest.strip_prefix([';', '\n'])?.trim_start();
        }
    }
    Some(())
}

fn address(text: &str, extended: bool) -> Option<(Address, &str)> {
    if let Some(rest) = text.strip_prefix('$') {
        return Some((Address::Last, rest));
    }
    if let Some(rest) = text.strip_prefix('/') {
        let (pattern, rest) = until(rest, '/')?;
        // A range of patterns is not read.
        return (!rest.starts_with(','))
            .then_some((Address::Matching(compile(&pattern, extended, false)?), rest.trim_start()));
    }
    let (number, rest) = digits(text);
    let Some(from) = number else { return Some((Address::All, text)) };
    match rest.strip_prefix(',') {
        None => Some((Address::Line(from), rest)),
        Some(rest) => {
            let (to, rest) = digits(rest);
            Some((Address::Lines(from, to?), rest))
        }
    }
}

fn digits(text: &str) -> (Option<usize>, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (text[..end].parse().ok(), &text[end..])
}

/// `/old/new/g`, with any sign for the slashes.
fn substitute(text: &str, extended: bool) -> Option<(Verb, &str)> {
    let mark = text.chars().next().filter(|c| !c.is_alphanumeric() && !c.is_whitespace() && *c != '\\')?;
    let (old, rest) = until(&text[mark.len_utf8()..], mark)?;
    let (new, rest) = until(rest, mark)?;
    let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
    let (mut all, mut fold) = (false, false);
    for flag in rest[..end].chars() {
        match flag {
            'g' => all = true,
            'i' | 'I' => fold = true,
            _ => return None,
        }
    }
    let pattern = compile(&old, extended, fold)?;
    Some((Verb::Substitute { pattern, with: replacement(&new)?, all }, &rest[end..]))
}

/// The text up to a mark, in which the mark itself stands after a backslash.
fn until(text: &str, mark: char) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == mark => return Some((out, &text[at + c.len_utf8()..])),
            '\\' => match chars.next()?.1 {
                c if c == mark => out.push(c),
                c => out.extend(['\\', c]),
            },
            '\n' => return None,
            c => out.push(c),
        }
    }
    None
}

/// A pattern of sed as one of the regex crate: in basic ones the signs `+?(){}|` stand for themselves without a backslash.
fn compile(pattern: &str, extended: bool, fold: bool) -> Option<Regex> {
    let mut out = String::new();
    let mut chars = pattern.chars().peekable();
    let mut start = true;
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next()? {
                c @ ('+' | '?' | '(' | ')' | '{' | '}' | '|') if !extended => out.push(c),
                c if c.is_ascii_digit() => return None,
                c @ ('b' | 'w' | 'W' | 's' | 'S' | 'n' | 't' | 'B') => out.extend(['\\', c]),
                '<' | '>' => out.push_str("\\b"),
                c if c.is_alphanumeric() => return None,
                c => out.extend(['\\', c]),
            },
            '[' => bracket(&mut chars, &mut out)?,
            '+' | '?' | '(' | ')' | '{' | '}' | '|' if !extended => out.extend(['\\', c]),
            '*' if start => out.push_str("\\*"),
            '^' if !start && !extended => out.push_str("\\^"),
            '$' if !extended && chars.peek().is_some() => out.push_str("\\$"),
            c => out.push(c),
        }
        start = false;
    }
    RegexBuilder::new(&out).case_insensitive(fold).size_limit(MAX_PATTERN).build().ok()
}

/// A set of characters, in which a backslash is one of them.
fn bracket(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) -> Option<()> {
    out.push('[');
    if chars.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    let mut first = true;
    loop {
        match chars.next()? {
            ']' if !first => break,
            '[' if matches!(chars.peek(), Some(':')) => {
                out.push('[');
                for c in chars.by_ref() {
                    out.push(c);
                    if c == ']' {
                        break;
                    }
                }
            }
            c @ ('\\' | '[' | ']' | '&' | '~') => out.extend(['\\', c]),
            c => out.push(c),
        }
        first = false;
    }
    out.push(']');
    Some(())
}

/// A replacement of sed as one of the regex crate.
fn replacement(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next()? {
                c if c.is_ascii_digit() => out.extend(['$', '{', c, '}']),
                'n' => out.push('\n'),
                't' => out.push('\t'),
                c if c.is_alphanumeric() => return None,
                '$' => out.push_str("$$"),
                c => out.push(c),
            },
            '&' => out.push_str("${0}"),
            '$' => out.push_str("$$"),
            c => out.push(c),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(words: &[&str], text: &str) -> Option<String> {
        Some(Sed::parse(words)?.apply(text))
    }

    /// As GNU sed gives it.
    #[test]
    fn substitutions_and_deletions() {
        for (words, text, want) in [
            (&["-i", "s/a/b/", "f"][..], "aa\nca\n", "ba\ncb\n"),
            (&["-i", "s/a/b/g", "f"], "aa\nca", "bb\ncb"),
            (&["-i", "", "s|/usr|/opt|", "f"], "/usr/x\n", "/opt/x\n"),
            (
                &["-i", "s/^tally = .*/tally = \"0.9.3\"/", "f"],
                "x\ntally = \"1\"\n",
                "x\ntally = \"0.9.3\"\n",
            ),
            (&["-i", "-E", "s/(a+)b/[\\1]/", "f"], "xaab\n", "x[aa]\n"),
            (&["-i", "s/\\(a\\)b/&\\1/", "f"], "ab\n", "aba\n"),
            (&["-i", "s/a+(b)/x/", "f"], "a+(b)\naab\n", "x\naab\n"),
            (&["-i", "s/cost$/\\$5/", "f"], "cost\n", "$5\n"),
            (&["-i", "2d", "f"], "1\n2\n3\n", "1\n3\n"),
            (&["-i", "2,3d;s/1/one/", "f"], "1\n2\n3\n", "one\n"),
            (&["-i", "/^#/d", "f"], "#x\ny\n", "y\n"),
            (&["-i", "-e", "s/x/y/", "-e", "$d", "f"], "x\nx\n", "y\n"),
            (&["-i", "s/[]a]/z/g;s/[[:digit:]]/0/g", "f"], "]a7\n", "zz0\n"),
            (&["-i", "s/A/b/I", "f"], "a\n", "b\n"),
            (&["-i", "s/a\\/b/c/", "f"], "a/b\n", "c\n"),
        ] {
            assert_eq!(ran(words, text).as_deref(), Some(want), "{words:?}");
        }
    }

    #[test]
    fn what_is_not_understood_is_left() {
        for words in [
            &["s/a/b/", "f"][..],
            &["-n", "-i", "s/a/b/p", "f"],
            &["-i", "s/a/b/w out", "f"],
            &["-i", "s/a/b/e", "f"],
            &["-i", "1i\\\nx", "f"],
            &["-i", "y/a/b/", "f"],
            &["-i", "s/\\(a\\)\\1/b/", "f"],
            &["-i", "/a/,/b/d", "f"],
            &["-i", "s/a/b", "f"],
            &["-i", "s/a/b/", "*.rs"],
            &["-i", "s/a/b/"],
            &["-i"],
        ] {
            assert_eq!(ran(words, "a\n"), None, "{words:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_script_can_be_read(script: String, text: String) {
            let _ = ran(&["-i", &script, "f"], &text);
            let _ = ran(&["-i", "-E", &format!("s/{script}/x/g"), "f"], &text);
        }
    }
}
