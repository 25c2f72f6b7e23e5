//! A filesystem of its own for a program, built from an empty one in memory.
//!
//! Until [`seal`], the host's root lies below it. Only [`enter`] changes what other functions here see as `/`, so a
//! process calls it first, and in a mount namespace of its own.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown, symlink};
use std::path::{Component, Path, PathBuf};

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::statvfs::{FsFlags, statvfs};

/// Folders of the host that every program may read. Links among them (`/bin -> usr/bin`) stay links.
const SYSTEM: &[&str] = &[
    "usr",
    "bin",
    "sbin",
    "lib",
    "lib32",
    "lib64",
    "libx32",
    "opt",
    "nix/store",
    "gnu/store",
    "etc/alternatives",
    "etc/ssl",
    "etc/pki",
    "etc/ca-certificates",
    "etc/fonts",
];
/// Files of `/etc` that programs need to start.
const ETC: &[&str] = &["ld.so.cache", "ld.so.conf", "mime.types", "os-release", "debian_version"];
const DEVICES: &[&str] = &["null", "zero", "full", "random", "urandom"];
/// Folders of the host that are always there to start from.
const STAGES: &[&str] = &["/tmp", "/var/tmp", "/mnt", "/usr"];
/// Where the host's root is until [`seal`].
const OLD: &str = "/.host";

/// Where the parts of a [`layer`] lie before they are hidden.
const LAYER: &str = "/.layer";
/// The folder under a layer.
pub(in crate::engine) const LOWER: &str = "lower";
/// What was written over it.
pub(in crate::engine) const UPPER: &str = "upper";

/// What a program may do with a file or folder of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Access {
    /// Read it, and run programs from it.
    Read,
    /// Write to it too.
    Write,
}

/// Makes an empty root in memory the root of this process, with the host's system folders read-only in it.
pub(in crate::engine) fn enter() -> Result<(), String> {
    let none = None::<&str>;
    // Nothing that is mounted from here on is seen outside.
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).map_err(at("/"))?;
    let stage = STAGES.iter().find(|stage| Path::new(stage).is_dir()).ok_or("there is no /tmp")?;
    let flags = MsFlags::MS_NOSUID;
    mount(Some("tmpfs"), *stage, Some("tmpfs"), flags, Some("size=4m,mode=755")).map_err(at(stage))?;
    let old = format!("{stage}{OLD}");
    fs::create_dir(&old).map_err(|error| format!("{old}: {error}"))?;
    nix::unistd::pivot_root(*stage, old.as_str()).map_err(at(stage))?;
    nix::unistd::chdir("/").map_err(at("/"))?;
    SYSTEM.iter().try_for_each(|folder| system_folder(folder))
}

/// Lets go of the host's root and makes the new one read-only; what was mounted in it stays as it is.
pub(in crate::engine) fn seal() -> Result<(), String> {
    umount2(OLD, MntFlags::MNT_DETACH).map_err(at(OLD))?;
    let _ = fs::remove_dir(OLD);
    let flags =
        MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(None::<&str>, "/", None::<&str>, flags, None::<&str>).map_err(at("/"))
}

fn system_folder(name: &str) -> Result<(), String> {
    let source = Path::new(OLD).join(name);
    let target = Path::new("/").join(name);
    let Ok(meta) = source.symlink_metadata() else { return Ok(()) };
    if meta.is_symlink() {
        let link = fs::read_link(&source).map_err(|error| format!("{}: {error}", target.display()))?;
        return symlink(link, &target).map_err(|error| format!("{}: {error}", target.display()));
    }
    if !meta.is_dir() {
        return Ok(());
    }
    make_folder(&target)?;
    bind_at(&source, &target, Access::Read)
}

/// Fills `/etc` with what programs need to start: one user, no other host, and files of the host, `more` among them.
pub(in crate::engine) fn etc(user: u32, home: &str, shell: &str, more: &[&str]) -> Result<(), String> {
    make_folder("/etc")?;
    let own = [
        ("passwd", format!("user:x:{user}:{user}::{home}:{shell}\n")),
        ("group", format!("user:x:{user}:\n")),
        ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n".to_owned()),
        ("hosts", "127.0.0.1 localhost\n".to_owned()),
    ];
    for (name, text) in own {
        write_etc(name, text.as_bytes())?;
    }
    for name in ETC.iter().chain(more) {
        if let Ok(bytes) = fs::read(Path::new(OLD).join("etc").join(name)) {
            write_etc(name, &bytes)?;
        }
    }
    Ok(())
}

/// Writes a file below `/etc`, and the folders that it needs.
pub(in crate::engine) fn write_etc(name: &str, bytes: &[u8]) -> Result<(), String> {
    let path = format!("/etc/{name}");
    make_file(Path::new(checked(&path)?))?;
    fs::write(&path, bytes).map_err(|error| format!("{path}: {error}"))
}

/// Puts the devices that every program may use, and those of `more` that the host has, into `/dev`.
pub(in crate::engine) fn devices(more: &[&str]) -> Result<(), String> {
    make_folder("/dev")?;
    for name in DEVICES.iter().chain(more) {
        let source = Path::new(OLD).join("dev").join(name);
        if more.contains(name) && !source.exists() {
            continue;
        }
        let target = Path::new("/dev").join(name);
        make_file(&target)?;
        mount(Some(&source), &target, None::<&str>, MsFlags::MS_BIND, None::<&str>).map_err(at(name))?;
    }
    let links = [("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")];
    links.into_iter().try_for_each(|(name, target)| link(&format!("/dev/{name}"), target))
}

/// Makes a symbolic link.
pub(in crate::engine) fn link(path: &str, target: &str) -> Result<(), String> {
    symlink(target, path).map_err(|error| format!("{path}: {error}"))
}

/// Puts a filesystem of the kernel's own at a path.
pub(in crate::engine) fn mount_new(
    kind: &str,
    path: &str,
    flags: MsFlags,
    options: Option<&str>,
) -> Result<(), String> {
    make_folder(checked(path)?)?;
    mount(Some(kind), path, Some(kind), flags | MsFlags::MS_NOSUID, options).map_err(at(path))
}

/// A `/proc` of this process id namespace. In some containers that is refused.
pub(in crate::engine) fn proc() -> Result<(), String> {
    mount_new("proc", "/proc", MsFlags::MS_NODEV | MsFlags::MS_NOEXEC, None)
}

/// A folder in memory that everybody may write to, of at most this many bytes and files.
pub(in crate::engine) fn memory_folder(path: &str, size: u64, files: u64) -> Result<(), String> {
    let options = format!("size={size},nr_inodes={files},mode=1777");
    mount_new("tmpfs", path, MsFlags::MS_NODEV, Some(&options))
}

/// Puts a folder of the host at a path so that what is written there lies in memory, over it. Gives the folder that holds
/// [`LOWER`] and [`UPPER`], which nobody can reach by name.
pub(in crate::engine) fn layer(
    source: &Path,
    target: &str,
    size: u64,
    files: u64,
) -> Result<fs::File, String> {
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |error: std::io::Error| format!("{path}: {error}")
    };
    memory_folder(LAYER, size, files)?;
    let place = fs::File::open(LAYER).map_err(failed(Path::new(LAYER)))?;
    let within = |name: &str| Path::new(LAYER).join(name);
    let (lower, upper, work) = (within(LOWER), within(UPPER), within("work"));
    bind(source, &lower.to_string_lossy(), Access::Read)?;
    make_folder(&upper)?;
    make_folder(&work)?;
    // The top is the upper one's.
    let top = lower.metadata().map_err(failed(&lower))?;
    fs::set_permissions(&upper, top.permissions()).map_err(failed(&upper))?;
    let _ = chown(&upper, Some(top.uid()), Some(top.gid()));
    make_folder(checked(target)?)?;
    let plain =
        format!("lowerdir={},upperdir={},workdir={}", lower.display(), upper.display(), work.display());
    let over = |options: &str| {
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
        mount(Some("overlay"), target, Some("overlay"), flags, Some(options))
    };
    // Without it, folders cannot be replaced in a user namespace; older kernels do not have it.
    over(&format!("{plain},userxattr")).or_else(|_| over(&plain)).map_err(at(target))?;
    mount_new("tmpfs", LAYER, MsFlags::MS_NODEV | MsFlags::MS_RDONLY, Some("size=4k,mode=000"))?;
    Ok(place)
}

/// Puts a file or folder of the host, with everything mounted below it, at an absolute path.
pub(in crate::engine) fn bind(source: &Path, target: &str, access: Access) -> Result<(), String> {
    let target = Path::new(checked(target)?);
    let host = Path::new(OLD).join(source.strip_prefix("/").unwrap_or(source));
    let meta = host.metadata().map_err(|error| format!("{}: {error}", source.display()))?;
    if meta.is_dir() {
        make_folder(target)?;
    } else {
        make_file(target)?;
    }
    bind_at(&host, target, access)
}

fn bind_at(source: &Path, target: &Path, access: Access) -> Result<(), String> {
    let none = None::<&str>;
    match mount(Some(source), target, none, MsFlags::MS_BIND, none) {
        Ok(()) => return confine(target, access),
        // A user namespace may not take a folder without what is mounted below it.
        Err(Errno::EINVAL) => {}
        Err(errno) => return Err(at(&target.display().to_string())(errno)),
    }
    let name = target.display().to_string();
    mount(Some(source), target, none, MsFlags::MS_BIND | MsFlags::MS_REC, none).map_err(at(&name))?;
    mounts_below(target).iter().try_for_each(|path| confine(path, access))
}

fn confine(target: &Path, access: Access) -> Result<(), String> {
    let name = target.display().to_string();
    // A user namespace may add to the flags of a mount, but not take any away.
    let now = statvfs(target).map_err(at(&name))?.flags();
    let keep = [
        (FsFlags::ST_RDONLY, MsFlags::MS_RDONLY),
        (FsFlags::ST_NOEXEC, MsFlags::MS_NOEXEC),
        (FsFlags::ST_NOATIME, MsFlags::MS_NOATIME),
        (FsFlags::ST_NODIRATIME, MsFlags::MS_NODIRATIME),
        (FsFlags::ST_RELATIME, MsFlags::MS_RELATIME),
    ];
    let mut flags = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    for (is, stays) in keep {
        flags.set(stays, now.contains(is));
    }
    if access == Access::Read {
        flags |= MsFlags::MS_RDONLY;
    }
    mount(None::<&str>, target, None::<&str>, flags, None::<&str>).map_err(at(&name))
}

/// Mount points at and below a path, outermost first.
fn mounts_below(top: &Path) -> Vec<PathBuf> {
    // The new /proc is not mounted yet; the host's is still there.
    let text = fs::read_to_string(Path::new(OLD).join("proc/self/mountinfo")).unwrap_or_default();
    let mut paths: Vec<PathBuf> = text
        .lines()
        .filter_map(|line| line.split(' ').nth(4))
        .map(|path| PathBuf::from(path.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")))
        .filter(|path| path.starts_with(top))
        .collect();
    paths.sort();
    if paths.first().is_none_or(|first| first != top) {
        paths.insert(0, top.to_owned());
    }
    paths
}

/// Makes a folder and those above it. What is there already must not be a link: a folder of a checkout that is one
/// could lead to the host while its root is still there.
pub(in crate::engine) fn make_folder(path: impl AsRef<Path>) -> Result<(), String> {
    let mut made = PathBuf::new();
    for part in path.as_ref() {
        made.push(part);
        match fs::create_dir(&made) {
            Ok(()) => {}
            Err(error) => match made.symlink_metadata() {
                Ok(meta) if meta.is_dir() => {}
                Ok(_) => return Err(format!("{}: is no folder", made.display())),
                Err(_) => return Err(format!("{}: {error}", made.display())),
            },
        }
    }
    Ok(())
}

/// Makes an empty file and the folders above it, if it is not there.
fn make_file(path: &Path) -> Result<(), String> {
    make_folder(path.parent().unwrap_or(path))?;
    match path.symlink_metadata() {
        Ok(meta) if meta.is_file() => Ok(()),
        Ok(_) => Err(format!("{}: is no file", path.display())),
        Err(_) => fs::write(path, "").map_err(|error| format!("{}: {error}", path.display())),
    }
}

/// An absolute and plain path.
pub(in crate::engine) fn checked(path: &str) -> Result<&str, String> {
    let plain =
        Path::new(path).components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    if path.starts_with('/') && plain { Ok(path) } else { Err(format!("`{path}` is no absolute path")) }
}

fn at(path: &str) -> impl Fn(Errno) -> String {
    let path = path.to_owned();
    move |errno| format!("{path}: {errno}")
}
