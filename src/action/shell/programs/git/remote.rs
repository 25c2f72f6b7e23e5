//! Subcommands that talk to other repositories.

use super::super::table::Use;
use super::Git;
use super::show::show;
use crate::action::shell::word::Arg;

use Use::{Read, ReadTree, Skip, Write, WriteTree};

/// `fetch`, `push` and `pull`: the first operand names the remote.
pub(super) fn talk(git: &mut Git<'_, '_, '_>, tree: bool) {
    #[rustfmt::skip]
    let options: &'static [(&'static str, Use)] = &[
        ("-o", Skip), ("--push-option", Skip), ("--repo", Skip), ("--depth", Skip), ("-j", Skip),
        ("--jobs", Skip), ("--upload-pack", Use::Opaque), ("--receive-pack", Use::Opaque),
        ("--exec", Use::Opaque), ("-X", Skip), ("-s", Skip), ("--refmap", Skip), ("--filter", Skip),
        ("--shallow-since", Skip), ("--shallow-exclude", Skip),
    ];
    let (operands, _) = git.operands(options);
    git.remote(operands.first());
    git.store(WriteTree);
    if tree {
        git.run.write_tree(".");
    }
    if git.args.iter().any(|arg| {
        arg.text.starts_with("--upload-pack")
            || arg.text.starts_with("--receive-pack")
            || arg.text.starts_with("--exec")
    }) {
        git.run.unknown_program();
    }
}

pub(super) fn ls_remote(git: &mut Git<'_, '_, '_>) {
    let (operands, _) = git.operands(&[("--upload-pack", Skip), ("--sort", Skip), ("-o", Skip)]);
    git.remote(operands.first());
    git.store(ReadTree);
}

pub(super) fn clone(git: &mut Git<'_, '_, '_>) {
    #[rustfmt::skip]
    let options: &'static [(&'static str, Use)] = &[
        ("-b", Skip), ("--branch", Skip), ("--depth", Skip), ("-o", Skip), ("--origin", Skip), ("-c", Skip),
        ("--config", Skip), ("-j", Skip), ("--jobs", Skip), ("--reference", Read),
        ("--reference-if-able", Read), ("--separate-git-dir", Write), ("--filter", Skip),
        ("--template", Read), ("-u", Skip), ("--upload-pack", Skip), ("--shallow-since", Skip),
        ("--bundle-uri", Skip),
    ];
    let (mut operands, mut after) = git.operands(options);
    operands.append(&mut after);
    let Some(source) = operands.first().cloned() else { return };
    git.remote(Some(&source));
    let target = operands.get(1).cloned().unwrap_or_else(|| {
        let name = source.text.trim_end_matches('/').trim_end_matches(".git");
        let start = name.rfind(['/', ':']).map_or(0, |at| at + 1);
        Arg { text: name.get(start..).unwrap_or_default().to_owned().into(), ..source.clone() }
    });
    git.run.touch(WriteTree, &target);
    if git
        .args
        .iter()
        .any(|arg| matches!(&*arg.text, "-u" | "--upload-pack" | "-c" | "--config" | "--template"))
    {
        git.run.unknown_program();
    }
}

pub(super) fn remote(git: &mut Git<'_, '_, '_>) {
    match git.args.iter().map(|arg| &*arg.text).find(|text| !text.starts_with('-')) {
        None | Some("get-url") => git.run.read(&Arg::plain(".git/config")),
        Some("show" | "update" | "prune") => {
            let (operands, _) = git.operands(&[]);
            git.remote(operands.get(1));
            git.store(WriteTree);
        }
        Some(_) => git.store(WriteTree),
    }
}

pub(super) fn submodule(git: &mut Git<'_, '_, '_>) {
    let (operands, _) = git.operands(&[
        ("-b", Skip),
        ("--name", Skip),
        ("--depth", Skip),
        ("--reference", Skip),
        ("-j", Skip),
    ]);
    match operands.first().map(|arg| &*arg.text) {
        None | Some("status" | "summary") => show(git),
        Some("foreach") => git.run.unknown_program(),
        Some("add") => {
            git.remote(operands.get(1));
            git.run.write_tree(".");
        }
        Some("update") => {
            git.remote(None);
            git.run.write_tree(".");
        }
        Some(_) => git.store(WriteTree),
    }
}
