//! Recordings that the real CLI wrote itself while it ruled: judged natively, they must give the rulings that it made.
//!
//! The recordings of scenarios know of no boundary; these were made inside of one, as those of users are.

use std::path::Path;

use super::lay;
use super::row::Row;
use super::scenario::{OneCall, Scenario, Step};
use super::suite::{Asked, Laid};

/// Does what the CLI records tell all that the rulings hang on? What automatic reviews say is not recorded.
pub(crate) fn is_whole(scenario: &Scenario) -> bool {
    let reviewed = |call: &OneCall| matches!(call, OneCall::Full(call) if call.guardian.is_some());
    let turns = scenario.turns();
    let steps = turns.iter().flat_map(|turn| &turn.steps).chain(scenario.agents.values().flatten());
    !steps.flat_map(Step::calls).any(reviewed)
}

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
