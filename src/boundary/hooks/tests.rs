use super::*;
use crate::plugin::tests::Fixture;

const STOP: &str = r#"{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"true"}]}]}}"#;
const HASH: &str = "sha256:2ba34c7a02841fada06b868a093d041fd3d9de81883c789a321916b0aa118851";
const STATE: &str = "[hooks.state.\"p@m:hooks/hooks.json:stop:0:0\"]\n";

fn hooks(fixture: &Fixture) -> (Hooks, Vec<Finding>) {
    let (plugin, mut findings) = fixture.plugin();
    findings.clear();
    (Hooks::compile(&plugin, &mut findings), findings)
}

fn trust(fixture: &Fixture) -> Trust {
    hooks(fixture).0.all()[0].trust.clone()
}

fn stop() -> Fixture {
    Fixture::new(&[("hooks/hooks.json", STOP)])
}

/// `trustStatus` that `hooks/list` of Codex 0.169.0 gave for each state.
#[test]
fn trust_of_plugin_hooks() {
    let content = stop().plugin().0.bundle.fingerprint().unwrap();
    for (state, expected) in [
        (String::new(), "untrusted"),
        (format!("{STATE}trusted_hash = \"{HASH}\"\n"), "trusted"),
        (format!("{STATE}trusted_hash = \"{HASH}/{content}\"\n"), "modified"),
        (format!("{STATE}trusted_hash = \"{HASH}\"\ntrusted_content_hash = \"{content}\"\n"), "trusted"),
        (format!("{STATE}trusted_hash = \"{HASH}\"\ntrusted_content_hash = \"sha256:00\"\n"), "modified"),
        (format!("{STATE}trusted_content_hash = \"{content}\"\n"), "untrusted"),
        (format!("{STATE}trusted_hash = \"sha256:00\"\n"), "modified"),
        (format!("{STATE}trusted_hash = \"{HASH}\"\nenabled = false\n"), "off"),
    ] {
        let name = |trust: Trust| match trust {
            Trust::Managed => "managed",
            Trust::Trusted => "trusted",
            Trust::Assumed => "assumed",
            Trust::Bypassed => "bypassed",
            Trust::Untrusted => "untrusted",
            Trust::Modified(_) => "modified",
            Trust::Off(_) => "off",
        };
        assert_eq!(name(trust(&stop().config(&state))), expected, "{state}");
        let bypassed = if expected == "off" { "off" } else { "bypassed" };
        assert_eq!(name(trust(&stop().config(&state).trusting())), bypassed, "{state}");
    }
}

#[test]
fn any_changed_file_of_the_plugin_undoes_trust_in_its_content() {
    let content = stop().plugin().0.bundle.fingerprint().unwrap();
    let state = format!("{STATE}trusted_hash = \"{HASH}\"\ntrusted_content_hash = \"{content}\"\n");
    let fixture = stop().config(&state);
    assert_eq!(trust(&fixture), Trust::Trusted);
    fixture.write("plugin/README.md", "new");
    assert!(matches!(trust(&fixture), Trust::Modified(place) if place.line == 3));
    fixture.write("plugin/commands/x.md", "installation adds files for commands");
    let (hooks, findings) = hooks(&fixture);
    assert_eq!(hooks.all()[0].trust, Trust::Trusted, "what Codex then takes as content is not known");
    assert_eq!(findings.iter().map(|finding| &*finding.code).collect::<Vec<_>>(), ["hook-content"]);
}

#[test]
fn skipped_hooks_are_told() {
    let (hooks, findings) = hooks(&stop());
    assert_eq!(hooks.matching(HookEvent::Stop, "").count(), 0);
    assert_eq!(
        findings[0].to_string(),
        format!(
            "plugin/hooks/hooks.json:1:29: Codex skips this hook without a word: the configuration does not trust it \
             (add `[hooks.state.\"p@m:hooks/hooks.json:stop:0:0\"]` with `trusted_hash = \"{HASH}\"`)"
        )
    );
    let (_, findings) = self::hooks(
        &stop().config("[hooks.state.\"p@m:hooks/hooks.json:stop:0:1\"]\ntrusted_hash = \"sha256:00\"\n"),
    );
    assert!(findings.iter().any(|finding| finding.code == "idle-rule"), "{findings:?}");
}

#[test]
fn switches() {
    let text = |fixture: Fixture| match trust(&fixture) {
        Trust::Off(rule) => rule.text.into_owned(),
        other => format!("{other:?}"),
    };
    assert_eq!(text(stop().trusting()), "Bypassed");
    assert_eq!(text(stop().trusting().config("features.hooks = false\n")), "features.hooks = false");
    assert_eq!(text(stop().trusting().config("features.plugins = false\n")), "features.plugins = false");
    assert_eq!(
        text(stop().trusting().requirements("features.hooks = false\n")),
        "requirements: features.hooks = false"
    );
    assert_eq!(
        text(stop().trusting().requirements("allow_managed_hooks_only = true\n")),
        "requirements: allow_managed_hooks_only"
    );
}

#[test]
fn managed_hooks_run_alone_when_required() {
    let user = "[[hooks.Stop]]\nhooks = [{ type = \"command\", command = \"user\" }]\n";
    let managed = "allow_managed_hooks_only = true\n[[hooks.Stop]]\nhooks = [{ type = \"command\", command = \"managed\" }]\n";
    let (hooks, _) = hooks(&stop().trusting().config(user).requirements(managed));
    let running: Vec<_> = hooks.matching(HookEvent::Stop, "").filter_map(Hook::command).collect();
    assert_eq!(running, ["managed"]);
    assert_eq!(hooks.all().len(), 3);
}

#[test]
fn user_hooks_are_trusted_by_the_name_of_their_file() {
    let hook = "[[hooks.Stop]]\nhooks = [{ type = \"command\", command = \"true\" }]\n";
    let state = |path: &str| format!("{hook}[hooks.state.\"{path}:stop:0:0\"]\ntrusted_hash = \"{HASH}\"\n");
    assert_eq!(trust(&Fixture::new(&[]).config(&state("/home/x/.codex/config.toml"))), Trust::Trusted);
    assert_eq!(trust(&Fixture::new(&[]).config(&state("/home/x/.codex/xconfig.toml"))), Trust::Untrusted);
    assert_eq!(trust(&Fixture::new(&[]).config(&state("/home/x/.codex/hooks.json"))), Trust::Untrusted);
}

#[test]
fn events_and_matchers_select() {
    let group = |matcher: &str, command: &str| {
        format!(r#"{{"matcher":"{matcher}","hooks":[{{"type":"command","command":"{command}"}}]}}"#)
    };
    let text = format!(
        r#"{{"hooks":{{"PreToolUse":[{},{},{},{}],"UserPromptSubmit":[{}],"SessionStart":[{}]}}}}"#,
        group("Bash", "bash"),
        group("[", "broken"),
        group("Edit|Write", "edit"),
        group("", "all"),
        group("[", "prompt"),
        group("startup|resume", "start"),
    );
    let (hooks, findings) = hooks(&Fixture::new(&[("hooks/hooks.json", &text)]).trusting());
    let run = |event, subject: &str| -> Vec<String> {
        hooks.matching(event, subject).filter_map(Hook::command).map(str::to_owned).collect()
    };
    assert_eq!(run(HookEvent::PreToolUse, "Bash"), ["bash", "all"]);
    assert_eq!(run(HookEvent::PreToolUse, "apply_patch"), ["edit", "all"]);
    assert_eq!(run(HookEvent::PreToolUse, "mcp__t__x"), ["all"]);
    assert_eq!(run(HookEvent::PostToolUse, "Bash"), [""; 0]);
    assert_eq!(
        run(HookEvent::UserPromptSubmit, "hello"),
        ["prompt"],
        "its matcher is ignored, broken or not"
    );
    assert_eq!(run(HookEvent::SessionStart, "resume"), ["start"]);
    assert_eq!(run(HookEvent::SessionStart, "clear"), [""; 0]);
    let texts: Vec<_> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        ["plugin/hooks/hooks.json:1:91: Codex skips these hooks: invalid matcher: unclosed character class \
          (write a regular expression)"]
    );
    assert_eq!(
        hooks.all()[2].key,
        "p@m:hooks/hooks.json:pre_tool_use:3:0",
        "skipped groups keep their place in keys"
    );
}

/// The bundled suite's hook is trusted by the hash that the real CLI gave for it.
#[test]
fn the_bundled_suite_trusts_its_hook() {
    let spec = crate::plugin::PluginSpec {
        suite: "suites/release-reviewer".into(),
        path: "plugin".into(),
        marketplace: "internal".into(),
        config: vec!["codex/config.toml".into()],
        ..Default::default()
    };
    let mut findings = Vec::new();
    let plugin = Plugin::load(&spec, &mut findings).unwrap();
    let hooks = Hooks::compile(&plugin, &mut findings);
    assert_eq!(hooks.all().iter().map(|hook| &hook.trust).collect::<Vec<_>>(), [&Trust::Trusted]);
    assert_eq!(findings, []);
}
