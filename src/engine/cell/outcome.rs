use serde::{Deserialize, Serialize};

use super::Kept;

/// How a program in a cell ended, and what it wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProcessOutcome {
    /// How it ended.
    pub ended: Ended,
    /// Standard output, up to the limit.
    pub stdout: Vec<u8>,
    /// Standard error, up to the limit.
    pub stderr: Vec<u8>,
    /// It tried to reach a network. Only told in a [`Namespaces`](super::CellKind::Namespaces) cell.
    pub tried_network: bool,
    /// What it left in the folder that is kept.
    pub kept: Kept,
    /// What it changed in the folder under its layer, together with what was changed before.
    pub changed: Kept,
    /// Files and folders under the layer that it opened; `None` where nobody asked, or they could not be watched.
    pub opened: Option<Vec<String>>,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// By itself, with this code.
    Exit(i32),
    /// By a signal that was not ours.
    Signal(i32),
    /// It ran longer than the limit.
    Timeout,
    /// It used more memory than the limit.
    Memory,
    /// It started far more processes than the limit, where the kernel does not hold it.
    Processes,
    /// It wrote more than the limit.
    Output,
    /// The shell could not be started.
    #[default]
    NotStarted,
    /// It was no program: an MCP tool gave no result; standard error holds the reason.
    NoResult,
}

/// Why the same program might have answered differently outside the cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// It tried to use the network, which the cell does not have.
    Network,
    /// The shell did not find a program (exit codes 126 and 127): it may be one that only users have.
    Program,
    /// A limit of the cell ended it.
    Limit,
    /// A signal ended it.
    Signal,
    /// A command of the session may have changed files that it can read.
    Files,
    /// It was told of a path of the recorded machine, and ran in another place.
    Place,
    /// It reads a recording that is not of the form that Codex writes.
    Record,
    /// Hooks wrote more than is kept from one run to the next.
    Data,
}

impl Doubt {
    /// The reason as a lowercase fragment.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Network => "the hook tried to use the network",
            Self::Program => "the hook needs a program that is not installed here",
            Self::Limit => "the hook reached a limit of its cell",
            Self::Signal => "the hook was ended by a signal",
            Self::Files => "the hook reads files that earlier commands may have changed",
            Self::Record => "the hook reads the session's recording, which is no rollout here",
            Self::Data => "hooks wrote more files than are kept here",
            Self::Place => "the hook was told of a path that it could not be given here",
        }
    }
}

impl ProcessOutcome {
    /// Ended by itself with this code, having written this; for tests and for tables.
    pub fn exited(code: i32, stdout: &str, stderr: &str) -> Self {
        Self {
            ended: Ended::Exit(code),
            stdout: stdout.as_bytes().to_vec(),
            stderr: stderr.as_bytes().to_vec(),
            ..Self::default()
        }
    }

    /// The first reason why this outcome need not be that of the same program outside the cell.
    /// A timeout is judged by the caller, who knows whose limit it was.
    pub fn doubt(&self) -> Option<Doubt> {
        match self.ended {
            _ if self.tried_network => Some(Doubt::Network),
            Ended::Exit(126 | 127) if self.names_known_place() => None,
            Ended::Exit(126 | 127) | Ended::NotStarted => Some(Doubt::Program),
            Ended::Memory | Ended::Processes | Ended::Output => Some(Doubt::Limit),
            Ended::Signal(_) => Some(Doubt::Signal),
            Ended::Exit(_) | Ended::Timeout | Ended::NoResult => None,
        }
    }
}

impl ProcessOutcome {
    /// Does the shell say that a file is not there, or may not be executed, in a place that is the same everywhere? That
    /// is the cache of plugins, and what `$CLAUDE_PROJECT_DIR/.claude` becomes: Codex 0.169 does not set that variable
    /// of another host. A script whose interpreter is missing says more.
    fn names_known_place(&self) -> bool {
        let text = String::from_utf8_lossy(&self.stderr);
        let Some(line) = text.trim_end().lines().last() else { return false };
        let subject = [": No such file or directory", ": Permission denied", ": not found"]
            .iter()
            .find_map(|end| line.strip_suffix(end));
        subject.is_some_and(|subject| {
            let path = subject.rsplit(": ").next().unwrap_or_default();
            let known = path.contains("/plugins/cache/") || path.starts_with("/.claude/");
            known && !subject.contains("interpreter")
        })
    }
}

/// The answer of a cell as it travels: one line of JSON, then the bytes of both streams.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Answer {
    /// How the program ended, or why the cell could not be set up.
    pub(super) result: Result<Ended, String>,
    pub(super) tried_network: bool,
    #[serde(default, skip_serializing_if = "Kept::is_empty")]
    kept: Kept,
    #[serde(default, skip_serializing_if = "Kept::is_empty")]
    changed: Kept,
    opened: Option<Vec<String>>,
    stdout: usize,
    stderr: usize,
}

impl Answer {
    /// The bytes of an answer.
    pub(super) fn bytes(result: Result<&ProcessOutcome, String>) -> Vec<u8> {
        let (stdout, stderr) = match &result {
            Ok(outcome) => (outcome.stdout.as_slice(), outcome.stderr.as_slice()),
            Err(_) => (&[][..], &[][..]),
        };
        let head = Self {
            tried_network: result.as_ref().is_ok_and(|outcome| outcome.tried_network),
            kept: result.as_ref().map(|outcome| outcome.kept.clone()).unwrap_or_default(),
            changed: result.as_ref().map(|outcome| outcome.changed.clone()).unwrap_or_default(),
            opened: result.as_ref().ok().and_then(|outcome| outcome.opened.clone()),
            stdout: stdout.len(),
            stderr: stderr.len(),
            result: result.map(|outcome| outcome.ended),
        };
        let mut bytes = serde_json::to_vec(&head).unwrap_or_default();
        bytes.push(b'\n');
        bytes.extend_from_slice(stdout);
        bytes.extend_from_slice(stderr);
        bytes
    }

    /// Reads an answer; `None` when it is cut short.
    pub(super) fn parse(bytes: &[u8]) -> Option<Result<ProcessOutcome, String>> {
        let end = memchr::memchr(b'\n', bytes)?;
        let head: Self = serde_json::from_slice(&bytes[..end]).ok()?;
        let rest = &bytes[end + 1..];
        let stdout = rest.get(..head.stdout)?.to_vec();
        let stderr = rest.get(head.stdout..head.stdout.checked_add(head.stderr)?)?.to_vec();
        Some(head.result.map(|ended| ProcessOutcome {
            ended,
            stdout,
            stderr,
            tried_network: head.tried_network,
            kept: head.kept,
            changed: head.changed,
            opened: head.opened,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_travel_whole() {
        let outcome =
            ProcessOutcome { tried_network: true, ..ProcessOutcome::exited(2, "out\n", "\u{fffd}err") };
        let bytes = Answer::bytes(Ok(&outcome));
        assert_eq!(Answer::parse(&bytes), Some(Ok(outcome)));
        assert_eq!(Answer::parse(&bytes[..bytes.len() - 1]), None);
        assert_eq!(Answer::parse(&Answer::bytes(Err("no".into()))), Some(Err("no".into())));
    }

    #[test]
    fn doubts() {
        let doubt = |ended| ProcessOutcome { ended, ..ProcessOutcome::exited(0, "", "") }.doubt();
        assert_eq!(doubt(Ended::Exit(0)), None);
        assert_eq!(doubt(Ended::Exit(2)), None);
        assert_eq!(doubt(Ended::Exit(127)), Some(Doubt::Program));
        assert_eq!(doubt(Ended::Memory), Some(Doubt::Limit));
        assert_eq!(doubt(Ended::Signal(9)), Some(Doubt::Signal));
        for (said, expected) in [
            ("/bin/bash: line 1: /h/.codex/plugins/cache/m/p/1/h.sh: No such file or directory", None),
            ("/bin/bash: /h/.codex/plugins/cache/m/p/1/h.txt: Permission denied\n", None),
            ("/bin/bash: line 1: /.claude/hooks/h.sh: No such file or directory", None),
            ("bash: /home/a/.claude/hooks/h.sh: No such file or directory", Some(Doubt::Program)),
            ("bash: uv: command not found", Some(Doubt::Program)),
            ("bash: ./node_modules/.bin/x: No such file or directory", Some(Doubt::Program)),
            (
                "bash: /h/.codex/plugins/cache/m/p/1/h.sh: /opt/x: bad interpreter: No such file or directory",
                Some(Doubt::Program),
            ),
        ] {
            assert_eq!(ProcessOutcome::exited(127, "", said).doubt(), expected, "{said}");
        }
        let network = ProcessOutcome { tried_network: true, ..ProcessOutcome::exited(1, "", "") };
        assert_eq!(network.doubt(), Some(Doubt::Network));
    }
}
