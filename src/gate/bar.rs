use std::fmt;

use crate::finding::Finding;
use crate::metrics::{Better, Confidence, Definition};
use crate::suite::BarText;

/// A condition on a metric: `metric op value [@level]`, or `metric no-worse [@level]`.
///
/// | part | is |
/// |---|---|
/// | metric | a name of the catalogue, such as `in_scope` or `boundary_violations.network` |
/// | op | `>=`, `<=`, `>`, `<` or `==` |
/// | | `no-worse`: task by task, it did not get worse since the accepted baselines; it takes no value |
/// | value | `95%` for shares; `10m` (`ms`, `s`, `m`, `h`, `d`) for times; a number for the others |
/// | level | `@90`, `@95` or `@99`: the bound of the interval must meet the value, for shares only |
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// As written, spaces evened out.
    pub text: String,
    /// The metric.
    pub metric: &'static Definition,
    /// The comparison.
    pub op: Op,
    /// The value in the metric's unit; shares from 0 to 1, times in seconds; 0 where there is none.
    pub value: f64,
    /// The bound of this interval must meet the value; `None`: the measured value must. For `no-worse`: how sure a
    /// change for the worse must be.
    pub confidence: Option<Confidence>,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// `>=`
    AtLeast,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `<`
    Below,
    /// `==`
    Equal,
    /// `no-worse`: than the accepted baselines, task by task.
    NoWorse,
}

impl Op {
    // Two-character operators first, so that `>` does not eat the start of `>=`.
    pub(super) const ALL: [(&'static str, Self); 5] = [
        (">=", Self::AtLeast),
        ("<=", Self::AtMost),
        ("==", Self::Equal),
        (">", Self::Above),
        ("<", Self::Below),
    ];

    /// The comparison that bars write so.
    pub fn named(symbol: &str) -> Option<Self> {
        if symbol == Self::NoWorse.symbol() {
            return Some(Self::NoWorse);
        }
        Self::ALL.into_iter().find(|(known, _)| *known == symbol).map(|(_, op)| op)
    }

    /// As bars write it.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::AtLeast => ">=",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::Below => "<",
            Self::Equal => "==",
            Self::NoWorse => "no-worse",
        }
    }

    /// Does `left op right` hold? Differences below a billionth are rounding, not measurement.
    pub fn holds(self, left: f64, right: f64) -> bool {
        const ROUNDING: f64 = 1e-9;
        let equal = (left - right).abs() <= ROUNDING * right.abs().max(1.0);
        match self {
            Self::AtLeast => equal || left > right,
            Self::AtMost => equal || left < right,
            Self::Above => !equal && left > right,
            Self::Below => !equal && left < right,
            Self::Equal => equal,
            // What holds is found by comparing tasks, not numbers.
            Self::NoWorse => false,
        }
    }

    /// Asks for much rather than little?
    pub(super) fn wants_more(self) -> bool {
        matches!(self, Self::AtLeast | Self::Above)
    }
}

/// Why a text is no bar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BarError {
    /// Byte offset in the text.
    pub offset: usize,
    /// Kind of mistake, as findings name it.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl BarError {
    pub(super) fn new(
        offset: usize,
        code: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { offset, code, message: message.into(), help: help.into() }
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Bar {
    /// Reads a bar of a suite; problems become findings with their places.
    pub(super) fn read(text: &BarText, findings: &mut Vec<Finding>) -> Option<Self> {
        match Self::parse(&text.text) {
            Ok(bar) => {
                if bar.is_backwards() {
                    let message = format!("the bar asks for the worse side of `{}`", bar.metric.name);
                    let help = format!("{}: {}", bar.metric.name, bar.metric.meaning);
                    let finding = Finding::warning("backwards-bar", message).help(help);
                    findings.push(finding.at(text.place.clone()));
                }
                Some(bar)
            }
            Err(error) => {
                let finding = Finding::error(error.code, error.message).help(error.help);
                findings.push(finding.at(text.place_at(error.offset)));
                None
            }
        }
    }

    fn is_backwards(&self) -> bool {
        match self.metric.better {
            Better::Higher => matches!(self.op, Op::AtMost | Op::Below),
            Better::Lower => self.op.wants_more(),
            Better::Neither => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Place;

    #[test]
    fn findings_point_at_the_mistake() {
        let place = Place { file: "suite.toml".into(), line: 9, column: 10 };
        let mut findings = Vec::new();
        let text = BarText { text: "in_scope => 95%".into(), place: place.clone() };
        assert_eq!(Bar::read(&text, &mut findings), None);
        assert_eq!(findings[0].to_string(), "suite.toml:9:19: there is no comparison `=>` (write `>=`)");
        let text = BarText { text: "in_scope <= 95%".into(), place };
        assert!(Bar::read(&text, &mut findings).is_some());
        assert_eq!(findings[1].code, "backwards-bar");
    }
}
