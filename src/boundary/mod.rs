//! What a plugin and its configuration allow, ask and deny; compiled once, asked per action.

pub mod agents;
pub mod approval;
pub mod features;
pub mod hooks;
pub mod mcp;
pub mod rules;
pub mod sandbox;
pub mod skills;
pub mod tools;

use approval::Client;

use crate::decision::Rule;
use crate::finding::Finding;
use crate::plugin::config::Placed;
use crate::plugin::{Plugin, Trust};

pub use agents::Agents;
pub use approval::Approvals;
pub use features::{Feature, Features};
pub use hooks::Hooks;
pub use mcp::McpPolicy;
pub use rules::ExecPolicy;
pub use sandbox::Sandbox;
pub use skills::Skills;
pub use tools::Tools;

/// The boundary of a plugin.
#[derive(Clone, Debug)]
pub struct Boundary {
    /// Tools of Codex's own.
    pub tools: Tools,
    /// Policy for MCP tools.
    pub mcp: McpPolicy,
    /// Hooks.
    pub hooks: Hooks,
    /// Skills.
    pub skills: Skills,
    /// Rules for commands.
    pub rules: ExecPolicy,
    /// Sandbox of commands and patches.
    pub sandbox: Sandbox,
    /// When somebody is asked, and who.
    pub approvals: Approvals,
    /// What roles of sub-agents leave of it.
    pub agents: Agents,
}

impl Boundary {
    /// Compiles the boundary; rules that Codex ignores and rules that can never match are findings. `stage_mode` is
    /// the sandbox mode or permission profile of a stage, which stands above the configuration's own.
    ///
    /// The session is taken to be one in which people can be asked, whatever client it was recorded with: `codex
    /// exec` would refuse whatever needs an approval, and nothing could be learnt about approvals.
    pub fn compile(plugin: &Plugin, stage_mode: Option<&str>, findings: &mut Vec<Finding>) -> Self {
        Self::compile_in(plugin, stage_mode, None, findings)
    }

    /// The same for sessions in a project of which `trust` is known. The files of a trusted project are laid over the
    /// plugin before (see [`Plugin::in_project`]).
    pub fn compile_in(
        plugin: &Plugin,
        stage_mode: Option<&str>,
        trust: Option<&Placed<Trust>>,
        findings: &mut Vec<Finding>,
    ) -> Self {
        let mut boundary = Self::compile_alone(plugin, stage_mode, trust, findings);
        let narrowed = |plugin: &Plugin| Self::compile_alone(plugin, stage_mode, trust, &mut Vec::new());
        boundary.agents = Agents::compile(plugin, narrowed);
        boundary
    }

    /// The boundary of the session alone, without roles of sub-agents.
    fn compile_alone(
        plugin: &Plugin,
        stage_mode: Option<&str>,
        trust: Option<&Placed<Trust>>,
        findings: &mut Vec<Finding>,
    ) -> Self {
        let features = Features::compile(&plugin.config, &plugin.requirements.document, findings);
        let agents = plugin.config.typed::<bool>(&["agents", "enabled"], findings);
        let agents_off = agents.filter(|enabled| !enabled.value);
        let agents_off = agents_off.map(|off| Rule::at(off.place, "agents.enabled = false"));
        let deepest = plugin.config.typed::<i64>(&["agents", "max_depth"], findings).map(|most| {
            let text = format!("agents.max_depth = {}", most.value);
            (most.value, Rule::at(most.place, text))
        });
        let rules = ExecPolicy::compile(&plugin.rules, &plugin.requirements.document, findings);
        let boundary = Self {
            tools: Tools::new(features, agents_off, deepest).configured(&plugin.config, findings),
            mcp: McpPolicy::compile(plugin, findings),
            hooks: Hooks::compile(plugin, findings),
            skills: Skills::compile(plugin, findings),
            sandbox: Sandbox::compile_in(
                &plugin.config,
                &plugin.requirements.document,
                stage_mode,
                trust,
                findings,
            )
            .with_network_rules(rules.network_rules()),
            rules,
            approvals: Approvals::compile_in(
                &plugin.config,
                &plugin.requirements.document,
                Client::AppServer,
                trust,
                findings,
            ),
            agents: Agents::default(),
        };
        if let Some(rule) = boundary.sandbox.narrowed_from_full()
            && boundary.approvals.policy == approval::ApprovalPolicy::Never
        {
            let message = "`approval_policy` never cannot stand where requirements take full access away; Codex refuses to start";
            let mut finding =
                Finding::error("requirements", message).help("choose another policy or sandbox");
            finding.place.clone_from(&rule.place);
            findings.push(finding);
        }
        boundary
    }
}
