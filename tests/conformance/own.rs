//! Recordings that the real CLI wrote itself while it ruled: judged natively, they must give the rulings that it made.
//!
//! The recordings of scenarios know of no boundary; these were made inside of one, as those of users are.

use std::path::Path;

use super::lay;
use super::row::Row;
use super::scenario::Scenario;
use super::suite::{Asked, Laid};

/// What the native engine rules on the recordings that the CLI left.
pub(crate) fn judge(scenario: &Scenario, asked: &Asked, folder: &Path) -> Result<Vec<Row>, String> {
    lay::lay_recorded(scenario, &asked.recordings, folder).map_err(|error| error.to_string())?;
    Laid::read(folder)?.native()
}

/// Is this a call that keeps its name? What hooks keep from happening is not recorded, and calls of scripts have ids of
/// Codex's own.
pub(crate) fn keeps_name(call: &str) -> bool {
    call.strip_prefix('c').is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}
