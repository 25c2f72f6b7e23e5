//! What people decide: about changes, outcomes, prompts and findings.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Selection;

#[derive(Debug, Args)]
pub(crate) struct Review {
    /// Folder of the suite.
    pub(crate) suite: PathBuf,
    /// Only tasks whose name matches this pattern (`*` and `?` allowed); may be given several times.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) task: Vec<String>,
    /// Who reviews; asked for if absent.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// Why changes are accepted; asked for each if absent.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Ask again about what was rejected.
    #[arg(long)]
    pub(crate) rejected: bool,
    /// Folder that holds the baselines of all suites.
    #[arg(long, value_name = "DIR")]
    pub(crate) baselines: Option<PathBuf>,
    /// Number of threads; 0 means one a core.
    #[arg(long, short = 'j', default_value_t = 0, value_name = "N")]
    pub(crate) jobs: usize,
    /// Judge waivers as of this day instead of today (YYYY-MM-DD).
    #[arg(long, value_name = "DATE")]
    pub(crate) today: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Accept {
    /// Folder of the suite.
    pub(crate) suite: PathBuf,
    /// Accept everything that changed in this task; may be given several times.
    #[arg(long, value_name = "NAME", required_unless_present_any = ["all", "change"], conflicts_with = "all")]
    pub(crate) task: Vec<String>,
    /// Accept one change, by the id that `diff` shows; may be given several times.
    #[arg(long, value_name = "ID", conflicts_with = "all")]
    pub(crate) change: Vec<String>,
    /// Accept every task of the suite.
    #[arg(long)]
    pub(crate) all: bool,
    /// Why this is right; kept in the baseline.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Who accepts; kept in the baseline.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: String,
    /// Folder that holds the baselines of all suites.
    #[arg(long, value_name = "DIR")]
    pub(crate) baselines: Option<PathBuf>,
    /// Number of threads; 0 means one a core.
    #[arg(long, short = 'j', default_value_t = 0, value_name = "N")]
    pub(crate) jobs: usize,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Decisions {
    /// Write a sheet with a row for each outcome, prompt and finding that nobody has decided.
    #[command(
        after_help = "Example:\n  plugin-eval decisions export suites/release-reviewer -o decisions.csv --dialect \
                            semicolon --bom"
    )]
    Export(ExportDecisions),
    /// Write the verdicts of sheets into the tasks. Earlier decisions stay.
    #[command(
        after_help = "Example:\n  plugin-eval decisions import suites/release-reviewer decisions.csv --dry-run"
    )]
    Import(ImportDecisions),
}

/// How a sheet is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SheetDialect {
    /// Commas between cells.
    Comma,
    /// Semicolons, for spreadsheets where the comma is the decimal sign.
    Semicolon,
    /// Tabs.
    Tab,
}

#[derive(Debug, Args)]
pub(crate) struct ExportDecisions {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// File to write [default: standard output].
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Also what is decided already, with the decisions filled in.
    #[arg(long)]
    pub(crate) all: bool,
    /// What stands between cells.
    #[arg(long, value_enum, default_value_t = SheetDialect::Comma, value_name = "DIALECT")]
    pub(crate) dialect: SheetDialect,
    /// Begin with a byte order mark and end lines with CRLF, for Excel.
    #[arg(long)]
    pub(crate) bom: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ImportDecisions {
    /// Folder of the suite.
    pub(crate) suite: PathBuf,
    /// The sheets.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Who decided, for rows that name nobody.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// Replace earlier decisions that say otherwise; the reason is kept with the new ones.
    #[arg(long, value_name = "REASON")]
    pub(crate) replace: Option<String>,
    /// Write nothing if a single row has a problem.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Only say what would be written.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not run the plugin's hooks.
    #[arg(long)]
    pub(crate) no_hooks: bool,
    /// Number of threads; 0 means one a core.
    #[arg(long, short = 'j', default_value_t = 0, value_name = "N")]
    pub(crate) jobs: usize,
}
