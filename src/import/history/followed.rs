//! Some files of a repository, followed from commit to commit: each folder and each pair of contents is read once.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use git2::{DiffOptions, ObjectType, Patch};

use super::{FileLines, Graph};
use crate::source::ObjectId;
use crate::source::snapshot::raw_entries;

/// Folders below each other that are entered.
const MAX_DEPTH: usize = 256;
/// Longest file whose lines are compared, in bytes.
const MAX_FILE: usize = 8 << 20;
/// Entries of folders, and lines, that are kept for later questions; emptied when they are more.
const MAX_ENTRIES: usize = 4_000_000;
const MAX_LINES: usize = 400_000;

/// What lies at a path: any object with its mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Held {
    id: ObjectId,
    mode: u32,
}

impl Held {
    fn kind(self) -> u32 {
        self.mode & 0o170_000
    }

    fn is_folder(self) -> bool {
        self.kind() == 0o040_000
    }

    fn is_submodule(self) -> bool {
        self.kind() == 0o160_000
    }
}

/// What became of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// Number of its path.
    pub(super) path: usize,
    pub(super) old: Option<Held>,
    pub(super) new: Option<Held>,
}

/// The files, and what is known of them.
pub(super) struct Followed<'g> {
    graph: &'g Graph,
    /// Sorted.
    paths: Vec<String>,
    folders: Vec<Folder>,
    /// What a tree has for the names of a folder.
    entries: RefCell<Kept<(ObjectId, usize), Entries>>,
    lines: RefCell<Kept<Pair, Rc<FileLines>>>,
}

/// What lay at a path before and after.
type Pair = (Option<Held>, Option<Held>);
/// What lies at the names of a folder.
type Entries = Rc<[Option<Held>]>;

/// The names of one folder that lead to followed files, sorted.
#[derive(Default)]
struct Folder(Vec<Name>);

struct Name {
    text: Box<[u8]>,
    /// The file of this name, if it is followed.
    file: Option<usize>,
    /// The folder of this name, if files in it are followed.
    folder: Option<usize>,
}

/// What was found out, as long as it is not too much.
struct Kept<K, V> {
    found: HashMap<K, V>,
    size: usize,
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self { found: HashMap::new(), size: 0 }
    }
}

impl<K: Eq + std::hash::Hash, V: Clone> Kept<K, V> {
    fn keep(&mut self, key: K, value: &V, size: usize, limit: usize) {
        if self.size + size > limit {
            *self = Self::default();
        }
        self.size += size + 1;
        self.found.insert(key, value.clone());
    }
}

impl<'g> Followed<'g> {
    pub(super) fn new(graph: &'g Graph, files: &BTreeSet<&str>) -> Self {
        let paths: Vec<String> = files.iter().map(|path| (*path).to_owned()).collect();
        let mut folders = vec![BTreeMap::<&[u8], Name>::new()];
        for (number, path) in paths.iter().enumerate() {
            let parts: Vec<&[u8]> = path.as_bytes().split(|byte| *byte == b'/').collect();
            let Some((last, above)) = parts.split_last().filter(|(_, above)| above.len() < MAX_DEPTH) else {
                continue;
            };
            let mut folder = 0;
            for part in above {
                let next = folders.len();
                let inner = *name(&mut folders[folder], part).folder.get_or_insert(next);
                if inner == next {
                    folders.push(BTreeMap::new());
                }
                folder = inner;
            }
            name(&mut folders[folder], last).file = Some(number);
        }
        let folders = folders.into_iter().map(|names| Folder(names.into_values().collect())).collect();
        Self { graph, paths, folders, entries: RefCell::default(), lines: RefCell::default() }
    }

    /// The number of a path; `None` when it is not followed.
    pub(super) fn number(&self, path: &str) -> Option<usize> {
        self.paths.binary_search_by(|one| one.as_str().cmp(path)).ok()
    }

    /// Files that differ between two trees; `None` when one of these cannot be read.
    pub(super) fn changes(&self, old: Option<ObjectId>, new: ObjectId) -> Option<Vec<Change>> {
        let mut found = Vec::new();
        self.compare(0, old, Some(new), &mut found)?;
        Some(found)
    }

    fn compare(
        &self,
        folder: usize,
        old: Option<ObjectId>,
        new: Option<ObjectId>,
        found: &mut Vec<Change>,
    ) -> Option<()> {
        if old == new {
            return Some(());
        }
        let (old, new) = (self.within(folder, old)?, self.within(folder, new)?);
        for (at, name) in self.folders[folder].0.iter().enumerate() {
            let (old, new) = (old.get(at).copied().flatten(), new.get(at).copied().flatten());
            if old == new {
                continue;
            }
            let file = |held: Option<Held>| held.filter(|held| !held.is_folder());
            if let Some(path) = name.file
                && file(old) != file(new)
            {
                found.push(Change { path, old: file(old), new: file(new) });
            }
            if let Some(inner) = name.folder {
                let tree = |held: Option<Held>| held.filter(|held| held.is_folder()).map(|held| held.id);
                self.compare(inner, tree(old), tree(new), found)?;
            }
        }
        Some(())
    }

    /// What a tree has for the names of a folder.
    fn within(&self, folder: usize, tree: Option<ObjectId>) -> Option<Entries> {
        let Some(tree) = tree else { return Some(Rc::default()) };
        if let Some(known) = self.entries.borrow().found.get(&(tree, folder)) {
            return Some(known.clone());
        }
        let names = &self.folders[folder].0;
        let mut held = vec![None; names.len()];
        let odb = self.graph.git().odb().ok()?;
        let object = odb.read(tree).ok().filter(|object| object.kind() == ObjectType::Tree)?;
        for (mode, name, id) in raw_entries(object.data()) {
            if let Ok(at) = names.binary_search_by(|one| (*one.text).cmp(name)) {
                held[at] = Some(Held { id, mode });
            }
        }
        let held: Entries = held.into();
        self.entries.borrow_mut().keep((tree, folder), &held, held.len(), MAX_ENTRIES);
        Some(held)
    }

    /// The lines that a change adds and removes; `None` when a content is not there.
    pub(super) fn lines(&self, change: &Change) -> Option<Rc<FileLines>> {
        let key = (change.old, change.new);
        if let Some(known) = self.lines.borrow().found.get(&key) {
            return Some(known.clone());
        }
        let mut lines = FileLines::default();
        lines.deleted = change.new.is_none();
        let path = self.paths.get(change.path)?.as_str();
        match key {
            (Some(old), Some(new)) if old.kind() != new.kind() => {
                self.count(path, Some(old), None, &mut lines)?;
                self.count(path, None, Some(new), &mut lines)?;
            }
            (old, new) => self.count(path, old, new, &mut lines)?,
        }
        let lines = Rc::new(lines);
        self.lines.borrow_mut().keep(key, &lines, lines.total() as usize, MAX_LINES);
        Some(lines)
    }

    fn count(&self, path: &str, old: Option<Held>, new: Option<Held>, lines: &mut FileLines) -> Option<()> {
        if old.map(|held| held.id) == new.map(|held| held.id) {
            return Some(());
        }
        let text = |held: Option<Held>| match held.filter(|held| !held.is_submodule()) {
            Some(held) => self.graph.blob(held.id),
            None => Some(std::sync::Arc::default()),
        };
        let (old, new) = (text(old)?, text(new)?);
        if old.len().max(new.len()) > MAX_FILE {
            return Some(());
        }
        let mut options = DiffOptions::new();
        options.context_lines(0);
        let path = Some(std::path::Path::new(path));
        let patch = Patch::from_buffers(&old, path, &new, path, Some(&mut options)).ok()?;
        for hunk in 0..patch.num_hunks() {
            for line in 0..patch.num_lines_in_hunk(hunk).unwrap_or(0) {
                let Ok(line) = patch.line_in_hunk(hunk, line) else { continue };
                match line.origin() {
                    '+' => lines.add(&String::from_utf8_lossy(line.content())),
                    '-' => lines.remove(&String::from_utf8_lossy(line.content())),
                    _ => {}
                }
            }
        }
        Some(())
    }
}

fn name<'f, 'p>(folder: &'f mut BTreeMap<&'p [u8], Name>, part: &'p [u8]) -> &'f mut Name {
    folder.entry(part).or_insert_with(|| Name { text: part.into(), file: None, folder: None })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::Repository;

    /// A tree of these files.
    fn tree(git: &git2::Repository, files: &[(&str, &str)]) -> ObjectId {
        let mut index = git2::Index::new().unwrap();
        for (path, text) in files {
            let id = git.blob(text.as_bytes()).unwrap();
            let zero = git2::IndexTime::new(0, 0);
            let (path, mode) = (path.as_bytes().to_vec(), 0o100_644);
            let (dev, ino, uid, gid, flags) = (0, 0, 0, 0, 0);
            let file_size = text.len() as u32;
            let entry = git2::IndexEntry {
                ctime: zero,
                mtime: zero,
                dev,
                ino,
                mode,
                uid,
                gid,
                file_size,
                id,
                flags,
                flags_extended: 0,
                path,
            };
            index.add(&entry).unwrap();
        }
        index.write_tree_to(git).unwrap()
    }

    #[test]
    fn followed_files_alone_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let git = git2::Repository::init_bare(folder.path()).unwrap();
        let old = tree(&git, &[("a/b.txt", "1\n2\n"), ("a/c.txt", "1\n"), ("d", "x\n"), ("e", "y\n")]);
        let new = tree(&git, &[("a/b.txt", "1\n3\n"), ("a/c.txt", "2\n"), ("d/f", "x\n"), ("e", "y\n")]);
        let graph = Graph::of(&[Arc::new(Repository::open(folder.path()).unwrap())]).unwrap();
        let followed = Followed::new(&graph, &BTreeSet::from(["a/b.txt", "d", "d/f", "e", "gone/g"]));
        let changes = followed.changes(Some(old), new).unwrap();
        let found: Vec<_> = changes
            .iter()
            .map(|change| {
                let lines = followed.lines(change).unwrap();
                (followed.paths[change.path].as_str(), lines.total(), lines.deleted)
            })
            .collect();
        assert_eq!(found, [("a/b.txt", 2, false), ("d", 2, true), ("d/f", 1, false)]);
        assert_eq!(followed.changes(Some(new), new), Some(Vec::new()));
        assert_eq!(followed.changes(None, new).unwrap().len(), 3);
        assert_eq!(followed.changes(None, ObjectId::ZERO_SHA1), None);
        assert_eq!((followed.number("e"), followed.number("a")), (Some(3), None));
    }
}
