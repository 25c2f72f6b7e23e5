use serde::{Deserialize, Serialize};

use crate::engine::cell::Mount;

/// What to run in a jail.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct JailSpec {
    /// The program, as an absolute path inside, and its arguments.
    pub program: Vec<String>,
    /// The whole environment; nothing else is passed on.
    pub env: Vec<(String, String)>,
    /// Working folder inside, absolute; made if it is not there.
    pub cwd: String,
    /// Files and folders of the host that the program may read.
    pub read_only: Vec<Mount>,
    /// Files and folders of the host that the program may write to. They become the property of the jail's user:
    /// when root makes the jail, that is a user id that nothing else has, and what lies in them changes hands.
    /// They must not hold hard links to files outside.
    pub writable: Vec<Mount>,
    /// Small files to write below `/etc`, by their path there, such as `codex/requirements.toml`.
    pub etc: Vec<(String, Vec<u8>)>,
    /// Limits.
    pub limits: JailLimits,
}

/// What everything in a jail may use together. There is no limit of time: who starts a jail stops it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JailLimits {
    /// Memory of all processes together, in bytes.
    pub memory: u64,
    /// Processes and threads at a time.
    pub processes: u64,
    /// Bytes in each of the folders in memory: `/tmp`, `/var/tmp`, `/dev/shm`.
    pub temporary: u64,
    /// Bytes in one file.
    pub file: u64,
}

impl Default for JailLimits {
    fn default() -> Self {
        Self { memory: 4 << 30, processes: 512, temporary: 256 << 20, file: 1 << 30 }
    }
}

/// How a jail ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JailEnd {
    /// The program ended with this code.
    Exit(i32),
    /// A signal ended the program.
    Signal(i32),
    /// Its processes used more memory than the limit, or so much that the machine had hardly any left.
    Memory,
    /// A disk that it writes to was nearly full.
    Disk,
    /// It was stopped from outside.
    Stopped,
    /// It is gone, and nobody knows why; something outside may have ended it.
    Lost,
}
