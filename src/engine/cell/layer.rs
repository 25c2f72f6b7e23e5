//! A folder of the host that a program may change, as far as it can see: what it writes lies in memory, over the folder,
//! and is collected when it has ended.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Kept;
use super::kept::What;
use crate::source::{Content, Entry as Lies, Files as _, Overlay};

/// A folder under a layer. Only in a [`Namespaces`](super::CellKind::Namespaces) cell that
/// [has layers](super::Cell::layers).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// The folder on the host.
    pub source: PathBuf,
    /// Where the program finds it, absolute.
    pub target: String,
    /// Changes of programs that ran before.
    pub before: Kept,
    /// Tell what it opens.
    pub watch: bool,
    /// The group that may write to its files, where they are not the program's own.
    pub group: Option<u32>,
}

/// The repository's own folder, of which trees know nothing.
const REPOSITORY: &str = ".git";

impl Kept {
    /// Does the program's own change lie at this path?
    pub fn changes(&self, path: &str) -> bool {
        self.entries.iter().any(|entry| entry.path == path)
    }

    /// Did the program make this folder?
    pub fn makes_folder(&self, path: &str) -> bool {
        self.entries.iter().any(|entry| entry.path == path && entry.what == What::Folder)
    }

    /// Forgets the changes at and below a path.
    pub fn forget(&mut self, path: &str) {
        let below = |entry: &str| {
            entry.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.entries.retain(|entry| !below(&entry.path));
    }

    /// Makes the same changes to files in memory.
    pub fn lay_over(&self, files: &mut Overlay) {
        for entry in self.entries.iter().filter(|entry| !in_repository(&entry.path)) {
            let path = entry.path.as_str();
            let lies = files.lookup_link(path).entry;
            // An edit that the tree refuses, such as one below a submodule, is none of the tree.
            let _ = match &entry.what {
                What::Removed => files.remove(path),
                What::Folder if lies == Lies::Folder => Ok(()),
                What::Folder => drop_then(files, path, &lies, |files| files.mkdir(path)),
                What::Link(target) => {
                    drop_then(files, path, &lies, |files| files.symlink(path, target.as_bytes()))
                }
                What::File { executable, .. } => {
                    let bytes = entry.what.bytes().unwrap_or_default();
                    let clear = if matches!(lies, Lies::File(_)) { Lies::Missing } else { lies };
                    drop_then(files, path, &clear, |files| {
                        files.write(path, bytes).and_then(|()| files.set_executable(path, *executable))
                    })
                }
            };
        }
    }

    /// What is left of the changes behind a call: `before` are the files with them, `after` the same behind the call,
    /// and `without` those behind it without them. What the call changed itself is no change of the program any more,
    /// unless it knew the program's.
    #[must_use]
    pub fn behind(&self, before: &Overlay, after: &Overlay, without: &Overlay) -> Self {
        let mut left = Self { entries: Vec::new(), cut: self.cut };
        for entry in &self.entries {
            let path = entry.path.as_bytes();
            let (was, is) = (state(before, path), state(after, path));
            if in_repository(&entry.path) || was == is {
                left.entries.push(entry.clone());
                continue;
            }
            let what = match is {
                _ if state(without, path) == is => continue,
                State::Nothing => What::Removed,
                State::File(Content::Known(bytes), executable) => What::file(&bytes, executable),
                _ => continue,
            };
            left.entries.push(super::kept::Entry { path: entry.path.clone(), what });
        }
        left
    }
}

#[derive(PartialEq)]
enum State {
    Nothing,
    Folder,
    Other,
    File(Content, bool),
}

/// What lies at a path, as it was last known; files that were written since are not.
fn state(files: &Overlay, path: &[u8]) -> State {
    match files.lookup_link(path).entry {
        Lies::Missing => State::Nothing,
        Lies::Folder => State::Folder,
        Lies::File(file) => State::File(files.last_told(path), file.executable),
        _ => State::Other,
    }
}

fn drop_then<E>(
    files: &mut Overlay,
    path: &str,
    lies: &Lies,
    then: impl FnOnce(&mut Overlay) -> Result<(), E>,
) -> Result<(), E> {
    if lies.exists() {
        let _ = files.remove(path);
    }
    then(files)
}

fn in_repository(path: &str) -> bool {
    path.strip_prefix(REPOSITORY).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(target_os = "linux")]
mod disk {
    use std::fs::{self, File, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, lchown, symlink};
    use std::path::{Component, Path};

    use super::super::kept::{Entry, Kept, MAX_BYTES, MAX_DEPTH, MAX_ENTRIES, What, read};
    use super::Layer;
    use crate::engine::namespace::root;

    /// What git writes for itself when somebody only looks; and where the objects of the snapshot lie, which stay as
    /// they are.
    const PASSED_OVER: &[&str] = &[".git/index", ".git/index.lock", ".git/objects"];

    impl Layer {
        /// Mounts the layer, with what was changed before. `owner` is the program's user. Gives the folder that
        /// [`Layer::collect`] needs.
        pub(in crate::engine::cell) fn mount(
            &self,
            size: u64,
            files: u64,
            owner: Option<u32>,
        ) -> Result<File, String> {
            let place = root::layer(&self.source, &self.target, size, files)?;
            let top = Path::new(&self.target);
            for entry in &self.before.entries {
                let path = top.join(checked(&entry.path)?);
                if !lies_in_folder(top, &path) {
                    continue;
                }
                lay(entry, &path).map_err(|error| format!("{}: {error}", path.display()))?;
                if let (Some(owner), false) = (owner, entry.what == What::Removed) {
                    lchown(&path, Some(owner), self.group)
                        .map_err(|error| format!("{}: {error}", path.display()))?;
                }
            }
            Ok(place)
        }

        /// What differs from the folder below. Called when every process of the program is gone.
        pub(in crate::engine::cell) fn collect(&self, place: &File) -> Kept {
            if nix::unistd::fchdir(place).is_err() {
                return Kept { cut: true, ..self.before.clone() };
            }
            let mut changed = Changed {
                lower: Path::new(root::LOWER),
                upper: Path::new(root::UPPER),
                shown: Path::new(&self.target),
                left: MAX_BYTES,
                kept: Kept { cut: self.before.cut, ..Kept::default() },
            };
            changed.folder("", 0);
            changed.kept
        }
    }

    struct Changed<'l> {
        lower: &'l Path,
        upper: &'l Path,
        shown: &'l Path,
        left: u64,
        kept: Kept,
    }

    impl Changed<'_> {
        fn folder(&mut self, path: &str, depth: usize) {
            let own = names(&self.upper.join(path));
            // A folder that took the place of another one hides all that was in it.
            if own.is_some() {
                for name in names(&self.lower.join(path)).unwrap_or_default() {
                    let below = join(path, &name);
                    if !PASSED_OVER.contains(&below.as_str())
                        && self.shown.join(&below).symlink_metadata().is_err()
                    {
                        self.push(below, What::Removed);
                    }
                }
            }
            for name in own.unwrap_or_else(|| self.cut()) {
                let below = join(path, &name);
                let shown = self.shown.join(&below);
                if PASSED_OVER.contains(&below.as_str()) || shown.symlink_metadata().is_err() {
                    continue;
                }
                let Some(what) = read(&shown, &mut self.left) else {
                    self.kept.cut = true;
                    continue;
                };
                let is_folder = what == What::Folder;
                let mut any = u64::MAX;
                if read(&self.lower.join(&below), &mut any).as_ref() != Some(&what) {
                    self.push(below.clone(), what);
                }
                if is_folder && depth + 1 < 4 * MAX_DEPTH {
                    self.folder(&below, depth + 1);
                } else {
                    self.kept.cut |= is_folder;
                }
            }
        }

        fn push(&mut self, path: String, what: What) {
            if self.kept.entries.len() < MAX_ENTRIES {
                self.kept.entries.push(Entry { path, what });
            } else {
                self.kept.cut = true;
            }
        }

        fn cut(&mut self) -> Vec<String> {
            self.kept.cut = true;
            Vec::new()
        }
    }

    /// Names in a folder, in order; `None` for what is no folder, and for names that are no text.
    fn names(folder: &Path) -> Option<Vec<String>> {
        let mut names = fs::read_dir(folder)
            .ok()?
            .map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect::<Option<Vec<_>>>()?;
        names.sort_unstable();
        Some(names)
    }

    fn join(folder: &str, name: &str) -> String {
        if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
    }

    fn checked(path: &str) -> Result<&Path, String> {
        let plain = Path::new(path);
        if plain.components().all(|part| matches!(part, Component::Normal(_))) && !path.is_empty() {
            Ok(plain)
        } else {
            Err(format!("`{path}` is no path of a change"))
        }
    }

    /// Is everything on the way to a path a folder, and no link to one?
    fn lies_in_folder(top: &Path, path: &Path) -> bool {
        let folders = path.ancestors().skip(1).take_while(|folder| folder.starts_with(top));
        folders.into_iter().all(|folder| folder.symlink_metadata().is_ok_and(|meta| meta.is_dir()))
    }

    fn lay(entry: &Entry, path: &Path) -> std::io::Result<()> {
        let lies = path.symlink_metadata().ok();
        let folder = lies.as_ref().is_some_and(fs::Metadata::is_dir);
        if entry.what == What::Folder && folder {
            return Ok(());
        }
        if folder {
            fs::remove_dir_all(path)?;
        } else if lies.is_some() {
            fs::remove_file(path)?;
        }
        let mode = |mode| fs::set_permissions(path, Permissions::from_mode(mode));
        match &entry.what {
            What::Removed => Ok(()),
            What::Folder => fs::create_dir(path).and_then(|()| mode(0o755)),
            What::Link(target) => symlink(target, path),
            What::File { executable, .. } => {
                fs::write(path, entry.what.bytes().unwrap_or_default())?;
                mode(if *executable { 0o755 } else { 0o644 })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kept::Entry;
    use super::*;
    use crate::source::Repository;
    use crate::source::snapshot::fixture::{self, TREE};

    fn files() -> (tempfile::TempDir, Overlay) {
        let folder = tempfile::tempdir().unwrap();
        let commit = fixture::repository(folder.path(), TREE);
        let snapshot = Repository::open(folder.path()).unwrap().snapshot(&commit.to_string()).unwrap();
        (folder, Overlay::new(snapshot))
    }

    fn kept(changes: &[(&str, What)]) -> Kept {
        let entry = |(path, what): &(&str, What)| Entry { path: (*path).into(), what: what.clone() };
        Kept { entries: changes.iter().map(entry).collect(), cut: false }
    }

    fn with(files: &Overlay, changes: &Kept) -> Overlay {
        let mut files = files.clone();
        changes.lay_over(&mut files);
        files
    }

    #[test]
    fn changes_lie_over_the_files() {
        let (_folder, files) = files();
        let laid = with(
            &files,
            &kept(&[
                ("src/lib.rs", What::file(b"new", true)),
                ("src/deep", What::Removed),
                ("made", What::Folder),
                ("made/x", What::file(b"\0\xff", false)),
                ("run.sh", What::Folder),
                (".git/marker", What::file(b"x", false)),
                ("../outside", What::file(b"x", false)),
                ("to", What::Link("src".into())),
            ]),
        );
        assert_eq!(laid.read("src/lib.rs"), Content::Known(b"new"[..].into()));
        assert!(matches!(laid.lookup("src/lib.rs").entry, Lies::File(file) if file.executable));
        assert_eq!(laid.lookup("src/deep").entry, Lies::Missing);
        assert_eq!(laid.read("made/x"), Content::Known(b"\0\xff"[..].into()));
        assert_eq!(laid.lookup("run.sh").entry, Lies::Folder);
        assert_eq!(laid.lookup(".git/marker").entry, Lies::Missing);
        assert_eq!(laid.read("to/lib.rs"), Content::Known(b"new"[..].into()));
    }

    #[test]
    fn what_calls_change_is_theirs() {
        let (_folder, files) = files();
        let changes = kept(&[
            ("marker", What::file(b"1", false)),
            ("src/lib.rs", What::file(b"formatted", false)),
            ("log", What::file(b"a\n", false)),
            (".git/marker", What::file(b"x", false)),
        ]);
        let paths = |kept: &Kept| kept.entries.iter().map(|entry| entry.path.clone()).collect::<Vec<_>>();
        let left = |edit: &dyn Fn(&mut Overlay)| {
            let before = with(&files, &changes);
            let (mut after, mut without) = (before.clone(), files.clone());
            edit(&mut after);
            edit(&mut without);
            changes.behind(&before, &after, &without)
        };
        assert_eq!(left(&|_| {}), changes);
        let doubted = left(&|files| files.doubt(""));
        assert_eq!(doubted, changes);
        let written = left(&|files| files.write("src/lib.rs", *b"by the call").unwrap());
        assert_eq!(paths(&written), ["marker", "log", ".git/marker"]);
        let removed = left(&|files| drop(files.remove("marker")));
        assert_eq!(paths(&removed), ["src/lib.rs", "log", ".git/marker"]);
        let unknown = left(&|files| files.rewritten("log"));
        assert_eq!(paths(&unknown), ["marker", "src/lib.rs", ".git/marker"]);
        // A call that builds on what the hook wrote.
        let before = with(&files, &changes);
        let mut after = before.clone();
        after.write("log", *b"a\nb\n").unwrap();
        let mut without = files.clone();
        without.write_unknown("log").unwrap();
        let built = changes.behind(&before, &after, &without);
        assert_eq!(built.entries[2].what, What::file(b"a\nb\n", false));
    }
}
