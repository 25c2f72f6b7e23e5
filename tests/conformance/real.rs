//! Whether and how the real CLI is asked.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use plugin_eval::engine::codex::{CodexProgram, TESTED};

use super::agreement::Outcome;
use super::row;

/// Environment variable that says so for all runs: `ask` or `stored`.
pub(crate) const VARIABLE: &str = "PLUGIN_EVAL_CONFORMANCE";

/// Is the real CLI asked?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Ask {
    /// If it is installed in a version that was tested.
    #[default]
    IfThere,
    /// It must be there.
    Must,
    /// No.
    Not,
    /// Yes, and its answers are stored.
    Write,
}

/// The CLI to ask; nobody is asked without one. What is missing is said, and is an error where it must be there.
pub(crate) fn find(ask: Ask) -> Result<Option<CodexProgram>, String> {
    if ask == Ask::Not {
        println!("The real Codex CLI is NOT asked; stored answers are compared alone.");
        return Ok(None);
    }
    let missing = match CodexProgram::find(None) {
        Ok(program) if program.tested() => {
            println!("Asking the real Codex CLI {}.", program.version);
            return Ok(Some(program));
        }
        Ok(program) => format!("the Codex CLI is version {}, and {} was tested", program.version, TESTED[0]),
        Err(error) => error.to_string(),
    };
    if ask != Ask::IfThere {
        return Err(missing);
    }
    println!("The real Codex CLI is NOT asked, stored answers are compared alone: {missing}");
    Ok(None)
}

/// Stores what the CLI answered.
pub(crate) fn write(outcomes: &[Outcome], folder: &Path) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for outcome in outcomes {
        let Some(asked) = &outcome.asked else { continue };
        let file = folder.join(format!("{}.tsv", outcome.name));
        let written = asked.as_ref().map_err(Clone::clone).and_then(|asked| {
            fs::create_dir_all(file.parent().unwrap_or(folder)).map_err(|error| error.to_string())?;
            fs::write(&file, row::write(&asked.rows)).map_err(|error| error.to_string())
        });
        if let Err(problem) = written {
            println!("{}: {problem}", outcome.name);
            code = ExitCode::FAILURE;
        }
    }
    code
}
