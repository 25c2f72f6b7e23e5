//! git.
//!
//! Aliases and hooks of the repository are not known: a subcommand that is not git's own is opaque, and those that
//! run hooks are read as git's own work alone.

mod change;
mod record;
mod remote;
mod show;

use super::options::{Part, split};
use super::run::Run;
use super::table::{Program, Use, code, opaque};
use crate::action::shell::vars::{Folder, join};
use crate::action::shell::word::Arg;
use crate::action::{Access, Opaque, Target};

use change::{apply, change, stash};
use record::{branch, config, init, note, record, tag, worktree};
use remote::{clone, ls_remote, remote, submodule, talk};
use show::{export, show};

use Use::ReadTree;

pub(super) const TABLE: &[Program] = &[code(&["git"], git), opaque(&["git-lfs"])];

/// What a subcommand does.
#[derive(Clone, Copy)]
enum Does {
    /// Shows the repository; path operands are read.
    Show,
    /// Changes the repository and files of the working tree.
    Change,
    /// Talks to a remote; then changes the repository (`true`: and the working tree).
    Remote(bool),
    /// Read by code of its own.
    Special(fn(&mut Git<'_, '_, '_>)),
}

/// A call of a subcommand.
struct Git<'g, 'r, 't> {
    run: &'g mut Run<'r, 't>,
    name: &'g str,
    args: &'g [Arg<'t>],
    /// The repository, where it is named.
    repository: Option<Arg<'t>>,
}

fn subcommand(name: &str) -> Option<Does> {
    Some(match name {
        "annotate" | "blame" | "cat-file" | "check-attr" | "check-ignore" | "check-mailmap"
        | "check-ref-format" | "cherry" | "column" | "count-objects" | "describe" | "diff-files"
        | "diff-index" | "diff-tree" | "for-each-ref" | "fsck" | "get-tar-commit-id" | "grep" | "help"
        | "interpret-trailers" | "log" | "ls-files" | "ls-tree" | "merge-base" | "merge-tree"
        | "name-rev" | "patch-id" | "range-diff" | "rev-list" | "rev-parse" | "shortlog" | "show"
        | "show-branch" | "show-index" | "show-ref" | "status" | "stripspace" | "unpack-file" | "var"
        | "verify-commit" | "verify-pack" | "verify-tag" | "version" | "whatchanged" | "diff" => Does::Show,
        "add" | "stage" | "update-index" | "commit" | "commit-tree" | "gc" | "prune" | "repack"
        | "pack-refs" | "reflog" | "update-ref" | "write-tree" | "mktree" | "mktag" | "hash-object"
        | "replace" | "rerere" | "maintenance" | "pack-objects" | "read-tree" | "unpack-objects"
        | "index-pack" | "fast-import" | "multi-pack-index" | "commit-graph" => Does::Special(record),
        "tag" => Does::Special(tag),
        "branch" => Does::Special(branch),
        "notes" | "symbolic-ref" | "bisect" => Does::Special(note),
        "checkout" | "switch" | "restore" | "reset" | "merge" | "rebase" | "cherry-pick" | "revert"
        | "am" | "clean" | "rm" | "mv" | "checkout-index" | "sparse-checkout" | "filter-branch" => {
            Does::Change
        }
        "stash" => Does::Special(stash),
        "apply" => Does::Special(apply),
        "fetch" | "push" => Does::Remote(false),
        "pull" => Does::Remote(true),
        "ls-remote" => Does::Special(ls_remote),
        "clone" => Does::Special(clone),
        "init" => Does::Special(init),
        "config" => Does::Special(config),
        "remote" => Does::Special(remote),
        "worktree" => Does::Special(worktree),
        "submodule" => Does::Special(submodule),
        "archive" | "format-patch" | "bundle" | "bugreport" | "diagnose" | "fast-export" => {
            Does::Special(export)
        }
        _ => return None,
    })
}

/// Options before the subcommand.
fn git(run: &mut Run<'_, '_>) {
    let mut index = 0;
    let (mut folder, mut repository) = (None::<Arg<'_>>, None);
    while let Some(arg) = run.args.get(index) {
        let text = &*arg.text;
        let value = run.args.get(index + 1).cloned();
        index += 1;
        match text {
            "-C" | "--work-tree" => {
                folder = value;
                index += 1;
            }
            "--git-dir" => {
                repository = value;
                index += 1;
            }
            "-c" => {
                index += 1;
                let setting = value.map(|value| value.text.to_ascii_lowercase()).unwrap_or_default();
                if runs_programs(&setting) {
                    run.unknown_program();
                }
            }
            "--namespace" | "--super-prefix" | "--config-env" | "--attr-source" | "--list-cmds" => index += 1,
            _ if text.starts_with("--git-dir=") => repository = Some(arg.tail("--git-dir=".len())),
            _ if text.starts_with("--work-tree=") => folder = Some(arg.tail("--work-tree=".len())),
            _ if text.starts_with("--exec-path=") => return run.unknown_program(),
            "--version" | "-v" | "--help" | "-h" | "--html-path" | "--man-path" | "--info-path"
            | "--exec-path" => return,
            _ if text.starts_with('-') => {}
            _ => {
                index -= 1;
                break;
            }
        }
    }
    let Some((name, args)) = run.args.get(index..).and_then(<[_]>::split_first) else { return };
    if name.is_unknown() {
        return run.opaque(Opaque::Expansion);
    }
    if args.iter().any(|arg| matches!(&*arg.text, "--help" | "-h")) && args.len() == 1 {
        return;
    }
    let Some(does) = subcommand(&name.text) else { return run.unknown_program() };
    let before = run.reader.scopes.folder().clone();
    if let Some(folder) = folder {
        let there =
            if folder.is_unknown() || folder.glob { None } else { join(&before, folder.text.clone()) };
        run.reader.scopes.set_folder(there.map_or(Folder::Unknown, Folder::At));
    }
    act(&mut Git { run: &mut *run, name: &name.text, args, repository }, does);
    run.reader.scopes.set_folder(before);
}

/// Settings that name a program to run.
fn runs_programs(setting: &str) -> bool {
    let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
    let harmless = matches!(value, "" | "cat" | "true" | "false" | ":" | "/dev/null");
    let program = [
        "pager",
        "editor",
        "command",
        "sshcommand",
        "external",
        "textconv",
        "hookspath",
        "fsmonitor",
        "askpass",
        "program",
        "helper",
        "driver",
        "process",
        "clean",
        "smudge",
    ];
    (name.starts_with("alias.") || program.iter().any(|end| name.ends_with(end))) && !harmless
}

fn act(git: &mut Git<'_, '_, '_>, does: Does) {
    match does {
        Does::Show => show(git),
        Does::Change => change(git),
        Does::Remote(tree) => talk(git, tree),
        Does::Special(code) => code(git),
    }
}

impl<'t> Git<'_, '_, 't> {
    /// Operands before and after `--`.
    fn operands(&self, options: &'static [(&'static str, Use)]) -> (Vec<Arg<'t>>, Vec<Arg<'t>>) {
        let at = self.args.iter().position(|arg| arg.text == "--").unwrap_or(self.args.len());
        let (before, after) = self.args.split_at(at);
        let mut operands = Vec::new();
        split(before, options, false, |part| {
            if let Part::Operand(operand) = part {
                operands.push(operand.clone());
            }
        });
        (operands, after.iter().skip(1).cloned().collect())
    }

    /// Reads or writes the repository (`.git`).
    fn store(&mut self, what: Use) {
        let place = self.repository.clone().unwrap_or_else(|| Arg::plain(".git"));
        self.run.touch(what, &place);
    }

    fn has(&self, flags: &[&str]) -> bool {
        self.args.iter().any(|arg| flags.contains(&&*arg.text))
    }

    /// Connects to the remote that `place` names.
    fn remote(&mut self, place: Option<&Arg<'t>>) {
        let Some(place) = place else { return self.run.connect_somewhere("git remote") };
        if place.is_unknown() || place.splits {
            return self.run.opaque(Opaque::Expansion);
        }
        let text = &*place.text;
        if text.contains("://") {
            self.run.url(place, Access::Read);
        } else if text.starts_with(['/', '.', '~']) {
            self.run.touch(ReadTree, place);
        } else if let Some((host, _)) = text.split_once(':') {
            self.run.host(&Arg::plain(host.to_owned()));
        } else {
            let name = text.to_owned();
            self.run.reader.effect(Access::Connect, Target::SomeHost(name.into()));
        }
    }
}
