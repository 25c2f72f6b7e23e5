//! What [`Jail::probe`](super::Jail::probe) runs in a jail: Codex's own sandbox makes namespaces and a `/proc` in
//! there, so these must be had twice.

use std::io::Write as _;
use std::process::Command;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

use super::ARGUMENT;
use crate::engine::namespace::user::{USER, map_user};

/// Makes namespaces, and lets another process try the rest; the exit code says how it went, standard error why.
pub(super) fn run() -> u8 {
    told(try_spaces())
}

/// Mounts a `/proc` as the first process of new namespaces.
pub(super) fn first() -> u8 {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    let mounted = mount(Some("proc"), "/proc", Some("proc"), flags, None::<&str>);
    told(mounted.map_err(|errno| format!("its sandbox could not have a /proc ({errno})")))
}

fn try_spaces() -> Result<(), String> {
    let spaces = CloneFlags::CLONE_NEWUSER
        | CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWIPC;
    unshare(spaces).map_err(|errno| format!("its sandbox could not have namespaces ({errno})"))?;
    // As root in there, whose power outlives being started again.
    map_user(0, USER, 0, USER)?;
    let status = Command::new("/proc/self/exe").args([ARGUMENT, "trial-first"]).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        // It has said why.
        Ok(_) => Err(String::new()),
        Err(error) => Err(format!("cannot be started again: {error}")),
    }
}

fn told(result: Result<(), String>) -> u8 {
    let Err(reason) = result else { return 0 };
    let _ = std::io::stderr().write_all(reason.as_bytes());
    1
}
