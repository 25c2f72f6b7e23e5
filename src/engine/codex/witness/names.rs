//! The names of calls that scripts of code mode make: Codex gives them ids of its own.

use std::collections::HashMap;

use super::super::does::Does;
use super::super::nested::Nested as Fates;
use super::super::play::Running;
use crate::transcript::{StepKind, Transcript};

/// Calls of scripts, and which of them Codex's ids stand for.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// In the order of the recordings.
    nested: Vec<Nested>,
    /// By Codex's id.
    known: HashMap<String, String>,
    /// The calls under way, among them the script that makes a nested call.
    running: Running,
    /// What was under way when a hook ran, by Codex's id of its call.
    heard: HashMap<String, Vec<String>>,
}

#[derive(Debug)]
struct Nested {
    id: String,
    parent: String,
    does: Does,
    taken: bool,
}

impl Names {
    pub(super) fn new(transcripts: &[Transcript<'_>]) -> Self {
        let steps = transcripts.iter().flat_map(|transcript| &transcript.steps);
        let nested = steps.filter_map(|step| match &step.kind {
            StepKind::Call(call) => Some(Nested {
                id: call.id.to_string(),
                parent: call.parent.as_ref()?.to_string(),
                does: Does::of(&call.action),
                taken: false,
            }),
            _ => None,
        });
        Self { nested: nested.collect(), ..Self::default() }
    }

    /// The call behind an id, by what it does; calls of the same kind are taken in order.
    pub(super) fn resolve(&mut self, item: &str, does: &Does) -> String {
        if !item.starts_with("exec-") {
            return item.to_owned();
        }
        if let Some(known) = self.known.get(item) {
            return known.clone();
        }
        // A script that failed never came to its later calls; what is told now is about those of the one that runs.
        let running = self.running.calls();
        self.take(item, does, |nested| running.contains(&nested.parent))
    }

    /// The call behind an id of a call that was refused, once it is known which calls the scripts made.
    pub(super) fn learn(&mut self, item: &str, does: &Does, fates: &Fates) {
        if item.starts_with("exec-") && !self.known.contains_key(item) {
            self.take(item, does, |nested| fates.fate(&nested.id).is_some());
        }
    }

    /// Takes the first free call that does this, rather one that is preferred.
    fn take(&mut self, item: &str, does: &Does, preferred: impl Fn(&Nested) -> bool) -> String {
        let free = |nested: &Nested| !nested.taken && nested.does.is(does);
        let found = self.nested.iter().position(|nested| free(nested) && preferred(nested));
        let found = found.or_else(|| self.nested.iter().position(free));
        let Some(nested) = found.and_then(|at| self.nested.get_mut(at)) else { return item.to_owned() };
        nested.taken = true;
        let id = nested.id.clone();
        self.known.insert(item.to_owned(), id.clone());
        id
    }

    /// Hears which calls are under way.
    pub(super) fn follow(&mut self, running: Running) {
        self.running = running;
    }

    /// A hook ran on a call.
    pub(super) fn hear(&mut self, item: &str) {
        if item.starts_with("exec-") {
            self.heard.entry(item.to_owned()).or_insert_with(|| self.running.calls());
        }
    }

    /// Gives calls that hooks ran on, in this order, the names of those that no id was found for by what they do: the
    /// scripts made them, and they are calls of tools.
    pub(super) fn give_in_order<'i>(&mut self, items: impl Iterator<Item = &'i str>, fates: &Fates) {
        let ran = |id: &str| fates.fate(id).is_some_and(|fate| !fate.starts_with("unsupported call"));
        let mut left: Vec<&Nested> =
            self.nested.iter().filter(|nested| !nested.taken && ran(&nested.id)).collect();
        for item in items {
            if !item.starts_with("exec-") || self.known.contains_key(item) {
                continue;
            }
            let heard = self.heard.get(item);
            let made = |nested: &&Nested| heard.is_some_and(|heard| heard.contains(&nested.parent));
            if let Some(at) = left.iter().position(made) {
                self.known.insert(item.to_owned(), left.remove(at).id.clone());
            }
        }
    }

    /// The call behind an id, where it is known.
    pub(super) fn get(&self, own: &str) -> Option<&str> {
        self.known.get(own).map(String::as_str)
    }

    /// Codex's own id of a call.
    pub(super) fn own(&self, call: &str) -> Option<&str> {
        self.known.iter().find(|(_, known)| *known == call).map(|(own, _)| own.as_str())
    }
}
