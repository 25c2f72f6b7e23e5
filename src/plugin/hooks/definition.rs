use sha2::{Digest, Sha256};

use super::file::{Handler, HandlerKind, MatcherGroup};
use crate::plugin::bundle::hex;
use crate::plugin::config::Value;

/// Identity of a hook's definition as Codex 0.169 computes it: SHA-256 of the canonical JSON (sorted keys, no spaces)
/// of its event, its matcher and its own fields with defaults filled in. The tests hold values that `hooks/list` of
/// the real CLI gave.
pub(super) fn hash(group: &MatcherGroup, handler: &Handler, is_async: bool) -> String {
    let mut hook = vec![("timeout", handler.timeout.to_string())];
    match &handler.kind {
        HandlerKind::Command(command) => {
            hook.push(("type", quoted("command")));
            hook.push(("command", quoted(command)));
            hook.push(("async", is_async.to_string()));
        }
        HandlerKind::McpTool { server, tool, input } => {
            hook.push(("type", quoted("mcp_tool")));
            hook.push(("server", quoted(server)));
            hook.push(("tool", quoted(tool)));
            hook.push(("input", canonical(input)));
        }
    }
    if let Some(text) = &handler.status_message {
        hook.push(("statusMessage", quoted(text)));
    }
    if let Some(limit) = handler.additional_context_limit {
        hook.push(("additionalContextLimit", limit.to_string()));
    }
    let mut identity =
        vec![("event_name", quoted(&group.event.key())), ("hooks", format!("[{}]", object(hook)))];
    if let Some(matcher) = &group.matcher {
        identity.push(("matcher", quoted(&matcher.value)));
    }
    format!("sha256:{}", hex(&Sha256::digest(object(identity))))
}

fn object(mut entries: Vec<(&str, String)>) -> String {
    entries.sort();
    let entries: Vec<_> = entries.iter().map(|(key, value)| format!("{}:{value}", quoted(key))).collect();
    format!("{{{}}}", entries.join(","))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Codex keeps numbers of `input` as they are written, wrapped in a table of this key, and hashes them so.
fn number(text: &str) -> String {
    object(vec![("$serde_json::private::Number", quoted(text))])
}

fn canonical(value: &Value) -> String {
    match value {
        Value::Table(table) => {
            object(table.iter().map(|(key, node)| (key.as_str(), canonical(&node.value))).collect())
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| canonical(&item.value)).collect();
            format!("[{}]", items.join(","))
        }
        Value::String(text) | Value::Datetime(text) => quoted(text),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => number(&value.to_string()),
        Value::Float(value) => number(&serde_json::Value::from(*value).to_string()),
        Value::Null => "null".to_owned(),
    }
}
