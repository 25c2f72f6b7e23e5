//! A folder that hostile programs may change while it is used.

use std::ffi::CStr;
use std::io::{self, Read as _};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::Path;

use rustix::fs::{
    AtFlags, Dir, FileType, Gid, Mode, OFlags, RenameFlags, Stat, Timespec, Timestamps, Uid, chownat, fchmod,
    fchown, fstat, futimens, mkdirat, openat, readlinkat, renameat_with, statat, symlinkat, unlinkat,
    utimensat,
};
use rustix::io::Errno;

/// How names are opened: never through a link, and never waiting for somebody at a pipe's other end.
const FLAGS: OFlags = OFlags::NOFOLLOW.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK);
/// How often something may be put back into a folder that is being emptied.
const ROUNDS: usize = 8;

/// An open folder. Names are looked up in it alone, one at a time, and no link is followed, so that nothing outside is
/// read or written whatever a program does to the folder meanwhile.
#[derive(Debug)]
pub struct Folder {
    fd: OwnedFd,
}

/// What lies under a name, and whether it is still the same: any change of a file changes one of these, and a program
/// without privileges cannot set them at will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Kind and permissions.
    pub mode: u32,
    /// Size in bytes.
    pub size: u64,
    /// Last change of content, in seconds and nanoseconds.
    pub mtime: (i64, u32),
    /// Last change of anything, in seconds and nanoseconds.
    pub ctime: (i64, u32),
    /// Number of the device.
    pub device: u64,
    /// Number on the device.
    pub inode: u64,
    /// The user that it belongs to.
    pub user: u32,
    /// The group that it belongs to.
    pub group: u32,
    /// How many names it has.
    pub links: u64,
}

impl Stamp {
    fn of(stat: &Stat) -> Self {
        Self {
            mode: stat.st_mode,
            size: stat.st_size.cast_unsigned(),
            mtime: (stat.st_mtime, stat.st_mtime_nsec as u32),
            ctime: (stat.st_ctime, stat.st_ctime_nsec as u32),
            device: stat.st_dev,
            inode: stat.st_ino,
            user: stat.st_uid,
            group: stat.st_gid,
            links: stat.st_nlink,
        }
    }

    /// Is it a folder?
    pub fn is_folder(&self) -> bool {
        FileType::from_raw_mode(self.mode) == FileType::Directory
    }

    /// Is it a symbolic link?
    pub fn is_link(&self) -> bool {
        FileType::from_raw_mode(self.mode) == FileType::Symlink
    }

    /// Is it a file?
    pub fn is_file(&self) -> bool {
        FileType::from_raw_mode(self.mode) == FileType::RegularFile
    }
}

impl Folder {
    /// Opens a folder by a path of this program's own; links in it are followed.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::RDONLY;
        Ok(Self { fd: rustix::fs::open(path, flags, Mode::empty())? })
    }

    /// The folder of this name.
    pub fn folder(&self, name: &[u8]) -> io::Result<Self> {
        let name = plain(name)?;
        Ok(Self { fd: openat(&self.fd, name, FLAGS | OFlags::DIRECTORY, Mode::empty())? })
    }

    /// The folder at a path below this one, in which no name is a link.
    pub fn below(&self, path: &Path) -> io::Result<Self> {
        let mut folder = Self { fd: self.fd.try_clone()? };
        for part in path {
            folder = folder.folder(part.as_encoded_bytes())?;
        }
        Ok(folder)
    }

    /// Makes a folder of this name.
    pub fn make_folder(&self, name: &[u8], mode: u32) -> io::Result<Self> {
        mkdirat(&self.fd, plain(name)?, Mode::RWXU)?;
        let folder = self.folder(name)?;
        fchmod(&folder.fd, Mode::from_raw_mode(mode))?;
        Ok(folder)
    }

    /// All names, in no order.
    pub fn names(&self) -> io::Result<Vec<Vec<u8>>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.fd)? {
            let entry = entry?;
            if !is_dots(entry.file_name()) {
                names.push(entry.file_name().to_bytes().to_vec());
            }
        }
        Ok(names)
    }

    /// What lies under a name.
    pub fn stamp(&self, name: &[u8]) -> io::Result<Option<Stamp>> {
        match statat(&self.fd, plain(name)?, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(Stamp::of(&stat))),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }

    /// This folder's own.
    pub fn own_stamp(&self) -> io::Result<Stamp> {
        Ok(Stamp::of(&fstat(&self.fd)?))
    }

    /// Permissions of this folder.
    pub fn set_mode(&self, mode: u32) -> io::Result<()> {
        Ok(fchmod(&self.fd, Mode::from_raw_mode(mode))?)
    }

    /// Makes this folder a user's own.
    pub fn give(&self, user: u32) -> io::Result<()> {
        Ok(fchown(&self.fd, Some(Uid::from_raw(user)), Some(Gid::from_raw(user)))?)
    }

    /// Makes what lies under a name a user's own; of a link, the link.
    pub fn give_name(&self, name: &[u8], user: u32) -> io::Result<()> {
        let (uid, gid) = (Some(Uid::from_raw(user)), Some(Gid::from_raw(user)));
        Ok(chownat(&self.fd, plain(name)?, uid, gid, AtFlags::SYMLINK_NOFOLLOW)?)
    }

    /// Makes a new file, to be written.
    pub fn create(&self, name: &[u8]) -> io::Result<std::fs::File> {
        let flags = FLAGS | OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY;
        Ok(openat(&self.fd, plain(name)?, flags, Mode::RUSR | Mode::WUSR)?.into())
    }

    /// Opens a file to read it.
    pub fn file(&self, name: &[u8]) -> io::Result<std::fs::File> {
        let file = std::fs::File::from(openat(&self.fd, plain(name)?, FLAGS, Mode::empty())?);
        if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("is no file")) }
    }

    /// Makes a link, said to have been made at this time (seconds since 1970).
    pub fn link(&self, name: &[u8], target: &[u8], time: i64) -> io::Result<()> {
        let name = plain(name)?;
        symlinkat(target, &self.fd, name)?;
        Ok(utimensat(&self.fd, name, &times(time), AtFlags::SYMLINK_NOFOLLOW)?)
    }

    /// Where a link points to.
    pub fn read_link(&self, name: &[u8]) -> io::Result<Vec<u8>> {
        Ok(readlinkat(&self.fd, plain(name)?, Vec::new())?.into_bytes())
    }

    /// Reads a file of at most so many bytes.
    pub fn read(&self, name: &[u8], most: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file(name)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > most {
            return Err(io::Error::other(format!("is larger than {most} bytes")));
        }
        Ok(bytes)
    }

    /// Removes whatever lies under a name, with all in it, however deep; nothing there is fine.
    pub fn remove(&self, name: &[u8]) -> io::Result<()> {
        // Folders in folders are moved up to here, so that no depth matters and one at a time is open.
        let mut left = vec![name.to_vec()];
        let mut moved = 0_u64;
        while let Some(name) = left.pop() {
            for round in 0.. {
                match self.remove_flat(&name) {
                    Ok(true) => break,
                    Ok(false) if round < ROUNDS => self.flatten(&name, &mut moved, &mut left)?,
                    Ok(false) => return Err(io::Error::other("is filled while it is emptied")),
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    /// Removes a file or an empty folder; `false` when it is a folder with something in it.
    fn remove_flat(&self, name: &[u8]) -> io::Result<bool> {
        let name = plain(name)?;
        match unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => return Ok(true),
            // Other systems say that it is not permitted.
            Err(Errno::ISDIR | Errno::PERM) => {}
            Err(errno) => return Err(errno.into()),
        }
        match unlinkat(&self.fd, name, AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT) => Ok(true),
            Err(Errno::NOTEMPTY | Errno::EXIST) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Removes all files in a folder and moves its folders up to this one.
    fn flatten(&self, name: &[u8], moved: &mut u64, left: &mut Vec<Vec<u8>>) -> io::Result<()> {
        let folder = self.open_anyhow(name)?;
        for inner in folder.names()? {
            if folder.remove_flat(&inner)? {
                continue;
            }
            // A folder is moved only by who may write to it.
            let _ = folder.open_anyhow(&inner);
            loop {
                *moved += 1;
                let new = format!(".plugin-eval-{moved}").into_bytes();
                let flags = RenameFlags::NOREPLACE;
                match renameat_with(&folder.fd, inner.as_slice(), &self.fd, new.as_slice(), flags) {
                    Ok(()) => left.push(new),
                    Err(Errno::EXIST) => continue,
                    Err(Errno::NOENT) => {}
                    Err(errno) => return Err(errno.into()),
                }
                break;
            }
        }
        Ok(())
    }

    /// Opens a folder whose permissions may forbid it to its owner.
    fn open_anyhow(&self, name: &[u8]) -> io::Result<Self> {
        if let Ok(folder) = self.folder(name) {
            let mode = Mode::from_raw_mode(folder.own_stamp()?.mode);
            if !mode.contains(Mode::RWXU) {
                fchmod(&folder.fd, Mode::RWXU)?;
            }
            return Ok(folder);
        }
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = openat(&self.fd, plain(name)?, flags, Mode::empty())?;
        // Through the open folder: the name could lead elsewhere by now.
        rustix::fs::chmod(format!("/proc/self/fd/{}", fd.as_raw_fd()), Mode::RWXU)?;
        self.folder(name)
    }
}

/// Ends the writing of a file: it belongs to this user, has these permissions, and was changed at this time (seconds
/// since 1970), or now.
pub(super) fn finish(
    file: &std::fs::File,
    mode: u32,
    time: Option<i64>,
    user: Option<u32>,
) -> io::Result<Stamp> {
    if let Some(user) = user {
        fchown(file, Some(Uid::from_raw(user)), Some(Gid::from_raw(user)))?;
    }
    fchmod(file, Mode::from_raw_mode(mode))?;
    if let Some(time) = time {
        futimens(file, &times(time))?;
    }
    Ok(Stamp::of(&fstat(file)?))
}

fn times(seconds: i64) -> Timestamps {
    let time = Timespec { tv_sec: seconds, tv_nsec: 0 };
    Timestamps { last_access: time, last_modification: time }
}

/// One name, not a path.
fn plain(name: &[u8]) -> io::Result<&[u8]> {
    let bad = name.is_empty() || name == b"." || name == b".." || name.iter().any(|b| matches!(b, b'/' | 0));
    if bad { Err(io::Error::from(io::ErrorKind::InvalidInput)) } else { Ok(name) }
}

fn is_dots(name: &CStr) -> bool {
    matches!(name.to_bytes(), b"." | b"..")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write as _;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    #[test]
    fn names_are_plain_and_links_are_not_followed() {
        let top = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("file"), "outside").unwrap();
        symlink(outside.path(), top.path().join("folder")).unwrap();
        symlink(outside.path().join("file"), top.path().join("file")).unwrap();
        let folder = Folder::open(top.path()).unwrap();
        assert!(folder.below(Path::new("folder")).is_err() && folder.below(Path::new("../x")).is_err());
        assert!(folder.folder(b"folder").is_err() && folder.read(b"file", 100).is_err());
        assert!(folder.create(b"file").is_err());
        for name in [&b""[..], b".", b"..", b"a/b", b"a\0b", b"/etc"] {
            assert!(folder.stamp(name).is_err() && folder.remove(name).is_err(), "{name:?}");
        }
        assert!(folder.stamp(b"file").unwrap().unwrap().is_link());
        folder.remove(b"file").unwrap();
        folder.remove(b"folder").unwrap();
        folder.remove(b"nothing").unwrap();
        assert_eq!(fs::read(outside.path().join("file")).unwrap(), b"outside");
        assert_eq!(fs::read_dir(top.path()).unwrap().count(), 0);
    }

    #[test]
    fn files_are_written_and_read() {
        let top = tempfile::tempdir().unwrap();
        let folder = Folder::open(top.path()).unwrap();
        let mut file = folder.create(b"a").unwrap();
        file.write_all(b"text").unwrap();
        let stamp = finish(&file, 0o755, Some(1_000_000_000), None).unwrap();
        assert_eq!((stamp.mode & 0o7777, stamp.size, stamp.mtime), (0o755, 4, (1_000_000_000, 0)));
        assert_eq!(folder.stamp(b"a").unwrap(), Some(stamp));
        assert_eq!(folder.read(b"a", 4).unwrap(), b"text");
        assert!(folder.read(b"a", 3).is_err() && folder.read(b"b", 3).is_err());
        fs::write(top.path().join("a"), "tex2").unwrap();
        folder.make_folder(b"inner", 0o755).unwrap().link(b"l", b"../a", 0).unwrap();
        assert_eq!(folder.folder(b"inner").unwrap().read_link(b"l").unwrap(), b"../a");
        let mut names = folder.names().unwrap();
        names.sort();
        assert_eq!(names, [b"a".to_vec(), b"inner".to_vec()]);
        assert_ne!(folder.stamp(b"a").unwrap(), Some(stamp));
    }

    #[test]
    fn pipes_do_not_block() {
        let top = tempfile::tempdir().unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, top.path().join("pipe"), FileType::Fifo, Mode::RWXU, 0).unwrap();
        assert!(Folder::open(top.path()).unwrap().read(b"pipe", 10).is_err());
    }

    #[test]
    fn everything_can_be_removed() {
        // Many folders take long on a disk.
        let memory = Path::new("/dev/shm");
        let top = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let folder = Folder::open(top.path()).unwrap();
        let mut at = folder.make_folder(b"deep", 0o755).unwrap();
        for _ in 0..3000 {
            at.create(b"f").unwrap();
            at = at.make_folder(b"deep", 0o755).unwrap();
        }
        fs::create_dir_all(top.path().join("deep/closed/inner/most")).unwrap();
        fs::write(top.path().join(".plugin-eval-1"), "kept").unwrap();
        for path in ["deep/closed/inner", "deep/closed"] {
            fs::set_permissions(top.path().join(path), fs::Permissions::from_mode(0o000)).unwrap();
        }
        folder.remove(b"deep").unwrap();
        assert_eq!(folder.names().unwrap(), [b".plugin-eval-1".to_vec()]);
    }
}
