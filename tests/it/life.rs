//! Hooks of a session's life: when they run in a replay, how they show, and what a stopped turn does to later steps.

use serde_json::{Value, json};

use super::project::Project;

/// A line of a recording.
fn line(kind: &str, payload: &Value) -> String {
    format!("{}\n", json!({"timestamp": "2026-03-02T09:00:00.000Z", "type": kind, "payload": payload}))
}

fn item(payload: &Value) -> String {
    line("response_item", payload)
}

fn said(role: &str, text: &str) -> String {
    item(&json!({"type": "message", "role": role, "content": [{"type": "input_text", "text": text}]}))
}

fn call(id: &str, command: &str, output: &str) -> String {
    let arguments = json!({ "cmd": command }).to_string();
    let output =
        format!("Chunk ID: 1\nWall time: 0.1 seconds\nProcess exited with code 0\nOutput:\n{output}");
    item(&json!({"type": "function_call", "name": "exec_command", "call_id": id, "arguments": arguments}))
        + &item(&json!({"type": "function_call_output", "call_id": id, "output": output}))
}

fn end() -> String {
    line("event_msg", &json!({"type": "task_complete", "turn_id": "t"}))
}

fn head(id: &str, more: &Value) -> String {
    let mut meta = json!({"id": id, "cwd": "/home/ana/app", "cli_version": "0.169.0"});
    meta.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    line("session_meta", &meta)
        + &line(
            "turn_context",
            &json!({"turn_id": "t", "cwd": "/home/ana/app", "approval_policy": "on-request", "sandbox_policy": {"type": "read-only"}, "model": "m"}),
        )
}

/// Two turns with a call each.
fn two_turns() -> String {
    [
        head("s1", &json!({})),
        said("user", "look"),
        call("c1", "cat README.md", "hello\n"),
        said("assistant", "one"),
        end(),
        said("user", "again"),
        call("c2", "ls", "README.md\n"),
        said("assistant", "two"),
        end(),
    ]
    .concat()
}

/// A suite with these hooks.
fn suite(hooks: &Value) -> Project {
    let project = Project::small();
    project.write("suites/small/plugin/hooks/hooks.json", json!({ "hooks": hooks }).to_string());
    project
}

/// Steps of the replay under these hooks: id, verdict, `~` after divergence, and what came of each hook.
fn replay(hooks: &Value, sessions: &[(&str, String)]) -> Vec<String> {
    let project = suite(hooks);
    project.task("alpha", &sessions[0].1);
    for (name, text) in sessions {
        project.write(&format!("suites/small/tasks/alpha/{name}.jsonl"), text);
    }
    steps(&project)
}

fn steps(project: &Project) -> Vec<String> {
    let ran = project.run(&["run", "suites/small"]);
    assert!(matches!(ran.code, Some(0 | 1 | 4)), "{ran:?}");
    let report: Value = serde_json::from_str(&project.read("reports/small/report.json")).unwrap();
    let steps = report.pointer("/tasks/0/runs/0/replay/steps").unwrap();
    let text = |step: &Value, name: &str| step[name].as_str().unwrap_or_default().to_owned();
    let tell = |step: &Value| {
        let mark = if step["after_divergence"] == true { "~" } else { "" };
        let hooks = step["hooks"].as_array().into_iter().flatten();
        let hooks: Vec<String> =
            hooks.map(|row| format!("{}={}", text(row, "event"), text(row, "outcome"))).collect();
        format!("{mark}{} {} {}", text(step, "id"), text(step, "verdict"), hooks.join(" "))
            .trim_end()
            .to_owned()
    };
    steps.as_array().unwrap().iter().map(tell).collect()
}

fn hook(command: &str) -> Value {
    json!([{"hooks": [{"type": "command", "command": command}]}])
}

#[test]
fn suites_without_such_hooks_have_no_such_steps() {
    let steps = replay(&json!({"PreToolUse": hook("true")}), &[("session", two_turns())]);
    let want =
        ["prompt-1 allow", "c1 allow PreToolUse=passed", "prompt-2 allow", "c2 allow PreToolUse=passed"];
    assert_eq!(steps, want);
}

#[test]
fn every_event_shows_where_it_happens() {
    let hooks = json!({
        "SessionStart": [{"matcher": "startup", "hooks": [{"type": "command", "command": "echo context"}]}],
        "SessionEnd": hook("exit 3"),
        "Stop": hook("cat > /dev/null"),
        "Interrupt": hook("echo no"),
        "PreCompact": [{"matcher": "auto", "hooks": [{"type": "command", "command": "true"}]}],
        "PostCompact": [{"matcher": "manual", "hooks": [{"type": "command", "command": "true"}]}],
    });
    let session = [
        head("s1", &json!({})),
        said("user", "look"),
        call("c1", "cat README.md", "hello\n"),
        line("compacted", &json!({"message": "so far"})),
        said("assistant", "one"),
        end(),
        said("user", "again"),
        line("event_msg", &json!({"type": "turn_aborted", "reason": "interrupted"})),
        line("compacted", &json!({"message": "so far"})),
        end(),
    ]
    .concat();
    let want = [
        "session-start-1 allow SessionStart=passed",
        "prompt-1 allow",
        "c1 allow",
        "pre-compact-1 allow PreCompact=passed",
        "stop-1 allow Stop=passed",
        "prompt-2 allow",
        "interrupt-1 allow Interrupt=failed",
        "post-compact-1 allow PostCompact=passed",
        "session-end-1 allow SessionEnd=failed",
    ];
    assert_eq!(replay(&hooks, &[("session", session)]), want);
}

#[test]
fn a_start_that_is_stopped_ends_the_turn() {
    let hooks = json!({"SessionStart": hook("echo '{\"continue\":false,\"stopReason\":\"closed\"}'")});
    let steps = replay(&hooks, &[("session", two_turns())]);
    let want = [
        "session-start-1 deny SessionStart=stopped",
        "~prompt-1 allow",
        "~c1 allow",
        "~prompt-2 allow",
        "~c2 allow",
    ];
    assert_eq!(steps, want);
}

#[test]
fn a_turn_that_may_not_end_goes_on_beyond_the_recording() {
    let hooks =
        json!({"Stop": hook("grep -q '\"stop_hook_active\":true' || { echo 'run the tests' >&2; exit 2; }")});
    let steps = replay(&hooks, &[("session", two_turns())]);
    let want = [
        "prompt-1 allow",
        "c1 allow",
        "stop-1 deny Stop=blocked",
        "~prompt-2 allow",
        "~c2 allow",
        "~stop-2 deny Stop=blocked",
    ];
    assert_eq!(steps, want);
    // A recording that was made with that hook shows how the agent went on.
    let went_on = [
        head("s1", &json!({})),
        said("user", "look"),
        said("assistant", "one"),
        said("user", "<hook_prompt hook_run_id=\"stop:0:/h.json\">run the tests</hook_prompt>"),
        call("c1", "ls", "README.md\n"),
        said("assistant", "two"),
        end(),
    ]
    .concat();
    let want = ["prompt-1 allow", "stop-1 deny Stop=blocked", "c1 allow", "stop-2 allow Stop=passed"];
    assert_eq!(replay(&hooks, &[("session", went_on)]), want);
}

#[test]
fn sub_agents_start_are_asked_and_stop() {
    let arguments = json!({"agent_type": "explorer", "message": "count files"}).to_string();
    let parent = [
        head("s1", &json!({})),
        said("user", "look"),
        item(&json!({"type": "function_call", "namespace": "multi_agent_v1", "name": "spawn_agent", "call_id": "a1", "arguments": arguments})),
        item(&json!({"type": "function_call_output", "call_id": "a1", "output": "{\"agent_id\":\"s2\",\"nickname\":\"x\"}"})),
        said("assistant", "done"),
        end(),
    ]
    .concat();
    let child = [
        head("s2", &json!({"parent_thread_id": "s1", "agent_role": "explorer"})),
        said("user", "count files"),
        call("k1", "ls", "README.md\n"),
        said("assistant", "one file"),
        end(),
    ]
    .concat();
    let about = |test: &str| format!("grep -q '{test}' || exit 3");
    let hooks = json!({
        "SubagentStart": [{"matcher": "explorer", "hooks": [
            {"type": "command", "command": about("\"session_id\":\"s1\".*\"agent_id\":\"s2\",\"agent_type\":\"explorer\"")},
            {"type": "command", "command": "echo '{\"continue\":false}'"},
        ]}],
        "UserPromptSubmit": hook(&about("\"prompt\":\"\\(look\\|count files\\)\"")),
        "PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": about("\"session_id\":\"s1\".*\"agent_id\":\"s2\"")}]}],
        "SubagentStop": [
            {"matcher": "default", "hooks": [{"type": "command", "command": "exit 2"}]},
            {"matcher": "exp.*", "hooks": [{"type": "command", "command": about("\"last_assistant_message\":\"one file\"")}]},
        ],
        "Stop": hook(&about("\"last_assistant_message\":\"done\"")),
    });
    let steps = replay(&hooks, &[("session", parent), ("session.child", child)]);
    let want = [
        "prompt-1 allow UserPromptSubmit=passed",
        "a1 allow",
        "subagent-start-1 allow SubagentStart=passed SubagentStart=passed",
        "subagent-prompt-1 allow UserPromptSubmit=passed",
        "k1 allow PreToolUse=passed",
        "subagent-stop-1 allow SubagentStop=passed",
        "stop-1 allow Stop=passed",
    ];
    assert_eq!(steps, want);
}

/// As Codex 0.169 did when asked for a review (`review/start`) of a thread under `on-request`.
#[test]
fn reviews_are_told_as_the_thread_itself_and_nobody_is_asked() {
    let parent = [
        head("s1", &json!({})),
        said("user", "<user_action>\n<action>review</action>\n</user_action>"),
        end(),
        said("user", "and now"),
        said("assistant", "done"),
        end(),
    ]
    .concat();
    let escalated = json!({"cmd": "ls", "sandbox_permissions": "require_escalated", "justification": "j"});
    let refused = "approval policy is Never; reject command";
    let review = [
        head("s2", &json!({"parent_thread_id": "s1", "source": {"subagent": "review"}})),
        said("user", "review it"),
        call("k1", "ls", "README.md\n"),
        item(&json!({"type": "function_call", "name": "exec_command", "call_id": "k2", "arguments": escalated.to_string()})),
        item(&json!({"type": "function_call_output", "call_id": "k2", "output": refused})),
        said("assistant", "fine"),
        end(),
    ]
    .concat();
    let alone = "grep -q '\"session_id\":\"s1\"' || exit 3";
    let hooks = json!({
        "SubagentStart": hook("true"),
        "SubagentStop": hook("true"),
        "PermissionRequest": hook("true"),
        "PreToolUse": hook("input=$(cat); case $input in *agent_id*|*'\"default\"'*) exit 3;; *bypassPermissions*) exit 0;; esac; exit 3"),
        "PostToolUse": hook(alone),
        "UserPromptSubmit": hook(alone),
    });
    let steps = replay(&hooks, &[("session", parent), ("session.review", review)]);
    let want = [
        "prompt-1 allow UserPromptSubmit=passed",
        "subagent-prompt-1 allow UserPromptSubmit=passed",
        "k1 allow PreToolUse=passed PostToolUse=passed",
        "k2 deny PreToolUse=passed",
    ];
    assert_eq!(steps, want);
}

#[test]
fn hooks_that_run_beside_are_shown_and_never_block() {
    let beside = json!([{"hooks": [{"type": "command", "command": "echo no >&2; exit 2", "async": true}]}]);
    let hooks = json!({"PreToolUse": beside, "Stop": beside, "UserPromptSubmit": beside});
    let steps = replay(&hooks, &[("session", two_turns())]);
    let want = [
        "prompt-1 allow UserPromptSubmit=async",
        "c1 allow PreToolUse=async",
        "stop-1 allow Stop=async",
        "prompt-2 allow UserPromptSubmit=async",
        "c2 allow PreToolUse=async",
        "stop-2 allow Stop=async",
    ];
    assert_eq!(steps, want);
}

#[test]
fn a_replaced_result_is_another_answer() {
    let hooks = json!({"PostToolUse": hook("grep -q '\"tool_response\":\"hello' && { echo 'say bye' >&2; exit 2; }; exit 0")});
    let steps = replay(&hooks, &[("session", two_turns())]);
    let want = [
        "prompt-1 allow",
        "c1 allow PostToolUse=replaced",
        "~prompt-2 allow",
        "~c2 allow PostToolUse=passed",
    ];
    assert_eq!(steps, want);
}

#[test]
fn a_result_that_a_hook_replaced_is_seen_again() {
    let hooks = json!({"PostToolUse": hook("grep -q '\"tool_response\":\"hello' && { echo 'say bye' >&2; exit 2; }; exit 0")});
    let arguments = json!({"cmd": "cat README.md"}).to_string();
    let noted = json!({"type": "CommandExecution", "id": "c1", "command": ["/bin/bash", "-lc", "cat README.md"],
        "status": "completed", "aggregated_output": "hello\n", "exit_code": 0});
    let session = [
        head("s1", &json!({})),
        said("user", "look"),
        item(
            &json!({"type": "function_call", "name": "exec_command", "call_id": "c1", "arguments": arguments}),
        ),
        line("event_msg", &json!({"type": "item_completed", "turn_id": "t", "item": noted})),
        item(&json!({"type": "function_call_output", "call_id": "c1", "output": "say bye"})),
        call("c2", "ls", "README.md\n"),
        end(),
    ];
    let steps = replay(&hooks, &[("session", session.concat())]);
    // The recording shows what the hook said, so that the agent would have gone on as it did.
    assert_eq!(steps, ["prompt-1 allow", "c1 allow PostToolUse=replaced", "c2 allow PostToolUse=passed"]);
}

#[test]
fn later_hooks_see_the_rewritten_call_whose_result_is_not_known() {
    let rewrite = r#"echo '{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"allow","updatedInput":{"command":"cat OTHER.md"}}}'"#;
    let hooks = json!({"PreToolUse": hook(rewrite), "PostToolUse": hook("exit 2")});
    let steps = replay(&hooks, &[("session", two_turns())]);
    assert_eq!(steps[1], "c1 allow PreToolUse=rewrote PostToolUse=not run");
    assert!(steps[2].starts_with('~'), "{steps:?}");
    let same = rewrite.replace("OTHER.md", "README.md");
    let hooks = json!({"PreToolUse": hook(&same), "PostToolUse": hook("true")});
    let steps = replay(&hooks, &[("session", two_turns())]);
    assert_eq!(steps[1], "c1 allow PreToolUse=rewrote PostToolUse=passed");
    assert!(!steps[2].starts_with('~'), "{steps:?}");
}

#[test]
fn tools_of_servers_answer_where_the_suite_knows_it() {
    let ask = |tool: &str, input: Value| json!([{"matcher": "Bash", "hooks": [{"type": "mcp_tool", "server": "tracker", "tool": tool, "input": input}]}]);
    let deny = json!({"hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": "deny", "permissionDecisionReason": "no"}}).to_string();
    let called = json!({"type": "McpToolCall", "id": "m1", "server": "tracker", "tool": "judge", "arguments": {"command": "ls"}, "status": "completed", "result": {"content": [{"type": "text", "text": deny}]}, "duration": {"secs": 0, "nanos": 5}});
    let session = [
        head("s1", &json!({})),
        said("user", "look"),
        item(&json!({"type": "function_call", "namespace": "mcp__tracker", "name": "judge", "call_id": "m1", "arguments": "{\"command\": \"ls\"}"})),
        line("event_msg", &json!({"type": "item_completed", "item": called})),
        item(&json!({"type": "function_call_output", "call_id": "m1", "output": "Wall time: 0.1 seconds\nOutput:\nx"})),
        call("c1", "cat README.md", "hello\n"),
        call("c2", "ls", "README.md\n"),
        end(),
    ]
    .concat();
    let tools = |result: Value| {
        let mut stated = json!({"name": "stated", "annotations": {"readOnlyHint": true}});
        if !result.is_null() {
            stated["result"] = result;
        }
        json!({"tracker": {"tools": [{"name": "judge", "annotations": {"readOnlyHint": true}}, stated]}})
            .to_string()
    };
    let command = json!({"command": "${tool_input.command}"});
    for (hook, result, want) in [
        // The recording holds the answer about `ls` alone.
        (
            ask("judge", command.clone()),
            Value::Null,
            ["undetermined PreToolUse=not run", "deny PreToolUse=blocked"],
        ),
        (ask("stated", command.clone()), json!(deny), ["deny PreToolUse=blocked"; 2]),
        (ask("stated", command.clone()), json!("fine"), ["allow PreToolUse=passed"; 2]),
        (
            ask("stated", command.clone()),
            json!({"content": [{"type": "text", "text": deny}], "isError": true}),
            ["allow PreToolUse=failed"; 2],
        ),
        (ask("stated", command.clone()), Value::Null, ["undetermined PreToolUse=not run"; 2]),
        (ask("stated", json!({"x": "${nothing}"})), json!(deny), ["allow PreToolUse=failed"; 2]),
        (ask("other", json!({})), json!(deny), ["allow PreToolUse=failed"; 2]),
    ] {
        let project = suite(&json!({"PreToolUse": hook}));
        project
            .write("suites/small/plugin/.mcp.json", r#"{"mcpServers": {"tracker": {"command": "tracker"}}}"#);
        project.write("suites/small/codex/tools.json", tools(result));
        project.replace(
            "suites/small/suite.toml",
            "path = \"plugin\"",
            "path = \"plugin\"\nmcp_tools = \"codex/tools.json\"",
        );
        project.task("alpha", &session);
        let steps = steps(&project);
        let told: Vec<&str> = steps
            .iter()
            .filter_map(|step| step.strip_prefix("~").unwrap_or(step).strip_prefix('c')?.split_once(' '))
            .map(|(_, told)| told)
            .collect();
        assert_eq!(told, want, "{hook}");
    }
}

#[test]
fn hooks_find_what_they_left_in_the_plugins_data_folder() {
    let count = "n=$(cat $PLUGIN_DATA/n 2>/dev/null || echo 0); mkdir -p $PLUGIN_DATA; echo $((n+1)) > $PLUGIN_DATA/n; [ $n -lt 1 ] || { echo \"$n calls\" >&2; exit 2; }";
    let twice = [
        head("s1", &json!({})),
        said("user", "look"),
        call("c1", "ls", "README.md\n"),
        call("c2", "ls", "README.md\n"),
        end(),
    ]
    .concat();
    let project = suite(&json!({"PreToolUse": hook(count)}));
    project.task("alpha", &twice);
    // Each task starts with nothing.
    project.task("beta", &twice);
    let first = steps(&project);
    assert_eq!(first, ["prompt-1 allow", "c1 allow PreToolUse=passed", "c2 deny PreToolUse=blocked"]);
    let report: Value = serde_json::from_str(&project.read("reports/small/report.json")).unwrap();
    let verdict = |task: usize, step: usize| {
        report.pointer(&format!("/tasks/{task}/runs/0/replay/steps/{step}/verdict"))
    };
    assert_eq!((verdict(1, 1), verdict(1, 2)), (verdict(0, 1), verdict(0, 2)));
}

#[test]
fn hooks_read_the_recording_as_far_as_it_was_written() {
    let path = r#"t=$(sed 's/.*"transcript_path":"\([^"]*\)".*/\1/'); test -f "$t" || exit 1;"#;
    let lacks = |text: &str| format!("{path} ! grep -q '{text}' \"$t\" || {{ echo early >&2; exit 2; }}");
    let session = [
        head("s1", &json!({})),
        said("user", "look"),
        call("c1", "cat README.md", "hello\n"),
        call("c2", "cat README.md", "hello\n"),
        said("assistant", "bye"),
        end(),
    ]
    .concat();
    let hooks = json!({
        "UserPromptSubmit": hook(&lacks("look")),
        // The same call is asked about twice, and answered by what was written until then.
        "PreToolUse": hook(&lacks("hello")),
        "PostToolUse": hook(&lacks("hello")),
        "Stop": hook(&format!("{path} grep -q bye \"$t\"")),
    });
    let steps = replay(&hooks, &[("session", session)]);
    let want = [
        "prompt-1 allow UserPromptSubmit=passed",
        "c1 allow PreToolUse=passed PostToolUse=passed",
        "c2 deny PreToolUse=blocked",
        "~stop-1 allow Stop=passed",
    ];
    assert_eq!(steps, want);
}

#[test]
fn a_hook_that_was_modified_fails_and_lets_pass() {
    let project = suite(&json!({"PreToolUse": hook("exit 2")}));
    let state =
        "[hooks.state.\"small@local:hooks/hooks.json:pre_tool_use:0:0\"]\ntrusted_hash = \"sha256:0\"\n";
    project.write("suites/small/codex/config.toml", state);
    project.task("alpha", &two_turns());
    let want =
        ["prompt-1 allow", "c1 allow PreToolUse=failed", "prompt-2 allow", "c2 allow PreToolUse=failed"];
    assert_eq!(steps(&project), want);
}
