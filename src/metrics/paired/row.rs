use std::cmp::Ordering;

use super::super::Better;

/// What is compared task by task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Name of the metric; `tokens` alone is none.
    pub name: &'static str,
    /// Which way is better.
    pub better: Better,
    /// It is a part of another row, or says what a task costs: it neither regresses by itself nor stands in the table
    /// of tests that are corrected together, unless it costs.
    pub role: RowRole,
}

/// What a row is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowRole {
    /// Worse is a regression.
    Quality,
    /// Shown, but no regression.
    Cost,
    /// A part of `boundary_violations`, for bars.
    Part,
}

const fn row(name: &'static str, better: Better, role: RowRole) -> Row {
    Row { name, better, role }
}

/// All that is compared.
pub const ROWS: [Row; 13] = [
    row("in_scope", Better::Higher, RowRole::Quality),
    row("in_scope_tasks", Better::Higher, RowRole::Quality),
    row("boundary_violations", Better::Lower, RowRole::Quality),
    row("task_completion", Better::Higher, RowRole::Quality),
    row("decision_agreement", Better::Higher, RowRole::Quality),
    row("review_yield", Better::Higher, RowRole::Quality),
    row("tokens", Better::Lower, RowRole::Cost),
    row("boundary_violations.reads", Better::Lower, RowRole::Part),
    row("boundary_violations.writes", Better::Lower, RowRole::Part),
    row("boundary_violations.network", Better::Lower, RowRole::Part),
    row("boundary_violations.mcp", Better::Lower, RowRole::Part),
    row("boundary_violations.commands", Better::Lower, RowRole::Part),
    row("boundary_violations.subagents", Better::Lower, RowRole::Part),
];

/// How a session does: a part of a whole, or a number per session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Score {
    pub(super) part: u64,
    pub(super) whole: u64,
}

impl Score {
    /// A share; `None` of nothing.
    pub(super) fn share(part: u64, whole: u64) -> Option<Self> {
        (whole > 0).then_some(Self { part, whole })
    }

    /// Both together.
    pub(super) fn and(self, other: Self) -> Self {
        Self { part: self.part.saturating_add(other.part), whole: self.whole.saturating_add(other.whole) }
    }

    /// Is `now` better (`Greater`) or worse (`Less`) than this, or the same?
    pub(super) fn moved_to(self, now: Self, better: Better) -> Ordering {
        let before = u128::from(self.part) * u128::from(now.whole);
        let after = u128::from(now.part) * u128::from(self.whole);
        let more = after.cmp(&before);
        if better == Better::Lower { more.reverse() } else { more }
    }
}
