//! New sessions for the tasks of a suite, with a model provider of the user's own.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::client::ClientError;
use super::engine::{Problem, broken};
use super::home::Deployment;
use super::log::Log;
use super::performance::PlayError;
use super::place::Stand;
use super::play::Play;
use super::program::CodexProgram;
use super::provider::Provider;
use super::script::{Script, Turn};
use super::server::{CodexServer, Setup};
use super::turn_place::TurnPlace;
use super::witness::Witness;
use crate::decision::Approval;
use crate::engine::native::Draft;
use crate::engine::{HookSettings, NativeEngine, TaskReplays};
use crate::finding::Finding;
use crate::plugin::Plugin;
use crate::suite::{Suite, Task};
use crate::transcript::Recording;

/// How new sessions are made.
#[derive(Clone, Debug)]
pub struct LiveSettings {
    /// The plugin-eval binary, which starts itself again as jail and as stub.
    pub binary: std::path::PathBuf,
    /// The Codex CLI.
    pub program: CodexProgram,
    /// Wall time for one task.
    pub limit: Duration,
    /// The provider that is asked.
    pub provider: Provider,
    /// The plugin's own MCP servers are started, and no stubs that answer from the recording.
    pub real_servers: bool,
    /// Tokens that all tasks together may spend.
    pub budget: u64,
}

/// Lets an agent do the tasks again, and judges what it does natively.
#[derive(Debug)]
pub struct LiveEngine<'s> {
    suite: &'s Suite,
    native: NativeEngine<'s>,
    setup: Setup,
    budget: u64,
    spent: AtomicU64,
}

/// A session that was just made.
#[derive(Clone, Debug, Default)]
pub struct NewSession {
    /// The recordings: the main thread's with an empty label, those of sub-agents with their thread's id.
    pub recordings: Vec<(String, Vec<u8>)>,
    /// Prompts that were answered as people answered the same in the recorded session; all others were declined.
    pub approvals: Vec<Approval>,
    /// Prompts that were declined because no answer to the same is recorded.
    pub unanswered: Vec<String>,
    /// Tokens spent.
    pub tokens: u64,
}

impl<'s> LiveEngine<'s> {
    /// Gets ready; nothing is started yet. Problems of the plugin are findings.
    pub fn new(
        suite: &'s Suite,
        plugin: &Plugin,
        hooks: &HookSettings,
        settings: LiveSettings,
        findings: &mut Vec<Finding>,
    ) -> Self {
        let LiveSettings { binary, program, limit, provider, real_servers, budget } = settings;
        let deployment = Deployment::new(&suite.plugin, plugin);
        let native = NativeEngine::new(suite, plugin, hooks, findings);
        let setup = Setup { binary, program, deployment, limit, provider: Some(provider), real_servers };
        Self { suite, native, setup, budget, spent: AtomicU64::new(0) }
    }

    /// Tokens spent by all tasks so far.
    pub fn spent(&self) -> u64 {
        self.spent.load(Ordering::Relaxed)
    }

    /// Judges a task whose sessions are new ones.
    pub fn judge(&self, task: &Task) -> Result<TaskReplays, Vec<Finding>> {
        self.native.replay(task)
    }

    /// Lets the agent do a task again, under the stage where the plugin stands. The recorded prompts are given one by
    /// one. The findings say why a task is broken.
    pub fn record(&self, task: &Task) -> Result<NewSession, Vec<Finding>> {
        let mut session = None;
        self.native.replay_with(task, |draft| {
            // Repeats ask the same; one new session is made for all of them.
            if session.is_none() {
                session = Some(self.converse(draft).map_err(|problem| vec![broken(&problem, task)])?);
            }
            Ok(())
        })?;
        Ok(session.unwrap_or_default())
    }

    fn converse(&self, draft: &Draft<'_, '_>) -> Result<NewSession, Problem> {
        let allowance = self.budget.saturating_sub(self.spent());
        if allowance == 0 {
            return Err(Problem::Play(ClientError::Enough.to_string()));
        }
        let stand = Stand::of(draft);
        let snapshot =
            self.native.snapshot(draft.task).map_err(|finding| Problem::Finding(Box::new(finding)))?;
        let mut server = CodexServer::start(&self.setup, &stand.places).map_err(Problem::Start)?;
        server.check_out(snapshot.as_ref(), draft.branch())?;
        let approvals = &draft.task.decision.approvals;
        let mut witness = Witness::for_new_session(approvals, draft.transcripts, allowance);
        let mode = self.suite.stages[self.suite.current].mode.as_deref();
        let recordings = self.run(&mut server, draft, (&stand.cwd, mode), &mut witness);
        self.spent.fetch_add(witness.tokens(), Ordering::Relaxed);
        let recordings = recordings.map_err(|error| Problem::of(&error, &mut server))?;
        Ok(NewSession {
            recordings: recordings
                .iter()
                .enumerate()
                .map(|(at, one)| (label(at, one), one.bytes().to_vec()))
                .collect(),
            approvals: witness.decided().iter().map(|(call, verdict)| approval(call, *verdict)).collect(),
            unanswered: witness.unanswered().to_vec(),
            tokens: witness.tokens(),
        })
    }

    fn run(
        &self,
        server: &mut CodexServer,
        draft: &Draft<'_, '_>,
        (cwd, mode): (&str, Option<&str>),
        witness: &mut Witness,
    ) -> Result<Vec<Recording>, PlayError> {
        server.traces().clear()?;
        server.client.limit(self.setup.limit);
        server.model.tools().load(draft.transcripts);
        *server.model.log() = Log::default();
        *server.model.play() = Play::default();
        let model = self.setup.provider.as_ref().and_then(|provider| provider.model.as_deref());
        let script = Script::of(draft.run, draft.transcripts);
        let thread = server.start_thread(cwd, mode, model, None, witness)?;
        let mut place = TurnPlace::default();
        for turn in script.threads.into_iter().next().into_iter().flat_map(|main| main.turns) {
            // What was said in a running turn is said after it: where, a new session cannot know.
            let later = turn.responses.into_iter().flat_map(|response| response.steers);
            for prompt in std::iter::once(turn.prompt).chain(later).filter(|prompt| !prompt.is_empty()) {
                server.turn(&thread, &Turn { prompt, ..Turn::default() }, &mut place, witness)?;
            }
        }
        server.settle(witness)?;
        server.traces().recordings(&thread)
    }
}

/// What tells a recording from the others of its task.
fn label(at: usize, recording: &Recording) -> String {
    let id = recording.transcript().map(|transcript| transcript.session.id.to_string()).unwrap_or_default();
    if at == 0 { String::new() } else { id }
}

fn approval(call: &str, verdict: crate::decision::HumanVerdict) -> Approval {
    Approval {
        call: call.to_owned(),
        verdict,
        lasting: crate::decision::Lasting::Once,
        by: None,
        source: crate::decision::Witness::Person,
        note: None,
        asked_at: None,
        decided_at: None,
        line: 0,
        column: 0,
    }
}
