//! Does a patch fit the files? Codex reads what a patch changes before it asks anybody about it, and a patch that does
//! not fit changes nothing.

use std::borrow::Cow;
use std::collections::HashSet;

use super::moment::Moment;
use crate::action::patch::{self, ChangeKind, FileChange, PatchError};
use crate::action::shell::EmbeddedPatch;
use crate::source::snapshot::{Content, Files as _};

/// What comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verified {
    /// It fits, or nothing tells that it does not.
    Fits,
    /// It changes this file a second time.
    Repeats(String),
    /// A file is not there, or its lines are others.
    Fails(String),
}

/// Looks at the files in the order of the patch, as Codex 0.169 does (conformance: patch/verified-before-approval).
/// `unreadable` tells of files that the sandbox keeps from being read; what comes after one does not matter.
pub(super) fn verify(
    embedded: &EmbeddedPatch<'_>,
    moment: &Moment<'_>,
    unreadable: &dyn Fn(&str) -> bool,
) -> Result<Verified, PatchError> {
    let patch = patch::read(&embedded.text)?;
    let told = told(embedded, moment);
    let mut seen = HashSet::with_capacity(patch.files.len());
    for change in &patch.files {
        let path = absolute(embedded, &change.path, moment);
        let reads = !matches!(change.kind, ChangeKind::Add { .. });
        if seen.contains(&path) {
            return Ok(Verified::Repeats(change.path.to_string()));
        }
        if reads && unreadable(&path) {
            return Ok(Verified::Fits);
        }
        if matches!(&told, Told::Failed(text) if is_named(text, &path)) {
            return Ok(Verified::Fails(change.path.to_string()));
        }
        let misfits = || {
            let [_, now] = moment.site.contents(&path);
            !fits(change, now)
        };
        // What the recording tells holds of files that are the same here.
        let tells = told != Told::Nothing && !is_apart(moment, &path);
        if reads && !tells && misfits() {
            return Ok(Verified::Fails(change.path.to_string()));
        }
        seen.insert(path);
    }
    match (told, patch.files.first()) {
        (Told::Failed(_), Some(first)) => Ok(Verified::Fails(first.path.to_string())),
        _ => Ok(Verified::Fits),
    }
}

/// Is the file another one than in the recording: one that a hook changed, or that a call changed which is stopped here?
fn is_apart(moment: &Moment<'_>, path: &str) -> bool {
    let [_, now] = moment.site.contents(path);
    moment.untouched.is_some_and(|files| files.read(path) != now)
}

/// The absolute path of a file that a patch names; a patch knows no home folder.
pub(super) fn absolute(embedded: &EmbeddedPatch<'_>, path: &str, moment: &Moment<'_>) -> String {
    let plain = if path.starts_with('~') { format!("./{path}").into() } else { Cow::Borrowed(path) };
    moment.site.locale.absolute_in(&embedded.cwd, &plain)
}

fn fits(change: &FileChange<'_>, content: Content) -> bool {
    match content {
        Content::Known(bytes) => match (&change.kind, std::str::from_utf8(&bytes)) {
            (ChangeKind::Update { .. }, Ok(text)) => {
                !matches!(change.apply(text), Err(error) if !matches!(error, patch::ApplyError::TooLong(_)))
            }
            (_, Ok(_)) => true,
            (_, Err(_)) => false,
        },
        Content::NoFile => false,
        Content::Unknown => true,
    }
}

/// Does a failure name this file? Codex names the first one that does not fit, by its whole path.
fn is_named(failure: &str, path: &str) -> bool {
    let ends = |rest: &str| rest.is_empty() || rest.starts_with([':', '\n']);
    failure
        .match_indices(path)
        .any(|(at, _)| failure[..at].ends_with(' ') && ends(&failure[at + path.len()..]))
}

/// What the recording tells.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told<'m> {
    /// The patch was applied: a file that the snapshot lacks was there.
    Applied,
    /// It did not fit, and this is what the model read.
    Failed(Cow<'m, str>),
    /// Nothing that can be relied on, so that the snapshot tells.
    Nothing,
}

fn told<'m>(embedded: &EmbeddedPatch<'_>, moment: &Moment<'m>) -> Told<'m> {
    const FAILED: &str = "apply_patch verification failed: ";
    if moment.transcripts.iter().any(|transcript| transcript.format.is_foreign()) {
        return Told::Applied;
    }
    let Some(call) = moment.call.filter(|call| call.arguments.contains(first_line(embedded))) else {
        return Told::Nothing;
    };
    if call.item.as_ref().is_some_and(|item| item.status == "completed") {
        return Told::Applied;
    }
    let text = call.output.map(|output| output.text()).unwrap_or_default();
    let files = text.contains("Failed to read") || text.contains("Failed to find");
    if text.contains(FAILED) && files && !text.contains("Permission denied") {
        return Told::Failed(text);
    }
    Told::Nothing
}

/// A line that tells whether a recorded call is about this patch, and not about one that a hook put in its place.
fn first_line<'e>(embedded: &'e EmbeddedPatch<'_>) -> &'e str {
    embedded.text.lines().find(|line| line.contains("File: ")).unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_name_a_file_by_its_whole_path() {
        let missing = "apply_patch verification failed: Failed to read /w/lost.txt: No such file or directory (os error 2)";
        let lines = "apply_patch verification failed: Failed to find expected lines in /w/a b.txt:\nother";
        let table = [
            (missing, "/w/lost.txt", true),
            (missing, "/w/lost", false),
            (missing, "/lost.txt", false),
            (missing, "/w/other.txt", false),
            (lines, "/w/a b.txt", true),
            (lines, "/w/a", false),
        ];
        for (failure, path, named) in table {
            assert_eq!(is_named(failure, path), named, "{failure}: {path}");
        }
    }
}
