//! The hooks that the CLI told of beside those that were predicted.

use super::performance::Performance;
use super::witness::HookSeen;
use crate::decision::Rule;
use crate::replay::{HookRow, ReplayStep, StepKind};

/// Puts the hooks that ran on a step in place of those that were predicted; true if both are the same, or if the
/// prediction knew that it did not know.
pub(super) fn take(step: &mut ReplayStep, performance: &Performance) -> bool {
    let seen = seen(step, performance);
    let unknown = step.hooks.iter().any(|row| matches!(&*row.outcome, "not run" | "in doubt"));
    // The CLI does not tell of hooks that it does not wait for.
    let (beside, mut predicted): (Vec<HookRow>, Vec<HookRow>) =
        std::mem::take(&mut step.hooks).into_iter().partition(|row| row.outcome == "async");
    let classes = |rows: &[HookRow]| {
        let mut classes: Vec<(String, String)> =
            rows.iter().map(|row| (row.event.to_string(), class(&row.outcome).to_owned())).collect();
        classes.sort();
        classes
    };
    let before = classes(&predicted);
    step.hooks = seen.into_iter().map(|hook| row(hook, &mut predicted)).collect();
    let same = unknown || before == classes(&step.hooks);
    step.hooks.extend(beside);
    same
}

/// The runs of hooks that belong to a step.
pub(super) fn seen<'p>(step: &ReplayStep, performance: &'p Performance) -> Vec<&'p HookSeen> {
    let hooks = performance.witness.hooks().iter();
    if step.kind == StepKind::Event {
        return occasion(step, performance).unwrap_or_default();
    }
    let mut seen: Vec<&HookSeen> = match step.kind {
        StepKind::Prompt => prompts(step, performance),
        _ => hooks.filter(|hook| hook.call.as_deref() == Some(&step.id)).collect(),
    };
    seen.sort_by_key(|hook| (rank(&hook.event), hook.order));
    seen
}

/// The runs at a prompt: of the user's by its turn and its place in there, of those that agents give to sub-agents by their
/// order.
fn prompts<'p>(step: &ReplayStep, performance: &'p Performance) -> Vec<&'p HookSeen> {
    let at = number(&step.id);
    let hooks = performance.witness.hooks().iter().filter(|hook| hook.event == "userPromptSubmit");
    let prompts = &performance.prompts;
    let own = |hook: &&HookSeen| prompts.iter().any(|prompt| prompt.turn == hook.turn);
    if step.id.starts_with("prompt-") {
        let Some(prompt) = prompts.get(at - 1) else { return Vec::new() };
        let before = prompts[..at - 1].iter().filter(|other| other.turn == prompt.turn).count();
        let runs = hooks.filter(|hook| hook.turn == prompt.turn).collect();
        return groups(runs).into_iter().nth(before).unwrap_or_default();
    }
    let others: Vec<&HookSeen> = hooks.filter(|hook| !own(hook)).collect();
    groups(others).into_iter().nth(at - 1).unwrap_or_default()
}

/// The runs at the occasion that an event step stands for; `None` when the CLI did not get to it.
pub(super) fn occasion<'p>(step: &ReplayStep, performance: &'p Performance) -> Option<Vec<&'p HookSeen>> {
    let (name, _) = step.id.rsplit_once('-')?;
    let event = camel(name);
    let runs = performance.witness.hooks().iter().filter(|hook| hook.event == event).collect();
    groups(runs).into_iter().nth(number(&step.id) - 1)
}

/// Runs by occasion: those of one turn, until a hook runs again.
fn groups(runs: Vec<&HookSeen>) -> Vec<Vec<&HookSeen>> {
    let mut groups: Vec<Vec<&HookSeen>> = Vec::new();
    for run in runs {
        let same = groups.last_mut().filter(|group| {
            let again = group.iter().any(|one| (one.order, &one.source) == (run.order, &run.source));
            !again && group.iter().all(|one| one.turn == run.turn)
        });
        match same {
            Some(group) => group.push(run),
            None => groups.push(vec![run]),
        }
    }
    for group in &mut groups {
        group.sort_by_key(|run| run.order);
    }
    groups
}

/// The number at the end of an id, from 1.
pub(super) fn number(id: &str) -> usize {
    id.rsplit_once('-').and_then(|(_, number)| number.parse().ok()).unwrap_or(1).max(1)
}

/// `session-start` as the CLI writes it: `sessionStart`.
fn camel(name: &str) -> String {
    let mut parts = name.split('-');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + &pascal(part))
}

/// The order in which a call meets them.
fn rank(event: &str) -> u8 {
    match event {
        "preToolUse" | "userPromptSubmit" => 0,
        "permissionRequest" => 1,
        _ => 2,
    }
}

/// The row of a hook; a predicted one of the same event and kind of outcome tells more, and is taken.
fn row(hook: &HookSeen, predicted: &mut Vec<HookRow>) -> HookRow {
    let event = pascal(&hook.event);
    let outcome = match hook.status.as_str() {
        "blocked" | "stopped" => "blocked",
        "failed" => "failed",
        _ => "passed",
    };
    let same = predicted.iter().position(|row| row.event == event && class(&row.outcome) == outcome);
    match same {
        Some(at) => predicted.remove(at),
        None => HookRow {
            rule: Rule::built_in(format!("{event} hook")),
            event: event.into(),
            outcome: outcome.into(),
            detail: crate::action::short_label(&hook.detail).into_owned(),
        },
    }
}

/// What both engines can tell of an outcome.
fn class(outcome: &str) -> &str {
    match outcome {
        "rewrote" | "allowed" => "passed",
        "denied" | "replaced" | "stopped" => "blocked",
        other => other,
    }
}

/// `preToolUse` as hooks files write it.
fn pascal(event: &str) -> String {
    let mut letters = event.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
