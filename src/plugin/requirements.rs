use std::collections::BTreeMap;

use super::config::{Config, Node, Placed, Table, Value};
use super::hooks::{self, HookFile};
use super::servers::Transport;
use crate::decision::Rule;
use crate::finding::Finding;
use crate::source::{Place, TextFile};

/// Keys of `requirements.toml` that Codex 0.169 reads.
const KEYS: [&str; 17] = [
    "allowed_approval_policies",
    "allowed_sandbox_modes",
    "allowed_permission_profiles",
    "default_permissions",
    "allow_managed_hooks_only",
    "hooks",
    "mcp_servers",
    "plugins",
    "rules",
    "permissions",
    "features",
    "marketplaces",
    "allowed_approvals_reviewers",
    "allowed_web_search_modes",
    "enforce_residency",
    "apps",
    "guardian_policy_config",
];

/// What administrators require (`requirements.toml`); the configuration cannot go beyond it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Requirements {
    /// Approval policies that may be chosen; `None` allows all.
    pub approval_policies: Option<Placed<Vec<Placed<String>>>>,
    /// Sandbox modes that may be chosen; `None` allows all.
    pub sandbox_modes: Option<Placed<Vec<Placed<String>>>>,
    /// Permission profiles by name and whether they may be chosen; `None` allows all.
    pub permission_profiles: Option<Placed<BTreeMap<String, bool>>>,
    /// The profile in force when nothing else is chosen.
    pub default_permissions: Option<Placed<String>>,
    /// Only managed hooks run.
    pub managed_hooks_only: Option<Place>,
    /// Managed hooks.
    pub hooks: Vec<HookFile>,
    /// The whole document, for readers of parts that are not typed here, such as `[rules]`.
    pub document: Config,
    /// Paths that nothing may read.
    pub deny_read: Vec<Placed<String>>,
    /// Features that are switched on or off for good.
    pub features: BTreeMap<String, Placed<bool>>,
    servers: Option<Placed<Identities>>,
    plugins: BTreeMap<String, Placed<Identities>>,
    marketplaces: Option<Marketplaces>,
}

/// Servers that may run, by name.
type Identities = BTreeMap<String, Transport>;

#[derive(Clone, Debug, PartialEq)]
struct Marketplaces {
    place: Place,
    /// Paths and addresses that a marketplace may come from.
    sources: Vec<String>,
}

impl Requirements {
    /// Reads the file; a file that is not TOML, or a value of a wrong type, is an error finding, for Codex then stops.
    pub fn read(file: &TextFile, findings: &mut Vec<Finding>) -> Self {
        let document = Config::from_layers([file], findings);
        let root: &Node = &document;
        root.warn_unknown("the requirements", &KEYS, findings);
        let deny_read =
            root.typed::<Vec<Placed<String>>>(&["permissions", "filesystem", "deny_read"], findings);
        Self {
            approval_policies: root.typed(&["allowed_approval_policies"], findings),
            sandbox_modes: root.typed(&["allowed_sandbox_modes"], findings),
            permission_profiles: profiles(root, findings),
            default_permissions: root.typed(&["default_permissions"], findings),
            managed_hooks_only: root
                .typed::<bool>(&["allow_managed_hooks_only"], findings)
                .filter(|only| only.value)
                .map(|only| only.place),
            hooks: hooks::of_requirements(root, findings),
            deny_read: deny_read.map(|paths| paths.value).unwrap_or_default(),
            features: flags(root, &["features"], findings),
            servers: root.get(&["mcp_servers"]).map(|node| identities(node, findings)),
            plugins: plugins(root, findings),
            marketplaces: marketplaces(root, findings),
            document,
        }
    }

    /// Is this feature switched off here?
    pub fn feature_off(&self, name: &str) -> Option<Rule> {
        let flag = self.features.get(name).filter(|flag| !flag.value)?;
        Some(Rule::at(flag.place.clone(), format!("requirements: features.{name} = false")))
    }

    /// The rule that keeps a server of a plugin from running. Codex 0.169: an empty `[mcp_servers]` stops all of them;
    /// as soon as any plugin's server is listed, only listed ones of equal identity run.
    pub fn refuses_plugin_server(&self, id: &str, name: &str, transport: &Transport) -> Option<Rule> {
        if let Some(servers) = self.servers.as_ref().filter(|servers| servers.value.is_empty()) {
            return Some(Rule::at(servers.place.clone(), "requirements: [mcp_servers] lists no server"));
        }
        let first = self.plugins.values().find(|servers| !servers.value.is_empty())?;
        let own = self.plugins.get(id).unwrap_or(first);
        let listed = self.plugins.get(id).and_then(|servers| servers.value.get(name));
        refusal(listed, &own.place, name, transport)
    }

    /// The rule that keeps a server of the configuration from running.
    pub fn refuses_config_server(&self, name: &str, transport: &Transport) -> Option<Rule> {
        let servers = self.servers.as_ref()?;
        refusal(servers.value.get(name), &servers.place, name, transport)
    }

    /// The rule that keeps plugins of this marketplace from loading. Codex 0.169 compares the marketplace's source in the
    /// configuration with the allowed ones.
    pub fn refuses_marketplace(&self, config: &Config, marketplace: &str) -> Option<Rule> {
        let restricted = self.marketplaces.as_ref()?;
        let source = config.get(&["marketplaces", marketplace, "source"]).and_then(Node::read::<&str>);
        let allowed = source.is_some_and(|source| restricted.sources.iter().any(|known| known == source));
        let text = "requirements: marketplaces.restrict_to_allowed_sources";
        (!allowed).then(|| Rule::at(restricted.place.clone(), text))
    }
}

fn refusal(listed: Option<&Transport>, place: &Place, name: &str, transport: &Transport) -> Option<Rule> {
    match listed {
        None => Some(Rule::at(place.clone(), format!("requirements: the MCP server `{name}` is not listed"))),
        Some(identity) if identity != transport => Some(Rule::at(
            place.clone(),
            format!("requirements: the MCP server `{name}` has another identity"),
        )),
        _ => None,
    }
}

fn profiles(root: &Node, findings: &mut Vec<Finding>) -> Option<Placed<BTreeMap<String, bool>>> {
    let place = root.get(&["allowed_permission_profiles"])?.place.clone();
    let flags = flags(root, &["allowed_permission_profiles"], findings);
    Some(Placed { place, value: flags.into_iter().map(|(name, flag)| (name, flag.value)).collect() })
}

fn flags(root: &Node, path: &[&str], findings: &mut Vec<Finding>) -> BTreeMap<String, Placed<bool>> {
    let mut flags = BTreeMap::new();
    for (name, node) in root.entries(path, findings).collect::<Vec<_>>() {
        match node.read::<bool>() {
            Some(value) => drop(flags.insert(name.to_owned(), Placed { place: node.place.clone(), value })),
            None => findings.push(node.wrong_type(&format!("{}.{name}", path.join(".")), "a boolean")),
        }
    }
    flags
}

fn identities(node: &Node, findings: &mut Vec<Finding>) -> Placed<Identities> {
    let mut servers = Identities::new();
    for (name, server) in node.entries(&[], findings).collect::<Vec<_>>() {
        server.warn_unknown(
            &format!("the requirements for the MCP server `{name}`"),
            &["identity"],
            findings,
        );
        let refused = |at: &Node, message: String| {
            let message = format!("{message}; Codex refuses to start");
            let finding = Finding::error("requirements", message).at(at.place.clone());
            finding.help("write identity = { command = \"…\" } or { url = \"…\" }")
        };
        let Some(identity) = server.get(&["identity"]) else {
            findings.push(refused(server, format!("the MCP server `{name}` has no `identity`")));
            continue;
        };
        identity.warn_unknown("the identity", &["command", "url"], findings);
        let mut text = |key| identity.typed::<String>(&[key], findings).map(|text| text.value);
        let transport = Transport { command: text("command"), url: text("url") };
        if transport == Transport::default() {
            findings.push(refused(identity, format!("the identity of the MCP server `{name}` is empty")));
        }
        servers.insert(name.to_owned(), transport);
    }
    Placed { place: node.place.clone(), value: servers }
}

fn plugins(root: &Node, findings: &mut Vec<Finding>) -> BTreeMap<String, Placed<Identities>> {
    let mut plugins = BTreeMap::new();
    for (id, node) in root.entries(&["plugins"], findings).collect::<Vec<_>>() {
        node.warn_unknown(&format!("the requirements for the plugin `{id}`"), &["mcp_servers"], findings);
        if let Some(servers) = node.get(&["mcp_servers"]) {
            plugins.insert(id.to_owned(), identities(servers, findings));
        }
    }
    plugins
}

fn marketplaces(root: &Node, findings: &mut Vec<Finding>) -> Option<Marketplaces> {
    let path = ["marketplaces", "restrict_to_allowed_sources"];
    let place = root.typed::<bool>(&path, findings).filter(|flag| flag.value)?.place;
    let mut sources = Vec::new();
    for (_, source) in root.entries(&["marketplaces", "allowed_sources"], findings).collect::<Vec<_>>() {
        let Some(table) = source.read::<&Table>() else { continue };
        let texts = table.iter().filter(|(key, _)| key.as_str() != "source");
        sources.extend(texts.filter_map(|(_, node)| match &node.value {
            Value::String(text) => Some(text.clone()),
            _ => None,
        }));
    }
    Some(Marketplaces { place, sources })
}

#[cfg(test)]
mod tests {
    use super::*;

    // Asked of Codex 0.169 with each of these as `/etc/codex/requirements.toml`: does it start?
    #[test]
    fn identities_and_folders_must_be_whole() {
        for (text, refused) in [
            ("[mcp_servers.x]\n", true),
            ("[mcp_servers.x]\nidentity = {}\n", true),
            ("[mcp_servers.x]\nidentity = { command = \"a\" }\n", false),
            ("[mcp_servers.x]\nidentity = { command = \"a\", url = \"b\" }\n", false),
            ("[mcp_servers]\n", false),
            ("[hooks]\nmanaged_dir = 1\n", true),
            ("[hooks]\nmanaged_dir = \"/etc/hooks\"\n", false),
            ("[marketplaces]\nrestrict_to_allowed_sources = \"x\"\n", true),
            ("allow_managed_hooks_only = \"x\"\n", true),
            ("zzz = 1\n", false),
            ("zzz =\n", true),
        ] {
            let mut findings = Vec::new();
            Requirements::read(&TextFile::new("requirements.toml", text), &mut findings);
            let errors = findings.iter().any(|finding| finding.severity == crate::finding::Severity::Error);
            assert_eq!(errors, refused, "{text}: {findings:?}");
        }
    }
}
