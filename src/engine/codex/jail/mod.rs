//! The jail: the real Codex CLI, and whatever it runs, with no way to the host.
//!
//! Codex runs some commands of a session outside its own sandbox (allow rules, accepted escalations), so all of it
//! runs in here. Inside there is an ordinary user, a filesystem of the host's system folders, read-only, and of the
//! folders that the [`JailSpec`] names, and no network but loopback. Codex's own sandbox works inside.
//!
//! ```text
//! plugin-eval run ── Jail::open ──> plugin-eval jail outer      makes namespaces (user, mount, pid, net, ipc, uts)
//!       │   <── port, listener ──   └─> plugin-eval jail first  process 1 inside: loopback, then waits
//!       ├─ OpenJail::start ── spec, pipes ──>                   mounts, user, limits, filter, watches
//!       └─ Jail::wait     <── how it ended ──   └─> codex app-server
//! ```
//!
//! Process 1 ends with the program, or when the process that holds the [`Jail`] is gone, however that ended; the
//! kernel then ends every other process inside. No unsafe code: files are handed over sockets.

mod spec;

#[cfg(target_os = "linux")]
mod enclosed;
#[cfg(target_os = "linux")]
mod entry;
#[cfg(target_os = "linux")]
mod filter;
#[cfg(target_os = "linux")]
mod first;
#[cfg(target_os = "linux")]
mod loopback;
#[cfg(target_os = "linux")]
mod open;
#[cfg(target_os = "linux")]
mod outer;
#[cfg(target_os = "linux")]
mod owner;
#[cfg(target_os = "linux")]
mod room;
#[cfg(target_os = "linux")]
mod running;
#[cfg(target_os = "linux")]
mod trial;
#[cfg(target_os = "linux")]
mod watch;
#[cfg(target_os = "linux")]
mod wire;
#[cfg(not(target_os = "linux"))]
mod elsewhere;

#[cfg(not(target_os = "linux"))]
pub use elsewhere::{Jail, OpenJail, Stopper, enter};
#[cfg(target_os = "linux")]
pub use entry::enter;
#[cfg(target_os = "linux")]
pub use open::OpenJail;
#[cfg(target_os = "linux")]
pub use running::{Jail, Stopper};
pub use spec::{JailEnd, JailLimits, JailSpec};

/// First argument of the binary that makes it a jail; see [`enter`].
pub const ARGUMENT: &str = "jail";

/// What a jail can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// Itself, and the run that made it.
    Loopback,
    /// The network of the machine, for those who asked for it.
    Machine,
}

/// Tells the jail's own processes that it keeps the machine's network.
#[cfg(target_os = "linux")]
const OPEN_NETWORK: &str = "network";

/// Why there can be no jail on this machine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the Codex CLI cannot be confined here: {reason}")]
pub struct JailUnavailable {
    /// What is missing, as a lowercase fragment.
    pub reason: String,
}

/// Why a jail could not be made, or its program not be started.
#[derive(Debug, thiserror::Error)]
pub enum JailError {
    /// The binary could not be started again.
    #[error("cannot start {}: {source}", binary.display())]
    Start {
        /// The binary.
        binary: std::path::PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// It could not be set up.
    #[error("the jail cannot be made: {0}")]
    Setup(String),
    /// It ended, or did not answer in time.
    #[error("the jail does not answer: {0}")]
    NoAnswer(String),
}
