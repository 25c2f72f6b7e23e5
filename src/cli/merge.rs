use std::path::PathBuf;

use anyhow::{Context as _, bail, ensure};
use plugin_eval::baseline::Folder;
use plugin_eval::gate::ExitCode;
use plugin_eval::metrics::Waivers;
use plugin_eval::report::Part;
use plugin_eval::suite::{Suite, parse_day};
use time::OffsetDateTime;

use super::args::{Look, Merge};
use super::conclude::{Work, conclude, header};
use super::diagnostics;
use super::engine::{Engine, Parts};
use super::run::PARTS;
use super::scene::{Scene, unusable};
use super::survey::Survey;

/// Joins the parts of a run: the same report and verdict as one run of the whole suite.
pub(crate) fn merge(args: &Merge, look: Look) -> anyhow::Result<ExitCode> {
    let today = match &args.today {
        Some(text) => parse_day(text).with_context(|| format!("`{text}` is not a day; write 2026-12-31"))?,
        None => OffsetDateTime::now_utc().date(),
    };
    let mut findings = Vec::new();
    let Some(scene) = Scene::load(&args.suite, args.stage.as_deref(), &mut findings) else {
        diagnostics::print(&findings, &mut look.stderr())?;
        return Ok(ExitCode::Unusable);
    };
    let suite = &scene.suite;
    let mut parts = Vec::new();
    for path in paths(args, suite)? {
        match Part::open(&path) {
            Ok(part) => parts.push(part),
            Err(finding) => findings.push(finding),
        }
    }
    let waivers = Waivers::new(suite, today, &mut findings);
    diagnostics::print(&findings, &mut look.stderr())?;
    if unusable(&findings) {
        return Ok(ExitCode::Unusable);
    }
    check(suite, &parts)?;
    let parts = Parts::new(parts);
    let tasks: Vec<usize> = (0..suite.task_count()).collect();
    let missing: Vec<_> = suite.task_names().filter(|name| !parts.has(name)).collect();
    if let Some(first) = missing.first() {
        bail!(
            "the parts lack {} of the suite's tasks, such as `{first}`; run the parts again",
            missing.len()
        );
    }
    let survey = Survey {
        suite,
        engine: Engine::Parts(parts),
        baselines: Folder::of(suite, args.baselines.as_deref()),
        waivers,
        patches: None,
        header: header(suite),
    };
    let output = &args.output;
    let work =
        Work { scene: &scene, survey, tasks, findings, output, today, jobs: args.jobs, compared: false };
    conclude(&work, look)
}

/// The named parts, or all beside the report.
fn paths(args: &Merge, suite: &Suite) -> anyhow::Result<Vec<PathBuf>> {
    if !args.parts.is_empty() {
        return Ok(args.parts.clone());
    }
    let folder = args.output.folder(suite).join(PARTS);
    let entries = std::fs::read_dir(&folder).with_context(|| {
        format!("{}: there are no parts; run them with `run --partition`", folder.display())
    })?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    paths.sort();
    ensure!(!paths.is_empty(), "{}: there are no parts; run them with `run --partition`", folder.display());
    Ok(paths)
}

/// Are these all parts of one run of this suite, each once?
fn check(suite: &Suite, parts: &[Part]) -> anyhow::Result<()> {
    let Some(first) = parts.first() else { bail!("there are no parts") };
    let count = first.head.part.1;
    for part in parts {
        let head = &part.head;
        let name = format!("part {}/{}", head.part.0, head.part.1);
        ensure!(head.suite == suite.name, "{name} is of the suite `{}`, not of `{}`", head.suite, suite.name);
        ensure!(head.suite_hash == suite.hash, "suite.toml changed since {name} ran; run the parts again");
        ensure!(head.part.1 == count, "parts of {count} and of {} do not fit together", head.part.1);
        ensure!(
            head.engine == first.head.engine
                && head.tool == first.head.tool
                && head.stage == first.head.stage,
            "{name} was run with another engine, version or stage than the first"
        );
        ensure!(
            head.tool == env!("CARGO_PKG_VERSION"),
            "{name} was run by plugin-eval {}, this is {}; join parts with the version that ran them",
            head.tool,
            env!("CARGO_PKG_VERSION")
        );
        ensure!(
            head.stage == suite.stage().name,
            "{name} stands at the stage `{}`; give `--stage {}`",
            head.stage,
            head.stage
        );
    }
    for index in 1..=count {
        let found = parts.iter().filter(|part| part.head.part.0 == index).count();
        ensure!(found > 0, "part {index}/{count} is missing");
        ensure!(found == 1, "part {index}/{count} is there {found} times; leftovers of an earlier run?");
    }
    Ok(())
}
