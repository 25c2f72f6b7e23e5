//! Codex's configuration as deployed with the plugin: layers of `config.toml` merged, each value with its place.
//! The same nodes hold the plugin's JSON files.

mod json;
mod node;
mod toml;
mod yaml;

#[cfg(test)]
mod tests;

use std::ops::Deref;

pub use json::read_json;
pub use node::{FromNode, Node, Placed, Table, Value};
pub use toml::read_toml;
pub use yaml::read_yaml;

use crate::finding::Finding;
use crate::source::{Place, TextFile};

/// The merged configuration; read it like a [`Node`].
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    root: Node,
    layers: Vec<Node>,
}

impl Config {
    /// Merges layers, the lowest first. Codex 0.169 merges tables key by key and replaces everything else, arrays
    /// included. A layer that is not TOML is an error finding and left out.
    pub fn from_layers<'f>(
        layers: impl IntoIterator<Item = &'f TextFile>,
        findings: &mut Vec<Finding>,
    ) -> Self {
        let mut config = Self::default();
        for layer in layers {
            config.add_layer(layer, findings);
        }
        config
    }

    /// Lays one more file over the configuration, such as a trusted project's `.codex/config.toml`.
    pub fn add_layer(&mut self, layer: &TextFile, findings: &mut Vec<Finding>) {
        if let Some(node) = read_toml(layer, findings) {
            self.root.overlay(&node);
            self.layers.push(node);
        }
    }

    /// Lays values over the configuration that no file of its own states.
    pub fn overlay(&mut self, higher: &Node) {
        self.root.overlay(higher);
    }

    /// Every layer as it was read, lowest first. Codex adds up the hooks of all layers instead of merging them.
    pub fn layers(&self) -> &[Node] {
        &self.layers
    }
}

impl Default for Config {
    fn default() -> Self {
        Self { root: Node::empty(Place::file("config.toml")), layers: Vec::new() }
    }
}

impl Deref for Config {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.root
    }
}
