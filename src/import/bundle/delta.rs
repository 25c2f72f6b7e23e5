//! What makes one object of another: the copies and insertions that git's packs hold.

use std::collections::HashMap;

/// Bytes that are looked up at once.
const BLOCK: usize = 16;
/// Longest copy and longest insertion that one instruction can say, in bytes.
const MAX_COPY: usize = 0xff_ffff;
const MAX_INSERT: usize = 0x7f;

/// The delta that makes `target` of `base`; `None` where it would not be worth it.
pub(super) fn delta(base: &[u8], target: &[u8]) -> Option<Vec<u8>> {
    let most = target.len() / 2;
    let mut delta = Delta { bytes: Vec::with_capacity(64), base, target };
    size(&mut delta.bytes, base.len());
    size(&mut delta.bytes, target.len());
    // Most changes are small and in one place.
    let start = base.iter().zip(target).take_while(|(a, b)| a == b).count();
    let (old, new) = (&base[start..], &target[start..]);
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    delta.copy(0, start);
    delta.middle(start, base.len() - end, target.len() - end, most);
    delta.copy(base.len() - end, end);
    (delta.bytes.len() < most).then_some(delta.bytes)
}

struct Delta<'d> {
    bytes: Vec<u8>,
    base: &'d [u8],
    target: &'d [u8],
}

impl Delta<'_> {
    /// What lies between the common start and end.
    fn middle(&mut self, start: usize, base_end: usize, target_end: usize, most: usize) {
        let block = |bytes: &[u8]| <[u8; BLOCK]>::try_from(bytes).ok().map(u128::from_ne_bytes);
        let mut blocks: HashMap<u128, usize> = HashMap::new();
        if target_end - start > BLOCK {
            for at in (start..base_end.saturating_sub(BLOCK - 1)).step_by(BLOCK) {
                block(&self.base[at..at + BLOCK]).and_then(|key| blocks.insert(key, at));
            }
        }
        let (mut at, mut pending) = (start, start);
        while at < target_end && self.bytes.len() < most {
            let found = self.target[..target_end].get(at..at + BLOCK).filter(|_| !blocks.is_empty());
            let Some(from) = found.and_then(block).and_then(|key| blocks.get(&key).copied()) else {
                at += 1;
                continue;
            };
            let (old, new) = (&self.base[from..base_end], &self.target[at..target_end]);
            let mut length = old.iter().zip(new).take_while(|(a, b)| a == b).count();
            let before = self.base[start..from].iter().rev().zip(self.target[pending..at].iter().rev());
            let back = before.take_while(|(a, b)| a == b).count();
            length += back;
            self.insert(pending, at - back);
            self.copy(from - back, length);
            at += length - back;
            pending = at;
        }
        self.insert(pending, target_end);
    }

    fn copy(&mut self, mut from: usize, mut length: usize) {
        while length > 0 {
            let part = length.min(MAX_COPY);
            let at = self.bytes.len();
            self.bytes.push(0);
            let mut says = 0x80;
            for (bit, byte) in (from as u32).to_le_bytes().into_iter().enumerate() {
                if byte != 0 {
                    self.bytes.push(byte);
                    says |= 1 << bit;
                }
            }
            for (bit, byte) in (part as u32).to_le_bytes().into_iter().take(3).enumerate() {
                if byte != 0 {
                    self.bytes.push(byte);
                    says |= 0x10 << bit;
                }
            }
            self.bytes[at] = says;
            (from, length) = (from + part, length - part);
        }
    }

    fn insert(&mut self, from: usize, to: usize) {
        for part in self.target[from..to].chunks(MAX_INSERT) {
            self.bytes.push(part.len() as u8);
            self.bytes.extend_from_slice(part);
        }
    }
}

/// A number in groups of seven bits, the lowest first.
fn size(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(0x80 | (number & 0x7f) as u8);
        number >>= 7;
    }
    bytes.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What git makes of a delta.
    fn apply(base: &[u8], delta: &[u8]) -> Vec<u8> {
        let mut bytes = delta.iter().copied();
        let mut number = || {
            let (mut number, mut shift) = (0_usize, 0);
            loop {
                let byte = bytes.next().unwrap();
                number |= usize::from(byte & 0x7f) << shift;
                shift += 7;
                if byte & 0x80 == 0 {
                    return number;
                }
            }
        };
        let (old, new) = (number(), number());
        assert_eq!(old, base.len());
        let mut made = Vec::new();
        while let Some(says) = bytes.next() {
            assert_ne!(says, 0);
            if says & 0x80 == 0 {
                made.extend(bytes.by_ref().take(usize::from(says)));
                continue;
            }
            let mut part = |bits: std::ops::Range<u32>| {
                let low = bits.start;
                bits.filter(|bit| says & (1 << bit) != 0)
                    .fold(0, |sum, bit| sum | usize::from(bytes.next().unwrap()) << (8 * (bit - low)))
            };
            let (from, length) = (part(0..4), part(4..7));
            made.extend_from_slice(&base[from..from + if length == 0 { 0x10000 } else { length }]);
        }
        assert_eq!(new, made.len());
        made
    }

    #[test]
    fn changes_in_several_places_are_small() {
        let base: Vec<u8> = (0..2000).flat_map(|n| format!("line {n} of a file\n").into_bytes()).collect();
        let text = String::from_utf8(base.clone()).unwrap();
        let target = text.replace("line 3 ", "row 3 ").replace("line 999 ", "").replace("line 1990 ", "x ");
        let found = delta(&base, target.as_bytes()).unwrap();
        assert_eq!(apply(&base, &found), target.as_bytes());
        assert!(found.len() < 200, "{}", found.len());
        let large = [vec![b'a'; 40 << 20], b"end".to_vec()].concat();
        let found = delta(&large, &large[..large.len() - 1]).unwrap();
        assert_eq!(apply(&large, &found), &large[..large.len() - 1]);
    }

    #[test]
    fn other_contents_are_no_change() {
        assert_eq!(delta(b"", b"some text"), None);
        assert_eq!(delta(b"some text", b""), None);
        assert_eq!(delta(&[7; 100], &(0..100).collect::<Vec<u8>>()), None);
    }

    proptest::proptest! {
        #[test]
        fn gives_back_the_target(
            parts in proptest::collection::vec((proptest::collection::vec(0..3_u8, 0..80), 0..5_u8), 0..12),
        ) {
            let base: Vec<u8> = parts.iter().flat_map(|(bytes, _)| bytes.clone()).collect();
            let target: Vec<u8> = parts
                .iter()
                .flat_map(|(bytes, what)| match what {
                    0 => Vec::new(),
                    1 => [bytes.as_slice(), b"new"].concat(),
                    2 => bytes.iter().rev().copied().collect(),
                    _ => bytes.clone(),
                })
                .collect();
            if let Some(found) = delta(&base, &target) {
                proptest::prop_assert_eq!(apply(&base, &found), target);
            }
        }
    }
}
