//! What processes use together, read from `/proc`.

use std::collections::HashMap;
use std::fs;

/// What processes use together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::engine) struct Usage {
    /// Private pages and shared ones that no file backs, in bytes.
    pub(in crate::engine) memory: u64,
    /// How many processes there are.
    pub(in crate::engine) processes: u64,
}

impl Usage {
    /// The sum over these processes; those that ended meanwhile count nothing.
    pub(in crate::engine) fn of(processes: &[i32]) -> Self {
        let status = |pid: &i32| fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let memory = processes.iter().map(|pid| memory_of(&status(pid))).sum();
        Self { memory, processes: processes.len() as u64 }
    }
}

/// Ids of the processes that `/proc` shows.
pub(in crate::engine) fn process_ids() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// All processes that descend from this one.
pub(in crate::engine) fn descendants(top: i32) -> Vec<i32> {
    let parents: Vec<(i32, i32)> = process_ids().filter_map(|pid| Some((pid, parent_of(pid)?))).collect();
    let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
    for (pid, parent) in parents {
        children.entry(parent).or_default().push(pid);
    }
    let mut found = Vec::new();
    let mut open = vec![top];
    while let Some(parent) = open.pop() {
        // Taken out, so that a list that changed while it was read cannot lead in circles.
        let inner = children.remove(&parent).unwrap_or_default();
        found.extend_from_slice(&inner);
        open.extend(inner);
    }
    found
}

fn parent_of(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(1)?.parse().ok()
}

fn memory_of(status: &str) -> u64 {
    let fields = status.lines().filter(|line| line.starts_with("RssAnon:") || line.starts_with("RssShmem:"));
    let kib = fields.filter_map(|line| line.split_ascii_whitespace().nth(1)?.parse::<u64>().ok());
    kib.sum::<u64>() * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_counts_what_no_file_backs() {
        let status =
            "Name:\tx\nVmRSS:\t  900 kB\nRssAnon:\t  100 kB\nRssFile:\t  700 kB\nRssShmem:\t  24 kB\n";
        assert_eq!(memory_of(status), 124 * 1024);
        assert_eq!(memory_of(""), 0);
    }

    #[test]
    fn descendants_are_found() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let own = std::process::id().cast_signed();
        let found = descendants(own);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(found.contains(&child.id().cast_signed()) && !found.contains(&own));
        assert!(Usage::of(&[own]).memory > 0);
    }
}
