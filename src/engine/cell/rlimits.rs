//! Resource limits of the kernel.

use nix::sys::resource::Resource;

use super::Limits;
use crate::engine::namespace::limits;

/// Open files of one process.
const OPEN_FILES: u64 = 256;

/// Sets the limits of this process, which all that it starts inherit. `others` is how many processes its user has
/// already that are none of the cell's.
pub(super) fn set(of: &Limits, others: u64) -> Result<(), String> {
    limits::set(&[
        (Resource::RLIMIT_CORE, 0),
        (Resource::RLIMIT_NOFILE, OPEN_FILES),
        (Resource::RLIMIT_FSIZE, of.files),
        // Processor time cannot be more than wall time on every processor; this ends what the watch cannot.
        (Resource::RLIMIT_CPU, of.time_ms.div_ceil(1000) + 1),
        // Not the address space: runtimes reserve far more of it than they use.
        (Resource::RLIMIT_DATA, of.memory),
        (Resource::RLIMIT_MEMLOCK, 64 << 10),
        (Resource::RLIMIT_MSGQUEUE, 0),
        (Resource::RLIMIT_NPROC, of.processes.saturating_add(others)),
    ])
}
