//! Suites that cannot be used: every problem at once with file, line, column and a way out; exit 2; nothing is overwritten.

use insta::assert_snapshot;

use super::project::Project;

/// What `run` says of a suite that it cannot use, having left an older report alone.
#[track_caller]
fn refused(project: &Project) -> String {
    project.write("reports/small/gate.md", "the report of another day\n");
    project.write("reports/small/report.json", "{}\n");
    let reports = project.files("reports");
    let ran = project.run(&["run", "suites/small"]).ended(2);
    assert_eq!(ran.stdout, "");
    assert_eq!(project.files("reports"), reports, "an older report was touched");
    let checked = project.run(&["check", "suites/small"]).ended(2);
    assert!(checked.stdout.starts_with(&ran.stderr), "check says something else: {}", checked.stdout);
    ran.stderr
}

#[test]
fn several_problems_at_once() {
    let project = Project::small();
    project.replace("suites/small/suite.toml", "stage = \"first\"", "stage = \"frist\"\ncolour = 1");
    project.replace("suites/small/suite.toml", "outcomes =", "outcoms =");
    project.replace(
        "suites/small/suite.toml",
        "in_scope_calls >= 10%",
        "in_scop >= 10%\", \"in_scope > lots",
    );
    assert_snapshot!(refused(&project), @r#"
    error[unknown-stage]: suite.toml:3:9: there is no stage `frist`
      help: did you mean `first`?
    error[unknown-key]: suite.toml:4:1: unknown key `colour` in [suite]
      help: known keys: format, name, stage, tasks, repos, baselines, pass_k
    error[missing-key]: suite.toml:5:1: [role] lacks `outcomes`
    error[unknown-key]: suite.toml:7:1: unknown key `outcoms` in [role]
      help: did you mean `outcomes`?
    error[unknown-metric]: suite.toml:14:10: there is no metric `in_scop`
      help: did you mean `in_scope`?
    error[bad-value]: suite.toml:14:39: `lots` is no value
      help: write a percentage, such as `95%`
    "#);
}

#[test]
fn a_suite_that_is_not_toml() {
    let project = Project::small();
    project.replace("suites/small/suite.toml", "[role]", "[role");
    assert_snapshot!(refused(&project), @r#"
    error[syntax]: suite.toml:4:6: not valid TOML: unclosed table, expected `]`
      help: correct the line: texts stand in quotes, lists in brackets, and each key on a line of its own
    "#);
}

#[test]
fn a_plugin_without_a_manifest() {
    let project = Project::small();
    std::fs::remove_dir_all(project.path("suites/small/plugin/.codex-plugin")).unwrap();
    project.write("suites/small/plugin/README.md", "no manifest\n");
    assert_snapshot!(refused(&project), @r#"
    error[manifest-missing]: plugin/.codex-plugin/plugin.json: missing plugin.json: Codex does not install this plugin
      help: add `.codex-plugin/plugin.json`
    "#);
}

#[test]
fn a_manifest_that_is_not_json() {
    let project = Project::small();
    project.write("suites/small/plugin/.codex-plugin/plugin.json", "{\"name\": \"small\",\n  version}\n");
    assert_snapshot!(refused(&project), @r#"
    error[json-syntax]: plugin/.codex-plugin/plugin.json:2:3: key must be a string
      help: correct the line: keys and texts stand in double quotes, and no comma stands before a closing bracket
    "#);
}

#[test]
fn configuration_that_codex_would_refuse() {
    let project = Project::small();
    project.write("suites/small/codex/config.toml", "approval_policy = \"sometimes\"\n");
    assert_snapshot!(refused(&project), @r#"
    error[approval]: codex/config.toml:1:1: unknown approval policy `sometimes`
      help: write on-request, never or a `granular` table
    "#);
}

#[test]
fn files_that_are_named_but_missing() {
    let project = Project::small();
    project.replace("suites/small/suite.toml", "codex/config.toml", "codex/confg.toml");
    assert_snapshot!(refused(&project), @r#"
    error[missing-file]: suite.toml:9:11: there is no file at `codex/confg.toml`
      help: paths start at the suite folder
    "#);
}

#[test]
fn two_tasks_of_one_name() {
    let project = Project::small();
    project.task("Alpha", "");
    assert_snapshot!(refused(&project), @r#"
    error[same-name]: tasks/alpha: two tasks are called `alpha` when case is ignored
      help: rename `Alpha` or `alpha`
    "#);
}

#[test]
fn no_suite_at_all() {
    let project = Project::empty();
    assert_snapshot!(project.run(&["run", "suites/none"]).whole(), @r#"
    exit 2
    --- stdout
    --- stderr
    error[unreadable-suite]: suite.toml: suites/none: entity not found
      help: name the folder that holds suite.toml
    "#);
    std::fs::create_dir_all(project.path("suites/none")).unwrap();
    assert_snapshot!(project.run(&["run", "suites/none"]).whole(), @r#"
    exit 2
    --- stdout
    --- stderr
    error[unreadable-suite]: suite.toml: cannot be read: entity not found
      help: name the folder that holds suite.toml
    "#);
}
