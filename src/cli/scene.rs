use std::path::Path;

use plugin_eval::engine::{HookSettings, NativeEngine};
use plugin_eval::finding::{Finding, Severity, closest};
use plugin_eval::gate::Gate;
use plugin_eval::plugin::Plugin;
use plugin_eval::suite::Suite;

/// A suite with all that is needed to judge its tasks.
pub(crate) struct Scene {
    pub(crate) suite: Suite,
    pub(crate) plugin: Plugin,
    pub(crate) gate: Gate,
}

impl Scene {
    /// Reads a suite, its plugin and its bars; all problems go to `findings`. `None` when one of them cannot be
    /// used. `stage` takes the place of the stage where the plugin stands.
    pub(crate) fn load(folder: &Path, stage: Option<&str>, findings: &mut Vec<Finding>) -> Option<Self> {
        let mut suite = Suite::read(folder, findings)?;
        if let Some(name) = stage {
            suite.current = find_stage(&suite, name, findings)?;
        }
        let missing = findings.iter().any(|finding| finding.code == "missing-file");
        // What suite.toml names and is not there has been reported once.
        let plugin = if missing { None } else { Plugin::load(&suite.plugin, findings) };
        let gate = Gate::new(&suite, findings)?;
        let scene = Self { plugin: plugin?, gate, suite };
        (!unusable(findings)).then_some(scene)
    }

    /// The engine for this scene; problems of the boundary go to `findings`.
    pub(crate) fn engine(&self, run_hooks: bool, findings: &mut Vec<Finding>) -> NativeEngine<'_> {
        NativeEngine::new(&self.suite, &self.plugin, &self.hook_settings(run_hooks), findings)
    }

    /// How hooks are run.
    pub(crate) fn hook_settings(&self, run_hooks: bool) -> HookSettings {
        HookSettings {
            binary: std::env::current_exe().ok(),
            run: run_hooks && self.suite.hooks.run != Some(false),
            limits: self.suite.hooks.clone(),
        }
    }
}

fn find_stage(suite: &Suite, name: &str, findings: &mut Vec<Finding>) -> Option<usize> {
    let found = suite.stages.iter().position(|stage| stage.name == name);
    if found.is_none() {
        let names = suite.stages.iter().map(|stage| stage.name.as_str());
        let help = match closest(name, names.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known stages: {}", names.collect::<Vec<_>>().join(", ")),
        };
        findings.push(Finding::error("unknown-stage", format!("the suite has no stage `{name}`")).help(help));
    }
    found
}

/// Does one of the findings keep the suite from being used?
pub(crate) fn unusable(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}
