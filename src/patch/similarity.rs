//! How much of one patch is in another, in words of changed lines.
//!
//! A line counts as kept when the other patch adds (or removes) it too, in whatever file, blanks aside: so code that
//! was only moved or indented otherwise is kept. Of the lines that are left, runs of three words that the other patch
//! has as well are kept: so code that was only wrapped otherwise is kept, and of a line that was touched up what stayed.
//! The similarity is the share of kept words in both patches together (Dice's coefficient).

use std::collections::{BTreeMap, HashMap};

use super::change::{FileChange, Side};

/// Words in a run.
const RUN: usize = 3;

/// What two patches have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shared {
    /// Words of the first patch, and those that the second has too.
    pub(super) ours: (u64, u64),
    /// Words of the second patch in the files of the first, and those that the first has too.
    pub(super) theirs: (u64, u64),
    /// The same by file of the first patch: words of both sides, and those kept.
    pub(super) files: BTreeMap<String, (u64, u64)>,
}

impl Shared {
    #[cfg(test)]
    /// Share of the kept words in thousandths; `None` where there are no words at all.
    pub(super) fn permille(&self) -> Option<u32> {
        permille(self.ours.1 + self.theirs.1, self.ours.0 + self.theirs.0)
    }
}

pub(super) fn permille(part: u64, whole: u64) -> Option<u32> {
    (whole > 0).then(|| u32::try_from(part * 1000 / whole).unwrap_or(1000))
}

/// A changed line.
#[derive(Clone, Debug)]
struct Line<'t> {
    file: usize,
    added: bool,
    key: String,
    words: Vec<&'t str>,
    /// Words that the other patch has too.
    kept: Vec<bool>,
}

/// Which lines are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sameness {
    /// Those that differ in blanks only.
    ButForBlanks,
    /// Only those of the same bytes: for patches that change nothing but blanks.
    Exact,
}

/// Compares two patches. `theirs` counts in the files that `ours` changes, and elsewhere where it has lines of ours.
pub(super) fn compare(ours: &[FileChange], theirs: &[FileChange]) -> Shared {
    let shared = compare_by(ours, theirs, Sameness::ButForBlanks);
    if shared.ours.0 == 0 { compare_by(ours, theirs, Sameness::Exact) } else { shared }
}

fn compare_by(ours: &[FileChange], theirs: &[FileChange], same: Sameness) -> Shared {
    let mut mine = lines(ours, same);
    let mut others = lines(theirs, same);
    match_lines(&mut mine, &mut others, ours, theirs);
    match_runs(&mut mine, &mut others);
    let place: HashMap<&str, usize> = names(ours);
    let in_scope: Vec<Option<usize>> = theirs.iter().map(|file| scope(file, &place)).collect();
    let mut shared = Shared::default();
    let mut files = vec![(0, 0); ours.len()];
    for line in &mine {
        let (all, kept) = line.count();
        add(&mut shared.ours, all, kept);
        add(&mut files[line.file], all, kept);
    }
    for line in &others {
        let (all, kept) = line.count();
        match in_scope[line.file] {
            Some(file) => {
                add(&mut shared.theirs, all, kept);
                add(&mut files[file], all, kept);
            }
            // Of files that we do not change only what is ours counts.
            None => add(&mut shared.theirs, kept, kept),
        }
    }
    shared.files = ours.iter().map(|file| file.path.clone()).zip(files).collect();
    shared
}

fn add(sum: &mut (u64, u64), all: u64, kept: u64) {
    sum.0 += all;
    sum.1 += kept;
}

/// Our files by the names that they had and have.
fn names(files: &[FileChange]) -> HashMap<&str, usize> {
    let mut names = HashMap::new();
    for (at, file) in files.iter().enumerate() {
        names.insert(file.path.as_str(), at);
        if let Some(old) = &file.renamed_from {
            names.entry(old.as_str()).or_insert(at);
        }
    }
    names
}

fn scope(file: &FileChange, place: &HashMap<&str, usize>) -> Option<usize> {
    let old = file.renamed_from.as_deref().and_then(|old| place.get(old));
    place.get(file.path.as_str()).or(old).copied()
}

impl Line<'_> {
    fn count(&self) -> (u64, u64) {
        (self.words.len() as u64, self.kept.iter().filter(|kept| **kept).count() as u64)
    }

    fn is_kept(&self) -> bool {
        self.kept.iter().all(|kept| *kept)
    }
}

/// The changed lines of a patch that say something, files without text as a line each.
fn lines(files: &[FileChange], same: Sameness) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    for (file, change) in files.iter().enumerate() {
        let (added, removed) = match same {
            Sameness::ButForBlanks => change.changed_lines(without_blanks),
            Sameness::Exact => change.changed_lines(str::to_owned),
        };
        for (added, text) in
            added.into_iter().map(|text| (true, text)).chain(removed.into_iter().map(|text| (false, text)))
        {
            let words = match same {
                Sameness::ButForBlanks => words(text),
                Sameness::Exact => vec![text],
            };
            let says = same == Sameness::Exact || text.chars().any(char::is_alphanumeric);
            if says && !words.is_empty() {
                let key = match same {
                    Sameness::ButForBlanks => without_blanks(text),
                    Sameness::Exact => text.to_owned(),
                };
                lines.push(Line { file, added, key, kept: vec![false; words.len()], words });
            }
        }
        lines.extend(whole_file(file, change));
    }
    lines
}

/// What is done to a file as a whole: bytes that are no text, a new name, a file without lines.
fn whole_file(file: usize, change: &FileChange) -> Vec<Line<'_>> {
    let mut whole = Vec::new();
    let mut push = |added: bool, key: String| {
        whole.push(Line { file, added, key, words: vec![""], kept: vec![false] });
    };
    for (added, side) in [(false, &change.before), (true, &change.after)] {
        match side {
            Side::Binary(bytes) if change.before != change.after => {
                push(added, format!("\0bytes {}", crate::source::ContentHash::of(bytes)));
            }
            Side::Text(text) if text.is_empty() && change.before != change.after => {
                push(added, format!("\0empty {}", change.path));
            }
            _ => {}
        }
    }
    if let Some(old) = &change.renamed_from {
        push(true, format!("\0rename {old} {}", change.path));
    }
    whole
}

fn without_blanks(line: &str) -> String {
    line.split_whitespace().collect()
}

/// Words: names and numbers whole, other signs one by one.
fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in line.char_indices() {
        if c.is_alphanumeric() || c == '_' {
            start.get_or_insert(at);
            continue;
        }
        if let Some(from) = start.take() {
            words.push(&line[from..at]);
        }
        if !c.is_whitespace() {
            words.push(&line[at..at + c.len_utf8()]);
        }
    }
    words.extend(start.map(|from| &line[from..]));
    words
}

/// Marks lines that both have: first those in the same file, then those that moved.
fn match_lines(
    ours: &mut [Line<'_>],
    theirs: &mut [Line<'_>],
    our_files: &[FileChange],
    their_files: &[FileChange],
) {
    for same_file in [true, false] {
        let mut there: HashMap<(bool, String, &str), Vec<usize>> = HashMap::new();
        for (at, line) in theirs.iter().enumerate().rev().filter(|(_, line)| !line.is_kept()) {
            let file = if same_file { their_files[line.file].path.as_str() } else { "" };
            there.entry((line.added, line.key.clone(), file)).or_default().push(at);
        }
        for line in ours.iter_mut().filter(|line| !line.is_kept()) {
            let file = if same_file { our_files[line.file].path.as_str() } else { "" };
            if let Some(at) = there.get_mut(&(line.added, line.key.clone(), file)).and_then(Vec::pop) {
                line.kept.fill(true);
                theirs[at].kept.fill(true);
            }
        }
    }
}

/// Marks runs of words that both have in the lines that are left.
fn match_runs(ours: &mut [Line<'_>], theirs: &mut [Line<'_>]) {
    for added in [true, false] {
        let (left, right) = (Rest::of(ours, added), Rest::of(theirs, added));
        let (mine, others) = (left.kept(&right), right.kept(&left));
        left.mark(&mine, ours);
        right.mark(&others, theirs);
    }
}

/// The words of the lines that are left, one after the other.
struct Rest<'t> {
    words: Vec<&'t str>,
    /// The line and the word in it.
    places: Vec<(usize, usize)>,
    /// The file of each word: no run goes over the end of one.
    files: Vec<usize>,
}

impl<'t> Rest<'t> {
    fn of(lines: &[Line<'t>], added: bool) -> Self {
        let mut rest = Self { words: Vec::new(), places: Vec::new(), files: Vec::new() };
        for (at, line) in lines.iter().enumerate() {
            if line.added != added || line.is_kept() || line.words == [""] {
                continue;
            }
            for (word, text) in line.words.iter().enumerate() {
                rest.words.push(text);
                rest.places.push((at, word));
                rest.files.push(line.file);
            }
        }
        rest
    }

    fn runs(&self) -> impl Iterator<Item = (usize, &[&'t str])> {
        let whole = |at: &usize| self.files[*at] == self.files[at + RUN - 1];
        let starts = 0..(self.words.len() + 1).saturating_sub(RUN);
        starts.filter(move |at| whole(at)).map(|at| (at, &self.words[at..at + RUN]))
    }

    /// Which words lie in a run that the other has as well; each run of the other stands for one.
    fn kept(&self, other: &Self) -> Vec<bool> {
        let mut there: HashMap<&[&str], u32> = HashMap::new();
        for (_, run) in other.runs() {
            *there.entry(run).or_default() += 1;
        }
        let mut kept = vec![false; self.words.len()];
        for (at, run) in self.runs() {
            if let Some(left) = there.get_mut(run).filter(|left| **left > 0) {
                *left -= 1;
                kept[at..at + RUN].fill(true);
            }
        }
        kept
    }

    fn mark(&self, kept: &[bool], lines: &mut [Line<'_>]) {
        for ((line, word), _) in self.places.iter().zip(kept).filter(|(_, kept)| **kept) {
            lines[*line].kept[*word] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(path: &str, before: &str, after: &str) -> FileChange {
        let side = |text: &str| if text == "-" { Side::None } else { Side::Text(text.to_owned()) };
        FileChange { path: path.into(), renamed_from: None, before: side(before), after: side(after) }
    }

    fn of(ours: &[FileChange], theirs: &[FileChange]) -> Option<u32> {
        compare(ours, theirs).permille()
    }

    #[test]
    fn the_same_patch_is_wholly_similar_and_another_not_at_all() {
        let patch = [change("a", "x = 1\n", "x = 2\ny = 3\n")];
        assert_eq!(of(&patch, &patch), Some(1000));
        assert_eq!(of(&patch, &[change("a", "x = 1\n", "x = 1\nprint(hello)\n")]), Some(0));
        assert_eq!(of(&patch, &[]), Some(0));
        assert_eq!(of(&[], &[]), None);
    }

    /// Ours adds `let a = 1;` (5 words) and `let b = 2;` (5). Theirs adds the first alone: kept are 5 of our 10 words and
    /// all 5 of theirs, so 10 of 15.
    #[test]
    fn words_are_counted_on_both_sides() {
        let ours = [change("a", "", "let a = 1;\nlet b = 2;\n")];
        let theirs = [change("a", "", "let a = 1;\n")];
        let shared = compare(&ours, &theirs);
        // Two files that were empty before add a line each for that.
        assert_eq!((shared.ours, shared.theirs), ((11, 6), (6, 6)));
        let ours = [change("a", "t\n", "t\nlet a = 1;\nlet b = 2;\n")];
        let theirs = [change("a", "t\n", "t\nlet a = 1;\n")];
        let shared = compare(&ours, &theirs);
        assert_eq!((shared.ours, shared.theirs, shared.permille()), ((10, 5), (5, 5), Some(666)));
    }

    #[test]
    fn moved_indented_and_wrapped_code_is_kept() {
        let code = "fn pay(sum: u32, tax: u32) -> u32 { sum + tax }\n";
        let ours = [change("src/a.rs", "mod b;\n", &format!("mod b;\n{code}"))];
        let moved = [change("src/b.rs", "use x;\n", &format!("use x;\n{code}"))];
        assert_eq!(of(&ours, &moved), Some(1000));
        let indented = [change("src/a.rs", "mod b;\n", &format!("mod b;\n        {code}"))];
        assert_eq!(of(&ours, &indented), Some(1000));
        let wrapped = "mod b;\nfn pay(\n    sum: u32,\n    tax: u32,\n) -> u32 {\n    sum + tax\n}\n";
        let similarity = of(&ours, &[change("src/a.rs", "mod b;\n", wrapped)]).unwrap();
        assert!(similarity > 850, "{similarity}");
    }

    #[test]
    fn what_people_add_in_other_files_is_no_rewrite() {
        let ours = [change("a", "x\n", "x\none two three\n")];
        let theirs = [ours[0].clone(), change("CHANGELOG", "c\n", "c\nmuch more text of another kind\n")];
        assert_eq!(of(&ours, &theirs), Some(1000));
    }

    #[test]
    fn a_patch_of_blanks_is_compared_by_bytes() {
        let ours = [change("a", "x=1\ny=2\n", "x  = 1\ny  = 2\n")];
        assert_eq!(of(&ours, &ours), Some(1000));
        let other = [change("a", "x=1\ny=2\n", "x  = 1\ny = 2\n")];
        // Ours: two lines added, two removed. Theirs the same. Kept: one added and two removed of four, on each side.
        assert_eq!(of(&ours, &other), Some(750));
        assert_eq!(of(&ours, &[]), Some(0));
    }

    #[test]
    fn names_and_bytes_count_too() {
        let renamed = FileChange { renamed_from: Some("a".into()), ..change("b", "same\n", "same\n") };
        assert_eq!(of(std::slice::from_ref(&renamed), std::slice::from_ref(&renamed)), Some(1000));
        assert_eq!(of(&[renamed], &[change("a", "same\n", "-")]), Some(0));
        let image = |bytes: &[u8]| FileChange { after: Side::of(bytes.into()), ..change("i", "-", "-") };
        assert_eq!(of(&[image(b"\0a")], &[image(b"\0a")]), Some(1000));
        assert_eq!(of(&[image(b"\0a")], &[image(b"\0b")]), Some(0));
    }

    proptest::proptest! {
        #[test]
        fn any_patches_can_be_compared(a in "[ab \n]{0,30}", b in "[ab \n]{0,30}", c in "[ab \n]{0,30}") {
            let (ours, theirs) = ([change("f", &a, &b)], [change("f", &a, &c)]);
            let there = compare(&ours, &theirs);
            let back = compare(&theirs, &ours);
            proptest::prop_assert!(there.permille().unwrap_or(0) <= 1000);
            if there.ours.0 > 0 && back.ours.0 > 0 && a.split_whitespace().count() > 0 && compare_by(&ours, &theirs, Sameness::ButForBlanks).ours.0 > 0
                && compare_by(&theirs, &ours, Sameness::ButForBlanks).ours.0 > 0 {
                proptest::prop_assert_eq!(there.permille(), back.permille());
            }
            proptest::prop_assert!(matches!(compare(&ours, &ours).permille(), None | Some(1000)));
        }
    }
}
