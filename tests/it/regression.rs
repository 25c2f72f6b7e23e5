//! Each task against its accepted baseline: what got worse beyond chance rolls back, what may be chance does not.

use serde_json::Value;

use super::project::{Project, session};

const SUITE: &str = "suites/small";

/// `count` tasks, accepted; then a rule forbids a command of each.
fn forbidden_since(count: usize) -> Project {
    let project = Project::small();
    for number in 1..count {
        project.task(&format!("task-{number}"), &session(&["cat README.md", "ls -la src"]));
    }
    project.replace(
        &format!("{SUITE}/suite.toml"),
        "\"]\n[[stage]]",
        "\"]\nrules = [\"codex/default.rules\"]\n[[stage]]",
    );
    project.write(format!("{SUITE}/codex/default.rules").as_str(), "");
    project.run(&["accept", SUITE, "--all", "--reason", "reviewed", "--by", "ana"]).ended(0);
    project.run(&["run", SUITE]).ended(0);
    let rule = "prefix_rule(pattern = [\"cat\"], decision = \"forbidden\")\n";
    project.write(format!("{SUITE}/codex/default.rules").as_str(), rule);
    project
}

fn compared(project: &Project, metric: &str) -> Value {
    let report: Value = serde_json::from_str(&project.read("reports/small/report.json")).unwrap();
    let rows = report["summary"]["paired"]["rows"].as_array().unwrap().clone();
    rows.into_iter().find(|row| row["metric"] == metric).unwrap()
}

/// Seven of seven tasks: p = 2 ÷ 128.
#[test]
fn seven_of_seven_tasks_roll_back() {
    let project = forbidden_since(7);
    let ran = project.run(&["run", SUITE]).ended(1);
    let reason =
        "boundary_violations regressed since the baselines: worse in 7 of 7 changed tasks, p = 0.016";
    assert!(
        ran.stdout.starts_with(&format!("Roll back from first, out of use: {reason}\n")),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("  boundary_violations: worse: 7 of 7 changed tasks, p = 0.016\n"),
        "{}",
        ran.stdout
    );
    let row = compared(&project, "boundary_violations");
    assert_eq!((&row["turn"], &row["worse"], &row["better"]), (&"worse".into(), &7.into(), &0.into()));
    assert_eq!(row["p"], 0.015_625);
    assert_eq!(row["worse_tasks"].as_array().unwrap().len(), 7);
    let page = project.read("reports/small/gate.md");
    assert!(
        page.contains("| boundary_violations | 7 | 0 | 7 | worse: 7 of 7 changed tasks, p = 0.016 |"),
        "{page}"
    );
    assert!(project.read("reports/small/index.html").contains("Compared with the baselines"));

    // A violation is waived, never accepted; a waived one is none on either side.
    let waivers = (0..7).map(|number| {
        let task = if number == 0 { "alpha".to_owned() } else { format!("task-{number}") };
        let what = format!("[[waiver]]\ntask = \"{task}\"\nkind = \"reads\"\n");
        what + "reason = \"meant so\"\nby = \"ana\"\nexpires = \"2030-01-01\"\n"
    });
    let suite = project.read(&format!("{SUITE}/suite.toml")) + &waivers.collect::<Vec<_>>().concat();
    project.write(&format!("{SUITE}/suite.toml"), suite);
    let ran = project.run(&["run", SUITE, "--today", "2026-01-01"]).ended(1);
    assert!(!ran.stdout.contains("regressed"), "{}", ran.stdout);
    assert_eq!(compared(&project, "boundary_violations")["turn"], "same");
}

/// Two of two may be chance. A bar that asks says how many more tasks it takes: six of six are the least.
#[test]
fn two_of_two_tasks_may_be_chance() {
    let project = forbidden_since(2);
    project.replace(
        &format!("{SUITE}/suite.toml"),
        "\"in_scope_calls >= 10%\"",
        "\"boundary_violations no-worse\"",
    );
    let ran = project.run(&["run", SUITE]).ended(1);
    let told = "2 tasks worse, 0 better, p = 0.5: too few moved to tell";
    assert!(
        ran.stdout.starts_with("Hold at first: 2 tasks changed since they were accepted\n"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
    assert!(ran.stdout.contains("4 more samples"), "{}", ran.stdout);
    assert_eq!(compared(&project, "boundary_violations")["turn"], "unclear");
}

/// A baseline of another stage is no measure of this one.
#[test]
fn baselines_of_another_stage_are_left_out() {
    let project = forbidden_since(7);
    project.replace(&format!("{SUITE}/suite.toml"), "name = \"first\"", "name = \"second\"");
    project.replace(&format!("{SUITE}/suite.toml"), "stage = \"first\"", "stage = \"second\"");
    let ran = project.run(&["run", SUITE]).ended(1);
    assert!(ran.stdout.starts_with("Hold at second: 7 tasks changed"), "{}", ran.stdout);
    let page = project.read("reports/small/gate.md");
    assert!(page.contains("7 tasks were accepted at another stage and left out"), "{page}");
}
