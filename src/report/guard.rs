//! Cells that no spreadsheet takes for a formula, whatever separator it believes in.
//!
//! A cell that starts like a formula gets a leading `'`. A table written with commas may be opened as one with
//! semicolons, and then a cell can begin in the middle of a text: after a separator, what starts like a formula that
//! could do something gets a `'` as well. [`unguarded`] takes both away again.

use std::borrow::Cow;

/// The text with all that could start a formula guarded.
pub fn guarded(text: &str) -> Cow<'_, str> {
    if !starts_formula(text) && !text.contains(SEPARATORS) {
        return Cow::Borrowed(text);
    }
    let mut cell = String::with_capacity(text.len() + 8);
    if starts_formula(text) {
        cell.push('\'');
    }
    let mut rest = text;
    while let Some(at) = rest.find(SEPARATORS) {
        let end = at + 1;
        cell.push_str(&rest[..end]);
        rest = &rest[end..];
        if at_mark(rest) {
            cell.push('\'');
        }
    }
    cell.push_str(rest);
    Cow::Owned(cell)
}

/// The text of a cell that [`guarded`] made.
pub fn unguarded(cell: &str) -> String {
    let cell = cell.strip_prefix('\'').filter(|rest| starts_formula(rest)).unwrap_or(cell);
    let mut text = String::with_capacity(cell.len());
    let mut rest = cell;
    while let Some(at) = rest.find(SEPARATORS) {
        let end = at + 1;
        text.push_str(&rest[..end]);
        rest = &rest[end..];
        if let Some(inner) = rest.strip_prefix('\'').filter(|inner| at_mark(inner)) {
            rest = inner;
        }
    }
    text.push_str(rest);
    text
}

const SEPARATORS: [char; 5] = [',', ';', '|', '\n', '\t'];

fn starts_formula(text: &str) -> bool {
    let sign =
        |c| matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '\'' | '\t' | '\r' | '|' | '%');
    text.starts_with(['\t', '\r']) || text.trim_start().starts_with(sign)
}

/// Does a formula that calls or refers to something begin here, blanks and marks before it or not?
fn at_mark(text: &str) -> bool {
    let cell = text.trim_start_matches([' ', '\u{a0}']).trim_start_matches(['\'', '"', ' ']);
    match cell.chars().next() {
        Some('=' | '@' | '＝' | '＠') => true,
        Some('+' | '-' | '＋' | '－') => {
            // `cut -d, -f1` and `a, -b` do no harm and are everywhere; what calls a function or a program does.
            let end = cell.find([',', ';', '\n']).unwrap_or(cell.len());
            cell[..end].contains(['(', '|', '!'])
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            (" =1", "' =1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("－1", "'－1"),
            ("|calc", "'|calc"),
            ("%x", "'%x"),
            ("'tis", "''tis"),
            ("git log", "git log"),
            ("a=1", "a=1"),
            ("", ""),
            ("x;=cmd|' /C calc'!A0", "x;'=cmd|' /C calc'!A0"),
            ("x\n=1", "x\n'=1"),
            ("a, \"=HYPERLINK(1)", "a,' \"=HYPERLINK(1)"),
            ("cut -d, -f1", "cut -d, -f1"),
            ("a,-cmd|'x'!A", "a,'-cmd|'x'!A"),
            ("['a','b']", "['a','b']"),
        ] {
            assert_eq!(guarded(text), cell, "{text:?}");
        }
        assert!(matches!(guarded("git log -1"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn what_is_guarded_comes_back(text in "[a=+@'\";,|! \n\t%(\\-＝x]{0,24}") {
            let cell = guarded(&text).into_owned();
            prop_assert_eq!(unguarded(&cell), text.clone());
            for separator in [',', ';', '|', '\t', '\n'] {
                for part in cell.split(separator).skip(1) {
                    let part = part.trim_start_matches([' ', '"']);
                    prop_assert!(!part.starts_with(['=', '@', '＝']), "{part:?} of {cell:?}");
                }
            }
            prop_assert!(!cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '|', '%']), "{cell:?}");
        }
    }
}
