//! How fast folders of recordings are surveyed, and made tasks of.
//!
//! `cargo bench --bench import` measures generated sessions, small and large, plain and compressed: the survey alone,
//! then whole imports with masking and without, as far as to the files on disk. Folders that `PLUGIN_EVAL_SESSIONS` names
//! are surveyed too, with what was found in them.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use plugin_eval::import::survey::{Filter, since, survey};
use plugin_eval::import::{Options, import};
use plugin_eval::suite::Suite;
use serde_json::{Value, json};

/// Instructions of a model, as every session holds them.
const INSTRUCTIONS: usize = 12_000;

fn line(text: &mut String, second: usize, kind: &str, payload: &Value) {
    let (hour, minute, second) = (10 + second / 3600 % 12, second / 60 % 60, second % 60);
    let line = json!({"timestamp": format!("2026-05-01T{hour:02}:{minute:02}:{second:02}.000Z"), "type": kind, "payload": payload});
    let _ = writeln!(text, "{line}");
}

/// One call with what stands around it.
fn step(text: &mut String, number: usize, n: usize) {
    let call = format!("call_{number:08}{n:016}");
    line(
        text,
        n + 2,
        "response_item",
        &json!({"type": "reasoning", "summary": [], "content": null, "encrypted_content": "gAAAAABq".repeat(60)}),
    );
    if n % 8 == 7 {
        let patch = format!(
            "*** Begin Patch\n*** Update File: src/module_{n}.rs\n@@\n-let a = {n};\n+let a = {};\n*** End Patch",
            n + 1
        );
        line(
            text,
            n + 2,
            "response_item",
            &json!({"type": "custom_tool_call", "status": "completed", "name": "apply_patch", "input": patch, "call_id": call}),
        );
        line(
            text,
            n + 3,
            "response_item",
            &json!({"type": "custom_tool_call_output", "call_id": call, "output": "{\"output\":\"Success.\",\"metadata\":{\"exit_code\":0}}"}),
        );
    } else {
        let arguments = json!({"cmd": format!("sed -n '1,{n}p' src/module_{n}.rs && git log --oneline -5"), "workdir": "/w/app"});
        line(
            text,
            n + 2,
            "response_item",
            &json!({"type": "function_call", "name": "exec_command", "arguments": arguments.to_string(), "call_id": call}),
        );
        let body = format!("fn item_{n}() -> u32 {{\n    {n} // \"quoted\"\n}}\n").repeat(4 + n % 30);
        let output = format!(
            "Chunk ID: ab{n:04}\nWall time: 0.02 seconds\nProcess exited with code 0\nOriginal token count: 40\nOutput:\n{body}"
        );
        line(
            text,
            n + 3,
            "response_item",
            &json!({"type": "function_call_output", "call_id": call, "output": output}),
        );
    }
    line(
        text,
        n + 3,
        "event_msg",
        &json!({"type": "token_count", "info": {"total_token_usage": {"input_tokens": n, "cached_input_tokens": 2, "output_tokens": n, "reasoning_output_tokens": 1, "total_tokens": n}}}),
    );
}

/// A session of so many calls, in the shape of Codex 0.14x: commands, a patch now and then, reasoning, token counts.
fn session(number: usize, calls: usize) -> String {
    let mut text = String::new();
    let id = format!("019ed99c-d00d-7613-b2e7-{number:012}");
    let rules = "You work with others in one folder. Say what you did. ".repeat(INSTRUCTIONS / 54);
    line(
        &mut text,
        0,
        "session_meta",
        &json!({"id": id, "timestamp": "2026-05-01T10:00:00.000Z", "cwd": "/w/app",
        "originator": "codex-tui", "cli_version": "0.146.0", "source": "cli", "base_instructions": {"text": rules},
        "git": {"commit_hash": "5d1f8f0a", "branch": "main", "repository_url": "https://git.invalid/team/app.git"}}),
    );
    line(
        &mut text,
        1,
        "turn_context",
        &json!({"turn_id": "t", "cwd": "/w/app", "approval_policy": "on-request",
        "sandbox_policy": {"type": "workspace-write", "network_access": false}, "model": "gpt-5.5"}),
    );
    let prompt = format!("review change {number} of the release branch");
    line(
        &mut text,
        1,
        "response_item",
        &json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": prompt}]}),
    );
    for n in 0..calls {
        step(&mut text, number, n);
    }
    line(
        &mut text,
        calls + 4,
        "response_item",
        &json!({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Decision: approve"}]}),
    );
    text
}

/// The same for Claude Code.
fn transcript(number: usize, calls: usize) -> String {
    let mut text = String::new();
    let id = format!("6f1f2a52-7b1c-4d0e-9a55-{number:012}");
    let mut add = |kind: &str, message: Value| {
        let line = json!({"parentUuid": null, "isSidechain": false, "cwd": "/w/app", "sessionId": id, "version": "2.1.17",
            "gitBranch": "main", "type": kind, "message": message, "uuid": "u", "timestamp": "2026-05-01T10:00:00.000Z"});
        let _ = writeln!(text, "{line}");
    };
    add("user", json!({"role": "user", "content": "go"}));
    for n in 0..calls {
        let call = format!("toolu_{number:06}{n:018}");
        add(
            "assistant",
            json!({"model": "m", "id": call, "role": "assistant", "content": [{"type": "tool_use", "id": call, "name": "Bash", "input": {"command": format!("cat src/module_{n}.rs")}}], "usage": {"input_tokens": 1, "output_tokens": 2}}),
        );
        add(
            "user",
            json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": call, "content": "fn x() {}\n".repeat(60)}]}),
        );
    }
    text
}

/// The best of five rounds.
fn time(mut work: impl FnMut()) -> Duration {
    let round = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..5).map(|_| round(&mut work)).min().unwrap()
}

fn measure(name: &str, folder: &Path, threads: usize, bytes: usize, filter: &Filter) {
    let paths = [folder.to_owned()];
    let left = survey(&paths, filter).threads.len();
    assert_eq!(left, threads, "{name}");
    let took = time(|| drop(survey(&paths, filter)));
    println!(
        "{name:>34} {:>6.1} MB  {took:>9.1?}  {:>6.0} MB/s",
        bytes as f64 / 1e6,
        bytes as f64 / took.as_secs_f64() / 1e6
    );
}

fn generated(name: &str, count: usize, ending: &str, make: impl Fn(usize) -> String) {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = 0;
    for number in 0..count {
        let text = make(number);
        bytes += text.len();
        let path = folder.path().join(format!("rollout-{number}.{ending}"));
        let content = if ending.ends_with("zst") {
            zstd::encode_all(text.as_bytes(), 3).unwrap()
        } else {
            text.into_bytes()
        };
        std::fs::write(path, content).unwrap();
    }
    measure(name, folder.path(), count, bytes, &Filter::default());
    if name == "50 calls" {
        let now = time::OffsetDateTime::now_utc();
        let filter = Filter { since: Some(since("2026-06-01", now).unwrap()), ..Filter::default() };
        measure("50 calls, all too old", folder.path(), 0, bytes, &filter);
    }
}

const SUITE: &str = r#"[suite]
name = "bench"
stage = "first"
[role]
name = "bench"
outcomes = ["approve", "block"]
[plugin]
path = "plugin"
config = ["codex/config.toml"]
[[stage]]
name = "first"
mode = "read-only"
bars = ["in_scope_calls >= 10%"]
"#;

/// A suite without tasks.
fn suite(folder: &Path) -> Suite {
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("suite.toml", SUITE);
    write("codex/config.toml", "approval_policy = \"on-request\"\n");
    let manifest = json!({"name": "bench", "version": "1.0.0", "description": "reads"});
    write("plugin/.codex-plugin/plugin.json", &manifest.to_string());
    Suite::read(folder, &mut Vec::new()).unwrap()
}

/// Whole imports into a new suite each, the best of three. Half of the sessions lie in the home folder of a user.
fn imported(name: &str, count: usize, calls: usize, mask: bool) {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = 0;
    for number in 0..count {
        let mut text = session(number, calls);
        if number % 2 == 1 {
            text = text.replace("/w/app", "/home/adabyron/app");
        }
        bytes += text.len();
        std::fs::write(folder.path().join(format!("rollout-{number}.jsonl")), text).unwrap();
    }
    let paths = [folder.path().to_owned()];
    let options = Options { mask, without_snapshot: true, ..Options::default() };
    let round = || {
        let target = tempfile::tempdir().unwrap();
        let suite = suite(target.path());
        let start = Instant::now();
        let threads = survey(&paths, &Filter::default()).threads;
        let imported = import(&suite, threads, &options).unwrap();
        let took = start.elapsed();
        assert_eq!((imported.tasks.len(), imported.refused.len()), (count, 0), "{name}");
        assert_eq!(imported.masked.total() > 0, mask, "{name}");
        took
    };
    let took = (0..3).map(|_| round()).min().unwrap();
    println!(
        "{name:>34} {:>6.1} MB  {took:>9.1?}  {:>6.0} MB/s",
        bytes as f64 / 1e6,
        bytes as f64 / took.as_secs_f64() / 1e6
    );
}

fn shown(folder: &Path) {
    let paths = [folder.to_owned()];
    let found = survey(&paths, &Filter::default());
    let took = time(|| drop(survey(&paths, &Filter::default())));
    let rate = found.counts.bytes as f64 / took.as_secs_f64() / 1e6;
    println!(
        "{}: {} ({:.1} MB, {took:.1?}, {rate:.0} MB/s)",
        folder.display(),
        found.counts,
        found.counts.bytes as f64 / 1e6
    );
    for skipped in &found.skipped {
        println!("  {}: {}; {}", skipped.file.display(), skipped.reason, skipped.reason.way_out());
    }
    for thread in &found.threads {
        let title: String = thread.prompt.lines().next().unwrap_or_default().chars().take(60).collect();
        let day = thread.started.map(|at| at.date().to_string()).unwrap_or_default();
        println!(
            "  {} {day} {} calls, {}, cwd {}, {title:?}",
            thread.id, thread.calls, thread.format, thread.cwd
        );
        for note in &thread.main.notes {
            println!("    {note}");
        }
    }
}

fn main() {
    println!("{} threads", rayon::current_num_threads());
    generated("50 calls", 2000, "jsonl", |number| session(number, 50));
    generated("2000 calls", 60, "jsonl", |number| session(number, 2000));
    generated("50 calls, compressed", 1000, "jsonl.zst", |number| session(number, 50));
    generated("Claude Code, 200 calls", 400, "jsonl", |number| transcript(number, 200));
    println!("tasks written:");
    for (calls, count) in [(50, 1000), (2000, 40)] {
        imported(&format!("{calls} calls, not masked"), count, calls, false);
        imported(&format!("{calls} calls, masked"), count, calls, true);
    }
    for folder in std::env::var_os("PLUGIN_EVAL_SESSIONS").iter().flat_map(std::env::split_paths) {
        shown(&folder);
    }
}
