//! The engine that asks the Codex CLI, against programs that only claim to be it, and against the real one where it is
//! installed.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use plugin_eval::engine::codex::CodexProgram;

use super::program::Ran;
use super::project::Project;

/// A project with a program that answers `--version` as Codex does and then behaves like `app_server` (sh).
fn with_fake(app_server: &str) -> Project {
    let project = Project::small();
    fake(&project, "0.169.0", app_server);
    project
}

fn fake(project: &Project, version: &str, app_server: &str) {
    let path = project.path("fake/codex");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let text = format!(
        "#!/bin/sh\nif [ \"$1\" = --version ]; then echo codex-cli {version}; exit; fi\n{app_server}\n"
    );
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn run(project: &Project, more: &[&str]) -> Ran {
    let mut arguments =
        vec!["run", "suites/small", "--engine", "codex", "--codex", "fake/codex", "--time-limit", "2"];
    arguments.extend(more);
    project.run(&arguments)
}

/// Every task is a row that says why it broke, and the run ends by itself.
#[track_caller]
fn breaks(project: &Project, why: &str) {
    let start = Instant::now();
    run(project, &[]).ended(3);
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    let page = project.read("reports/small/gate.md");
    assert!(page.contains(why), "no `{why}` in\n{page}");
    let tasks = project.read("reports/small/tasks.csv");
    assert!(tasks.lines().skip(1).all(|row| row.contains("broken")), "{tasks}");
}

/// Answers the first request, as a server that works so far.
const GREET: &str = "read -r line; echo '{\"id\":1,\"result\":{}}'; read -r line";

#[test]
fn a_cli_that_ends_at_once() {
    breaks(&with_fake("echo 'cannot open config.toml' >&2; exit 1"), "cannot open config.toml");
}

#[test]
fn a_cli_that_ends_in_the_middle() {
    breaks(&with_fake(&format!("{GREET}; read -r line; exit 7")), "ended before its work was done");
}

#[test]
fn a_cli_that_prints_garbage() {
    breaks(&with_fake("yes 'what is this' | head -n 100000; sleep 1000"), "no message of its protocol");
}

#[test]
fn a_cli_that_prints_a_line_without_end() {
    breaks(&with_fake("yes | tr -d '\\n' | head -c 70000000; sleep 1000"), "no message of its protocol");
}

#[test]
fn a_cli_that_complains_in_colours() {
    breaks(
        &with_fake("printf '\\033[2mnow\\033[0m \\033[31mERROR\\033[0m disk full\\n' >&2; exit 1"),
        "now ERROR disk full",
    );
}

#[test]
fn a_cli_that_ends_with_a_turn_half_done() {
    let starts = "read -r line; echo '{\"id\":2,\"result\":{\"thread\":{\"id\":\"t\"}}}'; read -r line; \
                  echo '{\"id\":3,\"result\":{\"turn\":{\"id\":\"u\"}}}'; echo '{\"method\":\"turn/started\"}'; exit 9";
    breaks(&with_fake(&format!("{GREET}; {starts}")), "ended before its work was done");
}

#[test]
fn a_cli_that_ends_every_turn_and_leaves_no_recording() {
    let starts = "read -r line; echo '{\"id\":2,\"result\":{\"thread\":{\"id\":\"t\"}}}'; read -r line; \
                  echo '{\"id\":3,\"result\":{\"turn\":{\"id\":\"u\"}}}'; \
                  echo '{\"method\":\"turn/completed\",\"params\":{\"threadId\":\"t\",\"turn\":{\"id\":\"u\"}}}'; cat >/dev/null";
    breaks(&with_fake(&format!("{GREET}; {starts}")), "left no recording of it");
}

#[test]
fn where_nothing_was_compared_nothing_is_said_to_agree() {
    let ran = run(&with_fake("exit 1"), &[]).ended(3);
    assert!(ran.stdout.contains("no ruling of the engines was compared"), "{}", ran.stdout);
}

#[test]
fn a_cli_that_hangs() {
    breaks(&with_fake(&format!("{GREET}; sleep 1000 & sleep 1000")), "time limit of 2 s");
}

#[test]
fn a_cli_that_refuses_the_configuration() {
    let refuses = "read -r line; echo '{\"id\":2,\"error\":{\"code\":-32600,\"message\":\"unknown profile\"}}'; cat >/dev/null";
    breaks(&with_fake(&format!("{GREET}; {refuses}")), "unknown profile");
}

#[test]
fn a_cli_of_another_version_is_named() {
    let project = Project::small();
    fake(&project, "0.170.1", "exit 1");
    let ran = run(&project, &[]).ended(3);
    assert!(ran.stderr.contains("0.170.1") && ran.stderr.contains("0.169.0"), "{}", ran.stderr);
}

#[test]
fn a_missing_cli_is_named_with_the_way_out() {
    let project = Project::small();
    let ran = project.run(&["run", "suites/small", "--engine", "codex", "--codex", "fake/none"]).ended(2);
    assert!(ran.stderr.contains("fake/none: no Codex CLI"), "{}", ran.stderr);
    let ran = project
        .program()
        .env("PATH", "/nonexistent")
        .run(&["run", "suites/small", "--engine", "both"])
        .ended(2);
    assert!(ran.stderr.contains("--codex PATH"), "{}", ran.stderr);
    assert!(!project.path("reports").exists());
}

/// The real CLI; a missing one is said, and is an error where `PLUGIN_EVAL_CODEX` promises it.
#[expect(clippy::print_stderr, reason = "what is not tested must be seen")]
pub(crate) fn real() -> Option<PathBuf> {
    match CodexProgram::find(None) {
        Ok(program) => Some(program.path),
        Err(missing) => {
            eprintln!("NOT TESTED: {missing}");
            assert!(std::env::var_os("PLUGIN_EVAL_CODEX").is_none(), "{missing}");
            None
        }
    }
}

#[test]
fn the_bundled_suites_are_ruled_alike() {
    ruled_alike(&[("release-reviewer", 0), ("release-reviewer-leaky", 1)]);
}

#[test]
fn the_suites_of_roles_that_read_are_ruled_alike() {
    ruled_alike(&[("security-reviewer", 0), ("incident-investigator", 0)]);
}

#[test]
fn the_suites_of_roles_that_write_are_ruled_alike() {
    ruled_alike(&[("dependency-upgrader", 0), ("docs-maintainer", 0), ("formatter", 0)]);
}

/// Both engines agree on each call of these suites, and end with these codes.
fn ruled_alike(suites: &[(&str, i32)]) {
    let Some(codex) = real() else { return };
    let names: Vec<_> = suites.iter().map(|(name, _)| *name).collect();
    let project = Project::with_suites(&names);
    let codex = codex.to_str().unwrap();
    for (suite, code) in suites {
        let suite_folder = format!("suites/{suite}");
        let arguments = ["run", &suite_folder, "--engine", "both", "--codex", codex];
        let mut ran = project.run(&arguments);
        if ran.code != Some(*code) {
            // On a busy machine a command or a hook may run into its time; what differs for good differs again.
            ran = project.run(&arguments);
        }
        let ran = ran.ended(*code);
        let page = project.read(&format!("reports/{suite}/agreement.md"));
        assert!(page.contains("(100.0%)"), "{}\n{page}", ran.stdout);
        assert!(!page.contains("## Differences"), "{page}");
    }
}
