use std::path::{Path, PathBuf};

use crate::plugin::{HookTrust, PluginSpec};

use super::fields::{Fields, Problems, Text};

/// Bounds for the plugin's hooks while they are replayed; the engine has defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HookLimits {
    /// `false`: hooks are not run, and what they would say is undetermined.
    pub run: Option<bool>,
    /// Seconds of wall time for one hook; never more than the hook's own declaration.
    pub timeout_seconds: Option<u32>,
    /// Memory in MiB.
    pub memory_mb: Option<u32>,
    /// Processes at a time.
    pub processes: Option<u32>,
}

pub(super) const PLUGIN_KEYS: &[&str] =
    &["path", "marketplace", "config", "rules", "requirements", "mcp_tools", "hooks_trusted"];
pub(super) const HOOK_KEYS: &[&str] = &["run", "timeout_seconds", "memory_mb", "processes"];

/// Marketplace of a suite that names none.
const NO_MARKETPLACE: &str = "local";

/// Reads `[plugin]`. Without `hooks_trusted`, hooks of which the configuration says nothing run, for users trust what
/// they install; `false` runs only those that the configuration trusts, as Codex itself does, `true` runs all.
pub(super) fn read_plugin(
    top: &Fields<'_, '_>,
    suite: &Path,
    problems: &mut Problems<'_>,
) -> Option<PluginSpec> {
    if top.get("plugin").is_none() {
        problems.error(&(0..0), "missing-key", "the suite lacks `[plugin]`", "name the bundle with `path`");
    }
    let fields = top.table("plugin", "[plugin]", PLUGIN_KEYS, problems)?;
    let one = |key, what, problems: &mut Problems<'_>| {
        let text = fields.text(key, problems)?;
        check_path(suite, &text, what, problems);
        Some(PathBuf::from(text.value))
    };
    let many = |key, what, problems: &mut Problems<'_>| {
        let texts = fields.texts(key, problems);
        for text in &texts {
            check_path(suite, text, what, problems);
        }
        texts.iter().map(|text| PathBuf::from(text.value)).collect()
    };
    let bundle = one("path", What::Folder, problems);
    if fields.get("path").is_none() {
        fields.missing("path", problems);
    }
    let marketplace = fields.owned("marketplace", problems);
    Some(PluginSpec {
        suite: suite.to_owned(),
        marketplace: marketplace.unwrap_or_else(|| NO_MARKETPLACE.to_owned()),
        config: many("config", What::File, problems),
        rules: many("rules", What::Any, problems),
        requirements: one("requirements", What::File, problems),
        mcp_tools: one("mcp_tools", What::File, problems),
        trust_hooks: match fields.flag("hooks_trusted", problems) {
            None => HookTrust::Assumed,
            Some(false) => HookTrust::Configured,
            Some(true) => HookTrust::All,
        },
        path: bundle?,
    })
}

/// Reads `[hooks]`.
pub(super) fn read_hook_limits(top: &Fields<'_, '_>, problems: &mut Problems<'_>) -> HookLimits {
    let Some(fields) = top.table("hooks", "[hooks]", HOOK_KEYS, problems) else {
        return HookLimits::default();
    };
    HookLimits {
        run: fields.flag("run", problems),
        timeout_seconds: fields.number("timeout_seconds", 1, 3600, problems),
        memory_mb: fields.number("memory_mb", 16, 65_536, problems),
        processes: fields.number("processes", 1, 4096, problems),
    }
}

#[derive(Clone, Copy)]
pub(super) enum What {
    File,
    Folder,
    Any,
}

/// Reports a path of `suite.toml` that is not there. It may lie anywhere: whoever writes the suite chose it.
pub(super) fn check_path(suite: &Path, text: &Text<'_>, what: What, problems: &mut Problems<'_>) {
    let path = suite.join(text.value);
    let (right, wanted) = match what {
        What::File => (path.is_file(), "file"),
        What::Folder => (path.is_dir(), "folder"),
        What::Any => (path.exists(), "file or folder"),
    };
    if !right {
        let message = format!("there is no {wanted} at `{}`", text.value);
        problems.error(&text.span, "missing-file", message, "paths start at the suite folder");
    }
}
