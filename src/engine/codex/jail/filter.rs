//! System calls that widen what could be attacked, and that neither Codex nor its own sandbox needs. Namespaces and
//! mounts are not among them: that sandbox is made of these.

use nix::libc;

use crate::engine::namespace::filter::{calls, foreign_sockets, install};

/// Refused as forbidden.
const FORBIDDEN: &[libc::c_long] = &[
    libc::SYS_setns,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_reboot,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_fanotify_init,
    libc::SYS_syslog,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_shmget,
    libc::SYS_msgget,
    libc::SYS_semget,
    libc::SYS_mq_open,
];
/// Answered as if the kernel were older.
const UNKNOWN: &[libc::c_long] = &[libc::SYS_io_uring_setup, libc::SYS_io_uring_enter];

/// Filters this process and all that it starts, for good.
pub(super) fn apply() -> Result<(), String> {
    let mut forbidden = calls(FORBIDDEN);
    forbidden.extend(foreign_sockets()?);
    nix::sys::prctl::set_no_new_privs().map_err(|errno| errno.to_string())?;
    install(calls(UNKNOWN), libc::ENOSYS)?;
    install(forbidden, libc::EPERM)
}
