//! When hooks of a session's life ran, or would have run, beside its prompts and calls.
//!
//! Codex 0.169 records none of them. What it records tells when they are due: SessionStart before the first prompt of
//! a thread and, after a compaction, before the next request to the model; Stop when a turn ends without an error;
//! Interrupt when the user ends it; PreCompact and PostCompact around a compaction. A sub-agent has SubagentStart in
//! place of SessionStart (and none after a compaction) and SubagentStop in place of Stop; when its turn is interrupted,
//! no hook runs. The thread of a review that a person asked for has none of them. SessionEnd runs once, when Codex lets go of the thread. That a session was resumed is not recorded, so a
//! resumed one looks like one that went on.

use crate::boundary::hooks::HookEvent;
use crate::transcript::{Format, StepKind, Transcript};

/// Something in the life of a session at which hooks run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happening<'t> {
    /// The thread starts, or goes on with a shorter history: `startup`, `fork` or `compact`.
    SessionStart {
        /// Which of these.
        source: &'static str,
    },
    /// The thread ends.
    SessionEnd,
    /// A sub-agent starts.
    SubagentStart,
    /// A turn is about to end.
    Stop {
        /// A hook has made the agent go on in this turn already.
        active: bool,
        /// The agent's last message in the turn.
        message: Option<&'t str>,
        /// What the hooks told the agent to do, where the recording has it go on here.
        continued: Option<&'t str>,
    },
    /// The user interrupted the turn.
    Interrupt,
    /// The history is about to be summarised: `manual` or `auto`.
    PreCompact {
        /// Which of these.
        trigger: &'static str,
    },
    /// The history was summarised.
    PostCompact {
        /// `manual` or `auto`.
        trigger: &'static str,
    },
}

/// Events that this module finds the occurrences of.
pub(super) const EVENTS: [HookEvent; 8] = [
    HookEvent::SessionStart,
    HookEvent::SessionEnd,
    HookEvent::SubagentStart,
    HookEvent::SubagentStop,
    HookEvent::Stop,
    HookEvent::Interrupt,
    HookEvent::PreCompact,
    HookEvent::PostCompact,
];

impl Happening<'_> {
    /// The event whose hooks run; `sub_agent` tells whose life it is.
    pub(super) fn event(&self, sub_agent: bool) -> HookEvent {
        match self {
            Self::SessionStart { .. } => HookEvent::SessionStart,
            Self::SessionEnd => HookEvent::SessionEnd,
            Self::SubagentStart => HookEvent::SubagentStart,
            Self::Stop { .. } if sub_agent => HookEvent::SubagentStop,
            Self::Stop { .. } => HookEvent::Stop,
            Self::Interrupt => HookEvent::Interrupt,
            Self::PreCompact { .. } => HookEvent::PreCompact,
            Self::PostCompact { .. } => HookEvent::PostCompact,
        }
    }
}

/// What happened in the life of one recorded thread, in order. The numbers are those of the steps before which it
/// happened; as many as there are steps for what happened at the end.
pub(super) fn happenings<'t>(transcript: &'t Transcript<'_>, sub_agent: bool) -> Vec<(usize, Happening<'t>)> {
    if transcript.session.review {
        return Vec::new();
    }
    let steps = &transcript.steps;
    let start = match (sub_agent, &transcript.session.forked_from) {
        (true, _) => Happening::SubagentStart,
        (false, Some(_)) => Happening::SessionStart { source: "fork" },
        (false, None) => Happening::SessionStart { source: "startup" },
    };
    let mut life = Life {
        transcript,
        sub_agent,
        tells_ends: steps.iter().any(|step| matches!(step.kind, StepKind::Ended { .. })),
        due: Some(start),
        turn: None,
        found: Vec::new(),
    };
    for at in (transcript.inherited as usize)..steps.len() {
        life.step(at);
    }
    life.end();
    life.found
}

struct Life<'s, 't> {
    transcript: &'s Transcript<'t>,
    sub_agent: bool,
    /// The recording tells when turns end.
    tells_ends: bool,
    /// A start that comes before the next request to the model.
    due: Option<Happening<'s>>,
    turn: Option<Turn<'s>>,
    found: Vec<(usize, Happening<'s>)>,
}

/// The running turn.
#[derive(Clone, Copy)]
struct Turn<'s> {
    message: Option<&'s str>,
    /// The message is the last thing in it.
    ends_in_message: bool,
    active: bool,
}

impl<'s> Life<'s, '_> {
    fn step(&mut self, at: usize) {
        let kind = &self.transcript.steps[at].kind;
        // `codex exec --json` does not print prompts.
        let promptless = self.transcript.format == Format::ExecJson;
        if promptless && self.turn.is_none() && matches!(kind, StepKind::Call(_) | StepKind::Message(_)) {
            self.open(at);
        }
        match kind {
            StepKind::Prompt(_) => self.prompt(at),
            StepKind::Message(text) => {
                if let Some(turn) = &mut self.turn {
                    (turn.message, turn.ends_in_message) = (Some(&**text), true);
                }
            }
            StepKind::Call(_) => {
                if let Some(turn) = &mut self.turn {
                    turn.ends_in_message = false;
                }
            }
            StepKind::Continued(text) => {
                self.stop(at, Some(text));
                if let Some(turn) = &mut self.turn {
                    turn.active = true;
                }
            }
            StepKind::Ended { failed } => {
                if !failed {
                    self.stop(at, None);
                }
                self.turn = None;
            }
            StepKind::Aborted(reason) => {
                if reason == "interrupted" && !self.sub_agent {
                    self.found.push((at, Happening::Interrupt));
                }
                self.turn = None;
            }
            StepKind::Compacted => self.compacted(at),
            StepKind::SkillInjected(_) => {}
        }
    }

    /// A prompt starts a turn, or adds to the running one.
    fn prompt(&mut self, at: usize) {
        if let Some(turn) = self.turn {
            if self.tells_ends && !self.is_other_turn(at) {
                return;
            }
            if !self.tells_ends {
                if !turn.ends_in_message {
                    return;
                }
                self.stop(at, None);
            }
        }
        self.open(at);
    }

    /// Does the prompt belong to another turn than the step before it?
    fn is_other_turn(&self, at: usize) -> bool {
        let turn = |at: usize| {
            let context = self.transcript.steps.get(at)?.context?;
            self.transcript.contexts.get(context as usize).map(|context| &*context.turn)
        };
        let (before, now) = (at.checked_sub(1).and_then(turn), turn(at));
        before.is_some_and(|before| now.is_some_and(|now| now != before && !now.is_empty()))
    }

    fn open(&mut self, at: usize) {
        self.found.extend(self.due.take().map(|start| (at, start)));
        self.turn = Some(Turn { message: None, ends_in_message: false, active: false });
    }

    fn stop(&mut self, at: usize, continued: Option<&'s str>) {
        if let Some(Turn { message, active, .. }) = self.turn {
            self.found.push((at, Happening::Stop { active, message, continued }));
        }
    }

    /// Codex compacts by itself in a turn or at its start; a compaction that a person asks for is a turn of its own.
    fn compacted(&mut self, at: usize) {
        let next = self.transcript.steps[at + 1..].iter().find_map(|step| match step.kind {
            StepKind::Prompt(_) | StepKind::Call(_) => Some(true),
            StepKind::Ended { .. } | StepKind::Aborted(_) => Some(false),
            _ => None,
        });
        let manual = self.turn.is_none() && self.tells_ends && next != Some(true);
        let trigger = if manual { "manual" } else { "auto" };
        self.found.push((at, Happening::PreCompact { trigger }));
        self.found.push((at, Happening::PostCompact { trigger }));
        if self.sub_agent {
            return;
        }
        let start = Happening::SessionStart { source: "compact" };
        if self.turn.is_some() {
            self.found.push((at, start));
        } else {
            self.due.get_or_insert(start);
        }
    }

    fn end(&mut self) {
        let end = self.transcript.steps.len();
        if !self.tells_ends && self.turn.is_some_and(|turn| turn.ends_in_message) {
            self.stop(end, None);
        }
        // A thread in which no turn ever began has run no hooks.
        let began = !matches!(self.due, Some(Happening::SessionStart { source: "startup" | "fork" }));
        if !self.sub_agent && began {
            self.found.push((end, Happening::SessionEnd));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn line(kind: &str, payload: &Value) -> String {
        format!("{}\n", json!({ "timestamp": "2026-01-01T00:00:00Z", "type": kind, "payload": payload }))
    }

    /// A recording from words: `prompt`, `said`, `call`, `end`, `failed`, `interrupted`, `compacted`, `continued`, `turn`.
    fn recording(words: &str) -> String {
        let message = |role: &str, text: &str| json!({"type": "message", "role": role, "content": [{"type": "input_text", "text": text}]});
        let mut text = line("session_meta", &json!({"id": "s", "cwd": "/w"}));
        for (number, word) in words.split(' ').enumerate() {
            text += &match word {
                "turn" => line("turn_context", &json!({"turn_id": number.to_string(), "cwd": "/w"})),
                "prompt" => line("response_item", &message("user", &format!("do {number}"))),
                "said" => line("response_item", &message("assistant", &format!("said {number}"))),
                "call" => line(
                    "response_item",
                    &json!({"type": "function_call", "name": "exec_command", "call_id": format!("c{number}"), "arguments": "{\"cmd\":\"ls\"}"}),
                ),
                "end" => line("event_msg", &json!({"type": "task_complete", "error": null})),
                "failed" => line("event_msg", &json!({"type": "task_complete", "error": {"message": "bad"}})),
                "interrupted" => line("event_msg", &json!({"type": "turn_aborted", "reason": "interrupted"})),
                "replaced" => line("event_msg", &json!({"type": "turn_aborted", "reason": "replaced"})),
                "compacted" => line("compacted", &json!({"message": "summary"})),
                "continued" => line(
                    "response_item",
                    &message("user", "<hook_prompt hook_run_id=\"x\">go on</hook_prompt>"),
                ),
                other => panic!("{other}"),
            };
        }
        text
    }

    fn told(words: &str, sub_agent: bool) -> String {
        let text = recording(words);
        let transcript = Transcript::read(text.as_bytes()).unwrap();
        let tell = |(at, what): &(usize, Happening<'_>)| match what {
            Happening::SessionStart { source } => format!("{at}:{source}"),
            Happening::Stop { active, message, continued } => {
                let again = if *active { " again" } else { "" };
                let on = continued.map(|text| format!(" [{text}]")).unwrap_or_default();
                format!("{at}:stop{again}({}){on}", message.unwrap_or("-"))
            }
            Happening::PreCompact { trigger } => format!("{at}:pre {trigger}"),
            Happening::PostCompact { trigger } => format!("{at}:post {trigger}"),
            other => format!("{at}:{other:?}"),
        };
        happenings(&transcript, sub_agent).iter().map(tell).collect::<Vec<_>>().join(", ")
    }

    /// The orders are those in which Codex 0.169 ran hooks when asked.
    #[test]
    fn hooks_are_due_when_codex_runs_them() {
        for (words, expected) in [
            ("turn prompt said end", "0:startup, 2:stop(said 2), 3:SessionEnd"),
            ("prompt end prompt said end", "0:startup, 1:stop(-), 4:stop(said 3), 5:SessionEnd"),
            ("prompt failed prompt said end", "0:startup, 4:stop(said 3), 5:SessionEnd"),
            (
                "prompt call interrupted prompt said end",
                "0:startup, 2:Interrupt, 5:stop(said 4), 6:SessionEnd",
            ),
            ("prompt call replaced", "0:startup, 3:SessionEnd"),
            ("prompt call prompt said end", "0:startup, 4:stop(said 3), 5:SessionEnd"),
            (
                "prompt said end compacted end",
                "0:startup, 2:stop(said 1), 3:pre manual, 3:post manual, 5:SessionEnd",
            ),
            (
                "prompt said end compacted end prompt said end",
                "0:startup, 2:stop(said 1), 3:pre manual, 3:post manual, 5:compact, 7:stop(said 6), 8:SessionEnd",
            ),
            (
                "prompt said end compacted prompt said end",
                "0:startup, 2:stop(said 1), 3:pre auto, 3:post auto, 4:compact, 6:stop(said 5), 7:SessionEnd",
            ),
            (
                "prompt call compacted said end",
                "0:startup, 2:pre auto, 2:post auto, 2:compact, 4:stop(said 3), 5:SessionEnd",
            ),
            (
                "prompt said continued call said continued said end",
                "0:startup, 2:stop(said 1) [go on], 5:stop again(said 4) [go on], 7:stop again(said 6), 8:SessionEnd",
            ),
            ("prompt said end turn prompt call", "0:startup, 2:stop(said 1), 5:SessionEnd"),
            ("prompt said prompt call", "0:startup, 2:stop(said 1), 4:SessionEnd"),
            ("prompt said", "0:startup, 2:stop(said 1), 2:SessionEnd"),
            ("end", ""),
        ] {
            assert_eq!(told(words, false), expected, "{words}");
        }
    }

    #[test]
    fn sub_agents_have_hooks_of_their_own() {
        for (words, expected) in [
            ("prompt call said end", "0:SubagentStart, 3:stop(said 2)"),
            ("prompt said end prompt said end", "0:SubagentStart, 2:stop(said 1), 5:stop(said 4)"),
            ("prompt call compacted said end", "0:SubagentStart, 2:pre auto, 2:post auto, 4:stop(said 3)"),
            ("prompt call interrupted", "0:SubagentStart"),
            ("prompt call interrupted prompt said end", "0:SubagentStart, 5:stop(said 4)"),
        ] {
            assert_eq!(told(words, true), expected, "{words}");
        }
    }

    #[test]
    fn event_logs_have_no_prompts() {
        let text = "{\"type\":\"thread.started\",\"thread_id\":\"t\"}\n{\"type\":\"turn.started\"}\n{\"type\":\"item.completed\",\"item\":{\"id\":\"item_0\",\"type\":\"agent_message\",\"text\":\"done\"}}\n{\"type\":\"turn.completed\",\"usage\":{}}\n";
        let transcript = Transcript::read(text.as_bytes()).unwrap();
        let found: Vec<_> =
            happenings(&transcript, false).into_iter().map(|(_, what)| what.event(false)).collect();
        assert_eq!(found, [HookEvent::SessionStart, HookEvent::Stop, HookEvent::SessionEnd]);
    }

    #[test]
    fn reviews_have_no_hooks_of_their_life() {
        let review =
            json!({"id": "s", "cwd": "/w", "parent_thread_id": "p", "source": {"subagent": "review"}});
        let lines: Vec<_> = recording("prompt call said end").lines().skip(1).map(str::to_owned).collect();
        let text = line("session_meta", &review) + &lines.join("\n");
        let transcript = Transcript::read(text.as_bytes()).unwrap();
        assert_eq!(transcript.steps.len(), 4);
        assert_eq!(happenings(&transcript, true), []);
    }

    proptest::proptest! {
        #[test]
        fn happenings_come_in_order(words in proptest::collection::vec(proptest::sample::select(vec!["prompt", "said", "call", "end", "failed", "interrupted", "compacted", "continued", "turn"]), 1..30), sub_agent: bool) {
            let text = recording(&words.join(" "));
            let transcript = Transcript::read(text.as_bytes()).unwrap();
            let found = happenings(&transcript, sub_agent);
            proptest::prop_assert!(found.is_sorted_by_key(|(at, _)| *at));
            let ends = found.iter().filter(|(_, what)| matches!(what, Happening::SessionEnd)).count();
            proptest::prop_assert!(ends <= usize::from(!sub_agent));
        }
    }
}
