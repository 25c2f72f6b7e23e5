//! Filters of system calls.

use std::collections::BTreeMap;

use nix::libc;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

/// System calls by number, with the arguments that are meant; none means any.
pub(in crate::engine) type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// System calls that no hook needs, nor Codex, nor the sandbox of Codex, and that widen what could be attacked.
pub(in crate::engine) const NEEDLESS: &[libc::c_long] = &[
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

/// Answers these system calls of this process, and of all that it starts, with an error, for good.
pub(in crate::engine) fn install(rules: Rules, errno: libc::c_int) -> Result<(), String> {
    let arch = std::env::consts::ARCH.try_into().map_err(text)?;
    let filter =
        SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(errno.cast_unsigned()), arch)
            .map_err(text)?;
    let program: BpfProgram = filter.try_into().map_err(text)?;
    seccompiler::apply_filter(&program).map_err(text)
}

/// The whole calls.
pub(in crate::engine) fn calls(numbers: &[libc::c_long]) -> Rules {
    numbers.iter().map(|call| (*call, Vec::new())).collect()
}

/// A condition on the lower half of an argument.
pub(in crate::engine) fn condition(
    argument: u8,
    operator: SeccompCmpOp,
    value: u64,
) -> Result<SeccompCondition, String> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value).map_err(text)
}

/// A rule of one condition.
pub(in crate::engine) fn rule(condition: Result<SeccompCondition, String>) -> Result<SeccompRule, String> {
    SeccompRule::new(vec![condition?]).map_err(text)
}

/// Sockets of families that lead out of every namespace, such as those to a virtual machine's host, or that show what
/// passes through.
pub(in crate::engine) fn foreign_sockets() -> Result<Rules, String> {
    let allowed = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];
    let others = allowed.map(|family| condition(0, SeccompCmpOp::Ne, u64::from(family.cast_unsigned())));
    let others = others.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(Rules::from([(libc::SYS_socket, vec![SeccompRule::new(others).map_err(text)?])]))
}

fn text(error: impl std::fmt::Display) -> String {
    format!("seccomp: {error}")
}
