//! Reading logs that tell of approval prompts. What kind a log is shows in its content, line by line; anything else in it
//! is passed over.

mod app_server;
mod lines;
mod otel;
mod shape;

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use serde_json::Value;
use serde_json::value::RawValue;

use super::note::{Kind, Note, VERSION};
use super::timeline::Millis;
use crate::decision::Witness;
use app_server::Capture;
use lines::Lines;
use otel::Telemetry;

/// Most events that are kept of all logs together; most of an OTLP log or a transcript is not.
const MAX_EVENTS: usize = 2_000_000;
/// Largest log that is read as one document, in bytes.
const MAX_DOCUMENT: u64 = 256 << 20;

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The operating system says no, or the file is damaged.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// Nothing in it tells of approvals.
    #[error("{}: {lines} lines, and none of a recorder's log, an OTLP log or an app-server transcript", path.display())]
    Unrecognised {
        /// The file.
        path: PathBuf,
        /// How many lines it has.
        lines: u64,
    },
    /// There is more than fits into memory.
    #[error("{}: more than {MAX_EVENTS} events; give fewer logs at a time", path.display())]
    TooMany {
        /// The file that was read last.
        path: PathBuf,
    },
}

/// What was read of logs, and what was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogTally {
    /// Lines that are not empty.
    pub lines: u64,
    /// Lines of the recorder's hooks.
    pub notes: u64,
    /// Records of Codex in OTLP logs.
    pub records: u64,
    /// Messages of app-server transcripts.
    pub messages: u64,
    /// Lines that are broken, cut or too long.
    pub broken: u64,
    /// Prompts of app-server transcripts whose answer the transcript does not hold.
    pub open: u64,
}

/// An answer to a prompt as a log tells of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    /// Codex's id of the call.
    pub(super) call: Option<String>,
    /// For a prompt that does not name its call: the tool of an MCP server.
    pub(super) tool: Option<McpTool>,
    pub(super) kind: Kind,
    pub(super) verdict: Verdict,
    pub(super) asked: Option<Millis>,
    pub(super) decided: Option<Millis>,
    pub(super) source: Witness,
}

/// A tool of an MCP server, and what it was called with.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct McpTool {
    pub(super) server: String,
    pub(super) name: String,
    pub(super) arguments: Value,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Accepted,
    /// Later calls of this kind are not asked for; what such a call gets looks the same in an OTLP log.
    AcceptedForSession,
    /// A rule was added for commands that begin with these words; empty where the log does not tell them.
    AcceptedWithRule(Vec<String>),
    Declined,
    /// A hook, a guardian or the configuration decided.
    NotByPerson,
}

/// The content of all logs, by thread.
#[derive(Debug, Default)]
pub struct Logs {
    notes: HashMap<String, Vec<Note>>,
    answers: HashMap<String, Vec<Answer>>,
    /// What was read.
    pub tally: LogTally,
}

impl Logs {
    /// Reads logs, plain or compressed with gzip or zstd.
    pub fn read<P: AsRef<Path>>(paths: &[P]) -> Result<Self, LogError> {
        let mut reading = Reading::default();
        for path in paths {
            reading.file(path.as_ref())?;
        }
        Ok(reading.finish())
    }

    /// Threads that the logs tell of, in order of their ids.
    pub fn threads(&self) -> Vec<&str> {
        let mut threads: Vec<_> = self.notes.keys().chain(self.answers.keys()).map(String::as_str).collect();
        threads.sort_unstable();
        threads.dedup();
        threads
    }

    pub(super) fn notes(&self, thread: &str) -> &[Note] {
        self.notes.get(thread).map_or(&[], Vec::as_slice)
    }

    pub(super) fn answers(&self, thread: &str) -> &[Answer] {
        self.answers.get(thread).map_or(&[], Vec::as_slice)
    }
}

#[derive(Default)]
struct Reading {
    logs: Logs,
    telemetry: Telemetry,
}

impl Reading {
    fn file(&mut self, path: &Path) -> Result<(), LogError> {
        let io = |source| LogError::Io { path: path.to_owned(), source };
        // Asked before opening: opening a pipe would wait for a writer.
        if !std::fs::metadata(path).map_err(io)?.is_file() {
            return Err(io(std::io::Error::other("is not a regular file")));
        }
        let before = self.logs.tally;
        let mut lines = Lines::open(File::open(path).map_err(io)?).map_err(io)?;
        let mut capture = Capture::default();
        if lines.is_document().map_err(io)? {
            let text = lines.rest(MAX_DOCUMENT).map_err(io)?;
            for value in serde_json::Deserializer::from_slice(&text).into_iter::<&RawValue>() {
                let Ok(value) = value else {
                    self.logs.tally.broken += 1;
                    break;
                };
                self.line(value.get().as_bytes(), &mut capture);
            }
        } else {
            while let Some(line) = lines.next_line().map_err(io)? {
                if let Ok(line) = line {
                    self.line(line, &mut capture);
                } else {
                    self.logs.tally.lines += 1;
                    self.logs.tally.broken += 1;
                }
                if self.kept() > MAX_EVENTS {
                    return Err(LogError::TooMany { path: path.to_owned() });
                }
            }
        }
        self.logs.tally.open += capture.finish(&mut self.logs.answers);
        let now = self.logs.tally;
        let told = |tally: LogTally| tally.notes + tally.records + tally.messages;
        if told(now) == told(before) && now.lines > before.lines {
            return Err(LogError::Unrecognised { path: path.to_owned(), lines: now.lines - before.lines });
        }
        Ok(())
    }

    fn line(&mut self, line: &[u8], capture: &mut Capture) {
        self.logs.tally.lines += 1;
        let Ok(text) = std::str::from_utf8(line) else {
            self.logs.tally.broken += 1;
            return;
        };
        let tally = &mut self.logs.tally;
        match shape::of(text) {
            shape::Shape::Note => match note(text) {
                Some(note) => {
                    tally.notes += 1;
                    self.logs.notes.entry(note.thread().to_owned()).or_default().push(note);
                }
                None => tally.broken += 1,
            },
            shape::Shape::Telemetry => match self.telemetry.read(text) {
                Some(records) => tally.records += records,
                None => tally.broken += 1,
            },
            shape::Shape::Message => match capture.read(text, &mut self.logs.answers) {
                Some(()) => tally.messages += 1,
                None => tally.broken += u64::from(shape::is_cut(text)),
            },
            shape::Shape::Chatter if text.ends_with(['}', ']']) => tally.messages += 1,
            shape::Shape::Chatter => tally.broken += 1,
            shape::Shape::Other => tally.broken += u64::from(shape::is_cut(text)),
        }
    }

    /// How many events are held in memory.
    fn kept(&self) -> usize {
        self.logs.tally.notes as usize + self.telemetry.kept()
    }

    fn finish(mut self) -> Logs {
        self.telemetry.finish(&mut self.logs.answers);
        for notes in self.logs.notes.values_mut() {
            notes.sort_by(|a, b| (a.at, &a.event, &a.call).cmp(&(b.at, &b.event, &b.call)));
            // The same log may be given twice.
            notes.dedup();
        }
        for answers in self.logs.answers.values_mut() {
            answers.sort_by(|a, b| (a.decided, a.asked, &a.call).cmp(&(b.decided, b.asked, &b.call)));
            answers.dedup();
        }
        self.logs
    }
}

/// Reads a line of the recorder's log. A line that was cut, by a full disk say, may stand before another one.
fn note(text: &str) -> Option<Note> {
    let parse = |text: &str| serde_json::from_str::<Note>(text).ok().filter(|note| note.v == VERSION);
    parse(text).or_else(|| parse(&text[text.rfind("{\"")?..]))
}

#[cfg(test)]
mod tests;
