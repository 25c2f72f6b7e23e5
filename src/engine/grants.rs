//! What people granted for longer than one call.

use std::collections::HashSet;
use std::sync::Arc;

use super::attempt::Attempt;
use super::moment::Moment;
use crate::action::patch::{self, ChangeKind};
use crate::action::{Action, Command, shell};
use crate::boundary::rules::{ExecPolicy, Invocation};
use crate::decision::Lasting;

/// Grants of one run under one stage.
#[derive(Debug, Default)]
pub(super) struct Grants {
    session: HashSet<Key>,
    /// The stage's rules with those that people added while accepting.
    rules: Option<Arc<ExecPolicy>>,
}

/// What a grant for the session is about, in the thread of that id. Codex 0.169 compares just this (conformance:
/// approval/for-session).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    /// The very same command in the same folder.
    Command { thread: String, words: Vec<String>, cwd: String, tty: bool, escalated: bool },
    /// A file that patches change.
    File { thread: String, path: String },
    /// A tool of a server, whatever it is called with.
    Tool { thread: String, server: String, tool: String },
}

impl Grants {
    /// The rules in force where people added some.
    pub(super) fn rules(&self) -> Option<Arc<ExecPolicy>> {
        self.rules.clone()
    }

    /// Has somebody accepted this for the session?
    pub(super) fn covers(&self, attempt: &Attempt<'_>, moment: &Moment<'_>) -> bool {
        if self.session.is_empty() {
            return false;
        }
        let keys = keys(attempt, moment);
        !keys.is_empty() && keys.iter().all(|key| self.session.contains(key))
    }

    /// Takes in what was granted with this call; `rules` are those of the stage.
    pub(super) fn add(&mut self, attempt: &Attempt<'_>, moment: &Moment<'_>, rules: &ExecPolicy) {
        let Some(approval) = moment.approval.filter(|_| moment.accepted) else { return };
        match (&approval.lasting, attempt.action) {
            (Lasting::Session, _) => self.session.extend(keys(attempt, moment)),
            (Lasting::Rule(prefix), Action::Shell(shell)) => {
                let rules = self.rules.as_deref().unwrap_or(rules);
                let cwd = moment.site.locale.absolute(".");
                let invocation = Invocation::new(&shell.command, &cwd).launched(&shell.launch);
                let prefix = if prefix.is_empty() { rules.proposal(&invocation) } else { prefix.clone() };
                self.rules = Some(Arc::new(rules.with_allowed(prefix)));
            }
            (Lasting::Once | Lasting::Rule(_), _) => {}
        }
    }
}

fn keys(attempt: &Attempt<'_>, moment: &Moment<'_>) -> Vec<Key> {
    let thread = || moment.session.id.to_string();
    if let Some(embedded) = attempt.direct_patch() {
        let Ok(parsed) = patch::parse(&embedded.text) else { return Vec::new() };
        let paths = parsed.files.iter().flat_map(|file| {
            let moved = match &file.kind {
                ChangeKind::Update { moved_to, .. } => moved_to.as_deref(),
                _ => None,
            };
            std::iter::once(&*file.path).chain(moved)
        });
        let path = |path| moment.site.locale.absolute_in(&embedded.cwd, path);
        return paths.map(|written| Key::File { thread: thread(), path: path(written) }).collect();
    }
    match attempt.action {
        Action::Shell(shell) => vec![Key::Command {
            thread: thread(),
            words: words(&shell.command),
            cwd: moment.site.locale.absolute("."),
            tty: moment.call.is_some_and(|call| has_tty(&call.arguments)),
            escalated: shell.escalated,
        }],
        Action::Mcp(call) => {
            let (server, tool) = (call.server.to_string(), call.tool.to_string());
            vec![Key::Tool { thread: thread(), server, tool }]
        }
        _ => Vec::new(),
    }
}

/// The words of a plain command; any other script as it is.
fn words(command: &Command<'_>) -> Vec<String> {
    match command {
        Command::Argv(words) => words.iter().map(ToString::to_string).collect(),
        Command::Script { text, .. } => match shell::rule_segments(text) {
            Some(segments) if segments.len() == 1 => {
                segments.into_iter().flatten().map(|word| word.to_string()).collect()
            }
            _ => vec!["script".to_owned(), text.to_string()],
        },
    }
}

/// Does a command ask for a terminal of its own?
pub(super) fn has_tty(arguments: &str) -> bool {
    arguments.contains("tty")
        && serde_json::from_str::<serde_json::Value>(arguments).is_ok_and(|read| read["tty"] == true)
}
