//! The recording of a scenario: rollout lines of Codex 0.169, as of a session without any boundary, in which every
//! call ran unless the person declined it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::call::{NamedCall, Numbering};
use super::scenario::{Call, Person, Scenario, Step, ends_open};

/// Where the snapshot lay, and where sessions worked that name no other folder.
pub(crate) const CWD: &str = "/home/dev/app";
/// Where the plugin's skills lay.
const SKILLS: &str = "/home/dev/.codex/plugins/cache/m/p/1.0.0/skills";
const THREAD: &str = "019b0000-0000-7000-8000-000000000000";

/// What becomes of a scenario's steps: recordings, the model's part, and the person's answers.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    /// File name and lines of each recording, the main one first.
    pub(crate) files: Vec<(String, String)>,
    /// The turns as data: prompt, steps of items, plugins switched off.
    pub(crate) turns: Vec<Value>,
    /// Steps of each sub-agent by the text of its task.
    pub(crate) agents: serde_json::Map<String, Value>,
    /// For how long answers hold that hold for longer, by call.
    pub(crate) holding: BTreeMap<String, String>,
    /// Answers of the person by call.
    pub(crate) answers: Vec<(String, Person)>,
}

/// Writes the recordings of a scenario.
pub(crate) fn sessions(scenario: &Scenario) -> Sessions {
    let mut numbering = Numbering::default();
    let mut made = Sessions::default();
    let mut main = Writer::new(scenario, THREAD, None);
    let mut children: Vec<Child> = Vec::new();
    for (number, turn) in scenario.turns().into_iter().enumerate() {
        let (prompt, off) = (&turn.prompt, &turn.disabled_plugins);
        if turn.compact {
            main.summary();
            main.end();
        }
        main.turn(number, prompt, off);
        let calls = named(&mut numbering, &turn.steps);
        made.turns.push(json!({"prompt": prompt, "steps": items(&calls), "disabled_plugins": off}));
        for (at, step) in calls.iter().enumerate() {
            match turn.steps[at].says() {
                Some(text) => main.prompt(text),
                None if step.is_empty() => main.summary(),
                None => {}
            }
            main.step(step, |call| Child::start(&mut children, THREAD, 1, call));
            remember(&mut made, step);
        }
        main.conclude(turn.is_interrupted());
    }
    if scenario.compact_at_end {
        main.summary();
        main.end();
    }
    made.files.push(("session.jsonl".to_owned(), main.text));
    let mut at = 0;
    while let Some(Child { task, thread, .. }) = children.get(at).cloned() {
        let mut child = Writer::new(scenario, &thread, Some(&children[at]));
        child.turn(0, &task, &[]);
        let depth = children[at].depth + 1;
        let steps = scenario.agents.get(&task).map_or(&[][..], Vec::as_slice);
        let calls = named(&mut numbering, steps);
        for step in &calls {
            child.step(step, |call| Child::start(&mut children, &thread, depth, call));
            remember(&mut made, step);
        }
        child.conclude(ends_open(steps));
        made.agents.insert(task, json!(items(&calls)));
        made.files.push((format!("session.{thread}.jsonl"), child.text));
        at += 1;
    }
    made
}

/// A sub-agent.
#[derive(Clone)]
struct Child {
    task: String,
    thread: String,
    parent: String,
    depth: usize,
    role: Option<String>,
}

impl Child {
    /// A sub-agent that a call starts, as the last of all; gives its thread.
    fn start(children: &mut Vec<Self>, parent: &str, depth: usize, call: &Call) -> String {
        let thread = format!("019b0000-0000-7000-8000-{:012}", children.len() + 1);
        let role = call.with.get("agent_type").and_then(Value::as_str).map(str::trim);
        children.push(Self {
            task: call.spawn.clone().unwrap_or_default(),
            thread: thread.clone(),
            parent: parent.to_owned(),
            depth,
            role: role.filter(|role| !role.is_empty()).map(str::to_owned),
        });
        thread
    }
}

/// The calls of each step; none where the history is summarised, or the user says something.
fn named(numbering: &mut Numbering, steps: &[Step]) -> Vec<Vec<NamedCall>> {
    let calls = |step: &Step| {
        if step.compacts() || step.says().is_some() { Vec::new() } else { numbering.calls(step) }
    };
    steps.iter().map(calls).collect()
}

fn items(steps: &[Vec<NamedCall>]) -> Vec<Vec<Value>> {
    let calls = steps.iter().filter(|calls| !calls.is_empty());
    calls.map(|calls| calls.iter().map(NamedCall::item).collect()).collect()
}

fn remember(made: &mut Sessions, step: &[NamedCall]) {
    for one in step {
        let nested = one.call.each.iter().enumerate();
        made.answers.extend(nested.map(|(at, person)| (format!("{}#{}", one.id, at + 1), *person)));
        if let Some(person) = one.call.person {
            made.answers.push((one.id.clone(), person));
            made.holding.extend(one.call.holds.clone().map(|holds| (one.id.clone(), holds)));
        }
    }
}

/// Writes one rollout.
struct Writer {
    model: String,
    text: String,
    ordinal: u32,
    thread: String,
    /// The sub-agent that was started last, which arguments call `$child`.
    child: Option<String>,
    /// Ends of turns are told, which matters where histories are summarised or turns are interrupted.
    tells_ends: bool,
    /// The working folder.
    cwd: String,
}

impl Writer {
    fn new(scenario: &Scenario, thread: &str, child: Option<&Child>) -> Self {
        let mut writer = Self {
            model: scenario.model.clone(),
            text: String::new(),
            ordinal: 0,
            thread: thread.to_owned(),
            child: None,
            tells_ends: scenario.tells_ends(),
            cwd: scenario.cwd.clone(),
        };
        let source = match child {
            None => json!("vscode"),
            Some(child) => json!({"subagent": {"thread_spawn": {
                "parent_thread_id": child.parent, "depth": child.depth, "agent_path": null, "agent_nickname": "Ada",
                "agent_role": child.role,
            }}}),
        };
        let roots = scenario.roots.clone().unwrap_or_else(|| vec![scenario.cwd.clone()]);
        let mut meta = json!({
            "session_id": if child.is_some() { THREAD } else { thread }, "id": thread, "timestamp": time(0),
            "cwd": scenario.cwd, "runtime_workspace_roots": roots, "originator": "conformance", "cli_version": "0.169.0",
            "source": source, "model_provider": "script",
            "base_instructions": {"text": "You are a coding agent."}, "history_mode": "paginated",
        });
        if let (Some(child), Some(meta)) = (child, meta.as_object_mut()) {
            meta.insert("parent_thread_id".into(), json!(child.parent));
            meta.insert("agent_role".into(), json!(child.role));
            meta.insert("thread_source".into(), json!("subagent"));
        }
        writer.line("session_meta", &meta);
        if scenario.plugin.keys().any(|path| path.starts_with("skills/")) {
            let text = format!(
                "<skills_instructions>\n### Skill roots\n- `r0` = `{SKILLS}`\n</skills_instructions>"
            );
            let content = json!([{"type": "input_text", "text": text}]);
            writer
                .line("response_item", &json!({"type": "message", "role": "developer", "content": content}));
        }
        writer
    }

    fn line(&mut self, kind: &str, payload: &Value) {
        let line = json!({"timestamp": time(self.ordinal), "ordinal": self.ordinal, "type": kind, "payload": payload});
        self.text.push_str(&line.to_string());
        self.text.push('\n');
        self.ordinal += 1;
    }

    fn turn(&mut self, number: usize, prompt: &str, disabled: &[String]) {
        let turn = format!("{}-turn-{number}", self.thread);
        self.line("event_msg", &json!({"type": "task_started", "turn_id": turn, "root_turn_id": turn}));
        let context = json!({
            "turn_id": turn, "root_turn_id": turn, "disabled_plugin_ids": disabled, "cwd": self.cwd,
            "approval_policy": "never", "approvals_reviewer": "user",
            "permission_profile": {"type": "disabled"}, "sandbox_policy": {"type": "danger-full-access"},
            "active_permission_profile": {"id": ":danger-full-access"}, "model": self.model, "summary": "none",
            "collaboration_mode": {"mode": "default"}, "multi_agent_version": "v1",
        });
        self.line("turn_context", &context);
        self.prompt(prompt);
    }

    /// What the user says.
    fn prompt(&mut self, prompt: &str) {
        let content = json!([{"type": "input_text", "text": prompt}]);
        self.line("response_item", &json!({"type": "message", "role": "user", "content": content}));
        let id = format!("said-{}", self.ordinal);
        let item = json!({"type": "UserMessage", "id": id, "content": [{"type": "text", "text": prompt}]});
        self.line("event_msg", &json!({"type": "item_completed", "thread_id": self.thread, "item": item}));
    }

    fn step(&mut self, calls: &[NamedCall], mut spawn: impl FnMut(&Call) -> String) {
        for one in calls {
            let item = one.item();
            let child = self.child.as_deref().unwrap_or_default();
            let arguments = item["arguments"].as_str().map(|text| json!(text.replace("$child", child)));
            let mut item = item;
            if let (Some(arguments), Some(item)) = (arguments, item.as_object_mut()) {
                item.insert("arguments".into(), arguments);
            }
            self.line("response_item", &item);
        }
        for one in calls {
            if let Some(person) = one.call.guardian {
                self.assessment(one, person);
            }
            for (at, command) in one.call.ended.iter().enumerate() {
                self.ended(&format!("exec-{}-{at}", one.id), command);
            }
            let child = one.call.spawn.is_some().then(|| spawn(&one.call));
            self.child = child.clone().or_else(|| self.child.take());
            if let Some(output) = one.output(child.as_deref()) {
                self.line("response_item", &output);
            }
        }
    }

    /// A command of a script that ended.
    fn ended(&mut self, id: &str, command: &str) {
        let item = json!({
            "type": "CommandExecution", "id": id, "process_id": "1", "command": ["/bin/bash", "-lc", command],
            "cwd": format!("file://{CWD}"), "parsed_cmd": [{"type": "unknown", "cmd": command}],
            "source": "unified_exec_startup", "status": "completed", "aggregated_output": "ok\n", "exit_code": 0,
            "duration": {"secs": 0, "nanos": 1_000_000},
        });
        self.line("event_msg", &json!({"type": "item_completed", "thread_id": self.thread, "item": item}));
    }

    /// What a guardian thought of a command.
    fn assessment(&mut self, one: &NamedCall, said: Person) {
        let status = if said == Person::Accepted { "approved" } else { "denied" };
        let action = json!({"type": "command", "command": one.call.run, "cwd": self.cwd});
        let assessed = json!({
            "type": "guardian_assessment", "id": format!("g-{}", one.id), "target_item_id": one.id, "status": status,
            "action": action, "risk_level": "low", "rationale": "as the scenario says",
        });
        self.line("event_msg", &assessed);
    }

    /// The history is summarised.
    fn summary(&mut self) {
        self.line("compacted", &json!({"message": "A summary.", "replacement_history": []}));
    }

    fn end(&mut self) {
        if self.tells_ends {
            self.line("event_msg", &json!({"type": "task_complete", "error": null}));
        }
    }

    /// The end of a turn: the model is done, or the user had enough of it.
    fn conclude(&mut self, interrupted: bool) {
        if !interrupted {
            self.message("done");
            return self.end();
        }
        let text = "<turn_aborted>\nThe user interrupted the previous turn on purpose.\n</turn_aborted>";
        let content = json!([{"type": "input_text", "text": text}]);
        self.line("response_item", &json!({"type": "message", "role": "user", "content": content}));
        self.line("event_msg", &json!({"type": "turn_aborted", "reason": "interrupted"}));
    }

    fn message(&mut self, text: &str) {
        let content = json!([{"type": "output_text", "text": text}]);
        self.line("response_item", &json!({"type": "message", "role": "assistant", "content": content}));
    }
}

fn time(second: u32) -> String {
    format!("2026-05-04T09:{:02}:{:02}.000Z", second / 60 % 60, second % 60)
}
