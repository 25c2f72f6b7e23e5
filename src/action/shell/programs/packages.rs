//! Package managers: what they fetch runs scripts of its own, so installing is opaque after what is known.

use super::options::{Part, split};
use super::run::Run;
use super::table::{Program, Use, code, opaque, pure};
use super::verbs::{has, verb};
use crate::action::shell::word::Arg;

use Use::{Read, Write, WriteTree};

#[rustfmt::skip]
pub(super) const TABLE: &[Program] = &[
    code(&["npm", "pnpm", "yarn", "bun"], node_packages),
    code(&["npx", "bunx", "pnpx", "dlx"], npx),
    code(&["pip", "pip3", "pipx"], pip),
    code(&["uv"], uv),
    code(&["uvx"], |run| {
        run.connect_somewhere("python packages");
        run.unknown_program();
    }),
    code(&["poetry", "pdm", "pipenv", "hatch", "rye"], |run| {
        managed(
            run,
            &["show", "check", "env", "version", "config", "list", "info"],
            "python packages",
            ".venv",
        );
    }),
    code(&["bundle", "bundler", "gem"], |run| {
        managed(
            run,
            &["list", "show", "info", "check", "outdated", "env", "config"],
            "ruby packages",
            "vendor",
        );
    }),
    code(&["composer"], |run| {
        managed(
            run,
            &["show", "validate", "licenses", "status", "check-platform-reqs"],
            "php packages",
            "vendor",
        );
    }),
    code(
        &[
            "apt", "apt-get", "aptitude", "dpkg", "yum", "dnf", "apk", "pacman", "brew", "port", "snap",
            "flatpak", "zypper", "rpm", "emerge", "choco", "winget", "scoop",
        ],
        system_packages,
    ),
    pure(&["apt-cache", "dpkg-query", "apt-file"]),
    code(&["rustup"], |run| {
        let verb = run.args.first().map_or("", |arg| &*arg.text);
        if !matches!(verb, "show" | "which" | "--version" | "help" | "doc" | "") {
            run.write_tree("~/.rustup");
            run.connect_somewhere("rust toolchain");
        }
    }),
    opaque(&[
            "corepack", "nvm", "fnm", "volta", "asdf", "mise", "rbenv", "pyenv", "sdk", "conda", "mamba",
            "nix", "nix-shell", "nix-build", "guix", "pre-commit", "lefthook", "husky", "lerna", "nx",
            "turbo", "bazel", "bazelisk", "buck", "pants", "rake", "invoke", "just", "task", "earthly",
            "act", "skaffold", "tilt",
        ]),
];

/// npm and its kin: what they install runs scripts of its own.
fn node_packages(run: &mut Run<'_, '_>) {
    if has(run, &["--help", "-h", "--version", "-v"])
        && !matches!(verb(run), "run" | "exec" | "start" | "test")
        && run.args.len() <= 2
    {
        return;
    }
    let name = run.name().to_owned();
    match verb(run) {
        "" if name == "yarn" && run.args.is_empty() => install_node(run),
        "" | "help" | "root" | "prefix" | "bin" | "completion" | "doctor" => {}
        "ls" | "list" | "ll" | "why" | "explain" | "pkg" | "query" | "licenses" => {
            run.read_tree("node_modules");
        }
        "view" | "info" | "show" | "search" | "outdated" | "audit" | "ping" | "whoami" | "owner"
        | "dist-tag" | "access" | "team" | "token" => {
            run.connect_somewhere("npm packages");
            if run.args.iter().any(|arg| arg.text == "fix") {
                install_node(run);
            }
        }
        "config" | "get" | "set" | "c" => run.touch(Use::Update, &Arg::plain("~/.npmrc")),
        "install" | "i" | "ci" | "add" | "remove" | "rm" | "uninstall" | "un" | "update" | "up"
        | "upgrade" | "dedupe" | "prune" | "rebuild" | "link" | "unlink" | "install-test" | "it" => {
            install_node(run);
        }
        "init" | "create" => {
            run.write_path("package.json");
            if run.args.len() > 2 || verb(run) == "create" {
                run.connect_somewhere("npm packages");
                run.unknown_program();
            }
        }
        "version" => {
            run.write_path("package.json");
            run.write_tree(".git");
        }
        "pack" => run.touch(Write, &Arg { glob: true, ..Arg::plain("*.tgz") }),
        "publish" | "unpublish" | "deprecate" | "login" | "logout" | "adduser" => {
            run.connect_somewhere("npm packages");
            run.unknown_program();
        }
        "x" | "dlx" | "exec" if name != "npm" => {
            run.connect_somewhere("npm packages");
            run.unknown_program();
        }
        "build" if name == "bun" => run.unknown_program(),
        _ => run.unknown_program(),
    }
}

fn install_node(run: &mut Run<'_, '_>) {
    run.write_tree("node_modules");
    run.write_path("package.json");
    let lock = match run.name() {
        "pnpm" => "pnpm-lock.yaml",
        "yarn" => "yarn.lock",
        "bun" => "bun.lock",
        _ => "package-lock.json",
    };
    run.write_path(lock);
    run.connect_somewhere("npm packages");
    if !has(run, &["--ignore-scripts"]) {
        run.unknown_program();
    }
}

/// Tools that `npx` commonly starts are read as themselves; they may be fetched first.
fn npx(run: &mut Run<'_, '_>) {
    let start = run.args.iter().position(|arg| !arg.text.starts_with('-')).unwrap_or(run.args.len());
    let known =
        ["tsc", "prettier", "eslint", "biome", "stylelint", "markdownlint", "vue-tsc", "pyright", "oxlint"];
    let own = run.args.get(..start).unwrap_or_default();
    let tool = run.args.get(start).map_or("", |arg| &*arg.text);
    if known.contains(&tool)
        && own
            .iter()
            .all(|arg| matches!(&*arg.text, "--no-install" | "--yes" | "-y" | "--no" | "--bun" | "--"))
    {
        return run.wrapped(run.args.get(start..).unwrap_or_default());
    }
    if start < run.args.len() {
        run.connect_somewhere("npm packages");
        run.unknown_program();
    }
}

fn pip(run: &mut Run<'_, '_>) {
    match verb(run) {
        "" | "list" | "show" | "freeze" | "check" | "help" | "debug" | "config" | "inspect" | "hash"
        | "environment" | "runpip" => {}
        "search" | "index" => run.connect_somewhere("python packages"),
        "uninstall" => run.write_tree(".venv"),
        "cache" => run.write_tree("~/.cache/pip"),
        _ => {
            let mut files = Vec::new();
            #[rustfmt::skip]
            let options: &'static [(&'static str, Use)] = &[
                ("-r", Read), ("--requirement", Read), ("-c", Read), ("--constraint", Read),
                ("-d", WriteTree), ("--dest", WriteTree), ("-t", WriteTree), ("--target", WriteTree),
                ("-w", WriteTree), ("-e", Read), ("--editable", Read),
            ];
            split(run.args, options, false, |part| {
                if let Part::Value(_, what, value) = part {
                    files.push((what, value));
                }
            });
            for (what, value) in files {
                run.touch(what, &value);
            }
            run.write_tree(".venv");
            run.connect_somewhere("python packages");
            run.unknown_program();
        }
    }
}

fn uv(run: &mut Run<'_, '_>) {
    match verb(run) {
        "" | "help" | "version" | "tree" | "self" => {}
        "python" if run.args.iter().any(|arg| matches!(&*arg.text, "list" | "find" | "dir")) => {}
        "venv" => run.write_tree(".venv"),
        "lock" | "add" | "remove" | "sync" => {
            run.write_path("pyproject.toml");
            run.write_path("uv.lock");
            run.write_tree(".venv");
            run.connect_somewhere("python packages");
            run.unknown_program();
        }
        "pip"
            if run
                .args
                .iter()
                .any(|arg| matches!(&*arg.text, "list" | "show" | "freeze" | "tree" | "check")) => {}
        _ => {
            run.write_tree(".venv");
            run.connect_somewhere("python packages");
            run.unknown_program();
        }
    }
}

/// A package manager: some of its verbs only look, all others install and run things.
fn managed(run: &mut Run<'_, '_>, looks: &[&str], place: &str, tree: &'static str) {
    let verb = verb(run);
    if verb.is_empty() || verb == "help" || looks.contains(&verb) {
        return;
    }
    run.write_tree(tree);
    run.connect_somewhere(place);
    run.unknown_program();
}

fn system_packages(run: &mut Run<'_, '_>) {
    let looks = [
        "list", "search", "show", "info", "policy", "depends", "rdepends", "madison", "deps", "leaves",
        "outdated", "config", "doctor", "--prefix", "query", "why", "home",
    ];
    let queries = run.args.first().is_some_and(|arg| {
        matches!(
            &*arg.text,
            "-l" | "-L"
                | "-S"
                | "-s"
                | "-q"
                | "-qa"
                | "-Q"
                | "-Qi"
                | "-Qs"
                | "-Ss"
                | "-Si"
                | "--list"
                | "--listfiles"
                | "--search"
                | "--status"
                | "--prefix"
                | "--version"
        )
    });
    let verb = verb(run);
    if queries || looks.contains(&verb) {
        return;
    }
    run.write_tree("/usr");
    run.write_tree("/etc");
    run.write_tree("/var");
    run.connect_somewhere("system packages");
    run.unknown_program();
}
