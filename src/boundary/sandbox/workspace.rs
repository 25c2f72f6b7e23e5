/// Where a task ran: the folders that the special paths of a sandbox stand for.
///
/// All paths are absolute, with `/` and without `.`, `..` or a trailing `/`, and symlinks in them are resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workspace<'w> {
    /// The workspace roots; the first is the session's working folder.
    pub roots: &'w [&'w str],
    /// The home folder, if known.
    pub home: Option<&'w str>,
    /// The folder that `$TMPDIR` names, if it is set.
    pub tmpdir: Option<&'w str>,
    /// Codex's own folder, if known.
    pub codex_home: Option<&'w str>,
}

impl<'w> Workspace<'w> {
    /// A workspace with these roots; the home folder is guessed from the first, `$TMPDIR` counts as unset.
    pub fn new(roots: &'w [&'w str]) -> Self {
        Self { roots, home: roots.first().and_then(|root| home_of(root)), tmpdir: None, codex_home: None }
    }
}

/// The home folder that a path most likely lies in.
fn home_of(path: &str) -> Option<&str> {
    if path == "/root" || path.starts_with("/root/") {
        return Some("/root");
    }
    let rest = path.strip_prefix("/home/").or_else(|| path.strip_prefix("/Users/"))?;
    let user = rest.split('/').next().filter(|user| !user.is_empty())?;
    path.get(..path.len() - rest.len() + user.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_is_guessed_from_the_root() {
        for (path, home) in [
            ("/home/ada/app", Some("/home/ada")),
            ("/Users/ada", Some("/Users/ada")),
            ("/root/app", Some("/root")),
            ("/rooted", None),
            ("/home/", None),
            ("/srv/app", None),
        ] {
            assert_eq!(Workspace::new(&[path]).home, home, "{path}");
        }
    }
}
