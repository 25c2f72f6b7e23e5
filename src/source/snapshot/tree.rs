//! Tree objects, parsed once and shared by every commit that holds them.

use std::sync::{Arc, OnceLock};

use super::ObjectId;

/// One folder as git stores it, its entries sorted by name.
#[derive(Debug, Default)]
pub(crate) struct TreeNode {
    entries: Box<[TreeEntry]>,
}

/// One entry of a folder.
#[derive(Debug)]
pub(crate) struct TreeEntry {
    /// Name, as bytes: git does not ask for UTF-8.
    pub(crate) name: Box<[u8]>,
    /// What it is.
    pub(crate) kind: Kind,
    /// The object that holds it.
    pub(crate) id: ObjectId,
    /// The folder behind a [`Kind::Folder`], once loaded; `None` when its object cannot be read.
    pub(super) folder: OnceLock<Option<Arc<TreeNode>>>,
    /// The target of a [`Kind::Link`], once loaded; `None` when its object cannot be read.
    pub(super) target: OnceLock<Option<Arc<[u8]>>>,
}

/// Kinds of entries, from git's file modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A file.
    File,
    /// A file that may be executed.
    Executable,
    /// A folder.
    Folder,
    /// A symlink.
    Link,
    /// A commit of another repository.
    Submodule,
}

impl TreeNode {
    /// Parses a tree object. `None` when it is damaged.
    ///
    /// Entries that git itself refuses to check out (`.`, `..`, `.git`, names with a slash) are left out.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut entries: Vec<TreeEntry> = Vec::new();
        let mut raw = raw_entries(bytes);
        for (mode, name, id) in raw.by_ref() {
            let kind = Kind::of(mode);
            if is_safe(name) {
                let (folder, target) = (OnceLock::new(), OnceLock::new());
                entries.push(TreeEntry { name: name.into(), kind: kind?, id, folder, target });
            }
        }
        if !raw.0.is_empty() {
            return None;
        }
        // git sorts folders as if their names ended in a slash; look-ups want plain order.
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries.dedup_by(|a, b| a.name == b.name);
        Some(Self { entries: entries.into() })
    }

    /// The entry of this name.
    pub(crate) fn get(&self, name: &[u8]) -> Option<&TreeEntry> {
        let at = self.entries.binary_search_by(|entry| (*entry.name).cmp(name)).ok()?;
        self.entries.get(at)
    }

    /// All entries, sorted by name.
    pub(crate) fn entries(&self) -> &[TreeEntry] {
        &self.entries
    }
}

impl Kind {
    fn of(mode: u32) -> Option<Self> {
        Some(match mode & 0o170_000 {
            0o040_000 => Self::Folder,
            0o120_000 => Self::Link,
            0o160_000 => Self::Submodule,
            0o100_000 if mode & 0o111 != 0 => Self::Executable,
            0o100_000 => Self::File,
            _ => return None,
        })
    }
}

/// The entries of a tree object as they are written: mode, name and id. They end where it is damaged.
pub(crate) fn raw_entries(bytes: &[u8]) -> RawEntries<'_> {
    RawEntries(bytes)
}

/// See [`raw_entries`].
pub(crate) struct RawEntries<'b>(&'b [u8]);

impl<'b> Iterator for RawEntries<'b> {
    type Item = (u32, &'b [u8], ObjectId);

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.0;
        let space = memchr::memchr(b' ', &bytes[..bytes.len().min(8)])?;
        let digits = &bytes[..space];
        if space == 0 || !digits.iter().all(|digit| (b'0'..=b'7').contains(digit)) {
            return None;
        }
        let mode = digits.iter().fold(0, |mode, digit| mode * 8 + u32::from(digit - b'0'));
        let bytes = &bytes[space + 1..];
        let end = memchr::memchr(0, bytes)?;
        let id = ObjectId::from_bytes(bytes.get(end + 1..end + 21)?).ok()?;
        self.0 = &bytes[end + 21..];
        Some((mode, &bytes[..end], id))
    }
}

fn is_safe(name: &[u8]) -> bool {
    !name.is_empty()
        && name != b"."
        && name != b".."
        && !name.eq_ignore_ascii_case(b".git")
        && memchr::memchr(b'/', name).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(entries: &[(&str, &str)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (mode, name) in entries {
            bytes.extend(format!("{mode} {name}\0").bytes());
            bytes.extend([7; 20]);
        }
        bytes
    }

    #[test]
    fn sorts_by_plain_name_and_drops_what_git_refuses() {
        let tree = TreeNode::parse(&raw(&[
            ("100644", "a.txt"),
            ("40000", "a"),
            ("100755", "run"),
            ("120000", "link"),
            ("160000", "sub"),
            ("100644", ".."),
            ("40000", ".GIT"),
            ("100644", "x/y"),
        ]))
        .unwrap();
        let found: Vec<_> =
            tree.entries().iter().map(|e| (String::from_utf8_lossy(&e.name).into_owned(), e.kind)).collect();
        let want = [
            ("a", Kind::Folder),
            ("a.txt", Kind::File),
            ("link", Kind::Link),
            ("run", Kind::Executable),
            ("sub", Kind::Submodule),
        ];
        assert_eq!(found, want.map(|(name, kind)| (name.to_owned(), kind)));
        assert_eq!(tree.get(b"a").map(|e| e.kind), Some(Kind::Folder));
        assert!(tree.get(b"b").is_none());
    }

    #[test]
    fn damaged_trees_are_refused() {
        for bytes in [&b"100644 a"[..], b"100644 a\0short", b"9 a\0", b"10064400000 a\0"] {
            assert!(TreeNode::parse(bytes).is_none(), "{bytes:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(bytes: Vec<u8>) {
            let _ = TreeNode::parse(&bytes);
        }
    }
}
