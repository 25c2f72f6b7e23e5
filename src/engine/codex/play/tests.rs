use super::*;
use crate::engine::codex::script::{ScriptThread, Turn};

fn response(call: &str, arguments: &str) -> Response {
    let item =
        json!({"type": "function_call", "call_id": call, "name": "write_stdin", "arguments": arguments});
    Response { items: vec![item], calls: vec![call.to_owned()], ..Response::default() }
}

fn thread(prompt: &str, responses: Vec<Response>) -> ScriptThread {
    let turns = vec![Turn { prompt: prompt.to_owned(), responses, ..Turn::default() }];
    ScriptThread { turns, ..ScriptThread::default() }
}

fn ask(play: &mut Play, thread: &str, input: &[Value]) -> Vec<Value> {
    let asked = Asked { thread: thread.into(), subagent: String::new(), kind: "turn".into(), input };
    play.answer(&asked).items
}

#[test]
fn numbers_of_terminals_are_those_of_now() {
    let mut main =
        thread("go", vec![response("a", "{}"), response("b", r#"{"session_id":41,"chars":"41"}"#)]);
    main.given.push(Given { call: "a".into(), name: "41".into(), behind: "session ID " });
    let mut play = Play::new(Script { threads: vec![main], moved: None }, []);
    play.bind_main("t");
    play.begin_turn(false);
    assert_eq!(ask(&mut play, "t", &[])[0]["call_id"], "a");
    let told = [json!({"type": "function_call_output", "call_id": "a", "output": "session ID 7777\n"})];
    let next = ask(&mut play, "t", &told);
    assert_eq!(next[0]["arguments"], r#"{"chars":"41","session_id":7777}"#);
    assert_eq!(play.answers()["a"], "session ID 7777\n");
    assert!(play.end_turn().is_empty() && play.beyond() == 0);
    ask(&mut play, "t", &[]);
    assert_eq!(play.beyond(), 1);
}

#[test]
fn a_request_waits_for_what_a_person_says_before_it_is_answered() {
    let mut main = thread("go", vec![response("a", "{}"), response("b", "{}")]);
    main.turns[0].responses[1].steers = ["this".to_owned(), "that".to_owned()].into();
    let mut play = Play::new(Script { threads: vec![main], moved: None }, []);
    play.bind_main("t");
    play.begin_turn(false);
    let next = |play: &mut Play| {
        let asked = Asked { thread: "t".into(), subagent: String::new(), kind: "turn".into(), input: &[] };
        let answer = play.answer(&asked);
        let call = answer.items[0]["call_id"].as_str().filter(|_| answer.holds.is_none());
        (call.map(str::to_owned), play.take_steer(), play.heard())
    };
    assert_eq!(next(&mut play), (Some("a".into()), None, 0));
    assert_eq!(next(&mut play), (None, Some("this".into()), 0));
    assert_eq!(next(&mut play), (None, Some("that".into()), 1));
    assert_eq!(next(&mut play), (Some("b".into()), None, 2));
}

#[test]
fn requests_beyond_an_interruption_wait() {
    let interrupted = |prompt: &str, call: &str| {
        let mut thread = thread(prompt, vec![response(call, "{}")]);
        thread.turns[0].interrupted = Some(Interruption::default());
        thread
    };
    let mut main = interrupted("go", "a");
    main.turns.push(Turn { prompt: "again".into(), ..Turn::default() });
    let threads = vec![main, interrupted("task", "b")];
    let mut play = Play::new(Script { threads, moved: None }, []);
    play.bind_main("main");
    play.begin_turn(true);
    let holds = |play: &mut Play, thread: &str| {
        let asked = Asked { thread: thread.into(), subagent: String::new(), kind: "turn".into(), input: &[] };
        play.answer(&asked).holds
    };
    let played = |play: &Play| play.played(|_| true);
    assert_eq!(played(&play), Played::Not);
    assert_eq!((holds(&mut play, "main"), played(&play)), (None, Played::Main));
    assert_eq!((holds(&mut play, "kid"), played(&play)), (None, Played::All));
    assert!(!play.is_held());
    assert_eq!(holds(&mut play, "kid"), Some(Hold::End));
    assert!(!play.is_held());
    assert_eq!(holds(&mut play, "main"), Some(Hold::Turn));
    assert!(play.is_held() && play.beyond() == 0);
    play.begin_turn(false);
    assert_eq!((play.is_held(), holds(&mut play, "main"), play.beyond()), (false, None, 1));
}

#[test]
fn sub_agents_play_the_part_of_their_task() {
    let threads = vec![
        thread("go", Vec::new()),
        thread("first task", vec![response("x", "{}")]),
        thread("second task", vec![response("y", "{}")]),
    ];
    let mut play = Play::new(Script { threads, moved: None }, []);
    play.bind_main("main");
    let says = |text: &str| {
        [json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]})]
    };
    assert_eq!(ask(&mut play, "b", &says("second task"))[0]["call_id"], "y");
    assert_eq!(ask(&mut play, "a", &says("first task"))[0]["call_id"], "x");
    assert_eq!(ask(&mut play, "c", &says("third task"))[0]["type"], "message");
    assert_eq!(play.beyond(), 1);
}

#[test]
fn guardians_say_what_they_said() {
    let mut play = Play::new(Script::default(), [true]);
    let asked = |play: &mut Play| {
        let asked =
            Asked { thread: "g".into(), subagent: "guardian".into(), kind: "turn".into(), input: &[] };
        let text = play.answer(&asked).items[0]["content"][0]["text"].as_str().unwrap().to_owned();
        serde_json::from_str::<Value>(&text).unwrap()["outcome"].as_str().unwrap().to_owned()
    };
    assert_eq!([asked(&mut play), asked(&mut play)], ["allow", "deny"]);
}
