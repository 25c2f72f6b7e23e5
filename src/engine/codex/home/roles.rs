//! The files of sub-agents' roles, laid into the home; the configuration names them by their new paths.

use std::io;
use std::path::Path;

use toml_edit::{DocumentMut, Item, value};

use crate::plugin::Plugin;

/// Folder in the Codex home for files that the configuration names.
const FOLDER: &str = "agent-roles";

/// Names the files of one layer's roles by their new paths. A file that is not part of the suite is not named at all.
pub(super) fn fit(document: &mut DocumentMut, layer: usize, plugin: &Plugin, codex_home: &str) {
    let Some(agents) = document.get_mut("agents").and_then(Item::as_table_like_mut) else { return };
    for (number, role) in plugin.agents.files().iter().enumerate().filter(|(_, role)| role.layer == layer) {
        let table = role.declared.as_deref().and_then(|name| agents.get_mut(name)?.as_table_like_mut());
        if let Some(table) = table {
            table.insert("config_file", value(format!("{codex_home}/{FOLDER}/{number}.toml")));
        }
    }
    for name in plugin.agents.elsewhere() {
        if let Some(table) = agents.get_mut(name).and_then(Item::as_table_like_mut) {
            table.remove("config_file");
        }
    }
}

/// Writes the files: those that lie in `agents/` beside their layer, which is the user's or one below.
pub(super) fn copy(
    plugin: &Plugin,
    layers: usize,
    codex: &Path,
    etc: &mut Vec<(String, Vec<u8>)>,
) -> io::Result<()> {
    for (number, role) in plugin.agents.files().iter().enumerate() {
        let text = role.file.text();
        let folder = match &role.declared {
            Some(_) => FOLDER,
            None if role.layer + 1 == layers => "agents",
            None => {
                etc.push((format!("codex/agents/{number}.toml"), text.as_bytes().to_vec()));
                continue;
            }
        };
        std::fs::create_dir_all(codex.join(folder))?;
        std::fs::write(codex.join(folder).join(format!("{number}.toml")), text)?;
    }
    Ok(())
}
