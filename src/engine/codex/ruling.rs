//! What Codex ruled, from what became of a call when the CLI played it.

use std::borrow::Cow;

use super::witness::Question;
use crate::action::{Action, Command, Shell};
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
}

impl Observed {
    pub(super) fn new(verdict: Verdict, phase: Option<Phase>, said: String) -> Self {
        Self { verdict, phase, said }
    }
}

/// Everything that was seen of one call.
#[expect(clippy::struct_excessive_bools, reason = "each was seen or not, whatever the others are")]
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
    /// It ended well in the recording that was played.
    pub(super) worked: bool,
    /// Milliseconds from its start to its end, where that was logged.
    pub(super) took: Option<u64>,
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

    /// Codex says itself that something of its own stopped it, or the kernel's filter ended it.
    pub(super) fn is_stopped_for_certain(&self) -> bool {
        let answer = self.answer();
        self.call.exit_code() == Some(159) || !is_framed(&answer) || answer.contains(LIMITED)
    }

    /// Did it say that it found no network, or end with a number that says so?
    pub(super) fn tells_of_no_network(&self) -> bool {
        let (answer, script) = (self.answer(), self.script());
        let ends = |program: &str, codes: &[i64]| {
            script.contains(program) && self.call.exit_code().is_some_and(|code| codes.contains(&code))
        };
        NO_NETWORK.iter().any(|words| answer.contains(words)) || ends("curl", CURL) || ends("wget", WGET)
    }

    /// Does a line speak of a refusal as the system does, of one of these paths where any is known?
    pub(super) fn is_refused(&self, targets: &[&str]) -> bool {
        let names = targets.iter().map(|target| target.rsplit('/').next().unwrap_or(target));
        let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
        let any = names.is_empty() || names.iter().any(|name| name.contains(['*', '?', '[', '$', '~']));
        let answer = self.answer();
        let own_words = words().any(|words| find(self.script(), words).is_some());
        !own_words
            && body(&answer).lines().any(|line| {
                let refusal = words().any(|words| {
                    let before = find(line, words).map(|at| &line[..at]);
                    before.is_some_and(|before| before.ends_with(": ") || before.ends_with("] "))
                });
                refusal && (any || names.iter().any(|name| line.contains(name)))
            })
    }

    /// Are there words of refusal that are not the command's own?
    pub(super) fn speaks_of_refusal(&self) -> bool {
        let answer = self.answer();
        let spoken =
            |words: &str| find(body(&answer), words).is_some() && find(self.script(), words).is_none();
        words().any(spoken)
    }

    /// Could it end well although something in it failed?
    pub(super) fn may_hide_failures(&self) -> bool {
        self.script().contains(['|', ';', '&', '>', '!', '\n', '`', '(', '{'])
    }

    /// Was a program of it not there to be run?
    pub(super) fn lacked_program(&self) -> bool {
        let answer = self.answer();
        answer.contains("command not found") || answer.contains(": not found")
    }

    /// What the model was answered.
    pub(super) fn answer(&self) -> Cow<'_, str> {
        self.call.output.map(|output| output.text()).unwrap_or_default()
    }

    /// The script of its command; empty where it has none.
    fn script(&self) -> &str {
        match &self.call.action {
            Action::Shell(Shell { command: Command::Script { text, .. }, .. }) => text,
            _ => "",
        }
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

/// Codes of programs that found no network: no address, no connection, an end before an answer.
const CURL: &[i64] = &[5, 6, 7, 28, 35, 52, 56];
const WGET: &[i64] = &[4];

/// What a command printed, without Codex's own head.
pub(super) fn body(answer: &str) -> &str {
    match answer.split_once("\nOutput:") {
        Some((_, body)) if is_framed(answer) => body,
        _ => answer,
    }
}

/// Words of the system that speak of a refusal.
fn words() -> impl Iterator<Item = &'static str> {
    REFUSALS.iter().copied().chain([HELD])
}

/// Where words stand, in letters of any case.
fn find(text: &str, words: &str) -> Option<usize> {
    text.to_ascii_lowercase().find(&words.to_ascii_lowercase())
}

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
        || says("cannot request additional permissions")
        || says("`additional_permissions`")
        || says("`justification` requires");
    if approval { Phase::Approval } else { Phase::Rules }
}

fn short(text: &str) -> String {
    let text = text.strip_prefix("exec_command failed: ").unwrap_or(text);
    crate::action::short_label(text.lines().next().unwrap_or_default()).into_owned()
}
