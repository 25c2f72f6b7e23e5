//! Interpreters: what their code does is not read.

use super::run::Run;
use super::table::{Program, Use, code, opaque};
use crate::action::shell::word::Arg;

#[rustfmt::skip]
pub(super) const TABLE: &[Program] = &[
    code(
        &[
            "python", "python2", "python3", "python3.8", "python3.9", "python3.10", "python3.11",
            "python3.12", "python3.13", "python3.14", "pypy", "pypy3", "py",
        ],
        python,
    ),
    code(
        &[
            "node", "nodejs", "deno", "ts-node", "tsx", "ruby", "irb", "perl", "php", "lua", "luajit",
            "Rscript", "R", "julia", "elixir", "iex", "erl", "escript", "ghci", "runghc", "scala", "groovy",
            "swift", "osascript", "tclsh", "guile", "racket", "sbcl", "clojure", "clj", "bb", "java",
            "kotlin", "dart", "jshell", "octave", "matlab", "ocaml", "raku", "crystal", "nim", "zx",
            "nodemon",
        ],
        script,
    ),
    opaque(&["cscript", "wscript", "mshta"]),
    code(&["powershell", "powershell.exe", "pwsh", "pwsh.exe"], |run| {
        crate::action::shell::windows::powershell_call(run);
    }),
    code(&["cmd", "cmd.exe"], crate::action::shell::windows::cmd_call),
];

/// Options with a value, by their exact text, of the interpreters above.
#[rustfmt::skip]
const VALUED: [&str; 22] = [
    "-r", "--require", "--import", "--loader", "-W", "-X", "-I", "-cp", "-classpath", "--class-path", "-C",
    "--env-file", "--config", "--tsconfig", "-P", "-d", "-project", "--project", "--max-old-space-size",
    "--conditions", "--input-type", "-S",
];

/// The first word that is no option: the script file, if it is a file.
fn script_file<'r, 't>(run: &Run<'r, 't>) -> Option<&'r Arg<'t>> {
    let mut args = run.args.iter();
    while let Some(arg) = args.next() {
        let text = &*arg.text;
        if VALUED.contains(&text) {
            args.next();
        } else if matches!(
            text,
            "-c" | "-e"
                | "-p"
                | "--eval"
                | "--print"
                | "-pe"
                | "-ne"
                | "-E"
                | "-m"
                | "-"
                | "eval"
                | "-i"
                | "-jar"
                | "-n"
        ) {
            return args.next().filter(|_| text == "-jar");
        } else if !text.starts_with('-') {
            return Some(arg);
        }
    }
    None
}

fn script(run: &mut Run<'_, '_>) {
    if let [only] = run.args
        && matches!(&*only.text, "-v" | "--version" | "-V" | "-h" | "--help" | "-version" | "help")
    {
        return;
    }
    let name = run.name().to_owned();
    let checks = match &*name {
        "node" | "nodejs" => run.args.iter().any(|arg| matches!(&*arg.text, "--check")),
        "ruby" => run.args.first().is_some_and(|arg| arg.text == "-c"),
        "php" => run.args.first().is_some_and(|arg| arg.text == "-l"),
        _ => false,
    };
    if checks {
        for arg in run.args.iter().filter(|arg| !arg.text.starts_with('-')) {
            run.read(arg);
        }
        return;
    }
    if name == "deno" && deno(run) {
        return;
    }
    if matches!(&*name, "perl" | "ruby") {
        edited_in_place(run);
    }
    if let Some(file) = script_file(run)
        && (file.text.contains(['.', '/']) || file.is_unknown() || file.glob)
    {
        run.read(file);
    }
    run.interpreted();
}

/// `perl -pi -e code files`: the files are written, whatever else the code does.
fn edited_in_place(run: &mut Run<'_, '_>) {
    let cluster = |text: &str| text.starts_with('-') && !text.starts_with("--");
    let in_place = run.args.iter().any(|arg| cluster(&arg.text) && arg.text.contains('i'));
    let at = run.args.iter().rposition(|arg| cluster(&arg.text) && arg.text.ends_with('e'));
    if let Some(at) = at.filter(|_| in_place) {
        for file in run.args.iter().skip(at + 2) {
            run.touch(Use::Update, file);
        }
    }
}

/// Subcommands of deno that run no code.
fn deno(run: &mut Run<'_, '_>) -> bool {
    let verb = run.args.first().map_or("", |arg| &*arg.text);
    let what = match verb {
        "lint" | "check" | "info" | "doc" => Use::ReadTree,
        "fmt" if run.args.iter().any(|arg| arg.text == "--check") => Use::ReadTree,
        "fmt" => Use::WriteTree,
        _ => return false,
    };
    let mut any = false;
    for arg in run.args.iter().skip(1).filter(|arg| !arg.text.starts_with('-')) {
        any = true;
        run.touch(what, arg);
    }
    if !any {
        run.touch(what, &Arg::plain("."));
    }
    true
}

/// Python; a few modules of its library only read.
fn python(run: &mut Run<'_, '_>) {
    if let [only] = run.args
        && matches!(&*only.text, "-V" | "-VV" | "--version" | "-h" | "--help")
    {
        return;
    }
    let module = run.args.iter().position(|arg| arg.text == "-m");
    let before_script = run.args.iter().take_while(|arg| arg.text.starts_with('-')).count();
    if let Some(at) = module.filter(|at| *at <= before_script)
        && let Some(name) = run.args.get(at + 1)
    {
        let rest = run.args.get(at + 2..).unwrap_or_default();
        return python_module(run, &name.text.clone(), rest);
    }
    if let Some(file) = script_file(run) {
        run.read(file);
    }
    run.interpreted();
}

fn python_module<'t>(run: &mut Run<'_, 't>, module: &str, rest: &[Arg<'t>]) {
    let operands: Vec<&Arg<'t>> = rest.iter().filter(|arg| !arg.text.starts_with('-')).collect();
    match module {
        "json.tool" => {
            if let Some(input) = operands.first() {
                run.read(input);
            }
            if let Some(output) = operands.get(1) {
                run.write(output);
            }
        }
        "py_compile" | "compileall" => {
            for file in operands {
                run.touch(if module == "compileall" { Use::ReadTree } else { Use::Read }, file);
            }
            run.touch(Use::Write, &Arg { glob: true, ..Arg::plain("**/__pycache__/**") });
        }
        "ast" | "tokenize" | "dis" | "tabnanny" | "calendar" | "this" | "platform" | "site" | "sysconfig" => {
            for file in operands {
                run.read(file);
            }
        }
        "venv" | "virtualenv" => {
            for folder in operands {
                run.touch(Use::WriteTree, folder);
            }
            if module == "virtualenv" {
                run.unknown_program();
            }
        }
        "pip" | "pytest" | "ruff" | "black" | "mypy" | "flake8" | "isort" | "coverage" | "tox" | "uv"
        | "poetry" | "pylint" | "pyright" => {
            let mut args = vec![Arg::plain(module.to_owned())];
            args.extend_from_slice(rest);
            run.wrapped(&args);
        }
        _ => run.interpreted(),
    }
}
