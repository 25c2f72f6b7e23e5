//! New sessions with a model provider of one's own: here a second server on loopback.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tiny_http::{Response, Server};

use super::codex_engine::real;
use super::program::Ran;
use super::project::Project;

/// A provider whose model reads a file, asks for more than it may, and decides.
struct Provider {
    server: Arc<Server>,
    asked: Arc<AtomicUsize>,
}

impl Provider {
    fn start(tokens: u64) -> Self {
        let server = Arc::new(Server::http("127.0.0.1:0").unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let (serving, count) = (server.clone(), asked.clone());
        std::thread::spawn(move || {
            while let Ok(mut request) = serving.recv() {
                let mut body = String::new();
                request.as_reader().read_to_string(&mut body).unwrap();
                let body: Value = serde_json::from_str(&body).unwrap_or_default();
                count.fetch_add(usize::from(request.url().ends_with("/responses")), Ordering::Relaxed);
                let key = request.headers().iter().any(|header| header.value.as_str() == "Bearer s3cret-key");
                let _ = request.respond(Response::from_string(if key {
                    answer(&body, tokens)
                } else {
                    String::new()
                }));
            }
        });
        Self { server, asked }
    }

    fn file(&self) -> String {
        let address = self.server.server_addr();
        format!(
            "model = \"gpt-5.5\"\nmodel_provider = \"own\"\n[model_providers.own]\nname = \"own\"\n\
             base_url = \"http://{address}/v1\"\nwire_api = \"responses\"\nenv_key = \"OWN_KEY\"\n\
             request_max_retries = 0\nstream_max_retries = 0\n"
        )
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.server.unblock();
    }
}

/// What the model says next, by what it has been answered.
fn answer(request: &Value, tokens: u64) -> String {
    let input = request["input"].as_array().cloned().unwrap_or_default();
    let answered = input.iter().filter(|item| item["type"] == "function_call_output").count();
    let call = |id: &str, arguments: Value| json!({"type": "function_call", "id": id, "call_id": id, "name": "exec_command", "arguments": arguments.to_string()});
    let item = match answered {
        0 => call("live_1", json!({"cmd": "ls -la src"})),
        1 => call(
            "live_2",
            json!({"cmd": "touch /elsewhere", "sandbox_permissions": "require_escalated", "justification": "to test"}),
        ),
        _ => {
            json!({"type": "message", "id": "m", "role": "assistant", "content": [{"type": "output_text", "text": "Decision: approve"}]})
        }
    };
    let usage = json!({"input_tokens": tokens, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 1,
        "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": tokens + 1});
    let events = [
        json!({"type": "response.created", "response": {"id": "r"}}),
        json!({"type": "response.output_item.done", "item": item}),
        json!({"type": "response.completed", "response": {"id": "r", "usage": usage}}),
    ];
    let lines =
        events.iter().map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap()));
    lines.collect::<Vec<_>>().concat()
}

fn run(project: &Project, codex: &str, more: &[&str]) -> Ran {
    let mut arguments = vec![
        "run",
        "suites/small",
        "--engine",
        "live",
        "--codex",
        codex,
        "--provider",
        "provider.toml",
        "--time-limit",
        "60",
    ];
    arguments.extend(more);
    project.program().env("OWN_KEY", "s3cret-key").run(&arguments)
}

#[test]
fn it_refuses_to_start_without_leave_a_model_and_a_bound() {
    let project = Project::small();
    for (more, says) in [
        (&["--provider", "p.toml", "--budget", "10"][..], "--allow-network"),
        (&["--allow-network", "--budget", "10"][..], "--provider FILE"),
        (&["--allow-network", "--provider", "p.toml"][..], "--budget TOKENS"),
    ] {
        let mut arguments = vec!["run", "suites/small", "--engine", "live"];
        arguments.extend(more);
        let ran = project.run(&arguments).ended(2);
        assert!(ran.stderr.contains(says), "{}", ran.stderr);
    }
}

#[test]
fn a_new_session_is_made_kept_and_judged() {
    let Some(codex) = real() else { return };
    let project = Project::small();
    let provider = Provider::start(50);
    project.write("provider.toml", provider.file());
    let ran = run(&project, codex.to_str().unwrap(), &["--allow-network", "--budget", "100000"]);
    assert!(ran.stdout.contains("153 tokens spent"), "{}\n{}", ran.stdout, ran.stderr);
    let session = project.read("reports/small/live/alpha/session.jsonl");
    assert!(session.contains("live_1") && session.contains("Decision: approve"), "{session}");
    assert!(
        session.contains("rejected by user"),
        "an escalation that nobody ever accepted is declined: {session}"
    );
    assert!(!format!("{session}{}{}", ran.stdout, ran.stderr).contains("s3cret-key"));
    let calls = project.read("reports/small/calls.csv");
    let row = |id: &str| calls.lines().find(|row| row.contains(id)).unwrap_or_default().to_owned();
    assert!(row("live_1").contains("allow") && row("live_2").contains("ask"), "{calls}");
    assert_eq!(provider.asked.load(Ordering::Relaxed), 3);
}

#[test]
fn a_spent_budget_ends_the_task_and_those_after_it() {
    let Some(codex) = real() else { return };
    let project = Project::small();
    project.task("beta", &super::project::session(&["ls"]));
    let provider = Provider::start(1_000_000);
    project.write("provider.toml", provider.file());
    run(&project, codex.to_str().unwrap(), &["--allow-network", "--budget", "1000", "-j", "1"]).ended(3);
    let page = project.read("reports/small/gate.md");
    assert!(page.contains("the token budget is spent"), "{page}");
    assert!(page.contains("Broken tasks: 2"), "{page}");
    assert!(provider.asked.load(Ordering::Relaxed) < 3);
}
