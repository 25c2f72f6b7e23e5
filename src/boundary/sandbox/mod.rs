//! The sandbox that commands and patches run in: which files they may read and write, which hosts they may reach.
//!
//! It is compiled once from the configuration ([`Sandbox::compile`]) and resolved per task ([`Sandbox::bounds`]),
//! where the workspace roots and the home folder are known.

mod bounds;
mod choice;
mod entry;
mod files;
mod follow;
mod grants;
mod legacy;
mod limits;
mod location;
mod network;
mod patch;
mod profile;
mod workspace;

#[cfg(test)]
mod tests;

use self::files::Files;
use self::network::Network;
use super::rules::NetworkRule;
use crate::decision::Rule;
use crate::finding::Finding;
use crate::plugin::config::Placed;
use crate::plugin::{Config, Trust};

pub use bounds::{Answer, Bounds, Confinement, Extent, Kind};
pub use follow::{Broken, Followed};
pub use patch::{PatchTarget, patch_refusal};
pub use workspace::Workspace;

/// The sandbox in force.
#[derive(Clone, Debug)]
pub struct Sandbox {
    name: String,
    chosen: Rule,
    files: Files,
    network: Network,
    unlisted: Rule,
    escalated: Rule,
    /// The requirement that took full access away.
    narrowed: Option<Rule>,
}

impl Sandbox {
    /// The sandbox that the configuration and the requirements give.
    ///
    /// `stage_mode` is a sandbox mode (`read-only`, `workspace-write`, `danger-full-access`) or the name of a
    /// permission profile that stands above the configuration, as the client's choice does in Codex.
    pub fn compile(
        config: &Config,
        requirements: &Config,
        stage_mode: Option<&str>,
        findings: &mut Vec<Finding>,
    ) -> Self {
        Self::compile_in(config, requirements, stage_mode, None, findings)
    }

    /// The same for a project of which `trust` is known.
    pub fn compile_in(
        config: &Config,
        requirements: &Config,
        stage_mode: Option<&str>,
        trust: Option<&Placed<Trust>>,
        findings: &mut Vec<Finding>,
    ) -> Self {
        profile::reserved(config, findings);
        limits::check(config, requirements, findings);
        let wanted = choice::of_config(config, requirements, stage_mode, trust, findings);
        let allowed = limits::permitted(wanted, requirements, findings);
        let (files, network) = match &allowed.what {
            choice::What::Mode(mode) => legacy::build(*mode, &allowed.rule, config, findings),
            choice::What::Profile(name) => {
                profile::build(name, &allowed.rule, config, requirements, findings)
            }
        };
        let mut sandbox = Self {
            name: allowed.what.name().to_owned(),
            unlisted: Rule {
                place: allowed.rule.place.clone(),
                text: format!("no entry of {} grants it", allowed.what.name()).into(),
            },
            escalated: Rule::built_in("outside the sandbox"),
            narrowed: None,
            chosen: allowed.rule,
            files,
            network,
        };
        limits::narrow(&mut sandbox, requirements, findings);
        sandbox.files.complete();
        sandbox
    }

    /// The same with the `network_rule`s of rules files, which count where Codex's proxy is in force.
    #[must_use]
    pub fn with_network_rules(mut self, rules: &[NetworkRule]) -> Self {
        if let Network::Proxied(proxy) = &mut self.network {
            proxy.add_rules(rules);
        }
        self
    }

    /// Name of the mode or profile in force.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The rule that chose this mode or profile.
    pub fn chosen(&self) -> &Rule {
        &self.chosen
    }

    /// Files and network are open to every command.
    pub fn is_unrestricted(&self) -> bool {
        self.files.unrestricted.is_some() && matches!(self.network, Network::Open(_))
    }

    /// The requirement that took full access away, if one did. With the policy `never`, Codex 0.169 then refuses to
    /// start.
    pub fn narrowed_from_full(&self) -> Option<&Rule> {
        self.narrowed.as_ref()
    }

    /// Something that was there before may be written, in the workspace or elsewhere.
    pub fn may_write(&self) -> bool {
        self.files.has_writable_root()
    }

    /// Something may not be read. Then commands that rules allow, and approved ones under `untrusted`, stay inside
    /// the sandbox, and approved escalations cannot read it either (Codex 0.169).
    pub fn has_denials(&self) -> bool {
        self.files.has_denials()
    }

    /// The sandbox in one task of whose files nothing is known.
    pub fn bounds(&self, workspace: &Workspace<'_>) -> Bounds<'_> {
        Bounds::new(self, workspace, &Followed::unknown)
    }

    /// The sandbox in one task; `follow` tells where absolute paths lead to before the session's first command.
    pub fn bounds_among(&self, workspace: &Workspace<'_>, follow: &dyn Fn(&str) -> Followed) -> Bounds<'_> {
        Bounds::new(self, workspace, follow)
    }
}
