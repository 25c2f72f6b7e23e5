use super::advice::Advice;

/// The exit codes of the program, all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum ExitCode {
    /// All is well; for a run: the gate holds and every change is accepted.
    Holds = 0,
    /// The gate fails, or there are changes that nobody accepted.
    Fails = 1,
    /// The command line or the suite cannot be used; nothing was judged.
    Unusable = 2,
    /// Some tasks broke and were not judged.
    Broken = 3,
    /// The gate neither holds nor fails: there are too few samples, or none.
    Inconclusive = 4,
}

impl ExitCode {
    /// The exit code of a run. When several things are the case, the first of these decides:
    ///
    /// 1. the gate fails: 1. Broken tasks cannot undo that, and a script that retries on 3 must not hide it;
    /// 2. tasks broke: 3. What the others show is incomplete, a change for a broken task included;
    /// 3. changes are not accepted: 1;
    /// 4. the gate is inconclusive: 4.
    pub fn of_run(advice: Advice, tasks_broke: bool, changes_not_accepted: bool) -> Self {
        match advice {
            Advice::Hold | Advice::RollBack => Self::Fails,
            _ if tasks_broke => Self::Broken,
            _ if changes_not_accepted => Self::Fails,
            Advice::Inconclusive => Self::Inconclusive,
            Advice::Promote => Self::Holds,
        }
    }

    /// The same, and what would have been fine fails: two engines differ. Broken tasks stay what is told.
    #[must_use]
    pub fn or_fails(self) -> Self {
        match self {
            Self::Holds | Self::Inconclusive => Self::Fails,
            other => other,
        }
    }

    /// The number.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// All codes with their meaning, for help texts.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Holds, "the gate holds"),
        (Self::Fails, "the gate fails, or changes are not accepted"),
        (Self::Unusable, "usage error or unreadable suite"),
        (Self::Broken, "some tasks broke"),
        (Self::Inconclusive, "the gate is inconclusive"),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_lists_every_code() {
        let page = include_str!("../../docs/gate.md");
        for (code, meaning) in ExitCode::ALL {
            assert!(page.contains(&format!("| {} | {meaning} |\n", code.code())), "{code:?}");
        }
    }

    #[test]
    fn codes_and_their_precedence() {
        assert_eq!(ExitCode::ALL.map(|(code, _)| code.code()), [0, 1, 2, 3, 4]);
        for (advice, broke, changed, code) in [
            (Advice::Promote, false, false, 0),
            (Advice::Promote, false, true, 1),
            (Advice::Hold, false, false, 1),
            (Advice::RollBack, true, true, 1),
            (Advice::Inconclusive, false, false, 4),
            (Advice::Inconclusive, false, true, 1),
            (Advice::Inconclusive, true, true, 3),
            (Advice::Promote, true, false, 3),
        ] {
            assert_eq!(ExitCode::of_run(advice, broke, changed).code(), code, "{advice:?} {broke} {changed}");
        }
    }
}
