//! The protocol between Codex and hooks: what a hook reads, how it is run, and what its answer means.
//!
//! Which hooks run at which event is the boundary's work; here they are run in a cell and their answers are read as
//! Codex 0.169 reads them. Most mistakes of a hook let the call pass ([`FailOpen`]).

mod answer;
mod combine;
mod home;
mod input;
mod lifecycle;
pub mod mcp_tool;
mod output;
mod record;
mod run;
mod seat;
#[cfg(target_os = "linux")]
mod witness;
#[cfg(not(target_os = "linux"))]
#[path = "no_witness.rs"]
mod witness;

#[cfg(test)]
mod tests;

pub use answer::{
    FailOpen, PermissionRequest, PostToolUse, PreToolUse, blocked_text, permission_request, post_tool_use,
    pre_tool_use, rewritten_command,
};
pub use combine::{Permission, PreCall, Reply, TurnEnd, permission, pre_call, turn_end};
pub use input::{Agent, Moment, Occasion, PermissionMode};
pub use lifecycle::{
    Compact, SessionStart, Stop, UserPromptSubmit, compact, interrupt, session_end, session_start, stop,
    user_prompt_submit,
};
pub use record::{RecordView, Records, Until};
pub use run::{HookCommand, HookRun, HookRunner, PluginSeat, Scene};
pub use seat::{Seat, is_free};
