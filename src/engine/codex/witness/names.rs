//! The names of calls that scripts of code mode make: Codex gives them ids of its own.

use std::collections::HashMap;

use super::super::does::Does;
use crate::transcript::{StepKind, Transcript};

/// Calls of scripts, and which of them Codex's ids stand for.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// In the order of the recordings.
    nested: Vec<Nested>,
    /// By Codex's id.
    names: HashMap<String, String>,
}

#[derive(Debug)]
struct Nested {
    id: String,
    does: Does,
    taken: bool,
}

impl Names {
    pub(super) fn new(transcripts: &[Transcript<'_>]) -> Self {
        let steps = transcripts.iter().flat_map(|transcript| &transcript.steps);
        let nested = steps.filter_map(|step| match &step.kind {
            StepKind::Call(call) if call.parent.is_some() => {
                Some(Nested { id: call.id.to_string(), does: Does::of(&call.action), taken: false })
            }
            _ => None,
        });
        Self { nested: nested.collect(), names: HashMap::new() }
    }

    /// The call behind an id, by what it does; calls of the same kind are taken in order.
    pub(super) fn resolve(&mut self, item: &str, does: &Does) -> String {
        if !item.starts_with("exec-") {
            return item.to_owned();
        }
        if let Some(known) = self.names.get(item) {
            return known.clone();
        }
        let found = self.nested.iter_mut().find(|nested| !nested.taken && nested.does.is(does));
        let Some(nested) = found else { return item.to_owned() };
        nested.taken = true;
        let id = nested.id.clone();
        self.names.insert(item.to_owned(), id.clone());
        id
    }

    /// The call behind an id, where it is known.
    pub(super) fn get(&self, own: &str) -> Option<&str> {
        self.names.get(own).map(String::as_str)
    }

    /// Says which call an id stands for.
    pub(super) fn give(&mut self, own: &str, call: String) {
        self.names.insert(own.to_owned(), call);
    }

    /// Codex's own id of a call.
    pub(super) fn own(&self, call: &str) -> Option<&str> {
        self.names.iter().find(|(_, known)| *known == call).map(|(own, _)| own.as_str())
    }

    /// Calls that no id was found for by what they do.
    pub(super) fn left(&self) -> impl Iterator<Item = &str> {
        self.nested.iter().filter(|nested| !nested.taken).map(|nested| nested.id.as_str())
    }
}
