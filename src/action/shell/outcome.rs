//! Does a command succeed? What the shell's own tests ask, and programs whose success is plain.

use globset::GlobBuilder;

use super::guard::Outcome;
use super::vars::Scopes;
use super::word::{Arg, expand};
use crate::action::{Condition, Lying};

/// Asks what lies at the path of an argument.
pub(super) type Lies<'a, 't> = &'a dyn Fn(&Arg<'t>, Lying) -> Condition<'t>;

/// How a command ends; `words` are raw, `args` what they became.
pub(super) fn of_command<'t>(
    words: &[&'t str],
    args: &[Arg<'t>],
    scopes: &Scopes<'t>,
    lies: Lies<'_, 't>,
) -> Outcome<'t> {
    let Some((program, rest)) = args.split_first() else { return Outcome::SUCCESS };
    match &*program.text {
        "true" | ":" | "echo" | "printf" | "pwd" | "export" | "set" | "shopt" | "read" | "sleep" | "date" => {
            Outcome::SUCCESS
        }
        "false" => Outcome::FAILURE,
        "test" => test(words.get(1..).unwrap_or_default(), scopes, lies),
        "cat" => all_lie(rest, Lying::File, lies),
        "cd" => all_lie(rest, Lying::Folder, lies),
        "ls" => all_lie(rest, Lying::Anything, lies),
        "grep" | "egrep" | "fgrep" | "rg" | "diff" | "cmp" | "which" | "type" | "hash" | "pgrep"
        | "pidof" | "command" | "expr" | "let" | "getent" | "id" | "mountpoint" => Outcome::UNKNOWN,
        _ => Outcome::USUAL,
    }
}

/// Success of a command that needs its operands to be there.
fn all_lie<'t>(args: &[Arg<'t>], what: Lying, lies: Lies<'_, 't>) -> Outcome<'t> {
    let plain = |arg: &Arg<'t>| arg.text.chars().all(|c| c == '-' || c.is_ascii_lowercase() || c == '1');
    let (options, operands): (Vec<_>, Vec<_>) =
        args.iter().partition(|arg| arg.text.starts_with('-') && arg.text.len() > 1);
    let known = |arg: &&&Arg<'t>| !(arg.is_unknown() || arg.glob || arg.splits || arg.text == "-");
    if !options.iter().all(|arg| plain(arg)) || operands.iter().filter(known).count() < operands.len() {
        return Outcome::USUAL;
    }
    let all = operands.iter().fold(Condition::ALWAYS, |all, arg| all.and(lies(arg, what)));
    Outcome::likely(all)
}

/// `[ … ]` and `[[ … ]]` as written.
pub(super) fn of_brackets<'t>(raw: &'t str, scopes: &Scopes<'t>, lies: Lies<'_, 't>) -> Outcome<'t> {
    let inner = raw
        .strip_prefix("[[")
        .and_then(|rest| rest.strip_suffix("]]"))
        .or_else(|| raw.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')));
    match inner.and_then(raw_words) {
        Some(words) => test(&words, scopes, lies),
        None => Outcome::UNKNOWN,
    }
}

/// Raw words of a text without substitutions.
fn raw_words(text: &str) -> Option<Vec<&str>> {
    if text.contains(['`', '(', ')', '\\', '\n', '<', '>']) {
        return None;
    }
    let (mut words, mut start, mut quote) = (Vec::new(), None, None);
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) => quote = (c != open).then_some(open),
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                start.get_or_insert(at);
            }
            None if c.is_ascii_whitespace() => {
                words.extend(start.take().and_then(|start| text.get(start..at)));
            }
            None => {
                start.get_or_insert(at);
            }
        }
    }
    words.extend(start.and_then(|start| text.get(start..)));
    quote.is_none().then_some(words)
}

/// A test over raw words.
fn test<'t>(words: &[&'t str], scopes: &Scopes<'t>, lies: Lies<'_, 't>) -> Outcome<'t> {
    Outcome::exactly(holds(words, scopes, lies, 0))
}

fn holds<'t>(words: &[&'t str], scopes: &Scopes<'t>, lies: Lies<'_, 't>, depth: usize) -> Condition<'t> {
    if depth > 16 {
        return Condition::Unknown;
    }
    let part = |words: &[&'t str]| holds(words, scopes, lies, depth + 1);
    let at = |names: [&str; 2]| words.iter().position(|word| names.contains(word));
    // `-a` and `-o` bind only between whole tests; as first words they are something else.
    if let Some(at) = at(["||", "-o"]).filter(|at| *at > 0) {
        return part(&words[..at]).or(part(&words[at + 1..]));
    }
    if let Some(at) = at(["&&", "-a"]).filter(|at| *at > 0) {
        return part(&words[..at]).and(part(&words[at + 1..]));
    }
    let one = |raw: &'t str| known(raw, scopes);
    let one_path = |raw: &'t str| known_path(raw, scopes);
    match words {
        [] => Condition::Known(false),
        ["!", rest @ ..] => part(rest).negated(),
        [raw] => one_path(raw).map_or(Condition::Unknown, |arg| Condition::Known(!arg.text.is_empty())),
        ["-z", raw] => one_path(raw).map_or(Condition::Unknown, |arg| Condition::Known(arg.text.is_empty())),
        ["-n", raw] => one_path(raw).map_or(Condition::Unknown, |arg| Condition::Known(!arg.text.is_empty())),
        [operator, raw] => one_path(raw).map_or(Condition::Unknown, |arg| file(operator, &arg, lies)),
        [left, operator, right] => match (one(left), one(right)) {
            (Some(left), Some(right)) => compare(&left.text, operator, &right.text),
            _ => Condition::Unknown,
        },
        _ => Condition::Unknown,
    }
}

fn file<'t>(operator: &str, arg: &Arg<'t>, lies: Lies<'_, 't>) -> Condition<'t> {
    match operator {
        "-e" | "-a" => lies(arg, Lying::Anything),
        "-f" => lies(arg, Lying::File),
        "-d" => lies(arg, Lying::Folder),
        "-r" | "-w" | "-x" | "-s" | "-O" | "-G" | "-N" => lies(arg, Lying::Anything).and(Condition::Unknown),
        _ => Condition::Unknown,
    }
}

fn compare<'t>(left: &str, operator: &str, right: &str) -> Condition<'t> {
    let numbers = || Some((left.trim().parse::<i64>().ok()?, right.trim().parse::<i64>().ok()?));
    let known = match operator {
        "=" | "==" => Some(left == right),
        "!=" => Some(left != right),
        "-eq" => numbers().map(|(left, right)| left == right),
        "-ne" => numbers().map(|(left, right)| left != right),
        "-lt" => numbers().map(|(left, right)| left < right),
        "-le" => numbers().map(|(left, right)| left <= right),
        "-gt" => numbers().map(|(left, right)| left > right),
        "-ge" => numbers().map(|(left, right)| left >= right),
        _ => None,
    };
    known.map_or(Condition::Unknown, Condition::Known)
}

/// The text that a raw word becomes, where that is known.
fn known<'t>(raw: &'t str, scopes: &Scopes<'t>) -> Option<Arg<'t>> {
    known_path(raw, scopes).filter(|_| !stands_in(raw))
}

/// The one argument that a raw word becomes, where that is known; folders may go by other names.
fn known_path<'t>(raw: &'t str, scopes: &Scopes<'t>) -> Option<Arg<'t>> {
    let mut args = Vec::new();
    expand(raw, scopes, &mut args);
    match (args.pop(), args.is_empty()) {
        (Some(arg), true) if !(arg.is_unknown() || arg.glob || arg.splits) => Some(arg),
        _ => None,
    }
}

/// Is a part of a word a folder that is known by another name alone, such as `~` for the home folder?
fn stands_in(raw: &str) -> bool {
    raw.starts_with('~') || ["HOME", "PWD", "TMPDIR", "pwd", "mktemp"].iter().any(|name| raw.contains(name))
}

/// Does a word fit one of the patterns of a `case`?
pub(super) fn of_case<'t>(word: &'t str, patterns: &[&'t str], scopes: &Scopes<'t>) -> Outcome<'t> {
    if patterns.contains(&"*") {
        return Outcome::SUCCESS;
    }
    // These are absolute paths, whatever they are.
    let absolute = ["\"$HOME\"", "$HOME", "\"$PWD\"", "$PWD", "\"$(pwd)\""].contains(&word);
    if absolute && patterns.contains(&"/*") {
        return Outcome::SUCCESS;
    }
    let Some(word) = known(word, scopes) else { return Outcome::UNKNOWN };
    let mut fits = if patterns.is_empty() { None } else { Some(false) };
    for pattern in patterns {
        match fits_one(&word.text, pattern, scopes) {
            Some(true) => return Outcome::SUCCESS,
            Some(false) => {}
            None => fits = None,
        }
    }
    fits.map_or(Outcome::UNKNOWN, |_| Outcome::FAILURE)
}

fn fits_one<'t>(word: &str, pattern: &'t str, scopes: &Scopes<'t>) -> Option<bool> {
    let mut args = Vec::new();
    expand(pattern, scopes, &mut args);
    match (args.pop(), args.is_empty()) {
        (Some(arg), true) if arg.is_unknown() || arg.splits => None,
        (Some(arg), true) if arg.glob => {
            // Extended patterns of bash are not followed.
            if arg.text.contains(['(', '{', ')', '}']) {
                return None;
            }
            let glob = GlobBuilder::new(&arg.text).backslash_escape(true).build().ok()?;
            Some(glob.compile_matcher().is_match(word))
        }
        (Some(arg), true) => Some(arg.text == word),
        _ => None,
    }
}
