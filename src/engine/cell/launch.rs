use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::outcome::Answer;
use super::{
    ARGUMENT, CellError, CellKind, CellUnavailable, Ended, Job, Kept, Layer, Limits, ProcessOutcome,
};

/// Time that a cell may take beyond its program's, before it is killed from outside.
const GRACE: Duration = Duration::from_secs(5);

/// Runs programs confined. Cheap to clone; any number of threads may run jobs.
#[derive(Clone, Debug)]
pub struct Cell {
    binary: PathBuf,
    kind: CellKind,
    layers: bool,
}

impl Cell {
    /// Finds out, by running one empty program, how programs can be confined here.
    ///
    /// `binary` is the plugin-eval binary, whose `main` hands the argument `cell` to [`enter`](super::enter);
    /// as a rule `std::env::current_exe()`.
    pub fn probe(binary: &Path) -> Result<Self, CellUnavailable> {
        let mut reasons = Vec::new();
        for kind in [CellKind::Namespaces, CellKind::Confined] {
            match Self::probe_kind(binary, kind) {
                Ok(cell) => return Ok(cell),
                Err(unavailable) => reasons.push(unavailable.reason),
            }
        }
        Err(CellUnavailable { reason: reasons.join("; ") })
    }

    /// As [`Cell::probe`], for one kind only.
    pub fn probe_kind(binary: &Path, kind: CellKind) -> Result<Self, CellUnavailable> {
        let name = match kind {
            CellKind::Namespaces => "without namespaces",
            CellKind::Confined => "without Landlock",
        };
        let mut cell = Self { binary: binary.to_owned(), kind, layers: false };
        let mut job = Job {
            shell: "/bin/sh".into(),
            command: "echo confined".into(),
            env: vec![("PATH".into(), "/usr/bin:/bin".into())],
            cwd: "/".into(),
            mounts: Vec::new(),
            writable: Vec::new(),
            keep: None,
            layer: None,
            limits: Limits::default(),
        };
        match cell.run(&job, b"") {
            Ok(ProcessOutcome { ended: Ended::Exit(0), stdout, .. }) if stdout == b"confined\n" => {
                if kind == CellKind::Namespaces {
                    let (source, target) = (std::env::temp_dir(), "/folder".to_owned());
                    let before = Kept::default();
                    job.layer = Some(Layer { source, target, before, watch: false, group: None });
                    cell.layers = cell.run(&job, b"").is_ok_and(|outcome| outcome.ended == Ended::Exit(0));
                }
                Ok(cell)
            }
            Ok(outcome) => {
                let why = String::from_utf8_lossy(&outcome.stderr).into_owned();
                Err(CellUnavailable {
                    reason: format!("{name} ({:?} {})", outcome.ended, why.escape_debug()),
                })
            }
            Err(error) => Err(CellUnavailable { reason: format!("{name} ({error})") }),
        }
    }

    /// How programs are confined.
    pub fn kind(&self) -> CellKind {
        self.kind
    }

    /// Can a job have a [`Layer`]? That needs namespaces and an overlay filesystem.
    pub fn layers(&self) -> bool {
        self.layers
    }

    /// Runs a job with these bytes on its standard input, to its end or to a limit. When this returns, no process of
    /// the job is left.
    pub fn run(&self, job: &Job, stdin: &[u8]) -> Result<ProcessOutcome, CellError> {
        let step = match self.kind {
            CellKind::Namespaces => "outer",
            CellKind::Confined => "watch",
        };
        let spec = serde_json::to_vec(job).map_err(|error| CellError::Setup(error.to_string()))?;
        let mut child = Command::new(&self.binary)
            .args([ARGUMENT, step, &std::process::id().to_string()])
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .current_dir("/")
            .spawn()
            .map_err(|source| CellError::Start { binary: self.binary.clone(), source })?;
        let answer = exchange(&mut child, &spec, stdin, job.limits);
        // Killing is a last resort: a cell that is gone already is not hurt by it.
        let _ = child.kill();
        let _ = child.wait();
        match Answer::parse(&answer) {
            Some(Ok(outcome)) => Ok(outcome),
            Some(Err(reason)) => Err(CellError::Setup(reason)),
            None => Err(CellError::NoAnswer),
        }
    }
}

/// Hands job and input over, and reads the answer for as long as a cell may take.
fn exchange(child: &mut Child, spec: &[u8], stdin: &[u8], limits: Limits) -> Vec<u8> {
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Vec::new();
    };
    // Kept files may double in JSON, and more.
    let most = 2 * limits.output + (8 << 20);
    let deadline = Duration::from_millis(limits.time_ms) + GRACE;
    std::thread::scope(|scope| {
        let (done, wait) = mpsc::channel();
        let reader = scope.spawn(move || {
            let mut answer = Vec::new();
            let _ = output.take(most).read_to_end(&mut answer);
            let _ = done.send(());
            answer
        });
        let writer = scope.spawn(move || {
            // A program may well end without reading its input.
            let _ = input.write_all(&(spec.len() as u64).to_le_bytes());
            let _ = input.write_all(spec);
            let _ = input.write_all(stdin);
        });
        if wait.recv_timeout(deadline).is_err() {
            let _ = child.kill();
        }
        let _ = child.wait();
        let _ = writer.join();
        reader.join().unwrap_or_default()
    })
}
