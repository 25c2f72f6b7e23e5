//! Resource limits of the kernel, and the user id that a program runs under when the cell is made by root.

use std::fs;

use nix::sys::resource::{Resource, setrlimit};

use super::Limits;
use super::usage::process_ids;

/// Open files of one process.
const OPEN_FILES: u64 = 256;
/// First user id that no system gives out, and the one used where there are few.
const HIGH_USER: u32 = 0x7000_0000;
const NOBODY: u32 = 65534;

/// Sets the limits of this process, which all that it starts inherit. `others` is how many processes its user has
/// already that are none of the cell's.
pub(super) fn set(limits: &Limits, others: u64) -> Result<(), String> {
    // Processor time cannot be more than wall time on every processor; this ends what the watch cannot.
    let seconds = limits.time_ms.div_ceil(1000) + 1;
    let mut wanted = vec![
        (Resource::RLIMIT_CORE, 0),
        (Resource::RLIMIT_NOFILE, OPEN_FILES),
        (Resource::RLIMIT_FSIZE, limits.files),
        (Resource::RLIMIT_CPU, seconds),
        // Not the address space: runtimes reserve far more of it than they use.
        (Resource::RLIMIT_DATA, limits.memory),
        (Resource::RLIMIT_MEMLOCK, 64 << 10),
        (Resource::RLIMIT_MSGQUEUE, 0),
    ];
    wanted.push((Resource::RLIMIT_NPROC, limits.processes.saturating_add(others)));
    for (resource, limit) in wanted {
        let (_, hard) = nix::sys::resource::getrlimit(resource).map_err(|errno| errno.to_string())?;
        let limit = limit.min(hard);
        setrlimit(resource, limit, limit).map_err(|errno| format!("{resource:?}: {errno}"))?;
    }
    Ok(())
}

/// How many processes and threads this user has on the whole machine.
pub(super) fn processes_of_user() -> u64 {
    let own = format!("Uid:\t{}\t", nix::unistd::getuid());
    let threads = process_ids().filter_map(|pid| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let threads =
            status.lines().find_map(|line| line.strip_prefix("Threads:"))?.trim().parse::<u64>().ok()?;
        status.contains(&own).then_some(threads)
    });
    threads.sum()
}

/// Linux counts a user's processes per user namespace since 5.14.
pub(super) fn counts_per_namespace() -> bool {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers = release.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (5, 14)
}

/// A user and group id that nothing else uses; `None` when this user namespace has none to spare.
///
/// One id per cell, so that the kernel counts processes per cell and cells cannot signal each other.
pub(super) fn spare_user() -> Option<u32> {
    let own = HIGH_USER + std::process::id() % 0x0fff_ffff;
    [own, NOBODY]
        .into_iter()
        .find(|id| is_mapped("/proc/self/uid_map", *id) && is_mapped("/proc/self/gid_map", *id))
}

fn is_mapped(map: &str, id: u32) -> bool {
    fs::read_to_string(map).unwrap_or_default().lines().any(|line| {
        let mut numbers = line.split_ascii_whitespace().filter_map(|number| number.parse::<u64>().ok());
        let (Some(first), Some(_), Some(count)) = (numbers.next(), numbers.next(), numbers.next()) else {
            return false;
        };
        (first..first + count).contains(&u64::from(id))
    })
}
