//! User ids in and outside of user namespaces.

use std::fs;

use super::usage::process_ids;

/// The user that a program in a user namespace sees itself as.
pub(in crate::engine) const USER: u32 = 1000;
/// First user id that no system gives out, and the one used where there are few.
const HIGH_USER: u32 = 0x7000_0000;
const NOBODY: u32 = 65534;

/// Maps one user and one group of a new user namespace to those outside.
pub(in crate::engine) fn map_user(
    uid: u32,
    outside_uid: u32,
    gid: u32,
    outside_gid: u32,
) -> Result<(), String> {
    let write = |file: &str, text: String| {
        fs::write(format!("/proc/self/{file}"), text).map_err(|error| format!("/proc/self/{file}: {error}"))
    };
    // Kernels before 3.19 have no such file, and need none.
    let _ = write("setgroups", "deny".to_owned());
    write("uid_map", format!("{uid} {outside_uid} 1"))?;
    write("gid_map", format!("{gid} {outside_gid} 1"))
}

/// A user and group id that nothing else uses; `None` when this user namespace has none to spare.
///
/// One id per process that asks, so that the kernel counts processes per program and programs cannot signal each
/// other.
pub(in crate::engine) fn spare_user() -> Option<u32> {
    let own = HIGH_USER + std::process::id() % 0x0fff_ffff;
    [own, NOBODY]
        .into_iter()
        .find(|id| is_mapped("/proc/self/uid_map", *id) && is_mapped("/proc/self/gid_map", *id))
}

/// A group that nobody is in, for folders that programs of a [`spare_user`] may write to; `None` where programs run as
/// this process's own user.
pub(in crate::engine) fn spare_group() -> Option<u32> {
    let root = nix::unistd::geteuid().is_root() && spare_user().is_some();
    [HIGH_USER, NOBODY].into_iter().find(|id| root && is_mapped("/proc/self/gid_map", *id))
}

/// Is this a user id that [`spare_user`] gives out, now or in another process?
pub(in crate::engine) fn is_spare(user: u32) -> bool {
    user == NOBODY || (HIGH_USER..HIGH_USER + 0x0fff_ffff).contains(&user)
}

/// Is user 0 here the machine's own root? To the kernel it then owns files that others must not write, such as those
/// below `/proc/sys`, even without any privilege.
pub(in crate::engine) fn is_root_of_machine() -> bool {
    let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    map.split_ascii_whitespace().eq(["0", "0", "4294967295"])
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

/// How many processes and threads this user has on the whole machine.
pub(in crate::engine) fn processes_of_user() -> u64 {
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
pub(in crate::engine) fn counts_per_namespace() -> bool {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers = release.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (5, 14)
}
