use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use plugin_eval::finding::Finding;
use plugin_eval::plugin::config::read_toml;
use plugin_eval::source::TextFile;
use toml_edit::DocumentMut;

use super::clean;

/// Where a Codex configuration lies.
pub(super) struct Layer {
    folder: PathBuf,
    config: Option<PathBuf>,
    /// It is kept in the plugin's repository, so that its comments are shared already.
    shared: bool,
}

/// The configuration of a suite, as `suite.toml` names it.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) config: Vec<String>,
    pub(super) rules: Vec<String>,
    pub(super) requirements: Option<String>,
    /// What was left out, for the user to know.
    pub(super) left_out: Vec<String>,
    /// Where it was found, when nobody named it.
    pub(super) found: Option<PathBuf>,
}

impl Layer {
    /// A layer that was named: a folder such as `~/.codex`, or a `config.toml`.
    pub(super) fn named(typed: &Path) -> anyhow::Result<Self> {
        let path =
            fs::canonicalize(typed).with_context(|| format!("the configuration {}", typed.display()))?;
        if path.is_dir() {
            let layer = Self::of_folder(path, false);
            if layer.config.is_none() && layer.rules()?.is_empty() && layer.requirements().is_none() {
                bail!("{} holds no config.toml, rules or requirements.toml", typed.display());
            }
            return Ok(layer);
        }
        let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
        Ok(Self { folder, config: Some(path), shared: false })
    }

    fn of_folder(folder: PathBuf, shared: bool) -> Self {
        let config = Some(folder.join("config.toml")).filter(|path| path.is_file());
        Self { folder, config, shared }
    }

    /// The configuration that a plugin's repository holds: `.codex` or `codex` beside the plugin or above it, as far up
    /// as the repository goes.
    pub(super) fn search(plugin: &Path) -> Option<Self> {
        let top = repository(plugin);
        let above = plugin.ancestors().take_while(|folder| folder.starts_with(&top));
        let folders = above.flat_map(|folder| [folder.join(".codex"), folder.join("codex")]);
        folders.map(|folder| Self::of_folder(folder, true)).find(|layer| layer.config.is_some())
    }

    fn rules(&self) -> anyhow::Result<Vec<PathBuf>> {
        let Ok(entries) = fs::read_dir(self.folder.join("rules")) else { return Ok(Vec::new()) };
        let mut rules = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "rules") && path.is_file() {
                rules.push(path);
            }
        }
        rules.sort();
        Ok(rules)
    }

    /// The files of roles of sub-agents, by their paths from the folder: those that the configuration names, and those in
    /// `agents`.
    fn roles(&self, config: &str) -> Vec<String> {
        let document: DocumentMut = config.parse().unwrap_or_default();
        let agents = document.get("agents").and_then(toml_edit::Item::as_table_like);
        let named = agents.into_iter().flat_map(|agents| agents.iter());
        let named = named.filter_map(|(_, role)| role.get("config_file")?.as_str());
        let mut names: Vec<String> = named
            .map(|path| path.rsplit_once("/.codex/").map_or(path, |(_, below)| below))
            .map(|path| path.trim_start_matches("./").to_owned())
            .collect();
        let found = toml_below(&self.folder.join("agents"), 0);
        names.extend(found.into_iter().map(|name| format!("agents/{name}")));
        names.sort();
        names.dedup();
        let inside = |name: &String| {
            let parts = Path::new(name).components();
            parts.into_iter().all(|part| matches!(part, std::path::Component::Normal(_)))
                && self.folder.join(name).is_file()
        };
        names.retain(inside);
        names
    }

    fn requirements(&self) -> Option<PathBuf> {
        Some(self.folder.join("requirements.toml")).filter(|path| path.is_file())
    }

    /// Writes the layer's files, cleaned, below `suite`; problems carry the places of the files that were read.
    fn write(
        &self,
        suite: &Path,
        into: &str,
        written: &mut Written,
        findings: &mut Vec<Finding>,
    ) -> anyhow::Result<()> {
        if let Some(config) = &self.config
            && let Some(text) = self.cleaned(config, clean::config, written, findings)?
        {
            put(suite, &format!("{into}/config.toml"), &text)?;
            written.config.push(format!("{into}/config.toml"));
            let hooks = config.with_file_name("hooks.json");
            if hooks.is_file() {
                put(suite, &format!("{into}/hooks.json"), read(&hooks)?.text())?;
            }
            for name in self.roles(&text) {
                let file = self.folder.join(&name);
                if let Some(text) = self.cleaned(&file, clean::role, written, findings)? {
                    put(suite, &format!("{into}/{name}"), &text)?;
                }
            }
        }
        for rule in self.rules()? {
            let Some(name) = rule.file_name().and_then(|name| name.to_str()) else { continue };
            let name = format!("{into}/rules/{name}");
            put(suite, &name, read(&rule)?.text())?;
            written.rules.push(name);
        }
        if let Some(path) = self.requirements()
            && let Some(text) = self.cleaned(&path, clean::requirements, written, findings)?
        {
            if written.requirements.is_some() {
                bail!("two configurations hold a requirements.toml, and Codex reads one; keep one of them");
            }
            put(suite, &format!("{into}/requirements.toml"), &text)?;
            written.requirements = Some(format!("{into}/requirements.toml"));
        }
        Ok(())
    }

    /// A file without what must not be shared; `None` when it is not TOML.
    fn cleaned(
        &self,
        path: &Path,
        clean: fn(&mut DocumentMut, bool) -> Vec<String>,
        written: &mut Written,
        findings: &mut Vec<Finding>,
    ) -> anyhow::Result<Option<String>> {
        let file = read(path)?;
        if read_toml(&file, findings).is_none() {
            return Ok(None);
        }
        let mut document: DocumentMut = file.text().parse().with_context(|| path.display().to_string())?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let gone = clean(&mut document, self.shared);
        written.left_out.extend(gone.into_iter().map(|what| format!("{name}: {what}")));
        Ok(Some(document.to_string().trim_start().to_owned()))
    }
}

/// Writes the configuration of a suite: what was named, what the plugin's repository holds, or one that only installs
/// the plugin.
pub(super) fn write(
    named: &[PathBuf],
    plugin: &Path,
    id: &str,
    suite: &Path,
    findings: &mut Vec<Finding>,
) -> anyhow::Result<Written> {
    let mut written = Written::default();
    let mut layers = named.iter().map(|typed| Layer::named(typed)).collect::<anyhow::Result<Vec<_>>>()?;
    if named.is_empty() {
        layers.extend(Layer::search(plugin));
        written.found = layers.first().map(|layer| layer.folder.clone());
    }
    for (at, layer) in layers.iter().enumerate() {
        // Each in a folder of its own: a hooks.json belongs to the config.toml beside it.
        let into = if at == 0 { "codex".to_owned() } else { format!("codex/layer-{}", at + 1) };
        layer.write(suite, &into, &mut written, findings)?;
    }
    if written.config.is_empty() {
        let id = toml_edit::Value::from(id).to_string();
        let text = format!(
            "# The Codex configuration that is deployed with the plugin. Write into it what your users get: approval\n\
             # policy, sandbox or permission profile, policy for MCP tools.\n\
             approval_policy = \"on-request\"\n\n[plugins.{}]\nenabled = true\n",
            id.trim()
        );
        put(suite, "codex/config.toml", &text)?;
        written.config.push("codex/config.toml".to_owned());
    }
    Ok(written)
}

/// The top of the repository that holds a folder; the folder above it when it is in none.
pub(super) fn repository(folder: &Path) -> PathBuf {
    let top = folder.ancestors().find(|above| above.join(".git").exists());
    top.or(folder.parent()).unwrap_or(folder).to_owned()
}

/// The `*.toml` below a folder, by their paths from it.
fn toml_below(folder: &Path, depth: u8) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries.filter_map(Result::ok) {
        let Ok(name) = entry.file_name().into_string() else { continue };
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) && depth < 8 {
            let below = toml_below(&entry.path(), depth + 1);
            found.extend(below.into_iter().map(|below| format!("{name}/{below}")));
        } else if Path::new(&name).extension().is_some_and(|kind| kind == "toml") {
            found.push(name);
        }
    }
    found
}

fn read(path: &Path) -> anyhow::Result<TextFile> {
    if !path.is_file() {
        bail!("{} is not a regular file", path.display());
    }
    Ok(TextFile::read(path, path.display().to_string())?)
}

fn put(suite: &Path, name: &str, text: &str) -> anyhow::Result<()> {
    let path = suite.join(name);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(&path, text).with_context(|| name.to_owned())
}
