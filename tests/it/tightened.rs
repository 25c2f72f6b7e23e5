//! One tool fewer in `enabled_tools`: `diff` shows the rulings that changed, all of them and no others, and why.

use super::project::Project;

const SUITE: &str = "suites/release-reviewer";

#[test]
fn a_tool_that_is_taken_away_changes_its_calls_alone() {
    let project = Project::bundled();
    project.run(&["accept", SUITE, "--all", "--reason", "reviewed", "--by", "ana"]).ended(0);
    let before = project.run(&["diff", SUITE]).ended(0);
    assert_eq!(before.stderr, "");
    project.replace(
        "suites/release-reviewer/codex/config.toml",
        "enabled_tools = [\"read_issue\", \"search_release_notes\"]",
        "enabled_tools = [\"read_issue\"]",
    );
    let diff = project.run(&["diff", SUITE]).ended(1).stdout;
    let lines: Vec<&str> = diff.lines().collect();
    let mut rulings = 0;
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.starts_with("  ~ ")) {
        assert!(line.contains("issue_tracker/search_release_notes"), "another step changed: {line}");
        if line.contains("(routing)") {
            rulings += 1;
            assert!(line.contains("allow (approval) -> deny (routing), narrowed"), "{line}");
            assert_eq!(
                lines[at + 1].trim(),
                "by codex/config.toml:38:1 enabled_tools lacks `search_release_notes`; was by \
                 codex/config.toml:42:1 tools.search_release_notes.approval_mode = approve"
            );
            assert_eq!(lines[at + 2].trim(), "cause: config");
        }
    }
    project.run(&["run", SUITE]);
    let calls = project.read("reports/release-reviewer/calls.csv");
    let recorded = calls.lines().filter(|row| row.contains("issue_tracker/search_release_notes")).count();
    assert!(rulings > 0, "no ruling changed");
    assert_eq!(rulings, recorded, "calls of the tool in\n{calls}");
    assert!(
        lines.iter().filter(|line| line.contains("cause:")).all(|line| line.trim() == "cause: config"),
        "{diff}"
    );
}
