//! The outer process: makes the namespaces, and waits for the inner one, which is the first process in them.

use std::fs;
use std::process::{Command, Stdio};

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid};

use super::ARGUMENT;
use super::entry::answer;
use crate::engine::namespace::user::{map_user, spare_user};

/// Makes the namespaces and runs the inner process; an answer is given either way.
pub(super) fn run() -> u8 {
    match start() {
        Ok(()) => 0,
        Err(reason) => answer(&Err(reason)),
    }
}

fn start() -> Result<(), String> {
    let spaces = CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS;
    // Root does not need a user namespace where its program can run under a user id of its own.
    let user = if geteuid().is_root() { spare_user() } else { None };
    let user = user.filter(|_| unshare(spaces).is_ok());
    if user.is_none() {
        let (uid, gid) = (geteuid(), getegid());
        unshare(spaces | CloneFlags::CLONE_NEWUSER).map_err(|errno| format!("no new namespaces: {errno}"))?;
        map_user(0, uid.as_raw(), 0, gid.as_raw())?;
    }
    // Opened now: the inner process changes the root of this one too.
    let null = fs::File::open("/dev/null").map_err(|error| format!("/dev/null: {error}"))?;
    let mut command = Command::new("/proc/self/exe");
    command.args([ARGUMENT, "inner"]).args(user.map(|user| user.to_string()));
    command.env_clear().stdin(Stdio::inherit()).stdout(Stdio::inherit());
    let mut inner = command.spawn().map_err(|error| format!("cannot be started again: {error}"))?;
    // The program's input must end when its last reader is gone, so this process must not be one.
    nix::unistd::dup2_stdin(null).map_err(|errno| format!("/dev/null: {errno}"))?;
    inner.wait().map(|_| ()).map_err(|error| format!("cannot be waited for: {error}"))
}
