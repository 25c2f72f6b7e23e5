//! Goes through the calls of a session: what they changed, and what they show of files that nobody had touched yet.

use std::borrow::Cow;
use std::collections::HashSet;

use super::shown::Pieces;
use super::{Work, status};
use crate::action::patch::{self, ChangeKind, FileChange, Hunk, HunkLine};
use crate::action::shell::{self, ShellReading};
use crate::action::{Access, Action, Effect, Shell, Target};
use crate::engine::Workspace;
use crate::engine::edits::{self, Shown, output, shown as showing, unified};
use crate::import::history::{ChangedLines, FileLines};
use crate::source::snapshot::Files;
use crate::source::{Content, Entry, Ignored, Overlay, Snapshot};
use crate::transcript::{Call, Recorded, StepKind, Transcript};

/// Files that are told of at most.
const MAX_FILES: usize = 500;
/// Touched files that are kept.
const MAX_TOUCHED: usize = 2_000;
/// Lines that patches name, as many as are kept.
const MAX_NAMED: usize = 5_000;
/// Longest of these, in bytes.
const MAX_LINE: usize = 1_000;

/// Reads the recordings of one session, call by call.
pub(super) struct Reader<'r> {
    top: String,
    snapshot: &'r Snapshot,
    /// The snapshot with the agent's patches on top.
    edits: Overlay,
    /// The same with what commands wrote, once one did.
    told: Option<Overlay>,
    /// Lines of hunks that do not fit the snapshot.
    hunks: ChangedLines,
    pieces: Pieces,
    /// Files that the session may have changed; what it shows of them later is no sign.
    touched: HashSet<String>,
    anything_touched: bool,
    ignored: Ignored,
    work: Work,
}

impl<'r> Reader<'r> {
    /// A reader of what was done above this snapshot, whose root lay in the folder `top`.
    pub(super) fn new(top: &str, snapshot: &'r Snapshot) -> Self {
        Self {
            top: top.trim_end_matches('/').to_owned(),
            snapshot,
            edits: Overlay::new(snapshot.clone()).mounted_at(top),
            told: None,
            hunks: ChangedLines::default(),
            pieces: Pieces::default(),
            touched: HashSet::new(),
            anything_touched: false,
            ignored: Ignored::or_built(snapshot),
            work: Work::default(),
        }
    }

    pub(super) fn transcript(&mut self, transcript: &Transcript<'_>, main: bool) {
        let workspace = Workspace::new(&transcript.session.cwd);
        for step in &transcript.steps {
            let StepKind::Call(call) = &step.kind else { continue };
            if call.recorded() != Recorded::Ran {
                // A command that was stopped on its way may have written.
                if !matches!(call.action, Action::Builtin(_)) && call.recorded() == Recorded::Aborted {
                    self.anything_touched = true;
                }
                continue;
            }
            // What a sub-agent sees may be what another one did.
            self.anything_touched |= !main;
            self.call(call, &workspace);
        }
    }

    fn call(&mut self, call: &Call<'_>, workspace: &Workspace) {
        match &call.action {
            Action::Shell(shell) => {
                let reading = shell::effects(shell);
                if !self.anything_touched {
                    self.look(call, shell, &reading, workspace);
                }
                self.command(call, shell, &reading, workspace);
                self.mark(&reading, shell, workspace);
                for embedded in &reading.patches {
                    let folder = workspace.absolute(shell.workdir.as_deref(), &embedded.cwd);
                    self.patch(call, &embedded.text, Some(&folder), workspace);
                }
            }
            Action::Patch(text) => self.patch(call, text, None, workspace),
            Action::Mcp(_) | Action::Stdin(_) => self.anything_touched = true,
            _ => {}
        }
    }

    /// The path below the top of an absolute path.
    fn below<'p>(&self, absolute: &'p str) -> Option<&'p str> {
        let path = absolute.strip_prefix(self.top.as_str())?.strip_prefix('/')?;
        let plain = !path.split('/').any(|part| part.is_empty() || part == "." || part == "..");
        let git = path.split('/').any(|part| part.eq_ignore_ascii_case(".git"));
        (plain && !git).then_some(path)
    }

    /// What a command shows of files that nothing has touched yet.
    fn look(
        &mut self,
        call: &Call<'_>,
        shell: &Shell<'_>,
        reading: &ShellReading<'_>,
        workspace: &Workspace,
    ) {
        let writes = writes(reading).next().is_some();
        if writes || reading.effects.opaque.is_some() || call.exit_code() != Some(0) {
            return;
        }
        let folder = workspace.absolute(shell.workdir.as_deref(), ".");
        let Some(shown) = Shown::of(&reading.commands) else { return };
        let Some(body) = output::whole(call) else { return };
        match shown {
            Shown::File { folder: below, path, from, to, numbered } => {
                let folder = workspace.absolute(Some(&folder), &below);
                let absolute = workspace.absolute(Some(&folder), &path);
                let Some(path) = self.below(&absolute).map(str::to_owned) else { return };
                if self.touched.contains(&path) || self.ignored.holds(&path) {
                    return;
                }
                if let Some(lines) = showing::lines(&body, numbered) {
                    self.pieces.add(&path, from, to, lines);
                }
            }
            Shown::Status { folder: below, short, from_top } => {
                let folder = workspace.absolute(Some(&folder), &below);
                let folder = if from_top { self.top.clone() } else { folder };
                for (path, change) in status::changes(&body, short) {
                    let absolute = workspace.absolute(Some(&folder), &path);
                    self.said(&absolute, change, &call.id);
                }
            }
            Shown::Diff => {
                for file in unified::files(&body) {
                    self.differs(&file, &call.id);
                }
            }
        }
    }

    /// `git status` tells of a change.
    fn said(&mut self, absolute: &str, change: status::Change, call: &str) {
        let Some(path) = self.below(absolute.trim_end_matches('/')).map(str::to_owned) else { return };
        if self.touched.contains(&path) || self.work.missing.len() >= MAX_FILES {
            return;
        }
        self.sign(format!("`git status` in call {call} shows changes before the first edit"));
        match change {
            status::Change::Gone => drop(self.work.rebuilt.insert(path, None)),
            status::Change::There => drop(self.work.missing.insert(path)),
        }
    }

    /// `git diff` shows a change.
    fn differs(&mut self, file: &unified::FileDiff<'_>, call: &str) {
        let known = |path: &&str| self.below(&format!("{}/{path}", self.top)).is_some();
        let Some(path) = Some(file.path).filter(known).map(str::to_owned) else { return };
        if self.touched.contains(&path) {
            return;
        }
        self.sign(format!("`git diff` in call {call} shows changes before the first edit"));
        let old = self.snapshot.read(&path).known();
        let old = old.as_deref().map(String::from_utf8_lossy);
        match file.apply(old.as_deref()) {
            Ok(new) => drop(self.work.rebuilt.insert(path, new.map(String::into_bytes))),
            Err(unified::Unfit) => drop(self.work.missing.insert(path)),
        }
    }

    fn sign(&mut self, sign: String) {
        if self.work.signs.len() < 20 && !self.work.signs.contains(&sign) {
            self.work.signs.push(sign);
        }
    }

    /// What a command wrote into files, as far as its text tells.
    fn command(
        &mut self,
        call: &Call<'_>,
        shell: &Shell<'_>,
        reading: &ShellReading<'_>,
        workspace: &Workspace,
    ) {
        let written = writes(reading);
        let named = |target: &Target<'_>| match target {
            Target::Path(path) | Target::Entry(path) => {
                Some(workspace.absolute(shell.workdir.as_deref(), path))
            }
            _ => None,
        };
        let written: Vec<String> = written.filter_map(|effect| named(&effect.target)).collect();
        if written.is_empty() || call.exit_code() != Some(0) {
            return;
        }
        let mut files = self.told.as_ref().unwrap_or(&self.edits).clone();
        for absolute in &written {
            let path = self.below(absolute).filter(|path| !self.touched.contains(*path));
            if let Some(text) = path.and_then(|path| self.began(path)) {
                drop(files.write(absolute, text.into_bytes()));
            }
        }
        let results = edits::plain(&files, shell, &reading.commands, workspace, &self.top);
        if results.is_empty() {
            return;
        }
        for (path, content) in results {
            drop(match content {
                Some(bytes) => files.write(&path, bytes),
                None => files.remove(&path),
            });
        }
        self.told = Some(files);
    }

    /// Files that a command may have changed.
    fn mark(&mut self, reading: &ShellReading<'_>, shell: &Shell<'_>, workspace: &Workspace) {
        for effect in writes(reading) {
            match &effect.target {
                Target::Path(path) | Target::Entry(path) => {
                    let absolute = workspace.absolute(shell.workdir.as_deref(), path);
                    if let Some(path) = self.below(&absolute) {
                        self.touched.insert(path.to_owned());
                    }
                }
                Target::Tree(_) | Target::Glob(_) => self.anything_touched = true,
                _ => {}
            }
        }
        self.anything_touched |= reading.effects.opaque.is_some();
    }

    fn patch(&mut self, call: &Call<'_>, text: &str, folder: Option<&str>, workspace: &Workspace) {
        let Ok(patch) = patch::parse(text) else { return };
        for change in &patch.files {
            self.change(call, change, folder, workspace);
        }
    }

    fn change(
        &mut self,
        call: &Call<'_>,
        change: &FileChange<'_>,
        folder: Option<&str>,
        workspace: &Workspace,
    ) {
        let absolute = workspace.absolute(folder, &change.path);
        let Some(path) = self.below(&absolute).map(str::to_owned) else { return };
        if let Some(told) = &mut self.told {
            lay(told, change, &absolute, |place| workspace.absolute(folder, place));
        }
        let untouched = !self.anything_touched && !self.touched.contains(&path);
        match &change.kind {
            ChangeKind::Add { content } => drop(self.edits.write(&absolute, content.as_bytes())),
            ChangeKind::Delete => drop(self.edits.remove(&absolute)),
            ChangeKind::Update { moved_to, hunks } => {
                self.name(hunks);
                let old = self.known(&path, &absolute);
                if let Some(new) = old.as_deref().and_then(|old| change.apply(old).ok()) {
                    drop(self.edits.write(&absolute, new.as_bytes()));
                } else {
                    self.count(&path, hunks);
                    if untouched && self.snapshot.lookup(&path).entry != Entry::Unknown {
                        self.sign(format!("the patch of call {} does not fit the commit", call.id));
                        self.work.missing.insert(path.clone());
                    }
                }
                if let Some(place) = moved_to {
                    let place = workspace.absolute(folder, place);
                    drop(self.edits.rename(&absolute, &place));
                    if let Some(place) = self.below(&place) {
                        self.touched.insert(place.to_owned());
                    }
                }
            }
        }
        self.touched.insert(path);
    }

    /// Keeps the lines by which hunks find their place.
    fn name(&mut self, hunks: &[Hunk<'_>]) {
        for line in hunks.iter().flat_map(|hunk| &hunk.lines) {
            if let HunkLine::Keep(text) | HunkLine::Remove(text) = line
                && self.work.named.len() < MAX_NAMED
                && text.len() <= MAX_LINE
                && !self.work.named.contains(text.as_ref())
            {
                self.work.named.insert(text.to_string());
            }
        }
    }

    /// Counts the lines of hunks that cannot be applied.
    fn count(&mut self, path: &str, hunks: &[Hunk<'_>]) {
        for line in hunks.iter().flat_map(|hunk| &hunk.lines) {
            match line {
                HunkLine::Add(text) => self.hunks.file(path).add(text),
                HunkLine::Remove(text) => self.hunks.file(path).remove(text),
                HunkLine::Keep(_) => {}
            }
        }
    }

    /// The text of a file as the agent saw it, as far as is known.
    fn known(&self, path: &str, absolute: &str) -> Option<String> {
        if let Content::Known(bytes) = self.edits.read(absolute)
            && self.touched.contains(path)
        {
            return Some(String::from_utf8_lossy(&bytes).into_owned());
        }
        if let Some(text) = self.began(path) {
            return Some(text);
        }
        self.edits.read(absolute).known().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The text of a file when the session began, where it was shown and is not the commit's.
    fn began(&self, path: &str) -> Option<String> {
        match self.work.rebuilt.get(path) {
            Some(Some(bytes)) => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => self.pieces.whole(path),
        }
    }

    pub(super) fn finish(mut self) -> Work {
        self.work.touched = self.touched.iter().take(MAX_TOUCHED).cloned().collect();
        for (path, shown) in self.pieces.differing(self.snapshot) {
            self.sign(format!("{path} was shown with another content than the commit has"));
            match shown {
                Some(text) => drop(self.work.rebuilt.entry(path).or_insert(Some(text.into_bytes()))),
                None => drop(self.work.missing.insert(path)),
            }
        }
        let same = |path: &String, content: &Option<Vec<u8>>| match (self.snapshot.read(path), content) {
            (Content::Known(old), Some(new)) => old[..] == new[..],
            (Content::NoFile, None) => true,
            _ => false,
        };
        self.work.rebuilt.retain(|path, content| !same(path, content));
        let rebuilt = &self.work.rebuilt;
        self.work.missing.retain(|path| !rebuilt.contains_key(path));
        self.work.with_commands = self.told.as_ref().map(|told| self.lines(told));
        self.work.lines = self.lines(&self.edits);
        self.work
    }

    /// The lines that differ between the beginning and these files.
    fn lines(&self, files: &Overlay) -> ChangedLines {
        let mut all = self.hunks.clone();
        for file in files.diff() {
            let path = String::from_utf8_lossy(&file.path).into_owned();
            let text =
                |content: Content| content.known().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            let gone = file.after == Content::NoFile;
            let began = match self.work.rebuilt.get(&path) {
                Some(Some(bytes)) => Some(Cow::Owned(String::from_utf8_lossy(bytes).into_owned())),
                _ => text(file.before).map(Cow::Owned),
            };
            let after = text(file.after).unwrap_or_default();
            let mut lines = FileLines::between(began.as_deref().unwrap_or_default(), &after);
            lines.deleted = gone;
            lines.new = began.is_none();
            *all.file(&path) = lines;
        }
        all
    }
}

/// What a command writes, or may write: also where that hangs on something, such as on a file that is there.
fn writes<'r, 't>(reading: &'r ShellReading<'t>) -> impl Iterator<Item = &'r Effect<'t>> {
    let conditional = reading.effects.conditional.iter().map(|(_, effect)| effect);
    let all = reading.effects.known.iter().chain(conditional);
    all.filter(|effect| effect.access == Access::Write)
}

/// Applies a change of a patch where it fits.
fn lay(files: &mut Overlay, change: &FileChange<'_>, path: &str, absolute: impl Fn(&str) -> String) {
    match &change.kind {
        ChangeKind::Add { content } => drop(files.write(path, content.as_bytes())),
        ChangeKind::Delete => drop(files.remove(path)),
        ChangeKind::Update { moved_to, .. } => {
            let old = files.read(path).known();
            let old = old.as_deref().map(String::from_utf8_lossy);
            if let Some(new) = old.and_then(|old| change.apply(&old).ok()) {
                drop(files.write(path, new.as_bytes()));
            }
            if let Some(place) = moved_to {
                drop(files.rename(path, absolute(place)));
            }
        }
    }
}
