use serde_json::json;

use super::*;
use crate::action::Action;
use crate::transcript::Recorded;

#[test]
fn finished_items_add_to_their_calls() {
    let text = text(&[
        call("c1", "exec_command", json!({"cmd": "ls"})),
        finished(json!({"type": "CommandExecution", "id": "c1", "command": ["/bin/bash", "-lc", "ls"],
            "cwd": "file:///w", "source": "unified_exec_startup", "status": "failed",
            "aggregated_output": "x", "exit_code": 3})),
        output("c1", "Chunk ID: 1\nWall time: 0.1 seconds\nProcess exited with code 3\nOutput:\nx"),
        call("c2", "exec_command", json!({"cmd": "echo REWRITE"})),
        finished(
            json!({"type": "CommandExecution", "id": "c2", "command": ["/bin/bash", "-lc", "echo safe"],
            "status": "completed", "exit_code": 0}),
        ),
        custom("c3", "apply_patch", "*** Begin Patch\n*** End Patch"),
        finished(json!({"type": "FileChange", "id": "c3", "changes": {}, "status": "declined"})),
    ]);
    let transcript = read(&text);
    let calls = calls(&transcript);
    assert_eq!((calls.len(), transcript.tally.orphans), (3, 0));
    let item = calls[0].item.as_ref().unwrap();
    assert_eq!((item.status.as_ref(), item.exit_code, &item.ran), ("failed", Some(3), &None));
    assert!(calls[0].output.unwrap().text().starts_with("Chunk ID"));
    assert_eq!(calls[1].item.as_ref().unwrap().ran.as_deref(), Some("echo safe"));
    assert_eq!(calls[2].recorded(), Recorded::Declined);
}

#[test]
fn older_events_add_to_their_calls() {
    let text = text(&[
        call("c1", "shell_command", json!({"command": "ls"})),
        event(json!({"type": "exec_command_end", "call_id": "c1", "turn_id": "t",
            "command": ["/bin/zsh", "-lc", "ls"], "cwd": "/w", "parsed_cmd": [], "source": "agent",
            "stdout": "", "stderr": "", "aggregated_output": "", "exit_code": 1, "status": "failed"})),
        custom("c2", "apply_patch", "p"),
        event(json!({"type": "patch_apply_end", "call_id": "c2", "success": false, "changes": {}})),
        mcp("c3", "codex_apps__github", "_fetch_pr"),
        event(json!({"type": "mcp_tool_call_end", "call_id": "c3",
            "invocation": {"server": "codex_apps", "tool": "github.fetch_pr", "arguments": {}},
            "duration": {"secs": 4, "nanos": 2}, "result": {"Ok": {"content": []}}})),
        call("c4", "a__b__c", json!({})),
        event(json!({"type": "mcp_tool_call_end", "call_id": "c4",
            "invocation": {"server": "a__b", "tool": "c", "arguments": {}},
            "duration": {"secs": 0, "nanos": 0}, "result": {"Err": "user rejected MCP tool call"}})),
        call("c5", "view_image", json!({"path": "a.png"})),
        event(json!({"type": "view_image_tool_call", "call_id": "c5", "path": "/w/a.png"})),
    ]);
    let transcript = read(&text);
    let calls = calls(&transcript);
    assert_eq!(calls.len(), 5);
    assert_eq!(calls[0].exit_code(), Some(1));
    assert_eq!(calls[0].item.as_ref().unwrap().ran, None);
    assert_eq!(calls[1].item.as_ref().unwrap().status, "failed");
    let names = |call: &Call<'_>| match &call.action {
        Action::Mcp(mcp) => format!("{} {}", mcp.server, mcp.tool),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        (names(calls[2]).as_str(), names(calls[3]).as_str()),
        ("codex_apps github.fetch_pr", "a__b c")
    );
    assert_eq!((calls[2].recorded(), calls[3].recorded()), (Recorded::Ran, Recorded::Declined));
    assert_eq!(calls[4].item.as_ref().unwrap().status, "completed");
}

#[test]
fn searches_of_the_web_are_told_once() {
    let action = json!({"type": "search", "query": "q"});
    let end = event(json!({"type": "web_search_end", "call_id": "ws1", "query": "q", "action": action}));
    let done = finished(json!({"type": "WebSearch", "id": "i1", "query": "q", "action": action}));
    let call = item(json!({"type": "web_search_call", "status": "completed", "action": action}));
    for lines in [vec![&end, &call], vec![&call, &end], vec![&done, &call], vec![&call], vec![&end]] {
        let text = text(&lines);
        let transcript = read(&text);
        let calls = calls(&transcript);
        assert_eq!(calls.len(), 1, "{text}");
        assert_eq!((&calls[0].action, calls[0].recorded()), (&Action::WebSearch("q".into()), Recorded::Ran));
    }
    let twice = text(&[&end, &call, &end, &call]);
    assert_eq!(calls(&read(&twice)).len(), 2);
}

#[test]
fn sub_agents_are_linked_to_the_calls_that_start_them() {
    let spawn = |id: &str| {
        item(json!({"type": "function_call", "name": "spawn_agent", "namespace": "multi_agent_v1",
            "arguments": "{\"message\":\"work\",\"agent_type\":\"r\"}", "call_id": id}))
    };
    let begun = |id: &str, thread: &str| {
        event(
            json!({"type": "collab_agent_spawn_end", "call_id": id, "new_thread_id": thread, "prompt": "work"}),
        )
    };
    let text = text(&[
        spawn("s1"),
        output("s1", "{\"agent_id\":\"child-1\",\"nickname\":\"N\"}"),
        spawn("s2"),
        finished(json!({"type": "CollabAgentToolCall", "id": "s2", "tool": "spawn_agent",
            "status": "completed", "receiver_thread_ids": ["child-2"], "prompt": "work"})),
        spawn("s3"),
        begun("s3", "child-3"),
        spawn("s4"),
        event(json!({"type": "sub_agent_activity", "event_id": "s4", "agent_thread_id": "child-4"})),
        spawn("s5"),
        output("s5", "no such role"),
        begun("alone", "child-6"),
    ]);
    let transcript = read(&text);
    let children: Vec<_> = calls(&transcript).iter().map(|call| call.child_thread.as_deref()).collect();
    let want = [Some("child-1"), Some("child-2"), Some("child-3"), Some("child-4"), None, Some("child-6")];
    assert_eq!(children, want);
    assert!(calls(&transcript).iter().all(|call| matches!(call.action, Action::Spawn(_))));
}

#[test]
fn guardians_assess_calls() {
    let assessed = |target: &str, status: &str| {
        event(json!({"type": "guardian_assessment", "id": "g", "target_item_id": target, "status": status,
            "action": {"type": "command", "command": "curl x", "cwd": "/w"},
            "risk_level": "high", "rationale": "why"}))
    };
    let refused = r#"exec_command failed: CreateProcess { message: "Rejected(\"This action was rejected due to unacceptable risk.\\nReason: why\")" }"#;
    let text = text(&[
        call("c1", "exec_command", json!({"cmd": "curl x"})),
        assessed("c1", "in_progress"),
        assessed("c1", "denied"),
        output("c1", refused),
        assessed("gone", "approved"),
    ]);
    let transcript = read(&text);
    let call = calls(&transcript)[0].clone();
    let guardian = call.guardian.as_ref().unwrap();
    let told = (guardian.status.as_ref(), guardian.risk.as_ref(), guardian.rationale.as_ref());
    assert_eq!(told, ("denied", "high", "why"));
    assert_eq!((call.recorded(), transcript.tally.orphans), (Recorded::Declined, 1));
}

#[test]
fn commands_without_a_call_are_evidence_unless_a_person_typed_them() {
    let run = |id: &str, source: &str| {
        finished(json!({"type": "CommandExecution", "id": id, "command": ["/bin/bash", "-lc", "ls"],
            "cwd": "file:///w", "source": source, "status": "completed", "exit_code": 0}))
    };
    let text = text(&[run("x", "agent"), run("y", "userShell")]);
    assert_eq!(told(&read(&text)), ["call x"]);
}

#[test]
fn hosted_and_custom_calls_are_read() {
    let exec = json!({"type": "exec", "command": ["bash", "-lc", "ls"], "working_directory": "/w",
        "timeout_ms": null, "env": null, "user": null});
    let text = text(&[
        item(json!({"type": "local_shell_call", "call_id": "l1", "status": "completed", "action": exec})),
        item(
            json!({"type": "tool_search_call", "call_id": "t1", "execution": "client", "arguments": {"query": "q"}}),
        ),
        item(json!({"type": "tool_search_output", "call_id": "t1", "status": "completed", "tools": []})),
        item(json!({"type": "image_generation_call", "id": "g1", "status": "completed"})),
        item(json!({"type": "local_shell_call", "call_id": "l2", "action": {"type": "exec"}})),
        item(
            json!({"type": "function_call", "name": "exec_command", "arguments": {"cmd": "ls"}, "call_id": "o1"}),
        ),
        item(json!({"type": "function_call", "name": "exec_command", "arguments": "{\"cmd\":\"ls\"}"})),
    ]);
    let transcript = read(&text);
    let calls = calls(&transcript);
    assert!(matches!(&calls[0].action, Action::Shell(shell) if shell.workdir.as_deref() == Some("/w")));
    assert!(matches!(&calls[1].action, Action::Builtin(_)) && calls[1].output.is_some());
    assert!(matches!(&calls[2].action, Action::Builtin(_)));
    assert!(matches!(&calls[3].action, Action::Malformed { .. }));
    assert!(matches!(&calls[4].action, Action::Shell(_)));
    assert_eq!((calls[5].id.as_ref(), transcript.tally.orphans), ("line-7", 0));
}
