use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{ChangeKind, FileChange, Hunk, HunkLine, Patch};

const BEGIN: &str = "*** Begin Patch";
const END: &str = "*** End Patch";
const ENVIRONMENT: &str = "*** Environment ID:";
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
    /// There is nothing in it.
    #[error("the patch is empty")]
    Empty,
    /// Two changes are of the same file.
    #[error("the patch changes `{path}` twice")]
    Repeated {
        /// The file, as the second change writes it.
        path: String,
    },
    /// A line is not what may stand there.
    #[error("line {line} of the patch: {problem}")]
    Line {
        /// Line of the patch, from 1.
        line: usize,
        /// What is wrong.
        problem: &'static str,
    },
}

/// Reads a patch that changes every file once.
///
/// # Errors
/// The text is not a patch, or two changes are of one file; Codex then changes nothing.
pub fn parse(text: &str) -> Result<Patch<'_>, PatchError> {
    let patch = read(text)?;
    let mut seen = BTreeSet::new();
    match patch.files.iter().find(|file| !seen.insert(plain_path(&file.path))) {
        Some(file) => Err(PatchError::Repeated { path: file.path.to_string() }),
        None => Ok(patch),
    }
}

/// Reads a patch, which may change a file twice; Codex finds that only when it looks at the files.
///
/// Codex 0.169: blanks around the markers and the whole text do not matter, and the text may be wrapped in a
/// here-document (`<<'EOF'` … `EOF`). The tests hold what the real CLI did with each text.
///
/// # Errors
/// The text is not a patch.
pub fn read(text: &str) -> Result<Patch<'_>, PatchError> {
    let lines: Vec<&str> = text.trim().lines().map(|line| line.trim_end_matches('\r')).collect();
    let (lines, skipped) = match bounds(&lines) {
        Ok(()) => (lines.as_slice(), 0),
        Err(error) => (unwrap_document(&lines).ok_or(error)?, 1),
    };
    let body = lines.get(1..lines.len().saturating_sub(1)).unwrap_or_default();
    let mut reader = Reader { lines: body, at: 0, offset: skipped + 2 };
    let mut patch = Patch { environment: reader.environment()?, files: Vec::new() };
    while let Some(line) = reader.peek() {
        if line.trim() == END {
            // An early end is the end if nothing but blanks and ends follow.
            let rest = body.get(reader.at..).unwrap_or_default();
            let ends = rest.iter().all(|line| line.trim().is_empty() || line.trim() == END);
            return if ends { finish(patch) } else { Err(PatchError::NoEnd) };
        }
        patch.files.push(reader.file()?);
    }
    finish(patch)
}

fn finish(patch: Patch<'_>) -> Result<Patch<'_>, PatchError> {
    if patch.files.is_empty() && patch.environment.is_none() {
        return Err(PatchError::Empty);
    }
    Ok(patch)
}

/// The path without `.` and with `..` taken back, as far as that goes without looking at the disk.
fn plain_path(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "." => {}
            "" if !parts.is_empty() => {}
            ".." if parts.last().is_some_and(|last| !matches!(*last, ".." | "")) => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
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

    /// The environment that the first lines choose, if they do.
    fn environment(&mut self) -> Result<Option<Cow<'t, str>>, PatchError> {
        let mut environment = None;
        while let Some(id) = self.peek().and_then(|line| line.trim().strip_prefix(ENVIRONMENT)) {
            if id.trim().is_empty() {
                return Err(self.problem("the environment id is empty"));
            }
            if environment.is_some() {
                return Err(self.problem("there is a second environment id"));
            }
            environment = Some(Cow::Borrowed(id.trim()));
            self.at += 1;
        }
        Ok(environment)
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
        let target = self.peek().and_then(|line| line.trim_end().strip_prefix(MOVE));
        let moved_to = target.map(Cow::Borrowed);
        self.at += usize::from(moved_to.is_some());
        let mut hunks: Vec<Hunk<'t>> = Vec::new();
        while let Some(line) = self.peek() {
            let after_end = hunks.last().is_some_and(|hunk| hunk.at_end);
            if after_end && line.trim().is_empty() {
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
        if line.trim_end() == "@@" {
            self.at += 1;
        } else if let Some(context) = line.strip_prefix("@@ ") {
            hunk.context = Some(Cow::Borrowed(context));
            self.at += 1;
        } else if !first {
            return Err(self.problem("expected a hunk that starts with `@@`"));
        }
        while let Some(line) = self.peek() {
            let empty = hunk.lines.is_empty();
            if line.trim_end() == END_OF_FILE && !empty {
                hunk.at_end = true;
                self.at += 1;
                break;
            }
            let rest = || Cow::Borrowed(line.get(1..).unwrap_or_default());
            hunk.lines.push(match line.bytes().next() {
                None => HunkLine::Keep(Cow::Borrowed("")),
                Some(b' ') => HunkLine::Keep(rest()),
                Some(b'+') => HunkLine::Add(rest()),
                Some(b'-') => HunkLine::Remove(rest()),
                Some(_) if empty => {
                    return Err(self.problem("a line of a hunk must start with ` `, `+` or `-`"));
                }
                Some(_) => break,
            });
            self.at += 1;
        }
        if hunk.lines.is_empty() {
            return Err(self.problem("the hunk has no lines"));
        }
        Ok(hunk)
    }
}
