use serde_json::json;

use super::*;
use crate::action::{Action, Command};
use crate::transcript::Recorded;

const SCRIPT: &str = r#"const r = await tools.exec_command({cmd: "cat a"});
await tools.apply_patch(`*** Begin Patch
*** End Patch`);
await tools.mcp__issue_tracker__ro({id: "1"});
for (const x of list) await tools.exec_command({cmd: x});"#;

fn ran(id: &str, script: &str) -> String {
    finished(json!({"type": "CommandExecution", "id": id, "command": ["/bin/bash", "-lc", script],
        "cwd": "file:///w", "source": "unified_exec_startup", "status": "completed",
        "aggregated_output": "out", "exit_code": 0}))
}

fn answered(id: &str, texts: &[&str]) -> String {
    let parts: Vec<_> = texts.iter().map(|text| json!({"type": "input_text", "text": text})).collect();
    item(json!({"type": "custom_tool_call_output", "call_id": id, "output": parts}))
}

#[test]
fn calls_of_a_script_are_steps_and_get_their_items() {
    let text = text(&[
        custom("j1", "exec", SCRIPT),
        ran("exec-1", "cat a"),
        finished(
            json!({"type": "FileChange", "id": "exec-2", "changes": {}, "status": "completed", "stdout": "ok"}),
        ),
        finished(json!({"type": "McpToolCall", "id": "exec-3", "server": "issue-tracker", "tool": "ro",
            "arguments": {"id": "1"}, "status": "completed", "result": {"content": [{"type": "text", "text": "r"}]}})),
        ran("exec-4", "echo x"),
        ran("exec-5", "cat a"),
        answered("j1", &["Script completed\nWall time 4.2 seconds\nOutput:\n", "out"]),
    ]);
    let transcript = read(&text);
    let want = ["call j1", "call j1#1", "call j1#2", "call j1#3", "call exec-4", "call exec-5"];
    assert_eq!(told(&transcript), want);
    let calls = calls(&transcript);
    assert!(matches!(calls[0].action, Action::Code(_)) && calls[0].opaque);
    assert!(calls.iter().all(|call| call.recorded() == Recorded::Ran));
    assert!(calls[1..].iter().all(|call| call.parent.as_deref() == Some("j1")));
    assert_eq!((calls[1].exit_code(), calls[1].output.unwrap().text().as_ref()), (Some(0), "out"));
    assert!(matches!(calls[2].action, Action::Patch(_)));
    let Action::Mcp(mcp) = &calls[3].action else { panic!() };
    assert_eq!((mcp.server.as_ref(), mcp.tool.as_ref()), ("issue-tracker", "ro"));
    assert_eq!(calls[3].output.unwrap().text(), "r");
    let Action::Shell(shell) = &calls[4].action else { panic!() };
    assert!(matches!(&shell.command, Command::Script { text, .. } if text == "echo x"));
    assert_eq!(transcript.tally.orphans, 0);
    assert_eq!(calls[0].answered, Some(7));
    assert!(calls[1..].iter().all(|call| call.answered.is_none()));
}

#[test]
fn nested_calls_without_a_trace_are_unknown() {
    let script = "try { await tools.exec_command({cmd: 'cat .env'}) } catch (e) { text('E ' + e) }";
    let text = text(&[
        custom("j1", "exec", script),
        answered("j1", &["Script completed\nOutput:\n", "E Command blocked by PreToolUse hook: x"]),
    ]);
    let transcript = read(&text);
    let calls = calls(&transcript);
    assert_eq!(calls.len(), 2);
    assert_eq!((calls[0].opaque, calls[0].recorded()), (false, Recorded::Ran));
    assert_eq!(calls[1].recorded(), Recorded::Unknown);
}

#[test]
fn items_go_to_the_last_script_and_direct_calls_stay_their_own() {
    let text = text(&[
        custom("j1", "exec", "await tools.exec_command({cmd: 'ls'})"),
        custom("j2", "exec", "await tools.exec_command({cmd: 'ls'})"),
        call("c1", "exec_command", json!({"cmd": "ls"})),
        ran("c1", "ls"),
        ran("exec-1", "ls"),
    ]);
    let transcript = read(&text);
    let noted: Vec<_> =
        calls(&transcript).iter().map(|call| (call.id.to_string(), call.item.is_some())).collect();
    let want = [("j1", false), ("j1#1", false), ("j2", false), ("j2#1", true), ("c1", true)];
    assert_eq!(noted, want.map(|(id, noted)| (id.to_owned(), noted)));
}

#[test]
fn items_of_scripts_that_run_on_find_their_calls() {
    let text = text(&[
        custom(
            "j1",
            "exec",
            "await tools.exec_command({cmd: 'slow'}); await tools.exec_command({cmd: 'ls'})",
        ),
        answered("j1", &["Script running with cell ID 1\n"]),
        custom("j2", "exec", "await tools.exec_command({cmd: 'ls'})"),
        ran("exec-1", "slow"),
        ran("exec-2", "ls"),
        ran("exec-3", "ls"),
        ran("exec-4", "ls"),
    ]);
    let transcript = read(&text);
    assert_eq!(
        told(&transcript),
        ["call j1", "call j1#1", "call j1#2", "call j2", "call j2#1", "call exec-4"]
    );
    let calls = calls(&transcript);
    assert!(calls.iter().all(|call| call.item.is_some() != matches!(call.action, Action::Code(_))));
    assert_eq!(calls[5].parent.as_deref(), Some("j2"));
}

#[test]
fn a_refused_call_of_a_script_is_known_by_its_assessment() {
    let text = text(&[
        custom("j1", "exec", "await tools.exec_command({cmd: x})"),
        event(json!({"type": "guardian_assessment", "target_item_id": "exec-1", "status": "denied",
            "action": {"command": "curl x", "cwd": "/w"}})),
    ]);
    let transcript = read(&text);
    let calls = calls(&transcript);
    assert_eq!((calls.len(), calls[1].parent.as_deref()), (2, Some("j1")));
    assert_eq!(calls[1].guardian.as_ref().unwrap().status, "denied");
}

#[test]
fn calls_that_only_the_engine_sees_keep_the_ids_of_their_items() {
    let script = "await tools.exec_command({cmd: 'ls'}); for (const f of ['a', 'b']) await tools.exec_command({cmd: 'cat ' + f});";
    let text = text(&[
        custom("j1", "exec", script),
        ran("exec-1", "ls"),
        ran("exec-3", "cat b"),
        ran("exec-2", "cat a"),
        answered("j1", &["Script completed\nWall time 4.2 seconds\nOutput:\n"]),
        custom("j2", "exec", script),
        ran("exec-4", "ls"),
        answered(
            "j2",
            &[
                "Script failed\nWall time 1 seconds\nOutput:\n",
                "Script error:\nrejected: policy. Command: cat a",
            ],
        ),
    ]);
    let transcript = read(&text);
    let want = ["call j1", "call j1#1", "call exec-2", "call exec-3", "call j2", "call j2#1", "call j2#2"];
    assert_eq!(told(&transcript), want);
    let calls = calls(&transcript);
    assert!(calls.iter().all(|call| !call.opaque));
    let noted: Vec<_> = calls.iter().map(|call| call.item.is_some()).collect();
    assert_eq!(noted, [false, true, true, true, false, true, false]);
    assert_eq!(calls[2].arguments, r#"{"cmd":"cat a"}"#);
    assert!(calls[1..4].iter().all(|call| call.parent.as_deref() == Some("j1")));
}

#[test]
fn a_script_that_runs_on_is_read_to_its_end() {
    let script =
        "for (const n of [1, 2]) { const r = await tools.exec_command({cmd: 'echo ' + n}); text(r.output); }";
    let text = text(&[
        custom("j1", "exec", script),
        ran("exec-1", "echo 1"),
        answered("j1", &["Script running with cell ID 7\nWall time 1 seconds\nOutput:\n", "out"]),
        call("w1", "wait", json!({"cell_id": "7"})),
        ran("exec-2", "echo 2"),
        answered("w1", &["Script completed\nWall time 1 seconds\nOutput:\n", "out"]),
        custom("j2", "exec", script),
        ran("exec-3", "echo 1"),
        answered("j2", &["Script running with cell ID 8\nWall time 1 seconds\nOutput:\n"]),
        call("w2", "wait", json!({"cell_id": "8", "terminate": true})),
        answered("w2", &["Script terminated\nWall time 0 seconds\nOutput:\n"]),
    ]);
    let transcript = read(&text);
    let calls = calls(&transcript);
    assert!(calls.iter().all(|call| !call.opaque));
    // The second script was terminated in its second call.
    let want = [
        "call j1",
        "call exec-1",
        "call exec-2",
        "call w1",
        "call j2",
        "call exec-3",
        "call j2#1",
        "call w2",
    ];
    assert_eq!(told(&transcript), want);
    assert_eq!(calls[6].recorded(), Recorded::Unknown);
}

#[test]
fn refused_calls_of_mcp_tools_get_the_names_that_items_of_others_tell() {
    let item = |id: &str, tool: &str| {
        finished(json!({"type": "McpToolCall", "id": id, "server": "issue-tracker", "tool": tool,
            "arguments": {}, "status": "completed", "result": {"content": []}}))
    };
    let text = text(&[
        custom("j1", "exec", "await tools.mcp__issue_tracker__get_issue({})"),
        item("exec-1", "get-issue"),
        answered("j1", &["Script completed\nWall time 1 seconds\nOutput:\n"]),
        custom(
            "j2",
            "exec",
            "await tools.mcp__issue_tracker__get_issue({}); await tools.mcp__issue_tracker__close_it({})",
        ),
        answered(
            "j2",
            &[
                "Script failed\nWall time 1 seconds\nOutput:\n",
                "Script error:\nno. Tool: mcp__issue_tracker__get_issue",
            ],
        ),
    ]);
    let transcript = read(&text);
    assert_eq!(told(&transcript), ["call j1", "call j1#1", "call j2", "call j2#1"]);
    let Action::Mcp(refused) = &calls(&transcript)[3].action else { panic!() };
    assert_eq!((refused.server.as_ref(), refused.tool.as_ref()), ("issue-tracker", "get-issue"));
}
