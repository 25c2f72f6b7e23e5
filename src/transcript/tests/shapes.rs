//! Every type of line and payload that was seen in the wild or named by Codex 0.169 is known: read, or passed over
//! on purpose.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;

const RESPONSES: &[&str] = &[
    "message",
    "reasoning",
    "function_call",
    "function_call_output",
    "custom_tool_call",
    "custom_tool_call_output",
    "tool_search_call",
    "tool_search_output",
    "local_shell_call",
    "web_search_call",
    "image_generation_call",
    "additional_tools",
    "agent_message",
    "compaction",
    "context_compaction",
    "configuration_update",
    "ghost_snapshot",
];

const EVENTS: &[&str] = &[
    "token_count",
    "agent_message",
    "agent_reasoning",
    "user_message",
    "task_started",
    "task_complete",
    "exec_command_end",
    "patch_apply_end",
    "thread_settings_applied",
    "guardian_assessment",
    "web_search_end",
    "turn_aborted",
    "mcp_tool_call_end",
    "context_compacted",
    "thread_rolled_back",
    "thread_name_updated",
    "collab_waiting_end",
    "sub_agent_activity",
    "collab_agent_spawn_end",
    "error",
    "entered_review_mode",
    "exited_review_mode",
    "view_image_tool_call",
];

const ITEMS: &[&str] = &[
    "UserMessage",
    "AgentMessage",
    "Reasoning",
    "Plan",
    "WebSearch",
    "ContextCompaction",
    "CommandExecution",
    "FileChange",
    "McpToolCall",
    "CollabAgentToolCall",
];

const OTHERS: &[&str] = &[
    "session_meta",
    "turn_context",
    "compacted",
    "world_state",
    "token_usage_record",
    "inter_agent_communication",
    "inter_agent_communication_metadata",
    "dynamic_tools_updated",
    "security_risk_score",
    "realtime_item",
];

#[test]
fn all_types_are_known() {
    let mut lines: Vec<String> = RESPONSES.iter().map(|kind| item(json!({"type": kind}))).collect();
    // Some versions put the type last.
    lines.extend(
        RESPONSES
            .iter()
            .map(|kind| format!(r#"{{"payload":{{"summary":[],"type":"{kind}"}},"type":"response_item"}}"#)),
    );
    lines.extend(EVENTS.iter().map(|kind| event(json!({"type": kind}))));
    lines.extend(ITEMS.iter().map(|kind| finished(json!({"type": kind, "id": "x"}))));
    lines.extend(OTHERS.iter().map(|kind| line(kind, json!({"full": true}))));
    let text = text(&lines);
    let transcript = read(&text);
    assert_eq!((transcript.tally.unknown, transcript.tally.broken), (BTreeMap::new(), 0));
    assert_eq!(transcript.tally.lines as usize, lines.len());
}

#[test]
fn new_types_are_counted() {
    let new_event = event(json!({"type": "new_event"}));
    let text = text(&[
        meta("a"),
        item(json!({"type": "new_item"})),
        new_event.clone(),
        new_event,
        line("new_line", json!({"type": "x"})),
        finished(json!({"type": "NewItem"})),
        r#"{"odd":1}"#.to_owned(),
    ]);
    let want = [
        ("(no type)", 1),
        ("event_msg/item_completed/NewItem", 1),
        ("event_msg/new_event", 2),
        ("new_line/x", 1),
        ("response_item/new_item", 1),
    ];
    let want: BTreeMap<_, _> = want.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect();
    assert_eq!(read(&text).tally.unknown, want);
}
