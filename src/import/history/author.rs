//! Commits that name nobody.

use git2::ObjectType;

use crate::source::ObjectId;

/// The address of who is named as the author.
pub(in crate::import) const NOBODYS_MAIL: &str = "plugin-eval@localhost";

/// Writes a commit of a tree. Its parents need not be there; `times` are those of author and committer, in seconds
/// since 1970.
pub(in crate::import) fn nobodys_commit(
    git: &git2::Repository,
    tree: ObjectId,
    parents: &[ObjectId],
    times: (i64, i64),
    message: &str,
) -> Result<ObjectId, git2::Error> {
    let parents =
        parents.iter().fold(String::new(), |list, parent| list + "parent " + &parent.to_string() + "\n");
    let by = |time: i64| format!("plugin-eval <{NOBODYS_MAIL}> {} +0000", time.max(0));
    let (authored, committed) = (by(times.0), by(times.1));
    let text = format!("tree {tree}\n{parents}author {authored}\ncommitter {committed}\n\n{message}");
    git.odb()?.write(ObjectType::Commit, text.as_bytes())
}
