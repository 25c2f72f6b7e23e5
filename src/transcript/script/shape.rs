//! How a script is built, as far as it decides how it can be read.

use std::borrow::Cow;

use tree_sitter::{Node, Tree};

use super::names::{Names, children, is_tools, preorder};
use super::paths::End;
use super::printed::{self, Printed};
use super::world::Traits;

/// Tools of which the kind of the result is known.
const KNOWN: &[&str] =
    &["apply_patch", "create_goal", "exec_command", "get_goal", "update_goal", "view_image", "write_stdin"];
/// Ways to go on after a refusal.
const CATCHES: &[&str] = &["catch", "allSettled", "as_settled", "stream_settled"];

/// Functions that make a text of what they are given.
const HARMLESS: &[&str] = &["String", "text", "notify", "Error", "TypeError", "JSON.stringify"];

/// Nodes that are names.
const NAMES: &[&str] = &[
    "identifier",
    "property_identifier",
    "shorthand_property_identifier",
    "shorthand_property_identifier_pattern",
];

/// How often a script makes its calls.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Course {
    /// Every call is made exactly once, in the order of the text, if the script runs to its end.
    pub straight: bool,
    /// No call is made more than once.
    pub once: bool,
    /// Nobody looks at what calls give of which not even the kind is known.
    pub ignores: bool,
}

impl Course {
    pub(super) fn of(tree: &Tree, text: &str, names: &Names<'_>) -> Self {
        let calls = || names.calls.iter();
        let ends = |node: Node<'_>| match node.kind() {
            "identifier" => matches!(&text[node.byte_range()], "exit" | "store"),
            kind => kind == "throw_statement",
        };
        Self {
            straight: calls().all(|(_, call)| is_straight(*call, text)) && !preorder(tree).any(ends),
            once: calls().all(|(_, call)| !repeats(*call)),
            ignores: !names.opaque && calls().all(|(name, call)| is_known(name) || is_ignored(*call)),
        }
    }
}

/// What matters of a script that is to be run.
#[derive(Debug)]
pub(super) struct Shape {
    /// It may store something for later scripts.
    pub stores: bool,
    /// It may go on after a refusal.
    catches: bool,
    /// Nothing passes unseen that it does with the text of a refusal.
    refusals: bool,
    /// What is printed in a way that can be evaluated in part.
    printed: Vec<Printed>,
}

impl Shape {
    /// The shape of a script; `None` when the engine cannot run it as Codex does.
    pub(super) fn of(tree: &Tree, text: &str) -> Option<Self> {
        let mut evaluable = !tree.root_node().has_error();
        let mut shape =
            Self { stores: false, catches: false, refusals: true, printed: printed::find(tree, text) };
        let mut caught: Vec<&str> = Vec::new();
        for node in preorder(tree) {
            let word = &text[node.byte_range()];
            match node.kind() {
                "identifier" | "property_identifier" => {
                    shape.catches |= CATCHES.contains(&word);
                    caught.extend(CATCHES[1..].contains(&word).then_some("reason"));
                    shape.stores |= word == "store";
                    evaluable &= !printed::OURS.contains(&word);
                }
                "catch_clause" => {
                    shape.catches = true;
                    let name =
                        node.child_by_field_name("parameter").filter(|name| name.kind() == "identifier");
                    caught.extend(name.map(|name| &text[name.byte_range()]));
                }
                "call_expression" => {
                    shape.catches |= is_second_taker(node, text);
                    shape.refusals &= catcher(node, text, &mut caught);
                }
                // Sums of big numbers take longer than the engine counts.
                "number" => evaluable &= !word.ends_with('n'),
                "member_expression" | "subscript_expression" => {
                    evaluable &= !is_presence_test(node, text);
                }
                _ => {}
            }
        }
        let is_name = |node: &Node<'_>| NAMES.contains(&node.kind());
        shape.refusals &= preorder(tree)
            .filter(is_name)
            .filter(|node| caught.contains(&&text[node.byte_range()]))
            .all(|node| passes(node, text));
        evaluable.then_some(shape)
    }

    /// The text to run, and what is known of it beside.
    pub(super) fn prepared<'s>(&'s self, text: &'s str, end: End, ignores: bool) -> (Cow<'s, str>, Traits) {
        // Nothing that is printed throws, where a throw would have ended the script.
        let calm = !self.catches && end == End::Completed;
        let source = printed::prepare(text, self.printed.iter().filter(|printed| printed.simple || calm));
        let traits = Traits { refusals: self.refusals, ignores };
        (source, traits)
    }
}

fn is_known(name: &str) -> bool {
    KNOWN.contains(&name) || name.starts_with("mcp__")
}

/// Whether a call stands where it is made exactly once, before what follows in the text.
fn is_straight(call: Node<'_>, text: &str) -> bool {
    let mut node = call;
    while let Some(parent) = node.parent() {
        match parent.kind() {
            "program" => return true,
            "expression_statement"
            | "await_expression"
            | "variable_declarator"
            | "lexical_declaration"
            | "variable_declaration"
            | "parenthesized_expression"
            | "array"
            | "template_substitution"
            | "template_string"
            | "pair"
            | "object"
            | "statement_block" => {}
            // `x?.y` may not be looked at.
            "member_expression" if parent.child_by_field_name("object") == Some(node) => {}
            "arguments" => {
                let function = parent.parent().and_then(|call| call.child_by_field_name("function"));
                let name = function.and_then(|function| text.get(function.byte_range()));
                if !matches!(name, Some("text" | "notify" | "Promise.all" | "JSON.stringify" | "String")) {
                    return false;
                }
            }
            "call_expression" if parent.child_by_field_name("arguments") == Some(node) => {}
            _ => return false,
        }
        if parent.kind() == "statement_block" && parent.parent().is_none_or(|outer| outer.kind() != "program")
        {
            return false;
        }
        node = parent;
    }
    false
}

/// Whether a call stands where it may be made more than once.
fn repeats(call: Node<'_>) -> bool {
    let mut node = call;
    while let Some(parent) = node.parent() {
        let kind = parent.kind();
        if kind.ends_with("function")
            || kind.contains("function_")
            || kind == "method_definition"
            || kind == "class_body"
            || matches!(kind, "for_statement" | "for_in_statement" | "while_statement" | "do_statement")
        {
            return true;
        }
        node = parent;
    }
    false
}

/// Whether nobody looks at what a call gives.
fn is_ignored(call: Node<'_>) -> bool {
    let parent = call.parent();
    let outer =
        parent.filter(|parent| parent.kind() == "await_expression").map_or(parent, |wait| wait.parent());
    outer.is_some_and(|outer| outer.kind() == "expression_statement")
}

/// Whether a tool is asked for only to see if it is there, which the recording does not tell.
fn is_presence_test(node: Node<'_>, text: &str) -> bool {
    if !node.child_by_field_name("object").is_some_and(|object| is_tools(object, text)) {
        return false;
    }
    let mut parent = node.parent();
    while let Some(outer) = parent.filter(|outer| outer.kind() == "parenthesized_expression") {
        parent = outer.parent();
    }
    parent.is_some_and(|parent| match parent.kind() {
        "binary_expression" | "unary_expression" | "if_statement" | "while_statement" => true,
        "ternary_expression" => parent.child_by_field_name("condition") == Some(node),
        _ => false,
    })
}

/// Whether this is `.then(…, …)`.
fn is_second_taker(call: Node<'_>, text: &str) -> bool {
    let property =
        call.child_by_field_name("function").and_then(|function| function.child_by_field_name("property"));
    property.is_some_and(|property| &text[property.byte_range()] == "then")
        && call.child_by_field_name("arguments").is_some_and(|arguments| arguments.named_child_count() > 1)
}

/// Notes the name under which `.catch(e => …)` or `.then(…, e => …)` takes a refusal; `false` when it is not plain.
fn catcher<'s>(call: Node<'_>, text: &'s str, caught: &mut Vec<&'s str>) -> bool {
    let function =
        call.child_by_field_name("function").filter(|function| function.kind() == "member_expression");
    let name = function.and_then(|function| function.child_by_field_name("property"));
    let at = match name.map(|name| &text[name.byte_range()]) {
        Some("catch") => 0,
        Some("then") => 1,
        _ => return true,
    };
    let Some(arguments) = call.child_by_field_name("arguments") else { return false };
    let Some(taker) = children(arguments).filter(|one| one.kind() != "comment").nth(at) else { return true };
    if !matches!(taker.kind(), "arrow_function" | "function_expression") {
        return false;
    }
    let one = taker.child_by_field_name("parameter");
    let list = taker.child_by_field_name("parameters");
    match one.or_else(|| list.and_then(|list| list.named_child(0))) {
        None => true,
        Some(name) if name.kind() == "identifier" => {
            caught.push(&text[name.byte_range()]);
            true
        }
        Some(_) => false,
    }
}

/// Whether nothing passes unseen that a script does with a refusal's text here: it is joined to other texts or
/// asked for its parts, which the evaluator notices, or used where all texts that are not empty are alike.
fn passes(node: Node<'_>, text: &str) -> bool {
    let Some(parent) = node.parent() else { return false };
    let is = |field: &str| parent.child_by_field_name(field) == Some(node);
    match parent.kind() {
        "catch_clause" | "arrow_function" if is("parameter") => true,
        "formal_parameters"
        | "template_substitution"
        | "throw_statement"
        | "expression_statement"
        | "if_statement" => true,
        "member_expression" if is("property") => passes(parent, text),
        "member_expression" | "subscript_expression" => is("object"),
        "parenthesized_expression" | "await_expression" => passes(parent, text),
        "ternary_expression" => is("condition") || passes(parent, text),
        "unary_expression" => parent.child_by_field_name("operator").is_some_and(|word| word.kind() == "!"),
        "binary_expression" => match parent.child_by_field_name("operator").map(|word| word.kind()) {
            Some("||" | "&&" | "??") => passes(parent, text),
            Some("+" | "<" | ">" | "<=" | ">=" | "-" | "*" | "/" | "%") => true,
            Some("instanceof") => is("left"),
            _ => false,
        },
        "arguments" => parent.parent().is_some_and(|call| {
            let name =
                call.child_by_field_name("function").or_else(|| call.child_by_field_name("constructor"));
            name.is_some_and(|name| HARMLESS.contains(&&text[name.byte_range()]))
        }),
        _ => false,
    }
}
