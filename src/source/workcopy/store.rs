//! The objects of a working copy: the packs of the repository, or where to find them.

use std::io;
use std::path::Path;

use super::files::Laying;
use crate::source::Scratch;
use crate::source::folder::Folder;
use crate::source::snapshot::{History, ObjectId, Snapshot};

/// Where a working copy has its history from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store<'s> {
    /// Copies of the repository's packs. Good for all but large repositories; packs that nobody changed are not copied
    /// again.
    Copied,
    /// The repository itself: programs find [`Snapshot::objects`](crate::source::Snapshot::objects) read-only at this
    /// absolute path.
    Borrowed(&'s str),
}

/// Most bytes of packs that are copied.
const MAX_BYTES: u64 = 8 << 30;
/// Most packs.
const MAX_PACKS: usize = 10_000;
/// Path of the packs, for what is remembered of them.
const PACKS: &[u8] = b".git/objects/pack/";

/// Puts the history into `objects/pack`, or tells in `objects/info` where it is.
pub(super) fn lay(
    laying: &mut Laying<'_>,
    snapshot: &Snapshot,
    history: &History,
    store: Store<'_>,
    packs: &Folder,
    info: &Folder,
    scratch: &Scratch,
) -> io::Result<()> {
    let sources = match store {
        Store::Borrowed(path) => {
            laying.known(
                info,
                b"alternates",
                ".git/objects/info/alternates",
                format!("{path}\n").as_bytes(),
            )?;
            None
        }
        Store::Copied => {
            info.remove(b"alternates")?;
            Some(match whole(snapshot.objects())? {
                Some(folder) => folder,
                None => packed(snapshot, history, scratch)?,
            })
        }
    };
    let names = sources.as_ref().map_or_else(|| Ok(Vec::new()), pack_files)?;
    for name in packs.names()? {
        if !names.contains(&name) {
            packs.remove(&name)?;
        }
    }
    let Some(sources) = sources else { return Ok(()) };
    let mut left = MAX_BYTES;
    for name in &names {
        let path = [PACKS, name].concat();
        let id = ObjectId::ZERO_SHA1;
        if laying.unchanged(packs, name, &path, (id, 0o444), || sources.file(name).map(Some))?.is_some() {
            continue;
        }
        let mut source = sources.file(name)?;
        let size = source.metadata()?.len();
        left = left.checked_sub(size).ok_or_else(|| io::Error::other("its history is too large"))?;
        let stamp = laying.write(packs, name, 0o444, None, |file| io::copy(&mut source, file).map(drop))?;
        laying.laid.insert(path, (id, stamp));
    }
    Ok(())
}

/// The packs of a repository that has nothing but packs.
fn whole(objects: &Path) -> io::Result<Option<Folder>> {
    let folder = Folder::open(objects)?;
    // Loose objects and other repositories' may be anywhere; a pack of what is needed is simpler than all these.
    let is_loose = |name: &Vec<u8>| name.len() == 2 && name.iter().all(u8::is_ascii_hexdigit);
    if folder.names()?.iter().any(is_loose) {
        return Ok(None);
    }
    if let Ok(info) = folder.folder(b"info")
        && info.stamp(b"alternates")?.is_some()
    {
        return Ok(None);
    }
    Ok(folder.folder(b"pack").ok())
}

/// Names of packs and their indexes.
fn pack_files(folder: &Folder) -> io::Result<Vec<Vec<u8>>> {
    let mut names = folder.names()?;
    names.retain(|name| name.starts_with(b"pack-") && (name.ends_with(b".pack") || name.ends_with(b".idx")));
    if names.len() > 2 * MAX_PACKS {
        return Err(io::Error::other("its history lies in too many packs"));
    }
    Ok(names)
}

/// A pack of the history, made once for each commit.
fn packed(snapshot: &Snapshot, history: &History, scratch: &Scratch) -> io::Result<Folder> {
    let folder = scratch.path().join(format!("pack-{}", snapshot.commit()));
    if !folder.exists() {
        let new = scratch.path().join("new");
        let _ = std::fs::remove_dir_all(&new);
        std::fs::create_dir(&new)?;
        snapshot.pack(history, &new).map_err(|error| io::Error::other(error.message().to_owned()))?;
        std::fs::rename(&new, &folder)?;
    }
    Folder::open(&folder)
}
