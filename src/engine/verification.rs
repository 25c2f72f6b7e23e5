//! Does a patch fit the files? Codex reads what a patch changes before it asks anybody about it, and a patch that does
//! not fit changes nothing.

use std::borrow::Cow;
use std::collections::HashSet;

use super::moment::Moment;
use crate::action::patch::{self, ChangeKind, FileChange, PatchError};
use crate::action::shell::EmbeddedPatch;
use crate::source::snapshot::Content;

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
        // What the session changed may have been stopped here, so that the file is as it was.
        let misfits = || moment.site.contents(&path).into_iter().all(|content| !fits(change, content));
        if reads && told == Told::Nothing && misfits() {
            return Ok(Verified::Fails(change.path.to_string()));
        }
        seen.insert(path);
    }
    match (told, patch.files.first()) {
        (Told::Failed, Some(first)) => Ok(Verified::Fails(first.path.to_string())),
        _ => Ok(Verified::Fits),
    }
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

/// What the recording tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// The patch was applied: a file that the snapshot lacks was there.
    Applied,
    /// It did not fit.
    Failed,
    /// Nothing that can be relied on, so that the snapshot tells.
    Nothing,
}

fn told(embedded: &EmbeddedPatch<'_>, moment: &Moment<'_>) -> Told {
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
    let failed = call.output.is_some_and(|output| {
        let text = output.text();
        let ours = text.contains(FAILED);
        ours && (text.contains("Failed to read") || text.contains("Failed to find"))
            && !text.contains("Permission denied")
    });
    if failed { Told::Failed } else { Told::Nothing }
}

/// A line that tells whether a recorded call is about this patch, and not about one that a hook put in its place.
fn first_line<'e>(embedded: &'e EmbeddedPatch<'_>) -> &'e str {
    embedded.text.lines().find(|line| line.contains("File: ")).unwrap_or_default().trim()
}
