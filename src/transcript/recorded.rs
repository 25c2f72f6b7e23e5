//! What the recording shows to have become of a call.
//!
//! Codex 0.169 records neither approvals nor hook runs; what a call was answered is often the only sign. All
//! texts here are looked for at the very start of the answer, where a command's own output never stands: Codex
//! puts a header before that. So a file that merely holds such a sentence, printed by `cat`, is not taken for one.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::{Call, json};
use crate::action::Action;

/// What the recording shows to have become of a call.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Recorded {
    /// It ran, well or not.
    Ran,
    /// The sandbox stopped it.
    SandboxDenied,
    /// A hook blocked it.
    HookBlocked,
    /// A rule, the approval policy or the patch check rejected it.
    Rejected,
    /// A person, a guardian or a PermissionRequest hook declined it.
    Declined,
    /// Codex had no such tool for it.
    Unsupported,
    /// Its arguments could not be read.
    Malformed,
    /// The turn ended before it did.
    Aborted,
    /// The recording does not tell.
    Unknown,
}

impl Recorded {
    /// Kebab-case name, as in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ran => "ran",
            Self::SandboxDenied => "sandbox-denied",
            Self::HookBlocked => "hook-blocked",
            Self::Rejected => "rejected",
            Self::Declined => "declined",
            Self::Unsupported => "unsupported",
            Self::Malformed => "malformed",
            Self::Aborted => "aborted",
            Self::Unknown => "unknown",
        }
    }
}

use Recorded::{
    Aborted, Declined, HookBlocked, Malformed, Ran, Rejected, SandboxDenied, Unknown, Unsupported,
};

/// Beginnings of answers that Codex gives by itself, in any version. The first that fits decides.
const ANSWERS: &[(&str, Recorded)] = &[
    ("Command blocked by PreToolUse hook: ", HookBlocked),
    ("Tool call blocked by PreToolUse hook: ", HookBlocked),
    ("hook returned updatedInput without ", HookBlocked),
    ("unsupported call: ", Unsupported),
    ("unsupported custom tool call: ", Unsupported),
    ("failed to parse function arguments", Malformed),
    ("failed to parse arguments", Malformed),
    ("unknown agent_type '", Malformed),
    ("login shell is disabled by config", Malformed),
    ("apply_patch verification failed: invalid ", Malformed),
    ("apply_patch verification failed: patch detected without ", Malformed),
    ("patch rejected: empty patch", Malformed),
    ("patch rejected by user", Declined),
    ("patch rejected: ", Rejected),
    ("approval policy is ", Rejected),
    ("exec command rejected by user", Declined),
    ("exec command rejected: ", Rejected),
    ("rejected by user", Declined),
    ("write_stdin rejected: ", Declined),
    ("additional permissions are disabled", Rejected),
    ("missing `additional_permissions`; provide ", Rejected),
    ("`additional_permissions` must include ", Rejected),
    ("`additional_permissions` requires ", Rejected),
    ("`justification` requires an explicit ", Rejected),
    ("This action was rejected due to unacceptable risk", Declined),
    ("aborted by user", Aborted),
    ("sandbox error: ", SandboxDenied),
    ("sandbox denied ", SandboxDenied),
    ("execution error: Sandbox(", SandboxDenied),
    ("exec_command failed: SandboxDenied", SandboxDenied),
    (r#"exec_command failed: ProcessFailed { message: \"Network access to "#, SandboxDenied),
];

/// Beginnings of the header that Codex puts before a tool's output; most answers have one.
const FRAMES: &[&str] = &["Chunk ID: ", r#"{\"output\":"#, "Exit code: ", "Script completed"];

/// What may stand in `Rejected("…")`; any other text is the message of a PermissionRequest hook.
const REJECTIONS: &[(&str, Recorded)] = &[
    ("`", Rejected),
    ("rejected by user approval settings", Rejected),
    ("rejected by user", Declined),
    ("approval required by policy", Rejected),
    ("approval policy is ", Rejected),
    ("AskForApproval", Rejected),
    ("policy forbids ", Rejected),
    ("rejected: ", Rejected),
];

/// Answers of MCP calls that never reached the server, as whole texts.
const MCP_ANSWERS: &[(&str, Recorded)] = &[
    ("user rejected MCP tool call", Declined),
    ("user cancelled MCP tool call", Declined),
    ("PermissionRequest hook denied approval", Declined),
    ("MCP tool call requires approval, but approval policy is never", Rejected),
];

/// Words in the output of a failed command that make Codex 0.169 take it for stopped by the sandbox.
const DENIALS: &[&str] = &[
    "permission denied",
    "operation not permitted",
    "read-only file system",
    "seccomp",
    "landlock",
    "sandbox",
    "failed to write file",
];

/// Exit code of a process that was killed for a forbidden system call (128 + SIGSYS).
const SIGSYS_EXIT: i64 = 159;

impl Call<'_> {
    /// What became of the call, from its answer and from what Codex noted beside it.
    pub fn recorded(&self) -> Recorded {
        if let Some(told) = self.item.as_ref().and_then(|item| item.told) {
            return told;
        }
        if let Action::Mcp(_) = self.action {
            return self.recorded_mcp();
        }
        let status = self.item.as_ref().map_or("", |item| item.status.as_ref());
        if let Some(output) = self.output.filter(|output| !output.captured) {
            let [head, second] = output.head();
            if let Some(known) = self.answer(head).or_else(|| framed_abort(head)) {
                return known;
            }
            if matches!(self.action, Action::Code(_)) && head.starts_with("Wall time") {
                return self.answer(second).unwrap_or(Ran);
            }
        }
        match status {
            "declined" => return Declined,
            "in_progress" => return if self.aborted { Aborted } else { Unknown },
            _ => {}
        }
        if self.output.is_none() && self.item.is_none() {
            return if self.aborted { Aborted } else { Unknown };
        }
        if self.denied_by_sandbox() { SandboxDenied } else { Ran }
    }

    /// Exit code of the command, where the recording gives one.
    pub fn exit_code(&self) -> Option<i64> {
        let noted = self.item.as_ref().and_then(|item| item.exit_code);
        noted.or_else(|| exit_code(self.output?.head()[0]))
    }

    /// The number of the terminal that a command left running, from the head that Codex puts before its output.
    pub fn running_terminal(&self) -> Option<String> {
        const MARK: &str = "Process running with session ID ";
        static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(MARK));
        let raw = self.output?.raw();
        let head = &raw.as_bytes()[..raw.len().min(400)];
        let at = FINDER.find(head)? + MARK.len();
        let digits: String = raw.get(at..)?.chars().take_while(char::is_ascii_digit).collect();
        (!digits.is_empty()).then_some(digits)
    }

    fn recorded_mcp(&self) -> Recorded {
        if let Some(item) = &self.item {
            let Some(error) = &item.error else {
                return if item.status == "in_progress" { Unknown } else { Ran };
            };
            if let Some(known) = whole(error).or_else(|| beginning(ANSWERS, error)) {
                return known;
            }
            return match item.never_ran {
                Some(true) => Declined,
                Some(false) => Ran,
                None if error.starts_with("tool call ") => Ran,
                None => Unknown,
            };
        }
        let Some(output) = &self.output else {
            return if self.aborted { Aborted } else { Unknown };
        };
        let [head, second] = output.head();
        let known = whole(head).or_else(|| {
            let framed = head.starts_with("Wall time: ");
            if framed {
                whole(second)
            } else {
                beginning(ANSWERS, head).filter(|known| *known != SandboxDenied)
            }
        });
        known.or_else(|| framed_abort(head)).unwrap_or(Ran)
    }

    /// What an answer of Codex's own says; `None` when the text is a tool's output.
    fn answer(&self, head: &str) -> Option<Recorded> {
        if FRAMES.iter().any(|frame| head.starts_with(frame)) {
            return None;
        }
        if let Some(known) = beginning(ANSWERS, head) {
            return Some(known);
        }
        if let Some(rest) = head.strip_prefix("failed in sandbox ") {
            // Versions of 2025 say so of every failed command; only some were stopped.
            let output = rest.split_once("exit code: ").map_or("", |(_, output)| output);
            let killed = leading_number(output) == Some(SIGSYS_EXIT);
            return Some(if killed || speaks_of_denial(output) { SandboxDenied } else { Ran });
        }
        for start in [
            r#"exec_command failed: CreateProcess { message: \"Rejected(\\\""#,
            r#"execution error: Rejected(\""#,
        ] {
            if let Some(reason) = head.strip_prefix(start) {
                return Some(beginning(REJECTIONS, reason).unwrap_or(Declined));
            }
        }
        let refused_read = match self.action {
            Action::Patch(_) => head.starts_with("apply_patch verification failed: "),
            Action::ViewImage(_) => head.starts_with("unable to "),
            _ => false,
        };
        (refused_read && head.contains(": Permission denied")).then_some(SandboxDenied)
    }

    /// Codex's own heuristic: the sandbox is on, the command failed, and its output speaks of a refusal.
    fn denied_by_sandbox(&self) -> bool {
        if self.unsandboxed || !matches!(self.action, Action::Shell(_) | Action::Stdin(_)) {
            return false;
        }
        match self.exit_code() {
            None | Some(0) => false,
            Some(SIGSYS_EXIT) => true,
            Some(_) => self.output.is_some_and(|output| speaks_of_denial(output.raw())),
        }
    }
}

fn beginning(table: &[(&str, Recorded)], text: &str) -> Option<Recorded> {
    table.iter().find(|(start, _)| text.starts_with(start)).map(|(_, known)| *known)
}

fn whole(text: &str) -> Option<Recorded> {
    MCP_ANSWERS.iter().find(|(answer, _)| *answer == text).map(|(_, known)| *known)
}

/// `Wall time: 1.4 seconds\naborted by user`: the header of a command that was interrupted.
fn framed_abort(head: &str) -> Option<Recorded> {
    let (_, rest) = head.strip_prefix("Wall time: ")?.split_once(r"\n")?;
    rest.starts_with("aborted by user").then_some(Aborted)
}

fn speaks_of_denial(output: &str) -> bool {
    let text = output.to_ascii_lowercase();
    DENIALS.iter().any(|word| text.contains(word))
}

/// Exit code by the header that Codex puts before a command's output; `head` is still escaped.
fn exit_code(head: &str) -> Option<i64> {
    if head.starts_with(r#"{\""#) {
        return exit_code_of_json(head);
    }
    if let Some(rest) = head.strip_prefix("failed in sandbox ") {
        let (_, rest) = rest.split_once("exit code: ")?;
        return leading_number(rest);
    }
    let mut rest = head;
    for _ in 0..6 {
        let number =
            rest.strip_prefix("Process exited with code ").or_else(|| rest.strip_prefix("Exit code: "));
        if let Some(number) = number {
            return leading_number(number);
        }
        // Header lines hold no other escape than the one that ends them.
        let end = memchr::memchr(b'\\', rest.as_bytes())?;
        rest = rest[end..].strip_prefix(r"\n").filter(|_| !rest.starts_with("Output:"))?;
    }
    None
}

/// `{"output":"…","metadata":{"exit_code":0,"duration_seconds":0.1}}`, the answers of 2025. Quotes inside the
/// output have more backslashes, so only the real field matches.
fn exit_code_of_json(head: &str) -> Option<i64> {
    const CODE: &str = r#"\",\"metadata\":{\"exit_code\":"#;
    if let Some(at) = memchr::memmem::rfind(head.as_bytes(), CODE.as_bytes()) {
        return leading_number(&head[at + CODE.len()..]);
    }
    // Other writers may order the fields in another way.
    let text = json::string(&format!("\"{head}\""))?.into_owned();
    json::Object::parse(&text)?.object("metadata")?.integer("exit_code")
}

fn leading_number(text: &str) -> Option<i64> {
    let end = text.bytes().enumerate().position(|(at, b)| !(b.is_ascii_digit() || (at == 0 && b == b'-')));
    text[..end.unwrap_or(text.len())].parse().ok()
}
