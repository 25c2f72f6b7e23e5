//! The same turns played to a bare `codex exec`, to measure what the engine adds to the CLI's own time.

use std::io::Read as _;
use std::time::{Duration, Instant};

use super::engine::{CodexEngine, Problem, broken};
use super::launch;
use super::place::Stand;
use super::play::Play;
use super::script::Script;
use super::server::Ground;
use crate::finding::Finding;
use crate::source::{Snapshot, Store, WorkCopy};
use crate::suite::Task;
use crate::transcript::Transcript;

impl CodexEngine<'_> {
    /// Plays the first prompt of a task to one `codex exec` that is started for it, and gives its wall time from start
    /// to end. Nothing is judged; what is laid out before does not count.
    pub fn time_bare_exec(&self, task: &Task) -> Result<Duration, Vec<Finding>> {
        let mut time = Duration::ZERO;
        self.native().replay_with(task, |draft| {
            let stand = Stand::of(draft);
            let mut script = Script::of(draft.run, draft.transcripts);
            script.moved.clone_from(&stand.moved);
            let snapshot = self.native().snapshot(task).map_err(|finding| vec![finding])?;
            let ran = self.exec(&stand, script, draft.transcripts, snapshot.as_ref());
            time = ran.map_err(|reason| vec![broken(&Problem::Start(reason), task)])?;
            Ok(())
        })?;
        Ok(time)
    }

    fn exec(
        &self,
        stand: &Stand,
        script: Script,
        transcripts: &[Transcript<'_>],
        snapshot: Option<&Snapshot>,
    ) -> Result<Duration, String> {
        let setup = self.setup();
        let Ground { open, model, scratch, home, port } = Ground::lay(setup, &stand.places)?;
        let prompt = script.threads.first().map_or("", |main| main.task()).to_owned();
        model.tools().load(transcripts);
        *model.play() = Play::alone(script);
        let arguments =
            ["exec", "--skip-git-repo-check", "--dangerously-bypass-hook-trust", "-C", &stand.cwd, &prompt];
        let spec = launch::spec(setup, (&scratch, &home), &stand.places, port, &arguments);
        let mut copy = WorkCopy::new(&scratch.path().join("work"), Some(open.owner()))
            .map_err(|error| error.to_string())?;
        if let Some(snapshot) = snapshot {
            copy.put(snapshot, None, Store::Copied).map_err(|error| error.to_string())?;
        }
        let start = Instant::now();
        let mut jail = open.start(&spec).map_err(|error| error.to_string())?;
        drop(jail.stdin.take());
        let output = jail
            .stdout
            .take()
            .map(|mut stdout| std::thread::spawn(move || drop(stdout.read_to_end(&mut Vec::new()))));
        let errors = jail
            .stderr
            .take()
            .map(|mut stderr| std::thread::spawn(move || drop(stderr.read_to_end(&mut Vec::new()))));
        let end = jail.wait(setup.limit);
        let time = start.elapsed();
        jail.kill();
        for reader in [output, errors].into_iter().flatten() {
            let _ = reader.join();
        }
        match end {
            Some(super::jail::JailEnd::Exit(0)) => Ok(time),
            other => Err(format!("codex exec ended with {other:?}")),
        }
    }
}
