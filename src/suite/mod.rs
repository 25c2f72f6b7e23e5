//! A suite folder: the role, the plugin, the stages with their bars, and the tasks.
//!
//! ```text
//! suites/<suite>/suite.toml
//! suites/<suite>/tasks/<task>/task.toml, prompt.md, session.jsonl[.zst], session.<label>.jsonl[.zst]
//! suites/<suite>/repos/<name>.bundle
//! ```
//!
//! [`Suite::load`] reads `suite.toml` and lists the tasks; [`Suite::task`] reads one task when it is needed, so that a
//! suite of any size costs little memory. Reading is strict: unknown keys are errors, and all problems of a file
//! are collected with their places.

mod coverage;
mod decision;
mod edit;
mod fields;
mod files;
mod formatter;
mod masked;
mod name;
mod origin;
mod output;
mod partition;
mod plugin;
mod proposal;
mod repos;
mod role;
mod stage;
mod task;
mod waiver;

use std::path::{Path, PathBuf};

pub use coverage::CoverageReports;
pub use edit::{Kept, NotToml, ProposedPart, SuiteEdit, TaskEdit};
pub use formatter::{Formatter, PATH as FORMATTER_PATH};
pub use masked::write_masked;
pub use name::name_problem;
pub use origin::{Origin, Tree};
pub use output::{AgentFinding, AgentOutput, Extract, RoleOutput};
pub use partition::Partition;
pub use plugin::HookLimits;
pub use repos::Repos;
pub use role::{MetricName, Role, SIMILARITY, Success};
pub use stage::{BarText, Stage};
pub use task::{SessionFile, SnapshotRef, Task};
pub use waiver::{Waived, Waiver, parse_day};

use crate::finding::{Finding, Severity, closest};
use crate::plugin::PluginSpec;
use crate::source::{ContentHash, Place, TextFile};

use fields::{Fields, Problems, read_document};
use files::TaskFolder;
use plugin::{What, check_path, read_hook_limits, read_plugin};

/// One role, one plugin, many tasks, the bars per stage.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The folder, resolved.
    pub folder: PathBuf,
    /// Name; baselines and reports are filed under it.
    pub name: String,
    /// The role card.
    pub role: Role,
    /// The plugin and the configuration deployed with it.
    pub plugin: PluginSpec,
    /// Bounds for hooks while they are replayed.
    pub hooks: HookLimits,
    /// The stages of the rollout, in order; at least one.
    pub stages: Vec<Stage>,
    /// Index of the stage where the plugin stands now.
    pub standing: usize,
    /// Index of the stage that is judged: where the plugin stands, unless the caller asks for another one.
    pub current: usize,
    /// Accepted exceptions.
    pub waivers: Vec<Waiver>,
    /// The repositories that tasks name.
    pub repos: Repos,
    /// How many sessions of a task must all succeed, for the metric `pass_k`.
    pub pass_k: Option<u32>,
    /// Suite whose accepted baselines this one is compared with; its own name unless it says otherwise.
    pub baselines: String,
    /// Identity of `suite.toml`.
    pub hash: ContentHash,
    tasks: Vec<TaskFolder>,
    tasks_folder: PathBuf,
    repos_folder: PathBuf,
    tasks_shown: String,
    /// What links of tasks may not lead out of.
    tasks_root: PathBuf,
}

/// Newest version of the format of `suite.toml`.
const FORMAT: u32 = 1;
const KEYS: &[&str] = &["suite", "role", "plugin", "stage", "waiver", "repos", "hooks"];
const SUITE_KEYS: &[&str] = &["format", "name", "stage", "tasks", "repos", "baselines", "pass_k"];

impl Suite {
    /// Reads `suite.toml` of a folder and lists its tasks. All problems go to `findings`; `None` when the suite
    /// cannot be used. Broken tasks are no problem of the suite: [`Suite::task`] tells about them.
    pub fn load(folder: &Path, findings: &mut Vec<Finding>) -> Option<Self> {
        let mut own = Vec::new();
        let suite = Self::read(folder, &mut own);
        let usable = own.iter().all(|finding| finding.severity != Severity::Error);
        findings.extend(own);
        suite.filter(|_| usable)
    }

    /// The suite as far as it can be read, for finding more problems in the same go. It must not be run when
    /// `findings` holds an error.
    pub fn read(folder: &Path, findings: &mut Vec<Finding>) -> Option<Self> {
        let folder = if folder.file_name().is_some_and(|name| name == "suite.toml") && folder.is_file() {
            folder.parent().unwrap_or(folder)
        } else {
            folder
        };
        let unreadable = |message: String| {
            Finding::error("unreadable-suite", message)
                .help("name the folder that holds suite.toml")
                .at(Place::file("suite.toml"))
        };
        let folder = match std::fs::canonicalize(folder) {
            Ok(resolved) => resolved,
            Err(error) => {
                findings.push(unreadable(format!("{}: {}", folder.display(), error.kind())));
                return None;
            }
        };
        match TextFile::read(&folder.join("suite.toml"), "suite.toml") {
            Ok(file) => read_suite(folder, &file, findings),
            Err(error) => {
                findings.push(unreadable(files::reason(&error)));
                None
            }
        }
    }

    /// Number of tasks.
    pub fn task_count(&self) -> usize {
        self.tasks.len()
    }

    /// Names of all tasks, broken ones included, in suite order.
    pub fn task_names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.tasks.iter().map(|task| task.name.as_str())
    }

    /// Index of a task by name.
    pub fn find_task(&self, name: &str) -> Option<usize> {
        self.tasks.binary_search_by(|task| task.name.as_str().cmp(name)).ok()
    }

    /// Reads a task; the findings say all that is wrong with a broken one. Tasks can be read in any order and on
    /// any thread.
    pub fn task(&self, index: usize) -> Result<Task, Vec<Finding>> {
        let Some(task) = self.tasks.get(index) else {
            return Err(vec![Finding::error("no-task", format!("the suite has no task number {index}"))]);
        };
        if let Some(problem) = &task.problem {
            return Err(vec![Finding::clone(problem)]);
        }
        let context = task::Context { role: &self.role, repos: &self.repos, root: &self.tasks_root };
        let shown = format!("{}/{}", self.tasks_shown, task.name);
        task::read_task(&task.name, &self.tasks_folder.join(&task.name), &shown, &context)
    }

    /// The folder of its tasks; one that `suite.toml` does not name need not be there.
    pub fn tasks_folder(&self) -> &Path {
        &self.tasks_folder
    }

    /// The folder of its bundles, which need not be there.
    pub fn repos_folder(&self) -> &Path {
        &self.repos_folder
    }

    /// The stage that is judged.
    pub fn stage(&self) -> &Stage {
        &self.stages[self.current]
    }

    /// The folder beside which `baselines/` and `reports/` stand: the parent of the `suites` folder that holds the
    /// suite, or of the suite itself if none does.
    pub fn home(&self) -> &Path {
        let suites =
            self.folder.ancestors().skip(1).find(|above| above.file_name().is_some_and(|n| n == "suites"));
        suites.unwrap_or(&self.folder).parent().unwrap_or(&self.folder)
    }
}

fn read_suite(folder: PathBuf, file: &TextFile, findings: &mut Vec<Finding>) -> Option<Suite> {
    let mut problems = Problems::new(file);
    let mut elsewhere = Vec::new();
    let suite = read_document(&mut problems, |table, problems| {
        let top = Fields::open("suite.toml", table, 0..0, KEYS, problems);
        read_tables(&top, folder, problems, &mut elsewhere)
    });
    findings.extend(problems.finish());
    findings.extend(elsewhere);
    suite
}

/// Folders that `[suite]` may share with another suite.
struct Shared {
    folder: PathBuf,
    shown: String,
    /// `suite.toml` names the folder; if it is not there, that has been reported.
    named: bool,
}

impl Shared {
    fn read(fields: &Fields<'_, '_>, key: &'static str, suite: &Path, problems: &mut Problems<'_>) -> Self {
        match fields.text(key, problems) {
            Some(text) => {
                check_path(suite, &text, What::Folder, problems);
                let shown = text.value.trim_start_matches("./").trim_end_matches('/').to_owned();
                Self { folder: suite.join(text.value), shown, named: true }
            }
            None => Self { folder: suite.join(key), shown: key.to_owned(), named: false },
        }
    }
}

fn read_tables(
    top: &Fields<'_, '_>,
    folder: PathBuf,
    problems: &mut Problems<'_>,
    elsewhere: &mut Vec<Finding>,
) -> Option<Suite> {
    if top.get("suite").is_none() {
        problems.error(
            &(0..0),
            "missing-key",
            "the suite lacks `[suite]`",
            "add `[suite]` with `name` and `stage`",
        );
    }
    let header = top.table("suite", "[suite]", SUITE_KEYS, problems);
    let role = role::read_role(top, problems);
    let plugin = read_plugin(top, &folder, problems);
    let hooks = read_hook_limits(top, problems);
    let stages = stage::read_stages(top, problems);
    if top.get("stage").is_none() {
        let help = "add at least one stage with `name` and `bars`";
        problems.error(&(0..0), "missing-key", "the suite lacks `[[stage]]`", help);
    }
    let waivers = waiver::read_waivers(top, problems);
    let header = header?;
    header.format_version(FORMAT, problems);
    let name = read_name(&header, "name", problems);
    if header.get("name").is_none() {
        header.missing("name", problems);
    }
    let standing = read_standing(&header, &stages, problems);
    let shared_repos = Shared::read(&header, "repos", &folder, problems);
    let repos = repos::read_repos(top, &folder, &shared_repos.folder, problems);
    let baselines = read_name(&header, "baselines", problems);
    let pass_k = header.number("pass_k", 1, 1000, problems);
    let shared_tasks = Shared::read(&header, "tasks", &folder, problems);
    let (tasks_folder, tasks) = list_tasks(&shared_tasks, problems, elsewhere);
    check_waivers(&waivers, &tasks, problems);
    let tasks_root = if tasks_folder.starts_with(&folder) { folder.clone() } else { tasks_folder.clone() };
    Some(Suite {
        baselines: baselines.or_else(|| name.clone())?,
        name: name?,
        role,
        plugin: plugin?,
        hooks,
        standing: standing?,
        current: standing?,
        pass_k,
        stages,
        waivers,
        repos,
        hash: problems.file().hash(),
        tasks,
        tasks_folder,
        repos_folder: shared_repos.folder,
        tasks_shown: shared_tasks.shown,
        tasks_root,
        folder,
    })
}

fn read_name(fields: &Fields<'_, '_>, key: &'static str, problems: &mut Problems<'_>) -> Option<String> {
    let text = fields.text(key, problems)?;
    if let Some(why) = name_problem(text.value) {
        let help = "it becomes the name of a folder";
        problems.error(&text.span, "bad-name", format!("the suite name `{}` {why}", text.value), help);
        return None;
    }
    Some(text.value.to_owned())
}

/// The index of the stage where the plugin stands: the one that `[suite] stage` names, or the first.
fn read_standing(header: &Fields<'_, '_>, stages: &[Stage], problems: &mut Problems<'_>) -> Option<usize> {
    if header.get("stage").is_none() {
        return (!stages.is_empty()).then_some(0);
    }
    let text = header.text("stage", problems)?;
    let found = stages.iter().position(|stage| stage.name == text.value);
    if found.is_none() && !stages.is_empty() {
        let names = stages.iter().map(|stage| stage.name.as_str());
        let help = match closest(text.value, names.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known stages: {}", names.collect::<Vec<_>>().join(", ")),
        };
        problems.error(&text.span, "unknown-stage", format!("there is no stage `{}`", text.value), help);
    }
    found.or((!stages.is_empty()).then_some(0))
}

fn list_tasks(
    shared: &Shared,
    problems: &mut Problems<'_>,
    elsewhere: &mut Vec<Finding>,
) -> (PathBuf, Vec<TaskFolder>) {
    let listed = std::fs::canonicalize(&shared.folder)
        .and_then(|root| files::list_tasks(&root, &shared.shown, elsewhere).map(|tasks| (root, tasks)));
    match listed {
        Ok((root, tasks)) => {
            if tasks.is_empty() {
                let help =
                    "`plugin-eval import ~/.codex --suite` with this folder makes some of your sessions";
                let finding = Finding::warning("no-tasks", "the suite has no tasks yet").help(help);
                elsewhere.push(finding.at(Place::file(shared.shown.as_str())));
            }
            (root, tasks)
        }
        Err(_) if shared.named => (shared.folder.clone(), Vec::new()),
        Err(error) => {
            let message = format!("the tasks cannot be listed: {}", error.kind());
            let help = format!("make the folder `{}`, or name another with `tasks` in [suite]", shared.shown);
            problems.error(&(0..0), "no-tasks", message, help);
            (shared.folder.clone(), Vec::new())
        }
    }
}

/// A waiver for a task that is not there has no effect; it may be left over, so this is no error.
fn check_waivers(waivers: &[Waiver], tasks: &[TaskFolder], problems: &mut Problems<'_>) {
    let known = |name: &str| tasks.binary_search_by(|task| task.name.as_str().cmp(name)).is_ok();
    for waiver in waivers.iter().filter(|waiver| !known(&waiver.task)) {
        let finding =
            Finding::warning("unused-waiver", format!("the waiver names no task: `{}`", waiver.task));
        let finding = match closest(&waiver.task, tasks.iter().map(|task| task.name.as_str())) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding.help("remove it"),
        };
        problems.push_at(waiver.place.clone(), finding);
    }
}

#[cfg(test)]
mod tests;
