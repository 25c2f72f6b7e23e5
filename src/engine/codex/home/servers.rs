//! Stand-ins for MCP servers, wherever they are declared. Only how a server is reached is changed; its policy stays.

use std::io;
use std::path::Path;

use serde_json::{Map, Value, json};
use toml_edit::{DocumentMut, Item, TableLike, value};

use super::StubCommand;
use crate::engine::codex::stub::STUB;
use crate::engine::codex::tools::ToolServer;
use crate::plugin::{Plugin, Transport};

/// Fields of a declaration that say nothing of how the server is reached.
const POLICY: &[&str] = &[
    "enabled",
    "required",
    "enabled_tools",
    "disabled_tools",
    "default_tools_approval_mode",
    "tools",
    "supports_parallel_tool_calls",
    "tool_timeout_sec",
];

/// The stubs of all servers.
pub(super) struct Stubs<'s> {
    pub(super) command: &'s StubCommand,
    pub(super) servers: &'s [ToolServer],
}

impl Stubs<'_> {
    fn arguments(&self, server: &str) -> Option<[String; 3]> {
        let position = self.servers.iter().position(|known| known.name == server)?;
        Some([STUB.to_owned(), self.command.port.to_string(), position.to_string()])
    }
}

/// Puts stubs into the plugin's own declarations; true when one was changed.
pub(super) fn in_plugin(plugin: &Plugin, cache: &Path, stubs: &Stubs<'_>) -> io::Result<bool> {
    let mut files: Vec<_> =
        plugin.servers.values().filter_map(|server| plugin.bundle.relative(&server.place)).collect();
    files.sort();
    files.dedup();
    for file in &files {
        let path = cache.join(file);
        let mut root: Value = serde_json::from_slice(&std::fs::read(&path)?)?;
        if let Some(map) = server_map(&mut root) {
            for (name, declared) in map {
                if let (true, Some(arguments)) = (plugin.servers.contains_key(name), stubs.arguments(name)) {
                    in_json(declared, &stubs.command.binary, &arguments);
                }
            }
        }
        std::fs::write(&path, serde_json::to_vec_pretty(&root)?)?;
    }
    Ok(!files.is_empty())
}

/// The object of servers by name: under `mcpServers`, which a manifest may hold in another one, or the whole file.
fn server_map(root: &mut Value) -> Option<&mut Map<String, Value>> {
    let mut at = root;
    while at.get("mcpServers").is_some_and(Value::is_object) {
        at = at.get_mut("mcpServers")?;
    }
    at.as_object_mut()
}

fn in_json(declared: &mut Value, binary: &str, arguments: &[String]) {
    let Some(fields) = declared.as_object_mut() else { return };
    fields.retain(|name, _| POLICY.contains(&name.as_str()));
    fields.insert("command".to_owned(), json!(binary));
    fields.insert("args".to_owned(), json!(arguments));
}

/// Puts stubs into `[mcp_servers]` of a configuration.
pub(super) fn in_config(document: &mut DocumentMut, plugin: &Plugin, stubs: &Stubs<'_>) {
    let Some(servers) = document.get_mut("mcp_servers").and_then(Item::as_table_like_mut) else { return };
    for (name, item) in servers.iter_mut() {
        let name = name.get().to_owned();
        let Some(arguments) = stubs.arguments(&name).filter(|_| plugin.config_servers.contains_key(&name))
        else {
            continue;
        };
        let Some(fields) = item.as_table_like_mut() else { continue };
        let transport: Vec<String> = fields
            .iter()
            .map(|(name, _)| name.to_owned())
            .filter(|name| !POLICY.contains(&name.as_str()))
            .collect();
        // A lower layer may state policy only.
        if !transport.iter().any(|name| name == "command" || name == "url") {
            continue;
        }
        for name in transport {
            fields.remove(&name);
        }
        fields.insert("command", value(&stubs.command.binary));
        fields.insert("args", value(arguments.iter().collect::<toml_edit::Array>()));
    }
}

/// Changes the identities that requirements demand of servers to those of the stubs, where the declared server has
/// the demanded one; one that differs keeps differing.
pub(super) fn in_requirements(text: &str, plugin: &Plugin, stubs: &Stubs<'_>) -> String {
    let Ok(mut document) = text.parse::<DocumentMut>() else { return text.to_owned() };
    let known = |name: &str, servers: &std::collections::BTreeMap<String, crate::plugin::ServerTable>| {
        servers.get(name).map(|server| server.transport.clone())
    };
    if let Some(servers) = document.get_mut("mcp_servers").and_then(Item::as_table_like_mut) {
        identities(servers, stubs, &|name| known(name, &plugin.config_servers));
    }
    if let Some(plugins) = document.get_mut("plugins").and_then(Item::as_table_like_mut)
        && let Some(own) = plugins.get_mut(&plugin.id).and_then(Item::as_table_like_mut)
        && let Some(servers) = own.get_mut("mcp_servers").and_then(Item::as_table_like_mut)
    {
        identities(servers, stubs, &|name| known(name, &plugin.servers));
    }
    document.to_string()
}

fn identities(servers: &mut dyn TableLike, stubs: &Stubs<'_>, transport: &dyn Fn(&str) -> Option<Transport>) {
    for (name, item) in servers.iter_mut() {
        let Some(transport) = transport(name.get()) else { continue };
        let Some(identity) = item.get_mut("identity").and_then(Item::as_table_like_mut) else { continue };
        let demanded = |key: &str| identity.get(key).and_then(Item::as_str).map(str::to_owned);
        let same = match (demanded("command"), demanded("url")) {
            (Some(command), _) => transport.command.as_ref() == Some(&command),
            (None, Some(url)) => transport.url.as_ref() == Some(&url),
            (None, None) => false,
        };
        if same {
            identity.remove("url");
            identity.insert("command", value(&stubs.command.binary));
        }
    }
}
