//! Files of a snapshot as a masked recording has them: a bundle holds names and addresses that its recordings do not.

use std::collections::BTreeMap;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};

use super::ObjectId;
use crate::source::ContentHash;

/// Shortest text that stands for masked bytes wherever it is, in bytes.
const LEAST_MARK: usize = 4;

/// Some bytes of a file that are masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskedPlace {
    /// Where they begin, in bytes.
    pub at: usize,
    /// How many they are.
    pub length: usize,
    /// What stands in their place.
    pub text: String,
}

/// Files of a repository of which some bytes are masked, and folders of which some names are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MaskedBlobs {
    blobs: Places,
    /// Places in tree objects, within names.
    trees: Places,
}

type Places = BTreeMap<ObjectId, Vec<MaskedPlace>>;

impl MaskedBlobs {
    /// Adds a file. Places must come in their order and have nothing in common.
    ///
    /// # Errors
    /// They do not, or the file is there already; a lowercase fragment.
    pub fn add(&mut self, blob: ObjectId, places: Vec<MaskedPlace>) -> Result<(), String> {
        add(&mut self.blobs, blob, places)
    }

    /// Adds a folder by its tree object; the places lie in names. Otherwise as [`add`](Self::add).
    pub fn add_tree(&mut self, tree: ObjectId, places: Vec<MaskedPlace>) -> Result<(), String> {
        add(&mut self.trees, tree, places)
    }

    /// Is nothing masked?
    pub fn is_empty(&self) -> bool {
        self.blobs.is_empty() && self.trees.is_empty()
    }

    /// Files with their places, in the order of the ids.
    pub fn iter(&self) -> impl Iterator<Item = (ObjectId, &[MaskedPlace])> {
        self.blobs.iter().map(|(id, places)| (*id, places.as_slice()))
    }

    /// Folders with their places, in the order of the ids.
    pub fn trees(&self) -> impl Iterator<Item = (ObjectId, &[MaskedPlace])> {
        self.trees.iter().map(|(id, places)| (*id, places.as_slice()))
    }

    /// Is a name in this folder masked?
    pub(super) fn holds_tree(&self, tree: ObjectId) -> bool {
        self.trees.contains_key(&tree)
    }

    /// A tree object with the names that the recording has.
    pub(super) fn apply_tree(&self, tree: ObjectId, bytes: &[u8]) -> Option<Vec<u8>> {
        Some(replaced(self.trees.get(&tree)?, bytes))
    }

    /// Is some of this file masked?
    pub(crate) fn holds(&self, blob: ObjectId) -> bool {
        self.blobs.contains_key(&blob)
    }

    /// A file as the recording has it. Places beyond its end are passed over.
    pub(crate) fn apply(&self, blob: ObjectId, bytes: &[u8]) -> Option<Vec<u8>> {
        Some(replaced(self.blobs.get(&blob)?, bytes))
    }

    pub(crate) fn shared(&self, blob: ObjectId, bytes: Arc<[u8]>) -> Arc<[u8]> {
        self.apply(blob, &bytes).map_or(bytes, Arc::from)
    }

    /// Identity of what is masked.
    pub fn hash(&self) -> ContentHash {
        let mut parts = Vec::new();
        let blobs = self.blobs.iter().map(|one| ("blob", one));
        for (kind, (id, places)) in blobs.chain(self.trees.iter().map(|one| ("tree", one))) {
            parts.push((kind, id.as_bytes().to_vec()));
            for place in places {
                parts.push(("place", [place.at.to_le_bytes(), place.length.to_le_bytes()].concat()));
                parts.push(("text", place.text.clone().into_bytes()));
            }
        }
        ContentHash::of_parts(parts.iter().map(|(name, bytes)| (*name, bytes.as_slice())))
    }
}

fn add(all: &mut Places, id: ObjectId, places: Vec<MaskedPlace>) -> Result<(), String> {
    let mut end = 0;
    for place in &places {
        if place.at < end {
            return Err(format!("the place at {} begins before another one ends", place.at));
        }
        end = place.at.checked_add(place.length).ok_or("a place is too long")?;
    }
    if all.contains_key(&id) {
        return Err(format!("the object {id} is named twice"));
    }
    all.insert(id, places);
    Ok(())
}

fn replaced(places: &[MaskedPlace], bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 64);
    let mut next = 0;
    for place in places {
        let (Some(before), Some(_)) =
            (bytes.get(next..place.at), bytes.get(place.at..place.at.saturating_add(place.length)))
        else {
            break;
        };
        out.extend_from_slice(before);
        out.extend_from_slice(place.text.as_bytes());
        next = place.at + place.length;
    }
    out.extend_from_slice(bytes.get(next..).unwrap_or_default());
    out
}

/// What stands for masked bytes, and what they were: makes of a masked text one with as many words as it had.
///
/// Where one mark stands for several spellings of a name, all of them become the first one.
#[derive(Debug)]
pub(super) struct Unmask {
    automaton: AhoCorasick,
    originals: Vec<Vec<u8>>,
}

impl Unmask {
    /// `read` gives the bytes of files. `None` where nothing is masked, or what stands there says nothing by itself.
    pub(super) fn of(masked: &MaskedBlobs, read: impl Fn(ObjectId) -> Option<Arc<[u8]>>) -> Option<Self> {
        let mut known: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
        for (id, places) in masked.iter() {
            let bytes = read(id)?;
            for place in places.iter().filter(|place| place.text.len() >= LEAST_MARK) {
                let original = bytes.get(place.at..place.at.checked_add(place.length)?)?;
                known.entry(&place.text).or_insert_with(|| original.to_vec());
            }
        }
        let automaton =
            AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(known.keys()).ok()?;
        (!known.is_empty()).then(|| Self { automaton, originals: known.into_values().collect() })
    }

    pub(super) fn apply(&self, text: &[u8]) -> Vec<u8> {
        self.automaton.replace_all_bytes(text, &self.originals)
    }
}

/// The places in which a masked text differs from what it was; `None` where their lines do not belong to each other.
pub fn masked_places(text: &str, masked: &str) -> Option<Vec<MaskedPlace>> {
    let (mut old, mut new) = (text.split_inclusive('\n'), masked.split_inclusive('\n'));
    let mut places = Vec::new();
    let mut at = 0;
    loop {
        let (line, other) = match (old.next(), new.next()) {
            (None, None) => return Some(places),
            (line, other) => (line?, other?),
        };
        if line != other {
            let start = line.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
            let start = line.floor_char_boundary(start);
            let both = line.len().min(other.len()) - start;
            let same_end = line.bytes().rev().zip(other.bytes().rev()).take(both);
            let same_end = same_end.take_while(|(a, b)| a == b).count();
            let end = line.ceil_char_boundary(line.len() - same_end);
            let other_end = other.len() - (line.len() - end);
            let text = other.get(start..other_end)?.to_owned();
            places.push(MaskedPlace { at: at + start, length: end - start, text });
        }
        at += line.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(digit: char) -> ObjectId {
        ObjectId::from_str(&digit.to_string().repeat(40)).unwrap()
    }

    fn masked(text: &str, other: &str) -> Option<String> {
        let places = masked_places(text, other)?;
        let mut blobs = MaskedBlobs::default();
        blobs.add(id('1'), places).unwrap();
        Some(String::from_utf8(blobs.apply(id('1'), text.as_bytes()).unwrap()).unwrap())
    }

    #[test]
    fn a_file_is_masked_by_its_places() {
        for (text, other) in [
            ("a\nann@x\nb\n", "a\n4mk@x\nb\n"),
            ("ann and ann", "4mk9 and 4mk9"),
            ("x\näa\n", "x\nöa\n"),
            ("aaa\n", "aaaa\n"),
            ("aaaa", "aa"),
            ("same\n", "same\n"),
            ("", ""),
        ] {
            assert_eq!(masked(text, other).as_deref(), Some(other));
        }
        assert_eq!(masked("a\nb\n", "a\n"), None);
        assert_eq!(
            masked_places("a\nann@x.org b\n", "a\n4mk@x.org b\n").unwrap(),
            [MaskedPlace { at: 2, length: 3, text: "4mk".to_owned() }]
        );
    }

    #[test]
    fn what_was_masked_is_found_again() {
        let text: &[u8] = b"Ann <ann.k@x.org>\nann\n";
        let places = masked_places("Ann <ann.k@x.org>\nann\n", "9mark <5abcd@x.org>\n9mark\n").unwrap();
        let mut blobs = MaskedBlobs::default();
        blobs.add(id('1'), places).unwrap();
        let unmask = Unmask::of(&blobs, |_| Some(text.into())).unwrap();
        assert_eq!(
            unmask.apply(b"5abcd@x.org and 9mark <5abcd@x.org>"),
            b"5abcd@x.org and Ann <ann.k@x.org>"
        );
        assert!(Unmask::of(&blobs, |_| None).is_none());
        assert!(Unmask::of(&MaskedBlobs::default(), |_| None).is_none());
    }

    #[test]
    fn places_are_checked() {
        let place = |at, length| MaskedPlace { at, length, text: "x".to_owned() };
        let mut blobs = MaskedBlobs::default();
        assert!(blobs.add(id('1'), vec![place(3, 2), place(4, 1)]).is_err());
        assert!(blobs.add(id('1'), vec![place(3, usize::MAX)]).is_err());
        blobs.add(id('2'), vec![place(1, 1), place(50, 1)]).unwrap();
        assert!(blobs.add(id('2'), vec![]).unwrap_err().contains("twice"));
        assert_eq!(blobs.apply(id('2'), b"abc").unwrap(), b"axc");
        assert_eq!(blobs.apply(id('3'), b"abc"), None);
    }

    proptest::proptest! {
        #[test]
        fn what_differs_is_told_whole(text in "[aé\n]{0,12}", other in "[aéb\n]{0,12}") {
            if let Some(out) = masked(&text, &other) {
                proptest::prop_assert_eq!(out, other);
            }
        }
    }
}
