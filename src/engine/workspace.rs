use std::borrow::Cow;

/// The folder that a session worked in, as the recording names it, and the home folder of its user.
///
/// Paths of the recorded machine are handled as text; nothing is looked up on this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    root: String,
    home: String,
}

impl Workspace {
    /// The workspace of this working folder. The home folder is guessed from it: `/home/<user>`, `/Users/<user>`,
    /// `/root`; otherwise a folder that no path can name, so that `~` never lies inside the workspace by accident.
    pub fn new(cwd: &str) -> Self {
        let root = normalise(&slashes(cwd));
        let mut parts = root.trim_start_matches('/').split('/');
        let home = match (parts.next(), parts.next()) {
            (Some(base @ ("home" | "Users")), Some(user)) if !user.is_empty() => format!("/{base}/{user}"),
            (Some("root"), _) => "/root".to_owned(),
            _ => "/~".to_owned(),
        };
        Self { root, home }
    }

    /// The working folder, absolute and normalised.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// The home folder.
    pub fn home(&self) -> &str {
        &self.home
    }

    /// The absolute, lexically normalised form of a path that a call names; `workdir` is the call's working folder.
    pub fn absolute(&self, workdir: Option<&str>, path: &str) -> String {
        let path = slashes(path);
        if let Some(rest) = path.strip_prefix('~') {
            if rest.is_empty() || rest.starts_with('/') {
                return normalise(&format!("{}{rest}", self.home));
            }
            let (user, rest) = rest.split_once('/').unwrap_or((rest, ""));
            return normalise(&format!("/home/{user}/{rest}"));
        }
        if is_absolute(&path) {
            return normalise(&path);
        }
        let mut absolute = match workdir {
            Some(workdir) => self.absolute(None, workdir),
            None => self.root.clone(),
        };
        follow(&mut absolute, &path);
        absolute
    }

    /// The part of an absolute path below the working folder; empty for the folder itself, `None` outside.
    pub fn relative<'p>(&self, absolute: &'p str) -> Option<&'p str> {
        let rest = absolute.strip_prefix(self.root.as_str())?;
        match rest.strip_prefix('/') {
            Some(below) => Some(below),
            None if rest.is_empty() => Some(""),
            None if self.root == "/" => Some(rest),
            None => None,
        }
    }

    /// How reports write an absolute path: relative inside the workspace, `~/…` below home, else absolute.
    pub fn display<'p>(&self, absolute: &'p str) -> Cow<'p, str> {
        if let Some(relative) = self.relative(absolute) {
            return Cow::Borrowed(if relative.is_empty() { "." } else { relative });
        }
        match absolute.strip_prefix(self.home.as_str()) {
            Some("") => Cow::Borrowed("~"),
            Some(rest) if rest.starts_with('/') => Cow::Owned(format!("~{rest}")),
            _ => Cow::Borrowed(absolute),
        }
    }
}

/// Windows paths with forward slashes and a leading one; others as they are.
fn slashes(path: &str) -> Cow<'_, str> {
    let bytes = path.as_bytes();
    let drive = bytes.len() > 1 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':';
    if drive && bytes.get(2).is_none_or(|byte| matches!(byte, b'\\' | b'/')) {
        return Cow::Owned(format!("/{}", path.replace('\\', "/")));
    }
    Cow::Borrowed(path)
}

fn is_absolute(path: &str) -> bool {
    path.starts_with('/')
}

/// Removes `.`, `..` and doubled slashes without looking at the disk; the result starts with `/`.
pub(super) fn normalise(path: &str) -> String {
    let mut clean = String::with_capacity(path.len() + 1);
    follow(&mut clean, path);
    clean
}

/// Goes on from a normalised path along a relative one.
fn follow(clean: &mut String, path: &str) {
    if clean == "/" {
        clean.clear();
    }
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => clean.truncate(clean.rfind('/').unwrap_or(0)),
            name => {
                clean.push('/');
                clean.push_str(name);
            }
        }
    }
    if clean.is_empty() {
        clean.push('/');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_absolute() {
        let workspace = Workspace::new("/home/ana/harbor/");
        for (workdir, path, expected) in [
            (None, "src/../.env", "/home/ana/harbor/.env"),
            (None, ".", "/home/ana/harbor"),
            (None, "../../../..//etc/./passwd", "/etc/passwd"),
            (Some("src"), "a.rs", "/home/ana/harbor/src/a.rs"),
            (Some("/tmp"), "x", "/tmp/x"),
            (None, "~/.ssh/id", "/home/ana/.ssh/id"),
            (None, "~bob/x", "/home/bob/x"),
            (None, "/etc/hosts", "/etc/hosts"),
        ] {
            assert_eq!(workspace.absolute(workdir, path), expected, "{path}");
        }
    }

    #[test]
    fn inside_and_outside() {
        let workspace = Workspace::new("/home/ana/harbor");
        assert_eq!(workspace.relative("/home/ana/harbor/src"), Some("src"));
        assert_eq!(workspace.relative("/home/ana/harbor"), Some(""));
        assert_eq!(workspace.relative("/home/ana/harbor-old"), None);
        assert_eq!(workspace.display("/home/ana/x"), "~/x");
        assert_eq!(workspace.display("/home/anna"), "/home/anna");
        assert_eq!(Workspace::new("/").relative("/etc"), Some("etc"));
    }

    #[test]
    fn windows_folders_are_read() {
        let workspace = Workspace::new(r"C:\Users\ana\harbor");
        assert_eq!(workspace.absolute(None, r"C:\Users\ana\harbor\src"), "/C:/Users/ana/harbor/src");
        assert_eq!(workspace.absolute(None, "src/a"), "/C:/Users/ana/harbor/src/a");
    }

    proptest::proptest! {
        #[test]
        fn normalised_paths_have_no_odd_parts(path in "[a./~ ]{0,40}") {
            let clean = normalise(&path);
            proptest::prop_assert!(clean.starts_with('/'));
            proptest::prop_assert!(clean == "/" || clean[1..].split('/').all(|part| !matches!(part, "" | "." | "..")));
            proptest::prop_assert_eq!(normalise(&clean), clean);
        }

        #[test]
        fn to_follow_a_path_is_to_normalise_both(folder in "[a./]{0,20}", path in "[a./]{0,20}") {
            let mut at = normalise(&folder);
            follow(&mut at, &path);
            proptest::prop_assert_eq!(at, normalise(&format!("{folder}/{path}")));
        }
    }
}
