use std::collections::HashMap;

use super::line::{History, Measured, RunLine};
use crate::diff::Cause;
use crate::metrics::{Better, CATALOGUE, Definition, find};

/// The runs of one suite at one stage, and each metric over them.
#[derive(Clone, Debug)]
pub struct Trend {
    /// The suite.
    pub suite: String,
    /// The stage.
    pub stage: String,
    /// The runs, oldest first: by day, those of a day as the file has them.
    pub runs: Vec<RunLine>,
    /// Which inputs changed since the run before; the first has none.
    pub causes: Vec<Vec<Cause>>,
    /// The metrics that any of the runs has, in the order of the catalogue.
    pub series: Vec<Series>,
}

/// A metric over runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The metric.
    pub metric: &'static Definition,
    /// One point for each run; `None`: no data.
    pub points: Vec<Option<Point>>,
}

/// A metric of one run.
pub type Point = Measured;

impl Trend {
    /// The trend of each suite and stage that a history holds, in the order in which they first come; `suite` and
    /// `stage` choose, `last` keeps the newest runs.
    pub fn of(history: &History, suite: Option<&str>, stage: Option<&str>, last: usize) -> Vec<Self> {
        let mut places: HashMap<(&str, &str), usize> = HashMap::new();
        let mut groups: Vec<((&str, &str), Vec<RunLine>)> = Vec::new();
        for run in &history.runs {
            let key = (run.suite.as_str(), run.stage.as_str());
            if suite.is_none_or(|suite| suite == key.0) && stage.is_none_or(|stage| stage == key.1) {
                let place = *places.entry(key).or_insert(groups.len());
                if place == groups.len() {
                    groups.push((key, Vec::new()));
                }
                groups[place].1.push(run.clone());
            }
        }
        groups.into_iter().map(|(key, runs)| Self::of_one(key, runs, last)).collect()
    }

    fn of_one((suite, stage): (&str, &str), mut runs: Vec<RunLine>, last: usize) -> Self {
        runs.sort_by(|a, b| a.date.cmp(&b.date));
        let causes: Vec<_> = (0..runs.len())
            .map(|at| at.checked_sub(1).map_or_else(Vec::new, |before| changed(&runs[before], &runs[at])))
            .collect();
        let first = runs.len().saturating_sub(last);
        let runs = runs.split_off(first);
        let causes = causes[first..].to_vec();
        let series = CATALOGUE
            .iter()
            .map(|metric| Series {
                metric,
                points: runs.iter().map(|run| run.metrics.get(metric.name).copied()).collect(),
            })
            .filter(|series| series.points.iter().any(Option::is_some))
            .collect();
        Self { suite: suite.to_owned(), stage: stage.to_owned(), runs, causes, series }
    }

    /// A metric by name or alias.
    pub fn get(&self, name: &str) -> Option<&Series> {
        let metric = find(name).ok()?;
        self.series.iter().find(|series| series.metric == metric)
    }

    /// How a run is called: its label, else its day.
    pub fn name(&self, at: usize) -> &str {
        self.runs.get(at).map_or("", |run| run.label.as_deref().unwrap_or(&run.date))
    }
}

/// The inputs that differ between two runs; with none, another version of the tool.
fn changed(before: &RunLine, now: &RunLine) -> Vec<Cause> {
    let mut inputs: Vec<_> = before.inputs.keys().chain(now.inputs.keys()).copied().collect();
    inputs.sort_unstable();
    inputs.dedup();
    let mut causes: Vec<Cause> = inputs
        .into_iter()
        .filter(|input| before.inputs.get(input) != now.inputs.get(input))
        .map(Cause::from)
        .collect();
    if before.tool != now.tool {
        causes.push(Cause::Tool);
    }
    causes
}

impl Series {
    /// The newest value and what it is measured against: the median of up to `window` values before it.
    pub fn newest(&self, window: usize) -> (Option<Point>, Option<f64>) {
        let Some((newest, before)) = self.points.split_last() else { return (None, None) };
        let mut values: Vec<f64> =
            before.iter().rev().flatten().take(window).map(|point| point.value).collect();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let median = match values.len() {
            0 => None,
            odd if odd % 2 == 1 => values.get(middle).copied(),
            _ => Some(f64::midpoint(values[middle - 1], values[middle])),
        };
        (*newest, median)
    }

    /// By how much `now` is worse than `before`; never less than 0 for a metric with a better side, and the distance for
    /// one without.
    pub fn worsening(&self, before: f64, now: f64) -> f64 {
        match self.metric.better {
            Better::Higher => (before - now).max(0.0),
            Better::Lower => (now - before).max(0.0),
            Better::Neither => (now - before).abs(),
        }
    }
}
