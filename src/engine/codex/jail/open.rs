use std::net::TcpListener;
use std::os::fd::AsFd as _;
use std::path::Path;
use std::time::Duration;

use super::enclosed::Enclosed;
use super::wire::{self, Report};
use super::{Jail, JailError, JailSpec, Network, owner};
use crate::source::Owner;

/// How long a jail may take to open, and to start its program.
const PATIENCE: Duration = Duration::from_secs(30);

/// A jail whose loopback is up and in which nothing runs yet. Dropped, it is gone.
#[derive(Debug)]
pub struct OpenJail {
    enclosed: Enclosed,
    listener: Option<TcpListener>,
    port: u16,
    user: Option<u32>,
}

impl OpenJail {
    pub(super) fn new(binary: &Path, network: Network) -> Result<Self, JailError> {
        let enclosed = Enclosed::start(binary, network)?;
        let _ = enclosed.control.set_read_timeout(Some(PATIENCE));
        match wire::receive(&enclosed.control) {
            Ok(Some((Report::Listening { port, user }, mut files))) if files.len() == 1 => {
                let listener = Some(TcpListener::from(files.remove(0)));
                Ok(Self { enclosed, listener, port, user })
            }
            other => Err(trouble(other)),
        }
    }

    /// The port of `127.0.0.1` inside on which this process can be reached.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The socket that listens on it; once. When it is dropped, connecting is refused inside.
    pub fn listener(&mut self) -> Option<TcpListener> {
        self.listener.take()
    }

    /// The user that its writable folders will belong to.
    pub fn owner(&self) -> Owner {
        owner::of(self.user)
    }

    /// Puts everything in its place and starts the program.
    pub fn start(self, spec: &JailSpec) -> Result<Jail, JailError> {
        let setup = |error: std::io::Error| JailError::Setup(error.to_string());
        let (stdin, our_stdin) = std::io::pipe().map_err(setup)?;
        let (our_stdout, stdout) = std::io::pipe().map_err(setup)?;
        let (our_stderr, stderr) = std::io::pipe().map_err(setup)?;
        let files = [stdin.as_fd(), stdout.as_fd(), stderr.as_fd()];
        // What went wrong meanwhile is told in the answer.
        let _ = wire::send(&self.enclosed.control, spec, &files);
        drop((stdin, stdout, stderr));
        match wire::receive(&self.enclosed.control) {
            Ok(Some((Report::Started, _))) => {
                Ok(Jail::new(self.enclosed, self.user, spec, (our_stdin, our_stdout, our_stderr)))
            }
            other => Err(trouble(other)),
        }
    }
}

fn trouble<F>(answer: std::io::Result<Option<(Report, F)>>) -> JailError {
    match answer {
        Ok(Some((Report::Failed(reason), _))) => JailError::Setup(reason),
        Ok(Some((report, _))) => JailError::NoAnswer(format!("it said {report:?}")),
        Ok(None) => JailError::NoAnswer("it is gone".to_owned()),
        Err(error) => JailError::NoAnswer(error.to_string()),
    }
}
