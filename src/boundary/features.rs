//! Codex's feature flags, as requirements and configuration set them.

use std::collections::BTreeMap;

use crate::decision::Rule;
use crate::finding::Finding;
use crate::plugin::Config;
use crate::plugin::config::{Node, Placed};

/// A feature of Codex that changes what a session may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Feature {
    /// The tools `exec_command` and `write_stdin`.
    Shell,
    /// The tool `view_image`.
    ViewImage,
    /// The tools that keep a goal.
    Goals,
    /// Sub-agents of the first kind (namespace `multi_agent_v1`).
    Agents,
    /// Sub-agents of the second kind (namespace `collaboration`).
    Collaboration,
    /// The tool `request_permissions`.
    RequestPermissions,
    /// Commands may ask for more access inside the sandbox.
    AdditionalPermissions,
    /// Text typed into a terminal that runs outside the sandbox is asked about.
    TerminalApproval,
    /// The tools `exec` and `wait` for any model.
    CodeMode,
}

impl Feature {
    const ALL: [Self; 9] = [
        Self::Shell,
        Self::ViewImage,
        Self::Goals,
        Self::Agents,
        Self::Collaboration,
        Self::RequestPermissions,
        Self::AdditionalPermissions,
        Self::TerminalApproval,
        Self::CodeMode,
    ];

    /// Keys under `[features]`, the present one first, and whether it is on by itself (Codex 0.169).
    fn keys(self) -> (&'static [&'static str], bool) {
        match self {
            Self::Shell => (&["shell_tool"], true),
            Self::ViewImage => (&["view_image"], true),
            Self::Goals => (&["goals"], true),
            Self::Agents => (&["multi_agent", "collab"], true),
            Self::Collaboration => (&["multi_agent_v2"], false),
            Self::RequestPermissions => (&["request_permissions_tool"], false),
            Self::AdditionalPermissions => (&["exec_permission_approvals", "request_permissions"], false),
            Self::TerminalApproval => (&["write_stdin_approval"], true),
            Self::CodeMode => (&["code_mode", "code_mode_only"], false),
        }
    }

    /// Its key under `[features]`.
    pub fn key(self) -> &'static str {
        self.keys().0[0]
    }
}

/// A flag under `[features]`; some may be tables, which say `enabled` (Codex 0.169).
fn flag(file: &Config, key: &str, findings: &mut Vec<Finding>) -> Option<Placed<bool>> {
    let table = TABLES.contains(&key) && file.get(&["features", key]).is_some_and(Node::is_table);
    if table {
        file.typed(&["features", key, "enabled"], findings)
    } else {
        file.typed(&["features", key], findings)
    }
}

/// Features that may be written as tables.
const TABLES: [&str; 2] = ["code_mode", "multi_agent_v2"];

/// Which features are on, and by which rule.
#[derive(Clone, Debug, Default)]
pub struct Features(BTreeMap<Feature, (bool, Rule)>);

impl Features {
    /// Reads `[features]` of requirements, which come first, and of the configuration.
    pub fn compile(config: &Config, requirements: &Config, findings: &mut Vec<Finding>) -> Self {
        let mut set = BTreeMap::new();
        for feature in Feature::ALL {
            for (file, whose) in [(requirements, "requirements: "), (config, "")] {
                let flags = feature.keys().0.iter();
                let flag = flags.filter_map(|key| Some((key, flag(file, key, findings)?)));
                let Some((key, flag)) = flag.into_iter().next() else { continue };
                let rule = Rule::at(flag.place, format!("{whose}features.{key} = {}", flag.value));
                set.entry(feature).or_insert((flag.value, rule));
            }
        }
        Self(set)
    }

    /// Is a feature on?
    pub fn has(&self, feature: Feature) -> bool {
        self.0.get(&feature).map_or(feature.keys().1, |(on, _)| *on)
    }

    /// The rule that leaves a feature off; `None` if it is on.
    pub fn off(&self, feature: Feature) -> Option<Rule> {
        match self.0.get(&feature) {
            Some((true, _)) => None,
            Some((false, rule)) => Some(rule.clone()),
            None => (!feature.keys().1)
                .then(|| Rule::built_in(format!("features.{} is off by default", feature.key()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::TextFile;

    fn config(text: &str) -> Config {
        Config::from_layers([&TextFile::new("config.toml", text)], &mut Vec::new())
    }

    // Asked of Codex 0.169: which tools a session has with these keys.
    #[test]
    fn requirements_come_before_configuration_and_old_names_count() {
        for (text, requirements, feature, expected) in [
            ("", "", Feature::Shell, true),
            ("", "", Feature::RequestPermissions, false),
            ("features.shell_tool = false", "", Feature::Shell, false),
            ("features.collab = false", "", Feature::Agents, false),
            ("features.request_permissions = true", "", Feature::AdditionalPermissions, true),
            ("features.request_permissions = true", "", Feature::RequestPermissions, false),
            ("features.goals = true", "features.goals = false", Feature::Goals, false),
            ("features.goals = false", "features.goals = true", Feature::Goals, true),
            ("features.multi_agent_v2 = { enabled = true }", "", Feature::Collaboration, true),
            ("features.multi_agent_v2 = { max_depth = 1 }", "", Feature::Collaboration, false),
        ] {
            let features = Features::compile(&config(text), &config(requirements), &mut Vec::new());
            assert_eq!(features.has(feature), expected, "{text} {requirements}");
            assert_eq!(features.off(feature).is_none(), expected, "{text} {requirements}");
        }
    }

    #[test]
    fn a_flag_that_is_no_boolean_is_an_error() {
        let mut findings = Vec::new();
        Features::compile(&config("[features]\ngoals = \"x\""), &Config::default(), &mut findings);
        assert_eq!(
            findings[0].to_string(),
            "config.toml:2:1: `features.goals` is a string, not a boolean (write a boolean)"
        );
    }
}
