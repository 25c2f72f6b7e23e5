//! How much memory and disk the machine has left: a jail must not take the last of it, whatever its limits.

use std::fs;

use nix::sys::statvfs::statvfs;

use crate::engine::cell::Mount;

/// What must stay free, in bytes, unless even less was free at first.
const SPARE: u64 = 512 << 20;

/// What must stay free.
#[derive(Debug)]
pub(super) struct Room {
    memory: u64,
    disks: Vec<(String, u64)>,
}

impl Room {
    /// The room on the disks of these folders, and in memory.
    pub(super) fn new(writable: &[Mount]) -> Self {
        let spare = |free: u64| SPARE.min(free / 2);
        let disks = writable.iter().map(|mount| (mount.target.clone(), spare(free_disk(&mount.target))));
        Self { memory: spare(free_memory()), disks: disks.collect() }
    }

    /// Is there memory left?
    pub(super) fn in_memory(&self) -> bool {
        free_memory() >= self.memory
    }

    /// Is there room left on every disk?
    pub(super) fn on_disk(&self) -> bool {
        self.disks.iter().all(|(path, spare)| free_disk(path) >= *spare)
    }
}

/// What is not known counts as plenty.
fn free_disk(path: &str) -> u64 {
    statvfs(path).map_or(u64::MAX, |disk| disk.blocks_available().saturating_mul(disk.fragment_size()))
}

fn free_memory() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kib = line.and_then(|line| line.split_ascii_whitespace().next()?.parse::<u64>().ok());
    kib.map_or(u64::MAX, |kib| kib.saturating_mul(1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_measured() {
        assert!((1 << 20..u64::MAX).contains(&free_memory()));
        assert!((1..u64::MAX).contains(&free_disk("/tmp")));
        let mount = Mount { source: "/tmp".into(), target: "/tmp".into() };
        let room = Room::new(&[mount]);
        assert!(room.in_memory() && room.on_disk());
        let none = Room { memory: u64::MAX - 1, disks: vec![("/tmp".into(), u64::MAX)] };
        assert!(!none.in_memory() && !none.on_disk());
    }
}
