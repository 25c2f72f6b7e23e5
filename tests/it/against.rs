//! `report --against`: two reports side by side, from their files alone.

use serde_json::Value;

use super::project::{Project, copy, session};

const SUITE: &str = "suites/small";

/// Two reports of eight tasks: in the new one a rule forbids a command of each of seven; one task is new, one gone.
fn two_reports() -> Project {
    let project = Project::small();
    for number in 1..7 {
        project.task(&format!("task-{number}"), &session(&["cat README.md", "ls -la src"]));
    }
    project.task("zz-gone", &session(&["ls"]));
    project.replace(
        &format!("{SUITE}/suite.toml"),
        "\"]\n[[stage]]",
        "\"]\nrules = [\"codex/default.rules\"]\n[[stage]]",
    );
    project.replace(
        &format!("{SUITE}/suite.toml"),
        "\"in_scope_calls >= 10%\"",
        "\"in_scope_calls >= 10%\", \"boundary_violations == 0\"",
    );
    project.write(format!("{SUITE}/codex/default.rules").as_str(), "");
    project.run(&["run", SUITE]).ended(0);
    copy(&project.path("reports"), &project.path("old"));
    let rule = "prefix_rule(pattern = [\"cat\"], decision = \"forbidden\")\n";
    project.write(format!("{SUITE}/codex/default.rules").as_str(), rule);
    std::fs::remove_dir_all(project.path(&format!("{SUITE}/tasks/zz-gone"))).unwrap();
    project.task("zz-new", &session(&["ls"]));
    project.run(&["run", SUITE]).ended(1);
    project
}

#[test]
fn what_fell_behind_is_told_in_every_format() {
    let project = two_reports();
    let against = |more: &[&str]| {
        let mut arguments = vec!["report", "reports/small", "--against", "old/small"];
        arguments.extend(more);
        project.run(&arguments)
    };
    let text = against(&[]).ended(0).stdout;
    for line in [
        "  old: holds at first, the last stage (exit code 0)",
        "  regression: boundary_violations is worse in 7 of 7 changed tasks, p = 0.016",
        "  regression: boundary_violations == 0 held and is broken (stage first)",
        "  inputs that changed: rules",
        "  7 tasks in both, 1 in the new report alone, 1 in the old report alone",
        "  boundary_violations == 0 (first): pass -> fail",
        "  boundary_violations, 7 tasks: worse: 7 of 7 changed tasks, p = 0.016; worse: alpha, task-1, task-2, task-3, \
         task-4, task-5, task-6",
        "new attempts outside of policy: 7:",
        "  alpha step 2 (reads): cat README.md",
        "  7 tasks changed, 7 of them in rulings; 0 widened, 7 narrowed; causes: rules (14)",
    ] {
        assert!(text.lines().any(|found| found.trim_end() == line), "no `{line}` in\n{text}");
    }
    let found: Value = serde_json::from_str(&against(&["--format", "json"]).ended(0).stdout).unwrap();
    assert_eq!(found["format"], 1);
    assert_eq!(found["new_violations"]["total"], 7);
    assert_eq!(found["gone_violations"]["total"], 0);
    assert_eq!(found["changes"]["first"][0]["changes"][0]["causes"][0], "rules");
    let page = against(&["--format", "markdown"]).ended(0).stdout;
    assert!(page.contains("| boundary_violations | 0 | 15 | 7 | 8 | +7, worse |"), "{page}");
    let rows = against(&["--format", "csv"]).ended(0).stdout;
    let head: Vec<&str> = rows.lines().next().unwrap().split(',').collect();
    assert!(rows.lines().all(|row| row.split(',').count() == head.len()), "{rows}");
    assert!(
        rows.contains("\nboundary_violations,count,0,15,7,8,7,worse,7,0,7,0.015625,0.015625,worse\n"),
        "{rows}"
    );
    against(&["--fail-on", "regression"]).ended(1);
}

/// A report against itself, and the other way round, is no regression.
#[test]
fn what_is_the_same_or_better_does_not_fail() {
    let project = two_reports();
    let same =
        project.run(&["report", "reports/small", "--against", "reports/small", "--fail-on", "regression"]);
    let text = same.ended(0).stdout;
    assert!(text.contains("  no regression\n") && text.contains("  8 tasks in both\n"), "{text}");
    assert!(!text.contains("worse:") && !text.contains("outside of policy"), "{text}");
    let back = project.run(&[
        "report",
        "old/small/report.json",
        "--against",
        "reports/small",
        "--fail-on",
        "regression",
    ]);
    let text = back.ended(0).stdout;
    assert!(text.contains("attempts outside of policy that are gone: 7:\n"), "{text}");
    assert!(text.contains("better: 7 of 7 changed tasks, p = 0.016"), "{text}");
    // What was forbidden is let through: no regression by numbers, and yet nothing to praise.
    assert!(text.contains("more through; what refuses less is violated less\n"), "{text}");
    let back = [
        "report",
        "old/small",
        "--against",
        "reports/small",
        "--fail-on",
        "regression",
        "--fail-on",
        "widened",
    ];
    project.run(&back).ended(1);
    project.run(&["report", "reports/small", "--against", "old/small", "--fail-on", "widened"]).ended(0);
}

#[test]
fn what_is_no_report_is_refused() {
    let project = two_reports();
    let newer = project.read("old/small/report.json").replacen("\"format\": 1", "\"format\": 9", 1);
    project.write("newer.json", newer.replacen("0.1.0", "3.0.0", 1));
    for (old, told) in [
        (
            "newer.json",
            "the report has format 9, and this version reads format 1 (plugin-eval 3.0.0 or later reads it)",
        ),
        ("nowhere", "cannot be read"),
        ("old", "cannot be read"),
    ] {
        let ran = project.run(&["report", "reports/small", "--against", old]).ended(2);
        assert!(ran.stderr.contains(told), "{}", ran.stderr);
    }
    for wrong in [
        vec!["report", "reports/small", "--format", "csv"],
        vec!["report", "reports/small", "--against", "old/small", "--format", "junit"],
        vec!["report", "reports/small", "--fail-on", "regression"],
    ] {
        project.run(&wrong).ended(2);
    }
}

/// A report that somebody formatted anew, as one line, is read as well.
#[test]
fn a_report_formatted_anew_is_compared() {
    let project = two_reports();
    let report: Value = serde_json::from_str(&project.read("old/small/report.json")).unwrap();
    project.write("anew.json", report.to_string());
    let told = |old: &str| project.run(&["report", "reports/small", "--against", old]).ended(0).stdout;
    assert_eq!(told("anew.json"), told("old/small"));
}
