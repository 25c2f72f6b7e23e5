//! What the CLI asks and tells while it plays a task, and the answers that it gets: those that people gave in the
//! recording.

mod names;
mod person;

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::client::Listener;
use super::does::{Does, script_of};
use super::play::Running;
use crate::decision::{Approval, HumanVerdict};
use crate::transcript::Transcript;
use names::Names;
use person::Person;

/// Listens to one task.
#[derive(Debug, Default)]
pub(super) struct Witness {
    /// Who answers.
    person: Person,
    names: Names,
    /// Calls that somebody was asked about.
    asked: HashMap<String, Question>,
    /// Runs of hooks.
    hooks: Vec<HookSeen>,
    /// Calls whose items were told to have begun.
    begun: HashSet<String>,
    /// Items that were told to have ended, by id, with their status.
    ended: HashMap<String, String>,
    /// Ids of turns that are over.
    over: HashSet<String>,
    /// MCP calls that have begun and not ended.
    calling: Vec<Calling>,
    /// Tokens spent, by thread.
    tokens: HashMap<String, u64>,
    /// Tokens that may be spent.
    allowance: Option<u64>,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    /// Who answers: a person, or a guardian.
    pub(super) guardian: bool,
    /// The reason that Codex gives; empty without one.
    pub(super) reason: String,
}

/// A run of a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HookSeen {
    /// Event in camel case, as the CLI tells it.
    pub(super) event: String,
    /// The call; `None` for events of sessions and turns.
    pub(super) call: Option<String>,
    /// Turn in which it ran.
    pub(super) turn: String,
    /// `completed`, `failed`, `blocked`, `stopped`.
    pub(super) status: String,
    /// What it said.
    pub(super) detail: String,
    /// File that declares it, inside.
    pub(super) source: String,
    /// Its place among all hooks.
    pub(super) order: i64,
}

#[derive(Clone, Debug)]
struct Calling {
    item: String,
    server: String,
    tool: String,
    arguments: Value,
}

impl Witness {
    pub(super) fn new(approvals: &[Approval], transcripts: &[Transcript<'_>]) -> Self {
        let (person, names) = (Person::new(approvals, transcripts), Names::new(transcripts));
        Self { person, names, ..Self::default() }
    }

    /// Hears which calls are under way.
    pub(super) fn follow(&mut self, running: Running) {
        self.names.follow(running);
    }

    /// For a new session of a task: people's answers are those that they gave to the same in the recording.
    pub(super) fn for_new_session(
        approvals: &[Approval],
        transcripts: &[Transcript<'_>],
        allowance: u64,
    ) -> Self {
        let person = Person::by_precedents(approvals, transcripts);
        Self { allowance: Some(allowance), person, ..Self::default() }
    }

    /// Calls that were decided by what people answered to the same in the recording.
    pub(super) fn decided(&self) -> &[(String, HumanVerdict)] {
        self.person.decided()
    }

    /// Tokens spent.
    pub(super) fn tokens(&self) -> u64 {
        self.tokens.values().sum()
    }

    /// What was asked about a call.
    pub(super) fn question(&self, call: &str) -> Option<&Question> {
        self.asked.get(call)
    }

    /// The call behind an id of Codex's own, as far as it is known.
    pub(super) fn name<'n>(&'n self, id: &'n str) -> &'n str {
        self.names.get(id).unwrap_or(id)
    }

    /// Runs of hooks, in the order of their ends.
    pub(super) fn hooks(&self) -> &[HookSeen] {
        &self.hooks
    }

    /// Why a turn ended before the model was asked, by the hooks that ran since there were so many runs.
    pub(super) fn why_stopped(&self, since: usize) -> String {
        let stopped =
            self.hooks.iter().skip(since).find(|hook| matches!(hook.status.as_str(), "blocked" | "stopped"));
        match stopped {
            Some(hook) => format!("a hook stopped it: {}", hook.detail),
            None => "the turn ended before the model was asked".to_owned(),
        }
    }

    /// Was the call told to have ended, as a call that ran is?
    pub(super) fn ended(&self, call: &str) -> bool {
        self.ended.get(call).is_some_and(|status| status != "inProgress")
    }

    /// Was the call told to have begun?
    pub(super) fn begun(&self, call: &str) -> bool {
        self.begun.contains(call)
    }

    /// Takes in calls that have begun, as others than the CLI tell.
    pub(super) fn begin(&mut self, calls: &[String]) {
        self.begun.extend(calls.iter().cloned());
    }

    /// Is this turn over?
    pub(super) fn is_over(&self, turn: &str) -> bool {
        self.over.contains(turn)
    }

    /// Prompts that the recording has no verdict on.
    pub(super) fn unanswered(&self) -> &[String] {
        self.person.unanswered()
    }

    fn decide(&mut self, call: &str, does: &Does, label: &str, question: Question) -> bool {
        self.asked.insert(call.to_owned(), question);
        self.person.decide(call, does, label)
    }

    /// Was a rule added while accepting? It stays in the server's configuration.
    pub(super) fn added_rule(&self) -> bool {
        self.person.added_rule()
    }

    fn started(&mut self, item: &Value) {
        let id = text(&item["id"]);
        let does = Does::of_item(item);
        let call = self.names.resolve(&id, &does);
        // Of patches and MCP tools it tells before somebody is asked.
        if !matches!(item["type"].as_str(), Some("fileChange" | "mcpToolCall")) {
            self.begun.insert(call);
        }
        if let Does::Mcp { server, tool, arguments } = does {
            self.calling.push(Calling { item: id, server, tool, arguments });
        }
    }

    fn completed(&mut self, item: &Value) {
        let id = text(&item["id"]);
        self.calling.retain(|calling| calling.item != id);
        let call = self.names.resolve(&id, &Does::of_item(item));
        self.begun.insert(call.clone());
        self.ended.insert(call, text(&item["status"]));
    }

    fn hook(&mut self, params: &Value) {
        let run = &params["run"];
        let (id, source, order) =
            (text(&run["id"]), text(&run["sourcePath"]), run["displayOrder"].as_i64().unwrap_or(0));
        let call = id.split_once(&format!(":{order}:{source}")).and_then(|(_, rest)| rest.strip_prefix(':'));
        // Codex asks a second time about a command that it starts again outside of the sandbox.
        let call = call.map(|call| call.strip_suffix(":retry").unwrap_or(call));
        if let Some(call) = call {
            self.names.hear(call);
        }
        let entries = run["entries"].as_array().map_or(&[][..], Vec::as_slice);
        let said: Vec<&str> = entries.iter().filter_map(|entry| entry["text"].as_str()).collect();
        self.hooks.push(HookSeen {
            event: text(&run["eventName"]),
            call: call.map(str::to_owned),
            turn: text(&params["turnId"]),
            status: text(&run["status"]),
            detail: said.join(" "),
            source,
            order,
        });
    }

    /// Codex's own id of a nested call.
    pub(super) fn own_name(&self, call: &str) -> Option<&str> {
        self.names.own(call)
    }

    /// Gives hooks of nested calls the ids of these calls. Those that hooks blocked or rewrote are told of by nothing
    /// else, so they are taken in order.
    pub(super) fn name_hooks(&mut self, fates: &super::nested::Nested) {
        self.names.give_in_order(self.hooks.iter().filter_map(|hook| hook.call.as_deref()), fates);
        for hook in &mut self.hooks {
            if let Some(name) = hook.call.as_ref().and_then(|own| self.names.get(own)) {
                hook.call = Some(name.to_owned());
            }
        }
    }

    /// Takes the ids of nested calls from what was logged of them; what was refused is told nowhere else.
    pub(super) fn learn(&mut self, id: &str, tool: &str, arguments: &str, fates: &super::nested::Nested) {
        let read: Value = serde_json::from_str(arguments).unwrap_or_default();
        let does = match tool {
            "exec_command" => Does::Command(text(&read["cmd"])),
            "apply_patch" => Does::Patch,
            _ => Does::Other,
        };
        if does != Does::Other {
            self.names.learn(id, &does, fates);
        }
    }
}

impl Listener for Witness {
    fn asked(&mut self, method: &str, params: &Value) -> Option<Value> {
        let question = |params: &Value| Question { guardian: false, reason: text(&params["reason"]) };
        match method {
            "item/commandExecution/requestApproval" => {
                let command = script_of(&text(&params["command"]));
                // What is typed into a terminal is asked about under the command's item, with an id of its own.
                let call = match params["approvalId"].as_str().filter(|_| params["kind"] == "writeStdin") {
                    Some(own) => own.to_owned(),
                    None => self.names.resolve(&text(&params["itemId"]), &Does::Command(command.clone())),
                };
                let runs = self.decide(&call, &Does::Command(command.clone()), &command, question(params));
                Some(json!({"decision": self.person.click(&call, runs, params)}))
            }
            "item/fileChange/requestApproval" => {
                let call = self.names.resolve(&text(&params["itemId"]), &Does::Patch);
                let runs = self.decide(&call, &Does::Patch, "patch", question(params));
                Some(json!({"decision": self.person.click(&call, runs, params)}))
            }
            "mcpServer/elicitation/request" => {
                let (server, meta) = (text(&params["serverName"]), &params["_meta"]);
                let (tool, arguments) = (text(&meta["tool_name"]), &meta["tool_params"]);
                let open = self.calling.iter().find(|calling| {
                    calling.server == server
                        && calling.tool == tool
                        && (arguments.is_null() || calling.arguments == *arguments)
                });
                let item = open.map(|calling| calling.item.clone()).unwrap_or_default();
                let asked_before = |witness: &Self, item: &str| witness.asked.contains_key(item);
                let does =
                    Does::Mcp { server: server.clone(), tool: tool.clone(), arguments: arguments.clone() };
                let call = self.names.resolve(&item, &does);
                // Two equal calls at a time are asked about one after the other.
                let call = if asked_before(self, &call) {
                    self.next_equal(&call, &does).unwrap_or(call)
                } else {
                    call
                };
                let runs = self.decide(
                    &call,
                    &does,
                    &format!("{server}/{tool}"),
                    Question { guardian: false, reason: String::new() },
                );
                let mut answer = json!({"action": if runs { "accept" } else { "decline" }, "content": null});
                if runs && self.person.holds_for_session(&call) {
                    answer["_meta"] = json!({"persist": "session"});
                }
                Some(answer)
            }
            "item/permissions/requestApproval" => {
                let call = text(&params["itemId"]);
                let runs = self.decide(&call, &Does::Other, "permissions", question(params));
                let granted = if runs { params["permissions"].clone() } else { json!({}) };
                Some(json!({"permissions": granted, "scope": "turn"}))
            }
            _ => None,
        }
    }

    fn told(&mut self, method: &str, params: &Value) {
        match method {
            "thread/tokenUsage/updated" => {
                let total = params["tokenUsage"]["total"]["totalTokens"].as_u64().unwrap_or(0);
                self.tokens.insert(text(&params["threadId"]), total);
            }
            "turn/completed" => drop(self.over.insert(text(&params["turn"]["id"]))),
            "item/started" => self.started(&params["item"]),
            "item/completed" => self.completed(&params["item"]),
            "hook/completed" => self.hook(params),
            "item/autoApprovalReview/completed" => {
                if let Some(item) = params["targetItemId"].as_str() {
                    let does = Does::of_review(&params["action"]);
                    let call = self.names.resolve(item, &does);
                    let reason = text(&params["review"]["rationale"]);
                    self.asked.insert(call, Question { guardian: true, reason });
                }
            }
            _ => {}
        }
    }

    fn enough(&self) -> bool {
        self.allowance.is_some_and(|allowance| self.tokens() >= allowance)
    }
}

impl Witness {
    fn next_equal(&mut self, before: &str, does: &Does) -> Option<String> {
        let Does::Mcp { server, tool, arguments } = does else { return None };
        let items: Vec<String> = self
            .calling
            .iter()
            .filter(|calling| {
                calling.server == *server && calling.tool == *tool && calling.arguments == *arguments
            })
            .map(|calling| calling.item.clone())
            .collect();
        let next = items.into_iter().map(|item| self.names.resolve(&item, does));
        next.collect::<Vec<_>>().into_iter().find(|call| call != before && !self.asked.contains_key(call))
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
