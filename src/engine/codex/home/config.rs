//! The configuration layers inside: the highest is the user's, those below are merged into the system's.

use std::io;
use std::path::Path;

use toml_edit::{DocumentMut, Item, Table, TableLike, value};

use super::roles;
use super::servers::{self, Stubs};
use crate::finding::Finding;
use crate::plugin::hooks::HookSource;
use crate::plugin::{Bundle, HookTrust, Plugin, PluginSpec};

/// The text of both layers.
pub(super) struct Layers {
    pub(super) user: String,
    pub(super) system: Option<String>,
}

/// Reads the layers and fits them to the new home. `changed` is the plugin's copy when stubs were put into it.
pub(super) fn layers(
    spec: &PluginSpec,
    plugin: &Plugin,
    codex_home: &str,
    stubs: Option<&Stubs<'_>>,
    changed: Option<&Path>,
) -> io::Result<Layers> {
    let mut documents = Vec::with_capacity(spec.config.len());
    for path in &spec.config {
        let text = std::fs::read_to_string(spec.suite.join(path))?;
        documents.push(text.parse::<DocumentMut>().map_err(io::Error::other)?);
    }
    let fingerprint = changed.and_then(fingerprint);
    for (at, document) in documents.iter_mut().enumerate() {
        roles::fit(document, at, plugin, codex_home);
        if let Some(stubs) = stubs {
            servers::in_config(document, plugin, stubs);
        }
        fit_hook_states(document, plugin, codex_home, fingerprint.as_deref());
    }
    let mut user = documents.pop().unwrap_or_default();
    let mut system: Option<DocumentMut> = None;
    for document in documents {
        match &mut system {
            Some(system) => merge(system.as_table_mut(), document.as_table()),
            None => system = Some(document),
        }
    }
    let stated = |document: &DocumentMut| {
        document.get("plugins").and_then(|plugins| plugins.get(&plugin.id)).is_some()
    };
    if !stated(&user) && !system.as_ref().is_some_and(stated) {
        // Installing a plugin writes this table.
        set(user.as_table_mut(), &["plugins", &plugin.id, "enabled"], value(true));
    }
    if spec.trust_hooks == HookTrust::Assumed {
        trust_unnamed(&mut user, system.as_ref(), plugin, codex_home);
    }
    Ok(Layers { user: user.to_string(), system: system.map(|system| system.to_string()) })
}

/// Sets the value under these keys; tables on the way are made where they are missing.
fn set(top: &mut dyn TableLike, path: &[&str], new: Item) {
    match path {
        [] => {}
        [key] => drop(top.insert(key, new)),
        [key, rest @ ..] => {
            let item = top.entry(key).or_insert_with(|| Item::Table(Table::new()));
            if let Some(table) = item.as_table_like_mut() {
                set(table, rest, new);
            }
        }
    }
}

/// Puts a higher layer over a lower one, as Codex does: tables are merged, everything else is replaced.
fn merge(lower: &mut dyn TableLike, higher: &dyn TableLike) {
    for (key, item) in higher.iter() {
        match (lower.get_mut(key), item.as_table_like()) {
            (Some(below), Some(above)) if below.is_table_like() => {
                if let Some(below) = below.as_table_like_mut() {
                    merge(below, above);
                }
            }
            _ => drop(lower.insert(key, item.clone())),
        }
    }
}

/// The keys of hooks and the hashes of their definitions, as this home has them.
fn definitions(plugin: &Plugin, codex_home: &str) -> Vec<(HookSource, String, String)> {
    let mut all = Vec::new();
    for file in &plugin.hooks {
        let start = match file.source {
            HookSource::Plugin => file.key.clone(),
            _ => format!("{codex_home}/{}", file.key),
        };
        for group in &file.groups {
            for handler in &group.handlers {
                let key = format!("{start}:{}:{}:{}", group.event.key(), group.index, handler.index);
                all.push((file.source, key, handler.definition_hash.clone()));
            }
        }
    }
    all
}

/// Trust that is stored for files of the user lies under their paths on the user's machine; here these are others. And
/// a plugin whose servers were replaced has another fingerprint.
fn fit_hook_states(document: &mut DocumentMut, plugin: &Plugin, codex_home: &str, fingerprint: Option<&str>) {
    let original = plugin.bundle.fingerprint();
    let Some(hooks) = document.get_mut("hooks").and_then(Item::as_table_like_mut) else { return };
    let Some(states) = hooks.get_mut("state").and_then(Item::as_table_like_mut) else { return };
    for (source, key, _) in definitions(plugin, codex_home) {
        if source == HookSource::Plugin {
            if let (Some(new), Some(state)) =
                (fingerprint, states.get_mut(&key).and_then(Item::as_table_like_mut))
                && state.get("trusted_content_hash").and_then(Item::as_str) == original.as_deref()
                && original.is_some()
            {
                state.insert("trusted_content_hash", value(new));
            }
            continue;
        }
        let Some(name) = key.strip_prefix(codex_home) else { continue };
        let elsewhere = states
            .iter()
            .map(|(known, _)| known.to_owned())
            .find(|known| known.ends_with(name) || known == name.trim_start_matches('/'));
        if let Some(state) = elsewhere.filter(|known| *known != key).and_then(|known| states.remove(&known)) {
            states.insert(&key, state);
        }
    }
}

/// Trusts the hooks of which the configuration says nothing.
fn trust_unnamed(user: &mut DocumentMut, system: Option<&DocumentMut>, plugin: &Plugin, codex_home: &str) {
    for (source, key, hash) in definitions(plugin, codex_home) {
        let known = |document: &DocumentMut| {
            document.get("hooks").and_then(|hooks| hooks.get("state")?.get(&key)).is_some()
        };
        if source != HookSource::Managed && !known(user) && !system.is_some_and(known) {
            set(user.as_table_mut(), &["hooks", "state", &key, "trusted_hash"], value(hash));
        }
    }
}

/// The fingerprint of a plugin folder.
fn fingerprint(folder: &Path) -> Option<String> {
    let mut findings: Vec<Finding> = Vec::new();
    Bundle::open(folder, "plugin", &mut findings)?.fingerprint()
}
