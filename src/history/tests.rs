use proptest::strategy::Strategy as _;

use super::*;
use crate::gate::{Advice, Status};
use crate::replay::Input;
use crate::source::ContentHash;

fn run(date: &str, in_scope: Option<f64>, config: &str) -> RunLine {
    let measured = |value| Measured { value, samples: 20, low: Some(value - 0.1), high: Some(value) };
    RunLine {
        format: FORMAT,
        date: date.into(),
        label: None,
        suite: "s".into(),
        role: "r".into(),
        stage: "read-only".into(),
        advice: Advice::Promote,
        exit_code: 0,
        tool: "0.1.0".into(),
        tasks: 20,
        broken: 0,
        changed: 0,
        inputs: [(Input::Config, ContentHash::of(config.as_bytes()))].into(),
        metrics: in_scope.map(|value| ("in_scope".to_owned(), measured(value))).into_iter().collect(),
    }
}

fn history(values: &[Option<f64>]) -> History {
    let runs = values
        .iter()
        .enumerate()
        .map(|(at, value)| run(&format!("2026-11-{:02}", at + 1), *value, if at < 3 { "a" } else { "b" }));
    History { runs: runs.collect(), findings: Vec::new() }
}

fn only(history: &History) -> Trend {
    let mut trends = Trend::of(history, None, None, 100);
    assert_eq!(trends.len(), 1);
    trends.remove(0)
}

#[test]
fn lines_come_back_and_a_torn_one_costs_no_other() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("deep/history.jsonl");
    let (first, second) = (run("2026-11-01", Some(0.9), "a"), run("2026-11-02", None, "b"));
    append(&path, &first).unwrap();
    let mut torn = std::fs::read(&path).unwrap();
    torn.extend_from_slice(b"{\"format\":1,\"da");
    std::fs::write(&path, torn).unwrap();
    append(&path, &second).unwrap();
    let read = super::read(&path).unwrap();
    assert_eq!(read.runs, [first, second]);
    assert_eq!(read.findings.len(), 1);
    assert!(read.findings[0].to_string().starts_with("history.jsonl:2: is no run"), "{}", read.findings[0]);
}

#[test]
fn lines_of_others_are_named() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("h");
    let newer = serde_json::to_string(&RunLine { format: 9, ..run("2026-11-01", None, "a") }).unwrap();
    let odd_day = serde_json::to_string(&run("yesterday", None, "a")).unwrap();
    let long = "x".repeat(3 << 20);
    std::fs::write(
        &path,
        format!("{newer}\n{odd_day}\n{long}\n\u{fffd}\n[]\n\n{}", odd_day.replace("yesterday", "2026-01-01")),
    )
    .unwrap();
    let read = super::read(&path).unwrap();
    assert_eq!(read.runs.len(), 1);
    assert_eq!(read.findings.len(), 5, "{:#?}", read.findings);
    assert!(super::read(&place.path().join("nowhere")).is_err());
    assert!(append(place.path(), &run("2026-11-01", None, "a")).is_err());
}

/// Median of 90%, 95% and 92% is 92%; the newest, 89%, is 3 points worse.
#[test]
fn drift_is_measured_against_the_median_before() {
    let trend = only(&history(&[Some(0.5), Some(0.90), Some(0.95), Some(0.92), Some(0.89)]));
    for (bar, window, status) in [
        ("in_scope=3%", 3, Status::Pass),
        ("in_scope=2.9%", 3, Status::Fail),
        ("in_scope=0%", 3, Status::Fail),
        // Median of four: (90 + 92) / 2 = 91.
        ("in_scope=2%", 4, Status::Pass),
        ("in_scope=1.9%", 4, Status::Fail),
        ("review_yield=2%", 3, Status::Inconclusive),
    ] {
        let drifted = Drift::parse(bar).unwrap().judge(&trend, window);
        assert_eq!(drifted.status, status, "{bar} over {window}: {}", drifted.told);
    }
}

#[test]
fn what_has_no_data_never_passes() {
    for values in [&[Some(0.9)][..], &[Some(0.9), None], &[None, Some(0.9)], &[]] {
        let history = history(values);
        let Some(trend) = Trend::of(&history, None, None, 9).into_iter().next() else { continue };
        assert_eq!(Drift::parse("in_scope=50%").unwrap().judge(&trend, 7).status, Status::Inconclusive);
    }
}

#[test]
fn drift_bars_that_are_refused() {
    for (text, part) in [
        ("in_scope", "write `metric=amount`"),
        ("in_scop=2%", "did you mean `in_scope`"),
        ("in_scope=2", "needs a `%`"),
        ("in_scope=-2%", "is no value"),
        ("in_scope=2% x", "left over"),
        ("undetermined_calls=1.5", "whole numbers"),
    ] {
        let error = Drift::parse(text).unwrap_err().to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
    assert!(Drift::parse("unauthorized_writes=0").is_ok());
    assert_eq!(Drift::parse("escalation_latency.p95=2m").unwrap().tolerance.to_bits(), 120.0_f64.to_bits());
}

#[test]
fn the_terminal_shows_lines_and_marks() {
    let trend = only(&history(&[Some(0.5), Some(0.9), None, Some(1.0), Some(0.95)]));
    insta::assert_snapshot!(terminal(&trend, &[]), @"
    s at read-only: 5 runs, 2026-11-01 to 2026-11-05
      in_scope  ▁▇·██  95%  was 100%
      changes of inputs:
        2026-11-04: config
    ");
}

#[test]
fn tables_and_pages_hold_text_alone() {
    let mut hostile = run("2026-11-01", Some(0.5), "a");
    hostile.label = Some("=1+1<script>\u{202e}".into());
    hostile.suite = "<b>".into();
    let trends = Trend::of(&History { runs: vec![hostile], findings: Vec::new() }, None, None, 9);
    let mut table = Vec::new();
    rows(&trends, &mut table).unwrap();
    let table = String::from_utf8(table).unwrap();
    assert!(table.contains("'=1+1<script>\\u{202e}"), "{table}");
    let page = page(&trends);
    assert!(!page.contains("<script") && !page.contains("<b>") && page.contains("&lt;script&gt;"), "{page}");
}

/// Runs of a day stay in the order of the file, runs of other suites apart.
#[test]
fn runs_are_in_order_and_apart() {
    let mut runs = vec![
        run("2026-11-02", Some(0.2), "a"),
        run("2026-11-01", Some(0.1), "a"),
        run("2026-11-02", Some(0.3), "a"),
    ];
    runs.push(RunLine { suite: "other".into(), ..run("2026-11-01", Some(0.9), "a") });
    runs.push(RunLine { tool: "0.2.0".into(), ..run("2026-11-03", Some(0.4), "a") });
    let history = History { runs, findings: Vec::new() };
    let trends = Trend::of(&history, None, None, 3);
    assert_eq!(trends.len(), 2);
    let values: Vec<_> =
        trends[0].get("in_scope").unwrap().points.iter().map(|point| point.unwrap().value).collect();
    assert_eq!(values, [0.2, 0.3, 0.4]);
    assert_eq!(trends[0].causes[2], [crate::diff::Cause::Tool]);
    assert_eq!(Trend::of(&history, Some("other"), None, 3).len(), 1);
    assert_eq!(Trend::of(&history, Some("nobody"), None, 3).len(), 0);
}

/// What merges of branches, broken disks and strangers leave: lines twice, lines of others, a line without an end.
#[test]
fn a_long_hostile_history_is_read_once_and_told_in_short() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("h.jsonl");
    let line = |run: &RunLine| serde_json::to_string(run).unwrap() + "\n";
    let good = line(&run("2026-11-01", Some(0.9), "a"));
    let mut text = good.repeat(1000) + &line(&run("2026-11-02", Some(0.8), "a")) + &good;
    text += &"{}\n".repeat(5000);
    for at in 0..3000 {
        text += &line(&RunLine { suite: format!("other-{at}"), ..run("2026-11-01", Some(0.1), "a") });
    }
    text += "{\"format\":1,\"date\":\"2026-1";
    std::fs::write(&path, &text).unwrap();
    let read = super::read(&path).unwrap();
    assert_eq!(read.runs.len(), 3002);
    assert_eq!(read.findings.len(), 22, "{:#?}", read.findings.last());
    let told: Vec<_> = read.findings[20..].iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        told,
        [
            "4981 more lines that cannot be read",
            "1000 lines that say the same as an earlier one; each is counted once"
        ]
    );
    let trends = Trend::of(&read, None, None, 30);
    assert_eq!(trends.len(), 3001);
    assert_eq!((trends[0].runs.len(), trends[3000].suite.as_str()), (2, "other-2999"));
}

proptest::proptest! {
    /// No bytes make reading, judging or showing fail, and no page shows what is hidden.
    #[test]
    fn any_file_is_read(lines in proptest::collection::vec(
        proptest::prop_oneof![
            proptest::prelude::any::<String>(),
            ("[0-9]{4}-[0-9]{2}-[0-9]{2}", "[<>&\"=;\u{202e}\u{1b}a]{0,8}", proptest::prelude::any::<f64>()).prop_map(|(date, name, value)| {
                let odd = RunLine { suite: name.clone(), label: Some(name), ..run(&date, Some(value), "a") };
                serde_json::to_string(&odd).unwrap()
            }),
        ], 0..12)) {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("h");
        std::fs::write(&path, lines.join("\n")).unwrap();
        let history = super::read(&path).unwrap();
        let trends = Trend::of(&history, None, None, 30);
        let mut table = Vec::new();
        rows(&trends, &mut table).unwrap();
        let shown = page(&trends) + &trends.iter().map(|trend| terminal(trend, &[])).collect::<String>();
        let hidden = |c: char| c != '\n' && (c.is_control() || crate::replay::json::is_hidden(c));
        proptest::prop_assert!(!shown.contains(hidden), "{shown:?}");
        for trend in &trends {
            let drifted = Drift::parse("in_scope=1%").unwrap().judge(trend, 7);
            proptest::prop_assert!(!drifted.told.contains("NaN"));
        }
    }
}
