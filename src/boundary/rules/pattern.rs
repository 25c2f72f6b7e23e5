use std::borrow::Cow;
use std::fmt;

/// The leading words of a command that a rule matches; each word is one text or a choice of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    words: Vec<Vec<Box<str>>>,
    folded: bool,
}

impl Pattern {
    /// A pattern of these words, each with its alternatives. `folded` compares without regard to case
    /// (`canonical_matching`). `None` if there is no word, or a word without an alternative.
    pub fn new(words: Vec<Vec<String>>, folded: bool) -> Option<Self> {
        if words.is_empty() || words.iter().any(Vec::is_empty) {
            return None;
        }
        let keep = |word: String| if folded { fold(&word).into() } else { word.into_boxed_str() };
        Some(Self {
            words: words.into_iter().map(|any| any.into_iter().map(keep).collect()).collect(),
            folded,
        })
    }

    /// The alternatives of the first word.
    pub fn first(&self) -> &[Box<str>] {
        self.words.first().map_or(&[], Vec::as_slice)
    }

    /// Whether case does not count.
    pub fn is_folded(&self) -> bool {
        self.folded
    }

    /// Number of words.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Never true: a pattern has at least one word.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether `command` starts with this pattern when its first word is taken to be `program`.
    pub fn matches<S: AsRef<str>>(&self, program: &str, command: &[S]) -> bool {
        let given = std::iter::once(program).chain(command.iter().skip(1).map(AsRef::as_ref));
        command.len() >= self.words.len()
            && self.words.iter().zip(given).all(|(any, word)| {
                let word = if self.folded { Cow::Owned(fold(word)) } else { Cow::Borrowed(word) };
                any.iter().any(|one| **one == *word)
            })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (at, any) in self.words.iter().enumerate() {
            if at > 0 {
                f.write_str(", ")?;
            }
            match any.as_slice() {
                [one] => write!(f, "{one:?}")?,
                several => write!(f, "{several:?}")?,
            }
        }
        f.write_str("]")
    }
}

/// The form of a word in which case does not count. Codex 0.169 takes `ß` and `SS` for equal.
pub(super) fn fold(word: &str) -> String {
    word.to_uppercase().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(words: &[&[&str]], folded: bool) -> Pattern {
        let owned = words.iter().map(|any| any.iter().map(|&word| word.to_owned()).collect()).collect();
        Pattern::new(owned, folded).unwrap()
    }

    #[test]
    fn prefixes_match_word_by_word() {
        let push = pattern(&[&["git"], &["push", "fetch"]], false);
        for (command, expected) in [
            (vec!["git", "push"], true),
            (vec!["git", "fetch", "origin"], true),
            (vec!["git"], false),
            (vec!["git", "PUSH"], false),
            (vec!["git", "pull"], false),
            (vec![], false),
        ] {
            assert_eq!(push.matches("git", &command), expected, "{command:?}");
        }
        assert_eq!(push.to_string(), r#"["git", ["push", "fetch"]]"#);
    }

    // Asked of Codex 0.169 with `execpolicy check` and `canonical_matching=True`.
    #[test]
    fn folded_patterns_ignore_case_alone() {
        for (word, given, expected) in [
            ("push", "PUSH", true),
            ("É", "é", true),
            ("ß", "SS", true),
            ("a/b", "a\\b", false),
            (" a", "a", false),
            ("git", "git.exe", false),
        ] {
            assert_eq!(
                pattern(&[&["x"], &[word]], true).matches("X", &["X", given]),
                expected,
                "{word} {given}"
            );
        }
    }

    #[test]
    fn empty_patterns_are_refused() {
        assert!(Pattern::new(vec![], false).is_none());
        assert!(Pattern::new(vec![vec!["a".into()], vec![]], false).is_none());
    }
}
