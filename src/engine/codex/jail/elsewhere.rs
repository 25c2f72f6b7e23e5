//! Systems other than Linux: there is no jail, and nothing is run.

use std::convert::Infallible;
use std::io::{self, PipeReader, PipeWriter};
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use super::{JailEnd, JailError, JailSpec, JailUnavailable};
use crate::source::Owner;

const REASON: &str = "this needs Linux";

/// A jail in which nothing runs yet; there is none on this system.
#[derive(Debug)]
pub struct OpenJail(Infallible);

/// A jail with a program in it; there is none on this system.
#[derive(Debug)]
pub struct Jail {
    none: Infallible,
    /// The program's standard input.
    pub stdin: Option<PipeWriter>,
    /// The program's standard output.
    pub stdout: Option<PipeReader>,
    /// The program's standard error.
    pub stderr: Option<PipeReader>,
}

/// Stops a jail from another thread; there is none on this system.
#[derive(Debug)]
pub struct Stopper(Infallible);

impl OpenJail {
    /// The port of `127.0.0.1` inside on which this process can be reached.
    pub fn port(&self) -> u16 {
        match self.0 {}
    }

    /// The socket that listens on it; once.
    pub fn listener(&mut self) -> Option<TcpListener> {
        match self.0 {}
    }

    /// The user that its writable folders belong to.
    pub fn owner(&self) -> Owner {
        match self.0 {}
    }

    /// Puts everything in its place and starts the program.
    pub fn start(self, _spec: &JailSpec) -> Result<Jail, JailError> {
        match self.0 {}
    }
}

impl Jail {
    /// Says that there can be no jail here.
    pub fn probe(_binary: &Path) -> Result<(), JailUnavailable> {
        Err(JailUnavailable { reason: REASON.to_owned() })
    }

    /// Says that there can be no jail here.
    pub fn open(_binary: &Path) -> Result<OpenJail, JailError> {
        Err(JailError::Setup(REASON.to_owned()))
    }

    /// Waits for the end.
    pub fn wait(&mut self, _patience: Duration) -> Option<JailEnd> {
        match self.none {}
    }

    /// The user that its writable folders belong to.
    pub fn owner(&self) -> Owner {
        match self.none {}
    }

    /// Ends everything inside at once.
    pub fn kill(&mut self) {
        match self.none {}
    }

    /// Something that can stop the jail while another thread waits for it.
    pub fn stopper(&self) -> io::Result<Stopper> {
        match self.none {}
    }

    /// Makes a file or folder of the host the program's own.
    pub fn give(&self, _path: &Path) -> io::Result<()> {
        match self.none {}
    }
}

impl Stopper {
    /// Ends everything inside at once.
    pub fn stop(&self) {
        match self.0 {}
    }
}

/// Never called on this system.
pub fn enter(_arguments: &[String]) -> u8 {
    70
}
