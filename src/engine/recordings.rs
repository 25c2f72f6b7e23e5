use std::sync::Arc;

use crate::finding::Finding;
use crate::source::{ContentHash, Place};
use crate::suite::Task;
use crate::transcript::{Recording, Transcript, TranscriptError};

/// The recordings of a task, read from disk. Transcripts borrow from them.
#[derive(Debug)]
pub struct Recordings {
    /// Name in reports, what tells it from the task's others, and the bytes.
    files: Vec<(Arc<str>, String, Recording)>,
}

impl Recordings {
    /// Reads all recordings of a task; one that cannot be read breaks the task.
    pub fn open(task: &Task) -> Result<Self, Vec<Finding>> {
        let mut findings = Vec::new();
        let mut files = Vec::with_capacity(task.sessions.len());
        for session in &task.sessions {
            match Recording::open(&session.path) {
                Ok(recording) => {
                    files.push((Arc::from(session.name.as_str()), session.label.clone(), recording));
                }
                Err(error) => findings.push(unreadable(&session.name, &error)),
            }
        }
        if findings.is_empty() { Ok(Self { files }) } else { Err(findings) }
    }

    /// Parses all recordings, in the order of the task's sessions.
    pub fn transcripts(&self) -> Result<Vec<Transcript<'_>>, Vec<Finding>> {
        let mut findings = Vec::new();
        let mut transcripts = Vec::with_capacity(self.files.len());
        for (name, _, recording) in &self.files {
            match recording.transcript() {
                Ok(transcript) => transcripts.push(transcript),
                Err(error) => findings.push(unreadable(name, &error)),
            }
        }
        if findings.is_empty() { Ok(transcripts) } else { Err(findings) }
    }

    /// The bytes of each, decompressed, in the same order.
    pub fn bytes(&self) -> impl Iterator<Item = &[u8]> {
        self.files.iter().map(|(_, _, recording)| recording.bytes())
    }

    /// Names in reports, in the same order.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.files.iter().map(|(name, _, _)| name)
    }

    /// Identity of all bytes.
    pub fn hash(&self) -> ContentHash {
        match self.files.as_slice() {
            [(_, _, recording)] => ContentHash::of(recording.bytes()),
            many => ContentHash::of_parts(
                many.iter().map(|(_, label, recording)| (label.as_str(), recording.bytes())),
            ),
        }
    }
}

/// Some errors name the path on disk, which reports must not show.
fn unreadable(name: &str, error: &TranscriptError) -> Finding {
    let reason = match error {
        TranscriptError::Io { source, .. } => format!("the session cannot be read: {source}"),
        TranscriptError::Zstd { source, .. } => format!("the session cannot be decompressed: {source}"),
        TranscriptError::TooLarge { limit, .. } => format!("the session is larger than {limit} bytes"),
        other => other.to_string(),
    };
    Finding::error("unreadable-session", reason)
        .at(Place::file(name))
        .help("record or import the session again")
}
