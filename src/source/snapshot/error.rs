use std::path::PathBuf;

/// Why a repository or a commit of it cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The operating system said no.
    #[error("{}: cannot be read: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// Neither a bundle nor a repository.
    #[error("{}: is neither a git bundle nor a git repository", path.display())]
    NotARepository {
        /// The file or folder.
        path: PathBuf,
    },
    /// Object ids are not SHA-1.
    #[error("{}: uses {format} object ids; only sha1 repositories can be read", path.display())]
    ObjectFormat {
        /// The file or folder.
        path: PathBuf,
        /// The format that it names.
        format: String,
    },
    /// The bundle is damaged, or not one that can stand alone.
    #[error("{}: {reason}", path.display())]
    Bundle {
        /// The file.
        path: PathBuf,
        /// What is wrong, with a way out.
        reason: String,
    },
    /// There is no such commit.
    #[error("{}: has no commit `{commit}`{}", path.display(), or_candidates(candidates))]
    NoCommit {
        /// The repository.
        path: PathBuf,
        /// The commit asked for.
        commit: String,
        /// Ids or names close to it, best first.
        candidates: Vec<String>,
    },
    /// A name or a short id where a full id is needed.
    #[error(
        "{}: `{commit}` is not a full commit id (40 hex digits){}",
        path.display(),
        full.as_ref().map(|full| format!("; it stands for {full} now")).unwrap_or_default()
    )]
    NotFullId {
        /// The repository.
        path: PathBuf,
        /// What was asked for.
        commit: String,
        /// The full id that it stands for, if that is clear.
        full: Option<String>,
    },
    /// An object that the snapshot needs is damaged or not there.
    #[error("{}: object {object} cannot be read: {reason}", path.display())]
    Object {
        /// The repository.
        path: PathBuf,
        /// Its id.
        object: String,
        /// What is wrong.
        reason: String,
    },
}

fn or_candidates(candidates: &[String]) -> String {
    if candidates.is_empty() {
        return String::new();
    }
    let names: Vec<String> = candidates.iter().map(|name| format!("`{name}`")).collect();
    format!("; did you mean {}?", names.join(" or "))
}
