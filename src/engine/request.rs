//! What a command requests of a host: something to read, or more.

use std::borrow::Cow;

use crate::action::{Command, shell};

/// Methods that a limited network lets through (Codex 0.169, which compares them as they are written).
const READING: [&str; 3] = ["GET", "HEAD", "OPTIONS"];
/// Options of `curl` that send something, so that the method is POST, or PUT with the last two.
const CURL_SENDS: [&str; 9] =
    ["-d", "--data", "--json", "-F", "--form", "--form-string", "--url-query-post", "-T", "--upload-file"];
/// Options of `wget` that send something.
const WGET_SENDS: [&str; 4] = ["--post-data", "--post-file", "--body-data", "--body-file"];

/// Do all requests of a command only read? `None` where that is not known.
pub(super) fn reads(command: &Command<'_>) -> Option<bool> {
    let segments: Vec<Vec<Cow<'_, str>>> = match command {
        Command::Argv(words) => vec![words.iter().map(|word| Cow::Borrowed(&**word)).collect()],
        Command::Script { text, .. } => shell::rule_segments(text)?,
    };
    let requests: Vec<Request> = segments.iter().map(|words| Request::of(words)).collect();
    if requests.contains(&Request::More) {
        return Some(false);
    }
    (requests.contains(&Request::Reads) && !requests.contains(&Request::Unknown)).then_some(true)
}

/// What one program requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Request {
    /// Nothing.
    None,
    /// Something to read.
    Reads,
    /// More than that.
    More,
    /// Nobody knows.
    Unknown,
}

impl Request {
    fn of(words: &[Cow<'_, str>]) -> Self {
        let Some((program, arguments)) = words.split_first() else { return Self::None };
        let reads = match program.rsplit('/').next().unwrap_or(program) {
            "curl" => curl(arguments),
            "wget" => wget(arguments),
            "cat" | "echo" | "true" | "false" | "head" | "tail" | "grep" | "jq" | "wc" | "sort" => {
                return Self::None;
            }
            _ => return Self::Unknown,
        };
        if reads { Self::Reads } else { Self::More }
    }
}

fn curl(arguments: &[Cow<'_, str>]) -> bool {
    let (mut method, mut sends, mut get) = (None, false, false);
    let mut rest = arguments.iter().map(|word| &**word);
    while let Some(word) = rest.next() {
        let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        if matches!(word, "-X" | "--request") {
            method = rest.next();
        } else if name == "--request" {
            method = value;
        } else if word == "--get" {
            get = true;
        } else if let Some(flags) = word.strip_prefix('-').filter(|flags| !flags.starts_with('-')) {
            // Flags without a value may stand together; the first with one takes the rest of the word.
            match flags.find(|flag: char| "XdFToHAbceEKmruUwxyYzC".contains(flag)) {
                Some(at) if flags[at..].starts_with('X') => {
                    let attached = &flags[at + 1..];
                    method = if attached.is_empty() { rest.next() } else { Some(attached) };
                }
                Some(at) if flags[at..].starts_with(['d', 'F', 'T']) => sends = true,
                Some(at) if at + 1 == flags.len() => drop(rest.next()),
                _ => {}
            }
            get |= flags.contains('G');
        } else if CURL_SENDS.contains(&name) || name.starts_with("--data-") {
            sends = true;
        }
    }
    method.map_or(!sends || get, |method| READING.contains(&method))
}

fn wget(arguments: &[Cow<'_, str>]) -> bool {
    let mut rest = arguments.iter().map(|word| &**word);
    let mut reads = true;
    while let Some(word) = rest.next() {
        let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        if name == "--method" {
            let method = value.or_else(|| rest.next()).unwrap_or_default();
            reads &= READING.contains(&method);
        }
        reads &= !WGET_SENDS.contains(&name);
    }
    reads
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Dialect;

    // Asked of Codex 0.169 with `mode = "limited"` and a port without listener.
    #[test]
    fn requests_that_only_read() {
        for (text, expected) in [
            ("curl http://h/", Some(true)),
            ("curl -sS -m3 -I http://h/", Some(true)),
            ("curl -X OPTIONS http://h/", Some(true)),
            ("curl -X get http://h/", Some(false)),
            ("curl -X PROPFIND http://h/", Some(false)),
            ("curl -XPOST http://h/", Some(false)),
            ("curl -sXPOST http://h/", Some(false)),
            ("curl --request=PUT http://h/", Some(false)),
            ("curl -d a=b http://h/", Some(false)),
            ("curl -da=b http://h/", Some(false)),
            ("curl --data-binary @f http://h/", Some(false)),
            ("curl -G -d a=b http://h/", Some(true)),
            ("curl -sG --data-urlencode a=b http://h/", Some(true)),
            ("curl --json '{}' http://h/", Some(false)),
            ("curl -T README.md http://h/", Some(false)),
            ("curl -o out -H 'X: d' http://h/", Some(true)),
            ("curl http://h/ | head", Some(true)),
            ("curl http://h/ && curl -X POST http://h/", Some(false)),
            ("wget -q -O- http://h/", Some(true)),
            ("wget --post-data=a http://h/", Some(false)),
            ("wget --method=HEAD http://h/", Some(true)),
            ("git clone http://h/x", None),
            ("curl -X POST http://h/ && git fetch", Some(false)),
            ("curl $URL", None),
            ("echo hi", None),
        ] {
            let command = Command::Script { dialect: Dialect::Posix, text: text.into() };
            assert_eq!(reads(&command), expected, "{text}");
        }
    }
}
