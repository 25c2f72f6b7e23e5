//! What a command is given to read, and what it says that Codex would take for a refusal.

use super::super::failure::has_words;
use super::super::script::{RedirectKind, Simple};
use super::super::word::{Arg, expand};
use super::Reader;
use crate::action::Condition;

impl<'t> Reader<'t> {
    /// The file that a command reads as its input, where that is one.
    pub(super) fn input_file(&self, simple: &Simple<'t>) -> Option<Arg<'t>> {
        let last = simple.redirects.iter().rfind(|redirect| redirect.kind != RedirectKind::Write)?;
        let mut args = Vec::new();
        if last.kind == RedirectKind::Read {
            expand(last.target, &self.scopes, &mut args);
        }
        args.pop().filter(|_| args.is_empty())
    }

    /// Notes words that Codex would take for those of a refusal.
    pub(super) fn speak(&mut self, simple: &Simple<'t>, args: &[Arg<'t>]) {
        let text = |at: usize| args.get(at).map_or("", |arg| &*arg.text);
        let to_file = simple.redirects.iter().any(|redirect| redirect.kind == RedirectKind::Write);
        match text(0) {
            _ if *self.guards.condition() != Condition::ALWAYS => {}
            "echo" | "printf" if !to_file => self.said |= args.iter().any(|arg| has_words(&arg.text)),
            "exit" if text(1) == "159" => self.out.failure.speaks = true,
            "exit" if self.said && !matches!(text(1), "" | "0") => self.out.failure.speaks = true,
            "false" if self.said => self.out.failure.speaks = true,
            _ => {}
        }
    }

    /// A program that may not be executed, which the shell says in words of a refusal.
    pub(in crate::action::shell) fn not_executable(&mut self) {
        self.out.failure.speaks |= *self.guards.condition() == Condition::ALWAYS;
    }
}
