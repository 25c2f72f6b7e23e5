use super::entry::{DenyGlob, Entry, Grant};
use super::follow::{Broken, Followed, broken};
use super::location::{below, depth};
use super::{Sandbox, Workspace};
use crate::decision::Rule;

/// What lies at a path before the command runs, after symlinks are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// Nothing, or nobody knows.
    Missing,
}

/// Where a command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Confinement {
    /// In the sandbox.
    Sandboxed,
    /// Outside of it, by an approval or by rules. What may not be read stays so, and then the network stays as it
    /// is in the sandbox (Codex 0.169).
    Escalated,
}

/// How much of a path or tree an access reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Extent {
    /// Nothing of it.
    None,
    /// A part of it.
    Some,
    /// All of it.
    All,
}

/// The sandbox's answer to an access, with the rule that decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer<'s> {
    /// How much is let through.
    pub extent: Extent,
    /// The rule that decides; for [`Extent::Some`], the one that holds the rest back.
    pub rule: &'s Rule,
}

impl<'s> Answer<'s> {
    pub(super) fn new(allowed: bool, rule: &'s Rule) -> Self {
        Self { extent: if allowed { Extent::All } else { Extent::None }, rule }
    }

    /// Everything asked for is let through.
    pub fn allowed(&self) -> bool {
        self.extent == Extent::All
    }
}

/// An entry at one of its paths in a task.
#[derive(Clone, Debug)]
pub(super) struct Placed<'s> {
    pub(super) path: String,
    depth: usize,
    pub(super) entry: &'s Entry,
}

/// Entries, the deepest first; for one path, the entry that holds first.
fn sorted(mut entries: Vec<Placed<'_>>) -> Vec<Placed<'_>> {
    let rank = |placed: &Placed<'_>| (placed.depth, !placed.entry.implied, placed.entry.grant);
    entries.sort_by_key(|placed| std::cmp::Reverse(rank(placed)));
    entries
}

/// A sandbox in one task: every special path is known. Paths are absolute, with `/`, without `.` and `..`.
#[derive(Debug)]
pub struct Bounds<'s> {
    sandbox: &'s Sandbox,
    /// Entries at the paths that they lead to.
    entries: Vec<Placed<'s>>,
    /// Entries at the paths as they are written, where that makes a difference.
    written: Option<Vec<Placed<'s>>>,
    globs: Vec<(String, &'s DenyGlob)>,
    roots: Vec<String>,
    broken: Option<Broken>,
}

impl<'s> Bounds<'s> {
    pub(super) fn new(
        sandbox: &'s Sandbox,
        workspace: &Workspace<'_>,
        follow: &dyn Fn(&str) -> Followed,
    ) -> Self {
        let mut written: Vec<Placed<'s>> = Vec::new();
        for entry in &sandbox.files.entries {
            let paths = entry.location.resolve(workspace).into_iter();
            written.extend(paths.map(|path| Placed { depth: depth(&path), path, entry }));
        }
        let led: Vec<Followed> = written.iter().map(|placed| follow(&placed.path)).collect();
        let linked = led.iter().any(|followed| followed.link.is_some());
        let entries = written.iter().zip(&led).map(|(placed, followed)| Placed {
            depth: depth(&followed.path),
            path: followed.path.clone(),
            entry: placed.entry,
        });
        let entries = sorted(entries.collect());
        // An entry at a symlink is about what that leads to; the symlink itself lies in its folder.
        let may_write = |link: &str| {
            let folder = link.rsplit_once('/').map_or("", |(folder, _)| folder);
            most_specific(&sorted(written.clone()), folder, &sandbox.unlisted).0 == Some(Grant::Write)
        };
        let broken = broken(written.iter().zip(&led), may_write);
        let globs = sandbox.files.globs.iter();
        let globs =
            globs.flat_map(|glob| glob.anchor.resolve(workspace).into_iter().map(move |base| (base, glob)));
        let globs = globs.collect();
        let roots = workspace.roots.iter().map(|&root| root.to_owned()).collect();
        Self { sandbox, entries, written: linked.then(|| sorted(written)), globs, roots, broken }
    }

    /// Takes in which files there are: Codex 0.169 cannot hide a file that a pattern denies in a folder that is denied as
    /// a whole, and starts nothing then. `any` tells whether one of the files below a folder is such.
    #[must_use]
    pub fn among(mut self, any: impl Fn(&str, &dyn Fn(&str) -> bool) -> bool) -> Self {
        let hidden = |file: &str| {
            let covers =
                |(base, glob): &(String, &DenyGlob)| below(file, base).is_some_and(|rest| glob.covers(rest));
            self.globs.iter().any(covers)
        };
        let shut = |placed: &&Placed<'_>| placed.entry.grant == Grant::Deny && !placed.entry.implied;
        let mut folders = self.entries.iter().filter(shut);
        let twice =
            if self.globs.is_empty() { None } else { folders.find(|placed| any(&placed.path, &hidden)) };
        let found = twice.map(|placed| Broken {
            rule: placed.entry.rule.clone(),
            reason: "the sandbox cannot hide a file in a folder that is hidden".to_owned(),
        });
        self.broken = self.broken.or(found);
        self
    }

    /// Why no command can run in the sandbox, if so.
    pub fn broken(&self) -> Option<&Broken> {
        self.broken.as_ref()
    }

    /// Whether the entries as they are written grant a path to a patch, and the rule that decides. Codex 0.169 looks
    /// at no symlink, pattern or missing folder here; the patch may still fail when it is applied in the sandbox.
    pub(super) fn grants_patch(&self, path: &str) -> (bool, &'s Rule) {
        if let Some(rule) = &self.sandbox.files.unrestricted {
            return (true, rule);
        }
        let entries = self.written.as_ref().unwrap_or(&self.entries);
        let (grant, rule) = most_specific(entries, path, &self.sandbox.unlisted);
        (grant == Some(Grant::Write), rule)
    }

    /// May a command read a file or list a folder?
    pub fn read(&self, path: &str, kind: Kind, confinement: Confinement) -> Answer<'s> {
        let (grant, rule) = self.at(path, kind, confinement);
        Answer::new(matches!(grant, Some(Grant::Read | Grant::Write)), rule)
    }

    /// May a command create, change or remove what is at a path?
    pub fn write(&self, path: &str, kind: Kind, confinement: Confinement) -> Answer<'s> {
        let (grant, rule) = self.at(path, kind, confinement);
        if kind == Kind::Missing
            && confinement == Confinement::Sandboxed
            && let Some(masked) = self.masked_below(path)
        {
            return Answer::new(false, masked);
        }
        Answer::new(grant == Some(Grant::Write), rule)
    }

    /// The rule that keeps a missing folder from being made: Codex 0.169 masks the first missing part of a path
    /// that may not be written.
    fn masked_below(&self, path: &str) -> Option<&'s Rule> {
        // Of what lies outside the workspace nothing is known; roots that are granted are taken to be there.
        let known = self.roots.iter().any(|root| below(path, root).is_some_and(|rest| !rest.is_empty()));
        let inside = |placed: &&Placed<'_>| {
            placed.entry.grant != Grant::Write
                && (known || !placed.entry.implied)
                && below(&placed.path, path).is_some_and(|rest| !rest.is_empty())
        };
        self.entries.iter().find(inside).map(|placed| &placed.entry.rule)
    }

    /// Does the sandbox put something in the place of a missing folder, for what may not be written there?
    pub fn masks(&self, folder: &str) -> bool {
        self.entries
            .iter()
            .any(|placed| placed.entry.grant != Grant::Write && below(&placed.path, folder).is_some())
    }

    /// How much of a folder and what is below it may a command read? `files` gives the files below that are known.
    pub fn read_tree<'p>(
        &self,
        path: &str,
        files: impl IntoIterator<Item = &'p str>,
        confinement: Confinement,
    ) -> Answer<'s> {
        let files = files.into_iter();
        self.tree(path, files, confinement, |grant| matches!(grant, Some(Grant::Read | Grant::Write)))
    }

    /// May a command see names and the like of a path, and with `tree` of all that is below it? What may not be read
    /// shows them all the same, unless it is a folder. `is_folder` tells what lies at a path.
    pub fn list(
        &self,
        path: &str,
        kind: Kind,
        tree: bool,
        is_folder: &dyn Fn(&str) -> bool,
        confinement: Confinement,
    ) -> Answer<'s> {
        let folder = match (kind, path.rsplit_once('/')) {
            (Kind::Folder, _) | (_, None) => path,
            (_, Some((parent, _))) => {
                if parent.is_empty() {
                    "/"
                } else {
                    parent
                }
            }
        };
        let whole = self.read(folder, Kind::Folder, confinement);
        if !tree || kind != Kind::Folder || !whole.allowed() {
            return whole;
        }
        let shut = self.entries.iter().find(|placed| {
            placed.entry.grant == Grant::Deny
                && below(&placed.path, path).is_some_and(|rest| !rest.is_empty())
                && is_folder(&placed.path)
        });
        shut.map_or(whole, |placed| Answer { extent: Extent::Some, rule: &placed.entry.rule })
    }

    /// How much of a folder and what is below it may a command change? `files` gives the files below that are known.
    pub fn write_tree<'p>(
        &self,
        path: &str,
        files: impl IntoIterator<Item = &'p str>,
        confinement: Confinement,
    ) -> Answer<'s> {
        self.tree(path, files.into_iter(), confinement, |grant| grant == Some(Grant::Write))
    }

    /// May a command connect to a host? `None` stands for a host that is not known.
    pub fn connect(&self, host: Option<&str>, confinement: Confinement) -> Answer<'s> {
        if confinement == Confinement::Escalated && !self.sandbox.has_denials() {
            return Answer::new(true, &self.sandbox.escalated);
        }
        self.sandbox.network.connect(host)
    }

    /// The rule that lets a host have requests alone that only read, where there is one. Codex 0.169 lets GET, HEAD and
    /// OPTIONS through then.
    pub fn limited(&self, host: Option<&str>, confinement: Confinement) -> Option<&'s Rule> {
        if confinement == Confinement::Escalated && !self.sandbox.has_denials() {
            return None;
        }
        self.sandbox.network.limited(host)
    }

    /// The grant that holds at a path, and its rule.
    fn at(&self, path: &str, kind: Kind, confinement: Confinement) -> (Option<Grant>, &'s Rule) {
        if let Some(rule) = &self.sandbox.files.unrestricted {
            return (Some(Grant::Write), rule);
        }
        let masked =
            |(base, glob): &&(String, &'s DenyGlob)| below(path, base).is_some_and(|rest| glob.covers(rest));
        if kind == Kind::File
            && let Some((_, glob)) = self.globs.iter().find(masked)
        {
            return (Some(Grant::Deny), &glob.rule);
        }
        let (grant, rule) = most_specific(&self.entries, path, &self.sandbox.unlisted);
        if confinement == Confinement::Escalated && grant != Some(Grant::Deny) {
            return (Some(Grant::Write), &self.sandbox.escalated);
        }
        (grant, rule)
    }

    fn tree<'p>(
        &self,
        path: &str,
        files: impl Iterator<Item = &'p str>,
        confinement: Confinement,
        lets: impl Fn(Option<Grant>) -> bool,
    ) -> Answer<'s> {
        let (grant, rule) = self.at(path, Kind::Folder, confinement);
        let whole = Answer::new(lets(grant), rule);
        let base = path.trim_end_matches('/');
        // A repository has no protected folders of its own, though Codex would make them.
        let inside = |placed: &&Placed<'_>| {
            below(&placed.path, base).is_some_and(|rest| !rest.is_empty())
                && !(placed.entry.implied && base.ends_with("/.git"))
        };
        let narrower = self.entries.iter().any(|placed| inside(&placed));
        let masked = !self.globs.is_empty();
        if self.sandbox.files.unrestricted.is_some() || !(narrower || masked) {
            return whole;
        }
        let (mut open, mut shut, mut any) = (false, None, false);
        for file in files {
            any = true;
            let (grant, rule) = self.at(file, Kind::File, confinement);
            if lets(grant) {
                open = true;
            } else if shut.is_none() {
                shut = Some(rule);
            }
        }
        let entry_below = self.entries.iter().find(|placed| {
            inside(placed) && lets(self.at(&placed.path, Kind::Folder, confinement).0) != whole.allowed()
        });
        match (whole.allowed(), shut, entry_below) {
            (true, Some(rule), _) => Answer { extent: Extent::Some, rule },
            (true, None, Some(placed)) if !any || placed.path.ends_with("/.git") => {
                Answer { extent: Extent::Some, rule: &placed.entry.rule }
            }
            (false, _, _) if open => Answer { extent: Extent::Some, rule: whole.rule },
            (false, _, Some(_)) if !any => Answer { extent: Extent::Some, rule: whole.rule },
            _ => whole,
        }
    }
}

/// The most specific entry holds. A `read` inside a `deny` does not open it again, only a `write` does (Codex 0.169).
fn most_specific<'s>(entries: &[Placed<'s>], path: &str, unlisted: &'s Rule) -> (Option<Grant>, &'s Rule) {
    let mut held: Option<&'s Entry> = None;
    let mut level = usize::MAX;
    for placed in entries.iter().filter(|placed| below(path, &placed.path).is_some()) {
        if placed.depth == level {
            continue;
        }
        level = placed.depth;
        match (placed.entry.grant, held) {
            (Grant::Read, _) => held = held.or(Some(placed.entry)),
            (Grant::Deny, _) | (Grant::Write, None) => {
                return (Some(placed.entry.grant), &placed.entry.rule);
            }
            (Grant::Write, Some(read)) => return (Some(Grant::Read), &read.rule),
        }
    }
    held.map_or((None, unlisted), |entry| (Some(Grant::Read), &entry.rule))
}
