//! Names that a script binds and uses, and the calls of tools that its text shows.

use std::collections::HashMap;

use tree_sitter::{Node, Tree};

use super::literal::Evaluator;

/// Names that a script binds and uses.
pub(super) struct Names<'s> {
    /// Values of constants that are bound once and never changed.
    pub constants: HashMap<&'s str, Node<'s>>,
    /// Calls of tools, by tool name, in order of the text.
    pub calls: Vec<(String, Node<'s>)>,
    /// Something else could reach a tool.
    pub opaque: bool,
}

/// Names by which code can be made from text, or tools be reached by another way.
const EVASIONS: &[&str] = &["eval", "Function", "globalThis", "constructor", "Reflect", "Proxy"];

impl<'s> Names<'s> {
    pub(super) fn collect(tree: &'s Tree, text: &'s str) -> Self {
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
pub(super) fn preorder(tree: &Tree) -> impl Iterator<Item = Node<'_>> {
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

pub(super) fn children(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    (0..node.named_child_count()).filter_map(move |at| node.named_child(at as u32))
}

pub(super) fn is_tools(node: Node<'_>, text: &str) -> bool {
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
pub(super) fn is_binding(node: Node<'_>) -> bool {
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
