//! `decisions`: what people must still say, as a sheet, and what they said, into the tasks.

mod export;
mod import;

use std::collections::BTreeMap;

use plugin_eval::engine::{NativeEngine, Recordings, in_order, last_messages};
use plugin_eval::finding::Finding;
use plugin_eval::gate::ExitCode;
use plugin_eval::sheet::{Question, questions};
use plugin_eval::suite::Suite;

use super::args::{Decisions, Look};
use super::selection::pool;

/// Exports or imports decisions.
pub(crate) fn decisions(args: &Decisions, look: Look) -> anyhow::Result<ExitCode> {
    match args {
        Decisions::Export(args) => export::export(args, look),
        Decisions::Import(args) => import::import(args, look),
    }
}

/// The questions of tasks, in suite order, and what is wrong with tasks that broke.
fn ask(
    suite: &Suite,
    engine: &NativeEngine<'_>,
    tasks: &[usize],
    jobs: usize,
) -> anyhow::Result<(Vec<Question>, Vec<Finding>)> {
    let mut asked = Vec::new();
    let mut broken = Vec::new();
    pool(jobs)?.install(|| {
        in_order(
            tasks.len(),
            |at| questions_of(suite, engine, tasks[at]),
            |found| {
                match found {
                    Ok(questions) => asked.extend(questions),
                    Err(problems) => broken.extend(problems),
                }
                Ok::<(), std::convert::Infallible>(())
            },
        )
    })?;
    Ok((asked, broken))
}

fn questions_of(
    suite: &Suite,
    engine: &NativeEngine<'_>,
    index: usize,
) -> Result<Vec<Question>, Vec<Finding>> {
    let task = suite.task(index)?;
    let (steps, replays) = engine.explain_and_replay(&task, suite.current)?;
    let recordings = Recordings::open(&task)?;
    let transcripts = recordings.transcripts()?;
    let messages = last_messages(&transcripts);
    Ok(questions(&task, &suite.role, &steps, &replays, &transcripts, &messages))
}

/// Questions counted by kind: `3 outcomes, 12 approvals`.
fn count<'q>(questions: impl IntoIterator<Item = &'q Question>) -> String {
    let mut kinds: BTreeMap<_, usize> = BTreeMap::new();
    for question in questions {
        *kinds.entry(question.kind).or_default() += 1;
    }
    let each = kinds.iter().map(|(kind, count)| {
        let plural = if *count == 1 { "" } else { "s" };
        match kind.name() {
            "merged" => format!("{count} merged commit{plural}"),
            "restarted" => format!("{count} restart{plural}"),
            name => format!("{count} {name}{plural}"),
        }
    });
    let each: Vec<_> = each.collect();
    if each.is_empty() { "nothing".to_owned() } else { each.join(", ") }
}
