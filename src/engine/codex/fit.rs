//! Does what was seen fit the prediction, where the CLI does not tell all by itself?

use super::ruling::{Observed, RanIn, Seen};
use crate::action::Access;
use crate::decision::{Phase, Scope, Verdict};
use crate::engine::retry;
use crate::replay::ReplayStep;

/// Why a prediction was taken over that what was seen fits, and does not prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// It failed in the sandbox, and nothing says of what.
    BareExit,
    /// A file was not there that the sandbox would hide.
    NoFile,
    /// Codex starts again what fails within 0.15 s, and here it took longer.
    TooSlow,
}

impl Fit {
    /// For people.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::BareExit => "it failed in the sandbox, and the CLI does not tell of what",
            Self::NoFile => "a file was missing in the sandbox, and the CLI does not tell why",
            Self::TooSlow => {
                "Codex starts a command again only if it fails in the sandbox within 0.15 s; here it took longer"
            }
        }
    }
}

/// A command can go on after the sandbox refused it something, and a missing network looks like any other failure.
/// Where the predicted refusal fits what was seen, it is taken to have happened.
pub(super) fn settle(observed: Observed, step: &ReplayStep, seen: &Seen<'_>) -> Result<Observed, String> {
    if missed_retry(&observed, step, seen) {
        return Ok(Observed { fit: Some(Fit::TooSlow), ..observed });
    }
    let predicted = step.ruling.verdict == Verdict::Deny && step.ruling.phase == Phase::Sandbox;
    if observed.verdict != Verdict::Allow || !predicted {
        return Ok(observed);
    }
    let stopped = |said: &str, fit| {
        let observed = Observed::new(Verdict::Deny, Some(Phase::Sandbox), said.to_owned());
        Ok(Observed { fit, ..observed })
    };
    let connects = step.ruling.reason.contains("connecting to")
        || step.effects.iter().any(|effect| effect.access == Access::Connect && effect.scope == Scope::Out);
    if seen.speaks_of_refusal() {
        return stopped("the system refused a part of it", None);
    }
    if connects && seen.lacked_network() {
        // The CLI itself notes whether its sandbox lets anything reach the network.
        let fit = if seen.place == RanIn::Offline { None } else { Some(Fit::BareExit) };
        return stopped("it reached no network", fit);
    }
    // What is told to say nothing of failures (`curl -s … || true`) says nothing of a missing network either.
    if connects && seen.place == RanIn::Offline && seen.said_nothing() {
        return stopped("it reached no network", Some(Fit::BareExit));
    }
    // Where nothing may be read, there is nothing.
    if step.ruling.reason.contains("reading") && seen.lacked_file() {
        return stopped("the system refused a part of it", Some(Fit::NoFile));
    }
    if seen.lacked_program() {
        return Err("a program of the command is not installed here".to_owned());
    }
    if seen.call.exit_code().is_some_and(|code| code != 0) {
        return stopped("it failed in the sandbox", Some(Fit::BareExit));
    }
    Ok(observed)
}

/// Did the sandbox stop a command that was predicted to be started again outside, without Codex taking it for stopped?
fn missed_retry(observed: &Observed, step: &ReplayStep, seen: &Seen<'_>) -> bool {
    let again = match step.ruling.verdict {
        Verdict::Ask => step.ruling.reason == retry::QUESTION,
        Verdict::Allow => step.unsandboxed,
        Verdict::Deny => step.ruling.phase == Phase::Approval,
        Verdict::Undetermined => false,
    };
    let answered =
        step.ruling.verdict == Verdict::Ask || step.hooks.iter().any(|row| row.event == "PermissionRequest");
    let stopped = observed.verdict == Verdict::Deny && observed.phase == Some(Phase::Sandbox);
    stopped && !seen.denied && seen.place != RanIn::Open && again && answered
}
