use std::path::{Path, PathBuf};

use crate::source::Place;

use super::fields::{Fields, Problems, Text};

/// The plugin under test and the Codex configuration deployed with it, as paths.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    /// The bundle's folder.
    pub bundle: Located,
    /// The marketplace that the plugin is installed from, so that `[plugins."<name>@<marketplace>"]` applies.
    pub marketplace: Option<String>,
    /// `config.toml` layers, lowest first.
    pub config: Vec<Located>,
    /// `.rules` files, or folders of them.
    pub rules: Vec<Located>,
    /// `requirements.toml`.
    pub requirements: Option<Located>,
    /// What the plugin's MCP servers answer to `tools/list`, as JSON: the annotations of their tools.
    pub mcp_tools: Option<Located>,
    /// The user trusts the plugin's hooks; Codex does not run others. True unless the suite says otherwise.
    pub hooks_trusted: bool,
}

/// A file or folder that `suite.toml` names.
#[derive(Clone, Debug, PartialEq)]
pub struct Located {
    /// Where it is.
    pub path: PathBuf,
    /// As written, which is what reports show; starts at the suite folder.
    pub name: String,
    /// Where `suite.toml` names it.
    pub place: Place,
}

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

const PLUGIN_KEYS: &[&str] =
    &["path", "marketplace", "config", "rules", "requirements", "mcp_tools", "hooks_trusted"];
const HOOK_KEYS: &[&str] = &["run", "timeout_seconds", "memory_mb", "processes"];

/// Reads `[plugin]`.
pub(super) fn read_deployment(
    top: &Fields<'_, '_>,
    suite: &Path,
    problems: &mut Problems<'_>,
) -> Option<Deployment> {
    if top.get("plugin").is_none() {
        problems.error(&(0..0), "missing-key", "the suite lacks `[plugin]`", "name the bundle with `path`");
    }
    let fields = top.table("plugin", "[plugin]", PLUGIN_KEYS, problems)?;
    let one = |key, what, problems: &mut Problems<'_>| {
        let text = fields.text(key, problems)?;
        Some(locate(suite, &text, what, problems))
    };
    let many = |key, what, problems: &mut Problems<'_>| {
        let texts = fields.texts(key, problems);
        texts.iter().map(|text| locate(suite, text, what, problems)).collect()
    };
    let bundle = one("path", What::Folder, problems);
    if fields.get("path").is_none() {
        fields.missing("path", problems);
    }
    let deployment = Deployment {
        marketplace: fields.owned("marketplace", problems),
        config: many("config", What::File, problems),
        rules: many("rules", What::Any, problems),
        requirements: one("requirements", What::File, problems),
        mcp_tools: one("mcp_tools", What::File, problems),
        hooks_trusted: fields.flag("hooks_trusted", problems).unwrap_or(true),
        bundle: bundle?,
    };
    Some(deployment)
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

/// Resolves a path that `suite.toml` names. It may lie anywhere: whoever writes the suite chose it.
pub(super) fn locate(suite: &Path, text: &Text<'_>, what: What, problems: &mut Problems<'_>) -> Located {
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
    let name = text.value.trim_start_matches("./").trim_end_matches('/').replace('\\', "/");
    Located { path, name, place: problems.place(&text.span) }
}
