use super::{Pattern, PrefixRule, RuleVerdict};
use crate::finding::Finding;
use crate::plugin::Config;
use crate::plugin::config::Node;

/// Reads `[rules] prefix_rules` of `requirements.toml`.
///
/// Codex 0.169 takes only `prompt` and `forbidden` there; `allow` is fatal, as an administrator may only narrow.
pub(super) fn read(requirements: &Config, findings: &mut Vec<Finding>) -> Vec<PrefixRule> {
    let Some(rules) = requirements.typed::<&[Node]>(&["rules", "prefix_rules"], findings) else {
        let table = requirements.get(&["rules"]).filter(|table| table.get(&["prefix_rules"]).is_none());
        if let Some(table) = table {
            findings.push(
                Finding::error("requirements-rules", "`[rules]` lacks `prefix_rules`, which Codex refuses")
                    .at(table.place.clone())
                    .help("add a rule or remove the table"),
            );
        }
        return Vec::new();
    };
    if rules.value.is_empty() {
        findings.push(
            Finding::error("requirements-rules", "`rules.prefix_rules` is empty, which Codex refuses")
                .at(rules.place.clone())
                .help("add a rule or remove the key"),
        );
    }
    rules.value.iter().filter_map(|node| rule(node, findings)).collect()
}

fn rule(node: &Node, findings: &mut Vec<Finding>) -> Option<PrefixRule> {
    let before = findings.len();
    let mut problem = |at: &Node, message: String, help: &str| {
        findings.push(Finding::error("requirements-rules", message).at(at.place.clone()).help(help));
    };
    let decision = node.get(&["decision"]);
    let verdict = match decision.and_then(Node::read::<&str>) {
        Some("prompt") => Some(RuleVerdict::Prompt),
        Some("forbidden") => Some(RuleVerdict::Forbidden),
        given => {
            let at = decision.unwrap_or(node);
            let message = given.map_or_else(
                || "a rule has no `decision`".to_owned(),
                |name| format!("unknown decision `{name}`"),
            );
            problem(at, message, "requirements can only narrow: write prompt or forbidden");
            None
        }
    };
    let justification = node.get(&["justification"]).and_then(|at| {
        let text = at.read::<&str>().filter(|text| !text.trim().is_empty());
        if text.is_none() {
            problem(at, "`justification` is no text".to_owned(), "write the reason, or leave it out");
        }
        text.map(Into::into)
    });
    let mut words = Vec::new();
    if let Some(list) = node.get(&["pattern"]).and_then(Node::read::<&[Node]>) {
        words.extend(list.iter().filter_map(|at| word(at, &mut problem)));
    } else {
        problem(node, "a rule has no `pattern`".to_owned(), "write pattern = [{ token = \"git\" }]");
    }
    if findings.len() > before {
        return None;
    }
    let Some(pattern) = Pattern::new(words, false) else {
        let help = "write the first words of the commands that it is about";
        findings.push(
            Finding::error("requirements-rules", "the pattern is empty").at(node.place.clone()).help(help),
        );
        return None;
    };
    Some(PrefixRule { pattern, verdict: verdict?, justification, place: node.place.clone() })
}

/// One word of a pattern: `{ token = "git" }` or `{ any_of = ["push", "fetch"] }`.
fn word(node: &Node, problem: &mut impl FnMut(&Node, String, &str)) -> Option<Vec<String>> {
    let token = node.get(&["token"]).and_then(Node::read::<String>);
    let any = node.get(&["any_of"]).and_then(Node::read::<&[Node]>);
    let any = any.map(|list| list.iter().map(Node::read::<String>).collect::<Option<Vec<_>>>());
    match (token, any) {
        (Some(token), None) => Some(vec![token]),
        (None, Some(Some(any))) if !any.is_empty() => Some(any),
        _ => {
            let help = "write { token = \"git\" } or { any_of = [\"push\", \"fetch\"] }";
            problem(node, "a pattern word is neither a token nor a choice".to_owned(), help);
            None
        }
    }
}
