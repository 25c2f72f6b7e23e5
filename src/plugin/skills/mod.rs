//! The plugin's skills: `SKILL.md` files, and commands that Codex turns into skills at installation.

mod command;
mod frontmatter;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::bundle::Bundle;
use super::config::{Config, Node, Placed, read_yaml};
use super::manifest::Manifest;
use crate::finding::Finding;
use crate::source::Place;

/// Folders below a skills root in which Codex 0.169 still looks for `SKILL.md`.
const MAX_DEPTH: usize = 6;

/// A skill that the plugin offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skill {
    /// Full name, `<plugin>:<skill>`; the only form that an explicit mention may take.
    pub name: String,
    /// What it says of itself; the model chooses by it.
    pub description: String,
    /// `SKILL.md`, relative to the installed plugin, with `/`.
    pub path: String,
    /// Where it is written.
    pub place: Place,
    /// The model may choose it without being told (`policy.allow_implicit_invocation`).
    pub implicit: bool,
    /// Not switched off by a `[[skills.config]]` of the configuration.
    pub enabled: bool,
}

/// Finds the skills of a plugin. A skill that Codex drops is a warning finding.
pub(crate) fn load(
    bundle: &Bundle,
    manifest: &Manifest,
    plugin: &str,
    config: &Config,
    findings: &mut Vec<Finding>,
) -> Vec<Skill> {
    let switched_off = switched_off(config, findings);
    let mut skills = Vec::new();
    for path in skill_files(bundle, manifest, findings) {
        let Some(file) = bundle.read(&path, findings) else { continue };
        let Some(text) = frontmatter::read(&file, &folder_name(&path, plugin), findings) else { continue };
        skills.push(Skill {
            name: format!("{plugin}:{}", text.name),
            description: text.description,
            place: file.place(0),
            implicit: allows_implicit(bundle, &path, findings),
            enabled: true,
            path: slashed(&path),
        });
    }
    skills.extend(command::migrated(bundle, plugin, findings));
    for skill in &mut skills {
        skill.enabled = !switched_off.iter().any(|off| off.means(skill));
    }
    skills
}

/// Files named `SKILL.md` below the skills roots, outside folders whose names start with a dot.
fn skill_files(bundle: &Bundle, manifest: &Manifest, findings: &mut Vec<Finding>) -> BTreeSet<PathBuf> {
    let default = [Placed { place: manifest.place.clone(), value: PathBuf::from("skills") }];
    let stated = manifest.skills.as_deref();
    let mut found = BTreeSet::new();
    for root in stated.unwrap_or(&default) {
        if !bundle.is_folder(&root.value) {
            if stated.is_some() {
                let text = format!("there is no folder `{}`, so it gives no skills", slashed(&root.value));
                findings.push(Finding::warning("skills-missing", text).at(root.place.clone()));
            }
            continue;
        }
        for path in bundle.files_below(&root.value).filter(|path| path.ends_with("SKILL.md")) {
            let Ok(below) = path.strip_prefix(&root.value) else { continue };
            let folders: Vec<_> = below.parent().into_iter().flat_map(Path::components).collect();
            let hidden = folders.iter().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"."));
            if !hidden && folders.len() <= MAX_DEPTH {
                found.insert(path.to_owned());
            }
        }
    }
    found
}

fn folder_name(path: &Path, plugin: &str) -> String {
    let folder = path.parent().and_then(Path::file_name);
    folder.map_or_else(|| plugin.to_owned(), |name| name.to_string_lossy().into_owned())
}

pub(crate) fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

/// `agents/openai.yaml` beside `SKILL.md`; a file that cannot be read this way is ignored, as Codex does.
fn allows_implicit(bundle: &Bundle, skill: &Path, findings: &mut Vec<Finding>) -> bool {
    let path = skill.with_file_name("agents").join("openai.yaml");
    let Some(file) = bundle.read(&path, findings) else { return true };
    let mut wrong = Vec::new();
    let policy = read_yaml(&file, file.text(), 1, &mut wrong)
        .and_then(|node| node.typed::<bool>(&["policy", "allow_implicit_invocation"], &mut wrong));
    for finding in wrong {
        let text = format!("Codex ignores this file: {}", finding.message);
        let ignored = Finding::warning("skill-metadata", text);
        findings.push(match finding.place {
            Some(place) => ignored.at(place),
            None => ignored.at(file.place(0)),
        });
    }
    policy.is_none_or(|allowed| allowed.value)
}

/// A `[[skills.config]]` with `enabled = false`: by full name, or by the path of the installed `SKILL.md`.
struct SwitchedOff {
    name: Option<String>,
    path: Option<String>,
}

impl SwitchedOff {
    fn means(&self, skill: &Skill) -> bool {
        self.name.as_deref() == Some(skill.name.as_str())
            || self.path.as_deref().is_some_and(|path| is_installed_at(path, &skill.path))
    }
}

fn is_installed_at(path: &str, relative: &str) -> bool {
    path.strip_suffix(relative).is_some_and(|folder| folder.is_empty() || folder.ends_with('/'))
}

fn switched_off(config: &Config, findings: &mut Vec<Finding>) -> Vec<SwitchedOff> {
    let Some(entries) = config.typed::<&[Node]>(&["skills", "config"], findings) else { return Vec::new() };
    let mut off = Vec::new();
    for entry in entries.value {
        entry.warn_unknown("`[[skills.config]]`", &["path", "name", "enabled"], findings);
        let enabled = entry.typed::<bool>(&["enabled"], findings).is_none_or(|enabled| enabled.value);
        let mut text = |key| entry.typed::<String>(&[key], findings).map(|text| text.value);
        let (name, path) = (text("name"), text("path"));
        if !enabled {
            off.push(SwitchedOff { name, path });
        }
    }
    off
}
