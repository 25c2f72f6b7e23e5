//! Patches of whole sessions against small repositories.

use std::path::Path;

use git2::build::TreeUpdateBuilder;
use git2::{FileMode, Oid, Repository, Signature};

use super::merge;
use super::repair::{self, Annals};
use super::*;
use crate::replay::RepairKind;
use crate::source::Scratch;

const PAY: &str = "fn pay(sum: u32) -> u32 {\n    let tax = sum / 5;\n    sum + tax\n}\n";

/// Commits files on `main`, a second after the commit before; `None` takes a file away.
fn commit(repo: &Repository, message: &str, files: &[(&str, Option<&str>)], parents: &[Oid]) -> Oid {
    let mut update = TreeUpdateBuilder::new();
    for (path, text) in files {
        match text {
            Some(text) => _ = update.upsert(*path, repo.blob(text.as_bytes()).unwrap(), FileMode::Blob),
            None => _ = update.remove(*path),
        }
    }
    let parents: Vec<_> = parents.iter().map(|id| repo.find_commit(*id).unwrap()).collect();
    let base = match parents.first() {
        Some(parent) => parent.tree().unwrap(),
        None => repo.find_tree(repo.treebuilder(None).unwrap().write().unwrap()).unwrap(),
    };
    let tree = repo.find_tree(update.create_updated(repo, &base).unwrap()).unwrap();
    let time = 1_000 + parents.iter().map(|parent| parent.time().seconds()).max().unwrap_or(0);
    let who = Signature::new("A", "a@example.com", &git2::Time::new(time, 0)).unwrap();
    let parents: Vec<_> = parents.iter().collect();
    let id = repo.commit(None, &who, &who, message, &tree, &parents).unwrap();
    repo.reference("refs/heads/main", id, true, "").unwrap();
    id
}

fn snapshot(path: &Path, commit: Oid) -> Snapshot {
    crate::source::Repository::open(path).unwrap().snapshot(&commit.to_string()).unwrap()
}

/// The agent's patch over the snapshot at `start`, beside the commit `merged`.
fn compared(path: &Path, start: Oid, merged: Oid, edit: impl FnOnce(&mut Overlay)) -> Merge {
    let snapshot = snapshot(path, start);
    let mut tree = Overlay::new(snapshot.clone());
    edit(&mut tree);
    merge::compare(&Store::of(&snapshot).unwrap(), start, merged, &change::of_session(&tree))
}

fn bounds(merge: &Merge) -> (u32, u32) {
    match merge {
        Merge::Compared { least, most, .. } => (*least, *most),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_patch_beside_the_merged_commit() {
    let folder = Scratch::new().unwrap();
    let repo = Repository::init_bare(folder.path()).unwrap();
    let start = commit(&repo, "start", &[("a.rs", Some("mod a;\n")), ("b.rs", Some("mod b;\n"))], &[]);
    let with_pay = format!("mod a;\n{PAY}");
    let merged = commit(&repo, "Pay", &[("a.rs", Some(&with_pay)), ("NEWS", Some("Pay\n"))], &[start]);
    let same = |tree: &mut Overlay| tree.write("a.rs", with_pay.as_bytes()).unwrap();
    assert_eq!(bounds(&compared(folder.path(), start, merged, same)), (1000, 1000));
    // Moved to another file by people.
    let elsewhere = |tree: &mut Overlay| tree.write("b.rs", format!("mod b;\n{PAY}").as_bytes()).unwrap();
    assert_eq!(bounds(&compared(folder.path(), start, merged, elsewhere)), (1000, 1000));
    let other = |tree: &mut Overlay| {
        tree.write("a.rs", b"mod a;\nstatic NOTHING: &str = \"else\";\n".as_slice()).unwrap();
    };
    let (least, most) = bounds(&compared(folder.path(), start, merged, other));
    assert!(least == most && least < 100, "{least} {most}");
    assert_eq!(compared(folder.path(), start, merged, |_| {}), Merge::NoPatch);
}

#[test]
fn a_change_may_come_in_as_several_commits_or_by_a_merge() {
    let folder = Scratch::new().unwrap();
    let repo = Repository::init_bare(folder.path()).unwrap();
    let start = commit(&repo, "start", &[("a.rs", Some("mod a;\n"))], &[]);
    let half = commit(&repo, "half", &[("a.rs", Some("mod a;\nfn one() -> u32 { 1 }\n"))], &[start]);
    let both = "mod a;\nfn one() -> u32 { 1 }\nfn two() -> u32 { 2 }\n";
    let whole = commit(&repo, "whole", &[("a.rs", Some(both))], &[half]);
    let edit = |tree: &mut Overlay| tree.write("a.rs", both.as_bytes()).unwrap();
    assert_eq!(bounds(&compared(folder.path(), start, whole, edit)), (1000, 1000));
    let main = commit(&repo, "other", &[("c.rs", Some("mod c;\n"))], &[start]);
    let merge = commit(&repo, "merge", &[("a.rs", Some(both))], &[main, whole]);
    assert_eq!(bounds(&compared(folder.path(), start, merge, edit)), (1000, 1000));
}

/// `a.rs` is as merged (4 words of 4 on both sides). What a command made of `b.rs` is not known; people changed 5 words
/// of it: at least (4 + 4) of (4 + 4 + 5 + 5), at most all.
#[test]
fn files_that_are_not_known_give_bounds() {
    let folder = Scratch::new().unwrap();
    let repo = Repository::init_bare(folder.path()).unwrap();
    let start = commit(&repo, "start", &[("a", Some("t\n")), ("b", Some("t\n"))], &[]);
    let files = [("a", Some("t\none two three four\n")), ("b", Some("t\nv w x y z\n"))];
    let merged = commit(&repo, "merged", &files, &[start]);
    let edit = |tree: &mut Overlay| {
        tree.write("a", b"t\none two three four\n".as_slice()).unwrap();
        tree.rewritten("b");
        tree.rewritten("scratch.txt");
    };
    assert_eq!(bounds(&compared(folder.path(), start, merged, edit)), (8 * 1000 / 18, 1000));
}

fn repairs(path: &Path, merged: Oid) -> Vec<(String, RepairKind, u32)> {
    let snapshot = snapshot(path, merged);
    let found = Annals::default().repairs(&Store::of(&snapshot).unwrap(), &snapshot, merged);
    found.into_iter().map(|Repair { how, lines, subject, .. }| (subject, how, lines)).collect()
}

#[test]
fn reverts_and_fixes_are_found() {
    let folder = Scratch::new().unwrap();
    let repo = Repository::init_bare(folder.path()).unwrap();
    let start = commit(&repo, "start", &[("a.rs", Some("mod a;\n")), ("b.rs", Some("mod b;\n"))], &[]);
    let merged = commit(&repo, "Pay", &[("a.rs", Some(&format!("mod a;\n{PAY}")))], &[start]);
    let blanks = PAY.replace("    ", "\t");
    let files = |text: &str| format!("mod a;\n{text}");
    let at = commit(&repo, "Fix indentation", &[("a.rs", Some(&files(&blanks)))], &[merged]);
    let at = commit(&repo, "Fix b", &[("b.rs", Some("mod bb;\n"))], &[at]);
    let at = commit(&repo, "Fix the first line", &[("a.rs", Some(&format!("mod aa;\n{blanks}")))], &[at]);
    let taxed = blanks.replace("sum / 5", "sum / 4");
    let at = commit(&repo, "Reword taxes", &[("a.rs", Some(&format!("mod aa;\n{taxed}")))], &[at]);
    assert_eq!(repairs(folder.path(), merged), []);
    let fixed = taxed.replace("sum + tax", "sum.saturating_add(tax)");
    let at = commit(&repo, "Fix: no overflow", &[("a.rs", Some(&format!("mod aa;\n{fixed}")))], &[at]);
    // The line was only indented otherwise in between.
    let fix = ("Fix: no overflow".to_owned(), RepairKind::Fixes, 1);
    assert_eq!(repairs(folder.path(), merged), std::slice::from_ref(&fix));
    let back = format!("Revert \"Pay\"\n\nThis reverts commit {merged}.");
    let at = commit(&repo, &back, &[("a.rs", Some("mod aa;\n"))], &[at]);
    let told = format!("Round up\n\nFixes: {}", &merged.to_string()[..12]);
    commit(&repo, &told, &[("b.rs", None)], &[at]);
    let want = [("Revert \"Pay\"", RepairKind::Reverts, 0), ("Round up", RepairKind::Names, 0)];
    let want = want.map(|(subject, how, lines)| (subject.to_owned(), how, lines));
    assert_eq!(repairs(folder.path(), merged), [vec![fix], want.to_vec()].concat());
}

#[test]
fn blame_gives_changed_lines_to_the_commit() {
    let folder = Scratch::new().unwrap();
    let repo = Repository::init_bare(folder.path()).unwrap();
    let start = commit(&repo, "start", &[("a.rs", Some("mod a;\n"))], &[]);
    let merged = commit(&repo, "Pay", &[("a.rs", Some(&format!("mod a;\n{PAY}")))], &[start]);
    let moved = commit(&repo, "Add a line", &[("a.rs", Some(&format!("// pay\nmod a;\n{PAY}")))], &[merged]);
    let fixed = PAY.replace("sum / 5", "sum / 4").replace("sum + tax", "sum - tax");
    commit(&repo, "Fix the tax", &[("a.rs", Some(&format!("// pay\nmod a;\n{fixed}")))], &[moved]);
    assert_eq!(repairs(folder.path(), merged), [("Fix the tax".to_owned(), RepairKind::Fixes, 2)]);
    assert_eq!(repairs(folder.path(), moved), []);
}

#[test]
fn what_people_say_comes_first() {
    let folder = Scratch::new().unwrap();
    let repo = Repository::init_bare(folder.path()).unwrap();
    let start = commit(&repo, "start", &[("a", Some("x\n"))], &[]);
    let store = Store::of(&snapshot(folder.path(), start)).unwrap();
    let found = [Repair { commit: start.to_string(), how: RepairKind::Fixes, lines: 2, subject: "s".into() }];
    let all = repair::all(&store, &found, &[start.to_string()[..9].to_owned(), "abcdef0".to_owned()]);
    let told: Vec<_> = all.iter().map(|repair| (repair.how, repair.lines)).collect();
    assert_eq!(told.len(), 2);
    assert!(
        told.contains(&(RepairKind::Labelled, 2)) && told.contains(&(RepairKind::Labelled, 0)),
        "{told:?}"
    );
}
