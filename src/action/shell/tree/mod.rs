//! Walks a syntax tree and lists the items of the script.

mod branch;
mod redirection;

use tree_sitter::Node;

use super::grammar::{children, source, with_tree};
use super::script::{Item, Joint, Redirect, Scope, Simple};
use crate::action::Opaque;

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 64;
/// Most items that are read.
const MAX_ITEMS: usize = 20_000;

/// Stands for an assigned value that is not followed (an appended one, an array): it reads as unknown.
const NOT_FOLLOWED: &str = "$(";

/// Reads `text` with the grammar. Never fails: what cannot be read becomes an opaque item.
pub(super) fn read(text: &str) -> Vec<Item<'_>> {
    with_tree(text, |tree| {
        let mut walk = Walk { text, items: Vec::new(), depth: 0 };
        let root = tree.root_node();
        walk.node(root, Place::default());
        if root.has_error() {
            walk.items.push(Item::Opaque(Opaque::Unreadable));
        }
        walk.items
    })
    .unwrap_or_else(|| vec![Item::Opaque(Opaque::TooComplex)])
}

/// How a statement stands to its neighbours.
#[derive(Clone, Copy, Default)]
struct Place {
    piped: bool,
    isolated: bool,
    joint: Option<Joint>,
}

impl Place {
    fn scope(self) -> Option<Scope> {
        if self.isolated {
            Some(Scope::Isolated)
        } else if self.joint == Some(Joint::Or) {
            Some(Scope::Maybe)
        } else {
            None
        }
    }
}

struct Walk<'t> {
    text: &'t str,
    items: Vec<Item<'t>>,
    depth: usize,
}

impl<'t> Walk<'t> {
    fn node(&mut self, node: Node<'_>, place: Place) {
        if self.depth >= MAX_DEPTH || self.items.len() >= MAX_ITEMS {
            self.items.push(Item::Opaque(Opaque::TooComplex));
            return;
        }
        self.depth += 1;
        self.statement(node, place);
        self.depth -= 1;
    }

    /// Commands carry their own joint; anything larger that is joined to what comes before becomes a part.
    fn statement(&mut self, node: Node<'_>, place: Place) {
        match (place.joint, node.kind()) {
            (None, _)
            | (
                _,
                "command"
                | "pipeline"
                | "list"
                | "redirected_statement"
                | "variable_assignment"
                | "variable_assignments"
                | "declaration_command"
                | "unset_command",
            ) => self.free(node, place),
            (Some(joint), _) => {
                self.items.push(Item::Guard(joint));
                self.free(node, place);
                self.items.push(Item::Unguard);
            }
        }
    }

    fn free(&mut self, node: Node<'_>, place: Place) {
        match node.kind() {
            "program" | "do_group" | "else_clause" => self.body(node),
            "compound_statement" => self.scoped(place.scope(), |walk| walk.body(node)),
            "list" => self.list(node, place, place, place),
            "pipeline" => self.pipeline(node, place),
            "subshell" => self.scoped(Some(Scope::Isolated), |walk| walk.body(node)),
            "command_substitution" | "process_substitution" => self.substitution(node),
            "command" => self.command(node, place, Vec::new(), Vec::new()),
            "redirected_statement" => self.redirected(node, place),
            "variable_assignment" => self.assignment(node, place),
            "variable_assignments" | "declaration_command" => self.declaration(node, place),
            "unset_command" => self.unset(node, place),
            "if_statement" => self.scoped(Some(Scope::Maybe), |walk| walk.branches(node)),
            "while_statement" => self.scoped(Some(Scope::Loop), |walk| walk.while_loop(node)),
            "case_statement" => self.scoped(Some(Scope::Maybe), |walk| walk.cases(node)),
            "negated_command" => {
                self.each(node, Place { joint: None, ..place });
                self.items.push(Item::Negate);
            }
            "test_command" => {
                self.each(node, Place { joint: None, ..place });
                self.items.push(Item::Test(source(node, self.text)));
            }
            "for_statement" => self.for_loop(node),
            "c_style_for_statement" => self.counted_loop(node),
            "function_definition" => self.function(node),
            "word"
            | "raw_string"
            | "number"
            | "string_content"
            | "simple_expansion"
            | "heredoc_start"
            | "heredoc_end"
            | "variable_name"
            | "special_variable_name"
            | "ansi_c_string"
            | "file_descriptor"
            | "regex"
            | "extglob_pattern" => {}
            _ => self.each(node, place),
        }
    }

    fn scoped(&mut self, scope: Option<Scope>, read: impl FnOnce(&mut Self)) {
        if let Some(scope) = scope {
            self.items.push(Item::Enter(scope));
        }
        read(self);
        if scope.is_some() {
            self.items.push(Item::Leave);
        }
    }

    fn each(&mut self, node: Node<'_>, place: Place) {
        for child in children(node) {
            self.node(child, place);
        }
    }

    /// Statements with their terminators: one that ends in `&` runs beside the rest.
    fn body(&mut self, node: Node<'_>) {
        let mut cursor = node.walk();
        let mut more = cursor.goto_first_child();
        while more {
            let child = cursor.node();
            more = cursor.goto_next_sibling();
            if child.is_named() && child.kind() != "comment" {
                let background = more && cursor.node().kind() == "&";
                self.node(child, Place { isolated: background, ..Place::default() });
            }
        }
    }

    /// `a && b || c`. As a member of a pipeline (the grammar takes `a && b > f | c` for that), only its first
    /// command is fed by the pipe before, and only its last one feeds the pipe after it.
    fn list(&mut self, node: Node<'_>, outer: Place, first: Place, last: Place) {
        // Left-nested lists can be long: go down without recursion.
        let mut rights = Vec::new();
        let mut left = node;
        while left.kind() == "list" {
            let Some(operator) = left.child(1) else { break };
            let Some(right) = left.child_count().checked_sub(1).and_then(|at| left.child(at)) else {
                break;
            };
            let joint = if operator.kind() == "||" { Joint::Or } else { Joint::And };
            rights.push((joint, right));
            let Some(next) = left.child(0) else { break };
            left = next;
        }
        self.node(left, first);
        while let Some((joint, right)) = rights.pop() {
            let place = if rights.is_empty() { last } else { outer };
            self.node(right, Place { joint: Some(joint), ..place });
        }
    }

    fn pipeline(&mut self, node: Node<'_>, outer: Place) {
        let members: Vec<Node<'_>> = children(node).collect();
        let count = members.len();
        let mut joint = outer.joint;
        for (index, member) in members.into_iter().enumerate() {
            let place = Place { piped: index > 0 || outer.piped, isolated: true, joint };
            let first = if index > 0 { place } else { outer };
            let last = if index + 1 < count { place } else { outer };
            match listed(member) {
                Some((list, redirects)) => {
                    self.redirected_list(list, redirects, outer, first, last);
                    joint = joint_of(list).or(joint);
                }
                None => self.node(member, place),
            }
        }
    }

    fn substitution(&mut self, node: Node<'_>) {
        self.scoped(Some(Scope::Isolated), |walk| {
            if let Some(redirect) = children(node).find(|child| child.kind() == "file_redirect") {
                let mut simple = Simple::default();
                walk.redirect(redirect, &mut simple);
                walk.push(simple);
            } else {
                walk.body(node);
            }
        });
    }

    fn push(&mut self, simple: Simple<'t>) {
        self.items.push(Item::Command(simple));
    }

    /// A command; `redirects` and `more` (words that the grammar put behind a redirection) come from around it.
    fn command(&mut self, node: Node<'_>, place: Place, redirects: Vec<Redirect<'t>>, more: Vec<&'t str>) {
        let mut simple = Simple {
            redirects: Vec::new(),
            piped: place.piped,
            isolated: place.isolated,
            joint: place.joint,
            ..Simple::default()
        };
        let mut subshell = None;
        let mut cursor = node.walk();
        // Where the word (or the assigned value) before ended: what follows without a blank belongs to it, though the
        // grammar may cut words such as `$a.b$c?` in two.
        let mut end = usize::MAX;
        for child in node.children(&mut cursor) {
            match child.kind() {
                "comment" => {}
                "variable_assignment" => {
                    self.assigned(child, &mut simple.assignments);
                    end = child.end_byte();
                }
                "file_redirect" | "herestring_redirect" | "heredoc_redirect" => {
                    self.redirect(child, &mut simple);
                }
                "subshell" => subshell = Some(child),
                // Words without a name in the grammar, such as `==` and a bare `$`, are words all the same.
                _ => {
                    self.substitutions(child);
                    self.word(child, end, &mut simple);
                    end = child.end_byte();
                }
            }
        }
        simple.words.extend(more);
        simple.redirects.extend(redirects);
        self.push(simple);
        if let Some(subshell) = subshell {
            self.node(subshell, place);
        }
    }

    /// Adds a word, or joins it to what ends at `end` if it begins there.
    fn word(&self, node: Node<'_>, end: usize, simple: &mut Simple<'t>) {
        let text = source(node, self.text);
        let last = if simple.words.is_empty() {
            simple.assignments.last_mut().map(|(_, value)| value)
        } else {
            simple.words.last_mut()
        };
        match last {
            Some(last) if node.start_byte() == end && *last == NOT_FOLLOWED => {}
            Some(last) if node.start_byte() == end && end >= last.len() => {
                *last = self.text.get(end - last.len()..node.end_byte()).unwrap_or(text);
            }
            _ => simple.words.push(text),
        }
    }

    /// Reads what runs inside a word: command and process substitutions at any depth.
    fn substitutions(&mut self, node: Node<'_>) {
        match node.kind() {
            "word" | "raw_string" | "number" | "simple_expansion" | "ansi_c_string" => {}
            _ => self.node(node, Place::default()),
        }
    }

    fn assigned(&mut self, node: Node<'_>, into: &mut Vec<(&'t str, &'t str)>) {
        let value = node.child_by_field_name("value");
        if let Some(value) = value {
            self.substitutions(value);
        }
        let name = node.child_by_field_name("name").map_or("", |name| source(name, self.text));
        let plus = (0..node.child_count()).filter_map(|i| node.child(i)).any(|child| child.kind() == "+=");
        let raw = value.map_or("", |value| source(value, self.text));
        into.push((name, if plus || raw.starts_with('(') { NOT_FOLLOWED } else { raw }));
    }

    fn assignment(&mut self, node: Node<'_>, place: Place) {
        let mut simple =
            Simple { isolated: place.isolated, joint: place.joint, piped: place.piped, ..Simple::default() };
        self.assigned(node, &mut simple.assignments);
        self.push(simple);
    }

    fn declaration(&mut self, node: Node<'_>, place: Place) {
        let mut simple =
            Simple { isolated: place.isolated, joint: place.joint, piped: place.piped, ..Simple::default() };
        for child in children(node) {
            if child.kind() == "variable_assignment" {
                self.assigned(child, &mut simple.assignments);
            } else {
                self.substitutions(child);
            }
        }
        self.push(simple);
    }

    fn unset(&mut self, node: Node<'_>, place: Place) {
        let mut simple =
            Simple { isolated: place.isolated, joint: place.joint, piped: place.piped, ..Simple::default() };
        for child in children(node) {
            simple.assignments.push((source(child, self.text), ""));
        }
        self.push(simple);
    }

    fn for_loop(&mut self, node: Node<'_>) {
        let mut cursor = node.walk();
        let variable = node.child_by_field_name("variable").map_or("", |name| source(name, self.text));
        let values: Vec<Node<'_>> = node.children_by_field_name("value", &mut cursor).collect();
        for value in &values {
            self.substitutions(*value);
        }
        let raw: Vec<&'t str> = values.iter().map(|value| source(*value, self.text)).collect();
        self.scoped(Some(Scope::Loop), |walk| {
            walk.items.push(Item::Loop { variable, values: (!raw.is_empty()).then_some(raw) });
            if let Some(body) = node.child_by_field_name("body") {
                walk.node(body, Place::default());
            }
        });
    }

    /// `for ((i = 0; …))`: what it counts are numbers.
    fn counted_loop(&mut self, node: Node<'_>) {
        let body = node.child_by_field_name("body");
        let parts = children(node).filter(|child| body.is_none_or(|body| body.id() != child.id()));
        let parts: Vec<Node<'_>> = parts.collect();
        let text = parts.first().map_or("", |part| source(*part, self.text));
        let length = text.bytes().take_while(|b| *b == b'_' || b.is_ascii_alphanumeric()).count();
        let variable = text.get(..length).unwrap_or_default();
        self.scoped(Some(Scope::Loop), |walk| {
            for part in parts {
                walk.substitutions(part);
            }
            walk.items.push(Item::Loop { variable, values: Some(vec!["$RANDOM"]) });
            if let Some(body) = body {
                walk.node(body, Place::default());
            }
        });
    }

    fn function(&mut self, node: Node<'_>) {
        let name = node.child_by_field_name("name").map_or("", |name| source(name, self.text));
        self.items.push(Item::Function(name));
        self.scoped(Some(Scope::Maybe), |walk| {
            for child in children(node).filter(|child| child.kind() != "word") {
                if child.kind().ends_with("_redirect") {
                    let mut simple = Simple::default();
                    walk.redirect(child, &mut simple);
                    walk.push(simple);
                } else {
                    walk.node(child, Place::default());
                }
            }
        });
    }
}

/// How the last member of a list is joined to those before it.
fn joint_of(list: Node<'_>) -> Option<Joint> {
    match list.child(1)?.kind() {
        "||" => Some(Joint::Or),
        "&&" => Some(Joint::And),
        _ => None,
    }
}

/// The list that a member of a pipeline is, with the statement that adds redirections to it.
fn listed(member: Node<'_>) -> Option<(Node<'_>, Option<Node<'_>>)> {
    match member.kind() {
        "list" => Some((member, None)),
        "redirected_statement" => {
            let body = member.child_by_field_name("body").filter(|body| body.kind() == "list")?;
            let plain = children(member).all(|child| child.kind() != "heredoc_redirect");
            plain.then_some((body, Some(member)))
        }
        _ => None,
    }
}
