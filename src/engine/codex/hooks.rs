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

fn seen<'p>(step: &ReplayStep, performance: &'p Performance) -> Vec<&'p HookSeen> {
    let turn = match step.kind {
        StepKind::Prompt => {
            let number: usize =
                step.id.strip_prefix("prompt-").and_then(|number| number.parse().ok()).unwrap_or(1);
            performance.turns.get(number - 1).map(|turn| turn.id.as_str())
        }
        _ => None,
    };
    let hooks = performance.witness.hooks().iter();
    let mut seen: Vec<&HookSeen> = match turn {
        Some(turn) => hooks.filter(|hook| hook.event == "userPromptSubmit" && hook.turn == turn).collect(),
        None => hooks.filter(|hook| hook.call.as_deref() == Some(&step.id)).collect(),
    };
    seen.sort_by_key(|hook| (rank(&hook.event), hook.order));
    seen
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
        "denied" | "replaced" => "blocked",
        other => other,
    }
}

/// `preToolUse` as hooks files write it.
fn pascal(event: &str) -> String {
    let mut letters = event.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
