//! How far the native engine and the real CLI agree, and where they do not.

use std::collections::BTreeMap;
use std::fmt;

use super::own;
use super::row::Row;
use super::suite::Asked;

/// Fewest scenarios and rulings of the whole corpus, and the largest share that may be undetermined.
const SCENARIOS: usize = 120;
const RULINGS: usize = 400;
const UNDETERMINED: f64 = 0.02;
/// Stands for all calls of a scenario.
const WHOLE: &str = "(all)";

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
    /// What the real CLI said when the answers were stored.
    pub(crate) stored: Result<Vec<Row>, String>,
    /// What the real CLI says now, where it is asked.
    pub(crate) asked: Option<Result<Asked, String>>,
    /// What the native engine says of the recordings that the CLI wrote meanwhile.
    pub(crate) own: Option<Result<Vec<Row>, String>>,
}

/// Two stories about one call.
struct Difference {
    scenario: String,
    about: String,
    call: String,
    /// Who says what.
    stories: [(&'static str, String); 2],
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenario, about, call, stories: [(one, first), (other, second)] } = self;
        write!(f, "{scenario} {call}: {about}\n  {one:<8}{first}\n  {other:<8}{second}")
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
    /// Stored rulings that the CLI gave again, those that it gave otherwise, and those that it did not tell.
    asked: usize,
    changed: Vec<Difference>,
    untold: Vec<String>,
    /// Rulings that were taken over from the native engine.
    adopted: Vec<String>,
    /// Rulings that the native engine gives on the CLI's own recordings, too, and those that it gives otherwise.
    own: usize,
    strayed: Vec<Difference>,
}

impl Agreement {
    /// Compares the engines over all outcomes.
    pub(crate) fn of(outcomes: &[Outcome]) -> Self {
        let mut agreement = Self::default();
        for outcome in outcomes {
            agreement.scenarios += 1;
            agreement.add(outcome);
            if let Some(asked) = &outcome.asked {
                agreement.add_asked(outcome, asked);
            }
            if let (Some(Ok(asked)), Some(own)) = (&outcome.asked, &outcome.own) {
                agreement.add_own(outcome, &asked.rows, own);
            }
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
                self.differ(outcome, WHOLE, tell(native), tell(stored));
                return;
            }
        };
        for row in stored {
            if row.verdict == "unreached" {
                self.unreached += 1;
                continue;
            }
            let Some(ours) = native.iter().find(|ours| ours.call == row.call) else {
                self.differ(outcome, &row.call, "no such step".to_owned(), row.to_string());
                continue;
            };
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
            // A script that ends early does not come to its later calls, and the app-server does not tell of hooks at
            // the end of a session.
            if ours.call.contains('#') || ours.call.starts_with("session-end") {
                self.unreached += 1;
                continue;
            }
            self.differ(outcome, &ours.call, ours.to_string(), "no such call".to_owned());
        }
    }

    /// The answers that are stored, and those of today.
    fn add_asked(&mut self, outcome: &Outcome, asked: &Result<Asked, String>) {
        let mut changed = |call: &str, was: String, is: String| {
            let (scenario, about) = (outcome.name.clone(), outcome.about.clone());
            let stories = [("stored", was), ("today", is)];
            self.changed.push(Difference { scenario, about, call: call.to_owned(), stories });
        };
        let (stored, asked) = match (&outcome.stored, asked) {
            (Ok(stored), Ok(asked)) => (stored, asked),
            (Ok(stored), Err(reason)) if stored.iter().all(|row| row.verdict == "refused") => {
                self.asked += usize::from(!reason.is_empty());
                return;
            }
            (_, Err(reason)) => return changed(WHOLE, "answers".to_owned(), reason.clone()),
            (Err(_), _) => return,
        };
        self.adopted.extend(asked.adopted.iter().map(|call| format!("{} {call}", outcome.name)));
        for was in stored.iter().filter(|row| !row.untold()) {
            match asked.rows.iter().find(|row| row.call == was.call) {
                Some(is) if is.untold() => {
                    self.untold.push(format!("{} {}: {}", outcome.name, was.call, is.said));
                }
                Some(is) if is.agrees(was) => self.asked += 1,
                Some(is) => changed(&was.call, was.to_string(), is.to_string()),
                None => self.untold.push(format!("{} {}: no such step", outcome.name, was.call)),
            }
        }
    }

    /// What the CLI said today, and what the native engine says of the CLI's own recording of it.
    fn add_own(&mut self, outcome: &Outcome, asked: &[Row], own: &Result<Vec<Row>, String>) {
        let compared =
            |row: &&Row| !row.untold() && own::keeps_name(&row.call) && !outcome.open.contains_key(&row.call);
        for row in asked.iter().filter(compared) {
            let ours = own.as_ref().map(|own| own.iter().find(|ours| ours.call == row.call));
            let story = match ours {
                Ok(Some(ours)) if ours.untold() => continue,
                Ok(Some(ours)) if ours.agrees(row) => {
                    self.own += 1;
                    continue;
                }
                Ok(ours) => ours.map_or_else(|| "no such step".to_owned(), ToString::to_string),
                Err(reason) => reason.clone(),
            };
            let (scenario, about) = (outcome.name.clone(), outcome.about.clone());
            let stories = [("native", story), ("codex", row.to_string())];
            self.strayed.push(Difference { scenario, about, call: row.call.clone(), stories });
        }
    }

    fn differ(&mut self, outcome: &Outcome, call: &str, native: String, codex: String) {
        let (scenario, about) = (outcome.name.clone(), outcome.about.clone());
        let stories = [("native", native), ("codex", codex)];
        let difference = Difference { scenario, about, call: call.to_owned(), stories };
        if outcome.open.contains_key(call) || outcome.open.contains_key(WHOLE) {
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
        if !self.changed.is_empty() {
            problems.push(format!("{} stored answers are not those of the real CLI", self.changed.len()));
        }
        if !self.strayed.is_empty() {
            let strayed = self.strayed.len();
            problems.push(format!("{strayed} rulings on the CLI's own recordings differ from what it did"));
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
        for difference in &self.changed {
            writeln!(f, "{difference}")?;
        }
        for difference in &self.strayed {
            writeln!(f, "on the CLI's own recording: {difference}")?;
        }
        for call in &self.untold {
            writeln!(f, "the real CLI does not tell: {call}")?;
        }
        for call in &self.adopted {
            writeln!(f, "taken over from the native engine: {call}")?;
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
        let (asked, changed, untold) = (self.asked, self.changed.len(), self.untold.len());
        if asked + changed + untold > 0 {
            let adopted = self.adopted.len();
            writeln!(
                f,
                "the real CLI: {asked} rulings as stored ({adopted} taken over), {changed} others, {untold} not told"
            )?;
            let (own, strayed) = (self.own, self.strayed.len());
            writeln!(
                f,
                "native on the recordings that it wrote: {own} rulings as the CLI made them, {strayed} others"
            )?;
        }
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
