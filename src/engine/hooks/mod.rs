//! The hooks of the boundary at the events of a session: which run, what they answer, what that means for the call.

mod event;
mod life;
mod payload;
mod tool;

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

pub(super) use event::{Asked, Permission, PostTool, PreTool};
pub(super) use payload::body;
pub(super) use tool::Answers;

use super::cell::{Cell, Doubt, Kept, ProcessOutcome};
use super::hook::{self, HookCommand, Occasion, PluginSeat, Reply, Scene};
use super::memory::{Memory, lock};
use super::moment::Moment;
use crate::boundary::Boundary;
use crate::boundary::hooks::{HandlerKind, Hook, HookEvent, HookSource};
use crate::decision::{Phase, Ruling, Verdict};
use crate::finding::Finding;
use crate::plugin::{Plugin, RecordedTools};
use crate::replay::HookRow;
use crate::suite::HookLimits;

/// How hooks are run.
#[derive(Clone, Debug, Default)]
pub struct HookSettings {
    /// The plugin-eval binary, which starts itself again to confine a hook; `None` when it is not known.
    pub binary: Option<PathBuf>,
    /// Run hooks at all?
    pub run: bool,
    /// Bounds that the suite sets.
    pub limits: HookLimits,
}

/// Runs hooks on recorded events.
#[derive(Debug)]
pub(super) struct EventHooks {
    /// The runner, or why nothing is run.
    runner: Result<hook::HookRunner, String>,
    /// What MCP tools answer to hooks, where the suite states it.
    stated: RecordedTools,
    /// Id of the plugin, with its marketplace.
    plugin: String,
    /// Where no hook is declared: what runs those of a project that Codex trusts because it may write there.
    late: Option<Box<Late>>,
}

/// A runner that is made when a hook turns up.
#[derive(Debug)]
struct Late {
    plugin: Plugin,
    settings: HookSettings,
    runner: OnceLock<Result<hook::HookRunner, String>>,
}

/// Every hook that Codex waits for with its answer, or why it was not run.
type Replies<'b, A> = Vec<(&'b Hook, Result<Reply<A>, Cow<'static, str>>)>;

/// All hooks of one event.
struct Round<'b, A> {
    event: HookEvent,
    /// Those that Codex waits for.
    replies: Replies<'b, A>,
    /// Those that run beside, whose answers Codex does not look at.
    beside: Vec<&'b Hook>,
}

impl<A> Round<'_, A> {
    /// A row for every hook; `tell` gives what its answer comes to, and the reason.
    fn rows(&self, tell: impl Fn(&A) -> (&'static str, String)) -> Vec<HookRow> {
        let replies = self.replies.iter().map(|(hook, reply)| match reply {
            Ok(Reply { answer, doubt: None }) => {
                let (outcome, detail) = tell(answer);
                row(self.event, hook, outcome, detail)
            }
            Ok(Reply { doubt: Some(doubt), .. }) => row(self.event, hook, "in doubt", reason(*doubt)),
            Err(why) => row(self.event, hook, "not run", why.to_string()),
        });
        let beside =
            self.beside.iter().map(|hook| row(self.event, hook, "async", "Codex does not wait for it"));
        replies.chain(beside).collect()
    }
}

/// What the hooks of one event come to, with a row for each.
pub(super) struct Answer<V> {
    pub(super) verdict: V,
    pub(super) rows: Vec<HookRow>,
}

impl EventHooks {
    /// Gets ready to run the hooks of these boundaries. When they cannot be confined here they are not run; that is
    /// said once, and their rulings are undetermined.
    pub(super) fn new(
        plugin: &Plugin,
        boundaries: &[Boundary],
        settings: &HookSettings,
        findings: &mut Vec<Finding>,
    ) -> Self {
        let any = boundaries.iter().flat_map(|boundary| boundary.hooks.all()).any(|hook| hook.trust.runs());
        // Projects that the configuration speaks of may bring hooks along.
        if !any && plugin.config.get(&["projects"]).is_none() {
            let late =
                || Late { plugin: plugin.clone(), settings: settings.clone(), runner: OnceLock::new() };
            let writes = settings.run && boundaries.iter().any(|boundary| boundary.sandbox.may_write());
            return Self {
                late: writes.then(|| Box::new(late())),
                runner: Err("no hook runs".to_owned()),
                stated: RecordedTools::default(),
                plugin: plugin.id.clone(),
            };
        }
        let runner =
            if settings.run { runner(plugin, settings) } else { Err("hooks are switched off".to_owned()) };
        if let Err(reason) = &runner {
            let message = format!(
                "the plugin's hooks are NOT run: {reason}; every ruling that they have a say in is undetermined"
            );
            findings.push(Finding::warning("hooks-not-run", message));
        }
        Self { runner, stated: plugin.recorded.clone(), plugin: plugin.id.clone(), late: None }
    }

    /// Is the plugin switched off for the turn?
    pub(super) fn is_off(&self, moment: &Moment<'_>) -> bool {
        moment.context.is_some_and(|context| context.disabled_plugins.iter().any(|id| *id == self.plugin))
    }

    fn runner(&self) -> &Result<hook::HookRunner, String> {
        match &self.late {
            Some(late) => late.runner.get_or_init(|| runner(&late.plugin, &late.settings)),
            None => &self.runner,
        }
    }

    /// Can any hook run?
    pub(super) fn any(&self) -> bool {
        self.runner.is_ok()
    }

    /// Runs all hooks that match an event, in the order of the configuration, and reads their outcomes. Hooks that
    /// run beside the agent have no say and are not run.
    fn run<'b, A>(
        &self,
        event: HookEvent,
        hooks: impl Iterator<Item = &'b Hook>,
        occasion: &Occasion<'_>,
        boundary: &Boundary,
        moment: &Moment<'_>,
        read: impl Fn(&ProcessOutcome, Duration) -> A,
    ) -> Round<'b, A> {
        let call_cwd = payload::call_cwd(moment);
        let told = payload::moment(boundary, moment, call_cwd.as_deref());
        let off = self.is_off(moment);
        let hooks = hooks.filter(|hook| !(off && hook.source == HookSource::Plugin));
        let (beside, awaited): (Vec<_>, Vec<_>) = hooks.partition(|hook| hook.is_async);
        let replies = awaited
            .into_iter()
            .map(|hook| {
                if !hook.trust.runs() {
                    // Codex 0.169: it is told of and fails, without being run.
                    let failed = hook::mcp_tool::failed("plugin contents changed; hook approval required");
                    return (hook, Ok(Reply { answer: read(&failed, hook.timeout), doubt: None }));
                }
                let command = match &hook.kind {
                    HandlerKind::Command(command) => command,
                    HandlerKind::McpTool { server, tool, input } => {
                        let tool = (server.as_str(), tool.as_str(), input);
                        let outcome = self.of_tool(tool, occasion, &told, boundary, moment);
                        let reply = outcome
                            .map(|outcome| Reply { answer: read(&outcome, hook.timeout), doubt: None });
                        return (hook, reply);
                    }
                };
                let runner = match self.runner() {
                    Ok(runner) => runner,
                    Err(reason) => return (hook, Err(reason.clone().into())),
                };
                let Some(files) = moment.untouched.or(moment.site.files) else {
                    return (hook, Err("there are no files for the hook to run in".into()));
                };
                let of_plugin = hook.source == HookSource::Plugin;
                let call = HookCommand { command, timeout: hook.timeout, of_plugin };
                let left = |what: fn(&Memory) -> &Mutex<Kept>| {
                    moment.memory.map(|memory| lock(what(memory)).clone()).unwrap_or_default()
                };
                let (data, changed) = (left(|memory| &memory.data), left(|memory| &memory.changed));
                let scene = Scene {
                    files,
                    root: moment.site.locale.top,
                    branch: moment.branch(),
                    data: &data,
                    changed: &changed,
                    record: Some(moment.record.at(event == HookEvent::PostToolUse)),
                };
                let done = runner.run(&call, &told, occasion, &scene);
                if let (Ok(done), Some(memory)) = (&done, moment.memory) {
                    lock(&memory.changed).clone_from(&done.outcome.changed);
                    if of_plugin {
                        lock(&memory.data).clone_from(&done.outcome.kept);
                    }
                }
                let reply =
                    done.map(|done| Reply { answer: read(&done.outcome, hook.timeout), doubt: done.doubt });
                (hook, reply.map_err(Cow::Owned))
            })
            .collect();
        Round { event, replies, beside }
    }
}

fn runner(plugin: &Plugin, settings: &HookSettings) -> Result<hook::HookRunner, String> {
    let binary = settings.binary.as_ref().ok_or("the program's own file is not known")?;
    let cell = Cell::probe(binary).map_err(|error| error.to_string())?;
    let (name, marketplace) = plugin.id.split_once('@').unwrap_or((&plugin.id, "local"));
    let seat = PluginSeat {
        source: plugin.bundle.root().to_owned(),
        name: name.to_owned(),
        marketplace: marketplace.to_owned(),
        version: plugin.version.clone().unwrap_or_else(|| "local".to_owned()),
    };
    let runner = hook::HookRunner::new(cell, seat, plugin.inputs.hooks).map_err(|error| error.to_string())?;
    Ok(match settings.limits.timeout_seconds {
        Some(seconds) => runner.with_patience(Duration::from_secs(seconds.into())),
        None => runner,
    })
}

/// A row of the replay for a hook.
fn row(event: HookEvent, hook: &Hook, outcome: &'static str, detail: impl Into<String>) -> HookRow {
    HookRow {
        event: event.name().into(),
        rule: hook.rule(),
        outcome: outcome.into(),
        detail: crate::action::short_label(&detail.into()).into_owned(),
    }
}

fn ruling(verdict: Verdict, phase: Phase, reason: impl Into<Cow<'static, str>>, hook: &Hook) -> Ruling {
    Ruling { verdict, phase, reason: reason.into(), rule: hook.rule() }
}

/// The ruling where a hook's answer cannot be known.
fn doubtful(phase: Phase, why: &str, hook: &Hook) -> Ruling {
    ruling(Verdict::Undetermined, phase, format!("what the hook would say is not known: {why}"), hook)
}

fn reason(doubt: Doubt) -> &'static str {
    doubt.reason()
}
