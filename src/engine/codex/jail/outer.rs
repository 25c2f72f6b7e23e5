//! The outer process: makes the namespaces, and waits for the first process in them.

use std::fs;
use std::process::{Command, Stdio};

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid, setsid};

use super::entry::close_stdin;
use super::{ARGUMENT, Network, OPEN_NETWORK};
use crate::engine::namespace::user::{is_root_of_machine, map_user, spare_user};

/// Makes the namespaces and runs the first process in them to its end.
pub(super) fn run(network: Network) -> Result<(), String> {
    // Nothing inside may reach the terminal of the run, and its Ctrl-C is for the run to answer.
    setsid().map_err(|errno| format!("no session of its own: {errno}"))?;
    let user = separate(network)?;
    // Opened now: the first process changes the root of this one too.
    let null = fs::File::open("/dev/null").map_err(|error| format!("/dev/null: {error}"))?;
    let mut command = Command::new("/proc/self/exe");
    command.args([ARGUMENT, "first"]).args(user.map(|user| user.to_string()));
    command.args((network == Network::Machine).then_some(OPEN_NETWORK));
    command.env_clear().stdin(Stdio::inherit()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut first = command.spawn().map_err(|error| format!("cannot be started again: {error}"))?;
    close_stdin(null.into())?;
    first.wait().map(|_| ()).map_err(|error| format!("cannot be waited for: {error}"))
}

/// Gives the user id that the program is to have outside, where it is not the one of this process.
fn separate(network: Network) -> Result<Option<u32>, String> {
    let mut spaces = CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS;
    spaces.set(CloneFlags::CLONE_NEWNET, network == Network::Loopback);
    let (uid, gid) = (geteuid(), getegid());
    if uid.is_root() {
        let made = unshare(spaces);
        match spare_user() {
            Some(user) if made.is_ok() => return Ok(Some(user)),
            _ if is_root_of_machine() => {
                let why = made.err().map_or("no user id to spare".to_owned(), |errno| errno.to_string());
                return Err(format!("root may not make namespaces ({why})"));
            }
            _ => {}
        }
    }
    unshare(spaces | CloneFlags::CLONE_NEWUSER)
        .map_err(|errno| format!("user namespaces are not allowed ({errno})"))?;
    map_user(0, uid.as_raw(), 0, gid.as_raw())?;
    Ok(None)
}
