//! Which of Codex's own tools a session has, and under which names a model may call MCP tools.

use super::features::{Feature, Features};
use crate::action::{McpCall, ToolName, is_current};
use crate::decision::Rule;
use crate::finding::Finding;
use crate::plugin::Config;

/// Who calls a tool.
#[derive(Clone, Copy, Debug, Default)]
pub struct Caller<'a> {
    /// Version of the CLI that recorded the call; empty when not known.
    pub cli_version: &'a str,
    /// Slug of the model; empty when not known.
    pub model: &'a str,
    /// At least one MCP server runs.
    pub servers: bool,
    /// How many agents stand above the one that calls.
    pub depth: u8,
}

impl Caller<'_> {
    /// The session was recorded with Codex 0.169 or later. Its model was offered the tools of today, so a name that
    /// Codex does not offer would not be routed. Sessions of earlier versions called tools that have new names now.
    pub fn is_current(&self) -> bool {
        is_current(self.cli_version)
    }
}

const FIRST_AGENTS: [&str; 5] = ["wait_agent", "send_input", "close_agent", "resume_agent", "spawn_agent"];
const SECOND_AGENTS: [&str; 6] =
    ["followup_task", "interrupt_agent", "list_agents", "send_message", "spawn_agent", "wait_agent"];
const RESOURCES: [&str; 3] = ["list_mcp_resources", "list_mcp_resource_templates", "read_mcp_resource"];
/// Models that work in code mode, by the beginning of their slugs.
const CODE_MODELS: [&str; 5] = ["gpt-5.6-", "gpt-6-", "gpt-6.1-", "gpt-daybreak-", "codex-auto-review"];

/// Codex's own tools.
#[derive(Clone, Debug, Default)]
pub struct Tools {
    features: Features,
    agents_off: Option<Rule>,
    deepest: Option<(i64, Rule)>,
    /// `allow_login_shell = false`.
    no_login: Option<Rule>,
    /// `[tools.update_plan] enabled = true`.
    plans: bool,
    /// `[tools.experimental_request_user_input] enabled = false`.
    no_questions: Option<Rule>,
}

impl Tools {
    /// The tools that these features leave. `agents_off` is the rule of `[agents] enabled = false`, and `deepest` that
    /// of `max_depth`, where it is set.
    pub fn new(features: Features, agents_off: Option<Rule>, deepest: Option<(i64, Rule)>) -> Self {
        Self { features, agents_off, deepest, ..Self::default() }
    }

    /// The same with the tools that the configuration switches on and off by themselves.
    #[must_use]
    pub fn configured(mut self, config: &Config, findings: &mut Vec<Finding>) -> Self {
        let mut off = |path: &[&str]| {
            let flag = config.typed::<bool>(path, findings)?;
            (!flag.value).then(|| Rule::at(flag.place, format!("{} = false", path.join("."))))
        };
        self.no_login = off(&["allow_login_shell"]);
        self.no_questions = off(&["tools", "experimental_request_user_input", "enabled"]);
        let plans = config.typed::<bool>(&["tools", "update_plan", "enabled"], findings);
        self.plans = plans.is_some_and(|plans| plans.value);
        self
    }

    /// The rule that refuses calls which ask for a login shell; hooks see them before (Codex 0.169).
    pub fn refuses_login(&self) -> Option<&Rule> {
        self.no_login.as_ref()
    }

    /// Agents have agents of their own down to a depth of 1, unless the configuration says otherwise.
    fn too_deep(&self, caller: &Caller<'_>) -> Option<Rule> {
        let (most, rule) = match &self.deepest {
            Some((most, rule)) => (*most, rule.clone()),
            None => (1, Rule::built_in("sub-agents start none of their own (agents.max_depth)")),
        };
        (i64::from(caller.depth) >= most && caller.depth > 0).then_some(rule)
    }

    /// The features.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// The rule that keeps Codex 0.169 from routing a call of a tool of its own (`unsupported call`), if any does.
    pub fn refuses(&self, tool: &ToolName<'_>, caller: &Caller<'_>) -> Option<Rule> {
        let unknown = |why: String| caller.is_current().then(|| Rule::built_in(why));
        let name = &*tool.name;
        match (&*tool.namespace, name) {
            ("" | "functions", "exec_command" | "write_stdin") => self.features.off(Feature::Shell),
            ("" | "functions", "view_image") => self.features.off(Feature::ViewImage),
            ("", "get_goal" | "create_goal" | "update_goal") => self.features.off(Feature::Goals),
            ("", "request_permissions") => self.features.off(Feature::RequestPermissions),
            ("", _) if RESOURCES.contains(&name) && !caller.servers => {
                unknown(format!("`{name}` is offered when an MCP server runs"))
            }
            ("multi_agent_v1", _) if FIRST_AGENTS.contains(&name) => self.agents_off.clone().or_else(|| {
                let second = self.features.has(Feature::Collaboration);
                let other = || Rule::built_in("features.multi_agent_v2 replaces this tool");
                let off = if second { Some(other()) } else { self.features.off(Feature::Agents) };
                off.or_else(|| self.too_deep(caller))
            }),
            ("collaboration", _) if SECOND_AGENTS.contains(&name) => self.agents_off.clone().or_else(|| {
                let offered = works_in_code(caller.model) || !caller.is_current();
                self.features.off(Feature::Collaboration).filter(|_| !offered)
            }),
            ("", "exec" | "wait") => {
                let offered = caller.model.is_empty() || works_in_code(caller.model);
                let offered = offered || self.features.has(Feature::CodeMode) || !caller.is_current();
                (!offered).then(|| Rule::built_in(format!("`{}` does not work in code mode", caller.model)))
            }
            ("", "request_user_input") => self.no_questions.clone(),
            ("", "update_plan") if self.plans => None,
            // Searches and images are made by the provider, whatever Codex offers.
            ("", "apply_patch" | "tool_search" | "web_search" | "image_generation") => None,
            ("", _) if RESOURCES.contains(&name) => None,
            ("", _) => unknown(format!("Codex 0.169 has no tool `{name}`")),
            (namespace @ ("multi_agent_v1" | "collaboration"), _) => {
                unknown(format!("`{namespace}` has no tool `{name}`"))
            }
            _ => None,
        }
    }

    /// The same for an MCP tool: Codex 0.169 routes it by the namespace `mcp__<server>` and its name alone, both with
    /// `_` for every character that is no ASCII letter, digit or `_`.
    pub fn refuses_name(&self, tool: &ToolName<'_>, call: &McpCall<'_>, caller: &Caller<'_>) -> Option<Rule> {
        if !caller.is_current() {
            return None;
        }
        let namespace = format!("mcp__{}", call.model_server());
        let known = tool.namespace == namespace && tool.name == call.model_tool();
        let text = || format!("models call it as `{}` of the namespace `{namespace}`", call.model_tool());
        // Connectors of ChatGPT share one server and have names of their own.
        (!known && call.server != "codex_apps").then(|| Rule::built_in(text()))
    }
}

fn works_in_code(model: &str) -> bool {
    CODE_MODELS.iter().any(|known| model.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::TextFile;

    const NOW: Caller<'_> = Caller { cli_version: "0.169.0", model: "gpt-5.5", servers: false, depth: 0 };

    fn tools(features: &str) -> Tools {
        let text = format!("[features]\n{features}");
        let config = Config::from_layers([&TextFile::new("config.toml", text)], &mut Vec::new());
        let features = Features::compile(&config, &Config::default(), &mut Vec::new());
        Tools::new(features, None, None)
    }

    fn name<'t>(namespace: &'t str, name: &'t str) -> ToolName<'t> {
        ToolName { namespace: namespace.into(), name: name.into() }
    }

    // Asked of Codex 0.169 by calling each tool: which calls it answers with `unsupported call`.
    #[test]
    fn tools_are_offered_by_feature_model_and_servers() {
        let servers = Caller { servers: true, ..NOW };
        let code = Caller { model: "gpt-6.1-sol", ..NOW };
        for (features, namespace, tool, caller, routed) in [
            ("", "", "exec_command", NOW, true),
            ("shell_tool = false", "", "exec_command", NOW, false),
            ("shell_tool = false", "", "write_stdin", NOW, false),
            ("unified_exec = false", "", "exec_command", NOW, true),
            ("", "", "view_image", NOW, true),
            ("view_image = false", "", "view_image", NOW, false),
            ("", "", "get_goal", NOW, true),
            ("goals = false", "", "create_goal", NOW, false),
            ("", "", "request_user_input", NOW, true),
            ("", "", "request_permissions", NOW, false),
            ("request_permissions_tool = true", "", "request_permissions", NOW, true),
            ("request_permissions = true", "", "request_permissions", NOW, false),
            ("", "multi_agent_v1", "spawn_agent", NOW, true),
            ("", "multi_agent_v1", "list_agents", NOW, false),
            ("multi_agent = false", "multi_agent_v1", "spawn_agent", NOW, false),
            ("multi_agent_v2 = true", "multi_agent_v1", "spawn_agent", NOW, false),
            ("multi_agent_v2 = true", "collaboration", "spawn_agent", NOW, true),
            ("", "collaboration", "spawn_agent", NOW, false),
            ("", "", "spawn_agent", NOW, false),
            ("", "", "update_plan", NOW, false),
            ("", "", "shell", NOW, false),
            ("", "", "shell_command", NOW, false),
            ("", "", "list_mcp_resources", NOW, false),
            ("", "", "list_mcp_resources", servers, true),
            ("", "", "exec", NOW, false),
            ("", "", "exec", code, true),
            ("code_mode = true", "", "exec", NOW, true),
            ("", "", "apply_patch", NOW, true),
        ] {
            let refused = tools(features).refuses(&name(namespace, tool), &caller);
            assert_eq!(refused.is_none(), routed, "{features} {namespace} {tool}");
        }
    }

    // Asked of Codex 0.169 by calling each tool with these keys.
    #[test]
    fn the_configuration_switches_tools_by_themselves() {
        for (text, tool, routed) in [
            ("", "update_plan", false),
            ("tools.update_plan.enabled = true", "update_plan", true),
            ("tools.update_plan.enabled = false", "update_plan", false),
            ("tools.experimental_request_user_input.enabled = false", "request_user_input", false),
            ("tools.experimental_request_user_input.enabled = true", "request_user_input", true),
        ] {
            let config = Config::from_layers([&TextFile::new("config.toml", text)], &mut Vec::new());
            let tools = tools("").configured(&config, &mut Vec::new());
            assert_eq!(tools.refuses(&name("", tool), &NOW).is_none(), routed, "{text} {tool}");
        }
        let config = TextFile::new("config.toml", "allow_login_shell = false");
        let config = Config::from_layers([&config], &mut Vec::new());
        assert!(tools("").refuses_login().is_none());
        assert!(tools("").configured(&config, &mut Vec::new()).refuses_login().is_some());
    }

    #[test]
    fn earlier_sessions_keep_the_tools_of_their_time() {
        for version in ["0.42.0", "0.168.1", ""] {
            let caller = Caller { cli_version: version, ..NOW };
            for tool in ["update_plan", "shell", "spawn_agent", "exec"] {
                assert_eq!(tools("").refuses(&name("", tool), &caller), None, "{version} {tool}");
            }
            assert!(tools("shell_tool = false").refuses(&name("", "exec_command"), &caller).is_some());
        }
        for version in ["0.169.0", "0.169.0-alpha.3", "0.170.2", "1.0.0"] {
            let caller = Caller { cli_version: version, ..NOW };
            assert!(tools("").refuses(&name("", "update_plan"), &caller).is_some(), "{version}");
        }
    }

    // Asked of Codex 0.169 with a server `issue-tracker` and its tools `ro` and `read-issue`.
    #[test]
    fn mcp_tools_are_routed_by_their_clean_names_alone() {
        for (namespace, tool, real, routed) in [
            ("mcp__issue_tracker", "ro", "ro", true),
            ("mcp__issue-tracker", "ro", "ro", false),
            ("mcp__issue_tracker", "read_issue", "read-issue", true),
            ("mcp__issue_tracker", "read-issue", "read-issue", false),
            ("", "mcp__issue_tracker__ro", "ro", false),
            ("mcp__issue_tracker__", "ro", "ro", false),
        ] {
            let call = McpCall { server: "issue-tracker".into(), tool: real.into(), arguments: "{}".into() };
            let refused = tools("").refuses_name(&name(namespace, tool), &call, &NOW);
            assert_eq!(refused.is_none(), routed, "{namespace} {tool}");
            let earlier = Caller { cli_version: "0.120.0", ..NOW };
            assert_eq!(tools("").refuses_name(&name(namespace, tool), &call, &earlier), None);
        }
    }
}
