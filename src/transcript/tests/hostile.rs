use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::transcript::{Format, TranscriptError};

fn sample() -> String {
    text(&[
        meta("a"),
        context("t", "read-only"),
        said("user", "go ✓"),
        custom("j1", "exec", "await tools.exec_command({cmd: 'ls'})"),
        finished(json!({"type": "CommandExecution", "id": "exec-1", "command": ["bash", "-lc", "ls"]})),
        call("c1", "exec_command", json!({"cmd": "ls"})),
        output("c1", "Chunk ID: 1\nProcess exited with code 0\nOutput:\n\"x\\"),
        event(json!({"type": "token_count", "info": {"total_token_usage": {"input_tokens": 1}}})),
        event(json!({"type": "thread_rolled_back", "num_turns": 1})),
        line("compacted", json!({"message": "m"})),
        said("assistant", "done"),
    ])
}

#[test]
fn what_is_no_recording_is_an_error() {
    for nothing in ["", "\n \n"] {
        assert!(matches!(Transcript::read(nothing.as_bytes()), Err(TranscriptError::Empty)));
    }
    let error = Transcript::read(b"hello\n{\"type\":\"what\"}\n").unwrap_err();
    let says = "2 lines, 1 of them not JSON, the first other is of type `what`";
    assert!(error.to_string().contains(says), "{error}");
    assert!(matches!(error, TranscriptError::Unrecognised { lines: 2, broken: 1, .. }));
}

#[test]
fn two_formats_in_one_file_are_an_error() {
    let exec = r#"{"type":"turn.started"}"#;
    let bare = r#"{"type":"message","role":"user","content":[]}"#;
    for (first, second, want) in [
        (meta("a"), exec, Format::ExecJson),
        (meta("a"), bare, Format::BareRollout),
        (exec.to_owned(), bare, Format::BareRollout),
    ] {
        let text = text(&["noise".to_owned(), first, second.to_owned()]);
        let error = Transcript::read(text.as_bytes()).unwrap_err();
        assert!(matches!(error, TranscriptError::Mixed { line: 3, found, .. } if found == want), "{error}");
    }
}

#[test]
fn broken_lines_are_counted_and_the_rest_is_read() {
    let mut bytes = text(&[meta("a"), said("user", "go")]).into_bytes();
    let mut foreign = said("user", "FOREIGN").into_bytes();
    let at = foreign.windows(7).position(|window| window == b"FOREIGN").unwrap();
    foreign[at] = 0xFF;
    bytes.extend(foreign);
    bytes.extend(b"\nnot json\n\n");
    bytes.extend(br#"{"type":"response_item","payload":{"type":"function_call","name":"x" "call_id":"c"}}"#);
    bytes.extend(format!("\n{}\n", said("assistant", "done")).bytes());
    bytes.extend(br#"{"timestamp":"T","type":"response_item","payload":{"type":"reasoning","summary":[{}"#);
    let transcript = Transcript::read(&bytes).unwrap();
    assert_eq!(told(&transcript), ["prompt go", "message done"]);
    let tally = &transcript.tally;
    assert_eq!((tally.broken, tally.first_broken, tally.lines), (4, 3, 7));
}

#[test]
fn byte_order_marks_and_carriage_returns_are_tolerated() {
    let text = format!("\u{feff}{}\r\n{}\r\n", meta("a"), said("user", "go"));
    assert_eq!(told(&read(&text)), ["prompt go"]);
    assert_eq!(read(&text).tally.broken, 0);
}

#[test]
fn a_second_type_hides_no_call() {
    let plain = r#"{"type":"response_item","payload":{"type":"reasoning","type":"function_call","name":"exec_command","arguments":"{\"cmd\":\"ls\"}","call_id":"c1"}}"#;
    assert_eq!(told(&read(plain)), ["call c1"]);
    let text =
        said("assistant", r#"{"type":"response_item","payload":{"type":"function_call","call_id":"c1"}}"#);
    assert!(told(&read(&text))[0].starts_with("message {"));
}

#[test]
fn repeated_ids_are_calls_of_their_own() {
    let text = text(&[
        call("c", "exec_command", json!({"cmd": "a"})),
        output("c", "one"),
        call("c", "exec_command", json!({"cmd": "b"})),
        output("c", "two"),
        output("d", "nobody's"),
    ]);
    let transcript = read(&text);
    let outputs: Vec<_> = calls(&transcript).iter().map(|call| call.output.unwrap().text()).collect();
    assert_eq!(outputs, ["one", "two"]);
    assert_eq!(transcript.tally.orphans, 1);
}

#[test]
fn deep_nesting_needs_no_stack() {
    let deep = format!("{}1{}", "[".repeat(200_000), "]".repeat(200_000));
    let answer = format!(
        r#"{{"type":"response_item","payload":{{"type":"function_call_output","call_id":"c","output":{deep}}}}}"#
    );
    let text = text(&[call("c", "exec_command", json!({"cmd": "a"})), answer]);
    let transcript = read(&text);
    assert_eq!(calls(&transcript)[0].output.unwrap().raw().len(), 400_001);
    let _ = ask(&transcript);
}

/// Everything that can be asked of a transcript, asked.
fn ask(transcript: &Transcript<'_>) -> String {
    let ask = |call: &&Call<'_>| {
        (call.recorded(), call.exit_code(), call.output.map(|output| output.text().into_owned()))
    };
    let asked: Vec<_> = calls(transcript).iter().map(ask).collect();
    format!("{transcript:?} {asked:?} {:?}", transcript.tally.findings(&"s".into()))
}

const WORDS: &[&str] = &[
    "response_item",
    "event_msg",
    "function_call",
    "function_call_output",
    "item_completed",
    "message",
    "exec",
    "custom_tool_call",
    "session_meta",
    "turn_context",
    "CommandExecution",
    "McpToolCall",
    "c1",
    "user",
    "exec_command",
    "thread_rolled_back",
    "token_count",
    "compacted",
    "web_search_call",
    "guardian_assessment",
    "item.completed",
    "command_execution",
    "{\"cmd\":\"ls\"}",
];

const KEYS: &[&str] = &[
    "type",
    "payload",
    "item",
    "id",
    "call_id",
    "name",
    "arguments",
    "output",
    "content",
    "role",
    "input",
    "text",
    "command",
    "action",
    "info",
    "num_turns",
    "sandbox_policy",
    "result",
    "error",
    "timestamp",
    "changes",
];

fn object(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    let fields = prop::collection::vec((proptest::sample::select(KEYS), inner), 0..8);
    fields.prop_map(|fields| fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => proptest::sample::select(WORDS).prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            3 => object(inner.clone()),
            1 => prop::collection::vec(inner, 0..4).prop_map(Value::Array),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Transcript::read(&bytes);
    }

    #[test]
    fn any_cut_and_any_changed_byte(cut in 0usize..3000, at in 0usize..3000, byte in any::<u8>()) {
        let mut bytes = sample().into_bytes();
        bytes.truncate(cut);
        if let Some(slot) = bytes.get_mut(at) {
            *slot = byte;
        }
        if let Ok(transcript) = Transcript::read(&bytes) {
            prop_assert_eq!(ask(&transcript), ask(&Transcript::read(&bytes).unwrap()));
        }
    }

    #[test]
    fn any_json(values in prop::collection::vec((object(any_value()), 0..3), 1..8)) {
        let lines: Vec<_> = values
            .iter()
            .map(|(value, wrap)| match wrap {
                0 => value.to_string(),
                1 => format!(r#"{{"type":"response_item","payload":{value}}}"#),
                _ => format!(r#"{{"type":"event_msg","payload":{value}}}"#),
            })
            .collect();
        let text = text(&lines);
        if let Ok(transcript) = Transcript::read(text.as_bytes()) {
            prop_assert_eq!(ask(&transcript), ask(&Transcript::read(text.as_bytes()).unwrap()));
        }
    }
}
