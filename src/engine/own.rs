//! Tools of Codex's own that give hooks nothing to see, for what their arguments ask for is not there.

use serde::Deserialize;

use crate::action::{Action, ToolName};
use crate::boundary::mcp::McpPolicy;
use crate::transcript::Call;

/// Tools that take the name of an MCP server.
const OF_RESOURCES: [&str; 3] = ["list_mcp_resources", "list_mcp_resource_templates", "read_mcp_resource"];

/// Does a call about the resources of MCP servers name a server that there is not? Codex 0.169 refuses it before any
/// hook, and asks nobody (conformance: hooks/own-tools-that-fail).
pub(super) fn names_unknown_server(action: &Action<'_>, arguments: &str, servers: &McpPolicy) -> bool {
    #[derive(Deserialize)]
    struct Named {
        server: Option<String>,
    }
    let Action::Builtin(tool) = action else { return false };
    if !tool.namespace.is_empty() || !OF_RESOURCES.contains(&&*tool.name) {
        return false;
    }
    let named = serde_json::from_str::<Named>(arguments).ok().and_then(|named| named.server);
    named.is_some_and(|server| servers.server(&server).is_none())
}

/// Does the call fail whatever the session holds, or in the recording? PostToolUse hooks are told of results alone.
pub(super) fn fails(tool: &ToolName<'_>, call: &Call<'_>) -> bool {
    match (&*tool.namespace, &*tool.name) {
        ("", "request_user_input") => asks_nothing(&call.arguments),
        ("multi_agent_v1", "wait_agent" | "close_agent" | "send_input" | "resume_agent") => {
            names_no_agent(&tool.name, &call.arguments)
                || call.output.is_some_and(|output| {
                    let text = output.text();
                    text.starts_with("agent with id ") && text.ends_with(" not found")
                })
        }
        _ => false,
    }
}

fn asks_nothing(arguments: &str) -> bool {
    #[derive(Deserialize)]
    struct Asked {
        questions: Vec<serde::de::IgnoredAny>,
    }
    serde_json::from_str::<Asked>(arguments).is_ok_and(|asked| asked.questions.is_empty())
}

/// Agents of the first kind are called by UUIDs; who waits must say for whom.
fn names_no_agent(tool: &str, arguments: &str) -> bool {
    #[derive(Deserialize)]
    struct Named {
        target: Option<String>,
        targets: Option<Vec<String>>,
        id: Option<String>,
    }
    let Ok(named) = serde_json::from_str::<Named>(arguments) else { return false };
    let bad = |id: &String| !is_uuid(id);
    match tool {
        "wait_agent" => named.targets.is_some_and(|ids| ids.is_empty() || ids.iter().any(bad)),
        "resume_agent" => named.id.as_ref().is_some_and(bad),
        _ => named.target.as_ref().is_some_and(bad),
    }
}

/// Thirty-two hexadecimal digits, with hyphens or not.
fn is_uuid(id: &str) -> bool {
    let digits = id.chars().filter(|letter| *letter != '-');
    digits.clone().count() == 32 && digits.into_iter().all(|letter| letter.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_are_called_by_uuids() {
        let known = "019a2b3c-0000-7000-8000-0123456789ab";
        for (tool, arguments, none) in [
            ("wait_agent", r#"{"targets":[]}"#.to_owned(), true),
            ("wait_agent", format!(r#"{{"targets":["{known}"]}}"#), false),
            ("wait_agent", format!(r#"{{"targets":["{known}","x"]}}"#), true),
            ("wait_agent", "{}".to_owned(), false),
            ("close_agent", r#"{"target":"none"}"#.to_owned(), true),
            ("close_agent", format!(r#"{{"target":"{known}"}}"#), false),
            ("resume_agent", r#"{"id":"none"}"#.to_owned(), true),
            ("send_input", "no JSON".to_owned(), false),
        ] {
            assert_eq!(names_no_agent(tool, &arguments), none, "{tool} {arguments}");
        }
    }

    #[test]
    fn a_list_without_questions_asks_nothing() {
        for (arguments, nothing) in [
            (r#"{"questions":[]}"#, true),
            (r#"{"questions":[{"id":"q"}]}"#, false),
            ("{}", false),
            ("", false),
        ] {
            assert_eq!(asks_nothing(arguments), nothing, "{arguments}");
        }
    }
}
