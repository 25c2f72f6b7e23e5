use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::home::{Home, copy_of};
use super::input::{Moment, Occasion};
use super::record::RecordView;
use super::seat::Seat;
use super::witness::Opens;
use crate::engine::cell::{
    self, Cell, CellKind, Doubt, Ended, Job, Keep, Kept, Layer, Limits, Mount, ProcessOutcome,
};
use crate::source::{Checkout, Checkouts, ContentHash, Entry, Files as _, Overlay, Scratch};

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
    /// It opened a recording of the session.
    pub of_record: bool,
}

/// What a hook finds around it.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'s> {
    /// The task's files.
    pub files: &'s Overlay,
    /// The absolute path that the top of the files had when the session ran.
    pub root: &'s str,
    /// The branch that was checked out.
    pub branch: &'s str,
    /// What hooks of the session left in the plugin's data folder.
    pub data: &'s Kept,
    /// What they changed of the task's files.
    pub changed: &'s Kept,
    /// The session's recordings; `None` for sessions that keep none.
    pub record: Option<RecordView<'s>>,
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
            checkouts: Checkouts::of_group(cell::group()),
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

    /// Runs a hook, or gives what an equal run gave. The working folder is that of `moment`. Errors say why nothing was
    /// run, as lowercase fragments.
    pub fn run(
        &self,
        hook: &HookCommand<'_>,
        moment: &Moment<'_>,
        occasion: &Occasion<'_>,
        scene: &Scene<'_>,
    ) -> Result<HookRun, String> {
        let key = self.key(hook, &occasion.essence(moment), scene);
        let once = || self.once(hook, moment, occasion, scene);
        let tells = |run: &HookRun| tells_ids(run, moment, occasion, scene);
        let (run, own) = self.shared(key, &once, &tells)?;
        match &scene.record {
            // What one that reads a recording answers holds for that recording alone.
            Some(record) if run.of_record && !own => {
                let key = ContentHash::of_parts([
                    ("run", key.to_string().as_bytes()),
                    ("record", record.hash().to_string().as_bytes()),
                ]);
                self.shared(key, &once, &tells).map(|(run, _)| run)
            }
            _ => Ok(run),
        }
    }

    /// The run of this key, and whether it was done here and now.
    fn shared(
        &self,
        key: ContentHash,
        once: &dyn Fn() -> Result<HookRun, String>,
        tells: &dyn Fn(&HookRun) -> bool,
    ) -> Result<(HookRun, bool), String> {
        let slot = {
            let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
            if runs.len() >= MAX_RUNS {
                runs.clear();
            }
            runs.entry(key).or_default().clone()
        };
        let mut done = None;
        let kept = slot.get_or_init(|| {
            let run = once();
            let kept = run.as_ref().ok().filter(|run| !tells(run)).cloned();
            done = Some(run);
            kept
        });
        match (done, kept) {
            (Some(run), _) => run.map(|run| (run, true)),
            (None, Some(run)) => Ok((run.clone(), false)),
            (None, None) => once().map(|run| (run, true)),
        }
    }

    fn key(&self, hook: &HookCommand<'_>, essence: &[u8], scene: &Scene<'_>) -> ContentHash {
        let millis = hook.timeout.as_millis().to_le_bytes();
        let [data, changed] = [scene.data, scene.changed].map(identity);
        ContentHash::of_parts([
            ("plugin", self.fingerprint.to_string().as_bytes()),
            ("command", hook.command.as_bytes()),
            ("timeout", &millis),
            ("of_plugin", &[u8::from(hook.of_plugin)]),
            ("essence", essence),
            ("files", scene.files.state().to_string().as_bytes()),
            ("root", scene.root.as_bytes()),
            ("branch", scene.branch.as_bytes()),
            ("data", &data),
            ("changed", &changed),
            ("record", &[u8::from(scene.record.is_some())]),
        ])
    }

    fn once(
        &self,
        hook: &HookCommand<'_>,
        moment: &Moment<'_>,
        occasion: &Occasion<'_>,
        scene: &Scene<'_>,
    ) -> Result<HookRun, String> {
        let Scene { files, root, .. } = *scene;
        let no_files = |error: std::io::Error| format!("the task's files cannot be laid out: {error}");
        let checkout = self.checkouts.get(files, scene.branch).map_err(no_files)?;
        let (mut outcome, of_record) = if files.is_certain() || self.cell.layers() {
            self.in_cell(hook, moment, occasion, scene, &checkout)?
        } else {
            // What another hook opens in the same folder at the same time would be taken for this one's doing.
            let _alone = checkout.alone();
            let opens = cell::Opens::below(checkout.path());
            let (mut outcome, of_record) = self.in_cell(hook, moment, occasion, scene, &checkout)?;
            outcome.opened = opens.and_then(cell::Opens::paths);
            (outcome, of_record)
        };
        let opened = outcome.opened.take();
        let doubtful_files = !files.is_certain()
            && opened.is_none_or(|opened| opened.iter().any(|path| is_doubtful(path, files, scene.changed)));
        let mut doubt = outcome.doubt().or(doubtful_files.then_some(Doubt::Files));
        if outcome.ended == Ended::Timeout && hook.timeout > self.patience {
            doubt = doubt.or(Some(Doubt::Limit));
        }
        let foreign = of_record && scene.record.is_some_and(|record| record.is_foreign());
        doubt = doubt.or(foreign.then_some(Doubt::Record));
        let cut = (hook.of_plugin && scene.data.cut) || scene.changed.cut;
        doubt = doubt.or(cut.then_some(Doubt::Data));
        let seat = self.seat(moment, root, &checkout);
        if doubt.is_none()
            && seat.moved
            && contains(&occasion.essence(moment), root.as_bytes(), moment.call_cwd.unwrap_or(moment.cwd))
        {
            doubt = Some(Doubt::Place);
        }
        Ok(HookRun { outcome, doubt, of_record })
    }

    fn seat(&self, moment: &Moment<'_>, root: &str, checkout: &Checkout) -> Seat {
        let at = checkout.path();
        let below = moment.cwd.strip_prefix(root).unwrap_or_default().trim_start_matches('/');
        // git keeps no empty folders.
        let cwd = if at.join(below).is_dir() { moment.cwd } else { root };
        Seat::new(self.cell.kind(), root, cwd, &at.to_string_lossy())
    }

    /// Runs a hook; tells also whether it opened a recording.
    fn in_cell(
        &self,
        hook: &HookCommand<'_>,
        moment: &Moment<'_>,
        occasion: &Occasion<'_>,
        scene: &Scene<'_>,
        checkout: &Checkout,
    ) -> Result<(ProcessOutcome, bool), String> {
        let seat = self.seat(moment, scene.root, checkout);
        let home = Home::new(self.cell.kind(), &self.plugin, self.plugin_source())
            .map_err(|error| format!("no temporary folder: {error}"))?;
        let (mut mounts, layer) = self.workspace(scene, &seat, checkout);
        let objects = scene.files.base().objects();
        if self.cell.kind() == CellKind::Namespaces && objects.is_absolute() {
            // The history of the snapshot, where git looks for it.
            let target = format!("{}/.git/objects", seat.root.trim_end_matches('/'));
            mounts.push(Mount { source: objects.to_owned(), target });
        }
        mounts.push(Mount { source: self.plugin_source().to_owned(), target: home.plugin_root.clone() });
        let (mut own, mut agent, mut opens) = (None, None, None);
        if let Some(record) = &scene.record {
            let (source, files) = record.lay().map_err(|error| error.to_string())?;
            let target = match self.cell.kind() {
                CellKind::Namespaces => format!("{}/.codex/sessions", home.path),
                CellKind::Confined => source.to_string_lossy().into_owned(),
            };
            let at = |name: Option<&str>| name.map(|name| format!("{target}/{name}"));
            let names = record.names();
            (own, agent, opens) = (at(names.0), at(names.1), Some(Opens::of(&files)));
            mounts.push(Mount { source, target });
        }
        let occasion = occasion.with_agent_transcript(agent.as_deref());
        let call_cwd = moment.call_cwd.map(|cwd| match cwd.strip_prefix(scene.root) {
            Some(below) if below.is_empty() || below.starts_with('/') => format!("{}{below}", seat.root),
            _ => cwd.to_owned(),
        });
        let stdin = occasion.stdin(&Moment {
            cwd: &seat.cwd,
            call_cwd: call_cwd.as_deref(),
            transcript_path: own.as_deref(),
            ..*moment
        });
        let time = hook.timeout.min(self.patience);
        let keep =
            hook.of_plugin.then(|| Keep { folder: home.plugin_data.clone(), before: scene.data.clone() });
        let job = Job {
            shell: self.shell.to_owned(),
            command: if hook.of_plugin { home.replace(hook.command) } else { hook.command.to_owned() },
            env: home.env(hook.of_plugin, self.shell),
            cwd: seat.cwd,
            mounts,
            writable: home.writable.clone(),
            keep,
            layer,
            limits: Limits {
                time_ms: u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
                ..Limits::default()
            },
        };
        let mut outcome = self.cell.run(&job, &stdin).map_err(|error| error.to_string())?;
        if job.layer.is_none() {
            outcome.changed = scene.changed.clone();
        }
        // Without a watch, it may have.
        let opened = opens.is_some_and(|opens| opens.is_none_or(|opens| opens.any()));
        Ok((outcome, opened))
    }

    /// The task's files, which hooks may change where the cell has layers.
    fn workspace(&self, scene: &Scene<'_>, seat: &Seat, checkout: &Checkout) -> (Vec<Mount>, Option<Layer>) {
        let (source, target) = (checkout.path().to_owned(), seat.root.clone());
        if !self.cell.layers() {
            return (vec![Mount { source, target }], None);
        }
        let (before, watch) = (scene.changed.clone(), !scene.files.is_certain());
        (Vec::new(), Some(Layer { source, target, before, watch, group: checkout.group() }))
    }

    fn plugin_source(&self) -> &Path {
        self.copy.as_ref().map_or(&self.plugin.source, Scratch::path)
    }
}

/// Does the hook's output repeat an id of its session? Then other sessions cannot share it.
fn tells_ids(run: &HookRun, moment: &Moment<'_>, occasion: &Occasion<'_>, scene: &Scene<'_>) -> bool {
    let mut ids = vec![moment.session_id, moment.turn_id];
    if let Some((own, agent)) = scene.record.as_ref().map(RecordView::names) {
        ids.extend(own.into_iter().chain(agent));
    }
    let [data, changed] = [&run.outcome.kept, &run.outcome.changed].map(identity);
    ids.extend(moment.agent.map(|agent| agent.id));
    match occasion {
        Occasion::PreToolUse { tool_use_id, .. } | Occasion::PostToolUse { tool_use_id, .. } => {
            ids.push(tool_use_id);
        }
        _ => {}
    }
    ids.iter().filter(|id| !id.is_empty()).any(|id| {
        let find = memchr::memmem::Finder::new(id);
        [&run.outcome.stdout, &run.outcome.stderr, &data, &changed]
            .iter()
            .any(|told| find.find(told).is_some())
    })
}

fn identity(kept: &Kept) -> Vec<u8> {
    if kept.is_empty() { Vec::new() } else { kept.identity() }
}

/// May a command of the session have changed what the hook opened here? Not what hooks alone know of, unless a command
/// names it.
fn is_doubtful(path: &str, files: &Overlay, changed: &Kept) -> bool {
    let found = files.lookup_link(path);
    // A command that made a folder which a hook had made changed nothing.
    let matters = |doubt: &[u8]| {
        let made = std::str::from_utf8(doubt).is_ok_and(|doubt| changed.makes_folder(doubt));
        !doubt.is_empty() && path.as_bytes().starts_with(doubt) && !made
    };
    let named = || files.doubts().any(matters);
    if !found.entry.exists() && changed.changes(path) && !named() {
        return false;
    }
    !found.certain || hides_doubt(&found.entry, &found.path, files)
}

/// Is this a folder in which something may have come or gone?
fn hides_doubt(entry: &Entry, path: &[u8], files: &Overlay) -> bool {
    let parent = |doubt: &[u8]| doubt[..memchr::memrchr(b'/', doubt).unwrap_or(0)].to_vec();
    *entry == Entry::Folder && files.doubts().any(|doubt| parent(doubt) == path)
}

/// Does the input name the recorded place beside its `cwd` field?
fn contains(essence: &[u8], root: &[u8], cwd: &str) -> bool {
    let once = usize::from(cwd.as_bytes().starts_with(root));
    !root.is_empty() && memchr::memmem::find_iter(essence, root).count() > once
}
