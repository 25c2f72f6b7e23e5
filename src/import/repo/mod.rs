//! The repository that a recorded session worked in: found by the commit that the recording names, in the clones that
//! are at hand.

mod folder;
mod remote;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use remote::RemoteName;

use crate::source::snapshot::{Files as _, SnapshotError};
use crate::source::{Entry, ObjectId, Repositories, Repository, Snapshot};

/// What a recording says about where it was made.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recorded<'r> {
    /// Working folder on the machine of the recording.
    pub cwd: &'r str,
    /// Address of the remote, as recorded.
    pub remote: Option<&'r str>,
    /// Commit id.
    pub commit: Option<&'r str>,
}

/// A repository at hand.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Where it is.
    pub path: PathBuf,
    /// Names and addresses of its remotes.
    pub remotes: Vec<(String, RemoteName)>,
    /// Opened to read only.
    pub repository: Arc<Repository>,
    /// Its name, when it is one of the suite's.
    pub in_suite: Option<String>,
    /// `suite.toml` names it by its path, so that nothing needs to be packed.
    pub linked: bool,
}

/// The repository of a session.
#[derive(Clone, Debug)]
pub struct Found {
    /// Where the commit was found.
    pub candidate: Candidate,
    /// The commit, by the id that the recording names.
    pub commit: ObjectId,
    /// The commit's tree.
    pub snapshot: Snapshot,
    /// The folder, on the machine of the recording, in which the top of the repository lay.
    pub top: String,
    /// A name for the repository: that of its remote, or of its folder.
    pub name: String,
}

/// Why a session has no repository.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotFound {
    /// The recording names no commit.
    #[error("the recording names no commit")]
    NoCommit,
    /// The id that it names is of a kind that cannot be read.
    #[error("its commit is of a repository with SHA-256 ids; only those with SHA-1 ids can be read")]
    Sha256,
    /// No repository at hand has it.
    #[error("no repository at hand has the commit {commit}{}", looked(looked_at))]
    Nowhere {
        /// The commit.
        commit: String,
        /// Repositories that were looked into, by path.
        looked_at: Vec<PathBuf>,
        /// Address of the remote.
        remote: Option<RemoteName>,
        /// The clone to fetch it into, with the name of its remote.
        fetch: Option<(PathBuf, String)>,
    },
    /// The commit is there but its tree is not whole.
    #[error("{0}")]
    Unreadable(String),
}

fn looked(paths: &[PathBuf]) -> String {
    if paths.is_empty() {
        return String::new();
    }
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    format!(" (looked into {})", names.join(", "))
}

impl NotFound {
    /// What the user can do.
    pub fn help(&self) -> String {
        let without = "or import it without a snapshot: --without-snapshot";
        match self {
            Self::NoCommit | Self::Sha256 => "import it without a snapshot: --without-snapshot".to_owned(),
            Self::Nowhere { commit, fetch: Some((path, remote)), .. } => {
                format!("run `git -C {} fetch {remote} {commit}`, {without}", shell_word(path))
            }
            Self::Nowhere { remote: Some(remote), .. } => {
                format!("name a clone of {remote} with --repo PATH, {without}")
            }
            Self::Nowhere { .. } => format!("name a clone with --repo PATH, {without}"),
            Self::Unreadable(_) => format!("fetch the repository whole, {without}"),
        }
    }
}

/// A path as a word of a shell command.
fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    shlex::try_quote(&text).map_or_else(|_| format!("{text:?}"), std::borrow::Cow::into_owned)
}

/// The clones at hand: those that were named, and those that recorded folders lie in.
#[derive(Debug, Default)]
pub struct Clones {
    open: Repositories,
    named: Vec<Candidate>,
    suite: Vec<Candidate>,
}

impl Clones {
    /// Opens the clones that the user named; problems name the path.
    pub fn open(paths: &[PathBuf]) -> Result<Self, Vec<String>> {
        let mut clones = Self::default();
        let mut problems = Vec::new();
        for path in paths {
            // A folder within a work tree means the work tree.
            let top = std::fs::canonicalize(path).ok().and_then(|full| folder::top_of(full.to_str()?));
            match clones.candidate(top.as_deref().unwrap_or(path)) {
                Ok(candidate) => clones.named.push(candidate),
                // Its sessions say so, and others go on.
                Err(error) if matches!(*error, SnapshotError::ObjectFormat { .. }) => {}
                Err(error) => problems.push(error.to_string()),
            }
        }
        if problems.is_empty() { Ok(clones) } else { Err(problems) }
    }

    /// Adds a repository of the suite: what is there needs no clone.
    ///
    /// `linked` ones are named by `suite.toml`; others are bundles that imports write.
    pub fn add_suite_repository(&mut self, name: &str, path: &Path, linked: bool) {
        if let Ok(mut candidate) = self.candidate(path) {
            candidate.in_suite = Some(name.to_owned());
            candidate.linked = linked;
            self.suite.push(candidate);
        }
    }

    /// The clones that the user named.
    pub fn named(&self) -> &[Candidate] {
        &self.named
    }

    fn candidate(&self, path: &Path) -> Result<Candidate, Arc<SnapshotError>> {
        let repository = self.open.open(path)?;
        let remotes = folder::remotes(path);
        Ok(Candidate { path: path.to_owned(), remotes, repository, in_suite: None, linked: false })
    }

    /// The repository of a recording: first those that `suite.toml` names, then clones of the recorded remote, the
    /// others that were named, the folder of the recording, and the bundles of the suite.
    pub fn find(&self, recorded: &Recorded<'_>) -> Result<Found, NotFound> {
        let remote = recorded.remote.and_then(RemoteName::of);
        let candidates = self.candidates(recorded.cwd, remote.as_ref());
        let Some(commit) = recorded.commit.and_then(full_id) else {
            let is_long = |id: &str| id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
            let sha256 = recorded.commit.is_some_and(is_long);
            return Err(if sha256 { NotFound::Sha256 } else { NotFound::NoCommit });
        };
        for candidate in &candidates {
            if !candidate.repository.has_commit(commit) {
                continue;
            }
            let snapshot = candidate.repository.snapshot(&commit.to_string());
            let snapshot = snapshot.map_err(|error| NotFound::Unreadable(error.to_string()))?;
            let name = repository_name(candidate, remote.as_ref(), recorded.cwd);
            let top = self.top_within(recorded.cwd, &name, candidate, commit, &snapshot);
            return Ok(Found { candidate: candidate.clone(), commit, snapshot, top, name });
        }
        Err(NotFound::Nowhere {
            commit: commit.to_string(),
            fetch: fetch_from(&candidates, remote.as_ref()),
            looked_at: candidates
                .into_iter()
                .filter(|candidate| candidate.in_suite.is_none())
                .map(|candidate| candidate.path)
                .collect(),
            remote,
        })
    }

    fn candidates(&self, cwd: &str, remote: Option<&RemoteName>) -> Vec<Candidate> {
        let is_of = |candidate: &&Candidate| {
            remote.is_some_and(|remote| candidate.remotes.iter().any(|(_, other)| other == remote))
        };
        let (first, then): (Vec<_>, Vec<_>) = self.named.iter().partition(is_of);
        let linked = self.suite.iter().filter(|candidate| candidate.linked);
        let mut candidates: Vec<Candidate> = linked.chain(first).chain(then).cloned().collect();
        if let Some(top) = folder::top_of(cwd)
            && let Ok(candidate) = self.candidate(&top)
        {
            candidates.push(candidate);
        }
        candidates.extend(self.suite.iter().cloned());
        let mut seen = BTreeSet::new();
        candidates.retain(|candidate| seen.insert(candidate.path.clone()));
        candidates
    }

    /// The folder above (or at) a recorded working folder in which the top of the repository lay.
    ///
    /// On the machine of the recording that is asked; elsewhere it is the folder with the name of the repository, or else
    /// the lowest one from which the rest of the path names a folder of the snapshot.
    fn top_within(
        &self,
        cwd: &str,
        name: &str,
        candidate: &Candidate,
        commit: ObjectId,
        snapshot: &Snapshot,
    ) -> String {
        // Some other repository may lie around the place where this one was.
        let is_own = |top: &PathBuf| {
            *top == candidate.path || self.open.open(top).is_ok_and(|there| there.has_commit(commit))
        };
        if let Some(top) = folder::top_of(cwd).filter(is_own) {
            return top.to_string_lossy().into_owned();
        }
        let cwd = cwd.trim_end_matches('/');
        let splits = cwd.match_indices('/').map(|(at, _)| at).filter(|at| *at > 0);
        let above = splits.map(|at| (&cwd[..at], &cwd[at + 1..]));
        let fits = |below: &str| snapshot.lookup(below).entry == Entry::Folder;
        let by_name = above.clone().rev().find(|(top, below)| {
            let last = top.rsplit('/').next().unwrap_or_default();
            last.eq_ignore_ascii_case(name) && fits(below)
        });
        let own = cwd.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(name));
        match by_name {
            Some((top, _)) if !own => top.to_owned(),
            _ => cwd.to_owned(),
        }
    }
}

/// The clone, and its remote, from which a commit that is missing could be fetched.
fn fetch_from(candidates: &[Candidate], remote: Option<&RemoteName>) -> Option<(PathBuf, String)> {
    let mut clones = candidates.iter().filter(|candidate| candidate.in_suite.is_none());
    clones.find_map(|candidate| {
        let name = match remote {
            Some(remote) => candidate.remotes.iter().find(|(_, other)| other == remote),
            None => candidate.remotes.first(),
        };
        name.map(|(name, _)| (candidate.path.clone(), name.clone()))
    })
}

fn full_id(text: &str) -> Option<ObjectId> {
    (text.len() == 40).then(|| ObjectId::from_str(text).ok()).flatten()
}

/// The last part of the remote's name, or of the folder's.
fn repository_name(candidate: &Candidate, remote: Option<&RemoteName>, cwd: &str) -> String {
    if let Some(name) = &candidate.in_suite {
        return name.clone();
    }
    let remote = remote.or_else(|| candidate.remotes.first().map(|(_, remote)| remote));
    let folder = candidate.path.file_name().and_then(|name| name.to_str());
    let recorded = cwd.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next();
    let name = remote.map(RemoteName::short).or(folder).or(recorded).unwrap_or_default();
    name.strip_suffix(".git").or_else(|| name.strip_suffix(".bundle")).unwrap_or(name).to_owned()
}
