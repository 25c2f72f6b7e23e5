//! The recorder of approval prompts.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What to do about the recorder.
#[derive(Debug, Subcommand)]
pub(crate) enum Recorder {
    /// Add the recorder's hooks to Codex, behind those that are there.
    Install {
        #[command(flatten)]
        site: RecorderSite,
        /// Leave it to you to trust the hooks (`/hooks` in `codex`); until then Codex passes over them.
        #[arg(long)]
        no_trust: bool,
    },
    /// Take the recorder's hooks out again; the log stays.
    Uninstall {
        #[command(flatten)]
        site: RecorderSite,
    },
    /// Say whether the hooks are installed and trusted, and what the log holds.
    Status {
        #[command(flatten)]
        site: RecorderSite,
    },
    /// Fill in approvals of a suite's tasks from logs; what a person wrote stays.
    Apply(RecorderApply),
}

/// Where the recorder is.
#[derive(Debug, Args)]
pub(crate) struct RecorderSite {
    /// Folder of Codex's configuration [default: $CODEX_HOME, then ~/.codex].
    #[arg(long, value_name = "DIR")]
    pub(crate) codex_home: Option<PathBuf>,
    /// The log [default: plugin-eval/approvals.jsonl in the folder of Codex's configuration].
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,
    /// Only for sessions in this project: its .codex/hooks.json holds the hooks. Codex must trust the project.
    #[arg(long, value_name = "DIR")]
    pub(crate) project: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct RecorderApply {
    /// Folder of the suite.
    pub(crate) suite: PathBuf,
    /// Logs of the recorder, OTLP logs in JSON, or transcripts of `codex app-server`; plain, gzip or zstd.
    #[arg(required = true, value_name = "LOG")]
    pub(crate) logs: Vec<PathBuf>,
    /// Say what would be written, and write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}
