//! `init`: from a plugin and its Codex configuration to a suite that only lacks tasks. All of it appears, or nothing.

mod bundle;
mod card;
mod clean;
mod layer;
mod marketplace;
mod secrets;
mod stages;
mod template;

use std::fs;
use std::io::Write;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, bail};
use plugin_eval::finding::Finding;
use plugin_eval::gate::ExitCode;
use plugin_eval::plugin::{Plugin, PluginSpec};
use plugin_eval::report::escape;
use plugin_eval::suite::name_problem;

use super::args::{Init, Look};
use super::diagnostics;
use super::scene::{Scene, unusable};
use bundle::{Copied, Source};
use layer::Written;
use stages::StageMode;
use template::Template;

/// Makes a suite for a plugin.
pub(crate) fn init(args: &Init, look: Look) -> anyhow::Result<ExitCode> {
    let target = Target::new(args)?;
    let card = card::find(args.role.as_deref())?;
    let mut findings = Vec::new();
    let Some(source) = Source::open(&args.plugin, &target.folder, &mut findings)? else {
        diagnostics::print(&findings, &mut look.stderr())?;
        return Ok(ExitCode::Unusable);
    };
    if args.link && source.holds_suite() {
        bail!(
            "the suite would lie inside of the plugin that it refers to; leave out --link, or choose another folder"
        );
    }
    let draft = target.draft()?;
    let Some(made) = make(args, &card, &source, &target, draft.path(), &mut findings)? else {
        diagnostics::print(&findings, &mut look.stderr())?;
        writeln!(look.stderr(), "nothing was written: {}", diagnostics::count(&findings))?;
        return Ok(ExitCode::Unusable);
    };
    target.publish(draft)?;
    diagnostics::print(&findings, &mut look.stderr())?;
    tell(&made, &card, &target, look)?;
    Ok(ExitCode::Holds)
}

/// What was made, for telling.
struct Made {
    id: String,
    version: Option<String>,
    copied: Option<Copied>,
    codex: Written,
    stages: Vec<StageMode>,
}

/// Fills the draft; `None` when `findings` say why the suite could not be used.
fn make(
    args: &Init,
    card: &card::Card,
    source: &Source,
    target: &Target,
    draft: &Path,
    findings: &mut Vec<Finding>,
) -> anyhow::Result<Option<Made>> {
    let offered = marketplace::find(&source.folder);
    let name = match (&source.manifest.name, offered.as_ref().and_then(|found| found.plugin.as_deref())) {
        (None, Some(offered)) => offered.to_owned(),
        _ => source.name(),
    };
    let configured = marketplace::configured(&args.codex, &name);
    let marketplace = match (&offered, &configured) {
        (Some(found), _) => &found.name,
        (None, Some(configured)) => configured.as_str(),
        (None, None) => "local",
    };
    let id = format!("{name}@{marketplace}");
    let (path, copied) = if args.link {
        (relative(&target.folder, &source.folder), None)
    } else {
        ("plugin".to_owned(), Some(source.copy(&draft.join("plugin"))?))
    };
    let codex = layer::write(&args.codex, &source.folder, &id, draft, findings)?;
    findings.extend(secrets::left(draft, &args.allow_secret)?);
    if unusable(findings) {
        return Ok(None);
    }
    let mut plugin_findings = Vec::new();
    let paths = |names: &[String]| names.iter().map(PathBuf::from).collect();
    let spec = PluginSpec {
        suite: draft.to_owned(),
        path: path.clone().into(),
        marketplace: marketplace.to_owned(),
        config: paths(&codex.config),
        rules: paths(&codex.rules),
        requirements: codex.requirements.as_ref().map(PathBuf::from),
        ..PluginSpec::default()
    };
    let plugin = Plugin::load(&spec, &mut plugin_findings);
    let Some(plugin) = plugin.filter(|_| !unusable(&plugin_findings)) else {
        findings.extend(plugin_findings);
        return Ok(None);
    };
    let stages = stages::choose(&plugin, findings);
    if stages.is_empty() {
        return Ok(None);
    }
    let template =
        Template { name: &target.name, card, path: &path, marketplace, codex: &codex, stages: &stages };
    fs::create_dir(draft.join("tasks"))?;
    fs::write(draft.join("tasks/README.md"), template::TASKS)?;
    fs::write(draft.join(".gitignore"), template::IGNORED)?;
    fs::write(draft.join("suite.toml"), template.text())?;
    let mut all = Vec::new();
    let usable = Scene::load(draft, None, &mut all).is_some();
    all.retain(|finding| finding.code != "no-tasks");
    // Links were reported with the path that was typed.
    all.retain(|finding| copied.is_none() || finding.code != "plugin-link");
    findings.extend(all);
    let version = plugin.version.clone();
    Ok(usable.then_some(Made { id, version, copied, codex, stages }))
}

/// The folder of the suite to be.
struct Target {
    /// As typed.
    shown: String,
    folder: PathBuf,
    parent: PathBuf,
    name: String,
}

impl Target {
    fn new(args: &Init) -> anyhow::Result<Self> {
        let shown = args.suite.display().to_string();
        let whole = normal(&std::path::absolute(&args.suite).with_context(|| shown.clone())?);
        let (Some(last), Some(parent)) = (whole.file_name(), whole.parent()) else {
            bail!("{shown} cannot become a suite; name a new folder such as suites/my-role");
        };
        if let Ok(mut entries) = fs::read_dir(&whole)
            && entries.next().is_some()
        {
            bail!("{shown} is not empty; choose a new folder, or remove it first");
        }
        if fs::symlink_metadata(&whole).is_ok_and(|found| !found.is_dir()) {
            bail!("{shown} is there and is no folder; choose a new one");
        }
        let name = match &args.name {
            Some(name) => match name_problem(name) {
                Some(why) => bail!("the suite name `{name}` {why}; `{}` would do", plain(name)),
                None => name.clone(),
            },
            None => plain(&last.to_string_lossy()),
        };
        // Where links lead is known as far as the path exists.
        let known = parent.ancestors().find_map(|above| Some((above, fs::canonicalize(above).ok()?)));
        let parent = match known {
            Some((above, real)) => real.join(parent.strip_prefix(above).unwrap_or(Path::new(""))),
            None => parent.to_owned(),
        };
        Ok(Self { folder: parent.join(last), parent, name, shown })
    }

    fn draft(&self) -> anyhow::Result<tempfile::TempDir> {
        let say = || format!("{} cannot be made", self.shown);
        fs::create_dir_all(&self.parent).with_context(say)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".plugin-eval-init-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            builder.permissions(fs::Permissions::from_mode(0o777));
        }
        builder.tempdir_in(&self.parent).with_context(say)
    }

    /// Puts the draft in the place of the suite, in one step.
    fn publish(&self, draft: tempfile::TempDir) -> anyhow::Result<()> {
        let _ = fs::remove_dir(&self.folder);
        let path = draft.keep();
        fs::rename(&path, &self.folder)
            .inspect_err(|_| _ = fs::remove_dir_all(&path))
            .with_context(|| format!("{} cannot be put in place", self.shown))
    }
}

/// A name made of a text, with what no name may hold replaced.
fn plain(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars().take(100) {
        let fits = c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if fits {
            name.push(c);
        } else if !name.ends_with('-') {
            name.push('-');
        }
    }
    let name = name.trim_matches(['-', '.', '_']);
    if name.is_empty() { "suite".to_owned() } else { name.to_owned() }
}

/// A path without `.` and, as far as it can be told without looking, `..`.
fn normal(path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => _ = whole.pop(),
            Component::CurDir => {}
            other => whole.push(other),
        }
    }
    whole
}

/// The way from one folder to another, with `/`.
fn relative(from: &Path, to: &Path) -> String {
    let common = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(common).map(|_| "..".to_owned());
    let down = to.components().skip(common).map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

fn tell(made: &Made, card: &card::Card, target: &Target, look: Look) -> std::io::Result<()> {
    let mut out = look.stdout();
    let version = made.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
    let stages: Vec<_> = made.stages.iter().map(|stage| stage.name).collect();
    let line = |text: String| escape::line(&text).into_owned();
    writeln!(
        out,
        "{}",
        line(format!(
            "{}: plugin {}{version}, role {}, stages {}",
            target.shown,
            made.id,
            card.name,
            stages.join(", ")
        ))
    )?;
    if look.quiet {
        return Ok(());
    }
    if let Some(copied) = &made.copied {
        writeln!(out, "copied: {} files of the plugin", copied.files)?;
        for left in &copied.left_out {
            writeln!(out, "  left out: {}", line(left.clone()))?;
        }
    }
    match &made.codex.found {
        Some(found) => writeln!(out, "{}", line(format!("configuration: found in {}", found.display())))?,
        None if made.codex.config.is_empty() => {}
        None => {}
    }
    for left in &made.codex.left_out {
        writeln!(out, "  left out: {}", line(left.clone()))?;
    }
    let folder = shlex::try_quote(&target.shown).unwrap_or_default();
    let folder = escape::line(&folder);
    writeln!(out, "next:")?;
    writeln!(out, "  plugin-eval import ~/.codex --suite {folder}")?;
    writeln!(out, "  plugin-eval check {folder}")?;
    writeln!(out, "  plugin-eval run {folder}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_plain() {
        for (text, name) in [
            ("release-reviewer", "release-reviewer"),
            ("my suite!", "my-suite"),
            ("größe", "gr-e"),
            ("..", "suite"),
            ("日本", "suite"),
            ("a/b", "a-b"),
        ] {
            assert_eq!(plain(text), name);
            assert_eq!(name_problem(&plain(text)), None);
        }
        assert_eq!(name_problem(&plain(&"x".repeat(300))), None);
    }

    #[test]
    fn ways_between_folders() {
        let way = |from: &str, to: &str| relative(Path::new(from), Path::new(to));
        assert_eq!(way("/a/suites/x", "/a/plugins/p"), "../../plugins/p");
        assert_eq!(way("/a/x", "/a/x/p"), "p");
        assert_eq!(way("/a/b c/x", "/p"), "../../../p");
    }
}
