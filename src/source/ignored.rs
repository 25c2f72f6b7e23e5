use globset::{Glob, GlobSet, GlobSetBuilder};

use super::snapshot::{Files, Snapshot};

/// Files that the repository tells git to pass over, so that they may lie there though the snapshot lacks them; only the
/// patterns at its top are read.
#[derive(Clone, Debug)]
pub struct Ignored(GlobSet);

/// Folders of built or fetched files, which hardly anybody commits.
const BUILT: &[&str] = &["node_modules", "target", "__pycache__", ".venv", "venv", "dist", "build", ".next"];

impl Ignored {
    /// What the `.gitignore` at the top of a snapshot names.
    pub fn of(snapshot: &Snapshot) -> Self {
        Self::read(snapshot, &[])
    }

    /// The same, and folders of built or fetched files.
    pub fn or_built(snapshot: &Snapshot) -> Self {
        Self::read(snapshot, BUILT)
    }

    fn read(snapshot: &Snapshot, more: &[&str]) -> Self {
        let text = snapshot.read(".gitignore").known().unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let mut set = GlobSetBuilder::new();
        for line in text.lines().map(str::trim).chain(more.iter().copied()) {
            if line.is_empty() || line.starts_with(['#', '!']) {
                continue;
            }
            let name = line.trim_end_matches('/');
            let pattern = match name.strip_prefix('/') {
                Some(anchored) => anchored.to_owned(),
                None if name.contains('/') => name.to_owned(),
                None => format!("**/{name}"),
            };
            for pattern in [format!("{pattern}/**"), pattern] {
                if let Ok(glob) = Glob::new(&pattern) {
                    set.add(glob);
                }
            }
        }
        Self(set.build().unwrap_or_else(|_| GlobSet::empty()))
    }

    /// Whether a path from the top is one of them.
    pub fn holds(&self, path: &str) -> bool {
        self.0.is_match(path)
    }
}
