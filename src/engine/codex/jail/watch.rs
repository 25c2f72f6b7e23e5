//! Waits for the program, for a word from outside, and for a limit.

use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::process::Child;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::JailEnd;
use super::room::Room;
use crate::engine::namespace::usage::{Usage, process_ids};

/// How often limits are looked at, in milliseconds.
const TICK: u16 = 100;

/// A program that runs, and what may end it.
pub(super) struct Watch<'w> {
    pub(super) program: Child,
    pub(super) control: &'w UnixStream,
    pub(super) memory: u64,
    pub(super) room: Room,
}

impl Watch<'_> {
    /// Waits for the end.
    pub(super) fn run(self) -> Result<JailEnd, String> {
        let broken = |errno: Errno| format!("cannot watch: {errno}");
        let program = Pid::from_raw(self.program.id().cast_signed());
        // Blocked only now: the program would inherit it.
        let mut ended = SigSet::empty();
        ended.add(Signal::SIGCHLD);
        ended.thread_block().map_err(broken)?;
        let ended =
            SignalFd::with_flags(&ended, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC).map_err(broken)?;
        let mut looked = Instant::now();
        loop {
            if let Some(end) = reap(program) {
                return Ok(end);
            }
            let mut fds = [
                PollFd::new(self.control.as_fd(), PollFlags::POLLIN),
                PollFd::new(ended.as_fd(), PollFlags::POLLIN),
            ];
            match poll(&mut fds, PollTimeout::from(TICK)) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(errno) => return Err(broken(errno)),
            }
            // Nothing more is said from outside, so this is the end of whoever could say it.
            if fds[0].any().unwrap_or(true) {
                return Ok(JailEnd::Stopped);
            }
            while ended.read_signal().is_ok_and(|signal| signal.is_some()) {}
            if looked.elapsed() >= Duration::from_millis(u64::from(TICK)) {
                looked = Instant::now();
                if let Some(end) = self.over_limit() {
                    return Ok(end);
                }
            }
        }
    }

    fn over_limit(&self) -> Option<JailEnd> {
        let processes: Vec<i32> = process_ids().filter(|pid| *pid != 1).collect();
        if Usage::of(&processes).memory > self.memory || !self.room.in_memory() {
            return Some(JailEnd::Memory);
        }
        (!self.room.on_disk()).then_some(JailEnd::Disk)
    }
}

/// Collects every ended process; gives how the program ended, once it has.
fn reap(program: Pid) -> Option<JailEnd> {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, code)) if pid == program => return Some(JailEnd::Exit(code)),
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == program => {
                return Some(JailEnd::Signal(signal as i32));
            }
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return None,
            _ => {}
        }
    }
}
