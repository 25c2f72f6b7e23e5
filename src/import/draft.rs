//! One thread on its way to a task: what its recordings and its repository tell, small enough to keep for all threads
//! at once.

use std::path::PathBuf;

use super::repo::{Clones, Found, NotFound, Recorded};
use super::survey::{Reason, Recording, Thread};
use super::task::Signs;
use super::work::Work;
use crate::suite::Role;
use crate::transcript::{Recording as Content, Transcript};

/// Why a thread is not imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The recording.
    pub file: PathBuf,
    /// Why, as a lowercase fragment.
    pub reason: String,
    /// What to do about it.
    pub help: String,
}

/// A thread, and what is known of it before anything is written.
pub(super) struct Draft {
    pub(super) thread: Thread,
    /// The first prompt, as recorded.
    pub(super) prompt: String,
    pub(super) signs: Signs,
    /// The repository; `None` where the task has no snapshot.
    pub(super) found: Option<Found>,
    pub(super) work: Work,
    pub(super) notes: Vec<String>,
}

/// How threads become drafts.
pub(super) struct Drafting<'d> {
    pub(super) clones: &'d Clones,
    pub(super) role: &'d Role,
    pub(super) without_snapshot: bool,
    pub(super) max_size: u64,
}

impl Drafting<'_> {
    /// Reads a thread.
    pub(super) fn draft(&self, thread: Thread) -> Result<Draft, Refusal> {
        let refuse = |reason: String, help: String| Refusal { file: thread.main.path.clone(), reason, help };
        let found = match self.clones.find(&recorded(&thread)) {
            Ok(found) => Some(found),
            Err(_) if self.without_snapshot => None,
            Err(NotFound::NoCommit) if thread.cwd.is_empty() => {
                return Err(refuse(NotFound::NoCommit.to_string(), NotFound::NoCommit.help()));
            }
            Err(error) => return Err(refuse(error.to_string(), error.help())),
        };
        let recordings = || std::iter::once(&thread.main).chain(&thread.agents);
        let prompt = thread.main.told.prompt.clone();
        let signs = Signs::read(recordings().map(|recording| &recording.told), self.role);
        let work = match &found {
            Some(found) => self.work(&thread, found).map_err(|(reason, help)| refuse(reason, help))?,
            None => Work::default(),
        };
        let mut notes: Vec<String> = Vec::new();
        for recording in recordings() {
            notes.extend(recording.notes.iter().map(ToString::to_string));
        }
        Ok(Draft { thread, prompt, signs, found, work, notes })
    }

    /// What a thread did to the files of its snapshot, for which its steps are read again; or why it cannot be told, and
    /// what to do about it.
    fn work(&self, thread: &Thread, found: &Found) -> Result<Work, (String, String)> {
        let opened = open(thread, self.max_size)
            .map_err(|error| (format!("changed meanwhile: {error}"), error.way_out().to_owned()))?;
        let transcripts: Result<Vec<Transcript<'_>>, _> = opened.iter().map(Content::transcript).collect();
        let transcripts =
            transcripts.map_err(|error| (error.to_string(), "find a whole copy of it".to_owned()))?;
        Ok(Work::read(&transcripts, &found.top, &found.snapshot))
    }
}

fn recorded(thread: &Thread) -> Recorded<'_> {
    Recorded { cwd: &thread.cwd, remote: thread.origin.as_deref(), commit: thread.commit.as_deref() }
}

/// Reads the recordings of a thread, the main one first.
pub(super) fn open(thread: &Thread, max_size: u64) -> Result<Vec<Content>, Reason> {
    let all = std::iter::once(&thread.main).chain(&thread.agents);
    all.map(|recording: &Recording| recording.open(max_size)).collect()
}
