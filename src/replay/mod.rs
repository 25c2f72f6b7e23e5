//! What the engine found out about one task: every step's ruling and scope.
//!
//! A [`Replay`] is the only thing that baselines, metrics and reports read. [`v1`] is its form on disk.

pub mod json;
mod patch;
#[cfg(test)]
pub(crate) mod sample;
mod step;
pub mod v1;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use patch::{CoverageChange, Formatted, MAX_NAMED, Merge, Patch, Repair, RepairKind, TestsChange};
pub use step::{EffectRow, HookRow, Human, ReplayStep, StepKind};

pub use crate::suite::AgentFinding;

use crate::finding::Finding;
use crate::source::ContentHash;
use crate::transcript::Usage;

/// One task, judged under one stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// Name of the task.
    pub task: String,
    /// Which of several recorded sessions of the task, from 1.
    pub repeat: u32,
    /// Name of the stage whose mode was in force.
    pub stage: String,
    /// Hashes of everything that the replay depends on, by name; see [`Input`].
    pub inputs: Inputs,
    /// The agent's outcome in the role's vocabulary, read from its last message.
    pub outcome: Option<String>,
    /// The agent's findings, read from its last message.
    pub findings: Vec<AgentFinding>,
    /// The session ended in a message of the agent, not in an abort or in the middle.
    pub finished: bool,
    /// Tokens spent, sub-agents included.
    pub usage: Usage,
    /// Skills of the plugin that the session used, as `<plugin>:<skill>`; sorted.
    pub skills: Vec<String>,
    /// What it made of the files of its snapshot; `None` where it made nothing and nothing was merged.
    pub patch: Option<Box<Patch>>,
    /// Steps in order; a sub-agent's follow the call that started it.
    pub steps: Vec<ReplayStep>,
    /// What was odd about the recording or could not be judged.
    pub notes: Vec<Finding>,
}

/// Hashes of inputs by name, in a stable order.
pub type Inputs = BTreeMap<Input, ContentHash>;

/// The inputs that a replay depends on; a difference between replays is traced to those whose hash changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// Manifest, skills and MCP declarations of the plugin.
    Plugin,
    /// The `config.toml` layers.
    Config,
    /// The `.rules` files.
    Rules,
    /// Hook declarations and all files that hooks may run.
    Hook,
    /// `requirements.toml`.
    Requirements,
    /// The stage's mode and the role's output contract.
    Stage,
    /// The recorded session or sessions.
    Recording,
    /// The task's `task.toml`.
    Decision,
    /// The snapshot: repository name and commit.
    Snapshot,
    /// The engine's rules: changes when a new version judges differently.
    Engine,
}

impl Input {
    /// Kebab-case name, as in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plugin => "plugin",
            Self::Config => "config",
            Self::Rules => "rules",
            Self::Hook => "hook",
            Self::Requirements => "requirements",
            Self::Stage => "stage",
            Self::Recording => "recording",
            Self::Decision => "decision",
            Self::Snapshot => "snapshot",
            Self::Engine => "engine",
        }
    }
}

/// How much of a recording is still valid evidence under the boundary.
///
/// The first call that the boundary treats otherwise than the recording did (it stops what ran, or lets run what
/// was stopped) is the divergence: the agent would have seen another answer, so later steps are counterfactual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fidelity {
    /// Steps up to and including the one that diverges.
    pub before: u32,
    /// All steps.
    pub steps: u32,
}

impl Fidelity {
    /// Share of steps before divergence, 1 for a replay without steps.
    pub fn ratio(self) -> f64 {
        if self.steps == 0 { 1.0 } else { f64::from(self.before) / f64::from(self.steps) }
    }
}

impl Replay {
    /// Steps before divergence and in all.
    pub fn fidelity(&self) -> Fidelity {
        let before = self.steps.iter().filter(|step| !step.after_divergence).count() as u32;
        Fidelity { before, steps: self.steps.len() as u32 }
    }
}
