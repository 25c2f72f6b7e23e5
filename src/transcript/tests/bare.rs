use super::*;
use crate::action::Action;
use crate::transcript::Format;

const BARE: &str = r#"{"id":"s1","timestamp":"2025-08-01T10:00:00Z","instructions":null,"git":{"commit_hash":"abc","branch":"main"}}
{"record_type":"state"}
{"type":"message","id":null,"role":"user","content":[{"type":"input_text","text":"<environment_context>\nCurrent working directory: /w\nApproval policy: on-request\nSandbox mode: danger-full-access\nNetwork access: restricted\n</environment_context>"}]}
{"type":"message","id":null,"role":"user","content":[{"type":"input_text","text":"go"}]}
{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"x"}
{"type":"function_call","id":"fc_1","name":"shell","arguments":"{\"command\":[\"bash\",\"-lc\",\"ls\"]}","call_id":"c1"}
{"record_type":"state"}
{"type":"function_call_output","call_id":"c1","output":"{\"output\":\"a\\n\",\"metadata\":{\"exit_code\":0,\"duration_seconds\":0.1}}"}
{"type":"message","id":"m","role":"assistant","content":[{"type":"output_text","text":"done"}]}
"#;

#[test]
fn bare_lines_are_read() {
    let transcript = read(BARE);
    assert_eq!(transcript.format, Format::BareRollout);
    assert_eq!(told(&transcript), ["prompt go", "call c1", "message done"]);
    assert_eq!((transcript.session.id.as_ref(), transcript.session.commit.as_deref()), ("s1", Some("abc")));
    assert_eq!((transcript.session.cwd.as_ref(), transcript.steps[0].context), ("/w", Some(0)));
    let context = &transcript.contexts[0];
    assert_eq!((context.sandbox_mode.as_ref(), context.network), ("danger-full-access", true));
    assert_eq!(calls(&transcript)[0].exit_code(), Some(0));
    assert_eq!(calls(&transcript)[0].answered, Some(8));
    let tally = &transcript.tally;
    assert_eq!((tally.unknown.len(), tally.broken, tally.lines), (0, 0, 9));
}

#[test]
fn one_document_is_read() {
    let items: Vec<_> = BARE.lines().skip(2).filter(|line| !line.contains("record_type")).collect();
    let document = format!(
        "{{\n  \"session\": {{\"timestamp\": \"2025-05-01T10:00:00Z\", \"id\": \"s0\"}},\n  \"items\": [\n{},\n{{\"type\":\"odd\"}}\n]\n}}\n",
        items.join(",\n")
    );
    let transcript = read(&document);
    assert_eq!((transcript.format, transcript.session.id.as_ref()), (Format::BareRollout, "s0"));
    assert_eq!(told(&transcript), ["prompt go", "call c1", "message done"]);
    let lines: Vec<_> = transcript.steps.iter().map(|step| step.line).collect();
    assert_eq!(lines, [5, 7, 9]);
    assert!(matches!(calls(&transcript)[0].action, Action::Shell(_)));
    assert_eq!(transcript.tally.unknown.get("odd"), Some(&1));
}
