//! File name patterns of shells, expanded against a tree.

use globset::{Candidate, GlobBuilder, GlobMatcher};

use super::{Entry, Files};

/// Folders that an expansion lists at most.
const MAX_FOLDERS: usize = 20_000;
/// Longest pattern, and most parts of one, that are expanded.
const MAX_PATTERN: usize = 4096;
const MAX_PARTS: usize = 64;

/// A pattern with `*`, `?` and `[…]`, relative to the top of a tree.
///
/// As in bash: names that start with a dot are matched only by patterns that do, no part matches a slash, links to
/// folders are entered, and `**` means `*` unless the pattern is made with [`Glob::recursive`].
#[derive(Clone, Debug)]
pub struct Glob {
    parts: Vec<Part>,
    only_folders: bool,
}

#[derive(Clone, Debug)]
enum Part {
    Name(Vec<u8>),
    Pattern { matcher: GlobMatcher, dot: bool },
    AnyDepth,
}

/// Paths that a pattern matched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GlobMatches {
    /// Paths as a shell would write them (links not resolved), sorted by bytes.
    pub paths: Vec<Vec<u8>>,
    /// `false` when a limit ended the search: there may be more.
    pub complete: bool,
}

impl Glob {
    /// A pattern as bash reads it; `None` when it is malformed or too long.
    pub fn new(pattern: &str) -> Option<Self> {
        Self::build(pattern, false)
    }

    /// A pattern in which `**` as a whole part matches folders of any depth, as in zsh and with bash's `globstar`.
    pub fn recursive(pattern: &str) -> Option<Self> {
        Self::build(pattern, true)
    }

    fn build(pattern: &str, recursive: bool) -> Option<Self> {
        if pattern.len() > MAX_PATTERN {
            return None;
        }
        let mut parts = Vec::new();
        for text in pattern.split('/').filter(|part| !part.is_empty() && *part != ".") {
            parts.push(match text {
                "**" if recursive && matches!(parts.last(), Some(Part::AnyDepth)) => continue,
                "**" if recursive => Part::AnyDepth,
                _ if text.contains(['*', '?', '[', '\\']) => Part::pattern(text)?,
                _ => Part::Name(text.as_bytes().to_vec()),
            });
        }
        (parts.len() <= MAX_PARTS).then_some(Self { parts, only_folders: pattern.ends_with('/') })
    }

    pub(super) fn expand<F: Files>(&self, files: &F, limit: usize) -> GlobMatches {
        let mut search =
            Search { files, limit, folders: 0, only_folders: self.only_folders, found: Vec::new() };
        let complete = search.below(Vec::new(), &self.parts);
        search.found.sort();
        search.found.dedup();
        GlobMatches { paths: search.found, complete }
    }
}

impl Part {
    fn pattern(text: &str) -> Option<Self> {
        // `**` inside a name is two stars; globset would let it cross folders.
        let mut single = text.to_owned();
        while single.contains("**") {
            single = single.replace("**", "*");
        }
        // Braces are expanded before patterns are matched, so here they are plain characters.
        let plain = single.replace('{', "[{]").replace('}', "[}]");
        let glob = GlobBuilder::new(&plain).literal_separator(true).backslash_escape(true).build().ok()?;
        Some(Self::Pattern { matcher: glob.compile_matcher(), dot: text.starts_with(['.', '\\']) })
    }
}

struct Search<'f, F> {
    files: &'f F,
    limit: usize,
    folders: usize,
    only_folders: bool,
    found: Vec<Vec<u8>>,
}

impl<F: Files> Search<'_, F> {
    /// Matches the parts below a folder; `false` when a limit was reached.
    fn below(&mut self, at: Vec<u8>, parts: &[Part]) -> bool {
        let Some((part, rest)) = parts.split_first() else {
            return self.take(at);
        };
        match part {
            Part::Name(name) => self.below(join(&at, name), rest),
            Part::Pattern { matcher, dot } => {
                let Some(names) = self.names(&at) else { return self.folders <= MAX_FOLDERS };
                names
                    .iter()
                    .filter(|name| *dot || !name.starts_with(b"."))
                    .filter(|name| matcher.is_match_candidate(&Candidate::from_bytes(name)))
                    .all(|name| self.below(join(&at, name), rest))
            }
            Part::AnyDepth => {
                if !self.below(at.clone(), rest) {
                    return false;
                }
                let Some(names) = self.names(&at) else { return self.folders <= MAX_FOLDERS };
                let inner: Vec<_> = names
                    .iter()
                    .filter(|name| !name.starts_with(b"."))
                    .map(|name| join(&at, name))
                    // Links are not entered here: shells do not, and they may turn in circles.
                    .filter(|path| self.files.lookup_link(path).entry == Entry::Folder)
                    .collect();
                inner.into_iter().all(|path| self.below(path, parts))
            }
        }
    }

    fn names(&mut self, at: &[u8]) -> Option<Vec<Vec<u8>>> {
        self.folders += 1;
        if self.folders > MAX_FOLDERS { None } else { self.files.list(at) }
    }

    fn take(&mut self, path: Vec<u8>) -> bool {
        let wanted = if self.only_folders {
            self.files.lookup(&path).entry == Entry::Folder
        } else {
            self.files.lookup_link(&path).entry.exists()
        };
        if !wanted || path.is_empty() {
            return true;
        }
        if self.found.len() >= self.limit {
            return false;
        }
        self.found.push(path);
        true
    }
}

fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() { name.to_vec() } else { [folder, b"/", name].concat() }
}
