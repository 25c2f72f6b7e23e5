//! The agent's patch beside what the role's formatter makes of the same files.
//!
//! The formatter runs on each changed file as the snapshot has it, in a cell over a checkout of the snapshot, so neither
//! the program nor the file can harm anything. What it prints must be, byte for byte, what the agent left.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::change::{FileChange, Side};
use crate::engine::HookSettings;
use crate::engine::cell::{Cell, CellKind, Ended, Job, Limits, Mount};
use crate::replay::{Formatted, MAX_NAMED};
use crate::source::snapshot::Snapshot;
use crate::source::{Checkouts, ContentHash, ObjectId, Overlay, Scratch};
use crate::suite::{FORMATTER_PATH, Formatter};

/// Most files of one patch that are formatted.
const MAX_FILES: usize = 500;

/// A file of a tree, as it is masked.
type BaseFile = (ObjectId, Option<ContentHash>, String);

/// Runs a role's formatter. Shared by threads; each file of a commit is formatted once.
#[derive(Debug)]
pub(super) struct Runner {
    formatter: Formatter,
    cell: Result<Cell, String>,
    checkouts: Checkouts,
    outputs: Mutex<HashMap<BaseFile, Output>>,
}

/// What the formatter prints for a file.
type Output = Result<Vec<u8>, String>;

impl Runner {
    pub(super) fn new(formatter: Formatter, settings: &HookSettings) -> Self {
        let cell = match &settings.binary {
            _ if !settings.run => Err("programs are switched off".to_owned()),
            None => Err("the program's own file is not known".to_owned()),
            Some(binary) => Cell::probe(binary).map_err(|error| error.to_string()),
        };
        Self { formatter, cell, checkouts: Checkouts::default(), outputs: Mutex::default() }
    }

    /// Compares a patch with the formatter's; `None` for an empty one.
    pub(super) fn compare(&self, base: &Snapshot, changes: &[FileChange]) -> Option<Formatted> {
        if changes.is_empty() {
            return None;
        }
        let unknown = |reason: String| Some(Formatted::Unknown { reason });
        let (mut equal, mut differing, mut foreign) = (0, Vec::new(), Vec::new());
        for change in changes.iter().take(MAX_FILES) {
            let ours = self.formatter.formats(&change.path);
            if !ours
                || change.renamed_from.is_some()
                || matches!(change.before, Side::None)
                || change.after == Side::None
            {
                foreign.push(change.path.clone());
                continue;
            }
            let after = match &change.after {
                Side::Text(text) => text.as_bytes(),
                Side::Binary(bytes) => bytes,
                Side::Unknown | Side::None => {
                    return unknown(format!("what the agent left in {} is not known", change.path));
                }
            };
            match self.output(base, &change.path) {
                Ok(output) if output == after => equal += 1,
                Ok(_) => differing.push(change.path.clone()),
                Err(reason) => return unknown(reason),
            }
        }
        differing.truncate(MAX_NAMED);
        foreign.truncate(MAX_NAMED);
        Some(Formatted::Compared { equal, differing, foreign })
    }

    fn output(&self, base: &Snapshot, path: &str) -> Output {
        let key = (base.tree(), base.masked_as(), path.to_owned());
        if let Some(known) = self.outputs.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known.clone();
        }
        let output = self.format(base, path);
        self.outputs.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_insert(output).clone()
    }

    fn format(&self, base: &Snapshot, path: &str) -> Output {
        let cell = self.cell.as_ref().map_err(|reason| format!("the formatter is not run: {reason}"))?;
        let laid = self.checkouts.get(&Overlay::new(base.clone()), "");
        let checkout = laid.map_err(|error| format!("the snapshot cannot be laid out: {error}"))?;
        let scratch = Scratch::new().map_err(|error| format!("no temporary folder: {error}"))?;
        let place = Place::new(cell.kind(), checkout.path(), &scratch)
            .map_err(|error| format!("no temporary folder: {error}"))?;
        let job = Job {
            shell: "/bin/sh".into(),
            command: self.command(&place, path),
            env: place.env(),
            cwd: place.top.clone(),
            mounts: vec![Mount { source: checkout.path().to_owned(), target: place.top.clone() }],
            writable: vec![place.work.clone()],
            keep: None,
            layer: None,
            limits: Limits { output: 64 << 20, files: 512 << 20, ..Limits::default() },
        };
        let outcome = cell.run(&job, &[]).map_err(|error| format!("the formatter {error}"))?;
        if outcome.ended == Ended::Exit(0) {
            return Ok(outcome.stdout);
        }
        let told = String::from_utf8_lossy(&outcome.stderr);
        let last: String = told.lines().last().unwrap_or_default().chars().take(200).collect();
        Err(format!("the formatter fails on {path}: {last}").trim_end_matches([':', ' ']).to_owned())
    }

    fn command(&self, place: &Place, path: &str) -> String {
        let words = self.formatter.command.iter().map(|word| quoted(&word.replace(FORMATTER_PATH, path)));
        let command = words.collect::<Vec<_>>().join(" ");
        if self.formatter.in_place {
            let (top, work, file) = (quoted(&place.top), quoted(&place.work), quoted(&format!("./{path}")));
            format!("cp -R {top}/. {work} && cd {work} && {{ {command}; }} 1>&2 && cat {file}")
        } else {
            command
        }
    }
}

/// Where the formatter finds things.
struct Place {
    /// The snapshot, read-only.
    top: String,
    /// An empty folder that it may write to.
    work: String,
}

impl Place {
    fn new(kind: CellKind, checkout: &Path, scratch: &Scratch) -> std::io::Result<Self> {
        if kind == CellKind::Namespaces {
            return Ok(Self { top: "/snapshot".into(), work: "/work".into() });
        }
        let work = scratch.path().join("work");
        shared_folder(scratch.path(), 0o755)?;
        std::fs::create_dir(&work)?;
        shared_folder(&work, 0o777)?;
        let text = |path: &Path| path.to_string_lossy().into_owned();
        Ok(Self { top: text(checkout), work: text(&work) })
    }

    fn env(&self) -> Vec<(String, String)> {
        let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        let fixed = [
            ("PATH", path),
            ("HOME", &self.work),
            ("TMPDIR", &self.work),
            ("LANG", "C.UTF-8"),
            ("TZ", "UTC"),
        ];
        let quiet = [
            ("PYTHONDONTWRITEBYTECODE", "1"),
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "safe.directory"),
            ("GIT_CONFIG_VALUE_0", "*"),
        ];
        fixed.into_iter().chain(quiet).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

/// The confined program has a user id of its own.
#[cfg(unix)]
fn shared_folder(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn shared_folder(_: &Path, _: u32) -> std::io::Result<()> {
    Ok(())
}

/// One word for a POSIX shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
