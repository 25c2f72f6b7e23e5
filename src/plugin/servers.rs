use std::collections::BTreeMap;
use std::path::Path;

use super::bundle::Bundle;
use super::config::{Config, Node, Placed, Table, Value, read_json};
use super::manifest::{Manifest, ServersField};
use crate::finding::{Finding, Severity};
use crate::source::Place;

/// When Codex asks before it calls an MCP tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApprovalMode {
    /// Unless the tool's annotations say that it reads only or does no harm.
    Auto,
    /// Unless the annotations say that it reads only.
    Writes,
    /// Always.
    Prompt,
    /// Never.
    Approve,
}

impl ApprovalMode {
    const NAMES: [(&'static str, Self); 4] = [
        ("auto", Self::Auto),
        ("prompt", Self::Prompt),
        ("writes", Self::Writes),
        ("approve", Self::Approve),
    ];

    /// The name in Codex's files.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, mode)| *mode == self).map_or("auto", |(name, _)| name)
    }

    fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, mode)| *mode)
    }
}

/// How a server is reached; requirements compare it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transport {
    /// Program that is started.
    pub command: Option<String>,
    /// Address that is called.
    pub url: Option<String>,
}

/// An MCP server, or a table of policy for one, as a file declares it. Absent fields leave what other files say.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerTable {
    /// Where the server is written.
    pub place: Place,
    /// How it is reached; empty in a table that only states policy.
    pub transport: Transport,
    /// Whether it is started at all.
    pub enabled: Option<Placed<bool>>,
    /// The only tools that are exposed.
    pub enabled_tools: Option<Placed<Vec<Placed<String>>>>,
    /// Tools that are not exposed.
    pub disabled_tools: Option<Placed<Vec<Placed<String>>>>,
    /// Approval mode of tools without one of their own.
    pub default_mode: Option<Placed<ApprovalMode>>,
    /// Approval modes of single tools.
    pub tools: BTreeMap<String, Placed<ApprovalMode>>,
}

const POLICY_KEYS: [&str; 5] =
    ["enabled", "default_tools_approval_mode", "enabled_tools", "disabled_tools", "tools"];

const TRANSPORT_KEYS: [&str; 24] = [
    "type",
    "command",
    "args",
    "env",
    "env_vars",
    "cwd",
    "url",
    "bearer_token_env_var",
    "http_headers",
    "env_http_headers",
    "oauth",
    "scopes",
    "oauth_resource",
    "startup_timeout_sec",
    "startup_timeout_ms",
    "tool_timeout_sec",
    "required",
    "supports_parallel_tool_calls",
    "description",
    "name",
    "headers",
    "auth",
    "environment_id",
    "experimental_environment",
];

/// Servers of the plugin, by name. Codex 0.169 drops a bad entry and loads the others; each dropped one is a warning.
pub(crate) fn of_plugin(
    bundle: &Bundle,
    manifest: &Manifest,
    findings: &mut Vec<Finding>,
) -> BTreeMap<String, ServerTable> {
    let root = match &manifest.servers {
        ServersField::Inline(node) => Some(node.clone()),
        ServersField::Default => read_file(bundle, Path::new(".mcp.json"), findings),
        ServersField::File(path) => {
            if !bundle.is_file(&path.value) {
                let text =
                    format!("there is no file `{}`, so the plugin has no MCP servers", path.value.display());
                findings.push(Finding::warning("servers-missing", text).at(path.place.clone()));
            }
            read_file(bundle, &path.value, findings)
        }
    };
    let Some(root) = root else { return BTreeMap::new() };
    let inner = root.get(&["mcpServers"]).unwrap_or(&root);
    let Some(table) = inner.read::<&Table>() else {
        findings.push(dropped("the MCP servers", inner.wrong_type("mcpServers", "an object")));
        return BTreeMap::new();
    };
    let mut servers = BTreeMap::new();
    for (name, node) in table {
        let mut wrong = Vec::new();
        let server = server(name, node, &mut wrong);
        if let Some(first) = wrong.iter().position(|finding| finding.severity == Severity::Error) {
            findings.push(dropped(&format!("the MCP server `{name}`"), wrong.swap_remove(first)));
        } else {
            findings.append(&mut wrong);
            servers.insert(name.clone(), server);
        }
    }
    servers
}

fn read_file(bundle: &Bundle, path: &Path, findings: &mut Vec<Finding>) -> Option<Node> {
    let file = bundle.read(path, findings)?;
    let mut wrong = Vec::new();
    let node = read_json(&file, &mut wrong);
    for finding in wrong {
        findings.push(if node.is_none() {
            dropped("all MCP servers of this file", finding)
        } else {
            finding
        });
    }
    node
}

fn dropped(what: &str, why: Finding) -> Finding {
    let finding = Finding::warning("server-dropped", format!("Codex drops {what}: {}", why.message));
    let finding = finding.help(why.help);
    match why.place {
        Some(place) => finding.at(place),
        None => finding,
    }
}

/// Reads a declaration with a transport.
fn server(name: &str, node: &Node, findings: &mut Vec<Finding>) -> ServerTable {
    if !matches!(node.value, Value::Table(_)) {
        findings.push(node.wrong_type(name, "a table"));
    }
    let known: Vec<_> = POLICY_KEYS.iter().chain(&TRANSPORT_KEYS).copied().collect();
    node.warn_unknown(&format!("the MCP server `{name}`"), &known, findings);
    let table = policy(node, findings);
    for key in ["cwd", "bearer_token_env_var"] {
        node.typed::<&str>(&[key], findings);
    }
    node.typed::<Vec<Placed<String>>>(&["args"], findings);
    node.typed::<bool>(&["required"], findings);
    for key in ["startup_timeout_sec", "tool_timeout_sec"] {
        node.typed::<f64>(&[key], findings);
    }
    for (key, value) in node.entries(&["env"], findings).collect::<Vec<_>>() {
        if value.read::<&str>().is_none() {
            findings.push(value.wrong_type(&format!("env.{key}"), "a string"));
        }
    }
    if table.transport.command.is_some() == table.transport.url.is_some() {
        let text = format!("the MCP server `{name}` has an invalid transport");
        findings.push(
            Finding::error("server-transport", text)
                .at(node.place.clone())
                .help("state either `command` or `url`"),
        );
    }
    table
}

/// Reads the fields that state policy, and the transport if there is one.
fn policy(node: &Node, findings: &mut Vec<Finding>) -> ServerTable {
    let transport = Transport {
        command: node.typed::<String>(&["command"], findings).map(|text| text.value),
        url: node.typed::<String>(&["url"], findings).map(|text| text.value),
    };
    let mut tools = BTreeMap::new();
    for (tool, table) in node.entries(&["tools"], findings).collect::<Vec<_>>() {
        table.warn_unknown(&format!("the policy of the tool `{tool}`"), &["approval_mode"], findings);
        if !matches!(table.value, Value::Table(_)) {
            findings.push(table.wrong_type(&format!("tools.{tool}"), "a table"));
        }
        if let Some(found) = mode(table, "approval_mode", findings) {
            tools.insert(tool.to_owned(), found);
        }
    }
    ServerTable {
        place: node.place.clone(),
        transport,
        enabled: node.typed(&["enabled"], findings),
        enabled_tools: node.typed(&["enabled_tools"], findings),
        disabled_tools: node.typed(&["disabled_tools"], findings),
        default_mode: mode(node, "default_tools_approval_mode", findings),
        tools,
    }
}

fn mode(node: &Node, key: &str, findings: &mut Vec<Finding>) -> Option<Placed<ApprovalMode>> {
    let name = node.typed::<&str>(&[key], findings)?;
    let mode = ApprovalMode::parse(name.value);
    if mode.is_none() {
        let known = ApprovalMode::NAMES.map(|(known, _)| known);
        let help = crate::finding::closest(name.value, known).map_or_else(
            || format!("use one of {}", known.join(", ")),
            |known| format!("did you mean `{known}`?"),
        );
        let text = format!("`{key}` has the unknown value `{}`", name.value);
        findings.push(Finding::error("unknown-value", text).at(name.place.clone()).help(help));
    }
    mode.map(|value| Placed { place: name.place, value })
}

/// The user's tables for servers of the plugin `id` (`<plugin>@<marketplace>`), by server.
pub(crate) fn of_user(
    config: &Config,
    id: &str,
    findings: &mut Vec<Finding>,
) -> BTreeMap<String, ServerTable> {
    let mut tables = BTreeMap::new();
    for (name, node) in config.entries(&["plugins", id, "mcp_servers"], findings).collect::<Vec<_>>() {
        node.warn_unknown(&format!("the policy of the MCP server `{name}`"), &POLICY_KEYS, findings);
        if matches!(node.value, Value::Table(_)) {
            tables.insert(name.to_owned(), policy(node, findings));
        } else {
            findings.push(node.wrong_type(&format!("mcp_servers.{name}"), "a table"));
        }
    }
    tables
}

/// The configuration's own servers (`[mcp_servers.<name>]`), which replace those of the plugin of the same name.
pub(crate) fn of_config(config: &Config, findings: &mut Vec<Finding>) -> BTreeMap<String, ServerTable> {
    let entries = config.entries(&["mcp_servers"], findings).collect::<Vec<_>>();
    entries.into_iter().map(|(name, node)| (name.to_owned(), server(name, node, findings))).collect()
}
