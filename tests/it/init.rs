//! `init` makes a suite that only lacks tasks, of any plugin that Codex loads, without a secret, all of it or nothing.

use std::fs;

use super::program::Ran;
use super::project::Project;

const MANIFEST: &str = "{\"name\":\"guide\",\"version\":\"1.2.0\",\"description\":\"reads\"}\n";

fn with_plugin() -> Project {
    let project = Project::empty();
    fs::create_dir(project.path(".git")).unwrap();
    project.write("plugins/guide/.codex-plugin/plugin.json", MANIFEST);
    project.write("plugins/guide/skills/look/SKILL.md", "---\nname: look\ndescription: looks\n---\nLook.\n");
    project
}

fn init(project: &Project, more: &[&str]) -> Ran {
    let mut arguments = vec!["init", "suites/guide", "--plugin", "plugins/guide"];
    arguments.extend(more);
    project.run(&arguments)
}

/// The suite checks without an error, and all that is said of it is that it has no tasks.
#[track_caller]
fn checks(project: &Project) {
    let check = project.run(&["check", "suites/guide"]).ended(0);
    assert!(check.stdout.contains("0 errors, 1 warning"), "{}", check.stdout);
    assert!(
        check.stdout.contains("no tasks yet") && check.stdout.contains("plugin-eval import"),
        "{}",
        check.stdout
    );
}

#[test]
fn a_suite_appears_and_checks() {
    let project = with_plugin();
    let made = init(&project, &[]).ended(0);
    assert!(
        made.stdout.starts_with("suites/guide: plugin guide@local 1.2.0, role reviewer, "),
        "{}",
        made.stdout
    );
    assert!(
        made.stdout.contains("\n  plugin-eval import ~/.codex --suite suites/guide\n"),
        "{}",
        made.stdout
    );
    let files = project.files("suites/guide");
    assert_eq!(
        files.keys().collect::<Vec<_>>(),
        [
            ".gitignore",
            "codex/config.toml",
            "plugin/.codex-plugin/plugin.json",
            "plugin/skills/look/SKILL.md",
            "suite.toml",
            "tasks/README.md"
        ]
    );
    checks(&project);
    assert_eq!(fs::read_dir(project.path("suites")).unwrap().count(), 1, "nothing is left beside it");
    project.run(&["run", "suites/guide"]).ended(4);
}

#[test]
fn every_role_checks_and_an_unknown_one_is_told() {
    for role in ["reviewer", "editor", "investigator", "operator", "tester", "writer"] {
        let project = with_plugin();
        init(&project, &["--role", role]).ended(0);
        checks(&project);
    }
    let unknown = init(&with_plugin(), &["--role", "reviewr"]).ended(2);
    assert_eq!(unknown.stderr, "error: there is no role card `reviewr`; did you mean `reviewer`?\n");
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let project = with_plugin();
    project.write("suites/guide/mine.txt", "mine");
    let refused = init(&project, &[]).ended(2);
    assert!(refused.stderr.contains("is not empty; choose a new folder"), "{}", refused.stderr);
    assert_eq!(project.files("suites/guide").len(), 1);

    let project = with_plugin();
    fs::create_dir_all(project.path("suites/guide")).unwrap();
    init(&project, &[]).ended(0);
}

#[test]
fn broken_plugins_are_refused_with_places_and_leave_nothing() {
    for (manifest, place) in [
        ("{\"name\":", "plugins/guide/.codex-plugin/plugin.json:1:8"),
        ("{\"name\": 7}", "plugins/guide/.codex-plugin/plugin.json:1:"),
        ("[]", "plugins/guide/.codex-plugin/plugin.json:1:1"),
    ] {
        let project = with_plugin();
        project.write("plugins/guide/.codex-plugin/plugin.json", manifest);
        let refused = init(&project, &[]).ended(2);
        assert!(refused.stderr.contains(place), "{place} in {}", refused.stderr);
        assert!(!project.path("suites/guide").exists());
    }
    let project = with_plugin();
    fs::remove_file(project.path("plugins/guide/.codex-plugin/plugin.json")).unwrap();
    init(&project, &[]).ended(2);
    let missing = project.run(&["init", "suites/x", "--plugin", "nowhere"]).ended(2);
    assert!(missing.stderr.contains("the plugin folder nowhere"), "{}", missing.stderr);
    assert!(!project.path("suites").exists() || fs::read_dir(project.path("suites")).unwrap().count() == 0);
}

#[test]
fn other_shapes_of_plugins() {
    let minimal = with_plugin();
    minimal.write("plugins/guide/.codex-plugin/plugin.json", "{}");
    init(&minimal, &[]).ended(0);
    minimal.run(&["check", "suites/guide"]).ended(0);

    let claude = Project::empty();
    claude.write("plugins/guide/.claude-plugin/plugin.json", MANIFEST);
    init(&claude, &[]).ended(0);
    claude.run(&["check", "suites/guide"]).ended(0);

    let odd = Project::empty();
    odd.write("plugins/gu ide's $(x)/.codex-plugin/plugin.json", MANIFEST);
    odd.write("plugins/gu ide's $(x)/skills/größe 日本/SKILL.md", "---\nname: look\ndescription: l\n---\n");
    let made = odd.run(&["init", "suites/my suite's", "--plugin", "plugins/gu ide's $(x)"]).ended(0);
    assert!(made.stdout.contains("plugin-eval check \"suites/my suite's\""), "{}", made.stdout);
    assert!(odd.read("suites/my suite's/suite.toml").contains("name = \"my-suite-s\""));
    odd.run(&["check", "suites/my suite's"]).ended(0);

    let bundled = Project::bundled();
    let whole = bundled.run(&[
        "init",
        "made",
        "--plugin",
        "suites/release-reviewer/plugin",
        "--codex",
        "suites/release-reviewer/codex",
    ]);
    let whole = whole.ended(0);
    assert!(whole.stdout.contains("stages read-only, workspace-write, broad"), "{}", whole.stdout);
    let text = bundled.read("made/suite.toml");
    assert!(text.contains("mode = \"release-review\"") && text.contains("mode = \"release-edit\""), "{text}");
    assert!(text.contains("rules = [\"codex/rules/default.rules\"]"), "{text}");
    bundled.run(&["check", "made"]).ended(0);
}

#[cfg(unix)]
#[test]
fn links_are_left_out_and_secrets_are_not_copied() {
    let project = with_plugin();
    project.write("outside.txt", "planted");
    std::os::unix::fs::symlink(project.path("outside.txt"), project.path("plugins/guide/link")).unwrap();
    project.write("plugins/guide/.env", "KEY=planted");
    project.write("plugins/guide/.git/config", "url = https://me:planted@x.invalid");
    project.write(
        "codex-home/config.toml",
        "approval_policy = \"on-request\"\n[mcp_servers.t]\ncommand = \"t\"\nenv = { K = \"planted\" }\n\
         [model_providers.x]\nbase_url = \"https://planted.invalid\"\n",
    );
    project.write("codex-home/auth.json", "{\"OPENAI_API_KEY\":\"planted\"}");
    project.write("codex-home/rules/default.rules", "prefix_rule(pattern=[\"git\"], decision=\"allow\")\n");
    let made = init(&project, &["--codex", "codex-home"]).ended(0);
    for (name, bytes) in project.files("suites/guide") {
        assert!(!String::from_utf8_lossy(&bytes).contains("planted"), "{name}");
    }
    for said in [".env", ".git", "config.toml: mcp_servers.t.env", "config.toml: model_providers"] {
        assert!(made.stdout.contains(&format!("  left out: {said}\n")), "{said} in {}", made.stdout);
    }
    assert!(made.stderr.contains("plugins/guide/link"), "{}", made.stderr);
    assert!(project.path("suites/guide/codex/rules/default.rules").is_file());
    checks(&project);
}

#[test]
fn the_repository_gives_configuration_and_marketplace() {
    let project = with_plugin();
    let role = "[agents.r]\ndescription = \"d\"\nconfig_file = \"roles/r.toml\"\n";
    project.write(".codex/config.toml", format!("# Why it asks.\napproval_policy = \"on-request\"\n{role}"));
    project.write(".codex/roles/r.toml", "features.plugins = false\n");
    project.write(
        ".agents/plugins/marketplace.json",
        "{\"name\":\"internal\",\"plugins\":[{\"name\":\"guide\",\"source\":{\"source\":\"local\",\"path\":\"./plugins/guide\"}}]}",
    );
    let made = init(&project, &[]).ended(0);
    assert!(made.stdout.contains("plugin guide@internal"), "{}", made.stdout);
    assert!(project.read("suites/guide/codex/config.toml").starts_with("# Why it asks.\n"));
    assert!(project.read("suites/guide/suite.toml").contains("marketplace = \"internal\""));
    assert_eq!(project.read("suites/guide/codex/roles/r.toml"), "features.plugins = false\n");
    checks(&project);
}

/// Where no repository offers the plugin, the configuration tells where users have it from.
#[test]
fn the_configuration_tells_the_marketplace() {
    for (tables, wanted) in [
        (
            "[plugins.\"guide@internal\"]\nenabled = true\n[plugins.\"guides@other\"]\nenabled = true\n",
            "guide@internal",
        ),
        ("[plugins.\"guide@a\"]\nenabled = true\n[plugins.\"guide@b\"]\nenabled = true\n", "guide@local"),
        ("model = \"gpt-5.5\"\n", "guide@local"),
    ] {
        let project = with_plugin();
        project.write("home/config.toml", tables);
        let made = init(&project, &["--codex", "home"]).ended(0);
        assert!(made.stdout.starts_with(&format!("suites/guide: plugin {wanted} ")), "{}", made.stdout);
    }
}

#[test]
fn a_plugin_may_be_linked_or_hold_the_suite() {
    let project = with_plugin();
    init(&project, &["--link"]).ended(0);
    assert!(project.read("suites/guide/suite.toml").contains("path = \"../../plugins/guide\""));
    assert!(!project.path("suites/guide/plugin").exists());
    checks(&project);

    let own = Project::empty();
    own.write(".codex-plugin/plugin.json", MANIFEST);
    own.write("reports/old.md", "old");
    own.run(&["init", "suites/guide", "--plugin", ".", "--link"]).ended(2);
    own.run(&["init", "suites/guide", "--plugin", "."]).ended(0);
    assert!(!own.path("suites/guide/plugin/suites").exists());
    assert!(!own.path("suites/guide/plugin/reports").exists());
    checks(&own);
}

#[test]
fn configurations_that_codex_refuses_are_told_with_places() {
    let project = with_plugin();
    project.write("c/config.toml", "a = 1\nb = [\n");
    let refused = init(&project, &["--codex", "c/config.toml"]).ended(2);
    assert!(refused.stderr.contains("[folder]/c/config.toml:2:"), "{}", refused.stderr);
    project.write("c/config.toml", "sandbox_mode = \"read-onyl\"\n");
    let refused = init(&project, &["--codex", "c"]).ended(2);
    assert!(
        refused.stderr.contains("read-onyl") && refused.stderr.contains("nothing was written"),
        "{}",
        refused.stderr
    );
    let empty = init(&project, &["--codex", "plugins"]).ended(2);
    assert!(empty.stderr.contains("holds no config.toml"), "{}", empty.stderr);
    assert!(!project.path("suites/guide").exists());
}

#[test]
fn stages_keep_to_the_requirements() {
    let project = with_plugin();
    project.write(
        "c/config.toml",
        "sandbox_mode = \"read-only\"\n[sandbox_workspace_write]\nwritable_roots = [\"x\"]\n",
    );
    project.write("c/requirements.toml", "allowed_sandbox_modes = [\"read-only\"]\n");
    let made = init(&project, &["--codex", "c"]).ended(0);
    assert!(made.stdout.contains("stages read-only, broad\n"), "{}", made.stdout);
    assert!(project.read("suites/guide/suite.toml").contains("requirements = \"codex/requirements.toml\""));
}

#[test]
fn a_large_plugin_is_better_linked() {
    let project = with_plugin();
    let file = fs::File::create(project.path("plugins/guide/model.bin")).unwrap();
    file.set_len(100 << 20).unwrap();
    let refused = init(&project, &[]).ended(2);
    assert!(refused.stderr.contains("--link"), "{}", refused.stderr);
    assert!(!project.path("suites/guide").exists());
    init(&project, &["--link"]).ended(0);
}

#[test]
fn a_secret_in_what_is_copied_is_refused_unless_it_is_allowed_by_name() {
    let project = with_plugin();
    // Made while the test runs, so that nothing that looks like a secret stands in the repository.
    let token = ["ghp", "_", "k7QpW2zX9Lm4TbR8vN3cY6hD1sF5gJ0aEuOi"].concat();
    project.write(
        "plugins/guide/scripts/push.sh",
        format!("#!/bin/sh\ncurl -H 'Authorization: Bearer {token}' x\n"),
    );
    project.write("plugins/guide/.codex/config.toml", "approval_policy = \"never\"\n");
    project.write("plugins/guide/.codex/rules/a.rules", format!("# {token}\n"));
    let ran = init(&project, &[]).ended(2);
    assert!(ran.stderr.contains("plugin/scripts/push.sh:2:"), "{}", ran.stderr);
    assert!(ran.stderr.contains("codex/rules/a.rules:1:3"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--allow-secret plugin/scripts/push.sh"), "{}", ran.stderr);
    assert!(!ran.stderr.contains(&token) && !ran.stdout.contains(&token));
    assert!(!project.path("suites/guide").exists());
    let one = ["--allow-secret", "plugin/scripts/push.sh"];
    init(&project, &one).ended(2);
    let rules = ["--allow-secret", "codex/rules/a.rules", "--allow-secret", "plugin/.codex/rules/a.rules"];
    init(&project, &[&one[..], &rules].concat()).ended(0);
    assert!(project.read("suites/guide/plugin/scripts/push.sh").contains(&token));
}
