use std::collections::{BTreeSet, HashMap};

use time::Date;

use crate::finding::{Finding, closest};
use crate::suite::{Suite, Waiver};

use super::violation::ViolationKind;

/// Errors for waivers of kinds that do not exist; these would never cover anything.
pub(crate) fn unknown_kinds(waivers: &[Waiver]) -> Vec<Finding> {
    let names = ViolationKind::ALL.map(ViolationKind::name);
    let kinds = waivers.iter().filter_map(|waiver| waiver.what.kind.as_ref());
    let unknown = kinds.filter(|(kind, _)| !names.contains(&kind.as_str()));
    unknown
        .map(|(kind, place)| {
            let help = match closest(kind, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known kinds: {}", names.join(", ")),
            };
            let message = format!("there is no kind of violation `{kind}`");
            Finding::error("unknown-kind", message).help(help).at(place.clone())
        })
        .collect()
}

/// The waivers of a suite that hold today, by task.
#[derive(Clone, Debug, Default)]
pub struct Waivers<'s> {
    by_task: HashMap<&'s str, Vec<(u32, &'s Waiver)>>,
    active: Vec<(u32, &'s Waiver)>,
}

impl<'s> Waivers<'s> {
    /// Takes the waivers that hold on `today` (UTC). Expired ones are warned about and have no effect.
    pub fn new(suite: &'s Suite, today: Date, findings: &mut Vec<Finding>) -> Self {
        Self::of(&suite.waivers, today, findings)
    }

    pub(super) fn of(waivers: &'s [Waiver], today: Date, findings: &mut Vec<Finding>) -> Self {
        let mut found = Self::default();
        for (index, waiver) in waivers.iter().enumerate() {
            if waiver.expired(today) {
                let message = format!("the waiver for `{}` expired on {}", waiver.task, waiver.expires);
                let help = "the violation counts again; remove the waiver or decide anew";
                findings
                    .push(Finding::warning("expired-waiver", message).help(help).at(waiver.place.clone()));
            } else {
                let entry = (index as u32, waiver);
                found.active.push(entry);
                found.by_task.entry(&waiver.task).or_default().push(entry);
            }
        }
        found
    }

    /// The number of the waiver that covers this violation, if one does.
    pub fn covering(&self, task: &str, step: u32, call: &str, kind: ViolationKind) -> Option<u32> {
        let covers = |waiver: &Waiver| {
            let what = &waiver.what;
            what.step.is_none_or(|number| number == step)
                && what.call.as_ref().is_none_or(|id| id == call)
                && what.kind.as_ref().is_none_or(|(name, _)| name == kind.name())
        };
        self.by_task.get(task)?.iter().find(|(_, waiver)| covers(waiver)).map(|(index, _)| *index)
    }

    /// Warnings for active waivers that covered nothing. `ran` tells whether a task was replayed at all, so that a
    /// run of some tasks does not complain about waivers of others.
    pub fn unused(&self, used: &BTreeSet<u32>, ran: impl Fn(&str) -> bool) -> Vec<Finding> {
        let idle = self.active.iter().filter(|(index, waiver)| !used.contains(index) && ran(&waiver.task));
        idle.map(|(_, waiver)| {
            let message = format!("the waiver for `{}` covers no violation", waiver.task);
            Finding::warning("unused-waiver", message).help("remove it").at(waiver.place.clone())
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Place;
    use crate::suite::{Waived, parse_day};

    fn waiver(task: &str, what: Waived, expires: &str) -> Waiver {
        Waiver {
            task: task.into(),
            what,
            reason: "r".into(),
            by: "b".into(),
            expires: parse_day(expires).unwrap(),
            place: Place::file("suite.toml"),
        }
    }

    #[test]
    fn all_given_parts_must_match() {
        let kind = |name: &str| Some((name.to_owned(), Place::file("suite.toml")));
        let waivers = [
            waiver(
                "one",
                Waived { call: Some("c1".into()), kind: kind("network"), step: None },
                "2030-01-01",
            ),
            waiver("two", Waived { step: Some(3), ..Waived::default() }, "2030-01-01"),
            waiver("two", Waived { kind: kind("reads"), ..Waived::default() }, "2020-01-01"),
            waiver("two", Waived { kind: kind("red"), ..Waived::default() }, "2030-01-01"),
        ];
        let mut findings = Vec::new();
        let today = parse_day("2026-11-22").unwrap();
        let found = Waivers::of(&waivers, today, &mut findings);
        let codes: Vec<_> = findings.iter().map(|finding| finding.code.as_ref()).collect();
        assert_eq!(codes, ["expired-waiver"]);
        let unknown = unknown_kinds(&waivers);
        assert_eq!(unknown.len(), 1);
        assert_eq!(unknown[0].help, "did you mean `reads`?");

        assert_eq!(found.covering("one", 1, "c1", ViolationKind::Network), Some(0));
        assert_eq!(found.covering("one", 1, "c1", ViolationKind::Reads), None);
        assert_eq!(found.covering("one", 1, "c2", ViolationKind::Network), None);
        assert_eq!(found.covering("two", 3, "any", ViolationKind::Reads), Some(1));
        assert_eq!(found.covering("two", 4, "any", ViolationKind::Reads), None, "the other one has expired");
        assert_eq!(found.covering("three", 3, "any", ViolationKind::Reads), None);

        assert_eq!(found.unused(&BTreeSet::from([0]), |_| true).len(), 2);
        assert_eq!(found.unused(&BTreeSet::from([0]), |task| task == "one").len(), 0);
    }
}
