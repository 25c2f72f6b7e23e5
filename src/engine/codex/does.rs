//! What a call does, as far as the CLI tells it of a call that it names by an id of its own.

use serde_json::Value;

use crate::action::{Action, Command, clean};

/// What a call does.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Does {
    Command(String),
    Patch,
    Mcp { server: String, tool: String, arguments: Value },
    Other,
}

impl Does {
    pub(super) fn of(action: &Action<'_>) -> Self {
        match action {
            Action::Shell(shell) => match &shell.command {
                Command::Script { text, .. } => Self::Command(text.to_string()),
                Command::Argv(words) => Self::Command(words.join(" ")),
            },
            Action::Patch(_) => Self::Patch,
            Action::Mcp(mcp) => Self::Mcp {
                server: mcp.server.to_string(),
                tool: mcp.tool.to_string(),
                arguments: serde_json::from_str(&mcp.arguments).unwrap_or_default(),
            },
            _ => Self::Other,
        }
    }

    pub(super) fn of_item(item: &Value) -> Self {
        match item["type"].as_str().unwrap_or_default() {
            "commandExecution" => Self::Command(script_of(&text(&item["command"]))),
            "fileChange" => Self::Patch,
            "mcpToolCall" => Self::Mcp {
                server: text(&item["server"]),
                tool: text(&item["tool"]),
                arguments: item["arguments"].clone(),
            },
            _ => Self::Other,
        }
    }

    pub(super) fn of_review(action: &Value) -> Self {
        match action["type"].as_str().unwrap_or_default() {
            "command" => Self::Command(script_of(&text(&action["command"]))),
            "applyPatch" => Self::Patch,
            _ => Self::Other,
        }
    }

    /// Is the call the one that the CLI tells of? Scripts spell names of MCP tools in their own way.
    pub(super) fn is(&self, told: &Self) -> bool {
        match (self, told) {
            (Self::Command(one), Self::Command(other)) => one.trim() == other.trim(),
            (Self::Mcp { server, tool, .. }, Self::Mcp { server: told_server, tool: told_tool, .. }) => {
                clean(server) == clean(told_server) && clean(tool) == clean(told_tool)
            }
            (one, other) => one == other,
        }
    }
}

/// The script in `/bin/bash -lc '<script>'`.
pub(super) fn script_of(command: &str) -> String {
    match shlex::split(command) {
        Some(words) if words.len() == 3 && words[1].starts_with('-') => words[2].clone(),
        _ => command.to_owned(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
