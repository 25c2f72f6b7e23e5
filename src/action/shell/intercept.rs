//! Commands that Codex does not hand to a shell, because they are nothing but a patch.

use std::borrow::Cow;

use tree_sitter::Node;

use super::EmbeddedPatch;
use super::grammar::{children, source, with_tree};

/// How Codex takes a script that has to do with a patch.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Taken<'t> {
    /// It applies the patch itself, in this folder.
    Applied(EmbeddedPatch<'t>),
    /// It refuses a patch that stands there without `apply_patch`.
    Refused,
}

/// Whether Codex takes the script out of the shell's hands.
///
/// Codex 0.169: exactly one `apply_patch` (or `applypatch`) with a here-document and no argument or other redirection,
/// perhaps after one `cd folder &&`. The table in the tests was asked of the real CLI.
pub(super) fn taken(script: &str) -> Option<Taken<'_>> {
    if script.trim_start().starts_with("*** Begin Patch") {
        return crate::action::patch::parse(script).is_ok().then_some(Taken::Refused);
    }
    if !script.contains("<<") || !(script.contains("apply_patch") || script.contains("applypatch")) {
        return None;
    }
    let (cwd, text) = with_tree(script, |tree| statement(tree.root_node(), script)).flatten()?;
    Some(Taken::Applied(EmbeddedPatch { cwd, text: Cow::Borrowed(text), intercepted: true }))
}

fn statement<'t>(root: Node<'_>, script: &'t str) -> Option<(Cow<'t, str>, &'t str)> {
    let redirected = root.child(0).filter(|node| node.kind() == "redirected_statement")?;
    // Anything beside the statement counts, comments and terminators too.
    if root.has_error() || root.child_count() != 1 || redirected.child_count() != 2 {
        return None;
    }
    let body = redirected.child(0)?;
    let document = redirected.child(1).filter(|node| node.kind() == "heredoc_redirect")?;
    let plain = ["heredoc_start", "heredoc_body", "heredoc_end"];
    if document.named_child_count() != plain.len()
        || children(document).any(|part| !plain.contains(&part.kind()))
    {
        return None;
    }
    let text =
        children(document).find(|part| part.kind() == "heredoc_body").map(|part| source(part, script))?;
    let cwd = match body.kind() {
        "command" => {
            applies(body, script)?;
            Cow::Borrowed("")
        }
        "list" if body.child_count() == 3 && body.child(1)?.kind() == "&&" => {
            applies(body.child(2)?, script)?;
            folder(body.child(0)?, script)?
        }
        _ => return None,
    };
    Some((cwd, text))
}

/// `apply_patch` alone; variables may be set for it.
fn applies(command: Node<'_>, script: &str) -> Option<()> {
    let mut parts = children(command).skip_while(|part| part.kind() == "variable_assignment");
    let name = parts.next().filter(|part| part.kind() == "command_name")?;
    let word = children(name).next().filter(|word| word.kind() == "word")?;
    let known = matches!(source(word, script), "apply_patch" | "applypatch");
    (known && parts.next().is_none()).then_some(())
}

/// The folder of `cd folder`, taken as it is written: `~` is no home folder here.
fn folder<'t>(command: Node<'_>, script: &'t str) -> Option<Cow<'t, str>> {
    let mut parts = children(command);
    let name = parts.next().filter(|part| part.kind() == "command_name" && source(*part, script) == "cd");
    let (_, folder) = name.zip(parts.next())?;
    if parts.next().is_some() {
        return None;
    }
    let raw = source(folder, script);
    let path = match folder.kind() {
        "word" if folder.named_child_count() == 0 => raw,
        "raw_string" => raw.strip_prefix('\'')?.strip_suffix('\'')?,
        "string" if children(folder).all(|part| part.kind() == "string_content") => {
            raw.strip_prefix('"')?.strip_suffix('"')?
        }
        _ => return None,
    };
    Some(if path.starts_with('~') { Cow::Owned(format!("./{path}")) } else { Cow::Borrowed(path) })
}
