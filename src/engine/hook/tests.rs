//! Every row here is what Codex 0.169.0 did with such a hook, asked through its app server.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::engine::cell::{Doubt, Ended, ProcessOutcome};

const SIX: Duration = Duration::from_secs(6);

fn printing(stdout: &str) -> ProcessOutcome {
    ProcessOutcome::exited(0, stdout, "")
}

fn ended(ended: Ended) -> ProcessOutcome {
    ProcessOutcome { ended, ..printing("") }
}

fn specific(event: &str, fields: &Value) -> String {
    let mut detail = json!({ "hookEventName": event });
    detail.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({ "hookSpecificOutput": detail }).to_string()
}

fn pre(fields: &Value) -> String {
    specific("PreToolUse", fields)
}

/// The text of a failure, or an empty one.
fn text(failed: Option<&FailOpen>) -> String {
    failed.map(|failed| failed.0.to_string()).unwrap_or_default()
}

/// `block <reason>`, `rewrite <input>`, `pass` or `failed <text>`.
fn pre_told(outcome: &ProcessOutcome) -> String {
    match pre_tool_use(outcome, SIX).0 {
        PreToolUse::Block { reason } => format!("block {reason}"),
        PreToolUse::Rewrite { input } => format!("rewrite {input}"),
        PreToolUse::Pass { failed: None } => "pass".into(),
        PreToolUse::Pass { failed } => format!("failed {}", text(failed.as_ref())),
    }
}

#[test]
fn pre_tool_use_by_exit_code() {
    let without = "failed PreToolUse hook exited with code 2 but did not write a blocking reason to stderr";
    let deny = pre(&json!({"permissionDecision": "deny", "permissionDecisionReason": "r"}));
    for (code, stdout, stderr, want) in [
        (2, "", "reason\n", "block reason"),
        (2, "", "  a\nb  \n\n", "block a\nb"),
        (2, "", "   \n", without),
        (2, "reason", "", without),
        (2, deny.as_str(), "err", "block err"),
        (1, deny.as_str(), "", "failed hook exited with code 1"),
        (127, "", "sh: x: not found", "failed hook exited with code 127"),
        (0, "", "only noise", "pass"),
        (0, deny.as_str(), "noise", "block r"),
    ] {
        assert_eq!(pre_told(&ProcessOutcome::exited(code, stdout, stderr)), want, "{code} {stdout} {stderr}");
    }
    assert_eq!(pre_told(&ended(Ended::Timeout)), "failed hook timed out after 6s");
    assert_eq!(pre_told(&ended(Ended::Signal(9))), "failed hook exited without a status code");
    let bytes = ProcessOutcome { stderr: b"a\xff b".to_vec(), ..ended(Ended::Exit(2)) };
    assert_eq!(pre_told(&bytes), "block a\u{fffd} b");
}

#[test]
fn pre_tool_use_by_text() {
    let deny = pre(&json!({"permissionDecision": "deny", "permissionDecisionReason": "r"}));
    let invalid = "failed hook returned invalid pre-tool-use JSON output";
    for (stdout, want) in [
        (format!("\n\n  {deny}"), "block r"),
        (format!("{deny}\nmore"), invalid),
        (format!("{deny}\n{{}}"), invalid),
        (format!("hi\n{deny}"), "pass"),
        (format!("\u{feff}{deny}"), "pass"),
        ("[]".into(), invalid),
        ("{x".into(), invalid),
        ("5".into(), "pass"),
        ("\"x\"".into(), "pass"),
        ("null".into(), "pass"),
        ("{}".into(), "pass"),
        (format!("{}{}", "{\"a\":".repeat(5000), "}".repeat(5000)), invalid),
        (r#"{"decision":"block","decision":"block","reason":"x"}"#.into(), "block x"),
    ] {
        assert_eq!(pre_told(&printing(&stdout)), want, "{stdout}");
    }
    assert_eq!(pre_told(&ProcessOutcome { stdout: b"\xff{}".to_vec(), ..printing("") }), "pass");
}

#[test]
fn pre_tool_use_in_the_newer_form() {
    let invalid = "failed hook returned invalid pre-tool-use JSON output";
    let no_reason = "failed PreToolUse hook returned permissionDecision:deny without a non-empty permissionDecisionReason";
    let no_allow = "failed PreToolUse hook returned updatedInput without permissionDecision:allow";
    let only_allow = "failed PreToolUse hook returned unsupported permissionDecision:allow";
    let input = json!({"command": "echo two"});
    for (fields, want) in [
        (json!({"permissionDecision": "deny", "permissionDecisionReason": " r \n"}), "block r"),
        (json!({"permissionDecision": "deny", "permissionDecisionReason": "  "}), no_reason),
        (json!({"permissionDecision": "deny", "permissionDecisionReason": null}), no_reason),
        (json!({"permissionDecision": "deny", "permissionDecisionReason": 5}), invalid),
        (json!({"permissionDecision": "Deny", "permissionDecisionReason": "r"}), invalid),
        (json!({"permissionDecision": "deny", "permissionDecisionReason": "r", "zzz": 1}), invalid),
        (
            json!({"permissionDecision": "deny", "permissionDecisionReason": "r", "updatedInput": input}),
            no_allow,
        ),
        (
            json!({"permissionDecision": "deny", "permissionDecisionReason": "r", "additionalContext": "c"}),
            "block r",
        ),
        (
            json!({"permissionDecisionReason": "r"}),
            "failed PreToolUse hook returned permissionDecisionReason without permissionDecision",
        ),
        (json!({"permissionDecision": "allow"}), only_allow),
        (json!({"permissionDecision": "allow", "permissionDecisionReason": "x"}), only_allow),
        (json!({"permissionDecision": "allow", "updatedInput": null}), only_allow),
        (json!({"permissionDecision": "allow", "updatedInput": input}), r#"rewrite {"command":"echo two"}"#),
        (json!({"permissionDecision": "allow", "updatedInput": "echo two"}), "rewrite \"echo two\""),
        (json!({"updatedInput": input}), no_allow),
        (json!({"permissionDecision": "ask", "updatedInput": input}), no_allow),
        (
            json!({"permissionDecision": "ask"}),
            "failed PreToolUse hook returned unsupported permissionDecision:ask",
        ),
        (json!({"additionalContext": ""}), "pass"),
        (json!({}), "pass"),
    ] {
        assert_eq!(pre_told(&printing(&pre(&fields))), want, "{fields}");
    }
    for (event, want) in [
        ("PostToolUse", "block r"),
        ("Interrupt", "block r"),
        ("PreModelRequest", invalid),
        ("preToolUse", invalid),
        ("Zzz", invalid),
    ] {
        let fields = json!({"permissionDecision": "deny", "permissionDecisionReason": "r"});
        assert_eq!(pre_told(&printing(&specific(event, &fields))), want, "{event}");
    }
    let nameless = r#"{"hookSpecificOutput":{"permissionDecision":"deny","permissionDecisionReason":"r"}}"#;
    assert_eq!(pre_told(&printing(nameless)), invalid);
}

#[test]
fn pre_tool_use_in_the_older_form_and_mixed() {
    let invalid = "failed hook returned invalid pre-tool-use JSON output";
    let no_reason = "failed PreToolUse hook returned decision:block without a non-empty reason";
    let deny =
        json!({"hookEventName": "PreToolUse", "permissionDecision": "deny", "permissionDecisionReason": "r"});
    for (output, want) in [
        (json!({"decision": "block", "reason": " b "}), "block b"),
        (json!({"decision": "block", "reason": " "}), no_reason),
        (json!({"decision": "block"}), no_reason),
        (json!({"decision": null}), "pass"),
        (json!({"reason": "b"}), "failed PreToolUse hook returned reason without decision"),
        (
            json!({"decision": "approve", "reason": "b"}),
            "failed PreToolUse hook returned unsupported decision:approve",
        ),
        (
            json!({"decision": "block", "reason": "b", "hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": "allow"}}),
            "failed PreToolUse hook returned unsupported permissionDecision:allow",
        ),
        (
            json!({"decision": "block", "reason": "b", "hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": "ask"}}),
            "failed PreToolUse hook returned unsupported permissionDecision:ask",
        ),
        (
            json!({"decision": "block", "reason": "b", "hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecisionReason": "r"}}),
            "failed PreToolUse hook returned permissionDecisionReason without permissionDecision",
        ),
        (
            json!({"decision": "block", "reason": "b", "hookSpecificOutput": {"hookEventName": "PreToolUse", "additionalContext": "c"}}),
            "block b",
        ),
        (json!({"decision": "block", "reason": "b", "hookSpecificOutput": deny}), "block r"),
        (json!({"decision": "approve", "hookSpecificOutput": deny}), "block r"),
        (json!({"reason": "zz", "hookSpecificOutput": deny}), "block r"),
        (
            json!({"continue": false, "hookSpecificOutput": deny}),
            "failed PreToolUse hook returned unsupported continue:false",
        ),
        (json!({"continue": true, "hookSpecificOutput": deny}), "block r"),
        (json!({"continue": null}), invalid),
        (json!({"suppressOutput": null}), invalid),
        (json!({"hookSpecificOutput": ["PreToolUse", "deny", "r", null, null]}), "block r"),
        (json!({"continue": "no"}), invalid),
        (
            json!({"stopReason": "x", "hookSpecificOutput": deny}),
            "failed PreToolUse hook returned unsupported stopReason",
        ),
        (json!({"stopReason": null, "hookSpecificOutput": deny}), "block r"),
        (
            json!({"suppressOutput": true, "hookSpecificOutput": deny}),
            "failed PreToolUse hook returned unsupported suppressOutput",
        ),
        (json!({"suppressOutput": false, "hookSpecificOutput": deny}), "block r"),
        (json!({"systemMessage": "s", "hookSpecificOutput": deny}), "block r"),
        (json!({"systemMessage": "s"}), "pass"),
        (json!({"hookSpecificOutput": null}), "pass"),
        (json!({"zzz": 1}), invalid),
    ] {
        assert_eq!(pre_told(&printing(&output.to_string())), want, "{output}");
    }
}

#[test]
fn pre_tool_use_context_counts_unless_the_hook_failed() {
    let context = |output: &str| pre_tool_use(&printing(output), SIX).1;
    assert_eq!(context(&pre(&json!({"additionalContext": "c"}))).as_deref(), Some("c"));
    let deny =
        json!({"permissionDecision": "deny", "permissionDecisionReason": "r", "additionalContext": "c"});
    assert_eq!(context(&pre(&deny)).as_deref(), Some("c"));
    assert_eq!(context(&pre(&json!({"permissionDecision": "allow", "additionalContext": "c"}))), None);
    assert_eq!(context("plain"), None);
}

#[test]
fn rewritten_inputs_need_a_command() {
    assert_eq!(rewritten_command(&json!({"command": "x", "zzz": 1})), Ok("x"));
    assert_eq!(rewritten_command(&json!({"command": ""})), Ok(""));
    for wrong in [json!("x"), json!({"cmd": "x"}), json!({"command": 1})] {
        let error = rewritten_command(&wrong).unwrap_err();
        assert_eq!(error, "hook returned updatedInput without string field `command`");
    }
    assert_eq!(blocked_text("r", Some("ls"), "Bash"), "Command blocked by PreToolUse hook: r. Command: ls");
    assert_eq!(
        blocked_text("r", None, "mcp__a__b"),
        "Tool call blocked by PreToolUse hook: r. Tool: mcp__a__b"
    );
}

#[test]
fn permission_requests() {
    let told = |outcome: &ProcessOutcome| match permission_request(outcome, SIX) {
        PermissionRequest::Allow => "allow".to_owned(),
        PermissionRequest::Deny { message } => format!("deny {message}"),
        PermissionRequest::Silent { failed: None } => "silent".into(),
        PermissionRequest::Silent { failed } => format!("failed {}", text(failed.as_ref())),
    };
    let invalid = "failed hook returned invalid permission-request JSON output";
    let default = "deny PermissionRequest hook denied approval";
    let decision = |decision: Value| specific("PermissionRequest", &json!({ "decision": decision }));
    let allow = decision(json!({"behavior": "allow"}));
    for (stdout, want) in [
        (allow.clone(), "allow"),
        (decision(json!({"behavior": "deny", "message": "m"})), "deny m"),
        (decision(json!({"behavior": "deny"})), default),
        (decision(json!({"behavior": "deny", "message": "  "})), default),
        (decision(json!({"behavior": "deny", "message": null})), default),
        (decision(json!({"behavior": "ask"})), invalid),
        (decision(json!({"behavior": "deny", "zzz": true})), invalid),
        (decision(json!({"behavior": "allow", "message": "m"})), "allow"),
        (decision(json!({"behavior": "allow", "updatedInput": null, "interrupt": false})), "allow"),
        (
            decision(json!({"behavior": "allow", "updatedInput": {}})),
            "failed PermissionRequest hook returned unsupported updatedInput",
        ),
        (
            decision(json!({"behavior": "allow", "updatedPermissions": []})),
            "failed PermissionRequest hook returned unsupported updatedPermissions",
        ),
        (
            decision(json!({"behavior": "deny", "interrupt": true})),
            "failed PermissionRequest hook returned unsupported interrupt:true",
        ),
        (decision(Value::Null), "silent"),
        (specific("PreToolUse", &json!({"decision": {"behavior": "allow"}})), "allow"),
        (specific("PermissionRequest", &json!({"additionalContext": "c"})), invalid),
        (r#"{"decision":"block","reason":"b"}"#.into(), invalid),
        (r#"{"continue":false}"#.into(), "failed PermissionRequest hook returned unsupported continue:false"),
        (r#"{"stopReason":"x"}"#.into(), "failed PermissionRequest hook returned unsupported stopReason"),
        (
            r#"{"suppressOutput":true}"#.into(),
            "failed PermissionRequest hook returned unsupported suppressOutput",
        ),
        (r#"{"systemMessage":"s"}"#.into(), "silent"),
        (r#"{"hookSpecificOutput":null}"#.into(), "silent"),
        ("plain".into(), "silent"),
        ("[]".into(), invalid),
    ] {
        assert_eq!(told(&printing(&stdout)), want, "{stdout}");
    }
    let code = |code, stderr: &str| told(&ProcessOutcome::exited(code, &allow, stderr));
    assert_eq!(code(2, "no\n"), "deny no");
    assert_eq!(
        code(2, ""),
        "failed PermissionRequest hook exited with code 2 but did not write a denial reason to stderr"
    );
    assert_eq!(code(1, ""), "failed hook exited with code 1");
    assert_eq!(told(&ended(Ended::Timeout)), "failed hook timed out after 6s");
}

#[test]
fn post_tool_use_answers() {
    let told = |outcome: &ProcessOutcome| match post_tool_use(outcome, SIX) {
        (PostToolUse::Replace { text }, context) => format!("replace {text} {context:?}"),
        (PostToolUse::Keep { failed: None }, context) => format!("keep {context:?}"),
        (PostToolUse::Keep { failed }, None) => format!("failed {}", text(failed.as_ref())),
        other => panic!("context of a failed hook: {other:?}"),
    };
    let invalid = "failed hook returned invalid post-tool-use JSON output";
    let no_reason = "failed PostToolUse hook returned decision:block without a non-empty reason";
    let context = specific("PostToolUse", &json!({"additionalContext": "c"}));
    for (stdout, want) in [
        (r#"{"decision":"block","reason":"b"}"#, "replace b None"),
        (r#"{"decision":"block"}"#, no_reason),
        (r#"{"decision":"block","reason":"  "}"#, no_reason),
        (r#"{"decision":"approve"}"#, invalid),
        (r#"{"reason":"b"}"#, "failed PostToolUse hook returned reason without decision"),
        (r#"{"continue":false}"#, "replace PostToolUse hook stopped execution None"),
        (r#"{"continue":false,"stopReason":"s"}"#, "replace s None"),
        (r#"{"continue":false,"stopReason":"s","decision":"block","reason":"b"}"#, "replace b None"),
        (r#"{"continue":false,"stopReason":"s","decision":"block"}"#, "replace s None"),
        (r#"{"continue":false,"reason":"r"}"#, "replace r None"),
        (r#"{"continue":false,"suppressOutput":true}"#, "replace PostToolUse hook stopped execution None"),
        (r#"{"continue":false,"stopReason":"  "}"#, "replace    None"),
        (r#"{"continue":true}"#, "keep None"),
        (r#"{"stopReason":"s"}"#, "keep None"),
        (r#"{"suppressOutput":true}"#, "failed PostToolUse hook returned unsupported suppressOutput"),
        (context.as_str(), "keep Some(\"c\")"),
        (
            r#"{"decision":"block","reason":"b","hookSpecificOutput":{"hookEventName":"Stop","additionalContext":"c"}}"#,
            "replace b Some(\"c\")",
        ),
        (
            r#"{"hookSpecificOutput":{"hookEventName":"PostToolUse","updatedMCPToolOutput":1}}"#,
            "failed PostToolUse hook returned unsupported updatedMCPToolOutput",
        ),
        (r#"{"hookSpecificOutput":{"additionalContext":"c"}}"#, invalid),
        ("plain", "keep None"),
        ("{x", invalid),
    ] {
        assert_eq!(told(&printing(stdout)), want, "{stdout}");
    }
    assert_eq!(told(&ProcessOutcome::exited(2, "", "fb")), "replace fb None");
    assert_eq!(
        told(&ProcessOutcome::exited(2, "", "")),
        "failed PostToolUse hook exited with code 2 but did not write feedback to stderr"
    );
}

/// What was asked of every event whose hooks are no part of a call, one row an answer: UserPromptSubmit, SessionStart,
/// SubagentStart, Stop and SubagentStop, PreCompact and PostCompact, Interrupt. `!` stands for the event's own complaint
/// about JSON that it cannot read, `=` for the answer of the column before.
const LIFE: [(&str, [&str; 6]); 33] = [
    ("", ["pass", "=", "=", "end", "pass", "done"]),
    (
        "plain text\n",
        ["pass plain text", "=", "=", "failed !", "pass", "failed Interrupt hook returned non-JSON stdout"],
    ),
    ("[]", ["failed !", "=", "=", "=", "=", "="]),
    ("{x", ["failed !", "=", "=", "=", "=", "="]),
    ("{}", ["pass", "=", "=", "end", "pass", "done"]),
    (r#"{"decision":"block","reason":"b"}"#, ["block b", "failed !", "=", "continue b", "failed !", "="]),
    (r#"{"decision":"block"}"#, ["failed _", "failed !", "=", "failed _", "failed !", "="]),
    (r#"{"decision":"block","reason":"  "}"#, ["failed _", "failed !", "=", "failed _", "failed !", "="]),
    (r#"{"decision":"approve"}"#, ["failed !", "=", "=", "=", "=", "="]),
    (r#"{"decision":null}"#, ["pass", "failed !", "=", "end", "failed !", "="]),
    (r#"{"reason":"b"}"#, ["pass", "failed !", "=", "end", "failed !", "="]),
    (r#"{"continue":false}"#, ["block ", "stop ", "pass", "halt ", "stop _", "failed !"]),
    (r#"{"continue":false,"stopReason":"s"}"#, ["block s", "stop s", "pass", "halt s", "stop s", "failed !"]),
    (
        r#"{"continue":false,"stopReason":"  "}"#,
        ["block   ", "stop   ", "pass", "halt   ", "stop   ", "failed !"],
    ),
    (
        r#"{"continue":false,"decision":"block","reason":"b"}"#,
        ["block ", "failed !", "=", "halt ", "failed !", "="],
    ),
    (r#"{"continue":null}"#, ["failed !", "=", "=", "=", "=", "="]),
    (r#"{"continue":"no"}"#, ["failed !", "=", "=", "=", "=", "="]),
    (r#"{"stopReason":"s"}"#, ["pass", "=", "=", "end", "pass", "failed !"]),
    (r#"{"suppressOutput":true}"#, ["pass", "=", "=", "end", "pass", "failed !"]),
    (r#"{"systemMessage":"m"}"#, ["pass", "=", "=", "end", "pass", "done"]),
    (
        r#"{"hookSpecificOutput":{"hookEventName":"Stop","additionalContext":"c"}}"#,
        ["pass c", "=", "=", "failed !", "=", "="],
    ),
    (r#"{"hookSpecificOutput":null}"#, ["pass", "=", "=", "failed !", "=", "="]),
    (r#"{"hookSpecificOutput":{"additionalContext":"c"}}"#, ["failed !", "=", "=", "=", "=", "="]),
    (
        r#"{"hookSpecificOutput":{"hookEventName":"Stop","permissionDecision":"deny","permissionDecisionReason":"r"}}"#,
        ["failed !", "=", "=", "=", "=", "="],
    ),
    (r#"{"zzz":1}"#, ["failed !", "=", "=", "=", "=", "="]),
    ("{\"continue\":false}\nmore", ["failed !", "=", "=", "=", "=", "="]),
    (
        "more\n{\"continue\":false}",
        [
            "pass more\n{\"continue\":false}",
            "=",
            "=",
            "failed !",
            "pass",
            "failed Interrupt hook returned non-JSON stdout",
        ],
    ),
    (
        "2:e2\n:",
        [
            "block e2",
            "failed hook exited with code 2",
            "=",
            "continue e2",
            "failed e2",
            "failed hook exited with code 2",
        ],
    ),
    (
        "2::",
        [
            "failed 2",
            "failed hook exited with code 2",
            "=",
            "failed 2",
            "failed hook exited with code 2",
            "=",
        ],
    ),
    (
        "2::out",
        [
            "failed 2",
            "failed hook exited with code 2",
            "=",
            "failed 2",
            "failed hook exited with code 2",
            "=",
        ],
    ),
    (r#"1::{"decision":"block","reason":"b"}"#, ["failed hook exited with code 1", "=", "=", "=", "=", "="]),
    ("0:noise:", ["pass", "=", "=", "end", "pass", "done"]),
    ("timeout", ["failed hook timed out after 6s", "=", "=", "=", "=", "="]),
];

/// The outcome that a row of [`LIFE`] is about: `<code>:<stderr>:<stdout>`, `timeout`, or what is printed.
fn outcome_of(row: &str) -> ProcessOutcome {
    let mut parts = row.splitn(3, ':');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("timeout"), ..) => ended(Ended::Timeout),
        (Some(code @ ("0" | "1" | "2")), Some(stderr), Some(stdout)) => {
            ProcessOutcome::exited(code.parse().unwrap(), stdout, stderr)
        }
        _ => printing(row),
    }
}

fn passed(failed: Option<&FailOpen>, context: Option<&str>) -> String {
    match (failed, context) {
        (Some(failed), _) => format!("failed {}", failed.0),
        (None, Some(context)) => format!("pass {context}"),
        (None, None) => "pass".into(),
    }
}

fn prompt_told(outcome: &ProcessOutcome) -> String {
    match user_prompt_submit(outcome, SIX) {
        (UserPromptSubmit::Block { reason }, _) => format!("block {reason}"),
        (UserPromptSubmit::Pass { failed }, context) => passed(failed.as_ref(), context.as_deref()),
    }
}

fn start_told(outcome: &ProcessOutcome, subagent: bool) -> String {
    match session_start(outcome, SIX, subagent) {
        (SessionStart::Stop { reason }, _) => format!("stop {reason}"),
        (SessionStart::Pass { failed }, context) => passed(failed.as_ref(), context.as_deref()),
    }
}

fn stop_told(outcome: &ProcessOutcome, subagent: bool) -> String {
    match stop(outcome, SIX, subagent) {
        Stop::Continue { prompt } => format!("continue {prompt}"),
        Stop::Halt { reason } => format!("halt {reason}"),
        Stop::End { failed: None } => "end".into(),
        Stop::End { failed } => passed(failed.as_ref(), None),
    }
}

fn compact_told(outcome: &ProcessOutcome, post: bool) -> String {
    match compact(outcome, SIX, post) {
        Compact::Stop { reason } => format!("stop {reason}"),
        Compact::Pass { failed } => passed(failed.as_ref(), None),
    }
}

#[test]
fn answers_that_are_no_part_of_a_call() {
    for (row, expected) in LIFE {
        let outcome = outcome_of(row);
        let told = [
            ("user prompt submit", prompt_told(&outcome), 0),
            ("session start", start_told(&outcome, false), 1),
            ("subagent start", start_told(&outcome, true), 2),
            ("stop hook", stop_told(&outcome, false), 3),
            ("subagent stop hook", stop_told(&outcome, true), 3),
            ("PreCompact hook", compact_told(&outcome, false), 4),
            ("PostCompact hook", compact_told(&outcome, true), 4),
            ("interrupt hook", passed(interrupt(&outcome, SIX).as_ref(), None).replace("pass", "done"), 5),
        ];
        for (event, told, column) in told {
            let said = expected[..=column].iter().rev().find(|said| **said != "=").unwrap();
            let name = match event {
                "user prompt submit" => "UserPromptSubmit",
                "subagent stop hook" => "SubagentStop",
                "PreCompact hook" => "PreCompact",
                "PostCompact hook" => "PostCompact",
                _ => "Stop",
            };
            let wants =
                if name == "UserPromptSubmit" { "a blocking reason" } else { "a continuation prompt" };
            let want = match *said {
                "failed !" => format!("failed hook returned invalid {event} JSON output"),
                "failed _" => {
                    format!("failed {name} hook returned decision:block without a non-empty reason")
                }
                "failed 2" => {
                    format!("failed {name} hook exited with code 2 but did not write {wants} to stderr")
                }
                "stop _" => format!("stop {name} hook stopped execution"),
                said => said.to_owned(),
            };
            assert_eq!(told, want, "{event}: {row}");
        }
    }
}

#[test]
fn session_ends_only_fail() {
    for (row, want) in [
        ("", None),
        ("{x", None),
        (r#"{"continue":false}"#, None),
        ("plain", None),
        ("2:e2\n:", Some("e2")),
        ("2::out", Some("hook exited with code 2")),
        ("1::{}", Some("hook exited with code 1")),
        ("timeout", Some("hook timed out after 6s")),
    ] {
        let failed = session_end(&outcome_of(row), SIX).map(|failed| failed.0.into_owned());
        assert_eq!(failed.as_deref(), want, "{row}");
    }
}

#[test]
fn several_stop_hooks() {
    let on = |prompt: &str| sure(Stop::Continue { prompt: prompt.into() });
    let end = sure(Stop::End { failed: None });
    let halt = sure(Stop::Halt { reason: String::new() });
    let doubtful = Reply { doubt: Some(Doubt::Network), ..end.clone() };
    let both = TurnEnd::GoesOn { hook: 1, prompts: vec!["a".into(), "b".into()] };
    assert_eq!(turn_end(&[]), TurnEnd::Ends);
    assert_eq!(turn_end(&[end.clone(), on("a"), on("b")]), both);
    assert_eq!(turn_end(&[on("a"), halt.clone()]), TurnEnd::Ends);
    assert_eq!(turn_end(&[doubtful.clone(), halt]), TurnEnd::Ends);
    assert_eq!(turn_end(&[on("a"), doubtful]), TurnEnd::Doubtful { hook: 1, doubt: Doubt::Network });
}

fn sure<A>(answer: A) -> Reply<A> {
    Reply { answer, doubt: None }
}

#[test]
fn several_hooks() {
    let block = |reason: &str| sure(PreToolUse::Block { reason: reason.into() });
    let rewrite = |command: &str| sure(PreToolUse::Rewrite { input: json!({ "command": command }) });
    let pass = sure(PreToolUse::Pass { failed: None });
    let doubtful = Reply { doubt: Some(Doubt::Network), ..pass.clone() };
    let told = |replies: &[Reply<PreToolUse>]| match pre_call(replies) {
        PreCall::Block { hook, reason } => format!("block {hook} {reason}"),
        PreCall::Rewrite { hook, input } => format!("rewrite {hook} {input}"),
        PreCall::Pass => "pass".into(),
        PreCall::Doubtful { hook, .. } => format!("doubtful {hook}"),
        PreCall::Race { hooks } => format!("race {hooks:?}"),
    };
    assert_eq!(told(&[]), "pass");
    assert_eq!(told(&[pass.clone(), block("one"), block("two")]), "block 1 one");
    assert_eq!(told(&[rewrite("x"), block("one")]), "block 1 one");
    assert_eq!(told(&[doubtful.clone(), block("one")]), "block 1 one");
    assert_eq!(told(&[doubtful.clone(), rewrite("x")]), "doubtful 0");
    assert_eq!(told(&[pass.clone(), rewrite("x"), rewrite("x")]), r#"rewrite 1 {"command":"x"}"#);
    assert_eq!(told(&[rewrite("x"), pass, rewrite("y")]), "race [0, 2]");

    let allow = sure(PermissionRequest::Allow);
    let deny = |message: &str| sure(PermissionRequest::Deny { message: message.into() });
    let silent = sure(PermissionRequest::Silent { failed: None });
    let denied = |hook, message: &str| Permission::Deny { hook, message: message.into() };
    assert_eq!(permission(&[allow.clone(), deny("m")]), denied(1, "m"));
    assert_eq!(permission(&[deny("m1"), deny("m2"), allow.clone()]), denied(0, "m1"));
    assert_eq!(permission(&[silent.clone(), allow.clone()]), Permission::Allow { hook: 1 });
    assert_eq!(permission(std::slice::from_ref(&silent)), Permission::Silent);
    let doubtful = Reply { doubt: Some(Doubt::Program), ..silent };
    assert_eq!(permission(&[allow, doubtful]), Permission::Doubtful { hook: 1, doubt: Doubt::Program });
}

fn raw(value: &Value) -> Box<serde_json::value::RawValue> {
    serde_json::value::to_raw_value(value).unwrap()
}

/// Field orders of Codex 0.169.0, for every event that was seen.
#[test]
fn stdin_has_codex_fields_in_codex_order() {
    let input = raw(&json!({"command": "ls"}));
    let response = raw(&json!("out\n"));
    let main = Moment {
        session_id: "s",
        turn_id: "t",
        agent: None,
        transcript_path: Some("/r.jsonl"),
        cwd: "/w",
        call_cwd: None,
        model: "m",
        permission_mode: PermissionMode::Default,
    };
    let sub = Moment { agent: Some(Agent { id: "a", kind: "default" }), transcript_path: None, ..main };
    let head =
        r#"{"session_id":"s","turn_id":"t","transcript_path":"/r.jsonl","cwd":"/w","hook_event_name":"#;
    let tool = r#""tool_name":"Bash","tool_input":{"command":"ls"}"#;
    let mode = r#""model":"m","permission_mode":"default""#;
    let pre = Occasion::PreToolUse { tool_name: "Bash", tool_input: &input, tool_use_id: "c" };
    let post = Occasion::PostToolUse {
        tool_name: "Bash",
        tool_input: &input,
        tool_response: &response,
        tool_use_id: "c",
    };
    let ask = Occasion::PermissionRequest { tool_name: "Bash", tool_input: &input };
    let stop = Occasion::Stop { stop_hook_active: false, last_assistant_message: Some("x\"y") };
    let sub_stop = Occasion::SubagentStop {
        agent_transcript_path: Some("/a.jsonl"),
        stop_hook_active: true,
        last_assistant_message: None,
    };
    for (occasion, moment, want) in [
        (pre, main, format!(r#"{head}"PreToolUse",{mode},{tool},"tool_use_id":"c"}}"#)),
        (ask, main, format!(r#"{head}"PermissionRequest",{mode},{tool}}}"#)),
        (post, main, format!(r#"{head}"PostToolUse",{mode},{tool},"tool_response":"out\n","tool_use_id":"c"}}"#)),
        (Occasion::UserPromptSubmit { prompt: "go" }, sub, format!(r#"{{"session_id":"s","turn_id":"t","agent_id":"a","agent_type":"default","transcript_path":null,"cwd":"/w","hook_event_name":"UserPromptSubmit",{mode},"prompt":"go"}}"#)),
        (Occasion::SessionStart { source: "startup" }, main, format!(r#"{{"session_id":"s","transcript_path":"/r.jsonl","cwd":"/w","hook_event_name":"SessionStart",{mode},"source":"startup"}}"#)),
        (Occasion::SessionEnd, main, r#"{"session_id":"s","transcript_path":"/r.jsonl","cwd":"/w","hook_event_name":"SessionEnd","reason":"other"}"#.into()),
        (Occasion::SubagentStart, sub, format!(r#"{{"session_id":"s","turn_id":"t","transcript_path":null,"cwd":"/w","hook_event_name":"SubagentStart",{mode},"agent_id":"a","agent_type":"default"}}"#)),
        (stop, main, format!(r#"{head}"Stop",{mode},"stop_hook_active":false,"last_assistant_message":"x\"y"}}"#)),
        (sub_stop, sub, format!(r#"{{"session_id":"s","turn_id":"t","transcript_path":null,"agent_transcript_path":"/a.jsonl","cwd":"/w","hook_event_name":"SubagentStop",{mode},"stop_hook_active":true,"agent_id":"a","agent_type":"default","last_assistant_message":null}}"#)),
        (Occasion::PreCompact { trigger: "auto" }, main, format!(r#"{head}"PreCompact","model":"m","trigger":"auto"}}"#)),
        (Occasion::Interrupt, main, format!(r#"{head}"Interrupt",{mode}}}"#)),
    ] {
        assert_eq!(String::from_utf8(occasion.stdin(&moment)).unwrap(), want);
    }
    let essence = String::from_utf8(pre.essence(&sub)).unwrap();
    let agent = r#""agent_type":"default""#;
    assert_eq!(essence, format!(r#"{{{agent},"cwd":"/w","hook_event_name":"PreToolUse",{mode},{tool}}}"#));
}

proptest::proptest! {
    #[test]
    fn no_output_panics(code in 0..4i32, stdout: Vec<u8>, stderr: Vec<u8>, json in "[{\\[\"a-z:,}\\]]{0,30}") {
        for stdout in [stdout, json.into_bytes()] {
            let outcome = ProcessOutcome { ended: Ended::Exit(code), stdout, stderr: stderr.clone(), ..ProcessOutcome::default() };
            let _ = (pre_tool_use(&outcome, SIX), permission_request(&outcome, SIX), post_tool_use(&outcome, SIX));
            let _ = (user_prompt_submit(&outcome, SIX), session_start(&outcome, SIX, true), stop(&outcome, SIX, true));
            let _ = (compact(&outcome, SIX, true), session_end(&outcome, SIX), interrupt(&outcome, SIX));
        }
    }
}
