use crate::finding::closest;
use crate::source::Place;

use super::fields::{Fields, Problems, Text};
use super::formatter::{Formatter, read_formatter};
use super::output::{RoleOutput, read_output};

/// The role card: what the agent is for and what decides about it.
#[derive(Clone, Debug, Default)]
pub struct Role {
    /// Name of the role.
    pub name: String,
    /// What the role does, in a sentence.
    pub description: Option<String>,
    /// The metric that decides.
    pub primary: Option<MetricName>,
    /// The metric that vetoes: when its bar fails, the plugin is rolled back.
    pub guardrail: Option<MetricName>,
    /// The role's vocabulary for decisions, from the one that lets most through to the one that stops most
    /// (`["approve", "block"]`). The order tells a false approval from a false block.
    pub outcomes: Vec<String>,
    /// How outcome and findings are read from the agent's last message.
    pub output: RoleOutput,
    /// The program whose output a patch must be.
    pub formatter: Option<Formatter>,
    /// What a task run must be, beside finished and accepted, to count as completed.
    pub success: Vec<Success>,
    /// Least similarity to the merged commit, in percent, of a patch that was merged without a substantial rewrite;
    /// [`SIMILARITY`] when absent.
    pub similarity: Option<u32>,
}

/// Least similarity of a patch that was merged without a substantial rewrite, in percent.
pub const SIMILARITY: u32 = 80;

/// What a role asks of a task run beside that it finished and was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Success {
    /// Its patch, if it made one, was merged without a substantial rewrite.
    Patch,
    /// Its patch, if it made one, is what the role's formatter prints.
    Formatter,
    /// Its patch, if it changes code, adds a test that checks something.
    Tests,
    /// Every call of it lies inside what the boundary declares.
    InScope,
    /// The skills that the task calls for were used.
    Skills,
}

impl Success {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Patch, Self::Formatter, Self::Tests, Self::InScope, Self::Skills];

    /// As suites write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Patch => "patch",
            Self::Formatter => "formatter",
            Self::Tests => "tests",
            Self::InScope => "in-scope",
            Self::Skills => "skills",
        }
    }
}

/// A metric named in a suite; the gate knows which there are.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricName {
    /// The name as written.
    pub name: String,
    /// Where it stands.
    pub place: Place,
}

impl Role {
    /// The outcome of the vocabulary that `given` names; case does not matter.
    pub fn outcome(&self, given: &str) -> Option<&str> {
        self.outcomes.iter().map(String::as_str).find(|known| known.eq_ignore_ascii_case(given.trim()))
    }

    /// Least similarity to the merged commit of a patch that was merged without a substantial rewrite, in thousandths.
    pub fn least_similarity(&self) -> u32 {
        self.similarity.unwrap_or(SIMILARITY) * 10
    }

    /// Where `outcome` stands in the vocabulary; a greater rank stops more.
    pub fn rank(&self, outcome: &str) -> Option<usize> {
        self.outcomes.iter().position(|known| known == outcome)
    }
}

pub(super) const KEYS: &[&str] = &[
    "name",
    "description",
    "primary",
    "guardrail",
    "outcomes",
    "output",
    "formatter",
    "success",
    "similarity",
];

/// Reads `[role]`.
pub(super) fn read_role(top: &Fields<'_, '_>, problems: &mut Problems<'_>) -> Role {
    if top.get("role").is_none() {
        problems.error(&(0..0), "missing-key", "the suite lacks `[role]`", "add the role card");
    }
    let Some(fields) = top.table("role", "[role]", KEYS, problems) else { return Role::default() };
    let name = fields.required_text("name", problems).map_or_else(String::new, |text| text.value.to_owned());
    let outcomes = fields.texts("outcomes", problems);
    check_outcomes(&fields, &outcomes, problems);
    Role {
        name,
        description: fields.owned("description", problems),
        primary: metric_name(&fields, "primary", problems),
        guardrail: metric_name(&fields, "guardrail", problems),
        outcomes: outcomes.iter().map(|text| text.value.trim().to_owned()).collect(),
        output: read_output(&fields, problems),
        formatter: read_formatter(&fields, problems),
        success: read_success(&fields, problems),
        similarity: fields.number("similarity", 1, 100, problems),
    }
}

fn read_success(fields: &Fields<'_, '_>, problems: &mut Problems<'_>) -> Vec<Success> {
    let mut all = Vec::new();
    for text in fields.texts("success", problems) {
        let found = Success::ALL.into_iter().find(|known| known.name() == text.value);
        if found.is_none() {
            let names = Success::ALL.map(Success::name);
            let help = match closest(text.value, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known criteria: {}", names.join(", ")),
            };
            let message = format!("there is no criterion `{}`", text.value);
            problems.error(&text.span, "unknown-criterion", message, help);
        }
        all.extend(found);
    }
    all
}

fn check_outcomes(fields: &Fields<'_, '_>, outcomes: &[Text<'_>], problems: &mut Problems<'_>) {
    if fields.get("outcomes").is_none() {
        fields.missing("outcomes", problems);
    }
    for (i, outcome) in outcomes.iter().enumerate() {
        let same = |other: &&Text<'_>| other.value.trim().eq_ignore_ascii_case(outcome.value.trim());
        if outcomes[..i].iter().any(|other| same(&other)) {
            let message = format!("the outcome `{}` is listed twice", outcome.value);
            problems.error(&outcome.span, "same-name", message, "case does not tell outcomes apart");
        }
    }
}

fn metric_name(
    fields: &Fields<'_, '_>,
    key: &'static str,
    problems: &mut Problems<'_>,
) -> Option<MetricName> {
    let text = fields.text(key, problems)?;
    Some(MetricName { name: text.value.to_owned(), place: problems.place(&text.span) })
}
