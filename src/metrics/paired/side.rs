use super::super::outcome::Agreement;
use super::super::violation::ViolationKind;
use super::super::{TaskFacts, ViolationFact};
use super::row::{ROWS, Score};
use crate::replay::{Input, Replay, ReplayStep};

/// One of two replays of the same session that are compared: the accepted one, or the present one.
#[derive(Clone, Copy, Debug)]
pub struct Side<'r> {
    /// The replay.
    pub replay: &'r Replay,
    /// How its outcome relates to what a person decided.
    pub agreement: Agreement,
    /// Did it end in accepted output without a manual restart? `None` when nobody has decided.
    pub completed: Option<bool>,
    /// Its attempts outside of policy.
    pub violations: &'r [ViolationFact],
    /// Findings that the agent reported; `None` when nobody has decided about them.
    pub reported: Option<u32>,
    /// Reported findings that a person confirmed.
    pub confirmed: u32,
}

impl<'r> Side<'r> {
    /// A replay and its facts.
    pub fn of(replay: &'r Replay, facts: &'r TaskFacts) -> Self {
        Self {
            replay,
            agreement: facts.agreement,
            completed: facts.completed,
            violations: &facts.violations,
            reported: facts.reported,
            confirmed: facts.confirmed,
        }
    }
}

/// The scores of two replays of a session, in the order of [`ROWS`].
pub(super) fn scores(before: &Side<'_>, now: &Side<'_>) -> [[Option<Score>; ROWS.len()]; 2] {
    let shared = shared_steps(before.replay, now.replay);
    [of_side(before, now, shared), of_side(now, before, shared)]
}

/// The scores of a replay that is compared with itself.
pub(super) fn scores_of(side: &Side<'_>) -> [Option<Score>; ROWS.len()] {
    of_side(side, side, None)
}

/// How many steps both replays have from the start and neither counts as after divergence; `None` when they are of
/// different recordings, whose steps have nothing to do with each other.
///
/// A replay that diverges earlier has fewer steps to be wrong in. Looking at the shared ones alone keeps that from
/// looking like a change for the better.
fn shared_steps(before: &Replay, now: &Replay) -> Option<usize> {
    let recording = |replay: &Replay| replay.inputs.get(&Input::Recording).copied();
    if recording(before).is_none() || recording(before) != recording(now) {
        return None;
    }
    let pairs = before.steps.iter().zip(&now.steps);
    Some(pairs.take_while(|(a, b)| a.id == b.id && !a.after_divergence && !b.after_divergence).count())
}

fn of_side(side: &Side<'_>, other: &Side<'_>, shared: Option<usize>) -> [Option<Score>; ROWS.len()] {
    let steps = &side.replay.steps;
    let counted: &[ReplayStep] = &steps[..shared.unwrap_or(steps.len())];
    let calls = || {
        let all = counted.iter().enumerate();
        all.filter(|(_, step)| step.kind.is_call() && !step.after_divergence)
    };
    let any = calls().next().is_some();
    let outside = calls().filter(|(_, step)| step.scope != crate::decision::Scope::In).count();
    let let_run = |step: &ReplayStep| step.human.is_some_and(|human| human.verdict.let_run());
    // Prompts that people answered otherwise in between are no work of the plugin.
    let both = |at: usize| shared.is_none() || other.replay.steps.get(at).is_some_and(let_run);
    let prompts = || calls().filter(|(at, step)| let_run(step) && both(*at));
    let violations = |kind: Option<ViolationKind>| {
        let within =
            side.violations.iter().filter(|one| !one.after && one.step.number as usize <= counted.len());
        let count = within.filter(|one| kind.map_or(!one.kinds.is_empty(), |kind| one.kinds.contains(kind)));
        any.then(|| Score { part: count.count() as u64, whole: 1 })
    };
    let inside = prompts().filter(|(_, step)| step.scope == crate::decision::Scope::In).count();
    let decided = !matches!(side.agreement, Agreement::Undecided | Agreement::NoContract);
    let reported = side.reported.filter(|reported| *reported > 0);
    let usage = side.replay.usage;
    let tokens = usage.input.saturating_add(usage.output);
    let [reads, writes, network, mcp, commands, subagents] = ViolationKind::ALL.map(Some);
    [
        Score::share(inside as u64, prompts().count() as u64),
        any.then_some(Score { part: u64::from(outside == 0), whole: 1 }),
        violations(None),
        side.completed.map(|completed| Score { part: u64::from(completed), whole: 1 }),
        decided.then_some(Score { part: u64::from(side.agreement == Agreement::Same), whole: 1 }),
        reported.map(|reported| Score { part: side.confirmed.into(), whole: reported.into() }),
        (tokens > 0).then_some(Score { part: tokens, whole: 1 }),
        violations(reads),
        violations(writes),
        violations(network),
        violations(mcp),
        violations(commands),
        violations(subagents),
    ]
}
