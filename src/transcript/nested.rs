//! Calls that code-mode scripts make, as steps of their own, and the items that Codex notes about them.

use std::borrow::Cow;

use super::reader::Reader;
use super::{StepKind, script, tool};
use crate::action::{Action, ToolName};

/// Literal calls of scripts among which the one of an item is looked for, newest first.
const MAX_OPEN: usize = 256;

impl<'t> Reader<'t> {
    /// Adds the calls that a code-mode script makes, as far as its text tells.
    pub(super) fn nested_calls(&mut self, parent: usize, text: &str) {
        let script = script::read(text);
        let Some(id) = self.call_at(parent).map(|call| call.id.clone()) else { return };
        if let Some(call) = self.call_at(parent) {
            call.opaque = script.opaque;
        }
        for (number, nested) in script.calls.into_iter().enumerate() {
            let tool = ToolName { namespace: Cow::Borrowed(""), name: Cow::Owned(nested.name) };
            let action = match &nested.input {
                script::Input::Text(text) => tool::custom(tool.clone(), &Cow::Owned(text.clone())),
                script::Input::Json(json) => tool::function(tool.clone(), json, self.dialect),
            };
            let (script::Input::Text(arguments) | script::Input::Json(arguments)) = nested.input;
            let nested = Cow::Owned(format!("{id}#{}", number + 1));
            let step = self.nested(id.clone(), nested, tool, action, Cow::Owned(arguments));
            self.open.push(step);
        }
        self.code = Some(parent);
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
}
