//! Compilers, build tools and test runners: those that run the project's own code are opaque after what is known.

use super::run::Run;
use super::table::{Also, Program, Spec, Use, code, opaque, spec};
use super::verbs::{has, operands, verb};
use crate::action::shell::word::Arg;

use Use::{Read, ReadTree, Skip, Write, WriteTree};

#[rustfmt::skip]
pub(super) const TABLE: &[Program] = &[
    code(&["cargo"], cargo),
    spec(
        &["rustc", "clippy-driver"],
        Spec::each(Read)
            .options(&[
                ("-o", Write), ("--out-dir", WriteTree), ("--crate-type", Skip), ("--crate-name", Skip),
                ("--edition", Skip), ("-L", Skip), ("-l", Skip), ("-C", Skip), ("--cfg", Skip),
                ("--emit", Skip), ("--extern", Skip), ("--explain", Skip), ("--print", Skip),
                ("--target", Skip), ("-A", Skip), ("-W", Skip), ("-D", Skip),
            ])
            .also(Also::Opaque),
    ),
    code(&["go"], go),
    spec(&["govulncheck"], Spec::each(Skip).also(Also::Connect("go packages"))),
    code(&["make", "gmake", "ninja", "samu", "meson", "scons", "waf", "xmake", "premake5"], build_tool),
    code(&["cmake", "ctest", "cpack"], build_tool),
    code(&["mvn", "mvnw", "gradle", "gradlew", "ant", "sbt", "lein", "bloop", "mill"], |run| {
        run.connect_somewhere("java packages");
        run.unknown_program();
    }),
    code(&["dotnet", "msbuild", "nuget"], |run| {
        if !matches!(
            run.args.first().map(|arg| &*arg.text),
            Some("--info" | "--list-sdks" | "--list-runtimes")
        ) {
            run.connect_somewhere("dotnet packages");
            run.unknown_program();
        }
    }),
    opaque(&[
            "mix", "rebar3", "stack", "cabal", "opam", "dune", "zig", "swiftc", "xcodebuild", "pod",
            "flutter", "carthage", "fastlane",
        ]),
    opaque(&[
            "pytest", "py.test", "tox", "nox", "jest", "vitest", "mocha", "ava", "karma", "cypress",
            "playwright", "phpunit", "rspec", "bats", "nosetests", "storybook", "nyc", "c8", "coverage",
        ]),
    opaque(&[
            "webpack", "vite", "rollup", "esbuild", "parcel", "next", "nuxt", "astro", "gatsby", "ng",
            "vue-cli-service", "react-scripts", "tsup", "swc", "babel", "gulp", "grunt", "expo",
        ]),
    spec(
        &["gcc", "g++", "cc", "c++", "clang", "clang++", "tcc", "icc", "nvcc", "emcc", "em++"],
        Spec::each(Read)
            .options(&[
                ("-o", Write), ("-I", Skip), ("-L", Skip), ("-l", Skip), ("-D", Skip), ("-U", Skip),
                ("-x", Skip), ("-include", Read), ("-isystem", Skip), ("-MF", Write), ("-MT", Skip),
                ("-std", Skip), ("-W?", Skip), ("-f?", Skip), ("-m?", Skip), ("-O?", Skip), ("-g?", Skip),
                ("-arch", Skip), ("-B", Use::Opaque), ("-fplugin", Use::Opaque),
            ])
            .single_dash(),
    ),
    spec(
        &["ld", "lld", "as", "objcopy", "strip", "ranlib"],
        Spec::each(Read).options(&[
            ("-o", Write), ("-L", Skip), ("-l", Skip), ("-T", Read), ("-e", Skip), ("-m", Skip),
        ]),
    ),
    spec(
        &[
            "nm", "objdump", "readelf", "ldd", "otool", "size", "addr2line", "c++filt", "dwarfdump",
            "llvm-cov", "llvm-profdata",
        ],
        Spec::each(Read).options(&[("-j", Skip), ("-M", Skip), ("-e", Read), ("-o", Write)]),
    ),
    spec(
        &[
            "javac", "kotlinc", "scalac", "ghc", "ocamlc", "ocamlopt", "fpc", "gfortran", "nasm", "yasm",
            "protoc", "flex", "bison", "yacc", "lex",
        ],
        Spec::each(Read)
            .options(&[
                ("-d", WriteTree), ("-cp", Skip), ("-classpath", Skip), ("-o", Write),
                ("--python_out", WriteTree), ("--go_out", WriteTree), ("-I", Skip),
            ])
            .also(Also::Opaque),
    ),
];

fn cargo(run: &mut Run<'_, '_>) {
    if has(run, &["--help", "-h", "--version", "-V", "--list"]) {
        return;
    }
    let help = verb(run);
    match help {
        "" | "help" | "version" => {}
        "fmt" => {
            let reads = run.args.iter().any(|arg| matches!(&*arg.text, "--check" | "-l"));
            run.touch(if reads { ReadTree } else { WriteTree }, &Arg::plain("."));
        }
        "metadata" | "tree" | "pkgid" | "locate-project" | "read-manifest" | "verify-project" => {
            run.read_tree(".");
        }
        "search" | "info" | "owner" | "login" | "logout" | "yank" => run.connect_somewhere("rust packages"),
        "fetch" | "update" | "generate-lockfile" | "vendor" => {
            run.connect_somewhere("rust packages");
            run.write_path("Cargo.lock");
            if help == "vendor" {
                run.write_tree("vendor");
            }
        }
        "add" | "remove" | "rm" => {
            run.connect_somewhere("rust packages");
            run.write_path("Cargo.toml");
            run.write_path("Cargo.lock");
        }
        "new" | "init" => {
            let folder =
                operands(run, &[("--name", Skip), ("--vcs", Skip), ("--edition", Skip)]).into_iter().next();
            run.touch(WriteTree, &folder.unwrap_or_else(|| Arg::plain(".")));
        }
        "clean" => run.write_tree("target"),
        "install" | "uninstall" => {
            run.write_tree("~/.cargo");
            run.connect_somewhere("rust packages");
            run.unknown_program();
        }
        _ => {
            run.write_tree("target");
            run.unknown_program();
        }
    }
}

fn go(run: &mut Run<'_, '_>) {
    match verb(run) {
        "" | "version" | "env" | "help" | "doc" | "tool" => {
            if run.args.iter().any(|arg| arg.text == "-w") {
                run.write_tree("~/.config/go");
            }
        }
        "list" | "vet" => run.read_tree("."),
        "fmt" => run.write_tree("."),
        "mod" | "get" | "work" => {
            run.write_path("go.mod");
            run.write_path("go.sum");
            run.connect_somewhere("go packages");
        }
        "build" => {
            let output = run.args.iter().skip_while(|arg| arg.text != "-o").nth(1).cloned();
            run.read_tree(".");
            run.touch(Write, &output.unwrap_or_else(|| Arg::plain(".")));
            run.connect_somewhere("go packages");
        }
        "clean" => run.write_tree("~/.cache/go-build"),
        "install" => {
            run.write_tree("~/go");
            run.connect_somewhere("go packages");
        }
        _ => run.unknown_program(),
    }
}

fn build_tool(run: &mut Run<'_, '_>) {
    let file = run.args.iter().skip_while(|arg| !matches!(&*arg.text, "-f" | "-P")).nth(1).cloned();
    if let Some(file) = file {
        run.read(&file);
    }
    if run.name() == "cmake" && run.args.first().is_some_and(|arg| arg.text == "-E") {
        return run.unknown_program();
    }
    run.unknown_program();
}
