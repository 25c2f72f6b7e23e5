use serde_json::{Value, json};

use super::*;
use crate::transcript::Recorded::{
    self, Aborted, Declined, HookBlocked, Malformed, Ran, Rejected, SandboxDenied, Unknown, Unsupported,
};

/// What is recorded of one call in a read-only sandbox.
fn recorded(lines: &[String]) -> (Recorded, Option<i64>) {
    let text = text(&[&[context("t", "read-only")], lines].concat());
    let transcript = read(&text);
    let calls = calls(&transcript);
    (calls[0].recorded(), calls[0].exit_code())
}

fn framed(code: i64, text: &str) -> String {
    format!(
        "Chunk ID: ab12\nWall time: 0.1 seconds\nProcess exited with code {code}\nOriginal token count: 1\nOutput:\n{text}"
    )
}

fn old(code: i64, text: &str) -> String {
    json!({"output": text, "metadata": {"exit_code": code, "duration_seconds": 0.1}}).to_string()
}

fn parts(text: &str) -> Value {
    json!([{"type": "input_text", "text": "Wall time: 0.1 seconds\nOutput:"}, {"type": "input_text", "text": text}])
}

#[test]
fn commands_by_their_output() {
    let running = "Chunk ID: 1\nWall time: 1.0 seconds\nProcess running with session ID 7\nOutput:\nProcess exited with code 3";
    for (answer, want, code) in [
        (framed(0, "hi"), Ran, Some(0)),
        (framed(1, "cat: x: No such file or directory"), Ran, Some(1)),
        (framed(1, "touch: cannot touch 'x': Read-only file system"), SandboxDenied, Some(1)),
        (framed(0, "Read-only file system"), Ran, Some(0)),
        (framed(159, ""), SandboxDenied, Some(159)),
        (framed(-1, ""), Ran, Some(-1)),
        (running.to_owned(), Ran, None),
        ("Exit code: 2\nWall time: 0.1 seconds\nOutput:\nx".to_owned(), Ran, Some(2)),
        (old(0, "hi"), Ran, Some(0)),
        (old(7, "x\",\"metadata\":{\"exit_code\":0,"), Ran, Some(7)),
        (old(1, "operation not permitted"), SandboxDenied, Some(1)),
    ] {
        let lines = [call("c", "exec_command", json!({"cmd": "x"})), output("c", answer.clone())];
        assert_eq!(recorded(&lines), (want, code), "{answer}");
    }
}

#[test]
fn commands_by_what_codex_says() {
    for (answer, want) in [
        ("Command blocked by PreToolUse hook: no secrets. Command: cat .env", HookBlocked),
        ("hook returned updatedInput without string field `command`", HookBlocked),
        ("unsupported call: shell", Unsupported),
        ("failed to parse function arguments: missing field `cmd` at line 1 column 12", Malformed),
        (
            "approval policy is Never; reject command — you cannot ask for escalated permissions if the approval policy is Never",
            Rejected,
        ),
        ("exec command rejected by user", Declined),
        (
            "failed in sandbox LinuxSeccomp with execution error: sandbox denied exec error, exit code: 1, stdout: , stderr: touch: Read-only file system",
            SandboxDenied,
        ),
        (
            "failed in sandbox LinuxSeccomp with execution error: sandbox denied exec error, exit code: 2, stdout: , stderr: error: unexpected argument",
            Ran,
        ),
        (
            r#"exec_command failed: ProcessFailed { message: "Network access to \"h\" was blocked: domain is not on the allowlist" }"#,
            SandboxDenied,
        ),
        ("aborted by user after 0.1s", Aborted),
        ("Wall time: 1.4 seconds\naborted by user", Aborted),
        ("write_stdin failed: Unknown process id 1000", Ran),
    ] {
        let lines = [call("c", "exec_command", json!({"cmd": "x"})), output("c", answer)];
        assert_eq!(recorded(&lines).0, want, "{answer}");
    }
    for (reason, want) in [
        ("rejected by user", Declined),
        ("hook says no way", Declined),
        ("PermissionRequest hook denied approval", Declined),
        (r"This action was rejected due to unacceptable risk.\nReason: x", Declined),
        ("`/bin/bash -lc 'rm -rf q'` rejected: rm -f style commands are not permitted.", Rejected),
        ("approval required by policy, but AskForApproval is set to Never", Rejected),
    ] {
        let answer =
            format!("exec_command failed: CreateProcess {{ message: \"Rejected(\\\"{reason}\\\")\" }}");
        let lines = [call("c", "exec_command", json!({"cmd": "x"})), output("c", answer)];
        assert_eq!(recorded(&lines).0, want, "{reason}");
    }
}

#[test]
fn a_file_that_holds_such_texts_blocks_nothing() {
    for sentence in [
        "Command blocked by PreToolUse hook: x",
        "unsupported call: x",
        "patch rejected by user",
        "exec command rejected by user",
        "aborted by user after 1s",
        "Wall time: 1.4 seconds\naborted by user",
        "Process exited with code 9",
    ] {
        let alone = json!({"type": "CommandExecution", "id": "c", "command": ["cat", "x"],
            "status": "completed", "exit_code": 0, "aggregated_output": sentence});
        let shown = [
            vec![call("c", "exec_command", json!({"cmd": "cat x"})), output("c", framed(0, sentence))],
            vec![call("c", "shell", json!({"command": ["cat", "x"]})), output("c", old(0, sentence))],
            vec![finished(alone)],
            vec![mcp("c", "srv", "t"), output("c", parts(sentence))],
        ];
        for lines in shown {
            assert_eq!(recorded(&lines).0, Ran, "{lines:?}");
        }
    }
    let lines = [
        call("c", "exec_command", json!({"cmd": "x"})),
        output("c", framed(0, "Process exited with code 9")),
    ];
    assert_eq!(recorded(&lines).1, Some(0));
}

#[test]
fn answers_of_patches_and_images() {
    for (answer, want) in [
        ("Exit code: 0\nWall time: 0.1 seconds\nOutput:\nSuccess. Updated the following files:\nA x\n", Ran),
        ("patch rejected by user", Declined),
        ("patch rejected: writing outside of the project; rejected by user approval settings", Rejected),
        ("apply_patch verification failed: invalid patch: x", Malformed),
        (
            "apply_patch verification failed: Failed to read file to update /w/x: No such file or directory (os error 2)",
            Ran,
        ),
        (
            "apply_patch verification failed: Failed to read file to update /w/.env: Permission denied (os error 13)",
            SandboxDenied,
        ),
        ("Tool call blocked by PreToolUse hook: x. Tool: apply_patch", HookBlocked),
        ("unsupported custom tool call: apply_patch", Unsupported),
    ] {
        assert_eq!(recorded(&[custom("c", "apply_patch", "p"), output("c", answer)]).0, want, "{answer}");
    }
    let image =
        |answer: &str| recorded(&[call("c", "view_image", json!({"path": ".env"})), output("c", answer)]).0;
    assert_eq!(image("unable to read image at `.env`: Permission denied (os error 13)"), SandboxDenied);
    assert_eq!(image("unable to process image: invalid or unsupported image data"), Ran);
}

#[test]
fn answers_of_mcp_tools() {
    let done = |error: Option<&str>, nanos: u32| {
        let mut item = json!({"type": "McpToolCall", "id": "c", "server": "srv", "tool": "t",
            "arguments": {}, "status": "completed", "duration": {"secs": 0, "nanos": nanos}});
        if let Some(error) = error {
            item["status"] = "failed".into();
            item["error"] = json!({"message": error});
        }
        finished(item)
    };
    let never = "MCP tool call requires approval, but approval policy is never";
    let blocked = "Tool call blocked by PreToolUse hook: x. Tool: t";
    for (answer, done, want) in [
        (parts("fine"), None, Ran),
        (parts("user rejected MCP tool call"), None, Declined),
        ("user cancelled MCP tool call".into(), None, Declined),
        (never.into(), None, Rejected),
        ("unsupported call: mcp__srvt".into(), None, Unsupported),
        (parts("user rejected MCP tool call"), Some(done(None, 7)), Ran),
        (parts("user rejected MCP tool call"), Some(done(Some("user rejected MCP tool call"), 0)), Declined),
        (parts(never), Some(done(Some(never), 0)), Rejected),
        (parts("hook says no way"), Some(done(Some("hook says no way"), 0)), Declined),
        (parts("tool broke"), Some(done(Some("tool broke"), 5)), Ran),
        (blocked.into(), None, HookBlocked),
    ] {
        let lines: Vec<_> =
            [mcp("c", "srv", "t")].into_iter().chain(done).chain([output("c", answer.clone())]).collect();
        assert_eq!(recorded(&lines).0, want, "{answer}");
    }
    assert_eq!(recorded(&[mcp("c", "srv", "t")]).0, Unknown);
}

#[test]
fn without_a_sandbox_nothing_is_denied_by_it() {
    let text = text(&[
        context("t", "danger-full-access"),
        call("c", "exec_command", json!({"cmd": "x"})),
        output("c", framed(1, "Permission denied")),
        context("t", "read-only"),
        call("d", "exec_command", json!({"cmd": "x", "sandbox_permissions": "require_escalated"})),
        output("d", framed(1, "Permission denied")),
    ]);
    let transcript = read(&text);
    assert!(calls(&transcript).iter().all(|call| call.recorded() == Ran));
}
