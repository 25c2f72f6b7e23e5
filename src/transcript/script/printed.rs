//! What a script prints may hold something unknown, and most often does: what a refused call said. Where that is all
//! that comes of it, the script goes on.
//!
//! `text(EXPRESSION)` becomes `__print__(() => (EXPRESSION))` where the expression does nothing but look at values.
//! If something unknown is met in it, that piece of the output is unknown and nothing else is.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use tree_sitter::{Node, Tree};

use super::names::{children, is_binding, preorder};

/// Names of our own that no script may use.
pub(super) const OURS: &[&str] = &["__print__", "__note__", "__waited__"];

/// Names by which a script could give looking at a value another meaning.
const WILD: &[&str] = &[
    "prototype",
    "__proto__",
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "defineProperty",
    "defineProperties",
    "setPrototypeOf",
    "getPrototypeOf",
    "Proxy",
    "Reflect",
    "eval",
    "Function",
    "constructor",
    "globalThis",
    "assign",
    "toJSON",
    "valueOf",
    "toPrimitive",
    "species",
    "iterator",
    "asyncIterator",
    "create",
    "call",
    "apply",
    "bind",
];
/// Functions that only look at what they are given.
const LOOKS: &[&str] = &[
    "JSON.stringify",
    "String",
    "Number",
    "Boolean",
    "Object.keys",
    "Object.values",
    "Object.entries",
    "Array.isArray",
    "Array.from",
    "Math.max",
    "Math.min",
    "Math.round",
];
/// Methods that change nothing.
const METHODS: &[&str] = &[
    "slice",
    "substring",
    "substr",
    "trim",
    "trimEnd",
    "trimStart",
    "split",
    "join",
    "map",
    "filter",
    "find",
    "some",
    "every",
    "includes",
    "startsWith",
    "endsWith",
    "indexOf",
    "lastIndexOf",
    "replace",
    "replaceAll",
    "match",
    "toString",
    "toFixed",
    "padStart",
    "padEnd",
    "concat",
    "flat",
    "flatMap",
    "at",
    "repeat",
    "toUpperCase",
    "toLowerCase",
    "keys",
    "values",
    "entries",
    "reduce",
    "charAt",
    "codePointAt",
    "findIndex",
];
/// Names that must mean what they always do.
const FIXED: &[&str] =
    &["text", "notify", "JSON", "String", "Number", "Boolean", "Object", "Array", "Math", "undefined"];

/// A piece of output that can be evaluated in part.
#[derive(Debug)]
pub(super) struct Printed {
    function: Range<usize>,
    arguments: Range<usize>,
    argument: Range<usize>,
    /// Calls that are waited for inside of it.
    waits: Vec<Range<usize>>,
    notes: bool,
    /// It cannot throw, whatever a tool answered.
    pub simple: bool,
}

/// Finds what a script prints.
pub(super) fn find(tree: &Tree, text: &str) -> Vec<Printed> {
    let mut found = Vec::new();
    for node in preorder(tree) {
        let word = &text[node.byte_range()];
        let tame = match node.kind() {
            "identifier" | "shorthand_property_identifier_pattern" => {
                !WILD.contains(&word) && (!FIXED.contains(&word) || !is_binding(node))
            }
            "property_identifier" => !WILD.contains(&word) && !gives_meaning(node, word),
            // Accessors and methods; keys that are made.
            "method_definition" | "class" | "class_declaration" | "computed_property_name" => false,
            "assignment_expression" => !sets_function(node),
            "string" => !METHODS.contains(&word.trim_matches(['"', '\''])),
            _ => true,
        };
        if !tame {
            return Vec::new();
        }
        if node.kind() == "call_expression" {
            found.extend(print_of(node, text));
        }
    }
    found
}

/// Whether a name of a method is given to something.
fn gives_meaning(node: Node<'_>, word: &str) -> bool {
    let Some(parent) = node.parent().filter(|_| METHODS.contains(&word)) else { return false };
    match parent.kind() {
        "pair" => parent.child_by_field_name("key") == Some(node),
        "member_expression" => parent.parent().is_some_and(|outer| {
            outer.kind().contains("assignment") && outer.child_by_field_name("left") == Some(parent)
        }),
        _ => false,
    }
}

/// Whether a function, or what may be one, is set under a name that is made.
fn sets_function(node: Node<'_>) -> bool {
    let field = |name: &str| node.child_by_field_name(name).map_or("", |node| node.kind());
    field("left") == "subscript_expression"
        && matches!(field("right"), "arrow_function" | "function_expression" | "identifier")
}

fn print_of(call: Node<'_>, text: &str) -> Option<Printed> {
    let function = call.child_by_field_name("function").filter(|function| function.kind() == "identifier")?;
    let notes = match &text[function.byte_range()] {
        "text" => false,
        "notify" => true,
        _ => return None,
    };
    let arguments = call.child_by_field_name("arguments").filter(|list| list.kind() == "arguments")?;
    let argument = arguments.named_child(0).filter(|_| arguments.named_child_count() == 1)?;
    let mut waits = Vec::new();
    if !looks(argument, text, Some(&mut waits), 0) {
        return None;
    }
    Some(Printed {
        function: function.byte_range(),
        arguments: arguments.byte_range(),
        argument: argument.byte_range(),
        waits,
        notes,
        simple: is_simple(argument, text, 0),
    })
}

/// Whether an expression only looks at values. What it waits for is noted, and may do anything.
fn looks(node: Node<'_>, text: &str, mut waits: Option<&mut Vec<Range<usize>>>, depth: u32) -> bool {
    if depth > 40 {
        return false;
    }
    let mut all =
        |node: Node<'_>| children(node).all(|child| looks(child, text, waits.as_deref_mut(), depth + 1));
    match node.kind() {
        "identifier" => &text[node.byte_range()] != "tools",
        "string"
        | "number"
        | "true"
        | "false"
        | "null"
        | "undefined"
        | "regex"
        | "comment"
        | "property_identifier"
        | "shorthand_property_identifier"
        | "string_fragment"
        | "escape_sequence"
        | "optional_chain" => true,
        "template_string"
        | "template_substitution"
        | "parenthesized_expression"
        | "member_expression"
        | "subscript_expression"
        | "binary_expression"
        | "ternary_expression"
        | "array"
        | "object"
        | "pair"
        | "spread_element" => all(node),
        "unary_expression" => {
            let delete = node.child_by_field_name("operator").is_some_and(|word| word.kind() == "delete");
            !delete && all(node)
        }
        "call_expression" => is_look(node, text) && all(node),
        "arguments" => children(node).all(|child| match child.kind() {
            "arrow_function" => is_looking_function(child, text, depth),
            _ => looks(child, text, waits.as_deref_mut(), depth + 1),
        }),
        "await_expression" => match waits {
            Some(waits) => {
                waits.push(node.byte_range());
                true
            }
            None => false,
        },
        _ => false,
    }
}

/// Whether the called function is one that only looks.
fn is_look(call: Node<'_>, text: &str) -> bool {
    let Some(function) = call.child_by_field_name("function") else { return false };
    if call.child_by_field_name("arguments").is_none_or(|list| list.kind() != "arguments") {
        return false;
    }
    if LOOKS.contains(&&text[function.byte_range()]) {
        return true;
    }
    let property =
        function.child_by_field_name("property").filter(|_| function.kind() == "member_expression");
    property.is_some_and(|property| METHODS.contains(&&text[property.byte_range()]))
}

/// Whether a function given to a method only looks at what it is given.
fn is_looking_function(function: Node<'_>, text: &str, depth: u32) -> bool {
    let plain = |list: Node<'_>| {
        children(list).all(|name| name.kind() == "identifier" && !FIXED.contains(&&text[name.byte_range()]))
    };
    let named = function.child_by_field_name("parameter").is_some()
        || function.child_by_field_name("parameters").is_some_and(plain);
    let is_async = function.child(0).is_some_and(|word| word.kind() == "async");
    let body = function.child_by_field_name("body").filter(|body| body.kind() != "statement_block");
    named && !is_async && body.is_some_and(|body| looks(body, text, None, depth + 1))
}

/// Whether an expression cannot throw, be it of a tool's result or of a refusal.
fn is_simple(node: Node<'_>, text: &str, depth: u32) -> bool {
    if depth > 40 {
        return false;
    }
    let all = || children(node).all(|child| is_simple(child, text, depth + 1));
    match node.kind() {
        "identifier" | "string" | "number" | "true" | "false" | "null" | "undefined" | "string_fragment"
        | "escape_sequence" | "comment" | "await_expression" => true,
        "binary_expression" => {
            let operator = node.child_by_field_name("operator").map_or("", |word| word.kind());
            !matches!(operator, "in" | "instanceof") && all()
        }
        "template_string" | "template_substitution" | "parenthesized_expression" | "ternary_expression" => {
            all()
        }
        "member_expression" | "subscript_expression" => is_simple_member(node, text),
        "call_expression" => {
            let name = node.child_by_field_name("function").map_or("", |name| &text[name.byte_range()]);
            let arguments = node.child_by_field_name("arguments");
            matches!(name, "String" | "JSON.stringify")
                && arguments.is_some_and(|list| children(list).all(|one| is_simple(one, text, depth + 1)))
        }
        _ => false,
    }
}

/// Whether a member can be asked for without a throw: of a variable, of what was waited for, of the value of a
/// settled call, or by `?.`.
fn is_simple_member(node: Node<'_>, text: &str) -> bool {
    let Some(object) = node.child_by_field_name("object") else { return false };
    let index = node.child_by_field_name("index");
    if index.is_some_and(|index| !matches!(index.kind(), "number" | "string" | "identifier")) {
        return false;
    }
    if node.child_by_field_name("optional_chain").is_some() {
        return object.kind() == "identifier" || is_simple_member(object, text);
    }
    match object.kind() {
        "identifier" => true,
        "parenthesized_expression" => {
            object.named_child(0).is_some_and(|inner| inner.kind() == "await_expression")
        }
        "member_expression" => {
            let property = object.child_by_field_name("property").map_or("", |name| &text[name.byte_range()]);
            property == "value" && is_simple_member(object, text)
        }
        _ => false,
    }
}

/// The text with these pieces of output evaluated apart.
pub(super) fn prepare<'s>(text: &'s str, printed: impl Iterator<Item = &'s Printed>) -> Cow<'s, str> {
    let mut out = String::new();
    let mut at = 0;
    for one in printed {
        // A piece inside of what another waits for is left as it is.
        if one.function.start < at {
            continue;
        }
        out.push_str(&text[at..one.function.start]);
        out.push_str(if one.notes { OURS[1] } else { OURS[0] });
        let (mut body, mut from) = (String::new(), one.argument.start);
        for (nth, wait) in one.waits.iter().enumerate() {
            body.push_str(&text[from..wait.start]);
            let _ = write!(body, "{}[{nth}]", OURS[2]);
            from = wait.end;
        }
        body.push_str(&text[from..one.argument.end]);
        let waits: Vec<_> = one.waits.iter().map(|wait| &text[wait.clone()]).collect();
        // Lines of a comment must end before the bracket does.
        if waits.is_empty() {
            let _ = write!(out, "(() => ({body}\n))");
        } else {
            let _ = write!(out, "((({}) => () => ({body}\n))([{}]))", OURS[2], waits.join(", "));
        }
        at = one.arguments.end;
    }
    if at == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[at..]);
    Cow::Owned(out)
}
