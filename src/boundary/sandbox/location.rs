use super::Workspace;

/// What a path of a sandbox starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Anchor {
    /// The root of the file system.
    Root,
    /// Every workspace root.
    Workspace,
    /// The home folder.
    Home,
    /// `$TMPDIR`.
    Tmpdir,
    /// Codex's own folder, from which its configuration reads relative paths.
    CodexHome,
}

/// A path of a sandbox before the task is known: an anchor and the path below it, without a leading `/`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Location {
    pub(super) anchor: Anchor,
    pub(super) below: Box<str>,
}

impl Location {
    pub(super) fn new(anchor: Anchor, below: &str) -> Self {
        Self { anchor, below: normal(below).into() }
    }

    /// A path as configuration writes it at top level: absolute, or from the home folder.
    pub(super) fn parse(path: &str) -> Option<Self> {
        if path.starts_with('/') {
            return Some(Self::new(Anchor::Root, path));
        }
        let rest = path.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
        Some(Self::new(Anchor::Home, rest))
    }

    /// The place below this one.
    pub(super) fn join(&self, below: &str) -> Self {
        Self::new(self.anchor, &format!("{}/{below}", self.below))
    }

    /// The whole file system.
    pub(super) fn is_root(&self) -> bool {
        self.anchor == Anchor::Root && self.below.is_empty()
    }

    /// The absolute paths that it stands for in a task; `/` is the empty text.
    pub(super) fn resolve(&self, workspace: &Workspace<'_>) -> Vec<String> {
        let bases: Vec<&str> = match self.anchor {
            Anchor::Root => vec![""],
            Anchor::Workspace => workspace.roots.to_vec(),
            Anchor::Home => workspace.home.into_iter().collect(),
            Anchor::Tmpdir => workspace.tmpdir.into_iter().collect(),
            Anchor::CodexHome => workspace.codex_home.into_iter().collect(),
        };
        let join = |base: &str| {
            let base = base.trim_end_matches('/');
            if self.below.is_empty() { base.to_owned() } else { format!("{base}/{}", self.below) }
        };
        bases.into_iter().map(join).collect()
    }
}

/// A path without leading, double or trailing `/` and with `.` and `..` taken out as text.
pub(super) fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The part of `path` below `base`, without its leading `/`; empty for `base` itself. `base` is `/` when empty.
pub(super) fn below<'p>(path: &'p str, base: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(base)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

/// Number of components of an absolute path.
pub(super) fn depth(path: &str) -> usize {
    path.split('/').filter(|part| !part.is_empty()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_resolve_in_a_task() {
        let workspace =
            Workspace { tmpdir: Some("/var/t"), ..Workspace::new(&["/home/ada/app", "/srv/lib"]) };
        for (location, expected) in [
            (Location::new(Anchor::Root, "/etc/../usr//bin/"), vec!["/usr/bin"]),
            (Location::new(Anchor::Root, "/"), vec![""]),
            (Location::new(Anchor::Workspace, "src/"), vec!["/home/ada/app/src", "/srv/lib/src"]),
            (Location::new(Anchor::Workspace, ""), vec!["/home/ada/app", "/srv/lib"]),
            (Location::new(Anchor::Tmpdir, ""), vec!["/var/t"]),
            (Location::new(Anchor::CodexHome, "x"), vec![]),
            (Location::parse("~/.ssh").unwrap(), vec!["/home/ada/.ssh"]),
            (Location::parse("~").unwrap(), vec!["/home/ada"]),
        ] {
            assert_eq!(location.resolve(&workspace), expected, "{location:?}");
        }
        assert_eq!(Location::parse("~root/x"), None);
        assert_eq!(Location::parse("rel"), None);
    }

    #[test]
    fn below_respects_components() {
        assert_eq!(below("/a/b", "/a"), Some("b"));
        assert_eq!(below("/a", "/a"), Some(""));
        assert_eq!(below("/ab", "/a"), None);
        assert_eq!(below("/a/b", ""), Some("a/b"));
        assert_eq!(below("/", ""), Some(""));
    }
}
