//! The loopback server that Codex takes for its model provider: it plays the recorded answers, takes in what Codex
//! logs, and answers for the MCP servers.

use std::fmt::Write as _;
use std::io::Read as _;
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tiny_http::{Header, Method, Request, Response, Server};

use super::album::Album;
use super::log::Log;
use super::play::{Answer, Asked, Hold, Play, is_answer};
use super::tools::{Said, ToolServers};

/// Threads that answer. Codex holds a few connections at a time: agents, logs, MCP stubs.
const THREADS: usize = 4;
/// Longest request that is read, in bytes.
const MAX_REQUEST: u64 = 256 << 20;
/// Longest time that an answer is held back; what it waits for comes long before.
const MAX_HOLD: Duration = Duration::from_mins(5);

/// Paths of the server.
pub(super) const API: &str = "/v1";
pub(super) const LOGS: &str = "/otel";
pub(super) const MCP: &str = "/mcp/";

/// A running server; it stops when this is dropped.
pub(super) struct Model {
    server: Arc<Server>,
    shared: Arc<Shared>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    play: Mutex<Play>,
    log: Mutex<Log>,
    tools: Mutex<ToolServers>,
    album: Mutex<Album>,
    /// Somebody took it for a proxy.
    visited: AtomicBool,
    /// How many turns and plays are over.
    over: Mutex<Over>,
    /// Told when one more is.
    ended: Condvar,
    /// When something was last asked of the model.
    asked: Mutex<Option<Instant>>,
}

/// What is over by now; answers that are held back wait for more.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Over {
    turns: u64,
    plays: u64,
}

impl Over {
    fn of(self, hold: Hold) -> u64 {
        match hold {
            Hold::Turn => self.turns,
            Hold::End => self.plays,
        }
    }
}

impl Model {
    /// Serves on a socket that listens already.
    pub(super) fn serve(listener: TcpListener) -> Result<Self, String> {
        let server = Server::from_listener(listener, None).map_err(|error| error.to_string())?;
        let server = Arc::new(server);
        let shared = Arc::new(Shared::default());
        let threads = (0..THREADS)
            .map(|_| {
                let (server, shared) = (server.clone(), shared.clone());
                std::thread::spawn(move || {
                    while let Ok(request) = server.recv() {
                        Shared::answer(&shared, request);
                    }
                })
            })
            .collect();
        Ok(Self { server, shared, threads })
    }

    /// What is played.
    pub(super) fn play(&self) -> MutexGuard<'_, Play> {
        lock(&self.shared.play)
    }

    /// Gives the answers that were held back until this.
    pub(super) fn release(&self, hold: Hold) {
        let mut over = lock(&self.shared.over);
        match hold {
            Hold::Turn => over.turns += 1,
            Hold::End => (over.turns, over.plays) = (over.turns + 1, over.plays + 1),
        }
        self.shared.ended.notify_all();
    }

    /// For how long nothing was asked of the model.
    pub(super) fn quiet(&self) -> Duration {
        lock(&self.shared.asked).map_or(Duration::MAX, |asked| asked.elapsed())
    }

    /// Pictures of what commands may write to.
    pub(super) fn album(&self) -> MutexGuard<'_, Album> {
        lock(&self.shared.album)
    }

    /// Has a program asked for something of another host, as of a proxy?
    pub(super) fn visited(&self) -> bool {
        self.shared.visited.load(Ordering::Relaxed)
    }

    /// Nobody has, from now on.
    pub(super) fn forget_visits(&self) {
        self.shared.visited.store(false, Ordering::Relaxed);
    }

    /// What Codex logged.
    pub(super) fn log(&self) -> MutexGuard<'_, Log> {
        lock(&self.shared.log)
    }

    /// What MCP servers answer.
    pub(super) fn tools(&self) -> MutexGuard<'_, ToolServers> {
        lock(&self.shared.tools)
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.release(Hold::End);
        for _ in &self.threads {
            self.server.unblock();
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn answer(shared: &Arc<Self>, mut request: Request) {
        let mut body = Vec::new();
        let read = request.as_reader().take(MAX_REQUEST).read_to_end(&mut body);
        let path = request.url().split('?').next().unwrap_or_default().to_owned();
        let before = *lock(&shared.over);
        if *request.method() == Method::Connect || request.url().starts_with("http://") {
            shared.visited.store(true, Ordering::Relaxed);
        }
        let reply = match request.method() {
            Method::Post if read.is_ok() => shared.post(&path, &request, &body),
            _ => Reply::json(&json!({"data": [], "models": []})),
        };
        let Some(hold) = reply.holds else { return reply.send(request) };
        // It must not keep others from being answered.
        let shared = shared.clone();
        std::thread::spawn(move || {
            let waits = |over: &mut Over| over.of(hold) == before.of(hold);
            drop(shared.ended.wait_timeout_while(lock(&shared.over), MAX_HOLD, waits));
            reply.send(request);
        });
    }

    fn post(&self, path: &str, request: &Request, body: &[u8]) -> Reply {
        let Ok(value) = serde_json::from_slice::<Value>(body) else { return Reply::json(&json!({})) };
        if let Some(server) = path.strip_prefix(MCP) {
            return match lock(&self.tools).answer(server, &value) {
                Said::Answer(answer) => Reply::json(&answer),
                Said::Late(answer) => Reply { holds: Some(Hold::Turn), ..Reply::json(&answer) },
                Said::Nothing => Reply { status: 202, kind: "text/plain", body: Vec::new(), holds: None },
            };
        }
        if path.starts_with(LOGS) {
            lock(&self.log).add(&value);
            return Reply::json(&json!({}));
        }
        if !path.ends_with("/responses") {
            return Reply::json(&json!({}));
        }
        let header = |name: &str| {
            let found = request
                .headers()
                .iter()
                .find(|header| header.field.as_str().as_str().eq_ignore_ascii_case(name));
            found.map(|header| header.value.as_str().to_owned()).unwrap_or_default()
        };
        let asked = Asked {
            thread: header("thread-id"),
            subagent: header("x-openai-subagent"),
            kind: kind(&header("x-codex-turn-metadata")),
            input: value["input"].as_array().map_or(&[], Vec::as_slice),
        };
        let answer = {
            let mut album = lock(&self.album);
            answered(asked.input).for_each(|call| album.after(call));
            let answer = lock(&self.play).answer(&asked);
            album.before(&answer.calls);
            answer
        };
        *lock(&self.asked) = Some(Instant::now());
        let holds = answer.holds;
        Reply { status: 200, kind: "text/event-stream", body: stream(answer), holds }
    }
}

/// Ids of the calls that were answered last.
fn answered(input: &[Value]) -> impl Iterator<Item = &str> {
    input.iter().rev().map_while(|item| item["call_id"].as_str().filter(|_| is_answer(item)))
}

/// What a request is for: `turn`, `compact`, …
fn kind(metadata: &str) -> String {
    let read: Value = serde_json::from_str(metadata).unwrap_or_default();
    read["request_kind"].as_str().unwrap_or("turn").to_owned()
}

struct Reply {
    status: u16,
    kind: &'static str,
    body: Vec<u8>,
    /// It is not sent before this.
    holds: Option<Hold>,
}

impl Reply {
    fn json(value: &Value) -> Self {
        Self { status: 200, kind: "application/json", body: value.to_string().into_bytes(), holds: None }
    }

    fn send(self, request: Request) {
        let kind = Header::from_bytes("content-type", self.kind);
        let mut response =
            Response::from_data(self.body).with_status_code(self.status).with_chunked_threshold(usize::MAX);
        if let Ok(kind) = kind {
            response.add_header(kind);
        }
        // A client that is gone needs no answer.
        let _ = request.respond(response);
    }
}

/// More than the context of any model holds.
const MANY_TOKENS: u64 = 50_000_000;

/// One answer as the Responses API streams it.
fn stream(answer: Answer) -> Vec<u8> {
    let Answer { number, items, fills, .. } = answer;
    let response = format!("resp_{number}");
    let mut events = vec![json!({"type": "response.created", "response": {"id": response}})];
    for (place, mut item) in items.into_iter().enumerate() {
        if item.get("id").is_none() {
            item["id"] = json!(format!("item_{number}_{place}"));
        }
        events.push(json!({"type": "response.output_item.done", "item": item}));
    }
    // Few tokens, so that Codex summarises by itself only where it did in the recording.
    let input = if fills { MANY_TOKENS } else { 10 };
    let usage = json!({
        "input_tokens": input, "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 10, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": input + 10,
    });
    events.push(json!({"type": "response.completed", "response": {"id": response, "usage": usage}}));
    let mut text = String::new();
    for event in events {
        let kind = event["type"].as_str().unwrap_or_default();
        let _ = write!(text, "event: {kind}\ndata: {event}\n\n");
    }
    text.into_bytes()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
