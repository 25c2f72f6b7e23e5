//! Files that programs read: reports rendered again, schemas, completions, help.

use serde_json::Value;

use super::project::Project;

const SUITE: &str = "suites/release-reviewer";

#[test]
fn a_report_renders_again_to_the_same_bytes() {
    let project = Project::bundled();
    project.run(&["run", SUITE]).ended(0);
    for (format, file) in [
        ("gate-md", "gate.md"),
        ("tasks-csv", "tasks.csv"),
        ("calls-csv", "calls.csv"),
        ("approvals-csv", "approvals.csv"),
    ] {
        let report = "reports/release-reviewer/report.json";
        let again = project.run(&["report", report, "--format", format]).ended(0);
        assert_eq!(again.stdout, project.read(&format!("reports/release-reviewer/{file}")), "{file}");
    }
}

/// The most memory that a running process had, in KB, and the CPU time it took, in hundredths of a second.
#[cfg(target_os = "linux")]
fn used(process: u32) -> Option<(u64, u64)> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let peak =
        status.lines().find(|line| line.starts_with("VmHWM:"))?.split_whitespace().nth(1)?.parse().ok()?;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some((peak, ticks(11)? + ticks(12)?))
}

/// A report of 10,000 tasks is rendered task by task: in little memory, and without looking at one task twice as
/// often as at another. Built without optimisation, on a busy machine; `cargo bench --bench report` has the figures.
#[cfg(target_os = "linux")]
#[test]
fn ten_thousand_tasks_take_little_memory() {
    let project = Project::small();
    project.run(&["run", "suites/small"]);
    let report = project.read("reports/small/report.json");
    let task = report.lines().find(|line| line.starts_with("{\"name\":\"alpha\"")).unwrap();
    let copy = |at: usize| task.replacen("alpha", &format!("task-{at:05}"), 1);
    let tasks: Vec<_> = (0..10_000).map(copy).collect();
    project.write("many.json", report.replace(task, &tasks.join(",\n")));
    for (format, ends, lines) in
        [("html", "</html>", 10_000), ("calls-csv", "", 30_001), ("junit", "</testsuites>", 10_000)]
    {
        let out = std::fs::File::create(project.path("out")).unwrap();
        let mut running = std::process::Command::new(env!("CARGO_BIN_EXE_plugin-eval"))
            .args(["report", "many.json", "--format", format])
            .current_dir(project.path(""))
            .stdout(out)
            .spawn()
            .unwrap();
        let mut most = (0, 0);
        while running.try_wait().unwrap().is_none() {
            most = used(running.id()).unwrap_or(most).max(most);
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        assert!(running.wait().unwrap().success());
        let text = project.read("out");
        assert!(text.trim_end().ends_with(ends) && text.lines().count() >= lines, "{format}");
        assert!(most.0 > 0 && most.0 < 300 << 10, "{format} took {} KB", most.0);
        assert!(most.1 < 6_000, "{format} took {} hundredths of a second", most.1);
    }
}

#[test]
fn a_report_that_is_none_is_refused() {
    let project = Project::small();
    project.write("a.json", "{\"version\": 99}");
    project.write("b.json", "not a report");
    for file in ["a.json", "b.json", "missing.json"] {
        let ran = project.run(&["report", file]).ended(2);
        assert!(ran.stderr.contains(file), "{}", ran.stderr);
    }
}

fn schema(project: &Project, of: &str) -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(&project.run(&["schema", of]).ended(0).stdout).unwrap();
    assert!(jsonschema::meta::is_valid(&schema), "{of}");
    jsonschema::validator_for(&schema).unwrap()
}

#[track_caller]
fn holds(schema: &jsonschema::Validator, name: &str, bytes: &[u8]) {
    let value: Value = serde_json::from_slice(bytes).unwrap();
    let problems: Vec<_> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(problems.is_empty(), "{name}: {problems:#?}");
}

#[test]
fn reports_and_baselines_fit_their_schemas() {
    let project = Project::bundled();
    project.run(&["accept", SUITE, "--all", "--reason", "reviewed", "--by", "ana"]).ended(0);
    project.run(&["run", SUITE]).ended(0);
    project.run(&["run", "suites/release-reviewer-leaky"]).ended(1);
    let report = schema(&project, "report");
    for suite in ["release-reviewer", "release-reviewer-leaky"] {
        let file = format!("reports/{suite}/report.json");
        holds(&report, &file, project.read(&file).as_bytes());
    }
    let baseline = schema(&project, "baseline");
    let baselines = project.files("baselines/release-reviewer");
    assert_eq!(baselines.len(), 18);
    for (name, bytes) in &baselines {
        holds(&baseline, name, bytes);
    }
    assert!(!report.is_valid(&serde_json::json!({"suite": 1})));
    assert!(!baseline.is_valid(&serde_json::json!({"task": 1})));
}

#[test]
fn completions_name_the_commands() {
    let project = Project::empty();
    for shell in ["bash", "zsh", "fish"] {
        let script = project.run(&["completions", shell]).ended(0).stdout;
        assert!(script.contains("plugin-eval") && script.contains("explain"), "{shell}");
    }
}

#[test]
fn every_command_shows_an_example() {
    let project = Project::empty();
    for command in ["run", "check", "diff", "explain", "accept", "report", "schema", "completions"] {
        let help = project.run(&[command, "--help"]).ended(0).stdout;
        assert!(help.contains(&format!("Example:\n  plugin-eval {command}")), "{help}");
    }
    assert!(project.run(&["--help"]).ended(0).stdout.contains("Exit codes: 0 "));
    project.run(&[]).ended(2);
    project.run(&["rnu"]).ended(2);
}

#[test]
fn metrics_are_listed_with_what_they_mean() {
    let project = Project::empty();
    let all = project.run(&["metrics"]).ended(0).stdout;
    let rows: Value = serde_json::from_str(&project.run(&["metrics", "--json"]).ended(0).stdout).unwrap();
    let rows = rows.as_array().unwrap();
    assert_eq!(all.lines().count(), rows.len());
    for row in rows {
        let name = row["name"].as_str().unwrap();
        assert!(all.lines().any(|line| line.split_whitespace().next() == Some(name)), "{name}");
        for key in ["unit", "better", "sample", "meaning", "no_data"] {
            assert!(row[key].as_str().is_some_and(|text| !text.is_empty()), "{name}: {key}");
        }
        assert!(!row["bars"].as_array().unwrap().is_empty(), "{name}");
    }
    let one = project.run(&["metrics", "unauthorized_writes"]).ended(0).stdout;
    assert!(one.starts_with("boundary_violations.writes\n"), "{one}");
    assert!(one.contains("also called  unauthorized_writes\n") && one.contains("no-worse"), "{one}");
    let parts = project.run(&["metrics", "escalation_latency", "--json"]).ended(0).stdout;
    assert_eq!(serde_json::from_str::<Value>(&parts).unwrap().as_array().unwrap().len(), 3);
    let wrong = project.run(&["metrics", "in_scop"]).ended(2);
    assert_eq!(wrong.stderr, "error: there is no metric `in_scop`: did you mean `in_scope`?\n");
}
