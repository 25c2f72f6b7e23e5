//! A client of `codex app-server`: JSON messages, one a line.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Longest message that is read, in bytes.
const MAX_LINE: u64 = 64 << 20;
/// Lines that are no messages before the program is given up.
const MAX_GARBAGE: u32 = 100;

/// Why the conversation with the CLI ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ClientError {
    /// The CLI ended.
    #[error("the Codex CLI ended before its work was done")]
    Gone,
    /// The time is over.
    #[error("the time limit of {} s was reached while waiting for {waiting}", limit.as_secs())]
    Late {
        /// What was waited for.
        waiting: String,
        /// The limit.
        limit: Duration,
    },
    /// It refuses a request.
    #[error("the Codex CLI refuses {method}: {message}")]
    Refused {
        /// The method.
        method: String,
        /// Its message.
        message: String,
    },
    /// The listener has had enough.
    #[error("the token budget is spent")]
    Enough,
    /// It prints what is no message.
    #[error("the Codex CLI prints what is no message of its protocol")]
    Garbage,
}

/// What the CLI sends.
#[derive(Debug)]
pub(super) enum Message {
    /// The answer to a request of ours.
    Answer { id: u64, result: Result<Value, String> },
    /// It asks.
    Request { id: Value, method: String, params: Value },
    /// It tells.
    Notice { method: String, params: Value },
}

/// Takes what the CLI asks and tells.
pub(super) trait Listener {
    /// The answer to a request; `None` for a method that is not known.
    fn asked(&mut self, method: &str, params: &Value) -> Option<Value>;
    /// Something was told.
    fn told(&mut self, method: &str, params: &Value);
    /// Has enough been done? Then waiting ends.
    fn enough(&self) -> bool {
        false
    }
}

/// One conversation.
pub(super) struct Client {
    input: Box<dyn Write + Send>,
    messages: Receiver<Message>,
    number: u64,
    deadline: Instant,
    limit: Duration,
    /// When the CLI last sent something.
    heard: Instant,
}

impl Client {
    /// A client on the pipes of a started CLI.
    pub(super) fn new(input: impl Write + Send + 'static, output: impl Read + Send + 'static) -> Self {
        let (sender, messages) = sync_channel(1024);
        std::thread::spawn(move || read(output, &sender));
        let limit = Duration::from_mins(1);
        let now = Instant::now();
        Self { input: Box::new(input), messages, number: 0, deadline: now + limit, limit, heard: now }
    }

    /// Everything from now on must be done within this time.
    pub(super) fn limit(&mut self, limit: Duration) {
        self.limit = limit;
        self.deadline = Instant::now() + limit;
    }

    /// Tells the CLI something.
    pub(super) fn tell(&mut self, method: &str) -> Result<(), ClientError> {
        self.send(&json!({"method": method}))
    }

    /// Asks the CLI, and serves it until it answers.
    pub(super) fn ask(
        &mut self,
        method: &str,
        params: &Value,
        listener: &mut dyn Listener,
    ) -> Result<Value, ClientError> {
        self.number += 1;
        let number = self.number;
        self.send(&json!({"id": number, "method": method, "params": params}))?;
        loop {
            if let Message::Answer { id, result } = self.next(method, listener)?
                && id == number
            {
                let refused = |message| ClientError::Refused { method: method.to_owned(), message };
                return result.map_err(refused);
            }
        }
    }

    /// Serves the CLI until it has told something.
    pub(super) fn wait(
        &mut self,
        what: &str,
        listener: &mut dyn Listener,
        wanted: impl Fn(&str, &Value) -> bool,
    ) -> Result<Value, ClientError> {
        loop {
            if let Message::Notice { method, params } = self.next(what, listener)?
                && wanted(&method, &params)
            {
                return Ok(params);
            }
            if listener.enough() {
                return Err(ClientError::Enough);
            }
        }
    }

    /// For how long the CLI has sent nothing.
    pub(super) fn quiet(&self) -> Duration {
        self.heard.elapsed()
    }

    /// Is there time left for what is waited for?
    pub(super) fn in_time(&self, waiting: &str) -> Result<(), ClientError> {
        let late = || ClientError::Late { waiting: waiting.to_owned(), limit: self.limit };
        if Instant::now() < self.deadline { Ok(()) } else { Err(late()) }
    }

    /// Serves the CLI for a short time at most; false when nothing came.
    pub(super) fn linger(
        &mut self,
        time: Duration,
        listener: &mut dyn Listener,
    ) -> Result<bool, ClientError> {
        match self.messages.recv_timeout(time) {
            Ok(message) => self.serve(message, listener).map(|_| true),
            Err(RecvTimeoutError::Timeout) => Ok(false),
            Err(RecvTimeoutError::Disconnected) => Err(ClientError::Gone),
        }
    }

    fn next(&mut self, waiting: &str, listener: &mut dyn Listener) -> Result<Message, ClientError> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        match self.messages.recv_timeout(left) {
            Ok(message) => self.serve(message, listener),
            Err(RecvTimeoutError::Timeout) => {
                Err(ClientError::Late { waiting: waiting.to_owned(), limit: self.limit })
            }
            Err(RecvTimeoutError::Disconnected) => Err(ClientError::Gone),
        }
    }

    fn serve(&mut self, message: Message, listener: &mut dyn Listener) -> Result<Message, ClientError> {
        self.heard = Instant::now();
        match &message {
            Message::Request { id, method, params } => {
                let reply = match listener.asked(method, params) {
                    Some(result) => json!({"id": id, "result": result}),
                    None => json!({"id": id, "error": {"code": -32601, "message": "not known here"}}),
                };
                self.send(&reply)?;
            }
            Message::Notice { method, .. } if method == GARBAGE => return Err(ClientError::Garbage),
            Message::Notice { method, params } => listener.told(method, params),
            Message::Answer { .. } => {}
        }
        Ok(message)
    }

    fn send(&mut self, message: &Value) -> Result<(), ClientError> {
        let sent = writeln!(self.input, "{message}").and_then(|()| self.input.flush());
        sent.map_err(|_| ClientError::Gone)
    }
}

/// What the reader tells when it has seen too much that is no message; no method of Codex has such a name.
const GARBAGE: &str = "\0garbage";

fn read(output: impl Read, sender: &SyncSender<Message>) {
    let mut output = BufReader::new(output);
    let mut garbage = 0;
    loop {
        let mut line = Vec::new();
        match output.by_ref().take(MAX_LINE).read_until(b'\n', &mut line) {
            Ok(read) if read > 0 => {}
            _ => return,
        }
        let message = serde_json::from_slice(&line).ok().and_then(message);
        let message = match message {
            Some(message) => message,
            None if garbage < MAX_GARBAGE && (line.len() as u64) < MAX_LINE => {
                garbage += 1;
                continue;
            }
            None => Message::Notice { method: GARBAGE.to_owned(), params: Value::Null },
        };
        if sender.send(message).is_err() {
            return;
        }
    }
}

fn message(mut value: Value) -> Option<Message> {
    let method = value["method"].as_str().map(str::to_owned);
    let params = value["params"].take();
    match (method, value.get("id").cloned()) {
        (Some(method), Some(id)) => Some(Message::Request { id, method, params }),
        (Some(method), None) => Some(Message::Notice { method, params }),
        (None, Some(id)) => {
            let result = match value["error"]["message"].as_str() {
                Some(error) => Err(error.to_owned()),
                None => Ok(value["result"].take()),
            };
            Some(Message::Answer { id: id.as_u64()?, result })
        }
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nobody(Vec<String>);

    impl Listener for Nobody {
        fn asked(&mut self, method: &str, _: &Value) -> Option<Value> {
            (method == "may I").then(|| json!({"decision": "decline"}))
        }
        fn told(&mut self, method: &str, _: &Value) {
            self.0.push(method.to_owned());
        }
    }

    fn client(output: &'static str) -> Client {
        Client::new(std::io::sink(), output.as_bytes())
    }

    #[test]
    fn answers_are_told_from_requests_and_notices() {
        let mut listener = Nobody(Vec::new());
        let mut client = client(
            "noise\n{\"method\":\"a\",\"params\":{}}\n{\"id\":0,\"method\":\"may I\"}\n{\"id\":1,\"result\":{\"x\":2}}\n",
        );
        let answer = client.ask("go", &json!({}), &mut listener).unwrap();
        assert_eq!((answer, listener.0), (json!({"x": 2}), vec!["a".to_owned()]));
        assert_eq!(client.ask("on", &json!({}), &mut Nobody(Vec::new())), Err(ClientError::Gone));
    }

    #[test]
    fn refusals_and_garbage_are_errors() {
        let mut client_ = client("{\"id\":1,\"error\":{\"code\":1,\"message\":\"no\"}}\n");
        let error = client_.ask("go", &json!({}), &mut Nobody(Vec::new())).unwrap_err().to_string();
        assert_eq!(error, "the Codex CLI refuses go: no");
        let noise: &'static str = Box::leak("nothing\n".repeat(200).into_boxed_str());
        assert_eq!(client(noise).ask("go", &json!({}), &mut Nobody(Vec::new())), Err(ClientError::Garbage));
    }
}
