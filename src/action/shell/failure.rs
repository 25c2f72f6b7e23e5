//! How a refusal inside a command shows to Codex, which looks only at commands that fail at once, and at what they say.

use super::{Command, Dialect, Shell, SimpleCommand};

/// Programs that take their time before they do anything.
const SLOW: &[&str] = &[
    "sleep", "wait", "node", "npm", "npx", "yarn", "pnpm", "java", "javac", "mvn", "gradle", "cargo",
    "rustc", "go", "pip", "pip3", "docker", "dotnet", "apt", "apt-get", "wget", "make", "cmake", "pytest",
    "ruby", "bundle",
];
/// Programs that say a refused connection in the system's own words.
const FRANK: &[&str] = &["ssh", "scp", "sftp"];

/// What Codex could see of a refusal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// Of the known effects, those from this one on belong to the end of the script: when one of them is refused, the
    /// whole command fails. What comes before is passed over by what follows it.
    pub fatal_from: usize,
    /// The same of the conditional effects.
    pub conditional_from: usize,
    /// It fails with words that Codex 0.169 takes for those of a refusal, though nothing is refused: a script that may not
    /// be executed, for example, or an exit code of 159.
    pub speaks: bool,
}

/// An effect of a reading, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Among the known ones.
    Known(usize),
    /// Among the conditional ones.
    Conditional(usize),
}

impl Failure {
    /// What comes from here on belongs to the end of the script.
    pub(super) fn restart(&mut self, known: usize, conditional: usize) {
        *self = Self { fatal_from: known, conditional_from: conditional, speaks: false };
    }

    /// Would a shell command with these simple commands fail at once, with the words of a refusal in its output, if this
    /// effect were refused? `connects`: it is a connection. `written` tells whether a path, as the command has it, is
    /// what the effect writes.
    pub fn is_open(
        self,
        shell: &Shell<'_>,
        commands: &[SimpleCommand<'_>],
        which: Which,
        connects: bool,
        written: &dyn Fn(&str) -> bool,
    ) -> bool {
        let slow = |program: &str| SLOW.contains(&name(program));
        let fatal = match which {
            Which::Known(at) => at >= self.fatal_from,
            Which::Conditional(at) => at >= self.conditional_from,
        };
        if !fatal || commands.iter().any(|command| slow(&command.program)) {
            return false;
        }
        // `install -d` fails to make a folder without a word, and then says that there is none.
        let mute = |command: &SimpleCommand<'_>| {
            name(&command.program) == "install" && command.words.iter().any(|word| word == "-d")
        };
        if commands.last().is_some_and(mute) {
            return false;
        }
        let text = match &shell.command {
            Command::Script { dialect: Dialect::Posix, text } => &**text,
            Command::Script { .. } => return false,
            Command::Argv(_) => "",
        };
        let frank = || {
            text.contains("/dev/tcp/")
                || commands.last().is_some_and(|command| FRANK.contains(&name(&command.program)))
        };
        !throws_errors_away(text, written) && (!connects || frank())
    }
}

/// Words by which Codex 0.169 knows a refusal, in lower case.
const WORDS: [&str; 7] = [
    "operation not permitted",
    "permission denied",
    "read-only file system",
    "seccomp",
    "sandbox",
    "landlock",
    "failed to write file",
];

/// Does a text hold words by which Codex knows a refusal?
pub(super) fn has_words(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    WORDS.iter().any(|words| text.contains(words))
}

fn name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// Does a script send what its commands say of errors to a file? Of a file that cannot be `written` the shell itself
/// speaks before it does.
fn throws_errors_away(text: &str, written: &dyn Fn(&str) -> bool) -> bool {
    let to_file = |after: &str| {
        let after = after.trim_start_matches('>').trim_start();
        let file = after.split([' ', '\t', '\n', ';', '&', '|', ')']).next().unwrap_or_default();
        !(after.starts_with(['&', '1']) || file.is_empty() || written(file.trim_matches(['"', '\''])))
    };
    let direct = text.match_indices("2>").any(|(at, found)| {
        let start = text[..at].ends_with(|c: char| c.is_whitespace() || c == ')' || c == '}');
        start && to_file(text[at + found.len()..].trim_start_matches('>'))
    });
    let joined =
        ["&>", ">&"].iter().any(|sign| text.match_indices(sign).any(|(at, _)| to_file(&text[at + 2..])));
    let merged = text
        .find("2>&1")
        .is_some_and(|at| text[..at].rfind('>').is_some_and(|sign| to_file(&text[sign + 1..at])));
    direct || joined || merged
}

#[cfg(test)]
mod tests {
    use super::Which;
    use crate::action::shell::effects;
    use crate::action::{Access, Command, Dialect, Shell, Target};

    /// Does the command fail openly when the last of its effects is refused?
    fn openly(text: &str) -> bool {
        let shell = Shell::new(Command::Script { dialect: Dialect::Posix, text: text.into() });
        let reading = effects(&shell);
        let which = match (reading.effects.known.len(), reading.effects.conditional.len()) {
            (0, conditional) => Which::Conditional(conditional - 1),
            (known, _) => Which::Known(known - 1),
        };
        let effect = match which {
            Which::Known(at) => &reading.effects.known[at],
            Which::Conditional(at) => &reading.effects.conditional[at].1,
        };
        let connects = effect.access == Access::Connect;
        let written = |path: &str| effect.target == Target::Path(path.into());
        reading.failure.is_open(&shell, &reading.commands, which, connects, &written)
    }

    // Asked of Codex 0.169 (conformance: approval/retry-unrefused-words).
    #[test]
    fn words_of_a_refusal_count_where_nothing_is_refused() {
        for (text, expected) in [
            ("exit 159", true),
            ("true; exit 159", true),
            ("exit 1", false),
            ("echo 'permission denied'; false", true),
            ("echo 'Read-only file system' >&2; exit 3", true),
            ("echo 'permission denied'; true", false),
            ("echo 'permission denied' > f; false", false),
            ("echo fine; false", false),
            ("(exit 159); ls", false),
        ] {
            let shell = Shell::new(Command::Script { dialect: Dialect::Posix, text: text.into() });
            assert_eq!(effects(&shell).failure.speaks, expected, "{text}");
        }
    }

    // Asked of Codex 0.169: what it asks to retry outside of the sandbox.
    #[test]
    fn what_codex_sees_of_a_refusal() {
        for (text, expected) in [
            ("touch /out", true),
            ("touch /out && echo done", true),
            ("true && touch /out", true),
            ("ls; touch /out", true),
            ("cd sub; cd ..; touch /out", true),
            ("echo x > /out", true),
            ("(touch /out)", true),
            ("bash -c 'touch /out'", true),
            ("if true; then touch /out; fi", true),
            ("cat a | tee /out", true),
            ("set -e; touch /out; echo done", true),
            ("touch /out 2>&1", true),
            ("echo a > /out 2>&1", true),
            ("touch /out; echo done", false),
            ("touch /out\necho done", false),
            ("touch /out || true", false),
            ("tee /out | cat", false),
            ("touch /out &", false),
            ("touch /out 2>/dev/null", false),
            ("touch /out 2> /dev/null", false),
            ("(touch /out) 2>/dev/null", false),
            ("touch /out &> log", false),
            ("echo a &> /out", true),
            ("echo a &> /out # note", true),
            ("mkdir -p /out/x", true),
            ("mkdir -p /out/x; echo", false),
            ("touch /out >/dev/null 2>&1", false),
            ("! touch /out", false),
            ("install -d /out", false),
            ("sleep 1; touch /out", false),
            ("npm install -g /out", false),
        ] {
            assert_eq!(openly(text), expected, "{text}");
        }
        for (text, expected) in [
            ("curl http://a.invalid", false),
            ("ssh a.invalid true", true),
            ("bash -c 'echo > /dev/tcp/127.0.0.1/9'", true),
        ] {
            assert_eq!(openly(text), expected, "{text}");
        }
    }
}
