//! Colour only where it is wanted, and as little text as asked for.

use super::project::Project;

fn coloured(text: &str) -> bool {
    text.contains('\u{1b}')
}

#[test]
fn colour_when_asked_for_alone() {
    let project = Project::small();
    for arguments in
        [&["run", "suites/small"][..], &["diff", "suites/small"], &["explain", "suites/small", "alpha", "2"]]
    {
        let never = [arguments, &["--color", "never"]].concat();
        let plain = project.run(arguments);
        assert!(!coloured(&plain.stdout) && !coloured(&plain.stderr), "{plain:?}");
        let never = project.run(&never);
        assert_eq!(never.stdout, plain.stdout);
        let no_color = project.program().env("NO_COLOR", "1").run(arguments);
        assert_eq!(no_color.stdout, plain.stdout);
    }
    let always = project.run(&["run", "suites/small", "--color", "always"]);
    assert!(coloured(&always.stdout), "{}", always.stdout);
    let asked = project.program().env("NO_COLOR", "1").run(&["run", "suites/small", "--color", "always"]);
    assert!(coloured(&asked.stdout), "an option says more than the environment");
}

#[test]
fn findings_are_coloured_likewise() {
    let project = Project::small();
    project.replace("suites/small/suite.toml", "stage = \"first\"", "stage = \"last\"");
    let plain = project.run(&["check", "suites/small"]).ended(2);
    assert!(!coloured(&plain.stdout), "{}", plain.stdout);
    let always = project.run(&["check", "suites/small", "--color", "always"]).ended(2);
    assert!(coloured(&always.stdout), "{}", always.stdout);
}

#[test]
fn no_progress_where_nobody_looks() {
    let ran = Project::small().run(&["run", "suites/small"]);
    assert_eq!(ran.stderr, "");
}

#[test]
fn quiet_leaves_the_verdict() {
    let project = Project::small();
    let loud = project.run(&["run", "suites/small"]);
    let quiet = project.run(&["run", "suites/small", "--quiet"]);
    assert_eq!(quiet.code, loud.code);
    assert_eq!(quiet.stderr, "");
    assert_eq!(quiet.stdout.lines().count(), 1, "{}", quiet.stdout);
    assert_eq!(quiet.stdout.lines().next(), loud.stdout.lines().next());
}
