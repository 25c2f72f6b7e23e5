//! What a recorded step attempts ([`Action`]) and what that would touch ([`Effect`]).
//!
//! Actions borrow from the recording (`'t`). Nothing here knows a boundary: effects are facts about a command,
//! a patch or a tool call, with paths as written (joined with every `cd` before them). The engine resolves them.

mod condition;
mod effect;
mod kind;
mod mcp;
pub mod patch;
pub mod shell;
mod version;

use std::borrow::Cow;

pub use condition::{Condition, Lying};
pub use effect::{Access, Effect, Effects, Names, Opaque, Target};
pub use kind::short_label;
pub use mcp::{McpCall, ToolName, clean};
pub use version::is_current;

/// What one recorded call attempts.
#[derive(Clone, Debug, PartialEq)]
pub enum Action<'t> {
    /// Run a command in a shell, or a program directly.
    Shell(Shell<'t>),
    /// Apply a patch in Codex's patch format, through the `apply_patch` tool.
    Patch(Cow<'t, str>),
    /// Call a tool of an MCP server.
    Mcp(McpCall<'t>),
    /// Type into a terminal that an earlier command left running.
    Stdin(Stdin<'t>),
    /// Search the web or open a page through the model provider; holds the query or address.
    WebSearch(Cow<'t, str>),
    /// Start a sub-agent.
    Spawn(Spawn<'t>),
    /// Read an image file from disk.
    ViewImage(Cow<'t, str>),
    /// A code-mode script; the calls it makes follow as steps of their own.
    Code(Cow<'t, str>),
    /// A tool of Codex's own that touches neither files nor network (`update_plan`, `tool_search`, …).
    Builtin(ToolName<'t>),
    /// A tool that Codex 0.169 would not route; holds the name.
    Unknown(ToolName<'t>),
    /// A tool of another agent than Codex that is of no known class: what it would touch is not known.
    Foreign(ToolName<'t>),
    /// Arguments that are not what the tool takes; Codex answers with a parse error and runs nothing.
    Malformed {
        /// The tool.
        tool: ToolName<'t>,
        /// What is wrong with the arguments.
        error: String,
    },
}

/// A command as the model asked for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shell<'t> {
    /// The command.
    pub command: Command<'t>,
    /// Working folder that the call names; else the session's.
    pub workdir: Option<Cow<'t, str>>,
    /// The call asks to run outside the sandbox (`sandbox_permissions: "require_escalated"`, or
    /// `with_escalated_permissions: true` before 2026).
    pub escalated: bool,
    /// The reason that the model gives for escalation.
    pub justification: Option<Cow<'t, str>>,
    /// Which shell gets the command, and how.
    pub launch: Launch<'t>,
    /// What else the call says about permissions.
    pub permissions: Permissions,
}

impl<'t> Shell<'t> {
    /// A command in the session's folder and sandbox, for which nothing else is asked.
    pub fn new(command: Command<'t>) -> Self {
        Self {
            command,
            workdir: None,
            escalated: false,
            justification: None,
            launch: Launch::default(),
            permissions: Permissions::default(),
        }
    }
}

/// Which shell gets a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Launch<'t> {
    /// The shell that the call names (`shell`); else the user's.
    pub shell: Option<Cow<'t, str>>,
    /// Whether the call says that the shell is to be started with `-l` (`login`).
    pub login: Option<bool>,
}

/// What a call of `exec_command` says about permissions, beside [`Shell::escalated`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Permissions {
    /// It gives a justification, but no `sandbox_permissions` to justify. Codex 0.169 refuses such a call.
    pub unstated: bool,
    /// More access inside the sandbox for this command.
    pub additional: Additional,
}

/// Access that a command asks for inside the sandbox (`sandbox_permissions: "with_additional_permissions"`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Additional {
    /// It does not ask.
    #[default]
    None,
    /// It asks without saying for what.
    Missing,
    /// It asks for nothing.
    Empty,
    /// It asks for files or network.
    Stated,
}

/// The two forms of a command.
#[derive(Clone, Debug, PartialEq)]
pub enum Command<'t> {
    /// A text for a shell to interpret, such as `exec_command`'s `cmd` or the third word of `["bash", "-lc", …]`.
    Script {
        /// Which shell reads it.
        dialect: Dialect,
        /// The text.
        text: Cow<'t, str>,
    },
    /// A program with its arguments, not interpreted by any shell.
    Argv(Vec<Cow<'t, str>>),
}

/// Languages of shells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// bash, sh, zsh, dash, ksh.
    Posix,
    /// Windows PowerShell or pwsh.
    PowerShell,
    /// The Windows command interpreter.
    Cmd,
}

/// Text typed into a running terminal.
#[derive(Clone, Debug, PartialEq)]
pub struct Stdin<'t> {
    /// Number of the terminal session, as the recording writes it.
    pub session: Cow<'t, str>,
    /// What is typed; empty when the call only waits for output.
    pub chars: Cow<'t, str>,
}

/// A sub-agent that is started.
#[derive(Clone, Debug, PartialEq)]
pub struct Spawn<'t> {
    /// The role asked for, if any.
    pub role: Option<Cow<'t, str>>,
    /// What the sub-agent is told to do.
    pub prompt: Cow<'t, str>,
}
