use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

mod decisions;
mod engine;
mod recorder;
mod run;

pub(crate) use decisions::{Accept, Decisions, ExportDecisions, ImportDecisions, Review, SheetDialect};
pub(crate) use engine::{EngineArgs, EngineName};
pub(crate) use recorder::{Recorder, RecorderApply, RecorderSite};
pub(crate) use run::{Merge, Output, Run, TrendArgs, TrendFormat};

/// Decide whether a Codex plugin may be rolled out wider, from the tasks you already did.
///
/// plugin-eval replays recorded Codex sessions through the boundary that a plugin declares, compares the result with
/// the accepted baseline, and writes a staged gate report. It needs no account, no network and no model.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 the gate holds, 1 it fails or changes are not accepted, 2 usage or unreadable \
                        suite, 3 tasks broke, 4 inconclusive."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) look: Look,
}

/// How output looks.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Look {
    /// When to use colour; `auto` means on a terminal, unless NO_COLOR is set.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub(crate) color: Colour,
    /// Print only the verdict and problems.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a suite for a plugin: its bundle, its Codex configuration, a role card, stages and bars.
    #[command(
        after_help = "Example:\n  plugin-eval init suites/release-reviewer --plugin plugins/release-reviewer\n  \
                            plugin-eval init suites/editor --plugin . --codex ~/.codex --role editor"
    )]
    Init(Init),
    /// Make tasks of recorded sessions: snapshot, prompt, masked recording, proposed decision.
    #[command(
        after_help = "Example:\n  plugin-eval import ~/.codex --suite suites/release-reviewer --since 30d\n  \
                            plugin-eval import session.jsonl --suite suites/editor --repo ~/src/app"
    )]
    Import(Box<super::import::Import>),
    /// Replay a suite, compare with its baselines, write its reports, and gate.
    #[command(
        after_help = "Example:\n  plugin-eval run suites/release-reviewer\n  plugin-eval run suites/release-reviewer \
                            --stage workspace-write --task '1.5.*'"
    )]
    Run(Run),
    /// Check a suite, its plugin and its configuration without replaying anything.
    #[command(after_help = "Example:\n  plugin-eval check suites/release-reviewer")]
    Check(Check),
    /// Show what changed since the accepted baselines, and why.
    #[command(after_help = "Example:\n  plugin-eval diff suites/release-reviewer")]
    Diff(Diff),
    /// Show one task, or one step of it, whole: phases, rule, effects, human verdict.
    #[command(after_help = "Example:\n  plugin-eval explain suites/release-reviewer 1.4.0-tracker 7")]
    Explain(Explain),
    /// Rule on what changed since the accepted baselines, one change at a time.
    ///
    /// Without a terminal every change is printed with the command that accepts it.
    #[command(after_help = "Example:\n  plugin-eval review suites/release-reviewer --by ana")]
    Review(Review),
    /// Accept the present replays as baselines.
    #[command(
        after_help = "Example:\n  plugin-eval accept suites/release-reviewer --all --reason 'plugin 1.1 reviewed' \
                            --by ana\n  plugin-eval accept suites/release-reviewer --task 1.4.0-tracker --reason 'new \
                            hook' --by ana"
    )]
    Accept(Accept),
    /// What people must still decide, as a sheet; and what they decided, into the tasks.
    #[command(
        subcommand,
        after_help = "Example:\n  plugin-eval decisions export suites/release-reviewer -o decisions.csv\n  plugin-eval \
                            decisions import suites/release-reviewer decisions.csv --by ana"
    )]
    Decisions(Decisions),
    /// Replace secrets, mail addresses and names in files by marks, or check that none is left.
    #[command(
        after_help = "Example:\n  plugin-eval mask session.jsonl --suite suites/release-reviewer --in-place\n  \
                            plugin-eval mask --check suites/release-reviewer/tasks/*/session.jsonl\n\nExit codes: 0 all \
                            is masked, 1 something is not, 2 unreadable input."
    )]
    Mask(Mask),
    /// Render a format again from a report.json, or compare two reports.
    #[command(
        after_help = "Example:\n  plugin-eval report reports/release-reviewer/report.json --format gate-md\n  \
                      plugin-eval report reports/release-reviewer --against last-week/release-reviewer --fail-on \
                      regression"
    )]
    Report(Report),
    /// Join the parts of a run that several machines made with `run --partition`.
    #[command(
        after_help = "Example:\n  plugin-eval run suites/release-reviewer --partition 1/2\n  plugin-eval run \
                            suites/release-reviewer --partition 2/2\n  plugin-eval merge suites/release-reviewer"
    )]
    Merge(Merge),
    /// List the metrics: what they say, in which unit, and which bars fit.
    #[command(after_help = "Example:\n  plugin-eval metrics\n  plugin-eval metrics unauthorized_writes")]
    Metrics(Metrics),
    /// Show metrics over the runs of a history, and fail when one drifts.
    #[command(
        after_help = "Example:\n  plugin-eval run suites/release-reviewer --history history.jsonl\n  plugin-eval trend \
                            history.jsonl --drift in_scope=2% --drift unauthorized_writes=0"
    )]
    Trend(TrendArgs),
    /// Note approval prompts and their answers while you work with Codex, and bring them into a suite.
    #[command(
        subcommand,
        after_help = "Example:\n  plugin-eval recorder install\n  plugin-eval recorder apply suites/release-reviewer \
                      ~/.codex/plugin-eval/approvals.jsonl"
    )]
    Recorder(Recorder),
    /// Print the JSON Schema of a file format.
    #[command(after_help = "Example:\n  plugin-eval schema report > report.schema.json")]
    Schema(Schema),
    /// Print a completion script for a shell.
    #[command(
        after_help = "Example:\n  plugin-eval completions bash > ~/.local/share/bash-completion/completions/plugin-eval"
    )]
    Completions(Completions),
}

/// Folders and what of a suite is looked at; shared by the commands that replay.
#[derive(Clone, Debug, Args)]
pub(crate) struct Selection {
    /// Folder of the suite.
    pub(crate) suite: PathBuf,
    /// Only tasks whose name matches this pattern (`*` and `?` allowed); may be given several times.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) task: Vec<String>,
    /// Ask about this stage instead of the one where the plugin stands.
    #[arg(long, value_name = "NAME")]
    pub(crate) stage: Option<String>,
    /// Folder that holds the baselines of all suites.
    #[arg(long, value_name = "DIR")]
    pub(crate) baselines: Option<PathBuf>,
    /// Number of threads; 0 means one a core.
    #[arg(long, short = 'j', default_value_t = 0, value_name = "N")]
    pub(crate) jobs: usize,
    /// Do not run the plugin's hooks; their rulings become undetermined.
    #[arg(long)]
    pub(crate) no_hooks: bool,
    /// Judge waivers as of this day instead of today (YYYY-MM-DD).
    #[arg(long, value_name = "DATE")]
    pub(crate) today: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Folder of the suite to be; it must be new or empty.
    pub(crate) suite: PathBuf,
    /// Folder of the plugin, which holds .codex-plugin/plugin.json.
    #[arg(long, value_name = "DIR")]
    pub(crate) plugin: PathBuf,
    /// Codex configuration deployed with it: a folder such as ~/.codex, or a config.toml; several are layers, lowest
    /// first [default: what the plugin's repository holds].
    #[arg(long, value_name = "PATH")]
    pub(crate) codex: Vec<PathBuf>,
    /// The role card: reviewer, editor, investigator, operator, tester or writer [default: reviewer].
    #[arg(long, value_name = "NAME")]
    pub(crate) role: Option<String>,
    /// Name of the suite [default: that of the folder].
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Refer to the plugin's folder instead of copying it.
    #[arg(long)]
    pub(crate) link: bool,
    /// Copy this file in spite of a secret found in it, by its path in the suite; may be given several times.
    #[arg(long, value_name = "PATH")]
    pub(crate) allow_secret: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Folder of the suite.
    pub(crate) suite: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    #[command(flatten)]
    pub(crate) selection: Selection,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// Folder of the suite.
    pub(crate) suite: PathBuf,
    /// Name of the task.
    pub(crate) task: String,
    /// Id of the step (call id, or `prompt-1`), or its number from 1; without it all steps are listed.
    pub(crate) step: Option<String>,
    /// Ask about this stage instead of the one where the plugin stands.
    #[arg(long, value_name = "NAME")]
    pub(crate) stage: Option<String>,
    /// Do not run the plugin's hooks.
    #[arg(long)]
    pub(crate) no_hooks: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Mask {
    /// Files to mask: JSON lines, JSON or text, also compressed with zstd.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Where the masked file goes; `-` or nothing is standard output.
    #[arg(long, short, value_name = "FILE", conflicts_with = "in_place")]
    pub(crate) output: Option<PathBuf>,
    /// Replace the files themselves.
    #[arg(long)]
    pub(crate) in_place: bool,
    /// The suite whose key and mask.toml are used, so that marks are the same as in its tasks.
    #[arg(long, value_name = "DIR")]
    pub(crate) suite: Option<PathBuf>,
    /// File that holds the key of the marks; made when it is missing [default: of the suite, else of the user].
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// File with further rules [default: mask.toml of the suite].
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Option<PathBuf>,
    /// Change nothing; list what is not masked, by place and kind.
    #[arg(long, conflicts_with_all = ["output", "in_place"])]
    pub(crate) check: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Metrics {
    /// Only this one and its parts, whole.
    pub(crate) name: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// The report.json to read, or its folder.
    #[arg(value_name = "REPORT")]
    pub(crate) path: PathBuf,
    /// What to print [default: gate-md; terminal with --against].
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// Compare with this older report: its report.json, or its folder.
    #[arg(long, value_name = "OLD")]
    pub(crate) against: Option<PathBuf>,
    /// Exit with 1 when the report fell behind the older one, or lets more through; may be given several times.
    #[arg(long, value_enum, value_name = "WHAT", requires = "against")]
    pub(crate) fail_on: Vec<FailOn>,
}

/// What makes a comparison of two reports fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Quality that got worse beyond chance, or a bar that a single call breaks and that held before.
    Regression,
    /// A change that lets more through than before.
    Widened,
}

/// Formats that a report can be rendered in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// The gate page in Markdown.
    GateMd,
    /// The whole report in one page that works from disk.
    Html,
    /// Bars and sessions as test cases.
    Junit,
    /// Attempts outside of policy as SARIF 2.1.0.
    Sarif,
    /// A GitHub job summary, no longer than GitHub takes.
    Github,
    /// One row a task.
    TasksCsv,
    /// One row a call.
    CallsCsv,
    /// The prompts that no person has answered yet.
    ApprovalsCsv,
    /// A short summary for a terminal.
    Terminal,
    /// With --against: Markdown.
    Markdown,
    /// With --against: JSON.
    Json,
    /// With --against: one row a metric.
    Csv,
}

#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// Which format.
    #[arg(value_enum)]
    pub(crate) format: SchemaOf,
}

/// File formats with a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// `report.json`.
    Report,
    /// `baselines/<suite>/<task>.json`.
    Baseline,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// Which shell.
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}
