//! Lines that tests ran, from two lcov reports.
//!
//! Only `SF`, `DA` and the end of a record are read. A file counts when its path, or an end of it, is a file of the
//! snapshot: reports name files as the machine that ran the tests saw them. A file that only one report names is taken
//! as it is: new code is new lines.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use crate::replay::CoverageChange;
use crate::source::snapshot::{Entry, Files, Snapshot};
use crate::suite::CoverageReports;

/// Largest report that is read, in bytes.
const MAX_REPORT: u64 = 256 << 20;
/// Most lines of a report that are kept.
const MAX_LINES: usize = 20_000_000;
/// Longest line that is read, in bytes.
const MAX_LINE: usize = 64 << 10;

/// Which lines of each file ran.
type Report = BTreeMap<String, HashMap<u32, bool>>;

/// Compares two reports; `None` where one cannot be read, or names no file of the snapshot.
pub(super) fn change(reports: &CoverageReports, snapshot: &Snapshot) -> Option<CoverageChange> {
    let before = read(&reports.before)?;
    let after = read(&reports.after)?;
    if !before.keys().any(|path| known(path, snapshot)) {
        return None;
    }
    let roots = roots(&before, snapshot);
    let before = counted(&before, |path| known(path, snapshot));
    // New files are not in the snapshot: they lie below a folder that known ones lie below.
    let after = counted(&after, |path| {
        known(path, snapshot) || roots.iter().any(|root| path.starts_with(root.as_str()))
    });
    (before[1] > 0 && after[1] > 0).then_some(CoverageChange { before, after })
}

fn counted(report: &Report, counts: impl Fn(&str) -> bool) -> [u64; 2] {
    let lines = report.iter().filter(|(path, _)| counts(path)).flat_map(|(_, lines)| lines.values());
    lines.fold([0, 0], |[ran, all], line| [ran + u64::from(*line), all + 1])
}

/// The path in the snapshot that a report's path ends in, shortest start first.
fn inner<'p>(path: &'p str, snapshot: &Snapshot) -> Option<&'p str> {
    let path = path.trim_start_matches("./");
    let is_file = |tail: &&str| {
        let found = snapshot.lookup(*tail);
        matches!(found.entry, Entry::File(_))
    };
    let tails = std::iter::once(path).chain(path.match_indices('/').map(|(at, _)| &path[at + 1..]));
    tails.filter(|tail| !tail.is_empty() && !tail.starts_with('/')).take(64).find(is_file)
}

fn known(path: &str, snapshot: &Snapshot) -> bool {
    inner(path, snapshot).is_some()
}

/// What stands before the top of the snapshot in the report's paths; none where that is nothing.
fn roots(report: &Report, snapshot: &Snapshot) -> Vec<String> {
    let root = |path: &String| inner(path, snapshot).map(|inner| path[..path.len() - inner.len()].to_owned());
    let mut roots: Vec<String> = report.keys().filter_map(root).collect();
    roots.sort();
    roots.dedup();
    roots
}

fn read(path: &Path) -> Option<Report> {
    let file = std::fs::File::open(path).ok()?;
    parse(BufReader::new(file.take(MAX_REPORT)))
}

fn parse(mut input: impl BufRead) -> Option<Report> {
    let mut report = Report::new();
    let (mut path, mut lines, mut kept) = (None, HashMap::new(), 0);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = input.by_ref().take(MAX_LINE as u64).read_until(b'\n', &mut line).ok()?;
        if read == 0 {
            break;
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\n', '\r']);
        if let Some(name) = text.strip_prefix("SF:") {
            keep(&mut report, path.replace(name.trim().replace('\\', "/")), std::mem::take(&mut lines));
        } else if let Some(hit) = text.strip_prefix("DA:") {
            let mut parts = hit.split(',');
            let number = parts.next().and_then(|number| number.trim().parse::<u32>().ok());
            let hits = parts.next().and_then(|hits| hits.trim().parse::<f64>().ok());
            if let (Some(number), Some(hits)) = (number, hits) {
                kept += 1;
                *lines.entry(number).or_insert(false) |= hits > 0.0;
            }
        } else if text.trim() == "end_of_record" {
            keep(&mut report, path.take(), std::mem::take(&mut lines));
        }
        if kept > MAX_LINES {
            return None;
        }
    }
    keep(&mut report, path, lines);
    Some(report)
}

/// Several records of one file are joined: a line ran when one of them says so.
fn keep(report: &mut Report, path: Option<String>, lines: HashMap<u32, bool>) {
    let Some(path) = path else { return };
    let known = report.entry(path).or_default();
    for (line, ran) in lines {
        *known.entry(line).or_insert(false) |= ran;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_joined_and_junk_is_passed_over() {
        let text = "TN:\nSF:src/a.rs\nDA:1,3\nDA:2,0\nDA:x,1\nLF:9\nend_of_record\nSF:src/a.rs\nDA:2,1\nDA:3,0,abc\nSF:src\\b.rs\nDA:1,0\n";
        let report = parse(text.as_bytes()).unwrap();
        assert_eq!(report["src/a.rs"], HashMap::from([(1, true), (2, true), (3, false)]));
        assert_eq!(report["src/b.rs"], HashMap::from([(1, false)]));
        assert_eq!(counted(&report, |_| true), [2, 4]);
        assert_eq!(counted(&report, |path| path.ends_with("b.rs")), [0, 1]);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_can_be_read(bytes: Vec<u8>) {
            let _ = parse(bytes.as_slice());
        }
    }
}
