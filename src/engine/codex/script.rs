//! The model's part of a recorded run, as turns and responses that a server can play again.

use std::collections::HashSet;

use serde_json::Value;

use crate::transcript::{Call, Format, Step, StepKind, Transcript};

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
    /// A person interrupted it.
    pub(super) interrupted: Option<Interruption>,
}

/// The items of one answer of the model.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Response {
    pub(super) items: Vec<Value>,
    /// Ids of its calls.
    pub(super) calls: Vec<String>,
    /// Codex summarised the conversation by itself after it, for it had grown too long.
    pub(super) fills: bool,
}

impl Script {
    /// Reads what the model said and called in a run. Calls that Codex made by itself, nested ones of code mode, are
    /// made again by their scripts.
    pub(super) fn of(run: &Run, transcripts: &[Transcript<'_>]) -> Self {
        let mut children: Vec<usize> = run.children.values().copied().collect();
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
        let mut open = Open { as_written: caller.is_current(), foreign, ..Open::default() };
        let mut turn = transcript.inherited as usize;
        let unasked = unasked_compactions(transcript);
        for (at, step) in transcript.steps.iter().enumerate().skip(transcript.inherited as usize) {
            match &step.kind {
                StepKind::Prompt(text) => {
                    thread.close(&mut open);
                    let compactions = std::mem::take(&mut thread.compactions);
                    let context = step.context.and_then(|index| transcript.contexts.get(index as usize));
                    let disabled = context.map(|context| &context.disabled_plugins);
                    let disabled = disabled.into_iter().flatten().map(ToString::to_string).collect();
                    let prompt = text.to_string();
                    let place = TurnPlace::of(&transcript.session, context);
                    thread.turns.push(Turn { prompt, compactions, disabled, place, ..Turn::default() });
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
                    turn = at;
                }
                // What follows is another answer of the model, to what the hook said.
                StepKind::Continued(_) | StepKind::Ended { .. } => thread.close(&mut open),
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
        if transcript.format == Format::Rollout && transcript.session.parent.is_some() {
            thread.leave(&transcript.steps[turn..]);
        }
        thread
    }

    /// Puts an open response behind the others of its turn.
    fn close(&mut self, open: &mut Open) {
        let response = std::mem::take(&mut open.response);
        open.answered = None;
        if response.items.is_empty() {
            return;
        }
        if self.turns.is_empty() {
            self.turns.push(Turn::default());
        }
        if let Some(turn) = self.turns.last_mut() {
            turn.responses.push(response);
        }
    }

    /// Ends the last turn with an interruption. What the model had said last without calling anything it had not finished
    /// saying.
    fn interrupt(&mut self, interruption: Interruption) {
        let Some(turn) = self.turns.last_mut() else { return };
        while turn.responses.last().is_some_and(|response| response.calls.is_empty()) {
            turn.responses.pop();
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
struct Open {
    response: Response,
    /// Line of the first answer to one of its calls.
    answered: Option<u32>,
    /// The tools of the recording are those of today, so that a name that is none of them is one that Codex refuses.
    as_written: bool,
    /// The tools are those of another agent.
    foreign: bool,
}

impl Open {
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
mod tests {
    use super::*;

    fn script(lines: &[&str]) -> Script {
        let text = lines.join("\n");
        let transcript = Transcript::read(text.as_bytes()).unwrap();
        Script::of(&Run::default(), std::slice::from_ref(&transcript))
    }

    fn line(payload: &str) -> String {
        format!(r#"{{"timestamp":"2026-05-01T10:00:00Z","type":"response_item","payload":{payload}}}"#)
    }

    fn call(id: &str) -> String {
        line(&format!(
            r#"{{"type":"function_call","name":"exec_command","call_id":"{id}","arguments":"{{\"cmd\":\"ls\"}}"}}"#
        ))
    }

    fn answer(id: &str) -> String {
        line(&format!(
            r#"{{"type":"function_call_output","call_id":"{id}","output":"Process running with session ID 41"}}"#
        ))
    }

    fn says(role: &str, text: &str) -> String {
        let kind = if role == "user" { "input_text" } else { "output_text" };
        line(&format!(
            r#"{{"type":"message","role":"{role}","content":[{{"type":"{kind}","text":"{text}"}}]}}"#
        ))
    }

    #[test]
    fn calls_before_the_first_answer_are_one_response() {
        let lines = [
            r#"{"timestamp":"2026-05-01T10:00:00Z","type":"session_meta","payload":{"id":"t1","cwd":"/w"}}"#
                .to_owned(),
            says("user", "go"),
            says("assistant", "I look"),
            call("a"),
            call("b"),
            answer("a"),
            answer("b"),
            call("c"),
            answer("c"),
            says("assistant", "done"),
            says("user", "again"),
            says("assistant", "no"),
        ];
        let script = script(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let turns: Vec<Vec<(usize, Vec<String>)>> = script.threads[0]
            .turns
            .iter()
            .map(|turn| turn.responses.iter().map(|r| (r.items.len(), r.calls.clone())).collect())
            .collect();
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        assert_eq!(turns[0], [(3, ids(&["a", "b"])), (1, ids(&["c"])), (1, ids(&[]))]);
        assert_eq!(turns[1], [(1, ids(&[]))]);
        assert_eq!(script.threads[0].given[0].name, "41");
    }

    #[test]
    fn compactions_are_those_that_a_person_asked_for_or_not() {
        let event = |kind: &str, payload: &str| {
            format!(r#"{{"timestamp":"2026-05-01T10:00:00Z","type":"{kind}","payload":{payload}}}"#)
        };
        let compacted = || event("compacted", r#"{"message":"so far"}"#);
        let end = || event("event_msg", r#"{"type":"task_complete","error":null}"#);
        let lines = [
            event("session_meta", r#"{"id":"t1","cwd":"/w"}"#),
            says("user", "go"),
            call("a"),
            answer("a"),
            compacted(),
            call("b"),
            answer("b"),
            end(),
            compacted(),
            end(),
            says("user", "again"),
            call("c"),
            answer("c"),
            end(),
            compacted(),
            end(),
        ];
        let script = script(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let turns = &script.threads[0].turns;
        let fills: Vec<Vec<bool>> =
            turns.iter().map(|turn| turn.responses.iter().map(|response| response.fills).collect()).collect();
        assert_eq!(fills, [vec![true, false], vec![false]]);
        assert_eq!(turns.iter().map(|turn| turn.compactions).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(script.threads[0].compactions, 1);
    }

    #[test]
    fn interrupted_turns_are_known() {
        let event = |payload: &str| {
            format!(r#"{{"timestamp":"2026-05-01T10:00:00Z","type":"event_msg","payload":{payload}}}"#)
        };
        let aborted = |reason: &str| event(&format!(r#"{{"type":"turn_aborted","reason":"{reason}"}}"#));
        let lines = [
            says("user", "go"),
            call("a"),
            answer("a"),
            says("assistant", "And then I"),
            aborted("interrupted"),
            says("user", "again"),
            call("b"),
            aborted("interrupted"),
            says("user", "once more"),
            call("c"),
            aborted("replaced"),
        ];
        let script = script(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let main = &script.threads[0];
        let told = main.turns.iter().map(|turn| (turn.responses.len(), turn.interrupted.is_some()));
        assert_eq!(told.collect::<Vec<_>>(), [(1, true), (1, true), (1, false)]);
        assert!(main.interruption().is_none());
    }

    #[test]
    fn tools_of_other_eras_are_called_as_those_of_today() {
        let lines = [
            r#"{"timestamp":"2026-05-01T10:00:00Z","type":"session_meta","payload":{"id":"t1","cwd":"/w"}}"#
                .to_owned(),
            line(
                r#"{"type":"function_call","name":"shell","call_id":"a","arguments":"{\"command\":[\"bash\",\"-lc\",\"ls -l\"],\"workdir\":\"/w/x\"}"}"#,
            ),
            line(r#"{"type":"function_call","name":"tracker__read","call_id":"b","arguments":"{}"}"#),
            line(r#"{"type":"function_call","name":"nope","call_id":"c","arguments":"{"}"#),
        ];
        let script = script(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let items: Vec<&Value> = script.threads[0].turns[0].responses.iter().flat_map(|r| &r.items).collect();
        assert_eq!(items[0]["name"], "exec_command");
        let arguments: Value = serde_json::from_str(items[0]["arguments"].as_str().unwrap()).unwrap();
        assert_eq!((arguments["cmd"].as_str(), arguments["workdir"].as_str()), (Some("ls -l"), Some("/w/x")));
        assert_eq!(
            (items[1]["namespace"].as_str(), items[1]["name"].as_str()),
            (Some("mcp__tracker"), Some("read"))
        );
        assert_eq!((items[2]["name"].as_str(), items[2]["arguments"].as_str()), (Some("nope"), Some("{")));
    }
}
