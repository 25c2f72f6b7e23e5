//! What one hook's outcome means for a tool call, by event. The tables in the tests beside are what Codex 0.169.0 did when asked.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::Value;

use super::output::{
    Behavior, Decision, OldDecision, PermissionDecision, PermissionRequestOutput, PostToolUseOutput,
    PreToolUseDetail, PreToolUseOutput, Printed, meaningful, printed,
};
use crate::engine::cell::{Ended, ProcessOutcome};

/// Why Codex went on as if the hook had said nothing; the text is that of Codex 0.169.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailOpen(pub Cow<'static, str>);

impl FailOpen {
    pub(super) const fn of(text: &'static str) -> Self {
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

/// How a process ended, for an event that knows exit code 2.
pub(super) enum Exit {
    /// Code 0: what it printed counts.
    Zero,
    /// Code 2, with a reason on standard error.
    Two(String),
    /// Any other way.
    Failed(FailOpen),
}

pub(super) fn exit(outcome: &ProcessOutcome, timeout: Duration, two: Option<&'static str>) -> Exit {
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
        (Ended::NoResult, _) => FailOpen(String::from_utf8_lossy(&outcome.stderr).into_owned().into()),
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
    let universal = output.universal();
    let detail = output.hook_specific_output.as_ref();
    let context = detail.and_then(|detail| detail.additional_context.clone());
    let reason = meaningful(output.reason.as_deref());
    if !universal.goes_on {
        let stop = || universal.stop_reason.unwrap_or("PostToolUse hook stopped execution").to_owned();
        return (PostToolUse::Replace { text: reason.unwrap_or_else(stop) }, context);
    }
    let updated = detail.is_some_and(|detail| detail.updated_output.is_some());
    let answer = match (output.decision, reason) {
        _ if universal.suppress => Err("PostToolUse hook returned unsupported suppressOutput"),
        _ if updated => Err("PostToolUse hook returned unsupported updatedMCPToolOutput"),
        (Some(_), Some(text)) => Ok(PostToolUse::Replace { text }),
        (Some(_), None) => Err("PostToolUse hook returned decision:block without a non-empty reason"),
        (None, _) if output.reason.is_some() => Err("PostToolUse hook returned reason without decision"),
        (None, _) => Ok(PostToolUse::Keep { failed: None }),
    };
    answer.map_or_else(|text| keep(FailOpen::of(text)), |answer| (answer, context))
}
