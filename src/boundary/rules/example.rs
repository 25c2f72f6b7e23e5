use super::{HostExecutables, PrefixRule};
use crate::finding::Finding;

/// The `match` and `not_match` examples of one rule.
#[derive(Debug, Default)]
pub(super) struct Examples {
    /// Index of the rule.
    pub(super) rule: usize,
    pub(super) matching: Vec<Vec<String>>,
    pub(super) other: Vec<Vec<String>>,
}

impl Examples {
    pub(super) fn is_empty(&self) -> bool {
        self.matching.is_empty() && self.other.is_empty()
    }

    /// Tells every example that does not do what it says. Codex 0.169 matches an example against the rule it
    /// stands in, by bare name too, and does not split scripts.
    pub(super) fn check(&self, rules: &[PrefixRule], hosts: &HostExecutables, findings: &mut Vec<Finding>) {
        let Some(rule) = rules.get(self.rule) else { return };
        for example in self.other.iter().filter(|example| matches(rule, example, hosts)) {
            let message = format!("the `not_match` example `{}` matches the rule", example.join(" "));
            findings.push(Finding::error("rules-example", message).at(rule.place.clone()).help(format!(
                "the pattern {} covers it; narrow the pattern or drop the example",
                rule.pattern
            )));
        }
        for example in self.matching.iter().filter(|example| !matches(rule, example, hosts)) {
            let message = format!("the `match` example `{}` does not match the rule", example.join(" "));
            findings.push(Finding::error("rules-example", message).at(rule.place.clone()).help(format!(
                "the pattern is {}; words must be equal, one by one from the start",
                rule.pattern
            )));
        }
    }
}

fn matches(rule: &PrefixRule, words: &[String], hosts: &HostExecutables) -> bool {
    let Some(program) = words.first() else { return false };
    rule.pattern.matches(program, words)
        || hosts
            .bare_name(program, "", rule.pattern.is_folded())
            .is_some_and(|name| rule.pattern.matches(name, words))
}

/// The words of an example that is written as one text, or what is wrong with it.
pub(super) fn split(text: &str) -> Result<Vec<String>, &'static str> {
    match shlex::split(text) {
        None => Err("has unbalanced quotes"),
        Some(words) if words.is_empty() => Err("is empty"),
        Some(words) => Ok(words),
    }
}
