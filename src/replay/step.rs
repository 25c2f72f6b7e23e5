use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::action::Access;
use crate::decision::{HumanVerdict, Rule, Ruling, Scope, Verdict};
use crate::transcript::Recorded;

/// One judged step.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplayStep {
    /// Id, unique in the replay: the call id, `prompt-1` for the first prompt, `stop-1` for the first end of a turn, and
    /// so on.
    pub id: String,
    /// What kind of step it is.
    pub kind: StepKind,
    /// The action in short, one line, as people read it.
    pub label: String,
    /// Nesting: 0 for the session itself, 1 for its sub-agents, and so on.
    pub depth: u8,
    /// What the boundary rules.
    pub ruling: Ruling,
    /// It would run outside the sandbox (allow rule, escalation, MCP server, hook verdict).
    pub unsandboxed: bool,
    /// Do its effects lie inside the declared scope?
    pub scope: Scope,
    /// The effects, each with its own scope.
    pub effects: Vec<EffectRow>,
    /// Why there may be effects that are not listed.
    pub opaque: Option<Cow<'static, str>>,
    /// What a person answered when the recording asked about this call.
    pub human: Option<Human>,
    /// Hooks that ran on it.
    pub hooks: Vec<HookRow>,
    /// What the recording shows to have become of it.
    pub recorded: Recorded,
    /// The step follows the first one that the boundary treats otherwise than the recording did.
    pub after_divergence: bool,
}

/// Kinds of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// A user prompt.
    Prompt,
    /// A shell command.
    Shell,
    /// A patch.
    Patch,
    /// A call of an MCP tool.
    Mcp,
    /// Typing into a running terminal.
    Stdin,
    /// A web search.
    Search,
    /// Start of a sub-agent.
    Spawn,
    /// Reading an image.
    Image,
    /// A code-mode script.
    Code,
    /// Another tool of Codex's own.
    Tool,
    /// A moment in the life of the session at which hooks run, such as the end of a turn.
    Event,
}

impl StepKind {
    /// Kebab-case name, as in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Shell => "shell",
            Self::Patch => "patch",
            Self::Mcp => "mcp",
            Self::Stdin => "stdin",
            Self::Search => "search",
            Self::Spawn => "spawn",
            Self::Image => "image",
            Self::Code => "code",
            Self::Tool => "tool",
            Self::Event => "event",
        }
    }

    /// Does the agent attempt something?
    pub fn is_call(self) -> bool {
        !matches!(self, Self::Prompt | Self::Event)
    }
}

/// One effect and where it lies.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectRow {
    /// How it touches.
    pub access: Access,
    /// What it touches: a path relative to the workspace, an absolute path, a host, `server/tool`, an agent role.
    pub target: String,
    /// Inside or outside of what the boundary declares.
    pub scope: Scope,
    /// The entry that says so, where it lies outside or one states it.
    pub rule: Option<Rule>,
}

/// A person's answer to the prompt about this step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Human {
    /// The answer.
    pub verdict: HumanVerdict,
    /// Seconds from question to answer, where both times are known.
    pub latency: Option<f64>,
}

/// A hook that ran on a step.
#[derive(Clone, Debug, PartialEq)]
pub struct HookRow {
    /// Event, such as `PreToolUse`.
    pub event: Cow<'static, str>,
    /// The hook's declaration.
    pub rule: Rule,
    /// What came of it: `passed`, `blocked`, `stopped`, `rewrote`, `replaced`, `allowed`, `denied`, `failed` (it counts
    /// as no answer), `in doubt`, `not run`, `async` (Codex does not wait for it).
    pub outcome: Cow<'static, str>,
    /// Its reason or failure, in short.
    pub detail: String,
}

impl ReplayStep {
    /// A call that a person is asked about under this boundary.
    pub fn asks(&self) -> bool {
        self.ruling.verdict == Verdict::Ask
    }

    /// Would the call take effect: allowed, or asked and let run by the recorded answer?
    /// `None` when that is not known.
    pub fn runs(&self) -> Option<bool> {
        match self.ruling.verdict {
            Verdict::Allow => Some(true),
            Verdict::Deny => Some(false),
            Verdict::Ask => match self.human?.verdict {
                HumanVerdict::Accepted => Some(true),
                HumanVerdict::Declined => Some(false),
                // Whether the call itself went ahead, or another in its place, is not said.
                HumanVerdict::Reworked => None,
            },
            Verdict::Undetermined => None,
        }
    }

    /// Did it run in the recording? `None` when the recording does not tell.
    pub fn ran(&self) -> Option<bool> {
        match self.recorded {
            Recorded::Ran => Some(true),
            Recorded::Unknown | Recorded::Aborted => None,
            _ => Some(false),
        }
    }
}
