//! A laid suite, read, and both engines on it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use plugin_eval::boundary::Boundary;
use plugin_eval::engine::codex::{CodexEngine, CodexProgram, CodexSettings};
use plugin_eval::engine::{HookSettings, NativeEngine, TaskReplays};
use plugin_eval::finding::{Finding, Severity};
use plugin_eval::plugin::Plugin;
use plugin_eval::suite::{Suite, Task};
use plugin_eval::transcript::Recording;

use super::row::Row;

/// Wall time of the real CLI for one scenario.
const LIMIT: Duration = Duration::from_mins(2);

/// What the real CLI says.
pub(crate) struct Asked {
    /// Its rulings.
    pub(crate) rows: Vec<Row>,
    /// Calls on which the native engine's ruling was taken over, with the reason.
    pub(crate) adopted: Vec<String>,
    /// What it recorded.
    pub(crate) recordings: Vec<Recording>,
}

/// A suite folder with one task.
pub(crate) struct Laid {
    suite: Suite,
    plugin: Plugin,
    task: Task,
    /// There is no sandbox to be outside of.
    open: bool,
}

impl Laid {
    /// Reads a suite folder; an unusable suite gives its problems.
    pub(crate) fn read(folder: &Path) -> Result<Self, String> {
        let mut findings = Vec::new();
        let suite = Suite::load(folder, &mut findings).ok_or_else(|| told(&findings))?;
        let plugin = Plugin::load(&suite.plugin, &mut findings).ok_or_else(|| told(&findings))?;
        let boundary = Boundary::compile(&plugin, suite.stages[0].mode.as_deref(), &mut findings);
        if findings.iter().any(|finding| finding.severity == Severity::Error) {
            return Err(told(&findings));
        }
        let task = suite.task(0).map_err(|findings| told(&findings))?;
        Ok(Self { open: boundary.sandbox.is_unrestricted(), suite, plugin, task })
    }

    /// What the native engine rules.
    pub(crate) fn native(&self) -> Result<Vec<Row>, String> {
        let mut findings = Vec::new();
        let engine = NativeEngine::new(&self.suite, &self.plugin, &self.hooks(), &mut findings);
        let replays = engine.replay(&self.task).map_err(|findings| told(&findings))?;
        self.rows(&replays)
    }

    /// What the real CLI rules.
    pub(crate) fn codex(&self, program: &CodexProgram, thorough: bool) -> Result<Asked, String> {
        let mut findings = Vec::new();
        let settings = CodexSettings { binary: binary(), program: program.clone(), limit: LIMIT, thorough };
        let engine = CodexEngine::new(&self.suite, &self.plugin, &self.hooks(), settings, &mut findings);
        let played = engine.replay(&self.task).map_err(|findings| told(&findings))?;
        let adopted = played.agreement.adopted.iter();
        let adopted = adopted.map(|unclear| format!("{}: {}", unclear.step, unclear.reason)).collect();
        Ok(Asked { rows: self.rows(&played.replays)?, adopted, recordings: played.recordings })
    }

    fn hooks(&self) -> HookSettings {
        HookSettings { binary: Some(binary()), run: true, limits: self.suite.hooks.clone() }
    }

    fn rows(&self, replays: &TaskReplays) -> Result<Vec<Row>, String> {
        let replay = replays.repeats.first().and_then(|stages| stages.first()).ok_or("there is no replay")?;
        Ok(replay.steps.iter().filter_map(|step| Row::of(step, self.open)).collect())
    }
}

fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_plugin-eval"))
}

fn told(findings: &[Finding]) -> String {
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    let texts: Vec<String> = errors
        .map(|finding| {
            let place = finding.place.as_ref().map_or(String::new(), ToString::to_string);
            format!("{place}: {}", finding.message)
        })
        .collect();
    texts.join("; ")
}
