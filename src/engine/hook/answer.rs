//! What one hook's outcome means, by event. The tables in the tests beside are what Codex 0.169.0 did when asked.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::Value;

use super::output::{
    Behavior, CompactOutput, Decision, OldDecision, PermissionDecision, PermissionRequestOutput,
    PostToolUseOutput, PreToolUseDetail, PreToolUseOutput, Printed, SessionStartOutput, StopOutput,
    UserPromptSubmitOutput, meaningful, printed,
};
use crate::engine::cell::{Ended, ProcessOutcome};

/// Why Codex went on as if the hook had said nothing; the text is that of Codex 0.169.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailOpen(pub Cow<'static, str>);

impl FailOpen {
    const fn of(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

/// Answer of a PreToolUse hook.
#[derive(Clone, Debug, PartialEq)]
pub enum PreToolUse {
    /// The call does not run.
    Block {
        /// What the model is told.
        reason: String,
    },
    /// The call runs with another input, if that has the tool's shape.
    Rewrite {
        /// The new input.
        input: Value,
    },
    /// The call goes on.
    Pass {
        /// Why the answer did not count, if there was one.
        failed: Option<FailOpen>,
    },
}

/// Answer of a PermissionRequest hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PermissionRequest {
    /// Approved, and nobody else is asked.
    Allow,
    /// Rejected.
    Deny {
        /// What the model is told.
        message: String,
    },
    /// No verdict: whoever reviews approvals is asked.
    Silent {
        /// Why the answer did not count, if there was one.
        failed: Option<FailOpen>,
    },
}

/// Answer of a PostToolUse hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostToolUse {
    /// The model reads this in place of the tool's output.
    Replace {
        /// The text.
        text: String,
    },
    /// The model reads the tool's output.
    Keep {
        /// Why the answer did not count, if there was one.
        failed: Option<FailOpen>,
    },
}

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
        /// The reason; empty where the hook gave none.
        reason: String,
    },
    /// It goes on.
    Pass {
        /// Why the answer did not count, if there was one.
        failed: Option<FailOpen>,
    },
}

/// How a process ended, for an event that knows exit code 2.
enum Exit {
    /// Code 0: what it printed counts.
    Zero,
    /// Code 2, with a reason on standard error.
    Two(String),
    /// Any other way.
    Failed(FailOpen),
}

fn exit(outcome: &ProcessOutcome, timeout: Duration, two: Option<&'static str>) -> Exit {
    Exit::Failed(match (outcome.ended, two) {
        (Ended::Exit(0), _) => return Exit::Zero,
        (Ended::Exit(2), Some(without)) => {
            match meaningful(Some(&String::from_utf8_lossy(&outcome.stderr))) {
                Some(reason) => return Exit::Two(reason),
                None => FailOpen::of(without),
            }
        }
        (Ended::Exit(code), _) => FailOpen(format!("hook exited with code {code}").into()),
        (Ended::Signal(_), _) => FailOpen::of("hook exited without a status code"),
        (Ended::Timeout, _) => FailOpen(format!("hook timed out after {}s", timeout.as_secs()).into()),
        (Ended::Memory | Ended::Processes | Ended::Output, _) => {
            FailOpen::of("hook reached a limit of its cell")
        }
        (Ended::NotStarted, _) => FailOpen::of("hook could not be started"),
    })
}

/// Reads a PreToolUse hook's outcome, with the context that it adds for the model.
pub fn pre_tool_use(outcome: &ProcessOutcome, timeout: Duration) -> (PreToolUse, Option<String>) {
    let pass = |failed| (PreToolUse::Pass { failed: Some(failed) }, None);
    let without = "PreToolUse hook exited with code 2 but did not write a blocking reason to stderr";
    match exit(outcome, timeout, Some(without)) {
        Exit::Zero => {}
        Exit::Two(reason) => return (PreToolUse::Block { reason }, None),
        Exit::Failed(failed) => return pass(failed),
    }
    let output: PreToolUseOutput = match printed(outcome) {
        Printed::Nothing | Printed::Text(_) => return (PreToolUse::Pass { failed: None }, None),
        Printed::Invalid => return pass(FailOpen::of("hook returned invalid pre-tool-use JSON output")),
        Printed::Object(output) => output,
    };
    let universal = output.universal();
    let unsupported = match () {
        () if !universal.goes_on => Some("PreToolUse hook returned unsupported continue:false"),
        () if universal.stop_reason.is_some() => Some("PreToolUse hook returned unsupported stopReason"),
        () if universal.suppress => Some("PreToolUse hook returned unsupported suppressOutput"),
        () => None,
    };
    if let Some(text) = unsupported {
        return pass(FailOpen::of(text));
    }
    let context = output.hook_specific_output.as_ref().and_then(|detail| detail.additional_context.clone());
    let answer = match &output.hook_specific_output {
        Some(detail) if decides(detail) => detailed(detail),
        _ => old_form(output.decision, output.reason.as_deref()),
    };
    answer.map_or_else(|text| pass(FailOpen::of(text)), |answer| (answer, context))
}

/// Does the newer form say anything about the call? Then the older fields are not looked at.
fn decides(detail: &PreToolUseDetail) -> bool {
    detail.permission_decision.is_some()
        || detail.permission_decision_reason.is_some()
        || detail.updated_input.is_some()
}

fn detailed(detail: &PreToolUseDetail) -> Result<PreToolUse, &'static str> {
    match (detail.permission_decision, &detail.updated_input) {
        (Some(PermissionDecision::Allow), Some(input)) => Ok(PreToolUse::Rewrite { input: input.clone() }),
        (_, Some(_)) => Err("PreToolUse hook returned updatedInput without permissionDecision:allow"),
        (Some(PermissionDecision::Allow), None) => {
            Err("PreToolUse hook returned unsupported permissionDecision:allow")
        }
        (Some(PermissionDecision::Ask), None) => {
            Err("PreToolUse hook returned unsupported permissionDecision:ask")
        }
        (Some(PermissionDecision::Deny), None) => meaningful(detail.permission_decision_reason.as_deref())
            .map(|reason| PreToolUse::Block { reason })
            .ok_or("PreToolUse hook returned permissionDecision:deny without a non-empty permissionDecisionReason"),
        (None, None) => {
            Err("PreToolUse hook returned permissionDecisionReason without permissionDecision")
        }
    }
}

fn old_form(decision: Option<OldDecision>, reason: Option<&str>) -> Result<PreToolUse, &'static str> {
    match decision {
        Some(OldDecision::Approve) => Err("PreToolUse hook returned unsupported decision:approve"),
        Some(OldDecision::Block) => meaningful(reason)
            .map(|reason| PreToolUse::Block { reason })
            .ok_or("PreToolUse hook returned decision:block without a non-empty reason"),
        None if reason.is_some() => Err("PreToolUse hook returned reason without decision"),
        None => Ok(PreToolUse::Pass { failed: None }),
    }
}

/// The command of a rewritten shell or patch input; the error is what the model then reads in place of a result.
pub fn rewritten_command(input: &Value) -> Result<&str, &'static str> {
    input
        .get("command")
        .and_then(Value::as_str)
        .ok_or("hook returned updatedInput without string field `command`")
}

/// What the model reads when a hook blocks a call; `command` for shells and patches, else the tool's name.
pub fn blocked_text(reason: &str, command: Option<&str>, tool_name: &str) -> String {
    match command {
        Some(command) => format!("Command blocked by PreToolUse hook: {reason}. Command: {command}"),
        None => format!("Tool call blocked by PreToolUse hook: {reason}. Tool: {tool_name}"),
    }
}

/// Reads a PermissionRequest hook's outcome.
pub fn permission_request(outcome: &ProcessOutcome, timeout: Duration) -> PermissionRequest {
    let silent = |failed| PermissionRequest::Silent { failed: Some(failed) };
    let without = "PermissionRequest hook exited with code 2 but did not write a denial reason to stderr";
    match exit(outcome, timeout, Some(without)) {
        Exit::Zero => {}
        Exit::Two(message) => return PermissionRequest::Deny { message },
        Exit::Failed(failed) => return silent(failed),
    }
    let output: PermissionRequestOutput = match printed(outcome) {
        Printed::Nothing | Printed::Text(_) => return PermissionRequest::Silent { failed: None },
        Printed::Invalid => {
            return silent(FailOpen::of("hook returned invalid permission-request JSON output"));
        }
        Printed::Object(output) => output,
    };
    let decision = output.hook_specific_output.as_ref().and_then(|detail| detail.decision.as_ref());
    let says = |test: fn(&Decision) -> bool| decision.is_some_and(test);
    let universal = output.universal();
    let unsupported = match () {
        () if !universal.goes_on => Some("PermissionRequest hook returned unsupported continue:false"),
        () if universal.stop_reason.is_some() => {
            Some("PermissionRequest hook returned unsupported stopReason")
        }
        () if universal.suppress => Some("PermissionRequest hook returned unsupported suppressOutput"),
        () if says(|decision| decision.updated_input.is_some()) => {
            Some("PermissionRequest hook returned unsupported updatedInput")
        }
        () if says(|decision| decision.updated_permissions.is_some()) => {
            Some("PermissionRequest hook returned unsupported updatedPermissions")
        }
        () if says(|decision| decision.interrupt) => {
            Some("PermissionRequest hook returned unsupported interrupt:true")
        }
        () => None,
    };
    match (unsupported, decision) {
        (Some(text), _) => silent(FailOpen::of(text)),
        (None, None) => PermissionRequest::Silent { failed: None },
        (None, Some(decision)) if decision.behavior == Behavior::Allow => PermissionRequest::Allow,
        (None, Some(decision)) => {
            let message = meaningful(decision.message.as_deref());
            let message = message.unwrap_or_else(|| "PermissionRequest hook denied approval".to_owned());
            PermissionRequest::Deny { message }
        }
    }
}

/// Reads a PostToolUse hook's outcome, with the context that it adds for the model.
pub fn post_tool_use(outcome: &ProcessOutcome, timeout: Duration) -> (PostToolUse, Option<String>) {
    let keep = |failed| (PostToolUse::Keep { failed: Some(failed) }, None);
    let without = "PostToolUse hook exited with code 2 but did not write feedback to stderr";
    match exit(outcome, timeout, Some(without)) {
        Exit::Zero => {}
        Exit::Two(text) => return (PostToolUse::Replace { text }, None),
        Exit::Failed(failed) => return keep(failed),
    }
    let output: PostToolUseOutput = match printed(outcome) {
        Printed::Nothing | Printed::Text(_) => return (PostToolUse::Keep { failed: None }, None),
        Printed::Invalid => return keep(FailOpen::of("hook returned invalid post-tool-use JSON output")),
        Printed::Object(output) => output,
    };
    let reason = meaningful(output.reason.as_deref());
    let updated = output.hook_specific_output.as_ref().is_some_and(|detail| detail.updated_output.is_some());
    let universal = output.universal();
    let unsupported = match () {
        () if universal.suppress => Some("PostToolUse hook returned unsupported suppressOutput"),
        () if updated => Some("PostToolUse hook returned unsupported updatedMCPToolOutput"),
        () if !universal.goes_on => None,
        () if output.decision.is_some() && reason.is_none() => {
            Some("PostToolUse hook returned decision:block without a non-empty reason")
        }
        () if output.decision.is_none() && output.reason.is_some() => {
            Some("PostToolUse hook returned reason without decision")
        }
        () => None,
    };
    if let Some(text) = unsupported {
        return keep(FailOpen::of(text));
    }
    let context = output.hook_specific_output.as_ref().and_then(|detail| detail.additional_context.clone());
    let stop = || {
        let reason = meaningful(universal.stop_reason);
        (!universal.goes_on)
            .then(|| reason.unwrap_or_else(|| "PostToolUse hook stopped execution".to_owned()))
    };
    let blocked = reason.filter(|_| output.decision.is_some());
    match blocked.or_else(stop) {
        Some(text) => (PostToolUse::Replace { text }, context),
        None => (PostToolUse::Keep { failed: None }, context),
    }
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
        let reason = meaningful(universal.stop_reason).unwrap_or_default();
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
    if universal.goes_on {
        return (SessionStart::Pass { failed: None }, context);
    }
    (SessionStart::Stop { reason: meaningful(universal.stop_reason).unwrap_or_default() }, context)
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
        _ if !output.universal().goes_on => Stop::End { failed: None },
        (Some(_), Some(prompt)) => Stop::Continue { prompt },
        (Some(_), None) => end(FailOpen::of(no_reason)),
        (None, _) => Stop::End { failed: None },
    }
}

/// Reads a PreCompact or PostCompact hook's outcome.
pub fn compact(outcome: &ProcessOutcome, timeout: Duration) -> Compact {
    if let Exit::Failed(failed) = exit(outcome, timeout, None) {
        return Compact::Pass { failed: Some(failed) };
    }
    match printed::<CompactOutput>(outcome) {
        Printed::Object(output) if !output.universal().goes_on => {
            Compact::Stop { reason: meaningful(output.universal().stop_reason).unwrap_or_default() }
        }
        Printed::Invalid => Compact::Pass { failed: Some(FailOpen::of("hook returned invalid JSON output")) },
        Printed::Nothing | Printed::Text(_) | Printed::Object(_) => Compact::Pass { failed: None },
    }
}
