//! Broken tasks: each is a row with the reason, the others are judged, exit 3.

use super::project::{Project, line, session};
use serde_json::json;

const TASK: &str = "suites/small/tasks/broken";

/// What is said of the broken task: its finding in the report. The other task was judged.
#[track_caller]
fn broken(project: &Project) -> String {
    project.run(&["run", "suites/small"]).ended(3);
    let tasks = project.read("reports/small/tasks.csv");
    let row = |name: &str| tasks.lines().find(|row| row.starts_with(name)).unwrap_or_default();
    assert!(row("broken,").contains("broken"), "{tasks}");
    assert!(!row("alpha,").is_empty() && !row("alpha,").contains("broken"), "{tasks}");
    let page = project.read("reports/small/gate.md");
    let calls = project.read("reports/small/calls.csv");
    assert!(calls.lines().any(|row| row.starts_with("alpha,")), "{calls}");
    page
}

fn with(session: &str) -> Project {
    let project = Project::small();
    project.task("broken", session);
    project
}

#[track_caller]
fn says(page: &str, texts: &[&str]) {
    for text in texts {
        assert!(page.contains(text), "no `{text}` in\n{page}");
    }
}

#[test]
fn an_empty_recording() {
    says(&broken(&with("")), &["tasks/broken/session.jsonl", "nothing"]);
}

#[test]
fn garbage_for_a_recording() {
    says(&broken(&with("\u{0}\u{1}garbage\nmore of it\n")), &["tasks/broken/session.jsonl"]);
    says(&broken(&with("{\"a\": 1}\n[1, 2]\n\"text\"\n")), &["tasks/broken/session.jsonl"]);
}

#[test]
fn two_formats_in_one_recording() {
    let log = "{\"type\":\"thread.started\",\"thread_id\":\"019f\"}\n{\"type\":\"turn.started\"}\n";
    for mixed in [format!("{}{log}", session(&["ls"])), format!("{log}{}", session(&["ls"]))] {
        says(&broken(&with(&mixed)), &["tasks/broken/session.jsonl:"]);
    }
}

#[test]
fn a_zstd_file_that_is_damaged_or_a_bomb() {
    let project = Project::small();
    project.task("broken", "");
    std::fs::remove_file(project.path(&format!("{TASK}/session.jsonl"))).unwrap();
    let file = format!("{TASK}/session.jsonl.zst");
    let whole = zstd::encode_all(session(&["ls"]).as_bytes(), 3).unwrap();
    project.write(&file, &whole[..whole.len() / 2]);
    says(&broken(&project), &["session.jsonl.zst"]);
    project.write(&file, b"not compressed at all");
    says(&broken(&project), &["session.jsonl.zst"]);
    let mut bomb = zstd::Encoder::new(Vec::new(), 19).unwrap();
    let block = vec![b' '; 1 << 20];
    for _ in 0..3 << 10 {
        std::io::Write::write_all(&mut bomb, &block).unwrap();
    }
    project.write(&file, bomb.finish().unwrap());
    says(&broken(&project), &["session.jsonl.zst"]);
}

#[test]
fn a_task_file_with_wrong_keys() {
    let project = with(&session(&["ls"]));
    project.write(&format!("{TASK}/task.toml"), "[decision]\noutcom = \"approve\"\nby = \"ana\"\nmood = 1\n");
    says(&broken(&project), &["tasks/broken/task.toml:2:1", "outcome", "tasks/broken/task.toml:4:1", "mood"]);
}

#[test]
fn an_outcome_that_the_role_does_not_know() {
    let project = with(&session(&["ls"]));
    project.write(&format!("{TASK}/task.toml"), "[decision]\noutcome = \"aprove\"\nby = \"ana\"\n");
    says(&broken(&project), &["tasks/broken/task.toml:2:", "approve"]);
}

#[test]
fn a_decision_that_names_no_call() {
    let project = with(&session(&["ls"]));
    let decision = "[decision]\noutcome = \"approve\"\nby = \"ana\"\n[[decision.approval]]\ncall = \"call_9\"\n\
                    verdict = \"accepted\"\n";
    project.write(&format!("{TASK}/task.toml"), decision);
    says(&broken(&project), &["tasks/broken/task.toml:5:", "call_9"]);
}

#[test]
fn a_commit_that_is_not_in_the_repository() {
    let project = Project::bundled();
    project.replace(
        "suites/release-reviewer/tasks/1.4.0-tracker/task.toml",
        "652caf36ca0f8df1da3dda4380e8fedf0314a2da",
        "652caf36ca0f8df1da3dda4380e8fedf0314a2db",
    );
    project.run(&["run", "suites/release-reviewer"]).ended(3);
    let page = project.read("reports/release-reviewer/gate.md");
    says(&page, &["tasks/1.4.0-tracker/task.toml:2:", "652caf36ca0f8df1da3dda4380e8fedf0314a2db"]);
    let calls = project.read("reports/release-reviewer/calls.csv");
    assert!(calls.contains("\n1.4.0-status-page,") && !calls.contains("\n1.4.0-tracker,"), "{calls}");
}

#[test]
fn a_baseline_of_another_age_or_cut_short() {
    let project = with(&session(&["ls"]));
    project.run(&["accept", "suites/small", "--all", "--reason", "r", "--by", "ana"]).ended(0);
    let file = "baselines/small/broken.json";
    let whole = project.read(file);
    for (content, text) in [
        (whole.replacen("\"format\": 1", "\"format\": 99", 1), "99"),
        (whole[..whole.len() / 2].to_owned(), "baselines/small/broken.json"),
        (String::new(), "baselines/small/broken.json"),
    ] {
        assert_ne!(content, whole);
        project.write(file, &content);
        says(&broken(&project), &["broken.json", text]);
        project.run(&["diff", "suites/small"]).ended(3);
        assert_eq!(project.read(file), content);
    }
}

#[test]
fn a_last_line_cut_short_is_a_note() {
    let whole = session(&["ls", "cat README.md"]);
    let cut = format!(
        "{}{}",
        whole,
        &line("event_msg", &json!({"type": "agent_message", "message": "more"}))[..60]
    );
    let project = with(&cut);
    let ran = project.run(&["run", "suites/small"]);
    assert_ne!(ran.code, Some(3), "{}", ran.stdout);
    let report = project.read("reports/small/report.json");
    assert!(report.contains("cut") || report.contains("truncated"), "{report}");
}
