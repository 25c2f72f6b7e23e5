//! Files of the repository as the masked recording has them, so that its patches fit.

use std::collections::{BTreeMap, BTreeSet};

use super::super::masking::ThreadMask;
use super::names::Names;
use crate::source::snapshot::{FileEntry, Files as _, MaskedBlobs, masked_places};
use crate::source::{Entry, ObjectId, Repository, Snapshot};

/// Longest file that is masked, in bytes.
const MAX_FILE: usize = 2 << 20;
/// Most bytes of the files of one task.
const MAX_ALL: usize = 32 << 20;

/// What is masked in the files that a session changed, and the lines of its patches that still do not fit.
#[derive(Debug, Default)]
pub(in crate::import) struct MaskedFiles {
    pub(in crate::import) blobs: MaskedBlobs,
    /// Lines that patches name, which the repository has and the recording has otherwise.
    pub(in crate::import) unlike: usize,
}

impl MaskedFiles {
    /// Looks at some paths in some commits. `named` are the lines by which patches find their place.
    pub(in crate::import) fn of(
        repository: &Repository,
        commits: &[ObjectId],
        paths: &BTreeSet<String>,
        named: &BTreeSet<String>,
        mask: &ThreadMask<'_>,
    ) -> Self {
        let mut files: BTreeMap<ObjectId, (String, String)> = BTreeMap::new();
        let mut left = MAX_ALL;
        let trees: Vec<Snapshot> =
            commits.iter().filter_map(|id| repository.snapshot(&id.to_string()).ok()).collect();
        let names = Names::of(&trees, paths).masked(repository, mask);
        let mut seen = BTreeSet::new();
        for tree in &trees {
            for path in paths {
                let Entry::File(FileEntry { blob: Some(id), .. }) = tree.lookup(path).entry else { continue };
                if !seen.insert(id) || repository.blob_size(id).is_none_or(|size| size > MAX_FILE.min(left)) {
                    continue;
                }
                let text = repository.blob(id).and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
                let Some(text) = text.filter(|text| !text.contains('\0')) else { continue };
                left -= text.len();
                if let Some(masked) = mask.file(&text) {
                    files.insert(id, (text, masked));
                }
            }
        }
        let mut found = Self::default();
        for (tree, places) in names {
            drop(found.blobs.add_tree(tree, places));
        }
        files.retain(|id, (text, masked)| {
            masked_places(text, masked).is_some_and(|places| found.blobs.add(*id, places).is_ok())
        });
        let fits = |line: &&String| {
            let Some(masked) = mask.file(line) else { return true };
            let has = |text: &str, line: &str| text.lines().any(|one| one == line);
            let mut holders = files.values().filter(|(text, _)| has(text, line)).peekable();
            holders.peek().is_none() || holders.any(|(_, other)| has(other, &masked))
        };
        found.unlike = named.iter().filter(|line| !fits(line)).count();
        found
    }
}
