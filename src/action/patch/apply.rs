use std::borrow::Cow;

use super::{ChangeKind, FileChange, Hunk};

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

/// Replaces `length` lines at `at`.
struct Replacement<'h> {
    at: usize,
    length: usize,
    new: &'h [Cow<'h, str>],
}

fn update(path: &str, old_text: &str, hunks: &[Hunk<'_>]) -> Result<String, ApplyError> {
    let mut lines: Vec<&str> = old_text.split('\n').collect();
    if lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    let mut replacements = Vec::with_capacity(hunks.len());
    let mut from = 0;
    for hunk in hunks {
        from = place(path, &lines, hunk, from, &mut replacements)?;
    }
    replacements.sort_by_key(|replacement| replacement.at);
    let mut text = String::with_capacity(old_text.len() + 256);
    let mut next = 0;
    for replacement in &replacements {
        for line in lines.get(next..replacement.at).unwrap_or_default() {
            push_line(&mut text, line);
        }
        for line in replacement.new {
            push_line(&mut text, line);
        }
        next = next.max(replacement.at + replacement.length);
    }
    for line in lines.get(next..).unwrap_or_default() {
        push_line(&mut text, line);
    }
    Ok(text)
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// Finds where a hunk goes; returns where to look for the next one.
fn place<'h>(
    path: &str,
    lines: &[&str],
    hunk: &'h Hunk<'_>,
    mut from: usize,
    replacements: &mut Vec<Replacement<'h>>,
) -> Result<usize, ApplyError> {
    if let Some(context) = &hunk.context {
        let found = seek(lines, std::slice::from_ref(context), from, false);
        let not_found =
            || ApplyError::ContextNotFound { path: path.to_owned(), context: context.to_string() };
        from = found.ok_or_else(not_found)? + 1;
    }
    if hunk.old.is_empty() {
        replacements.push(Replacement { at: lines.len(), length: 0, new: &hunk.new });
        return Ok(from);
    }
    let (mut old, mut new) = (hunk.old.as_slice(), hunk.new.as_slice());
    let mut found = seek(lines, old, from, hunk.at_end);
    if found.is_none()
        && let Some((last, before)) = old.split_last()
        && last.is_empty()
    {
        // The empty line at the end of the old lines may stand for the line end of the file.
        old = before;
        new = match new.split_last() {
            Some((last, before)) if last.is_empty() => before,
            _ => new,
        };
        found = seek(lines, old, from, hunk.at_end);
    }
    let not_found = || ApplyError::LinesNotFound {
        path: path.to_owned(),
        first: hunk.old.first().map(ToString::to_string).unwrap_or_default(),
    };
    let at = found.ok_or_else(not_found)?;
    replacements.push(Replacement { at, length: old.len(), new });
    Ok(at + old.len())
}

/// The first place at or after `start` where `pattern` stands, less and less strictly compared.
///
/// Codex 0.169: exactly, then without blanks at line ends, then without blanks around lines, then with typographic
/// punctuation taken for its plain form.
fn seek(lines: &[&str], pattern: &[Cow<'_, str>], start: usize, at_end: bool) -> Option<usize> {
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
            pattern.iter().zip(here).all(|(wanted, line)| same(line, wanted))
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
