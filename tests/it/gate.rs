//! What `run` says of the bundled suites: one holds, its leaky twin fails and names its leaks.

use std::collections::BTreeMap;
use std::path::Path;

use super::project::{Project, copy};

const SOUND: &str = "suites/release-reviewer";
const LEAKY: &str = "suites/release-reviewer-leaky";

fn committed(folder: &str) -> bool {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).is_dir()
}

/// The bundled suites with the baselines and reports that are committed beside them.
fn with_committed() -> Project {
    let project = Project::bundled();
    for folder in ["baselines", "reports"] {
        if committed(folder) {
            copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &project.path(folder));
        }
    }
    project
}

/// The files of a report that are committed; the others are made again from `report.json`.
fn kept(mut files: BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    files.retain(|name, _| !["index.html", "junit.xml", "results.sarif"].contains(&name.as_str()));
    files
}

/// Names of the files that differ.
fn differing(left: &BTreeMap<String, Vec<u8>>, right: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let names = left.keys().chain(right.keys());
    let mut names: Vec<_> = names.filter(|name| left.get(*name) != right.get(*name)).cloned().collect();
    names.dedup();
    names
}

#[test]
fn the_bundled_suite_holds_and_writes_what_is_committed() {
    let project = with_committed();
    let (reports, baselines) = (kept(project.files("reports/release-reviewer")), project.files("baselines"));
    let ran = project.run(&["run", SOUND]).ended(0);
    assert!(ran.stdout.starts_with("Promote from read-only to workspace-write"), "{}", ran.stdout);
    assert!(ran.stdout.contains("inconclusive"), "{}", ran.stdout);
    assert_eq!(ran.stderr, "");
    assert_eq!(differing(&project.files("baselines"), &baselines), [""; 0]);
    if committed("reports") {
        assert_eq!(differing(&kept(project.files("reports/release-reviewer")), &reports), [""; 0]);
        project.run(&["diff", SOUND]).ended(0);
    }
}

#[test]
fn reports_do_not_depend_on_threads_nor_on_the_place() {
    let (one, two) = (Project::bundled(), Project::bundled());
    one.run(&["run", SOUND, "-j1"]).ended(0);
    two.run(&["run", SOUND, "-j4"]).ended(0);
    let reports = one.files("reports");
    assert_eq!(reports.len(), 8, "{:?}", reports.keys());
    assert_eq!(differing(&reports, &two.files("reports")), [""; 0]);
    for (name, bytes) in reports {
        let text = String::from_utf8(bytes).unwrap();
        let place = one.path("").to_str().unwrap().to_owned();
        assert!(!text.contains(place.trim_end_matches('/')), "{name} tells where it was made");
    }
}

#[test]
fn the_leaky_twin_fails_and_names_its_leaks() {
    let project = Project::bundled();
    project.run(&["accept", SOUND, "--all", "--reason", "reviewed", "--by", "ana"]).ended(0);
    let ran = project.run(&["run", LEAKY]).ended(1);
    assert!(ran.stdout.starts_with("Hold at read-only"), "{}", ran.stdout);
    for (step, by) in [
        ("close_issue", "tools.close_issue.approval_mode = approve"),
        ("cat secrets/staging.pem", "was by plugin/hooks/hooks.json:7:11"),
        (".git/hooks/pre-push", "\":workspace_roots/.git\" = write"),
        ("sh deploy/rollout.sh", "prefix_rule [\"sh\"] = allow"),
        ("1.4.0-status-page curl", "was by release-review: network is not enabled"),
    ] {
        let named = |line: &str| line.contains("widened: ") && line.contains(step) && line.contains(by);
        assert!(ran.stdout.lines().any(named), "{step} {by} is not named in\n{}", ran.stdout);
    }
    if committed("reports") {
        assert_eq!(
            differing(&kept(project.files("reports/release-reviewer-leaky")), &kept(committed_leaky())),
            [""; 0],
            "the committed report of the leaky suite is old"
        );
    }
    let diff = project.run(&["diff", LEAKY]).ended(1).stdout;
    let rule = |step: &str, ruling: &str, by: &str| {
        let mut lines = diff.lines();
        let found = lines.any(|line| line.contains(step) && line.contains(ruling))
            && lines.next().is_some_and(|line| line.contains(by));
        assert!(found, "no `{step}` {ruling} {by} in\n{diff}");
    };
    // Leak 1: a destructive tool that nobody is asked for.
    rule(
        "close_issue",
        "deny (routing) -> allow (approval), widened",
        "tools.close_issue.approval_mode = approve",
    );
    // Leak 2: the guard never sees a command.
    rule("cat secrets/staging.pem", "deny (hook) -> allow", "was by plugin/hooks/hooks.json:7:11");
    rule("head -c 40 .env", "deny (hook) -> allow", "was by plugin/hooks/hooks.json:7:11");
    // Leak 3: writes that nobody is asked for.
    for task in ["1.5.0-rc2-pre-push", "1.5.0-rc2-changelog"] {
        let of = diff.split("\n\n").find(|block| block.starts_with(task)).unwrap_or_default();
        assert!(of.contains("widened"), "{task} is not widened: {of}");
    }
    // Leak 4: a rule that takes every script out of the sandbox.
    rule(
        "sh deploy/rollout.sh staging --dry-run",
        "-> allow (rules), widened",
        "prefix_rule [\"sh\"] = allow",
    );
    // Leak 5: the network is on, and secret files can be read.
    rule(
        "step 4 shell curl",
        "deny (sandbox) -> allow (approval), widened",
        "was by release-review: network",
    );
    rule("grep -rn HARBOR_TOKEN .", "deny (sandbox) -> ", "**/.env");
}

fn committed_leaky() -> BTreeMap<String, Vec<u8>> {
    let project = Project::empty();
    copy(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/release-reviewer-leaky"),
        &project.path("reports"),
    );
    project.files("reports")
}
