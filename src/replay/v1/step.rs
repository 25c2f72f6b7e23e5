use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::is_zero_line;
use crate::action::Access;
use crate::decision::{HumanVerdict, Phase, Rule, Ruling, Scope, Verdict};
use crate::replay::{EffectRow, HookRow, Human, ReplayStep, StepKind};
use crate::source::Place;
use crate::transcript::Recorded;

/// A step as written in baselines and `report.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepV1<'a> {
    /// Id, unique in the replay.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// Kind of step.
    pub kind: StepKind,
    /// The action in short.
    #[serde(borrow)]
    pub label: Cow<'a, str>,
    /// What the boundary rules.
    pub verdict: Verdict,
    /// The phase that gave the ruling.
    pub phase: Phase,
    /// Why.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub reason: Cow<'a, str>,
    /// The rule that decided.
    #[serde(borrow, default, skip_serializing_if = "RuleV1::is_empty")]
    pub rule: RuleV1<'a>,
    /// Whether the effects lie inside the declared scope.
    pub scope: Scope,
    /// What the recording shows to have become of the call.
    pub recorded: Recorded,
    /// Nesting of sub-agents.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub depth: u8,
    /// It would run outside the sandbox.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unsandboxed: bool,
    /// It follows the divergence.
    #[serde(default, skip_serializing_if = "is_false")]
    pub after_divergence: bool,
    /// Effects.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<EffectV1<'a>>,
    /// Why there may be more effects.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub opaque: Option<Cow<'a, str>>,
    /// The recorded human answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub human: Option<HumanVerdict>,
    /// Seconds from question to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<f64>,
    /// Hooks that ran.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<HookV1<'a>>,
}

/// A rule with its place.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleV1<'a> {
    /// The rule in short.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub text: Cow<'a, str>,
    /// File, relative to the suite; absent for a default of Codex.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Cow<'a, str>>,
    /// Line, from 1.
    #[serde(default, skip_serializing_if = "is_zero_line")]
    pub line: u32,
    /// Column, from 1.
    #[serde(default, skip_serializing_if = "is_zero_line")]
    pub column: u32,
}

/// An effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EffectV1<'a> {
    /// How it touches.
    pub access: Access,
    /// What it touches.
    #[serde(borrow)]
    pub target: Cow<'a, str>,
    /// Inside or outside.
    pub scope: Scope,
    /// The entry that says so.
    #[serde(borrow, default, skip_serializing_if = "RuleV1::is_empty")]
    pub rule: RuleV1<'a>,
}

/// A hook that ran.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HookV1<'a> {
    /// Event.
    #[serde(borrow)]
    pub event: Cow<'a, str>,
    /// Declaration.
    #[serde(borrow)]
    pub rule: RuleV1<'a>,
    /// What came of it.
    #[serde(borrow)]
    pub outcome: Cow<'a, str>,
    /// Reason or failure.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub detail: Cow<'a, str>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(depth: &u8) -> bool {
    *depth == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

impl RuleV1<'_> {
    /// The same with text of its own.
    pub fn into_owned(self) -> RuleV1<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        RuleV1 { text: own(self.text), file: self.file.map(own), line: self.line, column: self.column }
    }

    /// Its place as people write it; empty for a default of Codex.
    pub fn place(&self) -> String {
        let place =
            |file: &Cow<'_, str>| Place { file: file.as_ref().into(), line: self.line, column: self.column };
        self.file.as_ref().map(|file| place(file).to_string()).unwrap_or_default()
    }

    /// No rule at all?
    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.file.is_none()
    }

    fn into_rule(self) -> Rule {
        let place =
            self.file.map(|file| Place { file: file.as_ref().into(), line: self.line, column: self.column });
        Rule { place, text: Cow::Owned(self.text.into_owned()) }
    }
}

impl<'a> From<&'a Rule> for RuleV1<'a> {
    fn from(rule: &'a Rule) -> Self {
        let place = rule.place.as_ref();
        Self {
            text: Cow::Borrowed(&rule.text),
            file: place.map(|place| Cow::Borrowed(&*place.file)),
            line: place.map_or(0, |place| place.line),
            column: place.map_or(0, |place| place.column),
        }
    }
}

impl<'a> From<&'a EffectRow> for EffectV1<'a> {
    fn from(row: &'a EffectRow) -> Self {
        Self {
            access: row.access,
            target: Cow::Borrowed(&row.target),
            scope: row.scope,
            rule: row.rule.as_ref().map(RuleV1::from).unwrap_or_default(),
        }
    }
}

impl<'a> From<&'a HookRow> for HookV1<'a> {
    fn from(row: &'a HookRow) -> Self {
        Self {
            event: Cow::Borrowed(&row.event),
            rule: RuleV1::from(&row.rule),
            outcome: Cow::Borrowed(&row.outcome),
            detail: Cow::Borrowed(&row.detail),
        }
    }
}

impl<'a> From<&'a ReplayStep> for StepV1<'a> {
    fn from(step: &'a ReplayStep) -> Self {
        Self {
            id: Cow::Borrowed(&step.id),
            kind: step.kind,
            label: Cow::Borrowed(&step.label),
            verdict: step.ruling.verdict,
            phase: step.ruling.phase,
            reason: Cow::Borrowed(&step.ruling.reason),
            rule: RuleV1::from(&step.ruling.rule),
            scope: step.scope,
            recorded: step.recorded,
            depth: step.depth,
            unsandboxed: step.unsandboxed,
            after_divergence: step.after_divergence,
            effects: step.effects.iter().map(EffectV1::from).collect(),
            opaque: step.opaque.as_deref().map(Cow::Borrowed),
            human: step.human.map(|human| human.verdict),
            latency: step.human.and_then(|human| human.latency),
            hooks: step.hooks.iter().map(HookV1::from).collect(),
        }
    }
}

impl From<StepV1<'_>> for ReplayStep {
    fn from(step: StepV1<'_>) -> Self {
        let effect = |row: EffectV1<'_>| EffectRow {
            access: row.access,
            target: row.target.into_owned(),
            scope: row.scope,
            rule: (!row.rule.is_empty()).then(|| row.rule.into_rule()),
        };
        let hook = |row: HookV1<'_>| HookRow {
            event: Cow::Owned(row.event.into_owned()),
            rule: row.rule.into_rule(),
            outcome: Cow::Owned(row.outcome.into_owned()),
            detail: row.detail.into_owned(),
        };
        Self {
            id: step.id.into_owned(),
            kind: step.kind,
            label: step.label.into_owned(),
            depth: step.depth,
            ruling: Ruling {
                verdict: step.verdict,
                phase: step.phase,
                reason: Cow::Owned(step.reason.into_owned()),
                rule: step.rule.into_rule(),
            },
            unsandboxed: step.unsandboxed,
            scope: step.scope,
            effects: step.effects.into_iter().map(effect).collect(),
            opaque: step.opaque.map(|why| Cow::Owned(why.into_owned())),
            human: step.human.map(|verdict| Human { verdict, latency: step.latency }),
            hooks: step.hooks.into_iter().map(hook).collect(),
            recorded: step.recorded,
            after_divergence: step.after_divergence,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_survives_the_disk() {
        let rule = Rule::at(Place { file: "codex/config.toml".into(), line: 3, column: 1 }, "enabled_tools");
        let step = ReplayStep {
            id: "call_1".into(),
            kind: StepKind::Mcp,
            label: "tracker/close \"x\"".into(),
            depth: 1,
            ruling: Ruling {
                verdict: Verdict::Deny,
                phase: Phase::Routing,
                reason: "not in enabled_tools".into(),
                rule: rule.clone(),
            },
            unsandboxed: true,
            scope: Scope::Out,
            effects: vec![EffectRow {
                access: Access::Call,
                target: "tracker/close".into(),
                scope: Scope::Out,
                rule: Some(rule.clone()),
            }],
            opaque: Some("runs a program that is not known: `x`".into()),
            human: Some(Human { verdict: HumanVerdict::Declined, latency: Some(2.5) }),
            hooks: vec![HookRow {
                event: "PreToolUse".into(),
                rule,
                outcome: "passed".into(),
                detail: String::new(),
            }],
            recorded: Recorded::Unsupported,
            after_divergence: true,
        };
        let json = serde_json::to_string(&StepV1::from(&step)).unwrap();
        assert!(!json.contains('\n'));
        let read: StepV1<'_> = serde_json::from_str(&json).unwrap();
        assert_eq!(ReplayStep::from(read), step);
    }
}
