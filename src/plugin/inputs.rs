use std::path::{Path, PathBuf};

use super::agents::AgentRoles;
use super::bundle::Bundle;
use super::manifest::{Manifest, ServersField};
use super::skills::Skill;
use super::spec::SpecFiles;
use crate::source::{ContentHash, TextFile};

/// Hashes of what a plugin is made of, so that a change can be traced to the part that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PluginInputs {
    /// Manifest and skills.
    pub plugin: ContentHash,
    /// Declarations of MCP servers and the recorded tools.
    pub mcp: ContentHash,
    /// The whole plugin folder, for hooks may run or read any of it, and `hooks.json` files beside the configuration.
    pub hooks: ContentHash,
    /// Configuration layers and the files of sub-agents' roles.
    pub config: ContentHash,
    /// Files of execpolicy rules.
    pub rules: ContentHash,
    /// Requirements.
    pub requirements: ContentHash,
}

impl PluginInputs {
    pub(crate) fn of(
        bundle: &Bundle,
        manifest: &Manifest,
        skills: &[Skill],
        files: &SpecFiles,
        agents: &AgentRoles,
    ) -> Self {
        let manifest_file = bundle.relative(&manifest.place);
        let written = skills.iter().filter_map(|skill| bundle.relative(&skill.place));
        let servers = match &manifest.servers {
            ServersField::Default => Some(PathBuf::from(".mcp.json")),
            ServersField::File(path) => Some(path.value.clone()),
            ServersField::Inline(_) => manifest_file.clone(),
        };
        Self {
            plugin: bundle.hash_files(manifest_file.iter().cloned().chain(written)),
            mcp: of_both(bundle.hash_files(servers), of_files(&files.mcp_tools)),
            hooks: of_both(bundle.hash(), of_files(&files.hooks)),
            config: of_files(files.config.iter().chain(agents.files().iter().map(|role| &role.file))),
            rules: of_files(&files.rules),
            requirements: of_files(&files.requirements),
        }
    }

    /// The hashes with the names of their parts, in a fixed order.
    pub fn parts(&self) -> [(&'static str, ContentHash); 6] {
        [
            ("plugin", self.plugin),
            ("mcp", self.mcp),
            ("hooks", self.hooks),
            ("config", self.config),
            ("rules", self.rules),
            ("requirements", self.requirements),
        ]
    }
}

fn of_files<'f>(files: impl IntoIterator<Item = &'f TextFile>) -> ContentHash {
    ContentHash::of_parts(files.into_iter().map(|file| (&**file.name(), file.text().as_bytes())))
}

fn of_both(a: ContentHash, b: ContentHash) -> ContentHash {
    ContentHash::of(format!("{a} {b}").as_bytes())
}

impl Bundle {
    /// Identity of some of the files, in the order given; names are part of it.
    fn hash_files(&self, paths: impl IntoIterator<Item = PathBuf>) -> ContentHash {
        let read = |path: PathBuf| Some((path.to_string_lossy().into_owned(), self.bytes(&path)?));
        let parts: Vec<_> = paths.into_iter().filter_map(read).collect();
        ContentHash::of_parts(parts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())))
    }

    fn bytes(&self, path: &Path) -> Option<Vec<u8>> {
        let file = self.read(path, &mut Vec::new())?;
        Some(file.text().as_bytes().to_vec())
    }
}
