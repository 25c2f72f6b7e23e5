//! How fast recorded sessions are judged end to end, beside serde_json parsing every line of them into typed lines.
//!
//! `PLUGIN_EVAL_SESSIONS=FOLDER cargo bench --bench engine` wraps every recording below FOLDER as a task under the bundled
//! release-reviewer plugin (its hooks switched off) and prints the ratio of both times, one thread each, in one run.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::borrow::Cow;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use plugin_eval::engine::{HookSettings, NativeEngine};
use plugin_eval::plugin::Plugin;
use plugin_eval::suite::{Suite, Task};
use serde::Deserialize;
use serde_json::value::RawValue;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A line with the fields that a judge of calls needs; read in one pass, borrowing what needs no unescaping.
#[derive(Deserialize)]
#[allow(dead_code)]
struct Line<'l> {
    #[serde(borrow)]
    timestamp: Option<Cow<'l, str>>,
    #[serde(borrow)]
    r#type: Option<Cow<'l, str>>,
    #[serde(borrow)]
    payload: Option<Payload<'l>>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Payload<'l> {
    #[serde(borrow)]
    r#type: Option<Cow<'l, str>>,
    #[serde(borrow)]
    name: Option<Cow<'l, str>>,
    #[serde(borrow)]
    arguments: Option<Cow<'l, str>>,
    #[serde(borrow)]
    input: Option<Cow<'l, str>>,
    #[serde(borrow)]
    call_id: Option<Cow<'l, str>>,
    #[serde(borrow)]
    output: Option<&'l RawValue>,
    #[serde(borrow)]
    content: Option<&'l RawValue>,
    #[serde(borrow)]
    message: Option<Cow<'l, str>>,
}

fn recordings(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            recordings(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "jsonl") {
            found.push(path);
        }
    }
}

/// A suite in a temporary folder with a task for each recording.
fn suite(recordings: &[PathBuf]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let suite = folder.path();
    let bundled = std::fs::canonicalize("suites/release-reviewer").unwrap();
    let text = format!(
        "[suite]\nname = \"sessions\"\n[role]\nname = \"any\"\noutcomes = [\"done\"]\n[plugin]\npath = \"{0}/plugin\"\n\
         marketplace = \"internal\"\nconfig = [\"{0}/codex/config.toml\"]\nrules = [\"{0}/codex/rules/default.rules\"]\n\
         [[stage]]\nname = \"all\"\nmode = \"workspace-write\"\nbars = [\"in_scope_calls >= 1%\"]\n",
        bundled.display()
    );
    std::fs::write(suite.join("suite.toml"), text).unwrap();
    for (number, recording) in recordings.iter().enumerate() {
        let task = suite.join(format!("tasks/task-{number}"));
        std::fs::create_dir_all(&task).unwrap();
        std::fs::write(task.join("task.toml"), "[decision]\n").unwrap();
        std::fs::write(task.join("prompt.md"), "as recorded\n").unwrap();
        std::fs::copy(recording, task.join("session.jsonl")).unwrap();
    }
    folder
}

fn fastest(rounds: u32, work: impl Fn()) -> Duration {
    (0..rounds)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .min()
        .unwrap()
}

fn main() {
    let Some(folder) = std::env::var_os("PLUGIN_EVAL_SESSIONS") else {
        println!("set PLUGIN_EVAL_SESSIONS to a folder of recordings");
        return;
    };
    let mut files = Vec::new();
    recordings(Path::new(&folder), &mut files);
    let folder = suite(&files);
    let suite = Suite::load(folder.path(), &mut Vec::new()).unwrap();
    let plugin = Plugin::load(&suite.plugin, &mut Vec::new()).unwrap();
    let engine = NativeEngine::new(&suite, &plugin, &HookSettings::default(), &mut Vec::new());
    let tasks: Vec<Task> = (0..suite.task_count()).map(|index| suite.task(index).unwrap()).collect();
    let bytes: u64 = files.iter().map(|file| file.metadata().unwrap().len()).sum();
    let judged = fastest(20, || {
        for task in &tasks {
            black_box(engine.replay(task).unwrap());
        }
    });
    let typed = fastest(20, || {
        for file in &files {
            for line in std::fs::read(file).unwrap().split(|byte| *byte == b'\n') {
                let _ = black_box(serde_json::from_slice::<Line<'_>>(line));
            }
        }
    });
    println!(
        "{} sessions, {:.1} MB: judged in {judged:?}, typed lines alone {typed:?}: {:.2} times as fast",
        files.len(),
        bytes as f64 / 1e6,
        typed.as_secs_f64() / judged.as_secs_f64()
    );
}
