use std::cell::RefCell;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compress, Compression, FlushCompress, Status};
use serde::Serialize;

use crate::decision::{Scope, Verdict};
use crate::replay::json;
use crate::replay::v1::StepV1;
use crate::report::v1::{RunV1, TaskV1};

thread_local! {
    /// Tasks are packed on the threads that judge them. A packer is large, and clearing a new one for each task takes as
    /// long as packing it. The fastest level makes pages a quarter larger than those that take twice its time and more.
    static PACKER: RefCell<Compress> = RefCell::new(Compress::new(Compression::fast(), false));
}

/// What the task table shows of a task.
#[derive(Serialize)]
struct Row<'t> {
    name: &'t str,
    status: &'static str,
    labels: &'t [std::borrow::Cow<'t, str>],
    baseline: &'static str,
    changes: usize,
    problem: String,
    runs: Vec<Run<'t>>,
}

#[derive(Serialize)]
struct Run<'t> {
    repeat: u32,
    outcome: &'t str,
    decided: &'t str,
    agreement: &'static str,
    calls: usize,
    deny: usize,
    ask: usize,
    undetermined: usize,
    violations: usize,
    unanswered: usize,
    before: usize,
    steps: usize,
}

/// The row of a task, as JSON that can stand in a page.
pub(in crate::report) fn row(task: &TaskV1<'_>) -> Vec<u8> {
    let row = Row {
        name: &task.name,
        status: task.status.name(),
        labels: &task.labels,
        baseline: task.baseline.name(),
        changes: task.changes.len(),
        problem: task.notes.first().map_or_else(String::new, ToString::to_string),
        runs: task.runs.iter().map(|run| Run::of(task, run)).collect(),
    };
    let mut json = Vec::new();
    if json::append(&mut json, &row).is_err() {
        // A row has no maps, the only thing that can fail.
        json.clear();
    }
    let mut out = Vec::with_capacity(json.len() + 16);
    // `<` could end the element or open a comment; in JSON it stands inside of texts alone.
    for byte in json {
        match byte {
            b'<' => out.extend_from_slice(b"\\u003c"),
            byte => out.push(byte),
        }
    }
    out
}

/// The data blocks of one task: its row, and all of it packed. `whole` is the task as in `report.json`.
pub(in crate::report) fn block(row: &[u8], whole: &[u8]) -> Vec<u8> {
    let mut out = b"<script type=\"application/json\" class=\"task\">".to_vec();
    out.extend_from_slice(row);
    out.extend_from_slice(b"</script><script type=\"text/plain\" class=\"whole\">");
    out.extend_from_slice(STANDARD.encode(packed(whole)).as_bytes());
    out.extend_from_slice(b"</script>\n");
    out
}

/// Deflated, without a header.
fn packed(bytes: &[u8]) -> Vec<u8> {
    PACKER.with_borrow_mut(|packer| {
        packer.reset();
        let mut out = Vec::with_capacity(bytes.len() / 4 + 256);
        loop {
            let rest = bytes.get(packer.total_in() as usize..).unwrap_or_default();
            // Packing fails only with dictionaries, of which there is none.
            match packer.compress_vec(rest, &mut out, FlushCompress::Finish) {
                Ok(Status::Ok | Status::BufError) => out.reserve(out.capacity()),
                Ok(Status::StreamEnd) | Err(_) => return out,
            }
        }
    })
}

impl<'t> Run<'t> {
    fn of(task: &'t TaskV1<'_>, run: &'t RunV1<'_>) -> Self {
        let replay = &run.replay;
        let count = |fits: &dyn Fn(&StepV1<'_>) -> bool| {
            replay.steps.iter().filter(|step| step.kind.is_call() && fits(step)).count()
        };
        Self {
            repeat: replay.repeat,
            outcome: replay.outcome.as_deref().unwrap_or(""),
            decided: task.decision.as_ref().and_then(|decision| decision.outcome.as_deref()).unwrap_or(""),
            agreement: run.agreement.name(),
            calls: count(&|_| true),
            deny: count(&|step| step.verdict == Verdict::Deny),
            ask: count(&|step| step.verdict == Verdict::Ask),
            undetermined: count(&|step| {
                step.verdict == Verdict::Undetermined || step.scope == Scope::Undetermined
            }),
            violations: run.violations.iter().filter(|violation| !violation.kinds.is_empty()).count(),
            unanswered: count(&|step| step.verdict == Verdict::Ask && step.human.is_none()),
            before: replay.steps.iter().filter(|step| !step.after_divergence).count(),
            steps: replay.steps.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn unpacked(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        flate2::read::DeflateDecoder::new(bytes).read_to_end(&mut out).unwrap();
        out
    }

    proptest::proptest! {
        /// Whatever was packed before on the same thread leaves no trace.
        #[test]
        fn packed_texts_come_back_whole(texts in proptest::collection::vec("[a-c]{0,2000}|\\PC{0,300}", 1..5)) {
            let first: Vec<_> = texts.iter().map(|text| packed(text.as_bytes())).collect();
            for (text, packed) in texts.iter().zip(&first) {
                proptest::prop_assert_eq!(unpacked(packed), text.as_bytes());
            }
            let again: Vec<_> = texts.iter().rev().map(|text| super::packed(text.as_bytes())).collect();
            proptest::prop_assert!(again.iter().rev().eq(&first));
        }
    }

    #[test]
    fn what_does_not_shrink_fits_too() {
        let mut seed = 1_u32;
        let noise: Vec<u8> = (0..100_000)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 24) as u8
            })
            .collect();
        assert_eq!(unpacked(&packed(&noise)), noise);
    }
}
