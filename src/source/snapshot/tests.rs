use std::path::Path;

use super::*;
use fixture::TREE;
use git2::FileMode;

fn snapshot() -> (tempfile::TempDir, Snapshot) {
    let folder = tempfile::tempdir().unwrap();
    let commit = fixture::repository(folder.path(), TREE);
    let snapshot = Repository::open(folder.path()).unwrap().snapshot(&commit.to_string()).unwrap();
    (folder, snapshot)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The entry in one word, with the resolved path or the place outside.
fn told(found: &Found) -> String {
    let word = match &found.entry {
        Entry::File(file) if file.executable => "program",
        Entry::File(_) => "file",
        Entry::Folder => "folder",
        Entry::Link { target } => return format!("link {} -> {}", found.display(), text(target)),
        Entry::Submodule => "submodule",
        Entry::Missing => "missing",
        Entry::Leaves { target } => return format!("leaves {}", text(target)),
        Entry::Loop => return "loop".into(),
        Entry::Unknown => "unknown",
    };
    format!("{word} {}", found.display())
}

#[test]
fn look_ups_follow_links_and_say_when_one_leaves() {
    let (_folder, snapshot) = snapshot();
    for (path, want) in [
        ("README.md", "file README.md"),
        ("./src//deep/../lib.rs", "file src/lib.rs"),
        ("run.sh", "program run.sh"),
        ("", "folder "),
        (".", "folder "),
        ("src/", "folder src"),
        ("README.md/", "missing README.md"),
        ("README.md/x", "missing README.md/x"),
        ("new/deep/file", "missing new/deep/file"),
        ("gone/../README.md", "missing README.md"),
        ("links/file", "file README.md"),
        ("links/folder/lib.rs", "file src/lib.rs"),
        ("links/folder/", "folder src"),
        ("links/chain/a.rs", "file src/deep/a.rs"),
        ("links/chain/../lib.rs", "file src/lib.rs"),
        ("links/folder/../README.md", "file README.md"),
        ("links/folder/new.rs", "missing src/new.rs"),
        ("links/dangling", "missing gone/file"),
        ("links/absolute", "leaves /etc/passwd"),
        ("links/etc/shadow", "leaves /etc/shadow"),
        ("links/etc/../x", "leaves /etc/../x"),
        ("links/out", "leaves ../outside"),
        ("links/out/x", "leaves ../outside/x"),
        ("..", "leaves .."),
        ("src/../../x", "leaves ../x"),
        ("/etc/hosts", "leaves /etc/hosts"),
        ("links/loop", "loop"),
        ("links/ping", "loop"),
        ("vendor/sub", "submodule vendor/sub"),
        ("vendor/sub/", "submodule vendor/sub"),
        ("vendor/sub/x/y", "unknown vendor/sub/x/y"),
        ("a\0b", "missing "),
    ] {
        assert_eq!(told(&snapshot.lookup(path)), want, "{path}");
    }
    assert_eq!(told(&snapshot.lookup_link("links/file")), "link links/file -> ../README.md");
    assert_eq!(told(&snapshot.lookup_link("links/chain/../../links/out")), "link links/out -> ../../outside");
    assert!(snapshot.lookup("links/file").through_link && !snapshot.lookup("README.md").through_link);
}

#[test]
fn reads_and_lists() {
    let (_folder, snapshot) = snapshot();
    assert_eq!(snapshot.read("links/file"), Content::Known(b"hello\n".as_slice().into()));
    assert_eq!(snapshot.read("src"), Content::NoFile);
    assert_eq!(snapshot.read("links/absolute"), Content::NoFile);
    assert_eq!(snapshot.read("vendor/sub/x"), Content::Unknown);
    let names: Vec<_> = snapshot.list("links/folder").unwrap().iter().map(|name| text(name)).collect();
    assert_eq!(names, [".hidden", "deep", "lib.rs"]);
    assert!(snapshot.list("README.md").is_none());
    let walked = snapshot.walk(100).unwrap();
    assert_eq!(walked.len(), TREE.len());
    assert!(walked.is_sorted_by(|a, b| a.path < b.path));
    assert!(snapshot.walk(TREE.len() - 1).unwrap_err().to_string().contains("too many files"));
}

#[test]
fn globs_match_as_bash_does() {
    let (_folder, snapshot) = snapshot();
    let expand = |glob: Glob| {
        let found = snapshot.glob(&glob, 100);
        assert!(found.complete);
        found.paths.iter().map(|path| text(path)).collect::<Vec<_>>().join(" ")
    };
    for (pattern, want) in [
        ("*.md", "README.md"),
        ("src/*", "src/deep src/lib.rs"),
        ("src/.*", "src/.hidden"),
        ("src/**", "src/deep src/lib.rs"),
        ("*/lib.rs", "src/lib.rs"),
        ("links/fol*/l?b.rs", "links/folder/lib.rs"),
        ("links/dang*", "links/dangling"),
        ("*/", "links/ src/ vendor/"),
        ("[rR]*", "README.md run.sh"),
        ("src/{lib}.rs", ""),
        ("links/etc/*", ""),
    ] {
        assert_eq!(
            expand(Glob::new(pattern).unwrap()),
            want.replace("/ ", " ").trim_end_matches('/'),
            "{pattern}"
        );
    }
    assert_eq!(expand(Glob::recursive("**/*.rs").unwrap()), "src/deep/a.rs src/lib.rs");
    assert!(!snapshot.glob(&Glob::new("links/*").unwrap(), 2).complete);
    assert!(Glob::new("[").is_none());
}

#[test]
fn names_and_short_ids_are_refused_with_the_full_id() {
    let folder = tempfile::tempdir().unwrap();
    let commit = fixture::repository(folder.path(), TREE).to_string();
    let repository = Repository::open(folder.path()).unwrap();
    for name in ["main", "refs/heads/main", "HEAD", &commit[..10]] {
        let error = repository.snapshot(name).unwrap_err().to_string();
        assert!(error.contains("is not a full commit id") && error.contains(&commit), "{error}");
        assert_eq!(repository.resolve(name).unwrap().to_string(), commit);
    }
    let mistyped = format!("{}{}", &commit[..39], if commit.ends_with('0') { '1' } else { '0' });
    let error = repository.snapshot(&mistyped).unwrap_err().to_string();
    assert!(error.contains(&format!("did you mean `{commit}`?")), "{error}");
    let error = repository.snapshot("mian").unwrap_err().to_string();
    assert!(error.contains("has no commit `mian`; did you mean `main`?"), "{error}");
    let blob = git2::Oid::hash_object(git2::ObjectType::Blob, b"hello\n").unwrap().to_string();
    let error = repository.snapshot(&blob).unwrap_err().to_string();
    assert!(error.ends_with("(40 hex digits)") || error.contains("not a commit"), "{error}");
}

#[test]
fn bundles_give_the_same_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let commit = fixture::repository(folder.path(), TREE);
    let bytes = fixture::bundle(&git2::Repository::open(folder.path()).unwrap(), commit);
    let path = folder.path().join("app.bundle");
    std::fs::write(&path, &bytes).unwrap();
    let repositories = Repositories::default();
    let repository = repositories.open(&path).unwrap();
    let snapshot = repository.snapshot(&commit.to_string()).unwrap();
    assert_eq!(told(&snapshot.lookup("links/chain/a.rs")), "file src/deep/a.rs");
    assert_eq!(repository.resolve("main").unwrap(), commit);
    assert!(std::sync::Arc::ptr_eq(&repository, &repositories.open(&path).unwrap()));
    let scratch: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..4).map(|_| scope.spawn(|| snapshot.read("src/lib.rs").known().unwrap())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(scratch.iter().all(|bytes| &**bytes == b"pub fn f() {}\n"));
}

#[test]
fn broken_bundles_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let commit = fixture::repository(folder.path(), TREE);
    let good = fixture::bundle(&git2::Repository::open(folder.path()).unwrap(), commit);
    let pack_at = good.windows(4).position(|bytes| bytes == b"PACK").unwrap();
    let path = folder.path().join("app.bundle");
    let open = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        Repository::open(&path).unwrap_err().to_string()
    };
    assert!(open(&good[..good.len() - 30]).contains("damaged or cut-short pack"));
    assert!(open(&good[..pack_at + 5]).contains("it ends too early"));
    assert!(open(&good[..20]).contains("cut short or damaged in its header"));
    assert!(open(b"{}").contains("is neither a git bundle nor a git repository"));
    let needs = format!("# v2 git bundle\n-{commit} base\n{commit} refs/heads/main\n\n");
    assert!(open(needs.as_bytes()).contains("needs a commit that is not in it"));
    let sha256 = "# v3 git bundle\n@object-format=sha256\n\n";
    assert!(open(sha256.as_bytes()).contains("uses sha256 object ids"));
    let mut many = good[..pack_at + 8].to_vec();
    many.extend([0xff; 4]);
    assert!(open(&many).contains("names 4294967295 objects"));
    let mut flipped = good.clone();
    flipped[pack_at + 40] ^= 0xff;
    assert!(open(&flipped).contains("damaged"));
}

fn hash_folder(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>, std::time::SystemTime)> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path.clone());
            }
            let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
            let changed = path.symlink_metadata().unwrap().modified().unwrap();
            files.push((path, bytes, changed));
        }
    }
    files.sort();
    files
}

#[test]
fn a_work_tree_with_hostile_settings_is_read_and_never_changed() {
    let folder = tempfile::tempdir().unwrap();
    let repo = git2::Repository::init(folder.path()).unwrap();
    let first = fixture::commit(&repo, &[("a", FileMode::Blob, "1")], &[]);
    let second = fixture::commit(&repo, &[("a", FileMode::Blob, "2")], &[first]);
    let git = folder.path().join(".git");
    let config = "[core]\n\trepositoryformatversion = 9\n\tfsmonitor = touch /tmp/owned\n\tworktree = /nowhere\n\
                  [extensions]\n\tnoSuchThing = true\n[include]\n\tpath = /dev/zero\n";
    std::fs::write(git.join("config"), config).unwrap();
    std::fs::write(git.join("shallow"), format!("{second}\n")).unwrap();
    let before = hash_folder(&git);
    let repository = Repository::open(folder.path()).unwrap();
    for (commit, want) in [(first, b"1"), (second, b"2")] {
        let snapshot = repository.snapshot(&commit.to_string()).unwrap();
        assert_eq!(snapshot.read("a").known().as_deref(), Some(want.as_slice()));
    }
    let _ = repository.snapshot("main");
    let _ = repository.snapshot("0000000000000000000000000000000000000000");
    assert_eq!(hash_folder(&git), before);
}

#[test]
fn alternates_and_linked_work_trees_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    let origin = folder.path().join("origin");
    let commit = fixture::repository(&origin, TREE).to_string();
    let shared = folder.path().join("shared");
    git2::Repository::init_bare(&shared).unwrap();
    std::fs::write(shared.join("objects/info/alternates"), "../../origin/objects\n").unwrap();
    let tree = folder.path().join("tree");
    std::fs::create_dir_all(&tree).unwrap();
    let linked = origin.join("worktrees/tree");
    std::fs::create_dir_all(&linked).unwrap();
    std::fs::write(linked.join("HEAD"), &commit).unwrap();
    std::fs::write(linked.join("commondir"), "../..\n").unwrap();
    std::fs::write(tree.join(".git"), format!("gitdir: {}\n", linked.display())).unwrap();
    for path in [shared, tree] {
        let snapshot = Repository::open(&path).unwrap().snapshot(&commit).unwrap();
        assert_eq!(told(&snapshot.lookup("links/file")), "file README.md", "{}", path.display());
    }
}

#[test]
fn sha256_repositories_are_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    fixture::repository(folder.path(), TREE);
    std::fs::write(folder.path().join("config"), "[extensions]\n\tobjectFormat = sha256\n").unwrap();
    let error = Repository::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("uses sha256 object ids"), "{error}");
    let empty = tempfile::tempdir().unwrap();
    let error = Repository::open(empty.path()).unwrap_err().to_string();
    assert!(error.contains("is neither a git bundle nor a git repository"), "{error}");
}

proptest::proptest! {
    #[test]
    fn no_path_panics_or_leaves_unnoticed(
        parts in proptest::collection::vec("[a-z]{1,3}|\\.\\.|\\.|links|folder|src|chain|out|loop|file|etc|sub|vendor", 0..9),
        slash in "/{0,2}",
    ) {
        let (_folder, snapshot) = shared();
        let path = format!("{slash}{}", parts.join("/"));
        let found = snapshot.lookup(&path);
        let inside = !found.path.split(|byte| *byte == b'/').any(|name| name == b"..");
        proptest::prop_assert!(inside && !found.path.starts_with(b"/"));
        if found.entry.exists() {
            // What was found is found again under its resolved name, with nothing left to follow.
            let again = snapshot.lookup_link(&found.path);
            proptest::prop_assert_eq!(&again.entry, &found.entry);
            proptest::prop_assert!(!again.through_link);
        }
    }
}

/// One snapshot for all cases of a property.
fn shared() -> &'static (tempfile::TempDir, Snapshot) {
    static SHARED: std::sync::OnceLock<(tempfile::TempDir, Snapshot)> = std::sync::OnceLock::new();
    SHARED.get_or_init(snapshot)
}

#[test]
#[ignore = "measures speed; run by hand with --release"]
fn look_up_speed() {
    let (_folder, snapshot) = snapshot();
    for path in ["README.md", "src/deep/a.rs", "links/chain/a.rs", "no/such/file"] {
        let start = std::time::Instant::now();
        for _ in 0..1_000_000 {
            std::hint::black_box(snapshot.lookup(std::hint::black_box(path)));
        }
        println!("{path}: {} ns", start.elapsed().as_nanos() / 1_000_000);
    }
}
