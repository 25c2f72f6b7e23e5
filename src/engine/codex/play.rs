//! Which recorded answer a request of Codex gets.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::interruption::{Interruption, Played};
use super::item::message;
use super::renaming::{replace_folder, replace_number};
use super::script::{Given, Response, Script, name_behind};

/// A request for an answer of the model.
pub(super) struct Asked<'r> {
    /// The thread that asks.
    pub(super) thread: String,
    /// What kind of agent it is, for those of Codex's own: `guardian`, …
    pub(super) subagent: String,
    /// What it asks for.
    pub(super) kind: String,
    /// The conversation.
    pub(super) input: &'r [Value],
}

/// An answer of the model.
pub(super) struct Answer {
    /// Its number, from 1.
    pub(super) number: u64,
    pub(super) items: Vec<Value>,
    /// Ids of its calls.
    pub(super) calls: Vec<String>,
    /// Codex is to find the conversation too long after it, and summarise.
    pub(super) fills: bool,
    /// It is not given before this, for a person interrupted the agent while the model was asked.
    pub(super) holds: Option<Hold>,
}

/// How long an answer is held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// Until the turn of the main thread is over.
    Turn,
    /// Until all is over: a sub-agent that was closed.
    End,
}

/// The calls that each thread was told to make last; what the CLI tells meanwhile is mostly about them.
#[derive(Clone, Debug, Default)]
pub(super) struct Running(Arc<Mutex<HashMap<usize, Vec<String>>>>);

impl Running {
    /// A thread was told to make these calls.
    fn begin(&self, thread: usize, calls: &[String]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(thread, calls.to_vec());
    }

    /// All of them.
    pub(super) fn calls(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().flatten().cloned().collect()
    }
}

/// A script on its way.
#[derive(Debug, Default)]
pub(super) struct Play {
    running: Running,
    threads: Vec<Part>,
    /// Threads of the CLI and whose part they play.
    bound: HashMap<String, usize>,
    /// The first thread that asks plays the main part.
    first_is_main: bool,
    /// Names in the recording and what they are now.
    names: Vec<(String, String)>,
    /// What the model was answered to each call, by call id.
    answers: HashMap<String, String>,
    /// Recorded verdicts of guardians, in order: may it run?
    guardians: VecDeque<bool>,
    /// The recorded folder of the checkout, and where it is now.
    moved: Option<(String, String)>,
    /// Requests of the main thread in this turn.
    requests: u32,
    /// The main thread's turn is one that was interrupted.
    interrupted: bool,
    /// A request waits to be interrupted.
    held: bool,
    /// What a person is to say now, while a request waits for it.
    steer: Option<String>,
    /// What was said in this turn, and how much of it the model was asked with.
    said: usize,
    heard: usize,
    /// Requests that the recording has no answer to.
    beyond: u32,
    number: u64,
}

/// One agent's part.
#[derive(Debug, Default)]
struct Part {
    task: String,
    left: VecDeque<Response>,
    /// Answers of the turns that have not begun.
    later: VecDeque<VecDeque<Response>>,
    given: Vec<Given>,
    /// The end of a sub-agent that was interrupted, and so never gets further.
    interrupted: Option<Interruption>,
}

impl Play {
    /// Gets a script ready. The main thread's turns begin one by one; a sub-agent plays all of its own.
    pub(super) fn new(script: Script, guardians: impl IntoIterator<Item = bool>) -> Self {
        let mut threads: Vec<Part> = Vec::with_capacity(script.threads.len());
        for thread in script.threads {
            let task = thread.task().to_owned();
            let interrupted = thread.interruption().cloned();
            let mut turns: VecDeque<VecDeque<Response>> =
                thread.turns.into_iter().map(|turn| turn.responses.into()).collect();
            let (left, later) = if threads.is_empty() {
                (VecDeque::new(), turns)
            } else {
                (turns.drain(..).flatten().collect(), turns)
            };
            threads.push(Part { task, left, later, given: thread.given, interrupted });
        }
        let guardians = guardians.into_iter().collect();
        Self { threads, guardians, moved: script.moved, ..Self::default() }
    }

    /// The calls that are under way.
    pub(super) fn running(&self) -> Running {
        self.running.clone()
    }

    /// A script whose main part is played by the first thread that asks, in one turn, in which nobody says anything.
    pub(super) fn alone(mut script: Script) -> Self {
        for turn in script.threads.iter_mut().flat_map(|thread| &mut thread.turns) {
            turn.interrupted = None;
            turn.responses.iter_mut().for_each(|response| response.steers.clear());
        }
        let mut play = Self::new(script, []);
        play.begin_turn(false);
        play.first_is_main = true;
        play
    }

    /// Tells which thread of the CLI plays the main part.
    pub(super) fn bind_main(&mut self, thread: &str) {
        self.bound.insert(thread.to_owned(), 0);
    }

    /// Begins the main thread's next turn, which is to be interrupted or not.
    pub(super) fn begin_turn(&mut self, interrupted: bool) {
        (self.requests, self.interrupted, self.held) = (0, interrupted, false);
        (self.steer, self.said, self.heard) = (None, 0, 0);
        if let Some(main) = self.threads.first_mut() {
            main.left = main.later.pop_front().unwrap_or_default();
        }
    }

    /// Ends the turn: recorded calls that were never asked for.
    pub(super) fn end_turn(&mut self) -> Vec<String> {
        let main = self.threads.first_mut();
        main.into_iter().flat_map(|main| main.left.drain(..)).flat_map(|response| response.calls).collect()
    }

    /// Calls of sub-agents that were never asked for.
    pub(super) fn left(&self) -> Vec<String> {
        let others = self.threads.iter().skip(1);
        others.flat_map(|part| &part.left).flat_map(|response| response.calls.clone()).collect()
    }

    /// Has the model been asked in this turn?
    pub(super) fn was_asked(&self) -> bool {
        self.requests > 0
    }

    /// What a person says now. Codex 0.169 takes no notice of the answer to the request that waits for it, and asks again.
    pub(super) fn take_steer(&mut self) -> Option<String> {
        self.steer.take()
    }

    /// How much of what was said in this turn the model was asked with.
    pub(super) fn heard(&self) -> usize {
        self.heard
    }

    /// Does a request wait for the turn to be interrupted?
    pub(super) fn is_held(&self) -> bool {
        self.held
    }

    /// What the model has said by now; `begun` tells of calls.
    pub(super) fn played(&self, begun: impl Fn(&str) -> bool) -> Played {
        let mut threads = self.threads.iter();
        if threads.next().is_some_and(|main| !main.left.is_empty()) {
            return Played::Not;
        }
        let there = |agent: &Part| {
            let open = agent.interrupted.iter().flat_map(Interruption::open);
            agent.left.is_empty() && open.into_iter().all(|call| begun(call))
        };
        if threads.all(there) { Played::All } else { Played::Main }
    }

    /// Requests that the recording has no answer to.
    pub(super) fn beyond(&self) -> u32 {
        self.beyond
    }

    /// What the model was answered to each call.
    pub(super) fn answers(&self) -> &HashMap<String, String> {
        &self.answers
    }

    /// The next answer.
    pub(super) fn answer(&mut self, asked: &Asked<'_>) -> Answer {
        self.number += 1;
        let number = self.number;
        let says = |text: &str| Answer {
            number,
            items: vec![message(text)],
            calls: Vec::new(),
            fills: false,
            holds: None,
        };
        match (asked.subagent.as_str(), asked.kind.as_str()) {
            ("guardian", _) => says(&assessment(self.guardians.pop_front())),
            (_, "turn") => self.turn(asked, says),
            _ => says("A summary of what was said before."),
        }
    }

    fn turn(&mut self, asked: &Asked<'_>, says: impl Fn(&str) -> Answer) -> Answer {
        let Some(at) = self.part(asked) else {
            self.beyond += 1;
            return says("(the recording has no such agent)");
        };
        self.listen(at, asked.input);
        if at == 0 {
            self.requests += 1;
            self.heard = self.said;
        }
        if let Some(text) = self.threads[at].left.front_mut().and_then(|next| next.steers.pop_front()) {
            self.said += 1;
            self.steer = Some(text);
            return Answer { holds: Some(Hold::Turn), ..says("") };
        }
        let response = self.threads[at].left.pop_front();
        if let Some(response) = response.filter(|response| !response.items.is_empty()) {
            let fills = response.fills;
            self.running.begin(at, &response.calls);
            let items = response.items.into_iter().map(|item| self.renamed(item)).collect();
            return Answer { number: self.number, items, calls: response.calls, fills, holds: None };
        }
        let ends = says("(the recording ends here)");
        if at == 0 && self.interrupted {
            self.held = true;
            return Answer { holds: Some(Hold::Turn), ..ends };
        }
        if at > 0 && self.threads[at].interrupted.is_some() {
            return Answer { holds: Some(Hold::End), ..ends };
        }
        self.beyond += 1;
        ends
    }

    /// Whose part a thread plays. A new thread is the sub-agent whose task its conversation holds, or the next one.
    fn part(&mut self, asked: &Asked<'_>) -> Option<usize> {
        if let Some(at) = self.bound.get(&asked.thread) {
            return Some(*at);
        }
        if std::mem::take(&mut self.first_is_main) {
            self.bind_main(&asked.thread);
            return Some(0);
        }
        let free: Vec<usize> =
            (1..self.threads.len()).filter(|at| !self.bound.values().any(|bound| bound == at)).collect();
        let told = |at: &usize| {
            let task = self.threads[*at].task.trim();
            asked.input.iter().any(|item| {
                texts(item).any(|text| text.trim() == task || (!task.is_empty() && text.contains(task)))
            })
        };
        let at = free.iter().copied().find(told).or(free.first().copied())?;
        self.bound.insert(asked.thread.clone(), at);
        Some(at)
    }

    /// Takes in what the last calls were answered, and the names that Codex gave in these answers.
    fn listen(&mut self, at: usize, input: &[Value]) {
        for item in input.iter().rev() {
            let Some(call) = item["call_id"].as_str().filter(|_| is_answer(item)) else { break };
            let text = answer_text(&item["output"]);
            let given = self.threads[at].given.iter().filter(|given| given.call == call);
            let new = given.filter_map(|given| Some((given.name.clone(), name_behind(given.behind, &text)?)));
            self.names.extend(new);
            self.answers.insert(call.to_owned(), text);
        }
    }

    /// The item with the names of now.
    fn renamed(&self, mut item: Value) -> Value {
        let field = if item["type"] == "custom_tool_call" { "input" } else { "arguments" };
        let Some(text) = item[field].as_str() else { return item };
        let mut text = text.to_owned();
        for (old, new) in self.names.iter().filter(|(old, new)| old != new) {
            text = if old.len() > 8 { text.replace(old, new) } else { replace_number(&text, old, new) };
        }
        if let Some((old, new)) = &self.moved {
            text = replace_folder(&text, old, new);
        }
        item[field] = json!(text);
        item
    }
}

pub(super) fn is_answer(item: &Value) -> bool {
    item["type"].as_str().is_some_and(|kind| kind.ends_with("_output"))
}

fn answer_text(output: &Value) -> String {
    match output {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts: Vec<&str> = parts.iter().filter_map(|part| part["text"].as_str()).collect();
            texts.join("\n")
        }
        other => other.to_string(),
    }
}

fn texts(item: &Value) -> impl Iterator<Item = &str> {
    item["content"].as_array().into_iter().flatten().filter_map(|part| part["text"].as_str())
}

/// A guardian's answer, in the form that Codex 0.169 asks for.
fn assessment(allow: Option<bool>) -> String {
    let (outcome, why) = match allow {
        Some(true) => ("allow", "allowed in the recording"),
        Some(false) => ("deny", "denied in the recording"),
        None => ("deny", "the recording has no verdict on this"),
    };
    let risk = if outcome == "allow" { "low" } else { "high" };
    json!({"risk_level": risk, "user_authorization": "unknown", "outcome": outcome, "rationale": why})
        .to_string()
}

#[cfg(test)]
mod tests;
