use super::Kind;
use super::bounds::Placed;
use super::entry::Grant;
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
            (Grant::Write, _) if followed.kind == Kind::File && !placed.path.contains("/.git/") => {
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
