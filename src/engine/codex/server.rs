//! One warm `codex app-server` in its jail, with everything that it talks to.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{Client, ClientError};
use super::home::{CODEX_HOME, Deployment, HOME, Home, StubCommand};
use super::jail::{Jail, JailSpec};
use super::log::Log;
use super::model::{API, LOGS, Model};
use super::play::Play;
use super::program::CodexProgram;
use super::script::{Script, Turn};
use super::tools::ToolServers;
use super::witness::Witness;
use crate::engine::cell::Mount;
use crate::source::Scratch;
use crate::transcript::{Recording, Transcript};

/// Where things lie inside.
const BINARY: &str = "/codex-tools/plugin-eval";
const PROGRAM: &str = "/codex-tools/vendor";
/// A folder that no sandbox opens for writing, and the file in it that every bash reads at its start: commands that run
/// outside of Codex's sandbox leave the ids of their calls there, which Codex hands to them.
const OUTSIDE: &str = "/codex-outside";
const BASH_ENV: &str = "/codex-outside/env";
const TELL_OUTSIDE: &str = "[ -z \"$CODEX_TOOL_CALL_ID\" ] || { echo \"$CODEX_TOOL_CALL_ID\" >>/codex-outside/ran; } 2>/dev/null || :\n";
/// Model with tools of its own, and one whose only tool runs scripts.
const DIRECT_MODEL: &str = "gpt-5.5";
const CODE_MODEL: &str = "gpt-5.6-sol";
/// Time to start, before any task.
const START: Duration = Duration::from_secs(30);
/// Time for logs to arrive when something is missing in them.
const LOG_PATIENCE: Duration = Duration::from_millis(400);

/// What every server is started with.
#[derive(Debug)]
pub(super) struct Setup {
    /// The plugin-eval binary.
    pub(super) binary: PathBuf,
    pub(super) program: CodexProgram,
    pub(super) deployment: Deployment,
    /// Time for one task.
    pub(super) limit: Duration,
}

/// A server that waits for a task.
pub(super) struct CodexServer {
    // Ends before its folders go.
    client: Client,
    jail: Jail,
    model: Model,
    scratch: Scratch,
    /// The end of what it printed as errors.
    complaints: Arc<Mutex<Vec<u8>>>,
    /// Where checkouts stand inside.
    top: String,
    bypass: bool,
    /// What lay in the temporary folder when it had started.
    own_files: Vec<PathBuf>,
}

impl std::fmt::Debug for CodexServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CodexServer").field("top", &self.top).finish_non_exhaustive()
    }
}

/// One task under one stage.
pub(super) struct Part<'p, 't> {
    /// Working folder inside.
    pub(super) cwd: &'p str,
    /// Sandbox mode or permission profile of the stage.
    pub(super) mode: Option<&'p str>,
    pub(super) script: Script,
    pub(super) transcripts: &'p [Transcript<'t>],
    pub(super) witness: Witness,
    /// Recorded verdicts of guardians.
    pub(super) guardians: Vec<bool>,
}

/// What came of it.
pub(super) struct Performance {
    /// The recordings that the CLI made, the main one first.
    pub(super) recordings: Vec<Recording>,
    pub(super) witness: Witness,
    pub(super) log: Log,
    /// The turns that were begun, one for each prompt.
    pub(super) turns: Vec<PlayedTurn>,
    /// Ids of calls whose commands ran outside of Codex's sandbox, as far as there is one.
    pub(super) outside: HashSet<String>,
    /// Recorded calls that the CLI never asked for.
    pub(super) unplayed: Vec<String>,
    /// Requests that the recording had no answer to.
    pub(super) beyond: u32,
    /// MCP calls that the recording has no result of.
    pub(super) missing: Vec<String>,
}

/// A turn that was begun.
pub(super) struct PlayedTurn {
    /// Id that Codex gave it.
    pub(super) id: String,
    /// Why the model was never asked; `None` where it was.
    pub(super) stopped: Option<String>,
}

/// Why a task could not be played.
#[derive(Debug, thiserror::Error)]
pub(super) enum PlayError {
    /// The conversation ended.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// What the CLI wrote cannot be read.
    #[error("the Codex CLI left no recording of it: {0}")]
    NoRecording(String),
    /// A folder could not be prepared.
    #[error("its folders cannot be prepared: {0}")]
    Folder(#[from] std::io::Error),
}

impl CodexServer {
    /// Starts a server for tasks whose checkouts stand at `top` inside.
    pub(super) fn start(setup: &Setup, top: &str) -> Result<Self, String> {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let mut open = Jail::open(&setup.binary).map_err(|error| text(&error))?;
        let port = open.port();
        let model = Model::serve(open.listener().ok_or("its socket was taken")?)?;
        *model.tools() = ToolServers::new(setup.deployment.servers().to_vec());
        let scratch = Scratch::new().map_err(|error| text(&error))?;
        for folder in ["home", "tmp", "work", "outside"] {
            std::fs::create_dir(scratch.path().join(folder)).map_err(|error| text(&error))?;
        }
        std::fs::write(scratch.path().join("outside/env"), TELL_OUTSIDE).map_err(|error| text(&error))?;
        let stub = StubCommand { binary: BINARY.to_owned(), port };
        let home = setup.deployment.lay_out(&scratch.path().join("home"), &stub);
        let home = home.map_err(|error| format!("the plugin cannot be laid out: {error}"))?;
        let spec = spec(setup, &scratch, &home, top, port);
        let mut jail = open.start(&spec).map_err(|error| text(&error))?;
        let (Some(input), Some(output)) = (jail.stdin.take(), jail.stdout.take()) else {
            return Err("its pipes were taken".to_owned());
        };
        let complaints = Arc::new(Mutex::new(Vec::new()));
        if let Some(stderr) = jail.stderr.take() {
            let complaints = complaints.clone();
            std::thread::spawn(move || keep_last(stderr, &complaints));
        }
        let client = Client::new(input, output);
        let bypass = home.bypass;
        let mut server = Self {
            client,
            jail,
            model,
            scratch,
            complaints,
            top: top.to_owned(),
            bypass,
            own_files: Vec::new(),
        };
        server.greet(setup.limit.min(START)).map_err(|error| format!("{error}{}", server.last_words()))?;
        server.own_files = children(&server.scratch.path().join("tmp"));
        Ok(server)
    }

    fn greet(&mut self, limit: Duration) -> Result<(), ClientError> {
        self.client.limit(limit);
        let hello = json!({
            "clientInfo": {"name": "plugin-eval", "title": "plugin-eval", "version": env!("CARGO_PKG_VERSION")},
            "capabilities": {"experimentalApi": true},
        });
        self.client.ask("initialize", &hello, &mut Witness::default())?;
        self.client.tell("initialized")
    }

    /// What the CLI printed as an error, for a message about its end.
    pub(super) fn last_words(&mut self) -> String {
        // What it printed last is on its way; the reader ends with the program.
        self.jail.wait(Duration::from_millis(200));
        let start = Instant::now();
        while Arc::strong_count(&self.complaints) > 1 && start.elapsed() < Duration::from_millis(200) {
            std::thread::sleep(Duration::from_millis(2));
        }
        let complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&complaints);
        let line = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        if line.is_empty() { String::new() } else { format!(": {}", crate::action::short_label(line)) }
    }

    /// The folder on this machine in which the checkout is laid out before [`CodexServer::play`].
    pub(super) fn work(&self) -> PathBuf {
        self.scratch.path().join("work")
    }

    /// Hands what was laid out over to the user inside.
    pub(super) fn give(&self) -> std::io::Result<()> {
        self.jail.give(&self.work())
    }

    /// Where that folder is inside.
    pub(super) fn top(&self) -> &str {
        &self.top
    }

    /// Plays a task to its end, or to the time limit.
    pub(super) fn play(&mut self, part: Part<'_, '_>, limit: Duration) -> Result<Performance, PlayError> {
        self.clear()?;
        self.client.limit(limit);
        let Part { cwd, mode, mut script, transcripts, mut witness, guardians } = part;
        let code_mode = script.code_mode();
        let turns: Vec<(String, bool)> = script.threads.first_mut().map_or_else(Vec::new, |main| {
            main.turns.iter_mut().map(|Turn { prompt, compacted, .. }| (prompt.clone(), *compacted)).collect()
        });
        self.model.tools().load(transcripts);
        *self.model.log() = Log::default();
        *self.model.play() = Play::new(script, guardians);
        let model = if code_mode { CODE_MODEL } else { DIRECT_MODEL };
        let thread = self.start_thread(cwd, mode, model, &mut witness)?;
        self.model.play().bind_main(&thread);
        let (mut unplayed, mut begun) = (Vec::new(), Vec::new());
        for (prompt, compacted) in turns {
            let hooks_before = witness.hooks().len();
            let id = self.turn(&thread, &prompt, compacted, &mut witness)?;
            let mut play = self.model.play();
            let stopped = (!play.was_asked()).then(|| witness.why_stopped(hooks_before));
            begun.push(PlayedTurn { id, stopped });
            unplayed.extend(play.end_turn());
        }
        self.settle(&mut witness)?;
        let recordings = self.recordings(&thread)?;
        // The thread's servers end with it.
        let _ = self.client.ask("thread/delete", &json!({"threadId": thread}), &mut witness);
        let (beyond, left) = {
            let play = self.model.play();
            (play.beyond(), play.left())
        };
        unplayed.extend(left);
        let log = self.model.log().clone();
        for (call, result) in log.results() {
            witness.learn(call, &result.tool, &result.arguments);
        }
        witness.name_hooks();
        let missing = self.model.tools().missing().to_vec();
        let outside = self.outside().iter().map(|id| witness.name(id).to_owned()).collect();
        Ok(Performance { recordings, witness, log, turns: begun, outside, unplayed, beyond, missing })
    }

    fn start_thread(
        &mut self,
        cwd: &str,
        mode: Option<&str>,
        model: &str,
        witness: &mut Witness,
    ) -> Result<String, PlayError> {
        let mut params = json!({"cwd": cwd, "model": model});
        match mode {
            Some(mode @ ("read-only" | "workspace-write" | "danger-full-access")) => {
                params["sandbox"] = json!(mode);
            }
            Some(profile) => params["permissions"] = json!(profile),
            None => {}
        }
        if self.bypass {
            params["config"] = json!({"bypass_hook_trust": true});
        }
        let started = self.client.ask("thread/start", &params, witness)?;
        Ok(started["thread"]["id"].as_str().unwrap_or_default().to_owned())
    }

    fn turn(
        &mut self,
        thread: &str,
        prompt: &str,
        compacted: bool,
        witness: &mut Witness,
    ) -> Result<String, PlayError> {
        let over = |method: &str, params: &Value| method == "turn/completed" && params["threadId"] == thread;
        if compacted {
            self.client.ask("thread/compact/start", &json!({"threadId": thread}), witness)?;
            self.client.wait("a compaction", witness, over)?;
        }
        self.model.play().begin_turn();
        let input = json!([{"type": "text", "text": prompt}]);
        let turn = self.client.ask("turn/start", &json!({"threadId": thread, "input": input}), witness)?;
        self.client.wait("the end of a turn", witness, over)?;
        Ok(turn["turn"]["id"].as_str().unwrap_or_default().to_owned())
    }

    /// Waits for what was told late: notices that are on their way, and logs of calls whose end was not told.
    fn settle(&mut self, witness: &mut Witness) -> Result<(), PlayError> {
        while self.client.linger(Duration::from_millis(5), witness)? {}
        let start = Instant::now();
        while start.elapsed() < LOG_PATIENCE {
            let told = {
                let (play, log) = (self.model.play(), self.model.log());
                play.answers().keys().all(|call| log.ended(call) || witness.ended(call))
            };
            if told {
                break;
            }
            self.client.linger(Duration::from_millis(10), witness)?;
        }
        Ok(())
    }

    /// The recordings of the task: that of the main thread first.
    fn recordings(&self, thread: &str) -> Result<Vec<Recording>, PlayError> {
        let mut files = Vec::new();
        rollouts(&self.codex_home().join("sessions"), &mut files);
        files.sort_by_key(|path| (!path.to_string_lossy().contains(thread), path.clone()));
        if !files.first().is_some_and(|path| path.to_string_lossy().contains(thread)) {
            return Err(PlayError::NoRecording("there is no file of the thread".to_owned()));
        }
        let open =
            |path: &PathBuf| Recording::open(path).map_err(|error| PlayError::NoRecording(error.to_string()));
        files.iter().map(open).collect()
    }

    /// Calls whose commands could write to a folder that no sandbox opens.
    fn outside(&self) -> Vec<String> {
        let told = std::fs::read(self.scratch.path().join("outside/ran")).unwrap_or_default();
        String::from_utf8_lossy(&told).lines().map(str::to_owned).collect()
    }

    /// Removes what the last task left: recordings, data of the plugin, temporary files.
    fn clear(&self) -> std::io::Result<()> {
        for folder in ["sessions", "archived_sessions", "plugins/data"] {
            remove(&self.codex_home().join(folder))?;
        }
        remove(&self.scratch.path().join("outside/ran"))?;
        for path in children(&self.scratch.path().join("tmp")) {
            if !self.own_files.contains(&path) {
                remove(&path)?;
            }
        }
        Ok(())
    }

    fn codex_home(&self) -> PathBuf {
        self.scratch.path().join("home/.codex")
    }
}

/// Where everything lies inside, and how the CLI is started.
fn spec(setup: &Setup, scratch: &Scratch, home: &Home, top: &str, port: u16) -> JailSpec {
    let at = |name: &str| scratch.path().join(name);
    let mount = |source: PathBuf, target: &str| Mount { source, target: target.to_owned() };
    // `vendor/<triple>` holds `bin`, `codex-path` and `codex-resources`, which the program looks for beside itself.
    let bin = setup.program.path.parent().unwrap_or(Path::new("/"));
    let whole = setup.program.tools.as_ref().and_then(|_| bin.parent());
    let (vendor, inside) = match whole {
        Some(vendor) => (vendor, format!("{PROGRAM}/bin")),
        None => (bin, PROGRAM.to_owned()),
    };
    let name = setup.program.path.file_name().unwrap_or_default().to_string_lossy();
    let mut program = vec![format!("{inside}/{name}"), "app-server".to_owned()];
    for setting in settings(port) {
        program.extend(["-c".to_owned(), setting]);
    }
    JailSpec {
        program,
        env: environment(),
        cwd: top.to_owned(),
        read_only: vec![mount(vendor.to_owned(), PROGRAM), mount(setup.binary.clone(), BINARY)],
        writable: vec![
            mount(at("home"), HOME),
            mount(at("tmp"), "/tmp"),
            mount(at("work"), top),
            mount(at("outside"), OUTSIDE),
        ],
        etc: home.etc.clone(),
        ..JailSpec::default()
    }
}

/// Settings that keep the CLI to itself; none of them changes a ruling.
fn settings(port: u16) -> Vec<String> {
    let address = format!("http://127.0.0.1:{port}");
    vec![
        "model_provider=\"plugin_eval\"".to_owned(),
        format!(
            "model_providers.plugin_eval={{name=\"plugin-eval\",base_url=\"{address}{API}\",wire_api=\"responses\",\
             request_max_retries=0,stream_max_retries=0}}"
        ),
        format!("otel.exporter={{otlp-http={{endpoint=\"{address}{LOGS}\",protocol=\"json\"}}}}"),
        "otel.log_user_prompt=false".to_owned(),
        "check_for_update_on_startup=false".to_owned(),
        "analytics.enabled=false".to_owned(),
        "feedback.enabled=false".to_owned(),
        "history.persistence=\"none\"".to_owned(),
        "web_search=\"disabled\"".to_owned(),
        "features.unbounded_connection_retries=false".to_owned(),
        "skills.bundled.enabled=false".to_owned(),
    ]
}

fn environment() -> Vec<(String, String)> {
    let nowhere = "http://127.0.0.1:9";
    let pairs = [
        ("HOME", HOME),
        ("CODEX_HOME", CODEX_HOME),
        ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        ("SHELL", "/bin/bash"),
        ("USER", "user"),
        ("LOGNAME", "user"),
        ("LANG", "C.UTF-8"),
        ("TERM", "dumb"),
        ("TZ", "UTC"),
        ("HTTP_PROXY", nowhere),
        ("HTTPS_PROXY", nowhere),
        ("ALL_PROXY", nowhere),
        ("http_proxy", nowhere),
        ("https_proxy", nowhere),
        ("NO_PROXY", "127.0.0.1,localhost"),
        ("no_proxy", "127.0.0.1,localhost"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "20"),
        ("BASH_ENV", BASH_ENV),
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "safe.directory"),
        ("GIT_CONFIG_VALUE_0", "*"),
        ("PYTHONDONTWRITEBYTECODE", "1"),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Most bytes of errors that are kept.
const MAX_COMPLAINTS: usize = 16 << 10;

fn keep_last(mut stderr: impl std::io::Read, complaints: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stderr.read(&mut buffer) {
        let mut kept = complaints.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(&buffer[..read]);
        let old = kept.len().saturating_sub(MAX_COMPLAINTS);
        kept.drain(..old);
    }
}

fn rollouts(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in children(folder) {
        if path.is_dir() {
            rollouts(&path, found);
        } else if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("rollout-")) {
            found.push(path);
        }
    }
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// Removes a file or folder that may be gone already; links are removed, not followed.
fn remove(path: &Path) -> std::io::Result<()> {
    let Ok(about) = path.symlink_metadata() else { return Ok(()) };
    let removed = if about.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    removed.or_else(|error| if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}
