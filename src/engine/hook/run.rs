use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::home::{Home, copy_of};
use super::input::{Moment, Occasion};
use super::seat::Seat;
use super::witness::Witness;
use crate::engine::cell::{Cell, CellKind, Doubt, Ended, Job, Limits, Mount, ProcessOutcome};
use crate::source::{Checkout, Checkouts, ContentHash, Overlay, Scratch};

/// Where a plugin lies, and the names that make its place in a Codex home folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginSeat {
    /// The plugin's folder.
    pub source: PathBuf,
    /// Its name.
    pub name: String,
    /// The marketplace that it is installed from.
    pub marketplace: String,
    /// Its version; `local` where the manifest states none.
    pub version: String,
}

/// A command hook that is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HookCommand<'h> {
    /// The command as declared, placeholders such as `${PLUGIN_ROOT}` not yet replaced.
    pub command: &'h str,
    /// How long Codex lets it run.
    pub timeout: Duration,
    /// The plugin declares it, so that it is told where the plugin lies.
    pub of_plugin: bool,
}

/// A hook that has run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookRun {
    /// How it ended and what it wrote.
    pub outcome: ProcessOutcome,
    /// Why its answer might be another one outside the cell.
    pub doubt: Option<Doubt>,
}

/// Runs hooks as Codex 0.169 runs them, each in a cell of its own. Shared by threads; equal runs are done once.
#[derive(Debug)]
pub struct HookRunner {
    cell: Cell,
    plugin: PluginSeat,
    /// Identity of the plugin's files, so that runs of one version are not taken for those of another.
    fingerprint: ContentHash,
    /// Longest time that a hook is given, whatever it declares.
    patience: Duration,
    shell: &'static str,
    checkouts: Checkouts,
    runs: Mutex<HashMap<ContentHash, Slot>>,
    /// The plugin's files where a cell can reach them, if not in their own place.
    copy: Option<Scratch>,
}

/// `None` for a run that must not be handed to others.
type Slot = Arc<OnceLock<Option<HookRun>>>;

/// Runs that are kept; the map is emptied when it is full.
const MAX_RUNS: usize = 50_000;

impl HookRunner {
    /// A runner for the hooks of one plugin. Errors are those of copying the plugin, where the cell needs a copy.
    pub fn new(cell: Cell, plugin: PluginSeat, fingerprint: ContentHash) -> std::io::Result<Self> {
        let copy = match cell.kind() {
            CellKind::Namespaces => None,
            CellKind::Confined => Some(copy_of(&plugin.source)?),
        };
        let shell = if Path::new("/bin/bash").exists() { "/bin/bash" } else { "/bin/sh" };
        let patience = Duration::from_secs(10);
        Ok(Self {
            cell,
            plugin,
            fingerprint,
            patience,
            shell,
            checkouts: Checkouts::default(),
            runs: Mutex::default(),
            copy,
        })
    }

    /// The same, giving hooks at most this long. One that declares more and needs more is in doubt.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Runs a hook, or gives what an equal run gave. `root` is the absolute path that the top of `files` had when the
    /// session ran; the working folder is that of `moment`. Errors say why nothing was run, as lowercase fragments.
    pub fn run(
        &self,
        hook: &HookCommand<'_>,
        moment: &Moment<'_>,
        occasion: &Occasion<'_>,
        files: &Overlay,
        root: &str,
    ) -> Result<HookRun, String> {
        let key = self.key(hook, &occasion.essence(moment), files, root);
        let slot = {
            let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
            if runs.len() >= MAX_RUNS {
                runs.clear();
            }
            runs.entry(key).or_default().clone()
        };
        let mut failed = None;
        let kept = slot.get_or_init(|| {
            let run = self.once(hook, moment, occasion, files, root);
            run.map_err(|error| failed = Some(error)).ok().filter(|run| !tells_ids(run, moment, occasion))
        });
        match (kept, failed) {
            (Some(run), _) => Ok(run.clone()),
            (None, Some(error)) => Err(error),
            (None, None) => self.once(hook, moment, occasion, files, root),
        }
    }

    fn key(&self, hook: &HookCommand<'_>, essence: &[u8], files: &Overlay, root: &str) -> ContentHash {
        let millis = hook.timeout.as_millis().to_le_bytes();
        ContentHash::of_parts([
            ("plugin", self.fingerprint.to_string().as_bytes()),
            ("command", hook.command.as_bytes()),
            ("timeout", &millis),
            ("of_plugin", &[u8::from(hook.of_plugin)]),
            ("essence", essence),
            ("files", files.state().to_string().as_bytes()),
            ("root", root.as_bytes()),
        ])
    }

    fn once(
        &self,
        hook: &HookCommand<'_>,
        moment: &Moment<'_>,
        occasion: &Occasion<'_>,
        files: &Overlay,
        root: &str,
    ) -> Result<HookRun, String> {
        let no_files = |error: std::io::Error| format!("the task's files cannot be laid out: {error}");
        let checkout = self.checkouts.get(files).map_err(no_files)?;
        let (outcome, doubtful_files) = if files.is_certain() {
            (self.in_cell(hook, moment, occasion, root, &checkout)?, false)
        } else {
            // What another hook opens in the same folder at the same time would be taken for this one's doing.
            let _alone = checkout.alone();
            let witness = Witness::of(checkout.path());
            let outcome = self.in_cell(hook, moment, occasion, root, &checkout)?;
            (outcome, witness.is_none_or(|witness| witness.saw_doubtful(files)))
        };
        let mut doubt = outcome.doubt().or(doubtful_files.then_some(Doubt::Files));
        if outcome.ended == Ended::Timeout && hook.timeout > self.patience {
            doubt = doubt.or(Some(Doubt::Limit));
        }
        let seat = self.seat(moment, root, &checkout);
        if doubt.is_none() && seat.moved && contains(&occasion.essence(moment), root.as_bytes(), moment.cwd) {
            doubt = Some(Doubt::Place);
        }
        Ok(HookRun { outcome, doubt })
    }

    fn seat(&self, moment: &Moment<'_>, root: &str, checkout: &Checkout) -> Seat {
        let at = checkout.path();
        let below = moment.cwd.strip_prefix(root).unwrap_or_default().trim_start_matches('/');
        // git keeps no empty folders.
        let cwd = if at.join(below).is_dir() { moment.cwd } else { root };
        Seat::new(self.cell.kind(), root, cwd, &at.to_string_lossy())
    }

    fn in_cell(
        &self,
        hook: &HookCommand<'_>,
        moment: &Moment<'_>,
        occasion: &Occasion<'_>,
        root: &str,
        checkout: &Checkout,
    ) -> Result<ProcessOutcome, String> {
        let seat = self.seat(moment, root, checkout);
        let home = Home::new(self.cell.kind(), &self.plugin, self.plugin_source())
            .map_err(|error| format!("no temporary folder: {error}"))?;
        let stdin = occasion.stdin(&Moment { cwd: &seat.cwd, ..*moment });
        let mut mounts = vec![Mount { source: checkout.path().to_owned(), target: seat.root.clone() }];
        mounts.push(Mount { source: self.plugin_source().to_owned(), target: home.plugin_root.clone() });
        let time = hook.timeout.min(self.patience);
        let job = Job {
            shell: self.shell.to_owned(),
            command: if hook.of_plugin { home.replace(hook.command) } else { hook.command.to_owned() },
            env: home.env(hook.of_plugin, self.shell),
            cwd: seat.cwd,
            mounts,
            writable: home.writable.clone(),
            limits: Limits {
                time_ms: u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
                ..Limits::default()
            },
        };
        self.cell.run(&job, &stdin).map_err(|error| error.to_string())
    }

    fn plugin_source(&self) -> &Path {
        self.copy.as_ref().map_or(&self.plugin.source, Scratch::path)
    }
}

/// Does the hook's output repeat an id of its session? Then other sessions cannot share it.
fn tells_ids(run: &HookRun, moment: &Moment<'_>, occasion: &Occasion<'_>) -> bool {
    let mut ids = vec![moment.session_id, moment.turn_id];
    ids.extend(moment.transcript_path);
    ids.extend(moment.agent.map(|agent| agent.id));
    match occasion {
        Occasion::PreToolUse { tool_use_id, .. } | Occasion::PostToolUse { tool_use_id, .. } => {
            ids.push(tool_use_id);
        }
        Occasion::SubagentStop { agent_transcript_path, .. } => ids.extend(*agent_transcript_path),
        _ => {}
    }
    ids.iter().filter(|id| !id.is_empty()).any(|id| {
        let find = memchr::memmem::Finder::new(id);
        find.find(&run.outcome.stdout).is_some() || find.find(&run.outcome.stderr).is_some()
    })
}

/// Does the input name the recorded place beside its `cwd` field?
fn contains(essence: &[u8], root: &[u8], cwd: &str) -> bool {
    let once = usize::from(cwd.as_bytes().starts_with(root));
    !root.is_empty() && memchr::memmem::find_iter(essence, root).count() > once
}
