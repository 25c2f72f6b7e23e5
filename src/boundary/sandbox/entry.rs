use globset::{GlobBuilder, GlobMatcher};

use super::location::{Anchor, Location};
use crate::decision::Rule;

/// What an entry grants at a path and below. Of two entries for one path the greater holds (Codex 0.169).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grant {
    Read,
    Write,
    Deny,
}

impl Grant {
    /// The grant of this name; `none` is the old name of `deny`.
    pub(super) fn parse(name: &str) -> Option<Self> {
        match name {
            "read" => Some(Self::Read),
            "write" => Some(Self::Write),
            "deny" | "none" => Some(Self::Deny),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Deny => "deny",
        }
    }
}

/// One path of a sandbox with its grant.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) location: Location,
    pub(super) grant: Grant,
    /// Follows from another entry or from the platform; a stated entry for the same path comes first.
    pub(super) implied: bool,
    pub(super) rule: Rule,
}

impl Entry {
    pub(super) fn stated(location: Location, grant: Grant, rule: Rule) -> Self {
        Self { location, grant, implied: false, rule }
    }

    pub(super) fn implied(location: Location, grant: Grant, rule: Rule) -> Self {
        Self { location, grant, implied: true, rule }
    }
}

/// A pattern of files that may not be read or written.
///
/// Codex 0.169 lists the regular files that match when a command starts and masks each of them: folders are not
/// masked, nor are files that do not exist yet.
#[derive(Clone, Debug)]
pub(super) struct DenyGlob {
    /// Where the pattern starts.
    pub(super) anchor: Location,
    matcher: GlobMatcher,
    /// Components before the first wildcard.
    fixed: usize,
    /// How many components below those are looked at.
    pub(super) max_depth: Option<usize>,
    pub(super) rule: Rule,
}

impl DenyGlob {
    /// A pattern below a place. Errors are those of the pattern.
    pub(super) fn new(anchor: Location, pattern: &str, rule: Rule) -> Result<Self, globset::Error> {
        let matcher = GlobBuilder::new(pattern).literal_separator(true).build()?.compile_matcher();
        let fixed = pattern.split('/').take_while(|part| !is_glob(part)).count();
        Ok(Self { anchor, matcher, fixed, max_depth: None, rule })
    }

    /// A pattern of an absolute path.
    pub(super) fn absolute(pattern: &str, rule: Rule) -> Result<Self, globset::Error> {
        Self::new(Location::new(Anchor::Root, ""), pattern.trim_start_matches('/'), rule)
    }

    /// Whether a file at this path below the anchor is masked.
    pub(super) fn covers(&self, below: &str) -> bool {
        let parts = below.split('/').count().saturating_sub(self.fixed);
        self.max_depth.is_none_or(|most| parts <= most) && self.matcher.is_match(below)
    }
}

/// Whether a path has a wildcard; braces alone are plain characters (Codex 0.169).
pub(super) fn is_glob(path: &str) -> bool {
    path.contains(['*', '?', '[', ']'])
}

#[cfg(test)]
mod tests {
    use super::*;

    // Asked of Codex 0.169 with `sandbox -P`: which of the files are masked.
    #[test]
    fn globs_mask_what_codex_masks() {
        for (pattern, depth, path, expected) in [
            ("*.env", None, ".env", true),
            ("*.env", None, "src/.env", false),
            ("**/.env", None, ".env", true),
            ("**/*.env", None, "n/1/2/3/4/.env", true),
            ("**/*.env", None, ".git/.env", true),
            ("**/.env", Some(1), ".env", true),
            ("**/.env", Some(1), "src/.env", false),
            ("**/.env", Some(2), "src/.env", true),
            ("**/.env", Some(2), "src/deep/.env", false),
            ("n/**/f", Some(1), "n/f", true),
            ("n/**/f", Some(1), "n/1/f", false),
            ("n/**/f", Some(2), "n/1/f", true),
            ("n/**/f", Some(2), "n/1/2/f", false),
            ("src/deep/.en*", Some(1), "src/deep/.env", true),
            ("n/*/f", None, "n/f", false),
            ("n/*/f", None, "n/1/f", true),
            ("n/*/f", None, "n/1/2/f", false),
            ("**/.ENV", None, ".env", false),
            ("[!a]*", None, ".env", true),
            ("[!a]*", None, "a", false),
            ("[!a]*", None, "AGENTS.md", true),
            ("key?/*.pem", None, "keys/id.pem", true),
            ("key?/*.pem", None, "keys/n/id2.pem", false),
            ("s[re]c/b", None, "src/b", true),
            ("{a,AG*}", None, "AGENTS.md", true),
            ("{a,AG*}", None, "a", true),
            ("**/keys/**", None, "keys/n/id2.pem", true),
            ("**", None, "src/b", true),
            ("secret/**", None, "secret/s", true),
        ] {
            let anchor = Location::new(Anchor::Workspace, "");
            let mut glob = DenyGlob::new(anchor, pattern, Rule::built_in("x")).unwrap();
            glob.max_depth = depth;
            assert_eq!(glob.covers(path), expected, "{pattern} {depth:?} {path}");
        }
    }
}
