use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;
use crate::source::Repository;
use crate::source::snapshot::fixture::{self, TREE};

/// A repository with two commits, a tag of each and a branch; and a bundle of it.
struct Lab {
    top: tempfile::TempDir,
    commits: Vec<String>,
}

impl Lab {
    fn new() -> Self {
        let top = tempfile::tempdir().unwrap();
        let repo = git2::Repository::init_bare(top.path().join("repo")).unwrap();
        let first = fixture::commit(&repo, TREE, &[]);
        let mut more = TREE.to_vec();
        more[2].2 = "pub fn g() {}\n";
        more.push(("docs/new.md", git2::FileMode::Blob, "new\n"));
        more.push((".gitignore", git2::FileMode::Blob, "*.log\n"));
        let second = fixture::commit(&repo, &more, &[first]);
        repo.reference("refs/heads/old", first, true, "").unwrap();
        let who = git2::Signature::new("A", "a@example.com", &git2::Time::new(0, 0)).unwrap();
        let object = repo.find_object(first, None).unwrap();
        repo.tag("v1", &object, &who, "one", false).unwrap();
        fs::write(top.path().join("app.bundle"), fixture::bundle(&repo, second)).unwrap();
        fs::create_dir(top.path().join("work")).unwrap();
        Self { top, commits: vec![first.to_string(), second.to_string()] }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.top.path().join(name)
    }

    fn work(&self, path: &str) -> PathBuf {
        self.path("work").join(path)
    }

    fn snapshot(&self, source: &str, commit: usize) -> Snapshot {
        Repository::open(&self.path(source)).unwrap().snapshot(&self.commits[commit]).unwrap()
    }

    fn git(&self, arguments: &[&str]) -> String {
        let run = Command::new("git")
            .args(["-c", "safe.directory=*"])
            .args(arguments)
            .current_dir(self.path("work"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&run.stdout).into_owned();
        assert!(run.status.success(), "{arguments:?}: {text}{}", String::from_utf8_lossy(&run.stderr));
        text
    }

    /// Every path with its kind, permissions and content.
    fn listing(&self) -> BTreeMap<String, (u32, Vec<u8>)> {
        let mut found = BTreeMap::new();
        let mut left = vec![self.path("work")];
        while let Some(path) = left.pop() {
            let meta = path.symlink_metadata().unwrap();
            let content = if meta.is_dir() {
                left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
                Vec::new()
            } else if meta.is_symlink() {
                fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
            } else if path.ends_with(".git/index") {
                // It holds the times of files.
                Vec::new()
            } else {
                fs::read(&path).unwrap()
            };
            let name = path.strip_prefix(self.top.path()).unwrap().display().to_string();
            found.insert(name, (meta.mode(), content));
        }
        found
    }
}

#[test]
fn a_copy_has_its_files_and_its_history() {
    let lab = Lab::new();
    for source in ["app.bundle", "repo"] {
        let mut copy = WorkCopy::new(&lab.path("work"), None).unwrap();
        copy.put(&lab.snapshot(source, 1), Some("topic/x"), Store::Copied).unwrap();
        assert_eq!(lab.git(&["status", "--porcelain", "--ignored"]), "", "{source}");
        assert_eq!(
            lab.git(&["log", "--format=%H"]).trim(),
            format!("{}\n{}", lab.commits[1], lab.commits[0])
        );
        assert_eq!(lab.git(&["symbolic-ref", "HEAD"]).trim(), "refs/heads/topic/x");
        assert_eq!(lab.git(&["diff", "--name-only", "HEAD~1"]), ".gitignore\ndocs/new.md\nsrc/lib.rs\n");
        lab.git(&["fsck", "--strict"]);
        assert_eq!(fs::read_to_string(lab.work("links/folder/lib.rs")).unwrap(), "pub fn g() {}\n");
        let mode = |path: &str| lab.work(path).metadata().unwrap().mode() & 0o777;
        assert_eq!([mode("run.sh"), mode("README.md"), mode("src"), mode(".")], [0o755, 0o644, 0o755, 0o755]);
        assert_eq!(fs::read_dir(lab.work("vendor/sub")).unwrap().count(), 0);
        let index = fs::metadata(lab.work(".git/index")).unwrap();
        lab.git(&["status"]);
        assert_eq!(index.ino(), fs::metadata(lab.work(".git/index")).unwrap().ino());
    }
    assert_eq!(
        lab.git(&["for-each-ref", "--format=%(refname)"]),
        "refs/heads/main\nrefs/heads/old\nrefs/heads/topic/x\nrefs/tags/v1\n"
    );
    assert_eq!(lab.git(&["describe"]).split('-').next(), Some("v1"));
}

#[test]
fn what_came_later_is_not_named() {
    let lab = Lab::new();
    let mut copy = WorkCopy::new(&lab.path("work"), None).unwrap();
    copy.put(&lab.snapshot("repo", 0), None, Store::Copied).unwrap();
    assert_eq!(lab.git(&["for-each-ref", "--format=%(refname)"]), "refs/heads/old\nrefs/tags/v1\n");
    assert_eq!(lab.git(&["rev-parse", "HEAD"]).trim(), lab.commits[0]);
    assert_eq!(lab.git(&["status", "--porcelain"]), "");
    assert!(!lab.work("docs").exists());
    copy.put(&lab.snapshot("repo", 0), Some("bad..name"), Store::Copied).unwrap();
    assert_eq!(lab.git(&["rev-parse", "--abbrev-ref", "HEAD"]).trim(), "HEAD");
}

#[test]
fn a_borrowed_history_is_read_where_it_is() {
    let lab = Lab::new();
    for source in ["app.bundle", "repo"] {
        let snapshot = lab.snapshot(source, 1);
        let mut copy = WorkCopy::new(&lab.path("work"), None).unwrap();
        let objects = snapshot.objects().canonicalize().unwrap().display().to_string();
        copy.put(&snapshot, Some("main"), Store::Borrowed(&objects)).unwrap();
        assert_eq!(fs::read_dir(lab.work(".git/objects/pack")).unwrap().count(), 0);
        assert_eq!(lab.git(&["status", "--porcelain"]), "");
        assert_eq!(lab.git(&["log", "--format=%h"]).lines().count(), 2);
    }
}

/// What programs may do to a copy; beside it lies a folder `outside`.
const DEEDS: &[fn(&Path)] = &[
    |work| fs::remove_dir_all(work.join(".git")).unwrap(),
    |work| fs::write(work.join("README.md"), "HELLO\n").unwrap(),
    |work| {
        // Changed, but just as long, and said to be as old.
        let before = work.join("README.md").metadata().unwrap().modified().unwrap();
        fs::write(work.join("README.md"), "HELLO\n").unwrap();
        let file = fs::File::options().write(true).open(work.join("README.md")).unwrap();
        file.set_modified(before).unwrap();
    },
    |work| fs::write(work.join("left.log"), "ignored").unwrap(),
    |work| fs::remove_file(work.join("run.sh")).unwrap(),
    |work| set_mode(&work.join("run.sh"), 0o600),
    |work| set_mode(&work.join("src"), 0o700),
    |work| {
        fs::remove_dir_all(work.join("src")).unwrap();
        symlink(work.parent().unwrap().join("outside"), work.join("src")).unwrap();
    },
    |work| {
        fs::remove_dir_all(work.join(".git")).unwrap();
        symlink(work.parent().unwrap().join("outside"), work.join(".git")).unwrap();
    },
    |work| {
        fs::remove_file(work.join("links/file")).unwrap();
        symlink("../run.sh", work.join("links/file")).unwrap();
    },
    |work| {
        fs::remove_file(work.join("README.md")).unwrap();
        fs::create_dir_all(work.join("README.md/a/b")).unwrap();
    },
    |work| fs::write(work.join("vendor/sub/file"), "x").unwrap(),
    |work| {
        fs::write(work.join(".git/hooks/pre-commit"), "x").unwrap();
        fs::write(work.join(".git/config"), "[core]\n\tfsmonitor = x\n").unwrap();
        fs::create_dir_all(work.join(".git/objects/ab")).unwrap();
        fs::write(work.join(".git/objects/info/alternates"), "/\n").unwrap();
    },
    |work| {
        let pack = fs::read_dir(work.join(".git/objects/pack")).unwrap().next().unwrap().unwrap().path();
        set_mode(&pack, 0o644);
        fs::write(&pack, "broken").unwrap();
        fs::write(work.join(".git/objects/pack/pack-x.keep"), "").unwrap();
    },
    |work| {
        fs::create_dir_all(work.join(".git/refs/heads/new")).unwrap();
        fs::write(work.join(".git/refs/heads/main"), "0000\n").unwrap();
        fs::write(work.join(".git/index.lock"), "").unwrap();
        fs::write(work.join(".git/info/exclude"), "*\n").unwrap();
        fs::remove_file(work.join(".git/HEAD")).unwrap();
    },
];

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn whatever_was_done_is_undone() {
    let lab = Lab::new();
    let outside = lab.path("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("lib.rs"), "outside\n").unwrap();
    let snapshot = lab.snapshot("app.bundle", 1);
    let mut copy = WorkCopy::new(&lab.path("work"), None).unwrap();
    copy.put(&snapshot, Some("main"), Store::Copied).unwrap();
    let clean = lab.listing();
    for (at, deed) in DEEDS.iter().enumerate() {
        deed(&lab.path("work"));
        assert_ne!(lab.listing(), clean, "{at}");
        copy.put(&snapshot, Some("main"), Store::Copied).unwrap();
        assert_eq!(lab.listing(), clean, "{at}");
        assert_eq!(lab.git(&["status", "--porcelain", "--ignored"]), "", "{at}");
    }
    DEEDS.iter().skip(1).step_by(2).for_each(|deed| deed(&lab.path("work")));
    copy.put(&snapshot, Some("main"), Store::Copied).unwrap();
    assert_eq!(lab.listing(), clean);
    assert_eq!(fs::read(outside.join("lib.rs")).unwrap(), b"outside\n");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
}

#[test]
fn what_nobody_changed_stays() {
    let lab = Lab::new();
    let mut copy = WorkCopy::new(&lab.path("work"), None).unwrap();
    let (one, two) = (lab.snapshot("app.bundle", 0), lab.snapshot("app.bundle", 1));
    copy.put(&two, Some("main"), Store::Copied).unwrap();
    let pack = fs::read_dir(lab.work(".git/objects/pack")).unwrap().next().unwrap().unwrap().path();
    let files = [lab.work("README.md"), lab.work("src/lib.rs"), pack];
    let change = |path: &PathBuf| (path.metadata().unwrap().ctime(), path.metadata().unwrap().ctime_nsec());
    let before = files.each_ref().map(change);
    // What was laid out just now is compared, what was long ago is known.
    for pause in [Duration::ZERO, 3 * CLOCK, 3 * CLOCK] {
        std::thread::sleep(pause);
        copy.put(&two, Some("other"), Store::Copied).unwrap();
        assert_eq!(files.each_ref().map(change), before);
    }
    assert!(before.iter().all(|time| (time.0, time.1.unsigned_abs() as u32) < copy.settled));
    copy.put(&one, Some("main"), Store::Copied).unwrap();
    let after = files.each_ref().map(change);
    assert_eq!((after[0], after[2]), (before[0], before[2]));
    assert_eq!(fs::read(&files[1]).unwrap(), b"pub fn f() {}\n");
    assert!(!lab.work("docs").exists());
    copy.clear().unwrap();
    assert_eq!(fs::read_dir(lab.path("work")).unwrap().count(), 0);
}

#[test]
fn another_user_can_own_it() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let lab = Lab::new();
    let owner = Owner { user: 0x7000_0001, seen: 1000 };
    let mut copy = WorkCopy::new(&lab.path("work"), Some(owner)).unwrap();
    copy.put(&lab.snapshot("repo", 1), None, Store::Copied).unwrap();
    let mut left = vec![lab.path("work")];
    while let Some(path) = left.pop() {
        let meta = path.symlink_metadata().unwrap();
        assert_eq!((meta.uid(), meta.gid()), (owner.user, owner.user), "{}", path.display());
        if meta.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
}

#[test]
#[ignore = "measures speed; run by hand"]
fn time_of_the_bundled_repository() {
    let lab = Lab::new();
    let bundle =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("suites/release-reviewer/repos/harbor.bundle");
    let repository = Repository::open(&bundle).unwrap();
    let commit = repository.resolve("main").unwrap().to_string();
    let snapshot = repository.snapshot(&commit).unwrap();
    let mut copy = WorkCopy::new(&lab.path("work"), None).unwrap();
    let start = std::time::Instant::now();
    copy.put(&snapshot, Some("main"), Store::Copied).unwrap();
    let made = start.elapsed();
    assert_eq!(lab.git(&["status", "--porcelain", "--ignored"]), "");
    std::thread::sleep(2 * CLOCK);
    copy.put(&snapshot, Some("main"), Store::Copied).unwrap();
    let start = std::time::Instant::now();
    copy.put(&snapshot, Some("main"), Store::Copied).unwrap();
    let again = start.elapsed();
    lab.git(&["fsck", "--strict"]);
    eprintln!(
        "{} files: made in {made:?}, made clean again in {again:?}",
        snapshot.walk(10_000).unwrap().len()
    );
}
