//! A recorded session as ordered [`Step`]s, whatever format and era it was written in.
//!
//! A [`Transcript`] borrows from the bytes of the recording; tool outputs stay undecoded until somebody asks.

mod ahead;
mod atif;
mod bare;
mod calls;
mod class;
mod claude;
mod context;
mod error;
mod exec;
mod finished;
mod foreign;
mod head;
mod inherit;
mod json;
mod nested;
mod output;
mod prompt;
mod reader;
mod recorded;
mod recording;
mod rollout;
mod script;
mod shell;
mod tally;
mod tool;
mod twins;
mod usage;

use std::borrow::Cow;
use std::fmt;

pub use error::TranscriptError;
pub use output::Output;
pub use recorded::Recorded;
pub use recording::{MAX_RECORDING, Recording};
pub use tally::Tally;
pub use usage::Usage;

use crate::action::{Action, ToolName};

/// A parsed recording.
#[derive(Clone, Debug)]
pub struct Transcript<'t> {
    /// What kind of file it was.
    pub format: Format,
    /// Facts about the session as a whole.
    pub session: Session<'t>,
    /// Settings in force, in order; a step names the one it ran under by index.
    pub contexts: Vec<Context<'t>>,
    /// What happened, in order; turns that were rolled back are left out.
    pub steps: Vec<Step<'t>>,
    /// How many of the first steps were copied from the thread that this one was forked from. They happened there,
    /// and whoever counts both recordings must leave them out here.
    pub inherited: u32,
    /// Steps of turns that were rolled back and are left out, calls that really ran among them.
    pub rolled_back: u32,
    /// Tokens spent, by the last cumulative count that the recording gives.
    pub usage: Usage,
    /// How many lines of each type were read, passed over or not understood.
    pub tally: Tally,
}

impl<'t> Transcript<'t> {
    /// Reads a recording of any format and era. Empty lines are ignored; lines that are not JSON and types that are
    /// not known are counted in the [`Tally`].
    ///
    /// Errors: nothing is recognised, or lines of two formats are mixed.
    pub fn read(bytes: &'t [u8]) -> Result<Self, TranscriptError> {
        reader::read(bytes)
    }
}

/// Kinds of recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// A rollout from before September 2025: bare items, one a line or all in one JSON document.
    BareRollout,
    /// A rollout of `{timestamp, type, payload}` lines.
    Rollout,
    /// The event log that `codex exec --json` prints.
    ExecJson,
    /// A trajectory in the Agent Trajectory Interchange Format (ATIF), as Harbor writes it for any agent.
    Atif,
    /// A transcript of Claude Code, or what `claude -p --output-format stream-json` prints.
    Claude,
}

impl Format {
    /// Did another agent write it? Its tools are not Codex's: a call is judged as what Codex would do to the same end,
    /// by the class of its tool.
    pub fn is_foreign(self) -> bool {
        matches!(self, Self::Atif | Self::Claude)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BareRollout => "rollout from before September 2025",
            Self::Rollout => "rollout",
            Self::ExecJson => "`codex exec --json` log",
            Self::Atif => "ATIF trajectory",
            Self::Claude => "Claude Code transcript",
        })
    }
}

/// Facts about a session as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Session<'t> {
    /// Id of the thread.
    pub id: Cow<'t, str>,
    /// Id of the thread that started this one as a sub-agent.
    pub parent: Option<Cow<'t, str>>,
    /// Id of the thread that this one was forked from.
    pub forked_from: Option<Cow<'t, str>>,
    /// Role of the sub-agent, if it is one and has one.
    pub agent_role: Option<Cow<'t, str>>,
    /// Working folder at the start; empty in formats that do not say.
    pub cwd: Cow<'t, str>,
    /// Workspace roots at the start; `None` in formats that do not say.
    pub roots: Option<Vec<Cow<'t, str>>>,
    /// Version of the CLI that wrote it; empty when not said.
    pub cli_version: Cow<'t, str>,
    /// Commit of the working folder at the start.
    pub commit: Option<Cow<'t, str>>,
    /// Branch of the working folder at the start.
    pub branch: Option<Cow<'t, str>>,
    /// Address of the repository's remote.
    pub origin: Option<Cow<'t, str>>,
    /// When it began, as written; empty when not said.
    pub started: Cow<'t, str>,
    /// Id of the thread at the top of a tree of sub-agents, where the recording gives one.
    pub root: Option<Cow<'t, str>>,
    /// Started by another thread to do a part of its work.
    pub sub_agent: bool,
    /// A review that a person asked for (`/review`): a thread of its own below the one in which it was asked for.
    pub review: bool,
    /// A guardian's own review session, not an agent at work.
    pub guardian: bool,
    /// A session of the CLI's own, such as `guardian`, `compact` or `memory_consolidation`; nobody asked for it.
    pub internal: Option<Cow<'t, str>>,
}

/// Settings in force during one or more turns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context<'t> {
    /// Id of the turn; empty in older formats.
    pub turn: Cow<'t, str>,
    /// Working folder.
    pub cwd: Cow<'t, str>,
    /// Model slug.
    pub model: Cow<'t, str>,
    /// Approval policy: `never`, `on-request`, … or `granular`.
    pub approval_policy: Cow<'t, str>,
    /// Sandbox mode: `read-only`, `workspace-write`, `danger-full-access`; empty when not said.
    pub sandbox_mode: Cow<'t, str>,
    /// Name of the permission profile; empty when not said.
    pub profile: Cow<'t, str>,
    /// The recorded sandbox lets commands reach the network.
    pub network: bool,
    /// Plugins switched off for the turn (`name@marketplace`).
    pub disabled_plugins: Vec<Cow<'t, str>>,
    /// Workspace roots, where they are told for the turn.
    pub roots: Option<Vec<Cow<'t, str>>>,
}

impl Session<'_> {
    /// The workspace roots under some settings; `None` where the recording does not tell. A root at the working folder
    /// goes where that goes (Codex 0.169, conformance: sandbox/roots-and-turns).
    pub fn roots_in<'r>(&'r self, context: Option<&'r Context<'_>>) -> Option<Vec<&'r str>> {
        if let Some(roots) = context.and_then(|context| context.roots.as_ref()) {
            return Some(roots.iter().map(|root| &**root).collect());
        }
        let now = context.map(|context| &*context.cwd).filter(|cwd| !cwd.is_empty());
        let mut roots: Vec<&str> = Vec::new();
        for root in self.roots.as_ref()? {
            let root = if *root == self.cwd { now.unwrap_or(root) } else { root };
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
        Some(roots)
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Step<'t> {
    /// Line of the recording, from 1.
    pub line: u32,
    /// Index into [`Transcript::contexts`]; `None` before the first.
    pub context: Option<u32>,
    /// Timestamp as written; empty when the format has none.
    pub at: Cow<'t, str>,
    /// What happened.
    pub kind: StepKind<'t>,
}

/// What a step is.
#[derive(Clone, Debug, PartialEq)]
pub enum StepKind<'t> {
    /// A person (or the parent agent) asks.
    Prompt(Cow<'t, str>),
    /// The agent says something.
    Message(Cow<'t, str>),
    /// A plugin's skill was put into the conversation on request; holds its full name.
    SkillInjected(Cow<'t, str>),
    /// The agent calls a tool.
    Call(Box<Call<'t>>),
    /// The turn was interrupted; holds the reason.
    Aborted(Cow<'t, str>),
    /// The history was summarised.
    Compacted,
    /// A Stop hook made the agent go on; holds what the hook told it.
    Continued(Cow<'t, str>),
    /// The turn ended by itself.
    Ended {
        /// With an error, so that no Stop hook was asked.
        failed: bool,
    },
}

/// A tool call with all that the recording tells about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Call<'t> {
    /// Id; for nested calls of code mode and formats without ids, one that is derived from position.
    pub id: Cow<'t, str>,
    /// The tool, as the model named it.
    pub tool: ToolName<'t>,
    /// What the call attempts.
    pub action: Action<'t>,
    /// Arguments as JSON text; for custom tools the input text itself.
    pub arguments: Cow<'t, str>,
    /// What the model was answered; `None` when the recording ends or the turn was aborted before.
    pub output: Option<Output<'t>>,
    /// Line of the recording that first answers the call, from 1; in a `codex exec --json` log, the line where its
    /// item ends. Calls that stand before the first answer were made in one turn of the model, in parallel. `None`
    /// for calls without an answer and for those that a code-mode script makes.
    pub answered: Option<u32>,
    /// What Codex noted beside the answer (an item or an `*_end` event).
    pub item: Option<Item<'t>>,
    /// A recorded assessment by a guardian.
    pub guardian: Option<Guardian<'t>>,
    /// Id of the code-mode call whose script makes this call.
    pub parent: Option<Cow<'t, str>>,
    /// Thread of the sub-agent that this call started.
    pub child_thread: Option<Cow<'t, str>>,
    /// A code-mode script with calls that cannot be read from its text: there may be others than the steps with this
    /// call as their parent.
    pub opaque: bool,
    /// The turn was interrupted before the call was answered.
    pub aborted: bool,
    /// No sandbox would have stopped it: the recorded settings have none, or the call was escalated.
    pub unsandboxed: bool,
}

impl<'t> Call<'t> {
    /// The same call, answered with this JSON text and nothing else.
    #[must_use]
    pub fn answered_with<'a>(&self, answer: &'a str) -> Call<'a>
    where
        't: 'a,
    {
        Call { output: Some(Output::answer(answer)), item: None, guardian: None, ..self.clone() }
    }
}

/// What Codex noted about a finished call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item<'t> {
    /// Id that Codex gave it: the call's, or `exec-<uuid>` where a code-mode script made the call; empty in logs of
    /// `codex exec --json`, whose ids are others.
    pub id: Cow<'t, str>,
    /// `completed`, `failed`, `declined`, …
    pub status: Cow<'t, str>,
    /// Exit code of a command.
    pub exit_code: Option<i64>,
    /// The command that really ran, or the arguments that an MCP server really got, when a hook rewrote them.
    pub ran: Option<Cow<'t, str>>,
    /// Error message of an MCP call.
    pub error: Option<Cow<'t, str>>,
    /// What the server of an MCP call gave, or a command wrote, as JSON.
    pub result: Option<&'t str>,
    /// Whether an MCP call was refused before it reached the server; `None` when the format does not tell.
    pub never_ran: Option<bool>,
    /// What became of the call, where the format says so itself and no text need be read for it.
    pub told: Option<Recorded>,
}

/// A guardian's assessment of a call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Guardian<'t> {
    /// `approved`, `denied`, `in_progress`, …
    pub status: Cow<'t, str>,
    /// `low`, `medium`, `high`; empty when not said.
    pub risk: Cow<'t, str>,
    /// Its reasons.
    pub rationale: Cow<'t, str>,
}

impl Guardian<'_> {
    /// It let the call run.
    pub fn approved(&self) -> bool {
        self.status == "approved"
    }
}

#[cfg(test)]
mod tests;
