use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::changes::{Page, paint};
use super::escape::{line, short};
use super::markdown::{MAX_NOTE, bar_counts, interval, needed, plural, sentence, share};
use super::paired::{moved, told};
use super::v1::{SuiteV1, SummaryV1, Why};
use crate::decision::Shift;
use crate::diff::ChangeKind;
use crate::gate::{Advice, Status};

/// What a run says at its end: the verdict first, a dozen lines. `report` is where the files are; colour only when
/// the caller knows that it is wanted.
pub fn terminal(suite: &SuiteV1, summary: &SummaryV1, report: &str, colour: bool) -> String {
    let mut text = verdict(suite, summary, colour);
    stages(&mut text, suite, summary, colour);
    counts(&mut text, summary);
    changes(&mut text, summary);
    notes(&mut text, summary);
    let _ = writeln!(text, "report: {}", line(report));
    text
}

fn notes(text: &mut String, summary: &SummaryV1) {
    for note in summary.notes.iter().take(MAX_NOTES) {
        let _ = writeln!(text, "{}: {}", note.severity.name(), line(&short(&note.to_string(), MAX_NOTE)));
    }
    let more = summary.notes.len().saturating_sub(MAX_NOTES);
    if more > 0 {
        let _ = writeln!(text, "and {more} more problems, see the report");
    }
}

/// Problems of a run that are named; the report has them all.
const MAX_NOTES: usize = 20;

/// The same for those who want no more than the verdict and problems.
pub fn quiet(suite: &SuiteV1, summary: &SummaryV1, colour: bool) -> String {
    let mut text = verdict(suite, summary, colour);
    broken(&mut text, summary);
    notes(&mut text, summary);
    text
}

fn verdict(suite: &SuiteV1, summary: &SummaryV1, colour: bool) -> String {
    let mut text = String::new();
    let (what, why) = sentence(suite, summary);
    let tone = match summary.advice {
        Advice::Promote => AnsiColor::Green,
        Advice::Inconclusive => AnsiColor::Yellow,
        Advice::Hold | Advice::RollBack => AnsiColor::Red,
    };
    let bold = Style::new().bold().fg_color(Some(tone.into()));
    let _ = writeln!(text, "{}: {}", paint(colour, bold, &line(&what)), line(&why));
    text
}

fn stages(text: &mut String, suite: &SuiteV1, summary: &SummaryV1, colour: bool) {
    for stage in &summary.stages {
        let stands = if stage.name == suite.standing() { " (here)" } else { "" };
        if stage.name != suite.stage {
            let _ = writeln!(text, "  {}{stands}: {}", line(&stage.name), bar_counts(stage));
            continue;
        }
        let judged = if stands.is_empty() { " (judged)" } else { stands };
        let _ = writeln!(text, "  {}{judged}", line(&stage.name));
        let width = stage.bars.iter().map(|bar| bar.text.chars().count()).max().unwrap_or(0).min(60);
        for bar in &stage.bars {
            let tone = match bar.status {
                Status::Pass => AnsiColor::Green,
                Status::Inconclusive => AnsiColor::Yellow,
                Status::Fail => AnsiColor::Red,
            };
            let style = Style::new().fg_color(Some(tone.into()));
            let status = paint(colour, style, &format!("{:12}", bar.status.name()));
            let metric = stage.metric(&bar.metric);
            let value = metric.map_or("not replayed", |metric| metric.shown.as_str());
            let samples = metric.map_or(0, |metric| metric.samples);
            let samples = plural(samples, "sample", "samples");
            let detail = metric.and_then(|metric| metric.detail.clone()).unwrap_or_default();
            let details = [samples, detail, interval(bar), needed(bar)];
            let details: Vec<_> = details.into_iter().filter(|part| !part.is_empty()).collect();
            let _ = writeln!(
                text,
                "    {status} {:width$}  {value} ({})",
                line(&bar.text),
                line(&details.join("; "))
            );
        }
    }
}

fn counts(text: &mut String, summary: &SummaryV1) {
    let counts = &summary.counts;
    let mut parts = vec![
        plural(counts.tasks, "task", "tasks"),
        plural(counts.runs, "session", "sessions"),
        plural(counts.steps, "step", "steps"),
        format!("fidelity {}", share(counts.before_divergence, counts.steps)),
    ];
    if counts.broken > 0 {
        parts.push(format!("{} broken", counts.broken));
    }
    let _ = writeln!(text, "{}", parts.join(", "));
    let noted = [
        (Why::Violation, "outside of policy"),
        (Why::Waived, "waived"),
        (Why::Undetermined, "undetermined"),
        (Why::Unanswered, "unanswered (see approvals.csv)"),
    ];
    let noted = noted.map(|(why, name)| (summary.noted(why).1, name));
    let noted: Vec<_> =
        noted.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}")).collect();
    if !noted.is_empty() {
        let _ = writeln!(text, "calls: {}", noted.join(", "));
    }
    broken(text, summary);
}

fn broken(text: &mut String, summary: &SummaryV1) {
    for task in summary.broken.iter().take(5) {
        let why = task.notes.first().map_or_else(String::new, ToString::to_string);
        let _ = writeln!(text, "broken: {}: {}", line(&task.task), line(&why));
    }
}

fn changes(text: &mut String, summary: &SummaryV1) {
    let changes = &summary.changes;
    if changes.changed == 0 && changes.no_baseline == 0 {
        return;
    }
    let parts = [
        (changes.changed, "changed"),
        (changes.no_baseline, "without baseline"),
        (changes.widened, "widened"),
        (changes.narrowed, "narrowed"),
    ];
    let parts: Vec<_> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}")).collect();
    let _ = writeln!(text, "baselines: {}", parts.join(", "));
    let rulings = changes.first.iter().flat_map(|task| task.changes.iter().map(move |change| (task, change)));
    let widened: Vec<_> = rulings
        .filter(|(_, change)| change.kind == ChangeKind::Ruling && change.shift == Shift::Widened)
        .collect();
    for (task, change) in widened.iter().take(MAX_WIDENED) {
        let step = change.step.as_ref().map_or(String::new(), |step| format!(" {}", step.label));
        let rules = Page::Terminal { colour: false }.rules(change);
        let what = format!("{}{step}: {} -> {} {rules}", task.task, change.before, change.after);
        let _ = writeln!(text, "  widened: {}", line(&what));
    }
    if let Some(paired) = &summary.paired {
        for row in moved(paired) {
            let _ = writeln!(text, "  {}: {}", line(&row.metric), told(row));
        }
    }
    let more = widened.len().saturating_sub(MAX_WIDENED);
    if more > 0 {
        let _ = writeln!(text, "  and {more} more, see the report");
    }
}

/// Widened rulings that are named; the report has them all.
const MAX_WIDENED: usize = 20;
