//! Asks the real Codex CLI: every recorded task is played to it again, and what it rules is read from what it does.
//!
//! ```text
//! task -> script (the model's part) -> model server on loopback \
//!      -> work copy of the snapshot, CODEX_HOME with the plugin  > codex app-server, all in a jail without a network
//!      -> recorded verdicts of people, results of MCP tools     /
//!                          -> its own recording, requests, notices, logs -> rulings beside the native engine's
//! ```
//!
//! The CLI decides; the native engine adds what the CLI does not tell: the effects of a call, their scope, and the
//! place of the rule.

mod agreement;
mod album;
mod bare;
mod client;
mod compare;
mod control;
mod does;
mod engine;
mod fit;
mod home;
mod hooks;
mod interruption;
mod item;
pub mod jail;
mod launch;
mod live;
mod log;
mod model;
mod nested;
mod performance;
mod picture;
mod place;
mod play;
mod program;
mod provider;
mod renaming;
mod ruling;
mod script;
mod server;
mod story;
mod stub;
mod tools;
mod traces;
mod turn;
mod turn_place;
mod witness;

pub use agreement::{Agreement, Difference, Unclear};
pub use engine::{CodexEngine, CodexSettings, Played};
pub use live::{LiveEngine, LiveSettings, NewSession};
pub use program::{CodexMissing, CodexProgram, TESTED, VARIABLE};
pub use provider::{Provider, ProviderError};
pub use stub::{STUB, stand_in};
