use std::io::{self, PipeReader, PipeWriter, Read as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::enclosed::Enclosed;
use super::wire::{self, Report};
use super::{ARGUMENT, JailEnd, JailError, JailLimits, JailSpec, JailUnavailable, Network, OpenJail, owner};
use crate::engine::cell::Mount;
use crate::source::Owner;

/// Longest reason that is read from a trial, in bytes.
const MAX_REASON: u64 = 4096;

/// Ends of the program's standard input, output and error.
pub(super) type Pipes = (PipeWriter, PipeReader, PipeReader);

/// A jail with a program in it. Dropped, it ends everything inside and waits until nothing is left.
#[derive(Debug)]
pub struct Jail {
    enclosed: Enclosed,
    user: Option<u32>,
    folders: Vec<PathBuf>,
    end: Option<JailEnd>,
    stopped: Arc<AtomicBool>,
    /// The program's standard input; the program reads its end when this is dropped.
    pub stdin: Option<PipeWriter>,
    /// The program's standard output.
    pub stdout: Option<PipeReader>,
    /// The program's standard error.
    pub stderr: Option<PipeReader>,
}

impl Jail {
    /// Finds out, by running one trial, whether the Codex CLI can be confined here; says what is missing.
    ///
    /// `binary` is the plugin-eval binary, whose `main` hands the argument `jail` to [`enter`](super::enter); as a
    /// rule `std::env::current_exe()`.
    pub fn probe(binary: &Path) -> Result<(), JailUnavailable> {
        let unavailable = |error: JailError| JailUnavailable {
            reason: match error {
                JailError::Setup(reason) => reason,
                other => other.to_string(),
            },
        };
        let target = "/trial/plugin-eval".to_owned();
        let spec = JailSpec {
            program: vec![target.clone(), ARGUMENT.to_owned(), "trial".to_owned()],
            cwd: "/".to_owned(),
            read_only: vec![Mount { source: binary.to_owned(), target }],
            limits: JailLimits::default(),
            ..JailSpec::default()
        };
        let mut jail = Self::open(binary).and_then(|open| open.start(&spec)).map_err(unavailable)?;
        let end = jail.wait(Duration::from_secs(30));
        if end == Some(JailEnd::Exit(0)) {
            return Ok(());
        }
        jail.kill();
        let mut reason = String::new();
        if let Some(stderr) = jail.stderr.take() {
            let _ = stderr.take(MAX_REASON).read_to_string(&mut reason);
        }
        if reason.is_empty() {
            reason = format!("a trial ended with {end:?}");
        }
        Err(JailUnavailable { reason })
    }

    /// Opens a jail that listens on its loopback and does not run the program yet, so that the port is known when
    /// the program's files are written.
    pub fn open(binary: &Path) -> Result<OpenJail, JailError> {
        Self::open_on(binary, Network::Loopback)
    }

    /// As [`Jail::open`], with the network that the jail is to have.
    pub fn open_on(binary: &Path, network: Network) -> Result<OpenJail, JailError> {
        OpenJail::new(binary, network)
    }

    pub(super) fn new(enclosed: Enclosed, user: Option<u32>, spec: &JailSpec, pipes: Pipes) -> Self {
        let folders = spec.writable.iter().map(|mount| mount.source.clone()).collect();
        let (stdin, stdout, stderr) = (Some(pipes.0), Some(pipes.1), Some(pipes.2));
        Self { enclosed, user, folders, end: None, stopped: Arc::default(), stdin, stdout, stderr }
    }

    /// The user that its writable folders belong to.
    pub fn owner(&self) -> Owner {
        owner::of(self.user)
    }

    /// Waits at most this long for the end; `None` when the program still runs. After the end, nothing of the jail is
    /// left, and this gives the same for ever.
    pub fn wait(&mut self, patience: Duration) -> Option<JailEnd> {
        if self.end.is_some() {
            return self.end;
        }
        let deadline = Instant::now() + patience;
        // The answer comes at once, but none at all is no valid time to wait.
        let patience = patience.max(Duration::from_millis(1));
        let _ = self.enclosed.control.set_read_timeout(Some(patience));
        let end = match wire::receive(&self.enclosed.control) {
            Ok(Some((Report::Ended(end), _))) => end,
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                if Instant::now() < deadline && !self.is_stopped() {
                    return self.wait(deadline.saturating_duration_since(Instant::now()));
                }
                return None;
            }
            _ if self.is_stopped() => JailEnd::Stopped,
            _ => JailEnd::Lost,
        };
        self.finish(end)
    }

    /// Ends everything inside at once, and waits until nothing is left.
    pub fn kill(&mut self) {
        if self.end.is_none() {
            self.stopped.store(true, Ordering::Relaxed);
            self.finish(JailEnd::Stopped);
        }
    }

    /// Something that can stop the jail while another thread waits for it.
    pub fn stopper(&self) -> io::Result<Stopper> {
        Ok(Stopper { control: self.enclosed.control.try_clone()?, stopped: self.stopped.clone() })
    }

    /// Makes what was put into a writable folder since the start, at this path of the host, the program's own.
    /// Needed when root made the jail; else nothing changes.
    pub fn give(&self, path: &Path) -> io::Result<()> {
        self.user.map_or(Ok(()), |user| owner::give_in(&self.folders, path, user))
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    fn finish(&mut self, end: JailEnd) -> Option<JailEnd> {
        self.enclosed.end();
        self.end = Some(end);
        self.end
    }
}

/// Stops a jail from another thread.
#[derive(Debug)]
pub struct Stopper {
    control: UnixStream,
    stopped: Arc<AtomicBool>,
}

impl Stopper {
    /// Ends everything inside at once. Does not wait for it: whoever holds the [`Jail`] does.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        let _ = self.control.shutdown(Shutdown::Both);
    }
}
