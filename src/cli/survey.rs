use plugin_eval::baseline::Folder;
use plugin_eval::diff::{self, TaskDiff};
use plugin_eval::engine::codex::Agreement;
use plugin_eval::finding::Finding;
use plugin_eval::metrics::{Side, TaskFacts, TaskPair, Waivers};
use plugin_eval::patch::Patches;
use plugin_eval::replay::{Input, Replay};
use plugin_eval::report::v1::SuiteV1;
use plugin_eval::report::{RenderedTask, TaskReport, rows};
use plugin_eval::suite::{Suite, Task};

use super::engine::Engine;

/// Judges tasks one by one and compares them with their baselines; shared by all threads.
pub(crate) struct Survey<'s> {
    pub(crate) suite: &'s Suite,
    pub(crate) engine: Engine<'s>,
    pub(crate) baselines: Folder,
    pub(crate) waivers: Waivers<'s>,
    /// What became of the sessions' patches.
    pub(crate) patches: Option<Patches>,
    /// What is judged, for the report.
    pub(crate) header: SuiteV1,
}

/// What came out of one task.
pub(crate) struct Surveyed {
    pub(crate) rendered: RenderedTask,
    /// Facts for every stage of the suite, one for each repeat.
    pub(crate) facts: Vec<Vec<TaskFacts>>,
    pub(crate) diff: TaskDiff,
    /// How it stands to its baseline by metrics.
    pub(crate) pair: Pair,
    pub(crate) broken: bool,
    /// How far two engines agree, when two were asked.
    pub(crate) agreement: Option<Agreement>,
}

/// How a task stands to its baseline by metrics.
#[derive(Default)]
pub(crate) enum Pair {
    /// There is none to compare with.
    #[default]
    None,
    /// The baseline was accepted at another stage.
    OtherStage,
    /// Both measured; with the facts as they were accepted, if they changed.
    Both(TaskPair, Option<Vec<TaskFacts>>),
}

/// The replays of a task by stage.
struct Judged {
    stages: Vec<Vec<Replay>>,
    /// What changed since its baseline.
    diff: TaskDiff,
    /// The baseline, where it holds other replays.
    accepted: Option<Vec<Replay>>,
    /// How far two engines agree.
    agreement: Option<Agreement>,
}

impl Survey<'_> {
    /// Judges the task of this index.
    pub(crate) fn task(&self, index: usize) -> Surveyed {
        let name = self.suite.task_names().nth(index).unwrap_or_default();
        let task = match self.suite.task(index) {
            Ok(task) => task,
            Err(findings) => return broken(&self.header, name, None, &findings),
        };
        // Baselines are of the stage where the plugin stands; under another mode all would differ.
        match self.replays(&task, self.suite.standing) {
            Ok(judged) => self.judged(index, &task, judged),
            Err(findings) => broken(&self.header, name, Some(&task), &findings),
        }
    }

    /// What changed in the task of this index under the judged stage, without anything for a report.
    pub(crate) fn diff_of(&self, index: usize) -> Result<TaskDiff, Vec<Finding>> {
        Ok(self.replays(&self.suite.task(index)?, self.suite.current)?.diff)
    }

    /// `compared` is the stage whose replays are compared with the baseline.
    fn replays(&self, task: &Task, compared: usize) -> Result<Judged, Vec<Finding>> {
        let mut stages: Vec<Vec<Replay>> = vec![Vec::new(); self.suite.stages.len()];
        let (mut replays, agreement) = self.engine.replay(task)?;
        if let Some(patches) = &self.patches {
            patches.judge(task, &mut replays);
        }
        for repeat in replays.repeats {
            for (stage, replay) in stages.iter_mut().zip(repeat) {
                stage.push(replay);
            }
        }
        let compared = stages.get(compared).map_or(&[][..], Vec::as_slice);
        let (diff, accepted) = if self.engine.is_live() {
            (TaskDiff::same(&task.name), Some(Vec::new()))
        } else {
            self.diff(task, compared)?
        };
        Ok(Judged { stages, diff, accepted, agreement })
    }

    /// What changed since the baseline of a task, and the baseline if it is another one.
    fn diff(&self, task: &Task, now: &[Replay]) -> Result<(TaskDiff, Option<Vec<Replay>>), Vec<Finding>> {
        let Some(stored) = self.baselines.read(&task.name).map_err(|finding| vec![finding])? else {
            return Ok((TaskDiff::no_baseline(&task.name), Some(Vec::new())));
        };
        if stored.holds(now) {
            return Ok((TaskDiff::same(&task.name), None));
        }
        let baseline = stored.parse()?;
        Ok((diff::task(&baseline, now), Some(baseline.replays)))
    }

    /// Compares a task with its baseline by metrics. What people decided since is taken for both.
    fn pair(&self, now: (&[Replay], &[TaskFacts]), accepted: Option<(&[Replay], Vec<TaskFacts>)>) -> Pair {
        fn sides<'r>((replays, facts): (&'r [Replay], &'r [TaskFacts])) -> Vec<Side<'r>> {
            replays.iter().zip(facts).map(|(replay, facts)| Side::of(replay, facts)).collect()
        }
        let stands = self.header.standing();
        match accepted {
            None => Pair::Both(TaskPair::same(&sides(now)), None),
            Some(([], _)) => Pair::None,
            Some((before, _)) if before.iter().any(|replay| replay.stage != stands) => Pair::OtherStage,
            Some((before, facts)) => {
                let pair = TaskPair::of(&sides((before, &facts)), &sides(now));
                Pair::Both(pair, Some(facts))
            }
        }
    }

    fn judged(&self, index: usize, task: &Task, judged: Judged) -> Surveyed {
        let Judged { stages, diff, mut accepted, agreement } = judged;
        for before in accepted.iter_mut().flatten() {
            take_over(before, &stages[self.suite.current]);
        }
        let facts = |replays: &[Replay]| -> Vec<TaskFacts> {
            let of = |replay| {
                TaskFacts::of(index as u32, replay, &task.decision, &self.suite.role, &self.waivers)
                    .with_skills(replay, &self.suite.role, task.skills.as_deref())
            };
            replays.iter().map(of).collect()
        };
        let current = self.suite.current;
        let standing = self.suite.standing;
        let before = accepted.as_ref().map(|replays| (replays.as_slice(), facts(replays)));
        let facts: Vec<_> = stages.iter().map(|replays| facts(replays)).collect();
        let pair = self.pair((&stages[standing], &facts[standing]), before);
        let others = stages.iter().enumerate().filter(|(at, _)| *at != current);
        let outlook: Vec<&Replay> = others.flat_map(|(_, of)| of).collect();
        let rendered = rows(&TaskReport {
            suite: &self.header,
            task: &task.name,
            labels: &task.labels,
            decision: Some(&task.decision),
            replays: &stages[current],
            facts: &facts[current],
            outlook: &outlook,
            diff: &diff,
            findings: &[],
        });
        Surveyed { rendered, facts, diff, pair, broken: false, agreement }
    }
}

/// Baselines hold no patches and no skills: these follow from the recording, so those of the same recording are the same.
fn take_over(before: &mut Replay, now: &[Replay]) {
    let same = |now: &&Replay| {
        now.repeat == before.repeat
            && now.inputs.get(&Input::Recording) == before.inputs.get(&Input::Recording)
    };
    if let Some(now) = now.iter().find(same) {
        before.patch.clone_from(&now.patch);
        before.skills.clone_from(&now.skills);
    }
}

fn broken(header: &SuiteV1, name: &str, task: Option<&Task>, findings: &[Finding]) -> Surveyed {
    let diff = TaskDiff::same(name);
    let rendered = rows(&TaskReport {
        suite: header,
        task: name,
        labels: task.map_or(&[], |task| &task.labels),
        decision: task.map(|task| &task.decision),
        replays: &[],
        facts: &[],
        outlook: &[],
        diff: &diff,
        findings,
    });
    Surveyed { rendered, facts: Vec::new(), diff, pair: Pair::None, broken: true, agreement: None }
}
