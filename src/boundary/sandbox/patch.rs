use super::{Bounds, Confinement, Kind, Sandbox};
use crate::decision::Rule;

/// How Codex looks at a file that a patch touches, before it asks anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchTarget<'s> {
    /// It may be written: no approval is needed.
    Inside(&'s Rule),
    /// It lies outside of what may be written: somebody is asked, or the whole patch is refused.
    Outside(&'s Rule),
    /// It cannot even be read to apply the patch: `apply_patch verification failed`, nobody is asked.
    Unreadable(&'s Rule),
}

impl<'s> Bounds<'s> {
    /// Judges one file of a patch. `path` is absolute as text: Codex 0.169 does not follow symlinks here, so a
    /// file behind one may be inside and yet not be written in the end. `reads` says whether the patch needs the
    /// old content: updates, moves and deletions do, additions do not.
    pub fn patch(&self, path: &str, kind: Kind, reads: bool) -> PatchTarget<'s> {
        let read = self.read(path, kind, Confinement::Sandboxed);
        if reads && !read.allowed() {
            return PatchTarget::Unreadable(read.rule);
        }
        let (granted, rule) = self.grants_patch(path);
        if granted { PatchTarget::Inside(rule) } else { PatchTarget::Outside(rule) }
    }
}

/// Codex's words for refusing a patch that nobody can be asked about.
pub fn patch_refusal(sandbox: &Sandbox) -> &'static str {
    if sandbox.files.has_writable_root() {
        "patch rejected: writing outside of the project; rejected by user approval settings"
    } else {
        "patch rejected: writing is blocked by read-only sandbox; rejected by user approval settings"
    }
}
