use std::borrow::Cow;
use std::fmt;

/// A tool as the model names it: an optional namespace and a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ToolName<'t> {
    /// Namespace, such as `mcp__tracker`; empty for Codex's own tools.
    pub namespace: Cow<'t, str>,
    /// Name inside the namespace.
    pub name: Cow<'t, str>,
}

impl fmt::Display for ToolName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.namespace.is_empty() {
            write!(f, "{}__", self.namespace)?;
        }
        f.write_str(&self.name)
    }
}

/// A call of an MCP tool.
#[derive(Clone, Debug, PartialEq)]
pub struct McpCall<'t> {
    /// Server, as configured.
    pub server: Cow<'t, str>,
    /// Tool of that server.
    pub tool: Cow<'t, str>,
    /// Arguments as JSON text.
    pub arguments: Cow<'t, str>,
}

impl McpCall<'_> {
    /// The server's name as models and hooks see it.
    pub fn model_server(&self) -> Cow<'_, str> {
        clean(&self.server)
    }

    /// The tool's name as models and hooks see it.
    pub fn model_tool(&self) -> Cow<'_, str> {
        clean(&self.tool)
    }
}

/// A name with `_` for every character that is no ASCII letter, digit or `_`, as Codex 0.169 shows names of MCP
/// servers and tools to models and hooks.
pub fn clean(name: &str) -> Cow<'_, str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.chars().all(fits) {
        return Cow::Borrowed(name);
    }
    Cow::Owned(name.chars().map(|c| if fits(c) { c } else { '_' }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Asked of Codex 0.169 with tools of these names.
    #[test]
    fn names_are_cleaned_character_by_character() {
        for (name, expected) in [
            ("read_issue", "read_issue"),
            ("read-issue", "read_issue"),
            ("bad.name", "bad_name"),
            ("with space", "with_space"),
            ("\u{fc}n\u{ef}", "_n_"),
            ("a__b", "a__b"),
        ] {
            assert_eq!(clean(name), expected);
        }
    }
}
