use std::io::Write;

use plugin_eval::baseline::Folder;
use plugin_eval::engine::in_order;
use plugin_eval::gate::ExitCode;
use plugin_eval::metrics::Waivers;
use plugin_eval::patch::Patches;
use plugin_eval::report::{PART_FORMAT, PartHead, part_line};
use plugin_eval::source::OutputFolder;
use plugin_eval::suite::{Partition, Suite};

use super::args::{EngineName, Look, Run};
use super::conclude::{Work, conclude, header};
use super::engine::Engine;
use super::scene::{Scene, unusable};
use super::selection::pool;
use super::survey::Survey;
use super::{diagnostics, progress};

/// Folder of parts in the folder of a report.
pub(crate) const PARTS: &str = "parts";

/// Replays a suite, compares, writes the report, gates.
pub(crate) fn run(args: &Run, look: Look) -> anyhow::Result<ExitCode> {
    let selection = &args.selection;
    let today = selection.today()?;
    let mut findings = Vec::new();
    let Some(scene) = Scene::load(&selection.suite, selection.stage.as_deref(), &mut findings) else {
        diagnostics::print(&findings, &mut look.stderr())?;
        return Ok(ExitCode::Unusable);
    };
    let suite = &scene.suite;
    let tasks = selection.tasks(suite)?;
    let waivers = Waivers::new(suite, today, &mut findings);
    let engine = Engine::new(&scene, &args.engine, !selection.no_hooks, &mut findings)?;
    diagnostics::print(&findings, &mut look.stderr())?;
    if unusable(&findings) {
        return Ok(ExitCode::Unusable);
    }
    if let Some(partition) = args.partition {
        return run_part(args, &scene, &engine, (partition, tasks), look);
    }
    let survey = Survey {
        suite,
        engine,
        baselines: Folder::of(suite, selection.baselines.as_deref()),
        waivers,
        patches: Some(Patches::new(suite, &scene.hook_settings(!selection.no_hooks))),
        header: header(suite),
    };
    let work = Work {
        scene: &scene,
        survey,
        tasks,
        findings,
        output: &args.output,
        today,
        jobs: selection.jobs,
        compared: args.engine.engine == EngineName::Both,
    };
    conclude(&work, look)
}

/// Judges one part of a suite for `merge`. There is no verdict on a part.
fn run_part(
    args: &Run,
    scene: &Scene,
    engine: &Engine<'_>,
    (partition, tasks): (Partition, Vec<usize>),
    look: Look,
) -> anyhow::Result<ExitCode> {
    let suite = &scene.suite;
    let ours = matches!(args.engine.engine, EngineName::Native | EngineName::Codex);
    anyhow::ensure!(ours, "--partition takes --engine native or codex");
    let weights: Vec<u64> = tasks.iter().map(|index| recorded_size(suite, *index)).collect();
    let chosen: Vec<usize> = partition.of(&weights).into_iter().map(|at| tasks[at]).collect();
    let head = PartHead {
        format: PART_FORMAT,
        suite: suite.name.clone(),
        suite_hash: suite.hash,
        stage: suite.stage().name.clone(),
        tool: env!("CARGO_PKG_VERSION").to_owned(),
        engine: if args.engine.engine == EngineName::Codex { "codex" } else { "native" }.to_owned(),
        part: (partition.index, partition.count),
    };
    let folder = OutputFolder::open(&args.output.folder(suite))?;
    let name = format!("{PARTS}/{}-of-{}.jsonl", partition.index, partition.count);
    let mut file = folder.create(&name)?;
    file.write_all(&head.line()?)?;
    let bar = progress::bar(chosen.len(), look);
    let patches = Patches::new(suite, &scene.hook_settings(!args.selection.no_hooks));
    let mut broken = 0;
    pool(args.selection.jobs)?.install(|| {
        in_order(
            chosen.len(),
            |at| part_task(suite, engine, &patches, chosen[at]),
            |(line, broke)| {
                bar.inc(1);
                broken += u32::from(broke);
                file.write_all(&line?).map_err(anyhow::Error::from)
            },
        )
    })?;
    bar.finish_and_clear();
    file.commit()?;
    let mut out = look.stdout();
    let count = chosen.len();
    writeln!(out, "part {partition}: {count} of {} tasks judged, {broken} broken", tasks.len())?;
    if !look.quiet {
        let path = folder.path().join(&name);
        writeln!(out, "part: {}\nnext: plugin-eval merge joins all parts", path.display())?;
    }
    Ok(if broken > 0 { ExitCode::Broken } else { ExitCode::Holds })
}

/// The line of a task, and whether it broke.
fn part_task(
    suite: &Suite,
    engine: &Engine<'_>,
    patches: &Patches,
    index: usize,
) -> (serde_json::Result<Vec<u8>>, bool) {
    let name = suite.task_names().nth(index).unwrap_or_default();
    let judged = suite.task(index).and_then(|task| {
        let (mut replays, _) = engine.replay(&task)?;
        patches.judge(&task, &mut replays);
        Ok(replays)
    });
    match judged {
        Ok(replays) => {
            let mut stages = vec![Vec::new(); suite.stages.len()];
            for repeat in replays.repeats {
                for (stage, replay) in stages.iter_mut().zip(repeat) {
                    stage.push(replay);
                }
            }
            (part_line(name, Ok(&stages)), false)
        }
        Err(findings) => (part_line(name, Err(&findings)), true),
    }
}

/// Bytes of a task's recordings, by which parts are weighed.
fn recorded_size(suite: &Suite, index: usize) -> u64 {
    let Ok(task) = suite.task(index) else { return 0 };
    let size = |path: &std::path::Path| path.metadata().map_or(0, |about| about.len());
    task.sessions.iter().map(|session| size(&session.path)).sum()
}
