use std::borrow::Cow;
use std::io::Write;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Acceptance;
use crate::replay::Replay;
use crate::replay::json;
use crate::replay::v1::{AgentFindingV1, ReplayV1, StepV1, UsageV1, append_step};

/// The format that this version writes and reads.
pub const FORMAT: u32 = 1;

/// The first version of plugin-eval that reads [`FORMAT`].
pub const SINCE: &str = "0.1.0";

/// A baseline file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BaselineV1<'a> {
    /// Format of the file: 1.
    #[schemars(range(min = 1, max = 1))]
    pub format: u32,
    /// First version of plugin-eval that reads this format.
    #[serde(borrow)]
    pub since: Cow<'a, str>,
    /// Name of the task.
    #[serde(borrow)]
    pub task: Cow<'a, str>,
    /// Who accepted it and why.
    #[serde(default)]
    pub accepted: Option<Acceptance>,
    /// The accepted replays, one for each recorded session of the task.
    #[serde(borrow)]
    pub replays: Vec<ReplayV1<'a>>,
}

/// Where the header ends and the replays begin.
const BODY: &[u8] = b"\n  \"replays\": [";

/// The file for these replays: header lines, then one step a line.
pub fn render(task: &str, accepted: Option<&Acceptance>, replays: &[Replay]) -> Vec<u8> {
    let mut page = Page(Vec::with_capacity(1024));
    page.text("{\n")
        .field(2, "format", &FORMAT, true)
        .field(2, "since", SINCE, true)
        .field(2, "task", task, true);
    if let Some(accepted) = accepted {
        page.field(2, "accepted", accepted, true);
    }
    page.0.pop();
    body(&mut page, replays);
    page.0
}

/// Does `file` hold just these replays? Compares bytes, so an unchanged baseline is never parsed; a file that was
/// formatted otherwise gives `false` and is compared after parsing.
pub(super) fn holds(file: &[u8], replays: &[Replay]) -> bool {
    let Some(at) = memchr::memmem::find(file, BODY) else { return false };
    let mut page = Page(Vec::with_capacity(file.len() - at));
    body(&mut page, replays);
    page.0 == file[at..]
}

/// The file up to the replays, closed so that it can be read alone.
pub(super) fn header(file: &[u8]) -> Option<Vec<u8>> {
    let at = memchr::memmem::find(file, BODY)?;
    let mut header = file[..at + BODY.len()].to_vec();
    header.extend_from_slice(b"]}");
    Some(header)
}

fn body(page: &mut Page, replays: &[Replay]) {
    page.bytes(BODY);
    for (i, replay) in replays.iter().enumerate() {
        page.text(if i == 0 { "\n" } else { ",\n" });
        replay_lines(page, replay);
    }
    page.text(if replays.is_empty() { "]\n}\n" } else { "\n  ]\n}\n" });
}

fn replay_lines(page: &mut Page, replay: &Replay) {
    page.text("    {\n").field(6, "repeat", &replay.repeat, true).field(6, "stage", &replay.stage, true);
    page.text("      \"inputs\": {");
    for (i, (input, hash)) in replay.inputs.iter().enumerate() {
        page.text(if i == 0 { "\n" } else { ",\n" }).field(8, input.name(), hash, false);
    }
    page.text(if replay.inputs.is_empty() { "},\n" } else { "\n      },\n" });
    if let Some(outcome) = &replay.outcome {
        page.field(6, "outcome", outcome, true);
    }
    page.field(6, "finished", &replay.finished, true);
    page.field(6, "usage", &UsageV1::from(replay.usage), true);
    if !replay.findings.is_empty() {
        page.text("      \"findings\": [");
        page.lines(8, replay.findings.iter().map(AgentFindingV1::from)).text("\n      ],\n");
    }
    page.text("      \"steps\": [");
    for (i, step) in replay.steps.iter().enumerate() {
        page.text(if i == 0 { "\n        " } else { ",\n        " });
        append_step(&mut page.0, &stored_step(step));
    }
    page.text(if replay.steps.is_empty() { "]\n    }" } else { "\n      ]\n    }" });
}

/// A step without the hook output, which may name temporary files.
fn stored_step(step: &crate::replay::ReplayStep) -> StepV1<'_> {
    let mut step = StepV1::from(step);
    for hook in &mut step.hooks {
        hook.detail = Cow::Borrowed("");
    }
    step
}

struct Page(Vec<u8>);

impl Page {
    fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> &mut Self {
        let start = self.0.len();
        if json::append(&mut self.0, value).is_err() {
            // Only a map with keys that are not text can fail, and there is none; the file must stay JSON anyway.
            self.0.truncate(start);
            self.text("null");
        }
        self
    }

    fn field<T: Serialize + ?Sized>(
        &mut self,
        indent: usize,
        name: &str,
        value: &T,
        more: bool,
    ) -> &mut Self {
        let _ = write!(self.0, "{:indent$}\"{name}\": ", "");
        self.value(value).text(if more { ",\n" } else { "" })
    }

    fn lines<T: Serialize>(&mut self, indent: usize, values: impl Iterator<Item = T>) -> &mut Self {
        for (i, value) in values.enumerate() {
            self.text(if i == 0 { "\n" } else { ",\n" });
            let _ = write!(self.0, "{:indent$}", "");
            self.value(&value);
        }
        self
    }
}
