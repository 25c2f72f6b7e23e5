use crate::decision::Rule;
use crate::finding::Finding;
use crate::plugin::HookTrust;
use crate::plugin::config::{Config, Node, Table};
use crate::plugin::hooks::HookSource;
use crate::source::Place;

/// May a hook run?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Requirements declare it.
    Managed,
    /// The configuration holds its hash.
    Trusted,
    /// The suite runs hooks without trust.
    Bypassed,
    /// The configuration says nothing of it; users are taken to trust it.
    Assumed,
    /// The configuration does not trust it: Codex skips it without a word.
    Untrusted,
    /// The configuration trusts another definition or other plugin files: Codex skips it without a word. Holds where
    /// the hash is written.
    Modified(Place),
    /// A rule switches it off.
    Off(Rule),
}

impl Trust {
    /// Does Codex run the hook?
    pub fn runs(&self) -> bool {
        matches!(self, Self::Managed | Self::Trusted | Self::Bypassed | Self::Assumed)
    }

    /// Does Codex tell of the hook when its event comes? One that was modified fails at once.
    pub fn shows(&self) -> bool {
        self.runs() || matches!(self, Self::Modified(_))
    }
}

/// What the configuration says of hooks: `[hooks.state]`.
pub(super) struct States<'c> {
    table: Option<&'c Table>,
}

const KEYS: [&str; 3] = ["trusted_hash", "trusted_content_hash", "enabled"];

impl<'c> States<'c> {
    pub(super) fn of(config: &'c Config, findings: &mut Vec<Finding>) -> Self {
        let table = config.get(&["hooks", "state"]).and_then(Node::read::<&Table>);
        for (key, node) in table.into_iter().flatten() {
            node.warn_unknown(&format!("the state of the hook `{key}`"), &KEYS, findings);
        }
        Self { table }
    }

    /// The state stored under a key. A plugin's hooks have whole keys; others start with the absolute path of the installed
    /// file, of which only the name is known here.
    fn get(&self, source: HookSource, key: &str) -> Option<&'c Node> {
        let table = self.table?;
        match source {
            HookSource::Plugin => table.get(key),
            _ => table.iter().find_map(|(known, node)| {
                let folder = known.strip_suffix(key)?;
                (folder.is_empty() || folder.ends_with(['/', '\\'])).then_some(node)
            }),
        }
    }

    /// Keys that are none of `known`, so that their tables do nothing.
    pub(super) fn idle<'k>(
        &self,
        known: impl Fn(&str) -> bool + 'k,
    ) -> impl Iterator<Item = (&'c str, &'c Place)> + 'k
    where
        'c: 'k,
    {
        let table = self.table.into_iter().flatten();
        table.filter(move |(key, _)| !known(key)).map(|(key, node)| (key.as_str(), &node.place))
    }

    /// Trust in a hook. `content` is the fingerprint of the plugin's files, `None` when it does not count or cannot be
    /// known.
    pub(super) fn trust(
        &self,
        hook: &Identity<'_>,
        content: Option<&str>,
        mode: HookTrust,
        findings: &mut Vec<Finding>,
    ) -> Trust {
        if hook.source == HookSource::Managed {
            return Trust::Managed;
        }
        let Some(state) = self.get(hook.source, hook.key) else {
            return match mode {
                HookTrust::Configured => Trust::Untrusted,
                HookTrust::Assumed => Trust::Assumed,
                HookTrust::All => Trust::Bypassed,
            };
        };
        if let Some(enabled) = state.typed::<bool>(&["enabled"], findings).filter(|enabled| !enabled.value) {
            return Trust::Off(Rule::at(enabled.place, "hooks.state: enabled = false"));
        }
        if mode == HookTrust::All {
            return Trust::Bypassed;
        }
        let Some(trusted) = state.typed::<&str>(&["trusted_hash"], findings) else { return Trust::Untrusted };
        if trusted.value != hook.hash {
            return Trust::Modified(trusted.place);
        }
        match (state.typed::<&str>(&["trusted_content_hash"], findings), content) {
            (Some(trusted), Some(content)) if trusted.value != content => Trust::Modified(trusted.place),
            (Some(trusted), None) if hook.source == HookSource::Plugin => {
                let text =
                    "`trusted_content_hash` is not compared: installing adds files for the plugin's commands";
                findings.push(Finding::note("hook-content", text).at(trusted.place));
                Trust::Trusted
            }
            _ => Trust::Trusted,
        }
    }
}

/// What trust is stored for.
pub(super) struct Identity<'h> {
    pub(super) source: HookSource,
    pub(super) key: &'h str,
    pub(super) hash: &'h str,
}
