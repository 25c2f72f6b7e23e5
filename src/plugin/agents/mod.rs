//! Roles in which sub-agents are started: `[agents.<name>]` of the configuration, and the files that these name or that
//! lie in `agents/` beside a layer.
//!
//! Codex 0.169 takes little of a role's file: the model and texts for it, and features that it switches off. Sandbox,
//! approvals, MCP servers, hooks and rules stay those of the session (conformance: agents/role-files).

mod keys;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use keys::{BUILT_IN, DECLARED, KNOWN, NOT_TAKEN, SETTINGS};

use super::config::{Config, Node, Table, Value, read_toml};
use crate::finding::{Finding, Severity};
use crate::source::{Place, TextFile};

/// What a role takes away from its sub-agents, and from those that they start: the places where features are switched
/// off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Without {
    /// Plugins: hooks, skills and MCP servers.
    pub plugins: Option<Place>,
    /// The tools for commands.
    pub shell: Option<Place>,
    /// The tool that asks for more permissions.
    pub request_permissions: Option<Place>,
}

impl Without {
    /// The keys under `[features]` with their places.
    fn features(&self) -> [(&'static str, Option<&Place>); 3] {
        [
            ("plugins", self.plugins.as_ref()),
            ("shell_tool", self.shell.as_ref()),
            ("request_permissions_tool", self.request_permissions.as_ref()),
        ]
    }

    /// Which of these are gone, whatever says so.
    pub fn key(&self) -> u8 {
        self.features().iter().fold(0, |key, (_, place)| key << 1 | u8::from(place.is_some()))
    }

    /// Both taken away.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let either = |one: &Option<Place>, other: &Option<Place>| one.as_ref().or(other.as_ref()).cloned();
        Self {
            plugins: either(&self.plugins, &other.plugins),
            shell: either(&self.shell, &other.shell),
            request_permissions: either(&self.request_permissions, &other.request_permissions),
        }
    }

    /// The same as a layer of configuration.
    pub(super) fn layer(&self) -> Option<Node> {
        let stated = self.features().into_iter().filter_map(|(key, place)| {
            Some((key.to_owned(), Node { place: place?.clone(), value: Value::Boolean(false) }))
        });
        let features: Table = stated.collect();
        let place = features.values().next()?.place.clone();
        let table = |table| Node { place: place.clone(), value: Value::Table(table) };
        Some(table(Table::from([("features".to_owned(), table(features))])))
    }
}

/// A role in which sub-agents can be started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentRole {
    /// What it takes away.
    pub without: Without,
    /// The model that it sets.
    pub model: Option<String>,
}

/// A file of roles that counts, for hashing and laying out.
#[derive(Clone, Debug)]
pub struct RoleFile {
    /// Index of the layer of configuration that it lies beside.
    pub layer: usize,
    /// The role of `[agents.<name>]` whose `config_file` names it; `None` for a file in `agents/`.
    pub declared: Option<String>,
    /// The file.
    pub file: TextFile,
}

/// The roles of a configuration.
#[derive(Clone, Debug, Default)]
pub struct AgentRoles {
    roles: BTreeMap<String, AgentRole>,
    described: BTreeMap<String, bool>,
    files: Vec<RoleFile>,
    /// `[agents.<name>]` with a `config_file` that lies outside of what is deployed.
    elsewhere: Vec<String>,
}

/// What lies beside one layer of configuration.
pub(crate) struct Beside<'l> {
    /// The layer, if it could be read.
    pub(crate) layer: Option<&'l Node>,
    /// The `*.toml` in `agents/`, in the order of their names.
    pub(crate) found: Vec<TextFile>,
    /// Reads a file by its path from the layer's folder.
    pub(crate) read: &'l dyn Fn(&str) -> Option<TextFile>,
}

impl AgentRoles {
    /// A role by its name; those that Codex brings along change nothing.
    pub fn get(&self, name: &str) -> Option<&AgentRole> {
        self.roles.get(name)
    }

    /// Can a sub-agent be started in this role?
    pub fn knows(&self, name: &str) -> bool {
        BUILT_IN.contains(&name) || self.roles.contains_key(name)
    }

    /// All roles that are declared.
    pub fn all(&self) -> impl Iterator<Item = (&str, &AgentRole)> {
        self.roles.iter().map(|(name, role)| (name.as_str(), role))
    }

    /// Their files, those that Codex drops included.
    pub fn files(&self) -> &[RoleFile] {
        &self.files
    }

    /// Roles whose files lie elsewhere, and are not followed.
    pub fn elsewhere(&self) -> &[String] {
        &self.elsewhere
    }

    /// Adds what the next higher layer declares. A role that Codex drops is a warning, as it drops it with one.
    pub(crate) fn add_layer(&mut self, at: usize, beside: Beside<'_>, findings: &mut Vec<Finding>) {
        let mut own: BTreeMap<String, Read> = BTreeMap::new();
        let table = beside.layer.and_then(|layer| layer.get(&["agents"])).and_then(Node::read::<&Table>);
        for (name, node) in table.into_iter().flatten() {
            let is_role = matches!(node.value, Value::Table(_)) && !SETTINGS.contains(&name.as_str());
            if is_role && let Some((name, read)) = self.declared(at, name, node, beside.read, findings) {
                let twice = own.insert(name.clone(), read);
                if let Some(first) = twice {
                    findings.push(dropped(&name, "it is declared twice in one layer", node.place.clone()));
                    own.insert(name, first);
                }
            }
        }
        for file in beside.found {
            let place = Place::file(file.name().clone());
            match Read::of(&file, true, findings) {
                Some(read) if own.contains_key(&read.name) => {
                    findings.push(dropped(&read.name, "it is declared twice in one layer", place));
                }
                Some(read) => drop(own.insert(read.name.clone(), read)),
                None => {}
            }
            self.files.push(RoleFile { layer: at, declared: None, file });
        }
        for (name, read) in own {
            let described = read.described || self.described.get(&name).copied().unwrap_or(false);
            if !described {
                findings.push(dropped(&name, "it has no description", read.place));
                continue;
            }
            self.described.insert(name.clone(), true);
            let role = self.roles.entry(name).or_default();
            if let Some(read) = read.role {
                *role = read;
            }
        }
    }

    /// A role of `[agents.<name>]`, under the name that its file gives it.
    fn declared(
        &mut self,
        at: usize,
        name: &str,
        node: &Node,
        read: &dyn Fn(&str) -> Option<TextFile>,
        findings: &mut Vec<Finding>,
    ) -> Option<(String, Read)> {
        node.warn_unknown(&format!("`[agents.{name}]`"), &DECLARED, findings);
        let described = node.get(&["description"]).is_some();
        let place = node.place.clone();
        let bare = Read { name: name.to_owned(), described, place: place.clone(), role: None };
        let Some(file) = node.typed::<String>(&["config_file"], findings) else {
            return Some((name.to_owned(), bare));
        };
        let Some(path) = inside(&file.value) else {
            findings.push(
                Finding::warning("not-followed", format!("the file of the role `{name}` is not part of the suite"))
                    .at(file.place)
                    .help("put it beside the layer and name it by a relative path; until then the role is judged as one without a file"),
            );
            self.elsewhere.push(name.to_owned());
            return Some((name.to_owned(), bare));
        };
        let Some(text) = read(&path) else {
            findings.push(dropped(name, &format!("there is no file `{path}` beside the layer"), file.place));
            return None;
        };
        let read = Read::of(&text, false, findings);
        self.files.push(RoleFile { layer: at, declared: Some(name.to_owned()), file: text });
        let mut read = read?;
        read.described |= described;
        read.place = place;
        let name = if read.name.is_empty() { name.to_owned() } else { read.name.clone() };
        Some((name, read))
    }
}

/// A role as one layer declares it.
struct Read {
    name: String,
    described: bool,
    place: Place,
    /// What its file says, if it has one.
    role: Option<AgentRole>,
}

impl Read {
    /// Reads a role's file. One in `agents/` must name itself and hold instructions.
    fn of(file: &TextFile, by_itself: bool, findings: &mut Vec<Finding>) -> Option<Self> {
        let place = Place::file(file.name().clone());
        let mut problems = Vec::new();
        let root = read_toml(file, &mut problems);
        let whole = root.filter(|_| problems.iter().all(|problem| problem.severity != Severity::Error));
        let Some(root) = whole else {
            let why = problems.first().map_or_else(String::new, |problem| problem.message.clone());
            let place = problems.into_iter().find_map(|problem| problem.place).unwrap_or(place);
            findings.push(dropped(file.name(), &format!("its file is not TOML: {why}"), place));
            return None;
        };
        let read = Self::fields(&root, place.clone(), by_itself, &mut problems);
        if let Some(problem) = problems.into_iter().next() {
            let place = problem.place.clone().unwrap_or(place);
            findings.push(dropped(file.name(), &problem.message, place));
            return None;
        }
        warn_not_taken(&root, findings);
        Some(read)
    }

    fn fields(root: &Node, place: Place, by_itself: bool, problems: &mut Vec<Finding>) -> Self {
        let mut text = |key: &str| {
            let text = root.typed::<String>(&[key], problems)?;
            if key == "name" && text.value.trim().is_empty() {
                return None;
            }
            if text.value.trim().is_empty() && key != "model" {
                problems.push(Finding::error("agent-role", format!("`{key}` is empty")).at(text.place));
                return None;
            }
            Some(text.value)
        };
        let (name, model, description) = (text("name"), text("model"), text("description"));
        let instructions = text("developer_instructions");
        let unknown = root.read::<&Table>().into_iter().flatten();
        let unknown = unknown.filter(|(key, _)| !KNOWN.contains(&key.as_str()));
        problems.extend(unknown.map(|(key, node)| {
            Finding::error("agent-role", format!("it knows no key `{key}`")).at(node.place.clone())
        }));
        for (missing, key) in [(name.is_none(), "name"), (instructions.is_none(), "developer_instructions")] {
            if by_itself && missing && problems.is_empty() {
                problems.push(Finding::error("agent-role", format!("it has no `{key}`")).at(place.clone()));
            }
        }
        let features = |key: &str| {
            let node = root.get(&["features", key])?;
            (node.read::<bool>() == Some(false)).then(|| node.place.clone())
        };
        for key in keys::FEATURES {
            root.typed::<bool>(&["features", key], problems);
        }
        let without = Without {
            plugins: features("plugins"),
            shell: features("shell_tool"),
            request_permissions: features("request_permissions_tool"),
        };
        Self {
            name: name.unwrap_or_default(),
            described: description.is_some(),
            place,
            role: Some(AgentRole { without, model: model.filter(|model| !model.is_empty()) }),
        }
    }
}

/// Warns of what a role's file states in vain.
fn warn_not_taken(root: &Node, findings: &mut Vec<Finding>) {
    for (path, node) in NOT_TAKEN.iter().filter_map(|path| Some((path, root.get(path)?))) {
        let text =
            format!("Codex takes no `{}` from a role's file: sub-agents have the session's", path.join("."));
        findings.push(
            Finding::warning("idle-role-key", text)
                .at(node.place.clone())
                .help("state it in config.toml, or remove it"),
        );
    }
    let features = root.get(&["features"]).and_then(Node::read::<&Table>);
    for (key, node) in features.into_iter().flatten() {
        if !keys::FEATURES.contains(&key.as_str()) || node.read::<bool>() == Some(true) {
            let text = format!(
                "Codex takes no `features.{key} = …` from a role's file but to switch some features off"
            );
            findings.push(Finding::warning("idle-role-key", text).at(node.place.clone()).help("remove it"));
        }
    }
}

fn dropped(name: &str, why: &str, place: Place) -> Finding {
    Finding::warning("agent-role", format!("Codex drops the role `{name}`: {why}"))
        .at(place)
        .help("correct it, or no sub-agent can be started in it")
}

/// A path from the folder of a layer; `None` if it leads out. Paths into a Codex home are taken from there.
fn inside(path: &str) -> Option<String> {
    let path = path.rsplit_once("/.codex/").map_or(path, |(_, below)| below);
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let odd = path.starts_with(['/', '~']) || path.contains('\\') || parts.contains(&"..");
    (!odd && !parts.is_empty()).then(|| parts.join("/"))
}

/// Everything that a configuration says of roles, for a layer's place in it.
pub(crate) fn layer_of<'c>(config: &'c Config, name: &str) -> Option<&'c Node> {
    config.layers().iter().find(|layer| &*layer.place.file == name)
}
