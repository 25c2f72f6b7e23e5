use super::model::{Against, Number};
use crate::report::csv::Rows;

const COLUMNS: &[&str] = &[
    "metric",
    "unit",
    "old",
    "old_samples",
    "new",
    "new_samples",
    "change",
    "direction",
    "tasks",
    "better",
    "worse",
    "p",
    "p_corrected",
    "turn",
];

/// A row for each metric, with the comparison of tasks where there is one; then what is compared and is no metric.
pub fn rows(found: &Against) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rows = Rows::new(&mut out);
    rows.header(COLUMNS);
    let compared = |name: &str| found.paired.rows.iter().find(|row| row.metric == name);
    for metric in &found.metrics {
        rows.text(&metric.name).word(&word(metric.unit));
        number(&mut rows, metric.old.as_ref());
        number(&mut rows, metric.new.as_ref());
        rows.word(&metric.change.map_or_else(String::new, |change| change.to_string()));
        rows.word(metric.direction.name());
        tasks(&mut rows, compared(&metric.name));
    }
    for row in &found.paired.rows {
        if found.metrics.iter().all(|metric| metric.name != row.metric) {
            rows.text(&row.metric);
            for _ in 0..7 {
                rows.word("");
            }
            tasks(&mut rows, Some(row));
        }
    }
    out
}

fn number(rows: &mut Rows<'_>, number: Option<&Number>) {
    match number {
        Some(number) => rows.word(&number.value.to_string()).number(number.samples),
        None => rows.word("").word(""),
    };
}

fn tasks(rows: &mut Rows<'_>, row: Option<&crate::report::v1::ComparisonV1>) {
    match row {
        Some(row) => {
            rows.number(row.tasks).number(row.better).number(row.worse);
            rows.word(&row.p.to_string()).word(&row.adjusted.to_string()).word(&word(row.turn));
        }
        None => {
            for _ in 0..6 {
                rows.word("");
            }
        }
    }
    rows.end();
}

/// The name of a unit or a turn, as in JSON.
fn word<T: serde::Serialize>(value: T) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
