use std::borrow::Cow;
use std::collections::HashMap;

use super::attempt::{Attempt, step_kind};
use super::edits;
use super::hook::{RecordView, Records, Until};
use super::hooks::Answers;
use super::judge::Judge;
use super::judged::Judged;
use super::life::{self, Life};
use super::lifecycle::Happening;
use super::moment::{Moment, may_write};
use super::recordings::Recordings;
use super::thread::{Run, StepRef, roles, steps};
use super::touch::{Locale, Site};
use super::workspace::Workspace;
use crate::action::{Action, Command, Shell, short_label};
use crate::boundary::sandbox::Bounds;
use crate::decision::Approval;
use crate::replay::{Human, StepKind};
use crate::source::Overlay;
use crate::suite::Task;
use crate::transcript::{self, Call, Context, Format, Recorded, Transcript};

/// Working folder of recordings that name none.
const NOWHERE: &str = "/workspace";

/// One run of the agent, walked from its first step to its last; the files change as they did in the recording.
pub(super) struct Walk<'w, 't> {
    run: &'w Run,
    transcripts: &'w [Transcript<'t>],
    approvals: HashMap<&'w str, &'w Approval>,
    top: String,
    /// Workspace roots that the task states for recordings without them.
    stated: &'w [String],
    files: Option<Overlay>,
    /// All files of the snapshot, absolute and in order.
    tree: Option<Vec<String>>,
    workspaces: HashMap<&'w str, Workspace>,
    /// Terminals that are left running, by number.
    terminals: HashMap<String, Terminal<'w, 't>>,
    /// How often each kind of step without an id of its own was met.
    counts: HashMap<&'static str, u32>,
    answers: Answers,
    records: Records<'w>,
    /// The recording and the line of the call that started a sub-agent's recording.
    spawned: HashMap<usize, (usize, u32)>,
}

/// A terminal with a running command.
#[derive(Clone, Copy)]
struct Terminal<'w, 't> {
    /// The call that started it.
    call: &'w Call<'t>,
    /// It was started outside the sandbox.
    escalated: bool,
}

/// The sandbox of every judge in each working folder of a session.
type BoundsByFolder<'w, 'j> = HashMap<Place<'w>, Vec<Bounds<'j>>>;
/// The working folder, the recording, and the workspace roots where a turn has its own.
type Place<'w> = (&'w str, usize, Option<&'w [Cow<'w, str>]>);

impl<'w, 't> Walk<'w, 't> {
    /// A walk through one run; `files` are those of the task's snapshot. `whole_tree` asks for the list of all files,
    /// which sandboxes that deny single files need.
    pub(super) fn new(
        task: &'w Task,
        run: &'w Run,
        transcripts: &'w [Transcript<'t>],
        recordings: &'w Recordings,
        files: Option<Overlay>,
        whole_tree: bool,
    ) -> Self {
        let mut records = Records::default();
        for (transcript, bytes) in transcripts.iter().zip(recordings.bytes()) {
            let start = transcript.steps.first().map_or("", |step| &step.at);
            records.add(&transcript.session.id, start, bytes, transcript.format == Format::Rollout);
        }
        let top = task.cwd.as_deref().unwrap_or(&transcripts[run.main].session.cwd);
        let top = Workspace::new(if top.is_empty() { NOWHERE } else { top }).root().to_owned();
        Self {
            run,
            transcripts,
            approvals: task.decision.approvals.iter().map(|given| (given.call.as_str(), given)).collect(),
            tree: files.as_ref().filter(|_| whole_tree).map(|files| all_files(files, &top)),
            files: files.map(|files| files.mounted_at(&top)),
            top,
            stated: &task.roots,
            workspaces: HashMap::new(),
            terminals: HashMap::new(),
            counts: HashMap::new(),
            answers: Answers::default(),
            records,
            spawned: HashMap::new(),
        }
    }

    /// Walks to the end and hands on every prompt and call, judged by all judges; and what else happens in the life of
    /// the session where a hook runs at it.
    pub(super) fn walk<'j>(&mut self, judges: &[Judge<'j>], mut each: impl FnMut(Judged<'w, 't>)) {
        let reviews = self.transcripts.iter().any(|transcript| transcript.session.review);
        let reviewed: Vec<_> = judges.iter().filter(|_| reviews).map(Judge::in_review).collect();
        let mut bounds = BoundsByFolder::new();
        let mut life = Life::new(judges);
        let agents = roles(self.run, self.transcripts);
        let agents: HashMap<usize, Vec<Judge<'_>>> = agents
            .iter()
            .map(|(at, roles)| {
                let reviews = reviewed.iter().filter(|_| self.transcripts[*at].session.review);
                let mut own: Vec<_> = judges.iter().map(|judge| judge.of_agent(roles)).collect();
                own.iter_mut().zip(reviews).for_each(|(judge, boundary)| judge.boundary = boundary);
                (*at, own)
            })
            .collect();
        for at in steps(self.run, self.transcripts) {
            let transcript = &self.transcripts[at.recording];
            let judges = agents.get(&at.recording).map_or(judges, Vec::as_slice);
            for happening in life.before(at, transcript) {
                if life::matters(&happening, at, transcript, judges) {
                    each(self.happening(at, &happening, judges));
                }
            }
            let Some(step) = transcript.steps.get(at.step) else { continue };
            match &step.kind {
                transcript::StepKind::Prompt(text) if at.depth == 0 || life.sees_prompts(judges) => {
                    each(self.prompt(at, text, judges));
                }
                transcript::StepKind::Call(call) => each(self.call(at, call, judges, &mut bounds)),
                _ => {}
            }
        }
    }

    /// The files as the session left them; `None` without a snapshot.
    pub(super) fn into_files(self) -> Option<Overlay> {
        self.files
    }

    fn prompt(&mut self, at: StepRef, text: &'w str, judges: &[Judge<'_>]) -> Judged<'w, 't> {
        let id = self.next_id(if at.depth == 0 { "prompt" } else { "subagent-prompt" });
        let context = self.setting(at).1;
        self.enter(context);
        let moment = self.between_calls(at, Recorded::Ran, 0);
        Judged {
            step: at,
            id,
            kind: StepKind::Prompt,
            label: short_label(text).into_owned(),
            asked: text,
            human: None,
            by_script: false,
            recorded: Recorded::Ran,
            failed: false,
            call: None,
            judgements: judges.iter().map(|judge| judge.prompt(text, &moment)).collect(),
        }
    }

    fn happening(&mut self, at: StepRef, what: &Happening<'w>, judges: &[Judge<'_>]) -> Judged<'w, 't> {
        let id = self.next_id(life::name(what.event(at.depth > 0)));
        let context = self.setting(at).1;
        self.enter(context);
        // Where the agent went on in the recording, a hook blocked the end of the turn.
        let recorded = match what {
            Happening::Stop { continued: Some(_), .. } => Recorded::HookBlocked,
            _ => Recorded::Ran,
        };
        let compacted = matches!(what, Happening::PostCompact { .. })
            || matches!(what, Happening::SessionStart { source: "compact" });
        let mut moment = self.between_calls(at, recorded, u32::from(compacted));
        if let (Happening::Stop { .. }, true) = (what, at.depth > 0) {
            // Codex 0.169 tells SubagentStop hooks of both recordings, the parent's first.
            let (parent, spawned) =
                self.spawned.get(&at.recording).copied().unwrap_or((self.run.main, u32::MAX));
            moment.record.agent = Some(moment.record.own);
            moment.record.own = (parent, Until::Results(spawned));
        }
        let asked = match what {
            Happening::Stop { message, .. } => message.unwrap_or_default(),
            _ => "",
        };
        Judged {
            step: at,
            id,
            kind: StepKind::Event,
            label: life::label(what, moment.agent_role(), at.depth > 0),
            asked,
            human: None,
            by_script: false,
            recorded,
            failed: false,
            call: None,
            judgements: judges.iter().map(|judge| judge.happening(what, &moment)).collect(),
        }
    }

    /// `<kind>-1` for the first step of a kind, and so on.
    fn next_id(&mut self, kind: &'static str) -> String {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        format!("{kind}-{count}")
    }

    /// The moment of a step that is no call; its workspace must be known. `next` is how many lines of the step itself
    /// were written by then.
    fn between_calls(&self, at: StepRef, recorded: Recorded, next: u32) -> Moment<'_> {
        let (transcript, context) = self.setting(at);
        let record = self.record(at, Until::Line(line(transcript, at).saturating_add(next)));
        Moment {
            site: Site {
                locale: self.locale(context, None),
                files: self.files.as_ref(),
                tree: self.tree.as_deref(),
            },
            session: &transcript.session,
            root: self.root(),
            context,
            call: None,
            recorded,
            accepted: false,
            approval: None,
            escalated_terminal: false,
            terminal: None,
            depth: at.depth,
            transcripts: self.transcripts,
            answers: &self.answers,
            record,
            memory: None,
            untouched: None,
        }
    }

    fn record(&self, at: StepRef, until: Until) -> RecordView<'_> {
        RecordView { records: &self.records, own: (at.recording, until), agent: None }
    }

    /// Id of the main thread.
    fn root(&self) -> &'w str {
        &self.transcripts[self.run.main].session.id
    }

    fn call<'j>(
        &mut self,
        at: StepRef,
        call: &'w Call<'t>,
        judges: &[Judge<'j>],
        bounds: &mut BoundsByFolder<'w, 'j>,
    ) -> Judged<'w, 't> {
        let (transcript, context) = self.setting(at);
        self.enter(context);
        if let Some(child) = call.child_thread.as_deref().and_then(|id| self.run.children.get(id)) {
            self.spawned.insert(*child, (at.recording, line(transcript, at)));
        }
        let recorded = call.recorded();
        let locale = self.locale(context, workdir(call));
        let site = Site { locale, files: self.files.as_ref(), tree: self.tree.as_deref() };
        let attempt = Attempt::read(call, site);
        let (terminal, approval) = (self.terminal(call), self.approval(call));
        let human = approval.map(answer);
        let record = self.record(at, Until::Results(line(transcript, at)));
        let moment = Moment {
            site,
            session: &transcript.session,
            root: self.root(),
            context,
            call: Some(call),
            recorded,
            accepted: human.is_some_and(|human| human.verdict.let_run()),
            approval,
            escalated_terminal: terminal.is_some_and(|terminal| terminal.escalated),
            terminal: terminal.map(|terminal| terminal.call),
            depth: at.depth,
            transcripts: self.transcripts,
            answers: &self.answers,
            record,
            memory: None,
            untouched: None,
        };
        let own = context.and_then(|context| context.roots.as_deref());
        let bounds = bounds.entry((cwd(context), at.recording, own)).or_insert_with(|| {
            let roots = self.roots(transcript, context);
            let roots: Vec<&str> = roots.iter().map(String::as_str).collect();
            judges.iter().map(|judge| judge.bounds(site, &roots)).collect()
        });
        let judgements =
            judges.iter().zip(bounds).map(|(judge, bounds)| judge.call(&attempt, bounds, &moment)).collect();
        if recorded == Recorded::Ran {
            self.happened(call, context, &attempt);
        }
        Judged {
            step: at,
            id: call.id.to_string(),
            kind: step_kind(&call.action),
            label: label(&call.action),
            asked: asked(call),
            human,
            by_script: approval.is_some_and(|approval| *approval.call != *call.id),
            recorded,
            failed: call.exit_code().is_some_and(|code| code != 0),
            call: Some(call),
            judgements,
        }
    }

    /// Takes in what a call left behind that ran.
    fn happened(&mut self, call: &'w Call<'t>, context: Option<&Context<'_>>, attempt: &Attempt<'_>) {
        let workspace = self.workspaces.get(cwd(context));
        if let (Some(files), Some(workspace)) = (&mut self.files, workspace) {
            let locale = Locale { workspace, top: &self.top, workdir: workdir(call) };
            edits::lay_over(files, call, attempt, locale, may_write(call, context));
        }
        self.remember_terminal(call);
    }

    fn setting(&self, at: StepRef) -> (&'w Transcript<'t>, Option<&'w Context<'t>>) {
        let transcript = &self.transcripts[at.recording];
        // The end of a recording has the settings of the last step.
        let step = transcript.steps.get(at.step).or_else(|| transcript.steps.last());
        let context = step.and_then(|step| step.context);
        (transcript, context.and_then(|index| transcript.contexts.get(index as usize)))
    }

    /// Makes sure that the workspace of a context is known.
    fn enter(&mut self, context: Option<&'w Context<'t>>) {
        if let Some(context) = context.filter(|context| !context.cwd.is_empty()) {
            self.workspaces.entry(&context.cwd).or_insert_with(|| Workspace::new(&context.cwd));
        } else if !self.workspaces.contains_key("") {
            self.workspaces.insert("", Workspace::new(&self.top));
        }
    }

    /// The workspace roots: what the recording tells, else what the task states, else the working folder.
    fn roots(&self, transcript: &Transcript<'_>, context: Option<&Context<'_>>) -> Vec<String> {
        let stated = (!self.stated.is_empty()).then(|| self.stated.iter().map(String::as_str).collect());
        let roots: Option<Vec<&str>> = transcript.session.roots_in(context).or(stated);
        match roots {
            Some(roots) => roots.into_iter().map(|root| Workspace::new(root).root().to_owned()).collect(),
            None => vec![self.workspaces[cwd(context)].root().to_owned()],
        }
    }

    fn locale<'s>(&'s self, context: Option<&'s Context<'t>>, workdir: Option<&'s str>) -> Locale<'s> {
        let workspace = &self.workspaces[cwd(context)];
        Locale { workspace, top: &self.top, workdir }
    }

    /// What a person answered about a call. An answer about a script of code mode is one about what was asked for in it.
    fn approval(&self, call: &Call<'_>) -> Option<&'w Approval> {
        let ids = [Some(&*call.id), call.parent.as_deref()];
        ids.into_iter().flatten().find_map(|id| self.approvals.get(id).copied())
    }

    /// The terminal that a call types into.
    fn terminal(&self, call: &Call<'_>) -> Option<Terminal<'w, 't>> {
        match &call.action {
            Action::Stdin(stdin) => self.terminals.get(&*stdin.session).copied(),
            _ => None,
        }
    }

    fn remember_terminal(&mut self, call: &'w Call<'t>) {
        if let (Action::Shell(shell), Some(number)) = (&call.action, call.running_terminal()) {
            self.terminals.insert(number, Terminal { call, escalated: shell.escalated });
        }
    }
}

/// Most files of a snapshot that are listed; in a larger one, those after are taken to be like the others.
const MAX_FILES: usize = 200_000;

/// All files of a snapshot, absolute and sorted.
fn all_files(files: &Overlay, top: &str) -> Vec<String> {
    let walked = files.base().walk(MAX_FILES).unwrap_or_default();
    let mut all: Vec<String> =
        walked.iter().map(|found| format!("{top}/{}", String::from_utf8_lossy(&found.path))).collect();
    all.sort_unstable();
    all
}

/// The line of a step; beyond the last one for the end of a recording.
fn line(transcript: &Transcript<'_>, at: StepRef) -> u32 {
    transcript.steps.get(at.step).map_or(u32::MAX, |step| step.line)
}

/// The working folder that a call names.
fn workdir<'c>(call: &'c Call<'_>) -> Option<&'c str> {
    match &call.action {
        Action::Shell(shell) => shell.workdir.as_deref(),
        _ => None,
    }
}

/// The working folder of a context; empty where none is recorded.
fn cwd<'c>(context: Option<&'c Context<'_>>) -> &'c str {
    context.map_or("", |context| &context.cwd)
}

fn asked<'c>(call: &'c Call<'_>) -> &'c str {
    match &call.action {
        Action::Shell(Shell { command: Command::Script { text, .. }, .. })
        | Action::Patch(text)
        | Action::Code(text) => text,
        _ => &call.arguments,
    }
}

/// The answer as a replay has it.
fn answer(approval: &Approval) -> Human {
    let latency = match (approval.asked_at, approval.decided_at) {
        (Some(asked), Some(decided)) => Some((decided - asked).as_seconds_f64()),
        _ => None,
    };
    Human { verdict: approval.verdict, latency }
}

fn label(action: &Action<'_>) -> String {
    match action {
        Action::Mcp(call) => {
            short_label(&format!("{}/{} {}", call.server, call.tool, call.arguments)).into_owned()
        }
        other => other.label().into_owned(),
    }
}
