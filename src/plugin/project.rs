use super::agents::{Beside, Without, layer_of};
use super::config::{Config, Placed};
use super::{Plugin, hooks, servers, switched_off};
use crate::finding::Finding;
use crate::source::TextFile;

/// What the user said of a project (`projects.<path>.trust_level`), or implied by letting an agent write in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trust {
    /// Its own configuration counts, and its files may be written by default.
    Trusted,
    /// Everything is asked about unless an approval policy is set.
    Untrusted,
}

/// The project that a session works in: what its `.codex` folders bring along, from its top to the working folder.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// Paths that the configuration may speak of it by: the working folder and the top.
    pub names: Vec<String>,
    /// Layers of `config.toml`, the outermost first.
    pub config: Vec<TextFile>,
    /// Files of hooks.
    pub hooks: Vec<TextFile>,
    /// Files of execpolicy rules.
    pub rules: Vec<TextFile>,
    /// All other `*.toml` of its `.codex` folders, which roles of sub-agents may be made of.
    pub roles: Vec<TextFile>,
}

impl Project {
    /// It brings nothing along.
    pub fn is_plain(&self) -> bool {
        [&self.config, &self.hooks, &self.rules, &self.roles].iter().all(|files| files.is_empty())
    }

    /// What the configuration says of it. Codex 0.169 looks for the working folder, then for the top, by their exact
    /// paths, and refuses to start for another word than `trusted` and `untrusted`.
    pub fn trust(&self, config: &Config, findings: &mut Vec<Finding>) -> Option<Placed<Trust>> {
        let levels = self.names.iter();
        let level =
            levels.map(|name| config.get(&["projects", name, "trust_level"])).find(Option::is_some)??;
        let value = match level.read::<&str>() {
            Some("trusted") => Trust::Trusted,
            Some("untrusted") => Trust::Untrusted,
            _ => {
                findings.push(
                    Finding::error("trust", "unknown trust level; Codex refuses to start")
                        .at(level.place.clone())
                        .help("write trusted or untrusted"),
                );
                return None;
            }
        };
        Some(Placed { place: level.place.clone(), value })
    }
}

impl Plugin {
    /// The same with the configuration, hooks and rules of a trusted project on top.
    #[must_use]
    pub fn in_project(&self, project: &Project, findings: &mut Vec<Finding>) -> Self {
        let mut plugin = self.clone();
        for layer in &project.config {
            plugin.config.add_layer(layer, findings);
        }
        plugin.add_roles(project, findings);
        plugin.rules.extend(project.rules.iter().cloned());
        plugin.hook_files.extend(project.hooks.iter().cloned());
        let marketplace = plugin.id.split_once('@').map_or("", |(_, marketplace)| marketplace);
        plugin.off = switched_off(&plugin.config, &plugin.requirements, &plugin.id, marketplace, findings);
        plugin.server_policies = servers::of_user(&plugin.config, &plugin.id, findings);
        plugin.config_servers = servers::of_config(&plugin.config, findings);
        let (managed, own): (Vec<_>, Vec<_>) =
            self.hooks.iter().cloned().partition(|file| file.source == hooks::HookSource::Managed);
        let of_plugin = own.into_iter().filter(|file| file.source == hooks::HookSource::Plugin);
        plugin.hooks = managed;
        plugin.hooks.extend(hooks::of_config(&plugin.config, &plugin.hook_files, findings));
        plugin.hooks.extend(of_plugin);
        plugin
    }

    /// The roles of sub-agents that a project's `.codex` folders declare.
    fn add_roles(&mut self, project: &Project, findings: &mut Vec<Finding>) {
        let folder = |file: &TextFile| file.name().find(".codex/").map(|at| file.name()[..at + 7].to_owned());
        let mut folders: Vec<String> = Vec::new();
        for file in project.config.iter().chain(&project.roles) {
            folders.extend(folder(file).filter(|folder| !folders.contains(folder)));
        }
        folders.sort_by_key(String::len);
        for (at, folder) in folders.iter().enumerate() {
            let find = |path: &str| {
                let name = format!("{folder}{path}");
                project.roles.iter().find(|file| **file.name() == *name).cloned()
            };
            let agents = format!("{folder}agents/");
            let found = project.roles.iter().filter(|file| file.name().starts_with(&agents)).cloned();
            let layer = layer_of(&self.config, &format!("{folder}config.toml")).cloned();
            let beside = Beside { layer: layer.as_ref(), found: found.collect(), read: &find };
            self.agents.add_layer(at, beside, findings);
        }
    }

    /// The same without what a role of sub-agents takes away.
    #[must_use]
    pub fn without(&self, without: &Without, findings: &mut Vec<Finding>) -> Self {
        let mut plugin = self.clone();
        if let Some(layer) = without.layer() {
            plugin.config.overlay(&layer);
        }
        let marketplace = plugin.id.split_once('@').map_or("", |(_, marketplace)| marketplace);
        plugin.off = switched_off(&plugin.config, &plugin.requirements, &plugin.id, marketplace, findings);
        plugin
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::tests::Fixture;

    fn project(names: &[&str]) -> Project {
        Project { names: names.iter().map(|&name| name.to_owned()).collect(), ..Project::default() }
    }

    // Asked of Codex 0.169 with `thread/start` in these folders.
    #[test]
    fn trust_is_looked_up_by_exact_path() {
        let text = "[projects.\"/w\"]\ntrust_level = \"untrusted\"\n[projects.\"/w/own\"]\ntrust_level = \"trusted\"\n\
                    [projects.\"/s/\"]\ntrust_level = \"trusted\"\n[projects.\"/bad\"]\ntrust_level = \"bogus\"";
        let config = Config::from_layers([&TextFile::new("config.toml", text)], &mut Vec::new());
        for (names, expected) in [
            (vec!["/w", "/w"], Some(Trust::Untrusted)),
            (vec!["/w/src", "/w"], Some(Trust::Untrusted)),
            (vec!["/w/own", "/w"], Some(Trust::Trusted)),
            (vec!["/w/own/deep", "/w/own/deep"], None),
            (vec!["/s", "/s"], None),
            (vec!["/"], None),
        ] {
            let mut findings = Vec::new();
            let trust = project(&names).trust(&config, &mut findings).map(|trust| trust.value);
            assert_eq!(trust, expected, "{names:?}");
            assert!(findings.is_empty());
        }
        let mut findings = Vec::new();
        assert_eq!(project(&["/bad"]).trust(&config, &mut findings), None);
        assert_eq!(findings[0].place.as_ref().unwrap().line, 8);
    }

    #[test]
    fn a_trusted_project_lays_its_files_on_top() {
        let fixture =
            Fixture::new(&[]).config("sandbox_mode = \"read-only\"\n[mcp_servers.a]\nurl = \"u\"\n");
        let (plugin, _) = fixture.plugin();
        let hooks = r#"{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"true"}]}]}}"#;
        let project = Project {
            config: vec![TextFile::new(
                ".codex/config.toml",
                "sandbox_mode = \"workspace-write\"\n[mcp_servers.b]\nurl = \"u\"\n[plugins.\"p@m\"]\nenabled = false\n",
            )],
            rules: vec![TextFile::new(".codex/rules/a.rules", "prefix_rule([\"ls\"])")],
            hooks: vec![TextFile::new(".codex/hooks.json", hooks)],
            roles: vec![
                TextFile::new(
                    ".codex/agents/b.toml",
                    "name = \"b\"\ndescription = \"d\"\ndeveloper_instructions = \"i\"\nfeatures.plugins = false\n",
                ),
                TextFile::new(".codex/other.toml", "no = role"),
            ],
            names: Vec::new(),
        };
        let inside = plugin.in_project(&project, &mut Vec::new());
        assert_eq!(inside.config.get(&["sandbox_mode"]).unwrap().read::<&str>(), Some("workspace-write"));
        assert_eq!(inside.config_servers.keys().collect::<Vec<_>>(), ["a", "b"]);
        assert!(inside.off.is_some() && plugin.off.is_none());
        assert_eq!((inside.rules.len(), inside.hooks.len()), (1, 1));
        assert!(inside.agents.get("b").unwrap().without.plugins.is_some());
        assert!(!plugin.agents.knows("b"));
        let alone = plugin.without(&inside.agents.get("b").unwrap().without, &mut Vec::new());
        assert_eq!(alone.off.unwrap().text, "features.plugins = false");
        assert!(plugin.rules.is_empty() && plugin.hooks.is_empty());
    }
}
