use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// What a person answered to an approval prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HumanVerdict {
    /// Accepted as asked.
    Accepted,
    /// Accepted, but the call or its result had to be reworked.
    Reworked,
    /// Declined.
    Declined,
}

impl HumanVerdict {
    /// Lower-case name, as in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Reworked => "reworked",
            Self::Declined => "declined",
        }
    }

    /// Did the call go ahead?
    pub fn let_run(self) -> bool {
        self != Self::Declined
    }
}

/// Who or what tells of an answer to an approval prompt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Witness {
    /// A person wrote it down.
    #[default]
    Person,
    /// The hooks of `plugin-eval recorder` saw it.
    Recorder,
    /// Codex's OpenTelemetry log.
    Otel,
    /// A transcript of `codex app-server`.
    AppServer,
}

impl Witness {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Person, Self::Recorder, Self::Otel, Self::AppServer];

    /// Name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Recorder => "recorder",
            Self::Otel => "otel",
            Self::AppServer => "app-server",
        }
    }
}

/// For how long a person accepted what was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Lasting {
    /// For this call alone.
    #[default]
    Once,
    /// For the rest of the session: Codex asks no more about the same command, files or tool.
    Session,
    /// A rule was added with it that allows all commands that begin with these words; empty for the words that Codex
    /// proposes.
    Rule(Vec<String>),
}

impl Lasting {
    /// Name in files.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Session => "session",
            Self::Rule(_) => "rule",
        }
    }
}

/// A person's answer to one approval prompt of the session.
#[derive(Clone, Debug, PartialEq)]
pub struct Approval {
    /// Id of the call that was asked about.
    pub call: String,
    /// The answer.
    pub verdict: HumanVerdict,
    /// For how long it holds, if it lets the call run.
    pub lasting: Lasting,
    /// Who answered, where that is known.
    pub by: Option<String>,
    /// Who tells of the answer.
    pub source: Witness,
    /// A person's words about it.
    pub note: Option<String>,
    /// When the prompt appeared.
    pub asked_at: Option<OffsetDateTime>,
    /// When it was answered; never before `asked_at`.
    pub decided_at: Option<OffsetDateTime>,
    /// Line in `task.toml` where the call is named.
    pub line: u32,
    /// Column there, from 1.
    pub column: u32,
}

/// A finding that a person judged.
#[derive(Clone, Debug, PartialEq)]
pub struct HumanFinding {
    /// File in the snapshot.
    pub path: String,
    /// Line in that file, from 1.
    pub line: Option<u32>,
    /// What the finding says.
    pub summary: String,
    /// Did it hold?
    pub confirmed: bool,
    /// Who judged it.
    pub by: Option<String>,
    /// A person's words about it.
    pub note: Option<String>,
}

/// What people decided about one task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// Outcome in the role's vocabulary; `None` when nobody has decided yet.
    pub outcome: Option<String>,
    /// Who decided.
    pub by: Option<String>,
    /// A person's words about the outcome.
    pub note: Option<String>,
    /// The agent had to be restarted by hand.
    pub restarted: bool,
    /// The commit that was merged.
    pub merged: Option<String>,
    /// Commits that an import proposed and that are not the merged one.
    pub not_merged: Vec<String>,
    /// Later commits that repaired this change.
    pub defects: Vec<String>,
    /// Findings that a person judged.
    pub findings: Vec<HumanFinding>,
    /// Answers to approval prompts.
    pub approvals: Vec<Approval>,
}

/// What an import took from evidence and nobody has confirmed yet. It never counts as a decision.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proposal {
    /// Outcome in the role's vocabulary.
    pub outcome: Option<String>,
    /// A later commit that holds the agent's patch.
    pub merged: Option<String>,
    /// Share of the agent's changed lines that this commit holds, from 0 to 1.
    pub similarity: Option<f64>,
    /// The agent was restarted by hand.
    pub restarted: bool,
    /// Commits that reverted or repaired the merged one.
    pub defects: Vec<String>,
    /// Why, a line each.
    pub evidence: Vec<String>,
    /// Answers to approval prompts.
    pub approvals: Vec<ProposedApproval>,
}

/// An answer to an approval prompt that the recording suggests.
#[derive(Clone, Debug, PartialEq)]
pub struct ProposedApproval {
    /// Id of the call.
    pub call: String,
    /// The answer.
    pub verdict: HumanVerdict,
    /// Why.
    pub evidence: Option<String>,
}

impl Proposal {
    /// Nothing is proposed.
    pub fn is_empty(&self) -> bool {
        let Self { outcome, merged, similarity: _, restarted, defects, evidence: _, approvals } = self;
        outcome.is_none() && merged.is_none() && !restarted && defects.is_empty() && approvals.is_empty()
    }
}
