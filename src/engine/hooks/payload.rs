//! What hooks are told about a call.

use std::borrow::Cow;

use serde_json::json;
use serde_json::value::RawValue;

use crate::action::patch::PatchError;
use crate::action::{Action, Command, McpCall, Shell, Stdin, ToolName, clean, patch};
use crate::boundary::Boundary;
use crate::boundary::approval::ApprovalPolicy;
use crate::boundary::rules::Invocation;
use crate::engine::hook::{Agent, Moment as Told, PermissionMode};
use crate::engine::moment::Moment;
use crate::transcript::Call;

/// A tool call as hooks see it.
pub(super) struct ToolUse<'c> {
    /// Name in hooks, which matchers go by.
    pub(super) name: Cow<'c, str>,
    /// The input.
    pub(super) input: Box<RawValue>,
}

impl<'c> ToolUse<'c> {
    /// `None` for what Codex 0.169 runs no hooks on: `write_stdin`, the wrapper of code mode, searches for tools
    /// and those that the provider makes, and calls that are not routed.
    pub(super) fn of(action: &'c Action<'_>, arguments: &str) -> Option<Self> {
        let given = || RawValue::from_string(arguments.to_owned()).ok();
        let (name, input): (Cow<'c, str>, _) = match action {
            Action::Shell(shell) => ("Bash".into(), raw(&json!({"command": line(shell)}))),
            // Codex reads a patch before it asks hooks; one without changes is a patch (conformance: patch/without-changes).
            Action::Patch(text) if patch::read(text).is_err_and(|error| error != PatchError::Empty) => {
                return None;
            }
            Action::Patch(text) => ("apply_patch".into(), raw(&json!({"command": text}))),
            Action::Mcp(McpCall { server, tool, arguments }) => {
                let input = RawValue::from_string(arguments.to_string()).ok();
                let name = format!("mcp__{}__{}", clean(server), clean(tool));
                (name.into(), input.or_else(|| raw(&json!({}))))
            }
            Action::Spawn(_) => ("spawn_agent".into(), given()),
            Action::ViewImage(path) => ("view_image".into(), given().or_else(|| raw(&json!({"path": path})))),
            // Models search for tools with an item of its own (conformance: hooks/own-tools-that-fail).
            Action::Builtin(tool) if tool.namespace.is_empty() && tool.name == "tool_search" => return None,
            Action::Builtin(tool) => (format!("{}{}", tool.namespace, tool.name).into(), given()),
            Action::Malformed { tool, .. } if shows_arguments(tool, arguments) => {
                (format!("{}{}", tool.namespace, tool.name).into(), given())
            }
            Action::Stdin(_)
            | Action::Code(_)
            | Action::WebSearch(_)
            | Action::Unknown(_)
            | Action::Foreign(_)
            | Action::Malformed { .. } => return None,
        };
        Some(Self { name, input: input.or_else(|| raw(&json!({})))? })
    }

    /// The input with the reason for an escalation, as PermissionRequest hooks get it.
    pub(super) fn described(&self, action: &Action<'_>) -> Box<RawValue> {
        let with = match action {
            Action::Shell(shell) => shell
                .justification
                .as_ref()
                .and_then(|why| raw(&json!({"command": line(shell), "description": why}))),
            _ => None,
        };
        with.unwrap_or_else(|| self.input.clone())
    }
}

/// Does Codex 0.169 show arguments to hooks before it reads them? It does for tools of its own that take hooks' input as
/// it is, where the arguments are an object at all (conformance: hooks/post-on-images).
fn shows_arguments(tool: &ToolName<'_>, arguments: &str) -> bool {
    const READ_BEFORE: [&str; 7] = [
        "exec_command",
        "shell",
        "shell_command",
        "local_shell",
        "container.exec",
        "write_stdin",
        "apply_patch",
    ];
    let own = !tool.namespace.starts_with("mcp__") && !READ_BEFORE.contains(&&*tool.name);
    let agents = tool.namespace == "multi_agent_v1";
    own && (agents || serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(arguments).is_ok())
}

/// The working folder of a command, or of the terminal that is typed to, where it is not the session's.
pub(super) fn call_cwd(moment: &Moment<'_>) -> Option<String> {
    let locale = moment.site.locale;
    let workdir = match (locale.workdir, moment.terminal.map(|call| &call.action)) {
        (Some(workdir), _) => workdir,
        (None, Some(Action::Shell(shell))) => shell.workdir.as_deref()?,
        _ => return None,
    };
    let folder = locale.workspace.absolute(None, workdir);
    (folder != locale.workspace.root()).then_some(folder)
}

/// What PermissionRequest hooks are told of text that is typed into a terminal outside the sandbox.
pub(super) fn typed(stdin: &Stdin<'_>, id: &str, moment: &Moment<'_>) -> Option<ToolUse<'static>> {
    let started = moment.terminal?;
    let tty = serde_json::from_str::<serde_json::Value>(&started.arguments).ok();
    let tty = tty.and_then(|arguments| arguments.get("tty")?.as_bool()).unwrap_or(false);
    let cwd = call_cwd(moment).unwrap_or_else(|| moment.site.locale.workspace.root().to_owned());
    let number = stdin.session.parse::<u64>().map_or_else(|_| json!(stdin.session), |number| json!(number));
    let quoted = |text: &str| json!(text).to_string();
    // Written out, for the fields have an order of their own.
    let input = format!(
        r#"{{"session_id":{number},"chars":{},"parent_call_id":{},"approval_id":{},"environment_id":"local","cwd":{},"tty":{tty},"sandbox_permissions":"require_escalated","additional_permissions":null}}"#,
        quoted(&stdin.chars),
        quoted(&started.id),
        quoted(id),
        quoted(&format!("file://{cwd}")),
    );
    Some(ToolUse { name: "write_stdin".into(), input: RawValue::from_string(input).ok()? })
}

fn raw(value: &serde_json::Value) -> Option<Box<RawValue>> {
    RawValue::from_string(value.to_string()).ok()
}

fn line(shell: &Shell<'_>) -> String {
    match &shell.command {
        Command::Script { text, .. } => text.to_string(),
        command @ Command::Argv(_) => Invocation::new(command, "/").line(),
    }
}

/// What every hook is told about the session.
pub(super) fn moment<'m>(boundary: &Boundary, moment: &Moment<'m>, call_cwd: Option<&'m str>) -> Told<'m> {
    let session = moment.session;
    let never = boundary.approvals.policy == ApprovalPolicy::Never;
    let agent = Agent { id: &session.id, kind: moment.agent_role() };
    Told {
        session_id: moment.root,
        turn_id: moment.context.map_or("", |context| &context.turn),
        agent: (moment.depth > 0 && !session.review).then_some(agent),
        transcript_path: None,
        cwd: moment.site.locale.workspace.root(),
        call_cwd,
        model: moment.context.map_or("", |context| &context.model),
        permission_mode: if never { PermissionMode::BypassPermissions } else { PermissionMode::Default },
    }
}

/// What a tool answered, as PostToolUse hooks get it: a shell's plain output, what an MCP server gave, and the whole
/// answer of other tools. `None` where the recording has no answer.
pub(super) fn response(action: &Action<'_>, call: &Call<'_>) -> Option<Box<RawValue>> {
    let given = call.item.as_ref().and_then(|item| item.result);
    if let (Action::Mcp(_), Some(given)) = (action, given) {
        return RawValue::from_string(given.to_owned()).ok();
    }
    let output = call.output?;
    match action {
        Action::Mcp(_) => raw(&json!({"content": [{"type": "text", "text": body(&output.text())}]})),
        Action::Shell(_) | Action::Stdin(_) => {
            let text = output.text();
            let shown = body(&text);
            // Codex 0.169 puts a head before all that a command wrote. Where there is none, a hook had put its words in
            // place of the result, which is still noted beside the call.
            match given.filter(|given| shown.len() == text.len() && given.starts_with('"')) {
                Some(given) => RawValue::from_string(given.to_owned()).ok(),
                None => raw(&json!(shown)),
            }
        }
        _ if output.raw().starts_with('[') => RawValue::from_string(output.raw().to_owned()).ok(),
        _ => raw(&json!(output.text())),
    }
}

/// An output without the head that Codex puts before it.
pub(in crate::engine) fn body(answer: &str) -> &str {
    answer.split_once("Output:\n").map_or(answer, |(head, body)| {
        let ours = ["Chunk ID: ", "Wall time: ", "Exit code: "].iter().any(|start| head.starts_with(start));
        if ours { body } else { answer }
    })
}
