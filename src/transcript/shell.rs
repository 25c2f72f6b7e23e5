//! Commands in the shapes of all shell tools that Codex ever had.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use crate::action::{Action, Additional, Command, Dialect, Launch, Permissions, Shell, Stdin, is_current};

/// The shell that a program's file name stands for.
fn dialect_of(program: &str) -> Option<Dialect> {
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program);
    let name = name.strip_suffix(".exe").or_else(|| name.strip_suffix(".EXE")).unwrap_or(name);
    if ["bash", "sh", "zsh", "dash", "ksh"].contains(&name) {
        return Some(Dialect::Posix);
    }
    if name.eq_ignore_ascii_case("powershell") || name.eq_ignore_ascii_case("pwsh") {
        return Some(Dialect::PowerShell);
    }
    name.eq_ignore_ascii_case("cmd").then_some(Dialect::Cmd)
}

/// Turns the words of a program call into a command: `["bash", "-lc", script]` and its kin are scripts.
pub(super) fn command_of(mut words: Vec<Cow<'_, str>>) -> Command<'_> {
    let script = match words.first().and_then(|program| dialect_of(program)) {
        Some(Dialect::Posix) => posix_script(&words).map(|at| (Dialect::Posix, at)),
        Some(Dialect::PowerShell) => powershell_script(&words).map(|at| (Dialect::PowerShell, at)),
        Some(Dialect::Cmd) => cmd_script(&words).map(|at| (Dialect::Cmd, at)),
        None => None,
    };
    match script {
        Some((dialect, at)) if at + 1 == words.len() => {
            Command::Script { dialect, text: words.swap_remove(at) }
        }
        // PowerShell and cmd join what follows; for a POSIX shell further words are `$0`, `$1`, …
        Some((dialect @ (Dialect::PowerShell | Dialect::Cmd), at)) => {
            Command::Script { dialect, text: Cow::Owned(words[at..].join(" ")) }
        }
        _ => Command::Argv(words),
    }
}

/// Index of the script in `bash -lc <script>`, `sh -l -c <script>`.
fn posix_script(words: &[Cow<'_, str>]) -> Option<usize> {
    for (at, word) in words.iter().enumerate().skip(1) {
        let letters = word.strip_prefix('-')?;
        if letters.is_empty() || !letters.bytes().all(|b| b"lcie".contains(&b)) {
            return None;
        }
        if letters.contains('c') {
            return (at + 1 < words.len()).then_some(at + 1);
        }
    }
    None
}

/// Index of the script in `powershell -NoProfile -Command <script>`.
fn powershell_script(words: &[Cow<'_, str>]) -> Option<usize> {
    let mut at = 1;
    while let Some(word) = words.get(at) {
        let flag = word.strip_prefix(['-', '/'])?.to_ascii_lowercase();
        at += 1;
        if flag == "c" || (flag.len() > 2 && "command".starts_with(&flag)) {
            return (at < words.len()).then_some(at);
        }
        let takes_value = ["executionpolicy", "ep", "ex", "version", "windowstyle", "inputformat"];
        if takes_value.contains(&flag.as_str()) {
            at += 1;
        } else if flag.starts_with("enc") || flag == "e" || flag == "ec" || flag.starts_with('f') {
            return None;
        }
    }
    None
}

/// Index of the script in `cmd /d /s /c <script>`.
fn cmd_script(words: &[Cow<'_, str>]) -> Option<usize> {
    for (at, word) in words.iter().enumerate().skip(1) {
        let flag = word.strip_prefix('/')?;
        if flag.eq_ignore_ascii_case("c") || flag.eq_ignore_ascii_case("k") {
            return (at + 1 < words.len()).then_some(at + 1);
        }
    }
    None
}

/// Turns a command line, quoted as `codex exec --json` prints it, into a command.
pub(super) fn command_of_line(line: Cow<'_, str>) -> Command<'_> {
    match shlex::split(&line) {
        Some(words) if !words.is_empty() => command_of(words.into_iter().map(Cow::Owned).collect()),
        _ => Command::Script { dialect: Dialect::Posix, text: line },
    }
}

/// The text that decides whether two commands are the same, whatever shell they were wrapped in.
pub(super) fn essence<'c>(command: &'c Command<'_>) -> Cow<'c, str> {
    match command {
        Command::Script { text, .. } => Cow::Borrowed(text),
        Command::Argv(words) => {
            Cow::Owned(shlex::try_join(words.iter().map(AsRef::as_ref)).unwrap_or_default())
        }
    }
}

/// Declares the arguments of one shell tool: its command field and what all of them take beside it. Fields that
/// do not matter here are still checked for their type, as Codex does.
macro_rules! arguments {
    ($name:ident, $field:ident: $type:ty, $($times:tt)*) => {
        #[derive(Deserialize)]
        struct $name {
            $field: $type,
            workdir: Option<String>,
            shell: Option<String>,
            sandbox_permissions: Option<Place>,
            with_escalated_permissions: Option<bool>,
            additional_permissions: Option<MorePermissions>,
            justification: Option<String>,
            login: Option<bool>,
            #[serde(rename = "tty")]
            _tty: Option<bool>,
            $($times)*
        }

        impl $name {
            fn shell<'t>(self, command: impl FnOnce($type, Option<&str>) -> Command<'t>) -> Shell<'t> {
                let before_2026 = self.with_escalated_permissions == Some(true);
                let more = self.additional_permissions.as_ref();
                let asks = self.sandbox_permissions == Some(Place::WithAdditionalPermissions);
                let additional = match more {
                    Some(more) => more.kind(),
                    None if asks => Additional::Missing,
                    None => Additional::None,
                };
                let unstated =
                    self.justification.is_some() && self.sandbox_permissions.is_none() && !before_2026;
                Shell {
                    command: command(self.$field, self.shell.as_deref()),
                    workdir: self.workdir.filter(|folder| !folder.is_empty()).map(Cow::Owned),
                    escalated: before_2026 || self.sandbox_permissions == Some(Place::RequireEscalated),
                    justification: self.justification.map(Cow::Owned),
                    launch: Launch { shell: self.shell.map(Cow::Owned), login: self.login },
                    permissions: Permissions { unstated, additional },
                }
            }
        }
    };
}

/// How earlier versions asked to leave the sandbox.
const EARLIER: &str = "with_escalated_permissions";

/// The arguments of a command that this version of the CLI heeds: 0.169 passes over the earlier way to ask for leaving the
/// sandbox (shell/arguments-of-earlier-versions).
pub(super) fn heeded<'a>(arguments: &'a str, cli_version: &str) -> Cow<'a, str> {
    if !arguments.contains(EARLIER) || !is_current(cli_version) {
        return Cow::Borrowed(arguments);
    }
    let Ok(Value::Object(mut read)) = serde_json::from_str(arguments) else {
        return Cow::Borrowed(arguments);
    };
    match read.remove(EARLIER) {
        Some(_) => Cow::Owned(Value::Object(read).to_string()),
        None => Cow::Borrowed(arguments),
    }
}

/// Values of `sandbox_permissions`.
#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Place {
    UseDefault,
    RequireEscalated,
    WithAdditionalPermissions,
}

/// The argument `additional_permissions`.
#[derive(Deserialize)]
struct MorePermissions {
    network: Option<serde::de::IgnoredAny>,
    file_system: Option<serde::de::IgnoredAny>,
}

impl MorePermissions {
    fn kind(&self) -> Additional {
        let stated = self.network.is_some() || self.file_system.is_some();
        if stated { Additional::Stated } else { Additional::Empty }
    }
}

arguments!(
    ExecCommand,
    cmd: String,
    #[serde(rename = "yield_time_ms")]
    _time: Option<u64>,
    #[serde(rename = "max_output_tokens")]
    _tokens: Option<u64>,
);
arguments!(
    ShellCommand,
    command: String,
    #[serde(rename = "timeout_ms", alias = "timeout")]
    _time: Option<f64>,
);
arguments!(
    ShellWords,
    command: Vec<String>,
    #[serde(rename = "timeout_ms", alias = "timeout")]
    _time: Option<f64>,
);

/// Reads the arguments of `exec_command`; `dialect` is that of the session's default shell.
pub(super) fn exec_command<'t>(arguments: &str, dialect: Dialect) -> Result<Action<'t>, serde_json::Error> {
    let read = serde_json::from_str::<ExecCommand>(arguments)?;
    Ok(Action::Shell(read.shell(|text, shell| script(text, shell, dialect))))
}

/// Reads the arguments of `shell_command`.
pub(super) fn shell_command<'t>(arguments: &str, dialect: Dialect) -> Result<Action<'t>, serde_json::Error> {
    let read = serde_json::from_str::<ShellCommand>(arguments)?;
    Ok(older(read.shell(|text, shell| script(text, shell, dialect))))
}

/// Reads the arguments of `shell` and `container.exec`.
pub(super) fn shell_words<'t>(arguments: &str) -> Result<Action<'t>, serde_json::Error> {
    Ok(older(serde_json::from_str::<ShellWords>(arguments)?.shell(|words, _| owned_words(words))))
}

/// A call of a tool before `exec_command`, which took a justification with any command.
fn older(shell: Shell<'_>) -> Action<'_> {
    Action::Shell(Shell { permissions: Permissions::default(), ..shell })
}

fn script<'t>(text: String, shell: Option<&str>, dialect: Dialect) -> Command<'t> {
    let dialect = shell.and_then(dialect_of).unwrap_or(dialect);
    Command::Script { dialect, text: Cow::Owned(text) }
}

fn owned_words<'t>(words: Vec<String>) -> Command<'t> {
    command_of(words.into_iter().map(Cow::Owned).collect())
}

/// Reads the `action` of a `local_shell_call` item.
pub(super) fn local_shell<'t>(action: &str) -> Result<Action<'t>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Exec {
        command: Vec<String>,
        working_directory: Option<String>,
    }
    let exec: Exec = serde_json::from_str(action)?;
    Ok(Action::Shell(plain(owned_words(exec.command), exec.working_directory.map(Cow::Owned))))
}

/// Reads the arguments of the experimental `unified_exec` tool of autumn 2025.
pub(super) fn unified_exec<'t>(arguments: &str) -> Result<Action<'t>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Unified {
        input: Vec<String>,
        session_id: Option<String>,
    }
    let unified: Unified = serde_json::from_str(arguments)?;
    Ok(match unified.session_id {
        Some(session) => {
            Action::Stdin(Stdin { session: session.into(), chars: unified.input.concat().into() })
        }
        None => Action::Shell(plain(owned_words(unified.input), None)),
    })
}

/// Reads the arguments of `write_stdin`.
pub(super) fn write_stdin<'t>(arguments: &str) -> Result<Action<'t>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Write {
        session_id: serde_json::Number,
        #[serde(default)]
        chars: String,
    }
    let write: Write = serde_json::from_str(arguments)?;
    Ok(Action::Stdin(Stdin { session: write.session_id.to_string().into(), chars: write.chars.into() }))
}

/// A command with no options.
pub(super) fn plain<'t>(command: Command<'t>, workdir: Option<Cow<'t, str>>) -> Shell<'t> {
    Shell { workdir, ..Shell::new(command) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(list: &[&'static str]) -> Command<'static> {
        command_of(list.iter().map(|word| Cow::Borrowed(*word)).collect())
    }

    #[test]
    fn earlier_ways_to_leave_the_sandbox_are_not_heeded_now() {
        let asks = r#"{"cmd":"ls","with_escalated_permissions":true}"#;
        let quotes = r#"{"cmd":"grep with_escalated_permissions"}"#;
        for (arguments, version, heeded_ones) in [
            (asks, "0.169.0", r#"{"cmd":"ls"}"#),
            (asks, "0.60.1", asks),
            (asks, "", asks),
            (quotes, "0.169.0", quotes),
            ("with_escalated_permissions", "0.169.0", "with_escalated_permissions"),
        ] {
            assert_eq!(heeded(arguments, version), heeded_ones, "{arguments} {version}");
        }
    }

    #[test]
    fn words_are_scripts_only_when_a_shell_reads_them() {
        let posix = |text| Command::Script { dialect: Dialect::Posix, text: Cow::Borrowed(text) };
        let power = |text| Command::Script { dialect: Dialect::PowerShell, text: Cow::Borrowed(text) };
        let cmd = |text| Command::Script { dialect: Dialect::Cmd, text: Cow::Borrowed(text) };
        for (list, want) in [
            (&["bash", "-lc", "ls | wc"][..], posix("ls | wc")),
            (&["/usr/bin/zsh", "-c", "ls"], posix("ls")),
            (&["sh", "-l", "-c", "ls"], posix("ls")),
            (&["powershell.exe", "-Command", "Get-Item x"], power("Get-Item x")),
            (&["pwsh", "-NoProfile", "-ExecutionPolicy", "Bypass", "-c", "ls"], power("ls")),
            (&["powershell", "-Command", "Get-Item", "x"], power("Get-Item x")),
            (&["cmd", "/c", "dir", "/b"], cmd("dir /b")),
            (&[r"C:\Windows\System32\cmd.exe", "/d", "/s", "/C", "dir"], cmd("dir")),
        ] {
            assert_eq!(words(list), want, "{list:?}");
        }
        for list in [
            &["ls", "-l"][..],
            &["bash", "script.sh"],
            &["bash", "-lc"],
            &["bash", "-c", "echo $0", "name"],
            &["powershell", "-EncodedCommand", "ZQA="],
            &["powershell", "-File", "x.ps1"],
            &["cmd", "/c"],
            &["apply_patch", "*** Begin Patch"],
            &[],
        ] {
            assert!(matches!(words(list), Command::Argv(kept) if kept.len() == list.len()), "{list:?}");
        }
    }

    #[test]
    fn printed_command_lines_are_unquoted() {
        let line = |text: &'static str| command_of_line(Cow::Borrowed(text));
        let posix =
            |text: &str| Command::Script { dialect: Dialect::Posix, text: Cow::Owned(text.to_owned()) };
        assert_eq!(line("/bin/bash -lc 'cat README.md'"), posix("cat README.md"));
        assert_eq!(line("/bin/bash -lc cat"), posix("cat"));
        assert_eq!(line(r#"bash -lc "echo 'a b' > \"c d\"""#), posix("echo 'a b' > \"c d\""));
        assert_eq!(line("git status"), words(&["git", "status"]));
        assert_eq!(line("unclosed 'quote"), posix("unclosed 'quote"));
    }
}
