//! Baselines: replays that a person has accepted, one file a task, kept under version control.
//!
//! `baselines/<suite>/<task>.json` holds every repeat of the task, so that one file is reviewed and accepted as
//! one. Its header stands one field a line and its steps one step a line: a code review shows what moved. Stored
//! is only what a second run of the same inputs gives again; hook output and notes about the recording are left
//! out. The file says with which version of plugin-eval its format came, so that an older one can say what it
//! needs.

mod file;
mod folder;
mod read;
#[cfg(test)]
mod tests;

pub use file::{BaselineV1, FORMAT, SINCE, render};
pub use folder::{Folder, Stored, file_name};
pub use read::parse;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::replay::Replay;

/// The accepted replays of one task.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    /// Name of the task.
    pub task: String,
    /// Who accepted it and why, where that was said.
    pub accepted: Option<Acceptance>,
    /// The replays, by rising repeat.
    pub replays: Vec<Replay>,
}

/// Who accepted a baseline and why. There is no date in it: version control knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// The person.
    pub by: String,
    /// Why it is fine.
    pub reason: String,
}

impl Baseline {
    /// A baseline of these replays, without what is not stored.
    pub fn of(task: &str, mut replays: Vec<Replay>, accepted: Option<Acceptance>) -> Self {
        for replay in &mut replays {
            trim(replay);
        }
        replays.sort_by_key(|replay| replay.repeat);
        Self { task: task.to_owned(), accepted, replays }
    }

    /// The replay of this repeat.
    pub fn replay(&self, repeat: u32) -> Option<&Replay> {
        self.replays.iter().find(|replay| replay.repeat == repeat)
    }

    /// The whole file.
    pub fn render(&self) -> Vec<u8> {
        render(&self.task, self.accepted.as_ref(), &self.replays)
    }
}

/// Takes out what baselines do not store: hook output, which may name temporary files, and notes, which may
/// depend on the machine.
pub fn trim(replay: &mut Replay) {
    replay.notes.clear();
    for hook in replay.steps.iter_mut().flat_map(|step| &mut step.hooks) {
        hook.detail.clear();
    }
}
