//! Which tool a call names, and what it attempts with its arguments.

use std::borrow::Cow;

use serde::Deserialize;

use super::shell;
use crate::action::{Action, Dialect, McpCall, Spawn, ToolName};

/// Tools of Codex's own, of any version, that touch neither files nor network.
const BUILTIN: &[&str] = &[
    "assign_task",
    "close_agent",
    "create_goal",
    "followup_task",
    "get_context_remaining",
    "get_goal",
    "image_generation",
    "imagegen",
    "interrupt_agent",
    "js_repl_reset",
    "list_agents",
    "list_mcp_resource_templates",
    "list_mcp_resources",
    "new_context",
    "new_context_window",
    "read_mcp_resource",
    "report_agent_job_result",
    "request_permissions",
    "request_plugin_install",
    "request_user_input",
    "request_user_input_async",
    "resume_agent",
    "send_input",
    "send_message",
    "sleep",
    "test_sync_tool",
    "tool_search",
    "tool_suggest",
    "update_goal",
    "update_plan",
    "wait",
    "wait_agent",
];

/// Namespaces of Codex's own tools. Scripts of code mode join them to the name with `__`.
const NAMESPACES: &[&str] =
    &["clock", "collaboration", "functions", "image_gen", "multi_agent_v1", "multi_agent_v2", "web"];

/// What a function call attempts. `arguments` is its JSON text, decoded.
pub(super) fn function<'t>(tool: ToolName<'t>, arguments: &str, dialect: Dialect) -> Action<'t> {
    if tool.namespace.is_empty() && tool.name == "exec_command" {
        let read = shell::exec_command(arguments, dialect);
        return read.unwrap_or_else(|error| Action::Malformed { tool, error: error.to_string() });
    }
    if let Some((server, name)) = mcp_name(&tool) {
        return Action::Mcp(McpCall { server, tool: name, arguments: Cow::Owned(arguments.to_owned()) });
    }
    let name = NAMESPACES.iter().find_map(|own| tool.name.strip_prefix(own)?.strip_prefix("__"));
    let read = match name.unwrap_or(&tool.name) {
        "exec_command" => shell::exec_command(arguments, dialect),
        "shell_command" => shell::shell_command(arguments, dialect),
        "shell" | "container.exec" | "local_shell" => shell::shell_words(arguments),
        "unified_exec" => shell::unified_exec(arguments),
        "write_stdin" => shell::write_stdin(arguments),
        "apply_patch" => patch(arguments),
        "view_image" => image(arguments),
        "spawn_agent" | "spawn_agents_on_csv" => spawn(arguments),
        "web_search" => web_search(arguments),
        "exec" | "js_repl" | "artifacts" => code(arguments),
        name if BUILTIN.contains(&name) || is_own(&tool) => {
            return Action::Builtin(tool);
        }
        _ => return Action::Unknown(tool),
    };
    read.unwrap_or_else(|error| Action::Malformed { tool, error: error.to_string() })
}

/// Whether the tool is in a namespace of Codex's own.
fn is_own(tool: &ToolName<'_>) -> bool {
    NAMESPACES.iter().any(|own| {
        tool.namespace == *own || tool.name.strip_prefix(own).is_some_and(|rest| rest.starts_with("__"))
    })
}

/// Whether a script of code mode, calling this tool, touches neither files nor network.
pub(super) fn is_builtin(name: &str) -> bool {
    BUILTIN.contains(&name)
}

/// What a call of a custom (free-form) tool attempts; `input` is its text.
pub(super) fn custom<'t>(tool: ToolName<'t>, input: &Cow<'t, str>) -> Action<'t> {
    match tool.name.as_ref() {
        "apply_patch" => Action::Patch(input.clone()),
        "exec" | "js_repl" | "artifacts" => Action::Code(input.clone()),
        _ => match mcp_name(&tool) {
            Some((server, name)) => Action::Mcp(McpCall { server, tool: name, arguments: input.clone() }),
            None => Action::Unknown(tool),
        },
    }
}

/// Server and tool of a call of an MCP tool, by its name alone: `mcp__server` + `tool`, `mcp__server__tool`, or
/// `server__tool` before autumn 2025. An event or item of the call tells it for certain and goes before this.
pub(super) fn mcp_name<'t>(tool: &ToolName<'t>) -> Option<(Cow<'t, str>, Cow<'t, str>)> {
    if !tool.namespace.is_empty() {
        let server = cut(&tool.namespace, "mcp__".len(), tool.namespace.starts_with("mcp__"))?;
        // Connectors of ChatGPT sit behind one server: namespace `mcp__codex_apps__github`, name `_fetch_pr` is
        // tool `github.fetch_pr` of server `codex_apps`.
        if let Some(connector) = server.strip_prefix("codex_apps__") {
            let name = tool.name.strip_prefix('_').unwrap_or(&tool.name);
            return Some((Cow::Borrowed("codex_apps"), Cow::Owned(format!("{connector}.{name}"))));
        }
        return Some((server, tool.name.clone()));
    }
    let start = if tool.name.starts_with("mcp__") { "mcp__".len() } else { 0 };
    let split = start + tool.name.get(start..)?.find("__")?;
    let (server, name) = (slice(&tool.name, start, split), slice(&tool.name, split + 2, tool.name.len()));
    let own = start == 0 && NAMESPACES.contains(&server.as_ref());
    (!server.is_empty() && !name.is_empty() && !own).then_some((server, name))
}

fn cut<'t>(text: &Cow<'t, str>, from: usize, when: bool) -> Option<Cow<'t, str>> {
    let end = text.len() - if text.ends_with("__") { 2 } else { 0 };
    (when && from < end).then(|| slice(text, from, end))
}

fn slice<'t>(text: &Cow<'t, str>, from: usize, to: usize) -> Cow<'t, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[from..to]),
        Cow::Owned(text) => Cow::Owned(text[from..to].to_owned()),
    }
}

fn patch<'t>(arguments: &str) -> Result<Action<'t>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Input {
        #[serde(alias = "patch")]
        input: String,
    }
    serde_json::from_str(arguments).map(|given: Input| Action::Patch(given.input.into()))
}

fn image<'t>(arguments: &str) -> Result<Action<'t>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Image {
        path: String,
    }
    serde_json::from_str(arguments).map(|image: Image| Action::ViewImage(image.path.into()))
}

fn code<'t>(arguments: &str) -> Result<Action<'t>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Script {
        #[serde(alias = "input", alias = "source")]
        code: String,
    }
    serde_json::from_str(arguments).map(|script: Script| Action::Code(script.code.into()))
}

fn spawn<'t>(arguments: &str) -> Result<Action<'t>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Item {
        #[serde(default)]
        text: String,
    }
    #[derive(Deserialize)]
    struct Arguments {
        #[serde(alias = "prompt", alias = "instruction")]
        message: Option<String>,
        items: Option<Vec<Item>>,
        #[serde(alias = "role")]
        agent_type: Option<String>,
    }
    let agent: Arguments = serde_json::from_str(arguments)?;
    let prompt = agent.message.unwrap_or_else(|| {
        let texts: Vec<_> = agent.items.into_iter().flatten().map(|item| item.text).collect();
        texts.join("\n")
    });
    Ok(Action::Spawn(Spawn { role: agent.agent_type.map(Cow::Owned), prompt: prompt.into() }))
}

/// What a search of the web or an opened page looks for, by its `action`.
pub(super) fn web_search<'t>(action: &str) -> Result<Action<'t>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Search {
        query: Option<String>,
        queries: Option<Vec<String>>,
        url: Option<String>,
    }
    let search: Search = serde_json::from_str(action)?;
    let text = match (search.url, search.query, search.queries) {
        (Some(url), _, _) => url,
        (None, Some(query), _) if !query.is_empty() => query,
        (None, _, queries) => queries.unwrap_or_default().join("; "),
    };
    Ok(Action::WebSearch(text.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Additional, Command, Launch, Permissions, Shell, Stdin};

    fn tool(namespace: &'static str, name: &'static str) -> ToolName<'static> {
        ToolName { namespace: namespace.into(), name: name.into() }
    }

    fn of(name: &'static str, arguments: &str) -> Action<'static> {
        function(tool("", name), arguments, Dialect::Posix)
    }

    fn script(text: &'static str) -> Command<'static> {
        Command::Script { dialect: Dialect::Posix, text: text.into() }
    }

    #[test]
    fn mcp_tools_are_known_under_every_name() {
        for (namespace, name, want) in [
            ("mcp__tracker", "ro", Some(("tracker", "ro"))),
            ("mcp__a__b__", "c", Some(("a__b", "c"))),
            ("mcp__codex_apps__github", "_fetch_pr", Some(("codex_apps", "github.fetch_pr"))),
            ("", "mcp__tracker__read_issue", Some(("tracker", "read_issue"))),
            ("", "mcp__srv__a__b", Some(("srv", "a__b"))),
            (
                "",
                "sequential-thinking__sequentialthinking",
                Some(("sequential-thinking", "sequentialthinking")),
            ),
            ("multi_agent_v1", "spawn_agent", None),
            ("mcp__", "x", None),
            ("", "mcp__x", None),
            ("", "__x", None),
            ("", "x__", None),
            ("", "exec_command", None),
            ("", "multi_agent_v1__spawn_agent", None),
        ] {
            let found = mcp_name(&tool(namespace, name));
            let found = found.as_ref().map(|(server, tool)| (server.as_ref(), tool.as_ref()));
            assert_eq!(found, want, "{namespace} {name}");
        }
    }

    // Asked of Codex 0.169: which of these it refuses, and what for.
    #[test]
    fn commands_say_what_they_want() {
        let plain = (false, Permissions::default());
        let wants = |additional| (false, Permissions { additional, unstated: false });
        let unstated = (false, Permissions { unstated: true, ..Permissions::default() });
        for (arguments, want) in [
            (r#"{"cmd":"ls"}"#, plain),
            (r#"{"cmd":"ls","sandbox_permissions":"use_default","justification":"j"}"#, plain),
            (r#"{"cmd":"ls","sandbox_permissions":null,"justification":null}"#, plain),
            (r#"{"cmd":"ls","justification":"j"}"#, unstated),
            (r#"{"cmd":"ls","sandbox_permissions":null,"justification":""}"#, unstated),
            (
                r#"{"cmd":"ls","sandbox_permissions":"require_escalated","justification":"j"}"#,
                (true, Permissions::default()),
            ),
            (
                r#"{"cmd":"ls","with_escalated_permissions":true,"justification":"j"}"#,
                (true, Permissions::default()),
            ),
            (
                r#"{"cmd":"ls","sandbox_permissions":"with_additional_permissions"}"#,
                wants(Additional::Missing),
            ),
            (r#"{"cmd":"ls","additional_permissions":{}}"#, wants(Additional::Empty)),
            (
                r#"{"cmd":"ls","additional_permissions":{"network":{"enabled":false}}}"#,
                wants(Additional::Stated),
            ),
            (
                r#"{"cmd":"ls","additional_permissions":{"file_system":{"write":["/x"]}}}"#,
                wants(Additional::Stated),
            ),
        ] {
            let Action::Shell(shell) = of("exec_command", arguments) else { panic!("{arguments}") };
            assert_eq!((shell.escalated, shell.permissions), want, "{arguments}");
        }
        let older = of("shell", r#"{"command":["ls"],"justification":"j"}"#);
        assert!(matches!(older, Action::Shell(shell) if shell.permissions == Permissions::default()));
        let launched = of("exec_command", r#"{"cmd":"ls","shell":"sh","login":false}"#);
        let launch = Launch { shell: Some("sh".into()), login: Some(false) };
        assert!(matches!(launched, Action::Shell(shell) if shell.launch == launch));
        let bogus = of("exec_command", r#"{"cmd":"ls","sandbox_permissions":"bogus"}"#);
        assert!(matches!(bogus, Action::Malformed { .. }));
    }

    /// The same with a login shell.
    fn login(action: Action<'static>) -> Action<'static> {
        let Action::Shell(shell) = action else { return action };
        Action::Shell(Shell { launch: Launch { login: Some(true), ..shell.launch }, ..shell })
    }

    #[test]
    fn shell_tools_of_all_eras_are_commands() {
        let shell = |command, workdir: Option<&'static str>, escalated, why: Option<&'static str>| {
            let (workdir, justification) = (workdir.map(Cow::Borrowed), why.map(Cow::Borrowed));
            Action::Shell(Shell { workdir, escalated, justification, ..Shell::new(command) })
        };
        for (name, arguments, want) in [
            (
                "shell",
                r#"{"command":["bash","-lc","ls"],"workdir":".","timeout_ms":9}"#,
                shell(script("ls"), Some("."), false, None),
            ),
            ("container.exec", r#"{"command":["bash","-lc","ls"]}"#, shell(script("ls"), None, false, None)),
            (
                "shell",
                r#"{"command":["ls","-l"],"with_escalated_permissions":true,"justification":"j"}"#,
                shell(Command::Argv(vec!["ls".into(), "-l".into()]), None, true, Some("j")),
            ),
            (
                "shell_command",
                r#"{"command":"ls","workdir":"","login":true}"#,
                login(shell(script("ls"), None, false, None)),
            ),
            (
                "exec_command",
                r#"{"cmd":"ls","sandbox_permissions":"require_escalated","tty":true}"#,
                shell(script("ls"), None, true, None),
            ),
            (
                "exec_command",
                r#"{"cmd":"ls","sandbox_permissions":"use_default"}"#,
                shell(script("ls"), None, false, None),
            ),
            (
                "exec_command",
                r#"{"cmd":"dir","shell":"pwsh.exe"}"#,
                Action::Shell(Shell {
                    launch: Launch { shell: Some("pwsh.exe".into()), login: None },
                    ..Shell::new(Command::Script { dialect: Dialect::PowerShell, text: "dir".into() })
                }),
            ),
            ("unified_exec", r#"{"input":["bash","-c","ls"]}"#, shell(script("ls"), None, false, None)),
            (
                "unified_exec",
                r#"{"input":["a","\n"],"session_id":"3"}"#,
                Action::Stdin(Stdin { session: "3".into(), chars: "a\n".into() }),
            ),
            (
                "write_stdin",
                r#"{"session_id":7,"chars":"y\n"}"#,
                Action::Stdin(Stdin { session: "7".into(), chars: "y\n".into() }),
            ),
            (
                "write_stdin",
                r#"{"session_id":7}"#,
                Action::Stdin(Stdin { session: "7".into(), chars: "".into() }),
            ),
        ] {
            assert_eq!(of(name, arguments), want, "{name} {arguments}");
        }
    }

    #[test]
    fn other_tools_are_told_apart() {
        assert_eq!(
            of("apply_patch", r#"{"input":"*** Begin Patch"}"#),
            Action::Patch("*** Begin Patch".into())
        );
        assert_eq!(of("view_image", r#"{"path":"a.png"}"#), Action::ViewImage("a.png".into()));
        let spawn = |role: Option<&'static str>| Spawn { role: role.map(Cow::Borrowed), prompt: "p".into() };
        assert_eq!(of("spawn_agent", r#"{"message":"p"}"#), Action::Spawn(spawn(None)));
        let items = r#"{"items":[{"type":"text","text":"p"}],"agent_type":"r"}"#;
        assert_eq!(of("spawn_agent", items), Action::Spawn(spawn(Some("r"))));
        for name in BUILTIN {
            assert!(matches!(of(name, "{}"), Action::Builtin(_)), "{name}");
        }
        let wait = function(tool("multi_agent_v1", "wait_agent"), "{}", Dialect::Posix);
        assert!(matches!(wait, Action::Builtin(_)));
        assert!(matches!(of("multi_agent_v1__spawn_agent", r#"{"message":"p"}"#), Action::Spawn(_)));
        assert!(matches!(of("clock__sleep", "{}"), Action::Builtin(_)));
        assert!(matches!(of("read_file", "{}"), Action::Unknown(_)));
        assert!(matches!(custom(tool("", "exec"), &"x".into()), Action::Code(_)));
        assert!(matches!(custom(tool("", "apply_patch"), &"x".into()), Action::Patch(_)));
        assert!(matches!(custom(tool("", "other"), &"x".into()), Action::Unknown(_)));
        for (action, want) in [
            (r#"{"type":"search","query":"q"}"#, "q"),
            (r#"{"type":"search","queries":["a","b"]}"#, "a; b"),
            (r#"{"type":"open_page","url":"https://x.example"}"#, "https://x.example"),
            (r#"{"type":"other"}"#, ""),
        ] {
            assert_eq!(web_search(action).unwrap(), Action::WebSearch(want.into()), "{action}");
        }
    }

    #[test]
    fn arguments_that_the_tool_does_not_take_are_malformed() {
        for (name, arguments, says) in [
            ("exec_command", "{bad", "key must be a string"),
            ("exec_command", r#"{"nocmd":1}"#, "missing field `cmd`"),
            ("exec_command", r#"{"cmd":["ls"]}"#, "invalid type: sequence"),
            ("shell", r#"{"command":"ls"}"#, "invalid type: string"),
            ("write_stdin", r#"{"chars":""}"#, "missing field `session_id`"),
            ("view_image", "{}", "missing field `path`"),
        ] {
            let Action::Malformed { error, .. } = of(name, arguments) else { panic!("{name} {arguments}") };
            assert!(error.contains(says), "{error}");
        }
    }
}
