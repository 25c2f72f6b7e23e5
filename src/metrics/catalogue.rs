//! Every metric there is, in one table.

use super::paired::ROWS;
use crate::finding::closest;

/// What a metric is and how to read it.
#[derive(Debug, PartialEq)]
pub struct Definition {
    /// Name, as bars write it.
    pub name: &'static str,
    /// What the value is counted in.
    pub unit: Unit,
    /// Which way is better.
    pub better: Better,
    /// What it says.
    pub meaning: &'static str,
    /// What one sample is.
    pub sample: &'static str,
    /// When there is no number.
    pub no_data: &'static str,
}

impl Definition {
    /// Other names of it.
    pub fn aliases(&self) -> impl Iterator<Item = &'static str> {
        let ours = ALIASES.iter().filter(|(_, target)| *target == self.name);
        ours.map(|(alias, _)| *alias)
    }

    /// One bar of each form that fits it, with a limit for example.
    pub fn bars(&self) -> Vec<String> {
        let bar = match (self.unit, self.better) {
            (Unit::Share, Better::Lower) => "<= 5%",
            (Unit::Share, _) => ">= 95%",
            (Unit::Count, Better::Higher) => ">= 1",
            (Unit::Count, _) => "== 0",
            (Unit::PerHundred, _) => "<= 5",
            (Unit::Seconds, _) => "<= 10m",
            (Unit::PerTask, _) => ">= 0.5",
            (Unit::Points, _) => ">= 0",
            (Unit::Tokens, _) => "<= 20000",
        };
        let bar = format!("{} {bar}", self.name);
        let bound = (self.unit == Unit::Share).then(|| format!("{bar} @95"));
        let compared = ROWS.iter().any(|row| row.name == self.name);
        let no_worse = compared.then(|| format!("{} no-worse", self.name));
        std::iter::once(bar).chain(bound).chain(no_worse).collect()
    }

    /// A value of this metric as people read it, such as `96.7%`, `3` or `1m 37s`.
    pub fn show(&self, value: f64) -> String {
        match self.unit {
            Unit::Share => percent(value),
            Unit::Seconds => duration(value),
            Unit::Count | Unit::PerHundred | Unit::Tokens => one_decimal(value),
            Unit::PerTask => format!("{}{}", if value > 0.0 { "+" } else { "" }, two_decimals(value)),
            Unit::Points => format!("{}{} pts", if value > 0.0 { "+" } else { "" }, two_decimals(value)),
        }
    }
}

/// One decimal, and none for whole numbers.
fn one_decimal(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// Two decimals, without zeros at the end.
fn two_decimals(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A share as a percentage. Only an exact one reads as 0% or 100%: 1,999 of 2,000 is 99.9%, not all.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if share <= 0.0 || share >= 1.0 {
        return format!("{}%", one_decimal(percent));
    }
    format!("{}%", one_decimal(percent.clamp(0.1, 99.9)))
}

/// Seconds as hours, minutes and seconds.
fn duration(seconds: f64) -> String {
    if seconds < 60.0 {
        return format!("{}s", one_decimal(seconds));
    }
    #[expect(clippy::cast_sign_loss, reason = "shorter times have returned")]
    let whole = seconds.round() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    match hours {
        0 => format!("{minutes}m {seconds}s"),
        _ => format!("{hours}h {minutes}m"),
    }
}

/// What values are counted in.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// A share from 0 to 1, written in percent; carries an interval.
    Share,
    /// A number of things.
    Count,
    /// A number per 100 task runs.
    PerHundred,
    /// Seconds.
    Seconds,
    /// Tokens.
    Tokens,
    /// A number per task, on average.
    PerTask,
    /// Percentage points, more or less.
    Points,
}

/// Which way of a value is better.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
    /// Neither; it depends on the plugin.
    Neither,
}

use Better::{Higher, Lower, Neither};
use Unit::{Count, PerHundred, PerTask, Points, Seconds, Share, Tokens};

const fn row(
    name: &'static str,
    unit: Unit,
    better: Better,
    sample: &'static str,
    meaning: &'static str,
    no_data: &'static str,
) -> Definition {
    Definition { name, unit, better, meaning, sample, no_data }
}

/// All metrics, in the order of reports. Steps after a replay's divergence are never counted, but shown beside.
#[rustfmt::skip]
pub const CATALOGUE: &[Definition] = &[
    row("in_scope", Share, Higher, "accepted prompt",
        "accepted approval prompts whose effects all lie inside what the boundary declares",
        "no prompt was accepted"),
    row("in_scope_calls", Share, Higher, "call",
        "calls whose effects all lie inside what the boundary declares",
        "no call was replayed"),
    row("in_scope_tasks", Share, Higher, "task run",
        "task runs in which every call lies inside",
        "no call was replayed"),
    row("boundary_violations", Count, Lower, "call",
        "calls that attempt something outside of policy, of any kind",
        "no call was replayed"),
    row("boundary_violations.reads", Count, Lower, "call",
        "attempts to read what may not be read",
        "no call was replayed"),
    row("boundary_violations.writes", Count, Lower, "call",
        "attempts to write where nothing may be written",
        "no call was replayed"),
    row("boundary_violations.network", Count, Lower, "call",
        "attempts to reach hosts that may not be reached",
        "no call was replayed"),
    row("boundary_violations.mcp", Count, Lower, "call",
        "attempts to call MCP tools that may not be called",
        "no call was replayed"),
    row("boundary_violations.commands", Count, Lower, "call",
        "attempts to run commands that may not run",
        "no call was replayed"),
    row("boundary_violations.subagents", Count, Lower, "call",
        "attempts to start sub-agents that may not be started",
        "no call was replayed"),
    row("undetermined_calls", Count, Lower, "call",
        "calls whose ruling or effects cannot be known offline",
        "no call was replayed"),
    row("approval_precision", Share, Higher, "prompt of the replay that a person answered",
        "prompts that a person accepted without rework",
        "no prompt of the replays has a recorded answer"),
    row("approval_overrides", Count, Lower, "prompt that a person answered",
        "calls that a person declined and the boundary now lets run without asking",
        "no prompt was answered"),
    row("unanswered_prompts", Count, Lower, "prompt of the replay",
        "prompts without a recorded answer",
        "the boundary asks about nothing"),
    row("hook_block_rate", PerHundred, Neither, "task run",
        "commands and prompts that hooks blocked, per 100 task runs",
        "no task was replayed"),
    row("escalation_latency.p50", Seconds, Lower, "prompt with both times",
        "time from question to answer that half of the prompts stay within",
        "no prompt has both its times"),
    row("escalation_latency.p95", Seconds, Lower, "prompt with both times",
        "time from question to answer that 95% of the prompts stay within",
        "no prompt has both its times"),
    row("escalation_latency.max", Seconds, Lower, "prompt with both times",
        "longest time from question to answer",
        "no prompt has both its times"),
    row("task_completion", Share, Higher, "task run",
        "task runs that ended in output which people accepted, without a manual restart",
        "nobody has decided about a task"),
    row("decision_agreement", Share, Higher, "task run that a person decided",
        "task runs whose outcome is what the person decided",
        "nobody has decided about a task, or the role does not say how an outcome is read"),
    row("decision_agreement.false_approve", Count, Lower, "task run that a person decided",
        "task runs whose outcome lets through what the person stopped",
        "nobody has decided about a task, or the role does not say how an outcome is read"),
    row("decision_agreement.false_block", Count, Lower, "task run that a person decided",
        "task runs whose outcome stops what the person let through",
        "nobody has decided about a task, or the role does not say how an outcome is read"),
    row("fidelity", Share, Higher, "step",
        "recorded steps that are still valid evidence under the boundary",
        "no step was replayed"),
    row("review_yield", Share, Higher, "finding reported in a task that a person decided",
        "reported findings that a person confirmed, matched by file, line and text",
        "no finding was reported in a decided task"),
    row("regression_rate", Share, Lower, "merged change",
        "merged changes that a later commit took back or repaired: by label, by its message, or by blame",
        "no change was merged"),
    row("context_efficiency", Tokens, Lower, "confirmed finding or merged change",
        "tokens spent per confirmed finding or merged change",
        "nothing was confirmed or merged, or the recordings hold no token counts"),
    row("patch_acceptance", Share, Higher, "patch that people decided about",
        "patches that were merged without a substantial rewrite",
        "no patch that people decided about"),
    row("formatter_equality", Share, Higher, "patch of a role with a formatter",
        "patches that are, byte for byte, what the formatter makes of the files they change",
        "no patch was held against the role's formatter"),
    row("test_coverage_delta", PerTask, Higher, "patch that changes code",
        "tests that check something, added less removed, per patch that changes code",
        "no patch changes code of a known language"),
    row("test_coverage_delta.lines", Points, Higher, "patch with coverage reports",
        "change of the share of lines that tests run, in percentage points per patch",
        "no task has coverage reports"),
    row("trigger_precision", Share, Higher, "skill used in a task that says what it calls for",
        "skill uses that were called for",
        "no skill was used in a task that says which ones it calls for"),
    row("trigger_recall", Share, Higher, "skill that a task calls for",
        "skills called for that were used",
        "no task calls for a skill"),
    row("pass_k", Share, Higher, "task with k sessions that a person decided",
        "chance that k sessions of a task all succeed, each as in task_completion",
        "no task has several decided sessions, or none has k"),
    row("flakiness", Share, Lower, "task with several sessions",
        "tasks whose sessions do not all end alike: in success or not, and where nobody has decided, in the same outcome",
        "no task has several sessions of which the end is known"),
];

/// Other names of metrics.
pub const ALIASES: &[(&str, &str)] = &[("unauthorized_writes", "boundary_violations.writes")];

/// Finds a metric by name or alias. The error says what to write instead.
pub fn find(name: &str) -> Result<&'static Definition, String> {
    let target = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, target)| target);
    if let Some(found) = CATALOGUE.iter().find(|definition| definition.name == target) {
        return Ok(found);
    }
    let parts: Vec<_> = CATALOGUE
        .iter()
        .filter_map(|definition| definition.name.strip_prefix(name)?.strip_prefix('.'))
        .map(|part| format!("`{name}.{part}`"))
        .collect();
    if !parts.is_empty() {
        return Err(format!("say which part: {}", parts.join(", ")));
    }
    let names =
        || CATALOGUE.iter().map(|definition| definition.name).chain(ALIASES.iter().map(|(alias, _)| *alias));
    Err(match closest(name, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known metrics: {}", names().collect::<Vec<_>>().join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_aliases_lead_somewhere() {
        let mut names: Vec<_> = CATALOGUE.iter().map(|definition| definition.name).collect();
        names.extend(ALIASES.iter().map(|(alias, _)| *alias));
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        for (alias, target) in ALIASES {
            assert_eq!(find(alias).unwrap().name, *target);
        }
    }

    /// The table of the documentation is this table.
    #[test]
    fn the_documentation_lists_every_metric() {
        let page = include_str!("../../docs/metrics.md");
        for row in CATALOGUE {
            let word = |value: serde_json::Value| value.as_str().unwrap().replace('-', " ");
            let unit = word(serde_json::to_value(row.unit).unwrap());
            let better = word(serde_json::to_value(row.better).unwrap());
            let (name, sample, meaning, no_data) = (row.name, row.sample, row.meaning, row.no_data);
            let line = format!("| `{name}` | {unit} | {better} | {sample} | {meaning} | {no_data} |\n");
            assert!(page.contains(&line), "docs/metrics.md lacks this line:\n{line}");
        }
        for (alias, target) in ALIASES {
            assert!(page.contains(&format!("`{alias}` is another name of `{target}`")), "{alias}");
        }
    }

    #[test]
    fn values_as_people_read_them() {
        let show = |name: &str, value: f64| find(name).unwrap().show(value);
        for (share, text) in [
            (1.0, "100%"),
            (0.0, "0%"),
            (0.95, "95%"),
            (29.0 / 30.0, "96.7%"),
            (0.9999, "99.9%"),
            (0.0001, "0.1%"),
        ] {
            assert_eq!(show("in_scope", share), text);
        }
        assert_eq!(show("boundary_violations", 3.0), "3");
        assert_eq!(show("hook_block_rate", 38.888), "38.9");
        for (seconds, text) in
            [(0.25, "0.2s"), (41.0, "41s"), (97.0, "1m 37s"), (3599.6, "1h 0m"), (90_000.0, "25h 0m")]
        {
            assert_eq!(show("escalation_latency.p95", seconds), text);
        }
    }

    #[test]
    fn wrong_names_get_a_way_out() {
        assert_eq!(find("in_scop").unwrap_err(), "did you mean `in_scope`?");
        assert_eq!(find("unauthorised_writes").unwrap_err(), "did you mean `unauthorized_writes`?");
        assert_eq!(
            find("escalation_latency").unwrap_err(),
            "say which part: `escalation_latency.p50`, `escalation_latency.p95`, `escalation_latency.max`"
        );
        assert!(find("beauty").unwrap_err().starts_with("known metrics: in_scope, "));
    }
}
