//! Calls of a recording, and what joins them: ids, answers, results of other agents' tools.

use std::borrow::Cow;

use super::json::Object;
use super::reader::Reader;
use super::{Call, Item, Output, Recorded, StepKind};
use crate::action::{Action, ToolName};

impl<'t> Reader<'t> {
    /// Adds a call; an empty id is replaced by one derived from the line.
    pub(super) fn call(
        &mut self,
        id: Cow<'t, str>,
        tool: ToolName<'t>,
        action: Action<'t>,
        arguments: Cow<'t, str>,
    ) -> usize {
        let id = if id.is_empty() { Cow::Owned(format!("line-{}", self.line)) } else { id };
        let settings = self.out.contexts.last();
        let open = settings.is_some_and(|context| context.sandbox_mode == "danger-full-access");
        let escalated = matches!(&action, Action::Shell(shell) if shell.escalated);
        let script = match &action {
            Action::Code(text) => Some(text.clone()),
            _ => None,
        };
        let call = Call {
            id: id.clone(),
            tool,
            action,
            arguments,
            output: None,
            answered: None,
            item: None,
            guardian: None,
            parent: None,
            child_thread: None,
            opaque: false,
            aborted: false,
            unsandboxed: open || escalated,
        };
        let step = self.push(StepKind::Call(Box::new(call)));
        self.calls.insert(id, step);
        if let Some(text) = script {
            self.code = Some(step);
            self.nested_calls(step, &text);
        }
        step
    }

    /// The call that a step is.
    pub(super) fn call_at(&mut self, step: usize) -> Option<&mut Call<'t>> {
        match &mut self.out.steps.get_mut(step)?.kind {
            StepKind::Call(call) => Some(call),
            _ => None,
        }
    }

    /// The step of the call with this id.
    pub(super) fn find(&self, id: &str) -> Option<usize> {
        self.calls.get(id).copied()
    }

    /// Whether the id is that of a call of a rolled-back turn.
    pub(super) fn was_dropped(&self, id: &str) -> bool {
        self.dropped.contains(id)
    }

    /// Joins an answer to its call.
    pub(super) fn answer(&mut self, id: &str, raw: &'t str) {
        let line = self.line;
        let Some(call) = self.find(id).and_then(|step| self.call_at(step)) else {
            if !self.was_dropped(id) {
                self.out.tally.orphans += 1;
            }
            return;
        };
        call.output = Some(Output::answer(raw));
        call.answered.get_or_insert(line);
        if matches!(call.action, Action::Spawn(_)) && call.child_thread.is_none() {
            let text = super::json::string(raw).unwrap_or_default();
            call.child_thread = Object::parse(&text)
                .and_then(|answer| answer.text("agent_id").map(|id| Cow::Owned(id.into_owned())));
        }
    }

    /// Joins what another agent's tool answered to its call, with what became of the call.
    pub(super) fn answer_foreign(
        &mut self,
        id: &str,
        raw: Option<&'t str>,
        told: Option<Recorded>,
        exit_code: Option<i64>,
    ) -> Option<usize> {
        let line = self.line;
        let step = self.find(id);
        let Some(call) = step.and_then(|step| self.call_at(step)) else {
            self.out.tally.orphans += 1;
            return None;
        };
        call.output = raw.map(Output::captured).or(call.output);
        call.answered.get_or_insert(line);
        let failed = exit_code.is_some_and(|code| code != 0);
        let status = match told {
            Some(Recorded::Ran) | None if !failed => "completed",
            Some(Recorded::Declined) => "declined",
            _ => "failed",
        };
        call.item = Some(Item { status: Cow::Borrowed(status), exit_code, told, ..Item::default() });
        step
    }
}
