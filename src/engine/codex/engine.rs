use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::agreement::Agreement;
use super::client::ClientError;
use super::compare::{Setting, compare, doubts};
use super::home::Deployment;
use super::performance::{Part, Performance, PlayError};
use super::place::{Places, Stand};
use super::program::CodexProgram;
use super::script::Script;
use super::server::{CodexServer, Setup};
use super::witness::Witness;
use crate::decision::{Phase, Verdict};
use crate::engine::native::Draft;
use crate::engine::{HookSettings, NativeEngine, TaskReplays};
use crate::finding::Finding;
use crate::plugin::Plugin;
use crate::replay;
use crate::suite::{Suite, Task};
use crate::transcript::{Guardian, Recording, StepKind, Transcript};

/// Idle servers that are kept. Each serves the tasks of one place; most suites have one.
const KEPT: usize = 16;

/// How the Codex engine is run.
#[derive(Clone, Debug)]
pub struct CodexSettings {
    /// The plugin-eval binary, which starts itself again as jail and as stub.
    pub binary: PathBuf,
    /// The Codex CLI.
    pub program: CodexProgram,
    /// Wall time for one task under one stage.
    pub limit: Duration,
    /// Every command that ran in the CLI's sandbox is run again without it, and what it does otherwise counts as
    /// stopped; else only those of which nothing else tells.
    pub thorough: bool,
}

/// Asks the real Codex CLI about every recorded call, and the native engine for what the CLI does not tell: effects,
/// scope, and the rule's place.
#[derive(Debug)]
pub struct CodexEngine<'s> {
    suite: &'s Suite,
    native: NativeEngine<'s>,
    setup: Setup,
    thorough: bool,
    /// Servers that wait, by the place of their checkouts.
    idle: Mutex<Vec<CodexServer>>,
}

/// A task that was played.
#[derive(Clone, Debug)]
pub struct Played {
    /// The replays, with the rulings of the CLI.
    pub replays: TaskReplays,
    /// How far both agree.
    pub agreement: Agreement,
    /// What the CLI itself recorded of the task's last run under the current stage, the main thread first.
    pub recordings: Vec<Recording>,
}

impl<'s> CodexEngine<'s> {
    /// Gets ready; nothing is started yet. Problems of the plugin are findings.
    pub fn new(
        suite: &'s Suite,
        plugin: &Plugin,
        hooks: &HookSettings,
        settings: CodexSettings,
        findings: &mut Vec<Finding>,
    ) -> Self {
        let CodexSettings { binary, program, limit, thorough } = settings;
        let deployment = Deployment::new(&suite.plugin, plugin);
        let mut native = NativeEngine::new(suite, plugin, hooks, findings);
        native.name_engine(&format!("codex {}", program.version));
        let setup = Setup { binary, program, deployment, limit, provider: None, real_servers: false };
        Self { suite, native, setup, thorough, idle: Mutex::default() }
    }

    pub(super) fn native(&self) -> &NativeEngine<'s> {
        &self.native
    }

    pub(super) fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Version of the CLI.
    pub fn version(&self) -> &str {
        &self.setup.program.version
    }

    /// Judges a task under every stage. The findings say why a task is broken.
    pub fn replay(&self, task: &Task) -> Result<Played, Vec<Finding>> {
        let (mut agreement, mut recordings) = (Agreement::default(), Vec::new());
        let replays =
            self.native.replay_with(task, |draft| self.review(draft, &mut agreement, &mut recordings))?;
        Ok(Played { replays, agreement, recordings })
    }

    /// Plays one run under every stage, and puts what the CLI rules in place of what was predicted.
    fn review(
        &self,
        draft: &mut Draft<'_, '_>,
        agreement: &mut Agreement,
        kept: &mut Vec<Recording>,
    ) -> Result<(), Vec<Finding>> {
        let mut known: HashMap<Option<&str>, usize> = HashMap::new();
        for stage in 0..self.suite.stages.len() {
            let mode = self.suite.stages[stage].mode.as_deref();
            let current = stage == self.suite.current;
            if let Some(same) = known.get(&mode) {
                let same = draft.stages[*same].clone();
                draft.stages[stage] = same;
                continue;
            }
            known.insert(mode, stage);
            let stand = Stand::of(draft);
            let setting = Setting {
                unrestricted: self.native.is_unrestricted(stage),
                places: &stand.places,
                thorough: self.thorough,
            };
            let performance = self.perform(draft, (stage, mode), &stand, setting);
            let performance = performance.map_err(|error| vec![broken(&error, draft.task)])?;
            let transcripts: Vec<Transcript<'_>> =
                performance.recordings.iter().filter_map(|recording| recording.transcript().ok()).collect();
            let recordings = (draft.transcripts, &*transcripts);
            let told = compare(&mut draft.stages[stage], &performance, recordings, setting);
            if current {
                draft.notes.extend(told.notes);
                agreement.add(told.agreement);
                drop(transcripts);
                *kept = performance.recordings;
            }
        }
        Ok(())
    }

    /// Plays one run under one stage on a warm server, or on a new one.
    fn perform(
        &self,
        draft: &Draft<'_, '_>,
        (stage, mode): (usize, Option<&str>),
        stand: &Stand,
        setting: Setting<'_>,
    ) -> Result<Performance, Problem> {
        let watched = self.watched(draft, stage);
        let part = || part(draft, stand, mode, watched.clone());
        let snapshot =
            self.native.snapshot(draft.task).map_err(|finding| Problem::Finding(Box::new(finding)))?;
        // What an earlier task left half done in a warm server (Codex's sandbox puts folders into the checkout and takes
        // them away again) must not break this one: a refusal there is asked again of a new server.
        if let Some(mut warm) = self.warm(&stand.places) {
            warm.check_out(snapshot.as_ref(), draft.branch())?;
            match warm.play(part(), self.setup.limit) {
                Ok(performance) => return Ok(self.finish(warm, performance, (draft, stage), setting)),
                Err(PlayError::Client(ClientError::Refused { .. })) => {}
                Err(error) => return Err(Problem::of(&error, &mut warm)),
            }
        }
        let mut server = CodexServer::start(&self.setup, &stand.places).map_err(Problem::Start)?;
        server.check_out(snapshot.as_ref(), draft.branch())?;
        match server.play(part(), self.setup.limit) {
            Ok(performance) => Ok(self.finish(server, performance, (draft, stage), setting)),
            // A server that failed is not used again.
            Err(error) => Err(Problem::of(&error, &mut server)),
        }
    }

    /// A server that waits, for a task that stands in these places.
    fn warm(&self, places: &Places) -> Option<CodexServer> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let at = idle.iter().rposition(|server| server.places() == places)?;
        Some(idle.swap_remove(at))
    }

    /// Calls that may have to be run again without the sandbox.
    fn watched(&self, draft: &Draft<'_, '_>, stage: usize) -> HashSet<String> {
        if self.native.is_unrestricted(stage) {
            return HashSet::new();
        }
        let steps = draft.stages[stage].iter().filter(|step| {
            let stopped = step.ruling.verdict == Verdict::Deny && step.ruling.phase == Phase::Sandbox;
            step.kind == replay::StepKind::Shell || (step.kind == replay::StepKind::Patch && stopped)
        });
        let ids: HashSet<&str> = steps.map(|step| step.id.as_str()).collect();
        let calls = draft.transcripts.iter().flat_map(|transcript| &transcript.steps);
        let made = calls.filter_map(|step| match &step.kind {
            StepKind::Call(call) if ids.contains(&*call.id) => {
                Some(call.parent.as_deref().unwrap_or(&call.id).to_owned())
            }
            _ => None,
        });
        made.collect()
    }

    /// Clears doubts about what was played. Keeps the server warm, unless commands ran again in it, or its rules are no
    /// longer those of the suite.
    fn finish(
        &self,
        mut server: CodexServer,
        mut performance: Performance,
        (draft, stage): (&Draft<'_, '_>, usize),
        setting: Setting<'_>,
    ) -> Performance {
        let doubts = {
            let made: Vec<Transcript<'_>> =
                performance.recordings.iter().filter_map(|recording| recording.transcript().ok()).collect();
            doubts(&draft.stages[stage], &performance, (draft.transcripts, &made), setting)
        };
        let untouched = doubts.is_empty();
        for doubt in doubts {
            let control = server.control(&doubt);
            performance.controls.insert(doubt.step, control);
        }
        if untouched && !performance.witness.added_rule() {
            self.keep(server);
        }
        performance
    }

    fn keep(&self, server: CodexServer) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(server);
        let oldest = (idle.len() > KEPT).then(|| idle.remove(0));
        drop(idle);
        drop(oldest);
    }
}

/// A run under one stage, ready to be played.
fn part<'p, 't>(
    draft: &'p Draft<'_, 't>,
    stand: &'p Stand,
    mode: Option<&'p str>,
    watched: HashSet<String>,
) -> Part<'p, 't> {
    let mut script = Script::of(draft.run, draft.transcripts);
    script.moved.clone_from(&stand.moved);
    for turn in script.threads.first_mut().into_iter().flat_map(|main| &mut main.turns) {
        if turn.place.roots.is_none() && !draft.task.roots.is_empty() {
            turn.place.roots = Some(draft.task.roots.clone());
        }
        if let Some((old, new)) = &stand.moved {
            turn.place.move_along(old, new);
        }
    }
    Part {
        cwd: &stand.cwd,
        mode,
        guardians: guardians(draft.transcripts),
        witness: Witness::new(&draft.task.decision.approvals, draft.transcripts),
        transcripts: draft.transcripts,
        script,
        watched,
    }
}

/// Why a task was not played.
pub(super) enum Problem {
    Finding(Box<Finding>),
    Start(String),
    Play(String),
}

impl Problem {
    /// An error while playing; a CLI that ended may have said why.
    pub(super) fn of(error: &PlayError, server: &mut CodexServer) -> Self {
        let words = match error {
            PlayError::Client(ClientError::Gone) => server.last_words(),
            _ => String::new(),
        };
        Self::Play(format!("{error}{words}"))
    }
}

impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        Self::Play(format!("its folders cannot be prepared: {error}"))
    }
}

pub(super) fn broken(problem: &Problem, task: &Task) -> Finding {
    let place = crate::source::Place::file(task.file.as_ref());
    match problem {
        Problem::Finding(finding) => (**finding).clone(),
        Problem::Start(reason) => {
            Finding::error("codex-start", format!("the Codex CLI cannot be started: {reason}")).at(place)
        }
        Problem::Play(reason) => Finding::error("codex-play", reason.clone()).at(place),
    }
}

/// Verdicts of guardians in the recordings, in order.
fn guardians(transcripts: &[Transcript<'_>]) -> Vec<bool> {
    let steps = transcripts.iter().flat_map(|transcript| &transcript.steps);
    let calls = steps.filter_map(|step| match &step.kind {
        StepKind::Call(call) => call.guardian.as_ref(),
        _ => None,
    });
    calls.map(Guardian::approved).collect()
}
