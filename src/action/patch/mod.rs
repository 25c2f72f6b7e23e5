//! Patches in Codex's own format (`*** Begin Patch` … `*** End Patch`).

mod apply;
mod parse;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashSet;

pub use apply::ApplyError;
pub use parse::{PatchError, parse, read};

use super::{Access, Effect, Effects, Target};

/// A parsed patch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch<'t> {
    /// The environment that the patch asks to be applied in, if it names one.
    pub environment: Option<Cow<'t, str>>,
    /// Changes in order; a file may appear more than once.
    pub files: Vec<FileChange<'t>>,
}

/// What is done to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange<'t> {
    /// Path as written: absolute, or relative to the working folder.
    pub path: Cow<'t, str>,
    /// The change.
    pub kind: ChangeKind<'t>,
}

/// Kinds of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeKind<'t> {
    /// The file is created, or overwritten.
    Add {
        /// Its content.
        content: String,
    },
    /// The file is removed.
    Delete,
    /// Lines of the file are replaced.
    Update {
        /// Where the file goes, if it is moved as well.
        moved_to: Option<Cow<'t, str>>,
        /// Replacements in order.
        hunks: Vec<Hunk<'t>>,
    },
}

/// One replacement in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hunk<'t> {
    /// A line after which to look, from `@@ line`.
    pub context: Option<Cow<'t, str>>,
    /// The lines of the hunk in order, without line ends.
    pub lines: Vec<HunkLine<'t>>,
    /// The old lines are the last ones of the file.
    pub at_end: bool,
}

/// A line of a hunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HunkLine<'t> {
    /// It stands there and stays as the file has it.
    Keep(Cow<'t, str>),
    /// It stands there and goes.
    Remove(Cow<'t, str>),
    /// It is put there.
    Add(Cow<'t, str>),
}

impl<'t> Patch<'t> {
    /// The files that the patch would read and write. Codex 0.169 knows no home folder in patches: `~/f` is a file
    /// in a folder named `~`, given here as `./~/f`.
    pub fn effects(&self) -> Effects<'t> {
        let mut known = Vec::with_capacity(self.files.len());
        let plain = |path: &Cow<'t, str>| {
            if path.starts_with('~') { Cow::Owned(format!("./{path}")) } else { path.clone() }
        };
        let target = |path: &Cow<'t, str>| Target::Path(plain(path));
        for file in &self.files {
            match &file.kind {
                ChangeKind::Add { .. } => {
                    known.push(Effect { access: Access::Write, target: target(&file.path) });
                }
                ChangeKind::Delete => {
                    known.push(Effect { access: Access::Write, target: Target::Entry(plain(&file.path)) });
                }
                ChangeKind::Update { moved_to, .. } => {
                    known.push(Effect { access: Access::Read, target: target(&file.path) });
                    known.push(Effect { access: Access::Write, target: target(&file.path) });
                    if let Some(place) = moved_to {
                        known.push(Effect { access: Access::Write, target: target(place) });
                    }
                }
            }
        }
        // Changes are of different files, but one may be moved to where another is.
        let mut seen = HashSet::new();
        let distinct: Vec<bool> = known.iter().map(|effect| seen.insert(effect)).collect();
        let mut distinct = distinct.into_iter();
        drop(seen);
        known.retain(|_| distinct.next().unwrap_or(true));
        Effects { known, ..Effects::default() }
    }

    /// The content of a file after the first change to it, given what it was before (empty if there was none).
    ///
    /// # Errors
    /// The patch has no such file, removes it, or its lines are not found.
    pub fn apply(&self, file: &str, old_text: &str) -> Result<String, ApplyError> {
        let change = self.files.iter().find(|change| change.path == file);
        change.ok_or_else(|| ApplyError::NoSuchFile(file.to_owned()))?.apply(old_text)
    }
}
