//! The first process in the namespaces. It builds the filesystem, opens loopback, and when it is told to, starts the
//! program and watches it; when it ends, the kernel ends every process that is left.

use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command};

use nix::mount::MsFlags;
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::resource::Resource;
use nix::sys::signal::Signal;
use nix::sys::stat::{Mode, umask};
use nix::unistd::{Gid, Uid, setgroups, setresgid, setresuid};

use super::entry::close_stdin;
use super::room::Room;
use super::watch::Watch;
use super::wire::{self, Report};
use super::{JailLimits, JailSpec, Network, filter, loopback, owner};
use crate::engine::cell::Mount;
use crate::engine::namespace::limits;
use crate::engine::namespace::root::{self, Access};
use crate::engine::namespace::user::{USER, counts_per_namespace, map_user, processes_of_user};

/// Devices beyond those of every program: Codex's own sandbox binds all that it gives its commands.
const DEVICES: &[&str] = &["tty"];
/// Folders that every system has, empty in a jail.
const FOLDERS: &[&str] = &["/home", "/root", "/run", "/srv", "/mnt", "/media", "/var", "/var/lib"];
/// Most files in one folder in memory.
const FILES: u64 = 65_536;
/// Most open files of one process.
const OPEN_FILES: u64 = 4096;

/// Least limit of one process's data, in bytes; all processes together are held by the watch.
const LEAST_DATA: u64 = 2 << 30;

/// Opens the jail, says so, and runs what it is told to. `user` is the user id outside for the program; without one,
/// this process is root in a user namespace that maps nobody else.
pub(super) fn run(control: &UnixStream, user: Option<u32>, network: Network) -> Result<(), String> {
    end_with_parent()?;
    umask(Mode::S_IWGRP | Mode::S_IWOTH);
    // The machine's processes are not to be seen any more once the filesystem is built.
    let others = if user.is_some() || counts_per_namespace() { 0 } else { processes_of_user() };
    build()?;
    let null = std::fs::File::open("/dev/null").map_err(|error| format!("/dev/null: {error}"))?;
    close_stdin(null.into())?;
    if network == Network::Loopback {
        loopback::up().map_err(|error| format!("no loopback: {error}"))?;
    }
    let no_listener = |error: std::io::Error| format!("cannot listen: {error}");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(no_listener)?;
    let port = listener.local_addr().map_err(no_listener)?.port();
    let unsaid = |error: std::io::Error| format!("nobody can be told: {error}");
    wire::send(control, &Report::Listening { port, user }, &[listener.as_fd()]).map_err(unsaid)?;
    drop(listener);
    let order = wire::receive(control).map_err(|error| format!("the order cannot be read: {error}"))?;
    // Nobody wants it any more.
    let Some((spec, files)) = order else { return Ok(()) };
    let room = furnish(&spec, user)?;
    become_user(user)?;
    limit(&spec.limits, others)?;
    filter::apply()?;
    let program = spawn(&spec, files)?;
    wire::send(control, &Report::Started, &[]).map_err(unsaid)?;
    let end = Watch { program, control, memory: spec.limits.memory, room }.run()?;
    wire::send(control, &Report::Ended(end), &[]).map_err(unsaid)
}

/// The kernel forgets this when a process changes its user, so it is said again then.
fn end_with_parent() -> Result<(), String> {
    prctl::set_pdeathsig(Signal::SIGKILL).map_err(|errno| errno.to_string())
}

/// All that does not depend on the program.
fn build() -> Result<(), String> {
    root::enter()?;
    let shell = if Path::new("/usr/bin/bash").exists() { "/bin/bash" } else { "/bin/sh" };
    root::etc(USER, "/home/user", shell, &[])?;
    root::devices(DEVICES)?;
    let terminals = Some("newinstance,ptmxmode=0666,mode=620");
    root::mount_new("devpts", "/dev/pts", MsFlags::MS_NOEXEC, terminals)?;
    root::link("/dev/ptmx", "pts/ptmx")?;
    root::proc().map_err(|reason| format!("a new /proc is refused ({reason})"))?;
    FOLDERS.iter().try_for_each(root::make_folder)?;
    let _ = nix::unistd::sethostname("jail");
    Ok(())
}

/// All that the program needs, and then nothing more of the host.
fn furnish(spec: &JailSpec, user: Option<u32>) -> Result<Room, String> {
    for folder in ["/tmp", "/var/tmp", "/dev/shm"] {
        root::memory_folder(folder, spec.limits.temporary, FILES)?;
    }
    for (name, bytes) in &spec.etc {
        root::write_etc(name, bytes)?;
    }
    let read_only = spec.read_only.iter().map(|mount| (mount, Access::Read));
    let mut mounts: Vec<(&Mount, Access)> =
        read_only.chain(spec.writable.iter().map(|mount| (mount, Access::Write))).collect();
    // What lies in another comes after it.
    mounts.sort_by_key(|(mount, _)| mount.target.matches('/').count());
    for (mount, access) in mounts {
        root::bind(&mount.source, &mount.target, access)?;
        // At once: what comes to lie in it is not meant.
        if let (Some(user), Access::Write) = (user, access) {
            owner::give(Path::new(&mount.target), user)
                .map_err(|error| format!("{} cannot be given to the program: {error}", mount.target))?;
        }
    }
    if !Path::new(root::checked(&spec.cwd)?).is_dir() {
        root::make_folder(&spec.cwd)?;
    }
    root::seal()?;
    Ok(Room::new(&spec.writable))
}

/// Becomes an ordinary user, in a user namespace with no power over the mounts of the one before.
fn become_user(user: Option<u32>) -> Result<(), String> {
    let refused = |errno: nix::errno::Errno| format!("no other user: {errno}");
    if let Some(user) = user {
        let (uid, gid) = (Uid::from_raw(user), Gid::from_raw(user));
        setgroups(&[]).map_err(refused)?;
        setresgid(gid, gid, gid).map_err(refused)?;
        setresuid(uid, uid, uid).map_err(refused)?;
        // Else its files in /proc stay root's.
        prctl::set_dumpable(true).map_err(refused)?;
    }
    unshare(CloneFlags::CLONE_NEWUSER).map_err(|errno| format!("no second user namespace: {errno}"))?;
    let outside = user.unwrap_or(0);
    map_user(USER, outside, USER, outside)?;
    end_with_parent()
}

fn limit(limits: &JailLimits, others: u64) -> Result<(), String> {
    // When the machine runs out of memory, what is in here ends first.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    limits::set(&[
        (Resource::RLIMIT_CORE, 0),
        (Resource::RLIMIT_NOFILE, OPEN_FILES),
        (Resource::RLIMIT_FSIZE, limits.file),
        // Not the address space: runtimes reserve far more of it than they use, and this process does too.
        (Resource::RLIMIT_DATA, limits.memory.max(LEAST_DATA)),
        (Resource::RLIMIT_MEMLOCK, 64 << 10),
        (Resource::RLIMIT_MSGQUEUE, 0),
        (Resource::RLIMIT_NPROC, limits.processes.saturating_add(others)),
    ])
}

fn spawn(spec: &JailSpec, files: Vec<OwnedFd>) -> Result<Child, String> {
    let [stdin, stdout, stderr] =
        <[OwnedFd; 3]>::try_from(files).map_err(|_| "the program's pipes are missing".to_owned())?;
    let (program, arguments) = spec.program.split_first().ok_or("there is no program")?;
    if !Path::new(&spec.cwd).is_dir() {
        return Err(format!("{}: is no folder", spec.cwd));
    }
    Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(spec.env.iter().map(|(name, value)| (name, value)))
        .current_dir(&spec.cwd)
        .stdin(stdin)
        .stdout(stdout)
        .stderr(stderr)
        .spawn()
        .map_err(|error| format!("{program}: {error}"))
}
