//! The model's part of a recorded run, as turns and responses that a server can play again.

use std::collections::{HashSet, VecDeque};

use serde_json::Value;

use crate::transcript::{Call, Context, Format, Step, StepKind, Transcript};

use super::interruption::Interruption;
use super::item::{is_translated, item, message};
use super::turn_place::TurnPlace;
use crate::boundary::tools::Caller;
use crate::engine::lifecycle::{Happening, happenings};
use crate::engine::thread::Run;

/// All threads of one run; the first is the main one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Script {
    pub(super) threads: Vec<ScriptThread>,
    /// The folder of the checkout in the recording and the one where it stands now, where these differ.
    pub(super) moved: Option<(String, String)>,
}

/// One agent's part.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ScriptThread {
    /// Id of the thread in the recording.
    pub(super) id: String,
    /// What happened, in order.
    pub(super) turns: Vec<Turn>,
    /// Names that Codex gave in the recording and will give anew: the call that got one, and what to look for it
    /// behind in the answer.
    pub(super) given: Vec<Given>,
    /// How often a person had the conversation summarised after the last turn.
    pub(super) compactions: u32,
}

/// A name that Codex made up in answer to a call: a terminal's number, a thread's id.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Given {
    /// The call.
    pub(super) call: String,
    /// The name in the recording.
    pub(super) name: String,
    /// The text before it in the answer.
    pub(super) behind: &'static str,
}

/// Where answers hold such names.
const NAMES: &[&str] =
    &["Process running with session ID ", "Script running with cell ID ", "\"agent_id\":\""];

/// The name behind one of these texts near the start of an answer.
pub(super) fn name_behind(behind: &str, answer: &str) -> Option<String> {
    let head = &answer[..answer.floor_char_boundary(600)];
    let rest = &head[head.find(behind)? + behind.len()..];
    let name: String =
        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
    (!name.is_empty()).then_some(name)
}

/// What the model did about one prompt.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Turn {
    /// The prompt; empty in a recording that starts without one.
    pub(super) prompt: String,
    /// How often a person had the conversation summarised before it.
    pub(super) compactions: u32,
    /// Plugins that were switched off for it (`name@marketplace`).
    pub(super) disabled: Vec<String>,
    /// Some turn has others switched off, so that it must be said for each.
    pub(super) switches: bool,
    /// Where it worked.
    pub(super) place: TurnPlace,
    /// The model's answers to successive requests.
    pub(super) responses: Vec<Response>,
    /// How many prompts followed while it ran.
    pub(super) steers: usize,
    /// A person interrupted it.
    pub(super) interrupted: Option<Interruption>,
}

/// The items of one answer of the model.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Response {
    pub(super) items: Vec<Value>,
    /// Ids of its calls.
    pub(super) calls: Vec<String>,
    /// What a person said right before it, in the running turn.
    pub(super) steers: VecDeque<String>,
    /// Codex summarised the conversation by itself after it, for it had grown too long.
    pub(super) fills: bool,
}

impl Script {
    /// Reads what the model said and called in a run. Calls that Codex made by itself, nested ones of code mode, are
    /// made again by their scripts.
    pub(super) fn of(run: &Run, transcripts: &[Transcript<'_>]) -> Self {
        // A review is no part of what the model of the main thread asks for, so nothing would ask for its answers.
        let played = |child: &usize| !transcripts[*child].session.review;
        let mut children: Vec<usize> = run.children.values().copied().filter(played).collect();
        children.sort_unstable();
        let all = std::iter::once(run.main).chain(children);
        let threads = all.map(|index| ScriptThread::of(&transcripts[index])).collect();
        Self { threads, moved: None }
    }

    /// Does a script of code mode have to be run?
    pub(super) fn code_mode(&self) -> bool {
        let responses = self.threads.iter().flat_map(|thread| &thread.turns).flat_map(|turn| &turn.responses);
        responses
            .flat_map(|response| &response.items)
            .any(|item| item["type"] == "custom_tool_call" && item["name"] == "exec")
    }
}

impl ScriptThread {
    fn of(transcript: &Transcript<'_>) -> Self {
        let mut thread = Self { id: transcript.session.id.to_string(), ..Self::default() };
        let caller = Caller { cli_version: &transcript.session.cli_version, ..Caller::default() };
        let foreign = transcript.format.is_foreign();
        let is_main = transcript.session.parent.is_none();
        let mut open = Open { as_written: caller.is_current(), foreign, is_main, ..Open::default() };
        let mut turn = transcript.inherited as usize;
        let unasked = unasked_compactions(transcript);
        for (at, step) in transcript.steps.iter().enumerate().skip(transcript.inherited as usize) {
            match &step.kind {
                StepKind::Prompt(text) => {
                    let context = step.context.and_then(|index| transcript.contexts.get(index as usize));
                    let place = TurnPlace::of(&transcript.session, context);
                    thread.prompt(&mut open, text, context, place);
                }
                StepKind::Compacted if unasked.contains(&at) => {
                    thread.close(&mut open);
                    if let Some(last) = thread.turns.last_mut().and_then(|turn| turn.responses.last_mut()) {
                        last.fills = true;
                    }
                }
                StepKind::Compacted => thread.compactions += 1,
                StepKind::Aborted(reason) => {
                    thread.close(&mut open);
                    if reason == "interrupted" {
                        thread.interrupt(Interruption::after(&transcript.steps[turn..at]));
                    }
                    open.turn = "";
                    turn = at;
                }
                StepKind::Ended { .. } => {
                    thread.close(&mut open);
                    open.turn = "";
                }
                // What follows is another answer of the model, to what the hook said.
                StepKind::Continued(_) => thread.close(&mut open),
                StepKind::Message(text) => {
                    if open.is_answered(step.line) {
                        thread.close(&mut open);
                    }
                    open.response.items.push(message(text));
                }
                StepKind::Call(call) if call.parent.is_none() => {
                    if open.is_answered(step.line) {
                        thread.close(&mut open);
                    }
                    open.add(call);
                    thread.given.extend(given(call));
                }
                _ => {}
            }
        }
        thread.close(&mut open);
        if transcript.format == Format::Rollout && !is_main {
            thread.leave(&transcript.steps[turn..]);
        }
        thread
    }

    /// Begins a turn, or says something in the running one.
    fn prompt<'t>(
        &mut self,
        open: &mut Open<'t>,
        text: &str,
        context: Option<&'t Context<'_>>,
        place: TurnPlace,
    ) {
        if !open.response.items.is_empty() {
            self.close(open);
        }
        let named = context.map_or("", |context| &*context.turn);
        let same = open.is_main && !named.is_empty() && open.turn == named;
        if same && (self.goes_on() || !open.response.steers.is_empty()) {
            open.response.steers.push_back(text.to_owned());
            return;
        }
        self.close(open);
        open.turn = named;
        let disabled = context.into_iter().flat_map(|context| &context.disabled_plugins);
        let disabled = disabled.map(ToString::to_string).collect();
        let compactions = std::mem::take(&mut self.compactions);
        self.turns.push(Turn { prompt: text.to_owned(), compactions, disabled, place, ..Turn::default() });
    }

    /// Puts an open response behind the others of its turn.
    fn close(&mut self, open: &mut Open<'_>) {
        let response = std::mem::take(&mut open.response);
        open.answered = None;
        if response.items.is_empty() && response.steers.is_empty() {
            return;
        }
        if self.turns.is_empty() {
            self.turns.push(Turn::default());
        }
        if let Some(turn) = self.turns.last_mut() {
            turn.steers += response.steers.len();
            turn.responses.push(response);
        }
    }

    /// Does Codex ask the model again in this turn, as things are? It does after calls.
    fn goes_on(&self) -> bool {
        let last = self.turns.last().and_then(|turn| turn.responses.last());
        last.is_none_or(|response| !response.calls.is_empty())
    }

    /// Ends the last turn with an interruption. What the model had said last without calling anything it had not finished
    /// saying.
    fn interrupt(&mut self, interruption: Interruption) {
        let Some(turn) = self.turns.last_mut() else { return };
        while turn
            .responses
            .last()
            .is_some_and(|response| response.calls.is_empty() && response.steers.is_empty())
        {
            turn.responses.pop();
        }
        if let Some(last) = turn.responses.last_mut().filter(|response| response.calls.is_empty()) {
            last.items.clear();
        }
        turn.interrupted = Some(interruption);
    }

    /// How its last turn was interrupted.
    pub(super) fn interruption(&self) -> Option<&Interruption> {
        self.turns.last().and_then(|turn| turn.interrupted.as_ref())
    }

    /// A sub-agent that was left in the middle of a call: the session ended around it.
    fn leave(&mut self, steps: &[Step<'_>]) {
        let left = Interruption::after(steps);
        if let (false, Some(turn)) = (left.open().is_empty(), self.turns.last_mut()) {
            turn.interrupted.get_or_insert(left);
        }
    }

    /// The text that started a sub-agent.
    pub(super) fn task(&self) -> &str {
        self.turns.first().map_or("", |turn| &turn.prompt)
    }
}

/// A response that may go on.
#[derive(Default)]
struct Open<'t> {
    response: Response,
    /// Line of the first answer to one of its calls.
    answered: Option<u32>,
    /// The tools of the recording are those of today, so that a name that is none of them is one that Codex refuses.
    as_written: bool,
    /// The tools are those of another agent.
    foreign: bool,
    /// The thread is the main one, in which a person may speak at any time.
    is_main: bool,
    /// Name of the running turn; empty where none runs.
    turn: &'t str,
}

impl Open<'_> {
    /// Had one of its calls been answered before this line? Then what stands there is the next response.
    fn is_answered(&self, line: u32) -> bool {
        self.answered.is_some_and(|answered| answered < line)
    }

    fn add(&mut self, call: &Call<'_>) {
        if self.foreign && !is_translated(&call.action) {
            return;
        }
        let Some(item) = item(call, self.as_written) else { return };
        self.response.items.push(item);
        self.response.calls.push(call.id.to_string());
        // A call without an answer is alone: whatever follows cannot have been made beside it.
        let answered = call.answered.unwrap_or(0);
        self.answered = Some(self.answered.map_or(answered, |first| first.min(answered)));
    }
}

/// Where Codex summarised the conversation by itself.
fn unasked_compactions(transcript: &Transcript<'_>) -> HashSet<usize> {
    if !transcript.steps.iter().any(|step| matches!(step.kind, StepKind::Compacted)) {
        return HashSet::new();
    }
    let found = happenings(transcript, false);
    let unasked = |what: &Happening<'_>| matches!(what, Happening::PreCompact { trigger: "auto" });
    found.into_iter().filter(|(_, what)| unasked(what)).map(|(at, _)| at).collect()
}

fn given(call: &Call<'_>) -> Option<Given> {
    let answer = call.output?.text();
    NAMES.iter().find_map(|behind| {
        let name = name_behind(behind, &answer)?;
        Some(Given { call: call.id.to_string(), name, behind })
    })
}

#[cfg(test)]
mod tests;
