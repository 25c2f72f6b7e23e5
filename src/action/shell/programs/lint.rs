//! Linters and formatters. Their configuration is taken to configure only.

use super::options::{Part, split};
use super::run::Run;
use super::table::{Also, Default, Program, Spec, Use, code, spec};
use super::verbs::{has, operands, verb};
use crate::action::shell::word::Arg;

use Use::{Read, ReadTree, Skip, Write, WriteTree};

#[rustfmt::skip]
pub(super) const TABLE: &[Program] = &[
    code(&["ruff"], ruff),
    spec(
        &["autopep8", "yapf", "autoflake", "docformatter", "djlint"],
        Spec::each(ReadTree).writes(&["-i", "--in-place", "--reformat"]).options(&[
            ("--config", Read), ("--exclude", Skip), ("--style", Skip), ("--max-line-length", Skip),
            ("--ignore", Skip), ("--select", Skip), ("--profile", Skip), ("-e", Skip),
        ]),
    ),
    spec(
        &["black", "isort", "pyupgrade"],
        Spec::each(WriteTree).dry(&["--check", "--diff", "--check-only"]).options(&[
            ("-l", Skip), ("--line-length", Skip), ("-t", Skip), ("--target-version", Skip),
            ("--config", Read), ("--exclude", Skip), ("--extend-exclude", Skip), ("--include", Skip),
            ("-c", Skip), ("--code", Skip), ("--profile", Skip), ("--skip", Skip),
        ]),
    ),
    spec(
        &["mypy", "pyright", "basedpyright", "pytype"],
        Spec::each(ReadTree).default(Default::Here).options(&[
            ("-p", Skip), ("--project", Read), ("--config-file", Read), ("-m", Skip), ("-c", Skip),
            ("--python-version", Skip), ("--cache-dir", WriteTree), ("--exclude", Skip),
            ("--html-report", WriteTree),
        ]),
    ),
    spec(
        &[
            "flake8", "pylint", "pyflakes", "pycodestyle", "pydocstyle", "bandit", "vulture", "radon",
            "interrogate",
        ],
        Spec::each(ReadTree).default(Default::Here).options(&[
            ("--rcfile", Read), ("--config", Read), ("--max-line-length", Skip), ("--select", Skip),
            ("--ignore", Skip), ("--exclude", Skip), ("--output-file", Write), ("-f", Skip),
            ("--format", Skip), ("-c", Read), ("-o", Write), ("--disable", Skip), ("--enable", Skip),
            ("-r", Skip),
        ]),
    ),
    code(&["eslint", "tslint", "stylelint", "biome", "oxlint", "xo", "standard"], lint_or_fix),
    code(&["prettier", "dprint"], lint_or_fix),
    code(&["tsc", "vue-tsc", "tsgo"], tsc),
    spec(&["clang-format"], Spec::each(Read).writes(&["-i"]).options(&[("--style", Skip), ("-style", Skip)])),
    spec(
        &["clang-tidy", "cppcheck"],
        Spec::each(ReadTree).writes(&["--fix", "-fix"]).options(&[("-p", Read), ("--checks", Skip)]),
    ),
    spec(
        &["rustfmt"],
        Spec::each(Write).dry(&["--check"]).options(&[
            ("--edition", Skip), ("--config", Skip), ("--config-path", Read), ("--emit", Skip),
            ("--color", Skip),
        ]),
    ),
    spec(
        &["gofmt", "goimports", "gofumpt"],
        Spec::each(ReadTree).writes(&["-w"]).options(&[("-r", Skip), ("-local", Skip)]),
    ),
    spec(&["golangci-lint", "staticcheck"], Spec::each(ReadTree).also(Also::Opaque)),
];

fn ruff(run: &mut Run<'_, '_>) {
    let formats = verb(run) == "format";
    let writes = (formats && !has(run, &["--check", "--diff"]))
        || has(run, &["--fix", "--fix-only", "--add-noqa", "--unsafe-fixes"]);
    if matches!(verb(run), "" | "version" | "help" | "rule" | "linter" | "config") {
        return;
    }
    if verb(run) == "clean" {
        return run.write_tree(".ruff_cache");
    }
    #[rustfmt::skip]
    let options: &'static [(&'static str, Use)] = &[
        ("--select", Skip), ("--ignore", Skip), ("--config", Read), ("--output-format", Skip),
        ("--extend-select", Skip), ("--line-length", Skip), ("--target-version", Skip), ("-o", Write),
        ("--output-file", Write), ("--exclude", Skip), ("--per-file-ignores", Skip),
        ("--cache-dir", WriteTree),
    ];
    on_paths(run, operands(run, options), if writes { WriteTree } else { ReadTree });
}

fn on_paths<'t>(run: &mut Run<'_, 't>, mut paths: Vec<Arg<'t>>, what: Use) {
    if paths.is_empty() {
        paths.push(Arg::plain("."));
    }
    for path in &paths {
        run.touch(what, path);
    }
}

/// Linters and formatters of the JavaScript world. Their configuration is code, which is taken to only configure.
fn lint_or_fix(run: &mut Run<'_, '_>) {
    #[rustfmt::skip]
    let options: &'static [(&'static str, Use)] = &[
        ("-c", Read), ("--config", Read), ("--ext", Skip), ("--rule", Skip), ("-f", Skip),
        ("--format", Skip), ("-o", Write), ("--output-file", Write), ("--max-warnings", Skip),
        ("--ignore-path", Read), ("--ignore-pattern", Skip), ("--parser", Skip), ("--plugin", Use::Opaque),
        ("--rulesdir", Use::Opaque), ("--resolve-plugins-relative-to", Skip), ("--cache-location", Write),
        ("--config-path", Read), ("--stdin-filename", Skip), ("--stdin-filepath", Skip),
        ("--print-width", Skip), ("--log-level", Skip), ("--loglevel", Skip), ("--tab-width", Skip),
        ("--env", Skip),
    ];
    let mut all = Vec::new();
    let mut values = Vec::new();
    split(run.args, options, false, |part| match part {
        Part::Operand(operand) => all.push(operand.clone()),
        Part::Value(_, what, value) => values.push((what, value)),
        Part::Flag(_) => {}
    });
    for (what, value) in values {
        run.touch(what, &value);
    }
    let name = run.name().to_owned();
    let verbs = matches!(&*name, "biome" | "dprint") && !all.is_empty();
    let verb = if verbs { all.remove(0).text.into_owned() } else { String::new() };
    if matches!(&*verb, "init" | "migrate" | "start" | "stop" | "lsp-proxy") {
        return run.unknown_program();
    }
    let writes = has(
        run,
        &["--fix", "--write", "-w", "--apply", "--apply-unsafe", "--fix-dangerously", "--fix-suggestions"],
    ) || (name == "dprint" && verb == "fmt");
    if !(all.is_empty() && name == "prettier") {
        on_paths(run, all, if writes { WriteTree } else { ReadTree });
    }
}

fn tsc(run: &mut Run<'_, '_>) {
    if has(run, &["--init"]) {
        return run.write_path("tsconfig.json");
    }
    #[rustfmt::skip]
    let options: &'static [(&'static str, Use)] = &[
        ("-p", Read), ("--project", Read), ("--outDir", WriteTree), ("--outFile", Write),
        ("--target", Skip), ("-t", Skip), ("--module", Skip), ("-m", Skip), ("--lib", Skip),
        ("--rootDir", Skip), ("--declarationDir", WriteTree), ("--jsx", Skip), ("--moduleResolution", Skip),
        ("--tsBuildInfoFile", Write), ("--types", Skip),
    ];
    let (mut values, mut placed) = (Vec::new(), false);
    split(run.args, options, false, |part| {
        if let Part::Value(name, what, value) = part {
            placed |= matches!(name, "--outDir" | "--outFile");
            values.push((what, value));
        }
    });
    for (what, value) in values {
        run.touch(what, &value);
    }
    run.read_tree(".");
    if !has(run, &["--noEmit", "--showConfig", "--listFilesOnly"]) && !placed {
        run.write_tree(".");
    }
}
