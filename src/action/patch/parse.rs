use std::borrow::Cow;

use super::{ChangeKind, FileChange, Hunk, Patch};

const BEGIN: &str = "*** Begin Patch";
const END: &str = "*** End Patch";
const ENVIRONMENT: &str = "*** Environment ID: ";
const ADD: &str = "*** Add File: ";
const DELETE: &str = "*** Delete File: ";
const UPDATE: &str = "*** Update File: ";
const MOVE: &str = "*** Move to: ";
const END_OF_FILE: &str = "*** End of File";

/// Why a text is not a patch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// The first line is another one.
    #[error("the first line of a patch must be `*** Begin Patch`")]
    NoBegin,
    /// The last line is another one.
    #[error("the last line of a patch must be `*** End Patch`")]
    NoEnd,
    /// A line is not what may stand there.
    #[error("line {line} of the patch: {problem}")]
    Line {
        /// Line of the patch, from 1.
        line: usize,
        /// What is wrong.
        problem: &'static str,
    },
}

/// Reads a patch.
///
/// Codex 0.169: blanks around the markers and the whole text do not matter, and the text may be wrapped in a
/// here-document (`<<'EOF'` … `EOF`).
///
/// # Errors
/// The text is not a patch; Codex then changes nothing.
pub fn parse(text: &str) -> Result<Patch<'_>, PatchError> {
    let lines: Vec<&str> = text.trim().lines().collect();
    let (lines, skipped) = match bounds(&lines) {
        Ok(()) => (lines.as_slice(), 0),
        Err(error) => (unwrap_document(&lines).ok_or(error)?, 1),
    };
    let body = lines.get(1..lines.len().saturating_sub(1)).unwrap_or_default();
    let mut reader = Reader { lines: body, at: 0, offset: skipped + 2 };
    let mut patch = Patch::default();
    if let Some(environment) = reader.peek().and_then(|line| line.trim_start().strip_prefix(ENVIRONMENT)) {
        let environment = environment.trim();
        if environment.is_empty() {
            return Err(reader.problem("the environment id is empty"));
        }
        patch.environment = Some(Cow::Borrowed(environment));
        reader.at += 1;
    }
    while reader.peek().is_some() {
        patch.files.push(reader.file()?);
    }
    Ok(patch)
}

fn bounds(lines: &[&str]) -> Result<(), PatchError> {
    if lines.first().is_none_or(|line| line.trim() != BEGIN) {
        return Err(PatchError::NoBegin);
    }
    if lines.len() < 2 || lines.last().is_none_or(|line| line.trim() != END) {
        return Err(PatchError::NoEnd);
    }
    Ok(())
}

/// The lines inside a here-document that was passed along with its markers.
fn unwrap_document<'l, 't>(lines: &'l [&'t str]) -> Option<&'l [&'t str]> {
    let (first, rest) = lines.split_first()?;
    let (last, inner) = rest.split_last()?;
    let opens = matches!(*first, "<<EOF" | "<<'EOF'" | "<<\"EOF\"");
    (opens && last.ends_with("EOF") && lines.len() >= 4 && bounds(inner).is_ok()).then_some(inner)
}

struct Reader<'l, 't> {
    lines: &'l [&'t str],
    at: usize,
    offset: usize,
}

impl<'t> Reader<'_, 't> {
    fn peek(&self) -> Option<&'t str> {
        self.lines.get(self.at).copied()
    }

    fn problem(&self, problem: &'static str) -> PatchError {
        PatchError::Line { line: self.at + self.offset, problem }
    }

    fn file(&mut self) -> Result<FileChange<'t>, PatchError> {
        let header = self.peek().unwrap_or_default().trim();
        if let Some(path) = header.strip_prefix(ADD) {
            self.at += 1;
            let mut content = String::new();
            while let Some(line) = self.peek().and_then(|line| line.strip_prefix('+')) {
                content.push_str(line);
                content.push('\n');
                self.at += 1;
            }
            return Ok(FileChange { path: Cow::Borrowed(path), kind: ChangeKind::Add { content } });
        }
        if let Some(path) = header.strip_prefix(DELETE) {
            self.at += 1;
            return Ok(FileChange { path: Cow::Borrowed(path), kind: ChangeKind::Delete });
        }
        let Some(path) = header.strip_prefix(UPDATE) else {
            return Err(self.problem(
                "expected `*** Add File: `, `*** Delete File: ` or `*** Update File: ` and a path",
            ));
        };
        self.at += 1;
        let kind = self.update()?;
        Ok(FileChange { path: Cow::Borrowed(path), kind })
    }

    fn update(&mut self) -> Result<ChangeKind<'t>, PatchError> {
        let moved_to = self.peek().and_then(|line| line.strip_prefix(MOVE)).map(Cow::Borrowed);
        self.at += usize::from(moved_to.is_some());
        let mut hunks = Vec::new();
        while let Some(line) = self.peek() {
            if line.trim().is_empty() {
                self.at += 1;
            } else if line.starts_with("***") {
                break;
            } else {
                hunks.push(self.hunk(hunks.is_empty())?);
            }
        }
        if hunks.is_empty() {
            return Err(self.problem("an update needs at least one hunk"));
        }
        Ok(ChangeKind::Update { moved_to, hunks })
    }

    fn hunk(&mut self, first: bool) -> Result<Hunk<'t>, PatchError> {
        let line = self.peek().unwrap_or_default();
        let mut hunk = Hunk::default();
        if line == "@@" {
            self.at += 1;
        } else if let Some(context) = line.strip_prefix("@@ ") {
            hunk.context = Some(Cow::Borrowed(context));
            self.at += 1;
        } else if !first {
            return Err(self.problem("expected a hunk that starts with `@@`"));
        }
        let start = self.at;
        while let Some(line) = self.peek() {
            if line == END_OF_FILE {
                if self.at == start {
                    return Err(self.problem("the hunk has no lines"));
                }
                hunk.at_end = true;
                self.at += 1;
                break;
            }
            let rest = || Cow::Borrowed(line.get(1..).unwrap_or_default());
            match line.bytes().next() {
                None => {
                    hunk.old.push(Cow::Borrowed(""));
                    hunk.new.push(Cow::Borrowed(""));
                }
                Some(b' ') => {
                    hunk.old.push(rest());
                    hunk.new.push(rest());
                }
                Some(b'+') => hunk.new.push(rest()),
                Some(b'-') => hunk.old.push(rest()),
                Some(_) if self.at == start => {
                    return Err(self.problem("a line of a hunk must start with ` `, `+` or `-`"));
                }
                Some(_) => break,
            }
            self.at += 1;
        }
        if self.at == start {
            return Err(self.problem("the hunk has no lines"));
        }
        Ok(hunk)
    }
}
