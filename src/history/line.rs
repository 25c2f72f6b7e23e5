use std::collections::{BTreeMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::Date;

use crate::finding::Finding;
use crate::gate::Advice;
use crate::replay::Input;
use crate::report::v1::{SuiteV1, SummaryV1};
use crate::source::{ContentHash, Place};
use crate::suite::parse_day;

/// The format that this version writes and reads.
pub const FORMAT: u32 = 1;

/// Longest line; what is longer is no line of ours.
const MAX_LINE: u64 = 1 << 20;

/// One run. Unknown keys are left alone: a later version may add some.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunLine {
    /// Format of the line: 1.
    pub format: u32,
    /// Day of the run, such as `2026-12-31`.
    pub date: String,
    /// A name for the run, such as a build number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The suite.
    pub suite: String,
    /// The role.
    pub role: String,
    /// The stage where the plugin stood.
    pub stage: String,
    /// What the gate said.
    pub advice: Advice,
    /// Exit code of the run.
    pub exit_code: u8,
    /// Version of plugin-eval.
    pub tool: String,
    /// Tasks, and those that could not be judged.
    pub tasks: u64,
    /// Tasks that could not be judged.
    #[serde(default)]
    pub broken: u64,
    /// Tasks that changed since they were accepted.
    #[serde(default)]
    pub changed: u64,
    /// Hashes of the inputs, over all tasks.
    #[serde(default)]
    pub inputs: BTreeMap<Input, ContentHash>,
    /// Metrics under that stage that have a value.
    pub metrics: BTreeMap<String, Measured>,
}

/// A metric of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measured {
    /// The value, in the metric's unit.
    pub value: f64,
    /// Number of samples.
    pub samples: u64,
    /// For shares: the lower end of the 95% interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// For shares: the upper end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
}

/// Why a history could not be written or read.
#[derive(Debug, thiserror::Error)]
#[error("the history {} cannot be used", path.display())]
pub struct HistoryError {
    path: PathBuf,
    source: io::Error,
}

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The runs, in the order of the file.
    pub runs: Vec<RunLine>,
    /// Lines that could not be read.
    pub findings: Vec<Finding>,
}

impl RunLine {
    /// The line of a run.
    pub fn of(suite: &SuiteV1, summary: &SummaryV1, date: Date, label: Option<String>) -> Self {
        let stage = summary.stages.iter().find(|stage| stage.name == suite.stage);
        let metrics = stage.into_iter().flat_map(|stage| &stage.metrics).filter_map(|metric| {
            let (low, high) = metric.interval.map(|interval| (interval.low, interval.high)).unzip();
            Some((metric.name.clone(), Measured { value: metric.value?, samples: metric.samples, low, high }))
        });
        Self {
            format: FORMAT,
            date: date.to_string(),
            label,
            suite: suite.name.clone(),
            role: suite.role.clone(),
            stage: suite.stage.clone(),
            advice: summary.advice,
            exit_code: summary.exit_code,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            tasks: summary.counts.tasks,
            broken: summary.counts.broken,
            changed: summary.changes.changed.into(),
            inputs: summary.inputs.clone(),
            metrics: metrics.collect(),
        }
    }
}

/// Appends a line, in one write and under a lock, so that runs side by side do not mix. What a killed run left half
/// written stays a line of its own.
pub fn append(path: &Path, run: &RunLine) -> Result<(), HistoryError> {
    let fail = |source| HistoryError { path: path.to_owned(), source };
    let mut line = serde_json::to_vec(run).map_err(|error| fail(error.into()))?;
    line.push(b'\n');
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(fail)?;
    }
    let mut file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(fail)?;
    if !file.metadata().map_err(fail)?.is_file() {
        return Err(fail(io::Error::other("is not a file")));
    }
    file.lock().map_err(fail)?;
    if file.seek(SeekFrom::End(0)).map_err(fail)? > 0 {
        file.seek(SeekFrom::End(-1)).map_err(fail)?;
        let mut last = [0];
        file.read_exact(&mut last).map_err(fail)?;
        if last != [b'\n'] {
            line.insert(0, b'\n');
        }
    }
    file.write_all(&line).map_err(fail)
}

/// Lines that cannot be read and are named; the others are counted.
const MAX_FINDINGS: usize = 20;

/// Reads a history. A line that cannot be read is a finding; the others count. A line that is there twice counts once,
/// as after a merge of branches.
pub fn read(path: &Path) -> Result<History, HistoryError> {
    let fail = |source| HistoryError { path: path.to_owned(), source };
    let mut input = BufReader::new(File::open(path).map_err(fail)?);
    let name: std::sync::Arc<str> = path.file_name().unwrap_or_default().to_string_lossy().into();
    let mut history = History::default();
    let mut seen = HashSet::new();
    let (mut twice, mut unnamed) = (0_u64, 0_u64);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if input.by_ref().take(MAX_LINE).read_until(b'\n', &mut line).map_err(fail)? == 0 {
            break;
        }
        let whole = line.ends_with(b"\n");
        if line.trim_ascii().is_empty() {
            continue;
        }
        match parse(&line) {
            Ok(_) if !seen.insert(ContentHash::of(line.trim_ascii())) => twice += 1,
            Ok(run) => history.runs.push(run),
            Err(_) if history.findings.len() == MAX_FINDINGS => unnamed += 1,
            Err(message) => {
                let place = Place { file: name.clone(), line: number, column: 0 };
                let help = "the other lines count; remove it to be rid of this message";
                history.findings.push(Finding::warning("bad-run", message).at(place).help(help));
            }
        }
        if !whole && line.len() as u64 == MAX_LINE {
            skip_line(&mut input).map_err(fail)?;
        }
    }
    let counted = [
        (unnamed, "bad-run", "more lines that cannot be read"),
        (twice, "same-run", "lines that say the same as an earlier one; each is counted once"),
    ];
    for (count, code, what) in counted.into_iter().filter(|(count, ..)| *count > 0) {
        history
            .findings
            .push(Finding::warning(code, format!("{count} {what}")).at(Place::file(name.clone())));
    }
    Ok(history)
}

fn parse(line: &[u8]) -> Result<RunLine, String> {
    let run: RunLine = serde_json::from_slice(line).map_err(|error| format!("is no run: {error}"))?;
    if run.format != FORMAT {
        return Err(format!("has format {}, and this version reads format {FORMAT}", run.format));
    }
    if parse_day(&run.date).is_none() {
        return Err(format!("`{}` is no day", run.date));
    }
    let finite = |measured: &Measured| measured.value.is_finite();
    if !run.metrics.values().all(finite) {
        return Err("holds a metric that is no number".to_owned());
    }
    Ok(run)
}

fn skip_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(buffer.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}
