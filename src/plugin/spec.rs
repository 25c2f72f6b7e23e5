use std::path::{Component, Path, PathBuf};

use super::agents::{AgentRoles, Beside, layer_of};
use super::bundle::Bundle;
use super::config::Config;
use crate::finding::Finding;
use crate::source::{Place, ReadError, TextFile};

/// Where a plugin and the configuration deployed with it lie. Paths are relative to the suite folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PluginSpec {
    /// The suite folder.
    pub suite: PathBuf,
    /// The plugin folder.
    pub path: PathBuf,
    /// Marketplace from which the plugin is installed; second part of its id.
    pub marketplace: String,
    /// Layers of `config.toml`, the lowest first. A `hooks.json` beside a layer belongs to it, as Codex reads it.
    pub config: Vec<PathBuf>,
    /// Files of execpolicy rules, or folders of them, of which the `*.rules` directly inside count.
    pub rules: Vec<PathBuf>,
    /// `requirements.toml`, if any.
    pub requirements: Option<PathBuf>,
    /// Recorded answers of the MCP servers to `tools/list`, if any.
    pub mcp_tools: Option<PathBuf>,
    /// Which hooks run.
    pub trust_hooks: HookTrust,
}

/// Most files of roles beside one layer, and the deepest folder they may lie in.
const MAX_ROLES: usize = 200;
const MAX_FOLDERS: usize = 8;

/// Which of the hooks that need trust are run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HookTrust {
    /// Those that the configuration trusts, as Codex 0.169 runs them.
    #[default]
    Configured,
    /// These, and those of which the configuration says nothing: users are taken to trust them when they install.
    Assumed,
    /// All, as with `--dangerously-bypass-hook-trust`.
    All,
}

/// The files that a spec names, read.
#[derive(Clone, Debug, Default)]
pub(crate) struct SpecFiles {
    pub(crate) config: Vec<TextFile>,
    pub(crate) hooks: Vec<TextFile>,
    pub(crate) rules: Vec<TextFile>,
    pub(crate) requirements: Option<TextFile>,
    pub(crate) mcp_tools: Option<TextFile>,
}

impl PluginSpec {
    /// Reads the files beside the plugin; one that cannot be read is an error finding.
    pub(crate) fn read(&self, findings: &mut Vec<Finding>) -> SpecFiles {
        let beside = self.config.iter().map(|path| path.with_file_name("hooks.json"));
        let mut hooks: Vec<_> = beside.filter(|path| self.suite.join(path).is_file()).collect();
        hooks.dedup();
        let rules: Vec<_> = self.rules.iter().flat_map(|path| self.rule_files(path)).collect();
        let mut all = |paths: &[PathBuf]| paths.iter().filter_map(|path| self.file(path, findings)).collect();
        SpecFiles {
            config: all(&self.config),
            hooks: all(&hooks),
            rules: all(&rules),
            requirements: self.requirements.as_ref().and_then(|path| self.file(path, findings)),
            mcp_tools: self.mcp_tools.as_ref().and_then(|path| self.file(path, findings)),
        }
    }

    /// The roles of sub-agents that the layers declare, with the files beside them.
    pub(crate) fn agents(&self, config: &Config, findings: &mut Vec<Finding>) -> AgentRoles {
        let mut roles = AgentRoles::default();
        for (at, layer) in self.config.iter().enumerate() {
            let folder = layer.parent().unwrap_or(Path::new(""));
            let read = |path: &str| self.file_beside(folder, Path::new(path));
            let mut names = Vec::new();
            toml_files(&self.suite.join(folder), Path::new("agents"), 0, &mut names);
            let found = names.iter().filter_map(|name| self.file_beside(folder, name)).collect();
            let layer = layer_of(config, &report_name(layer));
            roles.add_layer(at, Beside { layer, found, read: &read }, findings);
        }
        roles
    }

    /// A file in or below the folder of a layer; links may not lead out of it.
    fn file_beside(&self, folder: &Path, path: &Path) -> Option<TextFile> {
        let top = self.suite.join(folder);
        let file = std::fs::canonicalize(top.join(path)).ok()?;
        let inside = file.starts_with(std::fs::canonicalize(&top).ok()?) && file.is_file();
        let name = report_name(&folder.join(path));
        inside.then(|| TextFile::read(&file, name.as_str()).ok()).flatten()
    }

    fn rule_files(&self, path: &Path) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.suite.join(path)) else { return vec![path.to_owned()] };
        let names = entries.filter_map(|entry| Some(PathBuf::from(entry.ok()?.file_name())));
        let rules = names.filter(|name| name.extension().is_some_and(|extension| extension == "rules"));
        let mut files: Vec<_> = rules.map(|name| path.join(name)).collect();
        files.sort();
        files
    }

    fn file(&self, path: &Path, findings: &mut Vec<Finding>) -> Option<TextFile> {
        let name = report_name(path);
        match TextFile::read(&self.suite.join(path), name.as_str()) {
            Ok(file) => Some(file),
            Err(error) => {
                let text = match error {
                    ReadError::Io { source, .. } => format!("cannot be read: {source}"),
                    ReadError::TooLarge { limit, .. } => format!("is larger than {limit} bytes"),
                    ReadError::NotUtf8 { .. } => "is not UTF-8".to_owned(),
                };
                findings.push(Finding::error("unreadable", text).at(Place::file(name)));
                None
            }
        }
    }

    /// Opens the plugin folder, which must not be a symbolic link.
    pub(crate) fn open_bundle(&self, findings: &mut Vec<Finding>) -> Option<Bundle> {
        let (root, name) = (self.suite.join(&self.path), report_name(&self.path));
        match std::fs::symlink_metadata(&root) {
            Ok(found) if found.is_dir() => Bundle::open(&root, &name, findings),
            found => {
                let text = match found {
                    Ok(_) => "the plugin is not a folder".to_owned(),
                    Err(error) => format!("the plugin folder cannot be read: {error}"),
                };
                let help = "name a folder, not a file or a link to one";
                findings.push(Finding::error("plugin-folder", text).at(Place::file(name)).help(help));
                None
            }
        }
    }

    /// Name of the plugin folder.
    pub(crate) fn folder_name(&self) -> String {
        self.path.file_name().map_or_else(|| "plugin".to_owned(), |name| name.to_string_lossy().into_owned())
    }
}

/// The `*.toml` below a folder, by their paths from `top`, in order.
fn toml_files(top: &Path, folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(top.join(folder)) else { return };
    let mut names: Vec<_> = entries.filter_map(Result::ok).take(MAX_ROLES).collect();
    names.sort_by_key(std::fs::DirEntry::file_name);
    for entry in names {
        let path = folder.join(entry.file_name());
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && depth < MAX_FOLDERS {
            toml_files(top, &path, depth + 1, found);
        } else if path.extension().is_some_and(|kind| kind == "toml") && found.len() < MAX_ROLES {
            found.push(path);
        }
    }
}

/// How reports call a file: relative, with `/`. A file of an absolute path is called by its last part, so that reports
/// do not depend on the machine.
fn report_name(path: &Path) -> String {
    let mut relative = path.components().filter_map(|part| match part {
        Component::Normal(part) => Some(part.to_string_lossy()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    });
    if path.is_absolute() {
        relative.next_back().map(std::borrow::Cow::into_owned).unwrap_or_default()
    } else {
        relative.collect::<Vec<_>>().join("/")
    }
}
