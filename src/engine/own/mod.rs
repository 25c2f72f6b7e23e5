//! Tools of Codex's own that give hooks nothing to see: their arguments cannot be read, or what they ask for is not there.

mod arguments;
mod goal;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::moment::Moment;
use crate::action::{Action, ToolName};
use crate::boundary::mcp::McpPolicy;
use crate::transcript::Call;

use arguments::{Close, Input, Listing, Permissions, Resource, Resume, Said, Wait};
use goal::{fits_goal, goal_before};

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
    if !is_of_resources(tool) {
        return false;
    }
    let named = serde_json::from_str::<Named>(arguments).ok().and_then(|named| named.server);
    named.is_some_and(|server| servers.server(&server).is_none())
}

/// Tools whose arguments Codex reads before PreToolUse hooks run.
pub(super) fn is_of_resources(tool: &ToolName<'_>) -> bool {
    tool.namespace.is_empty() && OF_RESOURCES.contains(&&*tool.name)
}

/// Why Codex 0.169 cannot read the arguments of a tool of its own; the model is told so, and nothing else happens
/// (conformance: hooks/own-tools-unread).
pub(super) fn unread(tool: &ToolName<'_>, arguments: &str) -> Option<String> {
    match (&*tool.namespace, &*tool.name) {
        ("", "list_mcp_resources" | "list_mcp_resource_templates") if arguments.trim().is_empty() => None,
        ("", "list_mcp_resources" | "list_mcp_resource_templates") => read::<Listing>(arguments).err(),
        ("", "read_mcp_resource") => read::<Resource>(arguments).err(),
        ("", "request_permissions") => read::<Permissions>(arguments).err(),
        ("multi_agent_v1", "wait_agent") => read::<Wait>(arguments).err(),
        ("multi_agent_v1", "close_agent") => read::<Close>(arguments).err(),
        ("multi_agent_v1", "send_input") => read::<Input>(arguments).err(),
        ("multi_agent_v1", "resume_agent") => read::<Resume>(arguments).err(),
        _ => None,
    }
}

/// Does the call fail whatever the session holds, or in the recording? PostToolUse hooks are told of results alone
/// (conformance: hooks/own-tools-that-find-nothing).
pub(super) fn fails(tool: &ToolName<'_>, call: &Call<'_>, moment: &Moment<'_>) -> bool {
    let arguments = &*call.arguments;
    match (&*tool.namespace, &*tool.name) {
        // It is there in the mode for plans alone, in which the recording has answers.
        ("", "request_user_input") => !gave_json(call) || asks_nothing(arguments),
        ("", "list_mcp_resources" | "list_mcp_resource_templates") => read::<Listing>(arguments)
            .is_ok_and(|listing| listing.server.is_none() && listing.cursor.is_some()),
        ("", "read_mcp_resource") => !gave_json(call),
        ("", "request_permissions") => {
            read::<Permissions>(arguments).is_ok_and(|asked| !asked.permissions.any())
        }
        ("", "create_goal" | "update_goal") => !fits_goal(tool, arguments, goal_before(call, moment)),
        ("multi_agent_v1", "wait_agent") => read::<Wait>(arguments).is_ok_and(|wait| wait.fails()),
        ("multi_agent_v1", "close_agent") => {
            read::<Close>(arguments).is_ok_and(|close| is_nobody(&close.target, call, moment))
        }
        ("multi_agent_v1", "resume_agent") => {
            read::<Resume>(arguments).is_ok_and(|resume| is_nobody(&resume.id, call, moment))
        }
        ("multi_agent_v1", "send_input") => read::<Input>(arguments)
            .is_ok_and(|input| input.said.is_nothing() || is_nobody(&input.target, call, moment)),
        _ => false,
    }
}

/// Does the call start no agent, for what it asks for? It must say one thing in one way, and one that gets the whole
/// history takes the role of who starts it.
pub(super) fn starts_nobody(call: &Call<'_>) -> bool {
    #[derive(Deserialize)]
    struct Asked {
        #[serde(flatten)]
        said: Said,
        agent_type: Option<String>,
        #[serde(default)]
        fork_context: bool,
        reasoning_effort: Option<String>,
        model: Option<String>,
    }
    const EFFORTS: [&str; 6] = ["none", "minimal", "low", "medium", "high", "xhigh"];
    let Ok(asked) = read::<Asked>(&call.arguments) else { return false };
    let role = asked.agent_type.is_some_and(|role| !role.trim().is_empty());
    let odd_effort = asked.reasoning_effort.is_some_and(|effort| !EFFORTS.contains(&&*effort));
    let odd_model = asked.model.is_some_and(|model| !model.starts_with("gpt-"));
    &*call.tool.namespace == "multi_agent_v1"
        && (asked.said.is_nothing() || (asked.fork_context && role) || odd_effort || odd_model)
}

/// Does the call ask for an image in a detail that there is not?
pub(super) fn wants_odd_detail(call: &Call<'_>) -> bool {
    #[derive(Deserialize)]
    struct Image {
        detail: Option<String>,
    }
    let detail = read::<Image>(&call.arguments).ok().and_then(|image| image.detail);
    detail.is_some_and(|detail| detail != "high" && detail != "original")
}

fn read<T: DeserializeOwned>(arguments: &str) -> Result<T, String> {
    serde_json::from_str(arguments).map_err(|error| error.to_string())
}

/// Did the tool answer with an object in the recording? Errors are plain text.
fn gave_json(call: &Call<'_>) -> bool {
    call.output.is_some_and(|output| output.text().trim_start().starts_with('{'))
}

/// Agents are called by UUIDs, those of the recordings unless the recording shows another one at work.
fn is_nobody(id: &str, call: &Call<'_>, moment: &Moment<'_>) -> bool {
    let known = moment.transcripts.iter().any(|transcript| transcript.session.id == id);
    !is_uuid(id) || (!known && !gave_json(call))
}

/// Thirty-two hexadecimal digits, with hyphens or not.
fn is_uuid(id: &str) -> bool {
    let digits = id.chars().filter(|letter| *letter != '-');
    digits.clone().count() == 32 && digits.into_iter().all(|letter| letter.is_ascii_hexdigit())
}

fn asks_nothing(arguments: &str) -> bool {
    #[derive(Deserialize)]
    struct Asked {
        questions: Vec<IgnoredAny>,
    }
    read::<Asked>(arguments).is_ok_and(|asked| asked.questions.is_empty())
}

#[cfg(test)]
mod tests {
    use super::arguments::Profile;
    use super::goal::Goal;
    use super::*;

    const KNOWN: &str = "019a2b3c-0000-7000-8000-0123456789ab";

    fn tool(name: &'static str) -> ToolName<'static> {
        let (namespace, name) = name.rsplit_once('/').unwrap_or(("", name));
        ToolName { namespace: namespace.into(), name: name.into() }
    }

    // Asked of Codex 0.169 by calling each tool: which calls it answers with `failed to parse function arguments`.
    #[test]
    fn arguments_are_read() {
        for (name, arguments, read) in [
            ("list_mcp_resources", "", true),
            ("list_mcp_resources", "{}", true),
            ("list_mcp_resources", r#"{"server":5}"#, false),
            ("read_mcp_resource", r#"{"server":"s"}"#, false),
            ("read_mcp_resource", r#"{"server":"s","uri":"u"}"#, true),
            ("request_permissions", r#"{"permissions":{}}"#, true),
            ("request_permissions", r#"{"permissions":{"x":1}}"#, false),
            ("request_permissions", r#"{"permissions":"x"}"#, false),
            ("request_permissions", r#"{"permissions":{"network":true}}"#, false),
            ("request_permissions", r#"{"permissions":{"network":{"enabled":true}},"reason":5}"#, false),
            ("request_permissions", r#"{"permissions":{"network":{"enabled":true}},"z":5}"#, true),
            ("request_permissions", r#"{"reason":"r"}"#, false),
            ("multi_agent_v1/close_agent", "{}", false),
            ("multi_agent_v1/wait_agent", "{}", true),
            ("multi_agent_v1/wait_agent", r#"{"targets":"x"}"#, false),
            ("multi_agent_v1/wait_agent", r#"{"targets":[],"timeout_ms":"x"}"#, false),
            ("multi_agent_v1/send_input", r#"{"message":"x"}"#, false),
            ("multi_agent_v1/send_input", r#"{"target":"x"}"#, true),
            ("multi_agent_v1/resume_agent", "no JSON", false),
            ("get_goal", "no JSON", true),
        ] {
            assert_eq!(unread(&tool(name), arguments).is_none(), read, "{name} {arguments}");
        }
    }

    #[test]
    fn permissions_are_asked_for() {
        for (permissions, any) in [
            ("{}", false),
            (r#"{"network":{}}"#, false),
            (r#"{"network":{"enabled":false}}"#, true),
            (r#"{"file_system":{}}"#, false),
            (r#"{"file_system":{"write":[]}}"#, false),
            (r#"{"file_system":{"write":["rel"]}}"#, true),
        ] {
            let profile: Profile = serde_json::from_str(permissions).unwrap();
            assert_eq!(profile.any(), any, "{permissions}");
        }
    }

    #[test]
    fn agents_are_waited_for_by_uuids() {
        for (arguments, fails) in [
            (r#"{"targets":[]}"#.to_owned(), true),
            ("{}".to_owned(), true),
            (format!(r#"{{"targets":["{KNOWN}"]}}"#), false),
            (format!(r#"{{"targets":["{KNOWN}"],"timeout_ms":0}}"#), true),
            (format!(r#"{{"targets":["{KNOWN}","x"]}}"#), true),
        ] {
            assert_eq!(read::<Wait>(&arguments).unwrap().fails(), fails, "{arguments}");
        }
    }

    #[test]
    fn agents_are_told_one_thing() {
        for (arguments, nothing) in [
            (r#"{"message":"x"}"#, false),
            (r#"{"message":" "}"#, true),
            ("{}", true),
            (r#"{"message":"x","items":[{"type":"text","text":"y"}]}"#, true),
            (r#"{"items":[{"type":"text","text":"y"}]}"#, false),
            (r#"{"items":[]}"#, true),
        ] {
            assert_eq!(read::<Said>(arguments).unwrap().is_nothing(), nothing, "{arguments}");
        }
    }

    // Asked of Codex 0.169, in this order.
    #[test]
    fn goals_come_one_after_the_other() {
        use Goal::{Complete, None, Unfinished};
        for (name, arguments, goal, fits) in [
            ("update_goal", r#"{"status":"complete"}"#, None, false),
            ("create_goal", r#"{"objective":" "}"#, None, false),
            ("create_goal", r#"{"objective":"x","token_budget":-1}"#, None, false),
            ("create_goal", r#"{"objective":"tidy"}"#, None, true),
            ("create_goal", r#"{"objective":"more"}"#, Unfinished, false),
            ("update_goal", r#"{"status":"odd"}"#, Unfinished, false),
            ("update_goal", r#"{"status":"active"}"#, Unfinished, false),
            ("update_goal", r#"{"status":"paused"}"#, Unfinished, true),
            ("update_goal", "{}", Unfinished, false),
            ("update_goal", r#"{"status":"complete"}"#, Unfinished, true),
            ("create_goal", r#"{"objective":"again"}"#, Complete, true),
            ("create_goal", "{}", None, false),
        ] {
            assert_eq!(fits_goal(&tool(name), arguments, goal), fits, "{name} {arguments}");
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
