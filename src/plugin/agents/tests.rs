use super::*;
use crate::plugin::tests::Fixture;

fn loaded(config: &str, files: &[(&str, &str)]) -> (AgentRoles, Vec<String>) {
    let fixture = Fixture::new(&[]).config(config);
    for (path, text) in files {
        fixture.write(&format!("codex/0/{path}"), text);
    }
    let (plugin, findings) = fixture.plugin();
    (plugin.agents, findings.iter().map(ToString::to_string).collect())
}

const DECLARED: &str = "[agents.r]\ndescription = \"d\"\nconfig_file = \"roles/r.toml\"\n";

// Asked of Codex 0.169: in which roles a sub-agent can be started, and whether it then has the plugin's hooks.
#[test]
fn roles_and_what_they_take_away() {
    let off = "[features]\nplugins = false\n";
    let by_itself = format!("name = \"r\"\ndescription = \"d\"\ndeveloper_instructions = \"i\"\n{off}");
    for (config, path, text, expected) in [
        (DECLARED, "roles/r.toml", off, Some(true)),
        (DECLARED, "roles/r.toml", "developer_instructions = \"i\"", Some(false)),
        (DECLARED, "roles/other.toml", off, None),
        (DECLARED, "roles/r.toml", "this is not = = toml", None),
        (DECLARED, "roles/r.toml", "bogus_key = 1", None),
        (DECLARED, "roles/r.toml", "developer_instructions = \" \"", None),
        (DECLARED, "roles/r.toml", "name = \" \"\nfeatures.plugins = false", Some(true)),
        (DECLARED, "roles/r.toml", "name = \"other\"", None),
        (DECLARED, "roles/r.toml", "features.plugins = \"no\"", None),
        (DECLARED, "roles/r.toml", "features.plugins = true\nsandbox_mode = \"read-only\"", Some(false)),
        ("[agents.r]\nconfig_file = \"r.toml\"", "r.toml", off, None),
        (
            "[agents.r]\nconfig_file = \"r.toml\"",
            "r.toml",
            "description = \"d\"\nfeatures.plugins = false",
            Some(true),
        ),
        ("[agents.r]\ndescription = \"d\"", "roles/r.toml", off, Some(false)),
        ("", "agents/r.toml", &by_itself, Some(true)),
        ("", "agents/deep/x.toml", &by_itself, Some(true)),
        ("", "roles/r.toml", &by_itself, None),
        ("", "agents/r.toml", "name = \"r\"\ndescription = \"d\"", None),
        ("", "agents/r.toml", "description = \"d\"\ndeveloper_instructions = \"i\"", None),
        ("[agents.r]\ndescription = \"d\"", "agents/r.toml", &by_itself, Some(false)),
        (
            "[agents.r]\ndescription = \"d\"\nconfig_file = \"/home/u/.codex/roles/r.toml\"",
            "roles/r.toml",
            off,
            Some(true),
        ),
        ("[agents.r]\ndescription = \"d\"\nconfig_file = \"/srv/r.toml\"", "r.toml", off, Some(false)),
        ("[agents.r]\ndescription = \"d\"\nconfig_file = \"../../r.toml\"", "r.toml", off, Some(false)),
        ("[agents]\nmax_depth = 2\n[agents.r]\ndescription = \"d\"", "r.toml", off, Some(false)),
    ] {
        let (roles, findings) = loaded(config, &[(path, text)]);
        let role = roles.get("r").map(|role| role.without.plugins.is_some());
        assert_eq!(role, expected, "{config}\n{path}\n{text}\n{findings:#?}");
        assert_eq!(roles.knows("r"), expected.is_some());
        let renamed = text.contains("other");
        assert!(
            expected.is_some() || config.is_empty() || renamed || !findings.is_empty(),
            "{config} {text}"
        );
    }
}

#[test]
fn what_a_role_states_in_vain_is_told() {
    let text = "developer_instructions = \"i\"\nmodel = \"gpt-6-sol\"\nsandbox_mode = \"read-only\"\n\
                [features]\nhooks = false\nshell_tool = false\nplugins = true\n";
    let (roles, findings) = loaded(DECLARED, &[("roles/r.toml", text)]);
    let role = roles.get("r").unwrap();
    assert_eq!((role.model.as_deref(), role.without.key()), (Some("gpt-6-sol"), 0b010));
    assert_eq!(
        findings,
        [
            "codex/0/roles/r.toml:3:1: Codex takes no `sandbox_mode` from a role's file: sub-agents have the session's \
             (state it in config.toml, or remove it)",
            "codex/0/roles/r.toml:5:1: Codex takes no `features.hooks = …` from a role's file but to switch some features \
             off (remove it)",
            "codex/0/roles/r.toml:7:1: Codex takes no `features.plugins = …` from a role's file but to switch some \
             features off (remove it)",
        ]
    );
}

#[test]
fn a_higher_layer_replaces_what_it_states() {
    let fixture = Fixture::new(&[]).config(DECLARED).config("[agents.r]\ndescription = \"e\"");
    fixture.write("codex/0/roles/r.toml", "features.shell_tool = false");
    assert_eq!(fixture.plugin().0.agents.get("r").unwrap().without.key(), 0b010);
    let fixture = Fixture::new(&[]).config(DECLARED).config("[agents.r]\nconfig_file = \"r.toml\"");
    fixture.write("codex/0/roles/r.toml", "features.shell_tool = false");
    fixture.write("codex/1/r.toml", "features.plugins = false");
    assert_eq!(fixture.plugin().0.agents.get("r").unwrap().without.key(), 0b100);
}

#[test]
fn files_of_roles_are_part_of_the_configuration() {
    let hash = |text: &str| {
        let fixture = Fixture::new(&[]).config(DECLARED);
        fixture.write("codex/0/roles/r.toml", text);
        fixture.plugin().0.inputs.config
    };
    assert_ne!(hash("features.plugins = false"), hash(""));
    assert_eq!(hash(""), hash(""));
}

#[cfg(unix)]
#[test]
fn links_out_of_the_layer_are_not_followed() {
    let fixture = Fixture::new(&[]).config(DECLARED);
    fixture.write("secret.toml", "features.plugins = false");
    fixture.write("codex/0/roles/x", "");
    let at = fixture.root().parent().unwrap().join("codex/0/roles/r.toml");
    std::os::unix::fs::symlink("../../../secret.toml", at).unwrap();
    assert!(!fixture.plugin().0.agents.knows("r"));
}
