//! Transcripts of `codex app-server`: the messages between it and its client, one a line.
//!
//! A line may be the bare message, or have a direction (`<`, `>`) and a time before it, or stand in an object or a list
//! with these. Answers are known by the request that they answer; directions are not needed.

use std::collections::HashMap;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Answer, McpTool, Verdict};
use crate::decision::Witness;
use crate::recorder::note::Kind;
use crate::recorder::timeline::{Millis, millis};

/// Names under which the objects of captures hold the message, and its time.
const MESSAGE: [&str; 8] = ["message", "msg", "data", "payload", "json", "frame", "body", "line"];
const TIME: [&str; 7] = ["time", "ts", "timestamp", "at", "t", "time_ms", "date"];
/// Most prompts, and most calls of a thread, that are kept open at a time.
const MAX_OPEN: usize = 10_000;

/// One transcript while it is read.
#[derive(Debug, Default)]
pub(super) struct Capture {
    /// Prompts that wait for an answer, by the id of the request.
    open: HashMap<String, Prompt>,
    /// Prompts that were answered, until the server says that it knows.
    answered: HashMap<String, Prompt>,
    /// Calls of MCP tools that have begun, by thread: prompts for them name no call.
    begun: HashMap<String, Vec<(String, McpTool)>>,
    done: Vec<Prompt>,
    unanswered: u64,
    /// What the server's clock said last: prompts for tools of MCP servers have no time of their own.
    clock: Option<Millis>,
}

#[derive(Clone, Debug)]
struct Prompt {
    thread: String,
    call: Option<String>,
    tool: Option<McpTool>,
    kind: Kind,
    /// By the clock of the server, and by that of whoever wrote the transcript.
    asked: [Option<Millis>; 2],
    decided: [Option<Millis>; 2],
    verdict: Option<Verdict>,
}

/// A message, and when it was captured.
struct Captured {
    message: Value,
    at: Option<Millis>,
}

impl Capture {
    /// Reads a line; `None` when it holds no message.
    pub(super) fn read(&mut self, text: &str, answers: &mut HashMap<String, Vec<Answer>>) -> Option<()> {
        let Captured { message, at } = captured(text)?;
        let id = message.get("id").filter(|id| id.is_u64() || id.is_string() || id.is_i64());
        let id = id.map(Value::to_string);
        self.clock = message["emittedAtMs"].as_i64().or(self.clock);
        let params = &message["params"];
        match (message["method"].as_str(), id) {
            (Some(method), Some(id)) => self.request(method, id, params, at),
            (Some("serverRequest/resolved"), None) => {
                self.resolved(&params["requestId"].to_string(), message["emittedAtMs"].as_i64());
            }
            (Some("item/started"), None) => self.started(params),
            (Some("item/completed"), None) => self.completed(params),
            (Some(_), None) => {}
            (None, Some(id)) if message.get("result").is_some() || message.get("error").is_some() => {
                self.answer(&id, &message["result"], at);
            }
            _ => return None,
        }
        if self.done.len() > MAX_OPEN {
            self.hand_over(answers);
        }
        Some(())
    }

    fn request(&mut self, method: &str, id: String, params: &Value, at: Option<Millis>) {
        let text = |name: &str| params[name].as_str().map(str::to_owned);
        let thread = text("threadId").unwrap_or_default();
        let (call, tool, kind) = match method {
            // What is typed into a terminal is asked for under the id of the terminal's command, with its own beside.
            "item/commandExecution/requestApproval" => match text("approvalId") {
                Some(id) if params["kind"] == "writeStdin" => (Some(id), None, Kind::Stdin),
                _ => (text("itemId"), None, Kind::Shell),
            },
            "item/fileChange/requestApproval" => (text("itemId"), None, Kind::Patch),
            "mcpServer/elicitation/request" => match asked_tool(params) {
                Some(tool) => (self.begun_call(&thread, &tool), Some(tool), Kind::Mcp),
                None => return,
            },
            "turn/interrupt" => return self.interrupted(&thread, at),
            _ => return,
        };
        let asked = [params["startedAtMs"].as_i64().or(self.clock), at];
        let prompt = Prompt { thread, call, tool, kind, asked, decided: [None; 2], verdict: None };
        // A server that was started again counts from 0 again.
        self.settle(&id);
        if let Some(lost) = self.open.remove(&id) {
            self.unanswered += u64::from(!lost.thread.is_empty());
        }
        if self.open.len() < MAX_OPEN {
            self.open.insert(id, prompt);
        }
    }

    fn answer(&mut self, id: &str, result: &Value, at: Option<Millis>) {
        let Some(verdict) = verdict(result) else { return };
        // The client's own requests have ids of the same kind; only a prompt is answered in such words.
        let Some(mut prompt) = self.open.remove(id) else { return };
        prompt.verdict = Some(verdict);
        prompt.decided[1] = at;
        self.answered.insert(id.to_owned(), prompt);
    }

    /// The server tells that a prompt is closed, in its own time.
    fn resolved(&mut self, id: &str, at: Option<Millis>) {
        if let Some(prompt) = self.answered.get_mut(id) {
            prompt.decided[0] = at;
            self.settle(id);
        } else if let Some(mut prompt) = self.open.remove(id) {
            if prompt.verdict.is_some() {
                prompt.decided[0] = prompt.decided[0].or(at);
                self.done.push(prompt);
            } else {
                self.unanswered += 1;
            }
        }
    }

    /// Whoever stops the turn while one prompt is open, declines it. Of several, none is decided by it.
    fn interrupted(&mut self, thread: &str, at: Option<Millis>) {
        let mut open: Vec<_> = self.open.values_mut().filter(|prompt| prompt.thread == thread).collect();
        if let [prompt] = open.as_mut_slice() {
            prompt.verdict = Some(Verdict::Declined);
            prompt.decided[1] = at;
        }
    }

    fn settle(&mut self, id: &str) {
        self.done.extend(self.answered.remove(id));
    }

    fn started(&mut self, params: &Value) {
        let item = &params["item"];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        if item["type"] != "mcpToolCall" {
            return;
        }
        if let (Some(thread), Some(id), Some(server), Some(name)) =
            (text(&params["threadId"]), text(&item["id"]), text(&item["server"]), text(&item["tool"]))
        {
            let calls = self.begun.entry(thread).or_default();
            if calls.len() < MAX_OPEN {
                calls.push((id, McpTool { server, name, arguments: item["arguments"].clone() }));
            }
        }
    }

    /// A call that is done is not asked for any more.
    fn completed(&mut self, params: &Value) {
        let thread = params["threadId"].as_str().unwrap_or_default();
        if let (Some(calls), Some(id)) = (self.begun.get_mut(thread), params["item"]["id"].as_str()) {
            calls.retain(|(begun, _)| begun != id);
        }
    }

    /// The first call of this tool and these arguments that was not asked for yet.
    fn begun_call(&mut self, thread: &str, tool: &McpTool) -> Option<String> {
        let calls = self.begun.get_mut(thread)?;
        let at = calls.iter().position(|(_, begun)| begun == tool)?;
        Some(calls.remove(at).0)
    }

    fn hand_over(&mut self, answers: &mut HashMap<String, Vec<Answer>>) {
        for prompt in self.done.drain(..) {
            let Some(verdict) = prompt.verdict else { continue };
            // Both times must be of one clock; that of the transcript saw the person's side.
            let [server, client] = [0, 1].map(|clock| prompt.asked[clock].zip(prompt.decided[clock]));
            let times = client.or(server).map(|(asked, decided)| (Some(asked), Some(decided)));
            let (asked, decided) = times.unwrap_or((prompt.asked[0].or(prompt.asked[1]), None));
            let Prompt { thread, call, tool, kind, .. } = prompt;
            let answer = Answer { call, tool, kind, verdict, asked, decided, source: Witness::AppServer };
            answers.entry(thread).or_default().push(answer);
        }
    }

    /// Hands over what was answered; how many prompts have no answer.
    pub(super) fn finish(mut self, answers: &mut HashMap<String, Vec<Answer>>) -> u64 {
        let answered = std::mem::take(&mut self.answered);
        self.done.extend(answered.into_values());
        let (stopped, open): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.open).into_values().partition(|prompt| prompt.verdict.is_some());
        self.done.extend(stopped);
        self.hand_over(answers);
        self.unanswered + open.len() as u64
    }
}

/// The tool that an elicitation of Codex itself asks for; servers ask for other things.
fn asked_tool(params: &Value) -> Option<McpTool> {
    let meta = &params["_meta"];
    (meta["codex_approval_kind"] == "mcp_tool_call").then_some(())?;
    Some(McpTool {
        server: params["serverName"].as_str()?.to_owned(),
        name: meta["tool_name"].as_str()?.to_owned(),
        arguments: meta["tool_params"].clone(),
    })
}

/// What a client answers to prompts of Codex 0.169.
fn verdict(result: &Value) -> Option<Verdict> {
    let decision = &result["decision"];
    let word = decision.as_str().or_else(|| result["action"].as_str());
    match word {
        // What a person lets a server's tool do for longer than once.
        Some("accept") if result["_meta"]["persist"].is_string() => Some(Verdict::AcceptedForSession),
        Some("accept") => Some(Verdict::Accepted),
        Some("acceptForSession") => Some(Verdict::AcceptedForSession),
        Some("decline" | "cancel") => Some(Verdict::Declined),
        Some(_) => None,
        // `{"acceptWithExecpolicyAmendment": {…}}`, and its like for the network, which may deny for good.
        None => {
            let (name, inner) = decision.as_object()?.iter().next()?;
            let denies = inner["network_policy_amendment"]["action"] == "deny";
            match name.as_str() {
                "acceptWithExecpolicyAmendment" => {
                    let words = inner["execpolicy_amendment"].as_array().map_or(&[][..], Vec::as_slice);
                    let words = words.iter().filter_map(Value::as_str).map(str::to_owned);
                    Some(Verdict::AcceptedWithRule(words.collect()))
                }
                "applyNetworkPolicyAmendment" => {
                    Some(if denies { Verdict::Declined } else { Verdict::Accepted })
                }
                _ => None,
            }
        }
    }
}

/// Finds the message in a line.
fn captured(text: &str) -> Option<Captured> {
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        return unwrap(value, None);
    }
    // A direction and a time may stand before the message.
    let start = text.find('{')?;
    let value = serde_json::from_str::<Value>(&text[start..]).ok()?;
    let words = text[..start].split([' ', '\t', ',', '|']);
    let at = words.map(|word| word.trim_matches(['[', ']', '<', '>', ':', '-'])).find_map(time_of);
    unwrap(value, at)
}

fn is_message(value: &Value) -> bool {
    value["method"].is_string()
        || (value.get("id").is_some() && (value.get("result").is_some() || value.get("error").is_some()))
}

fn unwrap(value: Value, at: Option<Millis>) -> Option<Captured> {
    if is_message(&value) {
        return Some(Captured { message: value, at });
    }
    match value {
        Value::Object(mut fields) => {
            let time = TIME.iter().find_map(|name| time_value(fields.get(*name)?));
            let inner = MESSAGE.iter().find_map(|name| fields.remove(*name))?;
            let inner = match inner {
                Value::String(text) => serde_json::from_str(&text).ok()?,
                inner => inner,
            };
            is_message(&inner).then_some(Captured { message: inner, at: time.or(at) })
        }
        Value::Array(items) => {
            let time = items.iter().find_map(time_value);
            let inner = items.into_iter().find(is_message)?;
            Some(Captured { message: inner, at: time.or(at) })
        }
        _ => None,
    }
}

fn time_value(value: &Value) -> Option<Millis> {
    match value {
        Value::String(text) => time_of(text),
        Value::Number(number) => since_1970(number.as_f64()?),
        _ => None,
    }
}

fn time_of(text: &str) -> Option<Millis> {
    if let Ok(time) = OffsetDateTime::parse(text, &Rfc3339) {
        return Some(millis(time));
    }
    since_1970(text.parse().ok()?)
}

/// Seconds, milliseconds, microseconds or nanoseconds since 1970, by their size: all mean a time in this century.
fn since_1970(number: f64) -> Option<Millis> {
    const CENTURY: std::ops::Range<f64> = 946_684_800.0..4_102_444_800.0;
    let scale = [1.0, 1e3, 1e6, 1e9].into_iter().find(|scale| CENTURY.contains(&(number / scale)))?;
    Some((number / scale * 1000.0) as Millis)
}

#[cfg(test)]
mod tests;
