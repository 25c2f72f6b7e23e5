use std::collections::HashMap;

use regex::Regex;

use super::pattern::fold;
use super::{HostExecutables, NetworkRule, Pattern, PrefixRule, RuleVerdict, evaluate, requirements};
use crate::finding::{Finding, Severity};
use crate::plugin::Config;
use crate::source::{Place, TextFile};

/// All rules for commands, indexed by the first word of their patterns.
#[derive(Clone, Debug, Default)]
pub struct ExecPolicy {
    rules: Vec<PrefixRule>,
    exact: HashMap<Box<str>, Vec<usize>>,
    folded: HashMap<Box<str>, Vec<usize>>,
    hosts: HostExecutables,
    network: Vec<NetworkRule>,
    /// Finds any first word of a pattern in a text; a script without one needs no splitting.
    words: Option<Regex>,
}

impl ExecPolicy {
    /// Runs rules files in order and adds the rules of `requirements.toml`.
    ///
    /// When a file fails, none of the files counts: Codex 0.169 goes on without user rules in `app-server` and
    /// refuses to start in `exec`. The rules of `requirements.toml` stay.
    pub fn compile(files: &[TextFile], requirements: &Config, findings: &mut Vec<Finding>) -> Self {
        let stated = if files.is_empty() { super::collect::Stated::default() } else { evaluate::run(files) };
        let failed = stated.findings.iter().any(|finding| finding.severity == Severity::Error);
        findings.extend(stated.findings);
        let mut rules = if failed { Vec::new() } else { stated.prefix_rules };
        rules.extend(requirements::read(requirements, findings));
        let mut policy = Self::of_rules(rules);
        if !failed {
            policy.hosts = stated.hosts;
            policy.network = stated.network_rules;
        }
        policy
    }

    pub(super) fn of_rules(rules: Vec<PrefixRule>) -> Self {
        let mut policy = Self::default();
        for (at, rule) in rules.iter().enumerate() {
            let index = if rule.pattern.is_folded() { &mut policy.folded } else { &mut policy.exact };
            for word in rule.pattern.first() {
                index.entry(word.clone()).or_default().push(at);
            }
        }
        let mut firsts: Vec<&str> =
            policy.exact.keys().chain(policy.folded.keys()).map(|word| &**word).collect();
        firsts.sort_unstable();
        let any = firsts.iter().map(|word| regex::escape(word)).collect::<Vec<_>>().join("|");
        // Folding case is wider than what regular expressions ignore, so such rules are always tried.
        let plain = policy.folded.is_empty() && !firsts.is_empty();
        policy.words = if plain { Regex::new(&any).ok() } else { None };
        policy.rules = rules;
        policy
    }

    /// The same with one more rule, which allows all commands that begin with these words.
    #[must_use]
    pub fn with_allowed(&self, prefix: Vec<String>) -> Self {
        let Some(pattern) = Pattern::new(prefix.into_iter().map(|word| vec![word]).collect(), false) else {
            return self.clone();
        };
        let place = Place::file("added while accepting");
        let mut rules = self.rules.clone();
        rules.push(PrefixRule { pattern, verdict: RuleVerdict::Allow, justification: None, place });
        Self { hosts: self.hosts.clone(), network: self.network.clone(), ..Self::of_rules(rules) }
    }

    /// Every rule for commands, in the order of files and of lines run.
    pub fn rules(&self) -> &[PrefixRule] {
        &self.rules
    }

    /// Every rule for hosts.
    pub fn network_rules(&self) -> &[NetworkRule] {
        &self.network
    }

    /// Whether there is no rule for commands.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether a rule may match a part of this script when it is split. No false negatives: the program of a
    /// plain command is written without quotes or escapes.
    pub(super) fn may_match_part(&self, script: &str) -> bool {
        self.words.as_ref().is_none_or(|words| words.is_match(script))
    }

    /// Whether a rule may match a script as a whole, given to `shell`.
    pub(super) fn may_match_whole(&self, shell: &str) -> bool {
        let name = shell.rsplit('/').next().unwrap_or(shell);
        !self.folded.is_empty() || self.exact.contains_key(shell) || self.exact.contains_key(name)
    }

    /// The rules that match one plain command run in `cwd`, in order. A rule for a bare name matches a path of
    /// that program only if no rule matches the path as written.
    pub fn matching<'p, S: AsRef<str>>(&'p self, words: &[S], cwd: &str) -> Vec<&'p PrefixRule> {
        let Some(program) = words.first().map(AsRef::as_ref) else { return Vec::new() };
        let mut found = self.at_name(program, program, words, |_| true);
        if found.is_empty() && program.contains('/') {
            let bare = program.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            found = self.at_name(bare, bare, words, |rule| {
                self.hosts.bare_name(program, cwd, rule.pattern.is_folded()).is_some()
            });
        }
        found
    }

    fn at_name<'p, S: AsRef<str>>(
        &'p self,
        name: &str,
        program: &str,
        words: &[S],
        keep: impl Fn(&PrefixRule) -> bool,
    ) -> Vec<&'p PrefixRule> {
        let exact = self.exact.get(name).into_iter().flatten();
        let folded = (!self.folded.is_empty()).then(|| self.folded.get(fold(name).as_str())).flatten();
        exact
            .chain(folded.into_iter().flatten())
            .filter_map(|&at| self.rules.get(at))
            .filter(|rule| rule.pattern.matches(program, words) && keep(rule))
            .collect()
    }
}
