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

/// A person's answer to one approval prompt of the session.
#[derive(Clone, Debug, PartialEq)]
pub struct Approval {
    /// Id of the call that was asked about.
    pub call: String,
    /// The answer.
    pub verdict: HumanVerdict,
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
}

/// What people decided about one task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// Outcome in the role's vocabulary; `None` when nobody has decided yet.
    pub outcome: Option<String>,
    /// Who decided.
    pub by: Option<String>,
    /// The agent had to be restarted by hand.
    pub restarted: bool,
    /// The commit that was merged.
    pub merged: Option<String>,
    /// Later commits that repaired this change.
    pub defects: Vec<String>,
    /// Findings that a person judged.
    pub findings: Vec<HumanFinding>,
    /// Answers to approval prompts.
    pub approvals: Vec<Approval>,
}
