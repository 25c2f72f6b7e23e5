//! Unified diffs as `git diff` prints them, applied strictly: every line must be where the diff says.

/// The part of a diff that is about one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileDiff<'d> {
    /// Its path from the top, afterwards; before, where it is gone.
    pub(crate) path: &'d str,
    added: bool,
    removed: bool,
    /// Binary, renamed or quoted in a way that is not read.
    opaque: bool,
    hunks: Vec<Hunk<'d>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Hunk<'d> {
    /// First line of the old text, from 1.
    at: usize,
    /// Lines of the old text and of the new one.
    counts: (usize, usize),
    lines: Vec<(char, &'d str)>,
    /// The last line of the old text, and of the new one, has no line end.
    open: (bool, bool),
}

/// A diff is not of the text that it is applied to, or not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unfit;

/// Reads the files of a diff; text around it is passed over.
pub(crate) fn files(text: &str) -> Vec<FileDiff<'_>> {
    let mut files: Vec<FileDiff<'_>> = Vec::new();
    for line in text.lines() {
        if let Some(names) = line.strip_prefix("diff --git ") {
            let path = names.split_once(" b/").map(|(_, path)| path);
            files.push(FileDiff {
                path: path.unwrap_or_default(),
                opaque: path.is_none(),
                ..FileDiff::default()
            });
            continue;
        }
        let Some(file) = files.last_mut() else { continue };
        if let Some(hunk) = file.hunks.last_mut().filter(|hunk| hunk.wants_more() || line.starts_with('\\')) {
            if !hunk.read(line) {
                file.opaque = true;
            }
        } else if let Some(header) = line.strip_prefix("@@ ") {
            match Hunk::of(header) {
                Some(hunk) => file.hunks.push(hunk),
                None => file.opaque = true,
            }
        } else if file.hunks.is_empty() {
            file.head(line);
        }
    }
    files.retain(|file| !file.path.is_empty());
    files
}

impl<'d> FileDiff<'d> {
    fn head(&mut self, line: &'d str) {
        if line.starts_with("new file mode ") {
            self.added = true;
        } else if line.starts_with("deleted file mode ") {
            self.removed = true;
        } else if ["Binary files", "GIT binary", "rename ", "copy ", "old mode"]
            .iter()
            .any(|w| line.starts_with(w))
        {
            self.opaque = true;
        }
    }

    /// The file afterwards; `None` when it is gone.
    ///
    /// # Errors
    /// The diff does not fit or is not whole.
    pub(crate) fn apply(&self, old: Option<&str>) -> Result<Option<String>, Unfit> {
        if self.opaque || self.hunks.iter().any(Hunk::wants_more) {
            return Err(Unfit);
        }
        if self.removed {
            return Ok(None);
        }
        if self.hunks.is_empty() || self.added != old.is_none() {
            return Err(Unfit);
        }
        let old: Vec<&str> = old.unwrap_or_default().split_inclusive('\n').collect();
        let mut new = String::new();
        let mut next = 0;
        for hunk in &self.hunks {
            next = hunk.apply(&old, next, &mut new).ok_or(Unfit)?;
        }
        old.get(next..).ok_or(Unfit)?.iter().for_each(|line| new.push_str(line));
        Ok(Some(new))
    }
}

impl<'d> Hunk<'d> {
    /// Reads `-1,3 +1,4 @@ …`.
    fn of(header: &str) -> Option<Self> {
        let (ranges, _) = header.split_once(" @@")?;
        let (old, new) = ranges.split_once(' ')?;
        let range = |text: &str| -> Option<(usize, usize)> {
            match text.split_once(',') {
                Some((at, count)) => Some((at.parse().ok()?, count.parse().ok()?)),
                None => Some((text.parse().ok()?, 1)),
            }
        };
        let (at, before) = range(old.strip_prefix('-')?)?;
        let (_, after) = range(new.strip_prefix('+')?)?;
        Some(Self { at, counts: (before, after), ..Self::default() })
    }

    /// Writes the lines from `next` on to the end of the hunk; gives the line after it. `None` where it does not fit.
    fn apply(&self, old: &[&str], mut next: usize, new: &mut String) -> Option<usize> {
        // A hunk that only adds names the line before it.
        let at = if self.counts.0 == 0 { self.at } else { self.at.checked_sub(1)? };
        old.get(next..at)?.iter().for_each(|line| new.push_str(line));
        next = at;
        let last_new = self.lines.iter().rposition(|(sign, _)| *sign != '-');
        for (number, (sign, text)) in self.lines.iter().enumerate() {
            if *sign == '+' {
                new.push_str(text);
                if !(self.open.1 && Some(number) == last_new) {
                    new.push('\n');
                }
                continue;
            }
            let line = old.get(next)?;
            if line.trim_end_matches(['\n', '\r']) != text.trim_end_matches('\r') {
                return None;
            }
            next += 1;
            if *sign == ' ' {
                new.push_str(line);
            }
        }
        Some(next)
    }

    fn wants_more(&self) -> bool {
        let of = |without: char| self.lines.iter().filter(|(sign, _)| *sign != without).count();
        of('+') < self.counts.0 || of('-') < self.counts.1
    }

    fn read(&mut self, line: &'d str) -> bool {
        if line.starts_with('\\') {
            match self.lines.last().map(|(sign, _)| *sign) {
                Some('-') => self.open.0 = true,
                Some('+') => self.open.1 = true,
                _ => self.open = (true, true),
            }
            return true;
        }
        let mut chars = line.chars();
        match chars.next() {
            Some(sign @ (' ' | '+' | '-')) => self.lines.push((sign, chars.as_str())),
            // Blank lines lose their blank on some ways.
            None => self.lines.push((' ', "")),
            Some(_) => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFF: &str = "diff --git a/f b/f\nindex 1..2 100644\n--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@ fn\n a\n-b\n+B\n c\n\
                        @@ -5 +5,2 @@\n e\n+f\n\\ No newline at end of file\ndiff --git a/n b/n\nnew file mode 100644\n\
                        --- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\ndiff --git a/d b/d\ndeleted file mode 100644\n\
                        --- a/d\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n";

    #[test]
    fn a_diff_is_applied() {
        let found = files(DIFF);
        assert_eq!(found.iter().map(|file| file.path).collect::<Vec<_>>(), ["f", "n", "d"]);
        assert_eq!(found[0].apply(Some("a\nb\nc\nd\ne\n")), Ok(Some("a\nB\nc\nd\ne\nf".to_owned())));
        assert_eq!(found[1].apply(None), Ok(Some("x\n".to_owned())));
        assert_eq!(found[2].apply(Some("x\n")), Ok(None));
    }

    #[test]
    fn what_does_not_fit_or_is_cut_is_refused() {
        let found = files(DIFF);
        for old in ["", "a\n", "a\nx\nc\nd\ne\n", "a\nb\nc\n"] {
            assert_eq!(found[0].apply(Some(old)), Err(Unfit), "{old:?}");
        }
        assert_eq!(found[1].apply(Some("x\n")), Err(Unfit));
        let cut = files(&DIFF[..70]);
        assert_eq!(cut[0].apply(Some("a\nb\nc\nd\ne\n")), Err(Unfit));
        let binary = files("diff --git a/i b/i\nBinary files a/i and b/i differ\n");
        assert_eq!(binary[0].apply(Some("")), Err(Unfit));
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_read(text: String, old: Option<String>, tail: String) {
            for file in files(&text).iter().chain(&files(&format!("{DIFF}{tail}"))) {
                let _ = file.apply(old.as_deref());
            }
        }
    }
}
