use serde_json::json;

use super::*;

const START: i64 = 1_795_368_832_000;

fn read(lines: &[String]) -> (Vec<Answer>, u64) {
    let (mut capture, mut answers) = (Capture::default(), HashMap::new());
    for line in lines {
        capture.read(line, &mut answers);
    }
    let open = capture.finish(&mut answers);
    (answers.remove("t").unwrap_or_default(), open)
}

fn ask(id: i64, call: &str) -> Value {
    json!({"method": "item/commandExecution/requestApproval", "id": id,
        "params": {"kind": "command", "threadId": "t", "itemId": call, "startedAtMs": START}})
}

fn say(id: i64, decision: &Value) -> Value {
    json!({"id": id, "result": {"decision": decision}})
}

fn resolved(id: i64, at: i64) -> Value {
    json!({"method": "serverRequest/resolved", "params": {"threadId": "t", "requestId": id}, "emittedAtMs": START + at})
}

fn lines(values: &[Value]) -> Vec<String> {
    values.iter().map(Value::to_string).collect()
}

#[test]
fn prompts_are_joined_with_their_answers() {
    for (decision, wanted) in [
        (json!("accept"), Verdict::Accepted),
        (json!("acceptForSession"), Verdict::AcceptedForSession),
        (
            json!({"acceptWithExecpolicyAmendment": {"execpolicy_amendment": ["x"]}}),
            Verdict::AcceptedWithRule(vec!["x".into()]),
        ),
        (json!("decline"), Verdict::Declined),
        (json!("cancel"), Verdict::Declined),
    ] {
        let (answers, open) = read(&lines(&[ask(0, "c1"), say(0, &decision), resolved(0, 300)]));
        let answer = &answers[0];
        assert_eq!((answer.call.as_deref(), answer.verdict.clone(), open), (Some("c1"), wanted, 0));
        assert_eq!((answer.asked, answer.decided), (Some(START), Some(START + 300)));
    }
}

/// A way to write a message with its time.
type Way<'w> = &'w dyn Fn(&Value, i64) -> String;

/// The ways in which a line may be written, all of one prompt and its answer 250 ms later.
#[test]
fn every_way_of_writing_a_line_is_read() {
    let bare = |value: &Value, _: i64| value.to_string();
    let marked =
        |value: &Value, at: i64| format!("{} {} {value}", START + at, if at == 0 { '<' } else { '>' });
    let iso = |value: &Value, at: i64| format!("[2026-11-22T17:33:52.{at:03}Z] -> {value}");
    let object = |value: &Value, at: i64| {
        json!({"dir": "in", "time": (START + at) as f64 / 1000.0, "message": value}).to_string()
    };
    let text = |value: &Value, at: i64| json!({"ts": START + at, "line": value.to_string()}).to_string();
    let list = |value: &Value, at: i64| json!(["<", value, START + at]).to_string();
    let timed: [Way<'_>; 5] = [&marked, &iso, &object, &text, &list];
    let bare: Way<'_> = &bare;
    let ways = timed.map(|way| (way, true)).into_iter().chain([(bare, false)]);
    for (way, timed) in ways {
        let text = [way(&ask(0, "c1"), 0), way(&say(0, &json!("accept")), 250)];
        let (answers, _) = read(&text);
        let answer = answers.first().unwrap_or_else(|| panic!("{text:?}"));
        let took = answer.decided.map(|decided| decided - answer.asked.unwrap());
        assert_eq!(took, timed.then_some(250), "{text:?}");
    }
}

#[test]
fn elicitations_find_the_call_by_tool_and_arguments() {
    let begin = |id: &str, number: i64| {
        json!({"method": "item/started", "params": {"threadId": "t", "item":
            {"type": "mcpToolCall", "id": id, "server": "s", "tool": "x", "arguments": {"n": number}}}})
    };
    let elicit = |id: i64, number: i64| {
        json!({"method": "mcpServer/elicitation/request", "id": id, "params": {"threadId": "t", "serverName": "s",
            "_meta": {"codex_approval_kind": "mcp_tool_call", "tool_name": "x", "tool_params": {"n": number}}}})
    };
    let act = |id: i64, action: &str| json!({"id": id, "result": {"action": action, "content": null}});
    let (answers, _) = read(&lines(&[
        begin("m1", 1),
        begin("m2", 2),
        begin("m3", 1),
        elicit(0, 2),
        elicit(1, 1),
        elicit(2, 1),
        act(2, "cancel"),
        act(0, "accept"),
        act(1, "decline"),
        elicit(3, 9),
        act(3, "accept"),
        json!({"method": "mcpServer/elicitation/request", "id": 4, "params": {"threadId": "t", "serverName": "s"}}),
        act(4, "accept"),
    ]));
    let mut found: Vec<_> =
        answers.iter().map(|answer| (answer.call.as_deref(), answer.verdict.clone())).collect();
    found.sort_by_key(|(call, _)| *call);
    let wanted = [
        (None, Verdict::Accepted),
        (Some("m1"), Verdict::Declined),
        (Some("m2"), Verdict::Accepted),
        (Some("m3"), Verdict::Declined),
    ];
    assert_eq!(found, wanted);
}

#[test]
fn a_prompt_without_a_time_takes_that_of_the_message_before() {
    let before = json!({"method": "thread/status/changed", "params": {}, "emittedAtMs": START + 7});
    let mut timeless = ask(0, "c1");
    timeless["params"].as_object_mut().unwrap().remove("startedAtMs");
    let (answers, _) = read(&lines(&[before, timeless, say(0, &json!("accept")), resolved(0, 90)]));
    assert_eq!((answers[0].asked, answers[0].decided), (Some(START + 7), Some(START + 90)));
}

#[test]
fn what_is_typed_has_its_own_call() {
    let mut typed = ask(1, "w1");
    typed["params"]["approvalId"] = json!("w2");
    typed["params"]["kind"] = json!("writeStdin");
    let (answers, _) = read(&lines(&[typed, say(1, &json!("accept"))]));
    assert_eq!(answers[0].call.as_deref(), Some("w2"));
}

#[test]
fn stopping_the_turn_declines_the_one_open_prompt() {
    let stop = json!({"id": 4, "method": "turn/interrupt", "params": {"threadId": "t", "turnId": "u"}});
    let (answers, open) = read(&lines(&[ask(0, "c1"), stop.clone(), resolved(0, 500)]));
    assert_eq!((answers.len(), answers[0].verdict.clone(), open), (1, Verdict::Declined, 0));
    assert_eq!(answers[0].decided, Some(START + 500));
    let (answers, open) = read(&lines(&[ask(0, "c1"), ask(1, "c2"), stop, resolved(0, 500)]));
    assert_eq!((answers.len(), open), (0, 2));
}

#[test]
fn ids_that_come_again_and_answers_to_nothing_do_no_harm() {
    let (answers, open) = read(&lines(&[
        json!({"id": 0, "result": {"thread": {"id": "t"}}}),
        say(7, &json!("accept")),
        ask(0, "c1"),
        json!({"id": 0, "result": {"turn": {}}}),
        ask(0, "c2"),
        say(0, &json!("accept")),
        say(0, &json!("decline")),
        ask(0, "c3"),
        say(0, &json!("nonsense")),
    ]));
    let found: Vec<_> =
        answers.iter().map(|answer| (answer.call.as_deref(), answer.verdict.clone())).collect();
    assert_eq!((found, open), (vec![(Some("c2"), Verdict::Accepted)], 2));
}
