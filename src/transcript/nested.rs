//! Calls that code-mode scripts make, as steps of their own, and the items that Codex notes about them.

use std::borrow::Cow;
use std::collections::HashMap;

use super::ahead::Ahead;
use super::reader::Reader;
use super::{Call, Step, StepKind, script, tool};
use crate::action::{Action, ToolName};

/// Literal calls of scripts among which the one of an item is looked for, newest first.
const MAX_OPEN: usize = 256;

impl<'t> Reader<'t> {
    /// Adds the calls that a code-mode script makes, as far as its text and the lines that follow tell.
    pub(super) fn nested_calls(&mut self, parent: usize, text: &str) {
        let Some(id) = self.call_at(parent).map(|call| call.id.clone()) else { return };
        let script = self.script(&id, text);
        if let Some(call) = self.call_at(parent) {
            call.opaque = script.opaque;
        }
        for nested in script.calls {
            let tool = ToolName { namespace: Cow::Borrowed(""), name: Cow::Owned(nested.name) };
            let action = match &nested.input {
                script::Input::Text(text) => tool::custom(tool.clone(), &Cow::Owned(text.clone())),
                script::Input::Json(json) => tool::function(tool.clone(), json, self.dialect),
            };
            let (script::Input::Text(arguments) | script::Input::Json(arguments)) = nested.input;
            let (nested, is_open) = match nested.mark {
                script::Mark::Place(place) => (format!("{id}#{place}"), true),
                // The item finds it by its id.
                script::Mark::Item(id) => (id, false),
            };
            let step = self.nested(id.clone(), Cow::Owned(nested), tool, action, Cow::Owned(arguments));
            self.open.extend(is_open.then_some(step));
        }
        self.code = Some(parent);
    }

    /// The calls of the script that the call of this id runs.
    fn script(&mut self, id: &str, text: &str) -> script::Script {
        let script = script::Source::read(text);
        let ahead = Ahead::look(self, id);
        if script.is_plain() && ahead.is_completed() {
            return script.into_literal();
        }
        let known = |line: u32, id: &str| self.explained.contains(&line) || self.find(id).is_some();
        let mut story = ahead.story(known);
        let (script, explained) = script.evaluate(&mut story, &mut self.stored, &mut self.means);
        self.explained.extend(explained);
        script
    }

    /// Adds a call that a code-mode script makes.
    pub(super) fn nested(
        &mut self,
        parent: Cow<'t, str>,
        id: Cow<'t, str>,
        tool: ToolName<'t>,
        action: Action<'t>,
        arguments: Cow<'t, str>,
    ) -> usize {
        let code = self.code;
        let step = self.call(id, tool, action, arguments);
        self.code = code;
        if let Some(call) = self.call_at(step) {
            call.parent = Some(parent);
        }
        step
    }

    /// Takes the literal call that an item fits, of the newest script that has one, in order of its text. Scripts
    /// may run on while others are started.
    pub(super) fn take_open(&mut self, fits: impl Fn(&Action<'_>) -> bool) -> Option<usize> {
        let call = |step: usize| match &self.out.steps[step].kind {
            StepKind::Call(call) => Some(call),
            _ => None,
        };
        let parent = |step: usize| call(step).and_then(|call| call.parent.as_ref());
        let mut end = self.open.len();
        let oldest = end.saturating_sub(MAX_OPEN);
        while end > oldest {
            let script = parent(self.open[end - 1]);
            let start = self.open[oldest..end].iter().rposition(|step| parent(*step) != script);
            let start = start.map_or(oldest, |at| oldest + at + 1);
            let found = (start..end).find(|at| call(self.open[*at]).is_some_and(|call| fits(&call.action)));
            if let Some(at) = found {
                return Some(self.open.remove(at));
            }
            end = start;
        }
        None
    }

    /// Gives calls of MCP tools that left no item the names of server and tool that items of others tell: scripts
    /// know them only in letters that JavaScript takes.
    pub(super) fn name_tools(&mut self) {
        let mut names = HashMap::new();
        for call in self.out.steps.iter().filter_map(call_of) {
            if let (Action::Mcp(known), true) = (&call.action, call.item.is_some() || call.parent.is_none()) {
                let name = script::script_name(&known.server, &known.tool);
                names.entry(name).or_insert_with(|| (known.server.clone(), known.tool.clone()));
            }
        }
        for step in &mut self.out.steps {
            let StepKind::Call(call) = &mut step.kind else { continue };
            if let (Action::Mcp(own), true, true) =
                (&mut call.action, call.item.is_none(), call.parent.is_some())
                && let Some((server, tool)) = names.get(&script::script_name(&own.server, &own.tool))
            {
                (own.server, own.tool) = (server.clone(), tool.clone());
            }
        }
    }
}

fn call_of<'s, 't>(step: &'s Step<'t>) -> Option<&'s Call<'t>> {
    match &step.kind {
        StepKind::Call(call) => Some(call),
        _ => None,
    }
}
