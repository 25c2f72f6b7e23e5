//! How far the native engine and the real CLI agree, and where they do not.

use std::collections::BTreeMap;
use std::fmt;

use super::row::Row;

/// Fewest scenarios and rulings of the whole corpus, and the largest share that may be undetermined.
const SCENARIOS: usize = 120;
const RULINGS: usize = 400;
const UNDETERMINED: f64 = 0.02;

/// What came of one scenario; an engine that refuses it gives its reason.
pub(crate) struct Outcome {
    /// Name of the scenario.
    pub(crate) name: String,
    /// What it shows.
    pub(crate) about: String,
    /// The native engine should refuse the suite with this reason.
    pub(crate) refuses: Option<String>,
    /// Calls on which the engines are known to differ.
    pub(crate) open: BTreeMap<String, String>,
    /// What the native engine says.
    pub(crate) native: Result<Vec<Row>, String>,
    /// What the real CLI said.
    pub(crate) stored: Result<Vec<Row>, String>,
}

/// Two stories about one call.
struct Difference {
    scenario: String,
    about: String,
    call: String,
    native: String,
    codex: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenario, about, call, native, codex } = self;
        write!(f, "{scenario} {call}: {about}\n  native  {native}\n  codex   {codex}")
    }
}

/// The sum over scenarios.
#[derive(Default)]
pub(crate) struct Agreement {
    scenarios: usize,
    rulings: usize,
    agreed: usize,
    unreached: usize,
    refused: usize,
    undetermined: BTreeMap<String, Vec<String>>,
    differences: Vec<Difference>,
    open: Vec<Difference>,
    closed: Vec<String>,
}

impl Agreement {
    /// Compares the engines over all outcomes.
    pub(crate) fn of(outcomes: &[Outcome]) -> Self {
        let mut agreement = Self::default();
        for outcome in outcomes {
            agreement.scenarios += 1;
            agreement.add(outcome);
        }
        agreement
    }

    fn add(&mut self, outcome: &Outcome) {
        let (native, stored) = match (&outcome.native, &outcome.stored) {
            (Ok(native), Ok(stored)) if outcome.refuses.is_none() => (native, stored),
            (Err(reason), Ok(_))
                if outcome.refuses.as_ref().is_some_and(|wanted| reason.contains(wanted)) =>
            {
                self.refused += 1;
                return;
            }
            (native, stored) => {
                let tell = |rows: &Result<Vec<Row>, String>| match rows {
                    Ok(rows) => format!("{} rulings", rows.len()),
                    Err(reason) => reason.clone(),
                };
                self.differ(outcome, "(all)", tell(native), tell(stored));
                return;
            }
        };
        for row in stored {
            let Some(ours) = native.iter().find(|ours| ours.call == row.call) else {
                self.differ(outcome, &row.call, "no such step".to_owned(), row.to_string());
                continue;
            };
            if row.verdict == "unreached" {
                self.unreached += 1;
                continue;
            }
            self.rulings += 1;
            if ours.verdict == "undetermined" {
                let call = format!("{} {}", outcome.name, row.call);
                self.undetermined.entry(ours.said.clone()).or_default().push(call);
            } else if ours.agrees(row) {
                self.agreed += 1;
                if outcome.open.contains_key(&row.call) {
                    self.closed.push(format!("{} {}", outcome.name, row.call));
                }
            } else {
                self.differ(outcome, &row.call, ours.to_string(), row.to_string());
            }
        }
        for ours in native.iter().filter(|ours| stored.iter().all(|row| row.call != ours.call)) {
            // A script that ends early does not come to its later calls.
            if ours.call.contains('#') {
                self.unreached += 1;
                continue;
            }
            self.differ(outcome, &ours.call, ours.to_string(), "no such call".to_owned());
        }
    }

    fn differ(&mut self, outcome: &Outcome, call: &str, native: String, codex: String) {
        let (scenario, about) = (outcome.name.clone(), outcome.about.clone());
        let difference = Difference { scenario, about, call: call.to_owned(), native, codex };
        if outcome.open.contains_key(call) {
            self.open.push(difference);
        } else {
            self.differences.push(difference);
        }
    }

    /// What must not be; `whole` says that the whole corpus was judged.
    pub(crate) fn problems(&self, whole: bool) -> Vec<String> {
        let mut problems = Vec::new();
        if !self.differences.is_empty() {
            problems.push(format!("{} rulings differ from what the real CLI did", self.differences.len()));
        }
        if !whole {
            return problems;
        }
        if self.scenarios < SCENARIOS || self.rulings < RULINGS {
            let (scenarios, rulings) = (self.scenarios, self.rulings);
            problems.push(format!(
                "{scenarios} scenarios with {rulings} rulings; there must be {SCENARIOS} and {RULINGS}"
            ));
        }
        let unknown = self.undetermined.values().map(Vec::len).sum::<usize>();
        if unknown as f64 > UNDETERMINED * self.rulings as f64 {
            problems.push(format!("{unknown} of {} rulings are undetermined, more than 2%", self.rulings));
        }
        problems
    }
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for difference in &self.differences {
            writeln!(f, "{difference}")?;
        }
        for difference in &self.open {
            writeln!(f, "open: {difference}")?;
        }
        for call in &self.closed {
            writeln!(f, "no longer open, strike it from the scenario: {call}")?;
        }
        for (reason, calls) in &self.undetermined {
            writeln!(f, "undetermined: {reason}\n  {}", calls.join(", "))?;
        }
        let unknown = self.undetermined.values().map(Vec::len).sum::<usize>();
        write!(
            f,
            "{} scenarios, {} rulings: {} agreed, {unknown} undetermined, {} open, {} disagreements; {} suites refused, {} calls \
             not reached",
            self.scenarios,
            self.rulings,
            self.agreed,
            self.open.len(),
            self.differences.len(),
            self.refused,
            self.unreached,
        )
    }
}
