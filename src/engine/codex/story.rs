//! What both engines say of a step, as people read it side by side.

use super::ruling::Observed;
use crate::replay::ReplayStep;

/// What was predicted.
pub(super) fn story(step: &ReplayStep, confined: bool, with_hooks: bool) -> String {
    let mut text = format!("{} ({}): {}", step.ruling.verdict, step.ruling.phase, step.ruling.reason);
    add_detail(&mut text, step, confined, with_hooks);
    text
}

/// What the CLI did.
pub(super) fn codex_story(
    step: &ReplayStep,
    observed: &Observed,
    confined: bool,
    with_hooks: bool,
) -> String {
    let mut text = match observed.phase {
        Some(phase) => format!("{} ({phase}): {}", observed.verdict, observed.said),
        None => format!("{}: {}", observed.verdict, observed.said),
    };
    add_detail(&mut text, step, confined, with_hooks);
    text
}

fn add_detail(text: &mut String, step: &ReplayStep, confined: bool, with_hooks: bool) {
    if confined {
        text.push_str(if step.unsandboxed { "; outside the sandbox" } else { "; in the sandbox" });
    }
    if with_hooks {
        let rows: Vec<String> =
            step.hooks.iter().map(|row| format!("{} {}", row.event, row.outcome)).collect();
        text.push_str("; hooks: ");
        text.push_str(if rows.is_empty() { "none" } else { "" });
        text.push_str(&rows.join(", "));
    }
}
