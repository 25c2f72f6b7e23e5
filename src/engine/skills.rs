//! Skills of the plugin: those that a session used, and those that a task calls for.

use std::collections::BTreeSet;

use super::thread::Run;
use crate::boundary::Skills;
use crate::finding::{Finding, closest};
use crate::source::Place;
use crate::suite::Task;
use crate::transcript::{StepKind, Transcript};

/// Skills that the prompts of a run name, and those whose instructions its calls read; sorted.
pub(super) fn used(run: &Run, transcripts: &[Transcript<'_>], skills: &Skills) -> Vec<String> {
    let mut used = BTreeSet::new();
    let own = std::iter::once(run.main).chain(run.children.values().copied());
    for step in own.filter_map(|at| transcripts.get(at)).flat_map(|transcript| &transcript.steps) {
        let found = match &step.kind {
            StepKind::Prompt(text) => skills.mentioned(text),
            // Reading a command takes time, and hardly any names the file.
            StepKind::Call(call) if call.arguments.contains("SKILL.md") => skills.read_by(&call.action),
            _ => Vec::new(),
        };
        used.extend(found.into_iter().map(|skill| skill.name.clone()));
    }
    used.into_iter().collect()
}

/// A note when a task calls for a skill that the plugin does not have.
pub(super) fn unknown(task: &Task, skills: &Skills) -> Option<Finding> {
    let short = |name: &str| name.rsplit(':').next().unwrap_or_default().to_owned();
    let known: Vec<String> =
        skills.all().iter().flat_map(|skill| [skill.name.clone(), short(&skill.name)]).collect();
    let unknown = task.skills.iter().flatten().find(|name| !known.contains(name))?;
    let message = format!("the task calls for a skill `{unknown}`, which the plugin does not have");
    let help = match closest(unknown, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "take it out of `skills`".to_owned(),
    };
    Some(Finding::warning("unknown-skill", message).at(Place::file(task.file.clone())).help(help))
}
