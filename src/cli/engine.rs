use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use plugin_eval::engine::codex::jail::Jail;
use plugin_eval::engine::codex::{Agreement, CodexEngine, CodexProgram, CodexSettings, TESTED};
use plugin_eval::engine::{NativeEngine, TaskReplays};
use plugin_eval::finding::Finding;
use plugin_eval::replay::{Input, Replay};
use plugin_eval::report::Part;
use plugin_eval::source::Place;
use plugin_eval::suite::Task;

use super::args::{EngineArgs, EngineName};
use super::live::Live;
use super::scene::Scene;

/// Whoever rules on recorded calls.
pub(crate) enum Engine<'s> {
    Native(NativeEngine<'s>),
    Codex(Box<CodexEngine<'s>>),
    Both(NativeEngine<'s>, Box<CodexEngine<'s>>),
    Live(Box<Live<'s>>),
    /// Earlier runs of the parts of a suite.
    Parts(Parts),
}

/// Replays that runs of parts left.
pub(crate) struct Parts {
    parts: Vec<Part>,
    /// By task: which part, and where in it.
    places: HashMap<String, (usize, usize)>,
}

impl Parts {
    pub(crate) fn new(parts: Vec<Part>) -> Self {
        let named = |(part, of): (usize, &Part)| -> Vec<(String, (usize, usize))> {
            of.tasks().enumerate().map(|(at, task)| (task.to_owned(), (part, at))).collect()
        };
        let places = parts.iter().enumerate().flat_map(named).collect();
        Self { parts, places }
    }

    pub(crate) fn has(&self, task: &str) -> bool {
        self.places.contains_key(task)
    }

    /// The replays of a task as it is now: one that changed since is broken.
    fn replay(&self, task: &Task) -> Result<TaskReplays, Vec<Finding>> {
        let place = self.places.get(&task.name);
        let stages = place.map_or_else(|| Err(Vec::new()), |(part, at)| self.parts[*part].replays(*at))?;
        let repeats = stages.iter().map(Vec::len).max().unwrap_or(0);
        let mut rows = vec![Vec::with_capacity(stages.len()); repeats];
        for stage in stages {
            for (row, replay) in rows.iter_mut().zip(stage) {
                row.push(replay);
            }
        }
        let decided =
            |replay: &Replay| replay.inputs.get(&Input::Decision).is_none_or(|hash| *hash == task.hash);
        if rows.iter().flatten().all(decided) {
            return Ok(TaskReplays { repeats: rows, trees: Vec::new() });
        }
        let finding = Finding::error("part-is-old", "task.toml changed since the part ran");
        Err(vec![finding.at(Place::file(task.file.clone())).help("run the parts again")])
    }
}

impl<'s> Engine<'s> {
    /// The engine that was asked for; problems of the boundary go to `findings`. An error says what is missing.
    pub(crate) fn new(
        scene: &'s Scene,
        args: &EngineArgs,
        run_hooks: bool,
        findings: &mut Vec<Finding>,
    ) -> anyhow::Result<Self> {
        Ok(match args.engine {
            EngineName::Native => Self::Native(scene.engine(run_hooks, findings)),
            EngineName::Codex => Self::Codex(Box::new(codex(scene, args, run_hooks, findings)?)),
            EngineName::Live => Self::Live(Box::new(Live::new(scene, args, run_hooks, findings)?)),
            EngineName::Both => {
                let native = scene.engine(run_hooks, findings);
                let mut same = Vec::new();
                let codex = codex(scene, args, run_hooks, &mut same)?;
                findings.extend(same.into_iter().filter(|finding| finding.code == UNTESTED));
                Self::Both(native, Box::new(codex))
            }
        })
    }

    /// Are the sessions new ones, that no baseline is about?
    pub(crate) fn is_live(&self) -> bool {
        matches!(self, Self::Live(_))
    }

    /// Version of the Codex CLI that is compared, if one is.
    pub(crate) fn codex_version(&self) -> Option<&str> {
        match self {
            Self::Native(_) | Self::Live(_) | Self::Parts(_) => None,
            Self::Codex(codex) | Self::Both(_, codex) => Some(codex.version()),
        }
    }

    /// Judges a task, and tells how far two engines agree on it when two were asked.
    pub(crate) fn replay(&self, task: &Task) -> Result<(TaskReplays, Option<Agreement>), Vec<Finding>> {
        match self {
            Self::Native(native) => Ok((native.replay(task)?, None)),
            Self::Codex(codex) => {
                let played = codex.replay(task)?;
                Ok((played.replays, Some(played.agreement)))
            }
            Self::Live(live) => Ok((live.replay(task)?, None)),
            Self::Parts(parts) => Ok((parts.replay(task)?, None)),
            Self::Both(native, codex) => Ok((native.replay(task)?, Some(codex.replay(task)?.agreement))),
        }
    }
}

const UNTESTED: &str = "codex-version";

fn codex<'s>(
    scene: &'s Scene,
    args: &EngineArgs,
    run_hooks: bool,
    findings: &mut Vec<Finding>,
) -> anyhow::Result<CodexEngine<'s>> {
    let (program, binary) = program(args, findings)?;
    let settings = CodexSettings {
        binary,
        program,
        limit: Duration::from_secs(args.time_limit.into()),
        thorough: false,
    };
    Ok(CodexEngine::new(&scene.suite, &scene.plugin, &scene.hook_settings(run_hooks), settings, findings))
}

/// The Codex CLI, and this program's own file, where both can be used.
pub(super) fn program(
    args: &EngineArgs,
    findings: &mut Vec<Finding>,
) -> anyhow::Result<(CodexProgram, PathBuf)> {
    let program = CodexProgram::find(args.codex.as_deref())?;
    if !program.tested() {
        let message = format!("this Codex CLI is version {}, which no test has compared", program.version);
        let help = format!("compared versions: {}", TESTED.join(", "));
        findings.push(Finding::warning(UNTESTED, message).help(help));
    }
    let binary = std::env::current_exe().context("the program's own file is not known")?;
    Jail::probe(&binary)?;
    Ok((program, binary))
}
