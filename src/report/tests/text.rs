//! Hostile text stays text in every format.

use super::*;

/// No text from a recording reaches a terminal, a page or a spreadsheet as anything but text.
#[test]
fn hostile_text_stays_text() {
    let place = tempfile::tempdir().unwrap();
    let tasks: Vec<_> = HOSTILE.iter().map(|text| bad(text, text)).collect();
    let summary = write(place.path(), &tasks);
    let shown = terminal(&suite(), &summary, HOSTILE[7], false)
        + &changes(&[tasks[7].diff.clone()], HOSTILE[7], false);
    let hidden = |c: char| c != '\n' && (c.is_control() || crate::replay::json::is_hidden(c));
    assert!(!shown.contains(hidden), "{shown:?}");
    for name in FILES {
        assert!(!text(place.path(), name).contains(hidden), "{name}");
    }
    let page: String = tasks
        .chunks(8)
        .map(|tasks| {
            write(place.path(), tasks);
            text(place.path(), "gate.md")
        })
        .collect();
    write(place.path(), &tasks);
    let outside: String = page.lines().map(|line| outside_of_code(line) + "\n").collect();
    for markup in ["<img", "](javascript", "![x]", "*b*", "HYPERLINK"] {
        let line = outside.lines().position(|line| line.contains(markup));
        assert!(page.contains(markup) && line.is_none(), "{markup} in {:?}", page.lines().nth(line.unwrap()));
    }
    for (name, columns) in
        [("tasks.csv", tasks::COLUMNS), ("calls.csv", calls::COLUMNS), ("approvals.csv", approvals::COLUMNS)]
    {
        let mut reader = csv_reader(&place.path().join(name));
        assert_eq!(reader.headers().unwrap(), columns);
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert!(rows.len() >= HOSTILE.len());
        let formula = |cell: &str| cell.trim_start().starts_with(['=', '+', '-', '@']);
        assert!(rows.iter().all(|row| row.len() == columns.len() && !row.iter().any(formula)), "{name}");
        let lines = text(place.path(), name).lines().count();
        assert_eq!(lines, rows.len() + 1, "{name} has a line for each row");
    }
    let mut calls = csv_reader(&place.path().join("calls.csv"));
    let labels: Vec<_> = calls.records().map(|row| escape::from_cell(&row.unwrap()[6])).collect();
    for text in HOSTILE {
        assert!(labels.contains(&escape::line(text).into_owned()), "{text:?}");
    }
}

/// Hostile text makes no element of the page: there are the page's own and the two of each task, and the policy names
/// the script and the style by their hashes.
#[test]
fn hostile_text_makes_no_markup_in_the_page() {
    let place = tempfile::tempdir().unwrap();
    let elements = |page: &str| {
        let mut names: Vec<_> =
            page.split('<').skip(1).filter_map(|part| part.split([' ', '>', '/']).next()).collect();
        names.sort_unstable();
        names
            .into_iter()
            .filter(|name| matches!(*name, "script" | "img" | "style" | "iframe" | "object" | "meta"))
            .count()
    };
    let plain: Vec<_> = HOSTILE.iter().map(|_| bad("a", "b")).collect();
    write(place.path(), &plain);
    let wanted = elements(&text(place.path(), "index.html"));
    let hostile: Vec<_> = HOSTILE.iter().map(|text| bad(text, text)).collect();
    write(place.path(), &hostile);
    let page = text(place.path(), "index.html");
    assert_eq!(elements(&page), wanted);
    assert!(page.contains("default-src 'none'; script-src 'sha256-"), "{}", &page[..900]);
}

fn csv_reader(path: &Path) -> ::csv::Reader<std::fs::File> {
    ::csv::Reader::from_path(path).unwrap()
}

/// A line of Markdown without its code spans.
pub(super) fn outside_of_code(line: &str) -> String {
    let (mut outside, mut rest) = (String::new(), line);
    while let Some(at) = rest.find('`') {
        outside.push_str(&rest[..at]);
        let from = &rest[at..];
        let fence = from.len() - from.trim_start_matches('`').len();
        let inside = &from[fence..];
        let close = (0..inside.len()).find(|at| {
            inside.is_char_boundary(*at)
                && inside[*at..].starts_with(&from[..fence])
                && !inside[at + fence..].starts_with('`')
                && !inside[..*at].ends_with('`')
        });
        match close {
            Some(close) => rest = &inside[close + fence..],
            None => panic!("open code span in {line}"),
        }
    }
    outside + rest
}
