//! The files of a task folder, and the folders of a suite: what is there, and that nothing of it lies elsewhere.

use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};

use crate::finding::Finding;
use crate::source::{Place, ReadError};

use super::masked::MASKED;
use super::name::name_problem;
use super::task::SessionFile;

/// Sessions of one task; more are a mistake.
const MAX_SESSIONS: usize = 1000;

/// The files of a task folder.
#[derive(Default)]
pub(super) struct TaskFiles {
    pub(super) task: Option<PathBuf>,
    pub(super) prompt: Option<PathBuf>,
    pub(super) sessions: Vec<SessionFile>,
    pub(super) masked: Option<PathBuf>,
}

/// Lists a task folder; links that lead out of `root` and missing parts are findings.
pub(super) fn list(folder: &Path, shown: &str, root: &Path) -> (TaskFiles, Vec<Finding>) {
    let mut files = TaskFiles::default();
    let mut findings = Vec::new();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            let message = format!("the task folder cannot be read: {}", error.kind());
            findings.push(Finding::error("unreadable", message).at(Place::file(shown)));
            return (files, findings);
        }
    };
    for entry in entries.flatten() {
        let file_name = entry.file_name();
        let Some(name) = file_name.to_str() else { continue };
        let session = session_label(name);
        if session.is_none() && !["task.toml", "prompt.md", MASKED].contains(&name) {
            continue;
        }
        let path = entry.path();
        let shown = format!("{shown}/{name}");
        if let Some(problem) = not_a_file(&path, entry.file_type(), root) {
            findings.push(problem.at(Place::file(shown)));
        } else if let Some((label, compressed)) = session {
            files.sessions.push(SessionFile { label: label.to_owned(), path, name: shown, compressed });
        } else if name == "task.toml" {
            files.task = Some(path);
        } else if name == MASKED {
            files.masked = Some(path);
        } else {
            files.prompt = Some(path);
        }
    }
    files.sessions.sort_unstable();
    check(&files, shown, &mut findings);
    (files, findings)
}

fn check(files: &TaskFiles, shown: &str, findings: &mut Vec<Finding>) {
    let refused: Vec<_> = findings.iter().filter_map(|finding| finding.place.clone()).collect();
    let unseen = |name: &str| !refused.iter().any(|at| at.file.starts_with(&format!("{shown}/{name}")));
    if files.sessions.is_empty() && unseen("session.") {
        let help = "put the recording beside task.toml as session.jsonl or session.jsonl.zst";
        let finding = Finding::error("no-session", "the task has no recorded session").help(help);
        findings.push(finding.at(Place::file(shown)));
    }
    if files.prompt.is_none() && unseen("prompt.md") {
        let help = "write what the agent was asked into it";
        findings
            .push(Finding::error("no-prompt", "the task has no prompt.md").help(help).at(Place::file(shown)));
    }
    if files.task.is_none() && unseen("task.toml") {
        let help = "write `repo`, `commit` and `[decision]` into it";
        findings.push(
            Finding::error("no-task-file", "the task has no task.toml").help(help).at(Place::file(shown)),
        );
    }
    if files.sessions.len() > MAX_SESSIONS {
        let message = format!("the task has more than {MAX_SESSIONS} recorded sessions");
        findings.push(Finding::error("too-many", message).at(Place::file(shown)));
    }
    for pair in files.sessions.windows(2).filter(|pair| pair[0].label == pair[1].label) {
        let message = format!("the same session is there twice, the other one is {}", pair[0].name);
        let finding = Finding::error("same-session", message).help("remove one of them");
        findings.push(finding.at(Place::file(pair[1].name.as_str())));
    }
}

/// Label and compression of a file name such as `session.jsonl` or `session.child-1.jsonl.zst`.
fn session_label(name: &str) -> Option<(&str, bool)> {
    let (rest, compressed) = match name.strip_suffix(".zst") {
        Some(rest) => (rest, true),
        None => (name, false),
    };
    let label = rest.strip_prefix("session")?.strip_suffix(".jsonl")?;
    if label.is_empty() {
        return Some(("", compressed));
    }
    label.strip_prefix('.').filter(|label| !label.is_empty()).map(|label| (label, compressed))
}

/// Why `path` cannot be read as a file of the suite.
fn not_a_file(path: &Path, kind: io::Result<FileType>, root: &Path) -> Option<Finding> {
    let kind = match kind {
        Ok(kind) if kind.is_symlink() => match resolved_inside(path, root) {
            Ok(target) => fs::metadata(target).map(|meta| meta.file_type()),
            Err(finding) => return Some(finding),
        },
        other => other,
    };
    match kind {
        Ok(kind) if kind.is_file() => None,
        Ok(_) => Some(Finding::error("not-a-file", "is not a regular file")),
        Err(error) => Some(Finding::error("unreadable", format!("cannot be read: {}", error.kind()))),
    }
}

pub(super) fn resolved_inside(path: &Path, root: &Path) -> Result<PathBuf, Finding> {
    match fs::canonicalize(path) {
        Ok(target) if target.starts_with(root) => Ok(target),
        Ok(_) => Err(Finding::error("escape", "is a link that leads out of the suite")
            .help("copy the file into the task folder")),
        Err(error) => Err(Finding::error("unreadable", format!("is a broken link: {}", error.kind()))),
    }
}

/// A task folder, found by listing.
#[derive(Clone, Debug)]
pub(super) struct TaskFolder {
    /// The folder's name; lossy where it is not UTF-8.
    pub(super) name: String,
    /// Why it cannot be read as a task.
    pub(super) problem: Option<Box<Finding>>,
}

/// Lists the tasks of a suite in the order of their names; `root` is the tasks folder, resolved, and `shown` what
/// reports call it. Dot files and Markdown files are passed over, other files are warned about.
pub(super) fn list_tasks(
    root: &Path,
    shown: &str,
    findings: &mut Vec<Finding>,
) -> io::Result<Vec<TaskFolder>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let file_name = entry.file_name();
        let name = file_name.to_string_lossy();
        if name.starts_with('.') {
            continue;
        }
        let place = || Place::file(format!("{shown}/{name}"));
        let kind = entry.file_type()?;
        let mut problem = None;
        if kind.is_symlink() {
            problem = resolved_inside(&entry.path(), root).err();
        } else if !kind.is_dir() {
            if !name.ends_with(".md") {
                let help = "each task is a folder with task.toml, prompt.md and session.jsonl";
                findings.push(Finding::warning("stray-file", "is not a task").help(help).at(place()));
            }
            continue;
        }
        if let Some(why) = name_problem(&name) {
            let help = "rename the folder, since its name becomes part of file names and commands";
            problem = Some(Finding::error("bad-name", format!("the task name {why}")).help(help));
        }
        let problem = problem.map(|finding| Box::new(finding.at(place())));
        folders.push(TaskFolder { name: name.into_owned(), problem });
    }
    folders.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    report_clashes(&folders, shown, findings);
    Ok(folders)
}

/// Two names that differ in case alone would share a baseline on many file systems.
fn report_clashes(folders: &[TaskFolder], shown: &str, findings: &mut Vec<Finding>) {
    let mut names: Vec<_> = folders.iter().map(|task| (task.name.to_ascii_lowercase(), &task.name)).collect();
    names.sort_unstable();
    for pair in names.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        let message = format!("two tasks are called `{}` when case is ignored", pair[1].1);
        let help = format!("rename `{}` or `{}`", pair[0].1, pair[1].1);
        let place = Place::file(format!("{shown}/{}", pair[1].1));
        findings.push(Finding::error("same-name", message).help(help).at(place));
    }
}

/// Why a file could not be read, without its path on this machine.
pub(super) fn reason(error: &ReadError) -> String {
    match error {
        ReadError::Io { source, .. } => format!("cannot be read: {}", source.kind()),
        ReadError::TooLarge { limit, .. } => format!("is larger than {limit} bytes"),
        ReadError::NotUtf8 { .. } => "is not UTF-8".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_names() {
        assert_eq!(session_label("session.jsonl"), Some(("", false)));
        assert_eq!(session_label("session.jsonl.zst"), Some(("", true)));
        assert_eq!(session_label("session.child-1.jsonl"), Some(("child-1", false)));
        assert_eq!(session_label("session.2.jsonl.zst"), Some(("2", true)));
        for other in ["session.json", "sessions.jsonl", "session..jsonl", "session.zst", "x.jsonl", "session"]
        {
            assert_eq!(session_label(other), None, "{other}");
        }
    }
}
