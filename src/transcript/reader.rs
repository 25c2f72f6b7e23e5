//! Builds a [`Transcript`] line by line, joining what belongs together.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::foreign::Foreign;
use super::head::Head;
use super::inherit::Inheritance;
use super::json::{Object, is_valid};
use super::script::{Means, Stored};
use super::twins::{Origin, Twins, same_text};
use super::{
    Format, Session, Step, StepKind, Tally, Transcript, TranscriptError, Usage, ahead, atif, bare, claude,
    exec, rollout,
};
use crate::action::Dialect;

/// Reads a whole recording.
pub(super) fn read(bytes: &[u8]) -> Result<Transcript<'_>, TranscriptError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut reader = Reader::new(bytes.len());
    if let Some(items) = bare::document(bytes) {
        reader.set_format(Format::BareRollout)?;
        bare::read_document(&mut reader, &items);
        return reader.finish();
    }
    if let Some(trajectory) = atif::document(bytes) {
        reader.set_format(Format::Atif)?;
        atif::read_document(&mut reader, &trajectory);
        return reader.finish();
    }
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]) {
        reader.line += 1;
        reader.rest = bytes.get(end + 1..).unwrap_or_default();
        let line = bytes[start..end].trim_ascii();
        if !line.is_empty() {
            reader.read_line(line, end == bytes.len())?;
        }
        start = end + 1;
    }
    reader.finish()
}

/// A transcript in the making.
pub(super) struct Reader<'t> {
    pub line: u32,
    /// Timestamp of the line.
    pub at: &'t str,
    pub out: Transcript<'t>,
    format: Option<Format>,
    recognised: u32,
    /// Step of each call by its id; the last one, should an id occur twice.
    pub calls: HashMap<Cow<'t, str>, usize>,
    /// Ids of calls of rolled-back turns.
    pub dropped: HashSet<Cow<'t, str>>,
    /// The lines after the present one.
    pub rest: &'t [u8],
    /// How many lines may still be looked at before it is their turn.
    pub looks: usize,
    /// The last code-mode script.
    pub code: Option<usize>,
    /// What scripts stored for later ones.
    pub stored: Stored,
    /// What scripts may still use up.
    pub means: Means,
    /// Lines of items that tell of calls of scripts that were evaluated.
    pub explained: HashSet<u32>,
    /// Literal calls of scripts that no item was joined to yet.
    pub open: Vec<usize>,
    /// Steps that are prompts.
    prompts: Vec<usize>,
    /// First step of the running turn.
    turn: usize,
    /// The shell that commands are for unless they say otherwise.
    pub dialect: Dialect,
    pub asked: Twins,
    pub said: Twins,
    pub searched: Twins,
    pub inheritance: Inheritance<'t>,
    /// `compacted` lines and `context_compacted` events so far: two records of one thing.
    pub compactions: (u32, u32),
    /// Payload of the last `turn_context`; most repeat it.
    pub last_context: &'t str,
    /// The last JSON text that holds cumulative token counts.
    pub usage: &'t str,
    /// Fields of the line at hand.
    pub fields: Object<'t>,
    /// What a recording of another agent told so far.
    pub foreign: Foreign<'t>,
    /// How many of the first steps a trajectory says to be copied from another.
    pub copied: usize,
    hidden_call: memchr::memmem::Finder<'static>,
}

impl<'t> Reader<'t> {
    /// A reader of a recording of this size.
    fn new(size: usize) -> Self {
        // Half a kilobyte a step is usual; room is made for some, and found for more.
        let steps = (size >> 9).min(1 << 12);
        Self {
            line: 0,
            at: "",
            out: Transcript {
                format: Format::Rollout,
                session: Session::default(),
                contexts: Vec::new(),
                steps: Vec::with_capacity(steps),
                inherited: 0,
                rolled_back: 0,
                usage: Usage::default(),
                tally: Tally::default(),
            },
            format: None,
            recognised: 0,
            calls: HashMap::with_capacity(steps),
            dropped: HashSet::new(),
            rest: &[],
            looks: size / 64 + ahead::MAX_LINES_IN_ALL,
            code: None,
            stored: Stored::default(),
            means: Means::default(),
            explained: HashSet::new(),
            open: Vec::new(),
            prompts: Vec::new(),
            turn: 0,
            dialect: Dialect::Posix,
            asked: Twins::default(),
            said: Twins::default(),
            searched: Twins::default(),
            inheritance: Inheritance::default(),
            compactions: (0, 0),
            last_context: "",
            usage: "",
            fields: Object::default(),
            foreign: Foreign::default(),
            copied: 0,
            hidden_call: memchr::memmem::Finder::new("_call\""),
        }
    }

    fn read_line(&mut self, line: &'t [u8], last: bool) -> Result<(), TranscriptError> {
        self.out.tally.lines += 1;
        let Some((line, head)) =
            std::str::from_utf8(line).ok().and_then(|line| Some((line, Head::of(line)?)))
        else {
            self.broken();
            return Ok(());
        };
        if last && !is_valid(line) {
            self.broken();
            return Ok(());
        }
        self.at = head.at;
        let known = if head.payload.is_some() {
            rollout::knows(head.kind).then_some(Format::Rollout)
        } else if exec::knows(head.kind) {
            Some(Format::ExecJson)
        } else if claude::knows(&head) {
            Some(Format::Claude)
        } else {
            bare::knows(&head).then_some(Format::BareRollout)
        };
        let Some(format) = known else {
            let payload = head.payload.and_then(|at| super::head::payload_type(line, at)).unwrap_or_default();
            self.out.tally.count_unknown(head.kind, payload);
            return Ok(());
        };
        self.set_format(format)?;
        let read = match (format, head.payload) {
            (Format::Rollout, Some(payload)) => rollout::line(self, &head, line, payload),
            (Format::ExecJson, _) => exec::line(self, head.kind, line),
            (Format::Claude, _) => claude::line(self, &head, line),
            _ => bare::line(self, &head, line),
        };
        match read {
            Some(()) => self.recognised += 1,
            None => self.broken(),
        }
        Ok(())
    }

    fn set_format(&mut self, format: Format) -> Result<(), TranscriptError> {
        match self.format {
            Some(before) if before != format => {
                return Err(TranscriptError::Mixed { line: self.line, before, found: format });
            }
            Some(_) => {}
            None => {
                self.format = Some(format);
                self.out.format = format;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Transcript<'t>, TranscriptError> {
        let tally = &self.out.tally;
        if tally.lines == 0 {
            return Err(TranscriptError::Empty);
        }
        if self.recognised == 0 {
            return Err(TranscriptError::Unrecognised {
                lines: tally.lines,
                broken: tally.broken,
                first: tally.unknown.keys().next().cloned(),
            });
        }
        if self.code.is_some() {
            self.name_tools();
        }
        self.out.inherited = self.inheritance.finish(self.out.steps.len()) as u32;
        self.out.usage = Usage::read(self.usage);
        if self.out.format.is_foreign() {
            self.out.inherited = self.copied as u32;
            self.out.usage = self.foreign.usage();
            self.out.tally.foreign = Some(self.out.format);
        }
        Ok(self.out)
    }

    /// Counts a line of a document that is recognised without [`Self::read_line`].
    pub(super) fn recognise(&mut self) {
        self.out.tally.lines += 1;
        self.recognised += 1;
    }

    pub(super) fn broken(&mut self) {
        self.out.tally.count_broken(self.line);
    }

    /// Whether a line that looks uninteresting holds a second type that says otherwise. Codex never writes such
    /// a line; the search costs next to nothing beside reading it.
    pub(super) fn hides_call(&self, line: &str) -> bool {
        self.hidden_call.find(line.as_bytes()).is_some()
    }

    /// Index of the settings in force.
    fn context(&self) -> Option<u32> {
        self.out.contexts.len().checked_sub(1).map(|last| last as u32)
    }

    /// Adds a step.
    pub(super) fn push(&mut self, kind: StepKind<'t>) -> usize {
        let step = Step { line: self.line, context: self.context(), at: Cow::Borrowed(self.at), kind };
        self.out.steps.push(step);
        self.out.steps.len() - 1
    }

    /// Adds what a person asked, unless another record told it.
    pub(super) fn prompt(&mut self, origin: Origin, text: Cow<'t, str>) {
        if text.trim().is_empty() {
            return;
        }
        let steps = &self.out.steps;
        let twin = self.asked.find(
            origin,
            |step| matches!(&steps[step].kind, StepKind::Prompt(known) if same_text(known, &text)),
        );
        if let Some(step) = twin {
            self.out.steps[step].context = self.context();
            return;
        }
        // A review repeats the event of its prompt.
        let last = self.out.steps.last().map(|step| &step.kind);
        if origin == Origin::Event && matches!(last, Some(StepKind::Prompt(known)) if *known == text) {
            return;
        }
        self.turn = self.push(StepKind::Prompt(text));
        self.prompts.push(self.turn);
        self.asked.add(origin, self.turn);
    }

    /// Adds what the agent said, unless another record told it.
    pub(super) fn message(&mut self, origin: Origin, text: Cow<'t, str>) {
        if text.trim().is_empty() {
            return;
        }
        let steps = &self.out.steps;
        let twin = self.said.find(
            origin,
            |step| matches!(&steps[step].kind, StepKind::Message(known) if same_text(known, &text)),
        );
        if twin.is_none() {
            let step = self.push(StepKind::Message(text));
            self.said.add(origin, step);
        }
    }

    /// Notes that the running turn was interrupted.
    pub(super) fn abort(&mut self, reason: Cow<'t, str>) {
        for step in &mut self.out.steps[self.turn..] {
            if let StepKind::Call(call) = &mut step.kind {
                let open = call.item.as_ref().is_none_or(|item| item.status == "in_progress");
                call.aborted |= call.output.is_none() && open;
            }
        }
        let step = self.push(StepKind::Aborted(reason));
        self.turn = step + 1;
    }

    /// Takes the last turns back: a turn starts with what a person asked.
    pub(super) fn roll_back(&mut self, turns: usize) {
        let first = self.prompts.len().saturating_sub(turns);
        let Some(&keep) = self.prompts.get(first) else { return };
        self.prompts.truncate(first);
        self.open.retain(|step| *step < keep);
        for step in self.out.steps.drain(keep..) {
            self.out.rolled_back += u32::from(!matches!(step.kind, StepKind::Ended { .. }));
            if let StepKind::Call(call) = step.kind {
                self.calls.remove(&call.id);
                self.dropped.insert(call.id);
            }
        }
        for twins in [&mut self.asked, &mut self.said, &mut self.searched] {
            twins.truncate(keep);
        }
        self.turn = self.turn.min(keep);
        self.code = self.code.filter(|code| *code < keep);
    }
}
