//! Clones that are odd or hostile: nothing of theirs runs, nothing outside is read, nothing is waited for.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use git2::Oid;

use super::import::{Clone, LIB, PATCH, SUITE, Session, import, project, same, secret, toml};
use super::project::Project;

const MERGED: &str = "pub fn price(n: u32) -> u32 {\n    let base = n * 2;\n    base + base / 5\n}\n";

/// A clone with one commit before a session on it, and one after that which merged its patch.
fn merged() -> (Project, [Oid; 2]) {
    let project = project();
    let mut clone = Clone::of(&project, "app");
    let first = clone.commit("first", &[("src/lib.rs", Some(LIB))]);
    clone.after_the_session();
    let merge = clone.commit("raise", &[("src/lib.rs", Some(MERGED))]);
    session(&project, first, "aa");
    (project, [first, merge])
}

fn session(project: &Project, commit: Oid, id: &str) {
    let mut session = Session::at(&project.path("app"), commit).patch(PATCH);
    session.id.replace_range(session.id.len() - 2.., id);
    session.write(project);
}

/// Imports, finds the merge, and the same again.
fn is_imported(project: &Project, merge: Oid) {
    import(project, &[]).ended(0);
    assert_eq!(toml(project)["proposed"]["merged"].as_str(), Some(merge.to_string().as_str()));
    let before = project.files(SUITE);
    project.run(&["check", SUITE]).ended(0);
    import(project, &[]).ended(0);
    same(project, &before);
}

/// A tree entry of any name and mode on top of the tree of a commit; gives the new commit.
fn with_entries(folder: &Path, parent: Oid, entries: &[(&[u8], Oid, i32)]) -> Oid {
    let git = git2::Repository::open(folder).unwrap();
    let parent = git.find_commit(parent).unwrap();
    let mut tree = git.treebuilder(Some(&parent.tree().unwrap())).unwrap();
    for (name, id, mode) in entries {
        tree.insert(*name, *id, *mode).unwrap();
    }
    let tree = git.find_tree(tree.write().unwrap()).unwrap();
    let who = parent.author();
    git.commit(None, &who, &who, "odd", &tree, &[&parent]).unwrap()
}

#[test]
fn sha256_is_named_and_the_rest_goes_on() {
    let (project, _) = merged();
    let long = "ab".repeat(32);
    let text = project.read(&format!("sessions/rollout-2026-05-12T09-00-00-{}.jsonl", super::import::ID));
    let commit = text.split("\"commit_hash\":\"").nth(1).unwrap()[..40].to_owned();
    project.write(
        "sessions/rollout-2026-05-12T09-00-00-019f0000-0000-7000-8000-0000000000bb.jsonl",
        text.replace(&commit, &long).replace("0000000000aa", "0000000000bb"),
    );
    fs::create_dir_all(project.path("new/.git/objects")).unwrap();
    project.write("new/.git/HEAD", "ref: refs/heads/main\n");
    project.write(
        "new/.git/config",
        "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n",
    );
    let ran = import(&project, &["--repo", "new"]).ended(3);
    assert!(ran.stdout.contains("1 imported") && ran.stdout.contains("1 refused"), "{}", ran.stdout);
    assert!(ran.stderr.contains("SHA-256 ids; only those with SHA-1 ids can be read"), "{}", ran.stderr);
}

#[test]
fn any_names_and_links_are_packed_and_nothing_outside_is_read() {
    let (project, [first, _]) = merged();
    let app = project.path("app");
    let git = git2::Repository::open(&app).unwrap();
    let [link, text] = [&b"/etc/passwd"[..], b"text"].map(|bytes| git.blob(bytes).unwrap());
    let up = git.blob(b"../../../../../../etc").unwrap();
    let odd = with_entries(
        &app,
        first,
        &[
            (b"caf\xe9 \xff", text, 0o100_644),
            (b"a\nb", text, 0o100_644),
            (b"README", text, 0o100_644),
            (b"readme", text, 0o100_644),
            (b"Src", text, 0o100_644),
            (b"passwords", link, 0o120_000),
            (b"up", up, 0o120_000),
            (b"module", first, 0o160_000),
        ],
    );
    fs::remove_file(
        project.path(&format!("sessions/rollout-2026-05-12T09-00-00-{}.jsonl", super::import::ID)),
    )
    .unwrap();
    session(&project, odd, "bb");
    let ran = import(&project, &[]).ended(0);
    assert!(ran.stdout.contains("submodules hold the content of module"), "{}", ran.stdout);
    project.run(&["check", SUITE]).ended(0);
    let all: Vec<u8> = project.files(SUITE).into_values().flatten().collect();
    assert!(!String::from_utf8_lossy(&all).contains("root:x:0"));
    let before = project.files(SUITE);
    import(&project, &[]).ended(0);
    same(&project, &before);
}

/// A name is looked at even where the same content stood elsewhere before.
#[test]
fn a_secret_in_a_name_is_refused_and_not_shown() {
    let (project, [first, _]) = merged();
    let app = project.path("app");
    let text = git2::Repository::open(&app).unwrap().blob(LIB.as_bytes()).unwrap();
    let token = secret();
    let odd = with_entries(&app, first, &[(token.as_bytes(), text, 0o100_644)]);
    session(&project, odd, "bb");
    let ran = import(&project, &[]).ended(3);
    assert!(ran.stdout.contains("1 imported") && ran.stdout.contains("1 refused"), "{}", ran.stdout);
    assert!(ran.stderr.contains("a secret in its name: in the folder .@"), "{}", ran.stderr);
    assert!(!ran.stderr.contains(&token) && !ran.stdout.contains(&token));
}

#[test]
fn many_packed_refs_are_read() {
    let (project, [first, merge]) = merged();
    let git = project.path("app/.git");
    fs::remove_file(git.join("refs/heads/main")).unwrap();
    let mut packed = "# pack-refs with: peeled fully-peeled sorted \n".to_owned();
    for number in 0..30_000 {
        _ = writeln!(packed, "{first} refs/heads/aa/branch-{number:06}");
    }
    fs::write(git.join("packed-refs"), format!("{packed}{merge} refs/heads/main\n")).unwrap();
    is_imported(&project, merge);
}

/// What a configuration and hooks ask to be run is not run, what they include is not read, and replaced commits count as
/// they were made.
#[cfg(unix)]
#[test]
fn nothing_of_a_clone_runs() {
    use std::os::unix::fs::PermissionsExt as _;
    let (project, [first, merge]) = merged();
    let ran = project.path("ran");
    let evil = project.path("evil.sh");
    fs::write(&evil, format!("#!/bin/sh\necho ran >> {}\n", ran.display())).unwrap();
    fs::set_permissions(&evil, fs::Permissions::from_mode(0o755)).unwrap();
    let git = project.path("app/.git");
    let mut config = fs::read_to_string(git.join("config")).unwrap();
    for (section, keys) in [
        ("core", &["fsmonitor", "sshCommand", "hooksPath", "pager", "gitProxy", "alternateRefsCommand"][..]),
        ("diff", &["external"]),
        ("diff \"x\"", &["textconv", "command"]),
        ("filter \"x\"", &["clean", "smudge", "process"]),
        ("credential", &["helper"]),
    ] {
        _ = writeln!(config, "[{section}]");
        for key in keys {
            _ = writeln!(config, "\t{key} = {}", evil.display());
        }
    }
    config +=
        "[core]\n\tworktree = /etc\n[include]\n\tpath = /dev/full\n[extensions]\n\tpartialClone = origin\n";
    fs::write(git.join("config"), config).unwrap();
    fs::create_dir_all(git.join("info")).unwrap();
    fs::write(git.join("info/attributes"), "* diff=x filter=x\n").unwrap();
    fs::write(git.join("info/grafts"), format!("{merge}\n")).unwrap();
    fs::create_dir_all(git.join("hooks")).unwrap();
    for hook in ["post-checkout", "reference-transaction", "fsmonitor-watchman", "post-index-change"] {
        fs::copy(&evil, git.join("hooks").join(hook)).unwrap();
    }
    let git2 = git2::Repository::open_bare(&git).unwrap();
    git2.reference(&format!("refs/replace/{first}"), merge, true, "x").unwrap();
    is_imported(&project, merge);
    assert!(!ran.exists());
}

/// A pipe among the files of a clone would be waited for.
#[cfg(unix)]
#[test]
fn pipes_are_not_waited_for() {
    for place in
        ["objects/info/alternates", "objects/pack/pack-1.idx", "packed-refs", "refs/heads/x", "shallow"]
    {
        let (project, _) = merged();
        let pipe = project.path(&format!("app/.git/{place}"));
        fs::create_dir_all(pipe.parent().unwrap()).unwrap();
        if place.contains("pack-1") {
            fs::write(pipe.with_extension("pack"), "PACK").unwrap();
        }
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        let ran = import(&project, &[]);
        let refused = place.starts_with("objects");
        let ran = ran.ended(if refused { 3 } else { 0 });
        assert_eq!(
            ran.stderr.contains("no repository at hand has the commit"),
            refused,
            "{place}: {}",
            ran.stderr
        );
    }
}

/// An object that claims gigabytes is not unpacked, and one that is not what its name says is not taken.
#[test]
fn damaged_objects_are_named() {
    let (project, [first, _]) = merged();
    let git = git2::Repository::open(project.path("app")).unwrap();
    let blob = git.find_commit(first).unwrap().tree().unwrap();
    let blob = blob.get_path(Path::new("src/lib.rs")).unwrap().id().to_string();
    let path = project.path(&format!("app/.git/objects/{}/{}", &blob[..2], &blob[2..]));
    let write = |bytes: &[u8]| {
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut packed, bytes).unwrap();
        let _ = fs::remove_file(&path);
        fs::write(&path, packed.finish().unwrap()).unwrap();
    };
    let bomb = [b"blob 3000000000\0".to_vec(), vec![0; 4 << 20]].concat();
    for (bytes, want) in [
        (bomb.as_slice(), "holds a file of 3000000000 bytes: src/lib.rs"),
        (b"blob 5\0other", "lacks a file of the snapshot: src/lib.rs"),
        (b"blob 99\0cut", "lacks a file of the snapshot: src/lib.rs"),
    ] {
        write(bytes);
        let ran = import(&project, &[]).ended(3);
        assert!(ran.stderr.contains(want), "{want}: {}", ran.stderr);
        assert!(project.files("suites/small/tasks").is_empty());
    }
}
