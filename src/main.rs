//! The command line: parse, dispatch, map the result to an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == plugin_eval::engine::cell::ARGUMENT) {
        return plugin_eval::engine::cell::enter(&arguments[1..]).into();
    }
    ExitCode::SUCCESS
}
