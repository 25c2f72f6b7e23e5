use super::*;
use crate::source::snapshot::fixture::{self, TREE};
use crate::source::{Repository, Snapshot};

fn base() -> (tempfile::TempDir, Snapshot) {
    let folder = tempfile::tempdir().unwrap();
    let commit = fixture::repository(folder.path(), TREE);
    let snapshot = Repository::open(folder.path()).unwrap().snapshot(&commit.to_string()).unwrap();
    (folder, snapshot)
}

fn bytes(text: &str) -> Content {
    Content::Known(text.as_bytes().into())
}

fn changes(overlay: &Overlay) -> Vec<(String, Content, Content)> {
    let name = |path: Vec<u8>| String::from_utf8(path).unwrap();
    overlay.diff().into_iter().map(|changed| (name(changed.path), changed.before, changed.after)).collect()
}

fn names(overlay: &Overlay, path: &str) -> String {
    let names = overlay.list(path).unwrap();
    names.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect::<Vec<_>>().join(" ")
}

#[test]
fn edits_are_seen_and_the_base_stays() {
    let (_folder, base) = base();
    let mut files = Overlay::new(base.clone());
    let untouched = files.state();
    files.write("links/folder/lib.rs", *b"new").unwrap();
    files.write("docs/a/b.md", *b"text").unwrap();
    files.remove("README.md").unwrap();
    assert_eq!(files.read("src/lib.rs"), bytes("new"));
    assert_eq!(files.read("docs/a/b.md"), bytes("text"));
    assert_eq!(files.read("links/file"), Content::NoFile);
    assert_eq!(files.lookup("links/file").entry, Entry::Missing);
    assert_eq!(names(&files, ""), "docs links run.sh src vendor");
    assert_eq!(names(&files, "docs/a"), "b.md");
    assert_eq!(base.read("src/lib.rs"), bytes("pub fn f() {}\n"));
    assert_eq!(
        changes(&files),
        [
            ("README.md".into(), bytes("hello\n"), Content::NoFile),
            ("docs/a/b.md".into(), Content::NoFile, bytes("text")),
            ("src/lib.rs".into(), bytes("pub fn f() {}\n"), bytes("new")),
        ]
    );
    assert_ne!(files.state(), untouched);
}

#[test]
fn writing_the_old_content_back_is_no_change() {
    let (_folder, base) = base();
    let mut files = Overlay::new(base);
    files.write("README.md", *b"x").unwrap();
    files.write("README.md", *b"hello\n").unwrap();
    files.write("new", *b"x").unwrap();
    files.remove("new").unwrap();
    assert_eq!(changes(&files), []);
}

#[test]
fn removed_folders_hide_what_was_in_them() {
    let (_folder, base) = base();
    let mut files = Overlay::new(base);
    files.write("src/deep/new.rs", *b"n").unwrap();
    files.remove("src").unwrap();
    assert!(files.list("src").is_none());
    files.write("src/only.rs", *b"o").unwrap();
    assert_eq!(names(&files, "src"), "only.rs");
    assert_eq!(files.lookup("src/lib.rs").entry, Entry::Missing);
    let changed: Vec<_> = changes(&files).into_iter().map(|(path, ..)| path).collect();
    assert_eq!(changed, ["src/.hidden", "src/deep/a.rs", "src/lib.rs", "src/only.rs"]);
    assert_eq!(files.remove("src/deep"), Err(EditError::Missing));
}

#[test]
fn moves_files_and_folders() {
    let (_folder, base) = base();
    let mut files = Overlay::new(base);
    files.rename("src", "lib").unwrap();
    files.rename("run.sh", "bin/run").unwrap();
    files.copy("links/file", "links/copy").unwrap();
    assert_eq!(files.read("lib/deep/a.rs"), bytes("a"));
    assert!(matches!(files.lookup("bin/run").entry, Entry::File(FileEntry { executable: true, .. })));
    assert_eq!(files.read("links/copy"), bytes("hello\n"));
    assert_eq!(files.lookup("links/folder").entry, Entry::Missing);
    assert_eq!(files.rename("lib", "lib/inner"), Err(EditError::Exists));
    assert_eq!(files.rename("gone", "x"), Err(EditError::Missing));
}

#[test]
fn edits_never_leave_the_tree() {
    let (_folder, base) = base();
    let mut files = Overlay::new(base);
    let leaves = |target: &str| Err(EditError::Leaves(target.into()));
    assert_eq!(files.write("links/etc/x", *b""), leaves("/etc/x"));
    assert_eq!(files.write("../x", *b""), leaves("../x"));
    assert_eq!(files.write("src", *b""), Err(EditError::IsFolder));
    assert_eq!(files.write("README.md/x", *b""), Err(EditError::NotAFolder));
    assert_eq!(files.write("links/loop", *b""), Err(EditError::Unreachable));
    assert_eq!(files.write("vendor/sub/x", *b""), Err(EditError::Unreachable));
    assert_eq!(files.mkdir("README.md"), Err(EditError::Exists));
    files.symlink("escape", b"/etc").unwrap();
    assert_eq!(files.lookup("escape/passwd").entry, Entry::Leaves { target: b"/etc/passwd".to_vec() });
    assert_eq!(files.write("escape/passwd", *b""), leaves("/etc/passwd"));
    files.remove("escape").unwrap();
    assert_eq!(files.lookup("escape").entry, Entry::Missing);
    assert!(files.remove("").is_err());
    assert_eq!(changes(&files), []);
}

#[test]
fn doubts_last_until_an_edit_states_the_content() {
    let (_folder, base) = base();
    let mut files = Overlay::new(base);
    files.write("src/lib.rs", *b"1").unwrap();
    files.doubt("links/folder");
    assert!(!files.is_certain());
    assert_eq!(files.read("src/lib.rs"), Content::Unknown);
    assert_eq!(files.read("src/deep/a.rs"), Content::Unknown);
    assert!(!files.lookup("src/new").certain && files.lookup("README.md").certain);
    assert_eq!(changes(&files), [("src/lib.rs".into(), bytes("pub fn f() {}\n"), Content::Unknown)]);
    files.write("src/lib.rs", *b"2").unwrap();
    assert_eq!(files.read("src/lib.rs"), bytes("2"));
    assert_eq!(files.read("src/deep/a.rs"), Content::Unknown);
    files.doubt("");
    assert_eq!(files.doubts().collect::<Vec<_>>(), [b""]);
    assert_eq!(files.read("README.md"), Content::Unknown);
    files.write("src/deep/a.rs", *b"3").unwrap();
    assert_eq!(files.read("src/deep/a.rs"), bytes("3"));
    files.write_unknown("out.bin").unwrap();
    assert_eq!(files.read("out.bin"), Content::Unknown);
}

#[test]
fn links_back_into_the_tree_are_followed_when_its_place_is_known() {
    let (_folder, base) = base();
    let free = Overlay::new(base.clone());
    assert_eq!(free.lookup("links/home").entry, Entry::Leaves { target: b"/home/u/repo/src".to_vec() });
    let files = Overlay::new(base).mounted_at("/home/u/repo/");
    for (path, want) in [
        ("links/home/lib.rs", "src/lib.rs"),
        ("links/back", "src/lib.rs"),
        ("/home/u/repo/src", "src"),
        ("../repo/./src/lib.rs", "src/lib.rs"),
    ] {
        let found = files.lookup(path);
        assert!(found.entry.exists(), "{path}: {found:?}");
        assert_eq!(found.display(), want, "{path}");
    }
    for (path, want) in [
        ("links/out", "/home/u/outside"),
        ("/home/u/repository", "/home/u/repository"),
        ("../../../../x", "/x"),
        ("/home/u/repo/../x", "/home/u/x"),
    ] {
        assert_eq!(files.lookup(path).entry, Entry::Leaves { target: want.into() }, "{path}");
    }
}

#[test]
fn what_commands_wrote_is_told_apart_from_what_they_may_have_written() {
    let (_folder, base) = base();
    let mut files = Overlay::new(base);
    files.write("README.md", *b"edited").unwrap();
    files.doubt("");
    files.rewritten("src/lib.rs");
    files.rewritten("notes.txt");
    files.rewritten("src");
    let told = |files: &Overlay| -> Vec<(String, Content)> {
        let changed = files.last_known_diff().into_iter();
        changed.map(|file| (String::from_utf8(file.path).unwrap(), file.after)).collect()
    };
    let want =
        [("README.md", bytes("edited")), ("notes.txt", Content::Unknown), ("src/lib.rs", Content::Unknown)];
    assert_eq!(told(&files), want.map(|(path, after)| (path.to_owned(), after)));
    assert_eq!(changes(&files)[0].2, Content::Unknown);
    assert_eq!(files.last_told("README.md"), bytes("edited"));
    assert_eq!(files.last_told("run.sh"), bytes("#!/bin/sh\n"));
    assert_eq!(files.last_told("src/lib.rs"), Content::Unknown);
    files.write("src/lib.rs", *b"shown").unwrap();
    files.remove("run.sh").unwrap();
    assert_eq!(files.last_told("src/lib.rs"), bytes("shown"));
    assert_eq!(told(&files)[2], ("run.sh".to_owned(), Content::NoFile));
    assert_eq!(told(&files)[3], ("src/lib.rs".to_owned(), bytes("shown")));
}

proptest::proptest! {
    /// Random edits leave the tree that a plain map of files would have.
    #[test]
    fn edits_agree_with_a_plain_map(edits in proptest::collection::vec((0..3u8, "[ab](/[ab]){0,2}", "[ab](/[ab]){0,2}"), 0..25)) {
        use std::collections::BTreeMap;
        let (_folder, base) = shared();
        let mut files = Overlay::new(base.clone());
        let mut plain: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let below = |path: &str, top: &str| path == top || path.starts_with(&format!("{top}/"));
        for (i, (kind, path, to)) in edits.into_iter().enumerate() {
            match kind {
                0 => if files.write(&path, vec![i as u8]).is_ok() {
                    plain.insert(path, vec![i as u8]);
                },
                1 => if files.remove(&path).is_ok() {
                    plain.retain(|known, _| !below(known, &path));
                },
                _ => if files.rename(&path, &to).is_ok() {
                    let moved: Vec<_> = plain.keys().filter(|known| below(known, &path)).cloned().collect();
                    for old in moved {
                        let bytes = plain.remove(&old).unwrap();
                        plain.insert(format!("{to}{}", &old[path.len()..]), bytes);
                    }
                },
            }
        }
        let now: BTreeMap<String, Vec<u8>> = files
            .diff()
            .into_iter()
            .map(|changed| (String::from_utf8(changed.path).unwrap(), changed.after.known().unwrap().to_vec()))
            .collect();
        proptest::prop_assert_eq!(now, plain);
    }
}

fn shared() -> &'static (tempfile::TempDir, Snapshot) {
    static SHARED: std::sync::OnceLock<(tempfile::TempDir, Snapshot)> = std::sync::OnceLock::new();
    SHARED.get_or_init(base)
}
