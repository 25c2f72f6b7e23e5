use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::decision::{Phase, Verdict};
use crate::replay::sample;
use crate::suite::Suite;

fn two_steps() -> Baseline {
    let rule = sample::rule("codex/config.toml", 9, "enabled_tools");
    let mut replay = sample::replay(
        "drops-column",
        vec![
            sample::step("call_1", "git diff main"),
            sample::call("call_2", "tracker/close", Verdict::Deny, Phase::Routing, rule),
        ],
    );
    replay.inputs.retain(|input, _| ["plugin", "config"].contains(&input.name()));
    let accepted = Acceptance { by: "release-captain".into(), reason: "first run, looked through".into() };
    Baseline::of("drops-column", vec![replay], Some(accepted))
}

#[test]
fn a_file_is_read_by_people_line_by_line() {
    insta::assert_snapshot!(String::from_utf8(two_steps().render()).unwrap(), @r#"
    {
      "format": 1,
      "since": "0.1.0",
      "task": "drops-column",
      "accepted": {"by":"release-captain","reason":"first run, looked through"},
      "replays": [
        {
          "repeat": 1,
          "stage": "read-only",
          "inputs": {
            "plugin": "c610e85212d0697cb161d4ba431ba603",
            "config": "c610e85212d0697cb161d4ba431ba603"
          },
          "outcome": "block",
          "finished": true,
          "usage": {"input":1200,"cached":800,"output":300,"reasoning":100},
          "findings": [
            {"path":"migrations/0042.sql","line":12,"summary":"drops a column"}
          ],
          "steps": [
            {"id":"call_1","kind":"shell","label":"git diff main","verdict":"allow","phase":"sandbox","reason":"reads inside the workspace","rule":{"text":"sandbox_mode","file":"codex/config.toml","line":3,"column":1},"scope":"in","recorded":"ran"},
            {"id":"call_2","kind":"mcp","label":"tracker/close","verdict":"deny","phase":"routing","reason":"`enabled_tools` says so","rule":{"text":"enabled_tools","file":"codex/config.toml","line":9,"column":1},"scope":"in","recorded":"ran","effects":[{"access":"call","target":"tracker/close","scope":"in"}]}
          ]
        }
      ]
    }
    "#);
}

/// What version 0.1.0 wrote stays readable, byte for byte.
#[test]
fn the_first_format_stays_readable() {
    let bytes = include_bytes!("testdata/v1.json");
    let read = parse("baselines/s/drops-column.json", "drops-column", bytes).unwrap();
    assert_eq!(read, two_steps());
    assert_eq!(read.render(), bytes);
}

#[test]
fn the_file_fits_its_schema() {
    let schema = serde_json::to_value(schemars::schema_for!(BaselineV1<'_>)).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut file: serde_json::Value = serde_json::from_slice(&two_steps().render()).unwrap();
    assert!(validator.is_valid(&file), "{:?}", validator.iter_errors(&file).next());
    file["replays"][0]["steps"][0]["verdict"] = "perhaps".into();
    assert!(!validator.is_valid(&file));
}

#[test]
fn broken_files_say_where_and_what_to_do() {
    let good = String::from_utf8(two_steps().render()).unwrap();
    let cases = [
        (good.replace("\"outcome\"", "\"outcom\""), "14:14: unknown key `outcom` (did you mean `outcome`?)"),
        (
            good.replace("\"format\": 1", "\"format\": 3"),
            "2:3: the baseline has format 3, and this version reads format 1 (plugin-eval 0.1.0 or later reads it)",
        ),
        (
            good.replace("\"format\": 1,", ""),
            "the baseline lacks `format` (restore it from version control, or accept the task again)",
        ),
        (
            good[..good.len() / 2].to_owned(),
            "the file ends in the middle (restore it from version control, or accept the task again)",
        ),
        (String::new(), "b.json:1: the file ends in the middle"),
        (
            good.replace("  \"task\"", "<<<<<<< ours\n  \"task\""),
            "4:1: the file holds an unresolved merge conflict",
        ),
        (
            good.replace("drops-column", "other"),
            "the file holds the baseline of `other`, not of `drops-column`",
        ),
        (good.replace("\"finished\": true,", ""), "the key `finished` is missing"),
        (good.replace("\"deny\"", "\"denyed\""), "unknown variant `denyed`"),
        (good.replace("\"format\": 1", "\"format\": 1, \"format\": 1"), "duplicate field `format`"),
        ("[]".to_owned(), "the file is not a JSON object"),
        (format!("{}1", "[".repeat(100_000)), "the file is not a JSON object"),
    ];
    for (text, expected) in cases {
        let findings = parse("b.json", "drops-column", text.as_bytes()).unwrap_err();
        let said = findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert!(said.starts_with("b.json") && said.contains(expected), "{said}\nexpected {expected}");
    }
    assert_eq!(parse("b.json", "x", b"\xff").unwrap_err()[0].code, "not-utf8");
}

#[test]
fn two_replays_of_one_repeat_are_refused() {
    let mut baseline = two_steps();
    baseline.replays.push(baseline.replays[0].clone());
    assert_eq!(parse("b.json", "drops-column", &baseline.render()).unwrap_err()[0].code, "same-repeat");
}

#[test]
fn task_names_become_file_names() {
    for (task, file) in [
        ("drops-column", "drops-column"),
        ("a/b", "a%2Fb"),
        ("..", "%2E%2E"),
        (".hidden", "%2Ehidden"),
        ("größe 1", "gr%C3%B6%C3%9Fe%201"),
        ("con", "%63on"),
        ("COM1.x", "%43OM1.x"),
        ("comet", "comet"),
        ("a%2Fb", "a%252Fb"),
        ("", "%"),
    ] {
        assert_eq!(file_name(task), file, "{task}");
    }
    let (long, other) = ("x".repeat(4000), "x".repeat(4001));
    assert!(file_name(&long).len() <= 180);
    assert_ne!(file_name(&long), file_name(&other));
}

#[test]
fn baselines_stand_beside_the_suites() {
    let mut findings = Vec::new();
    let suite = Suite::load(Path::new("suites/release-reviewer-leaky"), &mut findings).unwrap();
    let here = Path::new(".").canonicalize().unwrap();
    assert_eq!(Folder::of(&suite, None).path(), here.join("baselines/release-reviewer"));
    assert_eq!(Folder::of(&suite, Some(Path::new("x"))).path(), Path::new("x/release-reviewer"));
}

#[test]
fn a_folder_keeps_reads_and_lists_baselines() {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::at(place.path(), "s");
    assert!(folder.read("drops-column").unwrap().is_none());
    let baseline = two_steps();
    folder.write(&baseline).unwrap();
    let stored = folder.read("drops-column").unwrap().unwrap();
    assert!(stored.holds(&baseline.replays));
    assert_eq!(stored.parse().unwrap(), baseline);
    assert_eq!(stored.accepted().unwrap(), baseline.accepted);

    let mut other = baseline.replays.clone();
    other[0].steps[0].unsandboxed = true;
    assert!(!stored.holds(&other));
    assert_eq!(folder.orphans(["drops-column"]), Vec::<String>::new());
    assert_eq!(folder.orphans(["x"]), ["drops-column.json"]);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
    folder.remove("drops-column").unwrap();
    folder.remove("drops-column").unwrap();
    assert!(folder.read("drops-column").unwrap().is_none());
    std::fs::create_dir(folder.path().join("x.json")).unwrap();
    assert_eq!(folder.read("x").unwrap_err().code, "unreadable-baseline");
}

/// A file whose body is unchanged but whose header is not ours must not pass unread.
#[test]
fn a_foreign_header_is_not_trusted() {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::at(place.path(), "s");
    let baseline = two_steps();
    let text = String::from_utf8(baseline.render()).unwrap();
    folder.write(&baseline).unwrap();
    for changed in ["\"format\": 2", "\"format\": 1,\n  \"extra\": 1"] {
        std::fs::write(place.path().join("s/drops-column.json"), text.replace("\"format\": 1", changed))
            .unwrap();
        assert!(!folder.read("drops-column").unwrap().unwrap().holds(&baseline.replays), "{changed}");
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(replay in sample::any_replay()) {
        let baseline = Baseline::of("task", vec![replay], None);
        let bytes = baseline.render();
        prop_assert_eq!(bytes.last(), Some(&b'\n'));
        prop_assert_eq!(&parse("b.json", "task", &bytes).unwrap(), &baseline);
        let steps = bytes.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"        {\"id\"")).count();
        prop_assert_eq!(steps, baseline.replays[0].steps.len());
    }

    #[test]
    fn odd_bytes_never_panic(mut bytes in Just(two_steps().render()), at in any::<prop::sample::Index>(), byte: u8) {
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = parse("b.json", "drops-column", &bytes);
        bytes.truncate(at);
        let _ = parse("b.json", "drops-column", &bytes);
    }
}
