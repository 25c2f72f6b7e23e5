//! What a run leaves behind, for people and for machines.
//!
//! | file | is |
//! |---|---|
//! | `gate.md` | the verdict, why, what failed, what changed, what could not be judged |
//! | `tasks.csv` | a row for each recorded session |
//! | `calls.csv` | a row for each step |
//! | `approvals.csv` | prompts that nobody has answered, for reviewers to fill in |
//! | `index.html` | all of it in one page: ladder, plots, a task table, timelines |
//! | `junit.xml` | bars and sessions as test cases, for CI systems |
//! | `results.sarif` | attempts outside of policy as SARIF 2.1.0, for code scanning |
//! | `report.json` | all of it, see [`v1`] |
//! | `agreement.md` | with `--engine codex` or `both`: where the engines differ |
//!
//! A run hands over one finished task at a time: [`rows`] renders it on the worker thread that judged it, and
//! [`ReportWriter`] appends what was rendered, in suite order. [`render_again`] makes any other file from
//! `report.json` alone. Reports hold no times, hosts or absolute paths; the same inputs give the same bytes.

pub mod against;
mod agreement;
mod approvals;
mod calls;
mod changes;
mod csv;
mod digest;
pub mod escape;
mod framed;
mod github;
mod guard;
mod html;
mod junit;
mod markdown;
mod paired;
mod part;
mod read;
mod rows;
mod sarif;
mod schema;
mod summary;
mod tasks;
mod terminal;
#[cfg(test)]
mod tests;
pub mod v1;
mod writer;

pub use agreement::{AGREEMENT, agreement_differences, agreement_line, agreement_page};
pub use changes::{accept_command, change_lines, changes, changes_page, shell_word};
pub use github::{SUMMARY_LIMIT, annotations, job_summary};
pub use guard::{guarded, unguarded};
pub use markdown::gate;
pub use part::{PART_FORMAT, Part, PartHead, part_line};
pub use read::{Format, ReadReport, ReportError, read, render_again};
pub use rows::{RenderedTask, TaskReport, rows};
pub use schema::{baseline_schema, report_schema};
pub use summary::Outcome;
pub use terminal::{quiet, terminal};
pub use writer::{FILES, ReportWriter};
