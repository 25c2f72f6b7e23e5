use serde::Serialize;
use serde_json::value::RawValue;

/// What every hook is told.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// Id of the session; sub-agents have that of the session that started them.
    pub session_id: &'a str,
    /// Id of the turn; not told at the start and end of a session.
    pub turn_id: &'a str,
    /// The sub-agent that acts, if one does.
    pub agent: Option<Agent<'a>>,
    /// Path of the recording; `None` for sessions that keep none.
    pub transcript_path: Option<&'a str>,
    /// Working folder of the session.
    pub cwd: &'a str,
    /// Working folder of the call, if it is another one: hooks are told of it, and run in the session's.
    pub call_cwd: Option<&'a str>,
    /// Model of the turn.
    pub model: &'a str,
    /// How approvals are handled.
    pub permission_mode: PermissionMode,
}

/// A sub-agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agent<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its role, such as `default`.
    pub kind: &'a str,
}

/// How approvals are handled, as hooks are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum PermissionMode {
    /// Any approval policy but `never`.
    Default,
    /// The approval policy `never`.
    BypassPermissions,
}

/// What happened, with what hooks of that event are told besides.
#[derive(Clone, Copy, Debug)]
pub enum Occasion<'a> {
    /// A tool is about to run.
    PreToolUse {
        /// Name of the tool in hooks, such as `Bash`.
        tool_name: &'a str,
        /// Its input; `{"command": …}` for shells and patches.
        tool_input: &'a RawValue,
        /// Id of the call.
        tool_use_id: &'a str,
    },
    /// A call needs approval.
    PermissionRequest {
        /// Name of the tool in hooks.
        tool_name: &'a str,
        /// Its input; a shell's has the justification as `description`.
        tool_input: &'a RawValue,
    },
    /// A tool gave a result.
    PostToolUse {
        /// Name of the tool in hooks.
        tool_name: &'a str,
        /// Its input.
        tool_input: &'a RawValue,
        /// Its result: the plain output of a shell as a string, the `content` object of an MCP tool.
        tool_response: &'a RawValue,
        /// Id of the call.
        tool_use_id: &'a str,
    },
    /// The user sends a prompt.
    UserPromptSubmit {
        /// The prompt.
        prompt: &'a str,
    },
    /// A session starts.
    SessionStart {
        /// `startup`, `resume`, `clear` or `compact`.
        source: &'a str,
    },
    /// A session ends.
    SessionEnd,
    /// A sub-agent starts: that of [`Moment::agent`].
    SubagentStart,
    /// The sub-agent of [`Moment::agent`] stops.
    SubagentStop {
        /// Path of the sub-agent's own recording.
        agent_transcript_path: Option<&'a str>,
        /// A hook has already made it go on.
        stop_hook_active: bool,
        /// Its last message.
        last_assistant_message: Option<&'a str>,
    },
    /// The turn is about to end.
    Stop {
        /// A hook has already made it go on.
        stop_hook_active: bool,
        /// The agent's last message.
        last_assistant_message: Option<&'a str>,
    },
    /// The history is about to be compacted.
    PreCompact {
        /// `manual` or `auto`.
        trigger: &'a str,
    },
    /// The history was compacted.
    PostCompact {
        /// `manual` or `auto`.
        trigger: &'a str,
    },
    /// The user interrupts a turn.
    Interrupt,
}

impl Occasion<'_> {
    /// Name of the event.
    pub fn event(&self) -> &'static str {
        match self {
            Self::PreToolUse { .. } => "PreToolUse",
            Self::PermissionRequest { .. } => "PermissionRequest",
            Self::PostToolUse { .. } => "PostToolUse",
            Self::UserPromptSubmit { .. } => "UserPromptSubmit",
            Self::SessionStart { .. } => "SessionStart",
            Self::SessionEnd => "SessionEnd",
            Self::SubagentStart => "SubagentStart",
            Self::SubagentStop { .. } => "SubagentStop",
            Self::Stop { .. } => "Stop",
            Self::PreCompact { .. } => "PreCompact",
            Self::PostCompact { .. } => "PostCompact",
            Self::Interrupt => "Interrupt",
        }
    }

    /// The same with the path of the sub-agent's own recording, where hooks of the event are told of it.
    #[must_use]
    pub fn with_agent_transcript<'p>(&self, path: Option<&'p str>) -> Occasion<'p>
    where
        Self: 'p,
    {
        match *self {
            Self::SubagentStop { stop_hook_active, last_assistant_message, .. } => Occasion::SubagentStop {
                agent_transcript_path: path,
                stop_hook_active,
                last_assistant_message,
            },
            same => same,
        }
    }

    /// What a hook reads from standard input: one JSON object, its fields in Codex 0.169's order, no line end.
    pub fn stdin(&self, moment: &Moment<'_>) -> Vec<u8> {
        self.object(moment, true)
    }

    /// The same without ids and recording paths, which differ from session to session: what an answer can sensibly
    /// depend on.
    pub fn essence(&self, moment: &Moment<'_>) -> Vec<u8> {
        self.object(moment, false)
    }

    fn object(&self, moment: &Moment<'_>, ids: bool) -> Vec<u8> {
        let mut object = Object::default();
        let in_turn = !matches!(self, Self::SessionStart { .. } | Self::SessionEnd);
        let about_agent = matches!(self, Self::SubagentStart | Self::SubagentStop { .. });
        if ids {
            object.put("session_id", moment.session_id);
        }
        if in_turn && ids {
            object.put("turn_id", moment.turn_id);
        }
        if in_turn && !about_agent {
            object.agent(moment, ids);
        }
        if ids {
            object.put("transcript_path", &moment.transcript_path);
        }
        if let (Self::SubagentStop { agent_transcript_path, .. }, true) = (self, ids) {
            object.put("agent_transcript_path", agent_transcript_path);
        }
        object.put("cwd", moment.call_cwd.unwrap_or(moment.cwd));
        object.put("hook_event_name", self.event());
        if !matches!(self, Self::SessionEnd) {
            object.put("model", moment.model);
        }
        if !matches!(self, Self::SessionEnd | Self::PreCompact { .. } | Self::PostCompact { .. }) {
            object.put("permission_mode", &moment.permission_mode);
        }
        self.own_fields(&mut object, moment, ids);
        object.end()
    }

    fn own_fields(&self, object: &mut Object, moment: &Moment<'_>, ids: bool) {
        match self {
            Self::PreToolUse { tool_name, tool_input, .. }
            | Self::PermissionRequest { tool_name, tool_input }
            | Self::PostToolUse { tool_name, tool_input, .. } => {
                object.put("tool_name", tool_name);
                object.put("tool_input", tool_input);
            }
            Self::UserPromptSubmit { prompt } => object.put("prompt", prompt),
            Self::SessionStart { source } => object.put("source", source),
            Self::SessionEnd => object.put("reason", "other"),
            Self::SubagentStart => object.agent(moment, ids),
            Self::PreCompact { trigger } | Self::PostCompact { trigger } => object.put("trigger", trigger),
            Self::Stop { .. } | Self::SubagentStop { .. } | Self::Interrupt => {}
        }
        match self {
            Self::PostToolUse { tool_response, .. } => object.put("tool_response", tool_response),
            Self::Stop { stop_hook_active, .. } | Self::SubagentStop { stop_hook_active, .. } => {
                object.put("stop_hook_active", stop_hook_active);
            }
            _ => {}
        }
        match self {
            Self::PreToolUse { tool_use_id, .. } | Self::PostToolUse { tool_use_id, .. } if ids => {
                object.put("tool_use_id", tool_use_id);
            }
            Self::SubagentStop { last_assistant_message, .. } => {
                object.agent(moment, ids);
                object.put("last_assistant_message", last_assistant_message);
            }
            Self::Stop { last_assistant_message, .. } => {
                object.put("last_assistant_message", last_assistant_message);
            }
            _ => {}
        }
    }
}

/// A JSON object that is written field by field.
#[derive(Default)]
struct Object(Vec<u8>);

impl Object {
    fn put(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        self.json(name);
        self.0.push(b':');
        self.json(value);
    }

    fn json(&mut self, value: &(impl Serialize + ?Sized)) {
        // Strings, flags and JSON texts cannot fail to be written to memory.
        let _ = serde_json::to_writer(&mut self.0, value);
    }

    fn agent(&mut self, moment: &Moment<'_>, ids: bool) {
        if let Some(agent) = moment.agent {
            if ids {
                self.put("agent_id", agent.id);
            }
            self.put("agent_type", agent.kind);
        }
    }

    fn end(mut self) -> Vec<u8> {
        self.0.push(b'}');
        self.0
    }
}
