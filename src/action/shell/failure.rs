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
}

impl Failure {
    /// Would a shell command with these simple commands fail at once, with the words of a refusal in its output, if its
    /// known effect of this number were refused? `connects`: it is a connection.
    pub fn is_open(
        self,
        shell: &Shell<'_>,
        commands: &[SimpleCommand<'_>],
        effect: usize,
        connects: bool,
    ) -> bool {
        let slow = |program: &str| SLOW.contains(&name(program));
        if effect < self.fatal_from || commands.iter().any(|command| slow(&command.program)) {
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
        !throws_errors_away(text) && (!connects || frank())
    }
}

fn name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// Does a script send what its commands say of errors to a file?
fn throws_errors_away(text: &str) -> bool {
    let to_file = |after: &str| !after.trim_start().starts_with(['&', '1']) && !after.trim().is_empty();
    let direct = text.match_indices("2>").any(|(at, found)| {
        let start = text[..at].ends_with(|c: char| c.is_whitespace() || c == ')' || c == '}');
        start && to_file(text[at + found.len()..].trim_start_matches('>'))
    });
    let joined = text.contains("&>") || text.match_indices(">&").any(|(at, _)| to_file(&text[at + 2..]));
    let merged = text.find("2>&1").is_some_and(|at| text[..at].contains('>'));
    direct || joined || merged
}

#[cfg(test)]
mod tests {
    use crate::action::shell::effects;
    use crate::action::{Command, Dialect, Shell};

    /// Does the command fail openly when the last of its known effects is refused?
    fn openly(text: &str, connects: bool) -> bool {
        let shell = Shell::new(Command::Script { dialect: Dialect::Posix, text: text.into() });
        let reading = effects(&shell);
        reading.failure.is_open(&shell, &reading.commands, reading.effects.known.len() - 1, connects)
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
            ("touch /out; echo done", false),
            ("touch /out\necho done", false),
            ("touch /out || true", false),
            ("tee /out | cat", false),
            ("touch /out &", false),
            ("touch /out 2>/dev/null", false),
            ("touch /out 2> /dev/null", false),
            ("(touch /out) 2>/dev/null", false),
            ("touch /out &> log", false),
            ("touch /out >/dev/null 2>&1", false),
            ("sleep 1; touch /out", false),
            ("npm install -g /out", false),
        ] {
            assert_eq!(openly(text, false), expected, "{text}");
        }
        for (text, expected) in [
            ("curl http://a.invalid", false),
            ("ssh a.invalid true", true),
            ("bash -c 'echo > /dev/tcp/127.0.0.1/9'", true),
        ] {
            assert_eq!(openly(text, true), expected, "{text}");
        }
    }
}
