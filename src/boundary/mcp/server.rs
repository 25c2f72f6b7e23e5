use std::collections::BTreeMap;

use super::{Exposure, ToolPolicy};
use crate::action::clean;
use crate::decision::Rule;
use crate::finding::{Finding, closest};
use crate::plugin::config::Placed;
use crate::plugin::{Annotations, ApprovalMode, ServerTable, Transport};
use crate::source::Place;

/// An MCP server and its policy, merged from all files that speak of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Server {
    /// Where the server is declared.
    pub place: Place,
    /// It is one of the plugin's.
    pub of_plugin: bool,
    /// How it is reached.
    pub transport: Transport,
    enabled: Option<Placed<bool>>,
    enabled_tools: Option<Placed<Vec<Placed<String>>>>,
    disabled_tools: Option<Placed<Vec<Placed<String>>>>,
    default_mode: Option<Placed<ApprovalMode>>,
    tools: BTreeMap<String, Placed<ApprovalMode>>,
    /// Another server that models see under the same name.
    pub(super) twin: Option<String>,
    /// A rule that keeps the whole server from running.
    pub(super) hidden: Option<Rule>,
    pub(super) recorded: Option<BTreeMap<String, Annotations>>,
}

impl Server {
    /// A server of the plugin under the user's table for it. Codex 0.169 merges field by field: the user's lists replace
    /// the plugin's, and the user's mode for a tool the plugin's; but the plugin's mode for a tool beats the user's
    /// default mode. A table of the user's that does not say `enabled` says that it is (conformance: mcp/enabled-by-a-table).
    pub(super) fn of_plugin(declared: &ServerTable, user: Option<&ServerTable>) -> Self {
        let mut server = Self::of_config(declared);
        server.of_plugin = true;
        if let Some(user) = user {
            server.enabled.clone_from(&user.enabled);
            server.enabled_tools = user.enabled_tools.clone().or(server.enabled_tools);
            server.disabled_tools = user.disabled_tools.clone().or(server.disabled_tools);
            server.default_mode = user.default_mode.clone().or(server.default_mode);
            server.tools.extend(user.tools.clone());
        }
        server
    }

    /// A server of the configuration.
    pub(super) fn of_config(declared: &ServerTable) -> Self {
        Self {
            place: declared.place.clone(),
            of_plugin: false,
            transport: declared.transport.clone(),
            enabled: declared.enabled.clone(),
            enabled_tools: declared.enabled_tools.clone(),
            disabled_tools: declared.disabled_tools.clone(),
            default_mode: declared.default_mode.clone(),
            tools: declared.tools.clone(),
            twin: None,
            hidden: None,
            recorded: None,
        }
    }

    /// It is not kept from running.
    pub(super) fn runs(&self) -> bool {
        self.hidden.is_none() && self.enabled.as_ref().is_none_or(|enabled| enabled.value)
    }

    /// The rule for tools whose server has a twin.
    pub(super) fn shadow(&self) -> Rule {
        let twin = self.twin.as_deref().unwrap_or_default();
        Rule::at(self.place.clone(), format!("models see `{twin}` under the same name"))
    }

    /// The server's name, as recorded or as files write it, of a tool that models see as `tool`; `None` when there
    /// are several.
    fn real_name<'a>(&'a self, tool: &'a str) -> Option<&'a str> {
        let Some(recorded) = &self.recorded else {
            let lists = [&self.enabled_tools, &self.disabled_tools].into_iter().flatten();
            let listed = lists.flat_map(|list| &list.value).map(|name| &name.value);
            let written = listed.chain(self.tools.keys()).find(|name| clean(name) == tool);
            return Some(written.map_or(tool, String::as_str));
        };
        let mut seen = recorded.keys().filter(|name| clean(name) == tool || *name == tool);
        match (seen.next(), seen.next()) {
            (Some(one), None) => Some(one),
            (Some(_), Some(_)) => None,
            (None, _) => Some(tool),
        }
    }

    /// The rule that hides a tool, if any does.
    fn hides(&self, tool: &str) -> Option<Rule> {
        if let Some(rule) = &self.hidden {
            return Some(rule.clone());
        }
        if let Some(enabled) = self.enabled.as_ref().filter(|enabled| !enabled.value) {
            return Some(Rule::at(enabled.place.clone(), "enabled = false"));
        }
        let names = |list: &Placed<Vec<Placed<String>>>| {
            list.value.iter().find(|name| name.value == tool).map(|name| name.place.clone())
        };
        if let Some(list) = self.enabled_tools.as_ref().filter(|list| names(list).is_none()) {
            return Some(Rule::at(list.place.clone(), format!("enabled_tools lacks `{tool}`")));
        }
        if let Some(place) = self.disabled_tools.as_ref().and_then(names) {
            return Some(Rule::at(place, format!("disabled_tools names `{tool}`")));
        }
        let recorded = self.recorded.as_ref()?;
        (!recorded.contains_key(tool)).then(|| Rule::built_in("the server has no tool of that name"))
    }

    /// What the policy says about a tool.
    pub fn tool(&self, tool: &str) -> Exposure {
        let Some(tool) = self.real_name(tool) else {
            return Exposure::Hidden(Rule::built_in(format!("several tools are seen as `{tool}`")));
        };
        if let Some(rule) = self.hides(tool) {
            return Exposure::Hidden(rule);
        }
        let (mode, rule) = match (self.tools.get(tool), &self.default_mode) {
            (Some(mode), _) => {
                let text = format!("tools.{tool}.approval_mode = {}", mode.value.name());
                (mode.value, Rule::at(mode.place.clone(), text))
            }
            (None, Some(mode)) => {
                let text = format!("default_tools_approval_mode = {}", mode.value.name());
                (mode.value, Rule::at(mode.place.clone(), text))
            }
            (None, None) => (ApprovalMode::Auto, Rule::built_in("approval mode auto by default")),
        };
        let annotations = self.recorded.as_ref().and_then(|tools| tools.get(tool)).copied();
        Exposure::Exposed(ToolPolicy { mode, rule, annotations })
    }

    /// Names of the tools that are known and exposed: those recorded, or without a recording those of `enabled_tools`.
    pub fn exposed(&self) -> impl Iterator<Item = &str> {
        let recorded = self.recorded.iter().flat_map(BTreeMap::keys).map(String::as_str);
        let listed = self.enabled_tools.iter().flat_map(|list| &list.value).map(|name| name.value.as_str());
        let listed = listed.filter(|_| self.recorded.is_none());
        recorded.chain(listed).filter(|tool| self.hides(tool).is_none())
    }

    /// Names in lists and tables that are none of the server's tools.
    pub(super) fn report_idle(&self, server: &str, findings: &mut Vec<Finding>) {
        let Some(recorded) = &self.recorded else { return };
        let lists = [&self.enabled_tools, &self.disabled_tools];
        let listed = lists.into_iter().flatten().flat_map(|list| &list.value);
        let listed = listed.map(|name| (name.value.as_str(), &name.place));
        let tabled = self.tools.iter().map(|(name, mode)| (name.as_str(), &mode.place));
        for (name, place) in listed.chain(tabled).filter(|(name, _)| !recorded.contains_key(*name)) {
            let text = format!("the MCP server `{server}` has no tool `{name}`, so naming it does nothing");
            let finding = Finding::warning("idle-rule", text).at(place.clone());
            findings.push(match closest(name, recorded.keys().map(String::as_str)) {
                Some(known) => finding.help(format!("did you mean `{known}`?")),
                None => finding,
            });
        }
    }
}
