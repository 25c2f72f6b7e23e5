//! The throw-away CODEX_HOME: the plugin laid into the cache, the deployed configuration, and stand-ins for its MCP
//! servers. Nothing else of the deployment is changed, for that is what is asked about.

mod config;
mod roles;
mod servers;

use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::tools::ToolServer;
use crate::plugin::{HookTrust, Plugin, PluginSpec};
use crate::source::TextFile;

/// How an MCP stub is started inside.
#[derive(Clone, Debug)]
pub(super) struct StubCommand {
    /// The plugin-eval binary inside.
    pub(super) binary: String,
    /// Port of the server that answers.
    pub(super) port: u16,
}

/// What is deployed, read once and laid out for every server.
#[derive(Debug)]
pub(super) struct Deployment {
    spec: PluginSpec,
    plugin: Plugin,
    servers: Vec<ToolServer>,
}

/// A home that was laid out.
#[derive(Debug)]
pub(super) struct Home {
    /// Files to put below `/etc`.
    pub(super) etc: Vec<(String, Vec<u8>)>,
    /// Hooks run without trust.
    pub(super) bypass: bool,
}

impl Deployment {
    pub(super) fn new(spec: &PluginSpec, plugin: &Plugin) -> Self {
        let mut names: Vec<&String> = plugin.servers.keys().chain(plugin.config_servers.keys()).collect();
        names.sort();
        names.dedup();
        let lists = recorded_lists(spec);
        let tools = |name: &str| {
            let tools = lists.get(name).and_then(|server| server["tools"].as_array());
            tools.into_iter().flatten().map(whole_tool).collect()
        };
        let servers = names.into_iter().map(|name| ToolServer { name: name.clone(), tools: tools(name) });
        Self { spec: spec.clone(), plugin: plugin.clone(), servers: servers.collect() }
    }

    /// The MCP servers, in the order of their stubs.
    pub(super) fn servers(&self) -> &[ToolServer] {
        &self.servers
    }

    /// Lays the home out in an empty folder, which is `codex_home` inside; without stubs, the plugin's own servers are
    /// started.
    pub(super) fn lay_out(
        &self,
        codex: &Path,
        codex_home: &str,
        stub: Option<&StubCommand>,
    ) -> io::Result<Home> {
        let stubs = stub.map(|command| servers::Stubs { command, servers: &self.servers });
        let stubs = stubs.as_ref();
        let cache = self.copy_plugin(codex)?;
        let changed = match stubs {
            Some(stubs) => servers::in_plugin(&self.plugin, &cache, stubs)?,
            None => false,
        };
        let layers =
            config::layers(&self.spec, &self.plugin, codex_home, stubs, changed.then_some(cache.as_path()))?;
        std::fs::write(codex.join("config.toml"), layers.user)?;
        let mut etc = Vec::new();
        if let Some(system) = layers.system {
            etc.push(("codex/config.toml".to_owned(), system.into_bytes()));
        }
        if let Some(path) = &self.spec.requirements {
            let text = std::fs::read_to_string(self.spec.suite.join(path))?;
            let text = match stubs {
                Some(stubs) => servers::in_requirements(&text, &self.plugin, stubs),
                None => text,
            };
            etc.push(("codex/requirements.toml".to_owned(), text.into_bytes()));
        }
        roles::copy(&self.plugin, self.spec.config.len(), codex, &mut etc)?;
        self.copy_hooks(codex, &mut etc)?;
        self.copy_rules(codex)?;
        Ok(Home { etc, bypass: self.spec.trust_hooks == HookTrust::All })
    }

    /// The plugin in the cache, as an installation leaves it: without links.
    fn copy_plugin(&self, codex: &Path) -> io::Result<PathBuf> {
        let (name, marketplace) = self.plugin.id.split_once('@').unwrap_or((&self.plugin.id, "local"));
        let version = self.plugin.version.as_deref().unwrap_or("local");
        let cache = codex.join("plugins/cache").join(marketplace).join(name).join(version);
        std::fs::create_dir_all(&cache)?;
        let bundle = &self.plugin.bundle;
        for path in bundle.files_below(Path::new("")) {
            let target = cache.join(path);
            if let Some(parent) = target.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::copy(bundle.root().join(path), &target)?;
            readable(&target)?;
        }
        Ok(cache)
    }

    /// `hooks.json` files beside the layers of the configuration.
    fn copy_hooks(&self, codex: &Path, etc: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
        let Some((user, lower)) = self.spec.config.split_last() else { return Ok(()) };
        let beside = |layer: &PathBuf| self.spec.suite.join(layer.with_file_name("hooks.json"));
        let own = beside(user);
        if own.is_file() {
            std::fs::copy(&own, codex.join("hooks.json"))?;
            readable(&codex.join("hooks.json"))?;
        }
        for layer in lower {
            let file = beside(layer);
            if file.is_file() && file != own {
                etc.push(("codex/hooks.json".to_owned(), std::fs::read(file)?));
            }
        }
        Ok(())
    }

    /// The rules files; their names keep the order, which Codex takes from the names.
    fn copy_rules(&self, codex: &Path) -> io::Result<()> {
        let folder = codex.join("rules");
        std::fs::create_dir_all(&folder)?;
        for (at, file) in self.plugin.rules.iter().enumerate() {
            let file: &TextFile = file;
            std::fs::write(folder.join(format!("{at:03}.rules")), file.text())?;
        }
        Ok(())
    }
}

/// The recorded `tools/list` answers as they are written.
fn recorded_lists(spec: &PluginSpec) -> Value {
    let text = spec.mcp_tools.as_ref().and_then(|path| std::fs::read_to_string(spec.suite.join(path)).ok());
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// A tool with all that the protocol demands of one.
fn whole_tool(recorded: &Value) -> Value {
    let mut tool = recorded.clone();
    if tool["inputSchema"]["type"] != "object" {
        tool["inputSchema"] = serde_json::json!({"type": "object"});
    }
    tool
}

/// Makes a copied file readable, whatever it was, and keeps its right to be run.
fn readable(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let run = path.metadata()?.permissions().mode() & 0o100 != 0;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(if run { 0o755 } else { 0o644 }))?;
    }
    Ok(())
}
