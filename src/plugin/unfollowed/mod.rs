//! Keys of the configuration that Codex reads and that change what a session may do, but that rulings do not follow.

mod features;

use super::config::{Config, Node, Table};
use crate::finding::{Finding, closest};

/// Keys with what they change.
const KEYS: &[(&[&str], &str)] = &[
    (&["project_root_markers"], "`.codex` folders are looked for from the top of the repository"),
    (
        &["features", "multi_agent_v2", "tool_namespace"],
        "tools of sub-agents are called as in `collaboration`",
    ),
    (&["features", "multi_agent_v2", "disable_native_tools"], "sub-agents keep their tools"),
    (&["features", "network_proxy", "mitm"], "what the proxy does to requests is not followed"),
    (&["features", "network_proxy", "unix_sockets"], "sockets are judged as files"),
    (&["shell_environment_policy", "set", "PATH"], "programs are taken to be where they are by default"),
];

/// Features that change tools or rulings when they are switched on.
const FEATURES: &[&str] = &[
    "agent_message_board",
    "agent_message_board_mcp",
    "code_mode_only_strict_3p_tools",
    "code_mode_tool_search",
    "context_management",
    "credential_masking",
    "current_time_reminder",
    "deferred_executor",
    "executor_capability_discovery",
    "executor_capability_discovery_v2",
    "guardianv2",
    "guardianv3",
    "incremental_exec_tools",
    "memories",
    "multi_agent_v2_dynamic_tools",
    "multi_env_copy_file",
    "non_prefixed_mcp_tool_names",
    "psp",
    "rollout_budget",
    "runtime_agent_instances",
    "send_message_to_user_async",
    "standalone_web_search",
    "subagent_thread_environments",
    "token_budget",
    "use_legacy_landlock",
    "wake_on_agent_messages",
];

/// Warns of keys that are not followed, and of features that Codex does not know; `profile` is an error, for Codex
/// refuses to start with it.
pub(super) fn report(config: &Config, findings: &mut Vec<Finding>) {
    let told = |node: &Node, key: &str, why: &str| {
        Finding::warning("not-followed", format!("`{key}` is not followed: {why}"))
            .at(node.place.clone())
            .help("ask the Codex CLI with `--engine codex`")
    };
    for (path, why) in KEYS {
        findings.extend(config.get(path).map(|node| told(node, &path.join("."), why)));
    }
    if let Some(profile) = config.get(&["profile"]) {
        findings.push(
            Finding::error("profile", "Codex 0.169 refuses to start with `profile` in its configuration")
                .at(profile.place.clone())
                .help("lay the profile's keys over the configuration as a layer of its own"),
        );
    }
    let features = config.get(&["features"]).and_then(Node::read::<&Table>);
    for (key, node) in features.into_iter().flatten() {
        let on = node.read::<bool>() == Some(true)
            || node.is_table() && node.get(&["enabled"]).and_then(Node::read::<bool>) != Some(false);
        if FEATURES.contains(&key.as_str()) && on {
            findings.push(told(node, &format!("features.{key}"), "sessions are judged as without it"));
        } else if !features::NAMES.contains(&key.as_str()) {
            let finding =
                Finding::warning("unknown-feature", format!("Codex 0.169 knows no feature `{key}`"));
            let help = closest(key, features::NAMES.iter().copied())
                .map_or_else(|| "remove it".to_owned(), |near| format!("did you mean `{near}`?"));
            findings.push(finding.at(node.place.clone()).help(help));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::TextFile;

    #[test]
    fn what_is_not_followed_is_told() {
        let text = "profile = 'x'\nproject_root_markers = ['.hg']\n[features]\nplugins = true\nhook = false\n\
                    use_legacy_landlock = true\ntoken_budget = false\nmulti_agent_v2 = { tool_namespace = 'crew' }\n";
        let mut findings = Vec::new();
        let config = Config::from_layers([&TextFile::new("c.toml", text)], &mut findings);
        report(&config, &mut findings);
        let texts: Vec<_> =
            findings.iter().map(|finding| format!("{:?} {finding}", finding.severity)).collect();
        assert_eq!(
            texts,
            [
                "Warning c.toml:2:1: `project_root_markers` is not followed: `.codex` folders are looked for from the \
                 top of the repository (ask the Codex CLI with `--engine codex`)",
                "Warning c.toml:8:20: `features.multi_agent_v2.tool_namespace` is not followed: tools of sub-agents are \
                 called as in `collaboration` (ask the Codex CLI with `--engine codex`)",
                "Error c.toml:1:1: Codex 0.169 refuses to start with `profile` in its configuration (lay the profile's \
                 keys over the configuration as a layer of its own)",
                "Warning c.toml:5:1: Codex 0.169 knows no feature `hook` (did you mean `hooks`?)",
                "Warning c.toml:6:1: `features.use_legacy_landlock` is not followed: sessions are judged as without it \
                 (ask the Codex CLI with `--engine codex`)",
            ]
        );
    }
}
