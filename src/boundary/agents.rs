//! What the roles of sub-agents leave of a boundary.

use std::collections::BTreeMap;

use super::Boundary;
use crate::plugin::{AgentRole, AgentRoles, Plugin, Without};

/// The roles in which sub-agents can be started, and the boundaries of those that are left less than the session has.
#[derive(Clone, Debug, Default)]
pub struct Agents {
    roles: AgentRoles,
    narrowed: BTreeMap<u8, Boundary>,
}

impl Agents {
    /// Compiles a boundary for everything that roles, one below another, can take away from the plugin.
    pub(super) fn compile(plugin: &Plugin, compile: impl Fn(&Plugin) -> Boundary) -> Self {
        let mut reached: BTreeMap<u8, Without> = BTreeMap::from([(0, Without::default())]);
        for (_, role) in plugin.agents.all() {
            let below: Vec<Without> = reached.values().map(|above| above.and(&role.without)).collect();
            for without in below {
                reached.entry(without.key()).or_insert(without);
            }
        }
        reached.remove(&0);
        let narrowed = reached.iter();
        let compile = |without| {
            let mut boundary = compile(&plugin.without(without, &mut Vec::new()));
            boundary.agents.roles.clone_from(&plugin.agents);
            boundary
        };
        let narrowed = narrowed.map(|(key, without)| (*key, compile(without))).collect();
        Self { roles: plugin.agents.clone(), narrowed }
    }

    /// Can a sub-agent be started in this role? Codex 0.169 answers `unknown agent_type` otherwise.
    pub fn knows(&self, role: &str) -> bool {
        self.roles.knows(role)
    }

    /// The boundary of an agent that was started through these roles, the outermost first; `None` where they take
    /// nothing away.
    pub fn boundary(&self, roles: &[&str]) -> Option<&Boundary> {
        let all = self.of(roles).fold(Without::default(), |all, role| all.and(&role.without));
        self.narrowed.get(&all.key())
    }

    /// The model that these roles set.
    pub fn model(&self, roles: &[&str]) -> Option<&str> {
        self.of(roles).filter_map(|role| role.model.as_deref()).last()
    }

    fn of(&self, roles: &[&str]) -> impl Iterator<Item = &AgentRole> {
        roles.iter().filter_map(|role| self.roles.get(role))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boundary::Feature;
    use crate::boundary::hooks::HookEvent;
    use crate::plugin::tests::Fixture;

    // Asked of Codex 0.169 with a role that starts a sub-agent in another one.
    #[test]
    fn what_roles_take_away_adds_up() {
        let hooks = r#"{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"true"}]}]}}"#;
        let role =
            |name: &str| format!("[agents.{name}]\ndescription = \"d\"\nconfig_file = \"{name}.toml\"\n");
        let fixture = Fixture::new(&[("hooks/hooks.json", hooks)])
            .config(&(role("r") + &role("s") + &role("t")))
            .trusting();
        fixture.write("codex/0/r.toml", "model = \"m\"\nfeatures.plugins = false");
        fixture.write("codex/0/s.toml", "features.shell_tool = false");
        fixture.write("codex/0/t.toml", "model = \"n\"");
        let (plugin, _) = fixture.plugin();
        let boundary = Boundary::compile(&plugin, None, &mut Vec::new());
        for (roles, hooks, shell, model) in [
            (&["default"][..], true, true, None),
            (&["r"], false, true, Some("m")),
            (&["s"], true, false, None),
            (&["r", "default"], false, true, Some("m")),
            (&["r", "s"], false, false, Some("m")),
            (&["s", "r", "t"], false, false, Some("n")),
            (&["nobody"], true, true, None),
        ] {
            let own = boundary.agents.boundary(roles).unwrap_or(&boundary);
            let seen = (own.hooks.any(HookEvent::Stop), own.tools.features().has(Feature::Shell));
            assert_eq!((seen, boundary.agents.model(roles)), ((hooks, shell), model), "{roles:?}");
            assert!(own.agents.knows("s"));
        }
        assert!(
            boundary.agents.knows("explorer") && boundary.agents.knows("t") && !boundary.agents.knows("R")
        );
    }
}
