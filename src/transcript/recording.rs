use std::io::Read;
use std::path::Path;

use super::{Transcript, TranscriptError};

/// Largest recording that is read, in bytes after decompression.
pub const MAX_RECORDING: u64 = 1 << 30;

const ZSTD_MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

/// The bytes of a recording, which a [`Transcript`] borrows from.
#[derive(Clone, Debug)]
pub struct Recording {
    bytes: Vec<u8>,
}

impl Recording {
    /// Reads a recording from disk, decompressing it when its content (not its name) is zstd.
    ///
    /// Errors: the file cannot be read, is damaged, or is larger than [`MAX_RECORDING`].
    pub fn open(path: &Path) -> Result<Self, TranscriptError> {
        Self::open_within(path, MAX_RECORDING)
    }

    /// Like [`Recording::open`], with a limit in bytes of one's own.
    pub fn open_within(path: &Path, limit: u64) -> Result<Self, TranscriptError> {
        let io = |source| TranscriptError::Io { path: path.to_owned(), source };
        // Asked before opening: opening a pipe would wait for a writer.
        let metadata = std::fs::metadata(path).map_err(io)?;
        if !metadata.is_file() {
            return Err(io(std::io::Error::other("is not a regular file")));
        }
        if metadata.len() > limit {
            return Err(TranscriptError::TooLarge { path: path.to_owned(), limit });
        }
        let file = std::fs::File::open(path).map_err(io)?;
        let mut bytes = Vec::with_capacity(metadata.len() as usize + 1);
        file.take(limit + 1).read_to_end(&mut bytes).map_err(io)?;
        if bytes.starts_with(&ZSTD_MAGIC) {
            bytes = decompress(&bytes, limit)
                .map_err(|source| TranscriptError::Zstd { path: path.to_owned(), source })?;
        }
        if bytes.len() as u64 > limit {
            return Err(TranscriptError::TooLarge { path: path.to_owned(), limit });
        }
        Ok(Self { bytes })
    }

    /// A recording that is already in memory.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self { bytes }
    }

    /// The recording, decompressed.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Reads the steps.
    pub fn transcript(&self) -> Result<Transcript<'_>, TranscriptError> {
        Transcript::read(&self.bytes)
    }
}

/// Decompresses, giving at most one byte more than `limit`, however much the input claims to hold.
fn decompress(bytes: &[u8], limit: u64) -> std::io::Result<Vec<u8>> {
    let mut decoder = zstd::stream::read::Decoder::new(bytes)?;
    decoder.window_log_max(27)?;
    let mut plain = Vec::new();
    decoder.take(limit + 1).read_to_end(&mut plain)?;
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        file
    }

    #[test]
    fn plain_and_compressed_files_give_the_same_bytes() {
        let text = b"{\"type\":\"turn.started\"}\n".repeat(100);
        let packed = zstd::encode_all(&text[..], 3).unwrap();
        assert_eq!(Recording::open(file(&text).path()).unwrap().bytes(), text);
        assert_eq!(Recording::open(file(&packed).path()).unwrap().bytes(), text);
    }

    #[test]
    fn a_bomb_is_stopped_at_the_limit() {
        let bomb = zstd::encode_all(std::io::repeat(b' ').take(64 << 20), 3).unwrap();
        assert!(bomb.len() < 100_000);
        let error = Recording::open_within(file(&bomb).path(), 1 << 20).unwrap_err();
        assert!(matches!(error, TranscriptError::TooLarge { limit, .. } if limit == 1 << 20), "{error}");
        let plain = file(&[b' '; 2000]);
        assert!(matches!(Recording::open_within(plain.path(), 1999), Err(TranscriptError::TooLarge { .. })));
        assert!(Recording::open_within(plain.path(), 2000).is_ok());
    }

    #[test]
    fn cut_compressed_files_and_folders_are_errors() {
        let packed = zstd::encode_all(&b"{\"type\":\"turn.started\"}\n".repeat(100)[..], 3).unwrap();
        let cut = file(&packed[..packed.len() - 3]);
        assert!(matches!(Recording::open(cut.path()), Err(TranscriptError::Zstd { .. })));
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Recording::open(folder.path()), Err(TranscriptError::Io { .. })));
        assert!(matches!(
            Recording::open(&folder.path().join("none.jsonl")),
            Err(TranscriptError::Io { .. })
        ));
    }
}
