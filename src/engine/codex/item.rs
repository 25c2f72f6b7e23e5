//! The items of the model's answers that make Codex 0.169 do what a recorded call did.

use serde_json::{Value, json};

use super::nested;
use crate::action::{Action, Command};
use crate::transcript::Call;

/// Something that the model says.
pub(super) fn message(text: &str) -> Value {
    json!({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]})
}

/// Has Codex a tool of its own for what another agent's did?
pub(super) fn is_translated(action: &Action<'_>) -> bool {
    matches!(
        action,
        Action::Shell(_) | Action::Patch(_) | Action::Mcp(_) | Action::ViewImage(_) | Action::Code(_)
    )
}

/// The item that makes Codex 0.169 do what a recorded call did, whatever the tool was called then; `None` for what the
/// provider itself did.
pub(super) fn item(call: &Call<'_>, as_written: bool) -> Option<Value> {
    let id = &*call.id;
    let name = &*call.tool.name;
    let custom = |name: &str, input: &str| json!({"type": "custom_tool_call", "call_id": id, "name": name, "input": input});
    let function = |name: &str, arguments: String| json!({"type": "function_call", "call_id": id, "name": name, "arguments": arguments});
    Some(match &call.action {
        Action::Shell(_) if name == "exec_command" => function("exec_command", call.arguments.to_string()),
        Action::Shell(shell) if !as_written => {
            let command = match &shell.command {
                Command::Script { text, .. } => text.to_string(),
                Command::Argv(words) => {
                    shlex::try_join(words.iter().map(|word| &**word)).unwrap_or_else(|_| words.join(" "))
                }
            };
            let mut arguments = json!({"cmd": command});
            if let Some(workdir) = &shell.workdir {
                arguments["workdir"] = json!(workdir);
            }
            if shell.escalated {
                arguments["sandbox_permissions"] = json!("require_escalated");
            }
            if let Some(why) = &shell.justification {
                arguments["justification"] = json!(why);
            }
            function("exec_command", arguments.to_string())
        }
        Action::Patch(text) => custom("apply_patch", text),
        Action::Code(text) if matches!(name, "exec" | "js_repl") => custom("exec", &nested::watched(text)),
        Action::WebSearch(_) => return None,
        Action::Mcp(mcp) if call.tool.namespace.is_empty() && !as_written => {
            let mut item = function(&mcp.tool, mcp.arguments.to_string());
            item["namespace"] = json!(format!("mcp__{}", mcp.server));
            item
        }
        _ if matches!(name, "image_generation" | "local_shell") => return None,
        _ if name == "tool_search" && call.tool.namespace.is_empty() => {
            let arguments: Value = serde_json::from_str(&call.arguments).unwrap_or_else(|_| json!({}));
            json!({"type": "tool_search_call", "call_id": id, "execution": "client", "arguments": arguments})
        }
        _ => {
            let mut item = function(name, call.arguments.to_string());
            if !call.tool.namespace.is_empty() {
                item["namespace"] = json!(call.tool.namespace);
            }
            item
        }
    })
}
