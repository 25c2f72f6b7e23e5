//! Which hooks run at which event. Running them is the engine's work.

mod matcher;
mod trust;

#[cfg(test)]
mod tests;

use std::cell::OnceCell;
use std::path::Path;
use std::time::Duration;

pub use crate::plugin::hooks::{HandlerKind, HookEvent, HookSource};
pub use matcher::Matcher;
pub use trust::Trust;

use crate::decision::Rule;
use crate::finding::Finding;
use crate::plugin::Plugin;
use crate::plugin::hooks::{Handler, HookFile, MatcherGroup};
use crate::source::Place;
use trust::{Identity, States};

/// One hook.
#[derive(Clone, Debug)]
pub struct Hook {
    /// When it runs.
    pub event: HookEvent,
    /// Key of its trust. For hooks that are not the plugin's, the file's name stands for its path.
    pub key: String,
    /// Where it is written.
    pub place: Place,
    /// What it runs.
    pub kind: HandlerKind,
    /// How long it may take.
    pub timeout: Duration,
    /// It runs beside the tool and can never block.
    pub is_async: bool,
    /// What Codex shows while it runs.
    pub status_message: Option<String>,
    /// Most tokens of context that it may add.
    pub additional_context_limit: Option<u64>,
    /// Who declares it.
    pub source: HookSource,
    /// May it run?
    pub trust: Trust,
    matcher: Matcher,
}

impl Hook {
    /// The command of a command hook, placeholders such as `${PLUGIN_ROOT}` not yet replaced.
    pub fn command(&self) -> Option<&str> {
        match &self.kind {
            HandlerKind::Command(command) => Some(command),
            HandlerKind::McpTool { .. } => None,
        }
    }

    /// The rule to name when this hook decides.
    pub fn rule(&self) -> Rule {
        Rule::at(self.place.clone(), format!("{} hook", self.event.name()))
    }
}

/// Every hook that is declared, in Codex's order: by source, then event, then file.
#[derive(Clone, Debug, Default)]
pub struct Hooks {
    hooks: Vec<Hook>,
}

impl Hooks {
    /// Compiles the hooks of all sources. One that Codex skips without a word is a warning finding.
    pub fn compile(plugin: &Plugin, findings: &mut Vec<Finding>) -> Self {
        let states = States::of(&plugin.config, findings);
        let mut compiler = Compiler {
            plugin,
            fingerprint: OnceCell::new(),
            off: all_off(plugin, findings),
            hooks: Vec::new(),
        };
        for file in &plugin.hooks {
            compiler.add(file, &states, findings);
        }
        let hooks = compiler.hooks;
        let prefix = format!("{}:", plugin.id);
        let known = |key: &str| !key.starts_with(&prefix) || hooks.iter().any(|hook| hook.key == key);
        for (key, place) in states.idle(known) {
            let text = format!("the plugin has no hook `{key}`, so this table does nothing");
            findings.push(Finding::warning("idle-rule", text).at(place.clone()));
        }
        Self { hooks }
    }

    /// Hooks that run, or fail for having been modified, when `event` occurs for a subject: the tool's name in hooks (`Bash`, `apply_patch`,
    /// `mcp__<server>__<tool>`, …), for SessionStart the source, for sub-agents their type, for compaction its trigger.
    pub fn matching<'h>(&'h self, event: HookEvent, subject: &'h str) -> impl Iterator<Item = &'h Hook> {
        self.hooks
            .iter()
            .filter(move |hook| hook.event == event && hook.trust.shows() && hook.matcher.matches(subject))
    }

    /// Does any hook show at this event?
    pub fn any(&self, event: HookEvent) -> bool {
        self.hooks.iter().any(|hook| hook.event == event && hook.trust.shows())
    }

    /// Every hook, those that do not run included.
    pub fn all(&self) -> &[Hook] {
        &self.hooks
    }
}

/// The rule that switches all hooks off.
fn all_off(plugin: &Plugin, findings: &mut Vec<Finding>) -> Option<Rule> {
    plugin.requirements.feature_off("hooks").or_else(|| {
        // The old name counts where the new one is not written (Codex 0.169).
        let keys = ["hooks", "codex_hooks"];
        let flags = keys
            .into_iter()
            .filter_map(|key| Some((key, plugin.config.typed::<bool>(&["features", key], findings)?)));
        let (key, flag) = flags.into_iter().next().filter(|(_, flag)| !flag.value)?;
        Some(Rule::at(flag.place, format!("features.{key} = false")))
    })
}

struct Compiler<'p> {
    plugin: &'p Plugin,
    /// Fingerprint of the plugin's files, computed when the first hook needs it.
    fingerprint: OnceCell<Option<String>>,
    off: Option<Rule>,
    hooks: Vec<Hook>,
}

impl Compiler<'_> {
    fn add(&mut self, file: &HookFile, states: &States<'_>, findings: &mut Vec<Finding>) {
        for group in &file.groups {
            let text = group.matcher.as_ref();
            match Matcher::new(text.map(|text| text.value.as_str())) {
                Ok(matcher) => {
                    for handler in &group.handlers {
                        self.add_hook(file, group, handler, &matcher, states, findings);
                    }
                }
                Err(error) => {
                    let why = error.to_string();
                    let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
                    let finding = Finding::warning(
                        "matcher",
                        format!("Codex skips these hooks: invalid matcher: {why}"),
                    );
                    findings.push(match text {
                        Some(text) => finding.at(text.place.clone()).help("write a regular expression"),
                        None => finding,
                    });
                }
            }
        }
    }

    fn add_hook(
        &mut self,
        file: &HookFile,
        group: &MatcherGroup,
        handler: &Handler,
        matcher: &Matcher,
        states: &States<'_>,
        findings: &mut Vec<Finding>,
    ) {
        let key = format!("{}:{}:{}:{}", file.key, group.event.key(), group.index, handler.index);
        let hash = handler.definition_hash.as_str();
        let trust = self.trust(&Identity { source: file.source, key: &key, hash }, states, findings);
        report_skipped(&trust, &key, &handler.place, hash, findings);
        self.hooks.push(Hook {
            event: group.event,
            key,
            place: handler.place.clone(),
            kind: handler.kind.clone(),
            timeout: Duration::from_secs(handler.timeout),
            is_async: handler.is_async,
            status_message: handler.status_message.clone(),
            additional_context_limit: handler.additional_context_limit,
            source: file.source,
            trust,
            matcher: matcher.clone(),
        });
    }

    fn trust(&mut self, hook: &Identity<'_>, states: &States<'_>, findings: &mut Vec<Finding>) -> Trust {
        if let Some(rule) = &self.off {
            return Trust::Off(rule.clone());
        }
        if hook.source != HookSource::Plugin {
            let managed_only = self.plugin.requirements.managed_hooks_only.as_ref();
            return match managed_only.filter(|_| hook.source != HookSource::Managed) {
                Some(place) => Trust::Off(managed_rule(place)),
                None => states.trust(hook, None, self.plugin.trust_hooks, findings),
            };
        }
        if let Some(rule) = &self.plugin.off {
            return Trust::Off(rule.clone());
        }
        if let Some(place) = &self.plugin.requirements.managed_hooks_only {
            return Trust::Off(managed_rule(place));
        }
        let bundle = &self.plugin.bundle;
        // Codex adds files at installation when the plugin has commands, so its fingerprint is not this folder's.
        let fingerprint = || bundle.fingerprint().filter(|_| !bundle.is_folder(Path::new("commands")));
        let content = self.fingerprint.get_or_init(fingerprint);
        states.trust(hook, content.as_deref(), self.plugin.trust_hooks, findings)
    }
}

fn managed_rule(place: &Place) -> Rule {
    Rule::at(place.clone(), "requirements: allow_managed_hooks_only")
}

fn report_skipped(trust: &Trust, key: &str, place: &Place, hash: &str, findings: &mut Vec<Finding>) {
    let (code, text, help) = match trust {
        Trust::Managed | Trust::Trusted | Trust::Bypassed => return,
        Trust::Assumed => {
            let text = "the configuration says nothing of this hook: users are taken to trust it";
            let help = format!(
                "add `[hooks.state.\"{key}\"]` with `trusted_hash = \"{hash}\"`, or set `hooks_trusted`"
            );
            findings.push(Finding::note("hook-trust-assumed", text).at(place.clone()).help(help));
            return;
        }
        Trust::Untrusted => (
            "hook-untrusted",
            "Codex skips this hook without a word: the configuration does not trust it".to_owned(),
            format!("add `[hooks.state.\"{key}\"]` with `trusted_hash = \"{hash}\"`"),
        ),
        Trust::Modified(at) => (
            "hook-modified",
            format!("Codex skips this hook without a word: the hash at {at} is of another state of it"),
            format!(
                "review the hook and set `trusted_hash = \"{hash}\"`, and drop or renew `trusted_content_hash`"
            ),
        ),
        Trust::Off(rule) => ("hook-off", format!("Codex skips this hook: {}", rule.text), String::new()),
    };
    findings.push(Finding::warning(code, text).at(place.clone()).help(help));
}
