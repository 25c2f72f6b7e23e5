use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::file::{header, holds};
use super::read::{parse, parse_header};
use super::{Acceptance, Baseline};
use crate::finding::Finding;
use crate::replay::Replay;
use crate::source::{OutputFolder, Place, WriteError};
use crate::suite::Suite;

/// Largest baseline that is read, in bytes: some 500,000 steps.
const MAX_BASELINE: u64 = 256 << 20;

/// Longest file name, in bytes, before `.json`; file systems stop at 255.
const MAX_NAME: usize = 180;

/// The file name for a task: ASCII letters, digits, `.`, `-` and `_` stand for themselves, all else as `%XX`; a
/// name that some system reserves or hides starts with `%`; a long one ends in its hash. No two names share one.
pub fn file_name(task: &str) -> String {
    let mut name = String::with_capacity(task.len());
    for (i, byte) in task.bytes().enumerate() {
        match byte {
            b'.' if i == 0 || i + 1 == task.len() => name.push_str("%2E"),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => name.push(byte as char),
            _ => _ = write!(name, "%{byte:02X}"),
        }
    }
    if is_reserved(&name) {
        let first = name.remove(0);
        name.insert_str(0, &format!("%{:02X}", first as u32));
    }
    if name.len() > MAX_NAME {
        let hash = crate::source::ContentHash::of(task.as_bytes());
        name.truncate(MAX_NAME - 33);
        _ = write!(name, "~{hash}");
    }
    if name.is_empty() { "%".to_owned() } else { name }
}

/// Names that Windows keeps for devices, with any extension.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    match stem.as_str() {
        "con" | "prn" | "aux" | "nul" => true,
        _ => {
            let digit = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
            digit.is_some_and(|digit| digit.len() == 1 && digit.bytes().all(|b| b.is_ascii_digit()))
        }
    }
}

/// The baselines of one suite.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    name: String,
}

/// A baseline file as it lies on disk, read but not parsed.
#[derive(Clone, Debug)]
pub struct Stored {
    name: String,
    task: String,
    bytes: Vec<u8>,
}

impl Folder {
    /// The baselines that `suite` is compared with; `moved` takes the place of the `baselines` folder.
    pub fn of(suite: &Suite, moved: Option<&Path>) -> Self {
        let all = moved.map_or_else(|| suite.home().join("baselines"), Path::to_owned);
        Self::at(&all, &suite.baselines)
    }

    /// The baselines of the suite of this name, in this folder of all baselines.
    pub fn at(all: &Path, suite: &str) -> Self {
        Self { path: all.join(file_name(suite)), name: format!("baselines/{suite}") }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The baseline of a task; `None` when nobody has accepted one yet.
    pub fn read(&self, task: &str) -> Result<Option<Stored>, Finding> {
        let file = json_name(task);
        let path = self.path.join(&file);
        let name = format!("{}/{file}", self.name);
        let broken = |message: String| Finding::error("unreadable-baseline", message).at(Place::file(&*name));
        let meta = match path.metadata() {
            Ok(meta) => meta,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(broken(format!("cannot be read: {error}"))),
        };
        if !meta.is_file() {
            return Err(broken("is not a file".to_owned()));
        }
        let mut bytes = Vec::with_capacity(meta.len().min(MAX_BASELINE) as usize + 1);
        let file = std::fs::File::open(&path).map_err(|error| broken(format!("cannot be read: {error}")))?;
        let read = file.take(MAX_BASELINE + 1).read_to_end(&mut bytes);
        read.map_err(|error| broken(format!("cannot be read: {error}")))?;
        if bytes.len() as u64 > MAX_BASELINE {
            return Err(broken(format!("is larger than {MAX_BASELINE} bytes")));
        }
        Ok(Some(Stored { name, task: task.to_owned(), bytes }))
    }

    /// Names of baseline files that belong to none of these tasks, sorted.
    pub fn orphans<'t>(&self, tasks: impl IntoIterator<Item = &'t str>) -> Vec<String> {
        let known: std::collections::HashSet<String> = tasks.into_iter().map(json_name).collect();
        let Ok(entries) = std::fs::read_dir(&self.path) else { return Vec::new() };
        let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut orphans: Vec<_> = names
            .filter(|name| Path::new(name).extension() == Some("json".as_ref()) && !known.contains(name))
            .collect();
        orphans.sort();
        orphans
    }

    /// Writes a baseline; the old file stays as it is until the new one is whole.
    pub fn write(&self, baseline: &Baseline) -> Result<(), WriteError> {
        OutputFolder::open(&self.path)?.write(json_name(&baseline.task), &baseline.render())
    }

    /// Removes the baseline of a task that is gone; one that is not there is fine.
    pub fn remove(&self, task: &str) -> Result<(), WriteError> {
        if !self.path.is_dir() {
            return Ok(());
        }
        OutputFolder::open(&self.path)?.remove(json_name(task))
    }
}

fn json_name(task: &str) -> String {
    format!("{}.json", file_name(task))
}

impl Stored {
    /// Does the file hold just these replays? Cheap: nothing but the header is parsed, and a file that somebody
    /// formatted anew gives `false`.
    pub fn holds(&self, replays: &[Replay]) -> bool {
        holds(&self.bytes, replays)
            && header(&self.bytes).is_some_and(|head| parse_header(&self.name, &self.task, &head).is_ok())
    }

    /// Who accepted it.
    pub fn accepted(&self) -> Result<Option<Acceptance>, Vec<Finding>> {
        self.parse().map(|baseline| baseline.accepted)
    }

    /// The baseline, read strictly.
    pub fn parse(&self) -> Result<Baseline, Vec<Finding>> {
        parse(&self.name, &self.task, &self.bytes)
    }
}
