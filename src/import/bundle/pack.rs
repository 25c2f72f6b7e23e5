//! The bytes of a bundle: a function of its refs and objects alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use flate2::{Compress, Compression, FlushCompress, Status};
use git2::ObjectType;
use sha1::{Digest, Sha1};

use super::super::history::Graph;
use super::delta::delta;
use super::objects::Objects;
use crate::source::ObjectId;

/// Most objects that build on each other.
const MAX_CHAIN: usize = 40;
/// Largest object that is compared with another one, in bytes.
const MAX_COMPARED: usize = 16 << 20;
/// Up to this many bytes are not compressed: nothing would be gained.
const MIN_COMPRESSED: usize = 64;

/// The bundle of these refs and objects.
pub(super) fn bundle(
    graph: &Graph,
    refs: &BTreeMap<String, ObjectId>,
    objects: &Objects,
) -> Result<Vec<u8>, String> {
    let mut header = String::from("# v2 git bundle\n");
    for (name, id) in refs {
        let _ = writeln!(header, "{id} {name}");
    }
    header.push('\n');
    let count = u32::try_from(objects.iter().len()).map_err(|_| "there are too many objects".to_owned())?;
    let start = header.len();
    let mut pack = Pack { bytes: header.into_bytes(), deflate: Compress::new(Compression::default(), true) };
    pack.bytes.extend_from_slice(b"PACK\0\0\0\x02");
    pack.bytes.extend_from_slice(&count.to_be_bytes());
    let mut before: Option<Written<'_>> = None;
    for (id, path) in objects.iter() {
        let (kind, content) = content(graph, id).map_err(|error| format!("{id}: {}", error.message()))?;
        let base = before.filter(|base| base.path == path && base.kind == kind && base.chain < MAX_CHAIN);
        let fits = content.len() <= MAX_COMPARED && kind != ObjectType::Commit;
        let base = base.filter(|base| fits && base.content.len() <= MAX_COMPARED);
        let change = base.and_then(|base| Some((delta(&base.content, &content)?, base)));
        let (at, mut chain) = (pack.bytes.len(), 0);
        if let Some((delta, base)) = change {
            chain = base.chain + 1;
            pack.head(6, delta.len());
            pack.distance(at - base.at);
            pack.body(&delta)?;
        } else {
            pack.head(number(kind), content.len());
            pack.body(&content)?;
        }
        before = Some(Written { at, kind, path, content, chain });
    }
    let sum = Sha1::digest(&pack.bytes[start..]);
    pack.bytes.extend_from_slice(&sum);
    Ok(pack.bytes)
}

/// An object that others may build on.
struct Written<'o> {
    /// Where it starts.
    at: usize,
    kind: ObjectType,
    path: &'o str,
    content: Arc<[u8]>,
    /// How many objects it builds on.
    chain: usize,
}

/// What packs call a kind.
fn number(kind: ObjectType) -> u8 {
    match kind {
        ObjectType::Commit => 1,
        ObjectType::Tree => 2,
        ObjectType::Tag => 4,
        _ => 3,
    }
}

fn content(graph: &Graph, id: ObjectId) -> Result<(ObjectType, Arc<[u8]>), git2::Error> {
    if let Some(blob) = graph.kept_blob(id) {
        return Ok((ObjectType::Blob, blob));
    }
    let odb = graph.git().odb()?;
    let object = odb.read(id)?;
    Ok((object.kind(), object.data().into()))
}

struct Pack {
    bytes: Vec<u8>,
    deflate: Compress,
}

impl Pack {
    /// Kind and size of what follows.
    fn head(&mut self, kind: u8, mut size: usize) {
        let mut byte = kind << 4 | (size & 15) as u8;
        size >>= 4;
        while size > 0 {
            self.bytes.push(byte | 0x80);
            byte = (size & 0x7f) as u8;
            size >>= 7;
        }
        self.bytes.push(byte);
    }

    /// How far back the object starts that this one builds on.
    fn distance(&mut self, mut distance: usize) {
        let mut groups = vec![(distance & 0x7f) as u8];
        while distance >= 0x80 {
            distance = (distance >> 7) - 1;
            groups.push(0x80 | (distance & 0x7f) as u8);
        }
        self.bytes.extend(groups.into_iter().rev());
    }

    fn body(&mut self, content: &[u8]) -> Result<(), String> {
        if content.len() <= MIN_COMPRESSED {
            self.stored(content);
            return Ok(());
        }
        self.deflate.reset();
        let mut rest = content;
        loop {
            self.bytes.reserve(rest.len() / 2 + 128);
            let before = self.deflate.total_in();
            let status = self.deflate.compress_vec(rest, &mut self.bytes, FlushCompress::Finish);
            let read = (self.deflate.total_in() - before) as usize;
            rest = rest.get(read..).unwrap_or_default();
            match status {
                Ok(Status::StreamEnd) => return Ok(()),
                Ok(Status::Ok | Status::BufError) => {}
                Err(error) => return Err(error.to_string()),
            }
        }
    }

    /// A few bytes as they are, in the frame that compressed ones have.
    fn stored(&mut self, content: &[u8]) {
        let length = content.len() as u16;
        self.bytes.extend_from_slice(&[0x78, 0x01, 0x01]);
        self.bytes.extend_from_slice(&length.to_le_bytes());
        self.bytes.extend_from_slice(&(!length).to_le_bytes());
        self.bytes.extend_from_slice(content);
        let (low, high) = content.iter().fold((1_u32, 0_u32), |(low, high), byte| {
            let low = (low + u32::from(*byte)) % 65_521;
            (low, (high + low) % 65_521)
        });
        self.bytes.extend_from_slice(&(high << 16 | low).to_be_bytes());
    }
}
