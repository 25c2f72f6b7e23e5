use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Workspace;
use super::workspace::normalise;
use crate::action::{Access, Effect, Names, Target};
use crate::boundary::sandbox::{Followed, Kind};
use crate::source::Overlay;
use crate::source::snapshot::{self, Entry, Files, Glob};

/// An effect whose target was found on the recorded machine, as far as the snapshot tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Touch<'c> {
    pub(super) access: Access,
    pub(super) at: At<'c>,
    /// What lies there before the call.
    pub(super) kind: Kind,
    /// How reports write the target.
    pub(super) shown: String,
    /// It happens only if something holds that is not known.
    pub(super) perhaps: bool,
    /// The first missing folder above the place: nothing can be made there.
    pub(super) orphan: Option<String>,
}

/// Where an effect lands. Paths are absolute and normalised, with symlinks of the workspace followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum At<'c> {
    /// One file or folder.
    Path(String),
    /// A folder and everything below it.
    Tree(String),
    /// Whatever a pattern matches.
    Glob(String),
    /// Names and the like at a path, or of everything below it.
    Listing { path: String, tree: bool },
    /// Whatever below a folder has one of some names.
    Named { folder: String, names: Names<'c> },
    /// A host; `None` when the command does not name it.
    Host(Option<Cow<'c, str>>),
    /// An MCP tool.
    Tool { server: Cow<'c, str>, tool: Cow<'c, str> },
    /// A sub-agent.
    Agent,
}

/// Where a call starts from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Locale<'s> {
    pub(super) workspace: &'s Workspace,
    /// Where the session saw the root of the snapshot.
    pub(super) top: &'s str,
    /// The call's own working folder, as written.
    pub(super) workdir: Option<&'s str>,
}

/// A place in a session's tree: where a call starts from, and the files as the session left them so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site<'s> {
    pub(super) locale: Locale<'s>,
    /// Mounted at the top of the locale; `None` without a snapshot.
    pub(super) files: Option<&'s Overlay>,
    /// All files of the snapshot, absolute and in order; `None` where nobody needs them.
    pub(super) tree: Option<&'s [String]>,
}

impl Locale<'_> {
    /// The absolute path that a written path names.
    pub(super) fn absolute(&self, path: &str) -> String {
        self.workspace.absolute(self.workdir, path)
    }

    /// The same for a path that starts at a folder below the call's own.
    pub(super) fn absolute_in(&self, folder: &str, path: &str) -> String {
        if folder.is_empty() {
            return self.absolute(path);
        }
        self.workspace.absolute(Some(&self.absolute(folder)), path)
    }
}

impl Site<'_> {
    /// Finds the target of an effect.
    pub(super) fn touch<'c>(&self, effect: &Effect<'c>) -> Touch<'c> {
        let mut kind = Kind::Missing;
        let (at, shown) = match &effect.target {
            Target::Path(path) => {
                let found = self.find(path, false);
                kind = found.kind;
                (At::Path(found.path), found.shown)
            }
            Target::Entry(path) => {
                let found = self.find_entry(path).unwrap_or_else(|| self.find(path, false));
                kind = found.kind;
                (At::Path(found.path), found.shown)
            }
            Target::Tree(path) => {
                let link = if effect.access == Access::Write { self.find_entry(path) } else { None };
                if let Some(found) = link {
                    return Touch {
                        access: effect.access,
                        at: At::Path(found.path),
                        kind: found.kind,
                        shown: found.shown,
                        perhaps: false,
                        orphan: None,
                    };
                }
                let found = self.find(path, true);
                kind = found.kind;
                let slash = if found.shown.ends_with('/') { "" } else { "/" };
                (At::Tree(found.path), format!("{}{slash}**", found.shown))
            }
            Target::Glob(pattern) => {
                let absolute = self.locale.absolute(pattern);
                let shown = self.locale.workspace.display(&absolute).into_owned();
                (At::Glob(absolute), shown)
            }
            Target::Listing { path, tree } => {
                let found = self.find(path, false);
                kind = found.kind;
                let below = if *tree { "/**" } else { "" };
                (
                    At::Listing { path: found.path, tree: *tree },
                    format!("{}{below}", found.shown.trim_end_matches('/')),
                )
            }
            Target::Named { folder, names } => {
                let folder = self.locale.absolute(folder);
                let shown = format!("{}/**/{}", self.locale.workspace.display(&folder), names.pattern);
                (At::Named { folder, names: names.clone() }, shown)
            }
            Target::Host(host) => {
                let shown = host.to_string();
                (At::Host(Some(host.clone())), shown)
            }
            Target::SomeHost(why) => (At::Host(None), format!("({why})")),
            Target::Tool { server, tool } => {
                let shown = format!("{server}/{tool}");
                (At::Tool { server: server.clone(), tool: tool.clone() }, shown)
            }
            Target::Agent(role) if role.is_empty() => (At::Agent, "default".to_owned()),
            Target::Agent(role) => (At::Agent, role.to_string()),
        };
        Touch { access: effect.access, at, kind, shown, perhaps: false, orphan: None }
    }

    /// `.git` of a folder inside the snapshot is that of the snapshot's root: git climbs to it, and touches it as a
    /// whole or its `config`. Other commands that name such a path mean it.
    fn of_repository(&self, absolute: String, tree: bool) -> String {
        let Some(rest) = self.files.and_then(|_| below(&absolute, self.locale.top)) else { return absolute };
        match rest.split_once("/.git") {
            Some((_, rest)) if (rest.is_empty() && tree) || rest == "/config" => {
                format!("{}/.git{rest}", self.locale.top)
            }
            _ => absolute,
        }
    }

    /// Where an absolute path leads to in the snapshot; only paths inside are known.
    pub(super) fn follow(&self, path: &str) -> Followed {
        let known = self.files.filter(|_| below(path, self.locale.top).is_some_and(|rest| !rest.is_empty()));
        let Some(files) = known else { return Followed::unknown(path) };
        let found = files.lookup(path.as_bytes());
        let kind = kind_of(&found.entry);
        if !found.through_link {
            return Followed { kind, ..Followed::unknown(path) };
        }
        Followed { path: self.target(&found), kind, link: self.first_link(files, path) }
    }

    /// The first symlink on the way along a path.
    fn first_link(&self, files: &Overlay, path: &str) -> Option<String> {
        let start = self.locale.top.trim_end_matches('/').len() + 1;
        let ends = path[start.min(path.len())..].match_indices('/').map(|(at, _)| start + at);
        let mut steps = ends.chain([path.len()]).map(|end| &path[..end]);
        let link = |step: &&str| matches!(files.lookup_link(step.as_bytes()).entry, Entry::Link { .. });
        steps.find(link).map(str::to_owned)
    }

    /// The absolute path that a look-up through symlinks ended at.
    fn target(&self, found: &snapshot::Found) -> String {
        let target = match &found.entry {
            Entry::Leaves { target } => {
                let target = String::from_utf8_lossy(target);
                if target.starts_with('/') {
                    target.into_owned()
                } else {
                    format!("{}/{target}", self.locale.top)
                }
            }
            _ => format!("{}/{}", self.locale.top, found.display()),
        };
        normalise(&target)
    }

    /// Does a symlink lie at a written path?
    pub(super) fn is_link(&self, path: &str) -> bool {
        self.find_entry(path).is_some()
    }

    /// The symlink at a written path, if there is one.
    fn find_entry(&self, path: &str) -> Option<Found> {
        let absolute = self.locale.absolute(path);
        below(&absolute, self.locale.top).filter(|below| !below.is_empty())?;
        let found = self.files?.lookup_link(absolute.as_bytes());
        let Entry::Link { .. } = found.entry else { return None };
        let shown = self.locale.workspace.display(&absolute).into_owned();
        let path = normalise(&format!("{}/{}", self.locale.top, found.display()));
        Some(Found { path, kind: Kind::File, shown })
    }

    /// Where a written path leads to, what lies there, and how reports show it.
    fn find(&self, path: &str, tree: bool) -> Found {
        let absolute = self.of_repository(self.locale.absolute(path), tree);
        let workspace = self.locale.workspace;
        let files = self.files.filter(|_| below(&absolute, self.locale.top).is_some());
        let Some(files) = files else {
            let shown = workspace.display(&absolute).into_owned();
            return Found { path: absolute, kind: Kind::Missing, shown };
        };
        let found = files.lookup(absolute.as_bytes());
        // What the session removed may still be there: a sandbox that denies files may have kept it.
        let kept = || self.tree.is_some_and(|tree| tree.binary_search(&absolute).is_ok());
        let kind = match kind_of(&found.entry) {
            Kind::Missing if kept() => Kind::File,
            kind => kind,
        };
        if !found.through_link {
            let shown = workspace.display(&absolute).into_owned();
            return Found { path: absolute, kind, shown };
        }
        let path = self.target(&found);
        let shown = format!("{} -> {}", workspace.display(&absolute), workspace.display(&path));
        Found { path, kind, shown }
    }

    /// Files of the tree at and below an absolute path.
    pub(super) fn below(&self, path: &str) -> impl Iterator<Item = &str> {
        let prefix = format!("{}/", path.trim_end_matches('/'));
        let files = self.tree.unwrap_or_default();
        let start = files.partition_point(|file| file.as_str() < prefix.as_str());
        files[start..].iter().map(String::as_str).take_while(move |file| file.starts_with(&prefix))
    }

    /// What below an absolute folder has one of these names. Of a repository's own files, git's usual ones are known.
    pub(super) fn named(&self, folder: &str, names: &Names<'_>) -> Vec<(String, Kind)> {
        let Some(matcher) = names.matcher() else { return vec![(folder.to_owned(), Kind::Folder)] };
        let (top, mut found) = (self.locale.top.trim_end_matches('/'), BTreeMap::new());
        let prefix = format!("{}/", folder.trim_end_matches('/'));
        let mut take = |path: &str, kind: Kind| {
            let Some(rest) = path.strip_prefix(&prefix) else { return };
            let depth = rest.split('/').count();
            let name = rest.rsplit('/').next().unwrap_or_default();
            let wanted = match kind {
                Kind::Folder => names.folders,
                _ => names.files,
            };
            if wanted && depth <= names.depth && matcher.is_match(name) && found.len() < MAX_MATCHES {
                found.insert(path.to_owned(), kind);
            }
        };
        let walked = self.files.and_then(|files| files.base().walk(MAX_WALKED).ok()).unwrap_or_default();
        for one in &walked {
            let path = format!("{top}/{}", String::from_utf8_lossy(&one.path));
            for (end, _) in path.match_indices('/').filter(|(end, _)| *end > top.len()) {
                take(&path[..end], Kind::Folder);
            }
            take(&path, Kind::File);
        }
        if names.repository {
            take(&format!("{top}/.git"), Kind::Folder);
            for name in GIT_NAMES {
                take(&format!("{top}/.git/{name}"), Kind::File);
                take(&format!("{top}/.git/x/{name}"), Kind::File);
            }
        }
        found.into_iter().collect()
    }

    /// Files of the tree that an absolute pattern matches.
    pub(super) fn matching(&self, pattern: &str) -> Vec<String> {
        let inside = below(pattern, self.locale.top);
        let (Some(files), Some(glob)) = (self.files, inside.and_then(Glob::new)) else {
            return Vec::new();
        };
        let absolute = |path: Vec<u8>| format!("{}/{}", self.locale.top, String::from_utf8_lossy(&path));
        let found = files.glob(&glob, MAX_MATCHES).paths.into_iter().map(absolute);
        // The repository's own folder is none of the snapshot's files; only patterns with a dot match it.
        let repository = format!("{}/.git", self.locale.top.trim_end_matches('/'));
        let (folder, name) = pattern.rsplit_once('/').unwrap_or(("", pattern));
        let own = name.starts_with('.')
            && folder == self.locale.top.trim_end_matches('/')
            && globset::Glob::new(name).is_ok_and(|glob| glob.compile_matcher().is_match(".git"));
        found.chain(own.then_some(repository)).collect()
    }
}

/// Names that git gives to what it keeps in every repository, and likenesses of those that it makes up.
const GIT_NAMES: [&str; 41] = [
    ".git",
    "HEAD",
    "config",
    "description",
    "index",
    "packed-refs",
    "ORIG_HEAD",
    "FETCH_HEAD",
    "MERGE_HEAD",
    "COMMIT_EDITMSG",
    "hooks",
    "info",
    "exclude",
    "attributes",
    "logs",
    "objects",
    "pack",
    "refs",
    "heads",
    "tags",
    "remotes",
    "origin",
    "main",
    "master",
    "branches",
    "applypatch-msg.sample",
    "commit-msg.sample",
    "fsmonitor-watchman.sample",
    "post-update.sample",
    "pre-applypatch.sample",
    "pre-commit.sample",
    "pre-merge-commit.sample",
    "pre-push.sample",
    "pre-rebase.sample",
    "pre-receive.sample",
    "prepare-commit-msg.sample",
    "push-to-checkout.sample",
    "update.sample",
    "0a",
    "c7",
    "0123456789abcdef0123456789abcdef012345",
];

fn kind_of(entry: &Entry) -> Kind {
    match entry {
        Entry::File(_) => Kind::File,
        Entry::Folder | Entry::Submodule => Kind::Folder,
        _ => Kind::Missing,
    }
}

/// Files that one pattern is followed to.
const MAX_MATCHES: usize = 10_000;
/// Files among which those of a name are looked for.
const MAX_WALKED: usize = 200_000;

struct Found {
    path: String,
    kind: Kind,
    shown: String,
}

/// The part of a path below a folder; empty for the folder itself.
pub(super) fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(folder.trim_end_matches('/'))?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}
