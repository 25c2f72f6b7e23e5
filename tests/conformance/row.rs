//! What an engine says about one call, in a form in which engines can be compared.

use std::fmt;
use std::fmt::Write as _;

use plugin_eval::decision::Verdict;
use plugin_eval::replay::{HookRow, ReplayStep, StepKind};

/// Columns of an answers file.
const HEADER: &str = "call\tverdict\tphase\tunsandboxed\thooks\tsaid";

/// One ruling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Id of the call, `prompt-1` for the first prompt.
    pub(crate) call: String,
    /// `allow`, `ask`, `deny`, `undetermined`, or `unreached` where the turn had ended before.
    pub(crate) verdict: String,
    /// The phase of a denial, else `-`.
    pub(crate) phase: String,
    /// An allowed command runs outside the sandbox: `yes` or `no`; `-` where that is not the question.
    pub(crate) unsandboxed: String,
    /// Hooks that ran, as `Event=result`, sorted; `-` for none.
    pub(crate) hooks: String,
    /// What the engine said, for people.
    pub(crate) said: String,
}

impl Row {
    /// A step of a replay; `None` for what is no ruling. `open` says that there is no sandbox to be outside of.
    pub(crate) fn of(step: &ReplayStep, open: bool) -> Option<Self> {
        let ruled = match step.kind {
            StepKind::Prompt => !step.hooks.is_empty() || step.ruling.verdict != Verdict::Allow,
            StepKind::Code => false,
            _ => true,
        };
        if !ruled {
            return None;
        }
        let verdict = step.ruling.verdict;
        let sandboxed = verdict == Verdict::Allow && step.kind == StepKind::Shell && !open;
        // The CLI does not tell of hooks that it does not wait for.
        let awaited = step.hooks.iter().filter(|row| row.outcome != "async");
        let mut hooks: Vec<String> = awaited.map(hook).collect();
        hooks.sort();
        let mut said = step.ruling.reason.to_string();
        if let Some(place) = &step.ruling.rule.place {
            let _ = write!(said, " [{place}]");
        }
        let _ = write!(said, " ({})", step.ruling.rule.text);
        let or_dash = |text: &str, given: bool| if given { text } else { "-" }.to_owned();
        Some(Self {
            call: step.id.clone(),
            verdict: verdict.name().to_owned(),
            phase: or_dash(step.ruling.phase.name(), verdict == Verdict::Deny),
            unsandboxed: or_dash(if step.unsandboxed { "yes" } else { "no" }, sandboxed),
            hooks: or_dash(&hooks.join(" "), !hooks.is_empty()),
            said,
        })
    }

    /// The engine does not tell.
    pub(crate) fn untold(&self) -> bool {
        matches!(self.verdict.as_str(), "unreached" | "undetermined")
    }

    /// Do both rulings say the same?
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        let same = |of: fn(&Self) -> &str| of(self) == of(other);
        same(|row| &row.verdict)
            && same(|row| &row.phase)
            && same(|row| &row.unsandboxed)
            && same_hooks(&self.hooks, &other.hooks)
    }
}

/// Do both tell of the same hooks? What an engine cannot know of a hook is no difference.
fn same_hooks(one: &str, other: &str) -> bool {
    let (one, other): (Vec<&str>, Vec<&str>) = (one.split(' ').collect(), other.split(' ').collect());
    let same = |(one, other): (&&str, &&str)| match (one.split_once('='), other.split_once('=')) {
        (Some((event, result)), Some((same, also))) => {
            event == same && (result == also || [result, also].contains(&"unknown"))
        }
        (one, other) => one == other,
    };
    one.len() == other.len() && one.iter().zip(&other).all(same)
}

/// Do all these rows agree with those of the same calls? What the CLI did not tell when it was stored is no answer.
pub(crate) fn all_agree(stored: &[Row], now: &[Row]) -> bool {
    stored
        .iter()
        .filter(|was| !was.untold())
        .all(|was| now.iter().find(|is| is.call == was.call).is_none_or(|is| is.agrees(was)))
}

/// What came of a hook, as far as both engines can tell it.
fn hook(hook: &HookRow) -> String {
    let result = match &*hook.outcome {
        "passed" | "rewrote" | "allowed" => "passed",
        "blocked" | "denied" | "replaced" | "stopped" => "blocked",
        "not run" | "in doubt" => "unknown",
        other => other,
    };
    format!("{}={result}", hook.event)
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.verdict)?;
        if self.phase != "-" {
            write!(f, " in {}", self.phase)?;
        }
        if self.unsandboxed == "yes" {
            f.write_str(", outside the sandbox")?;
        }
        if self.hooks != "-" {
            write!(f, ", hooks {}", self.hooks)?;
        }
        write!(f, ": {}", self.said)
    }
}

/// The answers file of these rulings.
pub(crate) fn write(rows: &[Row]) -> String {
    let mut text = format!("{HEADER}\n");
    for row in rows {
        let verdict = if row.untold() { "unreached" } else { &row.verdict };
        let said = row.said.replace(['\t', '\n', '\r'], " ");
        let Row { call, phase, unsandboxed, hooks, .. } = row;
        let _ = writeln!(text, "{call}\t{verdict}\t{phase}\t{unsandboxed}\t{hooks}\t{said}");
    }
    text
}

/// Reads an answers file.
pub(crate) fn read(text: &str) -> Result<Vec<Row>, String> {
    let mut lines = text.lines();
    if lines.next() != Some(HEADER) {
        return Err("the first line is not the header".to_owned());
    }
    lines
        .enumerate()
        .map(|(at, line)| {
            let mut cells = line.splitn(6, '\t').map(str::to_owned);
            let mut cell = || cells.next().ok_or_else(|| format!("line {}: too few cells", at + 2));
            Ok(Row {
                call: cell()?,
                verdict: cell()?,
                phase: cell()?,
                unsandboxed: cell()?,
                hooks: cell()?,
                said: cell()?,
            })
        })
        .collect()
}
