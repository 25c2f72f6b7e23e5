use std::borrow::Cow;

use super::{ExecPolicy, PrefixRule, RuleVerdict};
use crate::action::shell::rule_segments;
use crate::action::{Command, Dialect, Launch};
use crate::decision::Rule;

/// A command as Codex starts it: the words that rules match when a script is not split.
#[derive(Clone, Copy, Debug)]
pub struct Invocation<'a> {
    /// What is asked for.
    pub command: &'a Command<'a>,
    /// The shell that gets a script; Codex 0.169 uses the user's, and `/bin/sh` for shells it does not know.
    pub shell: &'a str,
    /// How the shell gets a script: `-lc` for a login shell, `-c` otherwise.
    pub flag: &'a str,
    /// The absolute folder that relative programs start from.
    pub cwd: &'a str,
}

impl<'a> Invocation<'a> {
    /// A command as `exec_command` starts it by default on Linux.
    pub fn new(command: &'a Command<'a>, cwd: &'a str) -> Self {
        let (shell, flag) = match command {
            Command::Script { dialect: Dialect::PowerShell, .. } => ("pwsh", "-Command"),
            Command::Script { dialect: Dialect::Cmd, .. } => ("cmd", "/c"),
            _ => ("/bin/bash", "-lc"),
        };
        Self { command, shell, flag, cwd }
    }

    /// The same started with the shell that a call names. Codex 0.169 takes the user's own for its kind, `sh` from the
    /// path, and `/bin/sh` for one that it does not find or know.
    #[must_use]
    pub fn launched(mut self, launch: &Launch<'_>) -> Self {
        if !matches!(self.command, Command::Script { dialect: Dialect::Posix, .. }) {
            return self;
        }
        self.shell = match launch.shell.as_deref().map(|shell| shell.rsplit('/').next().unwrap_or(shell)) {
            None | Some("bash") => self.shell,
            Some("sh") => "/usr/bin/sh",
            Some(_) => "/bin/sh",
        };
        if launch.login == Some(false) {
            self.flag = "-c";
        }
        self
    }

    /// The words of the process that Codex starts.
    pub fn words(&self) -> Vec<&'a str> {
        match self.command {
            Command::Script { text, .. } => vec![self.shell, self.flag, text],
            Command::Argv(words) => words.iter().map(|word| &**word).collect(),
        }
    }

    /// The words as one line, quoted as Codex quotes them in messages.
    pub fn line(&self) -> String {
        join(&self.words())
    }
}

/// What the rules say about a command.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleDecision<'p> {
    /// The strictest verdict of all matches; `None` if no rule matches any part.
    pub verdict: Option<RuleVerdict>,
    /// The rule that Codex names: the longest of the strictest matches, the last one of equals.
    pub rule: Option<&'p PrefixRule>,
    /// The words of the command that this rule matched, as one line.
    pub prefix: String,
    /// Every part is matched by an `allow` rule and none by a stricter one: Codex runs the command outside the
    /// sandbox.
    pub all_allowed: bool,
    /// How many commands were judged; 1 for a script that is not split. 0 when no rule could match.
    pub parts: usize,
    /// The commands that no rule matches, if some other part is matched. Codex looks for forced rm in these alone.
    pub unmatched: Vec<Command<'static>>,
}

impl RuleDecision<'_> {
    /// Codex's words for refusing a command by a `forbidden` rule.
    pub fn refusal(&self, invocation: &Invocation<'_>) -> String {
        let line = invocation.line();
        match self.rule.and_then(|rule| rule.justification.as_deref()) {
            Some(why) => format!("`{line}` rejected: {why}"),
            None => format!("`{line}` rejected: policy forbids commands starting with `{}`", self.prefix),
        }
    }

    /// What Codex asks because of a `prompt` rule.
    pub fn request(&self, invocation: &Invocation<'_>) -> String {
        let line = invocation.line();
        match self.rule.and_then(|rule| rule.justification.as_deref()) {
            Some(why) => format!("`{line}` requires approval: {why}"),
            None => format!("`{line}` requires approval by policy"),
        }
    }

    /// Whether `detect` finds what it looks for in the parts that no rule matches.
    pub fn any_unmatched(&self, command: &Command<'_>, detect: impl Fn(&Command<'_>) -> bool) -> bool {
        if self.rule.is_none() { detect(command) } else { self.unmatched.iter().any(detect) }
    }

    /// The rule as reports show it.
    pub fn shown(&self) -> Option<Rule> {
        self.rule.map(PrefixRule::rule)
    }
}

impl ExecPolicy {
    /// Judges a command. A script for a POSIX shell is split into its plain commands if it has nothing else, and
    /// every one is judged; any other script is one command of its shell (Codex 0.169).
    pub fn decide(&self, invocation: &Invocation<'_>) -> RuleDecision<'_> {
        if self.is_empty() {
            return RuleDecision::default();
        }
        let Command::Script { dialect, text } = invocation.command else {
            return self.judge(std::iter::once(invocation.words()), invocation.cwd);
        };
        let whole = self.may_match_whole(invocation.shell);
        let parts = self.may_match_part(text);
        if !whole && (!parts || *dialect != Dialect::Posix) {
            return RuleDecision::default();
        }
        match if *dialect == Dialect::Posix { rule_segments(text) } else { None } {
            Some(segments) => self.judge(segments.into_iter(), invocation.cwd),
            None if whole => self.judge(std::iter::once(invocation.words()), invocation.cwd),
            None => RuleDecision { parts: 1, ..RuleDecision::default() },
        }
    }

    /// The words for which Codex 0.169 proposes a rule when it asks about a command: those of its first part that no rule
    /// allows.
    pub fn proposal(&self, invocation: &Invocation<'_>) -> Vec<String> {
        let allowed = |words: &[String]| {
            self.matching(words, invocation.cwd).iter().any(|rule| rule.verdict == RuleVerdict::Allow)
        };
        let segments = match invocation.command {
            Command::Script { dialect: Dialect::Posix, text } => rule_segments(text),
            _ => None,
        };
        let parts = segments.into_iter().flatten();
        let owned = |words: Vec<_>| words.iter().map(|word: &Cow<'_, str>| word.to_string()).collect();
        let mut parts = parts.map(owned);
        parts
            .find(|words: &Vec<String>| !allowed(words))
            .unwrap_or_else(|| invocation.words().into_iter().map(str::to_owned).collect())
    }

    fn judge<S: AsRef<str>>(&self, parts: impl Iterator<Item = Vec<S>>, cwd: &str) -> RuleDecision<'_> {
        let mut decision = RuleDecision { all_allowed: true, ..RuleDecision::default() };
        for words in parts {
            decision.parts += 1;
            let matches = self.matching(&words, cwd);
            if matches.is_empty() {
                let owned = words.iter().map(|word| Cow::Owned(word.as_ref().to_owned())).collect();
                decision.unmatched.push(Command::Argv(owned));
            }
            decision.all_allowed &= matches.iter().any(|rule| rule.verdict == RuleVerdict::Allow);
            for rule in matches {
                let rank = |rule: &PrefixRule| (rule.verdict, rule.pattern.len());
                if decision.rule.is_none_or(|best| rank(rule) >= rank(best)) {
                    decision.rule = Some(rule);
                    decision.verdict = Some(rule.verdict);
                    decision.prefix = matched(rule, &words);
                }
            }
        }
        decision.all_allowed &= decision.verdict == Some(RuleVerdict::Allow);
        decision
    }
}

/// The words that a rule matched; a program given by path shows as its bare name.
fn matched<S: AsRef<str>>(rule: &PrefixRule, words: &[S]) -> String {
    let mut prefix: Vec<&str> = words.iter().take(rule.pattern.len()).map(AsRef::as_ref).collect();
    if let Some(program) = prefix.first_mut()
        && !rule.pattern.matches(program, words)
    {
        *program = program.rsplit('/').next().unwrap_or(program);
    }
    join(&prefix)
}

/// Words as one line for a shell. Words with a zero byte cannot be quoted; they show as they are.
fn join(words: &[&str]) -> String {
    shlex::try_join(words.iter().copied()).unwrap_or_else(|_| words.join(" "))
}
