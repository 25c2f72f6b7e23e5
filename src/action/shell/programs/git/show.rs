//! Subcommands that show the repository or write out of it.

use super::super::options::{Part, split};
use super::super::table::Use;
use super::Git;
use crate::action::Opaque;
use crate::action::shell::word::Arg;

use Use::{Read, ReadTree, Skip, Write, WriteTree};

#[rustfmt::skip]
const LOG: &[(&str, Use)] = &[
    ("-n", Skip), ("-G", Skip), ("-S", Skip), ("-L", Skip), ("-U", Skip), ("-O", Read), ("--output", Write),
    ("-C?", Skip), ("-M?", Skip), ("-B?", Skip), ("-A", Skip), ("-e", Skip), ("-f", Read), ("-m?", Skip),
    ("-t", Skip), ("--max-count", Skip), ("--since", Skip), ("--until", Skip), ("--author", Skip),
    ("--grep", Skip), ("--format?", Skip), ("--pretty?", Skip), ("--date", Skip), ("--contents", Read),
    ("--ignore-revs-file", Read), ("--exclude-from", Read), ("-X", Read), ("--exclude", Skip), ("-x", Skip),
    ("--exclude-per-directory", Skip), ("--diff-filter", Skip), ("--word-diff-regex", Skip),
    ("--src-prefix", Skip), ("--dst-prefix", Skip), ("--skip", Skip), ("--after", Skip), ("--before", Skip),
    ("--open-files-in-pager", Use::Opaque), ("--max-depth", Skip), ("--threads", Skip),
];

/// Shows something: the repository is read, and files where the working tree is compared or searched.
pub(super) fn show(git: &mut Git<'_, '_, '_>) {
    let mut values = Vec::new();
    let certain = split(git.args, LOG, false, |part| {
        if let Part::Value(_, what, value) = part
            && what != Skip
        {
            values.push((what, value));
        }
    });
    if !certain
        && git.args.iter().any(|arg| arg.splits && arg.text.starts_with(crate::action::shell::word::UNKNOWN))
    {
        git.run.opaque(Opaque::Expansion);
    }
    for (what, value) in values {
        git.run.touch(what, &value);
    }
    if git.has(&["--no-index"]) {
        let (before, after) = git.operands(LOG);
        for path in before.iter().chain(&after) {
            git.run.touch(ReadTree, path);
        }
        return;
    }
    git.store(ReadTree);
    let (mut operands, paths) = git.operands(LOG);
    match git.name {
        "grep" if paths.is_empty() && operands.len() < 2 => git.run.read_tree("."),
        "grep" => operands.iter().skip(1).chain(&paths).for_each(|path| git.run.touch(ReadTree, path)),
        "diff" | "diff-files" | "diff-index" if paths.is_empty() && compares_files(git, &operands) => {
            git.run.read_tree(".");
        }
        "blame" | "annotate" => operands.pop().iter().for_each(|file| git.run.read(file)),
        _ => {}
    }
    for path in &paths {
        git.run.read(path);
    }
}

/// Does it compare commits with the files of the working tree, not with each other or with the index?
fn compares_files(git: &Git<'_, '_, '_>, operands: &[Arg<'_>]) -> bool {
    let commits = operands.len() + operands.iter().filter(|arg| arg.text.contains("..")).count();
    commits < 2 && !git.has(&["--cached", "--staged"])
}

/// Writes an archive or patches, to standard output unless told where.
pub(super) fn export(git: &mut Git<'_, '_, '_>) {
    #[rustfmt::skip]
    let options: &'static [(&'static str, Use)] = &[
        ("-o", Write), ("--output", Write), ("--output-directory", WriteTree), ("--format", Skip),
        ("--prefix", Skip), ("-n?", Skip), ("--remote", Skip), ("--export-marks", Write),
        ("--import-marks", Read), ("--add-file", Read),
    ];
    let mut values = Vec::new();
    split(git.args, options, false, |part| {
        if let Part::Value(_, what, value) = part {
            values.push((what, value));
        }
    });
    git.store(ReadTree);
    let name = git.name.to_owned();
    if name == "format-patch" && values.iter().all(|(what, _)| *what == Skip) && !git.has(&["--stdout"]) {
        git.run.touch(Write, &Arg { glob: true, ..Arg::plain("*.patch") });
    }
    if name == "bundle" && git.has(&["create"]) {
        let (operands, _) = git.operands(options);
        if let Some(file) = operands.get(1) {
            git.run.write(file);
        }
    }
    for (what, value) in values {
        git.run.touch(what, &value);
    }
    if git.args.iter().any(|arg| arg.text.starts_with("--remote")) {
        git.remote(None);
    }
}
