use super::*;
use crate::decision::{Lasting, Witness as Source};

const SCRIPT: &str = r#"
const run = async (cmd) => { try { await tools.exec_command({ cmd, sandbox_permissions: "require_escalated" }); } catch (e) { text(String(e)); } };
await Promise.all([run("echo one"), run("echo two"), run("echo two"), run("echo three")]);
"#;

fn recording(lines: &[Value]) -> String {
    let line = |payload: &Value| {
        json!({"timestamp": "2026-05-01T10:00:00Z", "type": "response_item", "payload": payload}).to_string()
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn script() -> Value {
    json!({"type": "custom_tool_call", "name": "exec", "call_id": "x", "input": SCRIPT})
}

fn approval(call: &str, verdict: HumanVerdict) -> Approval {
    Approval {
        call: call.to_owned(),
        verdict,
        lasting: Lasting::Once,
        by: None,
        source: Source::Person,
        note: None,
        asked_at: None,
        decided_at: None,
        line: 0,
        column: 0,
    }
}

fn witness(lines: &[Value], approvals: &[Approval]) -> Witness {
    let text = recording(lines);
    let transcript = Transcript::read(text.as_bytes()).unwrap();
    Witness::new(approvals, std::slice::from_ref(&transcript))
}

fn asks(witness: &mut Witness, item: &str, command: &str) -> String {
    let params =
        json!({"itemId": item, "command": format!("/bin/bash -lc '{command}'"), "reason": "because"});
    let answer = witness.asked("item/commandExecution/requestApproval", &params).unwrap();
    answer["decision"].as_str().unwrap().to_owned()
}

#[test]
fn calls_of_a_script_have_answers_of_their_own_in_whatever_order_they_ask() {
    use HumanVerdict::{Accepted, Declined};
    let given = [Accepted, Declined, Accepted, Declined];
    let approvals: Vec<_> =
        given.iter().enumerate().map(|(at, verdict)| approval(&format!("x#{}", at + 1), *verdict)).collect();
    let mut witness = witness(&[script()], &approvals);
    let told =
        [("exec-c", "echo three"), ("exec-b", "echo two"), ("exec-a", "echo one"), ("exec-d", "echo two")];
    let answers = told.map(|(item, command)| asks(&mut witness, item, command));
    assert_eq!(answers, ["decline", "decline", "accept", "accept"]);
    assert_eq!(
        ["exec-a", "exec-b", "exec-c", "exec-d"].map(|own| witness.name(own).to_owned()),
        ["x#1", "x#2", "x#4", "x#3"]
    );
    assert!(witness.unanswered().is_empty());
    assert_eq!(asks(&mut witness, "exec-e", "echo four"), "decline");
    assert_eq!(witness.unanswered(), ["exec-e: echo four"]);
}

#[test]
fn an_answer_about_a_script_is_one_about_its_calls_but_for_those_that_have_one() {
    use HumanVerdict::{Accepted, Declined};
    let mut witness = witness(&[script()], &[approval("x", Accepted), approval("x#4", Declined)]);
    let answers = ["echo one", "echo two", "echo three"]
        .map(|command| asks(&mut witness, &format!("exec-{command}"), command));
    assert_eq!(answers, ["accept", "accept", "decline"]);
}

#[test]
fn who_declines_where_the_turn_ended_ends_it() {
    let aborted =
        json!({"type": "custom_tool_call_output", "call_id": "x", "output": "aborted by user after 0.5s"});
    let call = json!({"type": "function_call", "name": "exec_command", "call_id": "c", "arguments": "{\"cmd\":\"ls\"}"});
    let refused = json!({"type": "function_call_output", "call_id": "c", "output": "aborted by user"});
    let approvals = [approval("x", HumanVerdict::Declined), approval("c", HumanVerdict::Declined)];
    let mut ended = witness(&[script(), aborted, call.clone(), refused], &approvals);
    assert_eq!(asks(&mut ended, "exec-a", "echo one"), "cancel");
    assert_eq!(asks(&mut ended, "c", "ls"), "cancel");
    let mut went_on = witness(&[script(), call], &approvals);
    assert_eq!(
        [asks(&mut went_on, "exec-a", "echo one"), asks(&mut went_on, "c", "ls")],
        ["decline", "decline"]
    );
}

#[test]
fn calls_begin_and_turns_end_as_the_cli_tells() {
    let mut witness = witness(&[script()], &[]);
    for (kind, id) in [
        ("commandExecution", "exec-a"),
        ("mcpToolCall", "m"),
        ("fileChange", "p"),
        ("collabAgentToolCall", "w"),
    ] {
        let item =
            json!({"type": kind, "id": id, "command": "/bin/bash -lc 'echo one'", "status": "inProgress"});
        witness.told("item/started", &json!({"item": item}));
    }
    assert_eq!(["x#1", "m", "p", "w"].map(|call| witness.begun(call)), [true, false, false, true]);
    assert!(!witness.is_over("t"));
    witness
        .told("turn/completed", &json!({"threadId": "main", "turn": {"id": "t", "status": "interrupted"}}));
    assert!(witness.is_over("t"));
}
