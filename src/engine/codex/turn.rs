//! One turn as the CLI plays it: begun with a prompt, followed to its end, spoken into and interrupted where a person did.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::ClientError;
use super::performance::PlayError;
use super::play::Hold;
use super::script::Turn;
use super::server::CodexServer;
use super::turn_place::TurnPlace;
use super::witness::Witness;

/// How often it is looked whether there is something to say in a turn, or to interrupt it.
const TICK: Duration = Duration::from_millis(20);

/// A prompt that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prompted {
    /// Id that Codex gave the turn.
    pub(super) turn: String,
    /// Why the model was never asked with it; `None` where it was.
    pub(super) stopped: Option<String>,
}

impl CodexServer {
    /// Begins a turn and waits for its end; gives its prompts, first the one that begins it. `place` is where the last one
    /// worked.
    pub(super) fn turn(
        &mut self,
        thread: &str,
        turn: &Turn,
        place: &mut TurnPlace,
        witness: &mut Witness,
    ) -> Result<Vec<Prompted>, PlayError> {
        self.compact(thread, turn.compactions, witness)?;
        self.model.play().begin_turn(turn.interrupted.is_some());
        let mut params = json!({"threadId": thread, "input": input(&turn.prompt)});
        if turn.switches {
            params["disabledPluginIds"] = json!(turn.disabled);
        }
        if !turn.place.cwd.is_empty() && turn.place.cwd != place.cwd {
            params["cwd"] = json!(turn.place.cwd);
            place.cwd.clone_from(&turn.place.cwd);
        }
        if let Some(roots) = turn.place.roots.as_ref().filter(|roots| Some(*roots) != place.roots.as_ref()) {
            params["runtimeWorkspaceRoots"] = json!(roots);
            place.roots = Some(roots.clone());
        }
        let mut hooks = vec![witness.hooks().len()];
        let begun = self.client.ask("turn/start", &params, witness)?;
        let id = begun["turn"]["id"].as_str().unwrap_or_default().to_owned();
        if turn.interrupted.is_some() || turn.steers > 0 {
            hooks.extend(self.follow(thread, &id, turn, witness)?);
        } else {
            self.client.wait("the end of a turn", witness, ends(thread))?;
        }
        self.model.release(Hold::Turn);
        let play = self.model.play();
        let stopped = |number: usize| match hooks.get(number) {
            Some(_) if number == 0 && play.was_asked() => None,
            Some(_) if number > 0 && number <= play.heard() => None,
            Some(since) => Some(witness.why_stopped(*since)),
            None => Some("the turn ended before it was said".to_owned()),
        };
        let prompts = 0..=turn.steers;
        Ok(prompts.map(|number| Prompted { turn: id.clone(), stopped: stopped(number) }).collect())
    }

    /// Has the conversation summarised, as a person does, so many times.
    pub(super) fn compact(
        &mut self,
        thread: &str,
        times: u32,
        witness: &mut Witness,
    ) -> Result<(), PlayError> {
        for _ in 0..times {
            self.client.ask("thread/compact/start", &json!({"threadId": thread}), witness)?;
            self.client.wait("a compaction", witness, ends(thread))?;
        }
        Ok(())
    }

    /// Waits for the end of a turn; says in it what a person said, and interrupts it where one did. It may end by itself: at
    /// a hook, or at an approval that is cancelled. Gives how many hooks had run before each thing that was said.
    fn follow(
        &mut self,
        thread: &str,
        id: &str,
        turn: &Turn,
        witness: &mut Witness,
    ) -> Result<Vec<usize>, PlayError> {
        let (mut said, mut interrupted) = (Vec::new(), false);
        while !witness.is_over(id) {
            self.client.in_time("the end of a turn")?;
            self.client.linger(TICK, witness)?;
            let steer = self.model.play().take_steer();
            if let Some(text) = steer {
                said.push(witness.hooks().len());
                let params = json!({"threadId": thread, "expectedTurnId": id, "input": input(&text)});
                self.intervene("turn/steer", &params, witness)?;
                self.model.release(Hold::Turn);
            }
            witness.begin(self.model.tools().waiting());
            if !interrupted && self.is_due(turn, witness) {
                interrupted = true;
                self.intervene("turn/interrupt", &json!({"threadId": thread, "turnId": id}), witness)?;
            }
        }
        Ok(said)
    }

    /// Is it time to interrupt the turn?
    fn is_due(&self, turn: &Turn, witness: &Witness) -> bool {
        let Some(interruption) = &turn.interrupted else { return false };
        let play = self.model.play();
        let quiet = self.client.quiet().min(self.model.quiet());
        let played = play.played(|call| witness.begun(call));
        play.is_held() || interruption.is_due(played, quiet, witness)
    }

    /// Asks for something that is refused if the turn has ended by itself in this moment.
    fn intervene(&mut self, method: &str, params: &Value, witness: &mut Witness) -> Result<(), PlayError> {
        match self.client.ask(method, params, witness) {
            Ok(_) | Err(ClientError::Refused { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn input(text: &str) -> Value {
    json!([{"type": "text", "text": text}])
}

/// Is it the notice that a turn of this thread is over?
fn ends(thread: &str) -> impl Fn(&str, &Value) -> bool + '_ {
    move |method, params| method == "turn/completed" && params["threadId"] == thread
}
