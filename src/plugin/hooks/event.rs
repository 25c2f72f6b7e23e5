/// Moments at which Codex 0.169 runs hooks, in the order in which it lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HookEvent {
    /// Before a request to the model.
    PreModelRequest,
    /// After a request to the model.
    PostModelRequest,
    /// Before a tool runs.
    PreToolUse,
    /// When a call needs approval.
    PermissionRequest,
    /// After a tool gave a result.
    PostToolUse,
    /// Before the history is compacted.
    PreCompact,
    /// After the history was compacted.
    PostCompact,
    /// When a session starts or is resumed.
    SessionStart,
    /// When a session ends.
    SessionEnd,
    /// When the user sends a prompt.
    UserPromptSubmit,
    /// When a sub-agent starts.
    SubagentStart,
    /// When a sub-agent stops.
    SubagentStop,
    /// When a turn is about to end.
    Stop,
    /// When the user interrupts a turn.
    Interrupt,
}

impl HookEvent {
    /// Every event, in Codex's order.
    pub const ALL: [Self; 14] = [
        Self::PreModelRequest,
        Self::PostModelRequest,
        Self::PreToolUse,
        Self::PermissionRequest,
        Self::PostToolUse,
        Self::PreCompact,
        Self::PostCompact,
        Self::SessionStart,
        Self::SessionEnd,
        Self::UserPromptSubmit,
        Self::SubagentStart,
        Self::SubagentStop,
        Self::Stop,
        Self::Interrupt,
    ];

    /// Name in files and in what hooks read.
    pub fn name(self) -> &'static str {
        match self {
            Self::PreModelRequest => "PreModelRequest",
            Self::PostModelRequest => "PostModelRequest",
            Self::PreToolUse => "PreToolUse",
            Self::PermissionRequest => "PermissionRequest",
            Self::PostToolUse => "PostToolUse",
            Self::PreCompact => "PreCompact",
            Self::PostCompact => "PostCompact",
            Self::SessionStart => "SessionStart",
            Self::SessionEnd => "SessionEnd",
            Self::UserPromptSubmit => "UserPromptSubmit",
            Self::SubagentStart => "SubagentStart",
            Self::SubagentStop => "SubagentStop",
            Self::Stop => "Stop",
            Self::Interrupt => "Interrupt",
        }
    }

    /// Name in keys of trust, such as `pre_tool_use`.
    pub fn key(self) -> String {
        let mut key = String::new();
        for (at, c) in self.name().char_indices() {
            if at > 0 && c.is_ascii_uppercase() {
                key.push('_');
            }
            key.push(c.to_ascii_lowercase());
        }
        key
    }

    /// Does a matcher choose among occurrences of this event? Codex ignores it for the others.
    pub fn has_matcher(self) -> bool {
        !matches!(
            self,
            Self::PreModelRequest
                | Self::PostModelRequest
                | Self::UserPromptSubmit
                | Self::Stop
                | Self::Interrupt
        )
    }

    /// May hooks of this event add context for the model? Codex ignores `additionalContextLimit` for the others.
    pub fn takes_context(self) -> bool {
        matches!(
            self,
            Self::PreToolUse
                | Self::PostToolUse
                | Self::SessionStart
                | Self::UserPromptSubmit
                | Self::SubagentStart
        )
    }

    /// Seconds that a hook may take, from what its definition says.
    pub(super) fn timeout(self, stated: Option<u64>) -> u64 {
        match self {
            Self::SessionEnd | Self::Interrupt => stated.unwrap_or(1).clamp(1, 3),
            _ => stated.unwrap_or(600).max(1),
        }
    }
}
