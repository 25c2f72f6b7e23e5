//! `gate.md`: the verdict first, then the bars, then what failed, what changed and what could not be judged.

use std::fmt::Write as _;

mod metrics;
mod paired;

use super::changes::{Page, accept_command};
use super::escape::{code, prose, short};
use super::v1::{BarV1, NotedV1, StageV1, SuiteV1, SummaryV1, Why};
use crate::gate::{Advice, Status};
use crate::metrics::{Better, Interval, Unit};

/// Items of a list that are shown; the rest is counted and stands in the CSV files.
const MAX_ITEMS: usize = 12;
/// Characters of a problem that are shown.
pub(super) const MAX_NOTE: usize = 1_000;

/// The whole page.
pub fn gate(suite: &SuiteV1, summary: &SummaryV1) -> String {
    let mut page = String::with_capacity(8192);
    verdict(&mut page, suite, summary);
    ladder(&mut page, suite, summary);
    for (at, stage) in summary.stages.iter().enumerate() {
        bars(&mut page, stage, decides(suite, summary, at));
    }
    failed(&mut page, suite, summary);
    changes(&mut page, suite, summary);
    not_judged(&mut page, summary);
    waivers(&mut page, summary);
    metrics::metrics(&mut page, suite, summary);
    page
}

/// The verdict in one sentence, without markup; also the first line on a terminal.
pub(super) fn sentence(suite: &SuiteV1, summary: &SummaryV1) -> (String, String) {
    let (stage, stands) = (&suite.stage, suite.standing());
    let other = stage != stands;
    let main = || summary.reasons.first().cloned().unwrap_or_default();
    let holds = if other { format!("every bar up to {stage} holds") } else { "every bar holds".to_owned() };
    match (summary.advice, &summary.next) {
        (Advice::Promote, Some(next)) => (format!("Promote from {stands} to {next}"), holds),
        (Advice::Promote, None) if other => {
            (format!("Holds at {stage}; the plugin stands at {stands}"), holds)
        }
        (Advice::Promote, None) => (format!("Holds at {stage}, the last stage"), holds),
        (Advice::RollBack, _) => {
            let back = summary.back.as_ref();
            let to = back.map_or_else(|| "out of use".to_owned(), |back| format!("to {back}"));
            (format!("Roll back from {stands}, {to}"), main())
        }
        (Advice::Hold, _) => (format!("Hold at {stands}"), main()),
        (Advice::Inconclusive, _) => (format!("Inconclusive at {stage}"), main()),
    }
}

/// What a stage of the ladder is to the plugin, by its place.
pub(super) fn rung(suite: &SuiteV1, summary: &SummaryV1, at: usize) -> &'static str {
    let place = |name: &str| summary.stages.iter().position(|stage| stage.name == name).unwrap_or(0);
    let (judged, standing) = (place(&suite.stage), place(suite.standing()));
    match (at == standing, at == judged) {
        (true, true) => "the plugin stands here",
        (true, false) if at > judged => "the plugin stands here; not judged",
        (true, false) => "the plugin stands here; decides too",
        (false, true) => "judged, as asked for",
        (false, false) if at < judged => "earlier; must still hold",
        (false, false) => "outlook; decides nothing",
    }
}

/// Does the stage at this place decide the exit code?
pub(super) fn decides(suite: &SuiteV1, summary: &SummaryV1, at: usize) -> bool {
    at <= summary.stages.iter().position(|stage| stage.name == suite.stage).unwrap_or(0)
}

fn verdict(page: &mut String, suite: &SuiteV1, summary: &SummaryV1) {
    let (what, why) = sentence(suite, summary);
    let _ = writeln!(page, "# Gate of {}\n\n**{}**: {}.\n", prose(&suite.name), prose(&what), prose(&why));
    for reason in summary.reasons.iter().skip(1).take(MAX_ITEMS) {
        let _ = writeln!(page, "- also: {}", prose(reason));
    }
    let counts = &summary.counts;
    if page.ends_with("\n\n") {
        page.pop();
    }
    let _ = writeln!(
        page,
        "\nJudged: {}, {}, {}. Still valid evidence (before divergence): {}. Exit code {}.",
        plural(counts.tasks - counts.broken.min(counts.tasks), "task", "tasks"),
        plural(counts.runs, "recorded session", "recorded sessions"),
        plural(counts.steps, "step", "steps"),
        share(counts.before_divergence, counts.steps),
        summary.exit_code,
    );
    for note in summary.notes.iter().take(MAX_ITEMS) {
        let _ = writeln!(page, "\n> {}: {}", note.severity.name(), code(&short(&note.to_string(), MAX_NOTE)));
    }
}

fn ladder(page: &mut String, suite: &SuiteV1, summary: &SummaryV1) {
    page.push_str("\n## Stages\n\n| stage | mode | bars | where |\n|---|---|---|---|\n");
    for (at, stage) in summary.stages.iter().enumerate() {
        let (name, mode) = (prose(&stage.name), prose(stage.mode.as_deref().unwrap_or("as configured")));
        let name = if stage.name == suite.standing() { format!("**{name}**") } else { name };
        let here = rung(suite, summary, at);
        let _ = writeln!(page, "| {name} | {mode} | {} | {here} |", bar_counts(stage));
    }
}

/// `2 pass, 1 fail`
pub(super) fn bar_counts(stage: &StageV1) -> String {
    let counts = [Status::Pass, Status::Fail, Status::Inconclusive].map(|status| {
        let count = stage.bars.iter().filter(|bar| bar.status == status).count();
        (count > 0).then(|| format!("{count} {}", status.name()))
    });
    counts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn bars(page: &mut String, stage: &StageV1, decides: bool) {
    let outlook = if decides { "" } else { " (does not decide the exit code)" };
    let _ = writeln!(page, "\n## Bars of {}{outlook}\n", prose(&stage.name));
    page.push_str("| bar | value | interval | samples | status | needed |\n|---|---|---|---|---|---|\n");
    for bar in &stage.bars {
        let metric = stage.metric(&bar.metric);
        let value = metric.map_or("not replayed", |metric| metric.shown.as_str());
        let status = match bar.status {
            Status::Fail => "**fail**",
            other => other.name(),
        };
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {status} | {} |",
            code(&bar.text),
            prose(value),
            interval(bar),
            metric.map_or(0, |metric| metric.samples),
            prose(&needed(bar)),
        );
    }
}

/// `52.1%–98.9% (95%)`
pub(super) fn interval(bar: &BarV1) -> String {
    let Some(Interval { low, high }) = bar.interval else { return String::new() };
    let level = bar.confidence.unwrap_or(95);
    format!("{:.1}%–{:.1}% ({level}%)", low * 100.0, high * 100.0)
}

/// What it takes to decide a bar that does not pass.
pub(super) fn needed(bar: &BarV1) -> String {
    match (bar.status, bar.needed) {
        (Status::Inconclusive, Some(more)) => {
            format!("{}: {}", plural(more, "more sample", "more samples"), bar.reason)
        }
        _ => bar.reason.clone(),
    }
}

fn failed(page: &mut String, suite: &SuiteV1, summary: &SummaryV1) {
    let current = summary.stages.iter().position(|stage| stage.name == suite.stage).unwrap_or(0);
    let deciding = summary.stages.iter().enumerate().take(current + 1);
    let failing: Vec<_> = deciding
        .flat_map(|(at, stage)| stage.bars.iter().map(move |bar| (at, stage, bar)))
        .filter(|(.., bar)| bar.status == Status::Fail)
        .collect();
    let (violations, total) = summary.noted(Why::Violation);
    if failing.is_empty() && total == 0 {
        return;
    }
    page.push_str("\n## What failed\n");
    for (at, stage, bar) in failing {
        failing_bar(page, summary, stage, bar, at == current);
    }
    if total > 0 {
        let _ = writeln!(page, "\n### Attempts outside of policy: {total}\n");
        noted_list(page, violations, total);
    }
}

/// A bar that fails, and the samples against it. Steps are described in full where they are noted, which are those of
/// the current stage.
fn failing_bar(page: &mut String, summary: &SummaryV1, stage: &StageV1, bar: &BarV1, current: bool) {
    let (text, why, stage_name) = (code(&bar.text), prose(&bar.reason), prose(&stage.name));
    let _ = writeln!(page, "\n### Bar {text}\n\n{why} under {stage_name}.\n");
    let Some(metric) = stage.metric(&bar.metric) else { return };
    let against = || metric.evidence.iter().filter(|one| !one.good);
    for one in against().take(MAX_ITEMS) {
        let is_it = |step: &&NotedV1| {
            step.task == one.task && step.repeat == one.repeat && Some(step.step) == one.step
        };
        if let Some(step) = summary.noted.iter().find(is_it).filter(|_| current) {
            noted_line(page, step);
            continue;
        }
        let step = one.step.map_or_else(String::new, |step| format!(" step {step}"));
        let (task, session) = (code(&one.task), session(one.repeat));
        let _ = writeln!(page, "- {task}{session}{step}: {}", code(&one.note));
    }
    let counted = match (metric.unit, metric.better) {
        (Unit::Share, Better::Higher | Better::Neither) => metric.samples - metric.hits.min(metric.samples),
        _ => metric.hits,
    };
    more(page, against().count().min(MAX_ITEMS), counted);
}

fn noted_list<'n>(page: &mut String, steps: impl Iterator<Item = &'n NotedV1>, total: u64) {
    let mut shown = 0;
    for step in steps.take(MAX_ITEMS) {
        noted_line(page, step);
        shown += 1;
    }
    more(page, shown, total);
}

/// What a list leaves out.
fn more(page: &mut String, shown: usize, total: u64) {
    let more = total.saturating_sub(shown as u64);
    if more > 0 {
        let _ = writeln!(page, "- and {more} more, see [calls.csv](calls.csv)");
    }
}

fn noted_line(page: &mut String, step: &NotedV1) {
    let mut kinds: Vec<_> = step.violations.iter().map(|kind| kind.name()).collect();
    if step.after_divergence {
        kinds.push("after divergence");
    }
    let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
    let reason = if step.reason.is_empty() { String::new() } else { format!(": {}", code(&step.reason)) };
    let rule = Page::Markdown.rule(&step.rule);
    let rule = if rule.is_empty() { rule } else { format!(", by {rule}") };
    let _ = writeln!(
        page,
        "- {}{} step {} {} {}{kinds}: {} in {}{reason}{rule}",
        code(&step.task),
        session(step.repeat),
        step.step,
        step.kind.name(),
        code(&short(&step.label, 120)),
        step.verdict,
        step.phase,
    );
}

fn session(repeat: u32) -> String {
    if repeat > 1 { format!(" session {repeat}") } else { String::new() }
}

fn changes(page: &mut String, suite: &SuiteV1, summary: &SummaryV1) {
    let changes = &summary.changes;
    page.push_str("\n## Changes since the baselines\n\n");
    let _ = writeln!(
        page,
        "{} as accepted, {} changed, {} without baseline.",
        plural(changes.same.into(), "task", "tasks"),
        changes.changed,
        changes.no_baseline
    );
    if changes.no_baseline > 0 {
        let command = accept_command(&suite.path, None, None);
        let _ = writeln!(page, "Tasks without baseline are accepted with {}.", code(&command));
    }
    if !changes.orphans.is_empty() {
        let names: Vec<_> = changes.orphans.iter().take(MAX_ITEMS).map(|name| code(name)).collect();
        let _ = writeln!(page, "Baselines of no task: {}.", names.join(", "));
    }
    paired::paired(page, summary);
    if changes.changed == 0 {
        return;
    }
    if summary.paired.is_some() {
        page.push('\n');
    }
    let kinds = changes.kinds.iter().map(|(kind, count)| format!("{count} {}", kind.name()));
    let shifts = [("widened", changes.widened), ("narrowed", changes.narrowed), ("unclear", changes.unclear)];
    let shifts =
        shifts.into_iter().filter(|(_, count)| *count > 0).map(|(name, count)| format!("{count} {name}"));
    let causes = changes.causes.iter().map(|(cause, count)| format!("{} ({count})", cause.name()));
    let list = |items: Vec<String>| items.join(", ");
    let _ = writeln!(page, "Kinds: {}.", list(kinds.chain(shifts).collect()));
    let _ = writeln!(page, "Causes: {}.\n", list(causes.collect()));
    for task in changes.first.iter().take(MAX_ITEMS) {
        Page::Markdown.task(page, task, &suite.path);
    }
    let left = u64::from(changes.changed).saturating_sub(MAX_ITEMS as u64);
    if left > 0 {
        let _ = writeln!(page, "And {}, see `plugin-eval diff`.", plural(left, "more task", "more tasks"));
    }
}

fn not_judged(page: &mut String, summary: &SummaryV1) {
    let lists = [
        (Why::AcceptedOutside, "Accepted by a person, not all inside the scope", ""),
        (Why::Undetermined, "Cannot be known offline", ""),
        (Why::Unanswered, "Prompts that nobody has answered", "Fill in [approvals.csv](approvals.csv).\n\n"),
    ];
    let any = lists.iter().any(|(why, ..)| summary.noted(*why).1 > 0);
    if !any && summary.broken.is_empty() && summary.diverged.is_empty() {
        return;
    }
    page.push_str("\n## What could not be judged, and what to look at\n");
    if !summary.broken.is_empty() {
        let _ = writeln!(page, "\n### Broken tasks: {}\n", summary.counts.broken);
        for task in summary.broken.iter().take(MAX_ITEMS) {
            let notes: Vec<_> =
                task.notes.iter().take(3).map(|note| code(&short(&note.to_string(), MAX_NOTE))).collect();
            let _ = writeln!(page, "- {}: {}", code(&task.task), notes.join("; "));
        }
        left(page, MAX_ITEMS.min(summary.broken.len()), summary.counts.broken);
    }
    for (why, title, hint) in lists {
        let (steps, total) = summary.noted(why);
        if total > 0 {
            let _ = write!(page, "\n### {title}: {total}\n\n{hint}");
            noted_list(page, steps, total);
        }
    }
    if !summary.diverged.is_empty() {
        let _ = writeln!(
            page,
            "\n### Sessions that the boundary would have sent another way: {}\n",
            summary.counts.diverged
        );
        page.push_str("Steps after these are still judged, but the agent would have seen other answers.\n\n");
        for one in summary.diverged.iter().take(MAX_ITEMS) {
            let _ = writeln!(
                page,
                "- {}{} at step {} of {}: {}",
                code(&one.task),
                session(one.repeat),
                one.step,
                one.steps,
                code(&short(&one.label, 120))
            );
        }
        left(page, MAX_ITEMS.min(summary.diverged.len()), summary.counts.diverged);
    }
}

fn left(page: &mut String, shown: usize, total: u64) {
    let more = total.saturating_sub(shown as u64);
    if more > 0 {
        let _ = writeln!(page, "- and {more} more, see [tasks.csv](tasks.csv)");
    }
}

fn waivers(page: &mut String, summary: &SummaryV1) {
    if summary.waivers.is_empty() {
        return;
    }
    page.push_str("\n## Waivers in use\n\n");
    for waiver in &summary.waivers {
        let _ = writeln!(
            page,
            "- {} ({}) until {}, by {}: {} ({})",
            code(&waiver.task),
            code(&waiver.covers),
            prose(&waiver.expires),
            prose(&waiver.by),
            prose(&waiver.reason),
            code(&waiver.place),
        );
    }
}

/// `1 task`, `2 tasks`
pub(super) fn plural(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

/// A share in percent; exact only when it is all or nothing.
pub(super) fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "no steps".to_owned();
    }
    if part == whole {
        return "100%".to_owned();
    }
    format!("{:.1}%", (part as f64 * 100.0 / whole as f64).min(99.9))
}
