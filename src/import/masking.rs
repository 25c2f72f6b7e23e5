//! Masking as an import uses it: each thread by itself, so that the same thread gives the same bytes whatever else is
//! imported with it.

use std::borrow::Cow;
use std::path::Path;

use super::bundle::BlobHit;
use crate::finding::{Finding, Severity};
use crate::mask::{Judged, Key, Mask, Masker, Memory, Rules, Tally, Tripwire, Untouched};
use crate::source::TextFile;

/// The user's own rules, beside `suite.toml`.
const RULES: &str = "mask.toml";

/// What masks everything that an import writes.
pub(super) struct Masking {
    /// `None`: nothing is masked.
    masker: Option<Masker>,
    /// Looks at the files of snapshots, which cannot be masked.
    blobs: Tripwire,
    /// For what belongs to no thread in particular.
    plain: Option<Mask>,
}

/// Masks what belongs to one thread.
pub(super) struct ThreadMask<'t> {
    /// Its recordings; empty when nothing is masked.
    judged: Vec<Judged<'t>>,
    mask: Option<Mask>,
    tripwire: Option<Tripwire>,
    pub(super) tally: Tally,
}

impl Masking {
    /// Reads the rules and the key of a suite; the key is made where there is none, except for trying (`dry`).
    pub(super) fn open(
        suite: &Path,
        on: bool,
        dry: bool,
        allowed_blobs: &[String],
    ) -> Result<Self, Vec<Finding>> {
        let mut rules = read_rules(suite)?;
        rules.allow_blobs(allowed_blobs.iter().cloned());
        let bad = |error: crate::mask::KeyError| vec![Finding::error("mask-key", error.to_string())];
        let key = match (on, dry) {
            (true, false) => Key::of_suite(suite).map_err(bad)?,
            _ => match Key::find(suite).map_err(bad)? {
                Some(key) => key,
                None => Key::random().map_err(bad)?,
            },
        };
        let masker = Masker::new(&key, rules);
        let plain = masker.with(Memory::default());
        let blobs = plain.tripwire();
        Ok(Self { masker: on.then_some(masker), blobs, plain: on.then_some(plain) })
    }

    /// Is anything masked, beside what snapshots must not hold?
    pub(super) fn is_on(&self) -> bool {
        self.masker.is_some()
    }

    /// The first secret in a file of a snapshot that is not allowed there by name.
    pub(super) fn blob(&self, path: &str, bytes: &[u8]) -> Option<BlobHit> {
        let alarm = self.blobs.scan_blob(path, bytes).into_iter().next()?;
        Some(BlobHit { line: alarm.line, kind: alarm.kind.to_string() })
    }

    /// A message of a commit as it may be written, without the names of these people. Lines that still hold a secret are
    /// left out.
    pub(super) fn message(&self, message: &str, people: &[String]) -> String {
        let mut tripwire = &self.blobs;
        let mut text = Cow::Borrowed(message);
        let own;
        if let Some(masker) = &self.masker {
            let mut memory = Memory::default();
            for who in people {
                masker.learn(who.as_bytes(), &mut memory);
                memory.person(who.split('<').next().unwrap_or_default());
            }
            let mask = masker.with(memory);
            text = Cow::Owned(mask.text(message, &mut Tally::default()).into_owned());
            own = mask.tripwire();
            tripwire = &own;
        }
        let is_clean = |line: &&str| match self.masker {
            Some(_) => tripwire.scan("", line.as_bytes()).is_empty(),
            None => tripwire.scan_blob("", line.as_bytes()).is_empty(),
        };
        text.split_inclusive('\n').filter(is_clean).collect()
    }

    /// Masks what these documents belong to, by what they show.
    pub(super) fn thread<'t>(&self, documents: &[&'t [u8]]) -> ThreadMask<'t> {
        let mut judged = Vec::new();
        let mask = self.masker.as_ref().map(|masker| {
            let mut memory = Memory::default();
            judged = documents.iter().map(|document| masker.judge(document, &mut memory)).collect();
            masker.with(memory)
        });
        let tripwire = mask.as_ref().map(Mask::tripwire);
        ThreadMask { judged, mask, tripwire, tally: Tally::default() }
    }

    /// A text that belongs to no thread in particular, such as the id of one.
    pub(super) fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match &self.plain {
            Some(mask) => mask.text(text, &mut Tally::default()),
            None => Cow::Borrowed(text),
        }
    }
}

fn read_rules(suite: &Path) -> Result<Rules, Vec<Finding>> {
    let path = suite.join(RULES);
    if !path.exists() {
        return Ok(Rules::default());
    }
    let file = TextFile::read(&path, RULES)
        .map_err(|error| vec![Finding::error("unreadable", error.to_string())])?;
    let (rules, findings) = Rules::read(&file);
    let broken = findings.iter().any(|finding| finding.severity == Severity::Error);
    if broken { Err(findings) } else { Ok(rules) }
}

impl<'t> ThreadMask<'t> {
    /// The documents without secrets, each with the lines in which there was nothing.
    pub(super) fn documents(&mut self, documents: &[&'t [u8]]) -> Vec<(Cow<'t, [u8]>, Untouched<'t>)> {
        match &self.mask {
            Some(mask) => self.judged.iter().map(|judged| mask.judged(judged, &mut self.tally)).collect(),
            None => documents.iter().map(|bytes| (Cow::Borrowed(*bytes), Untouched::default())).collect(),
        }
    }

    /// A text without secrets.
    pub(super) fn text<'s>(&mut self, text: &'s str) -> Cow<'s, str> {
        match &self.mask {
            Some(mask) => mask.text(text, &mut self.tally),
            None => Cow::Borrowed(text),
        }
    }

    /// A file, or a part of one, as the recordings have it, where that is another text. Nothing is counted.
    pub(super) fn file(&self, text: &str) -> Option<String> {
        match self.mask.as_ref()?.text(text, &mut Tally::default()) {
            Cow::Owned(masked) => Some(masked),
            Cow::Borrowed(_) => None,
        }
    }

    /// Line and kind of what is left in something that is to be written. `untouched` are lines of it that were looked at
    /// before, as long as they still are what they were.
    pub(super) fn left(&self, name: &str, bytes: &[u8], untouched: &Untouched<'_>) -> Vec<(u32, String)> {
        let Some(tripwire) = &self.tripwire else { return Vec::new() };
        let alarms = tripwire.scan_beside(name, bytes, untouched);
        alarms.into_iter().map(|alarm| (alarm.line, alarm.kind.to_string())).collect()
    }
}
