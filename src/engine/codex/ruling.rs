//! What Codex ruled, from what became of a call when the CLI played it.

use super::fit::Fit;
use super::witness::Question;
use crate::decision::{Phase, Verdict};
use crate::transcript::{Call, Recorded};

/// What the CLI did about a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Observed {
    /// Its verdict.
    pub(super) verdict: Verdict,
    /// The phase that gave it, where the CLI tells.
    pub(super) phase: Option<Phase>,
    /// What it said, in short.
    pub(super) said: String,
    /// The prediction was taken over, for this reason; `None` where the CLI tells.
    pub(super) fit: Option<Fit>,
}

impl Observed {
    pub(super) fn new(verdict: Verdict, phase: Option<Phase>, said: String) -> Self {
        Self { verdict, phase, said, fit: None }
    }
}

/// Everything that was seen of one call.
pub(super) struct Seen<'s> {
    /// The call in the recording that the CLI itself made while it played.
    pub(super) call: &'s Call<'s>,
    /// Somebody was asked.
    pub(super) question: Option<&'s Question>,
    /// The CLI logged that the sandbox stopped it.
    pub(super) denied: bool,
    /// The CLI told that it began, or somebody was to be asked about it.
    pub(super) begun: bool,
    /// Hooks ran before it.
    pub(super) hooked: bool,
    /// Where its command ran.
    pub(super) place: RanIn,
}

/// Where a command ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RanIn {
    /// Outside of Codex's sandbox, or there is none.
    Open,
    /// In a sandbox that may let something reach the network.
    Sandbox,
    /// In a sandbox of which the CLI noted that nothing reaches the network from it.
    Offline,
}

/// Words of the system that only a refusal puts into an output.
const REFUSALS: &[&str] = &["Read-only file system", "Permission denied", "Operation not permitted"];
/// Words of programs that only a refusal explains, if Codex took it for one.
const SIGNS: &[&str] = &["seccomp", "landlock", "failed to write file"];
/// What it says of a place that the sandbox holds by mounting something there.
const HELD: &str = "Device or resource busy";

/// What its proxy answers, in place of the host, to requests over TLS that do more than read.
const LIMITED: &str = "Method not allowed in limited mode.";

impl Seen<'_> {
    /// The ruling; `None` when what was seen does not tell.
    pub(super) fn observed(&self) -> Option<Observed> {
        let answer = self.call.output.map(|output| output.text().into_owned()).unwrap_or_default();
        if let Some(question) = self.question {
            let said = if question.guardian {
                format!("a guardian was asked: {}", question.reason)
            } else {
                question.reason.clone()
            };
            return Some(Observed::new(Verdict::Ask, None, said));
        }
        if answer.contains("MCP tool arguments must be a JSON object") {
            // What the model gave was an object, so that a hook made something else of it.
            let was =
                serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&self.call.arguments);
            let phase = if self.hooked && was.is_ok() { Phase::Hook } else { Phase::Routing };
            return Some(Observed::new(Verdict::Deny, Some(phase), short(&answer)));
        }
        let of = |verdict, phase, said: &str| Some(Observed::new(verdict, phase, short(said)));
        match self.call.recorded() {
            Recorded::HookBlocked => of(Verdict::Deny, Some(Phase::Hook), &answer),
            Recorded::Unsupported | Recorded::Malformed => of(Verdict::Deny, Some(Phase::Routing), &answer),
            Recorded::Rejected => of(Verdict::Deny, Some(phase_of(&answer)), &answer),
            // Nobody was asked, so that only a hook can have said no.
            Recorded::Declined => of(Verdict::Deny, Some(Phase::Approval), &answer),
            Recorded::SandboxDenied if self.stopped(&answer) => {
                of(Verdict::Deny, Some(Phase::Sandbox), "the sandbox stopped it")
            }
            Recorded::Ran if self.place != RanIn::Open && answer.contains(LIMITED) => {
                of(Verdict::Deny, Some(Phase::Sandbox), LIMITED)
            }
            Recorded::Ran | Recorded::SandboxDenied => of(Verdict::Allow, None, "it ran"),
            Recorded::Aborted | Recorded::Unknown if self.begun => {
                of(Verdict::Allow, None, "it was running when its turn ended")
            }
            Recorded::Aborted | Recorded::Unknown => None,
        }
    }

    /// Codex takes any failed command whose output holds a word such as `sandbox` for stopped, unless it took half a
    /// second. A refusal of the system is one for certain, however long it took.
    fn stopped(&self, answer: &str) -> bool {
        let refused = self.place != RanIn::Open && REFUSALS.iter().any(|words| answer.contains(words));
        let logged = self.denied && SIGNS.iter().any(|words| answer.contains(words));
        refused || logged || self.call.exit_code() == Some(159) || !is_framed(answer)
    }

    /// Did it fail, or say that it found no network?
    pub(super) fn lacked_network(&self) -> bool {
        let failed = self.call.exit_code().is_some_and(|code| code != 0);
        failed
            || self.call.output.is_some_and(|output| {
                let text = output.text();
                NO_NETWORK.iter().any(|words| text.contains(words))
            })
    }

    /// Words of refusal in the output of a command that ended well, or that Codex did not take for stopped.
    pub(super) fn speaks_of_refusal(&self) -> bool {
        self.call.output.is_some_and(|output| {
            let text = output.text();
            text.contains(HELD) || REFUSALS.iter().any(|words| text.contains(words))
        })
    }

    /// Did its command write nothing at all?
    pub(super) fn said_nothing(&self) -> bool {
        self.call.output.is_some_and(|output| {
            let text = output.text();
            is_framed(&text) && text.rsplit_once("Output:").is_some_and(|(_, said)| said.trim().is_empty())
        })
    }

    /// Did it fail because a file was not there?
    pub(super) fn lacked_file(&self) -> bool {
        let failed = self.call.exit_code().is_some_and(|code| code != 0);
        failed && self.call.output.is_some_and(|output| output.text().contains("No such file or directory"))
    }

    /// Was a program of it not there to be run?
    pub(super) fn lacked_program(&self) -> bool {
        self.call.output.is_some_and(|output| {
            let text = output.text();
            text.contains("command not found") || text.contains(": not found")
        })
    }
}

/// What programs say when there is no network.
const NO_NETWORK: &[&str] = &[
    "Could not resolve",
    "Couldn't resolve",
    "name resolution",
    "Name or service not known",
    "getaddrinfo",
    "Network is unreachable",
    "Failed to connect",
    "Couldn't connect",
    "Connection refused",
    "unable to access",
    "unable to resolve",
    "dns error",
    "no such host",
];

/// Does a command's output stand there, and not a text of Codex's own?
fn is_framed(answer: &str) -> bool {
    ["Chunk ID: ", "Exit code: ", "Wall time: "].iter().any(|start| answer.starts_with(start))
}

/// Which phase rejects with this text.
fn phase_of(answer: &str) -> Phase {
    let says = |part: &str| answer.contains(part);
    if says("patch rejected") || says("outside of the project") {
        return if says("rejected by user approval settings") { Phase::Sandbox } else { Phase::Approval };
    }
    if says("empty patch") {
        return Phase::Routing;
    }
    let approval = says("cannot ask for escalated permissions")
        || says("sandbox_approval is false")
        || says("requires approval, but approval policy is never")
        || says("additional permissions are disabled")
        || says("`justification` requires");
    if approval { Phase::Approval } else { Phase::Rules }
}

fn short(text: &str) -> String {
    let text = text.strip_prefix("exec_command failed: ").unwrap_or(text);
    crate::action::short_label(text.lines().next().unwrap_or_default()).into_owned()
}
