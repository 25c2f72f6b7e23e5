//! System calls that no hook needs and that widen what it could attack.

use nix::libc;
use seccompiler::SeccompCmpOp;

use crate::engine::namespace::filter::{NEEDLESS, calls, condition, foreign_sockets, install, rule};

/// How namespaces and mounts are made: refused as forbidden.
const ENCLOSURES: &[libc::c_long] = &[
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_unshare,
];
/// Answered as if the kernel were older: programs then use what can be filtered and counted.
const UNKNOWN: &[libc::c_long] =
    &[libc::SYS_clone3, libc::SYS_io_uring_setup, libc::SYS_io_uring_enter, libc::SYS_memfd_create];
/// Flags of `clone` that make namespaces.
const NAMESPACES: &[libc::c_int] = &[
    libc::CLONE_NEWNS,
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
];

/// Refused where the program runs as a user of the host and Landlock does not look: metadata of files that it may only
/// read, and other processes of that user.
const ON_HOST: &[libc::c_long] = &[
    libc::SYS_socket,
    libc::SYS_truncate,
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    FCHMODAT2,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_utimensat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    libc::SYS_setpriority,
    libc::SYS_ioprio_set,
    libc::SYS_sched_setscheduler,
    libc::SYS_sched_setparam,
    libc::SYS_sched_setattr,
    libc::SYS_sched_setaffinity,
    libc::SYS_migrate_pages,
    libc::SYS_move_pages,
];
/// The same number on every architecture; the C library does not name it everywhere yet.
const FCHMODAT2: libc::c_long = 452;
/// Older forms of these, which newer architectures do not have.
#[cfg(target_arch = "x86_64")]
const OLD_ON_HOST: &[libc::c_long] = &[
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_lchown,
    libc::SYS_utime,
    libc::SYS_utimes,
    libc::SYS_futimesat,
];
#[cfg(not(target_arch = "x86_64"))]
const OLD_ON_HOST: &[libc::c_long] = &[];
const SIGNALS: &[libc::c_long] =
    &[libc::SYS_kill, libc::SYS_tkill, libc::SYS_pidfd_send_signal, libc::SYS_rt_sigqueueinfo];

/// Where the filtered program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In namespaces of its own, where sockets lead nowhere.
    Namespaces,
    /// On the host. Signals are refused unless the kernel keeps them inside.
    Host {
        /// The kernel keeps signals inside.
        signals: bool,
    },
}

/// Filters this process and all that it starts, for good.
pub(super) fn apply(place: Place) -> Result<(), String> {
    let mut forbidden = calls(NEEDLESS);
    forbidden.extend(calls(ENCLOSURES));
    let flags = NAMESPACES.iter().map(|flag| {
        let flag = u64::from(flag.cast_unsigned());
        condition(0, SeccompCmpOp::MaskedEq(flag), flag)
    });
    forbidden.insert(libc::SYS_clone, flags.map(rule).collect::<Result<_, _>>()?);
    match place {
        Place::Namespaces => forbidden.extend(foreign_sockets()?),
        Place::Host { signals } => {
            forbidden.extend(calls(ON_HOST));
            forbidden.extend(calls(OLD_ON_HOST));
            let of_another = rule(condition(0, SeccompCmpOp::Ne, 0))?;
            forbidden.insert(libc::SYS_prlimit64, vec![of_another]);
            if !signals {
                forbidden.extend(calls(SIGNALS));
            }
        }
    }
    nix::sys::prctl::set_no_new_privs().map_err(|errno| errno.to_string())?;
    install(calls(UNKNOWN), libc::ENOSYS)?;
    install(forbidden, libc::EPERM)
}
