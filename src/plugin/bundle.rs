//! A plugin folder: listed once, read without following links, hashed.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::finding::Finding;
use crate::source::{ContentHash, Place, ReadError, TextFile};

/// Most entries of a plugin folder.
const MAX_ENTRIES: usize = 50_000;
/// Deepest nesting of folders.
const MAX_DEPTH: usize = 32;
/// Most bytes of all files of a plugin folder together.
const MAX_BYTES: u64 = 1 << 30;

/// What an entry of a plugin folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
    /// A symbolic link, socket, pipe or device; never opened.
    Other,
}

/// A plugin folder: listed once, read without ever following a symbolic link.
#[derive(Clone, Debug)]
pub struct Bundle {
    root: PathBuf,
    name: Arc<str>,
    /// By relative path; the order is that of path components.
    entries: BTreeMap<PathBuf, Kind>,
}

impl Bundle {
    /// Lists the folder `root`; `name` is how reports call it. A folder that cannot be listed, or that is too large,
    /// is an error finding.
    pub fn open(root: &Path, name: &str, findings: &mut Vec<Finding>) -> Option<Self> {
        let mut bundle = Self { root: root.to_owned(), name: name.into(), entries: BTreeMap::new() };
        let mut bytes = 0;
        match bundle.list(Path::new(""), 0, &mut bytes) {
            Ok(()) => {
                for (path, _) in bundle.entries.iter().filter(|(_, kind)| **kind == Kind::Other) {
                    let text =
                        "is a symbolic link or special file; Codex leaves it out when it installs the plugin";
                    let help = "replace it by a regular file or folder";
                    findings.push(Finding::warning("plugin-link", text).at(bundle.place(path)).help(help));
                }
                Some(bundle)
            }
            Err(error) => {
                let text = format!("the plugin folder cannot be read: {error}");
                findings.push(Finding::error("plugin-folder", text).at(Place::file(name)));
                None
            }
        }
    }

    fn list(&mut self, folder: &Path, depth: usize, bytes: &mut u64) -> io::Result<()> {
        if depth > MAX_DEPTH {
            return Err(io::Error::other(format!("folders are nested deeper than {MAX_DEPTH}")));
        }
        for entry in fs::read_dir(self.root.join(folder))? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            let file_type = entry.file_type()?;
            let kind = match file_type {
                kind if kind.is_dir() => Kind::Folder,
                kind if kind.is_file() => Kind::File,
                _ => Kind::Other,
            };
            if kind == Kind::File {
                *bytes += entry.metadata()?.len();
            }
            if self.entries.len() >= MAX_ENTRIES || *bytes > MAX_BYTES {
                let limit = format!("it holds more than {MAX_ENTRIES} entries or {MAX_BYTES} bytes");
                return Err(io::Error::other(limit));
            }
            self.entries.insert(path.clone(), kind);
            if kind == Kind::Folder {
                self.list(&path, depth + 1, bytes)?;
            }
        }
        Ok(())
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The place of a file of the folder as a whole.
    pub fn place(&self, path: &Path) -> Place {
        Place::file(self.report_name(path))
    }

    /// The path inside the folder of a file that a place names.
    pub fn relative(&self, place: &Place) -> Option<PathBuf> {
        let rest = place.file.strip_prefix(&*self.name)?.strip_prefix('/')?;
        Some(PathBuf::from(rest))
    }

    fn report_name(&self, path: &Path) -> String {
        let mut name = self.name.to_string();
        for part in path.components() {
            name.push('/');
            name.push_str(&part.as_os_str().to_string_lossy());
        }
        name
    }

    /// Is there a regular file of this relative path?
    pub fn is_file(&self, path: &Path) -> bool {
        self.entries.get(path) == Some(&Kind::File)
    }

    /// Is there a folder of this relative path?
    pub fn is_folder(&self, path: &Path) -> bool {
        self.entries.get(path) == Some(&Kind::Folder)
    }

    /// Regular files below a folder, in path order.
    pub fn files_below<'b>(&'b self, folder: &'b Path) -> impl Iterator<Item = &'b Path> {
        self.entries
            .iter()
            .filter(move |(path, kind)| **kind == Kind::File && path.starts_with(folder))
            .map(|(path, _)| path.as_path())
    }

    /// Reads a regular file as text; `None` when there is no such file.
    pub fn read(&self, path: &Path, findings: &mut Vec<Finding>) -> Option<TextFile> {
        if !self.is_file(path) {
            return None;
        }
        match TextFile::read(&self.root.join(path), self.report_name(path)) {
            Ok(file) => Some(file),
            Err(error) => {
                let text = match error {
                    ReadError::Io { source, .. } => format!("cannot be read: {source}"),
                    ReadError::TooLarge { limit, .. } => format!("is larger than {limit} bytes"),
                    ReadError::NotUtf8 { .. } => "is not UTF-8".to_owned(),
                };
                findings.push(Finding::error("unreadable", text).at(self.place(path)));
                None
            }
        }
    }

    /// Identity of every file and folder, names included.
    pub fn hash(&self) -> ContentHash {
        let mut parts = Vec::new();
        for (path, kind) in &self.entries {
            let content = match kind {
                Kind::File => self.hash_file(path).to_vec(),
                Kind::Folder => Vec::new(),
                Kind::Other => b"not followed".to_vec(),
            };
            parts.push((path.to_string_lossy(), content));
        }
        ContentHash::of_parts(parts.iter().map(|(path, content)| (path.as_ref(), content.as_slice())))
    }

    fn hash_file(&self, path: &Path) -> [u8; 32] {
        let mut hasher = Sha256::new();
        let copied = self.copy(path, &mut |bytes| hasher.update(bytes));
        if copied.is_err() {
            hasher.update(b"unreadable");
        }
        hasher.finalize().into()
    }

    fn copy(&self, path: &Path, sink: &mut dyn FnMut(&[u8])) -> io::Result<u64> {
        let mut file = fs::File::open(self.root.join(path))?.take(MAX_BYTES);
        let mut buffer = vec![0; 1 << 16];
        let mut total = 0;
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                return Ok(total);
            }
            total += read as u64;
            sink(&buffer[..read]);
        }
    }

    /// The second half of `hooks/list`'s `currentHash`, as `sha256:<hex>`: what Codex 0.169 takes as the content of a
    /// plugin whose hooks are trusted. `None` when a file cannot be read.
    ///
    /// Asked of the real CLI: path order by components, the root first; modes do not count; `__pycache__`, `.venv`,
    /// `*.pyc` and `*.egg-info` are left out, and so are links, which installing leaves out.
    pub fn fingerprint(&self) -> Option<String> {
        let mut hasher = Sha256::new();
        hasher.update(b"codex-plugin-bundle-v1");
        hash_entry(&mut hasher, Path::new(""), b"directory");
        for (path, kind) in &self.entries {
            if path.components().any(|part| is_left_out(part.as_os_str())) {
                continue;
            }
            match kind {
                Kind::Other => {}
                Kind::Folder => hash_entry(&mut hasher, path, b"directory"),
                Kind::File => {
                    hash_entry(&mut hasher, path, b"file");
                    let size = fs::symlink_metadata(self.root.join(path)).ok()?.len();
                    hasher.update(size.to_le_bytes());
                    if self.copy(path, &mut |bytes| hasher.update(bytes)).ok()? != size {
                        return None;
                    }
                }
            }
        }
        Some(format!("sha256:{}", hex(&hasher.finalize())))
    }
}

fn hash_entry(hasher: &mut Sha256, path: &Path, kind: &[u8]) {
    let bytes = path.as_os_str().as_encoded_bytes();
    hasher.update((bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
    hasher.update(kind);
}

fn is_left_out(name: &OsStr) -> bool {
    let bytes = name.as_encoded_bytes();
    bytes == b"__pycache__" || bytes == b".venv" || bytes.ends_with(b".pyc") || bytes.ends_with(b".egg-info")
}

/// Lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A path that a manifest names, if it is one that Codex 0.169 takes: it starts with `./`, names something below, and
/// has no `..` and no second leading slash. The error is a lowercase fragment.
pub fn manifest_path(text: &str) -> Result<PathBuf, &'static str> {
    let Some(rest) = text.strip_prefix("./") else { return Err("must start with `./`") };
    if rest.is_empty() {
        return Err("must not be `./` alone");
    }
    let mut path = PathBuf::new();
    for part in Path::new(rest).components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            Component::ParentDir => return Err("must not contain `..`"),
            Component::RootDir | Component::Prefix(_) => return Err("must stay within the plugin"),
        }
    }
    Ok(path)
}
