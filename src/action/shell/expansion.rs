//! Expands quotes, variables, substitutions and patterns in a word.

use std::borrow::Cow;

use super::vars::{Scopes, Value};
use super::word::{Arg, MAX_ALTERNATIVES, TEMPORARY, UNKNOWN};

/// One reading of a word while it is built; a loop variable makes several.
#[derive(Clone, Default)]
struct Draft {
    text: String,
    glob: bool,
    splits: bool,
    /// Quoted text may hold characters that are special in globs; where they are is kept until it is known.
    quoted: Vec<usize>,
}

impl Draft {
    fn literal(&mut self, c: char) {
        if matches!(c, '*' | '?' | '[' | ']' | '\\') {
            self.quoted.push(self.text.len());
        }
        if self.text.is_empty() && c == '~' {
            self.text.push_str("./");
        }
        self.text.push(c);
    }

    fn finish<'t>(self) -> Arg<'t> {
        let mut text = self.text;
        if self.glob {
            for at in self.quoted.iter().rev() {
                text.insert(*at, '\\');
            }
        }
        Arg { text: Cow::Owned(text), glob: self.glob, splits: self.splits }
    }
}

struct Expansion<'s, 't> {
    chars: std::str::Chars<'s>,
    scopes: &'s Scopes<'t>,
    drafts: Vec<Draft>,
}

/// What a word of any form becomes.
pub(super) fn general<'s, 't>(raw: &'s str, scopes: &'s Scopes<'t>) -> Vec<Arg<'t>> {
    let mut expansion = Expansion { chars: raw.chars(), scopes, drafts: vec![Draft::default()] };
    expansion.tilde();
    expansion.unquoted();
    let empty_split = |draft: &Draft| draft.text.is_empty() && draft.splits;
    let drafts = expansion.drafts;
    drafts.into_iter().filter(|draft| !empty_split(draft)).flat_map(fields).collect()
}

/// An unquoted variable may hold several words.
fn fields<'t>(draft: Draft) -> Vec<Arg<'t>> {
    if draft.splits && !draft.text.contains(UNKNOWN) && draft.quoted.is_empty() {
        let glob = draft.glob;
        return draft
            .text
            .split_ascii_whitespace()
            .map(|word| Arg { glob, ..Arg::plain(word.to_owned()) })
            .collect();
    }
    vec![draft.finish()]
}

impl<'s> Expansion<'s, '_> {
    fn rest(&self) -> &'s str {
        self.chars.as_str()
    }

    fn each(&mut self, change: impl Fn(&mut Draft)) {
        self.drafts.iter_mut().for_each(change);
    }

    fn push_literal(&mut self, c: char) {
        self.each(|draft| draft.literal(if c == UNKNOWN { '\u{fffd}' } else { c }));
    }

    fn unknown(&mut self, quoted: bool) {
        self.each(|draft| {
            draft.text.push(UNKNOWN);
            draft.splits |= !quoted;
        });
    }

    /// Something without a slash in it that is not known, such as a number.
    fn any_name(&mut self) {
        self.each(|draft| {
            draft.text.push('*');
            draft.glob = true;
        });
    }

    fn tilde(&mut self) {
        let Some(after) = self.rest().strip_prefix('~') else { return };
        self.chars.next();
        if after.is_empty() || after.starts_with('/') {
            self.variable("HOME", true);
        } else if after.starts_with('+') && (after.len() == 1 || after.starts_with("+/")) {
            self.chars.next();
            self.variable("PWD", true);
        } else {
            // The home of another user, or a stack of folders.
            self.unknown(true);
        }
    }

    fn unquoted(&mut self) {
        while let Some(c) = self.chars.next() {
            match c {
                '\'' => self.single(),
                '"' => self.double(),
                '\\' => match self.chars.next() {
                    Some('\n') | None => {}
                    Some(c) => self.push_literal(c),
                },
                '$' => self.dollar(false),
                '`' => self.backtick(false),
                '*' | '?' | '[' => self.each(|draft| {
                    draft.text.push(c);
                    draft.glob = true;
                }),
                '<' | '>' if self.rest().starts_with('(') => {
                    self.chars.next();
                    self.skip_parentheses();
                    // A process substitution is a pipe, not a file.
                    self.each(|draft| draft.text.push_str("/dev/fd/63"));
                }
                UNKNOWN => self.unknown(true),
                _ => self.each(|draft| draft.text.push(c)),
            }
        }
    }

    fn single(&mut self) {
        for c in self.chars.by_ref().take_while(|c| *c != '\'').collect::<Vec<_>>() {
            self.push_literal(c);
        }
    }

    fn double(&mut self) {
        while let Some(c) = self.chars.next() {
            match c {
                '"' => return,
                '\\' => match self.chars.next() {
                    Some('\n') | None => {}
                    Some(c @ ('$' | '`' | '"' | '\\')) => self.push_literal(c),
                    Some(c) => {
                        self.push_literal('\\');
                        self.push_literal(c);
                    }
                },
                '$' => self.dollar(true),
                '`' => self.backtick(true),
                _ => self.push_literal(c),
            }
        }
    }

    fn dollar(&mut self, quoted: bool) {
        let rest = self.rest();
        match rest.chars().next() {
            Some('\'') if !quoted => {
                self.chars.next();
                self.ansi_c();
            }
            Some('"') if !quoted => {
                self.chars.next();
                self.double();
            }
            Some('(') if rest.starts_with("((") => {
                self.chars.next();
                self.skip_parentheses();
                self.any_name();
            }
            Some('(') => {
                self.chars.next();
                let inner = self.skip_parentheses();
                self.command(&inner, quoted);
            }
            Some('[') => {
                self.chars.by_ref().find(|c| *c == ']');
                self.any_name();
            }
            Some('{') => {
                self.chars.next();
                let inner = self.skip_braces();
                let argument = matches!(inner.as_bytes(), [b'1'..=b'9']);
                if argument || is_name(&inner) {
                    self.variable(&inner, quoted);
                } else {
                    self.parameter(&inner, quoted);
                }
            }
            Some('$' | '?' | '#' | '!') => {
                self.chars.next();
                self.any_name();
            }
            Some('@' | '*') => {
                self.chars.next();
                self.unknown(false);
            }
            Some('-' | '0') => {
                self.chars.next();
                self.unknown(quoted);
            }
            // The arguments of a function; those of the script are not known.
            Some('1'..='9') => {
                self.chars.next();
                self.variable(rest.get(..1).unwrap_or_default(), quoted);
            }
            Some(c) if c == '_' || c.is_ascii_alphabetic() => {
                let length = rest.bytes().take_while(|b| *b == b'_' || b.is_ascii_alphanumeric()).count();
                let name = rest.get(..length).unwrap_or_default().to_owned();
                self.chars = self.chars.as_str().get(length..).unwrap_or_default().chars();
                self.variable(&name, quoted);
            }
            _ => self.push_literal('$'),
        }
    }

    /// `${…}` other than a bare name.
    fn parameter(&mut self, inner: &str, quoted: bool) {
        if matches!(inner, "TMPDIR:-/tmp" | "TMPDIR-/tmp") {
            return self.variable("TMPDIR", quoted);
        }
        if inner.starts_with('#') {
            return self.any_name();
        }
        if let Some(text) = self.trimmed(inner) {
            let values = [(Cow::Owned(text), false)];
            return self.alternatives(&values, quoted);
        }
        self.unknown(quoted);
        if inner.contains(['@', '*']) {
            self.each(|draft| draft.splits = true);
        }
    }

    /// `${name%end}`, `${name#start}` and their doubles, where the value is known and the pattern is plain but for a `*`
    /// on its outer side.
    fn trimmed(&self, inner: &str) -> Option<String> {
        let (name, pattern) = inner.split_at(inner.find(['%', '#'])?);
        let Some(Value::OneOf(values)) = (is_name(name)).then(|| self.scopes.value(name)).flatten() else {
            return None;
        };
        let [(value, false)] = &values[..] else { return None };
        let sign = &pattern[..1];
        let (longest, pattern) = match pattern[1..].strip_prefix(sign) {
            Some(rest) => (true, rest),
            None => (false, &pattern[1..]),
        };
        let plain = |text: &str| {
            text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '_' | '-'))
        };
        if value.starts_with('~') || matches!(name, "PWD" | "TMPDIR") {
            return None;
        }
        let (text, outer) = match sign {
            "%" => pattern.strip_suffix('*').map_or((pattern, false), |text| (text, true)),
            _ => pattern.strip_prefix('*').map_or((pattern, false), |text| (text, true)),
        };
        if text.is_empty() || !plain(text) {
            return None;
        }
        let left = match (sign, outer, longest) {
            ("%", false, _) => value.strip_suffix(text),
            ("%", true, false) => value.rfind(text).map(|at| &value[..at]),
            ("%", true, true) => value.find(text).map(|at| &value[..at]),
            (_, false, _) => value.strip_prefix(text),
            (_, true, false) => value.find(text).map(|at| &value[at + text.len()..]),
            (_, true, true) => value.rfind(text).map(|at| &value[at + text.len()..]),
        };
        Some(left.unwrap_or(value).to_owned())
    }

    /// The output of a command, where it is plain what that is.
    fn command(&mut self, inner: &str, quoted: bool) {
        match inner.split_ascii_whitespace().next() {
            Some("pwd") if !inner.contains([';', '&', '|']) => self.variable("PWD", quoted),
            Some("date") if !inner.contains([';', '&', '|', '/']) => self.any_name(),
            Some("mktemp")
                if inner.split_ascii_whitespace().skip(1).all(|flag| matches!(flag, "-d" | "-q" | "-u")) =>
            {
                self.each(|draft| draft.text.push_str(TEMPORARY));
            }
            Some(program @ ("dirname" | "basename" | "echo")) => match plain_output(program, inner) {
                Some(text) => text.chars().for_each(|c| self.push_literal(c)),
                None => self.unknown(quoted),
            },
            _ => self.unknown(quoted),
        }
    }

    fn backtick(&mut self, quoted: bool) {
        let mut inner = String::new();
        while let Some(c) = self.chars.next() {
            match c {
                '`' => break,
                '\\' => inner.extend(self.chars.next()),
                _ => inner.push(c),
            }
        }
        self.command(&inner, quoted);
    }

    fn ansi_c(&mut self) {
        while let Some(c) = self.chars.next() {
            match c {
                '\'' => return,
                '\\' => match self.chars.next() {
                    Some('n') => self.push_literal('\n'),
                    Some('t') => self.push_literal('\t'),
                    Some('r') => self.push_literal('\r'),
                    Some(c @ ('\\' | '\'' | '"' | '?')) => self.push_literal(c),
                    _ => self.unknown(true),
                },
                _ => self.push_literal(c),
            }
        }
    }

    /// What stands up to the closing parenthesis, which is passed.
    fn skip_parentheses(&mut self) -> String {
        self.skip_nested('(', ')')
    }

    fn skip_braces(&mut self) -> String {
        self.skip_nested('{', '}')
    }

    fn skip_nested(&mut self, open: char, close: char) -> String {
        let (mut depth, mut quote, mut inner) = (1_usize, None, String::new());
        while let Some(c) = self.chars.next() {
            match quote {
                Some(q) if c == q => quote = None,
                Some('"') | None if c == '\\' => {
                    inner.push(c);
                    inner.extend(self.chars.next());
                    continue;
                }
                None if c == '\'' || c == '"' => quote = Some(c),
                None if c == open => depth += 1,
                None if c == close => {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                }
                Some(_) | None => {}
            }
            inner.push(c);
        }
        inner
    }

    fn variable(&mut self, name: &str, quoted: bool) {
        match self.scopes.value(name) {
            Some(Value::OneOf(values)) => self.alternatives(&values, quoted),
            Some(Value::Number) => self.any_name(),
            Some(Value::Unknown) | None => self.unknown(quoted),
        }
    }

    fn alternatives(&mut self, values: &[(Cow<'_, str>, bool)], quoted: bool) {
        if self.drafts.len() * values.len() > MAX_ALTERNATIVES {
            return self.unknown(quoted);
        }
        let mut drafts = Vec::with_capacity(self.drafts.len() * values.len());
        for draft in &self.drafts {
            for (value, pattern) in values {
                let mut draft = draft.clone();
                draft.glob |= *pattern;
                if value.contains(UNKNOWN) {
                    draft.splits |= !quoted;
                }
                if !quoted {
                    draft.splits |= value.is_empty() || value.contains([' ', '\t', '\n']);
                    draft.glob |= value.contains(['*', '?', '[']);
                }
                draft.text.push_str(value);
                drafts.push(draft);
            }
        }
        self.drafts = drafts;
    }
}

/// What `dirname`, `basename` and `echo` print of plain words.
fn plain_output<'s>(program: &str, inner: &'s str) -> Option<&'s str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '_' | '-' | ' ');
    let mut words = inner.split_ascii_whitespace().skip(1);
    let (word, more) = (words.next()?, words.next());
    if !inner.chars().all(plain) || word.starts_with('-') || more.is_some() {
        return None;
    }
    let path = word.trim_end_matches('/');
    match program {
        "echo" => Some(word),
        "basename" => path.rsplit('/').next().filter(|name| !name.is_empty()),
        _ => match path.rsplit_once('/') {
            Some((folder, _)) if !folder.is_empty() => Some(folder.trim_end_matches('/')),
            Some(_) => None,
            None => Some("."),
        },
    }
}

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|b| b == b'_' || b.is_ascii_alphabetic())
        && bytes.all(|b| b == b'_' || b.is_ascii_alphanumeric())
}
