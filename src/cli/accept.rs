use std::collections::BTreeSet;
use std::io::Write;

use anyhow::{Context, bail};
use plugin_eval::baseline::{Acceptance, Baseline, Folder};
use plugin_eval::diff;
use plugin_eval::engine::in_order;
use plugin_eval::finding::{Finding, closest};
use plugin_eval::gate::ExitCode;
use plugin_eval::replay::Replay;
use plugin_eval::report::escape;
use plugin_eval::suite::Suite;

use super::args::{Accept, Look};
use super::diagnostics;
use super::scene::{Scene, unusable};
use super::selection::pool;

/// Accepts the present replays as baselines. A person does that; where `CI` is set it refuses.
pub(crate) fn accept(args: &Accept, look: Look) -> anyhow::Result<ExitCode> {
    if std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false") {
        bail!("a baseline is accepted by a person, not by CI (the variable CI is set)");
    }
    if args.reason.trim().is_empty() || args.by.trim().is_empty() {
        bail!("an acceptance needs a reason and a name");
    }
    let mut findings = Vec::new();
    let Some(scene) = Scene::load(&args.suite, None, &mut findings) else {
        diagnostics::print(&findings, &mut look.stderr())?;
        return Ok(ExitCode::Unusable);
    };
    let suite = &scene.suite;
    if suite.baselines != suite.name {
        bail!("this suite is compared with the baselines of `{}`; accept there", suite.baselines);
    }
    let tasks = chosen(args, suite)?;
    let engine = scene.engine(true, &mut findings);
    if unusable(&findings) {
        diagnostics::print(&findings, &mut look.stderr())?;
        return Ok(ExitCode::Unusable);
    }
    let folder = Folder::of(suite, args.baselines.as_deref());
    let mut written = 0;
    let mut broken: Vec<Finding> = Vec::new();
    let mut unknown: BTreeSet<String> = args.change.iter().cloned().collect();
    let work = |at: usize| -> Result<(String, Vec<Replay>), Vec<Finding>> {
        let task = suite.task(tasks[at])?;
        let stages = engine.replay(&task)?.repeats.into_iter();
        let current = stages.filter_map(|stages| stages.into_iter().nth(suite.current));
        Ok((task.name.clone(), current.collect()))
    };
    pool(args.jobs)?.install(|| {
        in_order(tasks.len(), work, |result| {
            match result {
                Ok((task, replays)) => {
                    let replays = match chosen_changes(args, &folder, &task, &replays, &mut unknown) {
                        Ok(Some(merged)) => merged,
                        Ok(None) => return Ok(()),
                        Err(problems) => {
                            broken.extend(problems);
                            return Ok(());
                        }
                    };
                    let accepted = Acceptance { by: args.by.clone(), reason: args.reason.clone() };
                    let problem = newer(&folder, &task);
                    written += usize::from(problem.is_none() && store(&folder, &task, replays, accepted)?);
                    broken.extend(problem);
                }
                Err(problems) => broken.extend(problems),
            }
            anyhow::Ok(())
        })
    })?;
    diagnostics::print(&broken, &mut look.stderr())?;
    let shown = folder.path().display().to_string();
    writeln!(look.stdout(), "{written} baselines written to {}", escape::line(&shown))?;
    if let Some(id) = unknown.first() {
        bail!("there is no change `{id}`; `plugin-eval diff` lists them");
    }
    Ok(if broken.is_empty() { ExitCode::Holds } else { ExitCode::Broken })
}

/// The replays to store for a task: all of what it is now, or the baseline with the chosen changes; `None` when it
/// has none of these.
fn chosen_changes(
    args: &Accept,
    folder: &Folder,
    task: &str,
    now: &[Replay],
    unknown: &mut BTreeSet<String>,
) -> Result<Option<Vec<Replay>>, Vec<Finding>> {
    if args.change.is_empty() || args.task.iter().any(|name| name == task) {
        return Ok(Some(now.to_vec()));
    }
    let Some(stored) = folder.read(task).map_err(|finding| vec![finding])? else { return Ok(None) };
    let before = stored.parse()?;
    let found = diff::task(&before, now);
    let ids: Vec<&str> = found.changes.iter().map(|change| change.id.as_str()).collect();
    let mine: Vec<&str> =
        args.change.iter().map(String::as_str).filter(|wanted| ids.contains(wanted)).collect();
    if mine.is_empty() {
        return Ok(None);
    }
    for id in &mine {
        unknown.remove(*id);
    }
    let merge = |replay: &Replay| match before.replay(replay.repeat) {
        Some(old) => diff::accept(old, replay, |change| mine.contains(&change.id.as_str())),
        None => replay.clone(),
    };
    Ok(Some(now.iter().map(merge).collect()))
}

/// A damaged baseline may be accepted anew; one of a newer version is not this version's to replace.
fn newer(folder: &Folder, task: &str) -> Option<Finding> {
    let problems = folder.read(task).ok()??.parse().err()?;
    problems.into_iter().find(|finding| finding.code == "newer-format")
}

/// Writes a baseline unless the one there already says the same; then who accepted it stays.
fn store(folder: &Folder, task: &str, replays: Vec<Replay>, accepted: Acceptance) -> anyhow::Result<bool> {
    if let Ok(Some(stored)) = folder.read(task)
        && stored.holds(&replays)
    {
        return Ok(false);
    }
    folder
        .write(&Baseline::of(task, replays, Some(accepted)))
        .with_context(|| format!("baseline of {task}"))?;
    Ok(true)
}

fn chosen(args: &Accept, suite: &Suite) -> anyhow::Result<Vec<usize>> {
    if args.all || !args.change.is_empty() {
        return Ok((0..suite.task_count()).collect());
    }
    let mut tasks = Vec::new();
    for name in &args.task {
        let Some(index) = suite.find_task(name) else {
            match closest(name, suite.task_names()) {
                Some(near) => bail!("the suite has no task `{name}`; did you mean `{near}`?"),
                None => bail!("the suite has no task `{name}`"),
            }
        };
        tasks.push(index);
    }
    tasks.sort_unstable();
    tasks.dedup();
    Ok(tasks)
}
