//! The user's home folder, the plugin and the environment as a hook finds them.

use std::path::Path;

use super::run::PluginSeat;
use super::seat::HOME;
use crate::engine::cell::CellKind;
use crate::source::Scratch;

/// The user's home folder as a hook sees it.
pub(super) struct Home {
    pub(super) path: String,
    /// Where the plugin lies.
    pub(super) plugin_root: String,
    pub(super) plugin_data: String,
    tmp: String,
    /// Folders that the hook may write to.
    pub(super) writable: Vec<String>,
    _scratch: Option<Scratch>,
}

impl Home {
    /// A home for one run. `source` is where the plugin's files lie.
    pub(super) fn new(kind: CellKind, plugin: &PluginSeat, source: &Path) -> std::io::Result<Self> {
        let PluginSeat { name, marketplace, version, .. } = plugin;
        let scratch = match kind {
            CellKind::Namespaces => None,
            CellKind::Confined => Some(Scratch::new()?),
        };
        let (home, plugin_root, tmp) = match &scratch {
            None => {
                let home = format!("/{HOME}");
                let root = format!("{home}/.codex/plugins/cache/{marketplace}/{name}/{version}");
                (home, root, "/tmp".to_owned())
            }
            Some(scratch) => {
                for folder in ["home", "tmp"] {
                    open_folder(&scratch.path().join(folder))?;
                }
                let at = |folder: &str| scratch.path().join(folder).to_string_lossy().into_owned();
                (at("home"), source.to_string_lossy().into_owned(), at("tmp"))
            }
        };
        let mut writable = vec![home.clone()];
        writable.extend(scratch.as_ref().map(|_| tmp.clone()));
        let plugin_data = format!("{home}/.codex/plugins/data/{name}-{marketplace}");
        Ok(Self { path: home, plugin_root, plugin_data, tmp, writable, _scratch: scratch })
    }

    /// Codex 0.169 replaces these in the text, before any shell reads it.
    pub(super) fn replace(&self, command: &str) -> String {
        let mut text = command.to_owned();
        for (name, value) in self.plugin_variables() {
            text = text.replace(&format!("${{{name}}}"), value);
        }
        text
    }

    fn plugin_variables(&self) -> [(&'static str, &str); 4] {
        [
            ("PLUGIN_ROOT", &self.plugin_root),
            ("CLAUDE_PLUGIN_ROOT", &self.plugin_root),
            ("PLUGIN_DATA", &self.plugin_data),
            ("CLAUDE_PLUGIN_DATA", &self.plugin_data),
        ]
    }

    /// The whole environment of a hook.
    pub(super) fn env(&self, of_plugin: bool, shell: &str) -> Vec<(String, String)> {
        let codex_home = format!("{}/.codex", self.path);
        let fixed = [
            ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
            ("HOME", &self.path),
            ("CODEX_HOME", &codex_home),
            ("SHELL", shell),
            ("TMPDIR", &self.tmp),
            ("USER", "user"),
            ("LANG", "C.UTF-8"),
            ("TERM", "dumb"),
            ("TZ", "UTC"),
            // The checkout may belong to another user id inside the cell, which git would refuse.
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "safe.directory"),
            ("GIT_CONFIG_VALUE_0", "*"),
        ];
        let plugin = if of_plugin { self.plugin_variables().to_vec() } else { Vec::new() };
        fixed.into_iter().chain(plugin).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

/// A copy of the plugin that every user id may read. Symlinks are copied as such.
pub(super) fn copy_of(source: &Path) -> std::io::Result<Scratch> {
    let scratch = Scratch::new()?;
    copy_folder(source, scratch.path(), 0)?;
    open_mode(scratch.path(), 0o755)?;
    Ok(scratch)
}

fn copy_folder(source: &Path, target: &Path, depth: usize) -> std::io::Result<()> {
    for entry in std::fs::read_dir(source)? {
        let entry = entry?;
        let target = target.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() && depth < 64 {
            std::fs::create_dir(&target)?;
            open_mode(&target, 0o755)?;
            copy_folder(&entry.path(), &target, depth + 1)?;
        } else if kind.is_file() {
            std::fs::copy(entry.path(), &target)?;
            add_read(&target)?;
        } else if kind.is_symlink() {
            copy_link(&entry.path(), &target)?;
        }
    }
    Ok(())
}

/// A folder that every user id may read.
pub(super) fn readable_folder(path: &Path) -> std::io::Result<()> {
    std::fs::create_dir(path)?;
    open_mode(path, 0o755)
}

fn open_folder(path: &Path) -> std::io::Result<()> {
    std::fs::create_dir(path)?;
    open_mode(path, 0o777)
}

#[cfg(unix)]
fn open_mode(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

#[cfg(unix)]
fn add_read(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = path.metadata()?.permissions().mode();
    open_mode(path, if mode & 0o100 != 0 { 0o755 } else { 0o644 })
}

#[cfg(unix)]
fn copy_link(source: &Path, target: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(std::fs::read_link(source)?, target)
}

#[cfg(not(unix))]
fn open_mode(_path: &Path, _mode: u32) -> std::io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn add_read(_path: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn copy_link(_source: &Path, _target: &Path) -> std::io::Result<()> {
    Ok(())
}
