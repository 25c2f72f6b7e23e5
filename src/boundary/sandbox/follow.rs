use super::Kind;
use super::bounds::Placed;
use super::entry::Grant;
use super::location::Anchor;
use crate::decision::Rule;

/// Where a path leads to in the files of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// The path once every symlink is followed.
    pub path: String,
    /// What lies there.
    pub kind: Kind,
    /// The first symlink on the way, itself without symlinks before its last part.
    pub link: Option<String>,
}

impl Followed {
    /// A path of which nothing is known.
    pub fn unknown(path: &str) -> Self {
        Self { path: path.to_owned(), kind: Kind::Missing, link: None }
    }
}

/// Why no command can run in the sandbox of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The entry that breaks it.
    pub rule: Rule,
    /// What is wrong, as a lowercase fragment.
    pub reason: String,
}

/// Entries that Codex 0.169 cannot put into force, so that every command in the sandbox fails: a symlink that the
/// command may change on the way to something that is read-only or denied, and a single file that may be written
/// (it puts protected folders below every writable root).
pub(super) fn broken<'p, 's: 'p>(
    placed: impl Iterator<Item = (&'p Placed<'s>, &'p Followed)>,
    may_write: impl Fn(&str) -> bool,
) -> Option<Broken> {
    let stated = placed.into_iter().filter(|(placed, _)| !placed.entry.implied);
    stated.into_iter().find_map(|(placed, followed)| {
        let reason = match (placed.entry.grant, &followed.link) {
            (Grant::Write, _) if followed.kind == Kind::File && !held(placed) => {
                "the sandbox cannot let a single file be written".to_owned()
            }
            (Grant::Read | Grant::Deny, Some(link)) if may_write(link) => {
                "the sandbox cannot hold a path behind a symlink that commands may change".to_owned()
            }
            _ => return None,
        };
        Some(Broken { rule: placed.entry.rule.clone(), reason })
    })
}

/// A file in a folder that Codex protects anyway, named from the workspace.
fn held(placed: &Placed<'_>) -> bool {
    placed.entry.location.anchor == Anchor::Workspace && placed.path.contains("/.git/")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{compile, workspace};
    use super::super::{Confinement, PatchTarget};
    use super::*;

    /// A workspace with `lsrc -> src`, `lenv -> .env`, `lout -> /work/out`, and the files `a`, `.env` and `src/b`.
    fn linked(path: &str) -> Followed {
        let Some(rest) = path.strip_prefix("/work/app/") else { return Followed::unknown(path) };
        let (first, below) =
            rest.split_once('/').map_or((rest, String::new()), |(a, b)| (a, format!("/{b}")));
        let link = format!("/work/app/{first}");
        let (path, link) = match first {
            "lsrc" => (format!("/work/app/src{below}"), Some(link)),
            "lenv" => ("/work/app/.env".to_owned(), Some(link)),
            "lout" => (format!("/work/out{below}"), Some(link)),
            _ => (path.to_owned(), None),
        };
        let kind = match path.as_str() {
            "/work/app/a" | "/work/app/.env" | "/work/app/src/b" => Kind::File,
            "/work/app/src" => Kind::Folder,
            _ => Kind::Missing,
        };
        Followed { path, kind, link }
    }

    const ENTRIES: &str = "default_permissions = \"x\"\n[permissions.x.filesystem]\n\":root\" = \"read\"\n";

    // Asked of Codex 0.169 with a workspace that holds such symlinks.
    #[test]
    fn entries_hold_where_their_symlinks_lead() {
        for (entries, path, expected) in [
            ("lsrc = \"write\"", "/work/app/src/b", "rw"),
            ("lsrc = \"write\"", "/work/app/a", "r-"),
            ("lsrc = \"deny\"", "/work/app/src/b", "--"),
            ("lout = \"write\"", "/work/out/o", "rw"),
            ("src = \"write\", \"lsrc/deep\" = \"deny\"", "/work/app/src/deep/c", "--"),
            ("lsrc = \"write\", \"lsrc/deep\" = \"read\"", "/work/app/src/deep/c", "r-"),
            ("\".\" = \"write\", lsrc = \"write\"", "/work/app/src/b", "rw"),
        ] {
            let text = format!("{ENTRIES}\":workspace_roots\" = {{ {entries} }}");
            let sandbox = compile(&text, "", None).0;
            let bounds = sandbox.bounds_among(&workspace(&["/work/app"]), &linked);
            assert_eq!(bounds.broken(), None, "{entries}");
            let read = bounds.read(path, Kind::File, Confinement::Sandboxed).allowed();
            let write = bounds.write(path, Kind::File, Confinement::Sandboxed).allowed();
            let found = format!("{}{}", if read { "r" } else { "-" }, if write { "w" } else { "-" });
            assert_eq!(found, expected, "{entries} {path}");
        }
    }

    // Asked of Codex 0.169: whether `cat a` can run at all.
    #[test]
    fn entries_that_cannot_be_put_into_force_break_every_command() {
        const LINK: &str = "behind a symlink";
        const FILE: &str = "single file";
        for (entries, reason) in [
            ("\".\" = \"write\", lsrc = \"read\"", LINK),
            ("\".\" = \"write\", lsrc = \"deny\"", LINK),
            ("\".\" = \"write\", lenv = \"deny\"", LINK),
            ("\".\" = \"write\", \"lsrc/b\" = \"read\"", LINK),
            ("\".\" = \"write\", \"lout/d\" = \"deny\"", LINK),
            ("\".env\" = \"write\"", FILE),
            ("\".\" = \"write\", a = \"write\"", FILE),
            ("src = \"write\", \"src/b\" = \"write\"", FILE),
            ("\".\" = \"write\", src = \"read\", \"src/b\" = \"write\"", FILE),
            ("lenv = \"write\"", FILE),
            ("\".\" = \"write\", a = \"read\", \".env\" = \"deny\"", ""),
            ("\".\" = \"write\", \".git/config\" = \"write\"", ""),
            ("\".\" = \"write\", missing = \"write\"", ""),
            ("lsrc = \"read\", lenv = \"deny\"", ""),
        ] {
            let text = format!("{ENTRIES}\":workspace_roots\" = {{ {entries} }}");
            let sandbox = compile(&text, "", None).0;
            let bounds = sandbox.bounds_among(&workspace(&["/work/app"]), &linked);
            let found = bounds.broken().map(|broken| broken.reason.clone()).unwrap_or_default();
            assert_eq!(found.is_empty(), reason.is_empty(), "{entries}: {found}");
            assert!(found.contains(reason), "{entries}: {found}");
            assert_eq!(
                sandbox.bounds(&workspace(&["/work/app"])).broken(),
                None,
                "nothing is known of {entries}"
            );
        }
    }

    // Asked of Codex 0.169 with patches that add these files, nobody being asked about some.
    #[test]
    fn patches_are_looked_at_as_text() {
        for (entries, path, inside) in [
            ("lsrc = \"write\"", "/work/app/src/new", false),
            ("lsrc = \"write\"", "/work/app/lsrc/new", true),
            ("\".\" = \"write\"", "/work/app/lout/new", true),
            ("\".\" = \"write\", \"*.md\" = \"deny\"", "/work/app/README.md", true),
            ("\".\" = \"write\", secret = \"deny\"", "/work/app/secret/new", false),
            ("\".\" = \"write\", \"new/sub\" = \"deny\"", "/work/app/new", true),
            ("\".\" = \"write\"", "/work/app/.codex/new", false),
            ("\".\" = \"write\", \".git\" = \"write\"", "/work/app/.git/hooks/x", true),
        ] {
            let text = format!("{ENTRIES}\":workspace_roots\" = {{ {entries} }}");
            let sandbox = compile(&text, "", None).0;
            let bounds = sandbox.bounds_among(&workspace(&["/work/app"]), &linked);
            let target = bounds.patch(path, Kind::Missing, false);
            assert_eq!(matches!(target, PatchTarget::Inside(_)), inside, "{entries} {path}: {target:?}");
        }
    }

    // Asked of Codex 0.169: it cannot even start a thread where this breaks the sandbox.
    #[test]
    fn files_are_not_hidden_in_hidden_folders() {
        for (entries, breaks) in [
            ("secrets = \"deny\", \"**/*.pem\" = \"deny\"", true),
            ("secrets = \"deny\", \"secrets/**\" = \"deny\"", true),
            ("secrets = \"deny\", \"**/.env\" = \"deny\"", false),
            ("\"secrets/key.pem\" = \"deny\", \"**/*.pem\" = \"deny\"", false),
            ("\"**/*.pem\" = \"deny\"", false),
            ("secrets = \"read\", \"**/*.pem\" = \"deny\"", false),
        ] {
            let text = format!("{ENTRIES}\":workspace_roots\" = {{ {entries} }}");
            let sandbox = compile(&text, "", None).0;
            let files = ["/work/app/.env", "/work/app/secrets/key.pem"];
            let below = |folder: &str, hidden: &dyn Fn(&str) -> bool| {
                files.iter().any(|file| {
                    file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')) && hidden(file)
                })
            };
            let bounds = sandbox.bounds(&workspace(&["/work/app"])).among(below);
            assert_eq!(bounds.broken().is_some(), breaks, "{entries}");
        }
    }

    #[test]
    fn a_repository_that_is_opened_is_open_as_a_whole() {
        let text = "default_permissions = \"x\"\n[permissions.x]\nextends = \":workspace\"\n[permissions.x.filesystem]\n\
                \":workspace_roots\" = { \".git\" = \"write\" }";
        let sandbox = compile(text, "", None).0;
        let bounds = sandbox.bounds(&workspace(&["/work/app"]));
        assert!(bounds.write_tree("/work/app/.git", [], Confinement::Sandboxed).allowed());
        assert!(!bounds.write_tree("/work/app/.codex", [], Confinement::Sandboxed).allowed());
    }
}
