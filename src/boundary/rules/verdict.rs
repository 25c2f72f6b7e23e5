use std::fmt;

/// What a rule says about the commands that it matches. Stricter is greater; the strictest of all matches holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RuleVerdict {
    /// Runs without asking, and outside the sandbox when every part of the command is allowed.
    Allow,
    /// Somebody is asked first.
    Prompt,
    /// Does not run.
    Forbidden,
}

impl RuleVerdict {
    /// The names that a `prefix_rule` may use, in the order of strictness.
    pub const NAMES: [&'static str; 3] = ["allow", "prompt", "forbidden"];

    /// The verdict of this name; names are case-sensitive (Codex 0.169).
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "allow" => Some(Self::Allow),
            "prompt" => Some(Self::Prompt),
            "forbidden" => Some(Self::Forbidden),
            _ => None,
        }
    }

    /// Its name, as in rules files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Prompt => "prompt",
            Self::Forbidden => "forbidden",
        }
    }
}

impl fmt::Display for RuleVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
