//! The integration tests: one binary, one file per behaviour.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up should panic")]

mod architecture;
mod cell;
mod hook;
mod bundled_suites;
