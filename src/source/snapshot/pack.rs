//! Unpacks the pack of a bundle into a folder that can be opened as an object store.
//!
//! A pack of a few kilobytes can claim objects of many gigabytes, so every object's size is checked before anything
//! is built from it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use flate2::bufread::ZlibDecoder;

/// Most objects that a pack may name.
const MAX_OBJECTS: u32 = 50_000_000;
/// Largest pack, in bytes.
const MAX_PACK: u64 = 16 << 30;
/// Largest object that is built from others, in bytes: it is built in memory.
const MAX_OBJECT: u64 = 512 << 20;
/// All objects together may be this large, and this many times the pack.
const MAX_TOTAL: u64 = 16 << 30;
const MAX_RATIO: u64 = 200;

/// Writes the pack that starts at the file's position, with its index, into `folder/pack`.
/// Problems are lowercase fragments.
pub(super) fn unpack(mut file: File, folder: &Path) -> Result<(), String> {
    let unread = |error: std::io::Error| format!("cannot be read: {error}");
    let start = file.stream_position().map_err(unread)?;
    let length = file.metadata().map_err(unread)?.len().saturating_sub(start);
    if length > MAX_PACK {
        return Err(format!("is larger than {MAX_PACK} bytes"));
    }
    let objects = Scan::new(&file, length).check()?;
    file.seek(SeekFrom::Start(start)).map_err(unread)?;
    let packs = folder.join("pack");
    std::fs::create_dir_all(&packs).map_err(|error| format!("cannot be unpacked: {error}"))?;
    if objects == 0 {
        return Ok(());
    }
    let damaged = |error: git2::Error| damaged(error.message());
    let mut indexer = git2::Indexer::new(None, &packs, 0o444, false).map_err(damaged)?;
    let mut reader = BufReader::with_capacity(256 << 10, file);
    loop {
        let bytes = reader.fill_buf().map_err(unread)?;
        if bytes.is_empty() {
            break;
        }
        indexer.write_all(bytes).map_err(|error| self::damaged(&error.to_string()))?;
        let read = bytes.len();
        reader.consume(read);
    }
    indexer.commit().map(|_| ()).map_err(damaged)
}

fn damaged(why: &str) -> String {
    format!("has a damaged or cut-short pack ({why}); make it again with `git bundle create`")
}

/// A first pass over a pack, which builds nothing.
struct Scan<R> {
    reader: BufReader<R>,
    limit: u64,
    total: u64,
}

impl<R: Read> Scan<R> {
    fn new(reader: R, length: u64) -> Self {
        let limit = MAX_TOTAL.max(length.saturating_mul(MAX_RATIO));
        Self { reader: BufReader::with_capacity(256 << 10, reader), limit, total: 0 }
    }

    /// Checks every object and gives their number.
    fn check(mut self) -> Result<u32, String> {
        let mut head = [0; 12];
        self.exact(&mut head)?;
        let [b'P', b'A', b'C', b'K', 0, 0, 0, 2 | 3, a, b, c, d] = head else {
            return Err("has no pack behind its header".into());
        };
        let objects = u32::from_be_bytes([a, b, c, d]);
        if objects > MAX_OBJECTS {
            return Err(format!("names {objects} objects; no more than {MAX_OBJECTS} are read"));
        }
        for _ in 0..objects {
            self.object()?;
        }
        Ok(objects)
    }

    fn object(&mut self) -> Result<(), String> {
        let first = self.byte()?;
        let mut size = u64::from(first & 15);
        let mut more = first & 0x80 != 0;
        let mut shift = 4;
        while more {
            let byte = self.byte()?;
            if shift > 57 {
                return Err(damaged("a size is too long"));
            }
            size |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            more = byte & 0x80 != 0;
        }
        let is_delta = match (first >> 4) & 7 {
            1..=4 => false,
            6 => {
                // The distance to the object that it builds on.
                while self.byte()? & 0x80 != 0 {}
                true
            }
            7 => {
                self.exact(&mut [0; 20])?;
                true
            }
            kind => return Err(damaged(&format!("an object is of kind {kind}"))),
        };
        self.body(size, is_delta)
    }

    /// Inflates an object to where the next one starts, and checks the size of what it stands for.
    fn body(&mut self, size: u64, is_delta: bool) -> Result<(), String> {
        self.grow(size)?;
        let mut inflated = ZlibDecoder::new(&mut self.reader);
        let mut head = Vec::new();
        let read = |error: std::io::Error| damaged(&error.to_string());
        let in_head = (&mut inflated).take(20).read_to_end(&mut head).map_err(read)? as u64;
        let rest = (&mut inflated).take(size.saturating_sub(in_head) + 1);
        let rest = std::io::copy(&mut { rest }, &mut std::io::sink()).map_err(read)?;
        if in_head + rest != size {
            return Err(damaged("an object is not as long as it says"));
        }
        if is_delta {
            let mut sizes = head.as_slice();
            let result = varint(&mut sizes).and_then(|_base| varint(&mut sizes));
            self.grow(result.ok_or_else(|| damaged("a delta has no size"))?)?;
        }
        Ok(())
    }

    fn grow(&mut self, size: u64) -> Result<(), String> {
        self.total = self.total.saturating_add(size);
        if size > MAX_OBJECT {
            return Err(format!("holds an object of {size} bytes; no more than {MAX_OBJECT} are read"));
        }
        if self.total > self.limit {
            return Err(format!("holds objects of more than {} bytes together", self.limit));
        }
        Ok(())
    }

    fn byte(&mut self) -> Result<u8, String> {
        let mut byte = [0];
        self.exact(&mut byte).map(|()| byte[0])
    }

    fn exact(&mut self, buffer: &mut [u8]) -> Result<(), String> {
        self.reader.read_exact(buffer).map_err(|_| damaged("it ends too early"))
    }
}

/// A size at the start of a delta.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..63).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(objects: &[(u8, u64, &[u8])]) -> Vec<u8> {
        let mut bytes = b"PACK\0\0\0\x02".to_vec();
        bytes.extend((objects.len() as u32).to_be_bytes());
        for (kind, size, body) in objects {
            let mut rest = size >> 4;
            bytes.push(kind << 4 | (size & 15) as u8 | if rest > 0 { 0x80 } else { 0 });
            while rest > 0 {
                bytes.push((rest & 0x7f) as u8 | if rest > 0x7f { 0x80 } else { 0 });
                rest >>= 7;
            }
            if *kind == 6 {
                bytes.push(1);
            }
            let mut encoder = flate2::write::ZlibEncoder::new(&mut bytes, flate2::Compression::fast());
            encoder.write_all(body).unwrap();
            encoder.finish().unwrap();
        }
        bytes
    }

    fn check(bytes: &[u8]) -> Result<u32, String> {
        Scan::new(bytes, bytes.len() as u64).check()
    }

    #[test]
    fn sound_objects_pass() {
        let delta = [5, 3, 3, b'a', b'b', b'c'];
        assert_eq!(check(&pack(&[(3, 5, b"hello"), (6, 6, &delta), (3, 0, b"")])), Ok(3));
        let large = vec![b'x'; 300_000];
        assert_eq!(check(&pack(&[(3, 300_000, &large)])), Ok(1));
    }

    #[test]
    fn claims_that_are_too_large_or_false_are_refused() {
        let bomb = [5, 0x80, 0x80, 0x80, 0x80, 0x7f, 0];
        for (bytes, want) in [
            (pack(&[(6, 7, &bomb)]), "holds an object of"),
            (pack(&[(3, 1 << 40, b"x")]), "holds an object of 1099511627776 bytes"),
            (pack(&[(3, 4, b"hello")]), "not as long as it says"),
            (pack(&[(3, 6, b"hello")]), "not as long as it says"),
            (pack(&[(5, 1, b"x")]), "of kind 5"),
            (pack(&[(6, 1, &[0x80])]), "a delta has no size"),
            (b"PACK\0\0\0\x02\0\0\0\x01".to_vec(), "ends too early"),
            (b"JUNK\0\0\0\x02\0\0\0\x01".to_vec(), "has no pack"),
        ] {
            let error = check(&bytes).unwrap_err();
            assert!(error.contains(want), "{error} / {want}");
        }
        let many = vec![(6, 6, [5, 0x80, 0x80, 0x80, 0x80, 1].as_slice()); 70];
        assert!(check(&pack(&many)).unwrap_err().contains("together"));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(mut bytes: Vec<u8>, count in 0..4u8) {
            let _ = check(&bytes);
            let mut pack = b"PACK\0\0\0\x02\0\0\0".to_vec();
            pack.push(count);
            pack.append(&mut bytes);
            let _ = check(&pack);
        }
    }
}
