use std::io::Write;

use anyhow::bail;
use plugin_eval::gate::ExitCode;
use plugin_eval::metrics::{Better, CATALOGUE, Definition, Unit, find};
use serde::Serialize;

use super::args::{Look, Metrics};

/// Lists the metrics, or tells all about one and its parts.
pub(crate) fn metrics(args: &Metrics, look: Look) -> anyhow::Result<ExitCode> {
    let chosen = match &args.name {
        None => CATALOGUE.iter().collect(),
        Some(name) => named(name)?,
    };
    let mut out = look.stdout();
    if args.json {
        let rows: Vec<_> = chosen.into_iter().map(Row::of).collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&rows)?)?;
    } else if args.name.is_some() {
        for (at, metric) in chosen.into_iter().enumerate() {
            let between = if at > 0 { "\n" } else { "" };
            write!(out, "{between}{}", page(metric))?;
        }
    } else {
        let width = chosen.iter().map(|metric| metric.name.len()).max().unwrap_or(0);
        for metric in chosen {
            writeln!(out, "{:width$}  {}", metric.name, metric.meaning)?;
        }
    }
    Ok(ExitCode::Holds)
}

/// The metric of this name, and the parts it has.
fn named(name: &str) -> anyhow::Result<Vec<&'static Definition>> {
    let found = find(name);
    let whole = found.as_ref().map_or(name, |metric| metric.name);
    let is_part = |metric: &&Definition| {
        metric.name.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let chosen: Vec<_> = CATALOGUE.iter().filter(is_part).collect();
    match found {
        Err(help) if chosen.is_empty() => bail!("there is no metric `{name}`: {help}"),
        _ => Ok(chosen),
    }
}

fn page(metric: &Definition) -> String {
    let unit = match metric.unit {
        Unit::Share => "a share, with an interval",
        Unit::Count => "a count",
        Unit::PerHundred => "a number per 100 task runs",
        Unit::Seconds => "a time",
        Unit::Tokens => "tokens",
        Unit::PerTask => "a number per task, on average",
        Unit::Points => "percentage points, more or less",
    };
    let better = match metric.better {
        Better::Higher => "more",
        Better::Lower => "less",
        Better::Neither => "neither; it depends on the plugin",
    };
    let aliases: Vec<_> = metric.aliases().collect();
    let rows = [
        ("says", metric.meaning.to_owned()),
        ("is", unit.to_owned()),
        ("better", better.to_owned()),
        ("one sample", metric.sample.to_owned()),
        ("no data", format!("when {}", metric.no_data)),
        ("bars", metric.bars().join(", ")),
        ("also called", aliases.join(", ")),
    ];
    let rows = rows.into_iter().filter(|(_, text)| !text.is_empty());
    let lines = rows.map(|(name, text)| format!("  {name:11}  {text}"));
    let lines: Vec<_> = std::iter::once(metric.name.to_owned()).chain(lines).collect();
    lines.join("\n") + "\n"
}

/// A metric as JSON.
#[derive(Serialize)]
struct Row {
    name: &'static str,
    unit: Unit,
    better: Better,
    sample: &'static str,
    meaning: &'static str,
    no_data: &'static str,
    aliases: Vec<&'static str>,
    bars: Vec<String>,
}

impl Row {
    fn of(metric: &Definition) -> Self {
        let Definition { name, unit, better, meaning, sample, no_data } = *metric;
        let (aliases, bars) = (metric.aliases().collect(), metric.bars());
        Self { name, unit, better, sample, meaning, no_data, aliases, bars }
    }
}
