//! What is under test: the bundle as Codex loads it, and the Codex configuration deployed with it.

pub mod config;

pub use config::Config;
