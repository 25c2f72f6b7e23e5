//! The filesystem of a cell, built from an empty one in memory.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::statvfs::{FsFlags, statvfs};

use super::Job;

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
const ETC: &[&str] =
    &["ld.so.cache", "ld.so.conf", "mime.types", "os-release", "debian_version", "bash.bashrc", "profile"];
const DEVICES: &[&str] = &["null", "zero", "full", "random", "urandom"];
/// Folders of the host that are always there to start from.
const STAGES: &[&str] = &["/tmp", "/var/tmp", "/mnt", "/usr"];
/// Where the host's root is while the cell is built.
const OLD: &str = "/.host";

/// Makes an empty root, fills it, and lets go of the host's.
pub(super) fn build(job: &Job, user: u32) -> Result<(), String> {
    enter_empty_root()?;
    for folder in SYSTEM {
        system_folder(folder)?;
    }
    etc(user)?;
    devices()?;
    let _ = make_folder("/proc").map(|()| {
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
        // In some containers a new /proc is refused; most programs live without.
        let _ = mount(Some("proc"), "/proc", Some("proc"), flags, None::<&str>);
    });
    let size = job.limits.files;
    for folder in std::iter::once("/tmp").chain(job.writable.iter().map(String::as_str)) {
        let folder = checked(folder)?;
        make_folder(folder)?;
        let options = format!("size={size},nr_inodes=4096,mode=1777");
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
        mount(Some("tmpfs"), folder, Some("tmpfs"), flags, Some(options.as_str())).map_err(at(folder))?;
    }
    for folder in &job.mounts {
        let source = Path::new(OLD).join(folder.source.strip_prefix("/").unwrap_or(&folder.source));
        bind_read_only(&source, checked(&folder.target)?)?;
    }
    make_folder(checked(&job.cwd)?)?;
    umount2(OLD, MntFlags::MNT_DETACH).map_err(at(OLD))?;
    let _ = fs::remove_dir(OLD);
    let flags =
        MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(None::<&str>, "/", None::<&str>, flags, None::<&str>).map_err(at("/"))
}

fn enter_empty_root() -> Result<(), String> {
    let none = None::<&str>;
    // Nothing that is mounted from here on is seen outside.
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).map_err(at("/"))?;
    let stage = STAGES.iter().find(|stage| Path::new(stage).is_dir()).ok_or("there is no /tmp")?;
    let flags = MsFlags::MS_NOSUID;
    mount(Some("tmpfs"), *stage, Some("tmpfs"), flags, Some("size=4m,mode=755")).map_err(at(stage))?;
    let old = format!("{stage}{OLD}");
    fs::create_dir(&old).map_err(|error| format!("{old}: {error}"))?;
    nix::unistd::pivot_root(*stage, old.as_str()).map_err(at(stage))?;
    nix::unistd::chdir("/").map_err(at("/"))
}

fn system_folder(name: &str) -> Result<(), String> {
    let source = Path::new(OLD).join(name);
    let target = Path::new("/").join(name);
    let Ok(meta) = source.symlink_metadata() else { return Ok(()) };
    if meta.is_symlink() {
        let link = fs::read_link(&source).map_err(|error| format!("{}: {error}", target.display()))?;
        return symlink(link, &target).map_err(|error| format!("{}: {error}", target.display()));
    }
    if meta.is_dir() { bind_read_only(&source, &target) } else { Ok(()) }
}

fn etc(user: u32) -> Result<(), String> {
    make_folder("/etc")?;
    let write = |name: &str, text: &str| {
        fs::write(Path::new("/etc").join(name), text).map_err(|error| format!("/etc/{name}: {error}"))
    };
    write("passwd", &format!("user:x:{user}:{user}::/tmp:/bin/sh\n"))?;
    write("group", &format!("user:x:{user}:\n"))?;
    write("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")?;
    write("hosts", "127.0.0.1 localhost\n")?;
    for name in ETC {
        if let Ok(bytes) = fs::read(Path::new(OLD).join("etc").join(name)) {
            fs::write(Path::new("/etc").join(name), bytes)
                .map_err(|error| format!("/etc/{name}: {error}"))?;
        }
    }
    Ok(())
}

fn devices() -> Result<(), String> {
    make_folder("/dev")?;
    for name in DEVICES {
        let target = Path::new("/dev").join(name);
        fs::write(&target, "").map_err(|error| format!("/dev/{name}: {error}"))?;
        let source = Path::new(OLD).join("dev").join(name);
        mount(Some(&source), &target, None::<&str>, MsFlags::MS_BIND, None::<&str>).map_err(at(name))?;
    }
    for (name, target) in
        [("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2"), ("shm", "/tmp")]
    {
        symlink(target, Path::new("/dev").join(name)).map_err(|error| format!("/dev/{name}: {error}"))?;
    }
    Ok(())
}

/// Puts a folder of the host at a path, with everything mounted below it, read-only.
fn bind_read_only(source: &Path, target: impl AsRef<Path>) -> Result<(), String> {
    let target = target.as_ref();
    make_folder(target)?;
    let none = None::<&str>;
    match mount(Some(source), target, none, MsFlags::MS_BIND, none) {
        Ok(()) => return make_read_only(target),
        // A user namespace may not take a folder without what is mounted below it.
        Err(Errno::EINVAL) => {}
        Err(errno) => return Err(at(&target.display().to_string())(errno)),
    }
    let name = target.display().to_string();
    mount(Some(source), target, none, MsFlags::MS_BIND | MsFlags::MS_REC, none).map_err(at(&name))?;
    mounts_below(target).iter().try_for_each(|path| make_read_only(path))
}

fn make_read_only(target: &Path) -> Result<(), String> {
    let name = target.display().to_string();
    // A user namespace may add to the flags of a mount, but not take any away.
    let now = statvfs(target).map_err(at(&name))?.flags();
    let keep = [
        (FsFlags::ST_NOEXEC, MsFlags::MS_NOEXEC),
        (FsFlags::ST_NOATIME, MsFlags::MS_NOATIME),
        (FsFlags::ST_NODIRATIME, MsFlags::MS_NODIRATIME),
        (FsFlags::ST_RELATIME, MsFlags::MS_RELATIME),
    ];
    let mut flags =
        MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    for (is, stays) in keep {
        flags.set(stays, now.contains(is));
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

fn make_folder(path: impl AsRef<Path>) -> Result<(), String> {
    let path = path.as_ref();
    fs::create_dir_all(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// A path of the job: absolute and plain.
fn checked(path: &str) -> Result<&str, String> {
    let plain =
        Path::new(path).components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    if path.starts_with('/') && plain { Ok(path) } else { Err(format!("`{path}` is no absolute path")) }
}

fn at(path: &str) -> impl Fn(Errno) -> String {
    let path = path.to_owned();
    move |errno| format!("{path}: {errno}")
}
