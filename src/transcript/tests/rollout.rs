use serde_json::json;

use super::*;
use crate::action::{Action, Command, Dialect};
use crate::transcript::Recorded::{Aborted, Ran, Unknown};
use crate::transcript::{Format, Usage};

#[test]
fn a_session_is_read_in_order_and_calls_are_joined() {
    let text = text(&[
        meta("a"),
        said("developer", "rules"),
        said("user", "<environment_context>\n  <cwd>/w</cwd>\n  <shell>bash</shell>\n</environment_context>"),
        context("t1", "read-only"),
        said("user", "go"),
        call("c1", "exec_command", json!({"cmd": "ls"})),
        call("c2", "exec_command", json!({"cmd": "pwd"})),
        output("c2", "Chunk ID: 1\nWall time: 0.1 seconds\nProcess exited with code 0\nOutput:\n/w\n"),
        output("c1", "Chunk ID: 2\nWall time: 0.1 seconds\nProcess exited with code 2\nOutput:\nno\n"),
        context("t2", "danger-full-access"),
        call("c3", "exec_command", json!({"cmd": "id"})),
        said("assistant", "done"),
    ]);
    let transcript = read(&text);
    assert_eq!(transcript.format, Format::Rollout);
    assert_eq!((transcript.session.id.as_ref(), transcript.session.cwd.as_ref()), ("a", "/w"));
    assert_eq!(told(&transcript), ["prompt go", "call c1", "call c2", "call c3", "message done"]);
    let calls = calls(&transcript);
    assert_eq!((calls[0].exit_code(), calls[1].exit_code()), (Some(2), Some(0)));
    assert!(calls[1].output.unwrap().text().ends_with("Output:\n/w\n"));
    assert_eq!(calls[0].arguments, r#"{"cmd":"ls"}"#);
    assert_eq!((calls[0].unsandboxed, calls[2].unsandboxed, calls[2].output), (false, true, None));
    let contexts: Vec<_> = transcript.steps.iter().map(|step| step.context).collect();
    assert_eq!(contexts, [Some(0), Some(0), Some(0), Some(1), Some(1)]);
    assert_eq!(transcript.steps[0].line, 5);
    let answered: Vec<_> = calls.iter().map(|call| call.answered).collect();
    assert_eq!(answered, [Some(9), Some(8), None]);
    assert_eq!((transcript.tally.lines, transcript.tally.orphans), (12, 0));
}

#[test]
fn prompts_and_messages_are_told_once() {
    let user = |text: &str| event(json!({"type": "user_message", "message": text, "images": []}));
    let agent = |text: &str| event(json!({"type": "agent_message", "message": text}));
    let by_item = |kind: &str, text: &str| {
        finished(json!({"type": kind, "id": "i", "content": [{"type": "text", "text": text}]}))
    };
    // The event first, as in 2025; the item first; finished items, as in 0.169; an event alone.
    let text = text(&[
        meta("a"),
        user("one"),
        context("t", "read-only"),
        said("user", "one"),
        agent("yes"),
        said("assistant", "yes"),
        said("user", "two"),
        user("two"),
        said("assistant", "yes"),
        agent("yes"),
        said("user", "two"),
        by_item("UserMessage", "two"),
        by_item("AgentMessage", "well"),
        said("assistant", "well"),
        user("alone"),
        user("alone"),
        item(json!({"type": "message", "role": "user", "content": [
            {"type": "input_text", "text": "look"}, {"type": "input_image", "image_url": "x"},
            {"type": "input_text", "text": "there"}]})),
        user("lookthere"),
    ]);
    let transcript = read(&text);
    let want = [
        "prompt one",
        "message yes",
        "prompt two",
        "message yes",
        "prompt two",
        "message well",
        "prompt alone",
        "prompt look\nthere",
    ];
    assert_eq!(told(&transcript), want);
    assert_eq!(transcript.steps[0].context, Some(0), "a prompt belongs to the turn that it starts");
}

#[test]
fn what_codex_puts_in_is_no_prompt() {
    let parts = json!([
        {"type": "input_text", "text": "# AGENTS.md instructions for /w\n\n<INSTRUCTIONS>x</INSTRUCTIONS>"},
        {"type": "input_text", "text": "<environment_context>\n<shell>powershell</shell></environment_context>"},
    ]);
    let text = text(&[
        meta("a"),
        item(json!({"type": "message", "role": "user", "content": parts})),
        said("user", "please $p:rev this"),
        said("user", "<skill>\n<name>p:rev</name>\n<path>/x/SKILL.md</path>\nbody</skill>"),
        event(
            json!({"type": "user_message", "message": "<user_instructions>x", "kind": "user_instructions"}),
        ),
        said("user", "<subagent_notification>\n{}"),
        said("user", "<turn_aborted>\nx"),
        said("user", "<hook_prompt hook_run_id=\"1\">go on"),
        call("c", "exec_command", json!({"cmd": "dir"})),
    ]);
    let transcript = read(&text);
    assert_eq!(told(&transcript), ["prompt please $p:rev this", "skill p:rev", "continued go on", "call c"]);
    let Action::Shell(shell) = &calls(&transcript)[0].action else { panic!() };
    assert!(matches!(shell.command, Command::Script { dialect: Dialect::PowerShell, .. }));
}

#[test]
fn the_last_cumulative_count_is_the_usage() {
    let count = |n: u64| {
        json!({"input_tokens": n, "cached_input_tokens": 1, "output_tokens": 2,
            "reasoning_output_tokens": 3, "total_tokens": 9})
    };
    let old = |n| {
        let info = json!({"total_token_usage": count(n), "last_token_usage": count(1)});
        event(json!({"type": "token_count", "info": info, "rate_limits": null}))
    };
    // As Codex orders the fields, which the JSON macro does not keep.
    let ordered = r#"{"timestamp":"T","type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"input_tokens":6,"cached_input_tokens":1,"output_tokens":2,"reasoning_output_tokens":3}}}}"#;
    let none = event(json!({"type": "token_count", "info": null, "rate_limits": {}}));
    let usage = |n| Usage { input: n, cached: 1, output: 2, reasoning: 3 };
    assert_eq!(read(&text(&[meta("a"), old(5), old(7), none.clone()])).usage, usage(7));
    assert_eq!(read(&text(&[meta("a"), old(5), ordered.to_owned(), none])).usage, usage(6));
    let record = json!({"usage": count(1), "turn_token_usage": count(2), "thread_token_usage": count(9)});
    assert_eq!(read(&text(&[meta("a"), line("token_usage_record", record)])).usage, usage(9));
    assert_eq!(read(&meta("a")).usage, Usage::default());
}

#[test]
fn an_interrupted_turn_leaves_its_calls_aborted() {
    let text = text(&[
        said("user", "go"),
        call("c1", "exec_command", json!({"cmd": "ls"})),
        output("c1", "Chunk ID: 1\nWall time: 0.1 seconds\nProcess exited with code 0\nOutput:\n"),
        call("c2", "exec_command", json!({"cmd": "sleep 20"})),
        call("c3", "exec_command", json!({"cmd": "sleep 21"})),
        output("c3", "Wall time: 1.4 seconds\naborted by user"),
        said("user", "<turn_aborted>\nThe user interrupted"),
        event(json!({"type": "turn_aborted", "reason": "interrupted"})),
        call("c4", "exec_command", json!({"cmd": "ls"})),
    ]);
    let transcript = read(&text);
    assert_eq!(told(&transcript)[4..], ["aborted interrupted", "call c4"]);
    let recorded: Vec<_> = calls(&transcript).iter().map(|call| call.recorded()).collect();
    assert_eq!(recorded, [Ran, Aborted, Aborted, Unknown]);
}

#[test]
fn compaction_is_one_step_and_its_history_is_no_second_one() {
    let history = json!([
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "go"}]},
        {"type": "function_call", "name": "shell", "arguments": "{}", "call_id": "c1"},
    ]);
    let compacted = line("compacted", json!({"message": "So far:\nSUMMARY", "replacement_history": history}));
    let event = event(json!({"type": "context_compacted"}));
    let before =
        [said("user", "go"), call("c1", "exec_command", json!({"cmd": "ls"})), said("assistant", "SUMMARY")];
    for tail in
        [vec![compacted.clone(), event.clone()], vec![event.clone(), compacted.clone()], vec![compacted]]
    {
        let text = text(&[&before[..], &tail[..]].concat());
        let told = told(&read(&text));
        for kind in ["compacted", "call", "prompt"] {
            assert_eq!(told.iter().filter(|step| step.starts_with(kind)).count(), 1, "{told:?}");
        }
    }
    let text = text(&[&before[..], &[event]].concat());
    assert_eq!(told(&read(&text)), ["prompt go", "call c1", "message SUMMARY", "compacted"]);
}

#[test]
fn rolled_back_turns_are_left_out_and_counted() {
    let turn = |n: u32| {
        vec![
            said("user", &format!("p{n}")),
            event(json!({"type": "user_message", "message": format!("p{n}")})),
            call(&format!("c{n}"), "exec_command", json!({"cmd": "ls"})),
            said("assistant", &format!("m{n}")),
        ]
    };
    let back = |n: i64| event(json!({"type": "thread_rolled_back", "num_turns": n}));
    let late = vec![output("c3", "late"), output("c2", "mine")];
    let lines = [vec![meta("a")], turn(1), turn(2), turn(3), vec![back(2)], turn(2), late].concat();
    let text = text(&lines);
    let transcript = read(&text);
    let want = ["prompt p1", "call c1", "message m1", "prompt p2", "call c2", "message m2"];
    assert_eq!(told(&transcript), want);
    assert_eq!((transcript.rolled_back, transcript.tally.orphans), (6, 0));
    assert_eq!(calls(&transcript)[1].output.unwrap().text(), "mine");
    for (turns, left) in [(0, 3), (-1, 3), (99, 0)] {
        let text = super::text(&[turn(1), vec![back(turns)]].concat());
        assert_eq!(read(&text).steps.len(), left, "{turns}");
    }
}

/// An id as Codex makes them: a UUID of version 7, made at this time.
fn id_at(milliseconds: u64) -> String {
    format!("{:08x}-{:04x}-7540-b5d7-4f6fed978472", milliseconds >> 16, milliseconds & 0xFFFF)
}

fn turn_of(id: &str, name: &str) -> Vec<String> {
    vec![
        event(json!({"type": "task_started", "turn_id": id})),
        context(id, "read-only"),
        said("user", name),
        call(name, "exec_command", json!({"cmd": "ls"})),
    ]
}

#[test]
fn copied_lines_of_a_fork_are_told_apart() {
    let own = line("session_meta", json!({"id": id_at(5000), "forked_from_id": id_at(1000), "cwd": "/w"}));
    let parent = line("session_meta", json!({"id": id_at(1000), "cwd": "/elsewhere"}));
    let grandparent = line("session_meta", json!({"id": id_at(10), "cwd": "/elsewhere"}));
    let update = line("session_meta", json!({"id": id_at(1000), "memory_mode": "enabled"}));
    let (old, older, new) =
        (turn_of(&id_at(1001), "old"), turn_of(&id_at(2000), "older"), turn_of(&id_at(5001), "new"));
    let metas = vec![own.clone(), parent.clone(), grandparent];
    let copied = [metas, old.clone(), vec![update.clone()], older].concat();
    let whole = text(&[copied.clone(), new.clone()].concat());
    let transcript = read(&whole);
    let want = ["prompt old", "call old", "prompt older", "call older", "prompt new", "call new"];
    assert_eq!(told(&transcript), want);
    assert_eq!((transcript.inherited, transcript.session.cwd.as_ref()), (4, "/w"));
    assert_eq!(transcript.session.forked_from.as_deref(), Some(id_at(1000).as_str()));
    assert_eq!(transcript.tally.second_session, 0);
    // Nothing of its own yet.
    assert_eq!(read(&text(&copied)).inherited, 4);
    // An update of the session itself copies nothing.
    let updated = [vec![parent.clone()], old.clone(), vec![update]].concat();
    assert_eq!(read(&text(&updated)).inherited, 0);
    // Another session in the middle is none that was copied.
    let two = text(&[vec![parent], old, vec![own], new].concat());
    assert_eq!((read(&two).inherited, read(&two).tally.second_session), (0, 6));
}

#[test]
fn old_forks_are_told_by_the_clock() {
    let at = |at: &str, line: String| line.replace("2026-11-22T11:34:24.500Z", at);
    let (first, second) = ("2025-10-01T10:00:00.001Z", "2025-10-01T10:01:00.000Z");
    let text = text(&[
        at(first, meta("ab46c7fb-95b9-4245-a6d7-b140bd36efa9")),
        at(first, meta("4f9669bf-acce-4fde-b2a6-d9f733194f45")),
        at(first, said("user", "old")),
        at(first, context("", "read-only")),
        at(first, call("c1", "shell", json!({"command": ["ls"]}))),
        at(second, context("", "workspace-write")),
        at(second, said("user", "new")),
    ]);
    assert_eq!(read(&text).inherited, 2);
}

#[test]
fn sub_agents_with_context_say_where_they_start() {
    let numbered = |ordinal: u32, line: String| line.replacen('{', &format!("{{\"ordinal\":{ordinal},"), 1);
    let source = json!({"subagent": {"thread_spawn": {"parent_thread_id": "parent", "agent_role": "r"}}});
    let own = json!({"id": "child", "forked_from_id": "parent", "subagent_history_start_ordinal": 3, "source": source});
    let text = text(&[
        numbered(0, line("session_meta", own)),
        numbered(1, meta("parent")),
        numbered(2, said("user", "go")),
        numbered(3, event(json!({"type": "thread_settings_applied"}))),
        numbered(4, said("user", "sub work")),
    ]);
    let transcript = read(&text);
    assert_eq!(told(&transcript), ["prompt go", "prompt sub work"]);
    assert_eq!(transcript.inherited, 1);
    assert_eq!(transcript.session.parent.as_deref(), Some("parent"));
    assert_eq!(transcript.session.agent_role.as_deref(), Some("r"));
}
