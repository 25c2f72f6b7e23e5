//! What lies where in a session's tree, as far as the snapshot and the session's edits tell.

use super::touch::{Site, below};
use crate::action::Lying;
use crate::action::shell::Script;
use crate::source::Ignored;
use crate::source::snapshot::{Content, Entry, Files};

/// Longest script that is read, in bytes.
const MAX_SCRIPT: usize = 65_536;

impl Site<'_> {
    /// Whether something lies at a written path; only the tree of the snapshot is known, and not what is below `.git`.
    pub(super) fn lies(&self, path: &str, what: Lying) -> Option<bool> {
        let absolute = self.locale.absolute(path);
        let below = below(&absolute, self.locale.top)?;
        if below == ".git" {
            return Some(what != Lying::File);
        }
        if below.starts_with(".git/") {
            return None;
        }
        if what == Lying::Name && self.is_link(path) {
            return Some(true);
        }
        let found = self.files?.lookup(absolute.as_bytes());
        // What commands made that are not read lies where the sandbox lets them write, and stops nobody.
        let certain = found.certain || (what == Lying::Ever && matches!(found.entry, Entry::Missing));
        if !certain || self.leads_into_repository(&absolute) {
            return None;
        }
        match (found.entry, what) {
            (Entry::File(_), _) => Some(what != Lying::Folder),
            (Entry::Folder | Entry::Submodule, _) => Some(what != Lying::File),
            (Entry::Missing, Lying::Ever) => {
                let before = self.files?.base().lookup(below).entry;
                let missing = matches!(before, Entry::Missing) && !self.ignored(below);
                missing.then_some(false)
            }
            (Entry::Missing, _) => Some(false),
            _ => None,
        }
    }

    /// May a path below the top lie there though the snapshot lacks it?
    fn ignored(&self, path: &str) -> bool {
        self.files.is_some_and(|files| Ignored::of(files.base()).holds(path))
    }

    /// The first folder above an absolute path that is missing, as far as the snapshot tells.
    pub(super) fn first_missing(&self, path: &str) -> Option<String> {
        let top = self.locale.top.trim_end_matches('/');
        below(path, top)?;
        let mut ends = path.match_indices('/').map(|(end, _)| end).filter(|end| *end > top.len());
        ends.find(|end| self.lies(&path[..*end], Lying::Ever) == Some(false))
            .map(|end| path[..end].to_owned())
    }

    /// Is the working folder missing? What commands made that are not read is not counted.
    pub(super) fn lacks_folder(&self) -> bool {
        match self.lies(".", Lying::Folder) {
            Some(there) => !there,
            None if self.leads_into_repository(&self.locale.absolute(".")) => false,
            None => {
                let absolute = self.locale.absolute(".");
                let Some(below) =
                    below(&absolute, self.locale.top).filter(|below| !below.starts_with(".git"))
                else {
                    return false;
                };
                let Some(files) = self.files else { return false };
                let missing = |entry: &Entry| matches!(entry, Entry::Missing | Entry::File(_));
                missing(&files.base().lookup(below).entry)
                    && missing(&files.lookup(absolute.as_bytes()).entry)
            }
        }
    }

    /// The script at a written path. Of folders that the snapshot lacks nothing is known, for builds make such.
    pub(super) fn script(&self, path: &str) -> Script {
        let absolute = self.locale.absolute(path);
        let inside = below(&absolute, self.locale.top).is_some_and(|rest| !rest.starts_with(".git/"));
        let Some(files) = self.files.filter(|_| inside) else { return Script::Unknown };
        let found = files.lookup(absolute.as_bytes());
        if !found.certain || self.leads_into_repository(&absolute) {
            return Script::Unknown;
        }
        let folder = absolute.rsplit_once('/').map_or("", |(folder, _)| folder);
        match found.entry {
            Entry::File(file) => {
                match files.read(&absolute).known().map(|bytes| String::from_utf8(bytes.to_vec())) {
                    Some(Ok(text)) if text.len() <= MAX_SCRIPT => {
                        Script::File { text, executable: file.executable }
                    }
                    _ => Script::Unknown,
                }
            }
            Entry::Folder => Script::Missing,
            Entry::Missing if matches!(files.lookup(folder.as_bytes()).entry, Entry::Folder) => {
                Script::Missing
            }
            _ => Script::Unknown,
        }
    }

    /// Does a link lead to what the repository keeps, which is none of the snapshot's files?
    fn leads_into_repository(&self, path: &str) -> bool {
        let led = self.follow(path).path;
        below(&led, self.locale.top).is_some_and(|below| below == ".git" || below.starts_with(".git/"))
    }

    /// What is in the file at an absolute path, in the snapshot and as the session left it; only the tree of the snapshot
    /// is known, and not what is below `.git`.
    pub(super) fn contents(&self, path: &str) -> [Content; 2] {
        let below = below(path, self.locale.top).filter(|below| !below.starts_with(".git/"));
        match self.files.zip(below) {
            Some((files, below)) => [files.base().read(below), files.read(path)],
            None => [Content::Unknown, Content::Unknown],
        }
    }
}
