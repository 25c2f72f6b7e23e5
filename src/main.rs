//! The command line: parse, dispatch, map the result to an exit code.

mod cli;

/// Judging makes many small texts, and the system's allocator was a fifth of the profile of a run.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use plugin_eval::engine::cell;
use plugin_eval::engine::codex::jail;
use plugin_eval::gate;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == cell::ARGUMENT) {
        return cell::enter(&arguments[1..]).into();
    }
    if arguments.first().is_some_and(|first| first == jail::ARGUMENT) {
        return jail::enter(&arguments[1..]).into();
    }
    match cli::run(&cli::Cli::parse()) {
        Ok(code) => code.code().into(),
        Err(error) => {
            let text = plugin_eval::report::escape::line(&format!("{error:#}")).into_owned();
            // Nothing is left to do when standard error is closed.
            let _ = writeln!(std::io::stderr(), "error: {text}");
            gate::ExitCode::Unusable.code().into()
        }
    }
}
