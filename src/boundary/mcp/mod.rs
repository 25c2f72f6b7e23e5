//! Which tools of MCP servers are exposed, and which calls of them need approval.

mod approval;
mod server;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use approval::{Approval, needs_approval};
pub use server::Server;

use crate::action::clean;
use crate::decision::Rule;
use crate::finding::{Finding, closest};
use crate::plugin::{Annotations, ApprovalMode, Plugin};

/// The policy for MCP tools, compiled from the plugin, the configuration and the requirements.
#[derive(Clone, Debug, Default)]
pub struct McpPolicy {
    servers: BTreeMap<String, Server>,
}

/// What the policy says about one tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// The model may call it.
    Exposed(ToolPolicy),
    /// A call is answered with `unsupported call`, before any hook; holds the rule that hides it.
    Hidden(Rule),
}

/// The policy of an exposed tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolPolicy {
    /// When Codex asks.
    pub mode: ApprovalMode,
    /// What states the mode.
    pub rule: Rule,
    /// What the server says about the tool; `None` when its list of tools was not recorded.
    pub annotations: Option<Annotations>,
}

impl ToolPolicy {
    /// Does a call need approval?
    pub fn approval(&self) -> Approval {
        Approval::of(self.mode, self.annotations.as_ref())
    }
}

/// Marks servers whose names models see as the same: Codex 0.169 then gives their tools other names.
fn tell_twins(servers: &mut BTreeMap<String, Server>, findings: &mut Vec<Finding>) {
    let running = servers.iter().filter(|(_, server)| server.runs());
    let names: Vec<String> = running.map(|(name, _)| name.clone()).collect();
    for name in &names {
        let Some(twin) = names.iter().find(|other| *other != name && clean(other) == clean(name)) else {
            continue;
        };
        if let Some(server) = servers.get_mut(name) {
            let text = format!("models see the MCP servers `{name}` and `{twin}` under one name");
            let finding = Finding::warning("server-twins", text).at(server.place.clone());
            findings.push(finding.help("rename one of them"));
            server.twin = Some(twin.clone());
        }
    }
}

impl McpPolicy {
    /// Merges what Codex 0.169 merges. A rule that can never match is a warning finding.
    pub fn compile(plugin: &Plugin, findings: &mut Vec<Finding>) -> Self {
        let mut servers = BTreeMap::new();
        for (name, declared) in &plugin.servers {
            let user = plugin.server_policies.get(name);
            let mut server = Server::of_plugin(declared, user);
            server.hidden = plugin
                .off
                .clone()
                .or_else(|| plugin.requirements.refuses_plugin_server(&plugin.id, name, &declared.transport));
            servers.insert(name.clone(), server);
        }
        for (name, declared) in &plugin.config_servers {
            let mut server = Server::of_config(declared);
            server.hidden = plugin.requirements.refuses_config_server(name, &declared.transport);
            servers.insert(name.clone(), server);
        }
        for (name, server) in &mut servers {
            if !name.chars().all(|c| c.is_ascii_alphanumeric() || "_:@/.-".contains(c)) {
                let text =
                    format!("`{name}` has characters that no MCP server name may have, so it never starts");
                findings.push(Finding::warning("server-name", text).at(server.place.clone()));
                server.hidden = Some(Rule::at(server.place.clone(), "invalid MCP server name"));
            }
            server.recorded = plugin.recorded.of(name).cloned();
        }
        tell_twins(&mut servers, findings);
        let policy = Self { servers };
        policy.report_idle(plugin, findings);
        policy
    }

    /// Tables and lists that name no server or no tool.
    fn report_idle(&self, plugin: &Plugin, findings: &mut Vec<Finding>) {
        let names = || self.servers.keys().map(String::as_str);
        for (name, table) in &plugin.server_policies {
            let text = match (plugin.servers.contains_key(name), plugin.config_servers.contains_key(name)) {
                (true, false) => continue,
                (_, true) => {
                    format!("`[mcp_servers.{name}]` replaces the plugin's server, so this table does nothing")
                }
                _ => format!("the plugin has no MCP server `{name}`, so this table does nothing"),
            };
            let finding = Finding::warning("idle-rule", text).at(table.place.clone());
            let near = closest(name, names().filter(|known| *known != name));
            findings.push(match near {
                Some(known) => finding.help(format!("did you mean `{known}`?")),
                None => finding,
            });
        }
        for name in plugin.recorded.servers().filter(|name| !self.servers.contains_key(*name)) {
            let text = format!("tools were recorded for the MCP server `{name}`, which is not configured");
            findings.push(Finding::warning("idle-recording", text));
        }
        for (name, server) in &self.servers {
            server.report_idle(name, findings);
        }
    }

    /// What the policy says about a tool of a server, under their own names or as models see them.
    pub fn tool(&self, server: &str, tool: &str) -> Exposure {
        let found = self.servers.get(server).or_else(|| {
            let seen = |(name, _): &(&String, &Server)| clean(name) == server;
            self.servers.iter().find(seen).map(|(_, server)| server)
        });
        match found {
            Some(found) if found.twin.is_some() => Exposure::Hidden(found.shadow()),
            Some(found) => found.tool(tool),
            None => Exposure::Hidden(Rule::built_in("no MCP server of that name is configured")),
        }
    }

    /// Does any server run?
    pub fn any_exposed(&self) -> bool {
        self.servers.values().any(Server::runs)
    }

    /// A server by name.
    pub fn server(&self, name: &str) -> Option<&Server> {
        self.servers.get(name)
    }

    /// Every server, by name.
    pub fn servers(&self) -> impl Iterator<Item = (&str, &Server)> {
        self.servers.iter().map(|(name, server)| (name.as_str(), server))
    }

    /// Splits `mcp__<server>__<tool>` at the name of a configured server (the longest that fits, for names may hold
    /// `__` themselves), else at the first `__`.
    pub fn split<'n>(&self, full: &'n str) -> Option<(&'n str, &'n str)> {
        let rest = full.strip_prefix("mcp__")?;
        let known = self.servers.keys().filter_map(|name| {
            let tool = rest.strip_prefix(name.as_str())?.strip_prefix("__")?;
            Some((&rest[..name.len()], tool))
        });
        known.max_by_key(|(name, _)| name.len()).or_else(|| rest.split_once("__"))
    }
}
