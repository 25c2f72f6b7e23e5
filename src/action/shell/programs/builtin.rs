//! Commands of the shell itself.

use std::borrow::Cow;

use super::run::Run;
use super::table::{Program, Rule, code, opaque, pure};
use crate::action::Opaque;
use crate::action::shell::reader::Shelved;
use crate::action::shell::vars::{Folder, Value, join};
use crate::action::shell::word::Arg;

pub(super) const TABLE: &[Program] = &[
    pure(&[
        "break", "continue", "return", "exit", "logout", "shift", "set", "alias", "wait", "jobs", "bg", "fg",
        "disown", "times", "ulimit", "umask", "unalias", "dirs", "type", "caller", "bind", "complete",
        "compgen", "compopt", "history", "fc", "getopts", "suspend", "export", "declare", "typeset", "local",
        "readonly", "unset", "]", "]]", "[[", "autoload", "setopt", "unsetopt", "rehash", "zmodload",
    ]),
    code(&["cd", "chdir"], cd),
    code(&["pushd"], pushd),
    Program { names: &["popd"], rule: Rule::Code(|run| run.reader.scopes.pop_folder()) },
    code(&["read", "mapfile", "readarray"], read),
    code(&["source", "."], source),
    code(&["eval"], eval),
    code(&["trap"], trap),
    code(&["shopt"], shopt),
    opaque(&["enable"]),
    code(&["hash"], hash),
    code(&["let"], numbers),
    code(&["printf"], printf),
    code(&["coproc"], coprocess),
];

fn folder<'t>(run: &Run<'_, 't>, arg: &Arg<'t>) -> Folder<'t> {
    if arg.is_unknown() || arg.glob || arg.splits || arg.text == "-" || arg.text.starts_with(['-', '+']) {
        return Folder::Unknown;
    }
    join(run.reader.scopes.folder(), arg.text.clone()).map_or(Folder::Unknown, Folder::At)
}

fn operand<'r, 't>(run: &Run<'r, 't>) -> Option<&'r Arg<'t>> {
    run.args.iter().find(|arg| !matches!(&*arg.text, "-L" | "-P" | "-e" | "-@" | "--" | "-q" | "-n"))
}

fn cd(run: &mut Run<'_, '_>) {
    let there = match operand(run) {
        Some(arg) if arg.text.is_empty() => return,
        Some(arg) if arg.text == "-" => run.reader.scopes.folder_before().clone(),
        Some(arg) => folder(run, arg),
        None => folder(run, &Arg::plain("~")),
    };
    run.reader.scopes.go_to(there);
}

/// `hash -p` lets a name stand for another program.
fn hash(run: &mut Run<'_, '_>) {
    if run.args.iter().any(|arg| arg.is_unknown() || (arg.text.starts_with('-') && arg.text.contains('p'))) {
        run.unknown_program();
    }
}

/// `printf -v name`: what it sets is not followed.
fn printf(run: &mut Run<'_, '_>) {
    if let [flag, name, ..] = run.args
        && flag.text == "-v"
    {
        run.reader.scopes.set(name.text.clone(), Value::Unknown);
    }
}

/// `let name=…`: what it sets are numbers.
fn numbers(run: &mut Run<'_, '_>) {
    for arg in run.args {
        let length = arg.text.bytes().take_while(|b| *b == b'_' || b.is_ascii_alphanumeric()).count();
        if let (Cow::Borrowed(text), 1..) = (&arg.text, length) {
            run.reader.scopes.set(text.get(..length).unwrap_or_default(), Value::Number);
        } else {
            run.opaque(Opaque::Expansion);
        }
    }
}

/// A command beside the script; one with a name of its own is not read.
fn coprocess(run: &mut Run<'_, '_>) {
    let plain =
        |arg: &Arg<'_>| arg.text.starts_with(|c: char| c.is_ascii_lowercase() || c == '/' || c == '.');
    match run.args.first() {
        Some(first) if plain(first) => run.wrapped(run.args),
        _ => run.opaque(Opaque::Unreadable),
    }
}

fn pushd(run: &mut Run<'_, '_>) {
    let there = operand(run).map_or(Folder::Unknown, |arg| folder(run, arg));
    run.reader.scopes.push_folder(there);
}

/// The variables take what is read: nothing is known of them any more.
fn read(run: &mut Run<'_, '_>) {
    for arg in run.args {
        if !arg.text.starts_with('-') {
            run.reader.scopes.set(arg.text.clone(), Value::Unknown);
        }
    }
}

fn source(run: &mut Run<'_, '_>) {
    let Some(file) = run.args.first() else { return };
    run.read(file);
    // The script of a virtual environment only sets variables.
    if file.text.ends_with("/bin/activate") && run.args.len() == 1 {
        return;
    }
    match run.reader.shelved(file) {
        Shelved::Text { text, .. } => run.reader.sourced(text, run.args.get(1..).unwrap_or_default()),
        Shelved::Missing => {}
        Shelved::Unknown => run.interpreted(),
    }
}

/// A text that is known is read like a script; what follows is not known if it may change that.
fn eval(run: &mut Run<'_, '_>) {
    if run.args.iter().any(Arg::is_unknown) {
        return run.opaque(Opaque::Interpreter("eval".to_owned()));
    }
    let script: Vec<&str> = run.args.iter().map(|arg| &*arg.text).collect();
    let script = script.join(" ");
    let changes =
        ["cd", "pushd", "popd", "=", "source", ". ", "exit", "return", "read", "()", "set", "alias", "exec"];
    let lasting = changes.iter().any(|what| script.contains(what));
    run.reader.nested(script.into());
    if lasting {
        run.opaque(Opaque::Interpreter("eval".to_owned()));
    }
}

/// The handler runs later: it is read here, with what is known here.
fn trap(run: &mut Run<'_, '_>) {
    let mut args = run.args.iter().filter(|arg| arg.text != "--");
    let Some(handler) = args.next() else { return };
    if handler.text.starts_with('-') || handler.text.is_empty() || args.next().is_none() {
        return;
    }
    if handler.is_unknown() {
        return run.opaque(Opaque::Expansion);
    }
    run.reader.nested(handler.text.clone());
}

/// Shells that run a script expand no aliases unless they are told to.
fn shopt(run: &mut Run<'_, '_>) {
    if run.args.iter().any(|arg| arg.text == "expand_aliases" || arg.is_unknown()) {
        run.opaque(Opaque::Program("alias".to_owned()));
    }
}
