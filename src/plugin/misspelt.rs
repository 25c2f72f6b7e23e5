use super::config::{Config, Node, Table};
use crate::finding::{Finding, closest};

/// Top-level keys of `config.toml` that state a boundary. Codex ignores unknown keys, so a misspelt one of these silently
/// widens it.
const KEYS: [&str; 17] = [
    "allow_login_shell",
    "approval_policy",
    "approvals_reviewer",
    "default_permissions",
    "features",
    "hooks",
    "marketplaces",
    "mcp_servers",
    "permissions",
    "plugins",
    "projects",
    "sandbox_mode",
    "sandbox_workspace_write",
    "shell_environment_policy",
    "skills",
    "agents",
    "rules",
];

/// Keys that Codex reads and that look like one of the above.
const OTHERS: [&str; 6] = ["tools", "notice", "profile", "profiles", "project_doc_max_bytes", "apps"];

/// Warns of top-level keys that are nearly one that states a boundary.
pub(super) fn report(config: &Config, findings: &mut Vec<Finding>) {
    let root: &Node = config;
    for (key, node) in root.read::<&Table>().into_iter().flatten() {
        if KEYS.contains(&key.as_str()) || OTHERS.contains(&key.as_str()) {
            continue;
        }
        if let Some(near) = closest(key, KEYS) {
            findings.push(
                Finding::warning("unknown-key", format!("Codex ignores the unknown key `{key}`"))
                    .at(node.place.clone())
                    .help(format!("did you mean `{near}`?")),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::TextFile;

    #[test]
    fn only_near_misses_of_boundary_keys_are_told() {
        let text =
            "model = 'm'\napps = {}\n[plugin.'p@m']\nenabled = true\n[permission.x]\n[model_providers.y]\n";
        let mut findings = Vec::new();
        let config = Config::from_layers([&TextFile::new("c.toml", text)], &mut findings);
        report(&config, &mut findings);
        let texts: Vec<_> = findings.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "c.toml:5:2: Codex ignores the unknown key `permission` (did you mean `permissions`?)",
                "c.toml:3:2: Codex ignores the unknown key `plugin` (did you mean `plugins`?)",
            ]
        );
    }
}
