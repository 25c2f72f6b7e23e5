//! Rules files that could grow without bound are tried in a process of their own first, where memory and time are
//! limited. Starlark looks at neither inside one expression: `"a" * 10000000000` is made at once.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::{evaluate, scan};
use crate::finding::Finding;
use crate::source::{Place, TextFile};

/// First argument with which the program is started to try rules files.
pub const ARGUMENT: &str = "rules";
/// Address space of the process, in bytes; its stack and the allocator's reserve are part of it.
#[cfg(target_os = "linux")]
const MAX_SPACE: u64 = 2 << 30;
/// Processor time of the process, in seconds.
#[cfg(target_os = "linux")]
const MAX_SECONDS: u64 = 10;
/// Largest input of the process, in bytes.
const MAX_INPUT: u64 = 64 << 20;

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Names the program that calls [`enter`] when it is started with [`ARGUMENT`]. Without it, rules files are
/// evaluated in this process alone.
pub fn set_program(program: PathBuf) {
    // The first one stays.
    drop(PROGRAM.set(program));
}

/// Tries the rules files that standard input holds, in a process of its own; the process's exit code.
pub fn enter() -> u8 {
    limit();
    let mut input = String::new();
    if std::io::stdin().take(MAX_INPUT).read_to_string(&mut input).is_err() {
        return 2;
    }
    let files = input.split('\0').map(|text| TextFile::new("rules", text)).collect::<Vec<_>>();
    u8::from(evaluate::run_all(&files).is_none())
}

#[cfg(target_os = "linux")]
fn limit() {
    use nix::sys::resource::{Resource, setrlimit};
    for (resource, most) in
        [(Resource::RLIMIT_AS, MAX_SPACE), (Resource::RLIMIT_CPU, MAX_SECONDS), (Resource::RLIMIT_CORE, 0)]
    {
        // A limit that cannot be set is one that is stricter already.
        let _ = setrlimit(resource, most, most);
    }
}

#[cfg(not(target_os = "linux"))]
fn limit() {}

/// Whether these files may be evaluated in this process; a finding where they need too much.
pub(super) fn try_apart(files: &[TextFile]) -> Result<(), Finding> {
    if !cfg!(target_os = "linux") || !files.iter().any(|file| scan::can_grow(file.text())) {
        return Ok(());
    }
    let Some(program) = PROGRAM.get() else { return Ok(()) };
    let texts: Vec<&str> = files.iter().map(TextFile::text).collect();
    match ran_well(program, &texts.join("\0")) {
        Ok(false) => {
            let place = Place::file(files.last().map_or_else(|| "rules".into(), |file| file.name().clone()));
            Err(Finding::error("rules", "the rules need more memory or time than rules may take")
                .at(place)
                .help("write lists out instead of computing them"))
        }
        // Without a process of its own nothing is learnt; the bounds of this one still hold.
        Ok(true) | Err(_) => Ok(()),
    }
}

fn ran_well(program: &PathBuf, input: &str) -> std::io::Result<bool> {
    let mut child = Command::new(program)
        .arg(ARGUMENT)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A process that died already does not read; its end tells.
        drop(stdin.write_all(input.as_bytes()));
    }
    Ok(child.wait()?.success())
}
