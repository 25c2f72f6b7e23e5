use super::{ChangeKind, FileChange, Hunk, HunkLine};

/// Why a change cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// The patch does not change this file.
    #[error("the patch has no change of {0}")]
    NoSuchFile(String),
    /// The file is removed, so there is no text afterwards.
    #[error("the patch removes {0}")]
    Removed(String),
    /// The line of a `@@` marker is not in the file.
    #[error("context `{context}` not found in {path}")]
    ContextNotFound {
        /// The file.
        path: String,
        /// The line.
        context: String,
    },
    /// Patch and file are so long that their lines are not compared to the end.
    #[error("the patch of {0} takes too long to apply")]
    TooLong(String),
    /// The old lines of a hunk are not in the file.
    #[error("expected lines not found in {path}, from `{first}` on")]
    LinesNotFound {
        /// The file.
        path: String,
        /// The first of them.
        first: String,
    },
}

impl FileChange<'_> {
    /// The content of the file afterwards.
    ///
    /// # Errors
    /// The change removes the file, or its lines are not found in `old_text`.
    pub fn apply(&self, old_text: &str) -> Result<String, ApplyError> {
        match &self.kind {
            ChangeKind::Add { content } => Ok(content.clone()),
            ChangeKind::Delete => Err(ApplyError::Removed(self.path.to_string())),
            ChangeKind::Update { hunks, .. } => update(&self.path, old_text, hunks),
        }
    }
}

/// A line of a file with its line end; the last one may have none.
#[derive(Clone, Copy)]
struct Line<'o> {
    text: &'o str,
    end: &'o str,
}

/// Lines of a file; `\n`, `\r\n` and `\r` end one.
fn split(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let (line, after) = rest.split_at(length);
        let end = if after.starts_with("\r\n") { 2 } else { usize::from(!after.is_empty()) };
        let (end, after) = after.split_at(end);
        lines.push(Line { text: line, end });
        rest = after;
    }
    lines
}

/// Puts lines in the place of `length` old ones at `at`.
struct Replacement<'h> {
    at: usize,
    length: usize,
    new: Vec<New<'h>>,
}

/// A line that a replacement puts there.
#[derive(Clone, Copy)]
enum New<'h> {
    /// The old line of this number (within the hunk), as the file has it; or this text, if it was not looked for.
    Old(usize, &'h str),
    /// This text.
    Text(&'h str),
}

fn update(path: &str, old_text: &str, hunks: &[Hunk<'_>]) -> Result<String, ApplyError> {
    let lines = split(old_text);
    // New lines end as the first line of the file does.
    let end = lines.first().map_or("\n", |line| if line.end.is_empty() { "\n" } else { line.end });
    let mut replacements = Vec::with_capacity(hunks.len());
    let (mut from, mut left) = (0, MAX_COMPARISONS);
    for hunk in hunks {
        let next = place(path, &lines, hunk, from, &mut left, &mut replacements);
        if left == 0 {
            return Err(ApplyError::TooLong(path.to_owned()));
        }
        from = next?;
    }
    replacements.sort_by_key(|replacement| replacement.at);
    let mut text = String::with_capacity(old_text.len() + 256);
    let mut push = |line: &str, own: &str| {
        text.push_str(line);
        text.push_str(if own.is_empty() { end } else { own });
    };
    let mut next = 0;
    for replacement in &replacements {
        for line in lines.get(next..replacement.at).unwrap_or_default() {
            push(line.text, line.end);
        }
        for new in &replacement.new {
            match *new {
                New::Old(number, wanted) => match lines.get(replacement.at + number) {
                    Some(line) if number < replacement.length => push(line.text, line.end),
                    _ => push(wanted, end),
                },
                New::Text(line) => push(line, end),
            }
        }
        next = next.max(replacement.at + replacement.length);
    }
    for line in lines.get(next..).unwrap_or_default() {
        push(line.text, line.end);
    }
    Ok(text)
}

/// Finds where a hunk goes; returns where to look for the next one.
fn place<'h>(
    path: &str,
    lines: &[Line<'_>],
    hunk: &'h Hunk<'_>,
    mut from: usize,
    left: &mut usize,
    replacements: &mut Vec<Replacement<'h>>,
) -> Result<usize, ApplyError> {
    if let Some(context) = &hunk.context {
        let not_found =
            || ApplyError::ContextNotFound { path: path.to_owned(), context: context.to_string() };
        from = seek(lines, &[context], from, false, left).ok_or_else(not_found)? + 1;
    }
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for line in &hunk.lines {
        match line {
            HunkLine::Keep(text) => {
                new.push(New::Old(old.len(), text));
                old.push(&**text);
            }
            HunkLine::Remove(text) => old.push(&**text),
            HunkLine::Add(text) => new.push(New::Text(text)),
        }
    }
    if old.is_empty() {
        replacements.push(Replacement { at: lines.len(), length: 0, new });
        return Ok(from);
    }
    let first = old.first().map(|line| (*line).to_owned()).unwrap_or_default();
    let mut found = seek(lines, &old, from, hunk.at_end, left);
    if found.is_none() && old.last().is_some_and(|line| line.is_empty()) {
        // The empty line at the end of the old lines may stand for the line end of the file.
        old.pop();
        if matches!(new.last(), Some(New::Old(_, "") | New::Text(""))) {
            new.pop();
        }
        found = seek(lines, &old, from, hunk.at_end, left);
    }
    let at = found.ok_or_else(|| ApplyError::LinesNotFound { path: path.to_owned(), first })?;
    replacements.push(Replacement { at, length: old.len(), new });
    Ok(at + old.len())
}

/// Most comparisons of lines that a change may take.
const MAX_COMPARISONS: usize = 50_000_000;

/// The first place at or after `start` where `pattern` stands, less and less strictly compared.
///
/// Codex 0.169: exactly, then without blanks at line ends, then without blanks around lines, then with typographic
/// punctuation taken for its plain form.
fn seek(lines: &[Line<'_>], pattern: &[&str], start: usize, at_end: bool, left: &mut usize) -> Option<usize> {
    if pattern.is_empty() {
        return Some(start);
    }
    let last = lines.len().checked_sub(pattern.len())?;
    let start = if at_end { last } else { start };
    let comparisons: [fn(&str, &str) -> bool; 4] = [
        |line, wanted| line == wanted,
        |line, wanted| line.trim_end() == wanted.trim_end(),
        |line, wanted| line.trim() == wanted.trim(),
        |line, wanted| line.trim().chars().map(plain).eq(wanted.trim().chars().map(plain)),
    ];
    comparisons.iter().find_map(|same| {
        (start..=last).find(|at| {
            let here = lines.get(*at..).unwrap_or_default();
            pattern.iter().zip(here).all(|(wanted, line)| {
                *left = left.saturating_sub(1);
                *left > 0 && same(line.text, wanted)
            })
        })
    })
}

/// The plain form of typographic dashes, quotes and blanks.
fn plain(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{2018}'..='\u{201b}' => '\'',
        '\u{201c}'..='\u{201f}' => '"',
        '\u{a0}' | '\u{2002}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        _ => c,
    }
}
