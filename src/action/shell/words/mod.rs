//! How Codex splits a script for its rules.

use std::borrow::Cow;

use tree_sitter::Node;

use super::grammar::{children, with_tree};
use super::script::Item;
use super::{literal, plain};

/// The commands of a script that is nothing but literal words joined by `&&`, `||`, `;`, `|` and line ends.
///
/// `None` means that Codex matches rules against the shell call as a whole (`["bash", "-lc", script]`).
/// Codex 0.169; the table in the tests was asked of the real CLI.
pub fn rule_segments(script: &str) -> Option<Vec<Vec<Cow<'_, str>>>> {
    // A comment is no part of any command, yet it keeps the script whole.
    if !script.contains('#')
        && let Some(items) = plain::read(script)
    {
        return items.iter().map(plain_words).collect();
    }
    tree_segments(script)
}

/// The words of a command of a plain script.
fn plain_words<'t>(item: &Item<'t>) -> Option<Vec<Cow<'t, str>>> {
    let Item::Command(command) = item else { return None };
    if !command.assignments.is_empty() || !command.redirects.is_empty() {
        return None;
    }
    // A name in quotes is not taken.
    if command.words.first()?.contains(['\'', '"']) {
        return None;
    }
    command.words.iter().map(|word| literal::plain_word(word)).collect()
}

pub(super) fn tree_segments(script: &str) -> Option<Vec<Vec<Cow<'_, str>>>> {
    with_tree(script, |tree| {
        let root = tree.root_node();
        if root.has_error() {
            return None;
        }
        let mut commands = Vec::new();
        collect(root, &mut commands)?;
        let segments: Option<Vec<_>> = commands.iter().map(|command| words(*command, script)).collect();
        segments.filter(|segments| !segments.is_empty())
    })
    .flatten()
}

/// Gathers the commands in order; `None` if there is anything else.
fn collect<'n>(root: Node<'n>, commands: &mut Vec<Node<'n>>) -> Option<()> {
    let mut cursor = root.walk();
    let mut stack = vec![root];
    while let Some(node) = stack.pop() {
        match node.kind() {
            "command" => commands.push(node),
            "program" | "list" | "pipeline" => {
                let before = stack.len();
                stack.extend(node.children(&mut cursor));
                if let Some(added) = stack.get_mut(before..) {
                    added.reverse();
                }
            }
            "&&" | "||" | ";" | "|" => {}
            kind if kind.trim().is_empty() => {}
            _ => return None,
        }
    }
    Some(())
}

fn words<'t>(command: Node<'_>, script: &'t str) -> Option<Vec<Cow<'t, str>>> {
    let mut words = Vec::new();
    let mut cursor = command.walk();
    for child in command.children(&mut cursor) {
        if child.kind() == "command_name" {
            let name = children(child).next().filter(|name| name.kind() == "word")?;
            words.push(literal::word(name, script)?);
        } else if child.is_named() {
            words.push(literal::word(child, script)?);
        } else {
            return None;
        }
    }
    Some(words)
}

#[cfg(test)]
mod tests;
