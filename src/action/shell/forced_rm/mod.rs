//! Codex's detector of forced removals.

use std::borrow::Cow;

use tree_sitter::Node;

use super::grammar::{children, with_tree};
use super::script::Item;
use super::{literal, plain};
use crate::action::{Command, Dialect};

/// Deepest nesting of scripts in commands that is followed.
const MAX_DEPTH: usize = 8;

/// Whether Codex takes the command for a forced `rm` (`rm -f`, `rm -rf`, `rm --force`), which it never runs unasked.
///
/// Codex 0.169: it looks at every command of the grammar's tree, inside substitutions, loops and functions too,
/// follows `sudo`, `env`, `trap` and `bash -c` with literal scripts, and sees nothing in a script that has a syntax
/// error. Words that are not literal are passed over. The tables in the tests were asked of the real CLI.
pub fn has_forced_rm(command: &Command<'_>) -> bool {
    match command {
        Command::Script { dialect: Dialect::Posix, text } => script(text, 0),
        Command::Script { .. } => false,
        Command::Argv(words) => {
            let words: Vec<&str> = words.iter().map(|word| &**word).collect();
            call(&words, 0)
        }
    }
}

/// A text without these letters cannot spell the program's name, in one piece or in quoted ones.
fn may_name_rm(text: &str) -> bool {
    text.contains("rm") || (text.contains("r'") || text.contains("r\"")) && text.contains('m')
}

pub(super) fn script(text: &str, depth: usize) -> bool {
    if depth > MAX_DEPTH || !may_name_rm(text) || !text.contains('f') || !text.contains('-') {
        return false;
    }
    if let Some(items) = plain::read(text) {
        return items.iter().any(|item| plain_command(item, depth));
    }
    tree_script(text, depth)
}

/// Judges a command of a plain script.
fn plain_command(item: &Item<'_>, depth: usize) -> bool {
    let Item::Command(command) = item else { return false };
    let mut raw = command.words.iter();
    let Some(name) = raw.next().and_then(|name| literal::plain_word(name)) else { return false };
    let mut words = vec![name];
    words.extend(raw.filter_map(|word| literal::plain_word(word)));
    let words: Vec<&str> = words.iter().map(|word| &**word).collect();
    call(&words, depth)
}

pub(super) fn tree_script(text: &str, depth: usize) -> bool {
    let found = with_tree(text, |tree| {
        let root = tree.root_node();
        let mut scripts = Vec::new();
        let found = !root.has_error()
            && any_command(root, |node| {
                let words = words(node, text);
                let words: Vec<&str> = words.iter().map(|word| &**word).collect();
                match judge(&words) {
                    Verdict::Found => true,
                    Verdict::Nothing => false,
                    Verdict::Script(inner) => {
                        scripts.push(inner.to_owned());
                        false
                    }
                }
            });
        (found, scripts)
    });
    let Some((found, scripts)) = found else { return false };
    found || scripts.iter().any(|inner| script(inner, depth + 1))
}

fn call(words: &[&str], depth: usize) -> bool {
    match judge(words) {
        Verdict::Found => true,
        Verdict::Nothing => false,
        Verdict::Script(inner) => script(inner, depth + 1),
    }
}

/// Calls `test` for each command node until it says yes.
fn any_command(root: Node<'_>, mut test: impl FnMut(Node<'_>) -> bool) -> bool {
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        if node.kind() == "command" && test(node) {
            return true;
        }
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return false;
            }
        }
    }
}

/// The literal words of a command; none if its name is not literal.
fn words<'t>(command: Node<'_>, text: &'t str) -> Vec<Cow<'t, str>> {
    let mut words = Vec::new();
    for child in children(command) {
        if child.kind() == "command_name" {
            match children(child).next().and_then(|name| literal::word(name, text)) {
                Some(name) => words.push(name),
                None => return Vec::new(),
            }
        } else if !words.is_empty() {
            words.extend(literal::word(child, text));
        }
    }
    words
}

enum Verdict<'w> {
    Nothing,
    Found,
    Script(&'w str),
}

/// Judges a command by its literal words, following the programs that only start another one.
fn judge<'w>(words: &[&'w str]) -> Verdict<'w> {
    let mut words = words;
    while let Some((name, rest)) = words.split_first() {
        let name = name.rsplit('/').next().unwrap_or_default();
        match name {
            "rm" => return if forces(rest) { Verdict::Found } else { Verdict::Nothing },
            "sudo" => words = rest,
            "env" => words = after_env(rest),
            "trap" => {
                let rest = rest.strip_prefix(&["--"]).unwrap_or(rest);
                return rest.first().map_or(Verdict::Nothing, |handler| Verdict::Script(handler));
            }
            _ => {
                return match (shell(name), rest) {
                    (true, ["-c" | "-lc", script]) => Verdict::Script(script),
                    _ => Verdict::Nothing,
                };
            }
        }
    }
    Verdict::Nothing
}

fn shell(name: &str) -> bool {
    let stem = name.strip_suffix(".exe").unwrap_or(name);
    matches!(stem, "bash" | "sh" | "zsh")
}

/// The command after `env`'s own arguments, of which only a few are known.
fn after_env<'a, 'w>(mut words: &'a [&'w str]) -> &'a [&'w str] {
    while let Some((word, rest)) = words.split_first() {
        match *word {
            "--" => return rest,
            "-i" | "--ignore-environment" => words = rest,
            word if word.contains('=') && !word.starts_with('-') => words = rest,
            _ => return words,
        }
    }
    words
}

fn forces(arguments: &[&str]) -> bool {
    arguments.iter().take_while(|word| **word != "--").any(|word| {
        *word == "--force" || (word.starts_with('-') && !word.starts_with("--") && word.contains('f'))
    })
}

#[cfg(test)]
mod tests;
