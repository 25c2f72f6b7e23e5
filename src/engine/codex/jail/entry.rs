use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;

use super::wire::{self, Report};
use super::{Network, OPEN_NETWORK, first, outer, trial};

/// What the binary does when its first argument is `jail`; `arguments` are those after it. Gives the exit code.
///
/// Never called by people: its standard input is the socket to the process that made it.
pub fn enter(arguments: &[String]) -> u8 {
    let user = arguments.get(1).and_then(|user| user.parse().ok());
    let open = arguments.iter().skip(1).any(|argument| argument == OPEN_NETWORK);
    let network = if open { Network::Machine } else { Network::Loopback };
    match arguments.first().map(String::as_str) {
        Some("outer") => serve(|_| outer::run(network)),
        Some("first") => serve(|control| first::run(control, user, network)),
        Some("trial") => trial::run(),
        Some("trial-first") => trial::first(),
        _ => 70,
    }
}

/// Runs with the socket, and says on it why it could not.
fn serve(run: impl FnOnce(&UnixStream) -> Result<(), String>) -> u8 {
    let Ok(control) = std::io::stdin().as_fd().try_clone_to_owned() else { return 70 };
    let control = UnixStream::from(control);
    let Err(reason) = run(&control) else { return 0 };
    let _ = wire::send(&control, &Report::Failed(reason), &[]);
    70
}

/// Lets go of standard input, so that the socket is closed when its last named owner is gone.
pub(super) fn close_stdin(null: OwnedFd) -> Result<(), String> {
    nix::unistd::dup2_stdin(null).map_err(|errno| format!("/dev/null: {errno}"))
}
