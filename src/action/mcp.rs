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
