//! Judges recorded steps against a boundary.

pub mod cell;
pub mod codex;
pub mod hook;

mod attempt;
mod divergence;
pub(crate) mod edits;
mod explain;
mod hooks;
mod grants;
mod in_order;
mod judge;
mod judged;
mod life;
mod lifecycle;
mod lying;
mod memory;
mod message;
mod moment;
#[cfg(target_os = "linux")]
mod namespace;
mod native;
mod own;
mod passage;
mod policy;
mod project;
mod recordings;
mod request;
mod result;
mod retry;
mod routing;
mod sandbox;
mod skills;
mod thread;
mod touch;
mod verification;
mod walk;
mod workspace;

pub use hooks::HookSettings;
pub use in_order::in_order;
pub use judge::Note;
pub use message::last_messages;
pub use native::{Explained, NativeEngine, TaskReplays};
pub use recordings::Recordings;
pub use workspace::Workspace;
