use super::entry::{DenyGlob, Entry, Grant};
use super::location::{Anchor, Location};
use crate::decision::Rule;

/// Folders that stay read-only at the top of every writable root unless an entry names them (Codex 0.169).
const PROTECTED: [&str; 4] = [".git", ".codex", ".agents", ".aws"];
/// Folders that `:minimal` shows.
const PLATFORM: [&str; 8] = ["usr", "bin", "sbin", "lib", "lib32", "lib64", "etc", "nix/store"];
/// The files that a sandbox shows, before the task is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    /// No restriction at all.
    pub(super) unrestricted: Option<Rule>,
    pub(super) entries: Vec<Entry>,
    pub(super) globs: Vec<DenyGlob>,
}

impl Files {
    /// Everything may be read and written.
    pub(super) fn unrestricted(rule: Rule) -> Self {
        Self { unrestricted: Some(rule), ..Self::default() }
    }

    pub(super) fn add(&mut self, location: Location, grant: Grant, rule: Rule) {
        self.entries.push(Entry::stated(location, grant, rule));
    }

    /// What `:minimal` grants.
    pub(super) fn add_platform(&mut self, rule: &Rule) {
        for path in PLATFORM {
            self.entries.push(Entry::implied(Location::new(Anchor::Root, path), Grant::Read, rule.clone()));
        }
    }

    /// Ends the list of stated entries: adds what follows from them.
    pub(super) fn complete(&mut self) {
        // A denied root is only the absence of a grant: narrower entries still read.
        self.entries.retain(|entry| !(entry.location.is_root() && entry.grant == Grant::Deny));
        if self.unrestricted.is_some() {
            return;
        }
        if let Some(rule) = self.whole_disk() {
            *self = Self::unrestricted(rule);
            return;
        }
        let roots =
            self.entries.iter().filter(|entry| entry.grant == Grant::Write).cloned().collect::<Vec<_>>();
        for root in roots {
            for name in PROTECTED {
                let text = format!("protected folder {name} of the writable root: {}", root.rule.text);
                let rule = Rule { place: root.rule.place.clone(), text: text.into() };
                self.entries.push(Entry::implied(root.location.join(name), Grant::Read, rule));
            }
        }
        let devices = Rule::built_in("devices of the sandbox");
        // Devices are private to the sandbox, and so is what is made beside them.
        for (path, grant) in [("dev", Grant::Write), ("proc", Grant::Read)] {
            self.entries.push(Entry::implied(Location::new(Anchor::Root, path), grant, devices.clone()));
        }
    }

    /// Whether something may not even be read; such a sandbox is never left entirely.
    pub(super) fn has_denials(&self) -> bool {
        !self.globs.is_empty() || self.entries.iter().any(|entry| entry.grant == Grant::Deny)
    }

    /// Whether anything but devices may be written.
    pub(super) fn has_writable_root(&self) -> bool {
        self.unrestricted.is_some()
            || self.entries.iter().any(|entry| entry.grant == Grant::Write && !entry.implied)
    }

    /// The rule that grants writing everywhere, if no other entry narrows it.
    pub(super) fn whole_disk(&self) -> Option<Rule> {
        let root =
            self.entries.iter().find(|entry| entry.location.is_root() && entry.grant == Grant::Write)?;
        let narrows = |entry: &Entry| {
            entry.grant != Grant::Write
                && !entry.implied
                && !entry.location.is_root()
                && !self.entries.iter().any(|other| {
                    other.grant == Grant::Write
                        && other.grant > entry.grant
                        && other.location == entry.location
                })
        };
        let narrowed = !self.globs.is_empty() || self.entries.iter().any(narrows);
        (!narrowed).then(|| root.rule.clone())
    }
}
