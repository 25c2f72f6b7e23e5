use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::Recordings;
use super::hooks::{EventHooks, HookSettings};
use super::judge::{Judge, Note};
use super::memory::Memory;
use super::message::last_message;
use super::project::{Boundaries, Projects};
use super::skills;
use super::thread::{Run, runs};
use super::walk::Walk;
use crate::boundary::Boundary;
use crate::finding::Finding;
use crate::plugin::Plugin;
use crate::replay::{Input, Inputs, Replay, ReplayStep};
use crate::source::{ContentHash, Overlay, Repositories, Repository, Scratch, Snapshot, SnapshotError};
use crate::suite::{SnapshotRef, Stage, Suite, Task};
use crate::transcript::{Format, StepKind, Transcript, Usage};

/// Changes whenever the engine's own rules change, so that a new ruling on old inputs has a cause.
const RULES: &str = "1";

/// Judges the tasks of a suite in this process; only the plugin's hooks are executed, in a cell.
#[derive(Debug)]
pub struct NativeEngine<'s> {
    suite: &'s Suite,
    boundaries: Vec<Boundary>,
    projects: Projects,
    hooks: EventHooks,
    repositories: Repositories,
    snapshots: Mutex<HashMap<(PathBuf, String), Result<Snapshot, Finding>>>,
    inputs: Inputs,
    nothing: OnceLock<Option<Nothing>>,
}

/// A snapshot without files.
#[derive(Debug)]
struct Nothing {
    snapshot: Snapshot,
    _folder: Scratch,
}

impl Nothing {
    fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let folder = Scratch::new()?;
        let repository = git2::Repository::init_bare(folder.path())?;
        let tree = repository.treebuilder(None)?.write()?;
        let nobody = git2::Signature::new("nobody", "nobody@localhost", &git2::Time::new(0, 0))?;
        let tree = repository.find_tree(tree)?;
        let commit = repository.commit(None, &nobody, &nobody, "", &tree, &[])?;
        let snapshot = Repository::open(folder.path())?.snapshot(&commit.to_string())?;
        Ok(Self { snapshot, _folder: folder })
    }
}

/// The replays of one task.
#[derive(Clone, Debug)]
pub struct TaskReplays {
    /// For each repeat, its replay under every stage of the suite, in the suite's order.
    pub repeats: Vec<Vec<Replay>>,
    /// For each repeat, the snapshot's files as the session left them; `None` for a task without a snapshot, and nothing
    /// at all where replays were read back.
    pub trees: Vec<Option<Overlay>>,
}

impl<'s> NativeEngine<'s> {
    /// Compiles the boundary of every stage. Problems of the plugin are findings.
    pub fn new(
        suite: &'s Suite,
        plugin: &Plugin,
        settings: &HookSettings,
        findings: &mut Vec<Finding>,
    ) -> Self {
        let mut boundaries = Vec::with_capacity(suite.stages.len());
        for stage in &suite.stages {
            let mut own = Vec::new();
            boundaries.push(Boundary::compile(plugin, stage.mode.as_deref(), &mut own));
            own.retain(|finding| !findings.contains(finding));
            findings.extend(own);
        }
        Self {
            suite,
            projects: Projects::new(plugin, &suite.stages),
            hooks: EventHooks::new(plugin, &boundaries, settings, findings),
            boundaries,
            repositories: Repositories::default(),
            snapshots: Mutex::default(),
            inputs: inputs(plugin),
            nothing: OnceLock::new(),
        }
    }

    /// Has a stage no sandbox?
    pub(super) fn is_unrestricted(&self, stage: usize) -> bool {
        self.boundaries[stage].sandbox.is_unrestricted()
    }

    /// Says that the rulings are those of another engine, which corrects this one's.
    pub(super) fn name_engine(&mut self, name: &str) {
        self.inputs.insert(Input::Engine, ContentHash::of(name.as_bytes()));
    }

    /// Judges a task under every stage. The findings say why a task is broken.
    pub fn replay(&self, task: &Task) -> Result<TaskReplays, Vec<Finding>> {
        self.replay_with(task, |_| Ok(()))
    }

    /// As [`NativeEngine::replay`]; `review` sees every run of the agent under all stages before divergence is marked,
    /// and may change its rulings.
    pub(super) fn replay_with(
        &self,
        task: &Task,
        mut review: impl FnMut(&mut Draft<'_, '_>) -> Result<(), Vec<Finding>>,
    ) -> Result<TaskReplays, Vec<Finding>> {
        let recordings = Recordings::open(task)?;
        let transcripts = recordings.transcripts()?;
        let runs = Self::runs_of(task, &transcripts)?;
        let files = self.files(task).map_err(|finding| vec![finding])?;
        let inputs = self.inputs_of(task, &recordings);
        let notes = notes_of(&recordings, &transcripts);
        let (mut repeats, mut trees) = (Vec::with_capacity(runs.len()), Vec::with_capacity(runs.len()));
        for (number, run) in runs.iter().enumerate() {
            let boundaries = self.boundaries_of(task, &transcripts[run.main], files.as_ref())?;
            let memories: Vec<Memory> = boundaries.iter().map(|_| Memory::default()).collect();
            let stages = boundaries.iter().zip(&memories);
            let judges: Vec<_> =
                stages.map(|(boundary, memory)| self.judge(boundary, memory, false)).collect();
            let mut steps = vec![Vec::new(); judges.len()];
            let mut signs = vec![Vec::new(); judges.len()];
            let mut walk =
                Walk::new(task, run, &transcripts, &recordings, files.clone(), denies(&boundaries));
            walk.walk(&judges, |mut judged| {
                for (stage, signs) in signs.iter_mut().enumerate() {
                    signs.push(judged.sign(stage));
                }
                for (steps, step) in steps.iter_mut().zip(judged.replay_steps()) {
                    steps.push(step);
                }
            });
            trees.push(walk.into_files().filter(|_| task.snapshot.is_some()));
            let mut draft = Draft { task, run, transcripts: &transcripts, stages: steps, notes: Vec::new() };
            review(&mut draft)?;
            let Draft { stages: mut steps, notes: found, .. } = draft;
            for (steps, signs) in steps.iter_mut().zip(&signs) {
                super::divergence::mark(steps, signs);
            }
            let unknown =
                self.boundaries.first().and_then(|boundary| skills::unknown(task, &boundary.skills));
            let notes: Vec<Finding> = notes.iter().cloned().chain(found).chain(unknown).collect();
            let skills = self
                .boundaries
                .first()
                .map_or_else(Vec::new, |boundary| skills::used(run, &transcripts, &boundary.skills));
            let about = About {
                task,
                run,
                transcripts: &transcripts,
                inputs: &inputs,
                notes: &notes,
                skills: &skills,
            };
            let stages = self.suite.stages.iter().zip(steps);
            repeats.push(
                stages.map(|(stage, steps)| self.finish(&about, number as u32 + 1, stage, steps)).collect(),
            );
        }
        Ok(TaskReplays { repeats, trees })
    }

    /// Judges a task under one stage, with the notes of every phase of every step.
    pub fn explain(&self, task: &Task, stage: usize) -> Result<Vec<Explained>, Vec<Finding>> {
        Ok(self.explain_and_replay(task, stage)?.0)
    }

    /// As [`NativeEngine::explain`], with the replay of each session under that stage: one judging for both.
    pub fn explain_and_replay(
        &self,
        task: &Task,
        stage: usize,
    ) -> Result<(Vec<Explained>, Vec<Replay>), Vec<Finding>> {
        let recordings = Recordings::open(task)?;
        let transcripts = recordings.transcripts()?;
        let files = self.files(task).map_err(|finding| vec![finding])?;
        let inputs = self.inputs_of(task, &recordings);
        let notes = notes_of(&recordings, &transcripts);
        let (mut explained, mut replays) = (Vec::new(), Vec::new());
        for (number, run) in Self::runs_of(task, &transcripts)?.iter().enumerate() {
            let boundaries = self.boundaries_of(task, &transcripts[run.main], files.as_ref())?;
            let memory = Memory::default();
            let judges = [self.judge(&boundaries[stage], &memory, true)];
            let first = explained.len();
            let mut signs = Vec::new();
            Walk::new(task, run, &transcripts, &recordings, files.clone(), denies(&boundaries)).walk(
                &judges,
                |mut judged| {
                    signs.push(judged.sign(0));
                    let notes = std::mem::take(&mut judged.judgements[0].notes);
                    let step = judged.replay_steps().next();
                    explained.extend(step.map(|step| Explained {
                        repeat: number as u32 + 1,
                        step,
                        asked: judged.asked.to_string(),
                        answered: judged.call.and_then(|call| Some(call.output?.text().into_owned())),
                        notes,
                        foreign: transcripts[judged.step.recording].tally.foreign,
                    }));
                },
            );
            let mut steps: Vec<_> = explained[first..].iter().map(|one| one.step.clone()).collect();
            super::divergence::mark(&mut steps, &signs);
            for (one, step) in explained[first..].iter_mut().zip(&steps) {
                one.step = step.clone();
            }
            let skills = skills::used(run, &transcripts, &boundaries[stage].skills);
            let about = About {
                task,
                run,
                transcripts: &transcripts,
                inputs: &inputs,
                notes: &notes,
                skills: &skills,
            };
            replays.push(self.finish(&about, number as u32 + 1, &self.suite.stages[stage], steps));
        }
        Ok((explained, replays))
    }

    /// What a replay of this task depends on, but for the stage.
    fn inputs_of(&self, task: &Task, recordings: &Recordings) -> Inputs {
        let mut inputs = self.inputs.clone();
        inputs.insert(Input::Recording, recordings.hash());
        inputs.insert(Input::Decision, task.hash);
        inputs.insert(Input::Snapshot, snapshot_hash(task));
        inputs
    }

    fn judge<'e>(&'e self, boundary: &'e Boundary, memory: &'e Memory, explain: bool) -> Judge<'e> {
        Judge { boundary, hooks: &self.hooks, model: None, memory, explain }
    }

    /// The boundary of every stage in the project that a session works in.
    fn boundaries_of(
        &self,
        task: &Task,
        transcript: &Transcript<'_>,
        files: Option<&Overlay>,
    ) -> Result<Boundaries<'_>, Vec<Finding>> {
        let cwd = &*transcript.session.cwd;
        let top = task.cwd.as_deref().unwrap_or(cwd);
        self.projects.boundaries(&self.boundaries, cwd, top, files)
    }

    fn runs_of(task: &Task, transcripts: &[Transcript<'_>]) -> Result<Vec<Run>, Vec<Finding>> {
        let calls: Vec<&str> = transcripts
            .iter()
            .flat_map(|transcript| &transcript.steps)
            .filter_map(|step| match &step.kind {
                StepKind::Call(call) => Some(&*call.id),
                _ => None,
            })
            .collect();
        let problems = task.check_calls(&calls);
        if problems.is_empty() { Ok(runs(transcripts)) } else { Err(problems) }
    }

    /// The files of the task's snapshot.
    fn files(&self, task: &Task) -> Result<Option<Overlay>, Finding> {
        match self.snapshot(task)? {
            Some(snapshot) => Ok(Some(Overlay::new(snapshot))),
            None => Ok(self.hooks.any().then(|| self.unknown_files()).flatten()),
        }
    }

    /// The task's snapshot, if it has one; each commit is opened once.
    pub(super) fn snapshot(&self, task: &Task) -> Result<Option<Snapshot>, Finding> {
        let Some(wanted) = &task.snapshot else { return Ok(None) };
        let key = (wanted.path.clone(), wanted.commit.clone());
        let mut snapshots = self.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
        let found = snapshots.entry(key).or_insert_with(|| self.open(wanted));
        match found {
            Ok(snapshot) => Ok(Some(snapshot.clone().masked(task.masked.clone()))),
            Err(finding) => Err(finding.clone().at(wanted.place.clone())),
        }
    }

    /// Files for hooks of a task without a snapshot: none that are known, and whatever a hook looks at is in doubt.
    fn unknown_files(&self) -> Option<Overlay> {
        let nothing = self.nothing.get_or_init(|| Nothing::new().ok());
        let mut files = Overlay::new(nothing.as_ref()?.snapshot.clone());
        files.doubt("");
        Some(files)
    }

    fn open(&self, wanted: &SnapshotRef) -> Result<Snapshot, Finding> {
        let broken =
            |error: String| Finding::error("no-snapshot", format!("repository `{}`: {error}", wanted.repo));
        let repository =
            self.repositories.open(&wanted.path).map_err(|error| broken(reason(&error, &wanted.path)))?;
        repository.snapshot(&wanted.commit).map_err(|error| broken(reason(&error, &wanted.path)))
    }

    fn finish(&self, about: &About<'_, '_>, repeat: u32, stage: &Stage, steps: Vec<ReplayStep>) -> Replay {
        let message = last_message(&about.transcripts[about.run.main]);
        let output = self.suite.role.output.read(message.unwrap_or_default());
        let mut inputs = about.inputs.clone();
        inputs.insert(Input::Stage, self.stage_hash(stage));
        let mut notes = about.notes.to_vec();
        if message.is_some() {
            notes.extend(
                output.problems.into_iter().map(|problem| Finding::warning("output-contract", problem)),
            );
        }
        Replay {
            task: about.task.name.clone(),
            repeat,
            stage: stage.name.clone(),
            inputs,
            outcome: output.outcome,
            findings: output.findings,
            finished: message.is_some(),
            usage: about.usage(),
            skills: about.skills.to_vec(),
            patch: None,
            steps,
            notes,
        }
    }

    fn stage_hash(&self, stage: &Stage) -> ContentHash {
        ContentHash::of(format!("{:?} {:?}", stage.mode, self.suite.role.output).as_bytes())
    }
}

/// What is odd about the recordings of a task.
fn notes_of(recordings: &Recordings, transcripts: &[Transcript<'_>]) -> Vec<Finding> {
    let named = transcripts.iter().zip(recordings.names());
    named.flat_map(|(transcript, name)| transcript.tally.findings(name)).collect()
}

/// One run of the agent, judged and not yet handed out.
pub(super) struct Draft<'d, 't> {
    pub(super) task: &'d Task,
    pub(super) run: &'d Run,
    pub(super) transcripts: &'d [Transcript<'t>],
    /// The steps under every stage of the suite.
    pub(super) stages: Vec<Vec<ReplayStep>>,
    /// What is to be noted beside what is noted anyway.
    pub(super) notes: Vec<Finding>,
}

impl Draft<'_, '_> {
    /// The branch that was checked out when the main recording began, where it is recorded.
    pub(super) fn branch(&self) -> Option<&str> {
        self.transcripts.get(self.run.main)?.session.branch.as_deref()
    }
}

/// Does the boundary of a stage deny single files?
fn denies(boundaries: &[Boundary]) -> bool {
    boundaries.iter().any(|boundary| boundary.sandbox.has_denials())
}

/// What all stages of one repeat have in common.
struct About<'a, 't> {
    task: &'a Task,
    run: &'a Run,
    transcripts: &'a [Transcript<'t>],
    inputs: &'a Inputs,
    notes: &'a [Finding],
    skills: &'a [String],
}

impl About<'_, '_> {
    fn usage(&self) -> Usage {
        let mut sum = self.transcripts[self.run.main].usage;
        for child in self.run.children.values() {
            let usage = self.transcripts[*child].usage;
            sum.input += usage.input;
            sum.cached += usage.cached;
            sum.output += usage.output;
            sum.reasoning += usage.reasoning;
        }
        sum
    }
}

fn inputs(plugin: &Plugin) -> Inputs {
    let parts = &plugin.inputs;
    let both = ContentHash::of(format!("{} {}", parts.plugin, parts.mcp).as_bytes());
    Inputs::from([
        (Input::Plugin, both),
        (Input::Hook, parts.hooks),
        (Input::Config, parts.config),
        (Input::Rules, parts.rules),
        (Input::Requirements, parts.requirements),
        (Input::Engine, ContentHash::of(format!("native {RULES}").as_bytes())),
    ])
}

fn snapshot_hash(task: &Task) -> ContentHash {
    match &task.snapshot {
        Some(wanted) => {
            let masked = task.masked.as_ref().map(|masked| masked.hash().to_string());
            let named = [("repo", wanted.repo.as_bytes()), ("commit", wanted.commit.as_bytes())];
            let masked = masked.as_ref().map(|masked| ("masked", masked.as_bytes()));
            ContentHash::of_parts(named.into_iter().chain(masked))
        }
        None => ContentHash::of(b""),
    }
}

/// The error without the path on disk, which reports must not show.
fn reason(error: &SnapshotError, path: &Path) -> String {
    let text = error.to_string();
    text.strip_prefix(&format!("{}: ", path.display())).map_or(text.clone(), str::to_owned)
}

/// A step with everything that is known about it.
#[derive(Clone, Debug)]
pub struct Explained {
    /// Which repeat of the task, from 1.
    pub repeat: u32,
    /// The judged step.
    pub step: ReplayStep,
    /// What was asked for: the prompt, the command, the patch, or the arguments as JSON.
    pub asked: String,
    /// What the model was answered; `None` when the recording does not tell.
    pub answered: Option<String>,
    /// What each phase found, in order.
    pub notes: Vec<Note>,
    /// The format of the recording, if another agent than Codex wrote it: the step is judged by the class of its tool.
    pub foreign: Option<Format>,
}
