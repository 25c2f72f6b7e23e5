//! A turn that a person interrupted: when the same is to happen while it is played.

use std::time::Duration;

use super::witness::Witness;
use crate::transcript::{Recorded, Step, StepKind};

/// Time without any notice of the CLI after the last open call began, until the turn is interrupted.
const CALM: Duration = Duration::from_millis(200);
/// Time without any notice where not all open calls are known to have begun: some never do, for a hook or a rule stops
/// them, and Codex does not tell of that before the calls beside them have ended.
const STILL: Duration = Duration::from_secs(2);

/// What the model has said by now of what it has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Played {
    /// There is more in this turn of the main thread.
    Not,
    /// All of this turn of the main thread; sub-agents are not where they were when all ended.
    Main,
    /// All, and sub-agents do what they did then.
    All,
}

/// What was open when a turn was interrupted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Interruption {
    /// Ids of the calls that had not ended, without those inside scripts.
    open: Vec<String>,
}

impl Interruption {
    /// An interruption after these steps of its turn.
    pub(super) fn after(steps: &[Step<'_>]) -> Self {
        let calls = steps.iter().filter_map(|step| match &step.kind {
            StepKind::Call(call) if call.parent.is_none() => Some(call),
            _ => None,
        });
        let open = calls.filter(|call| match call.recorded() {
            Recorded::Aborted => true,
            Recorded::Unknown => call.output.is_none(),
            _ => false,
        });
        Self { open: open.map(|call| call.id.to_string()).collect() }
    }

    /// Ids of the calls that had not ended, without those inside scripts.
    pub(super) fn open(&self) -> &[String] {
        &self.open
    }

    /// Is it time to interrupt? `quiet`: for how long the CLI has told nothing.
    ///
    /// Where nothing was open, the person interrupted the model: the CLI asks it once more, and that request waits.
    pub(super) fn is_due(&self, played: Played, quiet: Duration, witness: &Witness) -> bool {
        if played == Played::Not || self.open.is_empty() {
            return false;
        }
        let begun = played == Played::All && self.open.iter().all(|call| witness.begun(call));
        quiet >= if begun { CALM } else { STILL }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::client::Listener as _;
    use super::*;
    use crate::transcript::Transcript;

    #[test]
    fn open_calls_are_those_that_had_not_ended() {
        let item = |payload: serde_json::Value| {
            json!({"timestamp": "2026-05-01T10:00:00Z", "type": "response_item", "payload": payload})
                .to_string()
        };
        let call = |id: &str| {
            item(
                json!({"type": "function_call", "name": "exec_command", "call_id": id, "arguments": "{\"cmd\":\"ls\"}"}),
            )
        };
        let answer = |id: &str, text: &str| {
            item(json!({"type": "function_call_output", "call_id": id, "output": text}))
        };
        let lines = [
            call("a"),
            call("b"),
            call("c"),
            call("d"),
            answer("a", "Chunk ID: 1\nWall time: 0.1 seconds\nProcess exited with code 0\nOutput:\n"),
            answer("b", "Wall time: 1.2 seconds\naborted by user"),
            answer("c", "aborted by user after 1.2s"),
        ];
        let text = lines.join("\n");
        let transcript = Transcript::read(text.as_bytes()).unwrap();
        assert_eq!(Interruption::after(&transcript.steps).open, ["b", "c", "d"]);
    }

    #[test]
    fn a_turn_is_interrupted_when_all_that_was_open_has_begun() {
        let interruption = Interruption { open: vec!["a".into(), "b".into()] };
        let mut witness = Witness::default();
        let begin = |witness: &mut Witness, id: &str| {
            let item = json!({"type": "commandExecution", "id": id, "command": "ls", "status": "inProgress"});
            witness.told("item/started", &json!({"item": item}));
        };
        begin(&mut witness, "a");
        let due = |played, quiet, witness: &Witness| interruption.is_due(played, quiet, witness);
        assert_eq!([CALM, STILL].map(|quiet| due(Played::All, quiet, &witness)), [false, true]);
        begin(&mut witness, "b");
        assert_eq!([CALM / 2, CALM].map(|quiet| due(Played::All, quiet, &witness)), [false, true]);
        assert_eq!([CALM, STILL].map(|quiet| due(Played::Main, quiet, &witness)), [false, true]);
        assert!(!due(Played::Not, STILL, &witness));
        assert!(!Interruption::default().is_due(Played::All, STILL, &witness));
    }
}
