//! A scenario as its file says it: a plugin, a configuration, what the model asks for and what the person answers.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

/// One file below `scenarios/`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// What it shows, in one line.
    pub(crate) about: String,
    /// Rows of `rows.txt` that it shows.
    pub(crate) covers: Vec<String>,
    /// Sandbox mode or permission profile; absent: what the configuration says.
    pub(crate) mode: Option<String>,
    /// The native engine refuses the suite, and says this among its reasons. The real CLI refuses to start as well,
    /// unless `about` says what it does instead.
    pub(crate) refuses: Option<String>,
    /// Calls on which the engines are known to differ, and why; each is work to be done.
    #[serde(default)]
    pub(crate) open: BTreeMap<String, String>,
    /// The model; one with direct tools if absent.
    #[serde(default = "direct")]
    pub(crate) model: String,
    /// Do hooks run that nobody has trusted? They do unless this says otherwise.
    #[serde(default)]
    pub(crate) trust: Trust,
    /// `config.toml`; of two, the first is the system's and the second the user's.
    #[serde(default)]
    pub(crate) config: Layers,
    /// `rules/default.rules`.
    pub(crate) rules: Option<String>,
    /// `requirements.toml`.
    pub(crate) requirements: Option<String>,
    /// `hooks.json` of the user, beside `config.toml`.
    pub(crate) user_hooks: Option<String>,
    /// Files beside the user's `config.toml`, by path.
    #[serde(default)]
    pub(crate) beside: BTreeMap<String, String>,
    /// The working folder, where it is not the top of the snapshot.
    #[serde(default = "top")]
    pub(crate) cwd: String,
    /// The workspace roots, where they are not the working folder.
    pub(crate) roots: Option<Vec<String>>,
    /// Files of the plugin, by path. Absent: what `hook` and `mcp` need.
    #[serde(default)]
    pub(crate) plugin: BTreeMap<String, String>,
    /// Hooks of the plugin, in the order of `hooks/hooks.json`.
    #[serde(default)]
    pub(crate) hook: Vec<Hook>,
    /// Tools of each MCP server with their annotations.
    #[serde(default)]
    pub(crate) mcp: BTreeMap<String, BTreeMap<String, Value>>,
    /// Files of the snapshot, by path.
    #[serde(default)]
    pub(crate) files: BTreeMap<String, File>,
    /// What the user asks for, when there is one turn only.
    #[serde(default = "go")]
    pub(crate) prompt: String,
    /// What the model does, when there is one turn only.
    #[serde(default)]
    pub(crate) steps: Vec<Step>,
    /// Several turns.
    #[serde(default)]
    pub(crate) turn: Vec<Turn>,
    /// The user has the history summarised after the last turn.
    #[serde(default)]
    pub(crate) compact_at_end: bool,
    /// What sub-agents do, by the text of their task.
    #[serde(default)]
    pub(crate) agents: BTreeMap<String, Vec<Step>>,
}

fn direct() -> String {
    "gpt-5.5".to_owned()
}

fn top() -> String {
    super::session::CWD.to_owned()
}

fn go() -> String {
    "go".to_owned()
}

/// Whose hooks run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Trust {
    /// All, as when Codex is told to pass over trust.
    #[default]
    All,
    /// Those that the configuration trusts.
    Configured,
}

/// One text or several.
#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
pub(crate) enum Layers {
    /// No file.
    #[default]
    None,
    /// The user's.
    One(String),
    /// The system's and the user's.
    Two([String; 2]),
}

/// A hook of the plugin.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hook {
    /// The event.
    pub(crate) on: String,
    /// What it matches.
    pub(crate) matcher: Option<String>,
    /// The command.
    pub(crate) run: String,
    /// Seconds.
    pub(crate) timeout: Option<u32>,
    /// It is not waited for.
    #[serde(default, rename = "async")]
    pub(crate) is_async: bool,
}

/// A file of the snapshot.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum File {
    /// Its text; a text that begins with `#!` may be executed.
    Text(String),
    /// A symbolic link.
    Link {
        /// Where it points.
        link: String,
    },
}

/// What happens from one prompt to the next.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Turn {
    /// The prompt.
    #[serde(default = "go")]
    pub(crate) prompt: String,
    /// What the model does.
    #[serde(default)]
    pub(crate) steps: Vec<Step>,
    /// Plugins that the user has switched off for this turn.
    #[serde(default)]
    pub(crate) disabled_plugins: Vec<String>,
    /// The user has the history summarised before it.
    #[serde(default)]
    pub(crate) compact: bool,
    /// The user interrupts it while the model is asked. A turn whose last step has an `open` call is interrupted anyway.
    #[serde(default)]
    pub(crate) interrupted: bool,
}

impl Turn {
    /// Does the user interrupt it?
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupted || ends_open(&self.steps)
    }
}

/// Had a call of the last step not ended when the turn was over?
pub(crate) fn ends_open(steps: &[Step]) -> bool {
    let open = |call: &OneCall| matches!(call, OneCall::Full(call) if call.open);
    steps.last().is_some_and(|step| step.calls().iter().any(open))
}

/// One answer of the model: a call, or several at once.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Step {
    /// Several calls at once.
    Parallel(Vec<OneCall>),
    /// One call.
    Single(OneCall),
}

impl Step {
    /// Its calls.
    pub(crate) fn calls(&self) -> &[OneCall] {
        match self {
            Self::Parallel(calls) => calls,
            Self::Single(call) => std::slice::from_ref(call),
        }
    }

    /// No call: what the user says while the turn runs.
    pub(crate) fn says(&self) -> Option<&str> {
        match self {
            Self::Single(OneCall::Full(call)) => call.say.as_deref(),
            _ => None,
        }
    }

    /// No call: the history is summarised.
    pub(crate) fn compacts(&self) -> bool {
        matches!(self, Self::Single(OneCall::Full(call)) if call.compact)
    }
}

/// A command, or any other call.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum OneCall {
    /// A command.
    Command(String),
    /// Any other call, or a command with more to say.
    Full(Box<Call>),
}

/// A call; exactly one of `run`, `patch`, `js`, `mcp`, `tool`, `spawn` and `raw` is given.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    /// Its id; `c1`, `c2` … in the order of the file if absent.
    pub(crate) id: Option<String>,
    /// A command.
    pub(crate) run: Option<String>,
    /// Ask to run the command outside the sandbox.
    #[serde(default)]
    pub(crate) escalate: bool,
    /// A patch for the tool `apply_patch`.
    pub(crate) patch: Option<String>,
    /// A script of code mode.
    pub(crate) js: Option<String>,
    /// `server/tool`.
    pub(crate) mcp: Option<String>,
    /// A tool of Codex's own; `namespace/name` or a name.
    pub(crate) tool: Option<String>,
    /// Task of a sub-agent to start.
    pub(crate) spawn: Option<String>,
    /// A response item as it is.
    pub(crate) raw: Option<Value>,
    /// No call: the user says this while the turn runs.
    pub(crate) say: Option<String>,
    /// No call: Codex summarises the history by itself here.
    #[serde(default)]
    pub(crate) compact: bool,
    /// Arguments, or more arguments of a command.
    #[serde(default)]
    pub(crate) with: BTreeMap<String, Value>,
    /// What the person answers when asked.
    pub(crate) person: Option<Person>,
    /// What the person answers about each call inside a script, in order.
    #[serde(default)]
    pub(crate) each: Vec<Person>,
    /// For how long the person's answer holds: `session`, or `rule` for a rule that is added with it.
    #[serde(rename = "for")]
    pub(crate) holds: Option<String>,
    /// What a guardian answers when asked.
    pub(crate) guardian: Option<Person>,
    /// What it printed or returned in the recording.
    pub(crate) output: Option<String>,
    /// Commands of a script that had ended when it was recorded; the recording has an item of each.
    #[serde(default)]
    pub(crate) ended: Vec<String>,
    /// It had not ended when the user interrupted the turn.
    #[serde(default)]
    pub(crate) open: bool,
    /// Exit code of the command in the recording.
    #[serde(default)]
    pub(crate) exit: i32,
    /// The command was still running when the model was answered, in a terminal of this number.
    pub(crate) running: Option<u32>,
}

/// Answers of the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Person {
    /// Lets it run.
    Accepted,
    /// Lets it run, and has to rework what came of it.
    Reworked,
    /// Refuses.
    Declined,
}

impl Scenario {
    /// All turns.
    pub(crate) fn turns(&self) -> Vec<Turn> {
        if self.turn.is_empty() {
            let (prompt, steps) = (self.prompt.clone(), self.steps.clone());
            return vec![Turn { prompt, steps, ..Turn::default() }];
        }
        self.turn.clone()
    }

    /// Does the recording have to tell of the ends of turns?
    pub(crate) fn tells_ends(&self) -> bool {
        let told = |turn: &Turn| turn.is_interrupted() || turn.steps.iter().any(|step| step.says().is_some());
        self.compact_at_end || self.compacts() || self.turns().iter().any(told)
    }

    fn compacts(&self) -> bool {
        self.turns().iter().any(|turn| turn.compact || turn.steps.iter().any(Step::compacts))
    }
}

/// A scenario with its name, `<area>/<name>`.
#[derive(Debug)]
pub(crate) struct Named {
    /// Name.
    pub(crate) name: String,
    /// The scenario.
    pub(crate) scenario: Scenario,
}

/// Reads all scenarios below a folder, in the order of their names. Problems name the file, line and column.
pub(crate) fn read_all(folder: &Path) -> Result<Vec<Named>, Vec<String>> {
    let mut files = Vec::new();
    list(folder, &mut files);
    files.sort();
    let mut all = Vec::new();
    let mut problems = Vec::new();
    for file in files {
        let shown = file.strip_prefix(folder).unwrap_or(&file).with_extension("");
        let name = shown.to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(&file).map_err(|error| error.to_string());
        match text.and_then(|text| toml::from_str::<Scenario>(&text).map_err(|error| error.to_string())) {
            Ok(scenario) => all.push(Named { name, scenario }),
            Err(error) => problems.push(format!("{name}.toml: {error}")),
        }
    }
    if problems.is_empty() { Ok(all) } else { Err(problems) }
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            list(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
}
