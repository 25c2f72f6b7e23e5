use std::collections::BTreeSet;
use std::path::PathBuf;

use time::OffsetDateTime;

use super::note::Note;
use super::skipped::Reason;
use super::told::Told;
use crate::transcript::{Format, Recording as Content};

/// One piece of work that somebody gave an agent: a recording, with the sub-agents that it started.
#[derive(Clone, Debug)]
pub struct Thread {
    /// Id of the thread, as the recording gives it; for formats without, one made of the content.
    pub id: String,
    /// The first prompt, at most [`MAX_PROMPT`] bytes of it; empty when the format does not record prompts.
    pub prompt: String,
    /// When it began, by the recording; formats without times have none.
    pub started: Option<OffsetDateTime>,
    /// Time of the last step.
    pub ended: Option<OffsetDateTime>,
    /// What kind of file the main recording is.
    pub format: Format,
    /// The recording of the thread itself.
    pub main: Recording,
    /// Recordings of its sub-agents, and of theirs, by time, then id.
    pub agents: Vec<Recording>,
    /// Other files of the same thread (copies, exports, `codex exec --json` logs of it) that hold less; left aside.
    pub repeats: Vec<Recording>,
    /// Threads that begin with the same calls, as forks and resumed copies do, and hold fewer; left aside.
    pub forks: Vec<Fork>,
    /// Working folder at the start; empty when not recorded.
    pub cwd: String,
    /// Address of the remote that was recorded.
    pub origin: Option<String>,
    /// Commit of the working folder at the start.
    pub commit: Option<String>,
    /// Branch at the start.
    pub branch: Option<String>,
    /// Why the working folder is thought to have differed from the commit at the start, most telling first.
    pub dirty: Vec<String>,
    /// Tools that were called, as the model named them.
    pub tools: BTreeSet<String>,
    /// Skills that were used, with their plugin (`plugin:skill`) where it is known.
    pub skills: BTreeSet<String>,
    /// Plugins that were used: their skills, their MCP servers.
    pub plugins: BTreeSet<String>,
    /// Calls that the thread itself made, without those of sub-agents and those copied from another thread.
    pub calls: usize,
}

/// Most bytes of a prompt that a survey keeps; the recording has the rest.
pub const MAX_PROMPT: usize = 4096;

/// A thread that shares its beginning with one that holds more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// Id of the thread.
    pub id: String,
    /// How many calls both begin with.
    pub shared: usize,
    /// How many it has of its own.
    pub own: usize,
    /// Its file.
    pub path: PathBuf,
}

/// A file that holds a recording.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Where it is.
    pub path: PathBuf,
    /// What kind of file it is.
    pub format: Format,
    /// Id of the thread that it records.
    pub thread: String,
    /// Thread that started it as a sub-agent.
    pub parent: Option<String>,
    /// Role of the sub-agent, if it is one and has one.
    pub role: Option<String>,
    /// When its thread began.
    pub started: Option<OffsetDateTime>,
    /// Is it compressed with zstd?
    pub compressed: bool,
    /// Bytes on disk.
    pub size: u64,
    /// Bytes of content, decompressed, up to the end of the last whole line.
    pub whole: u64,
    /// Calls that it holds, copied ones left out.
    pub calls: usize,
    /// What a reader should know about it.
    pub notes: Vec<Note>,
    /// What it tells of the task that becomes of it.
    pub(in crate::import) told: Told,
}

impl Recording {
    /// Reads the content up to the last whole line: what was appended since the survey is left out.
    ///
    /// # Errors
    /// The file cannot be read any more, or holds more than `limit` bytes.
    pub fn open(&self, limit: u64) -> Result<Content, Reason> {
        let mut bytes = super::content::open(&self.path, limit)?.bytes;
        bytes.truncate(usize::try_from(self.whole).unwrap_or(usize::MAX));
        Ok(Content::from_bytes(bytes))
    }
}
