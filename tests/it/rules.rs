//! Rules files that would take all memory or time end in a finding.

use std::time::{Duration, Instant};

use super::project::Project;

fn with_rules(text: &str) -> Project {
    let project = Project::small();
    project.write("suites/small/codex/rules/a.rules", text);
    project.replace("suites/small/suite.toml", "[plugin]", "[plugin]\nrules = [\"codex/rules\"]");
    project
}

#[test]
fn hostile_expressions_end_in_a_finding() {
    for text in [
        "x = \"a\" * 99999 * 99999 * 99",
        "x = [[0] * 99999] * 99999 * 9\ny = str(x)",
        "x = list(range(2000000000))",
        "x = \",\".join([\"a\" * 99999] * 99999)",
        "x = \"%s\" % (\"a\" * 99999).replace(\"a\", \"b\" * 99999)",
        "x = max(range(1000000000000))",
    ] {
        let project = with_rules(text);
        let started = Instant::now();
        let ran = project.run(&["check", "suites/small"]).ended(2);
        assert!(ran.stdout.contains("error[rules]"), "{text}: {}", ran.stdout);
        assert!(started.elapsed() < Duration::from_mins(1), "{text}");
    }
}

#[test]
fn modest_computations_are_evaluated() {
    let project = with_rules(
        "TOOLS = [\"a\", \"b\"] * 3 + [\"c\" * 100]\n[prefix_rule([tool, \"x\"], \"forbidden\") for tool in TOOLS]\n\
         def deny(names):\n  for name in names:\n    prefix_rule([name.lower()], \"forbidden\")\n\
         deny([\"CAT\"])\n",
    );
    let ran = project.run(&["explain", "suites/small", "alpha", "2"]).ended(0);
    assert!(ran.stdout.contains("deny") && ran.stdout.contains("prefix_rule"), "{}", ran.stdout);
}
