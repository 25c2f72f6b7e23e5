use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use plugin_eval::engine::TaskReplays;
use plugin_eval::engine::codex::{LiveEngine, LiveSettings, NewSession, Provider};
use plugin_eval::finding::Finding;
use plugin_eval::source::{OutputFolder, Place, WriteError};
use plugin_eval::suite::{SessionFile, Task};

use super::args::EngineArgs;
use super::engine::program;
use super::scene::Scene;

/// Makes new sessions, keeps them, and judges them.
pub(crate) struct Live<'s> {
    engine: LiveEngine<'s>,
    folder: PathBuf,
}

impl<'s> Live<'s> {
    /// The engine for a suite; refuses to start without leave to use the network, a provider and a budget.
    pub(crate) fn new(
        scene: &'s Scene,
        args: &EngineArgs,
        run_hooks: bool,
        findings: &mut Vec<Finding>,
    ) -> anyhow::Result<Self> {
        if !args.allow_network {
            bail!(
                "--engine live asks a model over the network and spends tokens; allow it with --allow-network"
            );
        }
        let provider =
            args.provider.as_ref().context("--engine live needs a model: name it with --provider FILE")?;
        let budget = args.budget.context("--engine live needs a bound: name it with --budget TOKENS")?;
        let (program, binary) = program(args, findings)?;
        let settings = LiveSettings {
            binary,
            program,
            limit: Duration::from_secs(args.time_limit.into()),
            provider: Provider::read(provider)?,
            real_servers: args.real_mcp,
            budget,
        };
        let suite = &scene.suite;
        let beside = || suite.home().join("reports").join(&suite.name).join("live");
        let folder = args.sessions.clone().unwrap_or_else(beside);
        let hooks = scene.hook_settings(run_hooks);
        Ok(Self { engine: LiveEngine::new(suite, &scene.plugin, &hooks, settings, findings), folder })
    }

    /// A new session for a task, judged.
    pub(crate) fn replay(&self, task: &Task) -> Result<TaskReplays, Vec<Finding>> {
        let session = self.engine.record(task)?;
        let sessions = self.keep(task, &session).map_err(|error| vec![unkept(task, &error)])?;
        let mut new = Task { sessions, ..task.clone() };
        new.decision.approvals = session.approvals;
        self.engine.judge(&new)
    }

    /// Tokens spent.
    pub(crate) fn spent(&self) -> u64 {
        self.engine.spent()
    }

    fn keep(&self, task: &Task, session: &NewSession) -> Result<Vec<SessionFile>, WriteError> {
        let output = OutputFolder::open(&self.folder.join(&task.name))?;
        let mut files = Vec::with_capacity(session.recordings.len());
        for (label, bytes) in &session.recordings {
            let name =
                if label.is_empty() { "session.jsonl".to_owned() } else { format!("session.{label}.jsonl") };
            output.write(&name, bytes)?;
            let path = output.path().join(&name);
            let name = format!("{}/{name}", task.name);
            files.push(SessionFile { label: label.clone(), path, name, compressed: false });
        }
        Ok(files)
    }
}

fn unkept(task: &Task, error: &WriteError) -> Finding {
    Finding::error("unkept", format!("the new session cannot be kept: {error}"))
        .at(Place::file(task.file.as_ref()))
}
