//! Lines of files that commands showed.

use std::collections::BTreeMap;

use crate::source::snapshot::Files;
use crate::source::{Content, Entry, Snapshot};

/// Lines of files that were shown, by path and number.
#[derive(Debug, Default)]
pub(super) struct Pieces(BTreeMap<String, Piece>);

#[derive(Debug, Default)]
struct Piece {
    /// Lines by number, from 1.
    lines: BTreeMap<usize, String>,
    /// The number of lines, once the end was shown.
    end: Option<usize>,
    /// Two showings differ: somebody changed the file meanwhile.
    unsteady: bool,
}

impl Pieces {
    /// Adds lines `from..=to` of a file, as many as there were.
    pub(super) fn add(&mut self, path: &str, from: usize, to: Option<usize>, lines: Vec<String>) {
        let piece = self.0.entry(path.to_owned()).or_default();
        let shown = lines.len();
        for (number, line) in (from..).zip(lines) {
            let before = piece.lines.entry(number).or_insert_with(|| line.clone());
            piece.unsteady |= before.trim_end_matches('\n') != line.trim_end_matches('\n');
        }
        let wanted = to.map_or(usize::MAX, |to| to - from + 1);
        if shown < wanted && (shown > 0 || from == 1) {
            piece.end = Some(from + shown - 1);
        }
    }

    /// The whole text of a file.
    pub(super) fn whole(&self, path: &str) -> Option<String> {
        self.0.get(path)?.whole()
    }

    /// Files whose lines are other than in the snapshot, with their whole text where it was shown.
    pub(super) fn differing(&self, snapshot: &Snapshot) -> Vec<(String, Option<String>)> {
        let mut differing = Vec::new();
        for (path, piece) in self.0.iter().filter(|(_, piece)| !piece.unsteady) {
            let found = snapshot.lookup_link(path);
            // What lies behind a link, or is not known, cannot be compared by its path.
            if found.path != path.as_bytes() || matches!(found.entry, Entry::Unknown | Entry::Link { .. }) {
                continue;
            }
            let text = match snapshot.read(path) {
                Content::Known(bytes) => match std::str::from_utf8(&bytes) {
                    Ok(text) => text.replace("\r\n", "\n"),
                    Err(_) => continue,
                },
                Content::NoFile => {
                    differing.push((path.clone(), piece.whole()));
                    continue;
                }
                Content::Unknown => continue,
            };
            if !piece.agrees(&text) {
                let whole = piece.whole().map(|shown| with_end(shown, text.ends_with('\n')));
                differing.push((path.clone(), whole));
            }
        }
        differing
    }
}

/// Some ways of recording lose the last line end.
fn with_end(mut text: String, ends: bool) -> String {
    if ends && !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

impl Piece {
    fn whole(&self) -> Option<String> {
        let end = self.end.filter(|_| !self.unsteady)?;
        let all = (1..=end).map(|number| self.lines.get(&number).map(String::as_str));
        all.collect::<Option<Vec<&str>>>().map(|lines| lines.concat())
    }

    fn agrees(&self, text: &str) -> bool {
        let old: Vec<&str> = text.split('\n').collect();
        // A text that ends in a line end has one line less than it has parts.
        let count = if text.ends_with('\n') || text.is_empty() { old.len() - 1 } else { old.len() };
        let same = |(number, line): (&usize, &String)| {
            *number <= count && old.get(number - 1) == Some(&line.trim_end_matches('\n'))
        };
        self.lines.iter().all(same) && self.end.is_none_or(|end| end == count)
    }
}
