//! Reads the recordings below the folder that `PLUGIN_EVAL_SESSIONS` names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::transcript::{Recorded, Recording, StepKind};

fn recordings(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.to_string_lossy().into_owned();
        if path.is_dir() {
            recordings(&path, found);
        } else if [".jsonl", ".jsonl.zst"].iter().any(|end| name.ends_with(end)) {
            found.push(path);
        }
    }
}

/// Call lines of a rollout, counted the slow way.
fn call_lines(bytes: &[u8]) -> usize {
    let calls =
        ["function_call", "custom_tool_call", "local_shell_call", "web_search_call", "tool_search_call"];
    String::from_utf8_lossy(bytes)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|line| line["type"] == "response_item")
        .filter(|line| calls.contains(&line["payload"]["type"].as_str().unwrap_or_default()))
        .count()
}

#[test]
fn every_call_of_real_recordings_is_read_once() {
    let Some(folder) = std::env::var_os("PLUGIN_EVAL_SESSIONS") else {
        println!("skipped: PLUGIN_EVAL_SESSIONS names no folder of recordings");
        return;
    };
    let mut paths = Vec::new();
    recordings(Path::new(&folder), &mut paths);
    paths.sort();
    assert!(!paths.is_empty(), "no recordings below {}", folder.display());
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy();
        let recording = Recording::open(&path).unwrap();
        let transcript = recording.transcript().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(transcript.tally.unknown, BTreeMap::new(), "{name}");
        assert_eq!(transcript.tally.broken, 0, "{name}");
        let mut direct = 0;
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        for step in &transcript.steps {
            let kind = match &step.kind {
                StepKind::Call(call) => {
                    direct += usize::from(call.parent.is_none());
                    assert!(
                        call.output.is_none() || call.recorded() != Recorded::Unknown,
                        "{name} {}",
                        call.id
                    );
                    format!("{:?}", call.recorded())
                }
                StepKind::Prompt(_) => "prompt".into(),
                StepKind::Message(_) => "message".into(),
                StepKind::SkillInjected(_) => "skill".into(),
                StepKind::Continued(_) => "continued".into(),
                StepKind::Ended { .. } => "ended".into(),
                StepKind::Aborted(_) => "aborted".into(),
                StepKind::Compacted => "compacted".into(),
            };
            *kinds.entry(kind).or_default() += 1;
        }
        println!(
            "{name}: {} lines, {} steps {kinds:?}, {} orphans, {:?}",
            transcript.tally.lines,
            transcript.steps.len(),
            transcript.tally.orphans,
            transcript.usage
        );
        if transcript.format == crate::transcript::Format::Rollout {
            assert_eq!(direct, call_lines(recording.bytes()), "{name}");
        }
    }
}
