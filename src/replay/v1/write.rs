use std::io::Write as _;

use super::{RuleV1, StepV1};
use crate::replay::json::append_inner;

/// Appends a step as one line of JSON, the same bytes as [`json::append`](crate::replay::json::append) gives.
///
/// Steps are nearly all of what a run writes, in the report and in baselines; written out by hand they cost a
/// third. A test compares both ways.
pub fn append_step(out: &mut Vec<u8>, step: &StepV1<'_>) {
    put(out, "{\"id\":\"", &step.id);
    word(out, "\",\"kind\":\"", step.kind.name());
    put(out, "\",\"label\":\"", &step.label);
    word(out, "\",\"verdict\":\"", step.verdict.name());
    word(out, "\",\"phase\":\"", step.phase.name());
    if !step.reason.is_empty() {
        put(out, "\",\"reason\":\"", &step.reason);
    }
    raw(out, "\"");
    rule(out, &step.rule);
    word(out, ",\"scope\":\"", step.scope.name());
    word(out, "\",\"recorded\":\"", step.recorded.name());
    raw(out, "\"");
    if step.depth > 0 {
        number(out, ",\"depth\":", step.depth.into());
    }
    if step.unsandboxed {
        raw(out, ",\"unsandboxed\":true");
    }
    if step.after_divergence {
        raw(out, ",\"after_divergence\":true");
    }
    effects(out, step);
    if let Some(opaque) = &step.opaque {
        put(out, ",\"opaque\":\"", opaque);
        raw(out, "\"");
    }
    if let Some(human) = step.human {
        word(out, ",\"human\":\"", human.name());
        raw(out, "\"");
    }
    if let Some(latency) = step.latency {
        raw(out, ",\"latency\":");
        let start = out.len();
        if serde_json::to_writer(&mut *out, &latency).is_err() {
            out.truncate(start);
            raw(out, "null");
        }
    }
    hooks(out, step);
    raw(out, "}");
}

fn effects(out: &mut Vec<u8>, step: &StepV1<'_>) {
    for (at, effect) in step.effects.iter().enumerate() {
        let open = if at == 0 { ",\"effects\":[{\"access\":\"" } else { ",{\"access\":\"" };
        word(out, open, effect.access.name());
        put(out, "\",\"target\":\"", &effect.target);
        word(out, "\",\"scope\":\"", effect.scope.name());
        raw(out, "\"");
        rule(out, &effect.rule);
        raw(out, "}");
    }
    if !step.effects.is_empty() {
        raw(out, "]");
    }
}

fn hooks(out: &mut Vec<u8>, step: &StepV1<'_>) {
    for (at, hook) in step.hooks.iter().enumerate() {
        put(out, if at == 0 { ",\"hooks\":[{\"event\":\"" } else { ",{\"event\":\"" }, &hook.event);
        raw(out, "\",\"rule\":");
        rule_value(out, &hook.rule);
        put(out, ",\"outcome\":\"", &hook.outcome);
        if !hook.detail.is_empty() {
            put(out, "\",\"detail\":\"", &hook.detail);
        }
        raw(out, "\"}");
    }
    if !step.hooks.is_empty() {
        raw(out, "]");
    }
}

/// The key and value of a rule, where there is one.
fn rule(out: &mut Vec<u8>, rule: &RuleV1<'_>) {
    if !rule.is_empty() {
        raw(out, ",\"rule\":");
        rule_value(out, rule);
    }
}

fn rule_value(out: &mut Vec<u8>, rule: &RuleV1<'_>) {
    let mut next = "{";
    if !rule.text.is_empty() {
        put(out, "{\"text\":\"", &rule.text);
        raw(out, "\"");
        next = ",";
    }
    if let Some(file) = &rule.file {
        raw(out, next);
        put(out, "\"file\":\"", file);
        raw(out, "\"");
        next = ",";
    }
    for (key, value) in [("\"line\":", rule.line), ("\"column\":", rule.column)] {
        if value > 0 {
            raw(out, next);
            number(out, key, value);
            next = ",";
        }
    }
    raw(out, if next == "{" { "{}" } else { "}" });
}

fn raw(out: &mut Vec<u8>, json: &str) {
    out.extend_from_slice(json.as_bytes());
}

/// JSON of ours, then a word of ours.
fn word(out: &mut Vec<u8>, json: &str, word: &str) {
    raw(out, json);
    raw(out, word);
}

/// JSON of ours that ends in an open quote, then text from anywhere.
fn put(out: &mut Vec<u8>, json: &str, text: &str) {
    raw(out, json);
    append_inner(out, text);
}

fn number(out: &mut Vec<u8>, json: &str, number: u32) {
    raw(out, json);
    let _ = write!(out, "{number}");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::replay::{json, sample};

    proptest! {
        #[test]
        fn by_hand_and_by_serde_are_the_same(mut step in sample::any_step(), latency: Option<f64>, bare: bool) {
            if let Some(human) = &mut step.human {
                human.latency = latency.filter(|latency| latency.is_finite());
            }
            if bare {
                step.ruling.rule = crate::decision::Rule::built_in("");
                step.hooks.iter_mut().for_each(|hook| hook.rule = step.ruling.rule.clone());
            }
            let step = StepV1::from(&step);
            let (mut by_hand, mut by_serde) = (Vec::new(), Vec::new());
            append_step(&mut by_hand, &step);
            json::append(&mut by_serde, &step).unwrap();
            prop_assert_eq!(String::from_utf8(by_hand).unwrap(), String::from_utf8(by_serde).unwrap());
        }
    }
}
