//! Does a call give a result in the replay, for PostToolUse hooks to see, and is it the recorded one?

use super::attempt::Attempt;
use super::moment::Moment;
use super::verification::{self, Verified};
use super::{own, policy};
use crate::action::Action;
use crate::boundary::Boundary;
use crate::decision::{Phase, Ruling, Verdict};
use crate::source::snapshot::{Content, Files};
use crate::transcript::{Call, Recorded};

/// `None` when no PostToolUse hook would run. The error says why the result is not known.
///
/// Codex 0.169 runs them for what gave a result, commands that fail and those that the sandbox stops included; not for
/// calls that were blocked, rejected or declined (what nobody has answered for is taken to be declined), not for patches that a command holds, not for MCP calls whose server
/// gave an error, and for a command that is left running only when typing into it shows its end.
pub(super) fn of(
    boundary: &Boundary,
    attempt: &Attempt<'_>,
    call: &Call<'_>,
    ruling: &Ruling,
    moment: &Moment<'_>,
) -> Option<Result<(), &'static str>> {
    let stopped = ruling.verdict == Verdict::Deny && ruling.phase == Phase::Sandbox;
    // Who asks for permissions is answered anyway, if only that none are granted.
    let answered = matches!(attempt.action, Action::Builtin(tool) if policy::is_request_permissions(tool));
    let runs = match ruling.verdict {
        Verdict::Allow => true,
        Verdict::Ask => moment.accepted || answered,
        _ => false,
    };
    let command = matches!(attempt.action, Action::Shell(_)) && attempt.direct_patch().is_none();
    if !(runs || (stopped && command)) || has_none(boundary, attempt, call, moment) {
        return None;
    }
    let failed = call.exit_code().is_some_and(|code| code != 0);
    match moment.recorded {
        Recorded::Ran if stopped && !failed => {
            Some(Err("what the sandbox would leave of the output is not known"))
        }
        Recorded::SandboxDenied if !stopped => {
            Some(Err("the recording shows what the sandbox left of the output"))
        }
        Recorded::Ran | Recorded::SandboxDenied => Some(Ok(())),
        Recorded::HookBlocked | Recorded::Rejected | Recorded::Declined
            if ruling.verdict == Verdict::Allow || stopped =>
        {
            Some(Err("the recording holds no result"))
        }
        // A call inside a script that left no trace.
        Recorded::Unknown if call.parent.is_some() && !matches!(attempt.action, Action::Mcp(_)) => {
            Some(Err("the recording does not tell what became of it"))
        }
        _ => None,
    }
}

/// Is the file that an image is read from none, as far as the files or the recorded answer tell?
fn is_no_image(path: &str, call: &Call<'_>, moment: &Moment<'_>) -> bool {
    const STARTS: [&[u8]; 5] = [b"\x89PNG", b"\xff\xd8", b"GIF8", b"RIFF", b"BM"];
    let locale = moment.site.locale;
    match moment.site.files.map(|files| files.read(locale.absolute(path))) {
        Some(Content::Known(bytes)) => !STARTS.iter().any(|start| bytes.starts_with(start)),
        Some(Content::NoFile) => true,
        // Older versions said that the image was attached.
        _ => call.output.is_some_and(|output| {
            !output.raw().contains("input_image") && !output.text().contains("attached")
        }),
    }
}

/// Calls that run and give hooks nothing to see.
fn has_none(boundary: &Boundary, attempt: &Attempt<'_>, call: &Call<'_>, moment: &Moment<'_>) -> bool {
    match attempt.action {
        Action::Shell(_) => attempt.direct_patch().is_some() || call.running_terminal().is_some(),
        Action::Patch(_) => attempt.direct_patch().is_some_and(|embedded| {
            let verified = verification::verify(embedded, moment, &|_| false);
            !matches!(verified, Ok(Verified::Fits))
        }),
        Action::Stdin(_) => moment.terminal.is_none() || call.exit_code().is_none(),
        Action::Mcp(made) if policy::is_no_json(&made.arguments) => true,
        Action::Mcp(_) => {
            call.item.as_ref().is_some_and(|item| item.error.is_some() || item.status == "failed")
        }
        Action::ViewImage(path) => own::wants_odd_detail(call) || is_no_image(path, call, moment),
        Action::Spawn(_) => own::starts_nobody(call),
        Action::Builtin(tool) => {
            own::fails(tool, call, moment)
                || own::names_unknown_server(attempt.action, &call.arguments, &boundary.mcp)
        }
        _ => matches!(attempt.action, Action::WebSearch(_) | Action::Code(_)),
    }
}
