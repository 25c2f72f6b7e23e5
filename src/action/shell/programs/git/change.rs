//! Subcommands that change files of the working tree.

use super::super::table::Use;
use super::Git;
use super::show::show;

use Use::{Read, Skip, Write, WriteTree};

#[rustfmt::skip]
const CHANGE: &[(&str, Use)] = &[
    ("-b", Skip), ("-B", Skip), ("-c", Skip), ("-C", Skip), ("--orphan", Skip), ("-s", Skip),
    ("--source", Skip), ("-X", Skip), ("--onto", Skip), ("-m", Skip), ("--message", Skip),
    ("--strategy", Skip), ("-e", Skip), ("--exclude", Skip), ("--conflict", Skip),
    ("--pathspec-from-file", Read), ("-F", Read), ("--exec", Use::Opaque), ("-x", Skip),
    ("--into-name", Skip),
];

/// Changes files: those named after `--` (or as operands, for `rm`, `mv`, `clean` and `restore`), else any tracked one.
pub(super) fn change(git: &mut Git<'_, '_, '_>) {
    let name = git.name.to_owned();
    if name == "clean"
        && git.args.iter().any(|arg| {
            arg.text == "--dry-run"
                || (arg.text.starts_with('-') && !arg.text.starts_with("--") && arg.text.contains('n'))
        })
    {
        return show(git);
    }
    if name == "sparse-checkout" && git.has(&["list"]) {
        return show(git);
    }
    let runs = git.has(&["--exec"])
        || (name == "rebase" && git.has(&["-x", "-i", "--interactive"]))
        || name == "filter-branch";
    if runs {
        git.run.unknown_program();
    }
    // What is not tracked is none of the repository's.
    if name != "clean" {
        git.store(WriteTree);
    }
    let keeps_files = name == "reset" && !git.has(&["--hard", "--merge", "--keep"]);
    let cached = matches!(&*name, "rm") && git.has(&["--cached"]);
    let staged = name == "restore" && git.has(&["--staged", "-S"]) && !git.has(&["--worktree", "-W"]);
    let (mut operands, mut paths) = git.operands(CHANGE);
    // A new branch from where the tree stands changes no file.
    let new_branch = matches!(&*name, "checkout" | "switch")
        && git.has(&["-b", "-B", "-c", "-C", "--orphan", "--create"])
        && operands.is_empty();
    if keeps_files || cached || staged || new_branch {
        return;
    }
    if matches!(&*name, "rm" | "mv" | "clean" | "restore") {
        paths.append(&mut operands);
    }
    let tree = matches!(&*name, "clean") || git.has(&["-r", "-rf", "-fr"]);
    if paths.is_empty() {
        git.run.write_tree(".");
    }
    for path in &paths {
        git.run.touch(if tree || path.text == "." { WriteTree } else { Write }, path);
    }
}

pub(super) fn stash(git: &mut Git<'_, '_, '_>) {
    match git.args.first().map(|arg| &*arg.text) {
        Some("list" | "show") => show(git),
        Some("drop" | "clear" | "create" | "store") => git.store(WriteTree),
        _ => {
            git.store(WriteTree);
            git.run.write_tree(".");
        }
    }
}

pub(super) fn apply(git: &mut Git<'_, '_, '_>) {
    let (operands, after) = git.operands(&[
        ("-p", Skip),
        ("-C", Skip),
        ("--directory", Skip),
        ("--exclude", Skip),
        ("--include", Skip),
        ("--whitespace", Skip),
    ]);
    for file in operands.iter().chain(&after) {
        git.run.read(file);
    }
    if git.has(&["--check", "--stat", "--numstat", "--summary"]) && !git.has(&["--apply"]) {
        return;
    }
    if git.has(&["--cached", "--index", "-3", "--3way"]) {
        git.store(WriteTree);
    }
    if !git.has(&["--cached"]) {
        git.run.write_tree(".");
    }
}
