//! The JSON that hooks may print, as strict as Codex 0.169 reads it: an unknown field or a wrong type spoils the whole.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::engine::cell::ProcessOutcome;

/// What a hook printed on standard output.
pub(super) enum Printed<T> {
    /// Nothing but white space.
    Nothing,
    /// Text that does not start like JSON.
    Text(String),
    /// An object of the event's shape.
    Object(T),
    /// Something that starts like JSON and is not of the event's shape.
    Invalid,
}

/// Reads standard output. A repeated field counts with its last value, as in Codex 0.169.
pub(super) fn printed<T: DeserializeOwned>(outcome: &ProcessOutcome) -> Printed<T> {
    let text = String::from_utf8_lossy(&outcome.stdout);
    let text = text.trim();
    match text.as_bytes().first() {
        None => Printed::Nothing,
        Some(b'{') => {
            let object = serde_json::from_str::<Value>(text).and_then(serde_json::from_value);
            object.map_or(Printed::Invalid, Printed::Object)
        }
        Some(b'[') => Printed::Invalid,
        Some(_) => Printed::Text(text.to_owned()),
    }
}

/// A reason that says something, without white space around it.
pub(super) fn meaningful(text: Option<&str>) -> Option<String> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn yes() -> bool {
    true
}

/// The fields that every event knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Universal<'o> {
    /// `continue`: go on.
    pub(super) goes_on: bool,
    /// `stopReason`.
    pub(super) stop_reason: Option<&'o str>,
    /// `suppressOutput`.
    pub(super) suppress: bool,
}

macro_rules! shape {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub(super) struct $name {
            #[serde(default = "yes")]
            r#continue: bool,
            #[serde(default)]
            stop_reason: Option<String>,
            #[serde(default)]
            suppress_output: bool,
            /// Only shown to the user.
            #[serde(default, rename = "systemMessage")]
            _system_message: Option<String>,
            $($(#[$field_doc])* pub(super) $field: $type,)*
        }

        impl $name {
            /// The fields that every event knows.
            pub(super) fn universal(&self) -> Universal<'_> {
                Universal {
                    goes_on: self.r#continue,
                    stop_reason: self.stop_reason.as_deref(),
                    suppress: self.suppress_output,
                }
            }
        }
    };
}

shape! {
    /// Of PreToolUse.
    PreToolUseOutput {
        #[serde(default)]
        decision: Option<OldDecision>,
        #[serde(default)]
        reason: Option<String>,
        #[serde(default)]
        hook_specific_output: Option<PreToolUseDetail>,
    }
}
shape! {
    /// Of PermissionRequest.
    PermissionRequestOutput {
        #[serde(default)]
        hook_specific_output: Option<PermissionRequestDetail>,
    }
}
shape! {
    /// Of PostToolUse.
    PostToolUseOutput {
        #[serde(default)]
        decision: Option<BlockDecision>,
        #[serde(default)]
        reason: Option<String>,
        #[serde(default)]
        hook_specific_output: Option<PostToolUseDetail>,
    }
}
shape! {
    /// Of UserPromptSubmit.
    UserPromptSubmitOutput {
        #[serde(default)]
        decision: Option<BlockDecision>,
        #[serde(default)]
        reason: Option<String>,
        #[serde(default)]
        hook_specific_output: Option<ContextDetail>,
    }
}
shape! {
    /// Of SessionStart and SubagentStart.
    SessionStartOutput {
        #[serde(default)]
        hook_specific_output: Option<ContextDetail>,
    }
}
shape! {
    /// Of Stop and SubagentStop.
    StopOutput {
        #[serde(default)]
        decision: Option<BlockDecision>,
        #[serde(default)]
        reason: Option<String>,
    }
}
shape! {
    /// Of PreCompact and PostCompact.
    CompactOutput {}
}

/// Of Interrupt.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct InterruptOutput {
    /// Only shown to the user.
    #[serde(default, rename = "systemMessage")]
    _system_message: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum OldDecision {
    Approve,
    Block,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum BlockDecision {
    Block,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum PermissionDecision {
    Allow,
    Deny,
    Ask,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Behavior {
    Allow,
    Deny,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PreToolUseDetail {
    #[serde(rename = "hookEventName")]
    _event: Event,
    #[serde(default)]
    pub(super) permission_decision: Option<PermissionDecision>,
    #[serde(default)]
    pub(super) permission_decision_reason: Option<String>,
    #[serde(default)]
    pub(super) updated_input: Option<Value>,
    #[serde(default)]
    pub(super) additional_context: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PermissionRequestDetail {
    #[serde(rename = "hookEventName")]
    _event: Event,
    #[serde(default)]
    pub(super) decision: Option<Decision>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Decision {
    pub(super) behavior: Behavior,
    #[serde(default)]
    pub(super) updated_input: Option<Value>,
    #[serde(default)]
    pub(super) updated_permissions: Option<Value>,
    #[serde(default)]
    pub(super) message: Option<String>,
    #[serde(default)]
    pub(super) interrupt: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PostToolUseDetail {
    #[serde(rename = "hookEventName")]
    _event: Event,
    #[serde(default)]
    pub(super) additional_context: Option<String>,
    #[serde(default, rename = "updatedMCPToolOutput")]
    pub(super) updated_output: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ContextDetail {
    #[serde(rename = "hookEventName")]
    _event: Event,
    #[serde(default)]
    pub(super) additional_context: Option<String>,
}

/// Names that `hookEventName` may have. Codex 0.169 wants one of them, but not that of the event.
#[derive(Debug, Deserialize)]
enum Event {
    PreToolUse,
    PermissionRequest,
    PostToolUse,
    PreCompact,
    PostCompact,
    SessionStart,
    SessionEnd,
    UserPromptSubmit,
    SubagentStart,
    SubagentStop,
    Stop,
    Interrupt,
}
