//! Reading `[coverage]` of a task: which lines tests ran before and after.

use std::path::{Component, Path, PathBuf};

use super::fields::{Fields, Problems};
use super::files::resolved_inside;

/// Two lcov reports of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageReports {
    /// Of the snapshot.
    pub before: PathBuf,
    /// Of the agent's result.
    pub after: PathBuf,
}

const KEYS: &[&str] = &["before", "after"];

/// Reads `[coverage]`; the files lie in the task folder.
pub(super) fn read_coverage(
    top: &Fields<'_, '_>,
    folder: &Path,
    root: &Path,
    problems: &mut Problems<'_>,
) -> Option<CoverageReports> {
    let fields = top.table("coverage", "[coverage]", KEYS, problems)?;
    let mut read = |key: &'static str| {
        let text = fields.required_text(key, problems)?;
        let path = Path::new(text.value);
        if !path.components().all(|part| matches!(part, Component::Normal(_))) {
            let message = format!("`{}` does not lie in the task folder", text.value);
            problems.error(&text.span, "outside", message, "put the report beside task.toml");
            return None;
        }
        let path = folder.join(path);
        if !path.is_file() {
            let message = format!("there is no file `{}`", text.value);
            problems.error(&text.span, "missing-file", message, "paths start at the task folder");
            return None;
        }
        match resolved_inside(&path, root) {
            Ok(path) => Some(path),
            Err(finding) => {
                problems.push(&text.span, finding);
                None
            }
        }
    };
    let (before, after) = (read("before"), read("after"));
    Some(CoverageReports { before: before?, after: after? })
}
