//! What `requirements.toml` leaves of the sandbox that the configuration asks for.

use super::choice::{Choice, Mode, What, exists};
use super::entry::{DenyGlob, Entry, Grant, is_glob};
use super::files::Files;
use super::location::{Anchor, Location};
use super::{Sandbox, legacy};
use crate::decision::Rule;
use crate::finding::Finding;
use crate::plugin::Config;
use crate::plugin::config::{Node, Placed, Table};
use crate::source::Place;

/// The choice after `allowed_permission_profiles`.
///
/// Where that table is set, Codex 0.169 takes no sandbox mode at all, whoever asks for it: a profile that is not
/// allowed, or none, gives way to the `default_permissions` of the requirements.
pub(super) fn permitted(wanted: Choice, requirements: &Config, findings: &mut Vec<Finding>) -> Choice {
    let Some(allowed) = requirements.typed::<&Table>(&["allowed_permission_profiles"], findings) else {
        return defaulted(wanted, requirements, findings);
    };
    let allows = |name: &str| allowed.value.get(name).and_then(Node::read::<bool>) == Some(true);
    let configured = wanted.configured_profile.as_ref();
    let profile = match &wanted.what {
        What::Profile(name) => Some(name.as_str()),
        What::Mode(_) => configured.map(|profile| profile.value.as_str()).filter(|_| !wanted.by_stage),
    };
    if let Some(name) = profile.filter(|name| allows(name)) {
        let what = What::Profile(name.to_owned());
        return Choice { what, ..wanted };
    }
    let default = requirements.typed::<String>(&["default_permissions"], findings);
    let fallback =
        default.unwrap_or_else(|| Placed { place: allowed.place.clone(), value: ":workspace".to_owned() });
    let message = match profile {
        Some(name) => {
            format!("the profile `{name}` is not allowed; Codex falls back to `{}`", fallback.value)
        }
        None => format!(
            "the sandbox mode `{}` counts for nothing here; Codex takes the profile `{}`",
            wanted.what.name(),
            fallback.value
        ),
    };
    findings.push(
        Finding::warning("requirements", message)
            .at(allowed.place)
            .help("name a profile that `allowed_permission_profiles` allows"),
    );
    let rule =
        Rule::at(fallback.place, format!("requirements: default_permissions = \"{}\"", fallback.value));
    Choice { what: What::Profile(fallback.value), rule, ..wanted }
}

/// What Codex 0.169 refuses to start with, whatever the configuration asks for: a default without a list of allowed
/// profiles or none of them, a list without the default that it needs, a profile that nobody defines.
pub(super) fn check(config: &Config, requirements: &Config, findings: &mut Vec<Finding>) {
    let refuse = |at: &Place, message: String, help: &str| {
        let message = format!("{message}; Codex refuses to start");
        Finding::error("requirements", message).at(at.clone()).help(help)
    };
    let default =
        requirements.get(&["default_permissions"]).and_then(|node| Some((node, node.read::<&str>()?)));
    let allowed = requirements.get(&["allowed_permission_profiles"]);
    let Some((place, table)) = allowed.and_then(|node| Some((&node.place, node.read::<&Table>()?))) else {
        if let (Some((node, _)), None) = (default, allowed) {
            let message = "`default_permissions` needs `allowed_permission_profiles`".to_owned();
            findings.push(refuse(&node.place, message, "add [allowed_permission_profiles]"));
        }
        return;
    };
    let allows = |name: &str| table.get(name).and_then(Node::read::<bool>) == Some(true);
    for (name, node) in table.iter().filter(|(name, _)| !exists(name, config, requirements)) {
        let message = format!("`allowed_permission_profiles` names the undefined profile `{name}`");
        findings.push(refuse(&node.place, message, "define it under [permissions], or remove it"));
    }
    match default {
        Some((node, name)) if !allows(name) => {
            let message = format!("`default_permissions` `{name}` is not allowed");
            findings.push(refuse(
                &node.place,
                message,
                "name a profile that `allowed_permission_profiles` allows",
            ));
        }
        None if !(allows(":workspace") && allows(":read-only")) => {
            let help = "set it, or allow both \":workspace\" and \":read-only\"";
            findings.push(refuse(place, "`default_permissions` is missing".to_owned(), help));
        }
        _ => {}
    }
}

/// Requirements may also name the profile for a configuration that names nothing.
fn defaulted(wanted: Choice, requirements: &Config, findings: &mut Vec<Finding>) -> Choice {
    if wanted.by_stage || wanted.rule.place.is_some() {
        return wanted;
    }
    match requirements.typed::<String>(&["default_permissions"], findings) {
        Some(default) => {
            let rule =
                Rule::at(default.place, format!("requirements: default_permissions = \"{}\"", default.value));
            Choice { what: What::Profile(default.value), rule, ..wanted }
        }
        None => wanted,
    }
}

/// Applies `allowed_sandbox_modes` and `deny_read` to a sandbox whose entries are stated but not completed.
pub(super) fn narrow(sandbox: &mut Sandbox, requirements: &Config, findings: &mut Vec<Finding>) {
    let denied = denials(requirements, findings);
    if let Some(modes) = requirements.typed::<Vec<Placed<String>>>(&["allowed_sandbox_modes"], findings) {
        let names: Vec<&str> = modes.value.iter().map(|mode| mode.value.as_str()).collect();
        for mode in modes.value.iter().filter(|mode| Mode::parse(&mode.value).is_none()) {
            let message = format!("unknown sandbox mode `{}`", mode.value);
            let help = "write read-only, workspace-write or danger-full-access";
            findings.push(Finding::error("requirements", message).at(mode.place.clone()).help(help));
        }
        if !names.contains(&"read-only") {
            findings.push(
                Finding::error(
                    "requirements",
                    "`allowed_sandbox_modes` lacks \"read-only\"; Codex refuses to start",
                )
                .at(modes.place.clone())
                .help("add \"read-only\""),
            );
        }
        let class = class(&sandbox.files);
        if !names.contains(&class.name()) {
            let rule = Rule::at(modes.place, format!("requirements: allowed_sandbox_modes = {names:?}"));
            fall_back(sandbox, class, rule, findings);
        }
    }
    let Some((first, _)) = denied.first() else { return };
    if class(&sandbox.files) == Mode::FullAccess {
        let rule = Rule::at(first.place.clone(), "requirements: deny_read");
        fall_back(sandbox, Mode::FullAccess, rule, findings);
    }
    for (path, denial) in denied {
        let rule = Rule::at(path.place.clone(), format!("requirements: deny_read \"{}\"", path.value));
        match denial {
            Denial::Path(location) => deny(&mut sandbox.files, location, rule, findings),
            Denial::Glob(mut glob) => {
                glob.rule = rule;
                sandbox.files.globs.push(glob);
            }
        }
    }
}

/// The sandbox mode that a list of files amounts to.
fn class(files: &Files) -> Mode {
    if files.unrestricted.is_some() || files.whole_disk().is_some() {
        Mode::FullAccess
    } else if files.has_writable_root() {
        Mode::WorkspaceWrite
    } else {
        Mode::ReadOnly
    }
}

fn fall_back(sandbox: &mut Sandbox, class: Mode, rule: Rule, findings: &mut Vec<Finding>) {
    let message = format!("`{}` is not allowed here; Codex falls back to read-only", sandbox.name);
    if class == Mode::FullAccess {
        sandbox.narrowed = Some(rule.clone());
    }
    let mut finding =
        Finding::warning("requirements", message).help("choose a mode that the requirements allow");
    finding.place.clone_from(&rule.place);
    findings.push(finding);
    let (files, network) = legacy::build(Mode::ReadOnly, &rule, &Config::default(), findings);
    Mode::ReadOnly.name().clone_into(&mut sandbox.name);
    sandbox.unlisted.place.clone_from(&rule.place);
    sandbox.files = files;
    sandbox.network = network;
    sandbox.chosen = rule;
}

enum Denial {
    Path(Location),
    Glob(DenyGlob),
}

/// The paths of `[permissions.filesystem] deny_read`.
fn denials(requirements: &Config, findings: &mut Vec<Finding>) -> Vec<(Placed<String>, Denial)> {
    let listed =
        requirements.typed::<Vec<Placed<String>>>(&["permissions", "filesystem", "deny_read"], findings);
    let mut denials = Vec::new();
    for path in listed.into_iter().flat_map(|listed| listed.value) {
        let Some(location) = Location::parse(&path.value) else {
            findings.push(
                Finding::warning(
                    "requirements",
                    format!("`{}` denies nothing in a workspace: it is relative", path.value),
                )
                .at(path.place.clone())
                .help("write an absolute path, or one from `~/`"),
            );
            continue;
        };
        if !is_glob(&path.value) {
            denials.push((path, Denial::Path(location)));
            continue;
        }
        let rule = Rule::built_in("deny_read");
        let glob = if location.anchor == Anchor::Root {
            DenyGlob::absolute(&path.value, rule)
        } else {
            let below = path.value.trim_start_matches('~').trim_start_matches('/');
            DenyGlob::new(Location::new(location.anchor, ""), below, rule)
        };
        match glob {
            Ok(glob) => denials.push((path, Denial::Glob(glob))),
            Err(error) => {
                let message = format!("the pattern `{}` is not valid: {}", path.value, error.kind());
                findings.push(
                    Finding::error("requirements", message).at(path.place).help("check brackets and braces"),
                );
            }
        }
    }
    denials
}

fn deny(files: &mut Files, location: Location, rule: Rule, findings: &mut Vec<Finding>) {
    let same = |entry: &&Entry| entry.location == location && entry.grant != Grant::Deny && !entry.implied;
    if let Some(entry) = files.entries.iter().find(same) {
        let message =
            format!("{} grants what the requirements deny; Codex refuses to start", entry.rule.text);
        let mut finding = Finding::error("requirements", message).help("remove the entry");
        finding.place.clone_from(&entry.rule.place);
        findings.push(finding);
    }
    files.add(location, Grant::Deny, rule);
}

#[cfg(test)]
mod tests {
    use super::super::tests::compile;

    // Asked of Codex 0.169: whichever requirement takes full access away, `never` keeps it from starting.
    #[test]
    fn full_access_that_is_taken_away_is_remembered() {
        let deny = "[permissions.filesystem]\ndeny_read = [\"/etc/hostname\"]";
        let modes = "allowed_sandbox_modes = [\"read-only\", \"workspace-write\"]";
        let full = "sandbox_mode = \"danger-full-access\"";
        let root = "default_permissions = \"x\"\n[permissions.x.filesystem]\n\":root\" = \"write\"";
        for (text, requirements, mode, expected) in [
            (full, modes, None, true),
            (full, deny, None, true),
            (root, modes, None, true),
            ("", modes, Some("danger-full-access"), true),
            ("sandbox_mode = \"workspace-write\"", "allowed_sandbox_modes = [\"read-only\"]", None, false),
            (full, "", None, false),
        ] {
            let sandbox = compile(text, requirements, mode).0;
            assert_eq!(sandbox.narrowed_from_full().is_some(), expected, "{text} {requirements}");
        }
    }

    // Asked of Codex 0.169 with each of these as `/etc/codex/requirements.toml`.
    #[test]
    fn requirements_that_codex_refuses() {
        const BOTH: &str = "[allowed_permission_profiles]\n\":read-only\" = true\n\":workspace\" = true\n";
        const ONE: &str = "[allowed_permission_profiles]\n\":read-only\" = true\n";
        let own = "[permissions.zz]\nextends = \":workspace\"";
        let zz = "default_permissions = \"zz\"\n[allowed_permission_profiles]\n\"zz\" = true";
        for (text, requirements, expected) in [
            ("", ONE.to_owned(), "is missing"),
            ("", format!("default_permissions = \":read-only\"\n{ONE}"), ""),
            ("", format!("default_permissions = \":workspace\"\n{ONE}"), "is not allowed"),
            ("", zz.to_owned(), "undefined profile `zz`"),
            (own, zz.to_owned(), ""),
            ("", BOTH.to_owned(), ""),
            ("", format!("{BOTH}nn = true"), "undefined profile `nn`"),
            ("", "default_permissions = \":workspace\"".to_owned(), "needs `allowed_permission_profiles`"),
        ] {
            let findings = compile(text, &requirements, None).1;
            let errors: Vec<_> = findings
                .iter()
                .filter(|finding| finding.severity == crate::finding::Severity::Error)
                .collect();
            assert_eq!(errors.is_empty(), expected.is_empty(), "{text} {requirements}: {errors:?}");
            assert!(errors.first().is_none_or(|error| error.message.contains(expected)), "{errors:?}");
        }
    }
}
