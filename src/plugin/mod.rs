//! What is under test: the bundle as Codex loads it, and the Codex configuration deployed with it.
//!
//! ```text
//! bundle -> manifest -> skills, servers, hooks \
//! config layers, requirements, rules, recorded tools -> Plugin -> boundary
//! ```

pub mod agents;
pub mod bundle;
pub mod config;
pub mod hooks;
mod inputs;
mod manifest;
mod misspelt;
mod project;
mod recorded;
mod requirements;
mod servers;
pub mod skills;
mod spec;
mod unfollowed;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;

pub use agents::{AgentRole, AgentRoles, Without};
pub use bundle::Bundle;
pub use config::Config;
pub use inputs::PluginInputs;
pub use manifest::{HooksField, Manifest, ServersField};
pub use project::{Project, Trust};
pub use recorded::{Annotations, RecordedTools, ToolResult};
pub use requirements::Requirements;
pub use servers::{ApprovalMode, ServerTable, Transport};
pub use skills::Skill;
pub use spec::{HookTrust, PluginSpec};

use crate::decision::Rule;
use crate::finding::Finding;
use crate::source::TextFile;
use config::Node;
use hooks::HookFile;

/// A plugin and the configuration deployed with it, read whole.
#[derive(Clone, Debug)]
pub struct Plugin {
    /// `<plugin>@<marketplace>`.
    pub id: String,
    /// Name, first part of the names of its skills.
    pub name: String,
    /// Version, if the manifest states one.
    pub version: Option<String>,
    /// The rule that keeps Codex from loading it at all; its skills, servers and hooks then do nothing.
    pub off: Option<Rule>,
    /// Its folder.
    pub bundle: Bundle,
    /// Its skills.
    pub skills: Vec<Skill>,
    /// Its MCP servers.
    pub servers: BTreeMap<String, ServerTable>,
    /// The configuration's tables of policy for its servers.
    pub server_policies: BTreeMap<String, ServerTable>,
    /// The configuration's own MCP servers.
    pub config_servers: BTreeMap<String, ServerTable>,
    /// Hooks of all sources: managed, then the configuration's, then the plugin's.
    pub hooks: Vec<HookFile>,
    /// `hooks.json` files beside the layers of configuration.
    pub hook_files: Vec<TextFile>,
    /// The merged configuration.
    pub config: Config,
    /// Roles of sub-agents.
    pub agents: AgentRoles,
    /// Files of execpolicy rules.
    pub rules: Vec<TextFile>,
    /// Requirements of administrators.
    pub requirements: Requirements,
    /// Recorded tools of the MCP servers.
    pub recorded: RecordedTools,
    /// Hooks run without trust.
    pub trust_hooks: HookTrust,
    /// Hashes of everything that was read, by part.
    pub inputs: PluginInputs,
}

impl Plugin {
    /// Reads everything that `spec` names. All problems are findings; `None` means that Codex would not install or load
    /// the plugin, or that its folder cannot be read.
    pub fn load(spec: &PluginSpec, findings: &mut Vec<Finding>) -> Option<Self> {
        let files = spec.read(findings);
        let config = Config::from_layers(&files.config, findings);
        misspelt::report(&config, findings);
        unfollowed::report(&config, findings);
        let requirements =
            files.requirements.as_ref().map(|file| Requirements::read(file, findings)).unwrap_or_default();
        let recorded =
            files.mcp_tools.as_ref().map(|file| RecordedTools::read(file, findings)).unwrap_or_default();
        let bundle = spec.open_bundle(findings)?;
        let manifest = Manifest::load(&bundle, findings)?;
        let name = name_of(&manifest, &config, spec);
        let id = format!("{name}@{}", spec.marketplace);
        let off = switched_off(&config, &requirements, &id, &spec.marketplace, findings);
        let mut hooks = requirements.hooks.clone();
        hooks.extend(hooks::of_config(&config, &files.hooks, findings));
        hooks.extend(hooks::of_plugin(&bundle, &manifest, &id, findings));
        let skills = skills::load(&bundle, &manifest, &name, &config, findings);
        let agents = spec.agents(&config, findings);
        let inputs = PluginInputs::of(&bundle, &manifest, &skills, &files, &agents);
        Some(Self {
            servers: servers::of_plugin(&bundle, &manifest, findings),
            server_policies: servers::of_user(&config, &id, findings),
            config_servers: servers::of_config(&config, findings),
            version: manifest.version.map(|version| version.value),
            rules: files.rules,
            hook_files: files.hooks,
            trust_hooks: spec.trust_hooks,
            id,
            name,
            off,
            bundle,
            skills,
            hooks,
            config,
            agents,
            requirements,
            recorded,
            inputs,
        })
    }
}

/// The manifest's name; without one, the name under which the configuration installs a plugin of the marketplace, for
/// Codex then takes whatever the marketplace calls it.
fn name_of(manifest: &Manifest, config: &Config, spec: &PluginSpec) -> String {
    if let Some(name) = &manifest.name {
        return name.value.clone();
    }
    let suffix = format!("@{}", spec.marketplace);
    let table = config.get(&["plugins"]).and_then(Node::read::<&config::Table>);
    let installed = table.into_iter().flatten().find_map(|(id, _)| id.strip_suffix(&suffix));
    installed.map_or_else(|| spec.folder_name(), str::to_owned)
}

/// The rule that switches the whole plugin off. A configuration without a table for the plugin is taken as if it was
/// installed, for installing writes that table.
fn switched_off(
    config: &Config,
    requirements: &Requirements,
    id: &str,
    marketplace: &str,
    findings: &mut Vec<Finding>,
) -> Option<Rule> {
    let table = config.get(&["plugins", id]);
    if let Some(table) = table {
        table.warn_unknown(&format!("the plugin `{id}`"), &["enabled", "mcp_servers"], findings);
    } else {
        note_unnamed(config, id, findings);
    }
    let off = |path: &[&str], findings: &mut Vec<Finding>| {
        let flag = config.typed::<bool>(path, findings).filter(|flag| !flag.value)?;
        Some(Rule::at(flag.place, format!("{} = false", path.join("."))))
    };
    let rule = requirements
        .feature_off("plugins")
        .or_else(|| requirements.refuses_marketplace(config, marketplace))
        .or_else(|| off(&["features", "plugins"], findings))
        .or_else(|| off(&["plugins", id, "enabled"], findings))?;
    let text = format!("Codex does not load the plugin `{id}`: {}", rule.text);
    let finding = Finding::warning("plugin-off", text);
    findings.push(match rule.place.clone() {
        Some(place) => finding.at(place),
        None => finding,
    });
    Some(rule)
}

/// Tables for other plugins are fine, but one that is nearly this plugin's is likely misspelt.
fn note_unnamed(config: &Config, id: &str, findings: &mut Vec<Finding>) {
    let Some(table) = config.get(&["plugins"]).and_then(Node::read::<&config::Table>) else { return };
    if let Some((key, node)) = table.iter().find(|(key, _)| crate::finding::closest(key, [id]).is_some()) {
        findings.push(
            Finding::warning("plugin-table", format!("`[plugins.\"{key}\"]` is for no plugin of this suite"))
                .at(node.place.clone())
                .help(format!("did you mean `{id}`?")),
        );
    }
}
