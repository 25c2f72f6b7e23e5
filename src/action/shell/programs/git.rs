//! git.
//!
//! Aliases and hooks of the repository are not known: a subcommand that is not git's own is opaque, and those that
//! run hooks are read as git's own work alone.

use super::options::{Part, split};
use super::run::Run;
use super::table::{Program, Use, code, opaque};
use crate::action::shell::vars::{Folder, join};
use crate::action::shell::word::Arg;
use crate::action::{Access, Opaque, Target};

use Use::{Read, ReadTree, Skip, Write, WriteTree};

pub(super) const TABLE: &[Program] = &[code(&["git"], git), opaque(&["git-lfs"])];

/// What a subcommand does.
#[derive(Clone, Copy)]
enum Does {
    /// Shows the repository; path operands are read.
    Show,
    /// Changes the repository (`.git`) alone.
    Record,
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
        "notes" | "symbolic-ref" | "bisect" => Does::Record,
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
        Does::Record => git.store(WriteTree),
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
fn show(git: &mut Git<'_, '_, '_>) {
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
        "blame" | "annotate" => operands.pop().iter().for_each(|file| git.run.read(file)),
        _ => {}
    }
    for path in &paths {
        git.run.read(path);
    }
}

#[rustfmt::skip]
const RECORD: &[(&str, Use)] = &[
    ("-m", Skip), ("--message", Skip), ("-F", Read), ("--file", Read), ("-C", Skip), ("-c", Skip),
    ("--author", Skip), ("--date", Skip), ("-t", Read), ("--template", Read), ("--fixup", Skip),
    ("--squash", Skip), ("--trailer", Skip), ("--cleanup", Skip), ("-S?", Skip), ("-u?", Skip),
    ("--pathspec-from-file", Read), ("--chmod", Skip), ("-p", Skip), ("--cacheinfo", Skip),
];

fn record(git: &mut Git<'_, '_, '_>) {
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
fn tag(git: &mut Git<'_, '_, '_>) {
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

fn branch(git: &mut Git<'_, '_, '_>) {
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

#[rustfmt::skip]
const CHANGE: &[(&str, Use)] = &[
    ("-b", Skip), ("-B", Skip), ("-c", Skip), ("-C", Skip), ("--orphan", Skip), ("-s", Skip),
    ("--source", Skip), ("-X", Skip), ("--onto", Skip), ("-m", Skip), ("--message", Skip),
    ("--strategy", Skip), ("-e", Skip), ("--exclude", Skip), ("--conflict", Skip),
    ("--pathspec-from-file", Read), ("-F", Read), ("--exec", Use::Opaque), ("-x", Skip),
    ("--into-name", Skip),
];

/// Changes files: those named after `--` (or as operands, for `rm`, `mv`, `clean` and `restore`), else any tracked one.
fn change(git: &mut Git<'_, '_, '_>) {
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
    git.store(WriteTree);
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

fn stash(git: &mut Git<'_, '_, '_>) {
    match git.args.first().map(|arg| &*arg.text) {
        Some("list" | "show") => show(git),
        Some("drop" | "clear" | "create" | "store") => git.store(WriteTree),
        _ => {
            git.store(WriteTree);
            git.run.write_tree(".");
        }
    }
}

fn apply(git: &mut Git<'_, '_, '_>) {
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

/// `fetch`, `push` and `pull`: the first operand names the remote.
fn talk(git: &mut Git<'_, '_, '_>, tree: bool) {
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

fn ls_remote(git: &mut Git<'_, '_, '_>) {
    let (operands, _) = git.operands(&[("--upload-pack", Skip), ("--sort", Skip), ("-o", Skip)]);
    git.remote(operands.first());
    git.store(ReadTree);
}

fn clone(git: &mut Git<'_, '_, '_>) {
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

fn init(git: &mut Git<'_, '_, '_>) {
    let (mut operands, _) = git.operands(&[
        ("-b", Skip),
        ("--initial-branch", Skip),
        ("--template", Read),
        ("--separate-git-dir", Write),
        ("--object-format", Skip),
    ]);
    let folder = operands
        .pop()
        .map_or_else(|| ".git".to_owned(), |folder| format!("{}/.git", folder.text.trim_end_matches('/')));
    let splits = git.args.iter().any(|arg| arg.splits);
    git.run.touch(WriteTree, &Arg { splits, ..Arg::plain(folder) });
}

/// `git config`: reads with one operand, writes with two; the file depends on `--global`, `--system` and `-f`.
fn config(git: &mut Git<'_, '_, '_>) {
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

fn remote(git: &mut Git<'_, '_, '_>) {
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

fn worktree(git: &mut Git<'_, '_, '_>) {
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

fn submodule(git: &mut Git<'_, '_, '_>) {
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

/// Writes an archive or patches, to standard output unless told where.
fn export(git: &mut Git<'_, '_, '_>) {
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
