//! Every file of a report over random tasks whose names and texts are made of what readers stumble over.

use proptest::prelude::*;
use quick_xml::events::Event;
use serde_json::Value;

use super::text::outside_of_code;
use super::*;
use crate::replay::json::is_hidden;

/// Pieces that end something, start something, or hide something in one of the formats.
const PIECES: [&str; 41] = [
    "a",
    " ",
    "\"",
    "'",
    "<",
    ">",
    "&",
    "&amp;",
    "]]>",
    "<!--",
    "-->",
    "<script>",
    "</script>",
    "</failure>",
    "`",
    "``",
    "|",
    "\\",
    "*",
    "_",
    "[x](javascript:y)",
    "![x](http://y)",
    "=",
    "+1",
    "-cmd|' /C x'!A0",
    "@SUM(1)",
    ";",
    ",",
    "\t",
    "\r\n",
    "\n",
    "\u{0}",
    "\u{1b}[2J",
    "\u{202e}",
    "\u{2028}",
    "\u{feff}",
    "\u{e0041}",
    "\u{fffe}",
    "\u{ffff}",
    "::error ::x%0A",
    "日本é😀",
];

fn words() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof![8 => prop::sample::select(&PIECES[..]).prop_map(str::to_owned), 1 => any::<String>()],
        0..6,
    )
    .prop_map(|parts| parts.concat())
}

/// A task of one of the three sorts, with hostile texts where there can be some.
fn task() -> impl Strategy<Value = Finished> {
    (0..4_u8, words(), words(), words(), sample::any_replay()).prop_map(
        |(sort, name, label, note, random)| {
            let name = if name.is_empty() { "t".to_owned() } else { name };
            let mut task = match sort {
                0 => good(&name),
                1 => bad(&name, &label),
                2 => broken(&name),
                _ => Finished { replays: vec![Replay { task: name.clone(), ..random }], ..good(&name) },
            };
            task.decision.outcome = Some(note.clone());
            let finding = Finding::warning("odd", note.clone()).help(label.clone());
            task.findings.push(finding.at(Place { file: note.as_str().into(), line: 1, column: 1 }));
            for replay in &mut task.replays {
                replay.outcome = Some(note.clone());
                for step in &mut replay.steps {
                    step.ruling.reason = note.clone().into();
                    step.ruling.rule = sample::rule("codex/config.toml", 1, &label);
                }
            }
            task
        },
    )
}

fn hidden(c: char) -> bool {
    c != '\n' && (c.is_control() || is_hidden(c))
}

/// XML reads to its end, and says of itself how many cases it holds.
fn check_junit(page: &str) {
    let legal = |c: char| matches!(c, '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(page.chars().all(legal));
    let mut reader = quick_xml::Reader::from_str(page);
    let (mut stated, mut found) = (None, 0);
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => break,
            Event::Start(tag) | Event::Empty(tag) => {
                for attribute in tag.attributes() {
                    let attribute = attribute.unwrap();
                    let value = &attribute.value;
                    let value = quick_xml::escape::unescape(value).unwrap();
                    if tag.name().as_ref() == "testsuites" && attribute.key.as_ref() == "tests" {
                        stated = value.parse::<usize>().ok();
                    }
                }
                found += usize::from(tag.name().as_ref() == "testcase");
            }
            Event::Text(text) => assert!(quick_xml::escape::unescape(&text).is_ok()),
            _ => {}
        }
    }
    assert_eq!(stated, Some(found));
}

fn check_sarif(page: &str) {
    let sarif: Value = serde_json::from_str(page).unwrap();
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~/%".contains(&b);
        assert!(uri.bytes().all(plain) && !uri.contains("/../"), "{uri}");
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        let rule = &result["ruleId"];
        assert!(rules.iter().any(|known| known["id"] == *rule), "{rule} is not declared");
    }
}

/// Every data block of the page is JSON, and behind it lies the same task as in `report.json`.
fn check_page(page: &str, report: &Value) {
    let blocks: Vec<&str> = page.split("<script type=\"application/json\" class=\"task\">").skip(1).collect();
    assert_eq!(blocks.len(), report["tasks"].as_array().unwrap().len());
    for (block, task) in blocks.iter().zip(report["tasks"].as_array().unwrap()) {
        let (row, rest) = block.split_once("</script>").unwrap();
        let row: Value = serde_json::from_str(row).unwrap();
        assert_eq!(row["name"], task["name"]);
        let packed = rest.strip_prefix("<script type=\"text/plain\" class=\"whole\">").unwrap();
        let packed = packed.split_once("</script>").unwrap().0;
        let packed = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, packed).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut flate2::read::DeflateDecoder::new(&*packed), &mut text).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), *task);
    }
    // The two blocks of a task, and the page's own script.
    assert_eq!(page.matches("<script").count(), 2 * blocks.len() + 1);
    assert_eq!(page.matches("</script").count(), 2 * blocks.len() + 1);
    assert!(!page.contains("<img"));
}

/// Rows stay rows, and no cell is a formula, whichever separators a spreadsheet believes in.
fn check_table(page: &str, columns: usize) {
    let mut rows = ::csv::ReaderBuilder::new().has_headers(false).from_reader(page.as_bytes());
    let mut count = 0;
    for row in rows.records() {
        let row = row.unwrap();
        assert_eq!(row.len(), columns);
        assert!(!row.iter().any(|cell| cell.trim_start().starts_with(['=', '+', '-', '@'])), "{row:?}");
        count += 1;
    }
    assert_eq!(page.lines().count(), count);
    for separator in [b';', b'|', b'\t'] {
        let mut rows = ::csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator)
            .from_reader(page.as_bytes());
        for row in rows.records() {
            let row = row.unwrap();
            let formula = |cell: &str| cell.trim_start().starts_with(['=', '@']);
            assert!(!row.iter().any(formula), "{row:?} by {}", char::from(separator));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_file_stays_what_it_is(tasks in prop::collection::vec(task(), 0..5)) {
        let place = tempfile::tempdir().unwrap();
        let summary = write(place.path(), &tasks);
        for name in FILES {
            let page = text(place.path(), name);
            prop_assert!(!page.contains(hidden), "{name}: {:?}", page.find(hidden));
        }
        let report: Value = serde_json::from_str(&text(place.path(), "report.json")).unwrap();
        prop_assert_eq!(report["tasks"].as_array().unwrap().len(), tasks.len());
        check_junit(&text(place.path(), "junit.xml"));
        check_sarif(&text(place.path(), "results.sarif"));
        check_page(&text(place.path(), "index.html"), &report);
        for (name, columns) in [
            ("tasks.csv", tasks::COLUMNS.len()),
            ("calls.csv", calls::COLUMNS.len()),
            ("approvals.csv", approvals::COLUMNS.len()),
        ] {
            check_table(&text(place.path(), name), columns);
        }
        let page = text(place.path(), "gate.md");
        for line in page.lines() {
            let outside = outside_of_code(line);
            for live in ["<script", "<!--", "](javascript", "![x]", "@SUM"] {
                prop_assert!(!outside.contains(live), "{live} is live in {line:?}");
            }
        }
        for line in annotations(&suite(), &summary).lines() {
            let head = line.strip_prefix("::").and_then(|rest| rest.split_once("::")).map(|(head, _)| head);
            prop_assert!(head.is_some_and(|head| head.contains(" file=suites/")), "{line}");
            prop_assert!(!line.contains("%0A"), "{line}");
        }
        let shown = terminal(&suite(), &summary, "x", false) + &quiet(&suite(), &summary, false);
        prop_assert!(!shown.contains(hidden));
    }
}

/// Texts of a megabyte are cut where people read them, and whole in `report.json`.
#[test]
fn long_texts_are_cut_with_a_count() {
    let place = tempfile::tempdir().unwrap();
    let long = "long ".repeat(200_000);
    let mut task = bad("long", &long);
    task.findings.push(Finding::warning("odd", long.clone()));
    let lost = Finished { findings: vec![Finding::error("lost", long.clone())], ..broken("lost") };
    let summary = write(place.path(), &[task, lost]);
    assert!(text(place.path(), "report.json").contains(&long));
    for name in ["gate.md", "tasks.csv", "results.sarif", "junit.xml"] {
        let page = text(place.path(), name);
        assert!(page.len() < 400_000, "{name} has {} bytes", page.len());
        assert!(page.contains(" more)"), "{name} does not say that it cuts");
    }
    assert!(terminal(&suite(), &summary, "x", false).len() < 100_000);
    assert!(annotations(&suite(), &summary).len() < 100_000);
}

/// Nothing at all is a report too, and no pass.
#[test]
fn a_report_of_no_tasks() {
    let place = tempfile::tempdir().unwrap();
    let summary = write(place.path(), &[]);
    assert_ne!(summary.exit_code, 0);
    let report: Value = serde_json::from_str(&text(place.path(), "report.json")).unwrap();
    check_junit(&text(place.path(), "junit.xml"));
    check_sarif(&text(place.path(), "results.sarif"));
    check_page(&text(place.path(), "index.html"), &report);
    assert!(text(place.path(), "gate.md").contains("0 tasks"));
}

/// A page that would be too large says what it leaves out, and keeps what needs a look.
#[test]
fn a_page_has_room_for_what_needs_a_look() {
    use crate::report::framed::{Counts, Frame, Parts, tail};
    let page = |count: u64, grave: bool, bytes: usize, parts: &mut Parts| {
        let task = RenderedTask { html: vec![b'x'; bytes], grave, ..RenderedTask::default() };
        let mut out = Vec::new();
        (0..count).for_each(|_| parts.write(&mut out, Frame::Html, &task).unwrap());
        out.len() as u64
    };
    let said = |parts: &mut Parts| {
        let place = tempfile::tempdir().unwrap();
        let summary = write(place.path(), &[]);
        let mut out = Vec::new();
        tail(&mut out, Frame::Html, (&suite(), &summary), parts, &Counts::default()).unwrap();
        let out = String::from_utf8(out).unwrap();
        let note = out.split("<p id=\"omitted\">").nth(1);
        note.map(|note| note.split(" left out").next().unwrap().to_owned())
    };
    let mut parts = Parts::default();
    assert_eq!(page(20_000, false, 1, &mut parts), 20_000);
    assert_eq!(said(&mut parts), None);
    assert_eq!(page(5, false, 1, &mut parts), 0);
    assert_eq!(said(&mut parts).unwrap(), "5 tasks are");
    assert_eq!(page(10_001, true, 1, &mut parts), 10_000);
    assert_eq!(said(&mut parts).unwrap(), "6 tasks are");
    let mut large = Parts::default();
    assert_eq!(page(3, false, 40 << 20, &mut large), 80 << 20);
    assert_eq!(page(3, true, 40 << 20, &mut large), 80 << 20);
    assert_eq!(said(&mut large).unwrap(), "2 tasks are");
}
