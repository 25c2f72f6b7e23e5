//! A commit that holds what a recording shows of changed files, on top of the commit that it names.

use std::collections::BTreeMap;

use git2::build::TreeUpdateBuilder;
use git2::{FileMode, ObjectType};

use super::super::history::{Graph, nobodys_commit};
use crate::source::ObjectId;

const MESSAGE: &str = "State of the working tree that the recording shows\n";

/// Makes the commit; the same files on the same commit give the same id. Also gives the paths that could be laid.
pub(in crate::import) fn rebuild(
    graph: &Graph,
    commit: ObjectId,
    files: &BTreeMap<String, Option<Vec<u8>>>,
) -> Result<(ObjectId, Vec<String>), git2::Error> {
    let git = graph.git();
    let parent = git.find_commit(graph.object(commit))?;
    let base = parent.tree()?;
    let mut update = TreeUpdateBuilder::new();
    let mut laid = Vec::new();
    for (path, content) in files {
        let old = base.get_path(std::path::Path::new(path)).ok();
        match (content, &old) {
            (None, Some(_)) => drop(update.remove(path.as_str())),
            (None, None) => continue,
            (Some(bytes), old) => {
                let mode = match old {
                    Some(entry) if entry.kind() != Some(ObjectType::Blob) => continue,
                    Some(entry) if entry.filemode() == 0o100_755 => FileMode::BlobExecutable,
                    Some(entry) if entry.filemode() == 0o120_000 => continue,
                    None if !has_room(&base, path) => continue,
                    _ => FileMode::Blob,
                };
                update.upsert(path.as_str(), git.blob(bytes)?, mode);
            }
        }
        laid.push(path.clone());
    }
    let tree = update.create_updated(git, &base)?;
    // The time of the recorded commit: the id depends on nothing but what is rebuilt.
    let time = parent.time().seconds();
    let id = nobodys_commit(git, tree, &[commit], (time, time), MESSAGE)?;
    Ok((id, laid))
}

/// Is there no file in the way of a new one?
fn has_room(base: &git2::Tree<'_>, path: &str) -> bool {
    let above =
        std::path::Path::new(path).ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
    above
        .into_iter()
        .all(|folder| base.get_path(folder).map_or(true, |entry| entry.kind() == Some(ObjectType::Tree)))
}
