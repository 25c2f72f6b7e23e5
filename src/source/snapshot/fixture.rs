//! Small repositories for tests.

use std::path::Path;

use git2::build::TreeUpdateBuilder;
use git2::{FileMode, Oid, Repository, Signature};

/// One entry of a tree: path, kind and content.
pub(crate) type Spec<'s> = (&'s str, FileMode, &'s str);

/// A bare repository with one commit of these files on `main`; gives the commit.
pub(crate) fn repository(path: &Path, files: &[Spec<'_>]) -> Oid {
    let repo = Repository::init_bare(path).unwrap();
    commit(&repo, files, &[])
}

/// Commits these files on `main`.
pub(crate) fn commit(repo: &Repository, files: &[Spec<'_>], parents: &[Oid]) -> Oid {
    let mut update = TreeUpdateBuilder::new();
    for (path, mode, content) in files {
        let id = match mode {
            FileMode::Commit => Oid::from_str("4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e").unwrap(),
            _ => repo.blob(content.as_bytes()).unwrap(),
        };
        update.upsert(*path, id, *mode);
    }
    let empty = repo.find_tree(repo.treebuilder(None).unwrap().write().unwrap()).unwrap();
    let tree = repo.find_tree(update.create_updated(repo, &empty).unwrap()).unwrap();
    let who = Signature::new("A", "a@example.com", &git2::Time::new(0, 0)).unwrap();
    let parents: Vec<_> = parents.iter().map(|id| repo.find_commit(*id).unwrap()).collect();
    let parents: Vec<_> = parents.iter().collect();
    repo.set_head("refs/heads/main").unwrap();
    repo.commit(Some("refs/heads/main"), &who, &who, "m", &tree, &parents).unwrap()
}

/// A bundle of everything that the commit reaches.
pub(crate) fn bundle(repo: &Repository, commit: Oid) -> Vec<u8> {
    let mut pack = repo.packbuilder().unwrap();
    let mut walk = repo.revwalk().unwrap();
    walk.push(commit).unwrap();
    pack.insert_walk(&mut walk).unwrap();
    let mut bytes = git2::Buf::new();
    pack.write_buf(&mut bytes).unwrap();
    let mut bundle = format!("# v2 git bundle\n{commit} refs/heads/main\n\n").into_bytes();
    bundle.extend_from_slice(&bytes);
    bundle
}

/// The tree that most tests look at.
pub(crate) const TREE: &[Spec<'static>] = &[
    ("README.md", FileMode::Blob, "hello\n"),
    ("run.sh", FileMode::BlobExecutable, "#!/bin/sh\n"),
    ("src/lib.rs", FileMode::Blob, "pub fn f() {}\n"),
    ("src/deep/a.rs", FileMode::Blob, "a"),
    ("src/.hidden", FileMode::Blob, "h"),
    ("links/file", FileMode::Link, "../README.md"),
    ("links/folder", FileMode::Link, "../src"),
    ("links/chain", FileMode::Link, "folder/deep"),
    ("links/absolute", FileMode::Link, "/etc/passwd"),
    ("links/etc", FileMode::Link, "/etc"),
    ("links/out", FileMode::Link, "../../outside"),
    ("links/home", FileMode::Link, "/home/u/repo/src"),
    ("links/back", FileMode::Link, "../../repo/src/lib.rs"),
    ("links/loop", FileMode::Link, "loop"),
    ("links/ping", FileMode::Link, "pong/x"),
    ("links/pong", FileMode::Link, "ping"),
    ("links/dangling", FileMode::Link, "../gone/file"),
    ("vendor/sub", FileMode::Commit, ""),
];
