//! One warm `codex app-server` in its jail, with everything that it talks to.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;

use super::album::Album;
use super::client::{Client, ClientError};
use super::home::{Deployment, Home, StubCommand};
use super::jail::{Jail, OpenJail};
use super::launch::{self, BINARY, TELL_OUTSIDE};
use super::model::Model;
use super::performance::PlayError;
use super::place::Places;
use super::program::CodexProgram;
use super::provider::Provider;
use super::tools::ToolServers;
use super::traces::Traces;
use super::witness::Witness;
use crate::source::{Owner, Scratch, Snapshot, Store, WorkCopy};

/// Time to start, before any task.
const START: Duration = Duration::from_secs(30);

/// What every server is started with.
#[derive(Debug)]
pub(super) struct Setup {
    /// The plugin-eval binary.
    pub(super) binary: PathBuf,
    pub(super) program: CodexProgram,
    pub(super) deployment: Deployment,
    /// Time for one task.
    pub(super) limit: Duration,
    /// The provider for new sessions; without one, recorded answers are played.
    pub(super) provider: Option<Provider>,
    /// The plugin's own MCP servers are started, and no stubs.
    pub(super) real_servers: bool,
}

/// A server that waits for a task.
pub(super) struct CodexServer {
    // Ends before its folders go.
    pub(super) client: Client,
    jail: Jail,
    pub(super) model: Model,
    scratch: Scratch,
    /// The folder of the checkout.
    copy: WorkCopy,
    /// The end of what it printed as errors.
    complaints: Arc<Mutex<Vec<u8>>>,
    /// Where things stand inside.
    places: Places,
    bypass: bool,
    traces: Traces,
    /// Port of everything that it talks to.
    port: u16,
    /// The CLI inside.
    program: String,
}

impl std::fmt::Debug for CodexServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CodexServer").field("places", &self.places).finish_non_exhaustive()
    }
}

/// All that a CLI needs before it is started.
pub(super) struct Ground {
    pub(super) open: OpenJail,
    pub(super) model: Model,
    pub(super) scratch: Scratch,
    pub(super) home: Home,
    pub(super) port: u16,
}

impl Ground {
    /// Opens a jail, serves on its loopback, and lays out folders, the plugin and its configuration.
    pub(super) fn lay(setup: &Setup, places: &Places) -> Result<Self, String> {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let mut open = Jail::open_on(&setup.binary, launch::network(setup)).map_err(|error| text(&error))?;
        let port = open.port();
        let model = Model::serve(open.listener().ok_or("its socket was taken")?)?;
        *model.tools() = ToolServers::new(setup.deployment.servers().to_vec());
        let scratch = Scratch::new().map_err(|error| text(&error))?;
        for folder in ["home", "codex", "tmp", "var-tmp", "work", "outside"] {
            std::fs::create_dir(scratch.path().join(folder)).map_err(|error| text(&error))?;
        }
        std::fs::write(scratch.path().join("outside/env"), TELL_OUTSIDE).map_err(|error| text(&error))?;
        let stub = StubCommand { binary: BINARY.to_owned(), port };
        let stub = (!setup.real_servers).then_some(&stub);
        let home = setup.deployment.lay_out(&scratch.path().join("codex"), &places.codex_home, stub);
        let home = home.map_err(|error| format!("the plugin cannot be laid out: {error}"))?;
        Ok(Self { open, model, scratch, home, port })
    }
}

impl CodexServer {
    /// Starts a server for tasks that stand in these places inside.
    pub(super) fn start(setup: &Setup, places: &Places) -> Result<Self, String> {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let Ground { open, model, scratch, home, port } = Ground::lay(setup, places)?;
        let spec = launch::spec(setup, (&scratch, &home), places, port, &["app-server"]);
        let mut jail = open.start(&spec).map_err(|error| text(&error))?;
        let (Some(input), Some(output)) = (jail.stdin.take(), jail.stdout.take()) else {
            return Err("its pipes were taken".to_owned());
        };
        let complaints = Arc::new(Mutex::new(Vec::new()));
        if let Some(stderr) = jail.stderr.take() {
            let complaints = complaints.clone();
            std::thread::spawn(move || keep_last(stderr, &complaints));
        }
        let work = scratch.path().join("work");
        let copy = WorkCopy::new(&work, Some(jail.owner())).map_err(|error| text(&error))?;
        let client = Client::new(input, output);
        let bypass = home.bypass;
        let traces = Traces::new(scratch.path()).map_err(|error| text(&error))?;
        let program = spec.program.first().cloned().unwrap_or_default();
        let mut server = Self {
            client,
            jail,
            model,
            scratch,
            copy,
            complaints,
            places: places.clone(),
            bypass,
            traces,
            port,
            program,
        };
        server.greet(setup.limit.min(START)).map_err(|error| format!("{error}{}", server.last_words()))?;
        // What it has put there by now is its own.
        server.traces = Traces::new(server.scratch.path()).map_err(|error| text(&error))?;
        // A folder of Codex's own in the checkout could not be put back.
        if !below(&places.codex_home, &places.top) && !below(&places.home, &places.top) {
            *server.model.album() = Album::new(server.scratch.path()).map_err(|error| text(&error))?;
        }
        Ok(server)
    }

    fn greet(&mut self, limit: Duration) -> Result<(), ClientError> {
        self.client.limit(limit);
        let hello = json!({
            "clientInfo": {"name": "plugin-eval", "title": "plugin-eval", "version": env!("CARGO_PKG_VERSION")},
            "capabilities": {"experimentalApi": true},
        });
        self.client.ask("initialize", &hello, &mut Witness::default())?;
        self.client.tell("initialized")
    }

    /// What the CLI printed as an error, for a message about its end.
    pub(super) fn last_words(&mut self) -> String {
        // What it printed last is on its way; the reader ends with the program.
        self.jail.wait(Duration::from_millis(200));
        let start = Instant::now();
        while Arc::strong_count(&self.complaints) > 1 && start.elapsed() < Duration::from_millis(200) {
            std::thread::sleep(Duration::from_millis(2));
        }
        let complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        let text = without_colours(&String::from_utf8_lossy(&complaints));
        let line = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        if line.is_empty() { String::new() } else { format!(": {}", crate::action::short_label(line)) }
    }

    /// Lays out the snapshot, as it was committed, in the folder of the checkout; without one, the folder is empty.
    /// `branch` is the one that was checked out; `main` where it is not recorded.
    pub(super) fn check_out(
        &mut self,
        snapshot: Option<&Snapshot>,
        branch: Option<&str>,
    ) -> std::io::Result<()> {
        match snapshot {
            Some(snapshot) => self.copy.put(snapshot, Some(branch.unwrap_or("main")), Store::Copied),
            None => self.copy.clear(),
        }
    }

    /// Where things stand inside.
    pub(super) fn places(&self) -> &Places {
        &self.places
    }

    pub(super) fn start_thread(
        &mut self,
        cwd: &str,
        mode: Option<&str>,
        model: Option<&str>,
        roots: Option<&[String]>,
        witness: &mut Witness,
    ) -> Result<String, PlayError> {
        let mut params = json!({"cwd": cwd, "model": model});
        if let Some(roots) = roots {
            params["runtimeWorkspaceRoots"] = json!(roots);
        }
        match mode {
            Some(mode @ ("read-only" | "workspace-write" | "danger-full-access")) => {
                params["sandbox"] = json!(mode);
            }
            Some(profile) => params["permissions"] = json!(profile),
            None => {}
        }
        if self.bypass {
            params["config"] = json!({"bypass_hook_trust": true});
        }
        let started = self.client.ask("thread/start", &params, witness)?;
        Ok(started["thread"]["id"].as_str().unwrap_or_default().to_owned())
    }

    /// Makes the folder of a workspace root in the user's home, where it does not stand in the checkout.
    pub(super) fn make_root(&self, root: &str) {
        let inside = |top: &str| root.strip_prefix(top)?.strip_prefix('/');
        if inside(&self.places.top).is_none()
            && let Some(path) = inside(&self.places.home)
        {
            self.traces.make_home_folder(path);
        }
    }

    /// Whose the files in its folders are.
    pub(super) fn owner(&self) -> Owner {
        self.jail.owner()
    }

    /// Port inside of everything that it talks to.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// The CLI inside.
    pub(super) fn program(&self) -> &str {
        &self.program
    }

    /// What the last task left behind.
    pub(super) fn traces(&self) -> &Traces {
        &self.traces
    }
}

/// Text without the sequences that colour it in a terminal.
fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| ('@'..='~').contains(&c)).map_or(part.len(), |at| at + 1);
        plain.push_str(&part[end..]);
    }
    plain
}

fn below(path: &str, top: &str) -> bool {
    path.strip_prefix(top).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Most bytes of errors that are kept.
const MAX_COMPLAINTS: usize = 16 << 10;

fn keep_last(mut stderr: impl std::io::Read, complaints: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stderr.read(&mut buffer) {
        let mut kept = complaints.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(&buffer[..read]);
        let old = kept.len().saturating_sub(MAX_COMPLAINTS);
        kept.drain(..old);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_no_words() {
        for (text, want) in [
            ("plain", "plain"),
            ("\u{1b}[2mtime\u{1b}[0m \u{1b}[31mERROR\u{1b}[0m no space", "time ERROR no space"),
            ("a\u{1b}[38;5;1mb\u{1b}[", "ab"),
            ("\u{1b}x", "\u{1b}x"),
        ] {
            assert_eq!(without_colours(text), want);
        }
    }

    #[test]
    fn a_folder_lies_below_itself() {
        assert!(below("/a/b", "/a/b") && below("/a/b/c", "/a/b"));
        assert!(!below("/a/bc", "/a/b") && !below("/a", "/a/b"));
    }
}
