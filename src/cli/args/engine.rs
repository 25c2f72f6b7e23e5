//! Who rules.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Who rules on recorded calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineName {
    /// This program, without starting anything but the plugin's hooks.
    Native,
    /// The real Codex CLI: every task is played to it again.
    Codex,
    /// Both, compared with each other; the report is the native engine's.
    Both,
    /// New sessions for the tasks, with a model provider of your own; needs --allow-network.
    Live,
}

/// Which engine, and what it needs.
#[derive(Clone, Debug, Args)]
pub(crate) struct EngineArgs {
    /// Who rules on recorded calls.
    #[arg(long, value_enum, default_value_t = EngineName::Native, value_name = "ENGINE")]
    pub(crate) engine: EngineName,
    /// The Codex CLI, for engines that ask it [default: $PLUGIN_EVAL_CODEX, then `codex` on PATH].
    #[arg(long, value_name = "PATH")]
    pub(crate) codex: Option<PathBuf>,
    /// Seconds that the Codex CLI may take for one task.
    #[arg(long, default_value_t = 120, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(crate) time_limit: u32,
    /// For --engine live: let the Codex CLI reach the network of this machine.
    #[arg(long)]
    pub(crate) allow_network: bool,
    /// For --engine live: file with `model`, `model_provider` and `[model_providers.<name>]` as in config.toml; keys
    /// stay in the environment.
    #[arg(long, value_name = "FILE")]
    pub(crate) provider: Option<PathBuf>,
    /// For --engine live: tokens that all tasks together may spend.
    #[arg(long, value_name = "TOKENS")]
    pub(crate) budget: Option<u64>,
    /// For --engine live: start the plugin's own MCP servers instead of stubs that answer from the recording.
    #[arg(long)]
    pub(crate) real_mcp: bool,
    /// For --engine live: folder for the new sessions [default: `live` beside the report].
    #[arg(long, value_name = "DIR")]
    pub(crate) sessions: Option<PathBuf>,
}
