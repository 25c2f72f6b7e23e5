//! The command line: what was typed, and one file a command.

mod accept;
mod args;
mod check;
mod conclude;
mod decisions;
mod diagnostics;
mod diff;
mod engine;
mod explain;
mod import;
mod init;
mod github;
mod interrupt;
mod live;
mod look;
mod mask;
mod merge;
mod metrics;
mod progress;
mod recorder;
mod render;
mod review;
mod run;
mod scene;
mod selection;
mod survey;
mod trend;

pub(crate) use args::{Cli, Command};

use plugin_eval::gate::ExitCode;

/// Runs a command.
pub(crate) fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    let look = cli.look;
    interrupt::clean_up_on_interrupt();
    match &cli.command {
        Command::Init(args) => init::init(args, look),
        Command::Import(args) => import::import(args, look),
        Command::Run(args) => run::run(args, look),
        Command::Check(args) => check::check(args, look),
        Command::Diff(args) => diff::diff(args, look),
        Command::Explain(args) => explain::explain(args, look),
        Command::Accept(args) => accept::accept(args, look),
        Command::Decisions(args) => decisions::decisions(args, look),
        Command::Merge(args) => merge::merge(args, look),
        Command::Metrics(args) => metrics::metrics(args, look),
        Command::Trend(args) => trend::trend(args, look),
        Command::Mask(args) => mask::mask(args, look),
        Command::Review(args) => review::review(args, look),
        Command::Report(args) => render::report(args, look),
        Command::Recorder(command) => recorder::recorder(command, look),
        Command::Schema(args) => render::schema(args),
        Command::Completions(args) => render::completions(args),
    }
}
