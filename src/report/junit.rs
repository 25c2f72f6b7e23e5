//! `junit.xml`: a test case for each bar that decides and for each recorded session, for CI systems.
//!
//! A bar that fails is a failure, one that is inconclusive is skipped with its reason. A session fails when it
//! attempts something outside of policy that no waiver covers, or when it changed since its baseline was accepted; a
//! task that broke is an error. There are no times in the file: a replay has none that mean anything.

use std::borrow::Cow;
use std::fmt::Write as _;

use quick_xml::escape::escape;

use super::escape::{line, short};
use super::markdown::needed;
use super::v1::{RunV1, StageV1, SuiteV1, SummaryV1, TaskStatus, TaskV1};
use crate::diff::State;
use crate::gate::Status;

/// Lines listed in one failure.
const MAX_LINES: usize = 50;
/// Characters of a line.
const MAX_TEXT: usize = 1_000;

/// Test cases, and how they ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Cases {
    pub(super) xml: Vec<u8>,
    pub(super) tests: u64,
    pub(super) failures: u64,
    pub(super) errors: u64,
    pub(super) skipped: u64,
}

impl Cases {
    /// The recorded sessions of one task.
    pub(super) fn of(suite: &str, task: &TaskV1<'_>) -> Self {
        let mut cases = Self::default();
        if task.status == TaskStatus::Broken {
            let notes: Vec<_> = task.notes.iter().take(MAX_LINES).map(ToString::to_string).collect();
            let message = notes.first().map_or("the task could not be judged", String::as_str);
            cases.push(suite, &task.name, Some(("error", "broken", message, &notes)));
            cases.errors += 1;
            return cases;
        }
        for run in &task.runs {
            cases.run(suite, task, run);
        }
        cases
    }

    fn run(&mut self, suite: &str, task: &TaskV1<'_>, run: &RunV1<'_>) {
        let repeat = run.replay.repeat;
        let name = if repeat > 1 { format!("{} #{repeat}", task.name) } else { task.name.to_string() };
        let violations: Vec<_> = run
            .violations
            .iter()
            .filter(|violation| !violation.kinds.is_empty())
            .filter_map(|violation| {
                let step = run.replay.steps.get((violation.step as usize).checked_sub(1)?)?;
                let kinds: Vec<_> = violation.kinds.iter().map(|kind| kind.name()).collect();
                let label = short(&step.label, 200);
                Some(format!(
                    "step {} ({}): {} in {}: {label}: {}",
                    violation.step,
                    kinds.join(", "),
                    step.verdict,
                    step.phase,
                    step.reason
                ))
            })
            .collect();
        let changes: Vec<_> = task
            .changes
            .iter()
            .filter(|change| change.repeat == repeat && task.baseline == State::Changed)
            .map(|change| {
                let step =
                    change.step.as_ref().map_or_else(String::new, |step| format!("step {}: ", step.number));
                format!("{step}{}: {} -> {}", change.kind.name(), change.before, change.after)
            })
            .collect();
        let failure = if violations.is_empty() && changes.is_empty() {
            None
        } else {
            let message =
                [(violations.len(), "outside of policy"), (changes.len(), "changed since the baseline")];
            let message =
                message.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
            let kind = if violations.is_empty() { "changed" } else { "boundary" };
            let lines = violations.iter().chain(&changes).take(MAX_LINES).cloned().collect::<Vec<_>>();
            Some((kind, message.collect::<Vec<_>>().join(", "), lines))
        };
        self.failures += u64::from(failure.is_some());
        let failure = failure
            .as_ref()
            .map(|(kind, message, lines)| ("failure", *kind, message.as_str(), lines.as_slice()));
        self.push(suite, &name, failure);
    }

    fn bar(&mut self, class: &str, stage: &StageV1) {
        for bar in &stage.bars {
            let metric = stage.metric(&bar.metric);
            let value = metric.map_or("not replayed", |metric| metric.shown.as_str());
            let told = format!("{value}: {}", needed(bar));
            match bar.status {
                Status::Pass => self.push(class, &bar.text, None),
                Status::Fail => {
                    self.failures += 1;
                    self.push(class, &bar.text, Some(("failure", "bar", &told, &[])));
                }
                Status::Inconclusive => {
                    self.skipped += 1;
                    self.push(class, &bar.text, Some(("skipped", "", &told, &[])));
                }
            }
        }
    }

    fn push(&mut self, class: &str, name: &str, bad: Option<(&str, &str, &str, &[String])>) {
        self.tests += 1;
        let cut = |text: &str| attribute(&short(text, MAX_TEXT)).into_owned();
        let mut xml = format!("<testcase classname=\"{}\" name=\"{}\"", attribute(class), attribute(name));
        match bad {
            None => xml.push_str("/>\n"),
            // Schemas allow `skipped` a message and no type.
            Some(("skipped", _, message, _)) => {
                let _ = writeln!(xml, "><skipped message=\"{}\"/></testcase>", cut(message));
            }
            Some((element, kind, message, lines)) => {
                let _ = write!(xml, "><{element} type=\"{kind}\" message=\"{}\">", cut(message));
                for text in lines {
                    let _ = writeln!(xml, "{}", cut(text));
                }
                let _ = writeln!(xml, "</{element}></testcase>");
            }
        }
        self.xml.extend_from_slice(xml.as_bytes());
    }

    /// Adds the counts of another list.
    pub(super) fn count(&mut self, more: &Self) {
        self.tests += more.tests;
        self.failures += more.failures;
        self.errors += more.errors;
        self.skipped += more.skipped;
    }

    fn counts(&self) -> String {
        let Self { xml: _, tests, failures, errors, skipped } = self;
        format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
    }
}

/// The file up to the sessions. `sessions` holds their counts alone.
pub(super) fn head(suite: &SuiteV1, summary: &SummaryV1, sessions: &Cases) -> Vec<u8> {
    let current = summary.stages.iter().position(|stage| stage.name == suite.stage).unwrap_or(0);
    let mut bars = Cases::default();
    for stage in summary.stages.iter().take(current + 1) {
        bars.bar(&format!("{}.gate.{}", suite.name, stage.name), stage);
    }
    let mut all = Cases::default();
    all.count(&bars);
    all.count(sessions);
    let name = attribute(&suite.name).into_owned();
    // `skipped` is an attribute of suites, not of the whole.
    let whole = all.counts();
    let whole = whole.split(" skipped=").next().unwrap_or_default();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"plugin-eval\" {whole}>\n<testsuite name=\"{name}.gate\" {}>\n",
        bars.counts()
    )
    .into_bytes();
    out.extend_from_slice(&bars.xml);
    out.extend_from_slice(
        format!("</testsuite>\n<testsuite name=\"{name}\" {}>\n", sessions.counts()).as_bytes(),
    );
    out
}

/// The file after the sessions.
pub(super) const TAIL: &[u8] = b"</testsuite>\n</testsuites>\n";

/// Text in an XML element or attribute. XML cannot hold controls and two code points beside them; they show as escapes.
fn attribute(text: &str) -> Cow<'_, str> {
    let text = line(text).replace('\u{fffe}', "\\u{fffe}").replace('\u{ffff}', "\\u{ffff}");
    Cow::Owned(escape(&text).into_owned())
}
