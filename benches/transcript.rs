//! How fast recordings are read, beside serde_json parsing every line into typed lines.
//!
//! `cargo bench --bench transcript` measures a generated session of 50 calls; recordings below the folder that
//! `PLUGIN_EVAL_SESSIONS` names are measured, too.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::borrow::Cow;
use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use plugin_eval::transcript::{Recording, StepKind, Transcript};
use serde::Deserialize;
use serde_json::json;

/// What every reader of rollouts would write first.
#[derive(Deserialize)]
#[allow(dead_code)]
struct Line<'l> {
    #[serde(borrow)]
    timestamp: Cow<'l, str>,
    #[serde(flatten, borrow)]
    item: Kind<'l>,
}

#[derive(Deserialize)]
#[serde(tag = "type", content = "payload", rename_all = "snake_case")]
#[allow(dead_code)]
enum Kind<'l> {
    #[serde(borrow)]
    ResponseItem(Item<'l>),
    #[serde(borrow)]
    TurnContext(Context<'l>),
    EventMsg(serde_json::Value),
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(dead_code)]
enum Item<'l> {
    FunctionCall {
        name: Cow<'l, str>,
        arguments: Cow<'l, str>,
        call_id: Cow<'l, str>,
    },
    FunctionCallOutput {
        call_id: Cow<'l, str>,
        output: serde_json::Value,
    },
    CustomToolCall {
        name: Cow<'l, str>,
        input: Cow<'l, str>,
        call_id: Cow<'l, str>,
    },
    Message {
        role: Cow<'l, str>,
        content: serde_json::Value,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Context<'l> {
    #[serde(borrow)]
    cwd: Cow<'l, str>,
    #[serde(borrow)]
    model: Cow<'l, str>,
    sandbox_policy: serde_json::Value,
}

/// Lines with payloads left as text: the least that a typed reader must do.
#[derive(Deserialize)]
#[allow(dead_code)]
struct Shallow<'l> {
    #[serde(borrow)]
    timestamp: Option<Cow<'l, str>>,
    #[serde(borrow)]
    r#type: Option<Cow<'l, str>>,
    #[serde(borrow)]
    payload: Option<&'l serde_json::value::RawValue>,
}

fn line(text: &mut String, kind: &str, payload: &str) {
    let _ =
        writeln!(text, r#"{{"timestamp":"2026-11-22T11:34:24.500Z","type":"{kind}","payload":{payload}}}"#);
}

/// A session of 50 commands in the shape of Codex 0.14x, about 35 KB.
fn session() -> String {
    let mut text = String::new();
    line(
        &mut text,
        "session_meta",
        r#"{"id":"019ed99c-d00d-7613-b2e7-d2f512f78afd","timestamp":"T","cwd":"/w","originator":"codex_exec","cli_version":"0.146.0","git":{"commit_hash":"abc"}}"#,
    );
    line(
        &mut text,
        "turn_context",
        r#"{"turn_id":"t","cwd":"/w","approval_policy":"never","sandbox_policy":{"type":"read-only"},"model":"gpt-5.5"}"#,
    );
    line(
        &mut text,
        "response_item",
        r#"{"type":"message","role":"user","content":[{"type":"input_text","text":"review the release branch"}]}"#,
    );
    for n in 0..50 {
        let arguments = json!({"cmd": format!("sed -n '1,{n}p' src/module_{n}.rs && git log --oneline -5"), "workdir": "/w"}).to_string();
        let call = format!(
            r#"{{"type":"function_call","name":"exec_command","arguments":{},"call_id":"call_{n:024}"}}"#,
            json!(arguments)
        );
        line(&mut text, "response_item", &call);
        let body = format!("fn item_{n}() -> u32 {{\n    {n}\n}}\n").repeat(4);
        let output = format!(
            "Chunk ID: ab{n:04}\nWall time: 0.0{n} seconds\nProcess exited with code 0\nOriginal token count: 40\nOutput:\n{body}"
        );
        let answer = format!(
            r#"{{"type":"function_call_output","call_id":"call_{n:024}","output":{}}}"#,
            json!(output)
        );
        line(&mut text, "response_item", &answer);
    }
    line(
        &mut text,
        "event_msg",
        r#"{"type":"token_count","info":{"total_token_usage":{"input_tokens":24005,"cached_input_tokens":2432,"output_tokens":412,"reasoning_output_tokens":291,"total_tokens":24417}}}"#,
    );
    line(
        &mut text,
        "response_item",
        r#"{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Decision: approve"}]}"#,
    );
    text
}

fn read(bytes: &[u8]) {
    black_box(Transcript::read(bytes).unwrap());
}

fn read_and_judge(bytes: &[u8]) {
    let transcript = Transcript::read(bytes).unwrap();
    for step in &transcript.steps {
        if let StepKind::Call(call) = &step.kind {
            black_box((call.recorded(), call.exit_code()));
        }
    }
}

fn typed(bytes: &[u8]) {
    for line in std::str::from_utf8(bytes).unwrap().lines() {
        let _ = black_box(serde_json::from_str::<Line<'_>>(line));
    }
}

fn shallow(bytes: &[u8]) {
    for line in std::str::from_utf8(bytes).unwrap().lines() {
        let _ = black_box(serde_json::from_str::<Shallow<'_>>(line));
    }
}

/// The median time of one run, of five rounds.
fn time(work: impl Fn(&[u8]), bytes: &[u8]) -> Duration {
    let round = |count: u32| {
        let start = Instant::now();
        (0..count).for_each(|_| work(black_box(bytes)));
        start.elapsed() / count
    };
    let once = round(3).max(Duration::from_nanos(100));
    let count = (Duration::from_millis(80).as_nanos() / once.as_nanos()).clamp(1, 100_000) as u32;
    let mut rounds: Vec<_> = (0..5).map(|_| round(count)).collect();
    rounds.sort();
    rounds[2]
}

fn measure(name: &str, bytes: &[u8]) {
    let [read, judged, typed, shallow] =
        [time(read, bytes), time(read_and_judge, bytes), time(typed, bytes), time(shallow, bytes)];
    let rate = bytes.len() as f64 / read.as_secs_f64() / 1e6;
    let ratio = typed.as_secs_f64() / judged.as_secs_f64();
    println!(
        "{name:>24} {:>7} B  read {read:>9.1?} ({rate:>5.0} MB/s)  with outcomes {judged:>9.1?}  typed lines {typed:>9.1?}  shallow lines {shallow:>9.1?}  ratio {ratio:.2}",
        bytes.len()
    );
}

fn measure_folder(folder: &Path) {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().chars().take(24).collect::<String>();
        if path.is_dir() {
            measure_folder(&path);
        } else if path.extension().is_some_and(|ext| ext == "jsonl" || ext == "zst") {
            measure(&name, Recording::open(&path).unwrap().bytes());
        }
    }
}

fn main() {
    measure("50 calls", session().as_bytes());
    if let Some(folder) = std::env::var_os("PLUGIN_EVAL_SESSIONS") {
        measure_folder(Path::new(&folder));
    }
}
