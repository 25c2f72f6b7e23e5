use serde::Deserialize;

use super::file::{BaselineV1, FORMAT};
use super::{Acceptance, Baseline};
use crate::finding::{Finding, closest};
use crate::source::{LineIndex, Place};

/// What every format of the file has.
#[derive(Deserialize)]
struct Probe {
    format: Option<u64>,
    since: Option<String>,
}

/// Reads a baseline file strictly. `name` is how findings call it, `task` the task it must be of.
pub fn parse(name: &str, task: &str, bytes: &[u8]) -> Result<Baseline, Vec<Finding>> {
    let text = text(name, bytes)?;
    check_format(name, text)?;
    let raw: BaselineV1<'_> =
        serde_json::from_str(text).map_err(|error| vec![explain(name, text, &error)])?;
    let problems = problems(name, task, &raw);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut replays: Vec<_> = raw.replays.into_iter().map(|replay| replay.into_replay(task)).collect();
    replays.sort_by_key(|replay| replay.repeat);
    Ok(Baseline { task: task.to_owned(), accepted: raw.accepted, replays })
}

/// Reads the header alone; the rest of the file is known to be what this version writes.
pub(super) fn parse_header(
    name: &str,
    task: &str,
    header: &[u8],
) -> Result<Option<Acceptance>, Vec<Finding>> {
    parse(name, task, header).map(|baseline| baseline.accepted)
}

fn text<'t>(name: &str, bytes: &'t [u8]) -> Result<&'t str, Vec<Finding>> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|_| {
        let finding = Finding::error("not-utf8", "the baseline is not UTF-8");
        vec![finding.at(Place::file(name)).help("restore it from version control")]
    })
}

/// Refuses formats that this version does not know, before it looks at anything else.
fn check_format(name: &str, text: &str) -> Result<(), Vec<Finding>> {
    if text.trim_start().starts_with(|first| first != '{' && first != '<') {
        let finding = Finding::error("bad-baseline", "the file is not a JSON object").at(Place::file(name));
        return Err(vec![finding.help("restore it from version control, or accept the task again")]);
    }
    let Ok(probe) = serde_json::from_str::<Probe>(text) else {
        // Not JSON, or not an object: the strict reader says where.
        return Ok(());
    };
    let finding = match probe.format {
        Some(format) if format == u64::from(FORMAT) => return Ok(()),
        Some(0) => {
            Finding::error("bad-format", "there is no baseline format 0").help("accept the task again")
        }
        Some(format) => {
            let needed = match probe.since.as_deref().map(str::trim) {
                Some(since) if !since.is_empty() => format!("plugin-eval {since} or later reads it"),
                _ => "a later version of plugin-eval wrote it".to_owned(),
            };
            let message = format!("the baseline has format {format}, and this version reads format {FORMAT}");
            Finding::error("newer-format", message).help(needed)
        }
        None => Finding::error("missing-key", "the baseline lacks `format`")
            .help("restore it from version control, or accept the task again"),
    };
    Err(vec![finding.at(place_of_key(name, text, "\"format\""))])
}

fn place_of_key(name: &str, text: &str, key: &str) -> Place {
    let Some(at) = text.find(key) else { return Place::file(name) };
    let (line, column) = LineIndex::new(text).line_column(text, at);
    Place { file: name.into(), line, column }
}

/// Turns what serde says into a finding with a way out.
fn explain(name: &str, text: &str, error: &serde_json::Error) -> Finding {
    let (line, column) = (error.line() as u32, error.column() as u32);
    let source = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    let column = source.get(..column as usize).map_or(column, |before| before.chars().count() as u32);
    let place = Place { file: name.into(), line, column };
    if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|mark| source.starts_with(mark)) {
        return Finding::error("merge-conflict", "the file holds an unresolved merge conflict")
            .at(place)
            .help("take either side, then run and accept again");
    }
    if error.is_eof() {
        return Finding::error("truncated", "the file ends in the middle")
            .at(place)
            .help("restore it from version control, or accept the task again");
    }
    let full = error.to_string();
    let message = full.rsplit_once(" at line ").map_or(full.as_str(), |(message, _)| message);
    let quoted = |text: &str| text.split('`').nth(1).map(str::to_owned);
    if let Some(rest) = message.strip_prefix("unknown field ") {
        let key = quoted(rest).unwrap_or_default();
        let known: Vec<&str> = rest.split('`').skip(3).step_by(2).collect();
        let help = match closest(&key, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "remove it; a baseline is written by `accept`, not by hand".to_owned(),
        };
        return Finding::error("unknown-key", format!("unknown key `{key}`")).at(place).help(help);
    }
    let (code, message) = match message.strip_prefix("missing field ") {
        Some(rest) => ("missing-key", format!("the key {rest} is missing")),
        None => ("bad-baseline", message.to_owned()),
    };
    Finding::error(code, message).at(place).help("restore it from version control, or accept the task again")
}

fn problems(name: &str, task: &str, raw: &BaselineV1<'_>) -> Vec<Finding> {
    let mut problems = Vec::new();
    if raw.task != task {
        let message = format!("the file holds the baseline of `{}`, not of `{task}`", raw.task);
        let help = "move it to the file of that task, or accept this one again";
        problems.push(Finding::error("other-task", message).at(Place::file(name)).help(help));
    }
    for (i, replay) in raw.replays.iter().enumerate() {
        if raw.replays[..i].iter().any(|other| other.repeat == replay.repeat) {
            let message = format!("two replays have repeat {}", replay.repeat);
            let finding = Finding::error("same-repeat", message).at(Place::file(name));
            problems.push(finding.help("keep the one that was accepted"));
        }
    }
    problems
}
