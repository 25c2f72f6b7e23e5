use crate::source::Place;

use super::fields::{Fields, Problems, Text};
use super::name::name_problem;

/// One step of a rollout: how far the plugin may reach, and what must hold before it may go further.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// Name, unique in the suite.
    pub name: String,
    /// Sandbox mode or permission profile under which the stage is judged; `None`: as the configuration says.
    pub mode: Option<String>,
    /// Conditions, as written; the gate parses them.
    pub bars: Vec<BarText>,
    /// Where the stage is declared.
    pub place: Place,
}

/// A bar as written in `suite.toml`.
#[derive(Clone, Debug, PartialEq)]
pub struct BarText {
    /// The text.
    pub text: String,
    /// Where its first character stands.
    pub place: Place,
}

impl BarText {
    /// The place of the character at byte `offset` of the text.
    pub fn place_at(&self, offset: usize) -> Place {
        let characters = self.text.get(..offset).map_or(0, |before| before.chars().count());
        let column = if self.place.column == 0 { 0 } else { self.place.column + characters as u32 };
        Place { column, ..self.place.clone() }
    }
}

pub(super) const KEYS: &[&str] = &["name", "mode", "bars"];

/// Reads all `[[stage]]` tables.
pub(super) fn read_stages(top: &Fields<'_, '_>, problems: &mut Problems<'_>) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    for fields in top.tables("stage", "[[stage]]", KEYS, problems) {
        let place = problems.place(&fields.span);
        let mode = fields.owned("mode", problems);
        let bars: Vec<_> = fields.texts("bars", problems).iter().map(|text| bar(text, problems)).collect();
        if fields.get("bars").is_none() {
            fields.missing("bars", problems);
        } else if bars.is_empty() && !problems.has_errors() {
            let help = "a stage without bars can never be passed";
            problems.error(&fields.span.clone(), "no-bars", "the stage has no bars", help);
        }
        let Some(name) = stage_name(&fields, &stages, problems) else { continue };
        stages.push(Stage { name, mode, bars, place });
    }
    stages
}

fn stage_name(fields: &Fields<'_, '_>, before: &[Stage], problems: &mut Problems<'_>) -> Option<String> {
    let name = fields.required_text("name", problems)?;
    if let Some(why) = name_problem(name.value) {
        problems.error(&name.span, "bad-name", format!("the stage name `{}` {why}", name.value), "");
    }
    if let Some(first) = before.iter().find(|stage| stage.name.eq_ignore_ascii_case(name.value)) {
        let message = format!("two stages are called `{}`", name.value);
        problems.error(&name.span, "same-name", message, format!("the first one is at {}", first.place));
    }
    Some(name.value.to_owned())
}

fn bar(text: &Text<'_>, problems: &Problems<'_>) -> BarText {
    let inside = text.inside(problems);
    BarText { text: text.value.to_owned(), place: problems.place(&(inside..inside)) }
}
