//! Files whose first part is known last: they say in front what came out, and the tasks come after.
//!
//! While a run goes on, what the tasks add to such a file waits in a file without a name. Made again from
//! `report.json`, the tasks are read twice instead.

use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};

use super::html;
use super::junit::{self, Cases};
use super::rows::{self, RenderedTask};
use super::sarif::{self, Results};
use super::v1::{SuiteV1, SummaryV1, TaskV1};

/// Which of these files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Frame {
    /// `index.html`
    Html,
    /// `junit.xml`
    Junit,
    /// `results.sarif`
    Sarif,
}

impl Frame {
    pub(super) const ALL: [Self; 3] = [Self::Html, Self::Junit, Self::Sarif];

    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Html => "index.html",
            Self::Junit => "junit.xml",
            Self::Sarif => "results.sarif",
        }
    }

    /// What a task adds to the file.
    pub(super) fn part(self, suite: &SuiteV1, task: &TaskV1<'_>) -> RenderedTask {
        let mut part = RenderedTask::default();
        match self {
            Self::Html => {
                part.html = rows::blocks(task);
                part.grave = rows::grave(task);
            }
            Self::Junit => part.junit = Cases::of(&suite.name, task),
            Self::Sarif => part.sarif = Results::of(&suite.path, task),
        }
        part
    }
}

/// Counts that the first part needs.
#[derive(Debug, Default)]
pub(super) struct Counts {
    cases: Cases,
    results: Results,
}

impl Counts {
    pub(super) fn add(&mut self, task: &RenderedTask) {
        self.cases.count(&task.junit);
        self.results.count(&task.sarif);
    }
}

/// Writes the first part of a file.
pub(super) fn head(
    out: &mut dyn Write,
    frame: Frame,
    (suite, summary): (&SuiteV1, &SummaryV1),
    counts: &Counts,
) -> io::Result<()> {
    match frame {
        Frame::Html => out.write_all(html::head(suite, summary).as_bytes()),
        Frame::Junit => out.write_all(&junit::head(suite, summary, &counts.cases)),
        Frame::Sarif => out.write_all(sarif::head(suite, summary, &counts.results).as_bytes()),
    }
}

/// Writes the last part of a file.
pub(super) fn tail(
    out: &mut dyn Write,
    frame: Frame,
    (suite, summary): (&SuiteV1, &SummaryV1),
    parts: &mut Parts,
    counts: &Counts,
) -> io::Result<()> {
    match frame {
        Frame::Html => out.write_all(html::tail(parts.left_out).as_bytes()),
        Frame::Junit => out.write_all(junit::TAIL),
        Frame::Sarif => {
            let own = sarif::of_run(suite, summary);
            parts.write_results(out, &own.errors)?;
            let others = std::mem::take(&mut parts.others);
            parts.write_results(out, &others)?;
            parts.write_results(out, &own.others)?;
            let omitted = (counts.results.count + own.count).saturating_sub(parts.results);
            out.write_all(sarif::tail(summary, omitted).as_bytes())
        }
    }
}

/// Writes what tasks add, one after the other.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// Results written so far.
    results: u64,
    /// Results that come after all errors, no more than the file may hold.
    others: Vec<u8>,
    waiting: u64,
    /// Tasks in the page, their bytes, and tasks that found no room in it.
    pages: u64,
    bytes: u64,
    left_out: u64,
}

impl Parts {
    pub(super) fn write(&mut self, out: &mut dyn Write, frame: Frame, task: &RenderedTask) -> io::Result<()> {
        match frame {
            Frame::Html => {
                if self.has_room(task) {
                    out.write_all(&task.html)
                } else {
                    Ok(())
                }
            }
            Frame::Junit => out.write_all(&task.junit.xml),
            Frame::Sarif => {
                for line in task.sarif.others.split_inclusive(|byte| *byte == b'\n') {
                    if self.waiting < sarif::MOST {
                        self.others.extend_from_slice(line);
                        self.waiting += 1;
                    }
                }
                self.write_results(out, &task.sarif.errors)
            }
        }
    }

    /// A browser opens a page of so many tasks; beyond that those that need a look go first.
    fn has_room(&mut self, task: &RenderedTask) -> bool {
        let bytes = task.html.len() as u64;
        let (tasks, room) = if task.grave {
            (html::MOST_TASKS, html::MOST_BYTES)
        } else {
            (html::MOST_PLAIN, html::MOST_BYTES / 2)
        };
        let fits = self.pages < tasks && self.bytes + bytes <= room;
        if fits {
            self.pages += 1;
            self.bytes += bytes;
        } else {
            self.left_out += 1;
        }
        fits
    }

    /// Results stand a line each, with commas between them; those beyond what the file may hold are left out.
    fn write_results(&mut self, out: &mut dyn Write, lines: &[u8]) -> io::Result<()> {
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            if self.results == sarif::MOST {
                return Ok(());
            }
            out.write_all(if self.results == 0 { b"\n" } else { b",\n" })?;
            out.write_all(line)?;
            self.results += 1;
        }
        Ok(())
    }
}

/// One such file while a run goes on.
#[derive(Debug)]
pub(super) struct Framed {
    pub(super) frame: Frame,
    waiting: BufWriter<File>,
    parts: Parts,
    counts: Counts,
}

impl Framed {
    /// `waiting` is an empty file for what tasks add.
    pub(super) fn new(frame: Frame, waiting: File) -> Self {
        Self {
            frame,
            waiting: BufWriter::with_capacity(256 << 10, waiting),
            parts: Parts::default(),
            counts: Counts::default(),
        }
    }

    pub(super) fn push(&mut self, task: &RenderedTask) -> io::Result<()> {
        self.counts.add(task);
        self.parts.write(&mut self.waiting, self.frame, task)
    }

    /// Writes the whole file.
    pub(super) fn finish(mut self, out: &mut dyn Write, said: (&SuiteV1, &SummaryV1)) -> io::Result<()> {
        head(out, self.frame, said, &self.counts)?;
        let mut waiting = self.waiting.into_inner().map_err(io::IntoInnerError::into_error)?;
        waiting.rewind()?;
        io::copy(&mut waiting, out)?;
        tail(out, self.frame, said, &mut self.parts, &self.counts)
    }
}
