use std::io::Write;

use plugin_eval::baseline::Folder;
use plugin_eval::diff::{State, TaskDiff};
use plugin_eval::engine::in_order;
use plugin_eval::gate::ExitCode;
use plugin_eval::metrics::Waivers;
use plugin_eval::report::v1::SuiteV1;
use plugin_eval::report::{changes, escape};

use super::args::{Diff, Look};
use super::engine::Engine;
use super::scene::{Scene, unusable};
use super::selection::pool;
use super::survey::Survey;
use super::{diagnostics, progress};

/// Shows what changed since the baselines. Writes nothing.
pub(crate) fn diff(args: &Diff, look: Look) -> anyhow::Result<ExitCode> {
    let selection = &args.selection;
    let mut findings = Vec::new();
    let Some(scene) = Scene::load(&selection.suite, selection.stage.as_deref(), &mut findings) else {
        diagnostics::print(&findings, &mut look.stderr())?;
        return Ok(ExitCode::Unusable);
    };
    let suite = &scene.suite;
    let tasks = selection.tasks(suite)?;
    let engine = Engine::Native(scene.engine(!selection.no_hooks, &mut findings));
    if unusable(&findings) {
        diagnostics::print(&findings, &mut look.stderr())?;
        return Ok(ExitCode::Unusable);
    }
    let baselines = Folder::of(suite, selection.baselines.as_deref());
    let survey = Survey {
        suite,
        engine,
        baselines,
        waivers: Waivers::default(),
        header: SuiteV1::default(),
        patches: None,
    };
    let bar = progress::bar(tasks.len(), look);
    let mut diffs: Vec<TaskDiff> = Vec::new();
    let mut broken = Vec::new();
    pool(selection.jobs)?.install(|| {
        in_order(
            tasks.len(),
            |at| survey.diff_of(tasks[at]),
            |found| {
                bar.inc(1);
                match found {
                    Ok(diff) => diffs.push(diff),
                    Err(problems) => broken.extend(problems),
                }
                Ok::<(), std::convert::Infallible>(())
            },
        )
    })?;
    bar.finish_and_clear();
    diagnostics::print(&broken, &mut look.stderr())?;
    let text = if look.quiet {
        counts(&diffs)
    } else {
        changes(&diffs, &selection.suite.display().to_string(), look.colour())
    };
    look.stdout().write_all(text.as_bytes())?;
    let changed = diffs.iter().any(|diff| diff.state == State::Changed);
    Ok(match (broken.is_empty(), changed) {
        (false, _) => ExitCode::Broken,
        (true, true) => ExitCode::Fails,
        (true, false) => ExitCode::Holds,
    })
}

/// One line for each task that is not as it was accepted.
fn counts(diffs: &[TaskDiff]) -> String {
    let changed = diffs.iter().filter(|diff| diff.state != State::Same);
    let lines = changed.map(|diff| {
        let name = escape::line(&diff.task);
        match (diff.state, diff.changes.len()) {
            (State::NoBaseline, _) => format!("{name}: no baseline yet\n"),
            (_, 1) => format!("{name}: 1 change\n"),
            (_, count) => format!("{name}: {count} changes\n"),
        }
    });
    lines.collect()
}
