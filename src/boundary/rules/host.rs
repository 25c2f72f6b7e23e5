use std::collections::HashMap;

use super::pattern::fold;

/// The programs that `host_executable` names: which absolute paths stand for a bare name.
///
/// Codex 0.169 lets a rule for `git` match any path that ends in `/git`, unless a `host_executable` lists the
/// paths of `git`; then only those match. The last `host_executable` of a name replaces the ones before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostExecutables {
    paths: HashMap<Box<str>, Vec<Box<str>>>,
}

impl HostExecutables {
    /// Lists the absolute, normalised paths of a program.
    pub fn set(&mut self, name: &str, paths: Vec<Box<str>>) {
        self.paths.insert(name.into(), paths);
    }

    /// The bare name for which `program` stands, a path as written in a command run in `cwd`.
    /// `folded` compares the name without regard to case.
    pub fn bare_name<'p>(&self, program: &'p str, cwd: &str, folded: bool) -> Option<&'p str> {
        let name = program.trim_end_matches('/').rsplit_once('/')?.1;
        if name.is_empty() || name == "." || name == ".." {
            return None;
        }
        if self.paths.is_empty() {
            return Some(name);
        }
        let listed = if folded {
            let wanted = fold(name);
            self.paths.iter().find(|(key, _)| fold(key) == wanted).map(|(_, paths)| paths)
        } else {
            self.paths.get(name)
        };
        let known = listed.is_none_or(|paths| {
            let path = absolute(program, cwd);
            paths.iter().any(|one| **one == *path)
        });
        known.then_some(name)
    }
}

/// `path` as an absolute path without `.`, `..` and double slashes, read from the folder `cwd`.
pub(super) fn absolute(path: &str, cwd: &str) -> String {
    let base = if path.starts_with('/') { "" } else { cwd };
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Asked of Codex 0.169 with `execpolicy check --resolve-host-executables`, and at run time.
    #[test]
    fn paths_stand_for_bare_names() {
        let open = HostExecutables::default();
        let mut listed = HostExecutables::default();
        listed.set("git", vec!["/usr/bin/git".into()]);
        let mut none = HostExecutables::default();
        none.set("git", vec![]);
        for (hosts, program, folded, expected) in [
            (&open, "git", false, None),
            (&open, "/usr/bin/git", false, Some("git")),
            (&open, "/opt/git", false, Some("git")),
            (&open, "./git", false, Some("git")),
            (&open, "../git", false, Some("git")),
            (&open, "bin/git", false, Some("git")),
            (&open, "/usr/bin/..", false, None),
            (&listed, "/usr/bin/git", false, Some("git")),
            (&listed, "/usr/bin/../bin/git", false, Some("git")),
            (&listed, "/usr//bin/git", false, Some("git")),
            (&listed, "/opt/git", false, None),
            (&listed, "/opt/hg", false, Some("hg")),
            (&listed, "bin/git", false, Some("git")),
            (&listed, "./git", false, None),
            (&listed, "/usr/bin/GIT", true, None),
            (&listed, "/usr/bin/GIT", false, Some("GIT")),
            (&none, "/usr/bin/git", false, None),
        ] {
            assert_eq!(hosts.bare_name(program, "/usr", folded), expected, "{program}");
        }
    }
}
