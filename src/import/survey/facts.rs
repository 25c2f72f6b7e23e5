//! What one recording tells about itself.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::path::Path;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::content::{self, Content};
use super::filter::{Beginning, Filter};
use super::note::Note;
use super::skipped::Reason;
use super::thread::{MAX_PROMPT, Recording};
use super::told::Told;
use super::used::Used;
use crate::source::ContentHash;
use crate::transcript::{Call, Format, Step, StepKind, Transcript, TranscriptError};

/// A recording with all that joining and filtering need to know.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub recording: Recording,
    pub role: Role,
    pub forked_from: Option<String>,
    pub prompt: String,
    pub ended: Option<OffsetDateTime>,
    pub cwd: String,
    pub origin: Option<String>,
    pub commit: Option<String>,
    pub branch: Option<String>,
    pub dirty: Vec<String>,
    pub used: Used,
    /// One number for each call, copied ones included, in order: equal for equal calls.
    pub calls: Vec<u64>,
    /// The ids of the first calls are such that no two calls share one by chance.
    pub ids_are_unique: bool,
    /// There is a prompt or a call.
    pub happened: bool,
}

/// What a recorded session was for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Somebody gave an agent something to do.
    Main,
    /// Another agent did.
    Agent,
    /// The CLI itself did, such as a guardian.
    Internal(String),
}

impl Facts {
    /// What filters go by that need no more.
    pub(super) fn beginning(&self) -> Beginning<'_> {
        let started = self.recording.started;
        Beginning { started, cwd: &self.cwd, origin: self.origin.as_deref() }
    }
}

/// The thread and the flag that leaves it out, where the first line of a recording says so much. Sub-agents go where
/// their parents go.
pub(super) fn left_out(head: &[u8], filter: &Filter) -> Option<(String, &'static str)> {
    let end = memchr::memchr(b'\n', head)?;
    let transcript = Transcript::read(&head[..end]).ok()?;
    let session = &transcript.session;
    let tells = transcript.format == Format::Rollout && !session.id.is_empty() && !session.cwd.is_empty();
    if !tells || session.sub_agent || session.internal.is_some() {
        return None;
    }
    let started = Some(clock(&session.started)?);
    let beginning = Beginning { started, cwd: &session.cwd, origin: session.origin.as_deref() };
    Some((session.id.to_string(), filter.leaves_out(&beginning)?))
}

/// Reads a recording.
pub(super) fn read(path: &Path, content: &Content) -> Result<Facts, Reason> {
    let bytes = content.bytes.as_slice();
    let whole = content::whole_lines(bytes);
    let transcript = Transcript::read(&bytes[..whole]).map_err(|error| match error {
        TranscriptError::Empty => Reason::Empty,
        TranscriptError::Mixed { .. } => Reason::Mixed(error.to_string()),
        other => Reason::NotARecording(other.to_string()),
    })?;
    let unfinished = (whole < bytes.len())
        .then(|| Note::Unfinished { line: memchr::memchr_iter(b'\n', &bytes[..whole]).count() as u32 + 1 });
    let (started, ended, back) = times(&transcript);
    let mut notes: Vec<Note> = unfinished.into_iter().chain(tallied(&transcript)).collect();
    notes.extend(back.map(|line| Note::ClockBack { line }));
    let session = &transcript.session;
    let calls: Vec<&Call<'_>> = transcript.steps.iter().filter_map(call).collect();
    let copied = transcript.steps.iter().take(transcript.inherited as usize).filter_map(call).count();
    let thread = match session.id.as_ref() {
        "" => format!("content-{}", &ContentHash::of(&bytes[..whole]).to_string()[..16]),
        id => id.to_owned(),
    };
    let role = match (&session.internal, session.sub_agent) {
        (Some(name), _) => Role::Internal(name.to_string()),
        (None, true) => Role::Agent,
        (None, false) => Role::Main,
    };
    // A sub-agent that does not name its parent is one of the thread at the top.
    let root = session.root.as_deref().filter(|root| role == Role::Agent && *root != thread);
    let some =
        |text: &Option<Cow<'_, str>>| text.as_deref().filter(|text| !text.is_empty()).map(str::to_owned);
    Ok(Facts {
        recording: Recording {
            path: path.to_owned(),
            format: transcript.format,
            parent: session.parent.as_deref().or(root).map(str::to_owned),
            role: some(&session.agent_role),
            started,
            compressed: content.compressed,
            size: content.size,
            whole: whole as u64,
            calls: calls.len() - copied,
            notes,
            told: Told::of(&transcript),
            thread,
        },
        role,
        forked_from: some(&session.forked_from),
        prompt: first_prompt(&transcript),
        ended,
        cwd: cwd(&transcript).to_owned(),
        origin: some(&session.origin),
        commit: some(&session.commit),
        branch: some(&session.branch),
        dirty: super::dirty::hints(&calls),
        used: Used::of(&transcript, bytes),
        ids_are_unique: calls.first().is_some_and(|call| is_unique(&call.id, transcript.format)),
        calls: calls.iter().map(|call| fingerprint(call)).collect(),
        happened: transcript
            .steps
            .iter()
            .any(|step| matches!(step.kind, StepKind::Call(_) | StepKind::Prompt(_) | StepKind::Message(_))),
    })
}

fn call<'s, 't>(step: &'s Step<'t>) -> Option<&'s Call<'t>> {
    match &step.kind {
        StepKind::Call(call) => Some(call),
        _ => None,
    }
}

fn first_prompt(transcript: &Transcript<'_>) -> String {
    let prompt = transcript.steps.iter().find_map(|step| match &step.kind {
        StepKind::Prompt(text) => Some(text.trim()),
        _ => None,
    });
    let text = prompt.unwrap_or_default();
    text[..text.floor_char_boundary(MAX_PROMPT)].to_owned()
}

/// The working folder at the start; some formats say it only with the first turn.
fn cwd<'s>(transcript: &'s Transcript<'_>) -> &'s str {
    let first = transcript.contexts.iter().map(|context| context.cwd.as_ref()).find(|cwd| !cwd.is_empty());
    match transcript.session.cwd.as_ref() {
        "" => first.unwrap_or_default(),
        cwd => cwd,
    }
}

/// Does nobody else's call have this id? Items of `codex exec --json` are counted from zero, and so are calls without
/// ids.
fn is_unique(id: &str, format: Format) -> bool {
    let digits = id.bytes().filter(u8::is_ascii_digit).count();
    format != Format::ExecJson && id.len() >= 16 && digits >= 2 && !id.starts_with("line-")
}

fn fingerprint(call: &Call<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (call.id.as_ref(), call.tool.name.as_ref(), call.arguments.as_ref()).hash(&mut hasher);
    hasher.finish()
}

/// A time as recorded; `None` for anything that is no RFC 3339 timestamp.
fn clock(at: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(at, &Rfc3339).ok()
}

/// Times of lines that were written at once may be in any order.
const SLACK: time::Duration = time::Duration::seconds(2);

/// When the thread began and ended, and the line at which its clock went back.
fn times(transcript: &Transcript<'_>) -> (Option<OffsetDateTime>, Option<OffsetDateTime>, Option<u32>) {
    let own = transcript.steps.get(transcript.inherited as usize..).unwrap_or_default();
    let (mut first, mut latest, mut back) = (None, None, None);
    let mut known = "";
    for step in own {
        if step.at == known {
            continue;
        }
        known = &step.at;
        let Some(at) = clock(known) else { continue };
        first = first.or(Some(at));
        if latest.is_some_and(|latest| at < latest - SLACK) {
            back = back.or(Some(step.line));
        }
        latest = latest.max(Some(at));
    }
    let said = clock(&transcript.session.started);
    (said.or(first), latest.or(said), back)
}

/// What the reader counted.
fn tallied(transcript: &Transcript<'_>) -> Vec<Note> {
    let tally = &transcript.tally;
    let mut notes = Vec::new();
    if tally.broken > 0 {
        notes.push(Note::Broken { lines: tally.broken, first: tally.first_broken });
    }
    if !tally.unknown.is_empty() {
        notes.push(Note::Unknown { lines: tally.unknown.values().sum() });
    }
    if !tally.classless.is_empty() {
        let tools: BTreeSet<String> = tally.classless.keys().cloned().collect();
        let calls = tally.classless.values().sum();
        notes.push(Note::Classless { calls, tools: tools.into_iter().collect() });
    }
    if tally.second_session > 0 {
        notes.push(Note::SecondSession { line: tally.second_session });
    }
    notes
}
