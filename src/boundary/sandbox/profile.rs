use super::choice::{Mode, definition};
use super::files::Files;
use super::legacy::proxy_of_features;
use super::network::{Network, Proxy};
use super::{grants, legacy};
use crate::decision::Rule;
use crate::finding::{Finding, closest};
use crate::plugin::Config;
use crate::plugin::config::{Node, Table, read_toml};
use crate::source::{Place, TextFile};

/// Keys of a profile.
const KEYS: [&str; 5] = ["description", "extends", "workspace_roots", "filesystem", "network"];
/// Keys of its `network` table.
const NETWORK_KEYS: [&str; 13] = [
    "enabled",
    "mode",
    "domains",
    "unix_sockets",
    "allow_local_binding",
    "allow_upstream_proxy",
    "proxy_url",
    "enable_socks5",
    "socks_url",
    "enable_socks5_udp",
    "dangerously_allow_non_loopback_proxy",
    "dangerously_allow_all_unix_sockets",
    "mitm",
];
/// What `:read-only` and `:workspace` hand down to a profile that extends them.
const READ_ONLY: &str = "[filesystem]\n\":root\" = \"read\"\n";
const WORKSPACE: &str = "[filesystem]\n\":root\" = \"read\"\n\":slash_tmp\" = \"write\"\n\":tmpdir\" = \"write\"\n\
    \":workspace_roots\" = { \".\" = \"write\" }\n";

/// What a permission profile grants.
pub(super) fn build(
    name: &str,
    rule: &Rule,
    config: &Config,
    requirements: &Config,
    findings: &mut Vec<Finding>,
) -> (Files, Network) {
    if name == ":danger-full-access" {
        return legacy::build(Mode::FullAccess, rule, config, findings);
    }
    let Some(profile) = merged(name, rule, config, requirements, findings) else {
        return legacy::build(Mode::ReadOnly, rule, config, findings);
    };
    profile.warn_unknown(&format!("[permissions.{name}]"), &KEYS, findings);
    let files = grants::files(name, &profile, rule, findings);
    (files, network(name, &profile, rule, config, findings))
}

/// The profile laid over all that it extends, key by key (Codex 0.169).
fn merged(
    name: &str,
    rule: &Rule,
    config: &Config,
    requirements: &Config,
    findings: &mut Vec<Finding>,
) -> Option<Node> {
    let mut chain: Vec<&str> = Vec::new();
    let mut layers: Vec<Node> = Vec::new();
    let mut next = Some((name.to_owned(), rule.place.clone()));
    while let Some((at, place)) = next {
        if let Some(base) = built_in(&at) {
            layers.push(base);
            break;
        }
        let mut tables = definition(&at, config, requirements);
        let Some(first) = tables.next().filter(|_| !at.starts_with(':')) else {
            findings.push(missing(&at, chain.last().copied(), place, config));
            return None;
        };
        let mut table = first.clone();
        tables.for_each(|over| table.overlay(over));
        if chain.contains(&at.as_str()) {
            let message = format!("profiles extend each other: {} -> {at}", chain.join(" -> "));
            findings.push(
                Finding::error("permissions", message).at(first.place.clone()).help("remove one `extends`"),
            );
            return None;
        }
        next = table.typed::<String>(&["extends"], findings).map(|base| (base.value, Some(base.place)));
        // Names live as long as the files: look the key up again instead of keeping a copy.
        chain.push(key_of(&at, config).or_else(|| key_of(&at, requirements)).unwrap_or_default());
        layers.push(table);
    }
    layers.into_iter().rev().reduce(|mut low, high| {
        low.overlay(&high);
        low
    })
}

fn key_of<'n>(name: &str, file: &'n Config) -> Option<&'n str> {
    let table = file.get(&["permissions"])?.read::<&Table>()?;
    table.get_key_value(name).map(|(key, _)| key.as_str())
}

fn missing(name: &str, extended_by: Option<&str>, place: Option<Place>, config: &Config) -> Finding {
    let mut findings = Vec::new();
    let defined: Vec<&str> = config.entries(&["permissions"], &mut findings).map(|(key, _)| key).collect();
    let (message, known) = match extended_by {
        Some(by) => (
            format!("profile `{by}` extends `{name}`, which cannot be extended or is not defined"),
            &Mode::PROFILES[..2],
        ),
        None => (format!("permission profile `{name}` is not defined"), &Mode::PROFILES[..]),
    };
    let help = closest(name, defined.into_iter().chain(known.iter().copied())).map_or_else(
        || "name a profile of [permissions], :read-only or :workspace".to_owned(),
        |one| format!("did you mean `{one}`?"),
    );
    let finding = Finding::error("permissions", message).help(help);
    match place {
        Some(place) => finding.at(place),
        None => finding,
    }
}

fn built_in(name: &str) -> Option<Node> {
    let text = match name {
        ":read-only" => READ_ONLY,
        ":workspace" => WORKSPACE,
        _ => return None,
    };
    read_toml(&TextFile::new("", text), &mut Vec::new())
}

fn network(name: &str, profile: &Node, rule: &Rule, config: &Config, findings: &mut Vec<Finding>) -> Network {
    let table = profile.get(&["network"]);
    if let Some(table) = table {
        table.warn_unknown(&format!("[permissions.{name}.network]"), &NETWORK_KEYS, findings);
    }
    let enabled = table.and_then(|table| table.typed::<bool>(&["enabled"], findings));
    let Some(enabled) = enabled.filter(|enabled| enabled.value) else {
        return Network::Off(Rule {
            place: rule.place.clone(),
            text: format!("{name}: network is not enabled").into(),
        });
    };
    let on = Rule::at(enabled.place, format!("{name}: network.enabled = true"));
    let domains = table.and_then(|table| table.get(&["domains"]));
    let Some(features) = proxy_of_features(config) else {
        if let Some(domains) = domains {
            findings.push(
                Finding::warning(
                    "permissions",
                    "the domains have no effect: without the network proxy every host is open",
                )
                .at(domains.place.clone())
                .help("set `network_proxy = true` under [features]"),
            );
        }
        return Network::Open(on);
    };
    let mut proxy = Proxy::new(&on);
    proxy.add(domains, findings);
    if let Some(table) = table {
        proxy.set(name, table, findings);
    }
    proxy.overlay(features, findings);
    Network::Proxied(proxy)
}

/// Tells profiles of the configuration whose names are reserved.
pub(super) fn reserved(config: &Config, findings: &mut Vec<Finding>) {
    let mut found = Vec::new();
    for (name, node) in config.entries(&["permissions"], findings).filter(|(name, _)| name.starts_with(':')) {
        let finding = Finding::error("permissions", format!("the profile name `{name}` is reserved"));
        found.push(finding.at(node.place.clone()).help("names of your own do not start with `:`"));
    }
    findings.append(&mut found);
}
