//! Judges tasks, writes the report, and tells what came out; shared by `run` and `merge`.

use std::io::Write;
use std::path::{Path, PathBuf};

use plugin_eval::diff::State;
use plugin_eval::engine::codex::Agreement;
use plugin_eval::engine::in_order;
use plugin_eval::finding::Finding;
use plugin_eval::gate::{Beside, ExitCode};
use plugin_eval::history::{self, RunLine};
use plugin_eval::metrics::{Metrics, Pairs};
use plugin_eval::report::v1::{SuiteV1, SummaryV1};
use plugin_eval::report::{
    AGREEMENT, Outcome, ReportWriter, agreement_differences, agreement_line, agreement_page, quiet, terminal,
};
use plugin_eval::source::{OutputFolder, WriteError};
use plugin_eval::suite::Suite;
use time::Date;

use super::args::{Look, Output};
use super::engine::Engine;
use super::scene::Scene;
use super::selection::pool;
use super::survey::{Pair, Survey, Surveyed};
use super::{github, progress};

/// What is judged, and where it goes.
pub(crate) struct Work<'w> {
    pub(crate) scene: &'w Scene,
    pub(crate) survey: Survey<'w>,
    /// Indexes of tasks, in suite order.
    pub(crate) tasks: Vec<usize>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) output: &'w Output,
    pub(crate) today: Date,
    pub(crate) jobs: usize,
    /// Two engines were asked, and must agree.
    pub(crate) compared: bool,
}

/// Judges, writes the report and tells what came out.
pub(crate) fn conclude(work: &Work<'_>, look: Look) -> anyhow::Result<ExitCode> {
    let Work { scene, survey, tasks, output, .. } = work;
    let suite = &scene.suite;
    let folder = output.folder(suite);
    let some = tasks.len() < suite.task_count();
    anyhow::ensure!(
        !some || output.history.is_none(),
        "--history counts whole runs, and these are some of the tasks"
    );
    let partial = some && output.reports.is_none();
    let folder = if partial { Place::Nowhere(tempfile::tempdir()?) } else { Place::Folder(folder) };
    let mut tally = Tally::new(suite, folder.path())?;
    tally.beside.left_out = suite.task_count() - tasks.len();
    let bar = progress::bar(tasks.len(), look);
    pool(work.jobs)?.install(|| {
        in_order(
            tasks.len(),
            |at| survey.task(tasks[at]),
            |surveyed| {
                bar.inc(1);
                tally.add(surveyed)
            },
        )
    })?;
    bar.finish_and_clear();
    let ran = |name: &str| tasks.iter().any(|index| suite.task_names().nth(*index) == Some(name));
    let agreements = std::mem::take(&mut tally.agreements);
    let (summary, mut code, header) = tally.finish(scene, survey, &work.findings, &ran)?;
    if work.compared && agreements.iter().any(|(_, a)| !a.differences.is_empty()) {
        code = code.or_fails();
    }
    let told = tell_agreement(folder.path(), &suite.name, &survey.engine, &agreements)?;
    let told = match &survey.engine {
        Engine::Live(live) => format!("{} tokens spent\n", live.spent()),
        _ => told,
    };
    let mut out = look.stdout();
    // What was wrong before the run began has been told on standard error.
    let later = summary.notes.iter().skip(work.findings.len()).cloned().collect();
    let news = SummaryV1 { notes: later, ..summary.clone() };
    out.write_all(shown(&header, &news, &folder.shown(suite), look).as_bytes())?;
    out.write_all(told.as_bytes())?;
    if output.github {
        github::tell(&header, &summary, &mut out, &mut look.stderr())?;
    }
    if let Some(path) = &output.history {
        history::append(path, &RunLine::of(&header, &summary, work.today, output.label.clone()))?;
    }
    Ok(code)
}

fn shown(header: &SuiteV1, summary: &SummaryV1, report: &str, look: Look) -> String {
    if look.quiet {
        quiet(header, summary, look.colour())
    } else {
        terminal(header, summary, report, look.colour())
    }
}

/// Writes the page on the agreement of two engines, and gives what the terminal says of it. A page of an earlier run is
/// removed when this one asked only one engine.
fn tell_agreement(
    folder: &Path,
    suite: &str,
    engine: &Engine<'_>,
    agreements: &[(String, Agreement)],
) -> anyhow::Result<String> {
    let path = folder.join(AGREEMENT);
    let Some(version) = engine.codex_version() else {
        return match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(String::new()),
        };
    };
    let page = agreement_page(suite, version, agreements);
    let output = OutputFolder::open(folder)?;
    output.write(AGREEMENT, page.as_bytes())?;
    Ok(format!("{}\n{}", agreement_line(agreements), agreement_differences(agreements, 10)))
}

/// Where the report goes.
enum Place {
    Folder(PathBuf),
    /// A run of some tasks must not take the place of the report on all of them.
    Nowhere(tempfile::TempDir),
}

impl Place {
    fn path(&self) -> &Path {
        match self {
            Self::Folder(path) => path,
            Self::Nowhere(folder) => folder.path(),
        }
    }

    fn shown(&self, suite: &Suite) -> String {
        match self {
            Self::Folder(path) => {
                let path = path.join("gate.md");
                let near = std::env::current_dir().ok().and_then(|here| {
                    std::fs::canonicalize(&path).ok()?.strip_prefix(here).ok().map(Path::to_path_buf)
                });
                near.unwrap_or(path).display().to_string()
            }
            Self::Nowhere(_) => {
                format!(
                    "not written: only some of the tasks of {} ran (name a folder with --reports)",
                    suite.name
                )
            }
        }
    }
}

/// What is added up over a run.
struct Tally {
    writer: ReportWriter,
    /// Metrics of every stage.
    metrics: Vec<Metrics>,
    /// The stage where the plugin stands against the baselines, which are of it.
    pairs: Pairs,
    standing: usize,
    beside: Beside,
    /// How far two engines agree on each task.
    agreements: Vec<(String, Agreement)>,
}

impl Tally {
    fn new(suite: &Suite, folder: &Path) -> Result<Self, WriteError> {
        let writer = ReportWriter::begin(folder, header(suite))?;
        Ok(Self {
            writer,
            metrics: vec![Metrics::new(suite); suite.stages.len()],
            pairs: Pairs::default(),
            standing: suite.standing,
            beside: Beside::default(),
            agreements: Vec::new(),
        })
    }

    fn add(&mut self, surveyed: Surveyed) -> Result<(), WriteError> {
        self.beside.broken += usize::from(surveyed.broken);
        self.beside.changed += usize::from(surveyed.diff.state == State::Changed);
        self.agreements.extend(surveyed.agreement.map(|agreement| (surveyed.diff.task.clone(), agreement)));
        match &surveyed.pair {
            Pair::None => {}
            Pair::OtherStage => self.pairs.leave_out(),
            Pair::Both(pair, before) => {
                self.pairs.add(&surveyed.diff.task, pair);
                if let (Some(before), Some(now)) = (before, surveyed.facts.get(self.standing)) {
                    self.pairs.add_facts(before, now);
                }
            }
        }
        for (metrics, facts) in self.metrics.iter_mut().zip(&surveyed.facts) {
            for fact in facts {
                metrics.add(fact);
            }
        }
        self.writer.push(surveyed.rendered)
    }

    fn finish(
        self,
        scene: &Scene,
        survey: &Survey<'_>,
        findings: &[Finding],
        ran: &dyn Fn(&str) -> bool,
    ) -> Result<(SummaryV1, ExitCode, SuiteV1), WriteError> {
        let suite = &scene.suite;
        let cards: Vec<_> = self.metrics.iter().map(|metrics| Some(metrics.scorecard())).collect();
        let beside = &self.beside;
        let verdict = scene.gate.judge(&cards, Some(&self.pairs), beside);
        let code = ExitCode::of_run(verdict.advice, beside.broken > 0, beside.changed > 0);
        let used = self.metrics[suite.current].waivers_used();
        let mut notes = findings.to_vec();
        notes.extend(survey.waivers.unused(used, ran));
        let waivers: Vec<_> = used.iter().filter_map(|index| suite.waivers.get(*index as usize)).collect();
        let header = self.writer.suite().clone();
        let summary = self.writer.finish(&Outcome {
            verdict: &verdict,
            other_stage: self.pairs.other_stage(),
            cards: &cards,
            exit_code: code,
            waivers: &waivers,
            orphans: &survey.baselines.orphans(suite.task_names()),
            notes: &notes,
        })?;
        Ok((summary, code, header))
    }
}

/// What a report says of a suite.
pub(crate) fn header(suite: &Suite) -> SuiteV1 {
    let path = suite.folder.strip_prefix(suite.home()).unwrap_or(&suite.folder);
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    SuiteV1 {
        name: suite.name.clone(),
        path: parts.join("/"),
        role: suite.role.name.clone(),
        primary: suite.role.primary.as_ref().map(|metric| metric.name.clone()),
        guardrail: suite.role.guardrail.as_ref().map(|metric| metric.name.clone()),
        outcomes: suite.role.outcomes.clone(),
        stage: suite.stage().name.clone(),
        stands: (suite.current != suite.standing)
            .then(|| suite.stages.get(suite.standing).map(|stage| stage.name.clone()))
            .flatten(),
    }
}
