//! Recordings of every kind, from where they lie to a report: imported, checked and run.

use std::fs;
use std::path::Path;

use git2::Oid;
use serde_json::{Value, json};

use super::import::{ID, Session, metric, project, task, toml};
use super::project::{Project, line};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/import");

/// Imports recordings without a repository, checks and runs the suite, and gives how many calls were judged.
#[track_caller]
fn judged(project: &Project, path: &str, more: &[&str]) -> u64 {
    let ran =
        project.run(&[&["import", path, "--suite", "suites/small", "--without-snapshot"], more].concat());
    let ran = ran.ended(0);
    assert!(ran.stdout.contains("1 imported, 0 updated, 0 unchanged, 0 refused"), "{}", ran.stdout);
    project.run(&["check", "suites/small"]).ended(0);
    let ran = project.run(&["run", "suites/small"]);
    assert!(matches!(ran.code, Some(0 | 1 | 4)), "{ran:?}");
    // The same again changes nothing.
    let before = project.files("suites/small");
    let again =
        project.run(&[&["import", path, "--suite", "suites/small", "--without-snapshot"], more].concat());
    assert!(again.ended(0).stdout.contains("1 unchanged"));
    assert_eq!(project.files("suites/small"), before);
    let report: Value = serde_json::from_str(&project.read("reports/small/report.json")).unwrap();
    metric(&report, "in_scope_calls").unwrap()["samples"].as_u64().unwrap()
}

#[test]
fn an_exec_log_becomes_a_task() {
    let project = project();
    assert_eq!(judged(&project, &format!("{FIXTURES}/logs/nightly.log"), &[]), 2);
    assert_eq!(toml(&project)["import"]["format"].as_str(), Some("exec-json"));
    // It records no prompt.
    assert_eq!(project.read(&format!("{}/prompt.md", task(&project))), "(The recording holds no prompt.)\n");
}

#[test]
fn a_trajectory_becomes_a_task() {
    let project = project();
    assert_eq!(judged(&project, &format!("{FIXTURES}/harbor"), &[]), 3);
    assert_eq!(toml(&project)["import"]["format"].as_str(), Some("atif"));
}

#[test]
fn a_claude_code_session_becomes_a_task_with_its_sub_agent() {
    let project = project();
    let calls = judged(&project, &format!("{FIXTURES}/claude"), &[]);
    assert_eq!(toml(&project)["import"]["format"].as_str(), Some("claude"));
    let folder = task(&project);
    let agent = project.read(&format!("{folder}/session.agent-1.jsonl"));
    // The user of its home path is masked by one mark in both files.
    let user =
        |text: &str| text.split("/home/").nth(1).and_then(|rest| rest.split('/').next()).map(str::to_owned);
    let main = project.read(&format!("{folder}/session.jsonl"));
    assert!(!main.contains("pilot") && !agent.contains("pilot"));
    assert!(
        user(&main).is_some_and(|name| name.starts_with(|c: char| c.is_ascii_digit())),
        "{:?}",
        user(&main)
    );
    assert_eq!(user(&agent), user(&main));
    fs::remove_file(project.path(&format!("{folder}/session.agent-1.jsonl"))).unwrap();
    project.run(&["run", "suites/small"]);
    let report: Value = serde_json::from_str(&project.read("reports/small/report.json")).unwrap();
    let without = metric(&report, "in_scope_calls").unwrap()["samples"].as_u64().unwrap();
    assert!(without < calls, "the calls of the sub-agent are judged, too: {without} of {calls}");
}

#[test]
fn sub_agents_lie_beside_the_session_that_started_them() {
    let project = project();
    let agent = "019f0000-0000-7000-8000-0000000000bb";
    let mut main = Session::at(Path::new("/w/app"), Oid::ZERO_SHA1).shell("ls", "a\n");
    main.write(&project);
    main.id = agent.to_owned();
    let spawn = json!({"subagent": {"thread_spawn": {"parent_thread_id": ID, "agent_role": "reader"}}});
    let meta = json!({"id": agent, "timestamp": "2026-05-12T09:00:05.000Z", "cwd": "/w/app", "source": spawn,
        "originator": "codex_cli", "cli_version": "0.169.0", "parent_thread_id": ID, "session_id": ID});
    let rest = main.shell("cat a", "token\n").text();
    let rest = rest.split_once('\n').unwrap().1.replace("call_1", "call_a").replace("call_2", "call_b");
    project.write(&format!("sessions/rollout-{agent}.jsonl"), line("session_meta", &meta) + &rest);
    // One call of the thread itself, and two of the sub-agent.
    assert_eq!(judged(&project, "sessions", &[]), 3);
    let files = project.files(&task(&project));
    assert!(files.contains_key("session.agent-1.jsonl"), "{:?}", files.keys());
    assert_eq!(toml(&project)["import"]["thread"].as_str(), Some(ID));
    // It goes when the sub-agent is gone.
    fs::remove_file(project.path(&format!("sessions/rollout-{agent}.jsonl"))).unwrap();
    let ran = project.run(&["import", "sessions", "--suite", "suites/small", "--without-snapshot"]).ended(0);
    assert!(ran.stdout.contains("1 updated"), "{}", ran.stdout);
    assert!(!project.files(&task(&project)).contains_key("session.agent-1.jsonl"));
}

/// A session of some megabytes, which names a user and a password at its end.
fn large() -> String {
    let mut session = Session::at(Path::new("/home/margarethe/app"), Oid::ZERO_SHA1);
    for at in 0..400u32 {
        let rows: Vec<String> =
            (0..120).map(|row| format!("row {row} of {at}: {}\n", at.wrapping_mul(row + 1))).collect();
        let body = rows.concat();
        session = session.shell(&format!("sed -n {at}p /home/margarethe/app/big.txt"), &body);
    }
    let password = ["k7Qp", "w2Zx9", "Lm4T"].concat();
    session = session.shell(&format!("psql --password={password}"), "1\n");
    session.text()
}

#[test]
fn large_recordings_are_compressed_and_may_come_so() {
    let project = project();
    let text = large();
    assert!(text.len() > 1 << 20, "{}", text.len());
    let packed = zstd::encode_all(text.as_bytes(), 3).unwrap();
    project.write("sessions/rollout-large.jsonl.zst", packed);
    assert_eq!(judged(&project, "sessions", &[]), 401);
    let folder = task(&project);
    let files = project.files(&folder);
    assert!(
        files.contains_key("session.jsonl.zst") && !files.contains_key("session.jsonl"),
        "{:?}",
        files.keys()
    );
    let plain = zstd::decode_all(files["session.jsonl.zst"].as_slice()).unwrap();
    let plain = String::from_utf8(plain).unwrap();
    assert_eq!(plain.lines().count(), text.lines().count());
    assert!(!plain.contains("margarethe") && !plain.contains(&["k7Qp", "w2Zx9"].concat()));
    // The same thread, not compressed, gives the same task.
    project.write("sessions/rollout-large.jsonl", &text);
    fs::remove_file(project.path("sessions/rollout-large.jsonl.zst")).unwrap();
    let ran = project.run(&["import", "sessions", "--suite", "suites/small", "--without-snapshot"]).ended(0);
    assert!(ran.stdout.contains("1 unchanged"), "{}", ran.stdout);
}

#[test]
fn what_is_too_large_or_a_bomb_is_named_and_the_rest_imported() {
    let project = project();
    Session::at(Path::new("/w/app"), Oid::ZERO_SHA1).shell("ls", "a\n").write(&project);
    project
        .write("sessions/rollout-large.jsonl", large().replace(ID, "019f0000-0000-7000-8000-0000000000cc"));
    // 40 MB of one letter after a beginning that is that of a session.
    let mut bomb = large().as_bytes()[..2000].to_vec();
    bomb.resize(bomb.len() + (40 << 20), b' ');
    project.write("sessions/rollout-bomb.jsonl.zst", zstd::encode_all(bomb.as_slice(), 3).unwrap());
    let arguments =
        ["import", "sessions", "--suite", "suites/small", "--without-snapshot", "--max-size", "1M"];
    let ran = project.run(&arguments).ended(3);
    assert!(ran.stdout.contains("1 imported, 0 updated, 0 unchanged, 2 refused"), "{}", ran.stdout);
    assert!(ran.stderr.contains("rollout-large.jsonl: holds more than 1048576 bytes"), "{}", ran.stderr);
    let ran = project.run(&arguments[..5]).ended(3);
    assert!(ran.stderr.contains("rollout-bomb.jsonl.zst: "), "{}", ran.stderr);
    assert!(ran.stdout.contains("1 imported, 0 updated, 1 unchanged, 1 refused"), "{}", ran.stdout);
}

#[test]
fn a_session_that_is_being_written_is_taken_up_to_its_last_whole_line() {
    let project = project();
    let text =
        Session::at(Path::new("/w/app"), Oid::ZERO_SHA1).shell("ls", "a\n").shell("cat a", "b\n").text();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let half = lines[..lines.len() - 3].concat() + &lines[lines.len() - 3][..40];
    project.write("sessions/rollout-x.jsonl", half);
    assert_eq!(judged(&project, "sessions", &[]), 1);
    let name = task(&project);
    project.write("sessions/rollout-x.jsonl", &text);
    let ran = project.run(&["import", "sessions", "--suite", "suites/small", "--without-snapshot"]).ended(0);
    assert!(ran.stdout.contains("1 updated"), "{}", ran.stdout);
    assert_eq!(task(&project), name);
}
