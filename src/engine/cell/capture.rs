//! Waits for a program, reads what it writes, and ends it at its limits.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getppid};

use super::{Ended, Limits, ProcessOutcome};
use crate::engine::namespace::usage::Usage;

/// How often limits are looked at; the first looks are closer together, for programs that end at once.
const TICK: Duration = Duration::from_millis(10);

/// A program that runs, with the reading ends of its output.
pub(super) struct Watch<'w> {
    pub(super) program: Pid,
    /// Whoever asked; when another process has taken its place, nobody asks any more.
    pub(super) parent: Pid,
    pub(super) stdout: File,
    pub(super) stderr: File,
    pub(super) limits: Limits,
    /// What all processes of the cell use now.
    pub(super) usage: &'w dyn Fn() -> Usage,
}

/// One output stream.
struct Stream {
    file: Option<File>,
    bytes: Vec<u8>,
}

impl Watch<'_> {
    /// Waits until the program has ended and nobody holds its output any more, or until a limit is reached.
    ///
    /// Codex 0.169 waits for the end of the output too, not for the program alone.
    pub(super) fn run(self) -> ProcessOutcome {
        let deadline = Instant::now() + Duration::from_millis(self.limits.time_ms);
        let mut streams =
            [self.stdout, self.stderr].map(|file| Stream { file: Some(file), bytes: Vec::new() });
        let mut looked = Instant::now();
        let mut status = None;
        let ended = loop {
            status = reap(self.program).or(status);
            let open = streams.iter().any(|stream| stream.file.is_some());
            if let (Some(ended), false) = (status, open) {
                break ended;
            }
            if Instant::now() >= deadline {
                break Ended::Timeout;
            }
            if looked.elapsed() >= TICK {
                looked = Instant::now();
                // Whoever asked is gone: end, so that the caller can clear up.
                if getppid() != self.parent {
                    break Ended::Timeout;
                }
                let usage = (self.usage)();
                if usage.memory > self.limits.memory {
                    break Ended::Memory;
                }
                if usage.processes > 2 * self.limits.processes {
                    break Ended::Processes;
                }
            }
            wait_for_output(&mut streams, deadline);
            if streams.iter().any(|stream| stream.bytes.len() as u64 > self.limits.output) {
                break Ended::Output;
            }
        };
        let [stdout, stderr] = streams.map(|stream| {
            let mut bytes = stream.bytes;
            bytes.truncate(self.limits.output as usize);
            bytes
        });
        ProcessOutcome { ended, stdout, stderr, ..ProcessOutcome::default() }
    }
}

/// Collects every ended process; gives how the program ended, once it has.
fn reap(program: Pid) -> Option<Ended> {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, code)) if pid == program => return Some(Ended::Exit(code)),
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == program => {
                return Some(Ended::Signal(signal as i32));
            }
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return None,
            _ => {}
        }
    }
}

/// Reads what has come, or waits a little for more.
fn wait_for_output(streams: &mut [Stream; 2], deadline: Instant) {
    let left = deadline.saturating_duration_since(Instant::now()).min(TICK);
    let files: Vec<&File> = streams.iter().filter_map(|stream| stream.file.as_ref()).collect();
    if files.is_empty() {
        std::thread::sleep(left.min(Duration::from_millis(1)));
        return;
    }
    let mut fds: Vec<PollFd<'_>> =
        files.iter().map(|file| PollFd::new(file.as_fd(), PollFlags::POLLIN)).collect();
    let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO);
    if poll(&mut fds, timeout).unwrap_or(0) == 0 {
        return;
    }
    let ready: Vec<bool> = fds.iter().map(|fd| fd.any().unwrap_or(true)).collect();
    let mut ready = ready.into_iter();
    let mut buffer = [0; 16 << 10];
    for stream in streams {
        let Some(file) = &mut stream.file else { continue };
        if ready.next() != Some(true) {
            continue;
        }
        match file.read(&mut buffer) {
            Ok(0) => stream.file = None,
            Ok(read) => stream.bytes.extend_from_slice(&buffer[..read]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => stream.file = None,
        }
    }
}
