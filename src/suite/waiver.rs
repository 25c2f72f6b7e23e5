use time::{Date, Month};

use crate::source::Place;

use super::fields::{Fields, Problems, Text};

/// An accepted exception: this violation of this task does not gate until the day it expires.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiver {
    /// The task.
    pub task: String,
    /// What in the task is waived.
    pub what: Waived,
    /// Why.
    pub reason: String,
    /// Who accepted it.
    pub by: String,
    /// Last day on which it holds (UTC).
    pub expires: Date,
    /// Where it is written.
    pub place: Place,
}

/// What a waiver covers. All parts that are given must match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waived {
    /// Number of the step, as reports show it.
    pub step: Option<u32>,
    /// Id of the call.
    pub call: Option<String>,
    /// Kind of violation, such as `network`, and where it stands; the gate knows the kinds.
    pub kind: Option<(String, Place)>,
}

impl Waiver {
    /// Is the waiver over on `today`? It holds through the day named in `expires`.
    pub fn expired(&self, today: Date) -> bool {
        today > self.expires
    }
}

pub(super) const KEYS: &[&str] = &["task", "step", "call", "kind", "reason", "by", "expires"];

/// Reads all `[[waiver]]` tables.
pub(super) fn read_waivers(top: &Fields<'_, '_>, problems: &mut Problems<'_>) -> Vec<Waiver> {
    let tables = top.tables("waiver", "[[waiver]]", KEYS, problems);
    tables.iter().filter_map(|fields| read_waiver(fields, problems)).collect()
}

fn read_waiver(fields: &Fields<'_, '_>, problems: &mut Problems<'_>) -> Option<Waiver> {
    let task = fields.required_text("task", problems);
    let reason = fields.required_text("reason", problems);
    let by = fields.required_text("by", problems);
    let expires = read_day(fields, "expires", problems);
    let step = fields.number("step", 1, u32::MAX, problems);
    let call = fields.owned("call", problems);
    let kind = fields.text("kind", problems);
    let kind = kind.map(|text| (text.value.to_owned(), problems.place(&text.span)));
    let what = Waived { step, call, kind };
    if ["step", "call", "kind"].iter().all(|key| fields.get(key).is_none()) {
        let help = "add `call`, `step` or `kind`, so that it covers no more than was accepted";
        problems.error(&fields.span.clone(), "wide-waiver", "the waiver does not say what it waives", help);
    }
    let owned = |text: Text<'_>| text.value.to_owned();
    let place = problems.place(&fields.span);
    Some(Waiver {
        task: owned(task?),
        what,
        reason: owned(reason?),
        by: owned(by?),
        expires: expires?,
        place,
    })
}

/// Reads a day, written as text or as a TOML date.
fn read_day(fields: &Fields<'_, '_>, key: &'static str, problems: &mut Problems<'_>) -> Option<Date> {
    use toml::de::DeValue;
    let Some(value) = fields.get(key) else {
        fields.missing(key, problems);
        return None;
    };
    let day = match value.get_ref() {
        DeValue::Datetime(date) => parse_day(&date.to_string()),
        DeValue::String(text) => parse_day(text),
        _ => None,
    };
    if day.is_none() {
        let message = format!("`{key}` in {} is not a day", fields.name);
        problems.error(&value.span(), "bad-date", message, "write it as \"2026-12-31\"");
    }
    day
}

/// Parses `2026-12-31`, and nothing looser.
pub fn parse_day(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() });
    if !shaped {
        return None;
    }
    let month = Month::try_from(text[5..7].parse::<u8>().ok()?).ok()?;
    Date::from_calendar_date(text[..4].parse().ok()?, month, text[8..].parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days() {
        assert!(parse_day("2026-12-31").is_some());
        assert!(parse_day("2028-02-29").is_some());
        for bad in
            ["2026-02-29", "2026-13-01", "2026-00-10", "26-01-01", "2026-1-1", "2026-12-31T", "２０26-12"]
        {
            assert_eq!(parse_day(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_waiver_holds_through_its_last_day() {
        let waiver = Waiver {
            task: "t".into(),
            what: Waived::default(),
            reason: "r".into(),
            by: "b".into(),
            expires: parse_day("2026-12-31").unwrap(),
            place: Place::file("suite.toml"),
        };
        assert!(!waiver.expired(parse_day("2026-12-31").unwrap()));
        assert!(waiver.expired(parse_day("2027-01-01").unwrap()));
    }
}
