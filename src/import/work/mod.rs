//! What a session did to the files of its snapshot, and what it shows of files that differed from the commit before it
//! began.

mod reader;
mod shown;
mod status;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use tree::rebuild;

use super::history::ChangedLines;
use crate::source::Snapshot;
use crate::transcript::Transcript;

use reader::Reader;

/// What a session did, and what it shows of the files before.
#[derive(Debug, Default)]
pub(super) struct Work {
    /// Lines that the agent's edits changed, from the first to the last state.
    pub(super) lines: ChangedLines,
    /// The same with what its commands wrote, where they did in a way that can be told.
    pub(super) with_commands: Option<ChangedLines>,
    /// Files that differed from the commit when the session began, with the content that the recording shows whole;
    /// `None` for a file that was removed.
    pub(super) rebuilt: BTreeMap<String, Option<Vec<u8>>>,
    /// Files that differed, whose content it does not show whole.
    pub(super) missing: BTreeSet<String>,
    /// Why the tree is known to have differed, a line for each sign.
    pub(super) signs: Vec<String>,
    /// Lines of files that patches name to say where they belong, or to remove them.
    pub(super) named: BTreeSet<String>,
    /// Files of the snapshot that the session may have changed.
    pub(super) touched: BTreeSet<String>,
}

impl Work {
    /// Did the tree differ from the commit?
    pub(super) fn is_dirty(&self) -> bool {
        !self.rebuilt.is_empty() || !self.missing.is_empty() || !self.signs.is_empty()
    }

    /// The lines that its patches changed, and those with what its commands wrote.
    pub(super) fn changed(&self) -> impl Iterator<Item = &ChangedLines> {
        std::iter::once(&self.lines).chain(&self.with_commands)
    }

    /// Reads the recordings of a session, the main one first. `top` is the folder in which the root of the snapshot
    /// lay on the machine of the recording.
    pub(super) fn read(transcripts: &[Transcript<'_>], top: &str, snapshot: &Snapshot) -> Self {
        let mut reader = Reader::new(top, snapshot);
        for (at, transcript) in transcripts.iter().enumerate() {
            reader.transcript(transcript, at == 0);
        }
        reader.finish()
    }
}
