use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a session made of the files of its snapshot, and what became of it. In memory and on disk.
///
/// It follows from the recording, the repository and what people decided, not from the boundary, so it is in no
/// baseline. Lists are sorted and cut to their first [`MAX_NAMED`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// Files that the agent added, changed or removed.
    pub files: u32,
    /// Lines that are there afterwards and were not before.
    pub added: u32,
    /// Lines that are gone.
    pub removed: u32,
    /// Files that a command changed in a way that the recording does not show.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
    /// How it compares with the merged commit; absent when nothing was merged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merge: Option<Merge>,
    /// Later commits that repaired the merged one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repairs: Vec<Repair>,
    /// Tests that it adds and takes away; absent when no language of the changed files is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tests: Option<TestsChange>,
    /// Lines that the tests ran before and after; absent when the task has no coverage reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<CoverageChange>,
    /// How it compares with what the role's formatter prints; absent when the role has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formatted: Option<Formatted>,
}

/// Names kept in each list of a patch.
pub const MAX_NAMED: usize = 20;

/// The agent's patch beside the merged commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "state")]
pub enum Merge {
    /// They were compared.
    Compared {
        /// Least similarity, in thousandths: files that are not known count as different.
        least: u32,
        /// Greatest similarity, in thousandths: files that are not known count as the same.
        most: u32,
        /// Words of changed lines: of the agent's patch, of the merged commit in the same files, and in both.
        words: [u32; 3],
        /// Files of the agent's patch that the merged commit has otherwise, with their similarity in thousandths.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        rewritten: Vec<(String, u32)>,
    },
    /// The agent changed nothing, so there is nothing to compare.
    NoPatch,
    /// The merged commit is not in the suite's repository.
    Missing,
}

/// A later commit that repaired the merged one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Repair {
    /// The commit's id.
    pub commit: String,
    /// How it is known.
    pub how: RepairKind,
    /// Lines of the merged commit that it changes; for fixes.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lines: u32,
    /// The first line of its message.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subject: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// How a repair is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RepairKind {
    /// A person lists it among the defects of the task.
    Labelled,
    /// Its message says that it reverts the commit.
    Reverts,
    /// Its message says that it fixes the commit, by id.
    Names,
    /// Its message says that it fixes something, and it changes lines that blame gives to the commit.
    Fixes,
}

impl RepairKind {
    /// As reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Labelled => "labelled",
            Self::Reverts => "reverts it",
            Self::Names => "names it as what it fixes",
            Self::Fixes => "fixes lines of it",
        }
    }
}

/// Tests in the changed files, afterwards against before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestsChange {
    /// Tests that were not there before, and check something.
    pub added: u32,
    /// Tests that are gone or check nothing any more.
    pub removed: u32,
    /// New tests that check nothing: without an assertion, or skipped.
    pub hollow: u32,
    /// Assertions in tests, more or less than before.
    pub assertions: i32,
}

/// Lines that tests ran, by two coverage reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CoverageChange {
    /// Lines that ran before, and lines that could.
    pub before: [u64; 2],
    /// Lines that ran afterwards, and lines that could.
    pub after: [u64; 2],
}

/// The agent's patch beside the output of the role's formatter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "state")]
pub enum Formatted {
    /// The formatter ran.
    Compared {
        /// Files that are what the formatter prints.
        equal: u32,
        /// Files that differ from it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        differing: Vec<String>,
        /// Changed files that are not the formatter's.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        foreign: Vec<String>,
    },
    /// It could not be told.
    Unknown {
        /// Why not.
        reason: String,
    },
}
