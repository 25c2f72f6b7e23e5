//! Judging by the real Codex CLI.

pub mod jail;
