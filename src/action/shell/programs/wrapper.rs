//! Programs that run other programs.

use std::borrow::Cow;

use super::options::{Part, split};
use super::run::Run;
use super::table::{Program, Use, code, interpreter, opaque};
use crate::action::Opaque;
use crate::action::shell::reader::Shelved;
use crate::action::shell::vars::{Folder, join};
use crate::action::shell::word::Arg;

use Use::{Read, Skip, Write};

#[rustfmt::skip]
pub(super) const TABLE: &[Program] = &[
    code(&["bash", "sh", "zsh", "dash", "ksh", "ash", "rbash", "mksh"], shell),
    interpreter(&["fish", "csh", "tcsh", "nu", "xonsh", "elvish"]),
    code(&["env"], env),
    code(&["sudo", "doas", "run0"], |run| {
        wrap(
            run,
            &[
                ("-u", Skip), ("-g", Skip), ("-C", Skip), ("-p", Skip), ("-h", Skip), ("-D", Use::Folder),
                ("-R", Use::Opaque), ("-T", Skip), ("-r", Skip), ("-t", Skip), ("-U", Skip),
                ("--user", Skip), ("--group", Skip), ("--prompt", Skip), ("--chdir", Use::Folder),
                ("--host", Skip), ("--chroot", Use::Opaque),
            ],
            0,
        );
    }),
    opaque(&["su", "runuser"]),
    code(
        &[
            "nohup", "setsid", "exec", "builtin", "catchsegv", "unbuffer", "chronic", "stdoutisatty",
            "noglob", "nocorrect", "dbus-run-session", "winpty",
        ],
        |run| wrap(run, &[("-a", Skip)], 0),
    ),
    code(&["command"], command),
    code(&["nice"], |run| wrap(run, &[("-n", Skip), ("--adjustment", Skip)], 0)),
    code(&["ionice"], |run| wrap(run, &[("-c", Skip), ("-n", Skip), ("-p", Skip)], 0)),
    code(&["chrt"], |run| wrap(run, &[], 1)),
    code(&["taskset"], |run| wrap(run, &[], 1)),
    code(&["timeout", "gtimeout"], |run| {
        wrap(run, &[("-s", Skip), ("--signal", Skip), ("-k", Skip), ("--kill-after", Skip)], 1);
    }),
    code(&["time"], |run| {
        wrap(run, &[("-o", Write), ("--output", Write), ("-f", Skip), ("--format", Skip)], 0);
    }),
    code(&["stdbuf"], |run| {
        wrap(
            run,
            &[
                ("-i", Skip), ("-o", Skip), ("-e", Skip), ("--input", Skip), ("--output", Skip),
                ("--error", Skip),
            ],
            0,
        );
    }),
    code(&["strace", "ltrace"], |run| {
        wrap(
            run,
            &[
                ("-e", Skip), ("-o", Write), ("-p", Skip), ("-s", Skip), ("-P", Skip), ("-u", Skip),
                ("-E", Skip),
            ],
            0,
        );
    }),
    code(&["xvfb-run"], |run| wrap(run, &[("-s", Skip), ("-n", Skip), ("-e", Write), ("-f", Write)], 0)),
    code(&["flock"], flock),
    code(&["xargs", "gxargs"], xargs),
    code(&["busybox", "toybox"], |run| wrap(run, &[], 0)),
    code(&["watch"], watch),
    opaque(&[
            "parallel", "chroot", "unshare", "nsenter", "bwrap", "firejail", "script", "expect",
            "systemd-run", "at", "batch", "entr", "watchexec", "tmux", "screen", "dtach", "abduco",
            "rlwrap",
        ]),
];

/// `sh -c script`, `sh file`, or commands on standard input.
fn shell(run: &mut Run<'_, '_>) {
    let (mut script, mut strict, mut dry) = (None, false, false);
    let mut index = 0;
    while let Some(arg) = run.args.get(index) {
        let text = &*arg.text;
        index += 1;
        if arg.splits {
            return run.opaque(Opaque::Expansion);
        }
        let cluster = text.starts_with('-') && !text.starts_with("--");
        strict |= cluster && text.contains('e');
        dry |= cluster && text.contains('n');
        match text {
            "--rcfile" | "--init-file" | "-O" | "+O" | "-o" | "+o" => index += 1,
            "--" | "-" => break,
            _ if text.starts_with("--") => {}
            _ if text.starts_with('-') && text.contains('c') => {
                // Values of other letters of the cluster (`-euo pipefail -c`) come first.
                let values = text.bytes().filter(|b| matches!(b, b'o' | b'O')).count();
                index += values;
                script = Some(());
            }
            _ if text.starts_with(['-', '+']) => {
                index += text.bytes().filter(|b| matches!(b, b'o' | b'O')).count();
            }
            _ => {
                index -= 1;
                break;
            }
        }
    }
    let rest = run.args.get(index..).unwrap_or_default();
    match (script, rest.first()) {
        (Some(()), Some(text)) if text.is_unknown() || text.splits => run.interpreted(),
        _ if dry => {
            if let (None, Some(file)) = (script, rest.first()) {
                run.read(file);
            }
        }
        (Some(()), Some(text)) => {
            let args = rest.get(2..).unwrap_or_default();
            run.reader.nested_with(text.text.clone(), args, strict);
        }
        (Some(()), None) => {}
        (None, Some(file)) => {
            run.read(file);
            match run.reader.shelved(file) {
                Shelved::Text { text, .. } => {
                    let args = rest.get(1..).unwrap_or_default();
                    run.reader.nested_with(Cow::Borrowed(text), args, strict);
                }
                Shelved::Missing => {}
                Shelved::Unknown => run.interpreted(),
            }
        }
        // Commands on standard input: those that stand in the script are read.
        (None, None) => match run.reader.document {
            Some(text) => run.reader.nested(Cow::Borrowed(text)),
            None => run.interpreted(),
        },
    }
}

/// A command after options and `skip` operands of the wrapper's own.
fn wrap(run: &mut Run<'_, '_>, options: &'static [(&'static str, Use)], skip: usize) {
    let Some(start) = start_of_command(run.args, options, skip) else {
        return run.opaque(Opaque::Expansion);
    };
    let (own, command) = run.args.split_at(start);
    let mut values = Vec::new();
    split(own, options, false, |part| {
        if let Part::Value(_, what, value) = part {
            values.push((what, value));
        }
    });
    let before = run.reader.scopes.folder().clone();
    for (what, value) in values {
        if what == Use::Folder {
            let there = if value.is_unknown() { None } else { join(&before, value.text.clone()) };
            run.reader.scopes.set_folder(there.map_or(Folder::Unknown, Folder::At));
        } else {
            run.touch(what, &value);
        }
    }
    // `sudo A=b command`
    let assigned = command.iter().take_while(|arg| is_assignment(&arg.text)).count();
    run.wrapped(command.get(assigned..).unwrap_or_default());
    run.reader.scopes.set_folder(before);
}

fn is_assignment(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric())
    })
}

/// The place of the first word that is neither an option, its value, nor one of `skip` operands.
fn start_of_command(args: &[Arg<'_>], options: &[(&str, Use)], mut skip: usize) -> Option<usize> {
    let mut index = 0;
    while let Some(arg) = args.get(index) {
        if arg.splits {
            return None;
        }
        let text = &*arg.text;
        if text == "--" {
            return Some(index + 1 + skip);
        }
        if text.starts_with('-') && text.len() > 1 {
            let valued = |flag: &str| options.iter().any(|(name, _)| *name == flag);
            // In a cluster, the first letter that takes a value has what follows it, or else the next word.
            let takes = if text.starts_with("--") {
                valued(text)
            } else {
                let first = text.char_indices().skip(1).find(|(_, letter)| valued(&format!("-{letter}")));
                first.is_some_and(|(at, letter)| at + letter.len_utf8() == text.len())
            };
            index += 1 + usize::from(takes);
        } else if skip > 0 {
            skip -= 1;
            index += 1;
        } else {
            break;
        }
    }
    Some(index.min(args.len()))
}

fn env(run: &mut Run<'_, '_>) {
    let mut index = 0;
    let before = run.reader.scopes.folder().clone();
    while let Some(arg) = run.args.get(index) {
        let text = &*arg.text;
        index += 1;
        match text {
            "-u" | "--unset" | "-a" | "--argv0" => index += 1,
            "-C" | "--chdir" => {
                let there = run
                    .args
                    .get(index)
                    .filter(|arg| !arg.is_unknown())
                    .and_then(|arg| join(&before, arg.text.clone()));
                run.reader.scopes.set_folder(there.map_or(Folder::Unknown, Folder::At));
                index += 1;
            }
            "-S" | "--split-string" => {
                if let Some(script) = run.args.get(index) {
                    let script = script.text.clone();
                    run.reader.nested(script);
                }
                index = run.args.len();
            }
            "--" => break,
            _ if text.starts_with("--chdir=") => {
                let there =
                    if arg.is_unknown() { None } else { join(&before, arg.tail("--chdir=".len()).text) };
                run.reader.scopes.set_folder(there.map_or(Folder::Unknown, Folder::At));
            }
            _ if text.starts_with("-S") || text.starts_with("--split-string=") => {
                return run.unknown_program();
            }
            _ if text.starts_with('-') || is_assignment(text) => risky_variable(run, text),
            _ => {
                index -= 1;
                break;
            }
        }
    }
    run.wrapped(run.args.get(index..).unwrap_or_default());
    run.reader.scopes.set_folder(before);
}

fn risky_variable(run: &mut Run<'_, '_>, text: &str) {
    let Some((name, _)) = text.split_once('=') else { return };
    if matches!(
        name,
        "LD_PRELOAD"
            | "BASH_ENV"
            | "GIT_SSH_COMMAND"
            | "GIT_EXTERNAL_DIFF"
            | "NODE_OPTIONS"
            | "LD_LIBRARY_PATH"
    ) {
        let name = name.to_owned();
        run.opaque(Opaque::Program(name));
    }
}

/// `command -v x` only asks.
fn command(run: &mut Run<'_, '_>) {
    let asks = run.args.first().is_some_and(|arg| arg.text.starts_with('-') && arg.text.contains(['v', 'V']));
    if !asks {
        wrap(run, &[], 0);
    }
}

fn flock(run: &mut Run<'_, '_>) {
    let Some(start) = start_of_command(run.args, &[("-w", Skip), ("-E", Skip)], 0) else {
        return run.opaque(Opaque::Expansion);
    };
    if let Some(file) = run.args.get(start) {
        run.write(file);
    }
    let rest = run.args.get(start + 1..).unwrap_or_default();
    match rest {
        [flag, script, ..] if flag.text == "-c" => {
            let script = script.text.clone();
            run.reader.nested(script);
        }
        _ => run.wrapped(rest),
    }
}

/// The command gets arguments that are not known; what they are to it decides whether that matters.
fn xargs(run: &mut Run<'_, '_>) {
    #[rustfmt::skip]
    let options: &'static [(&'static str, Use)] = &[
        ("-n", Skip), ("-P", Skip), ("-L", Skip), ("-I", Skip), ("-d", Skip), ("-E", Skip), ("-s", Skip),
        ("-a", Read), ("--arg-file", Read), ("--max-args", Skip), ("--max-procs", Skip),
        ("--delimiter", Skip), ("--replace?", Skip), ("-i?", Skip), ("-J", Skip), ("-R", Skip),
        ("--max-lines?", Skip), ("--process-slot-var", Skip),
    ];
    let Some(start) = start_of_command(run.args, options, 0) else { return run.opaque(Opaque::Expansion) };
    let (own, command) = run.args.split_at(start);
    let (mut file, mut placeholder) = (None, None);
    split(own, options, false, |part| match part {
        Part::Value("-I" | "-J" | "-i?" | "--replace?", _, value) => {
            placeholder = Some(value.text.into_owned());
        }
        Part::Flag("-i" | "--replace") => placeholder = Some("{}".to_owned()),
        Part::Value(_, Read, value) => file = Some(value),
        _ => {}
    });
    let mut brought = run.reader.listed.take();
    if let Some(file) = file {
        run.read(&file);
        brought = words_of(run, &file);
    } else if brought.is_none()
        && let Some(file) = run.reader.input.take()
    {
        brought = words_of(run, &file);
    }
    if command.is_empty() {
        return;
    }
    let unknown = || vec![Arg { text: "\0".into(), glob: false, splits: false }];
    let mut args: Vec<Arg<'_>> = Vec::with_capacity(command.len() + 1);
    for arg in command {
        match &placeholder {
            Some(mark) if arg.text == **mark => args.extend(brought.clone().unwrap_or_else(unknown)),
            Some(mark) if !mark.is_empty() && arg.text.contains(&**mark) => {
                args.push(Arg {
                    text: arg.text.replace(&**mark, "\0").into(),
                    glob: arg.glob,
                    splits: arg.splits,
                });
            }
            _ => args.push(arg.clone()),
        }
    }
    if placeholder.is_none() {
        args.extend(brought.unwrap_or_else(unknown));
    }
    run.reader.call(&args, true);
}

/// The words in a file, where its text is known and plain.
fn words_of<'t>(run: &mut Run<'_, 't>, file: &Arg<'t>) -> Option<Vec<Arg<'t>>> {
    if file.text == "/dev/null" {
        return Some(Vec::new());
    }
    let Shelved::Text { text, .. } = run.reader.shelved(file) else { return None };
    let plain = !text.contains(['\'', '"', '\\', '\0']);
    let words = || text.split_ascii_whitespace().take(MAX_WORDS + 1).map(Arg::plain).collect::<Vec<_>>();
    Some(words()).filter(|words| plain && words.len() <= MAX_WORDS)
}

/// Most words of a file that are followed.
const MAX_WORDS: usize = 64;

fn watch(run: &mut Run<'_, '_>) {
    let Some(start) = start_of_command(run.args, &[("-n", Skip), ("--interval", Skip)], 0) else {
        return run.opaque(Opaque::Expansion);
    };
    let script: Vec<&str> = run.args.iter().skip(start).map(|arg| &*arg.text).collect();
    run.reader.nested(script.join(" ").into());
}
