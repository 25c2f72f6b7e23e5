use std::path::PathBuf;

use super::Format;

/// Why a recording could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TranscriptError {
    /// The operating system said no.
    #[error("{}: cannot be read: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The compressed bytes are damaged or cut off.
    #[error("{}: cannot be decompressed: {source}", path.display())]
    Zstd {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The recording, decompressed, is larger than any sane one.
    #[error("{}: is larger than {limit} bytes when decompressed", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit in bytes.
        limit: u64,
    },
    /// There is nothing in it.
    #[error("the recording is empty")]
    Empty,
    /// No line is of a kind that Codex writes.
    #[error(
        "nothing in the recording is recognised: {lines} lines, {broken} of them not JSON{}",
        first.as_ref().map(|kind| format!(", the first other is of type `{kind}`")).unwrap_or_default()
    )]
    Unrecognised {
        /// Lines in all.
        lines: u32,
        /// Lines that are not JSON.
        broken: u32,
        /// The first type that is not known.
        first: Option<String>,
    },
    /// Lines of two formats in one file.
    #[error("line {line} is of a {found}, the lines before it are of a {before}: two recordings in one file")]
    Mixed {
        /// The first line of the second format, from 1.
        line: u32,
        /// Format of the lines before.
        before: Format,
        /// Format of that line.
        found: Format,
    },
}
