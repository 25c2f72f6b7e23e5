//! What programs do with their arguments: a table by family, as data where that is enough, as code where not.

mod table;
mod options;
mod run;
mod coreutils;
mod find;
mod search;
mod text;
mod sed;
mod awk;
mod archive;
mod git;
mod network;
mod build;
mod deploy;
mod lint;
mod packages;
mod verbs;
mod system;
mod interpreter;
mod wrapper;
mod builtin;

use std::collections::HashMap;
use std::sync::OnceLock;

pub(super) use find::found;
pub(super) use run::{Run, environment, host_of};

use super::word::Arg;
use table::{Program, Rule};

const FAMILIES: &[&[Program]] = &[
    coreutils::TABLE,
    search::TABLE,
    text::TABLE,
    archive::TABLE,
    git::TABLE,
    network::TABLE,
    build::TABLE,
    packages::TABLE,
    lint::TABLE,
    deploy::TABLE,
    system::TABLE,
    interpreter::TABLE,
    wrapper::TABLE,
    builtin::TABLE,
];

/// The rule for a program, by name.
fn lookup(name: &str) -> Option<&'static Rule> {
    static INDEX: OnceLock<HashMap<&'static str, &'static Rule>> = OnceLock::new();
    let index = INDEX.get_or_init(|| {
        let programs = FAMILIES.iter().flat_map(|family| family.iter());
        programs.flat_map(|program| program.names.iter().map(|name| (*name, &program.rule))).collect()
    });
    index.get(name).copied()
}

/// Adds the effects of running a program.
pub(super) fn run(run: &mut Run<'_, '_>) {
    let name = run.known_name();
    let Some(rule) = name.as_deref().and_then(lookup) else {
        return run.unknown_program();
    };
    match rule {
        Rule::Pure => {}
        Rule::Spec(_) if run.asks_for_help() => {}
        Rule::Spec(spec) => options::apply(run, spec),
        _ if run.asks_only_for_help() => {}
        Rule::Opaque => run.unknown_program(),
        Rule::Interpreter => run.interpreted(),
        Rule::Code(code) => code(run),
    }
}

/// Patterns for the files whose names a program prints, given those that it reads.
pub(super) fn listed<'t>(
    program: &Arg<'t>,
    args: &[Arg<'t>],
    fed: Option<Vec<Arg<'t>>>,
) -> Option<Vec<Arg<'t>>> {
    let has = |flags: &[&str]| args.iter().any(|arg| flags.contains(&&*arg.text));
    match &*program.text {
        "head" | "tail" | "sort" | "uniq" | "tac" | "shuf" => fed,
        "grep" | "egrep" | "rg" if fed.is_some() && !has(&["-o", "-c", "--count", "--only-matching"]) => fed,
        "find" => Some(find::starts(args)),
        "echo" | "printf" => printed(&program.text, args),
        "git" if matches!(args.first().map(|arg| &*arg.text), Some("ls-files" | "diff" | "grep")) => {
            let names = has(&["ls-files", "--name-only", "-l"]);
            names.then(|| vec![search::below(&Arg::plain("."))])
        }
        "rg" | "fd" if program.text == "fd" || has(&["-l", "--files", "--files-with-matches"]) => {
            // The start paths are among the operands; everything below the working folder covers the usual ones.
            let outside = args
                .iter()
                .any(|arg| arg.text.starts_with(['/', '~']) || arg.text.contains("..") || arg.is_unknown());
            (!outside).then(|| vec![search::below(&Arg::plain("."))])
        }
        _ => None,
    }
}

/// The words that `echo` and `printf` print, where these are plain.
fn printed<'t>(program: &str, args: &[Arg<'t>]) -> Option<Vec<Arg<'t>>> {
    let words = match (program, args.split_first()) {
        ("echo", _) => args,
        (_, Some((format, words))) if matches!(&*format.text, "%s\\n" | "%s " | "%s\\0") => words,
        _ => return None,
    };
    let plain = |arg: &Arg<'_>| {
        let special = |c: char| c.is_ascii_whitespace() || matches!(c, '\'' | '"' | '\\');
        let odd = arg.is_unknown() || arg.glob || arg.splits;
        !(odd || arg.text.is_empty() || arg.text.starts_with('-') || arg.text.contains(special))
    };
    words.iter().all(plain).then(|| words.to_vec())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::FAMILIES;

    #[test]
    fn no_program_is_listed_twice() {
        let mut seen = BTreeSet::new();
        for name in FAMILIES.iter().flat_map(|family| family.iter()).flat_map(|program| program.names) {
            assert!(seen.insert(*name), "{name} is listed twice");
        }
        assert!(seen.len() > 250, "only {} programs", seen.len());
    }
}
