//! Finding files and text in files.

use super::options::{Part, split};
use super::run::Run;
use super::table::{Default, Program, Spec, Use, code, spec};
use crate::action::Opaque;
use crate::action::shell::word::Arg;

use Use::{Read, ReadTree, Skip};

#[rustfmt::skip]
pub(super) const TABLE: &[Program] = &[
    spec(
        &["grep", "egrep", "fgrep", "zgrep", "bzgrep", "xzgrep", "ggrep", "pcregrep"],
        Spec::each(Read)
            .first(&[Skip])
            .replaces_first(&["-e", "-f", "--regexp", "--file"])
            .recursive(&["-r", "-R", "--recursive", "--dereference-recursive"])
            .default(Default::HereIfRecursive)
            .options(&[
                ("-e", Skip), ("--regexp", Skip), ("-f", Read), ("--file", Read), ("-A", Skip),
                ("-B", Skip), ("-C", Skip), ("-m", Skip), ("--after-context", Skip),
                ("--before-context", Skip), ("--context", Skip), ("--max-count", Skip), ("--include", Skip),
                ("--exclude", Skip), ("--exclude-dir", Skip), ("--exclude-from", Read), ("--color?", Skip),
                ("--colour?", Skip), ("-d", Skip), ("-D", Skip), ("--label", Skip),
                ("--binary-files", Skip), ("--directories", Skip), ("--devices", Skip),
                ("--group-separator", Skip),
            ]),
    ),
    spec(
        &["rg", "ripgrep", "rga", "ugrep", "ug"],
        Spec::each(ReadTree)
            .first(&[Skip])
            .replaces_first(&["-e", "-f", "--regexp", "--file", "--files", "--type-list"])
            .default(Default::HereUnlessFed)
            .options(&[
                ("-e", Skip), ("--regexp", Skip), ("-f", Read), ("--file", Read), ("-A", Skip),
                ("-B", Skip), ("-C", Skip), ("-m", Skip), ("-g", Skip), ("--glob", Skip), ("--iglob", Skip),
                ("-t", Skip), ("--type", Skip), ("-T", Skip), ("--type-not", Skip), ("-M", Skip),
                ("--max-columns", Skip), ("-d", Skip), ("--max-depth", Skip), ("--maxdepth", Skip),
                ("-j", Skip), ("--threads", Skip), ("-r", Skip), ("--replace", Skip), ("-E", Skip),
                ("--encoding", Skip), ("--ignore-file", Read), ("--pre", Use::Opaque), ("--pre-glob", Skip),
                ("--sort", Skip), ("--sortr", Skip), ("--color", Skip), ("--colors", Skip),
                ("--max-count", Skip), ("--max-filesize", Skip), ("--after-context", Skip),
                ("--before-context", Skip), ("--context", Skip), ("--context-separator", Skip),
                ("--field-match-separator", Skip), ("--type-add", Skip), ("--type-clear", Skip),
                ("--engine", Skip), ("--path-separator", Skip), ("--dfa-size-limit", Skip),
                ("--regex-size-limit", Skip), ("--hyperlink-format", Skip), ("--generate", Skip),
                ("--hostname-bin", Use::Opaque),
            ]),
    ),
    spec(
        &["ag", "ack", "ack-grep", "pt", "sift"],
        Spec::each(ReadTree).first(&[Skip]).replaces_first(&["-g", "-f", "--match"]).default(Default::HereUnlessFed).options(
            &[
                ("-A?", Skip), ("-B?", Skip), ("-C?", Skip), ("-m", Skip), ("-G", Skip), ("--ignore", Skip),
                ("--ignore-dir", Skip), ("-g", Skip), ("--match", Skip), ("--type", Skip),
                ("--depth", Skip), ("-p", Read), ("--path-to-ignore", Read), ("--pager", Use::Opaque),
            ],
        ),
    ),
    code(&["fd", "fdfind"], fd),
    code(&["find", "gfind"], find),
    spec(&["locate", "plocate", "mlocate"], Spec::each(Skip)),
    spec(
        &["ctags", "etags", "cscope"],
        Spec::each(ReadTree)
            .options(&[("-f", Use::Write), ("-o", Use::Write), ("--languages", Skip)])
            .writes(&["-e"]),
    ),
    spec(
        &["cloc", "tokei", "scc", "loc"],
        Spec::each(ReadTree).default(Default::Here).options(&[
            ("--exclude-dir", Skip), ("--include-lang", Skip), ("--exclude", Skip), ("-e", Skip),
            ("-t", Skip), ("--type", Skip), ("-s", Skip), ("--sort", Skip), ("-o", Use::Write),
            ("--output", Skip), ("--report-file", Use::Write), ("--out", Use::Write), ("--list-file", Read),
            ("-f", Skip), ("--format", Skip),
        ]),
    ),
];

/// Patterns for what `find` prints.
pub(super) fn starts<'t>(args: &[Arg<'t>]) -> Vec<Arg<'t>> {
    let (starts, _) = start_paths(args);
    if starts.is_empty() { vec![below(&Arg::plain("."))] } else { starts.iter().map(below).collect() }
}

/// The start paths of `find` and the expression after them.
fn start_paths<'a, 't>(args: &'a [Arg<'t>]) -> (&'a [Arg<'t>], &'a [Arg<'t>]) {
    let is_expression =
        |text: &str| text.starts_with('-') && text.len() > 1 || matches!(text, "(" | ")" | "!" | ",");
    let mut index = 0;
    while let Some(text) = args.get(index).map(|arg| &*arg.text) {
        match text {
            "-H" | "-L" | "-P" => index += 1,
            "-D" => index += 2,
            _ if text.starts_with("-O") => index += 1,
            _ => break,
        }
    }
    let rest = args.get(index..).unwrap_or_default();
    let count = rest.iter().take_while(|arg| !is_expression(&arg.text)).count();
    rest.split_at(count)
}

/// `find`: start paths, then an expression whose actions may write or run programs.
fn find(run: &mut Run<'_, '_>) {
    let args = run.args;
    let (starts, expression) = start_paths(args);
    if args.iter().any(|arg| arg.splits) {
        run.opaque(Opaque::Expansion);
    }
    let here = Arg::plain(".");
    let starts: Vec<&Arg<'_>> = if starts.is_empty() { vec![&here] } else { starts.iter().collect() };
    let deletes = expression.iter().any(|arg| arg.text == "-delete");
    for start in &starts {
        run.touch(ReadTree, start);
        if deletes {
            run.touch(Use::WriteTree, start);
        }
    }
    let mut rest = expression;
    while let Some((word, after)) = rest.split_first() {
        rest = after;
        match &*word.text {
            "-fprint" | "-fprint0" | "-fls" | "-fprintf" => {
                if let Some(file) = after.first() {
                    run.write(file);
                }
            }
            "-newer" | "-anewer" | "-cnewer" | "-samefile" | "-files0-from" => {
                if let Some(file) = after.first() {
                    run.read(file);
                }
            }
            "-exec" | "-execdir" | "-ok" | "-okdir" => {
                let end = after.iter().position(|arg| matches!(&*arg.text, ";" | "+")).unwrap_or(after.len());
                execute(run, after.get(..end).unwrap_or_default(), &starts);
                rest = after.get(end..).unwrap_or_default();
            }
            _ => {}
        }
    }
}

/// A command that `find` runs: `{}` stands for anything below the start paths.
fn execute<'t>(run: &mut Run<'_, 't>, command: &[Arg<'t>], starts: &[&Arg<'t>]) {
    let mut args: Vec<Arg<'t>> = Vec::with_capacity(command.len());
    for arg in command {
        if arg.text == "{}" {
            args.extend(starts.iter().map(|start| below(start)));
        } else if arg.text.contains("{}") {
            args.push(Arg::plain(arg.text.replace("{}", "\0")));
        } else {
            args.push(arg.clone());
        }
    }
    run.reader.call(&args, true);
}

/// A pattern for whatever lies below `start`.
pub(super) fn below<'t>(start: &Arg<'t>) -> Arg<'t> {
    let text = match &*start.text {
        "." => "**".to_owned(),
        path => format!("{}/**", path.trim_end_matches('/')),
    };
    Arg { text: text.into(), glob: true, splits: false }
}

fn fd(run: &mut Run<'_, '_>) {
    let args = run.args;
    let at = args.iter().position(|arg| matches!(&*arg.text, "-x" | "-X" | "--exec" | "--exec-batch"));
    let (own, command) = args.split_at(at.unwrap_or(args.len()));
    #[rustfmt::skip]
    let options: &'static [(&'static str, Use)] = &[
        ("-e", Skip), ("--extension", Skip), ("-t", Skip), ("--type", Skip), ("-d", Skip),
        ("--max-depth", Skip), ("--min-depth", Skip), ("-E", Skip), ("--exclude", Skip), ("-S", Skip),
        ("--size", Skip), ("-c", Skip), ("--color", Skip), ("-j", Skip), ("--threads", Skip),
        ("--base-directory", ReadTree), ("--search-path", ReadTree), ("--changed-within", Skip),
        ("--changed-before", Skip), ("--ignore-file", Read), ("--max-results", Skip), ("-o", Skip),
        ("--owner", Skip), ("--format", Skip), ("--path-separator", Skip),
    ];
    let mut operands = Vec::new();
    let mut folders = Vec::new();
    let certain = split(own, options, false, |part| match part {
        Part::Operand(operand) => operands.push(operand.clone()),
        Part::Value(_, ReadTree, value) => folders.push(value),
        _ => {}
    });
    if !certain {
        run.opaque(Opaque::Expansion);
    }
    folders.extend(operands.into_iter().skip(1));
    if folders.is_empty() {
        folders.push(Arg::plain("."));
    }
    for folder in &folders {
        run.touch(ReadTree, folder);
    }
    if let Some((_, command)) = command.split_first() {
        let mut command = command.to_vec();
        if !command.iter().any(|arg| arg.text.contains('{')) {
            command.push(Arg::plain("{}"));
        }
        let starts: Vec<&Arg<'_>> = folders.iter().collect();
        execute(run, &command, &starts);
    }
}
