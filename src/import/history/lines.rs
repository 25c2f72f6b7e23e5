//! Lines that a change adds and removes, as far as they tell one change from another.

use std::collections::{BTreeMap, HashMap};

use similar::{Algorithm, ChangeTag, TextDiff};

/// Longest file that is compared line by line, in bytes.
const MAX_FILE: usize = 2 << 20;

/// What a change does to files, by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::import) struct ChangedLines {
    files: BTreeMap<String, FileLines>,
}

/// What a change does to one file: how often it adds and removes each line. Blanks around lines do not count, nor do
/// lines without a letter or digit: braces and blank lines are everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::import) struct FileLines {
    added: HashMap<String, u32>,
    removed: HashMap<String, u32>,
    /// The file is gone afterwards.
    pub(in crate::import) deleted: bool,
    /// There was no file before.
    pub(in crate::import) new: bool,
}

impl FileLines {
    /// The change from one text to another.
    pub(in crate::import) fn between(before: &str, after: &str) -> Self {
        let mut lines = Self::default();
        if before.len().max(after.len()) > MAX_FILE {
            return lines;
        }
        let mut options = TextDiff::configure();
        options.algorithm(Algorithm::Myers).timeout(std::time::Duration::from_secs(2));
        for change in options.diff_lines(before, after).iter_all_changes() {
            match change.tag() {
                ChangeTag::Insert => lines.add(change.value()),
                ChangeTag::Delete => lines.remove(change.value()),
                ChangeTag::Equal => {}
            }
        }
        lines
    }

    /// Counts an added line.
    pub(in crate::import) fn add(&mut self, line: &str) {
        count(&mut self.added, line);
    }

    /// Counts a removed line.
    pub(in crate::import) fn remove(&mut self, line: &str) {
        count(&mut self.removed, line);
    }

    /// Lines added and removed.
    pub(super) fn total(&self) -> u32 {
        self.added.values().sum::<u32>() + self.removed.values().sum::<u32>() + u32::from(self.deleted)
    }

    /// How many of these lines another change adds and removes as well.
    pub(super) fn shared(&self, other: &Self) -> u32 {
        common(&self.added, &other.added)
            + common(&self.removed, &other.removed)
            + u32::from(self.deleted && other.deleted)
    }
}

fn count(lines: &mut HashMap<String, u32>, line: &str) {
    let line = line.trim();
    if line.chars().any(char::is_alphanumeric) {
        *lines.entry(line.to_owned()).or_default() += 1;
    }
}

fn common(a: &HashMap<String, u32>, b: &HashMap<String, u32>) -> u32 {
    a.iter().map(|(line, n)| b.get(line).map_or(0, |m| *n.min(m))).sum()
}

impl ChangedLines {
    /// The lines of a file, to be counted into.
    pub(in crate::import) fn file(&mut self, path: &str) -> &mut FileLines {
        self.files.entry(path.to_owned()).or_default()
    }

    /// Paths of the changed files, sorted.
    pub(in crate::import) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The changed files with their lines, sorted by path.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &FileLines)> {
        self.files.iter().map(|(path, lines)| (path.as_str(), lines))
    }

    /// Leaves new files out that are not among these: what was not kept.
    pub(super) fn without_scratch(&self, is_kept: impl Fn(&str) -> bool) -> Self {
        let kept = self.files.iter().filter(|(path, lines)| !lines.new || is_kept(path));
        Self { files: kept.map(|(path, lines)| (path.clone(), lines.clone())).collect() }
    }

    /// Lines added and removed.
    pub(in crate::import) fn total(&self) -> u32 {
        self.files.values().map(FileLines::total).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_tell_are_counted() {
        let lines = FileLines::between("a\nb\n}\n", "a\n  c\nc\n\n}\n{\n");
        assert_eq!(lines.added, HashMap::from([("c".to_owned(), 2)]));
        assert_eq!(lines.removed, HashMap::from([("b".to_owned(), 1)]));
        assert_eq!(lines.total(), 3);
    }

    #[test]
    fn another_change_holds_some_of_them() {
        let mut mine = FileLines::between("x1\nx2\n", "x1\nx3\nx3\n");
        let mut other = FileLines::between("x1\nx2\nx9\n", "x1\nx3\nx4\nx9\n");
        assert_eq!((mine.total(), mine.shared(&other)), (3, 2));
        mine.deleted = true;
        assert_eq!((mine.total(), mine.shared(&other)), (4, 2));
        other.deleted = true;
        assert_eq!(mine.shared(&other), 3);
        assert_eq!(mine.shared(&mine), mine.total());
    }

    #[test]
    fn files_are_counted_each() {
        let mut lines = ChangedLines::default();
        lines.file("b").add("x");
        lines.file("a").remove("y");
        assert_eq!(lines.total(), 2);
        assert_eq!(lines.files().map(|(path, _)| path).collect::<Vec<_>>(), ["a", "b"]);
    }
}
