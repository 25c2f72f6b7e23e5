//! Two reports side by side, for a terminal or as Markdown.

use std::fmt::Write as _;

use super::model::{Against, Attempts, BarChange, Direction, MetricChange, Stand};
use crate::gate::{Advice, Status};
use crate::metrics::{Unit, find};
use crate::report::changes::Page;
use crate::report::escape::{code, line, prose};
use crate::report::markdown::plural;
use crate::report::paired::told;

/// Items of a list that are shown on a terminal, and on a page.
const FEW: usize = 8;
const MANY: usize = 40;

/// For a terminal.
pub fn terminal(found: &Against, colour: bool) -> String {
    Text { page: Page::Terminal { colour }, most: FEW, out: String::new() }.write(found)
}

/// As Markdown.
pub fn markdown(found: &Against) -> String {
    Text { page: Page::Markdown, most: MANY, out: String::new() }.write(found)
}

struct Text {
    page: Page,
    most: usize,
    out: String,
}

impl Text {
    fn write(mut self, found: &Against) -> String {
        self.verdicts(found);
        self.tasks(found);
        self.bars(&found.bars);
        self.metrics(&found.metrics);
        self.paired(found);
        self.attempts("New attempts outside of policy", &found.new_violations);
        self.attempts("Attempts outside of policy that are gone", &found.gone_violations);
        self.changes(found);
        self.out
    }

    fn markdown(&self) -> bool {
        self.page == Page::Markdown
    }

    /// Words of ours and of the suite's author.
    fn words(&self, text: &str) -> String {
        if self.markdown() { prose(text) } else { line(text).into_owned() }
    }

    /// Recorded text.
    fn quoted(&self, text: &str) -> String {
        if self.markdown() { code(text) } else { line(text).into_owned() }
    }

    fn title(&mut self, title: &str) {
        let _ = if self.markdown() {
            writeln!(self.out, "\n## {title}\n")
        } else {
            writeln!(self.out, "{}:", title.to_lowercase())
        };
    }

    fn item(&mut self, text: &str) {
        let mark = if self.markdown() { "- " } else { "  " };
        let _ = writeln!(self.out, "{mark}{text}");
    }

    fn more(&mut self, shown: usize, total: u64) {
        let more = total.saturating_sub(shown as u64);
        if more > 0 {
            self.item(&format!("and {more} more"));
        }
    }

    fn verdicts(&mut self, found: &Against) {
        let (old, new) = (&found.old, &found.new);
        if self.markdown() {
            let _ = writeln!(self.out, "# {} compared\n", prose(&new.suite));
        }
        for (name, stand) in [("old", old), ("new", new)] {
            let stand = self.words(&verdict(stand, old.suite != new.suite));
            self.item(&format!("{name}: {stand}"));
        }
        for regression in &found.regressions {
            let regression = self.words(regression);
            self.item(&format!("regression: {regression}"));
        }
        if found.regressions.is_empty() {
            self.item("no regression");
        }
        let widened = u64::from(found.changes.widened);
        if widened > 0 {
            let changes = plural(widened, "change lets", "changes let");
            self.item(&format!("widened: {changes} more through; what refuses less is violated less"));
        }
        if !found.inputs.is_empty() {
            let inputs: Vec<_> = found.inputs.iter().map(|input| input.name()).collect();
            self.item(&format!("inputs that changed: {}", inputs.join(", ")));
        }
    }

    fn tasks(&mut self, found: &Against) {
        let tasks = &found.tasks;
        let mut parts = vec![format!("{} in both", plural(tasks.both, "task", "tasks"))];
        for (count, what) in [
            (tasks.only_new, "in the new report alone"),
            (tasks.only_old, "in the old report alone"),
            (tasks.broken, "broken in one of them"),
            (tasks.decided_otherwise, "decided otherwise since"),
        ] {
            if count > 0 {
                parts.push(format!("{count} {what}"));
            }
        }
        self.item(&parts.join(", "));
    }

    fn bars(&mut self, bars: &[BarChange]) {
        if bars.is_empty() {
            return;
        }
        self.title("Bars that say something else");
        let said = |status: Option<Status>| status.map_or("not there", Status::name);
        for bar in bars {
            let (stage, text) = (self.words(&bar.stage), self.quoted(&bar.bar));
            self.item(&format!("{text} ({stage}): {} -> {}", said(bar.old), said(bar.new)));
        }
    }

    fn metrics(&mut self, metrics: &[MetricChange]) {
        let measured: Vec<_> = metrics.iter().filter(|m| m.old.is_some() || m.new.is_some()).collect();
        if measured.is_empty() {
            return;
        }
        self.title("Metrics");
        if self.markdown() {
            self.out
                .push_str("| metric | old | samples | new | samples | change |\n|---|---|---|---|---|---|\n");
        }
        let width = measured.iter().map(|metric| metric.name.chars().count()).max().unwrap_or(0).min(40);
        for metric in measured {
            let shown = |number: &Option<super::model::Number>| {
                number.as_ref().map_or(("no data".to_owned(), 0), |n| (self.words(&n.shown), n.samples))
            };
            let ((old, old_samples), (new, new_samples)) = (shown(&metric.old), shown(&metric.new));
            let (name, change) = (self.words(&metric.name), change(metric));
            let _ = if self.markdown() {
                writeln!(self.out, "| {name} | {old} | {old_samples} | {new} | {new_samples} | {change} |")
            } else {
                let row =
                    format!("  {name:width$}  {old} ({old_samples}) -> {new} ({new_samples})  {change}");
                writeln!(self.out, "{}", row.trim_end())
            };
        }
    }

    fn paired(&mut self, found: &Against) {
        if found.paired.rows.is_empty() {
            return;
        }
        self.title("Task by task");
        for row in &found.paired.rows {
            let name = self.words(&row.metric);
            let worse: Vec<_> =
                row.worse_tasks.iter().take(self.most).map(|task| self.quoted(task)).collect();
            let worse =
                if worse.is_empty() { String::new() } else { format!("; worse: {}", worse.join(", ")) };
            self.item(&format!("{name}, {}: {}{worse}", plural(row.tasks, "task", "tasks"), told(row)));
        }
    }

    fn attempts(&mut self, title: &str, attempts: &Attempts) {
        if attempts.total == 0 {
            return;
        }
        self.title(&format!("{title}: {}", attempts.total));
        let shown = attempts.first.len().min(self.most);
        for one in &attempts.first[..shown] {
            let session = if one.repeat > 1 { format!(" session {}", one.repeat) } else { String::new() };
            let (task, label) = (self.quoted(&one.task), self.page.text(&one.label));
            self.item(&format!("{task}{session} step {} ({}): {label}", one.step, one.kind.name()));
        }
        self.more(shown, attempts.total);
    }

    fn changes(&mut self, found: &Against) {
        let changes = &found.changes;
        if changes.tasks == 0 {
            return;
        }
        self.title("What changed in the tasks of both");
        let causes: Vec<_> =
            changes.causes.iter().map(|(cause, n)| format!("{} ({n})", cause.name())).collect();
        self.item(&format!(
            "{}, {} of them in rulings; {} widened, {} narrowed; causes: {}",
            plural(changes.tasks.into(), "task changed", "tasks changed"),
            changes.rulings,
            changes.widened,
            changes.narrowed,
            causes.join(", ")
        ));
        let shown = changes.first.len().min(self.most);
        for task in &changes.first[..shown] {
            if self.markdown() {
                self.out.push('\n');
            }
            self.page.task_changes(&mut self.out, task);
        }
        self.more(shown, changes.tasks.into());
    }
}

fn verdict(stand: &Stand, with_suite: bool) -> String {
    let stage = &stand.stage;
    let what = match (stand.advice, &stand.next) {
        (Advice::Promote, Some(next)) => format!("promote from {stage} to {next}"),
        (Advice::Promote, None) => format!("holds at {stage}, the last stage"),
        (Advice::Inconclusive, _) => format!("inconclusive at {stage}"),
        (Advice::Hold, _) => format!("hold at {stage}"),
        (Advice::RollBack, _) => format!("roll back from {stage}"),
    };
    let suite = if with_suite { format!("{}: ", stand.suite) } else { String::new() };
    let why = if stand.reason.is_empty() { String::new() } else { format!(": {}", stand.reason) };
    format!("{suite}{what}{why} (exit code {})", stand.exit_code)
}

/// `+2.5 points, better`
fn change(metric: &MetricChange) -> String {
    let Some(change) = metric.change.filter(|_| metric.direction != Direction::Same) else {
        return if metric.direction == Direction::Same { String::new() } else { "not comparable".to_owned() };
    };
    let sign = if change < 0.0 { "-" } else { "+" };
    let size = match (metric.unit, find(&metric.name)) {
        (Unit::Share, _) => format!("{:.1} points", change.abs() * 100.0),
        (_, Ok(definition)) => definition.show(change.abs()).trim_start_matches('+').to_owned(),
        _ => format!("{:.1}", change.abs()),
    };
    format!("{sign}{size}, {}", metric.direction.name())
}
