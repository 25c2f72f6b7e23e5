//! The files of a report: written, read again, replaced.

use super::*;

#[test]
fn every_file_is_made_again_from_the_report() {
    let place = tempfile::tempdir().unwrap();
    let summary = write(place.path(), &tasks());
    let report = place.path().join("report.json");
    let anew = place.path().join("anew.json");
    let value: serde_json::Value = serde_json::from_str(&text(place.path(), "report.json")).unwrap();
    std::fs::write(&anew, serde_json::to_vec(&value).unwrap()).unwrap();
    for (format, name) in [
        (Format::Markdown, "gate.md"),
        (Format::Html, "index.html"),
        (Format::Junit, "junit.xml"),
        (Format::Sarif, "results.sarif"),
        (Format::Tasks, "tasks.csv"),
        (Format::Calls, "calls.csv"),
        (Format::Approvals, "approvals.csv"),
    ] {
        for file in [&report, &anew] {
            let mut out = Vec::new();
            let read = render_again(file, format, &mut out).unwrap();
            assert_eq!(
                String::from_utf8(out).unwrap(),
                text(place.path(), name),
                "{name} of {}",
                file.display()
            );
            assert_eq!((read.suite, &read.summary), (suite(), &summary));
        }
    }
}

/// What version 0.1.0 wrote stays readable, and gives every other file.
#[test]
fn the_first_format_stays_readable() {
    let fixture = Path::new("src/report/testdata/v1.json");
    let mut seen = Vec::new();
    let read = read(fixture, |task| {
        seen.push((task.name.to_string(), task.runs.len(), task.changes.len()));
        Ok(())
    });
    let read = read.unwrap();
    assert_eq!(read.suite, suite());
    assert_eq!(
        seen,
        [("adds-tests".into(), 1, 0), ("closes-ticket".into(), 1, 3), ("lost-commit".into(), 0, 0)]
    );
    assert_eq!((read.summary.exit_code, read.summary.noted.len()), (3, 4));
    let mut page = Vec::new();
    render_again(fixture, Format::Markdown, &mut page).unwrap();
    assert!(String::from_utf8(page).unwrap().contains("closes-ticket"));
}

#[test]
fn the_report_fits_its_schema_and_stands_one_task_a_line() {
    let place = tempfile::tempdir().unwrap();
    write(place.path(), &tasks());
    let text = text(place.path(), "report.json");
    let lines = text.lines().filter(|line| line.starts_with("{\"name\":")).count();
    assert_eq!(lines, 3);
    let schema = serde_json::to_value(report_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(validator.is_valid(&value), "{:?}", validator.iter_errors(&value).next());
    value["summary"]["advice"] = "maybe".into();
    assert!(!validator.is_valid(&value));
    assert!(serde_json::from_str::<ReportV1<'_>>(&text.replacen("\"reasons\"", "\"reason\"", 1)).is_err());
}

#[test]
fn broken_reports_say_where() {
    let place = tempfile::tempdir().unwrap();
    write(place.path(), &tasks());
    let good = text(place.path(), "report.json");
    for (text, expected) in [
        (
            good.replace("\"format\": 1", "\"format\": 2"),
            "format 2, and this version reads format 1 (plugin-eval 0.1.0 or later reads it)",
        ),
        (good[..good.len() / 2].to_owned(), "EOF"),
        (good.replace("\"status\":\"broken\"", "\"statu\":\"broken\""), "unknown field `statu`"),
        (good.replace("\"exit_code\"", "\"code\""), "unknown field `code`"),
        (String::new(), "EOF"),
        ("{}".to_owned(), "missing field"),
        ("\u{0}".repeat(100), "expected value"),
    ] {
        let path = place.path().join("bad.json");
        std::fs::write(&path, text).unwrap();
        let error = read(&path, |_| Ok(())).unwrap_err().to_string();
        assert!(error.starts_with("bad.json") && error.contains(expected), "{error}\nexpected {expected}");
    }
    assert!(read(place.path(), |_| Ok(())).is_err());
}

#[test]
fn a_run_that_fails_leaves_the_old_report() {
    let place = tempfile::tempdir().unwrap();
    write(place.path(), &tasks());
    let old: Vec<_> = FILES.map(|name| text(place.path(), name)).to_vec();
    let mut writer = ReportWriter::begin(place.path(), suite()).unwrap();
    writer.push(render(&good("other"), &[])).unwrap();
    drop(writer);
    assert_eq!(FILES.map(|name| text(place.path(), name)).to_vec(), old);
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), FILES.len(), "no temporary file stays");
}

#[test]
fn tasks_written_by_hand_are_what_serde_writes() {
    let role = role();
    for text in HOSTILE {
        let task = bad(text, text);
        let rendered = render(&task, &facts(0, &task, &role));
        let read: v1::TaskV1<'_> = serde_json::from_slice(&rendered.json).unwrap();
        let mut again = Vec::new();
        crate::replay::json::append(&mut again, &read).unwrap();
        assert_eq!(String::from_utf8(rendered.json).unwrap(), String::from_utf8(again).unwrap());
    }
}

#[test]
fn rows_are_the_same_on_any_thread() {
    use rayon::prelude::*;
    let tasks: Vec<_> = (0..64).map(|i| bad(&format!("task-{i}"), HOSTILE[i % HOSTILE.len()])).collect();
    let role = role();
    let one = |task: &Finished| {
        let rendered = render(task, &facts(0, task, &role));
        (rendered.json, rendered.tasks, rendered.calls, rendered.approvals)
    };
    let alone: Vec<_> = tasks.iter().map(one).collect();
    let together: Vec<_> = tasks.par_iter().map(one).collect();
    assert_eq!(alone, together);
}
