//! Unpacks the pack of a bundle into a folder that can be opened as an object store.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

/// Most objects that a pack may name.
const MAX_OBJECTS: u32 = 50_000_000;
/// Largest pack, in bytes.
const MAX_PACK: u64 = 16 << 30;

/// Writes the pack that starts at the file's position, with its index, into `folder/pack`.
/// Problems are lowercase fragments.
pub(super) fn unpack(file: File, folder: &Path) -> Result<(), String> {
    let again = "make it again with `git bundle create`";
    let mut reader = BufReader::with_capacity(256 << 10, file.take(MAX_PACK));
    let mut head = [0; 12];
    reader.read_exact(&mut head).map_err(|_| format!("is cut short before its pack; {again}"))?;
    let objects = check_head(head)?;
    let packs = folder.join("pack");
    std::fs::create_dir_all(&packs).map_err(|error| format!("cannot be unpacked: {error}"))?;
    if objects == 0 {
        return Ok(());
    }
    let damaged =
        |error: git2::Error| format!("has a damaged or cut-short pack ({}); {again}", error.message());
    let mut indexer = git2::Indexer::new(None, &packs, 0o400, false).map_err(damaged)?;
    let write = |indexer: &mut git2::Indexer<'_>, bytes: &[u8]| {
        indexer.write_all(bytes).map_err(|error| format!("has a damaged pack ({error}); {again}"))
    };
    write(&mut indexer, &head)?;
    let mut buffer = vec![0; 256 << 10];
    loop {
        let read = reader.read(&mut buffer).map_err(|error| format!("cannot be read: {error}"))?;
        if read == 0 {
            break;
        }
        write(&mut indexer, &buffer[..read])?;
    }
    indexer.commit().map(|_| ()).map_err(damaged)
}

/// Checks the first bytes of a pack and gives its number of objects.
fn check_head(head: [u8; 12]) -> Result<u32, String> {
    let [b'P', b'A', b'C', b'K', 0, 0, 0, 2 | 3, a, b, c, d] = head else {
        return Err("has no pack behind its header".into());
    };
    let objects = u32::from_be_bytes([a, b, c, d]);
    if objects > MAX_OBJECTS {
        return Err(format!("names {objects} objects; no more than {MAX_OBJECTS} are read"));
    }
    Ok(objects)
}
