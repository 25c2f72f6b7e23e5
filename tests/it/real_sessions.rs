//! Recordings of one's own, wrapped as tasks: `PLUGIN_EVAL_SESSIONS` names the folder that holds them.

use std::fs;
use std::path::{Path, PathBuf};

use super::project::{Project, copy};

#[test]
#[ignore = "needs PLUGIN_EVAL_SESSIONS, a folder of recordings"]
fn every_session_of_a_folder_is_judged() {
    let folder = std::env::var("PLUGIN_EVAL_SESSIONS").unwrap();
    let project = Project::empty();
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("suites/release-reviewer");
    for part in ["suite.toml", "plugin", "codex"] {
        let (from, to) = (bundled.join(part), project.path(&format!("suites/release-reviewer/{part}")));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(&from, &to).unwrap();
        }
    }
    let mut recorded = Vec::new();
    let mut paths = Vec::new();
    files(Path::new(&folder), &mut paths);
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap().to_str().unwrap();
        let Some(end) = [".jsonl", ".jsonl.zst"].into_iter().find(|end| name.ends_with(end)) else {
            continue;
        };
        let task = format!("s{:02}", recorded.len() + 1);
        let to = format!("suites/release-reviewer/tasks/{task}");
        project.write(&format!("{to}/session{end}"), fs::read(&path).unwrap());
        project.write(&format!("{to}/task.toml"), "[decision]\noutcome = \"approve\"\nby = \"nobody\"\n");
        project.write(&format!("{to}/prompt.md"), "As recorded.\n");
        recorded.push((task, calls(&path)));
    }
    assert!(!recorded.is_empty(), "no recordings there");
    let ran = project.run(&["run", "suites/release-reviewer"]);
    assert!(matches!(ran.code, Some(0 | 1 | 4)), "{}", ran.whole());
    let csv = project.read("reports/release-reviewer/calls.csv");
    let mut csv = csv::Reader::from_reader(csv.as_bytes());
    let column = csv.headers().unwrap().iter().position(|name| name == "task").unwrap();
    let rows: Vec<String> = csv.records().map(|row| row.unwrap()[column].to_owned()).collect();
    let mut missing = Vec::new();
    for (task, calls) in &recorded {
        let judged = rows.iter().filter(|row| row == &task).count();
        if judged < *calls {
            missing.push(format!("{task}: {calls} calls recorded, {judged} rows"));
        }
    }
    let total: usize = recorded.iter().map(|(_, calls)| calls).sum();
    eprintln!("{} recordings, {total} calls in them, {} rows\n{}", recorded.len(), rows.len(), ran.stdout);
    assert!(missing.is_empty(), "{missing:#?}");
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, into) } else { into.push(path) }
    }
}

/// Ids of calls in a recording, each once.
fn calls(path: &Path) -> usize {
    let bytes = fs::read(path).unwrap();
    let bytes = if path.extension().is_some_and(|end| end == "zst") {
        zstd::decode_all(&bytes[..]).unwrap()
    } else {
        bytes
    };
    let mut ids = std::collections::BTreeSet::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let Ok(value) = serde_json::from_slice::<serde_json::Value>(line) else { continue };
        let item = if value["payload"].is_object() && value["type"] == "response_item" {
            &value["payload"]
        } else {
            &value
        };
        let kind = item["type"].as_str().unwrap_or_default();
        if matches!(kind, "function_call" | "custom_tool_call" | "local_shell_call") {
            ids.insert(item["call_id"].as_str().or(item["id"].as_str()).unwrap_or_default().to_owned());
        }
    }
    ids.len()
}
