use std::fmt;
use std::sync::Arc;

use super::form::Form;
use super::judged::Untouched;
use super::kind::{Class, Kind};
use super::mark::Marks;
use super::memory::Lexicon;
use super::rules::Rules;
use super::scan::{Purpose, Scan};

/// Most of a file that is looked at for a zero byte, in bytes.
const SNIFF: usize = 8192;
/// Largest binary file that is looked at, in bytes.
const MOST_BINARY: usize = 1 << 20;
/// Largest text file that is looked at, in bytes; what is larger is a hit of its own.
const MOST_TEXT: usize = 64 << 20;
/// Most hits of one file.
const MOST_HITS: usize = 100;

/// Something that must not be written. Says where and what kind, never what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// The name that was given to the scan.
    pub name: String,
    /// Line, from 1; 0 means the file as a whole.
    pub line: u32,
    /// Column in bytes, from 1.
    pub column: u32,
    /// The rule that found it.
    pub kind: Kind,
}

impl fmt::Display for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.name, self.line, self.column, self.kind)
    }
}

/// Looks at bytes before they are written, and tells what should not be in them.
#[derive(Clone, Debug)]
pub struct Tripwire {
    marks: Marks,
    rules: Arc<Rules>,
    lexicon: Option<Arc<Lexicon>>,
}

impl Tripwire {
    pub(super) fn new(marks: Marks, rules: Arc<Rules>, lexicon: Option<Arc<Lexicon>>) -> Self {
        Self { marks, rules, lexicon }
    }

    /// A tripwire for files whose key is not at hand, as in CI: it takes for a mark what has the shape of one.
    pub fn without_key(rules: Rules) -> Self {
        Self::new(Marks::by_shape(), Arc::new(rules), None)
    }

    /// Everything in these bytes that is not masked. `name` is only repeated in the alarms.
    pub fn scan(&self, name: &str, bytes: &[u8]) -> Vec<Alarm> {
        self.scan_as(Form::of(bytes), name, bytes)
    }

    /// As [`Tripwire::scan`], for a piece of a larger file whose form is known; lines count from its start.
    pub fn scan_as(&self, form: Form, name: &str, bytes: &[u8]) -> Vec<Alarm> {
        self.look(form, name, bytes, true, &Untouched::default())
    }

    /// As [`Tripwire::scan`], for what became of a document that was judged before. Lines that stand here byte for byte
    /// as they were when this same scan found nothing in them are not looked at again; all others are.
    pub fn scan_beside(&self, name: &str, bytes: &[u8], untouched: &Untouched<'_>) -> Vec<Alarm> {
        self.look(Form::of(bytes), name, bytes, true, untouched)
    }

    /// Secrets in a file of a snapshot. Addresses and names are no alarm there: repositories are full of authors.
    ///
    /// Files that the rules allow by name have no alarms. Only the first megabyte of binary files is looked at.
    pub fn scan_blob(&self, path: &str, bytes: &[u8]) -> Vec<Alarm> {
        if self.rules.allows_blob(path) {
            return Vec::new();
        }
        let binary = bytes[..bytes.len().min(SNIFF)].contains(&0);
        let most = if binary { MOST_BINARY } else { MOST_TEXT };
        let looked = &bytes[..bytes.len().min(most)];
        let mut alarms = self.look(Form::of(looked), path, looked, false, &Untouched::default());
        if !binary && bytes.len() > most {
            alarms.push(alarm(path, 0, 0, Kind::secret("too-large-to-look-at")));
        }
        alarms
    }

    fn look(
        &self,
        form: Form,
        name: &str,
        bytes: &[u8],
        people: bool,
        untouched: &Untouched<'_>,
    ) -> Vec<Alarm> {
        let mut scan = Scan::new(&self.marks, &self.rules, self.lexicon.as_deref(), Purpose::Watch);
        scan.people = people;
        let mut alarms = Vec::new();
        let mut line = 1;
        let mut is_known = untouched.beside(form);
        for piece in form.parts(bytes) {
            if is_known(piece) {
                line += memchr::memchr_iter(b'\n', piece).count() as u32;
                continue;
            }
            scan.document(piece);
            for hit in scan.hits.iter().take(MOST_HITS - alarms.len()) {
                let before = &piece[..hit.range.start];
                let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                let lines = memchr::memchr_iter(b'\n', before).count();
                alarms.push(alarm(
                    name,
                    line + lines as u32,
                    (before.len() - start + 1) as u32,
                    hit.kind.clone(),
                ));
            }
            if alarms.len() >= MOST_HITS {
                break;
            }
            line += memchr::memchr_iter(b'\n', piece).count() as u32;
        }
        alarms
    }
}

fn alarm(name: &str, line: u32, column: u32, kind: Kind) -> Alarm {
    debug_assert!(matches!(kind.class, Class::Secret | Class::Mail | Class::Person));
    Alarm { name: name.to_owned(), line, column, kind }
}
