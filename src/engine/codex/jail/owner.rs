//! Hands files over to the user of a jail that root made.

use std::io;
use std::path::{Component, Path, PathBuf};

use crate::engine::namespace::user::{USER, is_spare};
use crate::source::{Folder, Owner, Stamp};

/// How deep folders may lie.
const MAX_DEPTH: usize = 200;

/// The owner of what is in a jail: this user, or the one of this process.
pub(super) fn of(user: Option<u32>) -> Owner {
    Owner { user: user.unwrap_or_else(|| nix::unistd::geteuid().as_raw()), seen: USER }
}

/// Makes a file, or a folder with all in it, the user's, by a path that no program of a jail can change. Links in it
/// are not followed, and files with another name elsewhere are left alone, unless they come from a jail.
pub(super) fn give(path: &Path, user: u32) -> io::Result<()> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    };
    give_name(&Folder::open(parent)?, name.as_encoded_bytes(), user, 0)
}

/// The same for a path in one of these folders, in which programs may change anything meanwhile.
pub(super) fn give_in(folders: &[PathBuf], path: &Path, user: u32) -> io::Result<()> {
    let outside = || io::Error::new(io::ErrorKind::InvalidInput, "it lies in no folder of the jail");
    let top = folders.iter().filter(|top| path.starts_with(top)).max_by_key(|top| top.as_os_str().len());
    let top = top.ok_or_else(outside)?;
    let below = path.strip_prefix(top).unwrap_or(path);
    let mut names = below.components().map(|part| match part {
        Component::Normal(name) => Ok(name.as_encoded_bytes()),
        _ => Err(outside()),
    });
    let Some(last) = names.next_back() else { return give(top, user) };
    let mut folder = Folder::open(top)?;
    for name in names {
        folder = folder.folder(name?)?;
    }
    give_name(&folder, last?, user, 0)
}

fn give_name(folder: &Folder, name: &[u8], user: u32, depth: usize) -> io::Result<()> {
    let Some(stamp) = folder.stamp(name)? else { return Ok(()) };
    if !stamp.is_folder() {
        return if needs(&stamp, user) { folder.give_name(name, user) } else { Ok(()) };
    }
    if depth == MAX_DEPTH {
        return Err(io::Error::other("its folders lie too deep"));
    }
    let inner = folder.folder(name)?;
    for name in inner.names()? {
        give_name(&inner, &name, user, depth + 1)?;
    }
    if needs(&inner.own_stamp()?, user) { inner.give(user) } else { Ok(()) }
}

fn needs(stamp: &Stamp, user: u32) -> bool {
    let shared = !stamp.is_folder() && stamp.links > 1 && !is_spare(stamp.user);
    (stamp.user, stamp.group) != (user, user) && !shared
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{MetadataExt as _, symlink};

    #[test]
    fn only_what_lies_inside_is_given() {
        if !nix::unistd::geteuid().is_root() {
            return;
        }
        let top = tempfile::tempdir().unwrap();
        let at = |path: &str| top.path().join(path);
        fs::create_dir_all(at("work/a/b")).unwrap();
        fs::create_dir(at("outside")).unwrap();
        for file in ["work/a/b/file", "outside/file", "outside/shared"] {
            fs::write(at(file), "").unwrap();
        }
        symlink(at("outside"), at("work/link")).unwrap();
        fs::hard_link(at("outside/shared"), at("work/shared")).unwrap();
        let user = 0x7000_0001;
        let owner = |path: &str| at(path).symlink_metadata().unwrap().uid();
        let folders = [at("work")];
        give_in(&folders, &at("work/a/b"), user).unwrap();
        assert_eq!([owner("work/a/b/file"), owner("work/a/b"), owner("work/a")], [user, user, 0]);
        for path in ["work/link/file", "outside/file", "work/../outside/file", "work/a/../a"] {
            assert!(give_in(&folders, &at(path), user).is_err(), "{path}");
        }
        give_in(&folders, &at("work"), user).unwrap();
        assert_eq!(
            [owner("work"), owner("work/a"), owner("work/link"), owner("work/shared")],
            [user, user, user, 0]
        );
        assert_eq!([owner("outside"), owner("outside/file")], [0, 0]);
        give(&at("work/a/b/file"), user + 1).unwrap();
        assert_eq!(owner("work/a/b/file"), user + 1);
    }
}
