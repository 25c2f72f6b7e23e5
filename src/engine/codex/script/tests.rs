use super::*;

fn script(lines: &[&str]) -> Script {
    let text = lines.join("\n");
    let transcript = Transcript::read(text.as_bytes()).unwrap();
    Script::of(&Run::default(), std::slice::from_ref(&transcript))
}

fn line(payload: &str) -> String {
    format!(r#"{{"timestamp":"2026-05-01T10:00:00Z","type":"response_item","payload":{payload}}}"#)
}

fn call(id: &str) -> String {
    line(&format!(
        r#"{{"type":"function_call","name":"exec_command","call_id":"{id}","arguments":"{{\"cmd\":\"ls\"}}"}}"#
    ))
}

fn answer(id: &str) -> String {
    line(&format!(
        r#"{{"type":"function_call_output","call_id":"{id}","output":"Process running with session ID 41"}}"#
    ))
}

fn says(role: &str, text: &str) -> String {
    let kind = if role == "user" { "input_text" } else { "output_text" };
    line(&format!(r#"{{"type":"message","role":"{role}","content":[{{"type":"{kind}","text":"{text}"}}]}}"#))
}

#[test]
fn calls_before_the_first_answer_are_one_response() {
    let lines = [
        r#"{"timestamp":"2026-05-01T10:00:00Z","type":"session_meta","payload":{"id":"t1","cwd":"/w"}}"#
            .to_owned(),
        says("user", "go"),
        says("assistant", "I look"),
        call("a"),
        call("b"),
        answer("a"),
        answer("b"),
        call("c"),
        answer("c"),
        says("assistant", "done"),
        says("user", "again"),
        says("assistant", "no"),
    ];
    let script = script(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let turns: Vec<Vec<(usize, Vec<String>)>> = script.threads[0]
        .turns
        .iter()
        .map(|turn| turn.responses.iter().map(|r| (r.items.len(), r.calls.clone())).collect())
        .collect();
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    assert_eq!(turns[0], [(3, ids(&["a", "b"])), (1, ids(&["c"])), (1, ids(&[]))]);
    assert_eq!(turns[1], [(1, ids(&[]))]);
    assert_eq!(script.threads[0].given[0].name, "41");
}

#[test]
fn compactions_are_those_that_a_person_asked_for_or_not() {
    let event = |kind: &str, payload: &str| {
        format!(r#"{{"timestamp":"2026-05-01T10:00:00Z","type":"{kind}","payload":{payload}}}"#)
    };
    let compacted = || event("compacted", r#"{"message":"so far"}"#);
    let end = || event("event_msg", r#"{"type":"task_complete","error":null}"#);
    let lines = [
        event("session_meta", r#"{"id":"t1","cwd":"/w"}"#),
        says("user", "go"),
        call("a"),
        answer("a"),
        compacted(),
        call("b"),
        answer("b"),
        end(),
        compacted(),
        end(),
        says("user", "again"),
        call("c"),
        answer("c"),
        end(),
        compacted(),
        end(),
    ];
    let script = script(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let turns = &script.threads[0].turns;
    let fills: Vec<Vec<bool>> =
        turns.iter().map(|turn| turn.responses.iter().map(|response| response.fills).collect()).collect();
    assert_eq!(fills, [vec![true, false], vec![false]]);
    assert_eq!(turns.iter().map(|turn| turn.compactions).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(script.threads[0].compactions, 1);
}

#[test]
fn interrupted_turns_are_known() {
    let event = |payload: &str| {
        format!(r#"{{"timestamp":"2026-05-01T10:00:00Z","type":"event_msg","payload":{payload}}}"#)
    };
    let aborted = |reason: &str| event(&format!(r#"{{"type":"turn_aborted","reason":"{reason}"}}"#));
    let lines = [
        says("user", "go"),
        call("a"),
        answer("a"),
        says("assistant", "And then I"),
        aborted("interrupted"),
        says("user", "again"),
        call("b"),
        aborted("interrupted"),
        says("user", "once more"),
        call("c"),
        aborted("replaced"),
    ];
    let script = script(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let main = &script.threads[0];
    let told = main.turns.iter().map(|turn| (turn.responses.len(), turn.interrupted.is_some()));
    assert_eq!(told.collect::<Vec<_>>(), [(1, true), (1, true), (1, false)]);
    assert!(main.interruption().is_none());
}

#[test]
fn what_a_person_says_in_a_running_turn_belongs_to_it() {
    let event = |kind: &str, payload: &str| {
        format!(r#"{{"timestamp":"2026-05-01T10:00:00Z","type":"{kind}","payload":{payload}}}"#)
    };
    let turn = |id: &str| event("turn_context", &format!(r#"{{"turn_id":"{id}","cwd":"/w"}}"#));
    let end = || event("event_msg", r#"{"type":"task_complete","error":null}"#);
    let lines = [
        turn("1"),
        says("user", "go"),
        call("a"),
        answer("a"),
        says("user", "and this"),
        says("user", "and that"),
        call("b"),
        answer("b"),
        says("assistant", "done"),
        end(),
        turn("2"),
        says("user", "again"),
        call("c"),
        answer("c"),
        says("user", "stop"),
        event("event_msg", r#"{"type":"turn_aborted","reason":"interrupted"}"#),
    ];
    let script = script(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let turns = &script.threads[0].turns;
    let told = |turn: &Turn| {
        let responses = turn.responses.iter().map(|one| (one.items.len(), one.steers.len()));
        (turn.steers, responses.collect::<Vec<_>>())
    };
    assert_eq!(told(&turns[0]), (2, vec![(1, 0), (1, 2), (1, 0)]));
    assert_eq!(told(&turns[1]), (1, vec![(1, 0), (0, 1)]));
    assert_eq!(turns[0].responses[1].steers, ["and this", "and that"]);
}

#[test]
fn tools_of_other_eras_are_called_as_those_of_today() {
    let lines = [
        r#"{"timestamp":"2026-05-01T10:00:00Z","type":"session_meta","payload":{"id":"t1","cwd":"/w"}}"#
            .to_owned(),
        line(
            r#"{"type":"function_call","name":"shell","call_id":"a","arguments":"{\"command\":[\"bash\",\"-lc\",\"ls -l\"],\"workdir\":\"/w/x\"}"}"#,
        ),
        line(r#"{"type":"function_call","name":"tracker__read","call_id":"b","arguments":"{}"}"#),
        line(r#"{"type":"function_call","name":"nope","call_id":"c","arguments":"{"}"#),
    ];
    let script = script(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let items: Vec<&Value> = script.threads[0].turns[0].responses.iter().flat_map(|r| &r.items).collect();
    assert_eq!(items[0]["name"], "exec_command");
    let arguments: Value = serde_json::from_str(items[0]["arguments"].as_str().unwrap()).unwrap();
    assert_eq!((arguments["cmd"].as_str(), arguments["workdir"].as_str()), (Some("ls -l"), Some("/w/x")));
    assert_eq!(
        (items[1]["namespace"].as_str(), items[1]["name"].as_str()),
        (Some("mcp__tracker"), Some("read"))
    );
    assert_eq!((items[2]["name"].as_str(), items[2]["arguments"].as_str()), (Some("nope"), Some("{")));
}
