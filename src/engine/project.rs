//! The project that a session works in: what its `.codex` folders change about the boundary.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::workspace::Workspace;
use crate::boundary::Boundary;
use crate::finding::{Finding, Severity};
use crate::plugin::config::Placed;
use crate::plugin::{Plugin, Project, Trust};
use crate::source::snapshot::{Content, Files};
use crate::source::{Overlay, TextFile};
use crate::suite::Stage;

/// Deepest nesting of folders between top and working folder that is looked at.
const MAX_FOLDERS: usize = 32;
/// Most rules files of one folder.
const MAX_RULES: usize = 100;
/// Most files of roles of sub-agents below one `.codex` folder.
const MAX_ROLES: usize = 100;
/// Deepest nesting of folders in which these are looked for.
const MAX_DEPTH: usize = 4;

/// Boundaries of all stages, compiled for the project of a session where that makes a difference.
#[derive(Debug)]
pub(super) struct Projects {
    plugin: Plugin,
    modes: Vec<Option<String>>,
    known: Mutex<HashMap<Key, Compiled>>,
}

/// What the boundaries of a project depend on: what is said of it, and the texts that it brings along.
type Key = (Option<(Trust, String)>, Vec<(Arc<str>, String)>);
/// The boundaries of one project, or why Codex would refuse them.
type Compiled = Result<Arc<[Boundary]>, Vec<Finding>>;

impl Projects {
    pub(super) fn new(plugin: &Plugin, stages: &[Stage]) -> Self {
        let modes = stages.iter().map(|stage| stage.mode.clone()).collect();
        Self { plugin: plugin.clone(), modes, known: Mutex::default() }
    }

    /// The boundaries for sessions that work in `cwd` of a repository at `top`; `usual` where the project changes
    /// nothing. A configuration that Codex refuses is an error.
    pub(super) fn boundaries<'b>(
        &self,
        usual: &'b [Boundary],
        cwd: &str,
        top: &str,
        files: Option<&Overlay>,
    ) -> Result<Boundaries<'b>, Vec<Finding>> {
        let project = read(cwd, top, files);
        let mut findings = Vec::new();
        let said = project.trust(&self.plugin.config, &mut findings);
        if !findings.is_empty() {
            return Err(findings);
        }
        if said.is_none() && project.is_plain() {
            return Ok(Boundaries::Usual(usual));
        }
        let texts = [&project.config, &project.hooks, &project.rules, &project.roles].into_iter().flatten();
        let texts = texts.map(|file| (file.name().clone(), file.text().to_owned())).collect();
        let key = (said.as_ref().map(|said| (said.value, said.place.to_string())), texts);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let compiled = known.entry(key).or_insert_with(|| self.compile(usual, &project, said.as_ref()));
        compiled.clone().map(Boundaries::Own)
    }

    fn compile(&self, usual: &[Boundary], project: &Project, said: Option<&Placed<Trust>>) -> Compiled {
        let mut findings = Vec::new();
        let trusted = self.plugin.in_project(project, &mut findings);
        let modes = self.modes.iter().map(Option::as_deref);
        let boundaries = usual.iter().zip(modes).map(|(usual, mode)| {
            // Codex 0.169 trusts a project in which the client lets it write.
            let implied = said.is_none() && mode.is_some() && usual.sandbox.may_write();
            let trusts = implied || said.is_some_and(|said| said.value == Trust::Trusted);
            if !trusts && said.is_none() {
                return usual.clone();
            }
            let plugin = if trusts { &trusted } else { &self.plugin };
            Boundary::compile_in(plugin, mode, said, &mut findings)
        });
        let boundaries: Arc<[Boundary]> = boundaries.collect();
        let own = |finding: &Finding| {
            finding.severity == Severity::Error
                && finding.place.as_ref().is_some_and(|place| place.file.contains(".codex/"))
        };
        findings.retain(own);
        if findings.is_empty() { Ok(boundaries) } else { Err(findings) }
    }
}

/// Boundaries of all stages.
#[derive(Clone, Debug)]
pub(super) enum Boundaries<'b> {
    /// Those of the suite.
    Usual(&'b [Boundary]),
    /// Those of one project.
    Own(Arc<[Boundary]>),
}

impl std::ops::Deref for Boundaries<'_> {
    type Target = [Boundary];

    fn deref(&self) -> &[Boundary] {
        match self {
            Self::Usual(usual) => usual,
            Self::Own(own) => own,
        }
    }
}

/// Reads what the `.codex` folders from the top to the working folder bring along.
fn read(cwd: &str, top: &str, files: Option<&Overlay>) -> Project {
    let cwd = Workspace::new(cwd).root().to_owned();
    let top = Workspace::new(top).root().to_owned();
    let inside =
        cwd.strip_prefix(top.trim_end_matches('/')).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let below = inside.map(|rest| rest.trim_start_matches('/').to_owned());
    let mut project = Project { names: vec![cwd, top], ..Project::default() };
    let (Some(files), Some(below)) = (files, below) else { return project };
    let parts = below.split('/').filter(|part| !part.is_empty()).take(MAX_FOLDERS);
    let folders = parts.scan(String::new(), |at, part| {
        at.push_str(part);
        at.push('/');
        Some(at.clone())
    });
    for folder in std::iter::once(String::new()).chain(folders) {
        let text = |name: String| match files.read(name.as_bytes()) {
            Content::Known(bytes) => Some(TextFile::new(name, String::from_utf8(bytes.to_vec()).ok()?)),
            _ => None,
        };
        project.config.extend(text(format!("{folder}.codex/config.toml")));
        project.hooks.extend(text(format!("{folder}.codex/hooks.json")));
        let names = files.list(format!("{folder}.codex/rules")).unwrap_or_default();
        let names = names.into_iter().filter_map(|name| String::from_utf8(name).ok());
        let rules = names.filter(|name| is_rules(name)).take(MAX_RULES);
        project.rules.extend(rules.filter_map(|name| text(format!("{folder}.codex/rules/{name}"))));
        let mut roles = Vec::new();
        toml_below(files, &format!("{folder}.codex"), 0, &mut roles);
        let config = format!("{folder}.codex/config.toml");
        project.roles.extend(roles.into_iter().filter(|name| *name != config).filter_map(text));
    }
    project
}

/// The `*.toml` below a folder.
fn toml_below(files: &Overlay, folder: &str, depth: usize, found: &mut Vec<String>) {
    let mut names: Vec<_> = files.list(folder).unwrap_or_default();
    names.sort();
    for name in names.into_iter().filter_map(|name| String::from_utf8(name).ok()) {
        let path = format!("{folder}/{name}");
        if found.len() >= MAX_ROLES {
            return;
        }
        if Path::new(&name).extension().is_some_and(|extension| extension == "toml") {
            found.push(path);
        } else if depth < MAX_DEPTH {
            toml_below(files, &path, depth + 1, found);
        }
    }
}

fn is_rules(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "rules")
}
