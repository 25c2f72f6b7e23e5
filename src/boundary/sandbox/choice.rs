use crate::decision::Rule;
use crate::finding::{Finding, closest};
use crate::plugin::config::{Node, Placed, Table};
use crate::plugin::{Config, Trust};
use crate::source::Place;

/// The sandbox modes of old, and the built-in profiles that took their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    ReadOnly,
    WorkspaceWrite,
    FullAccess,
}

impl Mode {
    pub(super) const NAMES: [&'static str; 3] = ["read-only", "workspace-write", "danger-full-access"];
    pub(super) const PROFILES: [&'static str; 3] = [":read-only", ":workspace", ":danger-full-access"];

    pub(super) fn parse(name: &str) -> Option<Self> {
        [Self::ReadOnly, Self::WorkspaceWrite, Self::FullAccess].into_iter().find(|mode| mode.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::WorkspaceWrite => "workspace-write",
            Self::FullAccess => "danger-full-access",
        }
    }
}

/// A sandbox mode or the name of a permission profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    Mode(Mode),
    Profile(String),
}

impl What {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Mode(mode) => mode.name(),
            Self::Profile(name) => name,
        }
    }
}

/// What was chosen, and by which rule.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) what: What,
    pub(super) rule: Rule,
    /// The stage chose it, not the configuration.
    pub(super) by_stage: bool,
    /// The profile that the configuration names, whatever was chosen.
    pub(super) configured_profile: Option<Placed<String>>,
}

/// What the stage or the configuration asks for.
///
/// In one file `default_permissions` comes before `sandbox_mode`; of two files the higher layer does
/// (Codex 0.169).
pub(super) fn of_config(
    config: &Config,
    requirements: &Config,
    stage_mode: Option<&str>,
    trust: Option<&Placed<Trust>>,
    findings: &mut Vec<Finding>,
) -> Choice {
    let profile = config.typed::<String>(&["default_permissions"], findings);
    let mode =
        config.typed::<&str>(&["sandbox_mode"], findings).and_then(|name| legacy_mode(&name, findings));
    let chosen = |what: What, rule: Rule, by_stage: bool| Choice {
        what,
        rule,
        by_stage,
        configured_profile: profile.clone(),
    };
    if let Some(name) = stage_mode {
        let rule = Rule::built_in(format!("mode of the stage: {name}"));
        if let Some(mode) = Mode::parse(name) {
            return chosen(What::Mode(mode), rule, true);
        }
        if exists(name, config, requirements) {
            return chosen(What::Profile(name.to_owned()), rule, true);
        }
        findings.push(unknown(name, config));
        return chosen(What::Mode(Mode::ReadOnly), rule, true);
    }
    let by_profile = |profile: &Placed<String>| {
        let rule = Rule::at(profile.place.clone(), format!("default_permissions = \"{}\"", profile.value));
        chosen(What::Profile(profile.value.clone()), rule, false)
    };
    let by_mode = |mode: &Placed<Mode>| {
        let rule = Rule::at(mode.place.clone(), format!("sandbox_mode = \"{}\"", mode.value.name()));
        chosen(What::Mode(mode.value), rule, false)
    };
    match (&profile, &mode) {
        (Some(profile), Some(mode)) => {
            let higher = layer(config, &mode.place) > layer(config, &profile.place);
            let (over, under, kept) = if higher {
                ("sandbox_mode", &profile.place, by_mode(mode))
            } else {
                ("default_permissions", &mode.place, by_profile(profile))
            };
            findings.push(
                Finding::warning("sandbox", format!("has no effect because `{over}` is set as well"))
                    .at(under.clone())
                    .help("keep one of `default_permissions` and `sandbox_mode`"),
            );
            kept
        }
        (Some(profile), None) => by_profile(profile),
        (None, Some(mode)) => by_mode(mode),
        (None, None) => {
            let given = ["default_permissions", "allowed_permission_profiles"];
            if given.iter().all(|key| requirements.get(&[key]).is_none()) {
                none_in_force(config, findings);
            }
            if let Some(trust) = trust {
                // Codex 0.169 does so for untrusted projects too, in which everything is asked about.
                let word = if trust.value == Trust::Trusted { "trusted" } else { "untrusted" };
                let rule = Rule::at(trust.place.clone(), format!("trust_level = \"{word}\": :workspace"));
                return chosen(What::Profile(":workspace".to_owned()), rule, false);
            }
            let rule = Rule::built_in("default for a project without trust level: read-only");
            chosen(What::Mode(Mode::ReadOnly), rule, false)
        }
    }
}

/// How high the layer lies that a place is in.
fn layer(config: &Config, place: &Place) -> Option<usize> {
    config.layers().iter().rposition(|layer| layer.place.file == place.file)
}

fn none_in_force(config: &Config, findings: &mut Vec<Finding>) {
    if let Some(tables) = config.get(&["permissions"]) {
        findings.push(
            Finding::error(
                "permissions",
                "profiles are defined but none is in force; Codex refuses to start",
            )
            .at(tables.place.clone())
            .help("set `default_permissions`, or give the stage a `mode`"),
        );
    }
}

fn legacy_mode(name: &Placed<&str>, findings: &mut Vec<Finding>) -> Option<Placed<Mode>> {
    let mode = Mode::parse(name.value);
    if mode.is_none() {
        let help =
            closest(name.value, Mode::NAMES).unwrap_or("read-only, workspace-write or danger-full-access");
        findings.push(
            Finding::error("sandbox", format!("unknown sandbox mode `{}`", name.value))
                .at(name.place.clone())
                .help(format!("write {help}")),
        );
    }
    Some(Placed { place: name.place.clone(), value: mode? })
}

/// Whether a profile of this name is built in or defined.
pub(super) fn exists(name: &str, config: &Config, requirements: &Config) -> bool {
    Mode::PROFILES.contains(&name)
        || (!name.starts_with(':') && definition(name, config, requirements).next().is_some())
}

/// The tables that define a profile, those of the configuration first.
pub(super) fn definition<'n>(
    name: &'n str,
    config: &'n Config,
    requirements: &'n Config,
) -> impl Iterator<Item = &'n Node> {
    [config, requirements].into_iter().filter_map(move |file| file.get(&["permissions", name]))
}

fn unknown(name: &str, config: &Config) -> Finding {
    let defined = config.get(&["permissions"]).and_then(Node::read::<&Table>);
    let names = defined.into_iter().flatten().map(|(name, _)| name.as_str());
    let help = closest(name, names.chain(Mode::NAMES).chain(Mode::PROFILES)).map_or_else(
        || "name read-only, workspace-write, danger-full-access or a profile of [permissions]".to_owned(),
        |one| format!("did you mean `{one}`?"),
    );
    Finding::error("sandbox", format!("`{name}` is neither a sandbox mode nor a permission profile"))
        .help(help)
}
