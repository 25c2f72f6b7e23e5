//! An import from beginning to end.
//!
//! ```text
//! threads -> draft (in parallel: recordings, repository, work) -> pin (per clone: rebuild, merged, bundle)
//!         -> write (in parallel: mask, compose, check, put in place)
//! ```

use std::borrow::Cow;
use std::path::PathBuf;

use rayon::prelude::*;

use super::Options;
use super::draft::{Draft, Drafting, Refusal, open};
use super::history::ChangedLines;
use super::lock::{Lock, LockError};
use super::masking::{Masking, ThreadMask};
use super::pin::{Pinned, Pinning};
use super::repo::Clones;
use super::result::{Imported, ImportedTask};
use super::survey::Thread;
use super::task::{Changed, Compose, Known, MaskedFiles, TaskFolders, name_for, propose};
use crate::finding::Finding;
use crate::mask::{Tally, Untouched};
use crate::source::WriteError;
use crate::suite::{Suite, Tree, write_masked};
use crate::transcript::Recording;

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Another import is at work, or the suite cannot be locked.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The suite cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Clones that were named cannot be used; a line each.
    #[error("{}", .0.join("\n"))]
    Clones(Vec<String>),
    /// The rules or the key for masking cannot be used.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Rules(Vec<Finding>),
}

/// Makes tasks of threads, and brings those up to date that were made before.
///
/// # Errors
/// Nothing was written: see [`ImportError`]. What is wrong with single threads is told in [`Imported::refused`].
pub fn import(suite: &Suite, threads: Vec<Thread>, options: &Options) -> Result<Imported, ImportError> {
    let mut clones = Clones::open(&options.clones).map_err(ImportError::Clones)?;
    let folders = [suite.tasks_folder(), suite.repos_folder(), suite.folder.as_path()];
    let mut lock = None;
    if !options.dry_run {
        for folder in folders {
            std::fs::create_dir_all(folder)
                .map_err(|source| WriteError::Io { path: folder.to_owned(), source })?;
        }
        lock = Some(Lock::take(&folders)?);
    }
    let tasks = if options.dry_run {
        TaskFolders::read_only(suite.tasks_folder())
    } else {
        TaskFolders::open(suite.tasks_folder())?
    };
    for (name, path) in suite.repos.iter() {
        let own = suite.repos_folder().join(format!("{name}.bundle"));
        clones.add_suite_repository(name, path, path != own);
    }
    let masking = Masking::open(&suite.folder, options.mask, options.dry_run, &options.allowed_blobs)
        .map_err(ImportError::Rules)?;
    let import = Import { suite, options, masking: &masking, tasks: &tasks };
    let imported = import.all(threads, &clones);
    drop(lock);
    imported
}

struct Import<'i> {
    suite: &'i Suite,
    options: &'i Options,
    masking: &'i Masking,
    tasks: &'i TaskFolders,
}

impl Import<'_> {
    fn all(&self, threads: Vec<Thread>, clones: &Clones) -> Result<Imported, ImportError> {
        let drafting = Drafting {
            clones,
            role: &self.suite.role,
            without_snapshot: self.options.without_snapshot,
            max_size: self.options.max_size,
        };
        let drafts: Vec<_> = threads.into_par_iter().map(|thread| drafting.draft(thread)).collect();
        let mut imported = Imported::default();
        let mut good = Vec::new();
        for draft in drafts {
            match draft {
                Ok(draft) => good.push(draft),
                Err(refusal) => imported.refused.push(refusal),
            }
        }
        let known = Known::read(self.suite.tasks_folder());
        let pinning =
            Pinning { suite: self.suite, options: self.options, masking: self.masking, known: &known };
        let pinned = pinning.pin(&good, &mut imported)?;
        let mut jobs = Vec::new();
        for (draft, pinned) in good.into_iter().zip(pinned) {
            match pinned {
                Ok(pinned) => jobs.push((draft, pinned)),
                Err(refusal) => imported.refused.push(refusal),
            }
        }
        let names = self.names(&jobs, known);
        let written: Vec<_> = jobs
            .into_par_iter()
            .zip(names)
            .map(|((draft, pinned), name)| self.write(draft, &pinned, &name))
            .collect();
        for result in written {
            match result {
                Ok((task, tally)) => {
                    imported.tasks.push(task);
                    imported.masked.merge(&tally);
                }
                Err(refusal) => imported.refused.push(refusal),
            }
        }
        Ok(imported)
    }

    /// Names of the tasks: those that they have, wherever people moved them; new ones for new threads.
    fn names(&self, jobs: &[(Draft, Pinned)], mut known: Known) -> Vec<String> {
        // The name that a task has, or else the prompt for a new one.
        let there: Vec<Result<String, String>> = jobs
            .par_iter()
            .map(|(draft, _)| {
                let there = known.of(&self.masking.text(&draft.thread.id)).map(str::to_owned);
                there.ok_or_else(|| {
                    let mut mask = self.masking.thread(&[draft.prompt.as_bytes()]);
                    mask.text(&draft.prompt).into_owned()
                })
            })
            .collect();
        let mut names = Vec::with_capacity(jobs.len());
        for ((draft, _), there) in jobs.iter().zip(there) {
            let Thread { id, started, .. } = &draft.thread;
            let name =
                there.unwrap_or_else(|prompt| name_for(id, *started, &prompt, &|name| known.is_taken(name)));
            known.take(&name);
            names.push(name);
        }
        names
    }

    fn write(&self, draft: Draft, pinned: &Pinned, name: &str) -> Result<(ImportedTask, Tally), Refusal> {
        let file = draft.thread.main.path.clone();
        let refuse =
            |reason: String, help: &str| Refusal { file: file.clone(), reason, help: help.to_owned() };
        let contents = open(&draft.thread, self.options.max_size)
            .map_err(|error| refuse(format!("changed meanwhile: {error}"), error.way_out()))?;
        let documents: Vec<&[u8]> = contents.iter().map(Recording::bytes).collect();
        let mut mask = self.masking.thread(&documents);
        let (sessions, untouched): (Vec<_>, Vec<_>) = mask.documents(&documents).into_iter().unzip();
        let mut notes = draft.notes.clone();
        notes.extend(pinned.notes.iter().cloned());
        let before = self.suite.find_task(name).and_then(|at| self.suite.task(at).ok());
        let masked = self.masked(&draft, pinned, &mask);
        if masked.unlike > 0 {
            notes.push(format!(
                "{} lines that its patches name are masked in another way than in the file, so that these patches do not \
                 fit it",
                masked.unlike
            ));
        }
        let compose = self.compose(&draft, pinned, sessions, &mut mask, &mut notes);
        let masked = (!masked.blobs.is_empty()).then(|| write_masked(&masked.blobs));
        let hits = leaks(&compose, masked.as_deref(), &untouched, &mask);
        if let Some(hit) = hits.first() {
            let more = if hits.len() > 1 { format!(" and {} more", hits.len() - 1) } else { String::new() };
            let reason = format!("a secret is left after masking: {hit}{more}");
            return Err(refuse(reason, "add a rule for it to mask.toml, or allow it there by name"));
        }
        let mut composed = compose.files(self.tasks, name, before.as_ref()).map_err(|reason| {
            refuse(format!("the task {name} cannot be updated: {reason}"), "repair its task.toml")
        })?;
        composed.files.insert("masked.toml".to_owned(), masked.map(|text| Cow::Owned(text.into_bytes())));
        let changed = if self.options.dry_run {
            Ok(composed.would(self.tasks, name))
        } else {
            self.tasks.write(name, &composed.files)
        };
        let changed = changed.map_err(|error| refuse(error.to_string(), "make the suite writable"))?;
        notes.extend(composed.notes);
        let thread = draft.thread.id;
        let proposal = composed.proposal;
        let task = ImportedTask { name: name.to_owned(), thread, changed, proposal, notes };
        Ok((task, mask.tally))
    }

    /// What the recordings of a thread have masked in the files that it changed: as they were, and as they were merged.
    fn masked(&self, draft: &Draft, pinned: &Pinned, mask: &ThreadMask<'_>) -> MaskedFiles {
        let Some(found) = draft.found.as_ref().filter(|_| self.masking.is_on()) else {
            return MaskedFiles::default();
        };
        let repository = &found.candidate.repository;
        let merged = pinned.merged.as_ref().map(|merged| merged.commit);
        let later = [merged, pinned.said].into_iter().flatten();
        let later = later.flat_map(|id| [Some(id), repository.first_parent(id)]).flatten();
        let commits: Vec<_> = std::iter::once(found.commit).chain(later).collect();
        let mut paths = draft.work.touched.clone();
        paths.extend(draft.work.changed().flat_map(ChangedLines::paths).map(str::to_owned));
        MaskedFiles::of(repository, &commits, &paths, &draft.work.named, mask)
    }

    fn compose<'b>(
        &self,
        draft: &Draft,
        pinned: &Pinned,
        sessions: Vec<Cow<'b, [u8]>>,
        mask: &mut ThreadMask<'_>,
        notes: &mut Vec<String>,
    ) -> Compose<'b> {
        let work = &draft.work;
        let dirty = work.is_dirty() || !draft.thread.dirty.is_empty();
        let tree = match (&pinned.recorded, dirty) {
            (Some(_), _) => Tree::Rebuilt,
            (None, true) if draft.found.is_some() => Tree::Dirty,
            (None, _) => Tree::Clean,
        };
        if tree != Tree::Clean && draft.found.is_some() {
            let why = work.signs.first().or(draft.thread.dirty.first()).cloned().unwrap_or_default();
            let rebuilt = pinned.rebuilt.len();
            let missing = pinned.missing.len();
            notes.push(format!(
                "its tree was not clean ({why}): {rebuilt} files rebuilt, {missing} known to differ were not"
            ));
        }
        let mut texts = |list: &[String]| list.iter().map(|text| mask.text(text).into_owned()).collect();
        let (rebuilt, missing) = (texts(&pinned.rebuilt), texts(&pinned.missing));
        let top = draft.found.as_ref().map(|found| found.top.as_str());
        let cwd = top.filter(|top| *top != draft.thread.cwd.trim_end_matches('/'));
        let agents = draft.thread.agents.iter().map(|agent| agent.thread.as_str());
        let threads = std::iter::once(draft.thread.id.as_str()).chain(agents);
        Compose {
            thread: self.masking.text(&draft.thread.id).into_owned(),
            format: draft.thread.format,
            sessions,
            prompt: mask.text(&draft.prompt).into_owned(),
            snapshot: pinned.snapshot.clone(),
            cwd: cwd.map(|cwd| mask.text(cwd).into_owned()),
            recorded_commit: pinned.recorded.clone(),
            tree,
            rebuilt,
            missing,
            proposal: propose(&draft.signs, pinned.merged.as_ref()),
            approvals: self.options.approvals.of(threads),
            keep_merged: pinned.no_history,
        }
    }
}

/// What masking left in a task, by place and kind.
fn leaks(
    task: &Compose<'_>,
    masked: Option<&str>,
    untouched: &[Untouched<'_>],
    mask: &ThreadMask<'_>,
) -> Vec<String> {
    let mut found = Vec::new();
    let mut look = |name: String, bytes: &[u8], untouched: &Untouched<'_>| {
        let hits = mask.left(&name, bytes, untouched);
        found.extend(hits.into_iter().map(|(line, kind)| format!("{name}:{line} ({kind})")));
    };
    let none = Untouched::default();
    for (at, session) in task.sessions.iter().enumerate() {
        let name = if at == 0 { "session.jsonl".to_owned() } else { format!("session.agent-{at}.jsonl") };
        look(name, session, untouched.get(at).unwrap_or(&none));
    }
    look("prompt.md".to_owned(), task.prompt.as_bytes(), &none);
    if let Some(masked) = masked {
        look("masked.toml".to_owned(), masked.as_bytes(), &none);
    }
    for text in task.cwd.iter().chain(&task.rebuilt).chain(&task.missing).chain(&task.proposal.evidence) {
        look("task.toml".to_owned(), text.as_bytes(), &none);
    }
    found
}

/// Where the result of an import lies, for messages.
impl Imported {
    /// The recordings that became no task.
    pub fn refused_files(&self) -> impl Iterator<Item = &PathBuf> {
        self.refused.iter().map(|refusal| &refusal.file)
    }

    /// Was anything written that was not there before?
    pub fn is_unchanged(&self) -> bool {
        self.tasks.iter().all(|task| task.changed == Changed::Unchanged)
            && self.bundles.iter().all(|bundle| bundle.size.is_none())
    }
}
