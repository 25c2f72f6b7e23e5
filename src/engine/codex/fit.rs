//! What the CLI does not tell directly is settled by evidence: words that only a refusal gives, files that were changed or
//! not, and what the same command does without the sandbox. A prediction only says what to look for.

use super::control::Control;
use super::place::Places;
use super::ruling::{Observed, RanIn, Seen};
use crate::action::Access;
use crate::decision::{Phase, Scope, Verdict};
use crate::engine::passage::FOR_SESSION;
use crate::engine::retry;
use crate::replay::{ReplayStep, StepKind};

/// Time within which no command is too slow to be started again, in milliseconds; Codex 0.169 takes 150.
const FAST: u64 = 100;

/// What the control play shows of a command that the sandbox did not stop.
const ALIKE: &str = "it does the same without the sandbox";

/// Why a prediction stands that nothing was seen of.
pub(super) const TOO_SLOW: &str =
    "Codex starts a command again only if it fails in the sandbox within 0.15 s; here it took longer";

/// What was seen, as far as it tells of the ruling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Weighed {
    /// This is the ruling.
    Told(Observed),
    /// Whether a command is started again hung on the machine's speed, and here it was not.
    TooSlow,
    /// A control play may tell.
    Doubt(Observed),
    /// Nothing tells, for this reason.
    Untold(&'static str),
}

/// Weighs what was seen of a call. `thorough`: whatever ran in the sandbox is in doubt.
pub(super) fn weigh(observed: Observed, step: &ReplayStep, seen: &Seen<'_>, thorough: bool) -> Weighed {
    if missed_retry(&observed, step, seen) {
        let fast = seen.took.is_some_and(|took| took < FAST);
        return if fast { Weighed::Told(observed) } else { Weighed::TooSlow };
    }
    let ran = observed.verdict == Verdict::Allow;
    let stopped = is_stopped(observed.verdict, observed.phase);
    let runs = matches!(step.kind, StepKind::Shell | StepKind::Patch);
    if !runs || seen.place == RanIn::Open || !(ran || stopped) {
        return Weighed::Told(observed);
    }
    if stopped && seen.is_stopped_for_certain() {
        return Weighed::Told(observed);
    }
    if step.kind == StepKind::Patch {
        return of_patch(observed, step, seen);
    }
    if !is_stopped(step.ruling.verdict, Some(step.ruling.phase)) {
        let all = thorough && step.ruling.verdict == Verdict::Allow && seen.call.exit_code().is_some();
        // Words of refusal may be those of a file that was read, or of the machine.
        return if stopped || all { Weighed::Doubt(observed) } else { Weighed::Told(observed) };
    }
    if seen.is_refused(&targets(step)) {
        return Weighed::Told(stop("the system refused a part of it"));
    }
    if connects(step) && seen.place == RanIn::Offline && seen.tells_of_no_network() {
        return Weighed::Told(stop("it reached no network"));
    }
    if seen.lacked_program() {
        return Weighed::Untold("a program of the command is not installed here");
    }
    Weighed::Doubt(observed)
}

/// A patch that Codex let through is written in the sandbox: it fails there where that stops it, and where it cannot be
/// written by anybody.
fn of_patch(observed: Observed, step: &ReplayStep, seen: &Seen<'_>) -> Weighed {
    let failed = seen.call.exit_code().is_some_and(|code| code != 0);
    let predicted = is_stopped(step.ruling.verdict, Some(step.ruling.phase));
    if failed && predicted { Weighed::Doubt(observed) } else { Weighed::Told(observed) }
}

/// Settles a doubt by what came of running the command again without the sandbox, where that was possible.
pub(super) fn settle(
    observed: Observed,
    step: &ReplayStep,
    seen: &Seen<'_>,
    control: Option<&Control>,
    places: &Places,
) -> Weighed {
    let without = |what: &str| Weighed::Told(stop(&format!("without the sandbox it {what}")));
    let predicted = is_stopped(step.ruling.verdict, Some(step.ruling.phase));
    match control {
        Some(Control::Stopped(what)) => without(what),
        Some(Control::Connects) if seen.place == RanIn::Offline => without("reaches for the network"),
        Some(Control::Alike) if !predicted => Weighed::Told(allow(ALIKE)),
        None if !predicted && !seen.speaks_of_refusal() => {
            Weighed::Told(allow("it ran, and failed in its own words"))
        }
        _ if !predicted => Weighed::Told(observed),
        Some(Control::Connects) => Weighed::Untold("what its sandbox lets reach the network is not known"),
        Some(Control::Differs) => without("says something else"),
        Some(Control::Alike) if connects(step) || !in_jail(step, places) => {
            Weighed::Untold("it does the same without the sandbox, where the jail would stop it as well")
        }
        Some(Control::Alike) if seen.worked && seen.call.exit_code() != Some(0) => Weighed::Untold(
            "it fails with and without the sandbox, and ended well in the recording: the snapshot lacks what it needs",
        ),
        Some(Control::Alike) => Weighed::Told(allow(ALIKE)),
        Some(Control::Unclear(why)) => Weighed::Untold(why),
        None if seen.speaks_of_refusal() => Weighed::Told(stop("the system refused a part of it")),
        None if seen.call.exit_code().is_some_and(|code| code != 0) => {
            Weighed::Untold("it failed in the sandbox, and nothing tells of what")
        }
        None if seen.call.exit_code().is_none() => {
            Weighed::Untold("it was still running when it was last seen")
        }
        None if seen.may_hide_failures() => {
            Weighed::Untold("it may hide what the sandbox refused it, and nothing tells of that")
        }
        None => Weighed::Told(observed),
    }
}

fn stop(said: &str) -> Observed {
    Observed::new(Verdict::Deny, Some(Phase::Sandbox), said.to_owned())
}

fn allow(said: &str) -> Observed {
    Observed::new(Verdict::Allow, None, said.to_owned())
}

fn is_stopped(verdict: Verdict, phase: Option<Phase>) -> bool {
    verdict == Verdict::Deny && phase == Some(Phase::Sandbox)
}

/// Is it predicted to want the network?
fn connects(step: &ReplayStep) -> bool {
    step.ruling.reason.contains("connecting to")
        || step.effects.iter().any(|effect| effect.access == Access::Connect && effect.scope == Scope::Out)
}

/// What it is predicted to touch of files.
fn targets(step: &ReplayStep) -> Vec<&str> {
    let files = step.effects.iter().filter(|effect| matches!(effect.access, Access::Read | Access::Write));
    files.map(|effect| effect.target.as_str()).collect()
}

/// Does all that it is predicted to touch out of scope lie where the jail refuses nothing?
fn in_jail(step: &ReplayStep, places: &Places) -> bool {
    let open = [&*places.top, &places.home, &places.codex_home, "/tmp", "/var/tmp"];
    let inside = |path: &str| {
        open.iter()
            .any(|top| path.strip_prefix(top).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    };
    let outside = step.effects.iter().filter(|effect| effect.scope == Scope::Out);
    outside.map(|effect| effect.target.as_str()).all(|target| !target.starts_with('/') || inside(target))
}

/// Did the sandbox stop a command that was predicted to be started again outside, without Codex taking it for stopped?
fn missed_retry(observed: &Observed, step: &ReplayStep, seen: &Seen<'_>) -> bool {
    let again = match step.ruling.verdict {
        Verdict::Ask => step.ruling.reason == retry::QUESTION,
        Verdict::Allow => step.unsandboxed,
        Verdict::Deny => step.ruling.phase == Phase::Approval,
        Verdict::Undetermined => false,
    };
    let answered = step.ruling.verdict == Verdict::Ask
        || step.ruling.rule.text == FOR_SESSION
        || step.hooks.iter().any(|row| row.event == "PermissionRequest");
    let stopped = is_stopped(observed.verdict, observed.phase);
    let failed = seen.call.exit_code().is_some_and(|code| code != 0);
    stopped && failed && !seen.denied && seen.place != RanIn::Open && again && answered
}

#[cfg(test)]
mod tests;
