//! Commits of a bundle that stand for others: packed without what names people, they have ids of their own, and the ids
//! that people know them by are names of refs.

use std::collections::BTreeMap;

use super::ObjectId;
use super::bundle::full_id;
use super::refs::Refs;

/// Namespace of the refs that name a packed commit by the id of the one that it stands for.
pub const ORIGINALS: &str = "refs/commits/";

/// Which commits stand for which.
#[derive(Debug, Default)]
pub(super) struct Originals {
    stored: BTreeMap<ObjectId, ObjectId>,
    original: BTreeMap<ObjectId, ObjectId>,
}

impl Originals {
    /// What the refs of a bundle say.
    pub(super) fn of(refs: &Refs) -> Self {
        let named =
            |(name, id): (&str, ObjectId)| Some((full_id(name.strip_prefix(ORIGINALS)?.as_bytes())?, id));
        let stored: BTreeMap<_, _> = refs.iter().filter_map(named).collect();
        let original = stored.iter().map(|(original, stored)| (*stored, *original)).collect();
        Self { stored, original }
    }

    /// The commit that stands for one; itself where none does.
    pub(super) fn stored(&self, id: ObjectId) -> ObjectId {
        self.stored.get(&id).copied().unwrap_or(id)
    }

    /// The commit that one stands for; itself where it stands for none.
    pub(super) fn original(&self, id: ObjectId) -> ObjectId {
        self.original.get(&id).copied().unwrap_or(id)
    }

    /// The one commit that is stood for and whose id starts with these digits.
    pub(super) fn by_prefix(&self, digits: &str) -> Option<ObjectId> {
        if !(4..=40).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let digits = digits.to_ascii_lowercase();
        let least = ObjectId::from_str(&format!("{digits:0<40}")).ok()?;
        let mut found = self.stored.range(least..).take_while(|(id, _)| id.to_string().starts_with(&digits));
        let first = found.next()?;
        found.next().is_none().then_some(*first.1)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (ObjectId, ObjectId)> {
        self.stored.iter().map(|(original, stored)| (*original, *stored))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_are_known_by_the_ids_of_those_that_they_stand_for() {
        let id = |digit: char| ObjectId::from_str(&digit.to_string().repeat(40)).unwrap();
        let near = format!("{}b", "a".repeat(39));
        let refs = [
            (format!("refs/commits/{}", id('a')), id('1')),
            (format!("refs/commits/{near}"), id('2')),
            (format!("refs/commits/{}", id('c')), id('3')),
            ("refs/commits/short".to_owned(), id('4')),
            (format!("refs/heads/{}", id('d')), id('5')),
        ];
        let refs: Vec<_> = refs.into_iter().map(|(name, id)| (name.into_bytes(), id)).collect();
        let originals = Originals::of(&Refs::of_bundle(&refs));
        assert_eq!(originals.iter().count(), 3);
        assert_eq!((originals.stored(id('a')), originals.original(id('1'))), (id('1'), id('a')));
        assert_eq!((originals.stored(id('d')), originals.original(id('5'))), (id('d'), id('5')));
        for (digits, want) in [
            ("cccc", Some(id('3'))),
            ("CCCCC", Some(id('3'))),
            ("ccc", None),
            ("aaaa", None),
            ("zzzz", None),
            ("dddd", None),
        ] {
            assert_eq!(originals.by_prefix(digits), want, "{digits}");
        }
        assert_eq!(originals.by_prefix(&near), Some(id('2')));
    }
}
