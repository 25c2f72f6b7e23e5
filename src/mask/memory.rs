use std::collections::BTreeSet;
use std::fmt;

use aho_corasick::{AhoCorasick, MatchKind};

use super::token::{distinct, has_digit_and_letter};
use super::view::is_plain;

/// Most values that are kept of one import.
const MOST: usize = 100_000;
/// Shortest value that is looked for without its context, in bytes.
const LEAST_SECRET: usize = 7;
/// Shortest name that is looked for without its context, in bytes.
const LEAST_NAME: usize = 4;

/// Names that are words, too: they are masked where they stand for a person, and nowhere else.
const WORDS: &[&str] = &[
    "mark", "will", "grace", "hope", "faith", "rose", "dean", "chase", "grant", "frank", "bill", "drew",
    "jack", "rich", "rusty", "ruby", "pearl", "crystal", "amber", "dawn", "summer", "autumn", "april",
    "june", "august", "case", "chip", "data", "code", "work", "project", "projects", "source", "model",
    "server", "client", "local", "remote", "master", "manager", "support", "sales", "office", "demo", "temp",
    "home", "desktop", "laptop", "windows", "linux", "macos", "python", "rust", "java", "golang", "script",
    "scripts", "tools", "tool", "lucky", "sunny", "max", "min", "lane", "page", "bond", "banks", "cook",
    "cooper", "mason", "miller", "parker", "walker", "baker", "price", "young", "king", "true", "false",
    "null", "none", "main", "self", "type", "file", "files", "name", "value", "test", "tests", "build",
    "entity", "object", "person", "people", "human", "member", "owner", "author", "group", "team", "admin",
    "client", "customer", "company", "product", "service", "system", "engine", "machine", "robot", "worker",
    "process", "thread", "session", "event", "events", "message", "request", "response", "input", "output",
    "result", "results", "report", "entry", "item", "items", "node", "edge", "graph", "tree", "table",
    "field", "record", "index", "cache", "store", "storage", "stack", "queue", "block", "chain", "token",
    "lemma", "logic", "math", "science", "space", "world", "earth", "ocean", "river", "stone", "wood",
    "forest", "garden", "house", "studio", "design", "media", "music", "video", "audio", "image", "images",
    "photo", "game", "games", "player", "coach", "pilot", "captain", "chief", "boss", "chef", "doctor",
    "nurse", "student", "teacher", "learn", "trial", "study", "research", "analysis", "train", "trainer",
    "model", "models", "agent", "agents", "deploy", "release", "stage", "prod", "live", "core", "base",
    "basic", "common", "shared", "global", "public", "private", "secure", "safe", "fast", "quick", "smart",
    "blue", "green", "black", "white", "silver", "gold", "golden", "happy", "magic", "power", "super",
    "ultra", "micro", "macro", "meta", "proto", "delta", "sigma", "omega", "orion", "atlas", "apollo",
    "titan", "phoenix", "alpha", "beta", "gamma", "delta", "echo", "read", "write", "print", "list",
    "string", "error", "debug", "info",
];

/// What was met with its context, so that it is known where it has none. Kept in memory alone, never shown.
#[derive(Default)]
pub struct Memory {
    secrets: BTreeSet<Vec<u8>>,
    names: BTreeSet<Vec<u8>>,
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memory({} secrets, {} names)", self.secrets.len(), self.names.len())
    }
}

impl Memory {
    /// Adds what another one knows.
    pub fn merge(&mut self, other: Self) {
        self.secrets.extend(other.secrets);
        self.names.extend(other.names);
    }

    /// How many values are known.
    pub fn len(&self) -> usize {
        self.secrets.len() + self.names.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keeps the words of a person's name. Words that are words of their own, too, and short ones are not kept.
    pub fn person(&mut self, name: &str) {
        name.split(|c: char| !c.is_alphanumeric()).for_each(|word| self.name(word.as_bytes()));
    }

    pub(super) fn secret(&mut self, value: &[u8]) {
        let strong = has_digit_and_letter(value) && distinct(value) >= 5;
        let telling = value.len() >= LEAST_SECRET && (strong || (value.len() >= 20 && distinct(value) >= 8));
        if telling && value.len() <= 4096 && self.secrets.len() < MOST && !self.secrets.contains(value) {
            self.secrets.insert(value.to_vec());
        }
    }

    pub(super) fn name(&mut self, value: &[u8]) {
        let lower = value.to_ascii_lowercase();
        let word = WORDS.iter().any(|word| lower == word.as_bytes());
        if lower.len() >= LEAST_NAME && !word && self.names.len() < MOST {
            self.names.insert(lower);
        }
    }
}

/// What a value that is known stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Secret,
    Name,
}

/// A memory made ready to be looked up in texts.
pub(super) struct Lexicon {
    automaton: AhoCorasick,
    secrets: Vec<Vec<u8>>,
    parts: Parts,
}

/// A part of each known value that stands in a text as it is written, whatever layers the text has.
enum Parts {
    /// All values are such parts themselves.
    Whole,
    Some(AhoCorasick),
    /// Some value has none.
    Unknown,
}

/// Shortest part of a value that tells where it may be, in bytes.
const LEAST_PART: usize = 4;

impl Parts {
    fn of<'v>(values: impl Iterator<Item = &'v Vec<u8>>) -> Self {
        let mut parts = Vec::new();
        let mut whole = true;
        for value in values {
            let runs = value.split(|byte| !is_plain(*byte));
            let Some(part) = runs.max_by_key(|run| run.len()).filter(|part| part.len() >= LEAST_PART) else {
                return Self::Unknown;
            };
            whole &= part.len() == value.len();
            parts.push(part);
        }
        if whole {
            return Self::Whole;
        }
        let automaton = AhoCorasick::builder().ascii_case_insensitive(true).build(parts);
        automaton.map_or(Self::Unknown, Self::Some)
    }
}

impl fmt::Debug for Lexicon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lexicon({} values)", self.automaton.patterns_len())
    }
}

impl Lexicon {
    /// `None` when nothing is known.
    pub(super) fn new(memory: Memory) -> Option<Self> {
        if memory.is_empty() {
            return None;
        }
        let secrets: Vec<_> = memory.secrets.into_iter().collect();
        let patterns = secrets.iter().chain(&memory.names);
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(true)
            .build(patterns);
        let parts = Parts::of(secrets.iter().chain(&memory.names));
        automaton.ok().map(|automaton| Self { automaton, secrets, parts })
    }

    /// Whether a text without hidden letters may hold a known value, in whatever layer.
    pub(super) fn may_stand_in(&self, text: &[u8]) -> bool {
        match &self.parts {
            Parts::Whole => self.automaton.is_match(text),
            Parts::Some(parts) => parts.is_match(text),
            Parts::Unknown => true,
        }
    }

    /// Every known value of a text.
    pub(super) fn find<'l>(
        &'l self,
        text: &'l [u8],
    ) -> impl Iterator<Item = (std::ops::Range<usize>, Known)> + 'l {
        self.automaton.find_iter(text).filter_map(move |found| {
            let range = found.range();
            match self.secrets.get(found.pattern().as_usize()) {
                Some(secret) => {
                    let same = text[range.clone()] == **secret;
                    (same && (secret.len() >= 12 || stands_alone(text, &range, false)))
                        .then_some((range, Known::Secret))
                }
                None => stands_alone(text, &range, true).then_some((range, Known::Name)),
            }
        })
    }
}

fn stands_alone(text: &[u8], range: &std::ops::Range<usize>, underscores: bool) -> bool {
    let continues = |byte: &u8| byte.is_ascii_alphanumeric() || (underscores && *byte == b'_');
    !range.start.checked_sub(1).and_then(|at| text.get(at)).is_some_and(continues)
        && !text.get(range.end).is_some_and(continues)
}
