use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::decision::{Decision, Proposal};
use crate::finding::{Finding, closest};
use crate::source::snapshot::MaskedBlobs;
use crate::source::{ContentHash, Place, TextFile};

use super::coverage::{CoverageReports, read_coverage};
use super::decision::{commit, read_decision};
use super::fields::{Fields, Problems, read_document};
use super::masked::{MASKED, read_masked};
use super::origin::{Origin, read_origin};
use super::proposal::read_proposal;
use super::repos::Repos;
use super::{Role, files};

/// One task: where the agent started, what it was asked, what it did, and what people decided.
#[derive(Clone, Debug)]
pub struct Task {
    /// Name: the folder's.
    pub name: String,
    /// The folder.
    pub folder: PathBuf,
    /// `task.toml` as reports call it.
    pub file: Arc<str>,
    /// The repository at the commit where the agent started; `None` for a session outside of any repository.
    pub snapshot: Option<SnapshotRef>,
    /// Folder, on the machine of the recording, in which the snapshot's root lay; the session's own working
    /// folder when absent.
    pub cwd: Option<String>,
    /// Workspace roots on the machine of the recording, for recordings that do not tell them.
    pub roots: Vec<String>,
    /// Free words for grouping.
    pub labels: Vec<String>,
    /// Skills that the task calls for, by name with or without the plugin's; `None` where nobody has said.
    pub skills: Option<Vec<String>>,
    /// What tests ran before and after, where it was measured.
    pub coverage: Option<CoverageReports>,
    /// `prompt.md`.
    pub prompt: PathBuf,
    /// The recordings: the main one first, then by name. Whether another one is a repeat or a sub-agent's is
    /// told by its content.
    pub sessions: Vec<SessionFile>,
    /// What people decided.
    pub decision: Decision,
    /// What an import proposes; it never counts as a decision.
    pub proposal: Proposal,
    /// Files of the snapshot that the recordings have masked.
    pub masked: Option<Arc<MaskedBlobs>>,
    /// Where an imported task comes from.
    pub origin: Option<Origin>,
    /// Identity of `task.toml`.
    pub hash: ContentHash,
}

/// The snapshot of a task.
#[derive(Clone, Debug, PartialEq)]
pub struct SnapshotRef {
    /// Name of the repository in the suite.
    pub repo: String,
    /// A git bundle or a repository.
    pub path: PathBuf,
    /// Commit id, at least 7 hex digits, in lower case.
    pub commit: String,
    /// Where the commit is named.
    pub place: Place,
}

/// A recorded session on disk.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SessionFile {
    /// What tells it from the task's other recordings: the text between `session.` and `.jsonl`, empty for the
    /// main one.
    pub label: String,
    /// The file.
    pub path: PathBuf,
    /// As reports call it.
    pub name: String,
    /// It is compressed with zstd.
    pub compressed: bool,
}

impl Task {
    /// Findings for approvals that name a call which the recordings do not have.
    pub fn check_calls(&self, calls: &[&str]) -> Vec<Finding> {
        let unknown = |call: &str| !calls.contains(&call);
        let missing = self.decision.approvals.iter().filter(|approval| unknown(&approval.call));
        missing
            .map(|approval| {
                let help = match closest(&approval.call, calls.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "take the call id from the recording".to_owned(),
                };
                let place = Place { file: self.file.clone(), line: approval.line, column: approval.column };
                let message = format!("the session has no call `{}`", approval.call);
                Finding::error("unknown-call", message).at(place).help(help)
            })
            .collect()
    }
}

pub(super) const KEYS: &[&str] = &[
    "format", "repo", "commit", "cwd", "roots", "labels", "skills", "coverage", "decision", "proposed",
    "import",
];
/// Newest version of the format of `task.toml`.
const FORMAT: u32 = 1;

/// What a task is read against.
pub(super) struct Context<'s> {
    pub(super) role: &'s Role,
    pub(super) repos: &'s Repos,
    /// The tasks folder, resolved; nothing of a task may lie outside of it.
    pub(super) root: &'s Path,
}

/// Reads the task in `folder`; `shown` is the folder as reports call it.
pub(super) fn read_task(
    name: &str,
    folder: &Path,
    shown: &str,
    context: &Context<'_>,
) -> Result<Task, Vec<Finding>> {
    let file = format!("{shown}/task.toml");
    let (files, mut findings) = files::list(folder, shown, context.root);
    let Some(declared) = files.task else { return Err(findings) };
    let text = match TextFile::read(&declared, file.as_str()) {
        Ok(text) => text,
        Err(error) => {
            findings.push(Finding::error("unreadable", files::reason(&error)).at(Place::file(file)));
            return Err(findings);
        }
    };
    let mut problems = Problems::new(&text);
    let (snapshot, (cwd, roots), labels, (skills, coverage), decision, (proposal, origin)) =
        read_document(&mut problems, |table, problems| {
            let fields = Fields::open("task.toml", table, 0..0, KEYS, problems);
            fields.format_version(FORMAT, problems);
            (
                read_snapshot(&fields, context.repos, problems),
                (fields.owned("cwd", problems), read_roots(&fields, problems)),
                fields.texts("labels", problems).iter().map(|label| label.value.to_owned()).collect(),
                (read_skills(&fields, problems), read_coverage(&fields, folder, context.root, problems)),
                read_decision(&fields, context.role, problems),
                (read_proposal(&fields, context.role, problems), read_origin(&fields, problems)),
            )
        });
    findings.extend(problems.finish());
    let masked = files.masked.and_then(|path| match read_masked(&path, &format!("{shown}/{MASKED}")) {
        Ok(masked) => Some(Arc::new(masked)),
        Err(finding) => {
            findings.push(finding);
            None
        }
    });
    match (files.prompt, findings.is_empty()) {
        (Some(prompt), true) => Ok(Task {
            name: name.to_owned(),
            folder: folder.to_owned(),
            file: text.name().clone(),
            snapshot,
            cwd,
            roots,
            labels,
            skills,
            coverage,
            prompt,
            sessions: files.sessions,
            decision,
            proposal,
            masked,
            origin,
            hash: text.hash(),
        }),
        _ => Err(findings),
    }
}

fn read_roots(fields: &Fields<'_, '_>, problems: &mut Problems<'_>) -> Vec<String> {
    let roots = fields.texts("roots", problems);
    for root in roots.iter().filter(|root| !root.value.starts_with('/') && !root.value.contains(":\\")) {
        let message = format!("the workspace root `{}` is not absolute", root.value);
        problems.error(
            &root.span,
            "not-absolute",
            message,
            "write the whole path on the machine of the recording",
        );
    }
    roots.iter().map(|root| root.value.to_owned()).collect()
}

fn read_skills(fields: &Fields<'_, '_>, problems: &mut Problems<'_>) -> Option<Vec<String>> {
    let skills = fields.texts("skills", problems);
    fields.get("skills").is_some().then(|| skills.iter().map(|skill| skill.value.to_owned()).collect())
}

fn read_snapshot(fields: &Fields<'_, '_>, repos: &Repos, problems: &mut Problems<'_>) -> Option<SnapshotRef> {
    let repo = fields.text("repo", problems);
    let id = fields.text("commit", problems);
    match (fields.get("repo").is_some(), fields.get("commit").is_some()) {
        (true, false) => fields.missing("commit", problems),
        (false, true) => fields.missing("repo", problems),
        _ => {}
    }
    let place = id.as_ref().map(|id| problems.place(&id.span));
    let commit = id.and_then(|id| commit(&id, problems));
    let repo = repo?;
    let Some(path) = repos.get(repo.value) else {
        let message = format!("the suite has no repository `{}`", repo.value);
        problems.error(&repo.span, "unknown-repo", message, repos.help(repo.value));
        return None;
    };
    Some(SnapshotRef { repo: repo.value.to_owned(), path: path.to_owned(), commit: commit?, place: place? })
}
