//! The functions that a rules file may call. They note every problem and go on, so that a file's problems are
//! told at once.
#![allow(clippy::unnecessary_wraps)]

use std::rc::Rc;

use starlark::environment::GlobalsBuilder;
use starlark::eval::Evaluator;
use starlark::starlark_module;
use starlark::values::Value;
use starlark::values::list::ListRef;
use starlark::values::none::NoneType;

use super::collect::Collector;
use super::example::{self, Examples};
use super::{NetworkRule, Pattern, PrefixRule, Protocol, RuleVerdict, host};
use crate::finding::{Finding, closest};
use crate::source::Place;

/// One call of a function in a rules file: where it stands and where its problems go.
struct Call {
    collector: Rc<Collector>,
    place: Place,
    failed: bool,
}

impl Call {
    fn new(eval: &Evaluator<'_, '_, '_>) -> starlark::Result<Self> {
        let collector =
            Collector::current().ok_or_else(|| stop("rules are evaluated without a collector"))?;
        let place = collector.place(eval.call_stack_top_location().as_ref());
        Ok(Self { collector, place, failed: false })
    }

    fn fail(&mut self, message: impl Into<String>, help: impl Into<String>) {
        self.failed = true;
        let finding = Finding::error("rules", message).at(self.place.clone()).help(help);
        self.collector.problem(finding);
    }

    fn text<'v>(&mut self, name: &str, value: Value<'v>) -> Option<&'v str> {
        let text = value.unpack_str();
        if text.is_none() {
            self.fail(format!("`{name}` is of type {}, not a string", value.get_type()), "write a string");
        }
        text
    }

    fn list<'v>(&mut self, name: &str, value: Value<'v>) -> &'v [Value<'v>] {
        if let Some(list) = ListRef::from_value(value) {
            return list.content();
        }
        self.fail(
            format!("`{name}` is of type {}, not a list", value.get_type()),
            "write a list, as in [\"git\"]",
        );
        &[]
    }

    fn justification(&mut self, value: Option<Value<'_>>) -> Option<std::sync::Arc<str>> {
        let text = self.text("justification", value?)?;
        if text.trim().is_empty() {
            self.fail("`justification` is empty", "write the reason, or leave `justification` out");
            return None;
        }
        Some(text.into())
    }

    fn verdict(&mut self, value: Value<'_>, network: bool) -> Option<RuleVerdict> {
        let name = self.text("decision", value)?;
        if network && name == "deny" {
            return Some(RuleVerdict::Forbidden);
        }
        let verdict = RuleVerdict::parse(name);
        if verdict.is_none() {
            let help = match name {
                "deny" | "block" | "reject" | "never" => "did you mean `forbidden`?".to_owned(),
                "ask" => "did you mean `prompt`?".to_owned(),
                _ => closest(&name.to_lowercase(), RuleVerdict::NAMES).map_or_else(
                    || "write allow, prompt or forbidden".to_owned(),
                    |one| format!("did you mean `{one}`?"),
                ),
            };
            self.fail(format!("unknown decision `{name}`"), help);
        }
        verdict
    }

    fn pattern(&mut self, value: Value<'_>, folded: bool) -> Option<Pattern> {
        let before = std::mem::take(&mut self.failed);
        let words = self.list("pattern", value);
        let words: Vec<Vec<String>> = words.iter().filter_map(|word| self.word(*word)).collect();
        let wrong = self.failed;
        self.failed |= before;
        if wrong {
            return None;
        }
        let pattern = Pattern::new(words, folded);
        if pattern.is_none() {
            self.fail("the pattern is empty", "write the first words of the commands that it is about");
        }
        pattern
    }

    /// One word of a pattern with its alternatives.
    fn word(&mut self, value: Value<'_>) -> Option<Vec<String>> {
        if let Some(text) = value.unpack_str() {
            return Some(vec![text.to_owned()]);
        }
        let Some(list) = ListRef::from_value(value) else {
            let message = format!("a pattern word is of type {}", value.get_type());
            self.fail(message, "write a string, or a list of strings for alternatives");
            return None;
        };
        if list.content().is_empty() {
            self.fail("a pattern word has no alternative", "write at least one string into the inner list");
            return None;
        }
        list.content().iter().map(|one| self.text("pattern alternative", *one).map(str::to_owned)).collect()
    }

    fn examples(&mut self, name: &str, value: Option<Value<'_>>) -> Vec<Vec<String>> {
        let Some(value) = value else { return Vec::new() };
        self.list(name, value).iter().filter_map(|example| self.example(name, *example)).collect()
    }

    fn example(&mut self, name: &str, value: Value<'_>) -> Option<Vec<String>> {
        if let Some(text) = value.unpack_str() {
            let words = example::split(text);
            if let Err(wrong) = &words {
                self.fail(
                    format!("the `{name}` example `{text}` {wrong}"),
                    "write a command as typed into a shell",
                );
            }
            return words.ok();
        }
        let Some(list) = ListRef::from_value(value) else {
            let message = format!("a `{name}` example is of type {}", value.get_type());
            self.fail(message, "write a string, or a list of words");
            return None;
        };
        if list.content().is_empty() {
            self.fail(format!("a `{name}` example is empty"), "write at least one word");
            return None;
        }
        list.content().iter().map(|word| self.text("example word", *word).map(str::to_owned)).collect()
    }

    fn host(&mut self, text: &str) -> Option<Box<str>> {
        let host = text.trim().trim_end_matches('.').to_lowercase();
        let inner =
            host.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(host.as_str(), |(ip, _)| ip);
        let named =
            inner.rsplit_once(':').filter(|(name, _)| !name.contains(':')).map_or(inner, |(name, _)| name);
        let (wrong, help) = if named.is_empty() {
            ("is empty", "name one host, as in `api.example.com`")
        } else if named.contains('*') {
            ("has a wildcard", "name one host; wildcards belong into [permissions.<name>.network.domains]")
        } else if named.chars().any(char::is_whitespace) {
            ("contains white space", "name one host, as in `api.example.com`")
        } else if host.contains("://") || named.contains(['/', '?', '#', '@']) {
            ("is not a bare host", "drop scheme and path, as in `api.example.com`")
        } else {
            return Some(named.into());
        };
        self.fail(format!("the host `{text}` {wrong}"), help);
        None
    }
}

fn stop(message: &'static str) -> starlark::Error {
    starlark::Error::new_native(Stop(message))
}

/// An error that ends the evaluation of a file.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Stop(pub(super) &'static str);

/// The last component of an absolute path.
fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

#[starlark_module]
pub(super) fn functions(builder: &mut GlobalsBuilder) {
    fn prefix_rule<'v>(
        pattern: Value<'v>,
        decision: Option<Value<'v>>,
        r#match: Option<Value<'v>>,
        not_match: Option<Value<'v>>,
        justification: Option<Value<'v>>,
        canonical_matching: Option<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        let mut call = Call::new(eval)?;
        let folded = canonical_matching.is_some_and(|value| {
            if value.unpack_bool().is_none() {
                call.fail("`canonical_matching` is not a boolean", "write True or False");
            }
            value.unpack_bool() == Some(true)
        });
        let verdict = decision.map_or(Some(RuleVerdict::Allow), |value| call.verdict(value, false));
        let justification = call.justification(justification);
        let pattern = call.pattern(pattern, folded);
        let matching = call.examples("match", r#match);
        let other = call.examples("not_match", not_match);
        if let (Some(pattern), Some(verdict), false) = (pattern, verdict, call.failed) {
            let rule = PrefixRule { pattern, verdict, justification, place: call.place.clone() };
            if !call.collector.add_prefix_rule(rule, Examples { rule: 0, matching, other }) {
                return Err(stop("too many rules"));
            }
        }
        Ok(NoneType)
    }

    fn host_executable<'v>(
        name: Value<'v>,
        paths: Value<'v>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        let mut call = Call::new(eval)?;
        let name = call.text("name", name).unwrap_or_default();
        if !call.failed && (name.is_empty() || name.contains('/') || name == "." || name == "..") {
            call.fail(
                format!("`{name}` is not the bare name of a program"),
                "write the name alone, as in `git`",
            );
        }
        let mut known = Vec::new();
        for path in call.list("paths", paths) {
            let Some(text) = call.text("paths entry", *path) else { continue };
            let path = host::absolute(text, "");
            if !text.starts_with('/') {
                call.fail(
                    format!("the path `{text}` is not absolute"),
                    "write the path from the root, as in `/usr/bin/git`",
                );
            } else if !call.failed && file_name(&path) != name {
                call.fail(
                    format!("the path `{text}` does not end in `/{name}`"),
                    "list only paths of this program",
                );
            } else {
                known.push(path.into_boxed_str());
            }
        }
        if !call.failed {
            call.collector.set_host(name, known);
        }
        Ok(NoneType)
    }

    fn network_rule<'v>(
        host: Value<'v>,
        protocol: Value<'v>,
        decision: Value<'v>,
        justification: Option<Value<'v>>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<NoneType> {
        let mut call = Call::new(eval)?;
        let host = call.text("host", host).and_then(|text| call.host(text));
        let protocol = call.text("protocol", protocol).and_then(|name| {
            let protocol = Protocol::parse(name);
            if protocol.is_none() {
                call.fail(
                    format!("unknown protocol `{name}`"),
                    "write http, https, socks5_tcp or socks5_udp",
                );
            }
            protocol
        });
        let verdict = call.verdict(decision, true);
        let justification = call.justification(justification);
        if let (Some(host), Some(protocol), Some(verdict), false) = (host, protocol, verdict, call.failed) {
            let place = call.place.clone();
            call.collector.add_network_rule(NetworkRule { host, protocol, verdict, justification, place });
        }
        Ok(NoneType)
    }
}
