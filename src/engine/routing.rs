//! Routing: Codex answers `unsupported call` or a parse error before anything else looks at a call.

use super::own;
use super::passage::Passage;
use crate::action::{Action, Shell, ToolName};
use crate::boundary::mcp::Exposure;
use crate::boundary::tools::Caller;
use crate::decision::{Phase, Rule, Ruling, Verdict};

/// The rule by which calls with arguments that cannot be read are refused.
pub(super) const MALFORMED: &str = "argument schema";

/// The rule by which no sub-agent is started in a role that nobody declares.
pub(super) const UNKNOWN_ROLE: &str = "unknown agent_type";

impl<'j> Passage<'j, '_> {
    /// The tool of a call that Codex does not offer under the name that the model used. Calls that a script of code
    /// mode makes have names of their own.
    fn unrouted(&self, action: &Action<'_>) -> Option<(ToolName<'_>, Rule)> {
        let call = self.moment.call?;
        // Of the names that scripts have for tools, those of Codex's own are the usual ones.
        if call.parent.is_some() && !matches!(action, Action::Builtin(_) | Action::Spawn(_)) {
            return None;
        }
        // These are no functions for scripts.
        if call.parent.is_some() && matches!(&*call.tool.name, "request_user_input" | "tool_search") {
            return Some((call.tool.clone(), Rule::built_in("tools of scripts")));
        }
        let boundary = self.judge.boundary;
        let caller = Caller {
            cli_version: &self.moment.session.cli_version,
            model: self
                .judge
                .model
                .unwrap_or_else(|| self.moment.context.map_or("", |context| &context.model)),
            servers: boundary.mcp.any_exposed(),
            depth: self.moment.depth,
        };
        let rule = match action {
            Action::Mcp(mcp) => boundary.tools.refuses_name(&call.tool, mcp, &caller),
            _ => boundary.tools.refuses(&call.tool, &caller),
        };
        Some((call.tool.clone(), rule?))
    }

    /// The rule that refuses a command for which the model asks for a login shell.
    pub(super) fn login_refused(&self, shell: &Shell<'_>) -> Option<&'j Rule> {
        let asks = shell.launch.login == Some(true);
        let own = self.moment.call.is_some_and(|call| call.tool.name == "exec_command");
        self.judge.boundary.tools.refuses_login().filter(|_| asks && own)
    }

    /// Why the arguments of a call of Codex's own tool cannot be read.
    fn unread(&self, tool: &ToolName<'_>) -> Option<String> {
        own::unread(tool, &self.moment.call?.arguments)
    }

    /// Does a call of Codex's own tool name a role that there is not?
    fn unknown_role(&self, role: Option<&str>) -> bool {
        let role = role.map(str::trim).filter(|role| !role.is_empty());
        let own = self.moment.call.is_some_and(|call| call.tool.name == "spawn_agent");
        own && role.is_some_and(|role| !self.judge.boundary.agents.knows(role))
    }

    /// Is this a server of the plugin, in a turn for which the plugin is switched off?
    fn is_off(&self, server: &str) -> bool {
        let of_plugin = self.judge.boundary.mcp.server(server).is_some_and(|server| server.of_plugin);
        of_plugin && self.judge.hooks.is_off(self.moment)
    }

    /// Codex answers `unsupported call` or a parse error before anything else looks at the call.
    pub(super) fn routing(&mut self, action: &Action<'_>) -> Option<Ruling> {
        let deny = |reason: String, rule| {
            Some(Ruling { verdict: Verdict::Deny, phase: Phase::Routing, reason: reason.into(), rule })
        };
        if let Some((tool, rule)) = self.unrouted(action) {
            return deny(format!("there is no tool `{tool}`"), rule);
        }
        match action {
            Action::Unknown(tool) => {
                deny(format!("there is no tool `{tool}`"), Rule::built_in("unsupported call"))
            }
            Action::Foreign(tool) => {
                let reason = format!("`{tool}` is a tool of another agent without a class");
                let rule = Rule::built_in("classes of other agents' tools");
                let verdict = Verdict::Undetermined;
                Some(Ruling { verdict, phase: Phase::Routing, reason: reason.into(), rule })
            }
            Action::Malformed { tool, error } => {
                deny(format!("the arguments of `{tool}` cannot be read: {error}"), Rule::built_in(MALFORMED))
            }
            Action::Builtin(tool) if self.unread(tool).is_some() => {
                let error = self.unread(tool).unwrap_or_default();
                deny(format!("the arguments of `{tool}` cannot be read: {error}"), Rule::built_in(MALFORMED))
            }
            Action::Shell(shell) if self.login_refused(shell).is_some() => {
                let rule = self.login_refused(shell)?.clone();
                deny("the configuration leaves no login shell".to_owned(), rule)
            }
            Action::Spawn(spawn) if self.unknown_role(spawn.role.as_deref()) => {
                let role = spawn.role.as_deref().unwrap_or_default().trim();
                deny(format!("the configuration has no role `{role}`"), Rule::built_in(UNKNOWN_ROLE))
            }
            Action::Mcp(call) if self.is_off(&call.server) => {
                let what = format!("the plugin is switched off for this turn, and with it `{}`", call.server);
                deny(what, Rule::built_in("plugins that are disabled for a turn"))
            }
            Action::Mcp(call) => match self.judge.boundary.mcp.tool(&call.server, &call.tool) {
                Exposure::Hidden(rule) => {
                    deny(format!("the tool `{}` of `{}` is not exposed", call.tool, call.server), rule)
                }
                Exposure::Exposed(policy) => {
                    self.note(Phase::Routing, Some(&policy.rule), || "the tool is exposed".to_owned());
                    None
                }
            },
            _ => {
                self.note(Phase::Routing, None, || "a tool of Codex's own".to_owned());
                None
            }
        }
    }
}
