use super::*;
use crate::plugin::tests::{Fixture, texts};

const TOOLS: &str = r#"{"t":{"tools":[
    {"name":"ro","annotations":{"readOnlyHint":true}},
    {"name":"nd","annotations":{"destructiveHint":false}},
    {"name":"none"},
    {"name":"safe","annotations":{"readOnlyHint":false,"destructiveHint":false,"openWorldHint":false}}]}}"#;

fn policy(fixture: &Fixture) -> (McpPolicy, Vec<String>) {
    let (plugin, mut findings) = fixture.plugin();
    let policy = McpPolicy::compile(&plugin, &mut findings);
    (policy, texts(&findings))
}

fn with(server: &str) -> Fixture {
    Fixture::new(&[(".mcp.json", &format!(r#"{{"mcpServers":{{"t":{{"command":"x"{server}}}}}}}"#))])
        .tools(TOOLS)
}

fn exposed(policy: &McpPolicy, server: &str) -> Vec<String> {
    policy.server(server).map(|server| server.exposed().map(str::to_owned).collect()).unwrap_or_default()
}

fn hidden(policy: &McpPolicy, server: &str, tool: &str) -> String {
    match policy.tool(server, tool) {
        Exposure::Hidden(rule) => match rule.place {
            Some(place) => format!("{place} {}", rule.text),
            None => rule.text.into_owned(),
        },
        Exposure::Exposed(_) => "exposed".to_owned(),
    }
}

fn mode(policy: &McpPolicy, tool: &str) -> String {
    match policy.tool("t", tool) {
        Exposure::Exposed(tool) => {
            let place = tool.rule.place.map(|place| place.to_string()).unwrap_or_default();
            format!("{} {place}", tool.mode.name()).trim().to_owned()
        }
        Exposure::Hidden(_) => "hidden".to_owned(),
    }
}

const USER: &str = "[plugins.\"p@m\".mcp_servers.t]\n";

/// Tools that `mcpServerStatus/list` of Codex 0.169.0 listed for each combination.
#[test]
fn exposed_tools() {
    let all = &["nd", "none", "ro", "safe"][..];
    for (server, user, expected) in [
        ("", "", all),
        (r#","enabled_tools":["ro","nd"],"disabled_tools":["nd"]"#, "", &["ro"]),
        (r#","enabled_tools":[]"#, "", &[]),
        // The user's table is there, and does not say that the server is off.
        (r#","enabled":false"#, "", all),
        (r#","disabled_tools":["ro"]"#, "", &["nd", "none", "safe"]),
        (r#","enabled_tools":["ro"],"enabled":false"#, "enabled=true\nenabled_tools=[\"nd\"]\n", &["nd"]),
        (r#","enabled_tools":["ro","nd"]"#, "disabled_tools=[\"nd\"]\n", &["ro"]),
        (r#","disabled_tools":["ro"]"#, "disabled_tools=[]\n", all),
        ("", "enabled=false\n", &[]),
    ] {
        let (policy, findings) = policy(&with(server).config(&format!("{USER}{user}")));
        assert_eq!(exposed(&policy, "t"), expected, "{server} under {user}: {findings:?}");
    }
    let (policy, _) = policy(&with(r#","enabled":false"#).config(""));
    assert!(exposed(&policy, "t").is_empty());
}

#[test]
fn every_hidden_tool_names_its_rule() {
    let (policy, _) = policy(
        &with(r#","disabled_tools":["nd"]"#)
            .config(&format!("{USER}enabled_tools = [\"ro\",\n \"nd\", \"zz\"]\n")),
    );
    assert_eq!(hidden(&policy, "t", "ro"), "exposed");
    assert_eq!(hidden(&policy, "t", "none"), "codex/0/config.toml:2:1 enabled_tools lacks `none`");
    assert_eq!(hidden(&policy, "t", "nd"), "plugin/.mcp.json:1:53 disabled_tools names `nd`");
    assert_eq!(hidden(&policy, "t", "zz"), "the server has no tool of that name");
    assert_eq!(hidden(&policy, "u", "ro"), "no MCP server of that name is configured");
    let (policy, _) = self::policy(&with("").config("[plugins.\"p@m\"]\nenabled = false\n"));
    assert_eq!(hidden(&policy, "t", "ro"), "codex/0/config.toml:2:1 plugins.p@m.enabled = false");
}

#[test]
fn approval_modes_and_their_precedence() {
    let plugin = r#","default_tools_approval_mode":"approve","tools":{"ro":{"approval_mode":"writes"},"nd":{"approval_mode":"approve"}}"#;
    let (default, _) = policy(&with(""));
    assert_eq!(mode(&default, "ro"), "auto");
    let (own, _) = policy(&with(plugin));
    assert_eq!(mode(&own, "none"), "approve plugin/.mcp.json:1:35");
    assert_eq!(mode(&own, "ro"), "writes plugin/.mcp.json:1:90");
    let user = format!(
        "{USER}default_tools_approval_mode = \"prompt\"\n[plugins.\"p@m\".mcp_servers.t.tools.ro]\napproval_mode = \"auto\"\n"
    );
    let (user, _) = policy(&with(plugin).config(&user));
    assert_eq!(mode(&user, "none"), "prompt codex/0/config.toml:2:1");
    assert_eq!(mode(&user, "ro"), "auto codex/0/config.toml:4:1");
    assert_eq!(mode(&user, "nd"), "approve plugin/.mcp.json:1:122", "the plugin's own grant for a tool wins");
}

#[test]
fn annotations_are_unknown_without_a_recording() {
    let fixture = Fixture::new(&[(".mcp.json", r#"{"t":{"command":"x"}}"#)]);
    let (policy, _) = policy(&fixture);
    let Exposure::Exposed(tool) = policy.tool("t", "anything") else { panic!("hidden") };
    assert_eq!((tool.annotations, tool.approval()), (None, Approval::Unknown));
    let (policy, _) = self::policy(&with(""));
    for (name, approval) in [
        ("ro", Approval::NotNeeded),
        ("safe", Approval::NotNeeded),
        ("nd", Approval::Needed),
        ("none", Approval::Needed),
    ] {
        let Exposure::Exposed(tool) = policy.tool("t", name) else { panic!("hidden") };
        assert_eq!(tool.approval(), approval, "{name}");
    }
}

/// Servers that Codex 0.169.0 loaded from each `.mcp.json`.
#[test]
fn declarations() {
    for (text, expected) in [
        (r#"{"mcpServers":{"t":{"command":"x"}}}"#, &["t"][..]),
        (r#"{"t":{"command":"x"},"bad":{"x":1}}"#, &["t"]),
        (r#"{"mcpServers":{"t":{"command":"x"}},"u":{"command":"x"}}"#, &["t"]),
        (
            r#"{"mcpServers":{"t":{"command":"x","default_tools_approval_mode":"zz"},"u":{"command":"x"}}}"#,
            &["u"],
        ),
        (
            r#"{"mcpServers":{"t":{"command":"x","zzz":1,"type":"stdio"},"u":{"command":"x","type":"bogus"}}}"#,
            &["t", "u"],
        ),
        (
            r#"{"mcpServers":{"w":{"command":"x","enabled":"yes"},"x":5,"y":{"command":"x","enabled_tools":"ro"}}}"#,
            &[],
        ),
        (
            r#"{"mcpServers":{"z":{"command":"x","url":"http://127.0.0.1:9/"},"u":{"url":"http://127.0.0.1:9/"}}}"#,
            &["u"],
        ),
        (
            r#"{"mcpServers":{"t":{"command":"x","tools":{"ro":{"approval_mode":"zz"}}},"u":{"command":"x","tools":{"ro":{"zzz":1}}},"w":{"command":"x","tools":[]}}}"#,
            &["u"],
        ),
        (r#"{"mcpServers":{}}"#, &[]),
        ("{", &[]),
        ("[]", &[]),
    ] {
        let (policy, findings) = policy(&Fixture::new(&[(".mcp.json", text)]));
        let names: Vec<_> = policy.servers().map(|(name, _)| name).collect();
        assert_eq!(names, expected, "{text}");
        assert!(findings.iter().all(|text| text.starts_with("Warning")), "{findings:?}");
    }
}

#[test]
fn manifest_forms() {
    for (field, expected) in [
        (r#"{"t":{"command":"x"}}"#, &["t"][..]),
        (r#"{"mcpServers":{"t":{"command":"x"}}}"#, &["t"]),
        ("{}", &[]),
        (r#"["./m2.json"]"#, &["u"]),
        (r#""./m2.json""#, &["v"]),
        (r#""./m3.json""#, &[]),
        (r#""m2.json""#, &["u"]),
    ] {
        let fixture = Fixture::new(&[
            (".codex-plugin/plugin.json", &format!(r#"{{"name":"p","mcpServers":{field}}}"#)),
            (".mcp.json", r#"{"u":{"command":"x"}}"#),
            ("m2.json", r#"{"v":{"command":"x"}}"#),
        ]);
        let (policy, findings) = policy(&fixture);
        let names: Vec<_> = policy.servers().map(|(name, _)| name).collect();
        assert_eq!(names, expected, "{field}: {findings:?}");
    }
}

#[test]
fn servers_of_the_configuration_replace_the_plugins() {
    let own = "[mcp_servers.t]\ncommand = \"x\"\ndisabled_tools = [\"ro\"]\n";
    let (policy, findings) = policy(
        &with(r#","enabled_tools":["ro"]"#).config(&format!("{own}{USER}enabled_tools = [\"none\"]\n")),
    );
    assert_eq!(exposed(&policy, "t"), ["nd", "none", "safe"]);
    assert!(!policy.server("t").unwrap().of_plugin);
    assert_eq!(
        findings,
        [
            "Warning codex/0/config.toml:4:28: `[mcp_servers.t]` replaces the plugin's server, so this table does nothing"
        ]
    );
    let (_, findings) = self::policy(&with("").config("[mcp_servers.t]\nenabled = false\n"));
    assert_eq!(
        findings,
        [
            "Error codex/0/config.toml:1:14: the MCP server `t` has an invalid transport (state either `command` or `url`)"
        ]
    );
}

/// Whether the plugin's server `t` ran in Codex 0.169.0 under these requirements.
#[test]
fn identities_that_requirements_ask_for() {
    let plugin = |table: &str| format!("[plugins.{table}.identity]\ncommand = \"x\"\n");
    for (requirements, runs) in [
        (String::new(), true),
        ("[mcp_servers]\n".to_owned(), false),
        ("[mcp_servers.zz.identity]\ncommand = \"x\"\n".to_owned(), true),
        ("[mcp_servers.t.identity]\ncommand = \"nope\"\n".to_owned(), true),
        (plugin("\"p@m\".mcp_servers.t"), true),
        (plugin("\"p@m\".mcp_servers.t").replace('x', "y"), false),
        (plugin("\"p@m\".mcp_servers.u"), false),
        (plugin("\"q@m\".mcp_servers.t"), false),
        ("[plugins.\"p@m\".mcp_servers]\n".to_owned(), true),
        ("[plugins.\"p@m\"]\n".to_owned(), true),
    ] {
        let (policy, _) = policy(&with("").requirements(&requirements));
        assert_eq!(hidden(&policy, "t", "ro") == "exposed", runs, "{requirements}");
    }
    let own = "[mcp_servers.t]\ncommand = \"x\"\n[mcp_servers.u]\ncommand = \"x\"\n";
    let (policy, _) = self::policy(
        &Fixture::new(&[]).config(own).requirements("[mcp_servers.t.identity]\ncommand = \"x\"\n"),
    );
    assert_eq!(hidden(&policy, "t", "ro"), "exposed");
    assert_eq!(
        hidden(&policy, "u", "ro"),
        "codex/requirements.toml:1:2 requirements: the MCP server `u` is not listed"
    );
}

#[test]
fn misspelt_names_are_told() {
    let user = "[plugins.\"p@m\".mcp_servers.tt]\nenabled = false\n[plugins.\"p@m\".mcp_servers.t]\nenabeld_tools = []\n\
                enabled_tools = [\"roo\", \"none\"]\ndefault_tools_approval_mode = \"promt\"\n";
    let (_, findings) = policy(&with("").config(user));
    assert_eq!(
        findings,
        [
            "Warning codex/0/config.toml:4:1: Codex ignores the unknown key `enabeld_tools` in the policy of the MCP \
             server `t` (did you mean `enabled_tools`?)",
            "Error codex/0/config.toml:6:1: `default_tools_approval_mode` has the unknown value `promt` (did you mean \
             `prompt`?)",
            "Warning codex/0/config.toml:1:28: the plugin has no MCP server `tt`, so this table does nothing (did you \
             mean `t`?)",
            "Warning codex/0/config.toml:5:18: the MCP server `t` has no tool `roo`, so naming it does nothing (did \
             you mean `ro`?)",
        ]
    );
}

#[test]
fn names_are_split_at_configured_servers() {
    let (policy, _) = policy(&Fixture::new(&[(
        ".mcp.json",
        r#"{"d":{"command":"x"},"d__e":{"command":"x"},"a b":{"command":"x"}}"#,
    )]));
    assert_eq!(policy.split("mcp__d__e__f"), Some(("d__e", "f")));
    assert_eq!(policy.split("mcp__d__x"), Some(("d", "x")));
    assert_eq!(policy.split("mcp__other__x__y"), Some(("other", "x__y")));
    assert_eq!(policy.split("Bash"), None);
    assert_eq!(hidden(&policy, "a b", "x"), "plugin/.mcp.json:1:45 invalid MCP server name");
}
