//! The control play: where the CLI does not tell whether its sandbox stopped a command, the same command is run again in
//! the same checkout without that sandbox. What comes of it otherwise is the sandbox's doing.
//!
//! All of it stays in the jail, and the server is not used again.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::album::{Moment, changes};
use super::ruling::{Seen, body};
use super::server::CodexServer;
use super::witness::Witness;
use crate::action::{Action, Additional, Command};

/// Time for one command, in milliseconds.
const TIME: u64 = 10_000;
/// Bytes of output that are compared.
const OUTPUT: u64 = 1 << 20;
/// Codex's own environment of commands, as far as programs look at it.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("NO_COLOR", "1"),
    ("TERM", "dumb"),
    ("LANG", "C.UTF-8"),
    ("LC_CTYPE", "C.UTF-8"),
    ("LC_ALL", "C.UTF-8"),
    ("COLORTERM", ""),
    ("PAGER", "cat"),
    ("GIT_PAGER", "cat"),
    ("GH_PAGER", "cat"),
    ("CODEX_CI", "1"),
];

/// Makes the CLI (0.169) write a patch.
const APPLY_PATCH: &str = "--codex-run-as-apply-patch";

/// A command of which the CLI did not tell enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Doubt {
    /// Id of the step.
    pub(super) step: String,
    /// Id of the call that the model made: the step's, or that of the script around it.
    pub(super) call: String,
    pub(super) what: Rerun,
    /// Working folder inside.
    pub(super) cwd: String,
    /// How it ended in the sandbox.
    pub(super) exit: i64,
    /// What it printed there.
    pub(super) output: String,
}

/// What is run again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rerun {
    /// A script; the shell reads its profile, or not.
    Script { text: String, login: bool },
    /// A patch.
    Patch(String),
}

impl Doubt {
    /// The doubt about a call that was made in this folder; `None` where it cannot be made again alike.
    pub(super) fn about(step: &str, call: &str, cwd: &str, seen: &Seen<'_>) -> Option<Self> {
        let mut cwd = cwd.to_owned();
        let what = match &seen.call.action {
            Action::Patch(text) => Rerun::Patch(text.to_string()),
            Action::Shell(shell) => {
                let Command::Script { text, .. } = &shell.command else { return None };
                let given: Value = serde_json::from_str(&seen.call.arguments).unwrap_or_default();
                let plain = shell.launch.shell.is_none() && shell.permissions.additional == Additional::None;
                if !plain || given["tty"] == true {
                    return None;
                }
                match shell.workdir.as_deref() {
                    Some(folder) if folder.starts_with('/') => folder.clone_into(&mut cwd),
                    Some(folder) => cwd = format!("{cwd}/{folder}"),
                    None => {}
                }
                Rerun::Script { text: text.to_string(), login: shell.launch.login.unwrap_or(true) }
            }
            _ => return None,
        };
        let answer = seen.answer();
        if answer.contains(" tokens truncated") {
            return None;
        }
        let (step, call) = (step.to_owned(), call.to_owned());
        Some(Self { step, call, what, cwd, exit: seen.call.exit_code()?, output: body(&answer).to_owned() })
    }
}

/// What the control play shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Control {
    /// Without the sandbox it does this, which it did not do in it.
    Stopped(String),
    /// It prints something else, twice the same.
    Differs,
    /// It does the same.
    Alike,
    /// Without the sandbox it reaches for the network.
    Connects,
    /// Nothing can be said, for this reason.
    Unclear(&'static str),
}

/// What a command did.
#[derive(Debug)]
struct Did {
    exit: i64,
    output: String,
    changed: BTreeSet<(&'static str, Vec<u8>)>,
    /// It asked the proxy for something.
    connected: bool,
}

/// The command could not be run again.
struct Unable;

impl CodexServer {
    /// Runs a command again without the sandbox.
    pub(super) fn control(&mut self, doubt: &Doubt) -> Control {
        let around = self.model.album().around(&doubt.call);
        let Some((before, after)) = around else {
            return Control::Unclear("what it did to files is not known");
        };
        let seen = Did {
            exit: doubt.exit,
            output: doubt.output.clone(),
            changed: changes(&before, &after),
            connected: false,
        };
        let control = self.run_openly(doubt, &before).and_then(|first| {
            Ok(match verdict(&seen, &first) {
                // Some commands say something else each time.
                Control::Unclear(VARIES)
                    if lines(&self.run_openly(doubt, &before)?.output) == lines(&first.output) =>
                {
                    Control::Differs
                }
                control => control,
            })
        });
        control.unwrap_or(Control::Unclear("it cannot be run again without the sandbox"))
    }

    fn run_openly(&mut self, doubt: &Doubt, before: &Moment) -> Result<Did, Unable> {
        let own = rustix::process::geteuid().as_raw();
        let user = Some(self.owner().user).filter(|user| *user != own);
        self.model.album().put_back(before, user).map_err(|_| Unable)?;
        self.model.forget_visits();
        let proxy = json!(format!("http://127.0.0.1:{}", self.port()));
        let mut env: Value =
            ENVIRONMENT.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        // Even what is on this machine is asked of the proxy, to see that it is asked for.
        for name in ["NO_PROXY", "no_proxy"] {
            env[name] = json!("");
        }
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
            env[name] = proxy.clone();
        }
        let command = match &doubt.what {
            Rerun::Script { text, login } => json!(["/bin/bash", if *login { "-lc" } else { "-c" }, text]),
            Rerun::Patch(text) => json!([self.program(), APPLY_PATCH, text]),
        };
        let params = json!({
            "command": command,
            "cwd": doubt.cwd, "sandboxPolicy": {"type": "dangerFullAccess"}, "timeoutMs": TIME,
            "outputBytesCap": OUTPUT, "env": env,
        });
        let answer = self.client.ask("command/exec", &params, &mut Witness::default()).map_err(|_| Unable)?;
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        let now = self.model.album().look().map_err(|_| Unable)?;
        Ok(Did {
            exit: answer["exitCode"].as_i64().ok_or(Unable)?,
            output: format!("{}\n{}", text("stdout"), text("stderr")),
            changed: changes(before, &now),
            connected: self.model.visited(),
        })
    }
}

/// It printed something else in both runs.
const VARIES: &str = "it says something else each time";

/// What bash says of a program that is not there.
const NO_PROGRAM: &str = "command not found";

/// What the difference between both says.
fn verdict(seen: &Did, open: &Did) -> Control {
    if open.connected {
        return Control::Connects;
    }
    if open.output.contains(NO_PROGRAM) && !seen.output.contains(NO_PROGRAM) {
        return Control::Unclear("a program of Codex's own is not there without the sandbox");
    }
    if let Some((folder, path)) = open.changed.difference(&seen.changed).next() {
        let path = String::from_utf8_lossy(path);
        let path = crate::action::short_label(&path).into_owned();
        return Control::Stopped(match *folder {
            "work" => format!("changes {path}"),
            other => format!("changes {path} in the folder {other}"),
        });
    }
    match (seen.exit == open.exit, seen.exit) {
        (false, 0) => Control::Unclear("it fails without the sandbox and not in it"),
        (false, _) => Control::Stopped(format!("ends with {} and not with {}", open.exit, seen.exit)),
        (true, _) if lines(&seen.output) == lines(&open.output) => Control::Alike,
        (true, _) => Control::Unclear(VARIES),
    }
}

/// Lines that were printed, in no order: both streams are mixed in one and not in the other.
fn lines(output: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = output.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    lines.sort_unstable();
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn did(exit: i64, output: &str, changed: &[&str]) -> Did {
        let changed = changed.iter().map(|path| ("work", path.as_bytes().to_vec())).collect();
        Did { exit, output: output.to_owned(), changed, connected: false }
    }

    #[test]
    fn what_differs_without_the_sandbox_is_its_doing() {
        let stopped = |what: &str| Control::Stopped(what.to_owned());
        for (seen, open, want) in [
            (did(1, "no such file\n", &[]), did(1, "\nno such file", &[]), Control::Alike),
            (did(0, "b\na\n", &["x"]), did(0, "a\nb\n", &["x"]), Control::Alike),
            (did(1, "", &[]), did(0, "", &["sub/x"]), stopped("changes sub/x")),
            (did(0, "", &[]), did(0, "", &["x"]), stopped("changes x")),
            (did(1, "", &["log"]), did(0, "", &["log"]), stopped("ends with 0 and not with 1")),
            (did(2, "a", &[]), did(2, "b", &[]), Control::Unclear(VARIES)),
            // What the sandbox let through and nothing else does is not of its doing.
            (
                did(0, "a", &[]),
                did(1, "a", &[]),
                Control::Unclear("it fails without the sandbox and not in it"),
            ),
        ] {
            assert_eq!(verdict(&seen, &open), want, "{seen:?} {open:?}");
        }
        let open = Did { connected: true, ..did(7, "", &[]) };
        assert_eq!(verdict(&did(7, "", &[]), &open), Control::Connects);
    }
}
