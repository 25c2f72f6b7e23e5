//! What both readers of shell text produce: a flat list of items over raw slices of the script.

use crate::action::Opaque;

/// One thing in a script, in the order in which a reader meets it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item<'t> {
    /// A simple command, or bare redirections of a compound one.
    Command(Simple<'t>),
    /// A part begins whose working folder and variables do not (or may not) outlive it.
    Enter(Scope),
    /// The innermost such part ends.
    Leave,
    /// A loop variable takes these values, one after another.
    Loop {
        /// Name.
        variable: &'t str,
        /// Raw words; `None` when the loop runs over something else (the arguments of the script).
        values: Option<Vec<&'t str>>,
    },
    /// A function of this name is defined; its body follows as a part.
    Function(&'t str),
    /// A part begins that runs only if what came before succeeded, or only if it failed.
    Guard(Joint),
    /// The innermost such part ends.
    Unguard,
    /// The outcome of what came before is asked about more than once from here on.
    Mark,
    /// From here on, the outcome is that of the innermost mark again.
    Recall,
    /// The innermost mark is no longer needed; the outcome of all since then is not known.
    Unmark,
    /// The outcome of what came before is turned round (`!`).
    Negate,
    /// `[ … ]` or `[[ … ]]`, as written.
    Test(&'t str),
    /// A word is compared with the patterns of one branch of a `case`; that is the outcome.
    Match {
        /// The raw word.
        word: &'t str,
        /// The raw patterns; empty when the branch may be come to in another way.
        patterns: Vec<&'t str>,
    },
    /// Something here cannot be read.
    Opaque(Opaque),
}

/// How a command depends on what comes before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joint {
    /// `&&`: it runs if that succeeded.
    And,
    /// `||`: it runs if that failed.
    Or,
}

/// How a part of a script relates to what follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// A process of its own: nothing that it sets outlives it.
    Isolated,
    /// It may run or not: what it sets is not known afterwards.
    Maybe,
    /// It may run or not, again and again.
    Loop,
}

/// A simple command; all words are raw slices with their quotes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Simple<'t> {
    /// `NAME=value` before the command, or instead of one.
    pub(super) assignments: Vec<(&'t str, &'t str)>,
    /// Program and arguments.
    pub(super) words: Vec<&'t str>,
    /// Redirections in order.
    pub(super) redirects: Vec<Redirect<'t>>,
    /// Standard input comes from a pipe.
    pub(super) piped: bool,
    /// Runs in a process of its own: a member of a pipeline, or in the background.
    pub(super) isolated: bool,
    /// Runs only if what came before succeeded or failed; all members of a pipeline have the joint of its first.
    pub(super) joint: Option<Joint>,
}

/// One redirection.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Redirect<'t> {
    /// Kind.
    pub(super) kind: RedirectKind,
    /// Raw target word, or the body of a here-document.
    pub(super) target: &'t str,
}

/// Kinds of redirections that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RedirectKind {
    /// `< f`
    Read,
    /// `> f`, `>> f`, `>| f`, `&> f`, …
    Write,
    /// `>& f`: a file, unless the target is a number or `-`.
    WriteOrDuplicate,
    /// `<& n`
    Duplicate,
    /// `<<EOF`; the text between the markers.
    HereDocument,
    /// `<<< word`
    HereString,
}

/// The items of a function's body, at the head of what follows its name.
pub(super) fn body<'i, 't>(items: &'i [Item<'t>]) -> &'i [Item<'t>] {
    let mut open = 0_usize;
    for (at, item) in items.iter().enumerate() {
        match item {
            Item::Enter(_) => open += 1,
            Item::Leave => open = open.saturating_sub(1),
            _ => {}
        }
        if open == 0 {
            return items.get(..=at).unwrap_or_default();
        }
    }
    items
}
