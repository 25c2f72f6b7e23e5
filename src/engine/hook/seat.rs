use crate::engine::cell::CellKind;

/// Top-level folders that a cell fills itself, so that no checkout can be put there.
const TAKEN: &[&str] = &[
    "usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "opt", "nix", "gnu", "etc", "dev", "proc",
    "sys", HOME,
];
/// Where a checkout goes when its recorded place is taken or is no path of this system.
const ELSEWHERE: &str = "/workspace";
/// Top-level folder that is the user's home in a cell.
pub(super) const HOME: &str = "codex-home";

/// Where hooks find the task's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// The top of the checkout.
    pub root: String,
    /// The working folder in it.
    pub cwd: String,
    /// It is not where it was when the session was recorded.
    pub moved: bool,
}

impl Seat {
    /// The seat for a checkout whose top was `root` when the session ran in `cwd`; `checkout` is where it lies here.
    pub fn new(kind: CellKind, root: &str, cwd: &str, checkout: &str) -> Self {
        let below = cwd.strip_prefix(root).unwrap_or_default().trim_matches('/');
        let at = |root: &str, moved| {
            let cwd = if below.is_empty() { root.to_owned() } else { format!("{root}/{below}") };
            Self { root: root.to_owned(), cwd, moved }
        };
        match kind {
            CellKind::Confined => at(checkout, true),
            CellKind::Namespaces if is_free(root) => at(root, false),
            CellKind::Namespaces => at(ELSEWHERE, true),
        }
    }
}

/// Can something be put there?
pub fn is_free(root: &str) -> bool {
    let mut names = root.split('/');
    let absolute = names.next() == Some("");
    let names: Vec<&str> = names.collect();
    let plain = names.iter().all(|name| !matches!(*name, "" | "." | "..") && !name.contains('\0'));
    absolute && plain && names != ["tmp"] && names.first().is_some_and(|first| !TAKEN.contains(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkouts_lie_where_they_were_if_they_can() {
        for (root, cwd, want) in [
            ("/home/u/repo", "/home/u/repo/src", "/home/u/repo/src"),
            ("/tmp/x", "/tmp/x", "/tmp/x"),
            ("/root/a", "/root/a", "/root/a"),
            ("/tmp", "/tmp/a", "/workspace/a"),
            ("/", "/", "/workspace"),
            ("/", "/srv/app", "/workspace/srv/app"),
            ("/opt/app", "/opt/app", "/workspace"),
            ("/usr/src/app", "/usr/src/app", "/workspace"),
            ("/a/../etc", "/a/../etc", "/workspace"),
            ("C:\\work", "C:\\work", "/workspace"),
            ("", "", "/workspace"),
        ] {
            let seat = Seat::new(CellKind::Namespaces, root, cwd, "/tmp/1");
            assert_eq!(seat.cwd, want, "{root}");
            assert_eq!(seat.moved, want.starts_with("/workspace"), "{root}");
        }
        let seat = Seat::new(CellKind::Confined, "/home/u/repo", "/home/u/repo/src", "/tmp/1");
        assert_eq!((seat.cwd.as_str(), seat.moved), ("/tmp/1/src", true));
    }
}
