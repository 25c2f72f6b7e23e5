//! plugin-eval replays recorded Codex tasks through the boundary that a plugin declares, and gates its rollout.
//!
//! The data flow, top to bottom, is the order of the modules below. Each module may use only those above it;
//! `tests/it/architecture.rs` holds that.
//!
//! ```text
//! suites/<suite> -> Suite -> per Task (in parallel): Snapshot + Transcript + Boundary -> engine -> Replay
//!                -> Change against baselines/<suite> -> metrics -> gate -> reports/<suite>
//! ```
//!
//! | module | is |
//! |---|---|
//! | [`source`] | files, places in them, git snapshots, content hashes, atomic writing |
//! | [`finding`] | a problem with a place and a way out |
//! | [`mask`] | secrets, mail addresses and names taken out of what is written |
//! | [`action`] | what a recorded step attempts, and the effects it would have |
//! | [`decision`] | rulings of a boundary and verdicts of people |
//! | [`transcript`] | a recorded session as ordered steps |
//! | [`plugin`] | the bundle and the Codex configuration deployed with it |
//! | [`boundary`] | what these allow, ask and deny |
//! | [`recorder`] | logs of approval prompts, and the hook that writes one |
//! | [`suite`] | role, plugin, tasks and stages of a suite folder |
//! | [`replay`] | the engine's output for one task, in memory and on disk |
//! | [`engine`] | judges recorded steps against a boundary |
//! | [`patch`] | what sessions made of their snapshots, and what became of it |
//! | [`baseline`] | accepted replays |
//! | [`diff`] | what changed since, and why |
//! | [`metrics`] | numbers with samples and evidence |
//! | [`gate`] | bars, stages, waivers, verdict |
//! | [`report`] | the files a run writes |
//! | [`history`] | metrics over runs |
//! | [`import`] | from recordings as they lie about to the tasks of a suite |
//! | [`sheet`] | decisions of people as rows of a spreadsheet |
//!
//! The command line (`cli`, declared by `main.rs` alone) parses, dispatches and maps results to exit codes.

pub mod source;
pub mod finding;
pub mod mask;
pub mod action;
pub mod decision;
pub mod plugin;
pub mod boundary;
pub mod transcript;
pub mod recorder;
pub mod suite;
pub mod replay;
pub mod engine;
pub mod patch;
pub mod baseline;
pub mod diff;
pub mod metrics;
pub mod gate;
pub mod report;
pub mod history;
pub mod import;
pub mod sheet;
