//! The rows of behaviour that the corpus must cover.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::scenario::Named;

/// Rows that no scenario covers, and names in `covers` that are no rows.
pub(crate) fn problems(file: &Path, scenarios: &[Named]) -> Vec<String> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => return vec![format!("rows.txt: {error}")],
    };
    let lines = text.lines().map(str::trim);
    let rows: BTreeSet<&str> = lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let covered: BTreeSet<&str> =
        scenarios.iter().flat_map(|named| &named.scenario.covers).map(String::as_str).collect();
    let missing = rows.difference(&covered).map(|row| format!("no scenario covers `{row}`"));
    let unknown = scenarios.iter().flat_map(|named| {
        let strange = named.scenario.covers.iter().filter(|row| !rows.contains(row.as_str()));
        strange.map(|row| format!("{} covers `{row}`, which rows.txt does not have", named.name))
    });
    missing.chain(unknown).collect()
}
