//! Finds and reads recordings: which sessions there are, what each was about, and which belong together.
//!
//! ```text
//! paths -> walk (files) -> content (bytes, bounded) -> facts (of each recording, in parallel)
//!       -> family (copies once, sub-agents with their threads) -> filter -> Survey
//! ```
//!
//! Nothing is written, nothing recorded is run, and no file is trusted: each that cannot be used is named with the
//! reason, and never keeps another from being used.

mod content;
mod dirty;
mod facts;
mod family;
mod filter;
mod note;
mod skipped;
mod summary;
mod thread;
mod told;
mod used;
mod walk;

use std::cell::Cell;
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use rayon::prelude::*;

pub use filter::{Filter, LeftOut, MAX_SIZE, remote_path, since, size, until};
pub use note::Note;
pub use skipped::{Reason, Skipped};
pub use summary::Counts;
pub use thread::{Fork, MAX_PROMPT, Recording, Thread};

pub(super) use told::Told;

use facts::{Facts, Role};
use walk::Candidate;

/// What there is.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// The threads that are wanted, by time, then id; those without a time come last.
    pub threads: Vec<Thread>,
    /// Files and folders that are not used, by path.
    pub skipped: Vec<Skipped>,
    /// How many of what.
    pub counts: Counts,
}

/// Looks through files and folders. The same files give the same survey, on any number of threads.
pub fn survey(paths: &[PathBuf], filter: &Filter) -> Survey {
    let walk = walk::walk(paths);
    let looked: Vec<Looked> = walk.candidates.par_iter().map(|candidate| look(candidate, filter)).collect();
    let mut left_out = LeftOutEarly::default();
    let mut counts = Counts { files: looked.len(), ..Counts::default() };
    let mut skipped = walk.skipped;
    let mut recordings = Vec::new();
    for (looked, candidate) in looked.into_iter().zip(walk.candidates) {
        match looked {
            Looked::Recording(facts) => {
                counts.recordings += 1;
                counts.bytes += facts.recording.whole;
                recordings.push(*facts);
            }
            Looked::LeftOut { thread, flag } => left_out.add(thread, flag),
            Looked::Other => counts.others += 1,
            Looked::Bad(reason) => skipped.push(Skipped { file: candidate.path, reason }),
        }
    }
    recordings.retain(|facts| match facts.role {
        Role::Main => match filter.leaves_out(&facts.beginning()) {
            Some(flag) => {
                left_out.add(facts.recording.thread.clone(), flag);
                false
            }
            None => true,
        },
        _ => true,
    });
    let families = family::join(recordings, &left_out.threads, filter.orphans);
    skipped.extend(families.skipped);
    skipped.sort_unstable();
    let mut threads = families.threads;
    threads.sort_by(|a, b| {
        let key = |thread: &Thread| (thread.started.is_none(), thread.started);
        key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id)).then_with(|| a.main.path.cmp(&b.main.path))
    });
    counts.internal = families.internal;
    counts.agents = families.agents;
    counts.repeats = families.repeats;
    counts.forks = families.forks;
    let by_flag = |flag| LeftOut { flag, threads: left_out.by_flag.get(flag).copied().unwrap_or(0) };
    counts.left_out = filter.beginnings().into_iter().map(by_flag).collect();
    counts.threads = threads.len() + left_out.by_flag.values().sum::<usize>();
    counts.left_out.extend(filter.apply(&mut threads));
    Survey { threads, skipped, counts }
}

/// Sessions that were left out by their beginning.
#[derive(Debug, Default)]
struct LeftOutEarly {
    threads: HashSet<String>,
    by_flag: BTreeMap<&'static str, usize>,
}

impl LeftOutEarly {
    fn add(&mut self, thread: String, flag: &'static str) {
        // Copies of one thread are one.
        if self.threads.insert(thread) {
            *self.by_flag.entry(flag).or_default() += 1;
        }
    }
}

/// What a file is.
enum Looked {
    Recording(Box<Facts>),
    /// A session whose beginning says that it is not wanted.
    LeftOut {
        thread: String,
        flag: &'static str,
    },
    /// Nothing that anybody meant to be a recording.
    Other,
    Bad(Reason),
}

fn look(candidate: &Candidate, filter: &Filter) -> Looked {
    let expected = candidate.named || walk::is_named_like_one(&candidate.path);
    let early = filter.judges_beginnings();
    let left_out = Cell::new(None);
    let wanted = |head: &[u8]| {
        if !expected && !walk::begins_like_one(head) {
            return false;
        }
        let found = if early { facts::left_out(head, filter) } else { None };
        let wanted = found.is_none();
        left_out.set(found);
        wanted
    };
    let taste = if early { content::LONG_TASTE } else { content::TASTE };
    let read = match content::open_if(&candidate.path, filter.max_size, taste, wanted) {
        Ok(Some(content)) => facts::read(&candidate.path, &content),
        Ok(None) => {
            return left_out.take().map_or(Looked::Other, |(thread, flag)| Looked::LeftOut { thread, flag });
        }
        Err(reason) => Err(reason),
    };
    match read {
        Ok(facts) => Looked::Recording(Box::new(facts)),
        Err(reason) if expected => Looked::Bad(reason),
        Err(_) => Looked::Other,
    }
}

#[cfg(test)]
mod tests;
