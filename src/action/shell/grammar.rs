//! The full path: tree-sitter's bash grammar.
//!
//! The parser is kept per thread, with the trees of the last scripts: one script is asked about several times, and
//! sessions of one suite repeat one another's.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::ControlFlow;

use tree_sitter::{Node, ParseOptions, Parser, Tree};

/// Longest script that is parsed, in bytes.
pub(super) const MAX_BYTES: usize = 1 << 20;

/// How often the parser may report progress (each stands for about a hundred of its steps) before it is stopped.
fn progress_limit(bytes: usize) -> usize {
    2_000 + bytes / 4
}

/// Short scripts whose trees are kept, and the longest of them in bytes. Of longer ones the last is kept.
const KEPT: usize = 64;
const SHORT: usize = 2048;

#[derive(Default)]
struct State {
    parser: Option<Parser>,
    short: HashMap<String, Tree>,
    long: Option<(String, Tree)>,
}

impl State {
    fn known(&self, text: &str) -> Option<&Tree> {
        match &self.long {
            Some((long, tree)) if long == text => Some(tree),
            _ => self.short.get(text),
        }
    }

    fn keep(&mut self, text: &str, tree: &Tree) {
        if text.len() > SHORT {
            self.long = Some((text.to_owned(), tree.clone()));
            return;
        }
        if self.short.len() == KEPT {
            self.short.clear();
        }
        self.short.insert(text.to_owned(), tree.clone());
    }
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

/// Parses `text` and hands the tree to `read`; `None` when it is too long or too hard to parse.
pub(super) fn with_tree<R>(text: &str, read: impl FnOnce(&Tree) -> R) -> Option<R> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let tree = STATE.with(|state| {
        let mut state = state.try_borrow_mut().ok()?;
        if let Some(tree) = state.known(text) {
            return Some(tree.clone());
        }
        let tree = parse(state.parser.get_or_insert_with(Parser::new), text)?;
        state.keep(text, &tree);
        Some(tree)
    })?;
    Some(read(&tree))
}

fn parse(parser: &mut Parser, text: &str) -> Option<Tree> {
    if parser.language().is_none() {
        parser.set_language(&tree_sitter_bash::LANGUAGE.into()).ok()?;
    }
    let mut left = progress_limit(text.len());
    let mut progress = |_: &tree_sitter::ParseState| {
        left = left.saturating_sub(1);
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut progress);
    let bytes = text.as_bytes();
    let tree =
        parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options));
    if tree.is_none() {
        parser.reset();
    }
    tree
}

/// The source of a node.
pub(super) fn source<'t>(node: Node<'_>, text: &'t str) -> &'t str {
    text.get(node.byte_range()).unwrap_or_default()
}

/// The named children of a node, comments left out.
pub(super) fn children(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let mut cursor = node.walk();
    let mut more = cursor.goto_first_child();
    std::iter::from_fn(move || {
        while more {
            let child = cursor.node();
            more = cursor.goto_next_sibling();
            if child.is_named() && child.kind() != "comment" {
                return Some(child);
            }
        }
        None
    })
}
