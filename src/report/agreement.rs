//! How far two engines agree, as a page.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::escape::{line, prose};
use crate::engine::codex::{Agreement, Unclear};

/// Name of the page.
pub const AGREEMENT: &str = "agreement.md";

/// The agreement of all tasks in one line.
pub fn agreement_line(tasks: &[(String, Agreement)]) -> String {
    let sum =
        |count: fn(&Agreement) -> usize| tasks.iter().map(|(_, agreement)| count(agreement)).sum::<usize>();
    let (agreed, differ) = (sum(|a| a.agreed as usize), sum(|a| a.differences.len()));
    let (unclear, unseen) = (sum(|a| a.undetermined.len()), sum(|a| a.unseen.len()));
    let compared = agreed + differ;
    let mut text = if compared == 0 {
        "no ruling of the engines was compared".to_owned()
    } else {
        let share = agreed as f64 * 100.0 / compared as f64;
        format!("both engines agree on {agreed} of {compared} rulings ({share:.1}%)")
    };
    if unclear > 0 {
        let _ = write!(text, "; {unclear} are undetermined without the CLI");
    }
    let adopted = sum(|a| a.adopted.len());
    if adopted > 0 {
        let _ = write!(text, "; {adopted} fit what the CLI did without being told by it");
    }
    if unseen > 0 {
        let _ = write!(text, "; {unseen} the CLI does not tell");
    }
    text
}

/// The page: every difference with both stories, then what could not be compared, by reason.
pub fn agreement_page(suite: &str, version: &str, tasks: &[(String, Agreement)]) -> String {
    let mut page = format!(
        "# {}: the native engine and Codex CLI {}\n\n{}.\n",
        prose(suite),
        prose(version),
        agreement_line(tasks)
    );
    let differing: Vec<_> = tasks.iter().filter(|(_, agreement)| !agreement.differences.is_empty()).collect();
    if !differing.is_empty() {
        page.push_str("\n## Differences\n");
    }
    for (task, agreement) in differing {
        let _ =
            writeln!(page, "\n### {}\n\n| step | native engine | Codex CLI |\n|---|---|---|", prose(task));
        for difference in &agreement.differences {
            let _ = writeln!(
                page,
                "| {} {} | {} | {} |",
                prose(&difference.step),
                prose(&difference.label),
                prose(&difference.native),
                prose(&difference.codex)
            );
        }
    }
    let title = "Undetermined without the CLI";
    by_reason(
        &mut page,
        title,
        tasks.iter().flat_map(|(task, a)| a.undetermined.iter().map(move |u| (task, u))),
    );
    let title = "Taken over from the native engine";
    by_reason(&mut page, title, tasks.iter().flat_map(|(task, a)| a.adopted.iter().map(move |u| (task, u))));
    let title = "Not told by the CLI";
    by_reason(&mut page, title, tasks.iter().flat_map(|(task, a)| a.unseen.iter().map(move |u| (task, u))));
    page
}

fn by_reason<'a>(page: &mut String, title: &str, all: impl Iterator<Item = (&'a String, &'a Unclear)>) {
    let mut reasons: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for (task, unclear) in all {
        reasons.entry(&unclear.reason).or_default().push((task, &unclear.step));
    }
    if reasons.is_empty() {
        return;
    }
    let _ = writeln!(page, "\n## {title}\n\n| reason | steps | first |\n|---|---|---|");
    for (reason, steps) in reasons {
        let (task, step) = steps[0];
        let _ = writeln!(page, "| {} | {} | {} {} |", prose(reason), steps.len(), prose(task), prose(step));
    }
}

/// Differences as lines for a terminal, at most so many.
pub fn agreement_differences(tasks: &[(String, Agreement)], most: usize) -> String {
    let all = tasks.iter().flat_map(|(task, agreement)| agreement.differences.iter().map(move |d| (task, d)));
    let mut text = String::new();
    for (task, difference) in all.take(most) {
        let _ = writeln!(text, "  {} {}: {}", line(task), line(&difference.step), line(&difference.label));
        let _ = writeln!(text, "    native: {}", line(&difference.native));
        let _ = writeln!(text, "    codex:  {}", line(&difference.codex));
    }
    text
}
