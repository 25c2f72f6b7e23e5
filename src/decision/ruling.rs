use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::source::Place;

/// What a boundary says about an action. Stricter is greater; `Undetermined` stands apart and is never a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It runs (inside the sandbox unless the ruling says otherwise).
    Allow,
    /// A person, a guardian or a PermissionRequest hook is asked first.
    Ask,
    /// It does not run, or the sandbox stops its effect.
    Deny,
    /// It cannot be known offline.
    Undetermined,
}

impl Verdict {
    /// Lower-case name, as in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
            Self::Undetermined => "undetermined",
        }
    }

    /// How the verdict moved from `self` (accepted) to `now`.
    pub fn shift(self, now: Self) -> Shift {
        match (self, now) {
            (from, to) if from == to => Shift::Same,
            (Self::Undetermined, _) | (_, Self::Undetermined) => Shift::Unclear,
            (from, to) if to < from => Shift::Widened,
            _ => Shift::Narrowed,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The direction in which a ruling moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Shift {
    /// Not at all.
    Same,
    /// More is let through than before.
    Widened,
    /// Less is let through than before.
    Narrowed,
    /// One side is undetermined.
    Unclear,
}

impl Shift {
    /// Lower-case name, as in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Widened => "widened",
            Self::Narrowed => "narrowed",
            Self::Unclear => "unclear",
        }
    }
}

/// The phase of Codex's decision pipeline that gave a ruling, in the order in which a call passes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Is there such a tool, is it exposed, and can its arguments be read.
    Routing,
    /// PreToolUse hooks (and UserPromptSubmit hooks for prompts).
    Hook,
    /// execpolicy rules and the forced-rm detector.
    Rules,
    /// Approval policy, MCP approval modes, PermissionRequest hooks.
    Approval,
    /// Filesystem and network sandbox.
    Sandbox,
}

impl Phase {
    /// Lower-case name, as in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Routing => "routing",
            Self::Hook => "hook",
            Self::Rules => "rules",
            Self::Approval => "approval",
            Self::Sandbox => "sandbox",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The line of the plugin or its configuration that decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Where it is written; `None` for a default of Codex.
    pub place: Option<Place>,
    /// The rule in short, such as `enabled_tools` or `prefix_rule ["git", "push"] = prompt`.
    pub text: Cow<'static, str>,
}

impl Rule {
    /// A default of Codex that no file states.
    pub fn built_in(text: impl Into<Cow<'static, str>>) -> Self {
        Self { place: None, text: text.into() }
    }

    /// A rule written at a place.
    pub fn at(place: Place, text: impl Into<Cow<'static, str>>) -> Self {
        Self { place: Some(place), text: text.into() }
    }
}

/// What the boundary rules about one action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// The verdict.
    pub verdict: Verdict,
    /// The phase that gave it.
    pub phase: Phase,
    /// Why, as a lowercase fragment.
    pub reason: Cow<'static, str>,
    /// The rule that decided.
    pub rule: Rule,
}

/// Do an action's effects lie inside what the boundary declares?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// All effects are known and inside.
    In,
    /// Not all effects are known, and none that is known lies outside.
    Undetermined,
    /// At least one known effect lies outside.
    Out,
}

impl Scope {
    /// Lower-case name, as in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Undetermined => "undetermined",
            Self::Out => "out",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifts() {
        use Verdict::{Allow, Ask, Deny, Undetermined};
        for (from, to, shift) in [
            (Allow, Allow, Shift::Same),
            (Deny, Allow, Shift::Widened),
            (Deny, Ask, Shift::Widened),
            (Ask, Deny, Shift::Narrowed),
            (Ask, Undetermined, Shift::Unclear),
            (Undetermined, Allow, Shift::Unclear),
        ] {
            assert_eq!(from.shift(to), shift, "{from} -> {to}");
        }
    }
}
