use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{ContentHash, LineIndex, Place};

/// Largest configuration file that is read, in bytes. Recordings have their own limit.
const MAX_TEXT: u64 = 16 << 20;
/// Most files of ours are smaller and take a single read.
const TYPICAL_TEXT: usize = 4096;

/// Why a text file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The operating system said no.
    #[error("{}: cannot be read: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The file is larger than any sane one of its kind.
    #[error("{}: is larger than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit in bytes.
        limit: u64,
    },
    /// The bytes are not text.
    #[error("{}: is not UTF-8", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
    },
}

/// A text file that was read whole, with the name it has in reports.
#[derive(Clone, Debug)]
pub struct TextFile {
    name: Arc<str>,
    text: Arc<str>,
    lines: LineIndex,
}

impl TextFile {
    /// Reads `path`; `name` is how reports call it (relative to the suite, with `/`).
    pub fn read(path: &Path, name: impl Into<Arc<str>>) -> Result<Self, ReadError> {
        let io = |source| ReadError::Io { path: path.to_owned(), source };
        // Reading up to the limit, rather than asking for the size first, also bounds files that have none.
        let mut bytes = Vec::with_capacity(TYPICAL_TEXT);
        let mut file = File::open(path).map_err(io)?.take(MAX_TEXT + 1);
        file.read_to_end(&mut bytes).map_err(io)?;
        if bytes.len() as u64 > MAX_TEXT {
            return Err(ReadError::TooLarge { path: path.to_owned(), limit: MAX_TEXT });
        }
        let text = String::from_utf8(bytes).map_err(|_| ReadError::NotUtf8 { path: path.to_owned() })?;
        Ok(Self::new(name, text))
    }

    /// A text that is already in memory.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        Self { name: name.into(), lines: LineIndex::new(&text), text }
    }

    /// Name in reports.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Identity of the content.
    pub fn hash(&self) -> ContentHash {
        ContentHash::of(self.text.as_bytes())
    }

    /// The place of a byte offset.
    pub fn place(&self, offset: usize) -> Place {
        let (line, column) = self.lines.line_column(&self.text, offset);
        Place { file: self.name.clone(), line, column }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_and_encoding_are_checked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.toml");
        let read = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            TextFile::read(&path, "x.toml")
        };
        assert_eq!(read("ö = 1".as_bytes()).unwrap().text(), "ö = 1");
        assert_eq!(read(&[b'a'; 10_000]).unwrap().text().len(), 10_000);
        assert!(matches!(read(b"\xff"), Err(ReadError::NotUtf8 { .. })));
        assert!(read(&vec![b'a'; 16 << 20]).is_ok());
        assert!(matches!(read(&vec![b'a'; (16 << 20) + 1]), Err(ReadError::TooLarge { .. })));
        assert!(matches!(TextFile::read(folder.path(), "x"), Err(ReadError::Io { .. })));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn endless_files_are_refused() {
        assert!(matches!(TextFile::read(Path::new("/dev/zero"), "zero"), Err(ReadError::TooLarge { .. })));
    }
}
