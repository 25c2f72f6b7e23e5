//! Scenarios that the native engine and the real Codex CLI must rule alike.
//!
//! `cargo test --test conformance` judges every scenario natively and compares with the stored answers of the real
//! CLI; where the CLI is installed, it is asked anew as well. See docs/conformance.md.

#![expect(clippy::print_stdout, reason = "the agreement is what this binary is run for")]

mod agreement;
mod call;
mod lay;
mod own;
mod real;
mod row;
mod rows;
mod scenario;
mod session;
mod suite;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rayon::prelude::*;

use plugin_eval::engine::codex::CodexProgram;

use agreement::{Agreement, Outcome};
use real::Ask;
use scenario::{Named, Scenario};
use suite::Laid;

/// What the command line asks for.
#[derive(Debug, Default)]
struct Wanted {
    /// Scenarios whose names contain one of these; all if empty.
    names: Vec<String>,
    /// Write the suite folders here and judge nothing.
    lay: Option<PathBuf>,
    /// Is the real CLI asked?
    ask: Ask,
    /// Every command that ran in its sandbox is run again without it.
    thorough: bool,
}

impl Wanted {
    /// Options of cargo's own test harness are passed over.
    fn read() -> Self {
        let ask = match std::env::var(real::VARIABLE).as_deref() {
            Ok("ask") => Ask::Must,
            Ok("stored") => Ask::Not,
            _ => Ask::IfThere,
        };
        let mut wanted = Self { ask, ..Self::default() };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--ask" => wanted.ask = Ask::Must,
                "--thorough" => (wanted.ask, wanted.thorough) = (Ask::Must, true),
                "--stored" => wanted.ask = Ask::Not,
                "--write" => wanted.ask = Ask::Write,
                "--lay" => wanted.lay = arguments.next().map(PathBuf::from),
                option if option.starts_with('-') => {}
                _ => wanted.names.push(argument),
            }
        }
        wanted
    }

    fn includes(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|wanted| name.contains(wanted.as_str()))
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance")
}

fn main() -> ExitCode {
    let wanted = Wanted::read();
    let all = match scenario::read_all(&folder().join("scenarios")) {
        Ok(all) => all,
        Err(problems) => {
            println!("{}", problems.join("\n"));
            return ExitCode::FAILURE;
        }
    };
    let whole = wanted.names.is_empty();
    let chosen: Vec<Named> = all.into_iter().filter(|named| wanted.includes(&named.name)).collect();
    if let Some(target) = &wanted.lay {
        return lay_all(&chosen, target);
    }
    let program = match real::find(wanted.ask) {
        Ok(program) => program,
        Err(reason) => {
            println!("FAILED: {reason}");
            return ExitCode::FAILURE;
        }
    };
    let outcomes: Vec<Outcome> =
        chosen.par_iter().map(|named| judge(named, program.as_ref(), wanted.thorough)).collect();
    if wanted.ask == Ask::Write {
        return real::write(&outcomes, &folder().join("answers"));
    }
    let agreement = Agreement::of(&outcomes);
    let mut problems = agreement.problems(whole);
    if whole {
        problems.extend(rows::problems(&folder().join("rows.txt"), &chosen));
    }
    println!("{agreement}");
    for problem in &problems {
        println!("FAILED: {problem}");
    }
    if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn lay_all(chosen: &[Named], target: &Path) -> ExitCode {
    for named in chosen {
        if let Err(error) = lay::lay(&named.scenario, &target.join(&named.name)) {
            println!("{}: {error}", named.name);
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// How often a scenario is asked again that answers otherwise than what is stored.
const MORE_TIMES: usize = 5;

fn judge(named: &Named, program: Option<&CodexProgram>, thorough: bool) -> Outcome {
    let scratch = tempfile::tempdir().map_err(|error| error.to_string());
    let laid = scratch.as_ref().map_err(Clone::clone).and_then(|scratch| {
        lay::lay(&named.scenario, scratch.path()).map_err(|error| error.to_string())?;
        Laid::read(scratch.path())
    });
    let native = laid.as_ref().map_err(Clone::clone).and_then(Laid::native);
    let file = folder().join("answers").join(format!("{}.tsv", named.name));
    let stored =
        fs::read_to_string(file).map_err(|error| error.to_string()).and_then(|text| row::read(&text));
    let mut asked = laid.as_ref().ok().and_then(|laid| Some(laid.codex(program?, thorough)));
    for _ in 0..MORE_TIMES {
        if let (Some(Ok(now)), Ok(stored), Ok(laid), Some(program)) = (&asked, &stored, &laid, program)
            && !row::all_agree(stored, &now.rows)
        {
            // On a busy machine commands and hooks run into their times; what differs for good differs again.
            println!("asked again, for it answered otherwise than what is stored: {}", named.name);
            asked = Some(laid.codex(program, thorough));
        }
    }
    let own = match &asked {
        Some(Ok(asked)) if own::is_whole(&named.scenario) => Some(
            tempfile::tempdir()
                .map_err(|error| error.to_string())
                .and_then(|scratch| own::judge(&named.scenario, asked, scratch.path())),
        ),
        _ => None,
    };
    let Scenario { about, refuses, open, .. } = &named.scenario;
    Outcome {
        name: named.name.clone(),
        about: about.clone(),
        refuses: refuses.clone(),
        open: open.clone(),
        native,
        stored,
        asked,
        own,
    }
}
