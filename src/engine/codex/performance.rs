//! A task as the CLI plays it, and what is kept of that.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use serde_json::json;

use super::client::ClientError;
use super::control::Control;
use super::launch::{CODE_MODEL, DIRECT_MODEL};
use super::log::Log;
use super::nested::Nested;
use super::play::{Hold, Play};
use super::script::{Script, Turn};
use super::server::CodexServer;
use super::turn::Prompted;
use super::turn_place::TurnPlace;
use super::witness::Witness;
use crate::transcript::{Recording, Transcript};

/// Time for logs to arrive when something is missing in them.
const LOG_PATIENCE: Duration = Duration::from_millis(400);

/// One task under one stage.
pub(super) struct Part<'p, 't> {
    /// Working folder inside.
    pub(super) cwd: &'p str,
    /// Sandbox mode or permission profile of the stage.
    pub(super) mode: Option<&'p str>,
    pub(super) script: Script,
    pub(super) transcripts: &'p [Transcript<'t>],
    pub(super) witness: Witness,
    /// Recorded verdicts of guardians.
    pub(super) guardians: Vec<bool>,
    /// Calls of commands of which the CLI may not tell enough.
    pub(super) watched: HashSet<String>,
}

/// What came of it.
pub(super) struct Performance {
    /// The recordings that the CLI made, the main one first.
    pub(super) recordings: Vec<Recording>,
    pub(super) witness: Witness,
    pub(super) log: Log,
    /// The prompts of the main thread.
    pub(super) prompts: Vec<Prompted>,
    /// Ids of calls whose commands ran outside of Codex's sandbox, as far as there is one.
    pub(super) outside: HashSet<String>,
    /// What became of calls inside scripts.
    pub(super) nested: Nested,
    /// Recorded calls that the CLI never asked for.
    pub(super) unplayed: Vec<String>,
    /// Requests that the recording had no answer to.
    pub(super) beyond: u32,
    /// MCP calls that the recording has no result of.
    pub(super) missing: Vec<String>,
    /// What came of running commands again without the sandbox, by step.
    pub(super) controls: HashMap<String, Control>,
}

/// Why a task could not be played.
#[derive(Debug, thiserror::Error)]
pub(super) enum PlayError {
    /// The conversation ended.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// What the CLI wrote cannot be read.
    #[error("the Codex CLI left no recording of it: {0}")]
    NoRecording(String),
    /// A folder could not be prepared.
    #[error("its folders cannot be prepared: {0}")]
    Folder(#[from] std::io::Error),
}

impl CodexServer {
    /// Plays a task to its end, or to the time limit.
    pub(super) fn play(&mut self, part: Part<'_, '_>, limit: Duration) -> Result<Performance, PlayError> {
        self.traces().clear()?;
        self.client.limit(limit);
        let Part { cwd, mode, script, transcripts, mut witness, guardians, watched } = part;
        let code_mode = script.code_mode();
        let turns = turns(&script);
        let compactions = script.threads.first().map_or(0, |main| main.compactions);
        self.model.tools().load(transcripts);
        *self.model.log() = Log::default();
        let play = Play::new(script, guardians);
        witness.follow(play.running());
        *self.model.play() = play;
        self.model.album().begin(watched);
        let model = if code_mode { CODE_MODEL } else { DIRECT_MODEL };
        let mut place = turns.first().map(|turn| turn.place.clone()).unwrap_or_default();
        let roots = turns.iter().filter_map(|turn| turn.place.roots.as_deref()).flatten();
        roots.for_each(|root| self.make_root(root));
        // A folder that the session worked in from the start goes along with the working folder.
        let at_start = place.roots.take().filter(|roots| *roots != [cwd]);
        let thread = self.start_thread(cwd, mode, Some(model), at_start.as_deref(), &mut witness)?;
        place = TurnPlace { cwd: cwd.to_owned(), roots: at_start.or_else(|| Some(vec![cwd.to_owned()])) };
        self.model.play().bind_main(&thread);
        let (mut unplayed, mut prompts) = (Vec::new(), Vec::new());
        for turn in &turns {
            prompts.extend(self.turn(&thread, turn, &mut place, &mut witness)?);
            unplayed.extend(self.model.play().end_turn());
        }
        self.compact(&thread, compactions, &mut witness)?;
        self.settle(&mut witness)?;
        self.model.release(Hold::End);
        let recordings = self.traces().recordings(&thread)?;
        // What it left running ends here, and its servers with it.
        let _ =
            self.client.ask("thread/backgroundTerminals/clean", &json!({"threadId": thread}), &mut witness);
        let _ = self.client.ask("thread/delete", &json!({"threadId": thread}), &mut witness);
        let (beyond, left) = {
            let play = self.model.play();
            (play.beyond(), play.left())
        };
        unplayed.extend(left);
        let log = self.model.log().clone();
        let nested = Nested::of(transcripts, self.model.play().answers());
        for (call, result) in log.results() {
            witness.learn(call, &result.tool, &result.arguments, &nested);
        }
        witness.name_hooks(&nested);
        let missing = self.model.tools().missing().to_vec();
        let outside = self.traces().outside().iter().map(|id| witness.name(id).to_owned()).collect();
        let controls = HashMap::new();
        Ok(Performance {
            recordings,
            witness,
            log,
            prompts,
            outside,
            nested,
            unplayed,
            beyond,
            missing,
            controls,
        })
    }

    /// Waits for what was told late: notices that are on their way, and logs of calls whose end was not told.
    pub(super) fn settle(&mut self, witness: &mut Witness) -> Result<(), PlayError> {
        while self.client.linger(Duration::from_millis(5), witness)? {}
        let start = Instant::now();
        while start.elapsed() < LOG_PATIENCE {
            let told = {
                let (play, log) = (self.model.play(), self.model.log());
                play.answers().keys().all(|call| log.ended(call) || witness.ended(call))
            };
            if told {
                break;
            }
            self.client.linger(Duration::from_millis(10), witness)?;
        }
        Ok(())
    }
}

/// The turns of the main thread, without what the model says in them.
fn turns(script: &Script) -> Vec<Turn> {
    // Switching off lasts until it is taken back.
    let switches =
        script.threads.iter().flat_map(|thread| &thread.turns).any(|turn| !turn.disabled.is_empty());
    let main = script.threads.first().into_iter().flat_map(|main| &main.turns);
    main.map(|turn| Turn { responses: Vec::new(), switches, ..turn.clone() }).collect()
}
