//! Subcommands that change the repository itself.

use super::super::options::{Part, split};
use super::super::table::Use;
use super::Git;
use super::show::show;
use crate::action::shell::word::Arg;

use Use::{Read, ReadTree, Skip, Write, WriteTree};

#[rustfmt::skip]
const RECORD: &[(&str, Use)] = &[
    ("-m", Skip), ("--message", Skip), ("-F", Read), ("--file", Read), ("-C", Skip), ("-c", Skip),
    ("--author", Skip), ("--date", Skip), ("-t", Read), ("--template", Read), ("--fixup", Skip),
    ("--squash", Skip), ("--trailer", Skip), ("--cleanup", Skip), ("-S?", Skip), ("-u?", Skip),
    ("--pathspec-from-file", Read), ("--chmod", Skip), ("-p", Skip), ("--cacheinfo", Skip),
];

/// Subcommands that change the repository unless they are asked to show something.
pub(super) fn note(git: &mut Git<'_, '_, '_>) {
    let (operands, _) = git.operands(&[("--ref", Skip), ("-m", Skip), ("-F", Read)]);
    let verb = operands.first().map(|arg| &*arg.text);
    let shows = match git.name {
        "symbolic-ref" => operands.len() < 2 && !git.has(&["-d", "--delete"]),
        "notes" => matches!(verb, None | Some("list" | "show" | "get-ref")),
        "bisect" => matches!(verb, None | Some("log" | "view" | "visualize" | "terms" | "help")),
        "reflog" => !matches!(verb, Some("expire" | "delete" | "drop" | "write")),
        "update-index" => {
            let refreshes = |arg: &Arg<'_>| matches!(&*arg.text, "-q" | "--refresh" | "--really-refresh");
            git.args.iter().all(refreshes)
        }
        _ => false,
    };
    if shows { show(git) } else { git.store(WriteTree) }
}

pub(super) fn record(git: &mut Git<'_, '_, '_>) {
    if matches!(git.name, "reflog" | "update-index") {
        return note(git);
    }
    let mut values = Vec::new();
    split(git.args, RECORD, false, |part| {
        if let Part::Value(_, Read, value) = part {
            values.push(value);
        }
    });
    for value in values {
        git.run.read(&value);
    }
    if matches!(git.name, "add" | "stage" | "hash-object") {
        let (operands, paths) = git.operands(RECORD);
        for path in operands.iter().chain(&paths) {
            git.run.touch(if path.text == "." { ReadTree } else { Read }, path);
        }
        if git.name == "hash-object" && !git.has(&["-w"]) {
            return;
        }
    }
    git.store(WriteTree);
}

/// `git tag` and `git branch` list unless they are told a name or to change one.
pub(super) fn tag(git: &mut Git<'_, '_, '_>) {
    let lists = git.has(&[
        "-l",
        "--list",
        "--contains",
        "--points-at",
        "--merged",
        "--no-merged",
        "-v",
        "--verify",
        "-n",
    ]);
    let (operands, _) = git.operands(&[
        ("-m", Skip),
        ("-F", Skip),
        ("-u", Skip),
        ("--sort", Skip),
        ("--format", Skip),
        ("--contains", Skip),
        ("--points-at", Skip),
        ("-n?", Skip),
    ]);
    if (lists && !git.has(&["-d", "-f", "-a", "-s"])) || operands.is_empty() {
        show(git);
    } else {
        git.store(WriteTree);
    }
}

pub(super) fn branch(git: &mut Git<'_, '_, '_>) {
    #[rustfmt::skip]
    let options: &'static [(&'static str, Use)] = &[
        ("--contains", Skip), ("--no-contains", Skip), ("--merged", Skip), ("--no-merged", Skip),
        ("--points-at", Skip), ("--sort", Skip), ("--format", Skip), ("--color?", Skip),
    ];
    let changes = git.args.iter().any(|arg| {
        let text = &*arg.text;
        text.starts_with("--set-upstream")
            || matches!(
                text,
                "--unset-upstream"
                    | "--delete"
                    | "--move"
                    | "--copy"
                    | "--edit-description"
                    | "--force"
                    | "--track"
            )
            || (text.starts_with('-')
                && !text.starts_with("--")
                && text.contains(['d', 'D', 'm', 'M', 'c', 'C', 'u', 'f', 't']))
    });
    let lists = git.has(&[
        "-l",
        "--list",
        "-a",
        "--all",
        "-r",
        "--remotes",
        "-v",
        "-vv",
        "-av",
        "-avv",
        "--show-current",
    ]);
    let (operands, _) = git.operands(options);
    if !changes && (lists || operands.is_empty()) { show(git) } else { git.store(WriteTree) }
}

pub(super) fn init(git: &mut Git<'_, '_, '_>) {
    let (mut operands, _) = git.operands(&[
        ("-b", Skip),
        ("--initial-branch", Skip),
        ("--template", Read),
        ("--separate-git-dir", Write),
        ("--object-format", Skip),
    ]);
    let splits = git.args.iter().any(|arg| arg.splits);
    match operands.pop() {
        // A repository of its own, even inside of another.
        Some(folder) if folder.text != "." => {
            let head = format!("{}/.git/HEAD", folder.text.trim_end_matches('/'));
            git.run.touch(Write, &Arg { splits, ..Arg::plain(head) });
        }
        _ => git.run.touch(WriteTree, &Arg { splits, ..Arg::plain(".git") }),
    }
}

/// `git config`: reads with one operand, writes with two; the file depends on `--global`, `--system` and `-f`.
pub(super) fn config(git: &mut Git<'_, '_, '_>) {
    #[rustfmt::skip]
    let options: &'static [(&'static str, Use)] = &[
        ("-f", Read), ("--file", Read), ("--blob", Skip), ("--type", Skip), ("--default", Skip),
        ("--value", Skip), ("--comment", Skip),
    ];
    let mut file = None;
    split(git.args, options, false, |part| {
        if let Part::Value(_, Read, value) = part {
            file = Some(value);
        }
    });
    let (operands, _) = git.operands(options);
    let verb = operands.first().map(|arg| &*arg.text);
    let reads = git.has(&[
        "--get",
        "--get-all",
        "--get-regexp",
        "--get-urlmatch",
        "-l",
        "--list",
        "--get-color",
        "--get-colorbool",
    ]) || matches!(verb, Some("get" | "list"));
    let writes = !reads
        && (operands.len() > 1
            || matches!(verb, Some("edit"))
            || git.has(&[
                "--unset",
                "--unset-all",
                "--add",
                "--replace-all",
                "--remove-section",
                "--rename-section",
                "-e",
                "--edit",
            ]));
    let place = match file {
        Some(file) => file,
        None if git.has(&["--global"]) => Arg::plain("~/.gitconfig"),
        None if git.has(&["--system"]) => Arg::plain("/etc/gitconfig"),
        None => Arg::plain(".git/config"),
    };
    git.run.touch(if writes { Write } else { Read }, &place);
}

pub(super) fn worktree(git: &mut Git<'_, '_, '_>) {
    let (operands, _) = git.operands(&[("-b", Skip), ("-B", Skip), ("--reason", Skip)]);
    let verb = operands.first().map(|arg| &*arg.text);
    if matches!(verb, None | Some("list")) {
        return show(git);
    }
    git.store(WriteTree);
    match verb {
        Some("add" | "remove") => operands.get(1).into_iter().for_each(|path| git.run.touch(WriteTree, path)),
        Some("move") => operands.iter().skip(1).for_each(|path| git.run.touch(WriteTree, path)),
        _ => {}
    }
}
