//! What becomes of patches, from the recordings to the report.

use super::project::Project;

const UPGRADES: &str = "suites/dependency-upgrader";

/// The row of a metric in the list of metrics of `gate.md`.
#[track_caller]
fn row(project: &Project, suite: &str, metric: &str) -> String {
    let page = project.read(&format!("reports/{suite}/gate.md"));
    let start = format!("| {metric} | ");
    let found = page.lines().find_map(|line| line.strip_prefix(&start));
    found.unwrap_or_default().to_owned()
}

fn no_data(project: &Project, suite: &str) -> String {
    let page = project.read(&format!("reports/{suite}/gate.md"));
    page.lines().find(|line| line.starts_with("No data: ")).unwrap_or_default().to_owned()
}

/// A person lists two defects. Without these words one is found by its message, the other by blame.
#[test]
fn repairs_are_found_without_labels() {
    let project = Project::with_suites(&["dependency-upgrader"]);
    for task in ["tallybook-1.0.0", "tideclock-3.2.0"] {
        let file = format!("{UPGRADES}/tasks/{task}/task.toml");
        let text = project.read(&file);
        let kept = text.lines().filter(|line| !line.starts_with("defects"));
        project.write(&file, kept.collect::<Vec<_>>().join("\n"));
    }
    project.run(&["run", UPGRADES, "-q"]).ended(0);
    assert!(row(&project, "dependency-upgrader", "regression_rate").starts_with("22.2% "));
    let report = project.read("reports/dependency-upgrader/report.json");
    for how in [r#""how":"reverts""#, r#""how":"fixes","lines":1"#] {
        assert!(report.contains(how), "{how}");
    }
}

#[test]
fn parts_carry_what_became_of_patches() {
    let project = Project::with_suites(&["dependency-upgrader", "formatter"]);
    for suite in ["dependency-upgrader", "formatter"] {
        let folder = format!("suites/{suite}");
        project.run(&["run", &folder, "-q", "--reports", "whole"]);
        for part in ["1/2", "2/2"] {
            project.run(&["run", &folder, "-q", "--partition", part]).ended(0);
        }
        project.run(&["merge", &folder, "-q"]);
        let merged = project.read(&format!("reports/{suite}/report.json"));
        assert!(merged.contains("\"patch\":{"));
        assert_eq!(merged, project.read(&format!("whole/{suite}/report.json")), "{suite}");
    }
}

#[test]
fn a_merged_commit_that_is_not_there_is_told_and_no_sample() {
    let project = Project::with_suites(&["docs-maintainer"]);
    let file = "suites/docs-maintainer/tasks/install-page/task.toml";
    let text = project.read(file);
    let merged = text.lines().find(|line| line.starts_with("merged = ")).unwrap().to_owned();
    project.run(&["run", "suites/docs-maintainer", "-q"]);
    let samples = |row: &str| row.split(" | ").nth(2).unwrap().parse::<u32>().unwrap();
    let before = samples(&row(&project, "docs-maintainer", "patch_acceptance"));
    project.replace(file, &merged, "merged = \"ffffffffffffffffffffffffffffffffffffffff\"");
    let asked = "suites/docs-maintainer/tasks/station-option/task.toml";
    project.replace(asked, "skills = [\"options\"]", "skills = [\"option\"]");
    project.run(&["run", "suites/docs-maintainer", "-q"]);
    assert_eq!(samples(&row(&project, "docs-maintainer", "patch_acceptance")), before - 1);
    let report = project.read("reports/docs-maintainer/report.json");
    assert!(
        report
            .contains("the merged commit ffffffffffffffffffffffffffffffffffffffff is not in the repository")
    );
}

/// Before, 2 of 4 lines of the snapshot's files ran (50%), afterwards 3 of 4 (75%): 25 points. A file that is not the
/// snapshot's counts in neither.
#[test]
fn coverage_reports_are_compared() {
    let project = Project::with_suites(&["dependency-upgrader"]);
    let task = format!("{UPGRADES}/tasks/tideclock-3.2.0");
    let declared = project.read(&format!("{task}/task.toml"));
    let declare = |table: &str| {
        let (top, decision) = declared.split_once("[decision]").unwrap();
        project.write(&format!("{task}/task.toml"), format!("{top}{table}\n[decision]{decision}"));
    };
    declare("[coverage]\nbefore = \"before.lcov\"\nafter = \"after.lcov\"\n");
    let report = |hits: [u32; 4], root: &str| {
        let [a, b, c, d] = hits;
        format!(
            "SF:{root}src/kiosk/hours.py\nDA:1,{a}\nDA:2,{b}\nend_of_record\n\
             SF:{root}src/kiosk/prices.py\nDA:1,{c}\nDA:9,{d}\nend_of_record\n\
             SF:/usr/lib/python3/re.py\nDA:1,0\nend_of_record\n"
        )
    };
    project.write(&format!("{task}/before.lcov"), report([1, 0, 1, 0], "/ci/build/"));
    project.write(&format!("{task}/after.lcov"), report([1, 1, 1, 0], ""));
    project.run(&["run", UPGRADES, "-q"]);
    assert!(row(&project, "dependency-upgrader", "test_coverage_delta.lines").starts_with("+25 pts | "));
    project.write(&format!("{task}/before.lcov"), "SF:/elsewhere/x.py\nDA:1,1\nend_of_record\n");
    project.run(&["run", UPGRADES, "-q"]);
    assert!(no_data(&project, "dependency-upgrader").contains("test_coverage_delta.lines"));
    let text = project.read("reports/dependency-upgrader/report.json");
    assert!(text.contains("the coverage reports tell nothing about the snapshot"));
    declare("[coverage]\nbefore = \"../../suite.toml\"\nafter = \"gone.lcov\"\n");
    project.run(&["run", UPGRADES, "-q"]);
    let text = project.read("reports/dependency-upgrader/report.json");
    for told in ["does not lie in the task folder", "there is no file `gone.lcov`"] {
        assert!(text.contains(told), "{told}");
    }
}

#[test]
fn a_formatter_that_is_not_run_gives_no_data() {
    let project = Project::with_suites(&["formatter"]);
    project.run(&["run", "suites/formatter", "-q"]);
    assert!(row(&project, "formatter", "formatter_equality").starts_with("70% "));
    // One that writes in place gives the same.
    let suite = "suites/formatter/suite.toml";
    project.replace(
        suite,
        r#"command = ["python3", "tools/fmt.py", "{path}"]"#,
        "command = [\"sh\", \"-c\", \"python3 tools/fmt.py {path} > out && mv out {path}\"]\noutput = \"file\"",
    );
    project.run(&["run", "suites/formatter", "-q"]);
    assert!(row(&project, "formatter", "formatter_equality").starts_with("70% "));
    project.run(&["run", "suites/formatter", "-q", "--no-hooks"]);
    assert!(no_data(&project, "formatter").contains("formatter_equality"));
    project.replace(suite, "{path}", "path");
    let ran = project.run(&["check", "suites/formatter"]).ended(2);
    assert!(ran.stdout.contains("the formatter is not told which file"), "{}", ran.stdout);
}
