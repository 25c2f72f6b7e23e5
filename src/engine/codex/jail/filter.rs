//! System calls that widen what could be attacked, and that neither Codex nor its own sandbox needs. Namespaces and
//! mounts are not among them: that sandbox is made of these.

use nix::libc;

use crate::engine::namespace::filter::{NEEDLESS, calls, foreign_sockets, install};

/// Answered as if the kernel were older.
const UNKNOWN: &[libc::c_long] = &[libc::SYS_io_uring_setup, libc::SYS_io_uring_enter];

/// Filters this process and all that it starts, for good.
pub(super) fn apply() -> Result<(), String> {
    let mut forbidden = calls(NEEDLESS);
    forbidden.extend(foreign_sockets()?);
    nix::sys::prctl::set_no_new_privs().map_err(|errno| errno.to_string())?;
    install(calls(UNKNOWN), libc::ENOSYS)?;
    install(forbidden, libc::EPERM)
}
