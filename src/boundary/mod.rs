//! What a plugin and its configuration allow, ask and deny; compiled once, asked per action.

pub mod approval;
pub mod hooks;
pub mod mcp;
pub mod rules;
pub mod sandbox;
pub mod skills;

use crate::finding::Finding;
use crate::plugin::Plugin;

pub use approval::Approvals;
pub use hooks::Hooks;
pub use mcp::McpPolicy;
pub use rules::ExecPolicy;
pub use sandbox::Sandbox;
pub use skills::Skills;

/// The boundary of a plugin.
#[derive(Clone, Debug)]
pub struct Boundary {
    /// Policy for MCP tools.
    pub mcp: McpPolicy,
    /// Hooks.
    pub hooks: Hooks,
    /// Skills.
    pub skills: Skills,
    /// Rules for commands.
    pub rules: ExecPolicy,
}

impl Boundary {
    /// Compiles the boundary; rules that Codex ignores and rules that can never match are findings.
    pub fn compile(plugin: &Plugin, findings: &mut Vec<Finding>) -> Self {
        Self {
            mcp: McpPolicy::compile(plugin, findings),
            hooks: Hooks::compile(plugin, findings),
            skills: Skills::compile(plugin, findings),
            rules: ExecPolicy::compile(&plugin.rules, &plugin.requirements.document, findings),
        }
    }
}
