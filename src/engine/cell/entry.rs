use std::io::Write as _;

use super::outcome::Answer;
use super::{Job, ProcessOutcome, confined, inner, outer};

/// Largest job description that is read, in bytes.
const MAX_JOB: u64 = 64 << 20;

/// What the binary does when its first argument is `cell`; `arguments` are those after it. Gives the exit code.
///
/// Never called by people: it reads a job from standard input and answers on standard output.
pub fn enter(arguments: &[String]) -> u8 {
    let step = arguments.first().map(String::as_str);
    // Whatever becomes of the run that started it, a cell does not outlive it. The kernel ends namespaces with their
    // first process; without them the watching process must live on to end the others.
    if step != Some("watch") {
        let _ = nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL);
    }
    match step {
        Some("outer") => outer::run(),
        Some("inner") => answer(&inner::run(arguments.get(1).and_then(|user| user.parse().ok()))),
        Some("watch") => {
            let told = arguments.get(1).and_then(|parent| parent.parse().ok());
            answer(&confined::watch(told.map_or_else(nix::unistd::getppid, nix::unistd::Pid::from_raw)))
        }
        Some("exec") => confined::exec(arguments.get(1..).unwrap_or_default()),
        _ => 70,
    }
}

/// Writes the answer; the exit code only matters to people who look at processes.
pub(super) fn answer(result: &Result<ProcessOutcome, String>) -> u8 {
    let bytes = Answer::bytes(result.as_ref().map_err(Clone::clone));
    let mut stdout = std::io::stdout().lock();
    let written = stdout.write_all(&bytes).and_then(|()| stdout.flush());
    u8::from(written.is_err())
}

/// Reads the job from standard input, and not one byte more: the rest is the program's input.
pub(super) fn read_job() -> Result<Job, String> {
    let mut length = [0; 8];
    read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    if length > MAX_JOB {
        return Err("the job is too large".into());
    }
    let mut spec = vec![0; length as usize];
    read_exact(&mut spec)?;
    serde_json::from_slice(&spec).map_err(|error| format!("the job cannot be read: {error}"))
}

fn read_exact(mut buffer: &mut [u8]) -> Result<(), String> {
    while !buffer.is_empty() {
        match nix::unistd::read(std::io::stdin(), buffer) {
            Ok(0) => return Err("the job is cut short".into()),
            Ok(read) => buffer = &mut buffer[read..],
            Err(nix::errno::Errno::EINTR) => {}
            Err(errno) => return Err(format!("the job cannot be read: {errno}")),
        }
    }
    Ok(())
}
