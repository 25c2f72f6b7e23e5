//! Commands with the effects that they must give, and properties that hold for any text.

mod agree;
mod bounds;
mod grammar;
mod intercept;
mod library;
mod programs;
mod windows;

use std::borrow::Cow;

use crate::action::{Access, Command, Dialect, Effects, Opaque, Shell, Target};

/// A call of a script.
fn shell(text: &str) -> Shell<'_> {
    let command = Command::Script { dialect: Dialect::Posix, text: Cow::Borrowed(text) };
    Shell::new(command)
}

/// Effects as one line: `r` read, `w` write, `@` connect; a tree ends in `/...`, a glob is in angle brackets.
fn line(effects: &Effects<'_>) -> String {
    let mut parts: Vec<String> =
        effects.known.iter().map(|effect| one(effect.access, &effect.target)).collect();
    for (_, effect) in &effects.conditional {
        parts.push(format!("if {}", one(effect.access, &effect.target)));
    }
    let opaque = effects.opaque.as_ref();
    match opaque.or(effects.conditional_opaque.as_ref().map(|(_, why)| why)) {
        None => {}
        Some(Opaque::Program(name)) => parts.push(format!("?program {name}")),
        Some(Opaque::Interpreter(name)) => parts.push(format!("?code {name}")),
        Some(Opaque::Expansion) => parts.push("?expansion".to_owned()),
        Some(Opaque::Unreadable) => parts.push("?unreadable".to_owned()),
        Some(Opaque::TooComplex) => parts.push("?complex".to_owned()),
    }
    parts.join(" | ")
}

fn one(access: Access, target: &Target<'_>) -> String {
    let what = match access {
        Access::Read => "r ",
        Access::Write => "w ",
        Access::Connect => "@ ",
        Access::Call => "call ",
        Access::Spawn => "spawn ",
    };
    let target = match target {
        Target::Path(path) | Target::Entry(path) => path.to_string(),
        Target::Glob(path) => format!("<{path}>"),
        Target::Tree(path) => format!("{path}/..."),
        Target::Listing { path, tree } => format!("names {path}{}", if *tree { "/..." } else { "" }),
        Target::Named { folder, names } => format!("{folder}/.../{}", names.pattern),
        Target::Host(host) => host.to_string(),
        Target::SomeHost(place) => format!("some {place}"),
        Target::Tool { server, tool } => format!("{server}/{tool}"),
        Target::Agent(role) => role.to_string(),
    };
    format!("{what}{target}")
}

/// Checks rows of command and effects; shows all that differ at once.
fn check(rows: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (command, expected) in rows {
        let shell = shell(command);
        let got = line(&super::effects(&shell).effects);
        if got != *expected {
            wrong.push(format!("\n  {command:?}\n    expected {expected:?}\n    got      {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
}
