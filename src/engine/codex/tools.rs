//! What the MCP servers answer: their recorded lists of tools, and the recorded results of calls.

use std::collections::{HashMap, VecDeque};

use serde_json::{Value, json};

use crate::action::Action;
use crate::transcript::{Call, Recorded, StepKind, Transcript};

/// All servers of a suite.
#[derive(Clone, Debug, Default)]
pub(super) struct ToolServers {
    /// By position, which stubs are started with.
    servers: Vec<ToolServer>,
    /// Recorded results by server and tool, in order.
    results: HashMap<(String, String), VecDeque<Outcome>>,
    /// Calls that the recording has no result of, as `server/tool`.
    missing: Vec<String>,
    /// Calls that are not answered, for a person interrupted them.
    waiting: Vec<String>,
}

/// One server.
#[derive(Clone, Debug, Default)]
pub(super) struct ToolServer {
    pub(super) name: String,
    /// Tools as `tools/list` gives them.
    pub(super) tools: Vec<Value>,
}

/// What a tool answered once.
#[derive(Clone, Debug)]
struct Outcome {
    /// The call.
    call: String,
    arguments: Value,
    /// The text; `None` when the turn was interrupted before.
    text: Option<String>,
}

/// What a server says to a message.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Said {
    /// Nothing: it is a notification.
    Nothing,
    /// An answer.
    Answer(Value),
    /// An answer that comes when the turn is over.
    Late(Value),
}

impl ToolServers {
    pub(super) fn new(servers: Vec<ToolServer>) -> Self {
        Self { servers, ..Self::default() }
    }

    /// Takes the results of a task's recordings in place of those of the last one.
    pub(super) fn load(&mut self, transcripts: &[Transcript<'_>]) {
        self.results.clear();
        self.missing.clear();
        self.waiting.clear();
        let steps = transcripts.iter().flat_map(|transcript| &transcript.steps);
        for step in steps {
            let StepKind::Call(call) = &step.kind else { continue };
            let Action::Mcp(mcp) = &call.action else { continue };
            let text = match call.recorded() {
                Recorded::Ran => result_text(call),
                Recorded::Aborted => None,
                _ => continue,
            };
            let arguments = serde_json::from_str(&mcp.arguments).unwrap_or(Value::Null);
            let key = (mcp.server.to_string(), mcp.tool.to_string());
            let outcome = Outcome { call: call.id.to_string(), arguments, text };
            self.results.entry(key).or_default().push_back(outcome);
        }
    }

    /// Calls that the recording has no result of, as `server/tool`.
    pub(super) fn missing(&self) -> &[String] {
        &self.missing
    }

    /// Calls that wait for the end of the turn.
    pub(super) fn waiting(&self) -> &[String] {
        &self.waiting
    }

    /// Answers one message to the server of a position.
    pub(super) fn answer(&mut self, server: &str, message: &Value) -> Said {
        let Some(id) = message.get("id").filter(|id| !id.is_null()) else { return Said::Nothing };
        let waiting = self.waiting.len();
        let params = &message["params"];
        let result = match message["method"].as_str().unwrap_or_default() {
            "initialize" => {
                let version = params["protocolVersion"].as_str().unwrap_or("2025-06-18");
                let about = json!({"name": "recording", "version": "1"});
                json!({"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": about})
            }
            "tools/list" => json!({"tools": self.server(server).map(|server| &server.tools)}),
            "tools/call" => self.call(server, params),
            "resources/list" => json!({"resources": []}),
            "resources/templates/list" => json!({"resourceTemplates": []}),
            "prompts/list" => json!({"prompts": []}),
            "ping" => json!({}),
            other => {
                let error = json!({"code": -32601, "message": format!("method not found: {other}")});
                return Said::Answer(json!({"jsonrpc": "2.0", "id": id, "error": error}));
            }
        };
        let answer = json!({"jsonrpc": "2.0", "id": id, "result": result});
        if self.waiting.len() > waiting { Said::Late(answer) } else { Said::Answer(answer) }
    }

    fn server(&self, position: &str) -> Option<&ToolServer> {
        self.servers.get(position.parse::<usize>().ok()?)
    }

    fn call(&mut self, server: &str, params: &Value) -> Value {
        let server = self.server(server).map(|server| server.name.clone()).unwrap_or_default();
        let tool = params["name"].as_str().unwrap_or_default().to_owned();
        let arguments = &params["arguments"];
        let known = self.results.get_mut(&(server.clone(), tool.clone())).and_then(|results| {
            let same = results.iter().position(|outcome| outcome.arguments == *arguments);
            results.remove(same.unwrap_or(0))
        });
        let Some(outcome) = known else {
            self.missing.push(format!("{server}/{tool}"));
            return json!({"content": [{"type": "text", "text": "the recording has no result of this call"}], "isError": true});
        };
        let text = outcome.text.unwrap_or_else(|| {
            self.waiting.push(outcome.call);
            INTERRUPTED.to_owned()
        });
        json!({"content": [{"type": "text", "text": text}]})
    }
}

/// What is answered at last to a call that had no answer when a person interrupted the turn; nobody listens.
const INTERRUPTED: &str = "(the turn was interrupted here)";

/// The text of a recorded result, without what Codex puts before it.
fn result_text(call: &Call<'_>) -> Option<String> {
    let text = call.output?.text().into_owned();
    let body = text.strip_prefix("Wall time: ").and_then(|rest| rest.split_once("\nOutput:\n"));
    Some(match body {
        Some((_, body)) => body.to_owned(),
        None => text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers() -> ToolServers {
        let tools = vec![json!({"name": "ro", "annotations": {"readOnlyHint": true}})];
        ToolServers::new(vec![ToolServer { name: "tracker".into(), tools }])
    }

    #[test]
    fn the_protocol_is_answered() {
        let mut all = servers();
        let mut ask = |method: &str, params: Value| {
            let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
            match all.answer("0", &message) {
                Said::Answer(answer) => Some(answer),
                _ => None,
            }
        };
        let hello = ask("initialize", json!({"protocolVersion": "2024-11-05"})).unwrap();
        assert_eq!(hello["result"]["protocolVersion"], "2024-11-05");
        assert_eq!(ask("tools/list", json!({})).unwrap()["result"]["tools"][0]["name"], "ro");
        assert_eq!(ask("ping", json!({})).unwrap()["result"], json!({}));
        assert_eq!(ask("nope", json!({})).unwrap()["error"]["code"], -32601);
        assert_eq!(all.answer("0", &json!({"method": "notifications/initialized"})), Said::Nothing);
    }

    #[test]
    fn results_come_by_arguments_then_by_order() {
        let mut all = servers();
        let key = ("tracker".to_owned(), "ro".to_owned());
        let outcome = |id: i64, text: &str| Outcome {
            call: format!("c{id}"),
            arguments: json!({"id": id}),
            text: (text != "never").then(|| text.to_owned()),
        };
        all.results.insert(
            key,
            [outcome(1, "one"), outcome(2, "two"), outcome(3, "three"), outcome(7, "never")].into(),
        );
        let mut call = |id: i64| {
            let params = json!({"name": "ro", "arguments": {"id": id}});
            let message = json!({"id": 1, "method": "tools/call", "params": params});
            let (Said::Answer(answer) | Said::Late(answer)) = all.answer("0", &message) else { panic!() };
            answer["result"]["content"][0]["text"].as_str().unwrap().to_owned()
        };
        assert_eq!([call(2), call(9), call(3)], ["two", "one", "three"]);
        assert_eq!(call(7), INTERRUPTED);
        assert_eq!(call(1), "the recording has no result of this call");
        assert_eq!(all.missing(), ["tracker/ro"]);
        assert_eq!(all.waiting(), ["c7"]);
    }
}
