//! What a shell command would touch.
//!
//! ```text
//! text -> plain (short path) or grammar + tree (tree-sitter) -> items -> reader (folder, variables) -> programs -> effects
//! ```
//!
//! Nothing is executed and nothing on disk is looked at.

mod brace;
mod expansion;
mod failure;
mod forced_rm;
mod grammar;
mod guard;
mod intercept;
mod known;
mod library;
mod literal;
mod outcome;
mod plain;
mod programs;
mod reader;
mod script;
mod tree;
mod vars;
mod windows;
mod word;
mod words;

use std::borrow::Cow;

pub use failure::{Failure, Which};
pub use forced_rm::has_forced_rm;
pub use known::{Reading, read};
pub use library::{Library, Script};
pub use words::rule_segments;

use super::{Command, Dialect, Effects, Shell};
use reader::Reader;
use vars::Folder;

/// What was read out of a shell command.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShellReading<'t> {
    /// What it would touch. Relative paths start at the call's working folder.
    pub effects: Effects<'t>,
    /// The simple commands in order of appearance, those of nested scripts and wrapped programs included.
    pub commands: Vec<SimpleCommand<'t>>,
    /// Patches that are handed to `apply_patch` inside the command.
    pub patches: Vec<EmbeddedPatch<'t>>,
    /// The command is a bare patch: Codex 0.169 refuses it ("patch detected without explicit call to apply_patch")
    /// and runs nothing.
    pub bare_patch: bool,
    /// What shows of it when something in it is refused.
    pub failure: Failure,
    /// Paths of scripts that it runs, as far as they are not read already. Relative ones start at the call's working folder.
    pub scripts: Vec<Cow<'t, str>>,
}

impl ShellReading<'_> {
    /// The same reading without borrows.
    pub(crate) fn into_owned(self) -> ShellReading<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        ShellReading {
            effects: self.effects.into_owned(),
            commands: self
                .commands
                .into_iter()
                .map(|command| SimpleCommand {
                    program: own(command.program),
                    words: command.words.into_iter().map(own).collect(),
                })
                .collect(),
            patches: self
                .patches
                .into_iter()
                .map(|patch| EmbeddedPatch {
                    cwd: own(patch.cwd),
                    text: own(patch.text),
                    intercepted: patch.intercepted,
                })
                .collect(),
            bare_patch: self.bare_patch,
            failure: self.failure,
            scripts: self.scripts.into_iter().map(own).collect(),
        }
    }
}

/// One simple command of a script.
#[derive(Clone, Debug, PartialEq)]
pub struct SimpleCommand<'t> {
    /// The program, as written.
    pub program: Cow<'t, str>,
    /// Its arguments, unquoted; parts that are not known appear as U+FFFD.
    pub words: Vec<Cow<'t, str>>,
}

/// A patch inside a shell command.
#[derive(Clone, Debug, PartialEq)]
pub struct EmbeddedPatch<'t> {
    /// The folder that its paths start at, relative to the call's working folder; empty when it is that one.
    pub cwd: Cow<'t, str>,
    /// The patch.
    pub text: Cow<'t, str>,
    /// Codex takes the patch out of the command and applies it itself, without starting a shell.
    pub intercepted: bool,
}

/// Reads a shell command.
pub fn effects<'s>(shell: &'s Shell<'_>) -> ShellReading<'s> {
    effects_among(shell, None)
}

/// Reads a shell command, and the scripts that it runs where their texts are known.
pub fn effects_among<'s>(shell: &'s Shell<'_>, library: Option<&'s Library>) -> ShellReading<'s> {
    if let Some(reading) = posix_script(&shell.command).and_then(intercept::taken).map(taken) {
        return reading;
    }
    let mut reader = Reader::new(Folder::Start, 0, library);
    match &shell.command {
        Command::Script { dialect: Dialect::Posix, text } => reader.script(text),
        Command::Script { dialect, text } => windows::script(&mut reader, *dialect, text),
        Command::Argv(words) => match words.as_slice() {
            // How Codex handed patches on before it had a tool for them.
            [program, patch] if matches!(&**program, "apply_patch" | "applypatch") => {
                let (cwd, text) = (Cow::Borrowed(""), Cow::Borrowed(&**patch));
                return taken(intercept::Taken::Applied(EmbeddedPatch { cwd, text, intercepted: true }));
            }
            _ => reader.argv(words),
        },
    }
    reader.finish()
}

/// The script that Codex looks at for patches.
fn posix_script<'s>(command: &'s Command<'_>) -> Option<&'s str> {
    match command {
        Command::Script { dialect: Dialect::Posix, text } => Some(text),
        Command::Script { .. } => None,
        Command::Argv(words) => match words.as_slice() {
            [shell, flag, script] if matches!(&**flag, "-lc" | "-c") => {
                let name = shell.rsplit('/').next().unwrap_or_default();
                matches!(name, "bash" | "sh" | "zsh").then_some(&**script)
            }
            _ => None,
        },
    }
}

/// The reading of a command that is nothing but a patch.
fn taken(taken: intercept::Taken<'_>) -> ShellReading<'_> {
    match taken {
        intercept::Taken::Refused => ShellReading { bare_patch: true, ..ShellReading::default() },
        intercept::Taken::Applied(patch) => {
            let mut effects = Effects::default();
            reader::patch_effects(&patch, |access, target| effects.add(access, target));
            ShellReading { effects, patches: vec![patch], ..ShellReading::default() }
        }
    }
}

#[cfg(test)]
mod tests;
