//! Runs: of a whole suite, of a part, and over time.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use plugin_eval::suite::{Partition, Suite};

use super::{EngineArgs, Selection};

#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) selection: Selection,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    #[command(flatten)]
    pub(crate) output: Output,
    /// Judge one of several equal parts, for several machines: 2/8 is the second of eight. `merge` joins them.
    #[arg(long, value_name = "N/M")]
    pub(crate) partition: Option<Partition>,
}

/// Where a report goes.
#[derive(Clone, Debug, Args)]
pub(crate) struct Output {
    /// Folder that the reports of all suites are written into.
    #[arg(long, value_name = "DIR")]
    pub(crate) reports: Option<PathBuf>,
    /// In a GitHub workflow: write the job summary and annotate the files that decided.
    #[arg(long)]
    pub(crate) github: bool,
    /// Append a line about this run to a file, for `trend`.
    #[arg(long, value_name = "FILE")]
    pub(crate) history: Option<PathBuf>,
    /// Name of this run in the history, such as a build number.
    #[arg(long, value_name = "TEXT", requires = "history")]
    pub(crate) label: Option<String>,
}

impl Output {
    /// Folder of a suite's report.
    pub(crate) fn folder(&self, suite: &Suite) -> PathBuf {
        self.reports.clone().unwrap_or_else(|| suite.home().join("reports")).join(&suite.name)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// Folder of the suite.
    pub(crate) suite: PathBuf,
    /// The parts [default: all in `parts` beside the report].
    pub(crate) parts: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) output: Output,
    /// The stage that the parts were judged at, instead of the suite's own.
    #[arg(long, value_name = "NAME")]
    pub(crate) stage: Option<String>,
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

/// How a trend is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TrendFormat {
    /// Lines of bars.
    Terminal,
    /// A row for each run and metric.
    Csv,
    /// A page of plots that works from disk.
    Html,
}

#[derive(Debug, Args)]
pub(crate) struct TrendArgs {
    /// File that `run --history` wrote.
    pub(crate) history: PathBuf,
    /// Only this suite.
    #[arg(long, value_name = "NAME")]
    pub(crate) suite: Option<String>,
    /// Only this stage.
    #[arg(long, value_name = "NAME")]
    pub(crate) stage: Option<String>,
    /// Only this metric; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub(crate) metric: Vec<String>,
    /// How many of the newest runs are looked at.
    #[arg(long, default_value_t = 30, value_name = "N")]
    pub(crate) last: usize,
    /// Fail when the newest run is worse by more than this: `in_scope=2%`, `unauthorized_writes=0`; may be given several
    /// times.
    #[arg(long, value_name = "METRIC=AMOUNT")]
    pub(crate) drift: Vec<String>,
    /// Drift is measured against the median of so many runs before the newest.
    #[arg(long, default_value_t = 7, value_name = "N")]
    pub(crate) window: usize,
    /// How it is shown.
    #[arg(long, value_enum, default_value_t = TrendFormat::Terminal)]
    pub(crate) format: TrendFormat,
}
