//! What Codex does about a command or a patch that the sandbox stopped: it may start it again outside.

use super::attempt::Attempt;
use super::moment::Moment;
use super::sandbox;
use super::touch::At;
use crate::action::Action;
use crate::action::shell::Which;
use crate::boundary::Boundary;
use crate::boundary::approval::ApprovalPolicy;
use crate::boundary::sandbox::{Bounds, Confinement};
use crate::decision::{Phase, Ruling, Verdict};

/// Codex's words when it asks for that.
pub(super) const QUESTION: &str = "command failed; retry without sandbox?";

/// What becomes of a call that failed in the sandbox.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Retry {
    /// The failure goes to the model.
    None,
    /// It runs again outside of the sandbox; nobody is asked, for somebody has approved it before.
    Outside,
    /// Somebody is asked whether it may run outside.
    Ask(Ruling),
}

/// What Codex 0.169 does about a failure in the sandbox. `approved`: somebody has approved the call already.
///
/// Nothing leaves a sandbox that keeps something from being read. A patch is asked about wherever somebody can be asked.
/// A command is started again under `untrusted` and under a granular policy with `sandbox_approval`, and only if it failed
/// at once (within 0.15 s) with words of a refusal (conformance: approval/retry-granular, approval/retry-untrusted).
pub(super) fn of(
    boundary: &Boundary,
    bounds: &Bounds<'_>,
    attempt: &Attempt<'_>,
    moment: &Moment<'_>,
    confinement: Confinement,
    ruling: &Ruling,
    approved: bool,
) -> Retry {
    let policy = boundary.approvals.policy;
    let stopped = ruling.verdict == Verdict::Deny && ruling.phase == Phase::Sandbox;
    // Codex takes some failures for one of the sandbox that are none.
    let speaks = ruling.verdict == Verdict::Allow
        && confinement == Confinement::Sandboxed
        && attempt.opaque.is_none()
        && attempt.reading.failure.speaks;
    if !(stopped || speaks) || boundary.sandbox.has_denials() || boundary.sandbox.is_unrestricted() {
        return Retry::None;
    }
    let retries = if attempt.direct_patch().is_some() {
        policy.asks_about_sandbox() && (approved || policy != ApprovalPolicy::Untrusted)
    } else {
        policy.retries_commands()
            && bounds.broken().is_none()
            && (speaks || fails_openly(boundary, bounds, attempt, moment))
    };
    match (retries, approved) {
        (false, _) => Retry::None,
        (true, true) => Retry::Outside,
        (true, false) => Retry::Ask(Ruling {
            verdict: Verdict::Ask,
            phase: Phase::Approval,
            reason: QUESTION.into(),
            rule: ruling.rule.clone(),
        }),
    }
}

/// Would Codex take the failure for one of the sandbox?
fn fails_openly(
    boundary: &Boundary,
    bounds: &Bounds<'_>,
    attempt: &Attempt<'_>,
    moment: &Moment<'_>,
) -> bool {
    let Action::Shell(command) = attempt.action else { return false };
    let reading = &attempt.reading;
    let known = (0..reading.effects.known.len()).map(Which::Known);
    let conditional = attempt.conditional.iter().copied().map(Which::Conditional);
    let denies = boundary.sandbox.has_denials();
    known.chain(conditional).zip(&attempt.touches).any(|(which, touch)| {
        let connects = matches!(touch.at, At::Host(_));
        let written = |path: &str| touch.at == At::Path(moment.site.locale.absolute(path));
        !touch.perhaps
            && sandbox::stopped(bounds, touch, moment, Confinement::Sandboxed, denies).is_some()
            && reading.failure.is_open(command, &reading.commands, which, connects, &written)
    })
}
