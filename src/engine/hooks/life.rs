//! The events that are no part of a call: prompts, and what happens in the life of a session.

use std::time::Duration;

use super::event::{Settled, nothing, passed, settle};
use super::{Answer, EventHooks, doubtful, reason, ruling};
use crate::boundary::Boundary;
use crate::boundary::hooks::{Hook, HookEvent};
use crate::decision::{Phase, Ruling, Verdict};
use crate::engine::cell::ProcessOutcome;
use crate::engine::hook::{self, FailOpen, Occasion, Reply, TurnEnd};
use crate::engine::life::subject;
use crate::engine::lifecycle::Happening;
use crate::engine::moment::Moment;

/// What one hook says about whether a turn goes on.
#[derive(Clone, Debug, PartialEq)]
enum Say {
    /// It ends here; the reason is empty where the hook gave none.
    Ends(String),
    /// It goes on, and why an answer did not count.
    GoesOn(Option<FailOpen>),
}

impl EventHooks {
    /// When the user sends a prompt, or an agent one to its sub-agent; no ruling when no hook has a say.
    pub(in crate::engine) fn user_prompt(
        &self,
        boundary: &Boundary,
        prompt: &str,
        moment: &Moment<'_>,
    ) -> Answer<Option<Ruling>> {
        let event = HookEvent::UserPromptSubmit;
        let occasion = Occasion::UserPromptSubmit { prompt };
        let texts = ["blocked", "a hook blocks the prompt"];
        self.gate(boundary, event, "", &occasion, moment, texts, |outcome, timeout| {
            match hook::user_prompt_submit(outcome, timeout).0 {
                hook::UserPromptSubmit::Block { reason } => Say::Ends(reason),
                hook::UserPromptSubmit::Pass { failed } => Say::GoesOn(failed),
            }
        })
    }

    /// When something happens in the life of a session; no ruling when no hook has a say.
    pub(in crate::engine) fn happening(
        &self,
        boundary: &Boundary,
        happening: &Happening<'_>,
        moment: &Moment<'_>,
    ) -> Answer<Option<Ruling>> {
        let sub_agent = moment.depth > 0;
        let event = happening.event(sub_agent);
        let subject = subject(happening, moment.agent_role(), sub_agent);
        let occasion = match *happening {
            Happening::SessionStart { source } => Occasion::SessionStart { source },
            Happening::SubagentStart => Occasion::SubagentStart,
            Happening::PreCompact { trigger } => Occasion::PreCompact { trigger },
            Happening::PostCompact { trigger } => Occasion::PostCompact { trigger },
            Happening::SessionEnd => Occasion::SessionEnd,
            Happening::Interrupt => Occasion::Interrupt,
            Happening::Stop { active, message, .. } if sub_agent => Occasion::SubagentStop {
                agent_transcript_path: None,
                stop_hook_active: active,
                last_assistant_message: message,
            },
            Happening::Stop { active, message, .. } => {
                Occasion::Stop { stop_hook_active: active, last_assistant_message: message }
            }
        };
        let default = match event {
            HookEvent::Stop | HookEvent::SubagentStop => {
                return self.turn_end(boundary, event, subject, &occasion, moment);
            }
            HookEvent::SessionStart => "a hook ends the turn before the model is asked",
            HookEvent::PreCompact => "a hook ends the turn before the history is compacted",
            HookEvent::PostCompact => "a hook ends the turn after the history was compacted",
            _ => "",
        };
        let read = |outcome: &ProcessOutcome, timeout| say(event, outcome, timeout);
        self.gate(boundary, event, subject, &occasion, moment, ["stopped", default], read)
    }

    /// Runs hooks that may end a turn, or have no say at all. `texts` are the outcome of one that ends it, and the
    /// reason where it gives none.
    #[expect(clippy::too_many_arguments, reason = "one call for each event, all of them different")]
    fn gate(
        &self,
        boundary: &Boundary,
        event: HookEvent,
        subject: &str,
        occasion: &Occasion<'_>,
        moment: &Moment<'_>,
        texts: [&'static str; 2],
        read: impl Fn(&ProcessOutcome, Duration) -> Say,
    ) -> Answer<Option<Ruling>> {
        let mut hooks = boundary.hooks.matching(event, subject).peekable();
        if hooks.peek().is_none() {
            return nothing(None);
        }
        let round = self.run(event, hooks, occasion, boundary, moment, read);
        let [outcome, default] = texts;
        let rows = round.rows(|answer| match answer {
            Say::Ends(reason) => (outcome, reason.clone()),
            Say::GoesOn(failed) => passed(failed.as_ref()),
        });
        let mut unknown = None;
        // What has no say is known to change nothing, whatever it would answer.
        let has_say = !default.is_empty();
        for (hook, reply) in &round.replies {
            match reply {
                Ok(Reply { answer: Say::Ends(reason), doubt: None }) => {
                    let reason = if reason.trim().is_empty() { default } else { reason };
                    let stopped = ruling(Verdict::Deny, Phase::Hook, reason.to_owned(), hook);
                    return Answer { verdict: Some(stopped), rows };
                }
                Ok(Reply { doubt: Some(doubt), .. }) if has_say => {
                    unknown.get_or_insert_with(|| doubtful(Phase::Hook, reason(*doubt), hook));
                }
                Err(why) if has_say => {
                    unknown.get_or_insert_with(|| doubtful(Phase::Hook, why, hook));
                }
                _ => {}
            }
        }
        Answer { verdict: unknown, rows }
    }

    fn turn_end(
        &self,
        boundary: &Boundary,
        event: HookEvent,
        subject: &str,
        occasion: &Occasion<'_>,
        moment: &Moment<'_>,
    ) -> Answer<Option<Ruling>> {
        let mut hooks = boundary.hooks.matching(event, subject).peekable();
        if hooks.peek().is_none() {
            return nothing(None);
        }
        let subagent = event == HookEvent::SubagentStop;
        let round = self.run(event, hooks, occasion, boundary, moment, |outcome, timeout| {
            hook::stop(outcome, timeout, subagent)
        });
        let rows = round.rows(|answer| match answer {
            hook::Stop::Continue { prompt } => ("blocked", prompt.clone()),
            hook::Stop::Halt { reason } => ("stopped", reason.clone()),
            hook::Stop::End { failed } => passed(failed.as_ref()),
        });
        let verdict = match settle(round.replies) {
            Settled::Unknown(hook, why, replies) => {
                // One that halts wins, whatever the others would say.
                let halts = |(_, reply): &(&Hook, Reply<hook::Stop>)| {
                    reply.doubt.is_none() && matches!(reply.answer, hook::Stop::Halt { .. })
                };
                (!replies.iter().any(halts)).then(|| doubtful(Phase::Hook, &why, hook))
            }
            Settled::Known(hooks, replies) => match hook::turn_end(&replies) {
                TurnEnd::Ends => None,
                TurnEnd::Doubtful { hook, doubt } => Some(doubtful(Phase::Hook, reason(doubt), hooks[hook])),
                TurnEnd::GoesOn { hook, prompts } => {
                    let why = format!("a hook makes the agent go on: {}", prompts.join("; "));
                    Some(ruling(Verdict::Deny, Phase::Hook, why, hooks[hook]))
                }
            },
        };
        Answer { verdict, rows }
    }
}

/// What an outcome says at an event that is neither a prompt nor the end of a turn.
fn say(event: HookEvent, outcome: &ProcessOutcome, timeout: Duration) -> Say {
    match event {
        HookEvent::SessionStart | HookEvent::SubagentStart => {
            match hook::session_start(outcome, timeout, event == HookEvent::SubagentStart).0 {
                hook::SessionStart::Stop { reason } => Say::Ends(reason),
                hook::SessionStart::Pass { failed } => Say::GoesOn(failed),
            }
        }
        HookEvent::PreCompact | HookEvent::PostCompact => {
            match hook::compact(outcome, timeout, event == HookEvent::PostCompact) {
                hook::Compact::Stop { reason } => Say::Ends(reason),
                hook::Compact::Pass { failed } => Say::GoesOn(failed),
            }
        }
        HookEvent::SessionEnd => Say::GoesOn(hook::session_end(outcome, timeout)),
        _ => Say::GoesOn(hook::interrupt(outcome, timeout)),
    }
}
