//! `report.json`, version 1: everything that the other formats show, so that any of them can be made from it alone.
//!
//! The types are apart from those in memory and frozen: a later version may add optional keys and no more. The file
//! has the suite first, then one task a line, then the summary.

mod change;
mod summary;
mod task;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use change::{ChangeV1, ChangedStepV1, TaskChangesV1};
pub use summary::{
    BarV1, BrokenV1, ChangesV1, ComparisonV1, CountsV1, DivergedV1, EvidenceV1, MetricV1, NotedV1, PairedV1,
    StageV1, SummaryV1, WaiverV1, Why,
};
pub use task::{AgreementV1, DecisionV1, OutlookStepV1, OutlookV1, RunV1, TaskStatus, TaskV1, ViolationV1};

/// The format that this version writes and reads.
pub const FORMAT: u32 = 1;

/// The first version of plugin-eval that reads [`FORMAT`].
pub const SINCE: &str = "0.1.0";

/// The whole file.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportV1<'a> {
    /// Format of the file: 1.
    #[schemars(range(min = 1, max = 1))]
    pub format: u32,
    /// First version of plugin-eval that reads this format.
    pub since: String,
    /// What was judged.
    pub suite: SuiteV1,
    /// The tasks, in suite order.
    #[serde(borrow)]
    pub tasks: Vec<TaskV1<'a>>,
    /// What came out.
    pub summary: SummaryV1,
}

/// What was judged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SuiteV1 {
    /// Name of the suite.
    pub name: String,
    /// Its folder, relative to the one that holds `baselines` and `reports`, with `/`.
    pub path: String,
    /// Name of the role.
    pub role: String,
    /// The metric that decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<String>,
    /// The metric that vetoes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guardrail: Option<String>,
    /// The role's vocabulary for decisions, from the one that lets most through.
    pub outcomes: Vec<String>,
    /// The stage that was judged.
    pub stage: String,
    /// The stage where the plugin stands; absent: the one that was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands: Option<String>,
}

impl SuiteV1 {
    /// The stage where the plugin stands.
    pub fn standing(&self) -> &str {
        self.stands.as_deref().unwrap_or(&self.stage)
    }
}
