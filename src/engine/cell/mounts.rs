//! The filesystem of a cell.

use std::fs::File;
use std::path::Path;

use super::Job;
use crate::engine::namespace::root::{self, Access};
use crate::engine::namespace::user::USER;

/// Files of the host's `/etc` that a hook's shell reads.
const ETC: &[&str] = &["bash.bashrc", "profile"];
/// Most files in one folder in memory.
const FILES: u64 = 4096;

/// Makes an empty root, fills it, and lets go of the host's. `owner` is the user that the program gets, where it is not
/// the one of this process. Gives the parts of the job's layer.
pub(super) fn build(job: &Job, owner: Option<u32>) -> Result<Option<File>, String> {
    root::enter()?;
    root::etc(owner.unwrap_or(USER), "/tmp", "/bin/sh", ETC)?;
    root::devices(&[])?;
    root::link("/dev/shm", "/tmp")?;
    // Where a new one is refused, most programs live without.
    let _ = root::proc();
    for folder in std::iter::once("/tmp").chain(job.writable.iter().map(String::as_str)) {
        root::memory_folder(folder, job.limits.files, FILES)?;
    }
    let layer = match &job.layer {
        Some(layer) => Some(layer.mount(job.limits.files, FILES, owner)?),
        None => None,
    };
    for mount in &job.mounts {
        root::bind(&mount.source, &mount.target, Access::Read)?;
    }
    let cwd = root::checked(&job.cwd)?;
    if !Path::new(cwd).is_dir() {
        root::make_folder(cwd)?;
    }
    root::seal()?;
    Ok(layer)
}
