use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Keep, Layer};

/// What to run in a cell.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// Shell that reads the command, such as `/bin/bash`; called as `<shell> -c <command>`.
    pub shell: String,
    /// The command.
    pub command: String,
    /// The whole environment; nothing else is passed on.
    pub env: Vec<(String, String)>,
    /// Working folder, absolute.
    pub cwd: String,
    /// Folders of the host that the program may read.
    pub mounts: Vec<Mount>,
    /// Folders in memory that the program may write to, absolute; `/tmp` is always one.
    /// In a [`Confined`](super::CellKind::Confined) cell these must be folders of the host.
    pub writable: Vec<String>,
    /// A folder whose files outlive the cell.
    pub keep: Option<Keep>,
    /// A folder of the host that the program may change, as far as it can see.
    pub layer: Option<Layer>,
    /// Limits.
    pub limits: Limits,
}

/// A folder of the host, put read-only at a path of the cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// Where it is on the host.
    pub source: PathBuf,
    /// Where the program finds it, absolute.
    pub target: String,
}

/// What a program may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Wall time in milliseconds.
    pub time_ms: u64,
    /// Memory of all processes together, in bytes.
    pub memory: u64,
    /// Processes and threads at a time.
    pub processes: u64,
    /// Bytes that may be written to standard output, and as many to standard error.
    pub output: u64,
    /// Bytes in one file of a temporary folder, and in all of them.
    pub files: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time_ms: 10_000, memory: 1 << 30, processes: 64, output: 1 << 20, files: 64 << 20 }
    }
}
