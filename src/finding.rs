//! A problem in an input: what is wrong, where, and what to do about it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::source::Place;

/// How bad a finding is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; changes nothing.
    Note,
    /// Probably not what was meant; the run goes on.
    Warning,
    /// The input cannot be used.
    Error,
}

impl Severity {
    /// Lower-case name, as in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One problem of an input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable short name of the kind of problem, such as `unknown-key`.
    pub code: std::borrow::Cow<'static, str>,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, as a lowercase fragment.
    pub message: String,
    /// What to do, as a lowercase fragment; empty when the message says it.
    pub help: String,
    /// Where it is.
    pub place: Option<Place>,
}

impl Finding {
    /// An error of this kind.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A warning of this kind.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// A note of this kind.
    pub fn note(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message)
    }

    fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        Self { code: code.into(), severity, message: message.into(), help: String::new(), place: None }
    }

    /// The same finding with its place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// The same finding with a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.message)?;
        if !self.help.is_empty() {
            write!(f, " ({})", self.help)?;
        }
        Ok(())
    }
}

/// Looks for the known name closest to `given`, for "did you mean" help.
pub fn closest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(given, name), name))
        .filter(|(distance, name)| *distance <= 1 + name.chars().count() / 4)
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closest_name_is_suggested_only_when_close() {
        let known = ["enabled_tools", "disabled_tools", "tools"];
        assert_eq!(closest("enabld_tools", known), Some("enabled_tools"));
        assert_eq!(closest("colour", known), None);
    }

    #[test]
    fn text_form_has_place_and_help() {
        let place = Place { file: "suite.toml".into(), line: 3, column: 1 };
        let finding =
            Finding::error("unknown-key", "unknown key `stagee`").at(place).help("did you mean `stage`?");
        assert_eq!(finding.to_string(), "suite.toml:3:1: unknown key `stagee` (did you mean `stage`?)");
    }
}
