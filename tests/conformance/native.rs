//! The native engine on a scenario's suite.

use std::path::{Path, PathBuf};

use plugin_eval::boundary::Boundary;
use plugin_eval::engine::{HookSettings, NativeEngine};
use plugin_eval::finding::{Finding, Severity};
use plugin_eval::plugin::Plugin;
use plugin_eval::suite::Suite;

use super::row::Row;

/// Judges the task of a suite folder; an unusable suite gives its problems.
pub(crate) fn judge(folder: &Path) -> Result<Vec<Row>, String> {
    let mut findings = Vec::new();
    let suite = Suite::load(folder, &mut findings).ok_or_else(|| told(&findings))?;
    let plugin = Plugin::load(&suite.plugin, &mut findings).ok_or_else(|| told(&findings))?;
    let settings = HookSettings {
        binary: Some(PathBuf::from(env!("CARGO_BIN_EXE_plugin-eval"))),
        run: true,
        limits: suite.hooks.clone(),
    };
    let engine = NativeEngine::new(&suite, &plugin, &settings, &mut findings);
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(told(&findings));
    }
    let boundary = Boundary::compile(&plugin, suite.stages[0].mode.as_deref(), &mut findings);
    let task = suite.task(0).map_err(|findings| told(&findings))?;
    let replays = engine.replay(&task).map_err(|findings| told(&findings))?;
    let replay = replays.repeats.first().and_then(|stages| stages.first()).ok_or("there is no replay")?;
    let open = boundary.sandbox.is_unrestricted();
    Ok(replay.steps.iter().filter_map(|step| Row::of(step, open)).collect())
}

fn told(findings: &[Finding]) -> String {
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    let texts: Vec<String> = errors
        .map(|finding| {
            format!(
                "{}: {}",
                finding.place.as_ref().map_or(String::new(), ToString::to_string),
                finding.message
            )
        })
        .collect();
    texts.join("; ")
}
