use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::escape;
use super::v1::{ChangeV1, TaskChangesV1};
use crate::decision::Shift;
use crate::diff::{Change, ChangeKind, State, TaskDiff};
use crate::replay::v1::RuleV1;

/// Longest text shown of a label or a list, in characters.
const MAX_TEXT: usize = 200;

/// How a page writes what it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// Plain lines, coloured or not.
    Terminal { colour: bool },
    /// Markdown.
    Markdown,
}

/// The differences of these tasks as terminal lines, each task with the command that accepts it. `suite` is how the
/// user calls the suite.
pub fn changes(diffs: &[TaskDiff], suite: &str, colour: bool) -> String {
    page(diffs, suite, Page::Terminal { colour })
}

/// One difference as terminal lines: what, by which rule, and the cause.
pub fn change_lines(change: &Change, colour: bool) -> String {
    let mut text = String::new();
    Page::Terminal { colour }.change(&mut text, &ChangeV1::from(change));
    text
}

/// As [`changes`], in Markdown.
pub fn changes_page(diffs: &[TaskDiff], suite: &str) -> String {
    page(diffs, suite, Page::Markdown)
}

fn page(diffs: &[TaskDiff], suite: &str, page: Page) -> String {
    let mut text = String::new();
    for diff in diffs.iter().filter(|diff| diff.state != State::Same) {
        page.task(&mut text, &TaskChangesV1::of(diff, usize::MAX), suite);
    }
    text
}

/// The command that accepts changes: of a suite, of one task, or a single one. Fit to be pasted into a shell, once
/// the reason and the name are filled in.
pub fn accept_command(suite: &str, task: Option<&str>, change: Option<&str>) -> String {
    let mut command = format!("plugin-eval accept {}", shell_word(suite));
    if let Some(task) = task {
        let _ = write!(command, " --task {}", shell_word(task));
    }
    if let Some(change) = change {
        let _ = write!(command, " --change {}", shell_word(change));
    }
    if task.is_none() && change.is_none() {
        command.push_str(" --all");
    }
    command.push_str(" --reason WHY --by WHO");
    command
}

/// A word for a POSIX shell; hidden characters stay visible escapes, so that pasting them does no harm.
pub fn shell_word(word: &str) -> String {
    let word = escape::line(word);
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '+' | ',' | ':' | '@');
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(plain) {
        return word.into_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

impl Page {
    /// A task with its changes.
    pub(super) fn task(self, text: &mut String, task: &TaskChangesV1<'_>, suite: &str) {
        let name = self.name(&task.task);
        let count = match (task.state, task.total) {
            (State::NoBaseline, _) => "no baseline yet".to_owned(),
            (_, 1) => "1 change".to_owned(),
            (_, total) => format!("{total} changes"),
        };
        let accept = accept_command(suite, Some(&task.task), None);
        match self {
            Self::Terminal { .. } => _ = writeln!(text, "{name}: {count}"),
            Self::Markdown => _ = writeln!(text, "### {name}: {count}\n"),
        }
        self.changes(text, task);
        match self {
            Self::Terminal { .. } => _ = writeln!(text, "  accept: {accept}\n"),
            Self::Markdown => {
                let blank = if task.changes.is_empty() { "" } else { "\n" };
                let _ = writeln!(text, "{blank}Accept: {}\n", escape::code(&accept));
            }
        }
    }

    /// A task with its changes, where there is nothing to accept.
    pub(super) fn task_changes(self, text: &mut String, task: &TaskChangesV1<'_>) {
        let name = self.name(&task.task);
        match self {
            Self::Terminal { .. } => _ = writeln!(text, "{name}:"),
            Self::Markdown => _ = writeln!(text, "### {name}\n"),
        }
        self.changes(text, task);
    }

    fn changes(self, text: &mut String, task: &TaskChangesV1<'_>) {
        for change in &task.changes {
            self.change(text, change);
        }
        let more = task.total as usize - task.changes.len().min(task.total as usize);
        if more > 0 {
            let _ = writeln!(text, "{}and {more} more", if self == Self::Markdown { "- " } else { "  " });
        }
    }

    fn change(self, text: &mut String, change: &ChangeV1<'_>) {
        let (sign, style) = sign(change);
        let what = self.what(change);
        let causes: Vec<_> = change.causes.iter().map(|cause| cause.name()).collect();
        let causes = causes.join(" or ");
        let rules = self.rules(change);
        match self {
            Self::Terminal { colour } => {
                let sign = paint(colour, style, sign);
                let id = paint(colour, Style::new().dimmed(), &format!("[{}]", escape::line(&change.id)));
                let _ = writeln!(text, "  {sign} {what} {id}");
                if !rules.is_empty() {
                    let _ = writeln!(text, "      {rules}");
                }
                let _ = writeln!(text, "      cause: {causes}");
            }
            Self::Markdown => {
                let rules = if rules.is_empty() { rules } else { format!("; {rules}") };
                let id = escape::code(&change.id);
                let _ = writeln!(text, "- `{sign}` {what}{rules}; cause: {causes}; id {id}");
            }
        }
    }

    /// `step 4 mcp tracker/close: ask (approval) -> deny (routing), narrowed`
    fn what(self, change: &ChangeV1<'_>) -> String {
        let mut what = String::new();
        if change.repeat > 1 {
            let _ = write!(what, "session {}, ", change.repeat);
        }
        let verb = verb(change.kind);
        match &change.step {
            Some(step) => {
                let label = self.text(&step.label);
                let _ = write!(what, "step {} {} {label}: {verb}", step.number, step.kind.name());
            }
            None => what.push_str(verb.trim_end()),
        }
        let arrow = if self == Self::Markdown { "→" } else { "->" };
        match (change.before.is_empty(), change.after.is_empty()) {
            (true, true) => {}
            (true, false) => _ = write!(what, "{}", self.text(&change.after)),
            (false, true) => _ = write!(what, "was {}", self.text(&change.before)),
            (false, false) => {
                let _ = write!(what, "{} {arrow} {}", self.text(&change.before), self.text(&change.after));
            }
        }
        match change.shift {
            Shift::Same => {}
            Shift::Widened => {
                what.push_str(if self == Self::Markdown { ", **widened**" } else { ", widened" });
            }
            Shift::Narrowed => what.push_str(", narrowed"),
            Shift::Unclear => what.push_str(", unclear"),
        }
        what
    }

    /// `by` the rule that decides now; `was by` the one before.
    pub(super) fn rules(self, change: &ChangeV1<'_>) -> String {
        let now = change.rule_after.as_ref().map(|rule| self.rule(rule)).unwrap_or_default();
        let before = change.rule_before.as_ref().map(|rule| self.rule(rule)).unwrap_or_default();
        match (now.is_empty(), before.is_empty()) {
            (true, true) => String::new(),
            (false, _) if now == before => format!("by {now}"),
            (false, true) => format!("by {now}"),
            (true, false) => format!("was by {before}"),
            (false, false) => format!("by {now}; was by {before}"),
        }
    }

    /// `codex/config.toml:9:1 enabled_tools`
    pub(super) fn rule(self, rule: &RuleV1<'_>) -> String {
        let place = rule.place();
        match (place.is_empty(), rule.text.is_empty()) {
            (true, true) => String::new(),
            (true, false) => format!("{} (built in)", self.text(&rule.text)),
            (false, true) => self.text(&place),
            (false, false) => format!("{} {}", self.text(&place), self.text(&rule.text)),
        }
    }

    /// Untrusted text.
    pub(super) fn text(self, text: &str) -> String {
        let text = escape::short(text, MAX_TEXT);
        match self {
            Self::Terminal { .. } => escape::line(&text).into_owned(),
            Self::Markdown => escape::code(&text),
        }
    }

    fn name(self, name: &str) -> String {
        match self {
            Self::Terminal { colour } => paint(colour, Style::new().bold(), &escape::line(name)),
            Self::Markdown => escape::code(name),
        }
    }
}

/// Text in a style, where colour is wanted.
pub(super) fn paint(colour: bool, style: Style, text: &str) -> String {
    if colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
}

fn sign(change: &ChangeV1<'_>) -> (&'static str, Style) {
    let coloured = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
    match (change.kind, change.shift) {
        (ChangeKind::StepAdded | ChangeKind::RepeatAdded, _) => ("+", coloured(AnsiColor::Green)),
        (ChangeKind::StepGone | ChangeKind::RepeatGone, _) => ("-", coloured(AnsiColor::Red)),
        (_, Shift::Widened) => ("~", coloured(AnsiColor::Red).bold()),
        (kind, _) if kind.is_note() => ("~", Style::new().dimmed()),
        _ => ("~", coloured(AnsiColor::Yellow)),
    }
}

/// What a kind of change is called before its texts.
fn verb(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Ruling | ChangeKind::Sandbox | ChangeKind::Fidelity => "",
        ChangeKind::Scope => "scope ",
        ChangeKind::Hooks => "hooks ",
        ChangeKind::Effects => "effects ",
        ChangeKind::Human => "human answer ",
        ChangeKind::Outcome => "outcome ",
        ChangeKind::Finished => "session ",
        ChangeKind::Findings => "findings ",
        ChangeKind::StepAdded => "new, ",
        ChangeKind::StepGone => "gone, ",
        ChangeKind::StepChanged => "does something else: ",
        ChangeKind::StepMoved => "moved, ",
        ChangeKind::Recorded => "recorded as ",
        ChangeKind::RepeatAdded => "new session, ",
        ChangeKind::RepeatGone => "session gone, ",
        ChangeKind::Tokens => "tokens ",
        ChangeKind::RuledElsewhere => "ruled elsewhere: ",
    }
}
