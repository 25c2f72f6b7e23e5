//! `plugin-eval report NEW --against OLD`: two reports side by side, from their files alone.
//!
//! Numbers of the two are set beside each other, and the tasks that both judged are compared one by one, as a run
//! compares them with its baselines. What people decided is what each report says.

mod csv;
mod model;
mod run;
mod store;
mod text;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

pub use csv::rows;
pub use model::{
    Against, Attempt, Attempts, BarChange, Changes, Direction, MetricChange, Number, Stand, Tasks,
};
pub use text::{markdown, terminal};

use run::Run;
use store::Store;

use super::read::{ReadReport, ReportError, read};
use super::summary::paired_rows;
use super::v1::{MetricV1, PairedV1, StageV1, TaskChangesV1, TaskV1};
use crate::baseline::Baseline;
use crate::diff::{self, ChangeKind, State, Tally};
use crate::gate::{Bar, Status, shown_p};
use crate::metrics::{Better, Comparison, Pairs, TaskPair, ViolationKind};
use crate::replay::Input;

/// The format of what is written.
const FORMAT: u32 = 1;
/// Attempts and tasks listed; the rest is counted.
const MAX_ITEMS: usize = 100;
/// Changes listed per task.
const MAX_CHANGES: usize = 20;

/// Compares two reports. Memory does not grow with the number of their tasks, but for the names of those of the old
/// one.
pub fn compare(new: &Path, old: &Path) -> Result<Against, ReportError> {
    let (mut store, old) = Store::fill(|push| read(old, push))?;
    let mut found = Found::default();
    let new = read(new, |task| found.add(&mut store, task))?;
    found.tasks.only_old = store.left().len() as u64;
    Ok(found.finish(&old, &new))
}

impl From<io::Error> for ReportError {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

/// What is found while the tasks go by.
#[derive(Default)]
struct Found {
    tasks: Tasks,
    pairs: Pairs,
    new_violations: Attempts,
    gone_violations: Attempts,
    tally: Tally,
    rulings: u32,
    first: Vec<TaskChangesV1<'static>>,
}

impl Found {
    fn add(&mut self, store: &mut Store, new: &TaskV1<'_>) -> io::Result<()> {
        let Some(line) = store.take(&new.name)? else {
            self.tasks.only_new += 1;
            return Ok(());
        };
        let old: TaskV1<'_> = serde_json::from_slice(&line).map_err(io::Error::other)?;
        if old.runs.is_empty() || new.runs.is_empty() {
            self.tasks.broken += 1;
            return Ok(());
        }
        self.tasks.both += 1;
        self.tasks.decided_otherwise += u64::from(old.decision != new.decision);
        let name = new.name.as_ref();
        let runs = |task: TaskV1<'_>| task.runs.into_iter().map(|run| Run::of(name, run)).collect::<Vec<_>>();
        let (old, new) = (runs(old), runs(new.clone()));
        let sides = |runs: &'_ [Run]| -> TaskPair {
            let now: Vec<_> = new.iter().map(Run::side).collect();
            TaskPair::of(&runs.iter().map(Run::side).collect::<Vec<_>>(), &now)
        };
        self.pairs.add(name, &sides(&old));
        self.attempts(name, &old, &new);
        let replays = |runs: Vec<Run>| runs.into_iter().map(|run| run.replay).collect::<Vec<_>>();
        // Both go through a baseline, which holds nothing that depends on the machine.
        let (old, new) = (Baseline::of(name, replays(old), None), Baseline::of(name, replays(new), None));
        let diff = diff::task(&old, &new.replays);
        self.tally.add(&diff);
        self.rulings += u32::from(diff.changes.iter().any(|change| change.kind == ChangeKind::Ruling));
        if diff.state == State::Changed && self.first.len() < MAX_ITEMS {
            self.first.push(TaskChangesV1::of(&diff, MAX_CHANGES).into_owned());
        }
        Ok(())
    }

    /// Attempts that one side alone has. Steps of one recording are told apart by their ids; those of different
    /// recordings by what they do.
    fn attempts(&mut self, task: &str, old: &[Run], new: &[Run]) {
        for run in new {
            let other = old.iter().find(|other| other.replay.repeat == run.replay.repeat);
            self.new_violations.add_missing(task, run, other);
        }
        for run in old {
            let other = new.iter().find(|other| other.replay.repeat == run.replay.repeat);
            self.gone_violations.add_missing(task, run, other);
        }
    }

    fn finish(self, old: &ReadReport, new: &ReadReport) -> Against {
        let comparisons = self.pairs.comparisons();
        let metrics = metrics(old, new);
        let bars = bars(old, new);
        Against {
            format: FORMAT,
            old: stand(old),
            new: stand(new),
            inputs: changed_inputs(old, new),
            tasks: self.tasks,
            regressions: regressions(&comparisons, &bars),
            metrics,
            bars,
            paired: PairedV1 { rows: paired_rows(&comparisons), other_stage: 0 },
            new_violations: self.new_violations,
            gone_violations: self.gone_violations,
            changes: Changes {
                tasks: self.tally.changed,
                rulings: self.rulings,
                widened: self.tally.widened,
                narrowed: self.tally.narrowed,
                kinds: self.tally.kinds,
                causes: self.tally.causes,
                first: self.first,
            },
        }
    }
}

impl Attempts {
    /// Adds the attempts of `run` that `other` lacks.
    fn add_missing(&mut self, task: &str, run: &Run, other: Option<&Run>) {
        let recording = |run: &Run| run.replay.inputs.get(&Input::Recording).copied();
        let same =
            other.is_some_and(|other| recording(other).is_some() && recording(run) == recording(other));
        let mut known: BTreeMap<Named<'_>, u32> = BTreeMap::new();
        for (_, named) in other.into_iter().flat_map(|other| listed(other, same)) {
            *known.entry(named).or_default() += 1;
        }
        for (step, named) in listed(run, same) {
            match known.get_mut(&named) {
                Some(left) if *left > 0 => *left -= 1,
                _ => {
                    self.total += 1;
                    if self.first.len() < MAX_ITEMS {
                        let (_, label, kind) = named;
                        let (task, label) = (task.to_owned(), label.to_owned());
                        self.first.push(Attempt { task, repeat: run.replay.repeat, step, label, kind });
                    }
                }
            }
        }
    }
}

/// What an attempt is told by: id of the step where both are of one recording, what it does, and its kind.
type Named<'r> = (&'r str, &'r str, ViolationKind);

/// The attempts of a session with the numbers of their steps.
fn listed(run: &Run, by_id: bool) -> impl Iterator<Item = (u32, Named<'_>)> {
    run.violations.iter().flat_map(move |one| {
        let id = if by_id { &*one.step.id } else { "" };
        one.kinds.iter().map(move |kind| (one.step.number, (id, &*one.step.note, kind)))
    })
}

fn stand(report: &ReadReport) -> Stand {
    let summary = &report.summary;
    Stand {
        suite: report.suite.name.clone(),
        stage: report.suite.stage.clone(),
        advice: summary.advice,
        next: summary.next.clone(),
        reason: summary.reasons.first().cloned().unwrap_or_default(),
        exit_code: summary.exit_code,
    }
}

fn changed_inputs(old: &ReadReport, new: &ReadReport) -> Vec<Input> {
    let (old, new) = (&old.summary.inputs, &new.summary.inputs);
    let mut inputs: Vec<_> = old.keys().chain(new.keys()).copied().collect();
    inputs.sort_unstable();
    inputs.dedup();
    inputs.retain(|input| old.get(input) != new.get(input));
    inputs
}

/// The stage where the plugin stands.
fn current(report: &ReadReport) -> Option<&StageV1> {
    report.summary.stages.iter().find(|stage| stage.name == report.suite.stage)
}

fn metrics(old: &ReadReport, new: &ReadReport) -> Vec<MetricChange> {
    let of = |report| current(report).map_or(&[][..], |stage: &StageV1| &stage.metrics);
    let (old, new) = (of(old), of(new));
    let gone = old.iter().filter(|metric| new.iter().all(|other| other.name != metric.name));
    let find =
        |list: &'_ [MetricV1], name: &str| list.iter().find(|metric| metric.name == name).and_then(number);
    let all = new.iter().chain(gone);
    all.map(|metric| {
        let (before, now) = (find(old, &metric.name), find(new, &metric.name));
        let change = before.as_ref().zip(now.as_ref()).map(|(before, now)| now.value - before.value);
        let direction = match (change, metric.better) {
            (None, _) => Direction::Unknown,
            (Some(change), _) if change.abs() < 1e-9 => Direction::Same,
            (Some(_), Better::Neither) => Direction::Moved,
            (Some(change), Better::Higher) if change > 0.0 => Direction::Better,
            (Some(change), Better::Lower) if change < 0.0 => Direction::Better,
            _ => Direction::Worse,
        };
        let (name, unit, better) = (metric.name.clone(), metric.unit, metric.better);
        MetricChange { name, unit, better, old: before, new: now, change, direction }
    })
    .collect()
}

fn number(metric: &MetricV1) -> Option<Number> {
    let value = metric.value.filter(|value| value.is_finite())?;
    Some(Number { value, shown: metric.shown.clone(), samples: metric.samples })
}

/// Bars by stage and text that are not the same in both.
fn bars(old: &ReadReport, new: &ReadReport) -> Vec<BarChange> {
    fn listed(report: &ReadReport) -> impl Iterator<Item = (&str, &str, Status)> {
        let stages = report.summary.stages.iter();
        stages.flat_map(|stage| stage.bars.iter().map(|bar| (&*stage.name, &*bar.text, bar.status)))
    }
    let status = |report, stage: &str, bar: &str| {
        listed(report).find(|(of, text, _)| (*of, *text) == (stage, bar)).map(|(.., status)| status)
    };
    let gone = listed(old).filter(|(stage, bar, _)| status(new, stage, bar).is_none());
    let all = listed(new).chain(gone);
    let changes = all.map(|(stage, bar, _)| BarChange {
        stage: stage.to_owned(),
        bar: bar.to_owned(),
        old: status(old, stage, bar),
        new: status(new, stage, bar),
    });
    changes.filter(|change| change.old != change.new).collect()
}

/// As in a gate: quality that got worse beyond chance, and bars that a single call breaks and that held.
fn regressions(comparisons: &[Comparison], bars: &[BarChange]) -> Vec<String> {
    let worse = comparisons.iter().filter(|one| one.regressed()).map(|one| {
        let (name, moved, p) = (one.row.name, one.changed(), shown_p(one.adjusted));
        format!("{name} is worse in {} of {moved} changed tasks, {p}", one.worse)
    });
    let broken = bars.iter().filter(|bar| {
        (bar.old, bar.new) == (Some(Status::Pass), Some(Status::Fail))
            && Bar::parse(&bar.bar).is_ok_and(|bar| bar.is_hard())
    });
    let broken = broken.map(|bar| format!("{} held and is broken (stage {})", bar.bar, bar.stage));
    worse.chain(broken).collect()
}
