use super::choice::Mode;
use super::entry::Grant;
use super::files::Files;
use super::location::{Anchor, Location};
use super::network::{Network, Proxy};
use crate::decision::Rule;
use crate::finding::Finding;
use crate::plugin::Config;
use crate::plugin::config::{Node, Placed};

/// Keys of `[sandbox_workspace_write]`.
const KEYS: [&str; 4] = ["network_access", "writable_roots", "exclude_tmpdir_env_var", "exclude_slash_tmp"];

/// What a sandbox mode grants; `[sandbox_workspace_write]` counts for `workspace-write` alone (Codex 0.169).
pub(super) fn build(
    mode: Mode,
    rule: &Rule,
    config: &Config,
    findings: &mut Vec<Finding>,
) -> (Files, Network) {
    let root = Location::new(Anchor::Root, "");
    let mut files = Files::default();
    match mode {
        Mode::FullAccess => return (Files::unrestricted(rule.clone()), Network::Open(rule.clone())),
        Mode::ReadOnly => {
            files.add(root, Grant::Read, rule.clone());
            return (files, Network::Off(rule.clone()));
        }
        Mode::WorkspaceWrite => files.add(root, Grant::Read, rule.clone()),
    }
    files.add(Location::new(Anchor::Workspace, ""), Grant::Write, rule.clone());
    let table = config.get(&["sandbox_workspace_write"]);
    if let Some(table) = table {
        table.warn_unknown("[sandbox_workspace_write]", &KEYS, findings);
    }
    let mut flag = |key: &str| {
        let flag = table.and_then(|table| table.typed::<bool>(&[key], findings));
        flag.filter(|flag| flag.value).map(|flag| flag.place)
    };
    if flag("exclude_slash_tmp").is_none() {
        files.add(Location::new(Anchor::Root, "tmp"), Grant::Write, rule.clone());
    }
    if flag("exclude_tmpdir_env_var").is_none() {
        files.add(Location::new(Anchor::Tmpdir, ""), Grant::Write, rule.clone());
    }
    let network = match flag("network_access") {
        None => Network::Off(Rule { place: rule.place.clone(), text: "network_access is not set".into() }),
        Some(place) => {
            let on = Rule::at(place, "network_access = true");
            match proxy_of_features(config) {
                Some(features) => {
                    let mut proxy = Proxy::new(&on);
                    proxy.overlay(features, findings);
                    Network::Proxied(proxy)
                }
                None => Network::Open(on),
            }
        }
    };
    let roots = table.and_then(|table| table.typed::<Vec<Placed<String>>>(&["writable_roots"], findings));
    for root in roots.into_iter().flat_map(|roots| roots.value) {
        let location = writable_root(&root, findings);
        files.add(location, Grant::Write, Rule::at(root.place, format!("writable_roots: {}", root.value)));
    }
    (files, network)
}

fn writable_root(root: &Placed<String>, findings: &mut Vec<Finding>) -> Location {
    Location::parse(&root.value).unwrap_or_else(|| {
        let message = format!(
            "the writable root `{}` is read from Codex's own folder, not from the workspace",
            root.value
        );
        findings
            .push(Finding::warning("sandbox", message).at(root.place.clone()).help("write an absolute path"));
        Location::new(Anchor::CodexHome, &root.value)
    })
}

/// What `[features] network_proxy` says, where it turns the proxy on.
pub(super) fn proxy_of_features(config: &Config) -> Option<&Node> {
    let feature = config.get(&["features", "network_proxy"])?;
    let enabled = feature
        .read::<bool>()
        .unwrap_or_else(|| feature.get(&["enabled"]).and_then(Node::read::<bool>).unwrap_or(true));
    enabled.then_some(feature)
}
