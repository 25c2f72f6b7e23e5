//! What the CLI asks and tells while it plays a task, and the answers that it gets: those that people gave in the
//! recording.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::client::Listener;
use super::does::{Does, script_of};
use crate::decision::{Approval, HumanVerdict, Lasting};
use crate::transcript::{Recorded, StepKind, Transcript};

/// Listens to one task.
#[derive(Debug, Default)]
pub(super) struct Witness {
    /// Recorded verdicts by call id.
    verdicts: HashMap<String, HumanVerdict>,
    /// Answers that hold for longer, by call id.
    lasting: HashMap<String, Lasting>,
    /// A rule was added while accepting.
    added_rule: bool,
    /// Calls with which the recorded turn was aborted.
    aborted: HashSet<String>,
    /// Calls that scripts of code mode make, by what they do; Codex gives them ids of its own.
    nested: Vec<Nested>,
    /// Ids of Codex's own for nested calls, and which call they are.
    names: HashMap<String, String>,
    /// Calls that somebody was asked about.
    asked: HashMap<String, Question>,
    /// Runs of hooks.
    hooks: Vec<HookSeen>,
    /// Items that were told to have ended, by id, with their status.
    ended: HashMap<String, String>,
    /// MCP calls that have begun and not ended.
    calling: Vec<Calling>,
    /// Prompts that the recording has no verdict on, as labels.
    unanswered: Vec<String>,
    /// Recorded verdicts by what was asked, for sessions whose calls are new.
    precedents: Vec<(Does, HumanVerdict)>,
    /// What was decided by them.
    decided: Vec<(String, HumanVerdict)>,
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
struct Nested {
    id: String,
    does: Does,
    taken: bool,
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
        let verdicts = approvals.iter().map(|given| (given.call.clone(), given.verdict)).collect();
        let mut nested = Vec::new();
        let (mut parents, mut aborted) = (HashMap::new(), HashSet::new());
        for step in transcripts.iter().flat_map(|transcript| &transcript.steps) {
            let StepKind::Call(call) = &step.kind else { continue };
            if call.recorded() == Recorded::Aborted {
                aborted.insert(call.id.to_string());
            }
            let Some(parent) = &call.parent else { continue };
            parents.insert(call.id.to_string(), parent.to_string());
            nested.push(Nested { id: call.id.to_string(), does: Does::of(&call.action), taken: false });
        }
        let lasting = approvals.iter().filter(|given| given.lasting != Lasting::Once);
        let lasting = lasting.map(|given| (given.call.clone(), given.lasting.clone())).collect();
        let mut witness = Self { verdicts, lasting, aborted, nested, ..Self::default() };
        // A verdict on a script holds for the calls in it, and so does its end.
        for (call, parent) in parents {
            if witness.aborted.contains(&parent) {
                witness.aborted.insert(call.clone());
            }
            if let (false, Some(verdict)) =
                (witness.verdicts.contains_key(&call), witness.verdicts.get(&parent))
            {
                let verdict = *verdict;
                let lasting = witness.lasting.get(&parent).cloned();
                witness.lasting.extend(lasting.map(|lasting| (call.clone(), lasting)));
                witness.verdicts.insert(call, verdict);
            }
        }
        witness
    }

    /// For a new session of a task: people's answers are those that they gave to the same in the recording.
    pub(super) fn for_new_session(
        approvals: &[Approval],
        transcripts: &[Transcript<'_>],
        allowance: u64,
    ) -> Self {
        let mut witness = Self { allowance: Some(allowance), ..Self::default() };
        for step in transcripts.iter().flat_map(|transcript| &transcript.steps) {
            let StepKind::Call(call) = &step.kind else { continue };
            let verdict = approvals.iter().find(|given| *given.call == *call.id).map(|given| given.verdict);
            witness.precedents.extend(verdict.map(|verdict| (Does::of(&call.action), verdict)));
        }
        witness
    }

    /// Calls that were decided by what people answered to the same in the recording.
    pub(super) fn decided(&self) -> &[(String, HumanVerdict)] {
        &self.decided
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
        self.names.get(id).map_or(id, String::as_str)
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

    /// Prompts that the recording has no verdict on.
    pub(super) fn unanswered(&self) -> &[String] {
        &self.unanswered
    }

    /// The call behind an id of Codex's own, by what it does; calls of the same kind are taken in order.
    fn resolve(&mut self, item: &str, does: &Does) -> String {
        if !item.starts_with("exec-") {
            return item.to_owned();
        }
        if let Some(known) = self.names.get(item) {
            return known.clone();
        }
        let found = self.nested.iter_mut().find(|nested| !nested.taken && nested.does.is(does));
        let Some(nested) = found else { return item.to_owned() };
        nested.taken = true;
        let id = nested.id.clone();
        self.names.insert(item.to_owned(), id.clone());
        id
    }

    fn decide(&mut self, call: &str, does: &Does, label: &str, question: Question) -> bool {
        self.asked.insert(call.to_owned(), question);
        // A patch is told by nothing but that it is one.
        let precedent = self.precedents.iter().find(|(asked, _)| asked == does && *asked != Does::Patch);
        if let Some((_, verdict)) = precedent {
            self.decided.push((call.to_owned(), *verdict));
            return verdict.let_run();
        }
        if let Some(verdict) = self.verdicts.get(call) {
            return verdict.let_run();
        }
        self.unanswered.push(format!("{call}: {label}"));
        false
    }

    /// The click of somebody who lets a command or a patch run.
    fn acceptance(&mut self, call: &str, params: &Value) -> Value {
        match self.lasting.get(call) {
            Some(Lasting::Session) => json!("acceptForSession"),
            Some(Lasting::Rule(prefix)) if params["command"].is_string() => {
                let proposed = &params["proposedExecpolicyAmendment"];
                let words = if prefix.is_empty() { proposed.clone() } else { json!(prefix) };
                if !words.is_array() {
                    return json!("accept");
                }
                self.added_rule = true;
                json!({"acceptWithExecpolicyAmendment": {"execpolicy_amendment": words}})
            }
            _ => json!("accept"),
        }
    }

    /// Was a rule added while accepting? It stays in the server's configuration.
    pub(super) fn added_rule(&self) -> bool {
        self.added_rule
    }

    /// The click of somebody who does not let a command or a patch run: with `cancel` the turn ends, as it did when the
    /// person said no in a recording whose turn ended there.
    fn refusal(&self, call: &str) -> &'static str {
        let declined = self.verdicts.get(call) == Some(&HumanVerdict::Declined);
        if declined && self.aborted.contains(call) { "cancel" } else { "decline" }
    }

    fn started(&mut self, item: &Value) {
        let id = text(&item["id"]);
        let does = Does::of_item(item);
        self.resolve(&id, &does);
        if let Does::Mcp { server, tool, arguments } = does {
            self.calling.push(Calling { item: id, server, tool, arguments });
        }
    }

    fn completed(&mut self, item: &Value) {
        let id = text(&item["id"]);
        self.calling.retain(|calling| calling.item != id);
        let call = self.resolve(&id, &Does::of_item(item));
        self.ended.insert(call, text(&item["status"]));
    }

    fn hook(&mut self, params: &Value) {
        let run = &params["run"];
        let (id, source, order) =
            (text(&run["id"]), text(&run["sourcePath"]), run["displayOrder"].as_i64().unwrap_or(0));
        let call = id.split_once(&format!(":{order}:{source}")).and_then(|(_, rest)| rest.strip_prefix(':'));
        // Codex asks a second time about a command that it starts again outside of the sandbox.
        let call = call.map(|call| call.strip_suffix(":retry").unwrap_or(call));
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
        self.names.iter().find(|(_, known)| *known == call).map(|(own, _)| own.as_str())
    }

    /// Gives hooks of nested calls the ids of these calls. Those that hooks blocked or rewrote are told of by nothing
    /// else, so they are taken in order.
    pub(super) fn name_hooks(&mut self, fates: &super::nested::Nested) {
        let mut left = self.nested.iter().filter(|nested| !nested.taken && fates.fate(&nested.id).is_some());
        for hook in &self.hooks {
            let own = hook
                .call
                .as_ref()
                .filter(|call| call.starts_with("exec-") && !self.names.contains_key(*call));
            if let Some(own) = own
                && let Some(nested) = left.next()
            {
                self.names.insert(own.clone(), nested.id.clone());
            }
        }
        for hook in &mut self.hooks {
            if let Some(name) = hook.call.as_ref().and_then(|call| self.names.get(call)) {
                hook.call = Some(name.clone());
            }
        }
    }

    /// Takes the ids of nested calls from what was logged of them; what was refused is told nowhere else.
    pub(super) fn learn(&mut self, id: &str, tool: &str, arguments: &str) {
        let read: Value = serde_json::from_str(arguments).unwrap_or_default();
        let does = match tool {
            "exec_command" => Does::Command(text(&read["cmd"])),
            "apply_patch" => Does::Patch,
            _ => Does::Other,
        };
        if does != Does::Other {
            self.resolve(id, &does);
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
                    None => self.resolve(&text(&params["itemId"]), &Does::Command(command.clone())),
                };
                let runs = self.decide(&call, &Does::Command(command.clone()), &command, question(params));
                Some(
                    json!({"decision": if runs { self.acceptance(&call, params) } else { self.refusal(&call).into() }}),
                )
            }
            "item/fileChange/requestApproval" => {
                let call = self.resolve(&text(&params["itemId"]), &Does::Patch);
                let runs = self.decide(&call, &Does::Patch, "patch", question(params));
                Some(
                    json!({"decision": if runs { self.acceptance(&call, params) } else { self.refusal(&call).into() }}),
                )
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
                let call = self.resolve(&item, &does);
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
                if runs && self.lasting.get(&call) == Some(&Lasting::Session) {
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
            "item/started" => self.started(&params["item"]),
            "item/completed" => self.completed(&params["item"]),
            "hook/completed" => self.hook(params),
            "item/autoApprovalReview/completed" => {
                if let Some(item) = params["targetItemId"].as_str() {
                    let does = Does::of_review(&params["action"]);
                    let call = self.resolve(item, &does);
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
        let next = items.into_iter().map(|item| self.resolve(&item, does));
        next.collect::<Vec<_>>().into_iter().find(|call| call != before && !self.asked.contains_key(call))
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
