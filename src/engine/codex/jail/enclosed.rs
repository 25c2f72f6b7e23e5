//! The outer process of a jail, as seen by who started it.

use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{ARGUMENT, JailError, Network, OPEN_NETWORK};

/// How long a jail may take to end by itself.
const GRACE: Duration = Duration::from_secs(5);

/// A jail's outer process and the socket to what is inside. Dropped, it waits until nothing is left of either.
#[derive(Debug)]
pub(super) struct Enclosed {
    outer: Child,
    pub(super) control: UnixStream,
    gone: bool,
}

impl Enclosed {
    /// Starts the outer process.
    pub(super) fn start(binary: &Path, network: Network) -> Result<Self, JailError> {
        let failed = |source| JailError::Start { binary: binary.to_owned(), source };
        let (control, theirs) = UnixStream::pair().map_err(failed)?;
        let outer = Command::new(binary)
            .args([ARGUMENT, "outer"])
            .args((network == Network::Machine).then_some(OPEN_NETWORK))
            .env_clear()
            .current_dir("/")
            .stdin(std::os::fd::OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        Ok(Self { outer, control, gone: false })
    }

    /// Ends everything inside, if that has not happened, and waits for it.
    pub(super) fn end(&mut self) {
        if self.gone {
            return;
        }
        self.gone = true;
        let _ = self.control.shutdown(Shutdown::Both);
        let deadline = Instant::now() + GRACE;
        let mut pause = Duration::from_micros(100);
        while matches!(self.outer.try_wait(), Ok(None)) {
            if Instant::now() >= deadline {
                let _ = self.outer.kill();
                let _ = self.outer.wait();
                return;
            }
            std::thread::sleep(pause);
            pause = (2 * pause).min(Duration::from_millis(5));
        }
    }
}

impl Drop for Enclosed {
    fn drop(&mut self) {
        self.end();
    }
}
