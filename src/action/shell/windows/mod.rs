//! PowerShell and the Windows command interpreter, read coarsely.
//!
//! Statements of plain words are looked up in a table of their own; programs that are the same everywhere (`git`,
//! `cargo`, …) in the common one. Anything else (blocks, variables, sub-expressions) is unreadable, so opaque.
//! Backslashes in paths become slashes, and a path with a drive letter becomes absolute (`/C:/…`).

mod cmdlets;
mod statement;

use super::programs::Run;
use super::reader::Reader;
use super::vars::{Folder, join};
use super::word::{Arg, UNKNOWN};
use crate::action::{Access, Dialect, Opaque, Target};
use cmdlets::{Cmdlet, Part};
use statement::Statement;

/// Reads a script of one of these shells.
pub(super) fn script(reader: &mut Reader<'_>, dialect: Dialect, text: &str) {
    let Some(statements) = statement::split(dialect, text) else {
        return reader.opaque(Opaque::Unreadable);
    };
    for statement in statements {
        match statement {
            Statement::Unreadable => reader.opaque(Opaque::Unreadable),
            Statement::Command { words, writes, piped } => {
                for target in &writes {
                    touch(reader, Access::Write, target, false);
                }
                command(reader, dialect, &words, piped);
            }
        }
    }
}

/// `powershell -Command …` inside another shell's script.
pub(super) fn powershell_call(run: &mut Run<'_, '_>) {
    nested(run, Dialect::PowerShell, |flag| {
        let flag = flag.trim_start_matches(['-', '/']).to_ascii_lowercase();
        !flag.is_empty() && "command".starts_with(&flag)
    });
}

/// `cmd /c …` inside another shell's script.
pub(super) fn cmd_call(run: &mut Run<'_, '_>) {
    nested(run, Dialect::Cmd, |flag| matches!(flag, "/c" | "/C" | "/k" | "/K" | "//c" | "//C"));
}

fn nested(run: &mut Run<'_, '_>, dialect: Dialect, is_command: impl Fn(&str) -> bool) {
    let Some(at) = run.args.iter().position(|arg| is_command(&arg.text)) else {
        let file = run.args.iter().find(|arg| arg.text.ends_with(".ps1") || arg.text.ends_with(".bat"));
        if let Some(file) = file {
            run.reader.path(Access::Read, file, false);
        }
        return run.reader.opaque(Opaque::Unreadable);
    };
    let words: Vec<&str> = run.args.iter().skip(at + 1).map(|arg| &*arg.text).collect();
    let text = words.join(" ");
    if text.contains(UNKNOWN) {
        return run.reader.opaque(Opaque::Unreadable);
    }
    script(run.reader, dialect, &text);
}

fn command(reader: &mut Reader<'_>, dialect: Dialect, words: &[String], piped: bool) {
    let Some((name, rest)) = words.split_first() else { return };
    let lower = name.to_ascii_lowercase();
    let lower = lower.strip_suffix(".exe").unwrap_or(&lower);
    let found = match dialect {
        Dialect::Cmd => cmdlets::of_cmd(lower),
        _ => cmdlets::of_powershell(lower),
    };
    match found {
        Some(Cmdlet::Nothing) => {}
        Some(Cmdlet::Folder) => {
            let folder = rest.iter().find(|word| !word.starts_with(['-', '/'])).map(|word| path(word));
            let folder = folder.filter(|folder| !folder.contains(UNKNOWN) && !folder.starts_with('-'));
            let there = folder.and_then(|folder| join(reader.scopes.folder(), folder.into()));
            reader.scopes.set_folder(there.map_or(Folder::Unknown, Folder::At));
        }
        Some(Cmdlet::Uses { positional, named, default }) => {
            let uses = Uses { positional, named, dialect };
            if !uses.apply(reader, rest) && !default.is_empty() && !piped {
                touch(reader, Access::Read, default, uses.recursive(rest));
            }
        }
        None if cmdlets::is_common(lower) => {
            let mut args: Vec<Arg<'_>> = vec![Arg::plain(lower.to_owned())];
            args.extend(rest.iter().map(|word| Arg::plain(word.replace('\\', "/"))));
            reader.call(&args, piped);
        }
        None => reader.opaque(Opaque::Program(name.replace(UNKNOWN, "\u{fffd}"))),
    }
}

/// How a cmdlet uses its arguments.
struct Uses {
    positional: &'static [Part],
    named: &'static [(&'static str, Part)],
    dialect: Dialect,
}

impl Uses {
    fn is_flag(&self, word: &str) -> bool {
        match self.dialect {
            Dialect::Cmd => word.starts_with('/') && word.len() <= 12,
            _ => word.starts_with('-') && word.len() > 1,
        }
    }

    fn recursive(&self, words: &[String]) -> bool {
        words.iter().any(|word| {
            let lower = word.to_ascii_lowercase();
            self.is_flag(word) && matches!(lower.as_str(), "-recurse" | "-r" | "-rec" | "/s" | "/e")
        })
    }

    /// Adds the effects; returns whether any argument was a path.
    fn apply(&self, reader: &mut Reader<'_>, words: &[String]) -> bool {
        let tree = self.recursive(words);
        let (mut place, mut any) = (0, false);
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let (part, value) = if self.is_flag(word) {
                let lower = word.trim_end_matches(':').to_ascii_lowercase();
                match self.named.iter().find(|(name, _)| *name == lower) {
                    Some((_, part)) => match words.next() {
                        Some(value) => (*part, value),
                        None => break,
                    },
                    None => continue,
                }
            } else {
                let part =
                    self.positional.get(place).or(self.positional.last()).copied().unwrap_or(Part::Skip);
                place += 1;
                (part, word)
            };
            any |= part != Part::Skip;
            for value in value.split(',').filter(|value| !value.is_empty()) {
                part.touch(reader, value, tree);
            }
        }
        any
    }
}

impl Part {
    fn touch(self, reader: &mut Reader<'_>, value: &str, tree: bool) {
        match self {
            Self::Skip => {}
            Self::Read => touch(reader, Access::Read, value, tree),
            Self::Write => touch(reader, Access::Write, value, tree),
            Self::Move => {
                touch(reader, Access::Read, value, tree);
                touch(reader, Access::Write, value, tree);
            }
            Self::Url => {
                let host = value.split_once("://").map_or(value, |(_, rest)| rest);
                let host = host.split(['/', '?', '#']).next().unwrap_or_default();
                let host = super::programs::host_of(host);
                if host.contains(UNKNOWN) {
                    reader.opaque(Opaque::Expansion);
                } else if !host.is_empty() {
                    reader.effect(Access::Connect, Target::Host(host.to_owned().into()));
                }
            }
        }
    }
}

fn touch(reader: &mut Reader<'_>, access: Access, value: &str, tree: bool) {
    if matches!(value.to_ascii_lowercase().as_str(), "$null" | "nul" | "con" | "-") {
        return;
    }
    let text = path(value);
    let glob = text.contains(['*', '?']);
    reader.path(access, &Arg { text: text.into(), glob, splits: false }, tree);
}

/// A path with slashes; one with a drive letter is absolute.
fn path(value: &str) -> String {
    let text = value.replace('\\', "/");
    let mut chars = text.chars();
    let drive = chars.next().is_some_and(|c| c.is_ascii_alphabetic()) && chars.next() == Some(':');
    if drive { format!("/{text}") } else { text }
}
