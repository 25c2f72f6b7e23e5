//! The repository that a folder lies in, found without asking git and without obeying any configuration.

use std::path::{Path, PathBuf};

use super::remote::RemoteName;

/// Folders that are looked at above a working folder.
const MAX_UP: usize = 64;
/// Largest configuration that is read, in bytes.
const MAX_CONFIG: u64 = 1 << 20;

/// The top of the work tree that holds a recorded working folder, where both are on this machine.
///
/// Recorded text decides where is looked, so nothing but names is looked at, and no path of a network share is.
pub(super) fn top_of(cwd: &str) -> Option<PathBuf> {
    let is_share = cwd.starts_with("//") || cwd.starts_with(r"\\");
    let path = Path::new(cwd);
    if is_share || !path.is_absolute() || path.components().any(|part| part.as_os_str() == "..") {
        return None;
    }
    // An empty `.git` may lie anywhere.
    let is_top = |folder: &&Path| {
        let git = folder.join(".git");
        git.is_file() || git.join("HEAD").is_file()
    };
    path.ancestors().take(MAX_UP).find(is_top).map(Path::to_owned)
}

/// Names of the remotes of the repository at `path` with their normal names, in the order of its configuration.
pub(super) fn remotes(path: &Path) -> Vec<(String, RemoteName)> {
    let Some(git) = git_folder(path) else { return Vec::new() };
    let config = git.join("config");
    let small = std::fs::metadata(&config).is_ok_and(|meta| meta.is_file() && meta.len() <= MAX_CONFIG);
    let text = if small { std::fs::read_to_string(&config).unwrap_or_default() } else { String::new() };
    read_remotes(&text)
}

/// The folder with the configuration: `.git`, what a `.git` file names (a linked work tree shares its main one's), or
/// the folder itself.
fn git_folder(path: &Path) -> Option<PathBuf> {
    let dot_git = path.join(".git");
    let git = match std::fs::metadata(&dot_git) {
        Ok(meta) if meta.is_dir() => dot_git,
        Ok(meta) if meta.is_file() && meta.len() <= MAX_CONFIG => {
            let text = std::fs::read_to_string(&dot_git).ok()?;
            path.join(text.strip_prefix("gitdir:")?.trim())
        }
        Ok(_) => return None,
        Err(_) => path.to_owned(),
    };
    let shared = git.join("commondir");
    let is_small = std::fs::metadata(&shared).is_ok_and(|meta| meta.is_file() && meta.len() <= MAX_CONFIG);
    match is_small.then(|| std::fs::read_to_string(&shared)) {
        Some(Ok(text)) => Some(git.join(text.trim())),
        _ => Some(git),
    }
}

fn read_remotes(config: &str) -> Vec<(String, RemoteName)> {
    let mut remotes = Vec::new();
    let mut section: Option<String> = None;
    for line in config.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            let name = header.split(']').next().unwrap_or_default();
            let name = name.strip_prefix("remote").map(|name| name.trim().trim_matches('"').to_owned());
            section = name.filter(|name| !name.is_empty());
        } else if let Some(name) = &section
            && let Some((key, value)) = line.split_once('=')
            && key.trim().eq_ignore_ascii_case("url")
            && let Some(remote) = RemoteName::of(value.trim().trim_matches('"'))
        {
            remotes.push((name.clone(), remote));
        }
    }
    remotes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remotes_are_read_from_the_configuration() {
        let text = "[core]\n\turl = no\n[remote \"origin\"]\n\turl = git@git.invalid:acme/app.git\n\tfetch = +x\n\
                    [remote \"up\"]\nURL=https://git.invalid/up/app\n[branch \"main\"]\n\tremote = origin\n";
        let found = read_remotes(text);
        let found: Vec<_> = found.iter().map(|(name, remote)| (name.as_str(), remote.as_str())).collect();
        assert_eq!(found, [("origin", "git.invalid/acme/app"), ("up", "git.invalid/up/app")]);
    }

    #[test]
    fn the_top_is_found_from_below_and_only_on_this_machine() {
        let top = tempfile::tempdir().unwrap();
        let repo = top.path().join("app");
        std::fs::create_dir_all(repo.join(".git")).unwrap();
        std::fs::write(repo.join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
        std::fs::create_dir_all(repo.join("src/deep/.git")).unwrap();
        let below = repo.join("src/deep");
        assert_eq!(top_of(below.to_str().unwrap()), Some(repo.clone()));
        // A folder that is gone may still lie below one that is not.
        assert_eq!(top_of(repo.join("src/gone").to_str().unwrap()), Some(repo.clone()));
        for cwd in ["", "app", "//share/app", r"\\share\app", "/no/such/folder"] {
            assert_eq!(top_of(cwd), None, "{cwd}");
        }
        assert_eq!(top_of(&format!("{}/../app", repo.display())), None);
    }

    #[test]
    fn a_linked_work_tree_has_the_remotes_of_its_main_one() {
        let top = tempfile::tempdir().unwrap();
        let git = top.path().join("main/.git");
        std::fs::create_dir_all(git.join("worktrees/w")).unwrap();
        std::fs::write(git.join("config"), "[remote \"origin\"]\nurl = git.invalid:a/b\n").unwrap();
        std::fs::write(git.join("worktrees/w/commondir"), "../..\n").unwrap();
        let tree = top.path().join("tree");
        std::fs::create_dir(&tree).unwrap();
        std::fs::write(tree.join(".git"), format!("gitdir: {}\n", git.join("worktrees/w").display()))
            .unwrap();
        assert_eq!(remotes(&tree).len(), 1);
        assert_eq!(remotes(&top.path().join("main")).len(), 1);
        assert!(remotes(top.path()).is_empty());
    }
}
