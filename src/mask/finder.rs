//! One search over a text for everything that may begin, hold or name something to mask.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::name::STEMS;
use super::person::{AUTHORS, USERS};
use super::tokens::{FORMATS, MIDDLES};

/// What a text that was found may belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trigger {
    /// A row of the formats; the text must be written exactly so.
    Format(u16, u8),
    /// A row of the formats with a known middle.
    Middle(u16),
    Jwt,
    Pem,
    /// A part of a sensitive name.
    Stem,
    At,
    Address,
    UnixHome,
    WindowsHome,
    SlugHome,
    Tilde,
    User,
    Author,
    Mode,
    /// A command with passwords among its arguments.
    Command,
}

/// Commands with passwords among their arguments.
pub(super) const COMMANDS: &[&str] = &[
    "curl",
    "wget",
    "http ",
    "sshpass",
    "mysql",
    "mariadb",
    "docker login",
    "redis-cli",
    "htpasswd",
    "ldapsearch",
    "sqlcmd",
    "aws configure set",
    "npm config set",
    "gh secret set",
    "ssh-keygen",
    "openssl",
    "net use",
    "az login",
    "securestring",
    "--password-stdin",
];

/// The search and what each of its texts may belong to.
#[derive(Debug)]
pub(super) struct Finder {
    pub(super) automaton: AhoCorasick,
    pub(super) triggers: Vec<Trigger>,
}

/// The one search of the program; `None` only if it could not be built, which a test rules out.
pub(super) static FINDER: LazyLock<Option<Finder>> = LazyLock::new(Finder::new);

impl Finder {
    fn new() -> Option<Self> {
        let mut texts: Vec<&str> = Vec::new();
        let mut triggers = Vec::new();
        let mut add = |text: &'static str, trigger| {
            texts.push(text);
            triggers.push(trigger);
        };
        for (row, format) in FORMATS.iter().enumerate() {
            for (head, text) in format.heads.iter().enumerate() {
                add(text, Trigger::Format(row as u16, head as u8));
            }
        }
        for (row, middle) in MIDDLES.iter().enumerate() {
            add(middle.anchor, Trigger::Middle(row as u16));
        }
        let groups = [
            (["eyJ"].as_slice(), Trigger::Jwt),
            (&["-----BEGIN "], Trigger::Pem),
            (STEMS, Trigger::Stem),
            (&["@"], Trigger::At),
            (&["://"], Trigger::Address),
            (&["/home/", "/Users/"], Trigger::UnixHome),
            (&["\\Users\\", "\\home\\"], Trigger::WindowsHome),
            (&["-home-", "-Users-"], Trigger::SlugHome),
            (&["~"], Trigger::Tilde),
            (USERS, Trigger::User),
            (AUTHORS, Trigger::Author),
            (&["rw-", "rwx", "r--", "r-x"], Trigger::Mode),
            (COMMANDS, Trigger::Command),
        ];
        for (group, trigger) in groups {
            for text in group {
                add(text, trigger);
            }
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .ascii_case_insensitive(true)
            .build(&texts)
            .ok()?;
        Some(Self { automaton, triggers })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_can_be_built() {
        let finder = FINDER.as_ref().unwrap();
        assert!(finder.triggers.len() > 200);
        assert!(finder.automaton.memory_usage() < 8 << 20, "{}", finder.automaton.memory_usage());
    }
}
