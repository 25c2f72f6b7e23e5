//! Hands files over to the user of a jail that root made.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::{MetadataExt as _, lchown};
use std::path::Path;

use crate::engine::namespace::user::is_spare;

/// Makes a file, or a folder with all in it, the user's. Links are not followed, and files with another name
/// elsewhere are left alone, unless they come from a jail.
pub(super) fn give(top: &Path, user: u32) -> io::Result<()> {
    let mut left = vec![(top.to_owned(), top.symlink_metadata()?)];
    while let Some((path, meta)) = left.pop() {
        if meta.is_dir() {
            for entry in path.read_dir()? {
                let entry = entry?;
                left.push((entry.path(), entry.metadata()?));
            }
        }
        if needs(&meta, user) {
            lchown(&path, Some(user), Some(user))?;
        }
    }
    Ok(())
}

fn needs(meta: &Metadata, user: u32) -> bool {
    let shared = !meta.is_dir() && meta.nlink() > 1 && !is_spare(meta.uid());
    (meta.uid(), meta.gid()) != (user, user) && !shared
}
