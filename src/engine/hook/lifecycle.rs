//! What one hook's outcome means for a prompt, a session, the end of a turn or a compaction.

use std::time::Duration;

use super::answer::{Exit, FailOpen, exit};
use super::output::{
    CompactOutput, InterruptOutput, Printed, SessionStartOutput, StopOutput, UserPromptSubmitOutput,
    meaningful, printed,
};
use crate::engine::cell::{Ended, ProcessOutcome};

/// Answer of a UserPromptSubmit hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserPromptSubmit {
    /// The turn ends before the model is asked, and the prompt is not stored.
    Block {
        /// The reason; empty where the hook gave none.
        reason: String,
    },
    /// The prompt goes on.
    Pass {
        /// Why the answer did not count, if there was one.
        failed: Option<FailOpen>,
    },
}

/// Answer of a SessionStart or SubagentStart hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionStart {
    /// The turn stops before the model is asked.
    Stop {
        /// The reason; empty where the hook gave none.
        reason: String,
    },
    /// The session goes on.
    Pass {
        /// Why the answer did not count, if there was one.
        failed: Option<FailOpen>,
    },
}

/// Answer of a Stop or SubagentStop hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The agent goes on with this prompt.
    Continue {
        /// The prompt.
        prompt: String,
    },
    /// The turn ends, whatever other hooks say.
    Halt {
        /// The reason; empty where the hook gave none.
        reason: String,
    },
    /// The turn ends.
    End {
        /// Why the answer did not count, if there was one.
        failed: Option<FailOpen>,
    },
}

/// Answer of a PreCompact or PostCompact hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compact {
    /// The turn stops.
    Stop {
        /// The reason.
        reason: String,
    },
    /// It goes on.
    Pass {
        /// Why the answer did not count, if there was one.
        failed: Option<FailOpen>,
    },
}

/// Reads a UserPromptSubmit hook's outcome, with the context that it adds for the model.
pub fn user_prompt_submit(outcome: &ProcessOutcome, timeout: Duration) -> (UserPromptSubmit, Option<String>) {
    let pass = |failed| (UserPromptSubmit::Pass { failed: Some(failed) }, None);
    let without = "UserPromptSubmit hook exited with code 2 but did not write a blocking reason to stderr";
    match exit(outcome, timeout, Some(without)) {
        Exit::Zero => {}
        Exit::Two(reason) => return (UserPromptSubmit::Block { reason }, None),
        Exit::Failed(failed) => return pass(failed),
    }
    let output: UserPromptSubmitOutput = match printed(outcome) {
        Printed::Nothing => return (UserPromptSubmit::Pass { failed: None }, None),
        Printed::Text(text) => return (UserPromptSubmit::Pass { failed: None }, Some(text)),
        Printed::Invalid => {
            return pass(FailOpen::of("hook returned invalid user prompt submit JSON output"));
        }
        Printed::Object(output) => output,
    };
    let universal = output.universal();
    let context = output.hook_specific_output.as_ref().and_then(|detail| detail.additional_context.clone());
    if !universal.goes_on {
        let reason = universal.stop_reason.unwrap_or_default().to_owned();
        return (UserPromptSubmit::Block { reason }, context);
    }
    match (output.decision, meaningful(output.reason.as_deref())) {
        (Some(_), Some(reason)) => (UserPromptSubmit::Block { reason }, context),
        (Some(_), None) => {
            pass(FailOpen::of("UserPromptSubmit hook returned decision:block without a non-empty reason"))
        }
        (None, _) => (UserPromptSubmit::Pass { failed: None }, context),
    }
}

/// Reads a SessionStart or SubagentStart hook's outcome, with the context that it adds for the model.
pub fn session_start(
    outcome: &ProcessOutcome,
    timeout: Duration,
    subagent: bool,
) -> (SessionStart, Option<String>) {
    let pass = |failed| (SessionStart::Pass { failed: Some(failed) }, None);
    if let Exit::Failed(failed) = exit(outcome, timeout, None) {
        return pass(failed);
    }
    let output: SessionStartOutput = match printed(outcome) {
        Printed::Nothing => return (SessionStart::Pass { failed: None }, None),
        Printed::Text(text) => return (SessionStart::Pass { failed: None }, Some(text)),
        Printed::Invalid if subagent => {
            return pass(FailOpen::of("hook returned invalid subagent start JSON output"));
        }
        Printed::Invalid => return pass(FailOpen::of("hook returned invalid session start JSON output")),
        Printed::Object(output) => output,
    };
    let universal = output.universal();
    let context = output.hook_specific_output.as_ref().and_then(|detail| detail.additional_context.clone());
    // A sub-agent starts whatever its hooks say.
    if universal.goes_on || subagent {
        return (SessionStart::Pass { failed: None }, context);
    }
    (SessionStart::Stop { reason: universal.stop_reason.unwrap_or_default().to_owned() }, context)
}

/// Reads a Stop or SubagentStop hook's outcome.
pub fn stop(outcome: &ProcessOutcome, timeout: Duration, subagent: bool) -> Stop {
    let end = |failed| Stop::End { failed: Some(failed) };
    let texts = if subagent {
        [
            "SubagentStop hook exited with code 2 but did not write a continuation prompt to stderr",
            "hook returned invalid subagent stop hook JSON output",
            "SubagentStop hook returned decision:block without a non-empty reason",
        ]
    } else {
        [
            "Stop hook exited with code 2 but did not write a continuation prompt to stderr",
            "hook returned invalid stop hook JSON output",
            "Stop hook returned decision:block without a non-empty reason",
        ]
    };
    let [without, invalid, no_reason] = texts;
    match exit(outcome, timeout, Some(without)) {
        Exit::Zero => {}
        Exit::Two(prompt) => return Stop::Continue { prompt },
        Exit::Failed(failed) => return end(failed),
    }
    let output: StopOutput = match printed(outcome) {
        Printed::Nothing => return Stop::End { failed: None },
        // The one event that takes no plain text.
        Printed::Text(_) | Printed::Invalid => return end(FailOpen::of(invalid)),
        Printed::Object(output) => output,
    };
    match (output.decision, meaningful(output.reason.as_deref())) {
        _ if !output.universal().goes_on => {
            Stop::Halt { reason: output.universal().stop_reason.unwrap_or_default().to_owned() }
        }
        (Some(_), Some(prompt)) => Stop::Continue { prompt },
        (Some(_), None) => end(FailOpen::of(no_reason)),
        (None, _) => Stop::End { failed: None },
    }
}

/// Reads a PreCompact or PostCompact hook's outcome.
pub fn compact(outcome: &ProcessOutcome, timeout: Duration, post: bool) -> Compact {
    let (invalid, stopped) = if post {
        ("hook returned invalid PostCompact hook JSON output", "PostCompact hook stopped execution")
    } else {
        ("hook returned invalid PreCompact hook JSON output", "PreCompact hook stopped execution")
    };
    if let Some(failed) = said_in_failing(outcome, timeout) {
        return Compact::Pass { failed: Some(failed) };
    }
    match printed::<CompactOutput>(outcome) {
        Printed::Object(output) if !output.universal().goes_on => {
            Compact::Stop { reason: output.universal().stop_reason.unwrap_or(stopped).to_owned() }
        }
        Printed::Invalid => Compact::Pass { failed: Some(FailOpen::of(invalid)) },
        Printed::Nothing | Printed::Text(_) | Printed::Object(_) => Compact::Pass { failed: None },
    }
}

/// Reads a SessionEnd hook's outcome: what it prints is not looked at. Gives why it failed, if it did.
pub fn session_end(outcome: &ProcessOutcome, timeout: Duration) -> Option<FailOpen> {
    said_in_failing(outcome, timeout)
}

/// Reads an Interrupt hook's outcome, which has no say. Gives why it failed, if it did.
pub fn interrupt(outcome: &ProcessOutcome, timeout: Duration) -> Option<FailOpen> {
    if let Exit::Failed(failed) = exit(outcome, timeout, None) {
        return Some(failed);
    }
    match printed::<InterruptOutput>(outcome) {
        Printed::Nothing | Printed::Object(_) => None,
        Printed::Text(_) => Some(FailOpen::of("Interrupt hook returned non-JSON stdout")),
        Printed::Invalid => Some(FailOpen::of("hook returned invalid interrupt hook JSON output")),
    }
}

/// Why a hook failed, for the events that take standard error for the reason.
fn said_in_failing(outcome: &ProcessOutcome, timeout: Duration) -> Option<FailOpen> {
    let Exit::Failed(failed) = exit(outcome, timeout, None) else { return None };
    let said = matches!(outcome.ended, Ended::Exit(_))
        .then(|| meaningful(Some(&String::from_utf8_lossy(&outcome.stderr))))
        .flatten();
    Some(said.map_or(failed, |said| FailOpen(said.into())))
}
