//! Walks a path through a tree as a kernel does: every component may be a symlink, and none leads out unnoticed.

use std::borrow::Cow;

use super::{Entry, Found};

/// Symlinks that Linux follows in one path.
const MAX_LINKS: usize = 40;
/// Longest path that Linux accepts, in bytes.
const MAX_PATH: usize = 4096;

/// A tree that can be walked: a commit's, or one with edits on top.
pub(crate) trait Layer {
    /// A folder of it.
    type Folder: Clone;

    /// The top.
    fn top(&self) -> Self::Folder;

    /// The entry `name` of a folder; `path` is the whole path of that entry.
    fn child(&self, folder: &Self::Folder, name: &[u8], path: &[u8]) -> Child<Self::Folder>;

    /// The absolute path of the top where the session ran, so that links back into the tree are followed.
    fn mount(&self) -> Option<&[u8]> {
        None
    }
}

/// An entry that a walk meets.
pub(crate) struct Child<F> {
    /// What it is.
    pub(crate) entry: Entry,
    /// The folder to go on in, for [`Entry::Folder`].
    pub(crate) folder: Option<F>,
    /// `false` where a command of the session may have changed it.
    pub(crate) certain: bool,
}

/// Looks `path` (relative to the top) up; the last component is followed when `follow`.
pub(crate) fn resolve<L: Layer>(layer: &L, path: &[u8], follow: bool) -> Found {
    let mut walk =
        Walk { layer, folder: layer.top(), at: Vec::with_capacity(path.len()), links: 0, certain: true };
    let entry = walk.run(Cow::Borrowed(path), follow);
    Found { path: walk.at, entry, through_link: walk.links > 0, certain: walk.certain }
}

struct Walk<'l, L: Layer> {
    layer: &'l L,
    folder: L::Folder,
    at: Vec<u8>,
    links: usize,
    certain: bool,
}

impl<L: Layer> Walk<'_, L> {
    fn run(&mut self, mut rest: Cow<'_, [u8]>, follow: bool) -> Entry {
        if rest.len() > MAX_PATH || memchr::memchr(0, &rest).is_some() {
            return Entry::Missing;
        }
        if rest.starts_with(b"/") {
            match self.inside(rest.into_owned()) {
                Ok(inner) => rest = Cow::Owned(inner),
                Err(target) => return Entry::Leaves { target },
            }
        }
        let mut next = 0;
        while next < rest.len() {
            let end = memchr::memchr(b'/', &rest[next..]).map_or(rest.len(), |slash| next + slash);
            let after = (end + 1).min(rest.len());
            let step = match &rest[next..end] {
                b"" | b"." => Step::On,
                b".." => self.up(&rest[after..]),
                name => self.down(name, &rest[end..], follow),
            };
            match step {
                Step::On => next = after,
                Step::End(entry) => return entry,
                Step::Instead(path) => {
                    rest = Cow::Owned(path);
                    next = 0;
                }
            }
        }
        Entry::Folder
    }

    /// Enters `name`; `rest` is what follows it, with its slash.
    fn down(&mut self, name: &[u8], rest: &[u8], follow: bool) -> Step {
        let parent = self.at.len();
        self.push(name);
        let child = self.layer.child(&self.folder, name, &self.at);
        self.certain &= child.certain;
        let last = rest.is_empty();
        let only_slashes = rest.iter().all(|byte| *byte == b'/');
        match child.entry {
            Entry::Folder => match child.folder {
                Some(folder) => self.folder = folder,
                None => return Step::End(self.below(rest, Entry::Unknown)),
            },
            Entry::Link { target } if !last || follow => {
                self.links += 1;
                if self.links > MAX_LINKS {
                    return Step::End(Entry::Loop);
                }
                let joined = [&target, rest].concat();
                if !joined.starts_with(b"/") {
                    self.at.truncate(parent);
                    return Step::Instead(joined);
                }
                return self.restart(joined);
            }
            entry if last => return Step::End(entry),
            Entry::Submodule if only_slashes => return Step::End(Entry::Submodule),
            Entry::Submodule | Entry::Unknown => return Step::End(self.below(rest, Entry::Unknown)),
            _ => return Step::End(self.below(rest, Entry::Missing)),
        }
        Step::On
    }

    /// Goes on at an absolute path, which ends the walk unless it lies in the tree.
    fn restart(&mut self, path: Vec<u8>) -> Step {
        match self.inside(path) {
            Ok(inner) => {
                self.at.clear();
                self.folder = self.layer.top();
                Step::Instead(inner)
            }
            Err(target) => Step::End(Entry::Leaves { target }),
        }
    }

    /// The part of an absolute path below the top, or the path itself.
    fn inside(&self, path: Vec<u8>) -> Result<Vec<u8>, Vec<u8>> {
        let inner = self.layer.mount().and_then(|mount| path.strip_prefix(mount));
        match inner {
            Some([]) => Ok(Vec::new()),
            Some(inner) if inner.starts_with(b"/") => {
                let start = inner.iter().position(|byte| *byte != b'/').unwrap_or(inner.len());
                Ok(inner[start..].to_vec())
            }
            _ => Err(path),
        }
    }

    /// Goes to the parent folder; `rest` is what follows the `..`.
    fn up(&mut self, rest: &[u8]) -> Step {
        if self.at.is_empty() {
            return self.out(rest);
        }
        self.at.truncate(memchr::memrchr(b'/', &self.at).unwrap_or(0));
        // The way down from the top holds no link any more, so this is rare and short.
        let mut folder = self.layer.top();
        let mut start = 0;
        while start < self.at.len() {
            let end = memchr::memchr(b'/', &self.at[start..]).map_or(self.at.len(), |slash| start + slash);
            let child = self.layer.child(&folder, &self.at[start..end], &self.at[..end]);
            let Some(inner) = child.folder else { break };
            folder = inner;
            start = end + 1;
        }
        self.folder = folder;
        Step::On
    }

    /// Leaves the top through `..`; what lies outside is only known by its name.
    fn out(&mut self, mut rest: &[u8]) -> Step {
        let Some(mut outside) = self.layer.mount() else {
            return Step::End(Entry::Leaves { target: tidy(&[b"../", rest].concat()) });
        };
        outside = parent(outside);
        loop {
            let end = memchr::memchr(b'/', rest).unwrap_or(rest.len());
            match &rest[..end] {
                b".." => outside = parent(outside),
                b"" | b"." if end < rest.len() => {}
                _ => break,
            }
            rest = &rest[(end + 1).min(rest.len())..];
        }
        self.restart([outside, b"/", rest].concat())
    }

    /// The answer for a path below something that is no folder: the rest is joined as written.
    fn below(&mut self, rest: &[u8], entry: Entry) -> Entry {
        for name in rest.split(|byte| *byte == b'/') {
            match name {
                b"" | b"." => {}
                b".." => self.at.truncate(memchr::memrchr(b'/', &self.at).unwrap_or(0)),
                _ => self.push(name),
            }
        }
        entry
    }

    fn push(&mut self, name: &[u8]) {
        if !self.at.is_empty() {
            self.at.push(b'/');
        }
        self.at.extend_from_slice(name);
    }
}

/// How a walk goes on after one component.
enum Step {
    /// With the next one.
    On,
    /// With another path, from the folder reached.
    Instead(Vec<u8>),
    /// Not at all.
    End(Entry),
}

/// The folder that holds an absolute path; empty for the root of the filesystem.
fn parent(path: &[u8]) -> &[u8] {
    &path[..memchr::memrchr(b'/', path).unwrap_or(0)]
}

/// A relative path without empty and `.` components.
fn tidy(path: &[u8]) -> Vec<u8> {
    let parts: Vec<&[u8]> =
        path.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".").collect();
    parts.join(&b'/')
}
