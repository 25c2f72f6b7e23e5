//! The cell: runs one program of a plugin so that it can harm nothing.
//!
//! Inside, the filesystem is read-only but for small folders in memory, some of which lie over what they change
//! ([`Layer`]); there is no network, nothing of the
//! host is visible but its system folders, and time, memory, processes and output are limited. Nothing that the
//! program starts survives it.
//!
//! No unsafe code: the binary starts itself again with the hidden argument `cell`, and the new process confines
//! itself before it runs the program.
//!
//! ```text
//! plugin-eval run ── Cell::run ──> plugin-eval cell outer      makes namespaces (user, mount, pid, net, ipc, uts)
//!                                  └─> plugin-eval cell inner  process 1 inside: mounts, limits, watches, reports
//!                                      └─> /bin/bash -c <command>
//! ```
//!
//! Where namespaces cannot be had, Landlock and seccomp confine the program in place ([`CellKind::Confined`]);
//! where these cannot be had either, [`Cell::probe`] says why and nothing is run.

mod job;
mod kept;
mod layer;
mod outcome;

#[cfg(target_os = "linux")]
mod capture;
#[cfg(target_os = "linux")]
mod confined;
#[cfg(target_os = "linux")]
mod entry;
#[cfg(target_os = "linux")]
mod filter;
#[cfg(target_os = "linux")]
mod inner;
#[cfg(target_os = "linux")]
mod launch;
#[cfg(target_os = "linux")]
mod mounts;
#[cfg(target_os = "linux")]
mod opens;
#[cfg(target_os = "linux")]
mod outer;
#[cfg(target_os = "linux")]
mod rlimits;
#[cfg(not(target_os = "linux"))]
mod elsewhere;

#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::Opens;
#[cfg(not(target_os = "linux"))]
pub use elsewhere::{Cell, enter};
#[cfg(target_os = "linux")]
pub use entry::enter;
pub use job::{Job, Limits, Mount};
pub use kept::{Keep, Kept};
#[cfg(target_os = "linux")]
pub use launch::Cell;
pub use layer::Layer;
#[cfg(target_os = "linux")]
pub(super) use opens::Opens;
pub use outcome::{Doubt, Ended, ProcessOutcome};

/// First argument of the binary that makes it a cell; see [`enter`].
pub const ARGUMENT: &str = "cell";

/// How programs are confined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CellKind {
    /// In namespaces of their own: every path is where the job wants it.
    Namespaces,
    /// By Landlock and seccomp: paths are those of the host, so mounts stay where their source is.
    Confined,
}

/// The group that checkouts must be of for programs to write to them through a [`Layer`], where it is not their user's.
#[cfg(target_os = "linux")]
pub(super) fn group() -> Option<u32> {
    crate::engine::namespace::user::spare_group()
}

/// The group that checkouts must be of; of no use on this system.
#[cfg(not(target_os = "linux"))]
pub(super) fn group() -> Option<u32> {
    None
}

/// Why nothing can be confined on this machine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("programs cannot be confined here: {reason}")]
pub struct CellUnavailable {
    /// The reasons, as lowercase fragments.
    pub reason: String,
}

/// Why a job was not run, or its outcome is not known.
#[derive(Debug, thiserror::Error)]
pub enum CellError {
    /// The binary could not be started again.
    #[error("cannot start {}: {source}", binary.display())]
    Start {
        /// The binary.
        binary: std::path::PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The cell could not be set up.
    #[error("cannot be confined: {0}")]
    Setup(String),
    /// The cell ended without an answer.
    #[error("the cell ended without an answer")]
    NoAnswer,
}
