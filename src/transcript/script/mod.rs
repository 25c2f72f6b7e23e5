//! Code mode: the calls that a script makes.
//!
//! Codex 0.169 gives models one tool `exec` that takes JavaScript; the script reaches the other tools through
//! `tools.<name>(…)`. Most scripts are a few calls one after the other with literals for arguments: those are read
//! from the text ([`literal`]). The others are run in an embedded engine ([`engine`]), where tools answer what the
//! recording tells ([`world`]). What cannot be known makes a script opaque; it is never guessed.
//!
//! What Codex 0.169 was seen to do with scripts (the table of `tests` names the probes):
//! - A script is an asynchronous module in a fresh engine of its own, without files, network, console or imports.
//!   It has timers, `text`, `image`, `audio`, `content`, `notify`, `store`, `load`, `exit`, `yield_control`,
//!   `as_settled`, `stream_settled` and `ALL_TOOLS`. Scripts of one turn run one after the other.
//! - A call starts when it is made, with the arguments as they are then, and runs beside others. An `exec_command`
//!   that ended gives `{chunk_id, wall_time_seconds, exit_code, original_token_count, output}`, with the whole
//!   output unless `max_output_tokens` asks for less; one that runs on gives `session_id` in place of `exit_code`.
//!   `apply_patch` takes a string and gives `{}`. An MCP tool gives the server's result, and
//!   `{content: [{type, text}], isError: true}` for an error or a refusal by the approval policy.
//! - Everything else that is refused (hooks, rules, malformed arguments, `PostToolUse` hooks that block) rejects
//!   with a string, not with an `Error`. A command that the sandbox stopped at once gives its exit code and output
//!   as usual, but leaves no item.
//! - `exit()` ends the script at once, without `finally`. Calls that nobody waits for are dropped when it ends.
//!   What is stored outlives a script that throws.

mod engine;
mod literal;
mod names;
mod noted;
mod paths;
mod printed;
mod shape;
mod world;

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::Value;
use tree_sitter::{Node, Parser, Tree};

use super::tool::is_builtin;
pub(super) use engine::Means;
use literal::{Evaluator, Read};
use names::Names;
pub(super) use noted::{Noted, script_name};
pub(super) use paths::{End, Story};
use shape::{Course, Shape};
pub(super) use world::Stored;

/// Longer scripts are not read, in bytes.
const MAX_SCRIPT: usize = 128 << 10;
/// More calls than this are not read.
const MAX_CALLS: usize = 1000;

/// What is told of a script's calls.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Script {
    /// Calls that were read, in the order in which they are made, as far as it is known.
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
    /// What tells it from the other calls of its script.
    pub mark: Mark,
}

/// What tells a call from the other calls of its script.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mark {
    /// Its place: of calls that the text shows, among them; of others, after them.
    Place(usize),
    /// The id of its item, for a call that the text does not show.
    Item(String),
}

impl Nested {
    fn new(name: String, input: Input) -> Self {
        Self { name, input, mark: Mark::Place(0) }
    }

    fn is_like(&self, other: &Self) -> bool {
        self.name == other.name && self.input == other.input
    }
}

/// What a nested tool is given.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Input {
    /// A string.
    Text(String),
    /// Any other value, as JSON text with sorted keys.
    Json(String),
}

impl Input {
    /// The same with sorted keys, in one way of writing numbers.
    fn canonical(self) -> Self {
        match self {
            Self::Json(text) => match serde_json::from_str::<Value>(&text) {
                Ok(value) => Self::Json(value.to_string()),
                Err(_) => Self::Json(text),
            },
            text @ Self::Text(_) => text,
        }
    }
}

/// A script whose text was read.
#[derive(Debug)]
pub(super) struct Source<'s> {
    text: &'s str,
    tree: Option<Tree>,
    /// What its literals tell.
    literal: Script,
    course: Course,
}

impl<'s> Source<'s> {
    pub(super) fn read(text: &'s str) -> Self {
        let tree = if text.len() > MAX_SCRIPT { None } else { parse(text) };
        let (literal, course) = match &tree {
            Some(tree) => {
                let names = Names::collect(tree, text);
                (literals(text, tree, &names), Course::of(tree, text, &names))
            }
            None => (Script { calls: Vec::new(), opaque: true }, Course::default()),
        };
        Self { text, tree, literal, course }
    }

    /// Whether a script of this text that ran to its end made exactly the calls that its literals tell.
    pub(super) fn is_plain(&self) -> bool {
        self.course.straight && !self.literal.opaque
    }

    /// What its literals tell.
    pub(super) fn into_literal(self) -> Script {
        self.literal
    }

    /// The calls of a script of which the recording tells a story, and the lines of the items that tell of them.
    pub(super) fn evaluate(
        self,
        story: &mut Story<'_>,
        stored: &mut Stored,
        means: &mut Means,
    ) -> (Script, Vec<u32>) {
        let shape = self.tree.as_ref().and_then(|tree| Shape::of(tree, self.text));
        let certain = shape.as_ref().and_then(|shape| {
            let noted = Rc::new(std::mem::take(&mut story.noted));
            let (source, traits) = shape.prepared(self.text, story.end, self.course.ignores);
            paths::certain(&source, story, &noted, traits, stored, means)
        });
        let all = certain.as_ref().is_some_and(|certain| certain.all);
        if !all {
            stored.doubt(shape.is_none_or(|shape| shape.stores));
            if self.course.once && !self.literal.opaque {
                return (self.literal, Vec::new());
            }
        }
        let certain = certain.unwrap_or_default();
        let items = certain.items.iter().flatten();
        let lines = items.filter_map(|at| story.ids.get(*at).map(|(line, _)| *line)).collect();
        let calls = marked(certain.calls, &certain.items, &story.ids, self.literal.calls, !all);
        if all {
            *stored = certain.stored;
        }
        (Script { calls, opaque: !all }, lines)
    }
}

/// Marks calls that were made as they would be without an engine: by their place in the text if that shows them, by
/// their item if not. With `rest`, the calls that only the text shows follow.
fn marked(
    mut calls: Vec<Nested>,
    items: &[Option<usize>],
    ids: &[(u32, String)],
    literal: Vec<Nested>,
    rest: bool,
) -> Vec<Nested> {
    let mut shown: Vec<Option<Nested>> = literal.into_iter().map(Some).collect();
    let mut places = shown.len();
    for (call, item) in calls.iter_mut().zip(items) {
        let like = |known: &Option<Nested>| known.as_ref().is_some_and(|known| known.is_like(call));
        let item = item.and_then(|at| ids.get(at));
        call.mark = match (shown.iter().position(like), item) {
            (Some(at), _) => {
                shown[at] = None;
                Mark::Place(at + 1)
            }
            (None, Some((_, id))) if !id.is_empty() => Mark::Item(id.clone()),
            (None, _) => {
                places += 1;
                Mark::Place(places)
            }
        };
    }
    let left = MAX_CALLS.saturating_sub(calls.len());
    calls.extend(shown.into_iter().flatten().filter(|_| rest).take(left));
    calls
}

fn literals<'s>(text: &'s str, tree: &'s Tree, names: &Names<'s>) -> Script {
    let mut evaluator = Evaluator::new(text, &names.constants);
    let mut script = Script { calls: Vec::new(), opaque: tree.root_node().has_error() || names.opaque };
    for (name, call) in &names.calls {
        match read_call(&mut evaluator, name, *call) {
            _ if script.calls.len() == MAX_CALLS => script.opaque = true,
            (Some(input), whole) => {
                let mark = Mark::Place(script.calls.len() + 1);
                script.calls.push(Nested { name: name.clone(), input, mark });
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

#[cfg(test)]
mod tests;
