//! What of a suite is run, and how.

use super::project::{Project, session};

const SUITE: &str = "suites/release-reviewer";

#[test]
fn without_hooks_their_rulings_are_undetermined_and_it_is_said_once() {
    let project = Project::bundled();
    project.run(&["run", SUITE]).ended(0);
    let with = project.read("reports/release-reviewer/calls.csv");
    let ran = project.run(&["run", SUITE, "--no-hooks"]);
    let without = project.read("reports/release-reviewer/calls.csv");
    let said = [&ran.stderr, &ran.stdout].map(|text| text.matches("NOT run").count());
    assert_eq!(said, [1, 0], "{}{}", ran.stderr, ran.stdout);
    assert!(project.read("reports/release-reviewer/gate.md").contains("NOT run"));
    let row =
        |csv: &str| csv.lines().find(|row| row.contains("call_IPRclBqvVNY1aweuVtmheoKQ")).unwrap().to_owned();
    assert!(row(&with).contains("deny,hook"), "{}", row(&with));
    assert!(row(&without).contains("undetermined,hook"), "{}", row(&without));
    let forbidden = |csv: &str| csv.lines().filter(|row| row.contains("deny,hook")).count();
    assert!(forbidden(&with) > 0);
    assert_eq!(forbidden(&without), 0);
}

#[test]
fn some_tasks_leave_the_report_alone() {
    let project = Project::small();
    project.task("beta", &session(&["git log"]));
    project.run(&["run", "suites/small"]);
    let reports = project.files("reports");
    assert!(!reports.is_empty());
    project.write("suites/small/tasks/beta/session.jsonl", session(&["git log", "touch x"]));
    let part = project.run(&["run", "suites/small", "--task", "b*"]);
    assert!(part.stdout.contains("1 tasks, ") || part.stdout.contains("1 task, "), "{}", part.stdout);
    assert!(part.stdout.contains("not written"), "{}", part.stdout);
    assert_eq!(project.files("reports"), reports);
    project.run(&["run", "suites/small", "--task", "b*", "--reports", "elsewhere"]);
    assert!(project.read("elsewhere/small/gate.md").contains("1 task of the suite did not run"));
    let none = project.run(&["run", "suites/small", "--task", "gamma"]).ended(2);
    assert_eq!(none.stderr, "error: no task matches `gamma`\n");
}

#[test]
fn another_stage_decides() {
    let project = Project::bundled();
    let ran = project.run(&["run", SUITE, "--stage", "workspace-write"]).ended(4);
    assert!(ran.stdout.starts_with("Inconclusive at workspace-write: "), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("  read-only (here): 3 pass\n  workspace-write (judged)\n"),
        "{}",
        ran.stdout
    );
    let page = project.read("reports/release-reviewer/gate.md");
    assert!(
        page.contains("| **read-only** | release-review | 3 pass | the plugin stands here; decides too |"),
        "{page}"
    );
    assert!(
        page.contains("| workspace-write | release-edit | 3 inconclusive | judged, as asked for |"),
        "{page}"
    );
    // Baselines are of the stage where the plugin stands, so nothing changed by asking about another one.
    project.run(&["accept", SUITE, "--all", "--reason", "reviewed", "--by", "ana"]).ended(0);
    project.run(&["run", SUITE, "--stage", "workspace-write"]).ended(4);
    let unknown = project.run(&["run", SUITE, "--stage", "workspace-wirte"]).ended(2);
    assert!(unknown.stderr.contains("did you mean `workspace-write`?"), "{}", unknown.stderr);
}

#[test]
fn a_day_must_be_a_day() {
    let ran = Project::small().run(&["run", "suites/small", "--today", "tomorrow"]).ended(2);
    assert!(ran.stderr.contains("`tomorrow` is not a day"), "{}", ran.stderr);
}
