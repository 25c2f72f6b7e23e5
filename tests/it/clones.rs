//! Clones that lack a part of their repository: shallow ones, and those without the content of files.

use std::path::Path;

use git2::Oid;

use super::import::{Clone, LIB, PATCH, Session, git, import, project, task, toml};
use super::project::Project;

/// A repository of three commits, the first of which the session started from unless `late`.
fn with_session(late: bool) -> (Project, Oid) {
    let project = project();
    let mut clone = Clone::of(&project, "app");
    let first = clone.commit("first", &[("src/lib.rs", Some(LIB)), ("README.md", Some("An app.\n"))]);
    clone.commit("second", &[("README.md", Some("An app that sells.\n"))]);
    let third = clone.commit("third", &[("CHANGES", Some("one\n"))]);
    let start = if late { third } else { first };
    Session::at(Path::new("/home/kim9/app"), start).shell("cat src/lib.rs", LIB).patch(PATCH).write(&project);
    (project, start)
}

/// Clones `app` into `part`; `false` where there is no git.
fn cloned(project: &Project, how: &[&str]) -> bool {
    let from = format!("file://{}", project.path("app").to_str().unwrap());
    let app = project.path("app");
    // As servers of repositories allow it.
    let allowed = git(&app, &["config", "uploadpack.allowFilter", "true"]);
    let Some(made) = git(
        &project.path("."),
        &[&["clone", "-q", "--branch", "main"], how, &[from.as_str(), "part"]].concat(),
    ) else {
        return false;
    };
    let named = git(&project.path("part"), &["remote", "set-url", "origin", "git@git.invalid:acme/app.git"]);
    assert!(made && allowed == Some(true) && named == Some(true), "{how:?}");
    std::fs::rename(project.path("app"), project.path("far-away")).unwrap();
    true
}

#[test]
fn a_shallow_clone_that_has_the_commit_is_enough() {
    let (project, start) = with_session(true);
    if !cloned(&project, &["--depth", "1"]) {
        return;
    }
    import(&project, &["--repo", "part"]).ended(0);
    assert_eq!(toml(&project)["commit"].as_str(), Some(start.to_string().as_str()));
    project.run(&["check", "suites/small"]).ended(0);
    // The patch is judged against the snapshot in the bundle alone.
    std::fs::remove_dir_all(project.path("part")).unwrap();
    let name = task(&project);
    let name = name.rsplit('/').next().unwrap();
    let steps = project.run(&["explain", "suites/small", name]).ended(0).stdout;
    assert!(steps.contains("src/lib.rs"), "{steps}");
}

#[test]
fn a_shallow_clone_without_the_commit_names_what_fetches_it() {
    let (project, start) = with_session(false);
    if !cloned(&project, &["--depth", "1"]) {
        return;
    }
    let ran = import(&project, &["--repo", "part"]).ended(3);
    assert!(ran.stderr.contains(&format!("has the commit {}", &start.to_string()[..8])), "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("fetch origin {start}")), "{}", ran.stderr);
    assert!(project.files("suites/small/tasks").is_empty());
}

#[test]
fn a_clone_without_the_content_of_files_is_refused_by_name() {
    let (project, _) = with_session(false);
    if !cloned(&project, &["--filter=blob:none", "--no-checkout"]) {
        return;
    }
    let ran = import(&project, &["--repo", "part"]).ended(3);
    assert!(ran.stderr.contains("the clone lacks a file of the snapshot"), "{}", ran.stderr);
    assert!(ran.stderr.contains("git fetch --refetch"), "{}", ran.stderr);
    assert!(project.files("suites/small/tasks").is_empty() && project.files("suites/small/repos").is_empty());
    // Without a snapshot it goes.
    std::fs::remove_dir_all(project.path("part")).unwrap();
    import(&project, &["--without-snapshot"]).ended(0);
}
