//! The header of a git bundle (versions 2 and 3), which names the commits that the pack behind it holds.

use super::ObjectId;

/// Longest header line, and most lines, that are read.
const MAX_LINE: usize = 64 << 10;
const MAX_LINES: usize = 200_000;

/// A bundle's header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    /// Object format that the header names (version 3); `None` means sha1.
    pub(super) object_format: Option<String>,
    /// Other capabilities, such as `filter=blob:none`.
    pub(super) capabilities: Vec<String>,
    /// Commits that a reader must have already.
    pub(super) prerequisites: Vec<String>,
    /// Names with the objects they point to.
    pub(super) refs: Vec<(Vec<u8>, ObjectId)>,
    /// Where the pack starts, in bytes.
    pub(super) pack_at: usize,
}

/// Does the file start like a bundle?
pub(super) fn is_bundle(start: &[u8]) -> bool {
    start.starts_with(b"# v2 git bundle\n") || start.starts_with(b"# v3 git bundle\n")
}

impl Header {
    /// Reads the header from the start of a bundle; problems are lowercase fragments.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let version_3 = match bytes {
            _ if bytes.starts_with(b"# v2 git bundle\n") => false,
            _ if bytes.starts_with(b"# v3 git bundle\n") => true,
            _ if bytes.starts_with(b"# v") => {
                return Err("is a bundle of a version that cannot be read".into());
            }
            _ => return Err("is not a git bundle".into()),
        };
        let mut header = Self::default();
        let mut at = "# v2 git bundle\n".len();
        for _ in 0..MAX_LINES {
            let rest = &bytes[at..];
            let end = memchr::memchr(b'\n', &rest[..rest.len().min(MAX_LINE)])
                .ok_or("is cut short or damaged in its header; make it again with `git bundle create`")?;
            at += end + 1;
            if end == 0 {
                header.pack_at = at;
                return Ok(header);
            }
            header.line(&rest[..end], version_3)?;
        }
        Err(format!("names more than {MAX_LINES} refs"))
    }

    fn line(&mut self, line: &[u8], version_3: bool) -> Result<(), String> {
        if let Some(capability) = line.strip_prefix(b"@").filter(|_| version_3) {
            let capability = String::from_utf8_lossy(capability);
            match capability.strip_prefix("object-format=") {
                Some(format) => self.object_format = Some(format.to_owned()),
                None => self.capabilities.push(capability.into_owned()),
            }
            return Ok(());
        }
        if let Some(needed) = line.strip_prefix(b"-") {
            let id = needed.split(|byte| *byte == b' ').next().unwrap_or_default();
            self.prerequisites.push(String::from_utf8_lossy(id).into_owned());
            return Ok(());
        }
        let bad = || format!("has a header line that is no ref: `{}`", shorten(line));
        let space = memchr::memchr(b' ', line).ok_or_else(bad)?;
        if self.object_format.as_deref().is_some_and(|format| format != "sha1") {
            return Ok(());
        }
        let id = full_id(&line[..space]).ok_or_else(bad)?;
        self.refs.push((line[space + 1..].to_vec(), id));
        Ok(())
    }
}

/// A full SHA-1 id in hex.
pub(super) fn full_id(text: &[u8]) -> Option<ObjectId> {
    if text.len() != 40 || !text.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    ObjectId::from_str(std::str::from_utf8(text).ok()?).ok()
}

fn shorten(line: &[u8]) -> String {
    String::from_utf8_lossy(&line[..line.len().min(60)]).escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e";

    #[test]
    fn reads_both_versions() {
        let two = format!("# v2 git bundle\n{ID} refs/heads/main\n\nPACK");
        let header = Header::parse(two.as_bytes()).unwrap();
        assert_eq!(header.refs, [(b"refs/heads/main".to_vec(), ObjectId::from_str(ID).unwrap())]);
        assert_eq!(&two.as_bytes()[header.pack_at..], b"PACK");

        let three =
            format!("# v3 git bundle\n@object-format=sha1\n@filter=blob:none\n-{ID} old\n{ID} HEAD\n\n");
        let header = Header::parse(three.as_bytes()).unwrap();
        assert_eq!(header.object_format.as_deref(), Some("sha1"));
        assert_eq!(header.capabilities, ["filter=blob:none"]);
        assert_eq!(header.prerequisites, [ID]);
        assert_eq!(header.pack_at, three.len());
    }

    #[test]
    fn says_what_is_wrong() {
        for (bytes, want) in [
            ("PK", "not a git bundle"),
            ("# v9 git bundle\n\n", "of a version"),
            ("# v2 git bundle\nabc", "cut short"),
            ("# v2 git bundle\nabc def\n\n", "no ref: `abc def`"),
            ("# v2 git bundle\n@object-format=sha1\n\n", "no ref"),
        ] {
            let error = Header::parse(bytes.as_bytes()).unwrap_err();
            assert!(error.contains(want), "{bytes:?}: {error}");
        }
        let long = format!("# v2 git bundle\n{}", "a".repeat(MAX_LINE + 1));
        assert!(Header::parse(long.as_bytes()).unwrap_err().contains("cut short or damaged"));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(bytes: Vec<u8>) {
            let _ = Header::parse(&bytes);
            let mut bundle = b"# v3 git bundle\n".to_vec();
            bundle.extend(bytes);
            let _ = Header::parse(&bundle);
        }
    }
}
