//! The integration tests: one binary, one file per behaviour.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up should panic")]

mod accept;
mod against;
mod architecture;
mod broken_suite;
mod broken_task;
mod browser;
mod bundled_suites;
mod cell;
mod clones;
mod codex_engine;
mod decisions;
mod explain;
mod foreign;
mod formats;
mod gate;
mod hook;
mod hostile_text;
mod import;
mod init;
mod jail;
mod jailed_codex;
mod life;
mod live;
mod look;
mod mask;
mod masked;
mod nightly;
mod odd_clones;
mod patches;
mod program;
mod project;
mod real_sessions;
mod recordings;
mod recorder;
mod regression;
#[cfg(unix)]
mod review;
mod role_hooks;
mod rules;
mod schemas;
mod selection;
#[cfg(unix)]
mod terminal;
mod tightened;
mod waiver;
