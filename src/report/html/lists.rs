use std::collections::BTreeSet;

use maud::{Markup, html};

use super::shown;
use crate::decision::Shift;
use crate::report::changes::accept_command;
use crate::report::escape::{address, short};
use crate::report::markdown::plural;
use crate::report::v1::{ChangeV1, NotedV1, SuiteV1, SummaryV1, TaskChangesV1, Why};

/// Items of a list in the page; the task table has the rest.
const MAX_ITEMS: usize = 60;
/// Changes of a task in the list; the task's own view has the rest.
const MAX_CHANGES: usize = 8;

/// What failed, what changed, and what could not be judged.
pub(super) fn attention(suite: &SuiteV1, summary: &SummaryV1) -> Markup {
    let lists = [
        (Why::Violation, "Attempts outside of policy", true),
        (Why::Waived, "Attempts that a waiver covers", false),
        (Why::AcceptedOutside, "Accepted by a person, not all inside the scope", true),
        (Why::Unanswered, "Prompts that nobody has answered", false),
        (Why::Undetermined, "Cannot be known offline", false),
    ];
    html! {
        h2 id="attention" { "To look at" }
        (broken(summary))
        @for (why, title, open) in lists { (noted(summary, why, title, open)) }
        (diverged(summary))
        (changes(suite, summary))
        (waivers(summary))
    }
}

/// A link that opens a task, and one of its steps, in the page.
pub(super) fn task_link(task: &str, repeat: u32, step: Option<u32>) -> Markup {
    let target = format!("#/task/{}/{repeat}", address(task).replace('/', "%2F"));
    let target = step.map_or_else(|| target.clone(), |step| format!("{target}/{step}"));
    html! {
        a href=(target) {
            (shown(task))
            @if repeat > 1 { " #" (repeat) }
            @if let Some(step) = step { " step " (step) }
        }
    }
}

fn section(title: &str, total: u64, shown_count: usize, open: bool, items: &Markup) -> Markup {
    let left = total.saturating_sub(shown_count as u64);
    html! {
        @if total > 0 {
            details open[open] {
                summary { (title) ": " (total) }
                ul.plain { (items) }
                @if left > 0 { p.dim { "and " (left) " more: filter the task table, or see calls.csv" } }
            }
        }
    }
}

fn noted(summary: &SummaryV1, why: Why, title: &str, open: bool) -> Markup {
    let (steps, total) = summary.noted(why);
    let steps: Vec<_> = steps.take(MAX_ITEMS).collect();
    let items = html! { @for step in &steps { li { (noted_step(step)) } } };
    section(title, total, steps.len(), open && total <= 20, &items)
}

fn noted_step(step: &NotedV1) -> Markup {
    let kinds: Vec<_> = step.violations.iter().map(|kind| kind.name()).collect();
    let (verdict, place) = (step.verdict.to_string(), step.rule.place());
    html! {
        (task_link(&step.task, step.repeat, Some(step.step))) " "
        span.dim { (step.kind.name()) } " " span.code { (shown(&short(&step.label, 160))) } " "
        span.chip.(verdict) { (verdict) }
        @if !kinds.is_empty() { " " span.chip.fail { (kinds.join(", ")) } }
        @if step.after_divergence { " " span.chip { "after divergence" } }
        div.dim {
            (step.phase) ": " (shown(&step.reason))
            @if !step.rule.text.is_empty() { " · " code { (shown(&step.rule.text)) } }
            @if !place.is_empty() { " " span.code { (shown(&place)) } }
        }
    }
}

fn broken(summary: &SummaryV1) -> Markup {
    let items = html! {
        @for task in summary.broken.iter().take(MAX_ITEMS) {
            li {
                (task_link(&task.task, 1, None))
                @for note in &task.notes { div { (shown(&note.to_string())) } }
            }
        }
    };
    section("Broken tasks", summary.counts.broken, summary.broken.len().min(MAX_ITEMS), true, &items)
}

fn diverged(summary: &SummaryV1) -> Markup {
    let items = html! {
        @for one in summary.diverged.iter().take(MAX_ITEMS) {
            li {
                (task_link(&one.task, one.repeat, Some(one.step))) " of " (one.steps) " "
                span.code { (shown(&short(&one.label, 160))) }
            }
        }
    };
    let title = "Sessions that the boundary would have sent another way";
    section(title, summary.counts.diverged, summary.diverged.len().min(MAX_ITEMS), false, &items)
}

fn changes(suite: &SuiteV1, summary: &SummaryV1) -> Markup {
    let changes = &summary.changes;
    let total = u64::from(changes.changed) + u64::from(changes.no_baseline);
    let items = html! {
        @for task in changes.first.iter().take(MAX_ITEMS) { li { (changed_task(suite, task)) } }
    };
    html! {
        (section("Changed since the baselines", total, changes.first.len().min(MAX_ITEMS), total <= 20, &items))
        @if !changes.orphans.is_empty() {
            p { "Baselines of no task: " (shown(&changes.orphans.join(", "))) }
        }
    }
}

/// A task on one line; what changed in it opens.
fn changed_task(suite: &SuiteV1, task: &TaskChangesV1<'_>) -> Markup {
    let command = accept_command(&suite.path, Some(&task.task), None);
    let shifts: BTreeSet<_> = task.changes.iter().map(|change| change.shift).collect();
    let told = plural(u64::from(task.total), "change", "changes");
    html! {
        details {
            summary {
                (task_link(&task.task, 1, None)) " " span.chip.(task.state.name()) { (task.state.name()) } " "
                @for shift in shifts.into_iter().filter(|shift| *shift != Shift::Same) {
                    span.chip.(shift.name()) { (shift.name()) } " "
                }
                @if task.total > 0 { span.dim { (told) } }
            }
            div.dim.code { (shown(&command)) }
            @for change in task.changes.iter().take(MAX_CHANGES) { (one_change(&task.task, change)) }
            @if task.total as usize > MAX_CHANGES.min(task.changes.len()) {
                div.dim { (told) " in all: open the task" }
            }
        }
    }
}

fn one_change(task: &str, change: &ChangeV1<'_>) -> Markup {
    let causes: Vec<_> = change.causes.iter().map(|cause| cause.name()).collect();
    html! {
        div {
            span.chip.changed { (change.kind.name()) } " "
            @if change.shift != Shift::Same { span.chip.(change.shift.name()) { (change.shift.name()) } " " }
            @if let Some(step) = &change.step {
                (task_link(task, change.repeat, Some(step.number))) " " span.code { (shown(&short(&step.label, 120))) } " "
            }
            span.dim { "cause: " (causes.join(", ")) " · " (shown(&change.id)) }
            div.diff {
                @if !change.before.is_empty() { div.old { (shown(&change.before)) } }
                @if !change.after.is_empty() { div.new { (shown(&change.after)) } }
            }
        }
    }
}

fn waivers(summary: &SummaryV1) -> Markup {
    let items = html! {
        @for waiver in &summary.waivers {
            li {
                (task_link(&waiver.task, 1, None)) " (" (shown(&waiver.covers)) ") until " (shown(&waiver.expires))
                ", by " (shown(&waiver.by)) ": " (shown(&waiver.reason)) " " span.dim.code { (shown(&waiver.place)) }
            }
        }
    };
    section("Waivers in use", summary.waivers.len() as u64, summary.waivers.len(), true, &items)
}
