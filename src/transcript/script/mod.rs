//! Code mode: the calls that a script makes, as far as its text tells.
//!
//! Codex 0.169 gives models one tool `exec` that takes JavaScript; the script reaches the other tools through
//! `tools.<name>(…)`. A call whose arguments are literals (or constants bound to literals) is read. Everything else
//! that could reach a tool makes the script opaque: it is never guessed.

mod literal;

use std::cell::RefCell;
use std::collections::HashMap;

use serde_json::Value;
use tree_sitter::{Node, Parser, Tree};

use super::tool::is_builtin;
use literal::{Evaluator, Read};

/// Longer scripts are not read, in bytes.
const MAX_SCRIPT: usize = 128 << 10;
/// More calls than this are not read.
const MAX_CALLS: usize = 1000;

/// What a script's text tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Script {
    /// Calls that were read, in order of the text.
    pub calls: Vec<Nested>,
    /// There may be other calls, or some of those read have arguments that were not.
    pub opaque: bool,
}

/// A call that was read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Nested {
    /// Name of the tool, as scripts write it: `exec_command`, `mcp__server__tool`.
    pub name: String,
    /// What it is given.
    pub input: Input,
}

/// What a nested tool is given.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Input {
    /// A string.
    Text(String),
    /// Any other value, as JSON text.
    Json(String),
}

/// Reads a script.
pub(super) fn read(text: &str) -> Script {
    let opaque = Script { calls: Vec::new(), opaque: true };
    if text.len() > MAX_SCRIPT {
        return opaque;
    }
    let Some(tree) = parse(text) else { return opaque };
    let names = Names::collect(&tree, text);
    let mut evaluator = Evaluator::new(text, &names.constants);
    let mut script = Script { calls: Vec::new(), opaque: tree.root_node().has_error() || names.opaque };
    for (name, call) in &names.calls {
        match read_call(&mut evaluator, name, *call) {
            _ if script.calls.len() == MAX_CALLS => script.opaque = true,
            (Some(input), whole) => {
                script.calls.push(Nested { name: name.clone(), input });
                script.opaque |= !whole && !is_builtin(name);
            }
            (None, _) => script.opaque = true,
        }
    }
    script
}

fn parse(text: &str) -> Option<Tree> {
    thread_local! {
        static PARSER: RefCell<Option<Parser>> = RefCell::new({
            let mut parser = Parser::new();
            parser.set_language(&tree_sitter_javascript::LANGUAGE.into()).ok().map(|()| parser)
        });
    }
    PARSER.with_borrow_mut(|parser| parser.as_mut()?.parse(text, None))
}

/// What a call is given and whether that is all of it; `None` when it cannot be told.
fn read_call(evaluator: &mut Evaluator<'_, '_>, name: &str, call: Node<'_>) -> (Option<Input>, bool) {
    let arguments = call.child_by_field_name("arguments");
    let argument = arguments.filter(|list| list.kind() == "arguments").map(|list| list.named_child(0));
    let read = match argument {
        Some(Some(argument)) => evaluator.read(argument),
        Some(None) => Some(Read { value: Value::Object(serde_json::Map::new()), whole: true }),
        None => None,
    };
    // The tool of an MCP server decides more than its arguments, and tools of Codex's own touch nothing.
    let name_suffices = name.starts_with("mcp__") || is_builtin(name);
    match read {
        Some(Read { value: Value::String(text), whole: true }) if name == "apply_patch" => {
            (Some(Input::Text(text)), true)
        }
        Some(Read { value, whole }) if whole || name_suffices => {
            (Some(Input::Json(value.to_string())), whole)
        }
        None if name_suffices => (Some(Input::Json("{}".to_owned())), false),
        _ => (None, false),
    }
}

/// Names that a script binds and uses.
struct Names<'s> {
    /// Values of constants that are bound once and never changed.
    constants: HashMap<&'s str, Node<'s>>,
    /// Calls of tools, by tool name, in order of the text.
    calls: Vec<(String, Node<'s>)>,
    /// Something else could reach a tool.
    opaque: bool,
}

/// Names by which code can be made from text, or tools be reached by another way.
const EVASIONS: &[&str] = &["eval", "Function", "globalThis", "constructor", "Reflect", "Proxy"];

impl<'s> Names<'s> {
    fn collect(tree: &'s Tree, text: &'s str) -> Self {
        let mut uses = Vec::new();
        let mut bound: HashMap<&str, u32> = HashMap::new();
        let mut names = Self { constants: HashMap::new(), calls: Vec::new(), opaque: false };
        let mut aliases: HashMap<&str, String> = HashMap::new();
        for node in preorder(tree) {
            let Some(word) = text.get(node.byte_range()) else { continue };
            match node.kind() {
                "identifier" | "shorthand_property_identifier_pattern" | "shorthand_property_identifier" => {
                    if is_binding(node) {
                        *bound.entry(word).or_default() += 1;
                    }
                    uses.push((word, node));
                }
                "variable_declarator" => names.declare(node, text, &mut aliases),
                "property_identifier" => names.opaque |= EVASIONS.contains(&word),
                "import" | "with_statement" => names.opaque = true,
                "call_expression" | "new_expression" => names.opaque |= is_strange_call(node),
                _ => {}
            }
        }
        names.constants.retain(|name, _| bound.get(name) == Some(&1));
        for (word, node) in uses {
            if word == "tools" {
                names.use_of_tools(node, text);
            } else if let Some(tool) = aliases.get(word) {
                names.use_of_alias(node, tool, bound.get(word) == Some(&1));
            }
            names.opaque |= EVASIONS.contains(&word);
        }
        names.calls.sort_by_key(|(_, call)| call.start_byte());
        names
    }

    /// Takes note of `const name = value`, and of other names for tools.
    fn declare(&mut self, node: Node<'s>, text: &'s str, aliases: &mut HashMap<&'s str, String>) {
        let is_const =
            node.parent().and_then(|list| list.child(0)).is_some_and(|word| word.kind() == "const");
        let (Some(name), Some(value)) = (node.child_by_field_name("name"), node.child_by_field_name("value"))
        else {
            return;
        };
        if !is_const {
            return;
        }
        if name.kind() == "identifier" {
            if let Some(tool) = tool_of(value, text) {
                aliases.insert(&text[name.byte_range()], tool);
            }
            self.constants.insert(&text[name.byte_range()], value);
        } else if name.kind() == "object_pattern" && is_tools(value, text) {
            for field in children(name) {
                if field.kind() == "shorthand_property_identifier_pattern" {
                    let tool = &text[field.byte_range()];
                    aliases.insert(tool, tool.to_owned());
                } else {
                    self.opaque = true;
                }
            }
        }
    }

    /// A use of `tools`: a call of one of them, a const that names one, or something that cannot be followed.
    fn use_of_tools(&mut self, node: Node<'s>, text: &'s str) {
        let Some(parent) = node.parent() else { return };
        if parent.kind() == "variable_declarator" {
            let pattern =
                parent.child_by_field_name("name").is_some_and(|name| name.kind() == "object_pattern");
            self.opaque |= !pattern || is_binding(node) || !in_const(parent);
            return;
        }
        let Some(tool) = tool_of(parent, text) else {
            self.opaque = true;
            return;
        };
        match parent.parent() {
            Some(call) if call.child_by_field_name("function") == Some(parent) => {
                self.calls.push((tool, call));
            }
            Some(outer) if outer.kind() == "variable_declarator" && in_const(outer) => {}
            _ => self.opaque = true,
        }
    }

    fn use_of_alias(&mut self, node: Node<'s>, tool: &str, bound_once: bool) {
        if is_binding(node) {
            self.opaque |= !bound_once;
            return;
        }
        match node.parent() {
            Some(call) if call.child_by_field_name("function") == Some(node) => {
                self.calls.push((tool.to_owned(), call));
            }
            _ => self.opaque = true,
        }
    }
}

/// All nodes, parents first.
fn preorder(tree: &Tree) -> impl Iterator<Item = Node<'_>> {
    let mut cursor = tree.walk();
    let mut next = Some(tree.root_node());
    std::iter::from_fn(move || {
        let node = next?;
        next = None;
        if cursor.goto_first_child() || cursor.goto_next_sibling() {
            next = Some(cursor.node());
        } else {
            while cursor.goto_parent() {
                if cursor.goto_next_sibling() {
                    next = Some(cursor.node());
                    break;
                }
            }
        }
        Some(node)
    })
}

fn children(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    (0..node.named_child_count()).filter_map(move |at| node.named_child(at as u32))
}

fn is_tools(node: Node<'_>, text: &str) -> bool {
    node.kind() == "identifier" && text.get(node.byte_range()) == Some("tools")
}

fn in_const(declarator: Node<'_>) -> bool {
    declarator.parent().and_then(|list| list.child(0)).is_some_and(|word| word.kind() == "const")
}

/// The tool that `tools.name` or `tools["name"]` is.
fn tool_of(node: Node<'_>, text: &str) -> Option<String> {
    if !is_tools(node.child_by_field_name("object")?, text) {
        return None;
    }
    match node.kind() {
        "member_expression" => Some(text[node.child_by_field_name("property")?.byte_range()].to_owned()),
        "subscript_expression" => {
            let constants = HashMap::new();
            let read = Evaluator::new(text, &constants).read(node.child_by_field_name("index")?)?;
            Some(read.value.as_str()?.to_owned())
        }
        _ => None,
    }
}

/// Whether an identifier stands where a name is bound or changed.
fn is_binding(node: Node<'_>) -> bool {
    let Some(parent) = node.parent() else { return false };
    let is = |field: &str| parent.child_by_field_name(field) == Some(node);
    match parent.kind() {
        "variable_declarator"
        | "function_declaration"
        | "generator_function_declaration"
        | "class_declaration"
        | "function_expression"
        | "class" => is("name"),
        "assignment_expression"
        | "augmented_assignment_expression"
        | "assignment_pattern"
        | "object_assignment_pattern"
        | "for_in_statement" => is("left"),
        "arrow_function" | "catch_clause" => is("parameter"),
        "pair_pattern" => is("value"),
        "formal_parameters" | "array_pattern" | "object_pattern" | "rest_pattern" | "update_expression" => {
            true
        }
        _ => false,
    }
}

/// Whether something other than a plainly named function is called: the result of a call, a computed member.
fn is_strange_call(node: Node<'_>) -> bool {
    let function = node.child_by_field_name("function").or_else(|| node.child_by_field_name("constructor"));
    let Some(mut function) = function else { return true };
    while function.kind() == "parenthesized_expression" {
        let Some(inner) = function.named_child(0) else { return true };
        function = inner;
    }
    match function.kind() {
        "subscript_expression" => {
            // `tools["name"]` is looked at elsewhere.
            function.child_by_field_name("object").is_none_or(|object| object.kind() != "identifier")
                || function.child_by_field_name("index").is_none_or(|index| index.kind() != "string")
        }
        "identifier" | "member_expression" | "arrow_function" | "function_expression" => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests;
