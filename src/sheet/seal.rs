//! Text in a cell of a sheet that people fill in.

use crate::report::escape::block;
use crate::report::{guarded, unguarded};

/// Text for a cell that is no formula: line breaks stay, other hidden characters become visible escapes.
pub(super) fn sealed(text: &str) -> String {
    let plain = text.replace("\r\n", "\n").replace('\t', "    ");
    guarded(&block(&plain)).into_owned()
}

/// The text of a cell that [`sealed`] made, hidden characters still as escapes.
pub(super) fn unsealed(cell: &str) -> String {
    unguarded(cell)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_cell_is_a_formula_nor_hides_anything() {
        for (text, cell) in [
            (" \t=1", "'     =1"),
            ("x\r\n=1", "x\n'=1"),
            ("a\u{1b}[31m", "a\\u{1b}[31m"),
            ("git log", "git log"),
        ] {
            assert_eq!(sealed(text), cell, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_sealed_comes_back(text in "[a=+@'\";,|! \n(\\-＝x]{0,24}") {
            prop_assert_eq!(unsealed(&sealed(&text)), text);
        }
    }
}
